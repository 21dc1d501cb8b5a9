"""What a draft would change, worked out from two reports."""

import uuid

import pytest

from accredit_governance.gates.results import CheckResult, GateReport, Verdict
from accredit_governance.gates.simulation import (
    Change,
    VersionOutcome,
    change_of,
    changed_checks,
    simulation_report,
)


def result(key: str, verdict: Verdict, *, required: bool = True) -> CheckResult:
    gate, check = key.split(".")
    return CheckResult(
        key=key,
        gate=gate,
        check=check,
        required=required,
        verdict=verdict,
        value=0.7,
        n=100,
        threshold=0.8,
        direction="min",
        message=f"{key} is 0.7.",
    )


def report(*results: CheckResult) -> GateReport:
    return GateReport(policy="p", policy_version=1, policy_digest="0" * 64, results=results)


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (None, True, Change.FIRST_JUDGED),
        (None, False, Change.FIRST_JUDGED),
        (True, True, Change.STILL_PASSES),
        (True, False, Change.NEWLY_FAILS),
        (False, True, Change.NEWLY_PASSES),
        (False, False, Change.STILL_FAILS),
    ],
)
def test_a_change_is_named_by_what_was_and_what_would_be(
    before: bool | None, after: bool, change: Change
) -> None:
    assert change_of(before, passes_after=after) is change


def test_only_checks_whose_verdict_differs_are_listed() -> None:
    before = report(
        result("a.same", Verdict.PASS),
        result("a.worse", Verdict.PASS),
        result("a.dropped", Verdict.FAIL),
        result("a.now_required", Verdict.FAIL, required=False),
    )
    after = report(
        result("a.new_and_bad", Verdict.FAIL),
        result("a.new_and_good", Verdict.PASS),
        result("a.worse", Verdict.FAIL),
        result("a.same", Verdict.PASS),
        result("a.now_required", Verdict.FAIL),
    )

    found = changed_checks(before, after)

    assert [(c.key, c.before, c.after) for c in found] == [
        ("a.new_and_bad", None, Verdict.FAIL),
        ("a.worse", Verdict.PASS, Verdict.FAIL),
        ("a.now_required", Verdict.FAIL, Verdict.FAIL),
        ("a.dropped", Verdict.FAIL, None),
    ]
    assert (found[1].value, found[1].threshold, found[1].required) == (0.7, 0.8, True)
    assert found[3].value is None


def test_a_version_without_a_judgement_lists_what_would_stand_in_its_way() -> None:
    after = report(
        result("a.good", Verdict.PASS),
        result("a.unclear", Verdict.INSUFFICIENT_EVIDENCE),
        result("a.pointed_out", Verdict.WARN),
    )

    assert [c.key for c in changed_checks(None, after)] == ["a.unclear"]


def test_the_report_counts_every_change_also_those_that_did_not_happen() -> None:
    outcomes = [
        VersionOutcome(
            model_version_id=uuid.UUID(int=number),
            model_name="credit",
            number=number,
            state="approved",
            change=change,
        )
        for number, change in enumerate([Change.NEWLY_FAILS, Change.NEWLY_FAILS, Change.NOT_JUDGED])
    ]

    found = simulation_report(
        policy="p", policy_version=2, policy_digest="0" * 64, outcomes=iter(outcomes)
    )

    assert found.counts == {
        "newly_fails": 2,
        "newly_passes": 0,
        "still_fails": 0,
        "still_passes": 0,
        "first_judged": 0,
        "out_of_scope": 0,
        "not_judged": 1,
    }
    assert found.versions == tuple(outcomes)
