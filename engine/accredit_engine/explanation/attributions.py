"""Attributions of single predictions, exactly additive on the margin.

Linear members: corollary 1 of Lundberg and Lee (2017). Boosting: LightGBM's own path-dependent
TreeSHAP. Forests: path-dependent TreeSHAP (Lundberg et al. 2020) of the vote share by the shap
library, which is imported by this module alone; predicting never needs it.

Contributions of entries are summed *with their signs* to the raw column that owns them; absolute
values would inflate columns with many categories.
"""

from typing import Final

import numpy as np
import shap
from numpy.typing import NDArray

from accredit_engine.errors import AttributionsIncomplete
from accredit_engine.families.family import Additive, Member
from accredit_engine.families.forest import ForestMember, rounded

TOLERANCE: Final = 1e-6


def contributions(
    member: Member, matrix: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Contributions (n, m, o) of the entries to the raw scores, and their base (o,).

    Raises:
        TypeError: the member is of a kind without exact contributions.
    """
    if isinstance(member, ForestMember):
        return _forest(member, matrix)
    if isinstance(member, Additive):
        return member.contributions(matrix)
    message = f"{type(member).__name__} has no exact contributions"
    raise TypeError(message)


def owned(
    phi: NDArray[np.float64], owners: tuple[str, ...], columns: tuple[str, ...]
) -> NDArray[np.float64]:
    """Contributions (n, m, o) of entries summed to raw columns: (n, c, o)."""
    position = {name: at for at, name in enumerate(columns)}
    total = np.zeros((phi.shape[0], len(columns), phi.shape[2]))
    for entry, owner in enumerate(owners):
        total[:, position[owner]] += phi[:, entry]
    return total


def refuse_incomplete(
    phi: NDArray[np.float64], base: NDArray[np.float64], margin: NDArray[np.float64]
) -> None:
    """Check Σφ + base = margin for every row, within 1e-6 of max(1, |margin|).

    Raises:
        AttributionsIncomplete: the sum misses the margin.
    """
    if not len(margin):
        return
    gap = np.abs(phi.sum(axis=1) + base - margin) / np.maximum(1.0, np.abs(margin))
    worst = float(gap.max())
    if not worst <= TOLERANCE:
        message = f"attributions miss the margin by {worst:.3g}; at most {TOLERANCE:g} is served"
        raise AttributionsIncomplete(message)


def _forest(
    member: ForestMember, matrix: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    outputs = member.value.shape[1]
    base = member.value[member.roots].mean(axis=0)
    if not len(matrix):
        return np.zeros((*matrix.shape, outputs)), base
    explainer = shap.TreeExplainer(
        {"trees": _trees(member), "input_dtype": np.float64},
        feature_perturbation="tree_path_dependent",
    )
    phi = np.asarray(
        explainer.shap_values(rounded(matrix), check_additivity=False), dtype=np.float64
    )
    return phi.reshape(len(matrix), matrix.shape[1], outputs), base


def _trees(member: ForestMember) -> list[dict[str, object]]:
    """Trees in shap's own description, each scaled to its share of the mean."""
    trees = len(member.roots)
    ends = [*member.roots[1:], len(member.feature)]
    described: list[dict[str, object]] = []
    for start, end in zip(member.roots, ends, strict=True):
        nodes = slice(int(start), int(end))
        is_leaf = member.feature[nodes] < 0
        left = np.where(is_leaf, -1, member.left[nodes] - start)
        right = np.where(is_leaf, -1, member.right[nodes] - start)
        described.append(
            {
                "children_left": left.astype(np.int32),
                "children_right": right.astype(np.int32),
                "children_default": left.astype(np.int32),
                "features": np.where(is_leaf, -2, member.feature[nodes]).astype(np.int32),
                "thresholds": member.threshold[nodes],
                "values": member.value[nodes] / trees,
                "node_sample_weight": member.weight[nodes],
            }
        )
    return described
