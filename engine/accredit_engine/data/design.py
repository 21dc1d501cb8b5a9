"""The design of a sample: which rows belong together, when each was known, how much each counts.

These columns steer how a model is validated and weighted. Limits: at least two groups; a time for
every row; weights that are finite, at least zero and not all zero.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Kind
from accredit_engine.data.finding import Finding, Severity
from accredit_engine.data.kinds import infer_kind
from accredit_engine.data.schema import datetimes_of, numbers_of
from accredit_engine.errors import TooFewGroups, UnfitTime, UnfitWeights, UnparsableValue

_FEW_GROUPS: Final = 10


@dataclass(frozen=True, slots=True)
class Design:
    """What the caller's design columns say.

    Attributes:
        group_of: int64 (n,) or None; see `Prepared`.
        time_of: float64 (n,) or None; see `Prepared`.
        epoch_s: float64 (n,): `time_of` when it holds epoch seconds, else None.
        weight: float64 (n,) or None.
        findings: What a person should know about them.
    """

    group_of: NDArray[np.int64] | None
    time_of: NDArray[np.float64] | None
    epoch_s: NDArray[np.float64] | None
    weight: NDArray[np.float64] | None
    findings: list[Finding]


def read_design(
    inputs: pd.DataFrame, *, groups: str | None, time: str | None, weight: str | None
) -> Design:
    """Read the design columns that were named.

    Raises:
        TooFewGroups, UnfitTime, UnfitWeights: a column does not serve its purpose.
    """
    findings: list[Finding] = []
    group_of = time_of = epoch_s = weights = None
    if groups is not None:
        group_of, findings = _groups(inputs[groups], groups)
    if time is not None:
        time_of, is_epoch = _times(inputs[time], time)
        epoch_s = time_of if is_epoch else None
    if weight is not None:
        weights = _weights(inputs[weight], weight)
    return Design(group_of, time_of, epoch_s, weights, findings)


def group_names(column: pd.Series) -> NDArray[np.str_]:
    """Group of every row as text; missing values form the group `unknown`."""
    names = column.astype(object).where(column.notna(), "unknown")
    return np.asarray([str(name) for name in names], dtype=np.str_)


def _groups(column: pd.Series, name: str) -> tuple[NDArray[np.int64], list[Finding]]:
    codes, uniques = pd.factorize(column)
    group_of = np.asarray(codes, dtype=np.int64)
    alone = group_of < 0
    group_of[alone] = len(uniques) + np.arange(int(alone.sum()))
    count = len(uniques) + int(alone.sum())
    if count < 2:
        message = f"the groups in {name!r} are all the same; at least 2 are needed"
        raise TooFewGroups(message)
    if count >= _FEW_GROUPS:
        return group_of, []
    finding = Finding(
        "few_groups",
        Severity.WARNING,
        name,
        f"{name!r} has {count} groups: scores on unseen groups will be noisy",
        {"groups": count, "limit": _FEW_GROUPS},
        "Collect more groups, or read the interval of every score.",
    )
    return group_of, [finding]


def _times(column: pd.Series, name: str) -> tuple[NDArray[np.float64], bool]:
    """Times, and whether they are epoch seconds."""
    kind = infer_kind(column, name)
    is_number = pd.api.types.is_numeric_dtype(column.dtype) or kind is Kind.NUMERIC
    try:
        values = numbers_of(column, name) if is_number else datetimes_of(column, name)
    except UnparsableValue as error:
        message = f"the time column {name!r} must hold numbers or ISO 8601 times: {error}"
        raise UnfitTime(message) from error
    missing = int(np.isnan(values).sum())
    if missing:
        message = (
            f"the time column {name!r} is missing in {missing} of {len(values)} rows; "
            "every row needs a time: fill it or drop the rows"
        )
        raise UnfitTime(message)
    return values, not is_number


def _weights(column: pd.Series, name: str) -> NDArray[np.float64]:
    try:
        if not pd.api.types.is_numeric_dtype(column.dtype):
            column = pd.Series(numbers_of(column, name))
    except UnparsableValue as error:
        message = f"the weights in {name!r} are no numbers: {error}"
        raise UnfitWeights(message) from error
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    unfit = int((~np.isfinite(values) | (values < 0)).sum())
    if unfit:
        message = f"{unfit} weights in {name!r} are missing, infinite or below zero"
        raise UnfitWeights(message)
    if not values.any():
        message = f"the weights in {name!r} are all zero"
        raise UnfitWeights(message)
    return values.copy()
