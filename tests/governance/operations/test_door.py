"""One door to every change: permission, scope, event and commit, or nothing at all."""

import inspect
import pkgutil
import uuid
from importlib import import_module
from types import ModuleType

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.orm import Session

import accredit_governance.operations
import accredit_governance.questions
from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission, Role
from accredit_governance.audit.events import ProjectCreated, UseCaseCreated
from accredit_governance.errors import (
    Conflict,
    GovernanceError,
    NotAllowed,
    NotFound,
    UnrecordedChange,
)
from accredit_governance.identifiers import new_id
from accredit_governance.operations import api_tokens, datasets, identity, policies, projects
from accredit_governance.operations.door import Transaction, View, operation, question
from accredit_governance.questions import catalogue
from accredit_governance.registry.database import Database
from accredit_governance.registry.tables import (
    DatasetRow,
    PrincipalRow,
    ProjectRow,
    RoleBindingRow,
    UseCaseRow,
)
from tests.governance.office import Office, new_token


@operation(Permission.USE_CASE_CREATE, records=UseCaseCreated)
def change_silently(tx: Transaction, use_case_id: uuid.UUID) -> None:
    tx.load(UseCaseRow, use_case_id, noun="use case").name = "renamed"


@operation(Permission.USE_CASE_CREATE, records=UseCaseCreated)
def record_something_else(tx: Transaction, use_case_id: uuid.UUID) -> None:
    row = tx.load(UseCaseRow, use_case_id, noun="use case")
    row.name = "renamed"
    tx.record(ProjectCreated(name="x"), resource=row.id, project=row.project_id)


@operation(Permission.USE_CASE_CREATE, records=UseCaseCreated)
def fail_halfway(tx: Transaction, use_case_id: uuid.UUID) -> None:
    row = tx.load(UseCaseRow, use_case_id, noun="use case")
    row.name = "renamed"
    tx.session.flush()
    raise Conflict("no")


@operation(Permission.USE_CASE_CREATE, records=ProjectCreated)
def ask_for_no_scope(tx: Transaction) -> None:
    tx.record(ProjectCreated(name="x"), resource=None, project=None)


@question(Permission.PROJECT_READ)
def look_without_scope(view: View) -> int:
    return len(view.session.execute(select(UseCaseRow)).all())


@pytest.mark.parametrize(
    ("call", "error"),
    [
        pytest.param(change_silently, UnrecordedChange, id="no event"),
        pytest.param(record_something_else, UnrecordedChange, id="another event"),
        pytest.param(fail_halfway, Conflict, id="raises after a flush"),
    ],
)
def test_an_operation_without_its_event_leaves_nothing_but_the_refusal(
    office: Office, call: object, error: type[GovernanceError]
) -> None:
    before, size = office.contents(), office.size()

    with pytest.raises(error):
        call(office.database, office.people["owner"], office.use_case_id)  # type: ignore[operator]

    assert office.contents() == before
    (refusal,) = office.events(since=size)
    assert refusal["action"] == "operation.refused"
    assert refusal["outcome"] == "denied"
    assert refusal["fact"]["code"] == error.code
    assert refusal["project"] == str(office.project_id)


def test_an_operation_that_asks_for_no_scope_is_a_programming_error(office: Office) -> None:
    before, size = office.contents(), office.size()

    with pytest.raises(RuntimeError, match="never asked for a scope"):
        ask_for_no_scope(office.database, office.people["owner"])

    assert (office.contents(), office.size()) == (before, size)


def test_a_question_that_asks_for_no_scope_is_a_programming_error(office: Office) -> None:
    with pytest.raises(RuntimeError, match="never asked for a scope"):
        look_without_scope(office.database, office.people["owner"])


def rename(session: Session) -> None:
    session.execute(select(ProjectRow)).scalars().first().title = "taken over"  # type: ignore[union-attr]


def delete_binding(session: Session) -> None:
    session.delete(session.execute(select(RoleBindingRow)).scalars().first())


def add_binding(session: Session) -> None:
    someone = session.execute(select(PrincipalRow)).scalars().first()
    assert someone is not None
    session.add(
        RoleBindingRow(
            principal_id=someone.id,
            role=Role.OWNER,
            created_at=someone.created_at,
            created_by=someone.id,
        )
    )


def insert_dataset(session: Session) -> None:
    project = session.execute(select(ProjectRow)).scalars().first()
    assert project is not None
    values = {
        "id": new_id(),
        "name": "x",
        "title": "x",
        "project_id": project.id,
        "created_at": project.created_at,
        "created_by": project.created_by,
    }
    session.execute(insert(DatasetRow), [values])


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(rename, id="changed row"),
        pytest.param(delete_binding, id="deleted row"),
        pytest.param(add_binding, id="new row"),
        pytest.param(
            lambda s: s.execute(update(ProjectRow).values(title="taken over")), id="bulk update"
        ),
        pytest.param(lambda s: s.execute(delete(RoleBindingRow)), id="bulk delete"),
        pytest.param(insert_dataset, id="bulk insert"),
        pytest.param(lambda s: s.execute(text("UPDATE project SET title = 'x'")), id="text"),
        pytest.param(
            lambda s: s.execute(update(ProjectRow.__table__).values(title="x")), id="core table"
        ),
    ],
)
def test_a_governed_change_past_the_door_is_refused_and_undone(
    office: Office, change: object
) -> None:
    before, size = office.contents(), office.size()

    with pytest.raises(UnrecordedChange), office.database.writing() as session:
        change(session)  # type: ignore[operator]

    assert (office.contents(), office.size()) == (before, size)


