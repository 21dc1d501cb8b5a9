from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from accredit_governance.gates.evaluate import evaluate
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.probes import (
    Answers,
    Challenger,
    Direction,
    MonotoneGrid,
    Probes,
)
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.policy.document import Policy

Demand = Callable[..., Policy]


def _one(policy: Policy, evidence: Evidence) -> CheckResult:
    return evaluate(policy, evidence).results[0]


def _grid(evidence: Evidence, grid: MonotoneGrid) -> Evidence:
    return replace(evidence, probes=Probes(monotone_grid=grid))


RISING = Direction("income", 1, 9_500, 0, 0.0)


def test_a_model_that_moves_as_declared_passes(fair: Evidence, demand: Demand) -> None:
    result = _one(
        demand("monotonicity", directions={"income": 1}), _grid(fair, MonotoneGrid((RISING,), ()))
    )

    assert (result.verdict, result.value, result.n) == (Verdict.PASS, 0.0, 9_500)


def test_one_step_the_wrong_way_fails(fair: Evidence, demand: Demand) -> None:
    wrong = replace(RISING, violations=1, worst=0.25)

    result = _one(
        demand("monotonicity", directions={"income": 1}), _grid(fair, MonotoneGrid((wrong,), ()))
    )

    assert (result.verdict, result.value) == (Verdict.FAIL, 1.0)
    assert "1 of 9,500 steps" in result.message
    assert result.details["directions"] == [
        {"column": "income", "direction": 1, "steps": 9_500, "violations": 1, "worst": 0.25}
    ]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        pytest.param({"conflicts": ("debt",)}, "opposite directions", id="conflict"),
        pytest.param({"unordered": ("region",)}, "no order", id="unordered"),
        pytest.param({"undeclared": ("debt",)}, "no direction for debt", id="undeclared"),
    ],
)
def test_a_direction_that_cannot_be_held_is_a_fault(
    fair: Evidence, demand: Demand, fault: dict[str, tuple[str, ...]], said: str
) -> None:
    grid = MonotoneGrid(**{"directions": (RISING,), "undeclared": ()} | fault)

    result = _one(demand("monotonicity", demand_for_reasons=True), _grid(fair, grid))

    assert (result.verdict, result.value) == (Verdict.FAIL, 1.0)
    assert said in result.message


def test_reasons_need_directions_only_where_the_policy_says_so(
    fair: Evidence, demand: Demand
) -> None:
    evidence = _grid(fair, MonotoneGrid((RISING,), ("debt",)))

    assert _one(demand("monotonicity"), evidence).verdict is Verdict.PASS
    strict = _one(demand("monotonicity", demand_for_reasons=True), evidence)
    assert strict.verdict is Verdict.FAIL
    assert strict.details["undeclared"] == ["debt"]


def test_many_columns_without_a_direction_are_named_in_part(fair: Evidence, demand: Demand) -> None:
    grid = MonotoneGrid((), tuple(f"c{at}" for at in range(7)))

    result = _one(demand("monotonicity", demand_for_reasons=True), _grid(fair, grid))

    assert result.value == 7.0
    assert "and 2 more" in result.message


def test_nothing_declared_is_nothing_tried(fair: Evidence, demand: Demand) -> None:
    evidence = _grid(fair, MonotoneGrid((), ("debt",), absent=("age",)))

    result = _one(demand("monotonicity"), evidence)

    assert result.verdict is Verdict.NOT_APPLICABLE
    assert result.details["no_inputs"] == ["age"]


def test_a_direction_that_was_not_tried_is_unknown(fair: Evidence, demand: Demand) -> None:
    evidence = _grid(fair, MonotoneGrid((RISING,), ()))

    other = _one(demand("monotonicity", directions={"debt": -1}), evidence)
    reversed_ = _one(demand("monotonicity", directions={"income": -1}), evidence)

    assert other.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert reversed_.verdict is Verdict.INSUFFICIENT_EVIDENCE


