from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from accredit_governance.gates.evaluate import evaluate
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.probes import Answers, Perturbation, Perturbations, Probes
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.gates.scores import own_answers
from accredit_governance.policy.document import Policy

Demand = Callable[..., Policy]
ROWS = np.arange(0, 3_000, 2, dtype=np.int64)


def _blurred(evidence: Evidence, strength: float, rows: np.ndarray = ROWS) -> Answers:
    noise = np.random.default_rng(2).normal(size=len(rows))
    score = 1 / (1 + np.exp(-evidence.margin.to_numpy()[rows] - strength * noise))
    return Answers(score, selected=score >= 0.5)


def _disturbed(evidence: Evidence, rows: np.ndarray = ROWS, **strengths: float) -> Evidence:
    found = tuple(
        Perturbation(kind, 0.1, 2, 0.5, _blurred(evidence, strength, rows))
        for kind, strength in strengths.items()
    )
    return replace(evidence, probes=Probes(perturbations=Perturbations(rows, found)))


def _one(policy: Policy, evidence: Evidence) -> CheckResult:
    (result,) = evaluate(policy, evidence).results[:1]
    return result


def test_the_value_is_the_greatest_loss(fair: Evidence, demand: Demand) -> None:
    evidence = _disturbed(fair, noise=0.3, missing=1.5, swapped=0.0)

    result = _one(demand("robustness", max=0.01), evidence)

    after = _blurred(fair, 1.5)
    outcome = fair.outcome.iloc[ROWS]
    loss = roc_auc_score(outcome, fair.score.iloc[ROWS]) - roc_auc_score(outcome, after.score)
    assert result.value == pytest.approx(loss)
    assert result.verdict is Verdict.FAIL
    assert "values taken away" in result.message
    assert result.interval is not None
    assert result.interval.low < loss < result.interval.high
    assert [row["kind"] for row in result.details["disturbances"]] == [
        "noise",
        "missing",
        "swapped",
    ]


def test_turned_decisions_are_shown_per_kind(fair: Evidence, demand: Demand) -> None:
    evidence = _disturbed(fair, noise=0.3, swapped=0.0)

    noise, swapped = _one(demand("robustness", max=0.2), evidence).details["disturbances"]

    before, after = own_answers(fair, ROWS).selected, _blurred(fair, 0.3).selected
    assert before is not None
    assert after is not None
    assert noise["turned"] == {
        "up": int((after & ~before).sum()),
        "down": int((before & ~after).sum()),
    }
    assert swapped["turned"] == {"up": 0, "down": 0}
    assert swapped["loss"] == 0.0


def test_losses_are_held_to_the_limit_with_their_bounds(fair: Evidence, demand: Demand) -> None:
    mild = _disturbed(fair, noise=0.4)
    loss = _one(demand("robustness", max=0.2), mild).value
    assert loss is not None
    assert 0.001 < loss < 0.02

    assert _one(demand("robustness", max=0.2), mild).verdict is Verdict.PASS
    assert _one(demand("robustness", max=0.2, warn=0.0001), mild).verdict is Verdict.WARN
    near = _one(demand("robustness", max=loss + 0.001), mild)
    assert near.verdict is Verdict.INSUFFICIENT_EVIDENCE
    # Only some of the rows were asked about, so more test rows would not help.
    assert "Find the inputs" in str(near.remedy)


def test_a_loss_that_may_be_chance_asks_for_rows(fair: Evidence, demand: Demand) -> None:
    evidence = _disturbed(fair, np.arange(3_000, dtype=np.int64), noise=0.5)
    loss = _one(demand("robustness", max=0.2), evidence).value
    assert loss is not None

    result = _one(demand("robustness", max=loss + 0.002), evidence)

    assert result.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert "more test rows" in str(result.remedy)


def test_several_disturbances_share_the_level(fair: Evidence, demand: Demand) -> None:
    alone, among = (
        _disturbed(fair, noise=0.4),
        _disturbed(fair, noise=0.4, missing=0.0, swapped=0.0),
    )
    details = _one(demand("robustness", max=0.2), alone).details["disturbances"][0]
    error = (details["high"] - details["loss"]) / 1.95996
    # Between the bounds of one and of three comparisons.
    limit = details["loss"] + 1.9 * error

    assert _one(demand("robustness", max=limit), alone).verdict is Verdict.PASS
    shared = _one(demand("robustness", max=limit), among)
    assert shared.verdict is Verdict.INSUFFICIENT_EVIDENCE


def test_a_model_that_ignores_the_disturbance_passes(fair: Evidence, demand: Demand) -> None:
    result = _one(demand("robustness", max=0.001), _disturbed(fair, noise=0.0))

    assert (result.value, result.verdict) == (0.0, Verdict.PASS)


def test_nothing_to_disturb_is_said(fair: Evidence, demand: Demand) -> None:
    policy = demand("robustness", max=0.1)

    assert _one(policy, _disturbed(fair)).verdict is Verdict.NOT_APPLICABLE
    assert _one(policy, fair).verdict is Verdict.INSUFFICIENT_EVIDENCE
    broken = replace(fair, probes=Probes(failed={"perturbations": "MemoryError"}))
    assert _one(policy, broken).verdict is Verdict.ERROR
