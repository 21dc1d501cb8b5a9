"""Attestations: they appear on the policy's schedule, and a person answers over the card."""

import json
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from accredit_governance.access.actors import Actor
from accredit_governance.errors import (
    Conflict,
    IllegalTransition,
    InvalidInput,
    NotAllowed,
    NotFound,
    ReauthenticationRequired,
    StaleDigest,
)
from accredit_governance.lifecycle.attestations import Answer, AttestationState
from accredit_governance.lifecycle.findings import FindingSeverity, FindingSource
from accredit_governance.operations import attestations, versions
from accredit_governance.questions import attestations as questions
from accredit_governance.questions import findings as finding_questions
from accredit_governance.questions.pages import Page
from accredit_governance.registry.findings_records import AttestationRecord
from accredit_governance.registry.tables import AttestationRow, PolicyVersionRow
from tests.governance.audit.test_ledger import together
from tests.governance.office import Office

pytestmark = pytest.mark.databases("sqlite")

STATEMENT = "The model is used for nothing but what its use case says."
RULES = [
    {"name": "use", "statement": STATEMENT, "role": "owner", "every_days": 90, "within_days": 14},
    {
        "name": "fitness",
        "statement": "The model is still fit for its purpose.",
        "role": "validator",
        "every_days": 180,
        "within_days": 30,
    },
]


def demanded(office: Office) -> uuid.UUID:
    """An approved version whose policy names two attestations."""
    version_id = office.approved()
    with office.database.engine.execution_options(accredit_writes=True).begin() as connection:
        row = connection.execute(
            select(PolicyVersionRow.document).where(PolicyVersionRow.id == office.policy_version_id)
        ).scalar_one()
        document = json.dumps({**row, "attestations": RULES})
        connection.execute(
            text("UPDATE policy_version SET document = :document"), {"document": document}
        )
    return version_id


def look(office: Office, *, days: float = 0) -> None:
    """Let time pass, and let a worker look."""
    office.clock.pass_time(days=days)
    attestations.look_at_attestations(office.database, office.system)


def listed(office: Office, by: str = "viewer", **wanted: object) -> list[AttestationRecord]:
    found = questions.attestations(office.database, office.people[by], Page(), **wanted)  # type: ignore[arg-type] # filters
    return list(found.items)


def due(office: Office, *, days: float = 90) -> AttestationRecord:
    demanded(office)
    look(office, days=days)
    (record,) = listed(office, state=AttestationState.DUE)
    return record


def answer(
    office: Office,
    record: AttestationRecord,
    said: Answer = Answer.SIGN,
    *,
    by: str = "owner",
    card_digest: str | None = None,
    comment: str = "",
    actor: Actor | None = None,
    ticket: str | None = None,
) -> AttestationRecord:
    digest = card_digest or str(record.read_digest)
    return attestations.answer_attestation(
        office.database,
        actor or office.people[by],
        record.id,
        answer=said,
        card_digest=digest,
        comment=comment,
        ticket=office.ticket_over(by, digest) if ticket is None else ticket,
    )


@pytest.mark.databases("sqlite", "postgresql")
def test_an_attestation_appears_when_its_days_are_over(office: Office) -> None:
    demanded(office)
    size = office.size()

    look(office, days=89.9)
    before = listed(office)
    look(office, days=0.2)
    look(office)

    (record,) = listed(office)
    assert before == []
    assert (record.name, record.statement, record.role) == ("use", STATEMENT, "owner")
    assert record.due_on == office.clock.now.date() + timedelta(days=14)
    assert office.actions(since=size) == ["attestation.opened"]


@pytest.mark.databases("sqlite", "postgresql")
def test_the_named_role_stands_by_the_statement_over_the_card(office: Office) -> None:
    record = due(office)
    with pytest.raises(ReauthenticationRequired):
        answer(office, record, ticket="")
    size = office.size()

    signed = answer(office, record)

    assert signed.method == "password"
    assert (signed.state, signed.answered_by) == ("signed", office.people["owner"].id)
    assert signed.card_digest == record.read_digest
    (event,) = office.events(since=size)
    assert event["action"] == "attestation.answered"
    assert event["fact"]["card_digest"] == record.read_digest


@pytest.mark.databases("sqlite", "postgresql")
def test_the_next_one_appears_a_whole_period_later(office: Office) -> None:
    answer(office, due(office))

    look(office, days=89)
    between = [r.name for r in listed(office, state=AttestationState.DUE)]
    look(office, days=1)

    assert between == []
    assert {r.name for r in listed(office, state=AttestationState.DUE)} == {"use", "fitness"}


def test_one_waits_at_a_time_however_long_nobody_answers(office: Office) -> None:
    due(office)

    look(office, days=80)

    assert len(listed(office)) == 1


def test_declining_opens_a_finding_of_the_use_case_owner(office: Office) -> None:
    record = due(office)
    size = office.size()

    declined = answer(office, record, Answer.DECLINE, comment="It prices loans since May.")

    assert declined.state is AttestationState.DECLINED
    assert office.actions(since=size) == ["attestation.answered", "finding.opened"]
    viewer = office.people["viewer"]
    (finding,) = finding_questions.findings(office.database, viewer, Page()).items
    assert (finding.attestation_id, finding.source) == (record.id, FindingSource.ATTESTATION)
    assert (finding.severity, finding.model_version_id) == (
        FindingSeverity.HIGH,
        record.model_version_id,
    )
    assert STATEMENT in finding.description


