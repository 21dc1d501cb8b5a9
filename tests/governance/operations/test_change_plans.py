"""Change plans: what was agreed beforehand takes a short path, and nothing else does."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest

from accredit_governance.errors import (
    Conflict,
    FindingOpen,
    FourEyes,
    GateBlocked,
    IllegalTransition,
    InvalidInput,
    NotAllowed,
)
from accredit_governance.gates.results import Verdict
from accredit_governance.operations.waiver_ends import end_what_ran_out
from accredit_governance.questions import aftercare
from accredit_governance.registry.aftercare_records import ChangePlanRecord, ProceedingRecord
from tests.governance.afterwards import (
    asked_back,
    candidate_on,
    judge,
    newer_rows,
    planned,
    proposed,
    sign,
    submitted_under,
    suspended,
)
from tests.governance.office import GRAVER_ANSWERS, Office
from tests.governance.operations.test_findings import opened

pytestmark = pytest.mark.databases("sqlite")


def retrained(office: Office, plan: ProceedingRecord, **verdicts: Verdict) -> uuid.UUID:
    """A version on newer rows that was submitted under a plan and judged."""
    version_id = submitted_under(office, plan, candidate_on(office, newer_rows(office)))
    judge(office, version_id, **verdicts)
    return version_id


def stored(office: Office, plan: ProceedingRecord) -> ChangePlanRecord:
    return aftercare.change_plan(office.database, office.people["viewer"], plan.id)


def stages(office: Office, version_id: uuid.UUID) -> list[str]:
    return [stage["name"] for stage in office.request_of(version_id).stages]


@pytest.mark.databases("sqlite", "postgresql")
def test_inside_the_envelope_one_validator_signs(office: Office) -> None:
    plan = planned(office, office.approved())

    version_id = retrained(office, plan)
    request = office.request_of(version_id)
    office.sign("validator", request)

    assert stages(office, version_id) == ["change_plan"]
    assert office.state_of(version_id) == "approved"
    assert [(u.number, u.outcome, u.reasons) for u in stored(office, plan).uses] == [
        (1, "inside", ())
    ]


@pytest.mark.databases("sqlite", "postgresql")
def test_on_the_short_path_makers_do_not_sign_either(office: Office) -> None:
    plan = planned(office, office.approved())
    request = office.request_of(retrained(office, plan))

    with pytest.raises(NotAllowed, match="signed by a validator"):
        office.sign("compliance", request)
    with pytest.raises((FourEyes, NotAllowed)):
        office.sign("submitter", request)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        pytest.param({"metric_floor": 0.95}, "below the floor of 0.95", id="the floor"),
        pytest.param({"families": ("boosting",)}, "does not allow the family linear", id="family"),
    ],
)
def test_outside_the_envelope_every_stage_signs(
    office: Office, limits: dict[str, object], reason: str
) -> None:
    plan = planned(office, office.approved(), **limits)

    version_id = retrained(office, plan)

    (use,) = stored(office, plan).uses
    assert use.outcome == "outside"
    assert any(reason in told for told in use.reasons or ())
    assert len(stages(office, version_id)) == 2


def test_what_a_signer_of_the_plan_made_lies_outside(office: Office) -> None:
    plan = planned(office, office.approved())
    newer = replace(office, dataset_version_id=newer_rows(office))
    version_id = submitted_under(office, plan, newer.candidate(trained_by="owner").id)

    judge(office, version_id)

    (use,) = stored(office, plan).uses
    assert use.reasons == ("somebody who signed the plan had a hand in it",)
    assert len(stages(office, version_id)) == 2


def test_the_rows_of_then_are_no_later_rows(office: Office) -> None:
    plan = planned(office, office.approved())
    version_id = submitted_under(office, plan, office.candidate().id)

    judge(office, version_id)

    (use,) = stored(office, plan).uses
    assert use.reasons == (
        "it was trained on version 1 of the dataset, which is not later than version 1",
    )


def test_a_version_that_fails_its_gates_gets_no_path_at_all(office: Office) -> None:
    plan = planned(office, office.approved())

    version_id = retrained(office, plan, discrimination=Verdict.FAIL)

    assert office.state_of(version_id) == "gate_failed"
    assert stored(office, plan).uses[0].outcome is None


def test_a_plan_is_not_used_more_often_than_it_says(office: Office) -> None:
    plan = planned(office, office.approved(), max_uses=1)
    retrained(office, plan)
    another = office.candidate().id

    with pytest.raises(Conflict, match="allows 1 uses, and 1 are taken"):
        submitted_under(office, plan, another)

    assert office.state_of(another) == "candidate"


def test_a_plan_is_not_used_after_its_end(office: Office) -> None:
    plan = planned(office, office.approved())
    another = office.candidate().id
    office.clock.pass_time(days=91)

    with pytest.raises(Conflict, match="the change plan ended at"):
        submitted_under(office, plan, another)

    assert office.state_of(another) == "candidate"


def test_a_plan_falls_with_its_version_and_does_not_come_back(office: Office) -> None:
    base = office.approved()
    plan = planned(office, base)
    another = office.candidate().id
    suspended(office, base)
    asked = asked_back(office, base)
    sign(office, "validator", asked)
    sign(office, "compliance", asked)

    assert office.state_of(base) == "approved"
    assert stored(office, plan).ended_because is not None
    with pytest.raises(Conflict, match="the change plan has ended"):
        submitted_under(office, plan, another)


def test_a_review_on_the_short_path_is_widened_when_its_plan_falls(office: Office) -> None:
    base = office.approved()
    plan = planned(office, base)
    version_id = retrained(office, plan)
    narrow = office.request_of(version_id)
    suspended(office, base)

    with pytest.raises(GateBlocked, match="every stage"):
        office.sign("validator", narrow)
    end_what_ran_out(office.database, office.system)
    end_what_ran_out(office.database, office.system)

    wide = office.request_of(version_id)
    assert wide.id != narrow.id
    assert len(stages(office, version_id)) == 2
    assert office.actions().count("approval_request.widened") == 1
    office.sign("validator", wide)
    office.sign("compliance", wide)
    assert office.state_of(version_id) == "approved"


def test_a_plan_is_signed_by_a_validator_an_owner_and_the_stages_of_the_tier(
    office: Office,
) -> None:
    plan = proposed(office, office.approved())

    sign(office, "validator", plan)
    with pytest.raises(NotAllowed, match="signed by a owner and a compliance"):
        sign(office, "second_validator", plan)
    waiting = sign(office, "owner", plan)
    signed = sign(office, "compliance", plan)

    assert (waiting.state, waiting.waiting_for) == ("open", ("compliance",))
    assert signed.state == "done"


def test_a_use_case_of_another_tier_lies_outside(office: Office) -> None:
    plan = planned(office, office.approved())
    office.assess(office.use_case_id, GRAVER_ANSWERS)

    version_id = retrained(office, plan)

    (use,) = stored(office, plan).uses
    assert use.reasons == (
        "its use case is tier 1, high risk, and was tier 2, high risk for the version of the plan",
    )
    assert len(stages(office, version_id)) == 3


def test_a_grave_finding_on_the_version_of_a_plan_closes_the_short_path(office: Office) -> None:
    base = office.approved()
    plan, waiting = planned(office, base), proposed(office, base)
    inside = office.request_of(retrained(office, plan))
    opened(office, base)

    with pytest.raises(FindingOpen, match="of the version that the change plan is for"):
        office.sign("validator", inside)
    with pytest.raises(FindingOpen):
        sign(office, "validator", waiting)
    version_id = retrained(office, plan)

    assert stored(office, plan).uses[-1].reasons == (
        "findings stand in the way of the version of the plan",
    )
    assert len(stages(office, version_id)) == 2


def test_only_an_approved_version_gets_a_plan(office: Office) -> None:
    with pytest.raises(IllegalTransition, match="cannot plan changes of"):
        proposed(office, suspended(office))


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        pytest.param({"metric": "performance.luck"}, "the metric must be one of", id="metric"),
        pytest.param({"days": -1}, "lies in the past", id="past"),
        pytest.param({"days": 900}, "after the end of the approval", id="too long"),
    ],
)
def test_a_plan_that_could_never_hold_is_refused(
    office: Office, limits: dict[str, object], message: str
) -> None:
    given = dict(limits)
    if "days" in given:
        given["ends_at"] = office.clock() + timedelta(days=int(str(given.pop("days"))))
    version_id = office.approved()

    with pytest.raises(InvalidInput, match=message):
        proposed(office, version_id, **given)
