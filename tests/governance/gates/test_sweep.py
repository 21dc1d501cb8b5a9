"""Ratios at other cut-offs: which cut-offs there are, and what they find."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accredit_governance.gates.evaluate import evaluate
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.gates.sweep import STEPS, cut_offs
from accredit_governance.policy.document import Policy

Demand = Callable[..., Policy]


def _found(policy: Policy, evidence: Evidence) -> dict[str | None, CheckResult]:
    return {result.subject: result for result in evaluate(policy, evidence).results}


def test_the_sweep_covers_cut_offs_on_both_sides(fair: Evidence, demand: Demand) -> None:
    result = _found(demand("adverse_impact_sweep", min=0.7, span=0.1), fair)["race"]

    assert result.verdict is Verdict.PASS
    rates = [point["selection_rate"] for point in result.details["points"]]
    centre = float(fair.selected.mean())  # type: ignore[union-attr]
    assert min(rates) == pytest.approx(centre - 0.1, abs=0.01)
    assert max(rates) == pytest.approx(centre + 0.1, abs=0.01)


def test_the_sweep_finds_what_the_present_cut_off_hides(fair: Evidence, demand: Demand) -> None:
    timid = fair.sensitive["race"] == "b"
    capped = replace(fair, score=fair.score.where(~timid, 0.5 + 0.1 * (fair.score - 0.5)))

    point = _found(demand("adverse_impact_ratio", min=0.8), capped)["race"]
    sweep = _found(demand("adverse_impact_sweep", min=0.8, span=0.2), capped)["race"]

    assert point.verdict is Verdict.PASS
    assert sweep.verdict is Verdict.FAIL


def test_a_score_with_gaps_is_an_error(fair: Evidence, demand: Demand) -> None:
    gaps = replace(fair, score=fair.score.where(fair.score > 0.2))

    found = _found(demand("adverse_impact_sweep", min=0.8), gaps)

    assert {result.verdict for result in found.values()} == {Verdict.ERROR}


def test_a_score_in_words_is_an_error(fair: Evidence, demand: Demand) -> None:
    words = replace(fair, score=fair.score.map(str))

    found = _found(demand("adverse_impact_sweep", min=0.8), words)

    assert {result.verdict for result in found.values()} == {Verdict.ERROR}


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.integers(0, 12), min_size=5, max_size=80),
    st.integers(0, 12),
    st.floats(0.02, 0.25),
)
def test_cut_offs_keep_equal_scores_together_and_stay_in_the_span(
    levels: list[int], threshold: int, span: float
) -> None:
    score = np.array(levels) / 12
    selected = score >= threshold / 12
    rate = selected.mean()

    found = cut_offs(score, selected, span)

    assert len(found) <= STEPS + 1
    assert sum(cut.score is None for cut in found) == 1
    assert [cut.share for cut in found] == sorted(cut.share for cut in found)
    for cut in found:
        for level in np.unique(score):
            assert len(np.unique(cut.chosen[score == level])) == 1
        if cut.score is not None:
            assert (cut.chosen == (score >= cut.score)).all()
            assert abs(cut.share - rate) <= span + 1e-9
            assert rate / 2 - 1e-9 <= cut.share <= (1 + rate) / 2 + 1e-9


def test_a_plateau_of_scores_is_selected_as_a_whole_or_not_at_all() -> None:
    score = np.repeat([0.1, 0.5, 0.9], [30, 40, 30])

    found = cut_offs(score, score >= 0.9, 0.25)

    # Selecting the plateau takes 70 %, which is no change of up to 25 points.
    assert [(cut.score, cut.share) for cut in found] == [(None, 0.3)]


def test_shares_are_met_where_scores_are_many() -> None:
    score = np.random.default_rng(0).random(10_000)

    found = cut_offs(score, score >= 0.5, 0.1)

    aims = np.linspace(-0.1, 0.1, STEPS) + (score >= 0.5).mean()
    shares = np.array([cut.share for cut in found])
    assert np.abs(shares[:, None] - aims).min(axis=0).max() < 0.001


def test_few_selected_are_not_swept_down_to_nobody() -> None:
    score = np.random.default_rng(0).random(10_000)

    found = cut_offs(score, score >= 0.95, 0.1)

    assert found[0].share == pytest.approx(0.025, abs=0.002)
    assert found[-1].share == pytest.approx(0.15, abs=0.002)


def test_a_constant_score_leaves_only_the_present_decision(fair: Evidence, demand: Demand) -> None:
    flat = replace(fair, score=fair.score * 0 + 0.5)

    result = _found(demand("adverse_impact_sweep", min=0.8), flat)["race"]

    assert [point["present"] for point in result.details["points"]] == [True]
    assert not result.verdict.lets_through


def test_without_another_cut_off_within_the_span_nothing_was_swept(
    fair: Evidence, demand: Demand
) -> None:
    coarse = (fair.score * 5).round() / 5
    evidence = replace(fair, score=coarse, selected=coarse >= 0.6)

    near, far = (
        _found(demand("adverse_impact_sweep", min=0.6, span=span), evidence)["race"]
        for span in (0.02, 0.25)
    )

    assert near.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert "none was examined" in near.message
    assert "span" in str(near.remedy)
    assert far.verdict is Verdict.PASS


def test_a_lone_present_decision_that_fails_still_fails(fair: Evidence, demand: Demand) -> None:
    flat = replace(fair, score=fair.score * 0 + 0.5, selected=fair.sensitive["race"] == "a")

    assert _found(demand("adverse_impact_sweep", min=0.8), flat)["race"].verdict is Verdict.FAIL


def test_scores_of_other_rows_are_an_error(fair: Evidence, demand: Demand) -> None:
    mixed = replace(fair, score=fair.score.iloc[::-1])

    found = _found(demand("adverse_impact_sweep", min=0.8), mixed)

    assert {result.verdict for result in found.values()} == {Verdict.ERROR}


def test_the_sweep_has_an_interval_around_the_lowest_ratio(fair: Evidence, demand: Demand) -> None:
    rng = np.random.default_rng(0)
    lower = replace(
        fair, score=fair.score - 0.15 * (fair.sensitive["race"] == "b") * rng.random(3_000)
    )
    lower = replace(lower, selected=lower.score >= 0.5)

    result = _found(demand("adverse_impact_sweep", min=0.8), lower)["race"]

    ratios = [point["value"] for point in result.details["points"]]
    assert result.value == min(ratios)
    assert result.interval is not None
    assert result.interval.low < result.value < result.interval.high


def test_the_present_decision_is_judged_as_it_is(fair: Evidence, demand: Demand) -> None:
    """Should decision and score disagree, the decision is what people got."""
    rng = np.random.default_rng(0)
    chance = np.where(fair.sensitive["race"] == "a", 0.6, 0.4)
    odd = replace(fair, selected=pd.Series(rng.random(3_000) < chance, index=fair.outcome.index))

    result = _found(demand("adverse_impact_sweep", min=0.8, span=0.05), odd)["race"]

    present = next(point for point in result.details["points"] if point["present"])
    assert present["verdict"] == "fail"
    assert result.verdict is Verdict.FAIL
    assert "not by chance" in result.message


def test_tiny_groups_beside_a_declared_reference_have_no_interval(
    fair: Evidence, demand: Demand
) -> None:
    rare = np.where(np.arange(3_000) < 30, "b", "a")
    evidence = replace(
        fair,
        sensitive=fair.sensitive.assign(race=rare),
        train_sensitive=fair.train_sensitive.assign(race="a"),
    )
    policy = demand("adverse_impact_sweep", min=0.8, reference={"race": "a"})

    result = _found(policy, evidence)["race"]

    assert result.interval is None
    assert not result.verdict.lets_through
