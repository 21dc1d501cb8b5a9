"""Conditions: what an approval demands is owed until somebody else saw it done."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from accredit_governance.access.permissions import Role
from accredit_governance.errors import (
    Conflict,
    FindingOpen,
    FourEyes,
    GovernanceError,
    IllegalTransition,
    InvalidInput,
    NotAllowed,
)
from accredit_governance.lifecycle.approvals import Decision
from accredit_governance.operations import (
    approvals,
    condition_ends,
    conditions,
    deployments,
    identity,
    waiting,
)
from accredit_governance.questions import approvals as questions
from accredit_governance.questions.findings import findings_in_the_way
from accredit_governance.questions.pages import Page
from accredit_governance.registry.approval_records import ConditionRecord, NewCondition
from accredit_governance.registry.tables import ConditionRow
from tests.governance.afterwards import retired
from tests.governance.audit.test_ledger import together
from tests.governance.office import Office

pytestmark = pytest.mark.databases("sqlite")

TASK = "Repeat the stability check on the applications of the next quarter."
PROOF = "Done on 3 December; the report lies with the validation team."


def demand(office: Office, owner: str = "owner", *, days: float = 30) -> NewCondition:
    return NewCondition(
        text=TASK, due_at=office.clock() + timedelta(days=days), owner_id=office.people[owner].id
    )


def approved(office: Office, *demands: NewCondition) -> list[uuid.UUID]:
    """Conditions of a version that was approved under them."""
    request = office.in_review()
    office.sign("validator", request, conditions=demands)
    done = office.sign("compliance", request)
    assert done.state == "approved"
    return [condition.id for condition in done.conditions]


def look(office: Office, condition_id: uuid.UUID) -> ConditionRecord:
    return questions.condition(office.database, office.people["viewer"], condition_id)


def meet(office: Office, condition_id: uuid.UUID, person: str = "owner") -> ConditionRecord:
    return conditions.meet_condition(
        office.database, office.people[person], condition_id, evidence=PROOF
    )


def confirm(office: Office, condition_id: uuid.UUID, person: str = "validator") -> ConditionRecord:
    return conditions.confirm_condition(office.database, office.people[person], condition_id)


@pytest.mark.databases("sqlite", "postgresql")
def test_a_condition_goes_from_the_signature_to_its_confirmation(office: Office) -> None:
    request = office.in_review()
    size = office.size()
    first = office.sign("validator", request, conditions=[demand(office)])
    waiting_ = first.conditions[0].state
    office.sign("compliance", request)
    opened = look(office, first.conditions[0].id).state

    met = meet(office, first.conditions[0].id)
    confirmed = confirm(office, met.id)

    assert (waiting_, opened, met.state, confirmed.state) == (
        "proposed",
        "open",
        "met",
        "confirmed",
    )
    assert (met.evidence, met.met_by) == (PROOF, office.people["owner"].id)
    assert confirmed.confirmed_by == office.people["validator"].id
    assert confirmed.allowed_actions == ()
    assert office.actions(since=size) == [
        "sign_off.recorded",
        "approval_condition.imposed",
        "sign_off.recorded",
        "model_version.moved",
        "approval_condition.met",
        "approval_condition.confirmed",
    ]
    version = questions.conditions_of_version(
        office.database, office.people["viewer"], request.model_version_id
    )
    assert [item.id for item in version.items] == [met.id]


@pytest.mark.parametrize("decision", [Decision.REJECT, Decision.REQUEST_CHANGES])
def test_conditions_of_a_version_that_was_not_approved_are_void(
    office: Office, decision: Decision
) -> None:
    request = office.in_review()
    (imposed,) = office.sign("validator", request, conditions=[demand(office)]).conditions

    office.sign("compliance", request, decision)

    assert look(office, imposed.id).state == "void"


@pytest.mark.databases("sqlite", "postgresql")
def test_conditions_of_a_request_that_was_withdrawn_are_void(office: Office) -> None:
    request = office.in_review()
    (imposed,) = office.sign("validator", request, conditions=[demand(office)]).conditions

    approvals.withdraw_request(office.database, office.people["submitter"], request.id)

    assert look(office, imposed.id).state == "void"
    with pytest.raises(IllegalTransition):
        meet(office, imposed.id)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        pytest.param({"days": 0}, "/conditions/0/due_at", id="due now"),
        pytest.param({"days": -1}, "/conditions/0/due_at", id="due in the past"),
        pytest.param({"owner": "viewer"}, "/conditions/0/owner_id", id="owner who only reads"),
        pytest.param({"owner": "stranger"}, "/conditions/0/owner_id", id="owner elsewhere"),
        pytest.param({"owner": "consumer"}, "/conditions/0/owner_id", id="a consumer"),
    ],
)
def test_an_unusable_condition_leaves_no_signature(
    office: Office, changes: dict[str, object], pointer: str
) -> None:
    request = office.in_review()
    before, size = office.contents(), office.size()

    with pytest.raises(InvalidInput) as caught:
        office.sign("validator", request, conditions=[demand(office, **changes)])  # type: ignore[arg-type]

    assert [problem["pointer"] for problem in caught.value.problems] == [pointer]
    assert office.contents() == before
    assert office.actions(since=size) == ["operation.refused"]


def test_a_condition_has_words_and_a_signature_has_few_of_them(office: Office) -> None:
    request = office.in_review()
    wordless = demand(office).model_copy(update={"text": "  do it  "})

    for many in ([wordless], [demand(office)] * 21):
        with pytest.raises(InvalidInput):
            office.sign("validator", request, conditions=many)


def test_a_refusal_carries_no_conditions(office: Office) -> None:
    with pytest.raises(InvalidInput, match="only an approval"):
        office.sign("validator", office.in_review(), Decision.REJECT, conditions=[demand(office)])


@pytest.mark.parametrize("person", ["validator", "trainer"])
def test_only_its_owner_says_that_it_is_met(office: Office, person: str) -> None:
    (condition,) = approved(office, demand(office))

    with pytest.raises(NotAllowed, match="only the owner"):
        meet(office, condition, person)


def test_evidence_is_more_than_a_word(office: Office) -> None:
    (condition,) = approved(office, demand(office))

    with pytest.raises(InvalidInput):
        conditions.meet_condition(
            office.database, office.people["owner"], condition, evidence="  done   "
        )

    assert look(office, condition).state == "open"


def test_its_owner_does_not_confirm_it(office: Office) -> None:
    (condition,) = approved(office, demand(office))
    meet(office, condition)

    with pytest.raises(FourEyes):
        confirm(office, condition, "owner")


def test_a_maker_does_not_confirm_it(office: Office) -> None:
    (condition,) = approved(office, demand(office))
    meet(office, condition)
    identity.bind_role(
        office.database,
        office.people["admin"],
        office.people["trainer"].id,
        role=Role.VALIDATOR,
        project_id=office.project_id,
    )

    with pytest.raises(FourEyes, match="you trained it"):
        confirm(office, condition, "trainer")


def test_what_nobody_says_is_met_is_not_confirmed(office: Office) -> None:
    (condition,) = approved(office, demand(office))

    with pytest.raises(IllegalTransition):
        confirm(office, condition)


def test_thin_evidence_is_sent_back_with_a_reason(office: Office) -> None:
    (condition,) = approved(office, demand(office))
    meet(office, condition)

    with pytest.raises(InvalidInput):
        conditions.return_condition(
            office.database, office.people["validator"], condition, reason="no"
        )
    returned = conditions.return_condition(
        office.database, office.people["validator"], condition, reason="The report is of last year."
    )

    assert (returned.state, returned.returned) == ("open", "The report is of last year.")
    assert meet(office, condition).returned is None
    assert confirm(office, condition).state == "confirmed"


def test_what_is_overdue_is_breached_once_and_can_still_be_met(office: Office) -> None:
    on_time, late = approved(office, demand(office, days=10), demand(office, days=5))
    office.clock.pass_time(days=5)
    size = office.size()

    waiting.chase(office.database, office.system)
    waiting.chase(office.database, office.system)

    assert (look(office, late).state, look(office, on_time).state) == ("breached", "open")
    event, opened = office.events(since=size)
    assert event["action"] == "approval_condition.breached"
    assert (opened["action"], opened["fact"]["source"]) == ("finding.opened", "condition")
    assert event["resource"] == str(late)
    assert event["fact"]["owner"] == str(office.people["owner"].id)
    met = meet(office, late)
    assert met.breached_at is not None
    assert confirm(office, late).state == "confirmed"


@pytest.mark.parametrize("step", ["met", "confirmed"])
def test_what_is_met_in_time_is_not_breached(office: Office, step: str) -> None:
    (condition,) = approved(office, demand(office, days=5))
    meet(office, condition)
    if step == "confirmed":
        confirm(office, condition)
    office.clock.pass_time(days=6)
    size = office.size()

    waiting.chase(office.database, office.system)

    assert office.size() == size
    with pytest.raises(Conflict):
        condition_ends.breach_condition(office.database, office.system, condition)


def test_nothing_is_breached_before_it_is_due(office: Office) -> None:
    (condition,) = approved(office, demand(office, days=5))

    with pytest.raises(Conflict, match="time until"):
        condition_ends.breach_condition(office.database, office.system, condition)


def test_a_breach_is_a_finding_that_keeps_the_version_from_being_deployed(office: Office) -> None:
    (condition,) = approved(office, demand(office, days=5))
    version_id = look(office, condition).model_version_id
    office.clock.pass_time(days=6)

    waiting.chase(office.database, office.system)

    with pytest.raises(FindingOpen):
        deployments.request_deployment(
            office.database, office.people["owner"], version_id, environment="production"
        )
    (finding,) = findings_in_the_way(office.database, office.people["viewer"], version_id).items
    assert (finding.condition_id, finding.owner_id) == (condition, office.people["owner"].id)
    assert finding.severity == "high"
    meet(office, condition)
    conditions.return_condition(
        office.database, office.people["validator"], condition, reason="Not what was asked for."
    )
    size = office.size()
    waiting.chase(office.database, office.system)
    assert office.actions(since=size) == ["approval_condition.breached"], "one finding is enough"


def test_what_nobody_confirms_is_breached_after_a_while(office: Office) -> None:
    early, late = approved(office, demand(office, days=5), demand(office, days=5))
    meet(office, early)
    office.clock.pass_time(days=34)
    waiting.chase(office.database, office.system)
    in_time = look(office, early).state
    meet(office, late)
    office.clock.pass_time(days=2)

    waiting.chase(office.database, office.system)
    waiting.chase(office.database, office.system)

    assert in_time == "met"
    assert [look(office, item).state for item in (early, late)] == ["breached", "met"]
    breach, opened = office.events()[-2:]
    assert (breach["fact"]["before"], opened["action"]) == ("met", "finding.opened")


def test_nobody_owes_anything_about_a_version_that_is_retired(office: Office) -> None:
    still_open, met = approved(office, demand(office), demand(office))
    meet(office, met)
    size = office.size()

    retired(office, look(office, met).model_version_id)

    assert [look(office, item).state for item in (still_open, met)] == ["void", "void"]
    assert office.actions(since=size).count("approval_condition.voided") == 2
    office.clock.pass_time(days=90)
    waiting.chase(office.database, office.system)
    assert look(office, still_open).state == "void"


@pytest.mark.databases("sqlite", "postgresql")
def test_of_a_breach_by_many_workers_one_is_recorded(office: Office) -> None:
    found = approved(office, *[demand(office, days=1)] * 6)
    office.clock.pass_time(days=2)
    size = office.size()

    raised = together([lambda: waiting.chase(office.database, office.system)] * 4)

    assert raised == []
    assert office.actions(since=size).count("approval_condition.breached") == len(found)


@pytest.mark.databases("sqlite", "postgresql")
def test_of_confirming_and_sending_back_at_once_one_happens(office: Office) -> None:
    found = approved(office, *[demand(office)] * 8)
    for condition in found:
        meet(office, condition)
        size = office.size()

        raised = together(
            [
                lambda: confirm(office, condition),  # noqa: B023  runs at once
                lambda: conditions.return_condition(
                    office.database,
                    office.people["compliance"],
                    condition,  # noqa: B023  runs at once
                    reason="Not what was asked for.",
                ),
            ]
        )

        assert [isinstance(error, GovernanceError) for error in raised] == [True]
        state = look(office, condition).state
        said = "returned" if state == "open" else "confirmed"
        assert sorted(office.actions(since=size)) == [
            f"approval_condition.{said}",
            "operation.refused",
        ]


@pytest.mark.databases("sqlite", "postgresql")
def test_the_database_itself_refuses_that_the_owner_confirms(office: Office) -> None:
    (condition,) = approved(office, demand(office))
    meet(office, condition)
    writes = office.database.engine.execution_options(accredit_writes=True)

    with pytest.raises(IntegrityError, match=r"(?i)check"), writes.begin() as connection:
        connection.execute(
            update(ConditionRow.__table__)
            .where(ConditionRow.__table__.c.id == condition)
            .values(confirmed_by=office.people["owner"].id)
        )


def test_one_finds_what_one_owes(office: Office) -> None:
    first, second = approved(office, demand(office), demand(office, "trainer"))

    def owed(person: str) -> list[uuid.UUID]:
        found = questions.conditions(office.database, office.people[person], Page(), for_me=True)
        return [item.id for item in found.items]

    assert (owed("owner"), owed("trainer"), owed("validator")) == ([first], [second], [])
    everybody = questions.conditions(office.database, office.people["stranger"], Page())
    assert everybody.items == ()
