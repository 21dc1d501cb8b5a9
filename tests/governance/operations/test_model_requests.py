"""Model requests: from the question of a team to a version that answers it."""

import uuid
from datetime import date, timedelta

import pytest
from pydantic import ValidationError
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from accredit_governance.errors import (
    Conflict,
    GovernanceError,
    IllegalTransition,
    InvalidInput,
    NotAllowed,
    NotFound,
)
from accredit_governance.lifecycle.model_requests import ModelRequestState
from accredit_governance.operations import model_requests, projects
from accredit_governance.questions import intake
from accredit_governance.questions.pages import Page
from accredit_governance.registry.intake_records import ModelNeed, ModelRequestRecord
from accredit_governance.registry.tables import ModelRequestRow
from tests.governance.audit.test_ledger import together
from tests.governance.office import TERMS, Office

pytestmark = pytest.mark.databases("sqlite")

NEED = ModelNeed(
    title="Early warning for car loans",
    purpose="Tell the desk which customers to call before they fall behind.",
    domain="collections",
    data="Payment history of 2019 to 2025, from the warehouse.",
    constraints="No data of minors.",
)


def ask(office: Office, *, by: str = "viewer", deadline: date | None = None) -> ModelRequestRecord:
    need = NEED.model_copy(update={"deadline": deadline})
    return model_requests.request_model(
        office.database, office.people[by], office.project_id, need=need
    )


def triaged(office: Office) -> ModelRequestRecord:
    return model_requests.triage_model_request(
        office.database, office.people["owner"], ask(office).id, use_case_id=office.use_case_id
    )


def accepted(office: Office) -> ModelRequestRecord:
    return model_requests.accept_model_request(
        office.database, office.people["owner"], triaged(office).id, answer="In spring."
    )


def link(office: Office, request_id: uuid.UUID, **what: uuid.UUID) -> ModelRequestRecord:
    return model_requests.link_model_request(
        office.database, office.people["owner"], request_id, **what
    )


@pytest.mark.databases("sqlite", "postgresql")
def test_a_team_asks_and_is_answered_with_an_approved_version(office: Office) -> None:
    size = office.size()
    request = accepted(office)
    version_id = office.approved()
    run_id = office.finished_run()

    link(office, request.id, run_id=run_id)
    link(office, request.id, model_version_id=version_id)
    answered = model_requests.deliver_model_request(
        office.database, office.people["owner"], request.id, answer="Here it is."
    )

    assert answered.state == "delivered"
    assert answered.allowed_actions == ()
    assert (answered.answer, answered.answered_by) == ("Here it is.", office.people["owner"].id)
    assert [(k.run_id, k.model_version_id) for k in answered.links] == [
        (run_id, None),
        (None, version_id),
    ]
    moves = [
        (event["fact"]["before"], event["fact"]["after"])
        for event in office.events(since=size)
        if event["action"] == "model_request.moved"
    ]
    assert moves == [
        ("requested", "triaged"),
        ("triaged", "accepted"),
        ("accepted", "delivered"),
    ]


@pytest.mark.databases("sqlite", "postgresql")
def test_what_people_write_is_not_in_the_trail(office: Office) -> None:
    size = office.size()

    model_requests.decline_model_request(
        office.database, office.people["owner"], ask(office).id, answer="Too little data."
    )

    told = str(office.events(since=size))
    assert "model_request.made" in told
    assert NEED.title not in told
    assert "Too little data." not in told


@pytest.mark.parametrize("days", [0, 1])
def test_a_deadline_is_today_or_later(office: Office, days: int) -> None:
    deadline = office.clock.now.date() + timedelta(days=days)

    assert ask(office, deadline=deadline).need.deadline == deadline


