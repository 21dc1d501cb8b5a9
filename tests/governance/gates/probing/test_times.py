from collections.abc import Callable

import pandas as pd

from accredit_governance.gates.gather import gather_evidence
from accredit_governance.gates.probing.case import Case

Build = Callable[..., Case]


def test_the_time_of_the_rows_is_gathered_as_time_or_number(build: Build) -> None:
    case = build()
    days = pd.Series(["2026-01-31T12:00:00+01:00"] * 400, index=case.holdout.index)

    def gathered(frame: pd.DataFrame, name: str | None) -> object:
        return gather_evidence(
            case.model,
            terms=case.terms,
            train=case.train,
            holdout=frame,
            oof=pd.DataFrame({"no": 0.5, "yes": 0.5}, index=case.train.index),
            findings=(),
            time=name,
        ).time

    times = gathered(case.holdout.assign(decided=days), "decided")
    numbers = gathered(case.holdout, "income")

    assert isinstance(times, pd.Series)
    assert times.iloc[0] == pd.Timestamp("2026-01-31 11:00")
    assert isinstance(numbers, pd.Series)
    assert numbers.equals(case.holdout["income"])
    assert gathered(case.holdout, None) is None
