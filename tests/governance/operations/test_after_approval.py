"""After an approval: coming back from a suspension, being judged anew, leaving for good."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from accredit_governance.access.permissions import Role
from accredit_governance.errors import (
    Conflict,
    FourEyes,
    GovernanceError,
    IllegalTransition,
    InvalidInput,
    NotAllowed,
    NotFound,
    StaleDigest,
)
from accredit_governance.gates.results import Verdict
from accredit_governance.identifiers import new_id
from accredit_governance.operations import (
    access_decisions,
    deployments,
    proceedings,
    reviews,
    versions,
)
from accredit_governance.operations.subjects import latest_evaluation
from accredit_governance.operations.waiver_ends import end_what_ran_out
from accredit_governance.questions import aftercare
from accredit_governance.questions.pages import Page
from accredit_governance.registry.tables import (
    GateEvaluationRow,
    ProceedingRow,
    ProceedingSignOffRow,
)
from tests.governance.afterwards import (
    asked_back,
    asked_to_retire,
    expired,
    judge,
    newer_rows,
    recertify,
    retired,
    sign,
    suspended,
)
from tests.governance.office import Office, hire, report
from tests.governance.operations.test_conditions import confirm, demand, meet
from tests.governance.operations.test_delegations import lend
from tests.governance.operations.test_findings import close, opened, plan, remediate

pytestmark = pytest.mark.databases("sqlite")


def refused(office: Office, since: int) -> list[str]:
    """Codes of what was refused since then; nothing else may have been recorded."""
    events = office.events(since=since)
    assert {event["outcome"] for event in events} == {"denied"}
    return [event["fact"]["code"] for event in events]


@pytest.mark.databases("sqlite", "postgresql")
def test_two_people_bring_a_suspended_version_back(office: Office) -> None:
    version_id = suspended(office)
    asked = asked_back(office, version_id)

    first = sign(office, "validator", asked)
    between = office.state_of(version_id)
    second = sign(office, "compliance", asked)

    assert first.waiting_for == ("compliance",)
    assert between == "suspended"
    assert second.state == "done"
    assert office.state_of(version_id) == "approved"
    assert (
        office.actions()[-3:]
        == [
            "proceeding.opened",
            "proceeding.signed",
            "proceeding.signed",
        ]
        or "model_version.moved" in office.actions()[-2:]
    )


@pytest.mark.parametrize(
    ("person", "error"),
    [
        pytest.param("owner", FourEyes, id="who asked"),
        pytest.param("second_validator", NotAllowed, id="the same role again"),
        pytest.param("validator", FourEyes, id="who signed before"),
        pytest.param("viewer", NotAllowed, id="without the permission"),
        pytest.param("trainer", NotAllowed, id="who trained it"),
    ],
)
def test_a_reinstatement_is_not_signed_by(
    office: Office, person: str, error: type[GovernanceError]
) -> None:
    version_id = suspended(office)
    asked = asked_back(office, version_id)
    sign(office, "validator", asked)
    size = office.size()

    with pytest.raises(error):
        sign(office, person, asked)

    assert refused(office, size) == [error.code]
    assert office.state_of(version_id) == "suspended"


@pytest.mark.databases("sqlite", "postgresql")
def test_only_an_owner_asks_for_a_reinstatement(office: Office) -> None:
    version_id = suspended(office)

    with pytest.raises(NotAllowed, match="version:reinstate"):
        asked_back(office, version_id, by="validator")


def test_a_reinstatement_needs_an_approval_that_holds(office: Office) -> None:
    version_id = suspended(office)
    asked = asked_back(office, version_id)
    sign(office, "validator", asked)
    office.clock.pass_time(days=400)

    with pytest.raises(Conflict, match="has run out"):
        sign(office, "compliance", asked)
    with pytest.raises(Conflict, match="has run out"):
        asked_back(office, version_id)

    assert office.state_of(version_id) == "suspended"


def test_a_refusal_says_why_and_ends_the_reinstatement(office: Office) -> None:
    version_id = suspended(office)
    asked = asked_back(office, version_id)

    with pytest.raises(InvalidInput, match="say why"):
        sign(office, "validator", asked, decision="reject")
    ended = sign(office, "validator", asked, decision="reject", comment="Not repaired.")

    assert ended.state == "rejected"
    assert office.state_of(version_id) == "suspended"
    with pytest.raises(Conflict, match="is rejected"):
        sign(office, "compliance", asked)
    assert asked_back(office, version_id).state == "open"


@pytest.mark.databases("sqlite", "postgresql")
def test_what_is_signed_is_what_was_approved(office: Office) -> None:
    version_id = suspended(office)
    asked = asked_back(office, version_id)

    with pytest.raises(StaleDigest):
        sign(office, "validator", asked, subject_digest="0" * 64)
    with office.database.engine.execution_options(accredit_writes=True).begin() as connection:
        connection.exec_driver_sql(
            "UPDATE check_result SET document = replace(document, '0.9', '0.8')"
        )
    with pytest.raises(StaleDigest):
        sign(office, "validator", asked)


def test_a_suspended_version_is_not_asked_back_twice_at_once(office: Office) -> None:
    version_id = suspended(office)
    asked_back(office, version_id)

    with pytest.raises(Conflict, match="waits for its signatures already"):
        asked_back(office, version_id)


def test_who_asked_takes_it_back_and_nobody_else(office: Office) -> None:
    asked = asked_back(office, suspended(office))

    with pytest.raises(NotAllowed, match="only the person who asked"):
        proceedings.withdraw_proceeding(office.database, office.people["validator"], asked.id)
    ended = proceedings.withdraw_proceeding(office.database, office.people["owner"], asked.id)

    assert ended.state == "withdrawn"
    with pytest.raises(Conflict, match="withdrawn"):
        sign(office, "validator", asked)


def test_a_suspension_says_why(office: Office) -> None:
    version_id = office.approved()
    size = office.size()

    with pytest.raises(InvalidInput, match="say why"):
        versions.suspend_version(
            office.database, office.people["compliance"], version_id, reason=" "
        )

    assert refused(office, size) == ["invalid_input"]


def test_an_expired_version_is_judged_and_signed_anew(office: Office) -> None:
    version_id = expired(office)

    recertify(office, version_id)
    judged = office.state_of(version_id)
    judge(office, version_id)
    request = office.request_of(version_id)
    office.sign("validator", request)
    office.sign("compliance", request)

    assert judged == "gating"
    assert office.state_of(version_id) == "approved"
    assert [request.trained_by, request.submitted_by] == [
        office.people["trainer"].id,
        office.people["submitter"].id,
    ]
    with office.database.reading() as session:
        found = session.execute(
            select(GateEvaluationRow.id).where(GateEvaluationRow.model_version_id == version_id)
        ).all()
    assert len(found) == 2


@pytest.mark.parametrize("state", ["approved", "suspended", "retired", "gate_failed"])
def test_only_an_expired_version_is_recertified(office: Office, state: str) -> None:
    version_id = {
        "approved": office.approved,
        "suspended": lambda: suspended(office),
        "retired": lambda: retired(office),
        "gate_failed": lambda: office.judged(report(discrimination=Verdict.FAIL)),
    }[state]()
    size = office.size()

    with pytest.raises(IllegalTransition, match=f"that is {state}"):
        recertify(office, version_id)

    assert refused(office, size) == ["illegal_transition"]


def test_a_recertification_on_newer_rows_binds_their_digest_and_their_preparer(
    office: Office,
) -> None:
    version_id = expired(office)
    rows = newer_rows(office, by="owner")

    recertify(office, version_id, dataset_version_id=rows)
    judge(office, version_id)

    request = office.request_of(version_id)
    assert request.subject["rows"] is not None
    assert request.prepared_by == office.people["owner"].id


def test_rows_that_say_nothing_new_are_refused(office: Office) -> None:
    version_id = expired(office)

    with pytest.raises(InvalidInput, match="not later than version 1"):
        recertify(office, version_id, dataset_version_id=office.dataset_version_id)
    with pytest.raises(NotFound):
        recertify(office, version_id, dataset_version_id=uuid.uuid4())

    assert office.state_of(version_id) == "expired"


def test_who_submitted_it_before_does_not_sign_the_recertification(office: Office) -> None:
    request = office.in_review(submitted_by="owner")
    office.sign("validator", request)
    office.sign("compliance", request)
    version_id = expired(office, request.model_version_id)
    recertify(office, version_id, by="submitter")
    judge(office, version_id)
    again = office.request_of(version_id)

    with pytest.raises(FourEyes, match="submitted it"):
        office.sign("owner", again)


def test_who_submitted_it_before_judges_nothing_of_the_recertified_version(office: Office) -> None:
    office.people["first"] = hire(
        office.database,
        office.people["admin"],
        "first",
        [Role.DEVELOPER, Role.VALIDATOR],
        project_id=office.project_id,
    )
    request = office.in_review(submitted_by="first")
    office.sign("validator", request)
    office.sign("compliance", request)
    version_id = expired(office, request.model_version_id)
    recertify(office, version_id, by="submitter")
    judge(office, version_id)
    again = office.request_of(version_id)
    lend(office, "first", "viewer")

    with pytest.raises(FourEyes, match="whom you act for"):
        office.sign("viewer", again)
    (imposed,) = office.sign("validator", again, conditions=[demand(office)]).conditions
    office.sign("compliance", again)
    meet(office, imposed.id)
    with pytest.raises(FourEyes, match="submitted it"):
        confirm(office, imposed.id, "first")
    found = opened(office, version_id)
    plan(office, found.id)
    remediate(office, found.id)
    with pytest.raises(FourEyes, match="submitted it"):
        close(office, found.id, by="first")


def test_a_recertified_version_that_fails_stays_out_of_service(office: Office) -> None:
    asked = office.deployed()
    version_id = asked.model_version_id
    expired(office, version_id)

    recertify(office, version_id)
    judge(office, version_id, discrimination=Verdict.FAIL)

    assert office.state_of(version_id) == "gate_failed"
    with pytest.raises(Conflict):
        deployments.request_deployment(
            office.database, office.people["owner"], version_id, environment="staging"
        )


@pytest.mark.parametrize(
    ("asking", "signing"),
    [
        pytest.param("owner", "compliance", id="owner, then compliance"),
        pytest.param("compliance", "owner", id="compliance, then owner"),
    ],
)
def test_two_people_retire_a_version_for_good(office: Office, asking: str, signing: str) -> None:
    version_id = office.approved()
    asked = asked_to_retire(office, version_id, by=asking)

    sign(office, signing, asked)

    assert office.state_of(version_id) == "retired"
    with pytest.raises(IllegalTransition, match="cannot reinstate a model version that is retired"):
        asked_back(office, version_id)
    with pytest.raises(IllegalTransition):
        versions.suspend_version(office.database, office.people["owner"], version_id, reason="no")
    with pytest.raises(IllegalTransition):
        asked_to_retire(office, version_id)


def test_two_people_of_one_role_do_not_retire_a_version(office: Office) -> None:
    asked = asked_to_retire(office, office.approved(), by="compliance")

    with pytest.raises(NotAllowed, match="signed by a owner"):
        sign(office, "second_compliance", asked)


def test_what_serves_is_not_retired(office: Office) -> None:
    serving = office.deployed()

    with pytest.raises(Conflict, match="must be stopped first"):
        asked_to_retire(office, serving.model_version_id)
    deployments.stop_deployment(
        office.database, office.people["owner"], serving.id, reason="Replaced."
    )

    retired(office, serving.model_version_id)


def test_a_deployment_asked_for_meanwhile_keeps_a_version(office: Office) -> None:
    version_id = office.approved()
    asked = asked_to_retire(office, version_id)
    deployments.request_deployment(
        office.database, office.people["owner"], version_id, environment="production"
    )

    with pytest.raises(Conflict, match="must be stopped first"):
        sign(office, "compliance", asked)


def test_the_last_version_that_grants_rest_on_is_not_retired(office: Office) -> None:
    serving = office.deployed()
    grant = office.granted()
    deployments.stop_deployment(
        office.database, office.people["owner"], serving.id, reason="Replaced."
    )

    with pytest.raises(Conflict, match="1 access grant rests"):
        asked_to_retire(office, serving.model_version_id)
    access_decisions.revoke_access(
        office.database, office.people["owner"], grant.id, reason="The desk is closed."
    )

    retired(office, serving.model_version_id)


def test_a_retirement_leaves_no_reinstatement_open(office: Office) -> None:
    version_id = suspended(office)
    back = asked_back(office, version_id)

    retired(office, version_id)

    found = aftercare.proceeding(office.database, office.people["viewer"], back.id)
    assert found.state == "lapsed"
    with pytest.raises(Conflict, match="lapsed"):
        sign(office, "validator", back)


@pytest.mark.databases("sqlite", "postgresql")
def test_the_database_itself_refuses_a_signature_of_who_asked_or_made_it(office: Office) -> None:
    asked = asked_back(office, suspended(office))
    with office.database.reading() as session:
        row = session.get_one(ProceedingRow, asked.id)
        makers = {n: getattr(row, n) for n in ("trained_by", "submitted_by", "prepared_by")}
        project = row.project_id

    for person in ("owner", "trainer", "submitter", "preparer"):
        with (
            pytest.raises(IntegrityError),
            office.database.engine.execution_options(accredit_writes=True).begin() as connection,
        ):
            connection.execute(
                ProceedingSignOffRow.__table__.insert().values(
                    id=new_id(),
                    project_id=project,
                    proceeding_id=asked.id,
                    kind="reinstatement",
                    role="validator",
                    decision="approve",
                    comment="",
                    subject_digest=asked.subject_digest,
                    signer_id=office.people[person].id,
                    asked_by=asked.asked_by,
                    signed_at=office.clock(),
                    **makers,
                )
            )


def test_people_of_another_project_do_not_know_of_it(office: Office) -> None:
    asked = asked_back(office, suspended(office))

    with pytest.raises(NotFound):
        sign(office, "stranger", asked)
    with pytest.raises(NotFound):
        aftercare.proceeding(office.database, office.people["stranger"], asked.id)
    assert aftercare.proceedings(office.database, office.people["stranger"], Page()).items == ()


def test_what_waits_for_somebody_is_listed_for_them(office: Office) -> None:
    asked = asked_back(office, suspended(office))

    def waiting(person: str) -> list[uuid.UUID]:
        found = aftercare.proceedings(office.database, office.people[person], Page(), for_me=True)
        return [item.id for item in found.items]

    assert waiting("validator") == waiting("compliance") == [asked.id]
    assert waiting("owner") == waiting("trainer") == []


def test_a_version_expires_once_though_two_workers_look(office: Office) -> None:
    version_id = office.approved()
    office.clock.pass_time(days=366)
    size = office.size()

    end_what_ran_out(office.database, office.system)
    end_what_ran_out(office.database, office.system)

    assert office.actions(since=size) == ["model_version.moved"]
    assert office.state_of(version_id) == "expired"


def test_a_suspended_deployment_answers_nobody_until_the_version_is_back(office: Office) -> None:
    serving = office.deployed()
    suspended(office, serving.model_version_id)

    with pytest.raises(Conflict, match="suspended"):
        deployments.request_deployment(
            office.database,
            office.people["owner"],
            serving.model_version_id,
            environment="staging",
        )
    asked = asked_back(office, serving.model_version_id)
    sign(office, "validator", asked)
    sign(office, "compliance", asked)

    assert office.state_of(serving.model_version_id) == "approved"


def test_gates_that_break_in_a_recertification_leave_nothing_of_the_old_verdicts(
    office: Office,
) -> None:
    version_id = office.judged(report(adverse_impact_ratio=Verdict.INSUFFICIENT_EVIDENCE))
    before = office.evaluation_of(version_id)
    until = office.clock.now + timedelta(days=10)
    office.confirm_waiver(
        "compliance", office.propose_waiver("validator", before, expires_at=until)
    )
    request = office.request_of(version_id)
    office.sign("second_validator", request)
    office.sign("second_compliance", request)
    office.clock.pass_time(days=11)
    end_what_ran_out(office.database, office.system)
    recertify(office, version_id, dataset_version_id=newer_rows(office))
    failed = {"code": "evidence_missing", "message": "all rows were seen", "problems": []}
    reviews.fail_gates(office.database, office.system, office.broken(version_id), error=failed)
    moved = next(e["fact"] for e in office.events()[::-1] if e["action"] == "model_version.moved")
    size = office.size()

    with pytest.raises(Conflict, match="submitted anew"):
        office.propose_waiver("validator", before)

    assert refused(office, size) == ["conflict"]
    assert moved["reason"] == "the gates ended in evidence_missing: all rows were seen"
    with office.database.reading() as session:
        assert latest_evaluation(session, version_id) is None
    versions.repeat_gates(office.database, office.people["submitter"], version_id)
    judge(office, version_id)
    assert office.state_of(version_id) == "in_review"


def test_a_recertified_version_that_was_suspended_comes_back(office: Office) -> None:
    version_id = expired(office)
    recertify(office, version_id, dataset_version_id=newer_rows(office))
    judge(office, version_id)
    request = office.request_of(version_id)
    office.sign("validator", request)
    office.sign("compliance", request)
    asked = asked_back(office, suspended(office, version_id))

    sign(office, "validator", asked)
    sign(office, "compliance", asked)

    assert office.state_of(version_id) == "approved"


def test_a_retirement_of_what_changed_meanwhile_is_refused_and_asked_anew(office: Office) -> None:
    version_id = office.judged(report(adverse_impact_ratio=Verdict.INSUFFICIENT_EVIDENCE))
    before = office.evaluation_of(version_id)
    until = office.clock.now + timedelta(days=10)
    waiver = office.propose_waiver("validator", before, expires_at=until)
    office.confirm_waiver("compliance", waiver)
    request = office.request_of(version_id)
    office.sign("second_validator", request)
    office.sign("second_compliance", request)
    asked = asked_to_retire(office, version_id)
    office.clock.pass_time(days=11)
    end_what_ran_out(office.database, office.system)

    with pytest.raises(StaleDigest):
        sign(office, "compliance", asked)
    with pytest.raises(Conflict, match="waits for its signatures already"):
        asked_to_retire(office, version_id, by="second_compliance")
    sign(office, "compliance", asked, decision="reject", comment="It has expired since.")

    again = asked_to_retire(office, version_id, by="second_compliance")
    sign(office, "owner", again)
    assert office.state_of(version_id) == "retired"
