from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from accredit_governance.gates.evaluate import evaluate
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.explanation_stability import overlaps_of
from accredit_governance.gates.probes import Answers, Backgrounds, Probes, Refit, Refits
from accredit_governance.gates.probing.explaining import strongest
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.policy.document import Policy

Demand = Callable[..., Policy]
ROWS = 400


def _one(policy: Policy, evidence: Evidence) -> CheckResult:
    (result,) = evaluate(policy, evidence).results
    return result


def _reasons(values: list[list[int]]) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def _same(evidence: Evidence) -> Refits:
    """A model and three refits that do not differ from it at all."""
    rows = np.arange(ROWS)
    values = evidence.attributions.iloc[rows].to_numpy()
    importance = np.abs(values).mean(axis=0)
    reasons = strongest(values, task="binary")
    assert evidence.selected is not None
    answers = Answers(
        evidence.score.iloc[rows].to_numpy(), selected=evidence.selected.iloc[rows].to_numpy()
    )
    refits = tuple(Refit(seed, 3_000, answers, importance, reasons) for seed in range(3))
    return Refits(rows, ("income", "debt", "region"), importance, reasons, refits)


def _changed(refits: Refits, **changes: object) -> Refits:
    """The same, each refit changed."""
    return replace(refits, refits=tuple(replace(each, **changes) for each in refits.refits))


def _with(evidence: Evidence, refits: Refits) -> Evidence:
    return replace(evidence, probes=Probes(bootstrap_refits=refits))


def test_overlap_is_counted_over_the_longer_list() -> None:
    first = _reasons([[0, 1, 2, 3], [0, 1, -1, -1], [4, -1, -1, -1], [-1, -1, -1, -1]])
    second = _reasons([[3, 2, 9, 8], [1, 0, 2, 3], [5, -1, -1, -1], [-1, -1, -1, -1]])

    assert overlaps_of(first, second) == pytest.approx([0.5, 0.5, 0.0, np.nan], nan_ok=True)


@given(arrays(np.float64, (6, 7), elements=st.floats(-5, 5)), st.integers(1, 8))
def test_overlap_is_symmetric_and_complete_with_itself(values: np.ndarray, most: int) -> None:
    first = strongest(values, task="binary", most=most)
    second = strongest(values[::-1], task="binary", most=most)

    np.testing.assert_array_equal(overlaps_of(first, second), overlaps_of(second, first))
    itself = overlaps_of(first, first)
    assert ((itself == 1) == (first >= 0).any(axis=1)).all()


@given(arrays(np.float64, (5, 6), elements=st.floats(-5, 5)), st.integers(1, 8))
def test_strongest_reasons_push_away_and_nothing_stronger_is_left_out(
    values: np.ndarray, most: int
) -> None:
    for row, found in zip(values, strongest(values, task="binary", most=most), strict=True):
        named = found[found >= 0]
        assert len(set(named)) == len(named)
        assert (row[named] < 0).all()
        assert (np.diff(row[named]) >= 0).all()
        left = np.delete(row, named)
        if len(named) < most:
            assert not (left < 0).any()
        else:
            assert (left >= row[named].max()).all()


def test_without_an_adverse_direction_the_strongest_count_either_way() -> None:
    values = np.array([[1.0, -3.0, 0.0, 2.0]])

    assert strongest(values, task="regression").tolist() == [[1, 3, 0, -1]]
    assert strongest(values, task="binary").tolist() == [[1, -1, -1, -1]]


def test_a_model_that_does_not_move_is_perfectly_stable(fair: Evidence, demand: Demand) -> None:
    result = _one(demand("explanation_stability", min=0.65, refits=3), _with(fair, _same(fair)))

    assert result.verdict is Verdict.PASS
    assert result.value == 1.0
    assert result.details["rank_correlation"] == pytest.approx(1.0)
    assert result.details["disagreement"] == 0.0
    assert result.details["rows"] == "refused rows"
    assert result.interval is not None
    assert (result.interval.low, result.interval.high) == (1.0, 1.0)


def test_overlap_below_its_limit_fails(fair: Evidence, demand: Demand) -> None:
    same = _same(fair)
    other = np.where(same.reasons == 0, 2, np.where(same.reasons == 2, 0, same.reasons))

    result = _one(
        demand("explanation_stability", min=0.9, refits=3),
        _with(fair, _changed(same, reasons=other)),
    )

    assert result.verdict is Verdict.FAIL
    assert result.details["beyond"] == ["reasons"]


