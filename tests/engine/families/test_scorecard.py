from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from accredit_engine.bundle.contract import Task
from accredit_engine.errors import TrialFailed
from accredit_engine.families.family import Training
from accredit_engine.families.scorecard import ScorecardFamily

FAMILY = ScorecardFamily()
PARAMS = FAMILY.default(Task.BINARY, 2_000)


def training() -> Training:
    """Age (in years, a tenth missing) with a hump, a rising number, a region code and noise."""
    random = np.random.default_rng(0)
    age = random.uniform(18, 80, size=2_000)
    income = random.normal(size=2_000)
    region = random.integers(0, 4, size=2_000).astype(np.float64)
    score = income - ((age - 45) / 20) ** 2 + 1.5 * (region == 2) + random.normal(size=2_000)
    age[::10] = np.nan
    matrix = np.stack([age, income, region, np.ones(2_000)], axis=1)
    y = (score > 0).astype(np.float64)
    return Training(Task.BINARY, 1, matrix, y, None, (2,), None, 1, 0, False, lambda: False)


def test_points_of_a_row_add_up_and_double_the_odds_every_twenty() -> None:
    data = training()
    member, _ = FAMILY.train(data, PARAMS)
    table = member.table()

    def points(row: np.ndarray) -> float:
        total = 0.0
        for entry in {line["entry"] for line in table}:
            for line in (line for line in table if line["entry"] == entry):
                value = row[entry]
                above = line["low"] is None or value >= line["low"]
                below = line["high"] is None or value < line["high"]
                hit = np.isnan(value) if line["missing"] else above and below
                total += line["points"] if hit else 0.0
        return total

    rows = data.matrix[:30]
    log_odds = member.raw(rows)[:, 0]
    expected = 600 + 20 / np.log(2) * (log_odds - np.log(50))
    assert [points(row) for row in rows] == pytest.approx(expected.tolist())


def test_the_table_names_every_bin_of_the_entries_that_count() -> None:
    member, _ = FAMILY.train(training(), PARAMS)

    table = member.table()

    assert {line["entry"] for line in table} == {0, 1, 2}
    for entry in (0, 1, 2):
        lines = [line for line in table if line["entry"] == entry]
        assert sum(line["share"] for line in lines) == pytest.approx(1)
        assert [line["missing"] for line in lines] == [0] * (len(lines) - 1) + [1]
        assert lines[0]["low"] is None
        for before, after in pairwise(lines[:-1]):
            assert before["high"] == after["low"]
    missing = next(line for line in table if line["entry"] == 0 and line["missing"])
    assert missing["share"] == pytest.approx(0.1)
    assert len([line for line in table if line["entry"] == 1]) <= PARAMS["bins"] + 1


def test_evidence_is_the_log_of_the_odds_over_all_odds() -> None:
    data = training()
    member, _ = FAMILY.train(data, PARAMS)

    line = next(
        line
        for line in member.table()
        if line["entry"] == 2 and line["low"] == 1.5 and line["high"] == 2.5
    )

    own = data.y[data.matrix[:, 2] == 2]
    rate = data.y.mean()
    expected = np.log((own.sum() + rate) / ((1 - own).sum() + 1 - rate)) - np.log(rate / (1 - rate))
    assert line["evidence"] == pytest.approx(expected)


@pytest.mark.parametrize("direction", [1, -1])
def test_a_direction_holds_against_the_data(direction: int) -> None:
    data = replace(training(), monotone=(direction, 0, 0, 0))

    member, _ = FAMILY.train(data, {**PARAMS, "bins": 10})

    added = [line["log_odds"] for line in member.table() if line["entry"] == 0]
    assert (direction * np.diff(added[:-1]) >= 0).all()


def test_a_trend_takes_the_better_direction() -> None:
    member, _ = FAMILY.train(training(), {**PARAMS, "trend": "monotone", "bins": 10})

    lines = [line["log_odds"] for line in member.table() if line["entry"] == 1]
    assert (np.diff(lines[:-1]) >= 0).all()
    assert lines[0] < lines[-2]


def test_a_code_never_seen_counts_nothing() -> None:
    data = training()
    member, _ = FAMILY.train(data, PARAMS)
    unseen = data.matrix[:1].copy()
    unseen[0, 2] = 17

    phi, _ = member.contributions(np.concatenate([data.matrix[:1], unseen]))

    step = member.steps.values[member.steps.bins(np.array([17.0]), 2), 0]
    assert step == pytest.approx(0.0)
    assert phi[0, :2] == pytest.approx(phi[1, :2])


def test_entries_never_count_against_their_evidence() -> None:
    data = training()
    twin = data.matrix[:, 1] + np.random.default_rng(1).normal(scale=1e-3, size=2_000)
    data = replace(data, matrix=np.column_stack([data.matrix, twin, -twin]))

    member, _ = FAMILY.train(data, {**PARAMS, "inverse_penalty": 100.0})

    for line in member.table():
        assert line["evidence"] * line["log_odds"] >= 0


def test_a_code_without_order_cannot_be_monotone() -> None:
    with pytest.raises(TrialFailed, match="without order"):
        FAMILY.train(replace(training(), monotone=(0, 0, 1, 0)), PARAMS)
