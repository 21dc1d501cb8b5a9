"""Aliases: two people in a protected environment, one step back by one, never two champions."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from accredit_governance.errors import (
    Conflict,
    FindingOpen,
    FourEyes,
    GovernanceError,
    IllegalTransition,
    InvalidInput,
    NoChampion,
    NotAllowed,
    NotFound,
    StaleDigest,
)
from accredit_governance.identifiers import new_id
from accredit_governance.lifecycle.findings import FindingSeverity
from accredit_governance.operations import (
    admission,
    aliases,
    deployments,
    environments,
    findings,
    predictions,
    versions,
)
from accredit_governance.questions import aliases as questions
from accredit_governance.questions import models, work
from accredit_governance.questions.pages import Page
from accredit_governance.registry.alias_records import AliasAssignmentRecord, AliasRecord
from accredit_governance.registry.tables import (
    AliasAssignmentRow,
    ProceedingRow,
)
from tests.governance.afterwards import asked_to_lead, champion, change_alias, sign, suspended
from tests.governance.audit.test_ledger import together
from tests.governance.office import Office

pytestmark = pytest.mark.databases("sqlite")


def roll_back(office: Office, *, by: str = "owner", **more: Any) -> AliasAssignmentRecord:
    given: dict[str, Any] = {
        "environment": "production",
        "alias": "champion",
        "reason": "Complaints.",
        **more,
    }
    return aliases.roll_back_alias(office.database, office.people[by], office.model_id, **given)


def resolved(office: Office, environment: str = "production") -> AliasRecord:
    return questions.resolve_alias(
        office.database,
        office.people["viewer"],
        office.model_id,
        environment=environment,
        alias="champion",
    )


def timeline(office: Office) -> list[AliasAssignmentRecord]:
    """Assignments of the champion of production, oldest first."""
    found = questions.alias_assignments(
        office.database,
        office.people["viewer"],
        Page(),
        office.model_id,
        environment="production",
        alias="champion",
    )
    return list(found.items[::-1])


def three(office: Office) -> list[uuid.UUID]:
    """Approved versions of the model."""
    first = office.approved()
    return [first, *office.copies(first, 2)]


def refused(office: Office, act: Callable[[], object], error: type[GovernanceError]) -> str:
    """What is said when an act is refused, which is recorded and changes nothing."""
    before, size = office.contents(), office.size()

    with pytest.raises(error) as refusal:
        act()

    assert office.contents() == before
    (event,) = office.events(since=size)
    assert (event["outcome"], event["fact"]["code"]) == ("denied", error.code)
    return refusal.value.message


# --- environments ------------------------------------------------------------------------------


def test_a_project_begins_with_a_protected_and_an_open_environment(office: Office) -> None:
    owner = office.people["owner"]
    environments.create_environment(
        office.database, owner, office.project_id, name="pilot", protected=True
    )

    found = questions.environments(office.database, owner, office.project_id).items
    said = refused(
        office,
        lambda: environments.create_environment(
            office.database, owner, office.project_id, name="staging", protected=True
        ),
        Conflict,
    )

    assert [(e.name, e.protected) for e in found] == [
        ("pilot", True),
        ("production", True),
        ("staging", False),
    ]
    assert "staging already" in said


def test_only_compliance_opens_an_environment_where_one_owner_is_enough(office: Office) -> None:
    def open_up(person: str) -> object:
        return environments.create_environment(
            office.database,
            office.people[person],
            office.project_id,
            name="production-eu",
            protected=False,
        )

    said = refused(office, lambda: open_up("owner"), NotAllowed)
    open_up("compliance")

    found = questions.environments(office.database, office.people["owner"], office.project_id)
    assert "compliance" in said
    assert ("production-eu", False) in [(e.name, e.protected) for e in found.items]


def test_an_unknown_environment_is_refused_with_those_there_are(office: Office) -> None:
    version_id = office.approved()
    acts: list[Callable[[], object]] = [
        lambda: deployments.request_deployment(
            office.database, office.people["owner"], version_id, environment="moon"
        ),
        lambda: office.asked(environment="moon"),
        lambda: change_alias(office, version_id, environment="moon"),
        lambda: roll_back(office, environment="moon"),
    ]

    for act in acts:
        assert "it has production, staging" in refused(office, act, InvalidInput)


# --- moving ------------------------------------------------------------------------------------


@pytest.mark.databases("sqlite", "postgresql")
def test_in_production_a_second_person_makes_a_version_champion(office: Office) -> None:
    first, second, _ = three(office)
    champion(office, first)
    office.clock.pass_time(days=1)
    asked = asked_to_lead(office, second)
    between = resolved(office)
    size = office.size()

    done = sign(office, "compliance", asked)

    assert between.model_version_id == first
    assert (done.state, done.waiting_for) == ("done", ())
    assert resolved(office).model_version_id == second
    old, new = timeline(office)
    assert (old.model_version_id, old.to_at) == (first, new.from_at)
    assert (new.set_by, new.change_request_id) == (office.people["owner"].id, asked.id)
    assert office.actions(since=size) == ["proceeding.signed", "alias.moved"]
    fact = office.events()[-1]["fact"]
    assert (fact["before"], fact["after"]) == (str(first), str(second))
    assert (fact["cause"], fact["proceeding"]) == ("change", str(asked.id))


def test_in_an_open_environment_an_owner_moves_an_alias_at_once(office: Office) -> None:
    version_id = office.approved()

    moved = change_alias(office, version_id, environment="staging")

    assert moved.proceeding is None
    assert resolved(office, "staging").model_version_id == version_id
    assert resolved(office).why_not == "the model has no champion in production"


def test_an_odd_wish_is_refused(office: Office) -> None:
    first, second, third = three(office)
    champion(office, first)
    asked = asked_to_lead(office, second)
    other = versions.create_model(
        office.database, office.people["owner"], office.use_case_id, name="another"
    )

    def ask(version_id: uuid.UUID, **more: Any) -> Callable[[], object]:
        return lambda: change_alias(office, version_id, **more)

    pending = refused(office, ask(third), Conflict)
    assert str(asked.id) in pending
    assert "already" in refused(office, ask(first), Conflict)
    assert "another model" in refused(office, ask(third, model_id=other.id), InvalidInput)
    refused(office, ask(new_id()), NotFound)
    refused(office, ask(third, alias="No Name"), InvalidInput)
    refused(office, ask(third, reason=" "), InvalidInput)
    refused(office, ask(third, by="validator"), NotAllowed)
    refused(office, ask(third, by="stranger"), NotFound)


def expired(office: Office) -> uuid.UUID:
    """Nobody has written down yet that the approval has run out."""
    version_id = office.approved()
    office.clock.pass_time(days=366)
    return version_id


def found_out(office: Office) -> uuid.UUID:
    version_id = office.approved()
    open_finding(office, version_id)
    return version_id


def open_finding(office: Office, version_id: uuid.UUID) -> None:
    findings.open_finding(
        office.database,
        office.people["validator"],
        version_id,
        title="Odd",
        description="The scores jump.",
        severity=FindingSeverity.CRITICAL,
        owner_id=office.people["owner"].id,
        due_on=(office.clock.now + timedelta(days=9)).date(),
    )


@pytest.mark.parametrize(
    ("reach", "error"),
    [
        pytest.param(lambda o: o.judged(), Conflict, id="in review"),
        pytest.param(suspended, Conflict, id="suspended"),
        pytest.param(expired, Conflict, id="expired"),
        pytest.param(found_out, FindingOpen, id="grave finding"),
    ],
)
def test_a_champion_has_to_be_approved_everywhere(
    office: Office,
    reach: Callable[[Office], uuid.UUID],
    error: type[GovernanceError],
) -> None:
    version_id = reach(office)

    refused(office, lambda: change_alias(office, version_id), error)
    refused(office, lambda: change_alias(office, version_id, environment="staging"), error)


def test_a_challenger_outside_production_need_not_be_approved_but_alive(office: Office) -> None:
    reviewed = office.judged()
    gone = suspended(office)

    moved = change_alias(office, reviewed, environment="staging", alias="challenger")

    assert moved.assignment is not None
    refused(office, lambda: change_alias(office, reviewed, alias="challenger"), Conflict)
    refused(
        office,
        lambda: change_alias(office, gone, environment="staging", alias="challenger"),
        Conflict,
    )


# --- signing -----------------------------------------------------------------------------------


def test_who_asked_and_who_holds_another_role_do_not_sign(office: Office) -> None:
    asked = asked_to_lead(office, office.approved())

    refused(office, lambda: sign(office, "owner", asked), FourEyes)
    refused(office, lambda: sign(office, "trainer", asked), NotAllowed)
    refused(office, lambda: sign(office, "viewer", asked), NotAllowed)


def test_a_maker_does_not_sign_in_another_role_and_the_database_holds_it(office: Office) -> None:
    """The preparer of the rows is a validator as well by now."""
    version_id = office.approved()
    asked = asked_to_lead(office, version_id)
    validator = office.people["validator"].id
    with office.database.engine.execution_options(accredit_writes=True).begin() as connection:
        connection.execute(
            update(ProceedingRow).where(ProceedingRow.id == asked.id).values(prepared_by=validator)
        )

    said = refused(office, lambda: sign(office, "validator", asked), FourEyes)

    assert "prepared its data" in said
    sign(office, "compliance", asked)


def test_a_change_falls_with_its_version(office: Office) -> None:
    version_id = office.approved()
    asked = asked_to_lead(office, version_id)
    suspended(office, version_id)

    said = refused(office, lambda: sign(office, "validator", asked), Conflict)

    assert "lapsed" in said


def test_what_was_asked_is_looked_at_again_when_it_is_signed(office: Office) -> None:
    version_id = office.approved()
    asked = asked_to_lead(office, version_id)

    refused(office, lambda: sign(office, "validator", asked, subject_digest="0" * 64), StaleDigest)
    open_finding(office, version_id)
    refused(office, lambda: sign(office, "validator", asked), FindingOpen)
    office.clock.pass_time(days=366)
    said = refused(office, lambda: sign(office, "validator", asked), Conflict)

    assert "run out" in said


def test_a_refused_change_makes_room_for_another(office: Office) -> None:
    first, second, _ = three(office)
    asked = asked_to_lead(office, first)

    rejected = sign(office, "validator", asked, decision="reject", comment="Not yet.")
    champion(office, second)

    assert rejected.state == "rejected"
    assert resolved(office).model_version_id == second


# --- what became of the champion ---------------------------------------------------------------


def test_a_suspended_champion_stays_on_record_and_leads_nowhere(office: Office) -> None:
    version_id = champion(office)
    suspended(office, version_id)

    found = resolved(office)

    assert found.assignment is not None
    assert (found.assignment.model_version_id, found.model_version_id) == (version_id, None)
    assert "version 1, but the model version is suspended" in (found.why_not or "")


# --- rolling back ------------------------------------------------------------------------------


def test_one_owner_goes_back_to_the_last_champion_that_is_still_approved(office: Office) -> None:
    first, second, third = three(office)
    for version_id in (first, second, third):
        champion(office, version_id)
        office.clock.pass_time(hours=1)
    suspended(office, second)
    fourth = office.approved()
    waiting = asked_to_lead(office, fourth)

    back = roll_back(office)

    assert resolved(office).model_version_id == first == back.model_version_id
    assert back.restores_id == timeline(office)[0].id
    assert office.actions()[-2:] == ["proceeding.lapsed", "alias.moved"]
    assert "lapsed" in refused(office, lambda: sign(office, "validator", waiting), Conflict)
    said = refused(office, lambda: roll_back(office), Conflict)
    assert "no other version came before" in said


def test_a_rollback_needs_something_to_go_back_to(office: Office) -> None:
    nothing = refused(office, lambda: roll_back(office), Conflict)
    first, second, _ = three(office)
    champion(office, first)
    champion(office, second)
    suspended(office, first)

    said = refused(office, lambda: roll_back(office), Conflict)

    assert "has no champion in production" in nothing
    assert "version 1: the model version is suspended" in said
    refused(office, lambda: roll_back(office, reason=""), InvalidInput)
    refused(office, lambda: roll_back(office, by="validator"), NotAllowed)


# --- the database ------------------------------------------------------------------------------


@pytest.mark.databases("sqlite", "postgresql")
def test_the_database_keeps_one_champion_and_its_history(office: Office) -> None:
    first, second, _ = three(office)
    champion(office, first)
    champion(office, second)
    closed, held = timeline(office)

    def write(statement: Any) -> None:
        engine = office.database.engine.execution_options(accredit_writes=True)
        with engine.begin() as connection:
            connection.execute(statement)

    def another(**changes: Any) -> Any:
        with office.database.engine.connect() as connection:
            row = connection.execute(
                select(AliasAssignmentRow.__table__).where(AliasAssignmentRow.id == held.id)
            ).one()
        fresh = {"id": new_id(), "change_request_id": None, "restores_id": closed.id}
        return insert(AliasAssignmentRow).values({**row._asdict(), **fresh, **changes})

    with pytest.raises(IntegrityError):
        write(another())
    with pytest.raises(IntegrityError):
        write(another(alias="challenger", restores_id=None))  # nobody signed it
    with pytest.raises(IntegrityError):
        write(another(alias="challenger", restores_id=None, protected=False))
    with pytest.raises(DBAPIError, match="can only grow"):
        write(
            update(AliasAssignmentRow)
            .where(AliasAssignmentRow.id == closed.id)
            .values(to_at=office.clock.now + timedelta(days=9))
        )
    with pytest.raises(DBAPIError, match="can only grow"):
        write(
            update(AliasAssignmentRow)
            .where(AliasAssignmentRow.id == held.id)
            .values(model_version_id=first)
        )
    with pytest.raises(DBAPIError, match="can only grow"):
        write(delete(AliasAssignmentRow))


def only_refusals(raised: list[BaseException]) -> list[BaseException]:
    assert all(isinstance(error, Conflict | IllegalTransition) for error in raised), raised
    return raised


def open_rows(office: Office) -> int:
    with office.database.reading() as session:
        return session.execute(
            select(func.count())
            .select_from(AliasAssignmentRow)
            .where(AliasAssignmentRow.to_at.is_(None))
        ).scalar_one()


@pytest.mark.databases("sqlite", "postgresql")
def test_of_promotions_at_once_one_takes_place(office: Office) -> None:
    """At once in an open environment, asked for at once, and signed while it is rolled back."""
    first, second, third = three(office)

    for round_ in range(5):
        size = office.size()
        pair = (first, second) if round_ % 2 else (second, third)
        together(
            [lambda v=v: change_alias(office, v, environment="staging") for v in pair]  # type: ignore[misc]
        )
        assert open_rows(office) == 1
        assert 1 <= office.actions(since=size).count("alias.moved") <= 2
    raised = together([lambda v=v: asked_to_lead(office, v) for v in (first, second)])  # type: ignore[misc]
    assert len(only_refusals(raised)) == 1
    with office.database.reading() as session:
        asked_id = session.execute(select(ProceedingRow.id)).scalar_one()
        asked = pending(office, asked_id)
    raised = together(
        [lambda p=p: sign(office, p, asked) for p in ("validator", "compliance")]  # type: ignore[misc]
    )
    assert len(raised) == 1
    champion(office, third)
    asked = asked_to_lead(office, first if asked.model_version_id == second else second)

    raised = together([lambda: sign(office, "validator", asked), lambda: roll_back(office)])

    assert len(only_refusals(raised)) <= 1
    assert open_rows(office) == 2


def pending(office: Office, proceeding_id: uuid.UUID) -> Any:
    found = questions.pending_alias_changes(
        office.database, office.people["viewer"], office.model_id
    ).items
    return next(item for item in found if item.id == proceeding_id)


# --- predicting and comparing ------------------------------------------------------------------


def test_who_asks_the_model_is_answered_by_its_champion(office: Office) -> None:
    def admit(environment: str = "production") -> admission.Admission:
        return admission.admit_to_champion(
            office.database, office.people["consumer"], office.model_id, environment=environment
        )

    serving = office.deployed()
    assert "no grant" in refused(office, admit, NotAllowed)
    office.granted()
    assert "has no champion" in refused(office, admit, NoChampion)
    refused(office, lambda: admit("No where"), InvalidInput)
    champion(office, serving.model_version_id)
    admitted = admit()
    newer = champion(office)
    undeployed = refused(office, admit, NoChampion)
    suspended(office, newer)
    not_approved = refused(office, admit, NoChampion)

    assert admitted.deployment_id == serving.id
    assert "no active deployment" in undeployed
    assert "suspended" in not_approved


def test_an_answer_of_a_champion_that_was_rolled_back_meanwhile_is_not_given(
    office: Office,
) -> None:
    first, second, _ = three(office)
    champion(office, first)
    champion(office, second)
    asked = deployments.request_deployment(
        office.database, office.people["owner"], second, environment="production"
    )
    job_id, fence = office.take(asked.id)
    deployments.activate_deployment(office.database, office.system, job_id, fence)
    office.granted()
    consumer = office.people["consumer"]
    admitted = admission.admit_to_champion(
        office.database, consumer, office.model_id, environment="production"
    )
    answers = [predictions.Answer(id=new_id(), inputs={"obrat": 1.0}, answer={"score": 0.5})]

    roll_back(office)
    with pytest.raises(NoChampion, match="ask again"):
        predictions.log_predictions(office.database, consumer, admitted, answers)

    deployed = admission.admit_prediction(office.database, consumer, asked.id)
    predictions.log_predictions(office.database, consumer, deployed, answers)


def test_a_new_version_stands_against_the_champion_of_production(office: Office) -> None:
    first, _, _ = three(office)
    candidate = office.gating().id

    def against() -> str | None:
        facts = work.submission_facts(office.database, office.system, candidate)
        return facts.champion.name if facts.champion is not None else None

    unnamed = against()
    champion(office, first)
    named = against()
    suspended(office, first)

    assert (unnamed, named, against()) == tuple(
        f"{office_model(office)} version {number}" for number in (3, 1, 1)
    )


def office_model(office: Office) -> str:
    return models.model(office.database, office.people["viewer"], office.model_id).name
