"""Probe: test rows disturbed in the ways that inputs go wrong, and what the model answers then.

Every disturbance keeps to what the model may meet: noise stays in the range of training and whole
numbers stay whole, values go missing only where the contract allows it, and a category is replaced
by another one of its column, drawn by its frequency in training.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_engine.bundle.contract import InputColumn, Kind
from accredit_governance.gates.probes import Perturbation, Perturbations
from accredit_governance.gates.probing.asking import answers_of
from accredit_governance.gates.probing.case import Case
from accredit_governance.policy.model_checks import Robustness

_NORMAL_RANGE: Final = 3.29
"""Standard deviations between the 5th and the 95th percentile of normal values."""

_COUNTED: Final = frozenset({Kind.CATEGORICAL, Kind.ORDINAL, Kind.BOOLEAN})


@dataclass(frozen=True, slots=True)
class _Disturbance:
    """A way to disturb a column.

    Attributes:
        kind: Its name.
        strength: As demanded by the policy.
        concerns: Whether it can disturb a column at all.
        apply: From a column, its values in training and a generator to the disturbed column.
    """

    kind: str
    strength: float
    concerns: Callable[[InputColumn], bool]
    apply: "Callable[[pd.Series[float], pd.Series[float], np.random.Generator], pd.Series[float]]"


def probe(case: Case) -> Perturbations:
    """The model's answers about disturbed rows; kinds that can disturb nothing are left out.

    Raises:
        StopIteration: the policy does not demand robustness, so nothing says how to disturb.
    """
    rows = case.sample()
    spec = next(gate for gate in case.policy.gates if isinstance(gate, Robustness))
    found = []
    for at, disturbance in enumerate(_disturbances(spec)):
        disturbed = _disturbed(case, rows, disturbance, np.random.default_rng([case.seed, at]))
        if disturbed is not None:
            found.append(disturbed)
    return Perturbations(rows, tuple(found))


def _disturbances(spec: Robustness) -> tuple[_Disturbance, ...]:
    return (
        _Disturbance(
            "noise",
            spec.noise,
            lambda column: column.kind is Kind.NUMERIC,
            lambda values, train, rng: _noisy(values, train, spec.noise, rng),
        ),
        _Disturbance(
            "missing",
            spec.missing,
            lambda column: column.nullable,
            lambda values, _, rng: values.mask(rng.random(len(values)) < spec.missing),
        ),
        _Disturbance(
            "swapped",
            spec.swapped,
            lambda column: column.kind in _COUNTED,
            lambda values, train, rng: _swapped(values, train, spec.swapped, rng),
        ),
    )


def _disturbed(
    case: Case, rows: NDArray[np.int64], disturbance: _Disturbance, rng: np.random.Generator
) -> Perturbation | None:
    """Answers about disturbed rows; None when no value differs."""
    names = [c.name for c in case.model.contract.columns if disturbance.concerns(c)]
    if not names or not disturbance.strength:
        return None
    frame = case.inputs.iloc[rows].copy()
    touched = changed = 0
    for name in names:
        before = frame[name]
        after = disturbance.apply(before, case.evidence.train_inputs[name], rng)
        differing = int(_differs(before, after).sum())
        touched += differing > 0
        changed += differing
        frame[name] = after
    if not changed:
        return None
    return Perturbation(
        kind=disturbance.kind,
        strength=disturbance.strength,
        columns=touched,
        changed=changed / (len(rows) * touched),
        answers=answers_of(case.model, frame),
    )


def _differs(before: "pd.Series[float]", after: "pd.Series[float]") -> NDArray[np.bool_]:
    """Where a value is another one; missing stays missing is no difference."""
    same = before.astype("object").eq(after.astype("object")) | (before.isna() & after.isna())
    return ~same.to_numpy(dtype=np.bool_)


def _noisy(
    values: "pd.Series[float]",
    train: "pd.Series[float]",
    strength: float,
    rng: np.random.Generator,
) -> "pd.Series[float]":
    """Numbers with normal noise; whatever is no number stays as it is."""
    known = _numbers(train)
    known = known[np.isfinite(known)]
    numbers = _numbers(values)
    if not len(known) or not np.isfinite(numbers).any():
        return values
    spread = strength * _spread(known)
    if not spread > 0:
        return values
    noisy = numbers + spread * rng.standard_normal(len(numbers))
    # A value that was outside the range of training already is not moved to its edge.
    low, high = np.fmin(known.min(), numbers), np.fmax(known.max(), numbers)
    noisy = np.clip(noisy, low, high)
    if (known == np.round(known)).all():
        noisy = np.where(numbers == np.round(numbers), np.round(noisy), noisy)
    replaced = pd.Series(noisy, index=values.index)
    if pd.api.types.is_numeric_dtype(values.dtype):
        return replaced
    found = np.isfinite(numbers)
    return values.astype("object").where(~found, replaced.astype("object"))


def _spread(known: NDArray[np.float64]) -> float:
    """Standard deviation that the middle nine tenths of the values suggest.

    A few sentinels or outliers would make the plain one so great that its noise drowns all else.
    Where the middle is a single value, such as an amount that is mostly 0, it is that of the values
    other than the most frequent one.
    """
    low, high = np.quantile(known, [0.05, 0.95])
    if low == high:
        values, counts = np.unique(known, return_counts=True)
        others = known[known != values[counts.argmax()]]
        low, high = np.quantile(others, [0.05, 0.95]) if len(others) else (0.0, 0.0)
    return float(high - low) / _NORMAL_RANGE


def _numbers(values: "pd.Series[float]") -> NDArray[np.float64]:
    """Values as float64, NaN where one is no number."""
    numeric = pd.to_numeric(values, errors="coerce")
    return numeric.to_numpy(dtype=np.float64, na_value=np.nan)


def _swapped(
    values: "pd.Series[float]",
    train: "pd.Series[float]",
    strength: float,
    rng: np.random.Generator,
) -> "pd.Series[float]":
    """Some categories replaced by others, drawn by their frequency in training."""
    counts = train.astype("object").value_counts()
    levels, weights = pd.Index(counts.index), counts.to_numpy(dtype=np.float64)
    if not len(levels):
        return values
    ends, total = np.cumsum(weights), float(weights.sum())
    picked = np.flatnonzero((rng.random(len(values)) < strength) & values.notna().to_numpy())
    own = levels.get_indexer(pd.Index(values.iloc[picked].astype("object")))
    seen = own >= 0
    mass = np.where(seen, weights[own], 0.0)
    # A point on the line of all categories from which the row's own one has been cut out.
    start = np.where(seen, ends[own] - mass, total)
    point = rng.random(len(own)) * (total - mass)
    point += np.where(point >= start, mass, 0.0)
    drawn = np.minimum(np.searchsorted(ends, point, side="right"), len(levels) - 1)
    # With a single category there is no other one.
    places, others = picked[mass < total], levels[drawn[mass < total]]
    result = values.astype("object")
    result.iloc[places] = others
    # Whoever was of one type stays of it: the model reads text and numbers differently.
    return result if isinstance(values.dtype, pd.CategoricalDtype) else result.astype(values.dtype)