def test_looking_never_changes_anything(office: Office) -> None:
    before = office.contents()

    with office.database.reading() as session:
        rename(session)
        session.flush()

    assert office.contents() == before


def test_the_guard_forgets_a_session_that_failed(office: Office) -> None:
    with pytest.raises(UnrecordedChange), office.database.writing() as session:
        rename(session)

    with office.database.writing() as session:
        session.execute(select(ProjectRow)).all()


def test_a_missing_permission_is_named(office: Office) -> None:
    with pytest.raises(NotAllowed, match="dataset:create") as caught:
        datasets.create_dataset(
            office.database, office.people["viewer"], office.project_id, name="x", title="x"
        )

    assert caught.value.facts["permission"] == "dataset:create"


def test_a_role_in_one_project_says_nothing_about_another(office: Office) -> None:
    before, size = office.contents(), office.size()

    with pytest.raises(NotFound) as there:
        datasets.create_dataset(
            office.database, office.people["owner"], office.twin_project_id, name="x", title="x"
        )
    with pytest.raises(NotFound) as nowhere:
        datasets.create_dataset(
            office.database, office.people["owner"], uuid.UUID(int=7), name="x", title="x"
        )

    assert there.value.message.replace(str(office.twin_project_id), "·") == (
        nowhere.value.message.replace(str(uuid.UUID(int=7)), "·")
    )
    assert office.contents() == before
    refusals = office.events(since=size)
    assert [r["fact"]["code"] for r in refusals] == ["not_found", "not_found"]


def test_whoever_sees_a_thing_but_may_not_do_it_is_told_so(office: Office) -> None:
    both = identity.bind_role(
        office.database,
        office.people["admin"],
        office.people["stranger"].id,
        role=Role.VIEWER,
        project_id=office.project_id,
    )

    with pytest.raises(NotAllowed, match="dataset:create"):
        datasets.create_dataset(
            office.database, office.people["stranger"], office.project_id, name="x", title="x"
        )

    assert both.role == "viewer"


def change_identity(office: Office, statement: str, person: str) -> None:
    """What an administrator of the database would do; there is no operation for it."""
    with office.database.engine.execution_options(accredit_writes=True).begin() as connection:
        key = office.people[person].id
        found = key.hex if office.database.is_sqlite else str(key)
        connection.exec_driver_sql(statement.format(id=f"'{found}'"))


def test_a_deactivated_principal_does_nothing_more(office: Office) -> None:
    change_identity(office, "UPDATE principal SET active = false WHERE id = {id}", "owner")

    with pytest.raises(NotAllowed, match="not active"):
        datasets.create_dataset(
            office.database, office.people["owner"], office.project_id, name="x", title="x"
        )
    with pytest.raises(NotAllowed, match="not active"):
        catalogue.project(office.database, office.people["owner"], office.project_id)


def test_a_role_that_was_taken_away_after_sign_in_does_not_count(office: Office) -> None:
    actor = office.people["owner"]
    change_identity(office, "DELETE FROM role_binding WHERE principal_id = {id}", "owner")

    assert actor.may(Permission.DATASET_CREATE, office.project_id)
    with pytest.raises(NotAllowed, match="dataset:create"):
        datasets.create_dataset(office.database, actor, office.project_id, name="x", title="x")


def test_roles_that_a_caller_claims_do_not_count(office: Office) -> None:
    claimed = office.people["viewer"].model_copy(
        update={"bindings": office.people["owner"].bindings}
    )

    with pytest.raises(NotAllowed):
        datasets.create_dataset(office.database, claimed, office.project_id, name="x", title="x")


def test_an_unknown_principal_does_nothing(database: Database) -> None:
    nobody = Actor(id=uuid.UUID(int=1), kind="user", name="nobody")

    with pytest.raises(NotAllowed):
        projects.create_project(database, nobody, name="x", title="x")


def test_a_role_in_one_project_does_not_reach_what_belongs_to_none(office: Office) -> None:
    """The people of the lending project hold compliance there, not in the organisation."""
    with pytest.raises(NotAllowed, match="policy:publish"):
        policies.publish_policy(
            office.database, office.people["compliance"], office.policy_version_id
        )