@pytest.mark.parametrize("directions", [pytest.param((RISING,), id="a"), pytest.param((), id="no")])
def test_a_direction_of_the_policy_for_no_input_is_pointed_out(
    fair: Evidence, demand: Demand, directions: tuple[Direction, ...]
) -> None:
    evidence = _grid(fair, MonotoneGrid(directions, (), absent=("incme",)))

    result = _one(demand("monotonicity", directions={"incme": 1}), evidence)

    assert result.verdict is Verdict.WARN
    assert "No input is called incme." in result.message
    assert result.remedy is not None
    assert "incme" in result.remedy
    assert result.details["no_inputs"] == ["incme"]


def test_a_direction_of_the_run_for_no_input_is_only_noted(fair: Evidence, demand: Demand) -> None:
    evidence = _grid(fair, MonotoneGrid((RISING,), (), absent=("age",)))

    result = _one(demand("monotonicity"), evidence)

    assert result.verdict is Verdict.PASS
    assert result.details["no_inputs"] == ["age"]


def test_a_column_that_cannot_be_moved_shows_nothing(fair: Evidence, demand: Demand) -> None:
    still = Direction("debt", -1, 0, 0, 0.0)
    policy = demand("monotonicity", directions={"income": 1, "debt": -1})

    result = _one(policy, _grid(fair, MonotoneGrid((RISING, still), ())))
    broken = _one(
        policy, _grid(fair, MonotoneGrid((replace(RISING, violations=1, worst=0.1), still), ()))
    )

    assert result.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert "direction of debt cannot be tried" in result.message
    assert result.details["untried"] == ["debt"]
    assert broken.verdict is Verdict.FAIL


def _challenged(evidence: Evidence, *, noise: float, rationale: str = "") -> Evidence:
    """A challenger that is the model with so much noise in its ranking."""
    random = np.random.default_rng(0)
    margin = evidence.margin.to_numpy() + noise * random.normal(size=len(evidence.margin))
    answers = Answers(1 / (1 + np.exp(-margin)))
    found = Challenger("trial 4 (linear)", False, answers, rationale)
    return replace(evidence, probes=Probes(challenger=found))


def test_a_model_that_gains_enough_needs_no_reason(fair: Evidence, demand: Demand) -> None:
    result = _one(demand("simple_challenger", min=0.01), _challenged(fair, noise=3.0))

    assert result.verdict is Verdict.PASS
    assert result.value is not None
    assert result.value > 0.05
    assert "trial 4 (linear)" in result.message


def test_a_model_that_gains_nothing_needs_a_written_reason(fair: Evidence, demand: Demand) -> None:
    policy = demand("simple_challenger", min=0.01)

    silent = _one(policy, _challenged(fair, noise=0.0, rationale=" "))
    reasoned = _one(policy, _challenged(fair, noise=0.0, rationale="It is quicker to serve."))

    assert (silent.verdict, silent.value) == (Verdict.FAIL, 0.0)
    assert reasoned.verdict is Verdict.WARN
    assert "quicker" not in str(reasoned.model_dump())


def test_a_small_gain_is_pointed_out(fair: Evidence, demand: Demand) -> None:
    result = _one(demand("simple_challenger", min=0.01, warn=0.9), _challenged(fair, noise=3.0))

    assert result.verdict is Verdict.WARN


def test_a_readable_model_needs_no_challenger(fair: Evidence, demand: Demand) -> None:
    readable = replace(fair, probes=Probes(challenger=Challenger("", True, None, "")))

    assert _one(demand("simple_challenger", min=0.01), readable).verdict is Verdict.PASS


def test_a_run_without_a_readable_trial_has_shown_nothing(fair: Evidence, demand: Demand) -> None:
    alone = replace(fair, probes=Probes(challenger=Challenger("", False, None, "we like it")))

    result = _one(demand("simple_challenger", min=0.01), alone)

    assert result.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert result.remedy is not None
    assert "families" in result.remedy


def test_a_challenger_that_answers_nonsense_is_an_error(fair: Evidence, demand: Demand) -> None:
    found = Challenger("trial 4 (linear)", False, Answers(np.full(3_000, np.nan)), "")
    evidence = replace(fair, probes=Probes(challenger=found))

    assert _one(demand("simple_challenger", min=0.01), evidence).verdict is Verdict.ERROR
