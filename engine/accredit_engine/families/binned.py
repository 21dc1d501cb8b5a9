"""Rows binned by LightGBM, once per fold and binning, shared by all trials.

Target and weights are set anew for every fit; the bins depend on the matrix alone.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from accredit_engine.families.family import Training


class BinnedRows(NamedTuple):
    """Binned rows, and what they were binned from."""

    matrix: NDArray[np.float64]
    held_matrix: NDArray[np.float64] | None
    train: Any  # Any: LightGBM ships no types.
    held: Any


def binned_rows(training: Training, settings: Mapping[str, object]) -> BinnedRows:
    """Binned rows with this fit's target and weights; from the store if it has them.

    Any setting that LightGBM counts as one of the data must be in the key or the same for all:
    otherwise it would quietly bin again.
    """
    is_weighted = _is_uneven(training.weight), _is_uneven(training.held_weight)
    key = f"lightgbm {settings['max_bin']} {is_weighted} {training.categorical}"
    store = {} if training.store is None else training.store
    kept = store.get(key)
    held = None if training.held is None else training.held[0]
    if not (
        isinstance(kept, BinnedRows) and kept.matrix is training.matrix and kept.held_matrix is held
    ):
        kept = _bin(training, settings, held)
        store[key] = kept
    kept.train.set_label(training.y)
    kept.train.set_weight(training.weight)
    if kept.held is not None and training.held is not None:
        kept.held.set_label(training.held[1])
        kept.held.set_weight(training.held_weight)
    return kept


def _bin(
    training: Training, settings: Mapping[str, object], held: NDArray[np.float64] | None
) -> BinnedRows:
    names = ("max_bin", "min_data_per_group", "feature_pre_filter", "data_random_seed")
    data = lgb.Dataset(
        training.matrix,
        label=training.y,
        weight=training.weight,
        categorical_feature=list(training.categorical),
        params={
            **{name: settings[name] for name in names},
            "num_threads": settings["num_threads"],
            "verbosity": -1,
        },
        free_raw_data=False,
    )
    valid = None
    if held is not None and training.held is not None:
        valid = data.create_valid(held, label=training.held[1], weight=training.held_weight)
    return BinnedRows(training.matrix, held, data, valid)


def _is_uneven(weight: NDArray[np.float64] | None) -> bool:
    """LightGBM drops weights that are all one and would keep those of the fit before."""
    return weight is not None and not bool((weight == 1).all())