def test_importance_in_another_order_fails(fair: Evidence, demand: Demand) -> None:
    same = _same(fair)

    result = _one(
        demand("explanation_stability", min=0.65, refits=3),
        _with(fair, _changed(same, importance=same.importance[[1, 0, 2]])),
    )

    assert result.verdict is Verdict.FAIL
    assert result.details["beyond"] == ["importance"]
    assert result.details["rank_correlation"] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("flipped", "verdict"),
    [pytest.param(20, Verdict.PASS, id="on"), pytest.param(21, Verdict.FAIL, id="above")],
)
def test_more_than_a_twentieth_of_other_decisions_fails(
    fair: Evidence, demand: Demand, flipped: int, verdict: Verdict
) -> None:
    same = _same(fair)
    selected = same.refits[0].answers.selected
    assert selected is not None
    other = selected.copy()
    other[:flipped] = ~other[:flipped]
    answers = Answers(same.refits[0].answers.score, selected=other)

    result = _one(
        demand("explanation_stability", min=0.65, refits=3),
        _with(fair, _changed(same, answers=answers)),
    )

    assert result.verdict is verdict
    assert result.details["disagreement"] == pytest.approx(flipped / ROWS)


def test_the_interval_is_students_over_the_refits(fair: Evidence, demand: Demand) -> None:
    same = _same(fair)
    none = np.full_like(same.reasons, -1)
    none[:, 0] = 9
    worse = replace(same.refits[0], reasons=none)
    mixed = replace(same, refits=(worse, *same.refits[1:]))

    result = _one(demand("explanation_stability", min=0.1, refits=3), _with(fair, mixed))

    # Overlaps 0, 1, 1: mean 2/3, standard deviation sqrt(1/3), t(0.975, 2) = 4.3027.
    assert result.value == pytest.approx(2 / 3)
    assert result.interval is not None
    assert result.interval.low == pytest.approx(2 / 3 - 4.3027 / 3, abs=1e-4)


def test_a_refit_that_uses_nothing_is_not_correlated(fair: Evidence, demand: Demand) -> None:
    same = _same(fair)

    result = _one(
        demand("explanation_stability", min=0.1, refits=3),
        _with(fair, _changed(same, importance=np.zeros(3))),
    )

    assert result.details["rank_correlation"] == 0.0
    assert result.verdict is Verdict.FAIL


def test_a_single_column_has_but_one_order(fair: Evidence, demand: Demand) -> None:
    same = _same(fair)
    single = _changed(
        replace(same, columns=("income",), importance=same.importance[:1]),
        importance=same.importance[1:2],
    )

    result = _one(demand("explanation_stability", min=0.1, refits=3), _with(fair, single))

    assert result.details["rank_correlation"] == 1.0


def test_all_rows_are_compared_where_hardly_any_is_refused(fair: Evidence, demand: Demand) -> None:
    assert fair.selected is not None
    kind = replace(fair, selected=fair.selected | True)

    result = _one(demand("explanation_stability", min=0.1, refits=3), _with(kind, _same(kind)))

    assert (result.details["rows"], result.n) == ("rows", ROWS)


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        pytest.param(
            lambda r: replace(r, refits=r.refits[:2]), Verdict.INSUFFICIENT_EVIDENCE, id="too few"
        ),
        pytest.param(
            lambda r: _changed(r, importance=np.empty(0)), Verdict.ERROR, id="not explained"
        ),
        pytest.param(
            lambda r: _changed(r, importance=np.array([1.0, np.nan, 2.0])), Verdict.ERROR, id="NaN"
        ),
        pytest.param(
            lambda r: _changed(r, reasons=r.reasons[:9]), Verdict.ERROR, id="other reasons"
        ),
        pytest.param(
            lambda r: _changed(r, answers=Answers(np.zeros(3), selected=np.ones(3, dtype=bool))),
            Verdict.ERROR,
            id="other answers",
        ),
        pytest.param(
            lambda r: _changed(r, answers=Answers(np.zeros(ROWS))), Verdict.ERROR, id="undecided"
        ),
        pytest.param(
            lambda r: _changed(
                replace(r, reasons=np.full_like(r.reasons, -1)),
                reasons=np.full_like(r.reasons, -1),
            ),
            Verdict.INSUFFICIENT_EVIDENCE,
            id="no reason anywhere",
        ),
    ],
)
def test_unusable_refits_never_pass(
    fair: Evidence, demand: Demand, change: Callable[[Refits], Refits], verdict: Verdict
) -> None:
    policy = demand("explanation_stability", min=0.1, refits=3)

    assert _one(policy, _with(fair, change(_same(fair)))).verdict is verdict


