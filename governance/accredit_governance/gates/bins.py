"""Groups of numbers: declared bins of an age and the like."""

from collections.abc import Collection, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from accredit_engine.bundle.contract import category_text


def group_names(
    values: "pd.Series[float] | pd.Series[str]",
    bins: Sequence[float],
    unknown: Collection[str] = (),
) -> list[object]:
    """Group of each value as text; None where the value is missing or declared to be unknown.

    Args:
        values: One per row.
        bins: Ascending cuts; a value on a cut belongs to the group above it. Without cuts every
            value is its own group. A value that is no number, in text or otherwise, is not put
            anywhere: it stays a group by its own name, in sight.
        unknown: Values that say that the group is not known, as text; codes such as `7`. Case and
            spaces around make no difference.
    """
    texts: list[object] = [None if pd.isna(v) else category_text(v) for v in values.tolist()]
    if unknown:
        nobody = {name.strip().casefold() for name in unknown}
        texts = [None if str(text).strip().casefold() in nobody else text for text in texts]
    if not bins:
        return texts
    names = bin_names(bins)
    parsed = pd.to_numeric(pd.Series(texts, dtype="object"), errors="coerce")
    numbers = parsed.to_numpy(dtype=np.float64, na_value=np.nan)
    place = np.searchsorted(np.asarray(bins, dtype=np.float64), numbers, side="right")
    return [
        text if np.isnan(number) else names[at]
        for text, number, at in zip(texts, numbers.tolist(), place.tolist(), strict=True)
    ]


def bin_names(bins: Sequence[float]) -> tuple[str, ...]:
    """Names of the groups between cuts: `under 40`, `40 to 61`, `62 and over`.

    Between whole cuts whole numbers are named, as people say their age: 61.5 is 61. Else the upper
    cut is named: `0.5 to under 0.7`.
    """
    whole = all(float(cut).is_integer() for cut in bins)
    between = [
        _between(low, high) if whole else f"{low:g} to under {high:g}"
        for low, high in pairwise(bins)
    ]
    ends = [category_text(float(cut)) if whole else f"{cut:g}" for cut in (bins[0], bins[-1])]
    return (f"under {ends[0]}", *between, f"{ends[1]} and over")


def _between(low: float, high: float) -> str:
    first, last = int(low), int(high) - 1
    return str(first) if first == last else f"{first} to {last}"
