"""Findings: opened with an owner and a day, put right with evidence, closed by other hands."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from accredit_governance.access.permissions import Role
from accredit_governance.cards.render import render_html, render_markdown
from accredit_governance.errors import (
    Conflict,
    FindingOpen,
    FourEyes,
    GovernanceError,
    IllegalTransition,
    InvalidInput,
    NotAllowed,
    NotFound,
)
from accredit_governance.lifecycle.approvals import Decision
from accredit_governance.lifecycle.findings import (
    FindingAction,
    FindingSeverity,
    FindingSource,
    FindingState,
    allowed_actions,
)
from accredit_governance.operations import (
    deployments,
    findings,
    identity,
    remediation,
    reviews,
    risk_acceptances,
)
from accredit_governance.operations.blocking import blocking_findings
from accredit_governance.questions import findings as questions
from accredit_governance.questions import models, serving
from accredit_governance.questions.pages import Page
from accredit_governance.registry.findings_records import FindingRecord, RiskAcceptanceRecord
from accredit_governance.registry.tables import RiskAcceptanceRow
from tests.governance.afterwards import retired
from tests.governance.audit.test_ledger import together
from tests.governance.office import Office, report
from tests.governance.operations.test_building import drifted

pytestmark = pytest.mark.databases("sqlite")

WORDS = "The income of applicants is missing for one branch."
PROOF = "The branch was read again; the figures are in the note."


def opened(
    office: Office, version_id: uuid.UUID, *, by: str = "validator", **more: Any
) -> FindingRecord:
    return findings.open_finding(
        office.database,
        office.people[by],
        version_id,
        title=more.get("title", "Income is missing"),
        description=more.get("description", WORDS),
        severity=more.get("severity", FindingSeverity.HIGH),
        owner_id=more.get("owner_id", office.people["owner"].id),
        due_on=more.get("due_on", office.clock.now.date() + timedelta(days=30)),
        source=more.get("source", FindingSource.MANUAL),
    )


def on_the_use_case(office: Office) -> FindingRecord:
    return findings.open_use_case_finding(
        office.database,
        office.people["compliance"],
        office.use_case_id,
        title="Purpose is unclear",
        description="Nobody wrote down who decides in the end.",
        severity=FindingSeverity.CRITICAL,
        owner_id=office.people["owner"].id,
        due_on=office.clock.now.date(),
    )


def plan(office: Office, finding_id: uuid.UUID, *, by: str = "owner") -> FindingRecord:
    return remediation.plan_remediation(
        office.database, office.people[by], finding_id, plan="Read the branch again."
    )


def remediate(
    office: Office, finding_id: uuid.UUID, *, by: str = "owner", **more: Any
) -> FindingRecord:
    return remediation.remediate_finding(
        office.database,
        office.people[by],
        finding_id,
        evidence=more.get("evidence", PROOF),
        reference=more.get("reference", "notes/branch-7"),
        evidence_digest=more.get("evidence_digest"),
    )


def close(office: Office, finding_id: uuid.UUID, *, by: str = "validator") -> FindingRecord:
    return remediation.close_finding(
        office.database, office.people[by], finding_id, reason="The evidence convinces."
    )


def reopen(office: Office, finding_id: uuid.UUID, *, by: str = "validator") -> FindingRecord:
    return remediation.reopen_finding(
        office.database,
        office.people[by],
        finding_id,
        reason="It is missing again.",
        due_on=office.clock.now.date() + timedelta(days=10),
    )


def grade(
    office: Office, finding_id: uuid.UUID, severity: FindingSeverity, *, by: str = "validator"
) -> FindingRecord:
    return remediation.change_severity(
        office.database,
        office.people[by],
        finding_id,
        severity=severity,
        reason="Looked at it again.",
    )


def offer(
    office: Office, finding_id: uuid.UUID, *, by: str = "compliance", days: int = 60
) -> RiskAcceptanceRecord:
    return risk_acceptances.propose_acceptance(
        office.database,
        office.people[by],
        finding_id,
        reason="Officers check the income by hand meanwhile.",
        until_on=office.clock.now.date() + timedelta(days=days),
    )


def agree(office: Office, acceptance_id: uuid.UUID, *, by: str = "owner") -> RiskAcceptanceRecord:
    return risk_acceptances.confirm_acceptance(office.database, office.people[by], acceptance_id)


def look(office: Office, *, days: float = 0) -> None:
    """Let time pass, and let a worker look."""
    office.clock.pass_time(days=days)
    risk_acceptances.look_at_findings(office.database, office.system)


def seen(office: Office, finding_id: uuid.UUID, *, by: str = "viewer") -> FindingRecord:
    return questions.finding(office.database, office.people[by], finding_id)


def remediated(office: Office, version_id: uuid.UUID | None = None) -> FindingRecord:
    record = opened(office, version_id or office.judged())
    plan(office, record.id)
    return remediate(office, record.id)


def accepted(office: Office, version_id: uuid.UUID, *, days: int = 60) -> FindingRecord:
    record = opened(office, version_id)
    agree(office, offer(office, record.id, days=days).id)
    return seen(office, record.id)


@pytest.mark.databases("sqlite", "postgresql")
def test_a_finding_is_put_right_and_closed_by_another_person(office: Office) -> None:
    version_id = office.judged()
    size = office.size()
    record = opened(office, version_id)
    plan(office, record.id)
    remediate(office, record.id, evidence_digest="a" * 64)

    done = close(office, record.id)

    assert (done.state, done.closed_by) == (FindingState.CLOSED, office.people["validator"].id)
    assert done.remediated_by == office.people["owner"].id
    assert office.actions(since=size) == ["finding.opened", *["finding.moved"] * 3]
    told = questions.steps(office.database, office.people["viewer"], record.id).items
    assert [(s.before_state, s.action, s.after_state) for s in told] == [
        ("open", "plan", "in_remediation"),
        ("in_remediation", "remediate", "remediated"),
        ("remediated", "close", "closed"),
    ]
    assert (told[1].said, told[1].reference, told[1].evidence_digest) == (
        PROOF,
        "notes/branch-7",
        "a" * 64,
    )


@pytest.mark.databases("sqlite", "postgresql")
def test_events_about_a_finding_hold_no_words_of_people(office: Office) -> None:
    version_id = office.judged()
    size = office.size()
    record = opened(office, version_id)
    plan(office, record.id)
    remediate(office, record.id)

    written = str(office.events(since=size))

    assert WORDS not in written
    assert PROOF not in written


@pytest.mark.parametrize("by", ["owner", "validator", "compliance"])
def test_those_who_answer_for_a_model_open_findings(office: Office, by: str) -> None:
    record = opened(office, office.draft().id, by=by)

    assert (record.state, record.opened_by) == (FindingState.OPEN, office.people[by].id)
    assert record.allowed_actions == allowed_actions(FindingState.OPEN)


@pytest.mark.parametrize("by", ["viewer", "trainer", "auditor", "author"])
def test_nobody_else_opens_a_finding(office: Office, by: str) -> None:
    version_id = office.draft().id
    before, size = office.contents(), office.size()

    with pytest.raises(NotAllowed):
        opened(office, version_id, by=by)

    assert office.contents() == before
    assert office.actions(since=size) == ["operation.refused"]


def test_a_finding_on_a_version_of_another_project_cannot_be_opened(office: Office) -> None:
    version_id = office.draft().id

    with pytest.raises(NotFound):
        opened(office, version_id, by="stranger")


BAD = [
    pytest.param(
        lambda o: {"due_on": o.clock.now.date() - timedelta(days=1)}, "/due_on", id="due day past"
    ),
    pytest.param(lambda o: {"owner_id": o.people["stranger"].id}, "/owner_id", id="elsewhere"),
    pytest.param(lambda o: {"owner_id": o.people["viewer"].id}, "/owner_id", id="viewer"),
    pytest.param(lambda o: {"owner_id": o.people["consumer"].id}, "/owner_id", id="a service"),
    pytest.param(lambda o: {"owner_id": uuid.UUID(int=1)}, "/owner_id", id="nobody"),
    pytest.param(lambda _: {"title": " "}, "/title", id="no title"),
    pytest.param(lambda _: {"description": "Bad."}, "/description", id="hardly a word"),
    pytest.param(lambda _: {"source": FindingSource.ALERT}, "/source", id="a monitor's source"),
]


@pytest.mark.parametrize(("wrong", "pointer"), BAD)
def test_a_finding_that_nobody_could_put_right_is_refused(
    office: Office, wrong: Callable[[Office], dict[str, Any]], pointer: str
) -> None:
    version_id = office.draft().id
    before, size = office.contents(), office.size()

    with pytest.raises(InvalidInput) as caught:
        opened(office, version_id, **wrong(office))

    assert [problem["pointer"] for problem in caught.value.problems] == [pointer]
    assert office.contents() == before
    assert office.actions(since=size) == ["operation.refused"]


def test_the_due_day_may_be_today(office: Office) -> None:
    record = opened(office, office.draft().id, due_on=office.clock.now.date())

    assert not record.overdue


def test_only_its_owner_remediates_a_finding(office: Office) -> None:
    record = opened(office, office.draft().id, owner_id=office.people["trainer"].id)

    with pytest.raises(NotAllowed, match="another person's"):
        plan(office, record.id, by="owner")
    plan(office, record.id, by="trainer")
    with pytest.raises(NotAllowed, match="another person's"):
        remediate(office, record.id, by="owner")

    assert remediate(office, record.id, by="trainer").state is FindingState.REMEDIATED


@pytest.mark.parametrize(
    "missing",
    [
        pytest.param({"reference": None}, id="no reference, no digest"),
        pytest.param({"reference": "  "}, id="an empty reference"),
        pytest.param({"evidence": "Done."}, id="hardly a word"),
    ],
)
def test_nothing_is_remediated_without_evidence(office: Office, missing: dict[str, Any]) -> None:
    record = opened(office, office.draft().id)
    plan(office, record.id)
    size = office.size()

    with pytest.raises(InvalidInput):
        remediate(office, record.id, **missing)

    assert seen(office, record.id).state is FindingState.IN_REMEDIATION
    assert office.actions(since=size) == ["operation.refused"]


def test_a_digest_alone_is_evidence_enough(office: Office) -> None:
    record = opened(office, office.draft().id)
    plan(office, record.id)

    done = remediate(office, record.id, reference=None, evidence_digest="b" * 64)

    assert done.state is FindingState.REMEDIATED


def test_the_owner_of_a_finding_does_not_close_it(office: Office) -> None:
    version_id = office.judged()
    record = opened(office, version_id, owner_id=office.people["validator"].id)
    plan(office, record.id, by="validator")
    remediate(office, record.id, by="validator")
    size = office.size()

    with pytest.raises(FourEyes, match="own or remediated"):
        close(office, record.id, by="validator")

    assert office.actions(since=size) == ["operation.refused"]
    assert close(office, record.id, by="second_validator").state is FindingState.CLOSED


@pytest.mark.parametrize("by", ["owner", "trainer", "viewer", "auditor"])
def test_only_validators_and_compliance_close(office: Office, by: str) -> None:
    record = remediated(office)

    with pytest.raises(NotAllowed):
        close(office, record.id, by=by)


def test_whoever_made_the_version_does_not_close_its_findings(office: Office) -> None:
    record = remediated(office)
    identity.bind_role(
        office.database,
        office.people["admin"],
        office.people["trainer"].id,
        role=Role.VALIDATOR,
        project_id=office.project_id,
    )

    for act in (close, partial(grade, severity=FindingSeverity.LOW)):
        with pytest.raises(FourEyes, match="trained it"):
            act(office, record.id, by="trainer")


def test_whoever_made_a_version_does_not_judge_what_is_wrong_with_its_use_case(
    office: Office,
) -> None:
    office.in_review()
    record = on_the_use_case(office)
    plan(office, record.id)
    remediate(office, record.id)
    for role in (Role.VALIDATOR, Role.OWNER):
        identity.bind_role(
            office.database,
            office.people["admin"],
            office.people["submitter"].id,
            role=role,
            project_id=office.project_id,
        )
    acceptance = offer(office, record.id)

    acts = (
        partial(close, office, record.id),
        partial(grade, office, record.id, FindingSeverity.LOW),
        partial(offer, office, record.id),
        partial(agree, office, acceptance.id),
    )
    for act in acts:
        with pytest.raises(FourEyes, match="submitted it"):
            act(by="submitter")


def test_who_made_a_retired_version_may_judge_its_use_case(office: Office) -> None:
    retired(office)
    identity.bind_role(
        office.database,
        office.people["admin"],
        office.people["submitter"].id,
        role=Role.VALIDATOR,
        project_id=office.project_id,
    )

    record = grade(office, on_the_use_case(office).id, FindingSeverity.LOW, by="submitter")

    assert record.severity is FindingSeverity.LOW


@pytest.mark.databases("sqlite", "postgresql")
def test_the_database_itself_refuses_that_an_owner_closes(office: Office) -> None:
    record = remediated(office)
    statement = text("UPDATE finding SET state = 'closed', closed_by = owner_id")

    with (
        pytest.raises(IntegrityError, match="four_eyes"),
        office.database.engine.execution_options(accredit_writes=True).begin() as connection,
    ):
        connection.execute(statement)

    assert seen(office, record.id).state is FindingState.REMEDIATED


def test_evidence_that_does_not_convince_goes_back_and_starts_anew(office: Office) -> None:
    record = remediated(office)

    back = reopen(office, record.id)

    assert (back.state, back.remediated_by) == (FindingState.OPEN, None)
    assert back.due_on == office.clock.now.date() + timedelta(days=10)
    with pytest.raises(IllegalTransition):
        close(office, record.id)


def test_a_closed_finding_that_comes_back_is_open_again(office: Office) -> None:
    record = remediated(office)
    close(office, record.id)

    back = reopen(office, record.id, by="owner")

    assert (back.state, back.closed_by) == (FindingState.OPEN, None)


def test_the_owner_of_a_finding_does_not_give_themselves_more_time(office: Office) -> None:
    record = remediated(office)
    reopened = partial(
        remediation.reopen_finding,
        office.database,
        finding_id=record.id,
        reason="More time is needed.",
    )
    later = record.due_on + timedelta(days=1)

    with pytest.raises(FourEyes, match="own or remediated"):
        reopened(office.people["owner"], due_on=later)
    reopened(office.people["validator"], due_on=later)

    event = office.events()[-1]
    assert event["action"] == "finding.moved"
    days = (event["fact"]["due_before"], event["fact"]["due_on"])
    assert days == (str(record.due_on), str(later))
    accepted_late = accepted(office, office.judged())
    office.clock.pass_time(days=40)
    take_back = partial(reopened, office.people["owner"], finding_id=accepted_late.id)
    with pytest.raises(FourEyes):
        take_back(due_on=office.clock.now.date() + timedelta(days=1))
    assert take_back(due_on=office.clock.now.date()).state is FindingState.OPEN


def test_a_finding_is_not_reopened_for_a_day_that_is_past(office: Office) -> None:
    record = remediated(office)

    with pytest.raises(InvalidInput, match="before today"):
        remediation.reopen_finding(
            office.database,
            office.people["validator"],
            record.id,
            reason="It is missing again.",
            due_on=office.clock.now.date() - timedelta(days=1),
        )


ACTS: dict[FindingAction, Callable[[Office, uuid.UUID], object]] = {
    FindingAction.PLAN: plan,
    FindingAction.REMEDIATE: remediate,
    FindingAction.CLOSE: close,
    FindingAction.ACCEPT: offer,
    FindingAction.REOPEN: reopen,
}


def test_every_act_obeys_the_table_in_every_state(office: Office) -> None:
    version_id = office.judged()
    ways: dict[FindingState, list[Callable[[Office, uuid.UUID], object]]] = {
        FindingState.OPEN: [],
        FindingState.IN_REMEDIATION: [plan],
        FindingState.REMEDIATED: [plan, remediate],
        FindingState.CLOSED: [plan, remediate, close],
        FindingState.RISK_ACCEPTED: [lambda o, f: agree(o, offer(o, f).id)],
    }
    assert set(ways) == set(FindingState)
    for state, way in ways.items():
        for action, act in ACTS.items():
            record = opened(office, version_id)
            for step in way:
                step(office, record.id)
            assert seen(office, record.id).state is state
            if action in allowed_actions(state):
                act(office, record.id)
            else:
                with pytest.raises(IllegalTransition):
                    act(office, record.id)
                assert seen(office, record.id).state is state


# --- what stands in the way ----------------------------------------------------------------------


def test_a_grave_finding_blocks_the_signature_until_it_is_closed(office: Office) -> None:
    request = office.in_review()
    record = opened(office, request.model_version_id)
    size = office.size()

    with pytest.raises(FindingOpen, match="findings block") as caught:
        office.sign("second_validator", request)
    refused = office.actions(since=size)
    plan(office, record.id)
    remediate(office, record.id)
    with pytest.raises(FindingOpen):
        office.sign("second_validator", request)
    close(office, record.id)
    office.sign("second_validator", request)
    office.sign("compliance", request)

    assert caught.value.facts["findings"] == [str(record.id)]
    assert refused == ["operation.refused"]
    assert office.state_of(request.model_version_id) == "approved"


def test_a_refusal_can_be_signed_whatever_is_open(office: Office) -> None:
    request = office.in_review()
    opened(office, request.model_version_id, severity=FindingSeverity.CRITICAL)

    office.sign("validator", request, Decision.REJECT)

    assert office.state_of(request.model_version_id) == "rejected"


@pytest.mark.parametrize("severity", FindingSeverity)
def test_findings_block_from_the_severity_that_the_policy_names(
    office: Office, severity: FindingSeverity
) -> None:
    version_id = office.judged()
    record = opened(office, version_id, severity=severity)

    told = questions.findings_in_the_way(office.database, office.people["viewer"], version_id)

    assert [f.id for f in told.items] == ([record.id] if severity.reaches("high") else [])


@pytest.mark.databases("sqlite", "postgresql")
def test_the_policy_lowers_the_severity_that_blocks(office: Office) -> None:
    version_id = office.judged()
    opened(office, version_id, severity=FindingSeverity.LOW)
    with office.database.engine.execution_options(accredit_writes=True).begin() as connection:
        statement = text("UPDATE policy_version SET document = replace(document, :old, :new)")
        change = {"old": '"approval":{', "new": '"approval":{"blocking_severity":"low",'}
        connection.execute(statement, change)

    with office.database.reading() as session:
        found = blocking_findings(session, version_id, now=office.clock.now)
        severities = [row.severity for row in found]

    assert severities == ["low"]


def test_a_finding_on_the_use_case_blocks_all_its_versions(office: Office) -> None:
    request = office.in_review()
    record = on_the_use_case(office)

    with pytest.raises(FindingOpen):
        office.sign("validator", request)

    assert record.model_version_id is None


def test_the_card_names_the_findings_that_were_not_closed_when_it_was_made(
    office: Office,
) -> None:
    version = office.gating()
    opened(office, version.id, severity=FindingSeverity.LOW)
    job_id, fence = office.take(version.id)

    reviews.record_gates(office.database, office.system, job_id, fence, report=report())

    card = models.card(office.database, office.people["viewer"], version.id)
    told = [(f.title, f.severity, f.state) for f in card.monitoring.findings]
    assert told == [("Income is missing", "low", "open")]
    assert "Findings that are not closed" in render_html(card)
    assert "Income is missing (low, open, due on" in render_markdown(card)


def test_a_finding_on_another_version_blocks_nothing(office: Office) -> None:
    opened(office, office.draft().id)
    request = office.in_review()

    office.sign("validator", request)


def test_a_grave_finding_blocks_a_deployment(office: Office) -> None:
    version_id = office.approved()
    record = opened(office, version_id)
    ask = partial(
        deployments.request_deployment,
        office.database,
        office.people["owner"],
        version_id,
        environment="production",
    )

    with pytest.raises(FindingOpen):
        ask()
    agree(office, offer(office, record.id).id)

    assert ask().state == "requested"


def test_a_finding_that_comes_before_the_bundle_is_verified_keeps_it_from_serving(
    office: Office,
) -> None:
    asked = deployments.request_deployment(
        office.database, office.people["owner"], office.approved(), environment="production"
    )
    opened(office, asked.model_version_id)
    job_id, fence = office.take(asked.id)

    with pytest.raises(FindingOpen):
        deployments.activate_deployment(office.database, office.system, job_id, fence)


# --- severity ------------------------------------------------------------------------------------


def test_a_severity_is_changed_with_a_reason_and_unblocks(office: Office) -> None:
    request = office.in_review()
    record = opened(office, request.model_version_id)
    size = office.size()

    changed = grade(office, record.id, FindingSeverity.LOW)
    office.sign("second_validator", request)

    assert changed.severity is FindingSeverity.LOW
    (event,) = (e for e in office.events(since=size) if e["action"] == "finding.severity_changed")
    assert (event["fact"]["before"], event["fact"]["after"]) == ("high", "low")
    (step,) = questions.steps(office.database, office.people["viewer"], record.id).items
    assert step.said == "high → low: Looked at it again."


def test_the_owner_of_a_model_does_not_make_its_findings_harmless(office: Office) -> None:
    record = opened(office, office.judged())

    with pytest.raises(NotAllowed):
        grade(office, record.id, FindingSeverity.LOW, by="owner")


@pytest.mark.parametrize(
    ("severity", "words"), [("high", "high already"), ("low", "closed; reopen")]
)
def test_a_severity_that_changes_nothing_is_refused(
    office: Office, severity: str, words: str
) -> None:
    record = remediated(office)
    if severity == "low":
        close(office, record.id)

    with pytest.raises(Conflict, match=words):
        grade(office, record.id, FindingSeverity(severity), by="second_validator")


def test_an_accepted_risk_that_turns_out_graver_is_open_again(office: Office) -> None:
    version_id = office.judged()
    record = accepted(office, version_id)

    changed = grade(office, record.id, FindingSeverity.CRITICAL)

    assert changed.state is FindingState.OPEN
    found = questions.risk_acceptances(office.database, office.people["viewer"], record.id).items
    assert [a.ended_at is not None for a in found] == [True]


def test_an_accepted_risk_that_turns_out_smaller_stays_accepted(office: Office) -> None:
    record = accepted(office, office.judged())

    changed = grade(office, record.id, FindingSeverity.LOW)

    assert changed.state is FindingState.RISK_ACCEPTED


# --- bearing the risk ----------------------------------------------------------------------------


@pytest.mark.databases("sqlite", "postgresql")
@pytest.mark.parametrize(("first", "second"), [("compliance", "owner"), ("owner", "compliance")])
def test_compliance_and_an_owner_bear_a_risk_together(
    office: Office, first: str, second: str
) -> None:
    record = opened(office, office.judged())
    size = office.size()

    offered = offer(office, record.id, by=first)
    between = seen(office, record.id).state
    borne = agree(office, offered.id, by=second)

    assert (between, seen(office, record.id).state) == ("open", "risk_accepted")
    assert (offered.proposed_role, borne.confirmed_role) == (first, second)
    assert office.actions(since=size) == [
        "risk_acceptance.proposed",
        "risk_acceptance.confirmed",
        "finding.moved",
    ]


@pytest.mark.parametrize(
    ("second", "error", "words"),
    [
        pytest.param("compliance", FourEyes, "you proposed", id="the same person"),
        pytest.param("second_compliance", NotAllowed, "owner's; you are none", id="the same role"),
        pytest.param("validator", NotAllowed, "finding:accept", id="a validator"),
        pytest.param("stranger", NotFound, "there is no", id="another project"),
    ],
)
def test_one_person_or_one_role_bears_no_risk(
    office: Office, second: str, error: type[GovernanceError], words: str
) -> None:
    record = opened(office, office.judged())
    offered = offer(office, record.id)

    with pytest.raises(error, match=words):
        agree(office, offered.id, by=second)

    assert seen(office, record.id).state is FindingState.OPEN


def test_the_owner_of_a_finding_does_not_accept_its_risk_for_compliance(office: Office) -> None:
    record = opened(office, office.judged(), owner_id=office.people["compliance"].id)

    with pytest.raises(FourEyes, match="you own this finding"):
        offer(office, record.id)

    assert offer(office, record.id, by="second_compliance").confirmed_by is None


@pytest.mark.databases("sqlite", "postgresql")
def test_the_database_itself_refuses_one_person_who_bears_a_risk(office: Office) -> None:
    offer(office, opened(office, office.judged()).id)
    statement = text(
        "UPDATE risk_acceptance SET confirmed_by = proposed_by, confirmed_role = 'owner'"
    )

    with (
        pytest.raises(IntegrityError, match="four_eyes"),
        office.database.engine.execution_options(accredit_writes=True).begin() as connection,
    ):
        connection.execute(statement)


@pytest.mark.parametrize("days", [-1, 366])
def test_a_risk_is_borne_for_a_limited_time_ahead(office: Office, days: int) -> None:
    record = opened(office, office.judged())

    with pytest.raises(InvalidInput, match="until_on"):
        offer(office, record.id, days=days)


def test_a_risk_is_proposed_once_at_a_time(office: Office) -> None:
    record = opened(office, office.judged())
    offer(office, record.id)

    with pytest.raises(Conflict, match="proposed already"):
        offer(office, record.id, by="second_compliance")


def test_a_proposal_ends_when_the_finding_is_closed(office: Office) -> None:
    record = remediated(office)
    offered = offer(office, record.id)
    close(office, record.id)

    with pytest.raises(Conflict, match="has ended"):
        agree(office, offered.id)


def test_nobody_agrees_after_the_day_is_over(office: Office) -> None:
    record = opened(office, office.judged())
    offered = offer(office, record.id, days=5)
    office.clock.pass_time(days=6)

    with pytest.raises(Conflict, match="is over"):
        agree(office, offered.id)


def test_an_accepted_risk_is_open_again_when_its_day_is_over(office: Office) -> None:
    version_id = office.judged()
    record = accepted(office, version_id, days=60)
    size = office.size()

    look(office, days=60)
    on_the_day = (seen(office, record.id).state, office.actions(since=size))
    look(office, days=1)

    assert on_the_day == ("risk_accepted", [])
    assert seen(office, record.id).state is FindingState.OPEN
    assert office.actions(since=size) == ["finding.moved", "risk_acceptance.ended"]


def test_an_accepted_risk_blocks_again_after_its_day_before_any_worker_looks(
    office: Office,
) -> None:
    request = office.in_review()
    accepted(office, request.model_version_id, days=5)
    office.sign("second_validator", request)
    office.clock.pass_time(days=6)

    with pytest.raises(FindingOpen):
        office.sign("second_compliance", request)


def test_a_proposal_that_nobody_answered_ends_and_makes_room(office: Office) -> None:
    record = opened(office, office.judged())
    offer(office, record.id, days=5)

    look(office, days=6)
    again = offer(office, record.id, days=5)

    assert seen(office, record.id).state is FindingState.OPEN
    assert again.confirmed_by is None


def test_one_person_takes_an_acceptance_back(office: Office) -> None:
    record = accepted(office, office.judged())

    back = reopen(office, record.id)

    assert back.state is FindingState.OPEN
    with office.database.reading() as session:
        (row,) = session.execute(select(RiskAcceptanceRow)).scalars()
        assert row.ended_at is not None


def test_what_waits_for_a_person_is_what_they_could_do(office: Office) -> None:
    version_id = office.judged()
    mine, shown = opened(office, version_id), remediated(office, version_id)
    offered = offer(office, mine.id)

    def waiting(by: str) -> tuple[list[uuid.UUID], list[uuid.UUID], list[uuid.UUID]]:
        actor = office.people[by]
        return (
            [f.id for f in questions.owed_by_me(office.database, actor, Page()).items],
            [f.id for f in questions.remediated_for_me(office.database, actor, Page()).items],
            [a.id for a in questions.acceptances_to_confirm(office.database, actor, Page()).items],
        )

    assert waiting("owner") == ([mine.id], [], [offered.id])
    assert waiting("validator") == ([], [shown.id], [])
    assert waiting("compliance") == ([], [shown.id], [])
    assert waiting("viewer") == ([], [], [])
    assert waiting("stranger") == ([], [], [])


# --- overdue -------------------------------------------------------------------------------------


def test_a_late_owner_is_told_of_once_for_each_day_that_was_set(office: Office) -> None:
    record = opened(office, office.judged())
    size = office.size()

    look(office, days=30)
    on_the_day = office.actions(since=size)
    look(office, days=1)
    look(office, days=1)

    assert on_the_day == []
    assert office.actions(since=size) == ["finding.overdue"]
    assert seen(office, record.id).overdue
    plan(office, record.id)
    remediate(office, record.id)
    assert not seen(office, record.id).overdue
    reopen(office, record.id)
    look(office, days=11)
    assert office.actions(since=size).count("finding.overdue") == 2


@pytest.mark.databases("sqlite", "postgresql")
def test_two_workers_tell_of_a_late_owner_once(office: Office) -> None:
    for _ in range(5):
        opened(office, office.draft().id)
    accepted(office, office.judged(), days=20)
    office.clock.pass_time(days=31)
    size = office.size()

    raised = together(
        [lambda: risk_acceptances.look_at_findings(office.database, office.system)] * 2
    )

    assert raised == []
    done = [a for a in office.actions(since=size) if a != "operation.refused"]
    assert done.count("finding.overdue") == 5
    assert done.count("finding.moved") == 1


@pytest.mark.databases("sqlite", "postgresql")
def test_of_two_people_who_close_at_once_one_does(office: Office) -> None:
    version_id = office.judged()
    for _ in range(15):
        record = remediated(office, version_id)
        size = office.size()

        raised = together(
            [
                partial(close, office, record.id, by="validator"),
                partial(close, office, record.id, by="second_validator"),
            ]
        )

        assert [type(error) for error in raised] == [IllegalTransition]
        assert sorted(office.actions(since=size)) == ["finding.moved", "operation.refused"]
        assert seen(office, record.id).state is FindingState.CLOSED


@pytest.mark.databases("sqlite", "postgresql")
def test_of_closing_and_accepting_at_once_one_happens(office: Office) -> None:
    version_id = office.judged()
    for _ in range(15):
        record = remediated(office, version_id)
        offered = offer(office, record.id)

        raised = together(
            [
                partial(close, office, record.id, by="validator"),
                partial(agree, office, offered.id),
            ]
        )

        assert len(raised) == 1
        assert isinstance(raised[0], GovernanceError)
        assert seen(office, record.id).state in {FindingState.CLOSED, FindingState.RISK_ACCEPTED}


# --- from alerts ---------------------------------------------------------------------------------


def test_a_critical_alert_opens_a_finding_of_the_use_case_owner(office: Office) -> None:
    deployment = office.deployed()
    size = office.size()

    drifted(office, deployment.id)

    (alert,) = serving.alerts(office.database, office.people["viewer"], Page()).items
    (record,) = questions.findings(office.database, office.people["viewer"], Page()).items
    assert (record.alert_id, record.source) == (alert.id, FindingSource.ALERT)
    assert record.owner_id == office.people["owner"].id
    assert record.due_on == office.clock.now.date() + timedelta(days=14)
    assert record.model_version_id == deployment.model_version_id
    assert office.actions(since=size).count("finding.opened") == 1


@pytest.mark.databases("sqlite", "postgresql")
def test_a_policy_that_says_so_leaves_findings_to_people(office: Office) -> None:
    deployment = office.deployed()
    with office.database.engine.execution_options(accredit_writes=True).begin() as connection:
        statement = text("UPDATE policy_version SET document = replace(document, :old, :new)")
        change = {"old": '"rules":{', "new": '"rules":{"finding_from":null,'}
        connection.execute(statement, change)
    drifted(office, deployment.id)
    (alert,) = serving.alerts(office.database, office.people["viewer"], Page()).items
    assert questions.findings(office.database, office.people["viewer"], Page()).items == ()

    record = findings.open_alert_finding(
        office.database, office.people["owner"], alert.id, severity=FindingSeverity.LOW
    )

    assert (record.severity, record.alert_id) == (FindingSeverity.LOW, alert.id)
    with pytest.raises(Conflict, match="has a finding already"):
        findings.open_alert_finding(office.database, office.people["validator"], alert.id)


def test_lists_keep_what_is_asked_for(office: Office) -> None:
    version_id = office.judged()
    low = opened(office, version_id, severity=FindingSeverity.LOW, due_on=office.clock.now.date())
    high = opened(office, version_id, owner_id=office.people["trainer"].id)
    office.clock.pass_time(days=1)

    def listed(by: str = "viewer", **wanted: Any) -> set[uuid.UUID]:
        found = questions.findings(office.database, office.people[by], Page(), **wanted)
        return {record.id for record in found.items}

    assert listed() == {low.id, high.id}
    assert listed(state=FindingState.CLOSED) == set()
    assert listed(severity=FindingSeverity.LOW) == {low.id}
    assert listed("trainer", owned_by_me=True) == {high.id}
    assert (listed(overdue=True), listed(overdue=False)) == ({low.id}, {high.id})
    assert listed(model_version_id=uuid.UUID(int=1)) == set()
    assert listed(use_case_id=office.use_case_id) == {low.id, high.id}
    assert listed("stranger") == set()
