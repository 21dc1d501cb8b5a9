"""Whether every group got what it was promised: by ratio, by difference, and beyond chance."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from accredit_governance.cards.groups import group_tables
from accredit_governance.gates.evaluate import evaluate
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.groups import Grouping
from accredit_governance.gates.promises import Kept, add_up, judge_promises
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.gates.statistics import calibration_p
from accredit_governance.policy.document import Policy

Demand = Callable[..., Policy]


def _found(policy: Policy, evidence: Evidence) -> dict[str | None, CheckResult]:
    return {result.subject: result for result in evaluate(policy, evidence).results}


def _judged(*groups: tuple[int, int, float], max_gap: float = 0.02, share: float = 0.0) -> Kept:
    """Groups as (rows, favourable outcomes, probability that each row was given)."""
    codes = np.repeat(np.arange(len(groups)), [rows for rows, _, _ in groups])
    outcome = np.concatenate([np.arange(rows) < hits for rows, hits, _ in groups])
    score = np.repeat([p for _, _, p in groups], [rows for rows, _, _ in groups])
    rows = np.bincount(codes, minlength=len(groups))
    made = Grouping(
        "race",
        tuple("abcdef"[: len(groups)]),
        codes,
        np.maximum(rows / rows.sum(), share),
        np.ones(len(groups), dtype=bool),
    )
    return judge_promises(
        add_up(
            score,
            outcome,
            made,
            min_ratio=0.8,
            max_gap=max_gap,
            confidence=0.95,
            min_share=0.02,
        )
    )


@pytest.mark.parametrize(
    ("hits", "verdict"),
    [
        pytest.param(3_900, Verdict.FAIL, id="ratio 0.78"),
        pytest.param(4_000, Verdict.INSUFFICIENT_EVIDENCE, id="on the limit"),
        pytest.param(4_050, Verdict.INSUFFICIENT_EVIDENCE, id="just within"),
        pytest.param(4_200, Verdict.PASS, id="bounds within"),
        pytest.param(6_000, Verdict.PASS, id="ratio 1.2"),
        pytest.param(6_250, Verdict.INSUFFICIENT_EVIDENCE, id="on the upper limit"),
        pytest.param(6_400, Verdict.FAIL, id="ratio 1.28"),
    ],
)
def test_the_ratio_has_two_limits(hits: int, verdict: Verdict) -> None:
    kept = _judged((10_000, 5_000, 0.5), (10_000, hits, 0.5), max_gap=0.2)

    assert kept.verdict is verdict
    assert kept.worst.group == "b"
    assert kept.worst.ratio == pytest.approx(hits / 5_000)
    assert kept.value == pytest.approx(min(hits / 5_000, 5_000 / hits))


@pytest.mark.parametrize(
    ("hits", "verdict"),
    [
        pytest.param(5_000, Verdict.PASS, id="kept"),
        pytest.param(5_050, Verdict.PASS, id="bounds within"),
        pytest.param(5_180, Verdict.INSUFFICIENT_EVIDENCE, id="just within"),
        pytest.param(5_200, Verdict.INSUFFICIENT_EVIDENCE, id="on the limit"),
        pytest.param(5_300, Verdict.FAIL, id="three points apart"),
        pytest.param(4_700, Verdict.FAIL, id="three points apart, the other way"),
    ],
)
def test_frequent_outcomes_are_held_to_their_difference(hits: int, verdict: Verdict) -> None:
    kept = _judged((10_000, 5_000, 0.5), (10_000, hits, 0.5))

    assert kept.worst.ratio == pytest.approx(hits / 5_000)
    assert kept.verdict is verdict


@pytest.mark.parametrize(
    ("hits", "verdict"),
    [
        pytest.param(200, Verdict.PASS, id="kept"),
        pytest.param(240, Verdict.INSUFFICIENT_EVIDENCE, id="within"),
        pytest.param(300, Verdict.FAIL, id="one point apart, which is half as many again"),
    ],
)
def test_rare_outcomes_are_held_to_their_ratio(hits: int, verdict: Verdict) -> None:
    kept = _judged((10_000, 200, 0.02), (10_000, hits, 0.02))

    assert kept.worst.ratio == pytest.approx(hits / 200)
    assert kept.verdict is verdict


def test_a_broken_promise_by_chance_is_no_fail() -> None:
    kept = _judged((1_000, 500, 0.5), (30, 10, 0.5))

    assert kept.worst.ratio == pytest.approx(2 / 3)
    assert kept.worst.p > 0.05
    assert kept.verdict is Verdict.INSUFFICIENT_EVIDENCE


def test_a_significant_but_small_difference_is_no_fail() -> None:
    kept = _judged((100_000, 50_000, 0.5), (100_000, 49_000, 0.5))

    assert kept.groups[1].p_holm < 1e-9
    assert kept.verdict is Verdict.PASS


def test_a_tiny_group_may_fail_but_does_not_block() -> None:
    assert _judged((5_000, 2_500, 0.5), (10, 3, 0.5)).verdict is Verdict.PASS
    bad = _judged((50_000, 25_000, 0.5), (300, 90, 0.5))

    assert bad.verdict is Verdict.FAIL
    assert not bad.worst.gating


def test_the_rows_asked_for_would_do() -> None:
    short = _judged((100_000, 50_000, 0.5), (50, 25, 0.5), share=0.03)
    more = short.groups[1].more_rows

    assert short.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert more is not None
    rows = 2 * round((50 + more) * 0.55)
    assert _judged((100_000, 50_000, 0.5), (rows, rows // 2, 0.5), share=0.03).verdict is (
        Verdict.PASS
    )


def test_groups_without_rows_or_hope_have_numbers() -> None:
    empty = _judged((1_000, 500, 0.5), (0, 0, 0.5), share=0.05)
    nothing = _judged((1_000, 500, 0.5), (1_000, 0, 0.0), max_gap=0.1)
    surprise = _judged((1_000, 500, 0.5), (1_000, 100, 0.0))

    assert empty.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert empty.groups[1].rate is None
    assert empty.groups[1].more_rows is not None
    assert nothing.groups[1].ratio is None
    assert nothing.verdict is Verdict.PASS
    assert nothing.groups[1].more_rows is None
    assert surprise.verdict is Verdict.FAIL
    assert surprise.value == 0.0


def test_a_promise_without_spread_cannot_say_how_many_rows_it_needs() -> None:
    kept = _judged((500, 250, 0.5), (10, 10, 1.0), share=0.05)

    assert kept.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert kept.groups[1].more_rows is None


def test_large_numbers_are_tested_by_the_normal_law() -> None:
    p = calibration_p([560], [500.0], [250.0], [1_000])

    assert p[0] == pytest.approx(2 * stats.norm.sf(59.5 / np.sqrt(250)))


def test_small_numbers_are_tested_by_a_law_that_is_never_too_keen() -> None:
    """Against the exact law of unequal chances, which it must not undercut."""
    chances = np.array([0.05, 0.1, 0.2, 0.3, 0.5, 0.6, 0.7, 0.8])
    exact = np.ones(1)
    for chance in chances:
        exact = np.convolve(exact, [1 - chance, chance])
    for hits in range(len(chances) + 1):
        tails = min(exact[: hits + 1].sum(), exact[hits:].sum())
        if abs(hits - chances.sum()) < 1:
            continue
        found = calibration_p([hits], [chances.sum()], [(chances * (1 - chances)).sum()], [8])
        assert found[0] >= min(2 * tails, 1) - 1e-12


def test_no_rows_are_no_evidence() -> None:
    assert calibration_p([0], [0.0], [0.0], [0]).tolist() == [1.0]


def test_a_calibrated_model_passes_alone_and_crossed(fair: Evidence, demand: Demand) -> None:
    found = _found(demand("group_calibration", min_ratio=0.8, max_gap=0.06), fair)

    assert list(found) == ["race", "sex", "race × sex"]
    assert {result.verdict for result in found.values()} == {Verdict.PASS}
    for result in found.values():
        assert result.interval is not None
        assert result.interval.low < result.value < result.interval.high  # type: ignore[operator]
    table = {row["group"]: row for row in found["race"].details["groups"]}
    own = fair.sensitive["race"] == "a"
    assert table["a"]["rate"] == pytest.approx(fair.outcome[own].mean())
    assert table["a"]["expected"] == pytest.approx(fair.score[own].mean())


def test_a_promise_broken_for_one_group_fails(fair: Evidence, demand: Demand) -> None:
    own = fair.sensitive["race"] == "a"
    kept = np.random.default_rng(0).random(3_000) < 0.6
    broken = replace(fair, outcome=fair.outcome & (~own | kept))

    result = _found(demand("group_calibration", min_ratio=0.8), broken)["race"]

    assert result.verdict is Verdict.FAIL
    assert result.details["worst"] == "a"
    assert "not by chance" in result.message
    assert "a" in str(result.remedy)


def test_the_card_shows_rates_and_ratios_by_group(fair: Evidence, demand: Demand) -> None:
    result = _found(demand("group_calibration", min_ratio=0.8), fair)["race"]

    table = group_tables([result])[0]

    assert table.statistic == "observed share of favourable outcomes"
    rows = {row["group"]: row for row in result.details["groups"]}
    for shown in table.rows:
        assert shown.value == pytest.approx(rows[shown.group]["rate"])
        assert shown.compared == pytest.approx(rows[shown.group]["ratio"])


def test_reliability_is_shown_by_group_in_a_few_bins(fair: Evidence, demand: Demand) -> None:
    details = _found(demand("group_calibration", min_ratio=0.8), fair)["race"].details

    points = details["reliability"]
    assert {(point["group"], point["bin"]) for point in points} == {
        (group, number) for group in "ab" for number in range(1, 6)
    }
    assert sum(point["rows"] for point in points) == 3_000
    for point in points:
        assert point["observed"] == pytest.approx(point["predicted"], abs=0.12)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda e: {"score": e.score * 2}, id="no probability"),
        pytest.param(lambda e: {"score": e.margin}, id="a margin"),
        pytest.param(lambda e: {"score": e.score.where(e.score > 0.2)}, id="missing scores"),
        pytest.param(
            lambda e: {"sensitive": e.sensitive.assign(race="a", sex="f")}, id="one group"
        ),
    ],
)
def test_what_cannot_be_a_promise_is_an_error(
    fair: Evidence, demand: Demand, change: Callable[[Evidence], dict[str, pd.DataFrame]]
) -> None:
    found = _found(
        demand("group_calibration", min_ratio=0.8, intersections=False),
        replace(fair, **change(fair)),  # type: ignore[arg-type]
    )

    assert {result.verdict for result in found.values()} == {Verdict.ERROR}


@pytest.mark.parametrize("law", [(0.5, 0.5), (5, 5), (0.3, 3)], ids=str)
def test_calibrated_models_seldom_fail(law: tuple[float, float]) -> None:
    rng = np.random.default_rng(4)
    shares = np.array([0.6, 0.15, 0.1, 0.06, 0.06, 0.03])
    fails = 0
    for _ in range(200):
        codes = rng.choice(6, 1_000, p=shares)
        score = rng.beta(*law, 1_000)
        made = Grouping("race", tuple("abcdef"), codes, shares, np.ones(6, dtype=bool))
        sums = add_up(
            score,
            rng.random(1_000) < score,
            made,
            min_ratio=0.8,
            max_gap=0.02,
            confidence=0.95,
            min_share=0.02,
        )
        fails += judge_promises(sums).verdict is Verdict.FAIL

    # Nominal 5 %; 200 runs leave it under 9.5 % with probability above 99.5 %.
    assert fails / 200 <= 0.095


def test_a_pass_names_the_small_groups_it_does_not_speak_of(fair: Evidence, demand: Demand) -> None:
    few = np.flatnonzero(fair.outcome & fair.score.between(0.6, 0.7))[:3]
    race = fair.sensitive["race"].to_numpy(dtype=object).copy()
    race[few] = "c"
    sensitive = fair.sensitive.assign(race=race)
    policy = demand("group_calibration", min_ratio=0.8, max_gap=0.1)

    result = _found(policy, replace(fair, sensitive=sensitive))["race"]

    assert result.verdict is Verdict.PASS
    assert "every group of at least 2% of the rows is within" in result.message
    assert result.message.endswith("a smaller group (c) is outside.")


def test_unknown_rows_alone_pass_nobody(fair: Evidence, demand: Demand) -> None:
    race = np.full(len(fair.sensitive), None, dtype=object)
    race[:20], race[20:40] = "a", "b"
    sensitive = fair.sensitive.assign(race=race)
    policy = demand("group_calibration", min_ratio=0.8, max_gap=0.1)

    result = _found(policy, replace(fair, sensitive=sensitive))["race"]

    assert result.verdict is Verdict.INSUFFICIENT_EVIDENCE
