"""Probe: refused rows whose strongest reasons are set to what approved rows typically have.

If the reasons are the model's own, setting them right should turn the decision far more often than
setting other columns right does. Rules:

1. A column is set to the typical value of the training rows that the model approved out of fold:
   their median (a value that occurs) for numbers and times, else their most frequent value, ties
   in the order of the text. Where most of them lack a value, lacking it is typical.
2. Of each row, the columns of its strongest adverse reasons are set, at most `TOP_REASONS` and at
   most half of the columns: chance would pick the same ones otherwise.
3. The comparisons set as many columns of the same row: those that are strongest over all test rows,
   and columns drawn by chance.
"""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_engine import FittedModel
from accredit_engine.bundle.contract import Kind, category_text
from accredit_governance.gates.probes import TOP_REASONS, Replacements
from accredit_governance.gates.probing.case import Case
from accredit_governance.gates.probing.explaining import known_contributions, strongest

_AMOUNTS: Final = frozenset({Kind.NUMERIC, Kind.DATETIME})


def probe(case: Case) -> Replacements:
    """Set the columns and ask the model again.

    Raises:
        ValueError: the model takes no decisions, or its decisions on the training rows are unknown.
    """
    evidence = case.evidence
    if evidence.selected is None or evidence.train_selected is None:
        raise ValueError("the evidence has no decisions")
    rows = case.sample(~evidence.selected.to_numpy(dtype=np.bool_))
    inputs = case.inputs.iloc[rows]
    columns = inputs.shape[1]
    most = max(1, min(TOP_REASONS, columns // 2))
    reasons = strongest(known_contributions(evidence, rows), task=evidence.task, most=most)
    counts = (reasons >= 0).sum(axis=1)
    importance = np.abs(evidence.attributions.to_numpy(dtype=np.float64)).mean(axis=0)
    overall = np.argsort(-importance, kind="stable")[:most]
    random = np.random.default_rng(case.seed)
    drawn = random.random((len(rows), columns)).argsort(axis=1)[:, :most]
    good = evidence.train_inputs[evidence.train_selected.to_numpy(dtype=np.bool_)]
    settled = _Settled(case.model, inputs, good)
    first = np.arange(most) < counts[:, None]
    return Replacements(
        rows=rows,
        most=most,
        top=settled.turned(reasons),
        everywhere=settled.turned(np.where(first, overall, -1)),
        random=settled.turned(np.where(first, drawn, -1)),
    )


class _Settled:
    """Refused rows, and what each column is set to."""

    def __init__(self, model: FittedModel, inputs: pd.DataFrame, good: pd.DataFrame) -> None:
        self.model = model
        self.inputs = inputs
        kinds = {column.name: column.kind for column in model.contract.columns}
        self.typical = {name: typical_value(good[name], kinds[name]) for name in inputs.columns}

    def turned(self, chosen: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each row is approved with these columns (n, most) set; -1 is none."""
        if not len(chosen):
            return np.zeros(0, dtype=np.bool_)
        changed = {
            name: self.inputs[name].where(~(chosen == at).any(axis=1), self.typical[name])
            for at, name in enumerate(self.inputs.columns)
        }
        return self.model.decide(pd.DataFrame(changed, index=self.inputs.index))


def typical_value(values: pd.Series, kind: Kind) -> object:
    """What the rows typically have, by rule 1; None where that is no value."""
    present = values.dropna()
    if 2 * len(present) < len(values) or not len(present):
        return None
    if kind in _AMOUNTS and _has_median(present):
        return present.sort_values(kind="stable").iloc[(len(present) - 1) // 2]
    counts = present.value_counts(sort=False)
    return min(counts.index[counts == counts.max()], key=category_text)


def _has_median(values: pd.Series) -> bool:
    """Whether the values are numbers or times; numbers may have been read as text."""
    dtype = values.dtype
    is_number = pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype)
    return is_number or pd.api.types.is_datetime64_any_dtype(dtype)