def test_the_event_is_in_the_transaction_of_the_change(office: Office) -> None:
    """A change that breaks a constraint at its end takes its event with it."""

    @operation(Permission.DATASET_CREATE, records=ProjectCreated)
    def break_a_reference(tx: Transaction, project_id: uuid.UUID) -> None:
        tx.load(ProjectRow, project_id, noun="project")
        tx.record(ProjectCreated(name="x"), resource=project_id, project=project_id)
        tx.session.execute(
            update(ProjectRow)
            .values(created_by=uuid.UUID(int=9))
            .where(ProjectRow.id == project_id)
        )

    before, size = office.contents(), office.size()

    with pytest.raises(Exception, match=r"(?i)foreign key"):
        break_a_reference(office.database, office.people["owner"], office.project_id)

    assert (office.contents(), office.size()) == (before, size)


def test_an_event_carries_actor_request_and_token(office: Office) -> None:
    token = api_tokens.issue_own_token(
        office.database, office.people["preparer"], name="x", secret=new_token(), days=1
    ).id
    actor = office.people["preparer"].model_copy(
        update={"request_id": "r-1", "token_id": token, "on_behalf_of": office.people["owner"].id}
    )
    size = office.size()

    made = datasets.create_dataset(
        office.database, actor, office.project_id, name="second", title="Second"
    )

    (event,) = office.events(since=size)
    assert event["seq"] == size
    assert event["resource"] == str(made.id)
    assert event["project"] == str(office.project_id)
    assert event["request"] == "r-1"
    assert event["actor"] == {
        "id": str(actor.id),
        "kind": "user",
        "on_behalf_of": str(office.people["owner"].id),
        "token": str(token),
    }


def modules_of(package: ModuleType) -> list[ModuleType]:
    names = [name for _, name, _ in pkgutil.iter_modules(package.__path__, package.__name__ + ".")]
    assert len(names) > 3
    return [import_module(name) for name in names]


def own_functions(module: ModuleType) -> list[tuple[str, object]]:
    return [
        (name, value)
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__
    ]


OUTSIDE_THE_DOOR = {
    # The installation itself, and people proving who they are: there is nobody to ask yet.
    "system_actor",
    "create_first_admin",
    "had_admin",
    "issue_own_token",
    "rotate_token",
    "own_change",
    "revoke_own_token",
    "actor_of_token",
    "client_of",
    "issue_access_token",
    "give_back",
    "me",
    "own_tokens",
    "password_hash_of",
    "actor_of_principal",
    "start_session",
    "end_session",
    "actor_of_session",
    "renew_secret",
    "offer_first_admin_link",
    "require_first_admin_link",
    "become_first_admin",
    "holder_of_link",
    "set_password_by_link",
    # One's own account: whoever is signed in may.
    "change_own_password",
    "own_sessions",
    "end_own_session",
    "end_own_sessions",
    "prefer",
    "notification_preferences",
    # The way to an identity provider and back, and sessions that a provider ends.
    "begin_request",
    "take_request",
    "use_proof",
    "actor_of_subject",
    "keep_provider_session",
    "provider_of_session",
    "forget_provider_session",
    "end_provider_sessions",
    "record_refused_answer",
    # Refusals before any operation was reached.
    "record_failed_sign_in",
    "record_refusal",
    "record_refused_token",
    # Workers and the start-up look for what is to be done, and then do it by operations.
    "due_approvals",
    "due_waivers",
    "end_what_ran_out",
    "known_policies",
    "due_deployments",
    "chase",
    "due_tombstones",
    "due_widenings",
    "lapse_what_is_overdue",
    "expire_what_is_over",
    "remove_what_was_purged",
    "due_conditions",
    "due_escalations",
    "due_lapses",
    "due_acceptances",
    "late_findings",
    "look_at_findings",
    "missing_attestations",
    "idle_attestations",
    "late_attestations",
    "look_at_attestations",
    "seal_all",
    # What was answered before, which is no decision.
    "kept_answer",
    "forget_answers",
    # Everybody may ask what they may, also who may nothing.
    "my_permissions",
    "my_explanation",
    # Prediction traffic is admitted by a question and sealed by an operation.
    "log_predictions",
    "unsealed_deployments",
    # Streams what `_note_export` admitted and recorded.
    "export_trail",
    "sign_now",
    # The outbox of webhooks: workers make deliveries of the trail and write down how they ended.
    "post",
    "claim",
    "settle",
    "readers",
    "claim_notices",
    "settle_notices",
    # Asks other questions, each through its own door.
    "tasks",
}


def test_whatever_takes_a_database_is_an_operation_a_question_or_listed_here() -> None:
    taking, declared = set(), set()
    for module in modules_of(accredit_governance.operations) + modules_of(
        accredit_governance.questions
    ):
        for name, function in own_functions(module):
            if hasattr(function, "permission"):
                assert isinstance(function.permission, Permission), name
                declared.add(name)
                continue
            parameters = inspect.signature(function).parameters  # type: ignore[arg-type]
            if "database" in parameters and not name.startswith("_"):
                taking.add(name)

    assert len(declared) > 40
    assert taking == OUTSIDE_THE_DOOR
