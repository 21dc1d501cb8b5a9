from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accredit_governance.gates.absences import absences
from accredit_governance.gates.evaluate import evaluate
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.probes import Answers, Champion, Probes
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.gates.scores import every_row, own_answers
from accredit_governance.policy.document import Policy

Demand = Callable[..., Policy]


def _against(evidence: Evidence, answers: Answers, rows: np.ndarray | None = None) -> Evidence:
    asked = every_row(evidence) if rows is None else rows
    left_out = len(evidence.outcome) - len(asked)
    champion = Champion("loans version 1", asked, left_out, answers)
    return replace(evidence, probes=Probes(champion=champion))


def _one(policy: Policy, evidence: Evidence) -> CheckResult:
    (result,) = evaluate(policy, evidence).results[:1]
    return result


def _blurred(evidence: Evidence, strength: float, seed: int = 0) -> Answers:
    """Answers like the model's, but worse."""
    noise = np.random.default_rng(seed).normal(size=len(evidence.score))
    margin = evidence.margin.to_numpy() + strength * noise
    score = 1 / (1 + np.exp(-margin))
    return Answers(score, selected=score >= 0.5)


@settings(max_examples=20, deadline=None)
@given(least=st.floats(-0.2, 0.2))
def test_a_champion_that_answers_the_same_decides_by_the_limit_alone(
    fair: Evidence, demand: Demand, least: float
) -> None:
    evidence = _against(fair, own_answers(fair, every_row(fair)))

    result = _one(demand("champion_gain", min=least), evidence)

    assert result.value == 0.0
    assert result.verdict is (Verdict.PASS if least <= 0 else Verdict.FAIL)


def test_a_better_model_passes_and_its_champion_would_fail(fair: Evidence, demand: Demand) -> None:
    worse = _blurred(fair, 2.0)
    own = own_answers(fair, every_row(fair))
    turned = replace(fair, score=fair.score * 0 + worse.score, selected=fair.score * 0 == 1)

    better = _one(demand("champion_gain", min=0.0), _against(fair, worse))
    beaten = _one(demand("champion_gain", min=0.0), _against(turned, own))

    assert better.verdict is Verdict.PASS
    assert beaten.verdict is Verdict.FAIL
    assert better.value == pytest.approx(-(beaten.value or 0))
    assert better.interval is not None
    assert better.interval.low < (better.value or 0) < better.interval.high
    assert "Keep the champion" in str(beaten.remedy)


def test_a_difference_that_may_be_chance_is_insufficient(fair: Evidence, demand: Demand) -> None:
    ours = _blurred(fair, 0.5, seed=11)
    alike = replace(fair, score=fair.score * 0 + ours.score)
    evidence = _against(alike, _blurred(fair, 0.5, seed=12))

    result = _one(demand("champion_gain", min=0.0), evidence)

    assert abs(result.value or 0) < 0.02
    assert result.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert _one(demand("champion_gain", min=-0.05), evidence).verdict is Verdict.PASS


def test_the_rows_that_are_asked_for_are_enough_if_the_difference_stays(
    head: Callable[[int], Evidence], fair: Evidence, demand: Demand
) -> None:
    few = head(80)
    result = _one(demand("champion_gain", min=0.0), _against(few, _blurred(few, 0.9)))

    assert result.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert (result.value or 0) > 0
    assert "more test rows" in str(result.remedy)
    many = _one(demand("champion_gain", min=0.0), _against(fair, _blurred(fair, 0.9)))
    assert many.verdict is Verdict.PASS


def test_a_small_gain_is_a_warning(fair: Evidence, demand: Demand) -> None:
    evidence = _against(fair, _blurred(fair, 1.0))

    assert _one(demand("champion_gain", min=0.0, warn=0.15), evidence).verdict is Verdict.WARN


def test_rows_that_are_decided_otherwise_are_counted_by_direction(
    fair: Evidence, demand: Demand
) -> None:
    own = own_answers(fair, every_row(fair))
    assert own.selected is not None
    theirs = own.selected.copy()
    up, down = np.flatnonzero(own.selected)[:7], np.flatnonzero(~own.selected)[:5]
    theirs[up], theirs[down] = False, True

    result = _one(demand("champion_gain", min=0.0), _against(fair, replace(own, selected=theirs)))

    assert result.details["turned"] == {
        "up": 7,
        "down": 5,
        "up_favourable": int(fair.outcome.iloc[up].sum()),
        "down_favourable": int(fair.outcome.iloc[down].sum()),
    }


def test_too_few_rows_of_its_own_are_insufficient(fair: Evidence, demand: Demand) -> None:
    policy = demand("champion_gain", min=0.0)
    whole = _blurred(fair, 1.0)

    def part(rows: int) -> CheckResult:
        asked = np.arange(rows, dtype=np.int64)
        assert whole.selected is not None
        return _one(
            policy, _against(fair, Answers(whole.score[:rows], whole.selected[:rows]), asked)
        )

    assert part(49).verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert "2,951 of the 3,000" in part(49).message
    assert part(50).value is not None


def test_one_class_left_is_insufficient(fair: Evidence, demand: Demand) -> None:
    rows = np.flatnonzero(fair.outcome.to_numpy()).astype(np.int64)
    whole = own_answers(fair, rows)

    result = _one(demand("champion_gain", min=0.0), _against(fair, whole, rows))

    assert result.verdict is Verdict.INSUFFICIENT_EVIDENCE


def test_without_training_rows_no_model_beats_the_champion(fair: Evidence, demand: Demand) -> None:
    policy = demand("champion_gain", min=-0.1)
    against = _against(fair, own_answers(fair, every_row(fair)))

    def brought(*, has_training_rows: bool) -> CheckResult:
        absent = absences(has_training_rows=has_training_rows, has_background=False)
        return _one(policy, replace(against, absent=absent))

    assert brought(has_training_rows=False).verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert brought(has_training_rows=True).verdict is Verdict.PASS
    assert "as stated by whoever brought it" in brought(has_training_rows=True).message


def test_a_champion_that_was_not_asked_never_passes(fair: Evidence, demand: Demand) -> None:
    policy = demand("champion_gain", min=0.0)
    unasked = Champion("loans version 1", every_row(fair), 0, None)
    unfit = replace(unasked, unfit="the test rows lack its inputs age")
    broken = Answers(np.full(3_000, np.nan), selected=np.zeros(3_000, dtype=bool))

    for probes, verdict in (
        (Probes(), Verdict.INSUFFICIENT_EVIDENCE),
        (Probes(failed={"champion": "OSError"}), Verdict.ERROR),
        (Probes(champion=unasked), Verdict.ERROR),
        (Probes(champion=unfit), Verdict.ERROR),
        (Probes(champion=replace(unasked, answers=broken)), Verdict.ERROR),
    ):
        assert _one(policy, replace(fair, probes=probes)).verdict is verdict