def test_a_deadline_in_the_past_is_refused_and_recorded(office: Office) -> None:
    size = office.size()

    with pytest.raises(InvalidInput, match="is past") as caught:
        ask(office, deadline=office.clock.now.date() - timedelta(days=1))

    assert [p["pointer"] for p in caught.value.problems] == ["/need/deadline"]
    assert office.actions(since=size) == ["operation.refused"]
    assert intake.model_requests(office.database, office.people["viewer"], Page()).items == ()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"title": " "}, id="no title"),
        pytest.param({"title": "x" * 201}, id="long title"),
        pytest.param({"purpose": ""}, id="no purpose"),
        pytest.param({"data": ""}, id="no data"),
        pytest.param({"domain": "Credit!"}, id="no domain"),
        pytest.param({"mood": "good"}, id="unknown field"),
    ],
)
def test_a_need_says_what_for_and_from_what(change: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        ModelNeed.model_validate({**NEED.model_dump(), **change})


@pytest.mark.parametrize("name", ["auditor", "author", "consumer", "admin"])
def test_whoever_only_looks_does_not_ask(office: Office, name: str) -> None:
    with pytest.raises(NotAllowed, match="model_request:create"):
        ask(office, by=name)


@pytest.mark.parametrize("name", ["viewer", "trainer", "validator", "compliance"])
def test_only_an_owner_answers(office: Office, name: str) -> None:
    request, person = triaged(office), office.people[name]

    for attempt in (
        lambda: model_requests.triage_model_request(
            office.database, person, request.id, use_case_id=office.use_case_id
        ),
        lambda: model_requests.accept_model_request(
            office.database, person, request.id, answer="Yes."
        ),
        lambda: model_requests.deliver_model_request(
            office.database, person, request.id, answer="Yes."
        ),
        lambda: model_requests.decline_model_request(
            office.database, person, request.id, answer="No."
        ),
        lambda: model_requests.link_model_request(
            office.database, person, request.id, run_id=uuid.uuid4()
        ),
    ):
        with pytest.raises(NotAllowed, match="model_request:decide"):
            attempt()


def test_whoever_asked_takes_it_back_and_nobody_else(office: Office) -> None:
    request = ask(office)

    with pytest.raises(NotAllowed, match="only whoever asked"):
        model_requests.withdraw_model_request(office.database, office.people["owner"], request.id)
    withdrawn = model_requests.withdraw_model_request(
        office.database, office.people["viewer"], request.id
    )

    assert withdrawn.state == "withdrawn"
    with pytest.raises(IllegalTransition, match="that is withdrawn"):
        model_requests.triage_model_request(
            office.database,
            office.people["owner"],
            request.id,
            use_case_id=office.use_case_id,
        )


def test_nothing_is_promised_before_the_use_case_is_known(office: Office) -> None:
    with pytest.raises(IllegalTransition, match="cannot accept"):
        model_requests.accept_model_request(
            office.database, office.people["owner"], ask(office).id, answer="Yes."
        )


def test_nothing_is_declined_without_a_word(office: Office) -> None:
    with pytest.raises(InvalidInput, match="say why"):
        model_requests.decline_model_request(
            office.database, office.people["owner"], ask(office).id, answer=" "
        )


def test_nothing_is_delivered_without_an_approved_version(office: Office) -> None:
    request = accepted(office)
    link(office, request.id, model_version_id=office.in_review().model_version_id)

    with pytest.raises(Conflict, match="approved model version"):
        model_requests.deliver_model_request(
            office.database, office.people["owner"], request.id, answer="Nearly."
        )

    found = intake.model_request(office.database, office.people["viewer"], request.id)
    assert found.state == "accepted"


def test_a_request_belongs_to_one_use_case_of_its_project(office: Office) -> None:
    request = triaged(office)
    other = projects.create_use_case(
        office.database,
        office.people["owner"],
        office.project_id,
        name="other",
        owner_id=office.people["owner"].id,
        terms=TERMS,
    )
    foreign = projects.create_use_case(
        office.database,
        office.people["stranger"],
        office.twin_project_id,
        name="foreign",
        owner_id=office.people["stranger"].id,
        terms=TERMS,
    )

    with pytest.raises(NotFound):
        model_requests.triage_model_request(
            office.database, office.people["owner"], request.id, use_case_id=foreign.id
        )
    again = model_requests.triage_model_request(
        office.database, office.people["owner"], request.id, use_case_id=other.id
    )
    with pytest.raises(InvalidInput, match="another use case"):
        link(office, request.id, run_id=office.finished_run())

    assert (again.state, again.use_case_id) == ("triaged", other.id)


def test_a_link_names_one_thing_once_while_the_request_is_worked_on(office: Office) -> None:
    asked, request, run_id = ask(office), triaged(office), office.finished_run()

    with pytest.raises(InvalidInput, match="either a run or a model version"):
        link(office, request.id)
    with pytest.raises(InvalidInput, match="either a run or a model version"):
        link(office, request.id, run_id=run_id, model_version_id=run_id)
    with pytest.raises(NotFound):
        link(office, request.id, run_id=uuid.uuid4())
    with pytest.raises(Conflict, match="is requested"):
        link(office, asked.id, run_id=run_id)
    link(office, request.id, run_id=run_id)
    with pytest.raises(Conflict, match="linked to the request already"):
        link(office, request.id, run_id=run_id)
    with pytest.raises(Conflict, match="are linked"):
        model_requests.triage_model_request(
            office.database,
            office.people["owner"],
            request.id,
            use_case_id=projects.create_use_case(
                office.database,
                office.people["owner"],
                office.project_id,
                name="other",
                owner_id=office.people["owner"].id,
                terms=TERMS,
            ).id,
        )


def test_lists_are_filtered_and_show_no_other_project(office: Office) -> None:
    mine, other = ask(office), ask(office, by="trainer")
    sorted_out = triaged(office)

    def ids(name: str = "viewer", **wanted: object) -> set[uuid.UUID]:
        found = intake.model_requests(
            office.database,
            office.people[name],
            Page(),
            **wanted,  # type: ignore[arg-type]
        )
        return {item.id for item in found.items}

    assert ids() == {mine.id, other.id, sorted_out.id}
    assert ids(is_mine=True) == {mine.id, sorted_out.id}
    assert ids(state=ModelRequestState.TRIAGED) == {sorted_out.id}
    assert ids(use_case_id=office.use_case_id) == {sorted_out.id}
    assert ids(project_id=office.twin_project_id) == set()
    assert ids("stranger") == set()
    with pytest.raises(NotFound):
        intake.model_request(office.database, office.people["stranger"], mine.id)


@pytest.mark.databases("sqlite", "postgresql")
def test_the_database_knows_no_accepted_request_without_a_use_case(office: Office) -> None:
    request = ask(office)
    past_the_door = office.database.engine.execution_options(accredit_writes=True)

    with pytest.raises(IntegrityError, match="use_case"), past_the_door.begin() as connection:
        connection.execute(
            update(ModelRequestRow.__table__)
            .where(ModelRequestRow.__table__.c.id == request.id)
            .values(state="accepted")
        )


@pytest.mark.databases("sqlite", "postgresql")
def test_of_an_answer_and_a_withdrawal_at_once_one_counts(office: Office) -> None:
    for _ in range(15):
        request = triaged(office)
        size = office.size()

        raised = together(
            [
                lambda i=request.id: model_requests.decline_model_request(  # type: ignore[misc]
                    office.database, office.people["owner"], i, answer="No."
                ),
                lambda i=request.id: model_requests.withdraw_model_request(  # type: ignore[misc]
                    office.database, office.people["viewer"], i
                ),
            ]
        )

        assert len(raised) == 1
        assert isinstance(raised[0], GovernanceError)
        moved = [e["fact"]["after"] for e in office.events(since=size) if e["outcome"] == "ok"]
        found = intake.model_request(office.database, office.people["viewer"], request.id)
        assert moved == [found.state]
