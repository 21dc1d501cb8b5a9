"""The three-way verdict on the difference of two scores, and how their decisions differ.

1. fail, when the difference is beyond the limit and the paired test rejects that there is none
   (where a gain is demanded: that the gain is as great).
2. pass, when the one-sided lower bound of the difference reaches the limit.
3. otherwise insufficient evidence, with the rows that are missing.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accredit_governance.gates.probes import Answers
from accredit_governance.gates.results import Verdict
from accredit_governance.gates.roc import Estimate

_PLENTY: Final = 10**7


def judge_gap(gap: Estimate, *, least: float, z: float) -> Verdict:
    """Pass, fail or insufficient evidence.

    Args:
        gap: A difference of scores; more is better.
        least: Smallest difference that passes; below 0 a loss is tolerated.
        z: Normal quantile of the one-sided level, shared among comparisons if there are several.
    """
    low, high = gap.bounds(z)
    if low >= least:
        return Verdict.PASS
    if gap.value < least and high < max(least, 0.0):
        return Verdict.FAIL
    return Verdict.INSUFFICIENT_EVIDENCE


def rows_to_decide(gap: Estimate, *, least: float, z: float, rows: int) -> int | None:
    """Further rows after which the bound would reach the limit if the difference stayed.

    Returns:
        None when the difference is on the wrong side, has no error, or would take more than
        `_PLENTY` rows: then rows are not what is missing.
    """
    room = gap.value - least
    if room <= 0 or not gap.error > 0:
        return None
    needed = rows * (z * gap.error / room) * (z * gap.error / room)
    return max(math.ceil(needed) - rows, 1) if needed <= _PLENTY else None


def turned(
    before: Answers, after: Answers, outcome: NDArray[np.bool_] | None = None
) -> dict[str, int] | None:
    """Rows that two binary answers decide differently.

    Args:
        before: About some rows.
        after: About the same rows.
        outcome: What really happened in them, if it is to be counted too.

    Returns:
        `up`: refused before and selected after; `down`: the other way; `up_favourable` and
        `down_favourable`: of these, rows whose outcome was favourable. None without decisions.
    """
    if before.selected is None or after.selected is None:
        return None
    up, down = after.selected & ~before.selected, before.selected & ~after.selected
    counts = {"up": int(up.sum()), "down": int(down.sum())}
    if outcome is not None:
        counts["up_favourable"] = int((up & outcome).sum())
        counts["down_favourable"] = int((down & outcome).sum())
    return counts
