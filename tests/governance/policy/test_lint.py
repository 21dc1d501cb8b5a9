"""What a valid policy may still get wrong, one contradiction at a time."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from accredit_governance.policy.document import Policy
from accredit_governance.policy.lint import errors_of, lint
from accredit_governance.policy.loader import load_folder, read
from tests.governance.policy.test_schema import POLICIES

SHIPPED = load_folder(POLICIES)
CREDIT = next(p for p in SHIPPED if p.name == "us-credit-federal")
TODAY = date(2026, 11, 22)
Edit = Callable[[dict[str, Any]], object]


def _edited(edit: Edit) -> Policy:
    data = CREDIT.model_dump(mode="json")
    edit(data)
    return read(data)


def _gate(data: dict[str, Any], check: str) -> dict[str, Any]:
    return next(gate for gate in data["gates"] if gate["check"] == check)


def _set(check: str, **values: object) -> Edit:
    return lambda data: _gate(data, check).update(values)


def _section(*path: str, **values: object) -> Edit:
    def edit(data: dict[str, Any]) -> None:
        part = data
        for name in path:
            part = part[name]
        part.update(values)

    return edit


@pytest.mark.parametrize("policy", SHIPPED, ids=lambda policy: policy.name)
def test_shipped_policies_contradict_nothing(policy: Policy) -> None:
    assert errors_of(policy, today=TODAY) == ()
    assert {remark.pointer for remark in lint(policy, today=TODAY)} <= {"/gates", "/sources"}


@pytest.mark.parametrize(
    ("edit", "pointer", "words"),
    [
        pytest.param(
            lambda data: data.update(effective_to="2026-11-21"),
            "/effective_to",
            "ended on 2026-11-21",
            id="over since yesterday",
        ),
        pytest.param(
            _set("discrimination", min=1, warn=None), "/gates/1/min", "perfect model", id="AUC of 1"
        ),
        pytest.param(
            _set("baseline_gain", min=1), "/gates/2/min", "perfect model", id="no error at all"
        ),
        pytest.param(
            _set("reason_faithfulness", min=1), "/gates/31/min", "every refusal", id="every reason"
        ),
        pytest.param(
            _set("dominance", max=0, warn=None), "/gates/28/max", "strongest", id="no strongest"
        ),
        pytest.param(
            _set("proxy_strength", max=0.5, warn=None, min_share=0),
            "/gates/24/max",
            "every model fails",
            id="every input is a proxy",
        ),
        pytest.param(
            _set("robustness", noise=0, missing=0, swapped=0),
            "/gates/8",
            "nothing would be disturbed",
            id="nothing disturbed",
        ),
        pytest.param(
            _set("holdout_size", min_rows=59),
            "/gates/0/min_per_class",
            "two classes need 60 rows, so min_rows (59) never decides",
            id="one row short of two classes",
        ),
        pytest.param(
            _section("decisions", reasons={}, non_disclosable=[], adverse_action_reasons=False),
            "/gates/33",
            "every model fails",
            id="texts wanted, none given",
        ),
        pytest.param(
            _section("monitoring", "drift", tolerance=0.1),
            "/monitoring/drift/tolerance",
            "drift that warns would be accepted",
            id="tolerance on the warning",
        ),
    ],
)
def test_a_policy_that_cannot_work_is_an_error_at_its_place(
    edit: Edit, pointer: str, words: str
) -> None:
    (error,) = errors_of(_edited(edit), today=TODAY)

    assert error.pointer == pointer
    assert words in error.detail


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda data: data.update(effective_to="2026-11-22"), id="last day"),
        pytest.param(_set("holdout_size", min_rows=60), id="just enough rows"),
        pytest.param(_set("discrimination", min=0.99, warn=None), id="nearly perfect"),
        pytest.param(_set("proxy_strength", max=0.5, warn=None), id="weak inputs are no proxies"),
        pytest.param(_set("robustness", noise=0, missing=0), id="categories disturbed"),
        pytest.param(_section("monitoring", "drift", tolerance=0.09), id="below the warning"),
        pytest.param(
            _section("decisions", reasons={}, adverse_action_reasons=False), id="nothing told"
        ),
    ],
)
def test_what_is_just_possible_is_no_error(edit: Edit) -> None:
    assert errors_of(_edited(edit), today=TODAY) == ()


@pytest.mark.parametrize(
    ("edit", "pointer", "words"),
    [
        pytest.param(
            lambda data: data.update(as_of="2025-11-21"), "/as_of", "more than a year", id="old"
        ),
        pytest.param(
            lambda data: data.update(as_of="2026-11-23"), "/as_of", "still to come", id="tomorrow"
        ),
        pytest.param(
            _set("adverse_impact_ratio", min=0.95, warn=None),
            "/gates/16/min",
            "about 2400 rows each",
            id="hardly ever shown",
        ),
        pytest.param(
            _set("slice_performance", min_rows=151), "/gates/7/min_rows", "hold-out of 300", id="s"
        ),
        pytest.param(
            _section("monitoring", "rules", alert_from="critical", suspend_from="warning"),
            "/monitoring/rules",
            "opens no alert",
            id="suspended without alert",
        ),
        pytest.param(
            _section("approval", gate_age_days=366), "/approval/gate_age_days", "366", id="stale"
        ),
        pytest.param(_section("waivers", max_days=366), "/waivers/max_days", "366", id="waiver"),
        pytest.param(
            _set("group_calibration", waivable=True), "/gates/21/waivable", "no waiver", id="idle"
        ),
        pytest.param(
            lambda data: data["gates"].remove(_gate(data, "reason_coverage")),
            "/decisions/adverse_action_reasons",
            "no check reason_coverage",
            id="reasons unchecked",
        ),
        pytest.param(
            lambda data: data["decisions"]["reasons"].update(Age="Age of the applicant"),
            "/decisions",
            "Age: sensitive_isolation bars",
            id="reason for what is barred",
        ),
        pytest.param(
            _set("monotonicity", directions={"age": 1}),
            "/gates/32/directions",
            "age: sensitive_isolation bars",
            id="direction for what is barred",
        ),
        pytest.param(
            lambda data: [
                _gate(data, check).update(reference={"race": group})
                for check, group in (
                    ("adverse_impact_ratio", "white"),
                    ("true_positive_rate_gap", "black"),
                )
            ],
            "/gates/18/reference/race",
            "compares race with black, adverse_impact_ratio with white",
            id="two references",
        ),
    ],
)
def test_a_doubtful_policy_is_warned_about_and_stays_valid(
    edit: Edit, pointer: str, words: str
) -> None:
    policy = _edited(edit)

    said = [remark for remark in lint(policy, today=TODAY) if remark.pointer == pointer]

    assert any(words in remark.detail for remark in said), said
    assert {remark.severity for remark in said} == {"warning"}


def test_a_policy_without_a_comparison_of_groups_is_warned_about() -> None:
    def edit(data: dict[str, Any]) -> None:
        data["gates"] = [_gate(data, "holdout_size") | {"waivable": False}]
        data["decisions"] = {}

    said = [remark.detail for remark in lint(_edited(edit), today=TODAY)]

    assert "no check compares groups of people" in said
    assert "no check is waivable, so nobody can use this section" in said


def test_errors_come_before_warnings() -> None:
    remarks = lint(_edited(_set("holdout_size", min_rows=20)), today=TODAY)

    severities = [remark.severity for remark in remarks]
    assert severities == sorted(severities)
    assert severities[0] == "error"