def test_whoever_declines_says_why(office: Office) -> None:
    record = due(office)
    size = office.size()

    with pytest.raises(InvalidInput):
        answer(office, record, Answer.DECLINE, comment="No.")

    assert office.actions(since=size) == ["operation.refused"]
    assert [r.state for r in listed(office)] == ["due"]


@pytest.mark.parametrize(
    ("by", "error", "words"),
    [
        pytest.param("validator", NotAllowed, "owner's; you are none", id="another role"),
        pytest.param("viewer", NotAllowed, "attestation:sign", id="a viewer"),
        pytest.param("stranger", NotFound, "there is no attestation", id="another project"),
    ],
)
def test_nobody_else_stands_by_it(
    office: Office, by: str, error: type[Exception], words: str
) -> None:
    record = due(office)

    with pytest.raises(error, match=words):
        answer(office, record, by=by)

    assert [r.state for r in listed(office)] == ["due"]


def test_a_card_that_is_not_the_newest_is_not_attested(office: Office) -> None:
    record = due(office)

    with pytest.raises(StaleDigest, match="read it again"):
        answer(office, record, card_digest="0" * 64)


def test_an_attestation_is_answered_once(office: Office) -> None:
    record = due(office)
    answer(office, record)

    with pytest.raises(IllegalTransition):
        answer(office, record, Answer.DECLINE, comment="On second thoughts, no.")


@pytest.mark.databases("sqlite", "postgresql")
def test_the_database_itself_refuses_a_signature_of_nobody(office: Office) -> None:
    due(office)

    with (
        pytest.raises(IntegrityError, match="answer"),
        office.database.engine.execution_options(accredit_writes=True).begin() as connection,
    ):
        connection.execute(text("UPDATE attestation SET state = 'signed'"))


def test_a_late_answer_is_told_of_once_and_still_taken(office: Office) -> None:
    record = due(office)
    size = office.size()

    look(office, days=14)
    on_the_day = office.actions(since=size)
    look(office, days=1)
    look(office, days=1)

    assert on_the_day == []
    assert office.actions(since=size) == ["attestation.overdue"]
    assert [r.id for r in listed(office, overdue=True)] == [record.id]
    assert not answer(office, record).overdue
    assert listed(office, overdue=True) == []


def test_no_time_signs_an_attestation(office: Office) -> None:
    due(office)

    for _ in range(3):
        look(office, days=50)

    assert {r.state for r in listed(office)} <= {AttestationState.DUE}


@pytest.mark.databases("sqlite", "postgresql")
def test_it_lapses_when_the_version_is_not_in_use_any_more(office: Office) -> None:
    record = due(office)
    versions.suspend_version(
        office.database, office.people["owner"], record.model_version_id, reason="Drift."
    )
    look(office)
    suspended = [r.state for r in listed(office)]
    with office.database.engine.execution_options(accredit_writes=True).begin() as connection:
        connection.execute(text("UPDATE model_version SET state = 'retired'"))
    size = office.size()

    look(office)

    assert suspended == ["due"]
    assert [r.state for r in listed(office)] == ["lapsed"]
    assert office.actions(since=size) == ["attestation.lapsed"]


@pytest.mark.databases("sqlite", "postgresql")
def test_nothing_appears_for_a_version_that_is_not_approved(office: Office) -> None:
    waiting = office.judged()
    version_id = demanded(office)
    versions.suspend_version(
        office.database, office.people["owner"], version_id, reason="Something is wrong."
    )

    look(office, days=400)

    assert office.state_of(waiting) == "in_review"
    assert listed(office) == []


@pytest.mark.databases("sqlite", "postgresql")
def test_an_attestation_that_no_policy_names_does_not_appear(office: Office) -> None:
    version_id = demanded(office)

    with pytest.raises(Conflict, match="names no attestation"):
        attestations.open_attestation(office.database, office.system, version_id, name="mood")


@pytest.mark.databases("sqlite", "postgresql")
def test_two_workers_let_it_appear_once(office: Office) -> None:
    demanded(office)
    office.clock.pass_time(days=200)
    size = office.size()

    raised = together(
        [lambda: attestations.look_at_attestations(office.database, office.system)] * 3
    )

    assert raised == []
    assert sorted(r.name for r in listed(office)) == ["fitness", "use"]
    done = [a for a in office.actions(since=size) if a != "operation.refused"]
    assert done == ["attestation.opened"] * 2


@pytest.mark.databases("sqlite", "postgresql")
def test_of_two_answers_at_once_one_counts(office: Office) -> None:
    record = due(office)
    size = office.size()

    raised = together(
        [
            lambda: answer(office, record),
            lambda: answer(office, record, Answer.DECLINE, comment="It is used for pricing."),
        ]
    )

    assert [type(error) for error in raised] == [IllegalTransition]
    assert office.actions(since=size).count("attestation.answered") == 1
    with office.database.reading() as session:
        (row,) = session.execute(select(AttestationRow)).scalars()
        assert row.state in {"signed", "declined"}


@pytest.mark.databases("sqlite", "postgresql")
def test_it_waits_for_those_who_hold_its_role(office: Office) -> None:
    demanded(office)
    look(office, days=200)

    mine = {
        by: [record.name for record in listed(office, by, for_me=True)]
        for by in ("owner", "validator", "compliance", "viewer", "stranger")
    }

    assert mine == {
        "owner": ["use"],
        "validator": ["fitness"],
        "compliance": [],
        "viewer": [],
        "stranger": [],
    }
    one = listed(office, "owner", for_me=True)[0]
    assert questions.why_not_answer(office.database, office.people["owner"], one.id) is None
    refusal = questions.why_not_answer(office.database, office.people["viewer"], one.id)
    assert refusal is not None
