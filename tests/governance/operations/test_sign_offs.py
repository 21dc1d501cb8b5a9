"""Signing: who may, over what, and what becomes of the version."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from accredit_governance.access.permissions import Role
from accredit_governance.errors import (
    Conflict,
    FourEyes,
    GateBlocked,
    GovernanceError,
    InvalidInput,
    NotAllowed,
    NotFound,
    StaleDigest,
)
from accredit_governance.identifiers import new_id
from accredit_governance.lifecycle.approvals import Decision
from accredit_governance.operations import api_tokens, approvals, identity, projects, versions
from accredit_governance.questions import models
from accredit_governance.questions.pages import Page
from accredit_governance.registry.tables import (
    ApprovalRequestRow,
    ModelVersionRow,
    SignOffRow,
)
from tests.governance.office import (
    GRAVER_ANSWERS,
    POLICY,
    TERMS,
    Office,
    digest_of,
    hire,
    new_token,
)

pytestmark = pytest.mark.databases("sqlite")

YES, NO, CHANGES = Decision.APPROVE, Decision.REJECT, Decision.REQUEST_CHANGES


def also_is(office: Office, person: str, *roles: Role) -> None:
    for role in roles:
        identity.bind_role(
            office.database,
            office.people["admin"],
            office.people[person].id,
            role=role,
            project_id=office.project_id,
        )


def refused(
    office: Office,
    error: type[GovernanceError],
    person: str,
    request: ApprovalRequestRow,
    **how: object,
) -> GovernanceError:
    """Sign in vain; nothing is left but the refusal."""
    before, size = office.contents(), office.size()
    with pytest.raises(error) as caught:
        office.sign(person, request, **how)  # type: ignore[arg-type]
    assert office.contents() == before
    assert office.actions(since=size) == ["operation.refused"]
    return caught.value


@pytest.mark.databases("sqlite", "postgresql")
def test_two_signatures_of_the_two_stages_approve_a_version(office: Office) -> None:
    request = office.in_review()
    size = office.size()

    first = office.sign("validator", request)
    second = office.sign("compliance", request)

    assert (first.state, first.open_stage) == ("open", "compliance")
    assert (second.state, second.open_stage) == ("approved", None)
    assert office.state_of(request.model_version_id) == "approved"
    assert office.actions(since=size) == [
        "sign_off.recorded",
        "sign_off.recorded",
        "model_version.moved",
    ]


@pytest.mark.databases("sqlite", "postgresql")
def test_a_graver_tier_takes_one_more_signature(office: Office) -> None:
    """The owner signs models of tier 1 as well, after validation and compliance."""
    graver = projects.create_use_case(
        office.database,
        office.people["owner"],
        office.project_id,
        name="graver",
        owner_id=office.people["owner"].id,
        terms=TERMS,
    )
    office.assess(graver.id, GRAVER_ANSWERS)
    model = versions.create_model(
        office.database, office.people["owner"], graver.id, name="graver-approval"
    )
    request = replace(office, use_case_id=graver.id, model_id=model.id).in_review()

    office.sign("validator", request)
    waiting = office.sign("compliance", request)

    assert [stage["name"] for stage in request.stages] == ["validation", "compliance", "business"]
    assert waiting.state == "open"
    assert office.sign("owner", request).state == "approved"


@pytest.mark.databases("sqlite", "postgresql")
def test_an_approval_holds_as_long_as_the_policy_says(office: Office) -> None:
    version_id = office.approved()

    version = models.version(office.database, office.people["viewer"], version_id)

    assert version.approved_at is not None
    assert version.valid_until == version.approved_at + timedelta(
        days=POLICY.approval.validity_days
    )


@pytest.mark.parametrize("maker", ["trainer", "submitter", "preparer"])
def test_makers_do_not_sign_whatever_else_they_are(office: Office, maker: str) -> None:
    also_is(office, maker, Role.VALIDATOR, Role.COMPLIANCE, Role.OWNER)
    request = office.in_review()

    refused(office, FourEyes, maker, request)
    office.sign("validator", request)
    refused(office, FourEyes, maker, request)


def test_one_person_does_not_sign_both_stages(office: Office) -> None:
    also_is(office, "validator", Role.COMPLIANCE)
    request = office.in_review()
    office.sign("validator", request)

    error = refused(office, FourEyes, "validator", request)

    assert "signed this request already" in error.message


@pytest.mark.parametrize("person", ["compliance", "owner"])
def test_the_open_stage_is_signed_by_its_role(office: Office, person: str) -> None:
    request = office.in_review()

    error = refused(office, NotAllowed, person, request)

    assert "signed by a validator" in error.message


@pytest.mark.parametrize("person", ["viewer", "auditor", "admin", "author"])
def test_without_the_permission_nobody_signs(office: Office, person: str) -> None:
    refused(office, NotAllowed, person, office.in_review())


def test_a_stranger_does_not_learn_that_the_request_exists(office: Office) -> None:
    request = office.in_review()
    unknown = new_id()

    there = refused(office, NotFound, "stranger", request)
    with pytest.raises(NotFound) as nowhere:
        approvals.sign_off(
            office.database,
            office.people["stranger"],
            unknown,
            decision=YES,
            subject_digest=request.subject_digest,
            comment="",
            ticket="",
        )

    assert there.message.replace(str(request.id), "") == nowhere.value.message.replace(
        str(unknown), ""
    )


def test_a_signature_over_another_digest_is_refused(office: Office) -> None:
    request = office.in_review()

    refused(office, StaleDigest, "validator", request, subject_digest=digest_of("other"))


@pytest.mark.databases("sqlite", "postgresql")
@pytest.mark.parametrize(
    ("table", "change"),
    [
        pytest.param("model_version", f"bundle_digest = '{digest_of('changed')}'", id="bundle"),
        pytest.param("run", "record = '{}'", id="run"),
        pytest.param("card_version", "document = '{}'", id="card"),
        pytest.param(
            "check_result",
            """document = replace(document, '"required":true', '"required":false')""",
            id="gates",
        ),
        pytest.param(
            "policy_version",
            """document = replace(document, '"validity_days":365', '"validity_days":366')""",
            id="policy",
        ),
    ],
)
def test_a_subject_that_changed_underneath_is_not_signed(
    office: Office, table: str, change: str
) -> None:
    """Whoever edits a document in the database voids the signatures, digest columns or not."""
    request = office.in_review()
    office.sign("validator", request)
    with office.database.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {table} SET {change}")

    error = refused(office, StaleDigest, "compliance", request)

    assert "has changed" in error.message
    assert office.state_of(request.model_version_id) == "in_review"


@pytest.mark.parametrize("decision", [NO, CHANGES])
def test_a_refusal_says_why(office: Office, decision: Decision) -> None:
    refused(office, InvalidInput, "validator", office.in_review(), decision=decision, comment=" ")


@pytest.mark.parametrize(
    ("decision", "state"),
    [
        pytest.param(NO, "rejected", id="reject"),
        pytest.param(CHANGES, "changes_requested", id="request changes"),
    ],
)
def test_one_refusal_closes_the_request(office: Office, decision: Decision, state: str) -> None:
    request = office.in_review()

    closed = office.sign("validator", request, decision)

    assert closed.state == state
    assert office.state_of(request.model_version_id) == state
    refused(office, Conflict, "second_validator", request)


@pytest.mark.databases("sqlite", "postgresql")
def test_gates_that_are_too_old_take_no_approval_but_a_rejection(office: Office) -> None:
    request = office.in_review()
    with office.database.engine.begin() as connection:  # as under a policy that lets it wait
        connection.exec_driver_sql("UPDATE approval_request SET lapse_at = NULL")
    office.clock.pass_time(days=POLICY.approval.gate_age_days, seconds=1)

    refused(office, GateBlocked, "validator", request)
    assert office.sign("validator", request, NO).state == "rejected"


def test_the_submitter_takes_the_request_back(office: Office) -> None:
    request = office.in_review()
    office.sign("validator", request)

    withdrawn = approvals.withdraw_request(office.database, office.people["submitter"], request.id)

    assert withdrawn.state == "withdrawn"
    assert office.state_of(request.model_version_id) == "withdrawn"
    refused(office, Conflict, "compliance", request)


@pytest.mark.parametrize("person", ["trainer", "owner"])
def test_nobody_else_takes_the_request_back(office: Office, person: str) -> None:
    request = office.in_review()

    with pytest.raises(NotAllowed):
        approvals.withdraw_request(office.database, office.people[person], request.id)

    assert office.state_of(request.model_version_id) == "in_review"


def test_a_decided_request_is_not_taken_back(office: Office) -> None:
    version_id = office.approved()

    with pytest.raises(Conflict):
        approvals.withdraw_request(
            office.database, office.people["submitter"], office.request_of(version_id).id
        )

    assert office.state_of(version_id) == "approved"


def sign_past_the_door(office: Office, request: ApprovalRequestRow, **changes: object) -> None:
    values: dict[str, object] = {
        "id": new_id(),
        "project_id": request.project_id,
        "approval_request_id": request.id,
        "stage": "validation",
        "decision": "approve",
        "comment": "",
        "subject_digest": request.subject_digest,
        "signer_id": office.people["second_validator"].id,
        "trained_by": request.trained_by,
        "submitted_by": request.submitted_by,
        "prepared_by": request.prepared_by,
        "signed_at": office.clock(),
    }
    with office.database.engine.begin() as connection:
        connection.execute(SignOffRow.__table__.insert().values({**values, **changes}))


@pytest.mark.databases("sqlite", "postgresql")
@pytest.mark.parametrize("maker", ["trainer", "submitter", "preparer"])
def test_the_database_itself_refuses_the_signature_of_a_maker(office: Office, maker: str) -> None:
    request = office.in_review()

    with pytest.raises(IntegrityError, match=r"(?i)check"):
        sign_past_the_door(office, request, signer_id=office.people[maker].id)


@pytest.mark.databases("sqlite", "postgresql")
def test_the_database_itself_refuses_a_second_signature(office: Office) -> None:
    request = office.in_review()
    office.sign("validator", request)

    with pytest.raises(IntegrityError):
        sign_past_the_door(office, request, signer_id=office.people["validator"].id)


@pytest.mark.databases("sqlite", "postgresql")
def test_the_database_itself_refuses_an_unknown_decision(office: Office) -> None:
    with pytest.raises(IntegrityError, match=r"(?i)check"):
        sign_past_the_door(office, office.in_review(), decision="maybe")


@pytest.mark.databases("sqlite", "postgresql")
def test_a_version_has_one_open_request(office: Office) -> None:
    request = office.in_review()

    table = ApprovalRequestRow.__table__
    with office.database.engine.connect() as connection:
        row = dict(connection.execute(select(table)).mappings().one())

    with pytest.raises(IntegrityError), office.database.engine.begin() as connection:
        connection.execute(table.insert().values({**row, "id": new_id()}))

    assert office.request_of(request.model_version_id).id == request.id


def test_the_work_list_shows_what_one_can_sign(office: Office) -> None:
    request = office.in_review()

    def work_of(person: str) -> list[uuid.UUID]:
        listing = models.approval_requests(
            office.database, office.people[person], Page(), for_me=True
        )
        return [item.id for item in listing.items]

    assert work_of("validator") == [request.id]
    assert work_of("compliance") == []
    assert work_of("trainer") == []
    office.sign("validator", request)
    assert work_of("validator") == []
    assert work_of("second_validator") == []
    assert work_of("compliance") == [request.id]


def test_a_suspension_takes_one_person_and_a_reason(office: Office) -> None:
    version_id = office.approved()

    with pytest.raises(InvalidInput):
        versions.suspend_version(
            office.database, office.people["validator"], version_id, reason=" "
        )
    suspended = versions.suspend_version(
        office.database, office.people["validator"], version_id, reason="Complaints."
    )

    assert suspended.state == "suspended"
    assert suspended.allowed_actions == ("reinstate", "retire")
    with office.database.reading() as session:
        assert session.get_one(ModelVersionRow, version_id).state == "suspended"


def test_a_service_account_submits_nothing(office: Office) -> None:
    robot = hire(
        office.database,
        office.people["admin"],
        "robot",
        [Role.CONSUMER, Role.DEVELOPER],
        project_id=office.project_id,
    )

    with pytest.raises(NotAllowed, match="a person submits"):
        versions.submit_version(office.database, robot, office.candidate().id)


def test_whoever_issued_the_token_of_the_robot_that_trained_does_not_sign(office: Office) -> None:
    admin = office.people["admin"]
    robot = hire(
        office.database,
        admin,
        "robot",
        [Role.CONSUMER, Role.DEVELOPER],
        project_id=office.project_id,
    )
    judge = hire(office.database, admin, "judge", [Role.ADMIN, Role.VALIDATOR], project_id=None)
    api_tokens.issue_service_token(
        office.database, judge, robot.id, name="x", secret=new_token(), days=1
    )
    office.people["robot"], office.people["judge"] = robot, judge
    request = office.in_review(trained_by="robot")

    refused(office, FourEyes, "judge", request)