def test_without_refits_there_is_no_verdict(fair: Evidence, demand: Demand) -> None:
    policy = demand("explanation_stability", min=0.65)
    broken = replace(fair, probes=Probes(failed={"bootstrap_refits": "TrialFailed"}))

    assert _one(policy, fair).verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert _one(policy, broken).verdict is Verdict.ERROR


def test_a_warning_is_given_before_it_fails(fair: Evidence, demand: Demand) -> None:
    same = _same(fair)
    none = np.full_like(same.reasons, -1)
    none[:, 0] = 9
    mixed = replace(same, refits=(replace(same.refits[0], reasons=none), *same.refits[1:]))

    result = _one(demand("explanation_stability", min=0.5, warn=0.9, refits=3), _with(fair, mixed))

    assert result.verdict is Verdict.WARN


def _against(evidence: Evidence, overlapping: int) -> Evidence:
    """200 rows with two reasons each, of which so many rows share both."""
    first = _reasons([[0, 1, -1, -1]] * 200)
    second = _reasons([[0, 1, -1, -1]] * overlapping + [[2, -1, -1, -1]] * (200 - overlapping))
    found = Backgrounds(np.arange(200), True, (90, 90), first, second)
    return replace(evidence, probes=Probes(backgrounds=found))


def test_exact_attributions_rest_on_no_background(fair: Evidence, demand: Demand) -> None:
    empty = np.empty((0, 4), dtype=np.int64)
    exact = Backgrounds(np.empty(0, dtype=np.int64), False, (0, 0), empty, empty)

    result = _one(
        demand("background_stability", min=0.9), replace(fair, probes=Probes(backgrounds=exact))
    )

    assert (result.verdict, result.value) == (Verdict.PASS, 1.0)
    assert "all training rows" in result.message


@pytest.mark.parametrize(
    ("overlapping", "limits", "verdict"),
    [
        pytest.param(190, {"min": 0.9}, Verdict.PASS, id="above"),
        pytest.param(190, {"min": 0.9, "warn": 0.96}, Verdict.WARN, id="warned"),
        pytest.param(176, {"min": 0.9}, Verdict.INSUFFICIENT_EVIDENCE, id="below by chance"),
        pytest.param(150, {"min": 0.9}, Verdict.FAIL, id="below for sure"),
    ],
)
def test_reasons_must_not_hang_on_the_background(
    fair: Evidence,
    demand: Demand,
    overlapping: int,
    limits: dict[str, float],
    verdict: Verdict,
) -> None:
    result = _one(demand("background_stability", **limits), _against(fair, overlapping))

    assert result.value == pytest.approx(overlapping / 200)
    assert result.verdict is verdict


def test_one_row_against_two_backgrounds_decides_nothing(fair: Evidence, demand: Demand) -> None:
    found = Backgrounds(np.arange(1), True, (5, 5), _reasons([[0, 1]]), _reasons([[2, 3]]))
    evidence = replace(fair, probes=Probes(backgrounds=found))

    result = _one(demand("background_stability", min=0.9), evidence)

    assert result.verdict is Verdict.INSUFFICIENT_EVIDENCE


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        pytest.param([[0, 1]], [[0, 1], [0, 1]], Verdict.ERROR, id="other rows"),
        pytest.param([[-1, -1]], [[-1, -1]], Verdict.INSUFFICIENT_EVIDENCE, id="no reasons"),
    ],
)
def test_unusable_backgrounds_never_pass(
    fair: Evidence,
    demand: Demand,
    first: list[list[int]],
    second: list[list[int]],
    verdict: Verdict,
) -> None:
    found = Backgrounds(np.arange(1), True, (5, 5), _reasons(first), _reasons(second))
    evidence = replace(fair, probes=Probes(backgrounds=found))

    assert _one(demand("background_stability", min=0.5), evidence).verdict is verdict


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        pytest.param(29, Verdict.INSUFFICIENT_EVIDENCE, id="too few"),
        pytest.param(30, Verdict.PASS, id="just enough"),
    ],
)
def test_the_reasons_of_few_rows_are_not_compared(
    fair: Evidence, demand: Demand, rows: int, verdict: Verdict
) -> None:
    same = _same(fair)
    first = same.refits[0].answers
    assert first.selected is not None
    few = replace(
        _changed(
            same,
            reasons=same.reasons[:rows],
            answers=Answers(first.score[:rows], selected=first.selected[:rows]),
        ),
        rows=same.rows[:rows],
        reasons=same.reasons[:rows],
    )

    result = _one(demand("explanation_stability", min=0.65, refits=3), _with(fair, few))

    assert result.verdict is verdict
