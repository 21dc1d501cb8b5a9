"""Roles on one model: they count for it and for all that is about it, and for nothing beside it."""

import uuid
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from accredit_governance.access.conditions import Condition
from accredit_governance.access.permissions import Permission, Role
from accredit_governance.access.rights import Reach
from accredit_governance.errors import Conflict, InvalidInput, NotAllowed, NotFound
from accredit_governance.lifecycle.findings import FindingSeverity
from accredit_governance.operations import (
    aliases,
    denials,
    deployments,
    findings,
    identity,
    versions,
)
from accredit_governance.operations.delegations import give_delegation
from accredit_governance.operations.door import Place
from accredit_governance.operations.places import model_of, project_of, visible_to
from accredit_governance.questions import (
    access,
    approvals,
    catalogue,
    models,
    serving,
    tasks,
    trail,
)
from accredit_governance.questions import aliases as alias_questions
from accredit_governance.questions import findings as finding_questions
from accredit_governance.questions.pages import Page
from accredit_governance.questions.trail import TrailFilter
from accredit_governance.registry.tables import ModelVersionRow, ProjectRow, Row
from tests.governance.afterwards import change_alias
from tests.governance.office import Office, actor_named, hire

pytestmark = pytest.mark.databases("sqlite")


@dataclass(frozen=True)
class Twins:
    """Two models of one project, with a version each that is in review, and more about the first.

    Attributes:
        here: the office, whose model is the first.
        there: the same office, whose model is the sibling.
    """

    here: Office
    there: Office

    def person(self, name: str, role: Role, **where: object) -> None:
        """Somebody who has one role, on the first model unless said otherwise."""
        office = self.here
        admin = office.people["admin"]
        hired = hire(office.database, admin, name, [], project_id=None)
        place = {"project_id": None, "model_id": office.model_id, **where}
        identity.bind_role(office.database, admin, hired.id, role=role, **place)  # type: ignore[arg-type]
        office.people[name] = actor_named(office.database, hired.name)  # type: ignore[index]


@pytest.fixture
def twins(office: Office) -> Twins:
    office.deployed()
    office.granted()
    sibling = versions.create_model(
        office.database, office.people["owner"], office.use_case_id, name="loan-pricing"
    )
    there = replace(office, model_id=sibling.id, stages=None)
    there.in_review()
    for each in (office, there):
        findings.open_finding(
            each.database,
            each.people["validator"],
            version_of(each),
            title="Income is missing",
            description="A branch sends empty fields since May.",
            severity=FindingSeverity.LOW,
            owner_id=each.people["owner"].id,
            due_on=each.clock.now.date(),
        )
    return Twins(office, there)


def version_of(office: Office) -> uuid.UUID:
    with office.database.reading() as session:
        statement = select(ModelVersionRow.id).where(ModelVersionRow.model_id == office.model_id)
        return session.execute(statement).scalars().first() or uuid.uuid4()


@pytest.mark.databases("sqlite", "postgresql")
def test_a_filter_lets_through_what_leads_to_the_model_and_nothing_else(twins: Twins) -> None:
    """Every table with a project, every row: the query and the walk along the keys agree."""
    office, model = twins.here, twins.here.model_id
    on_model = Reach(models={model: office.project_id})
    but_model = Reach(everywhere=True, not_models=frozenset({model}))
    tables = [m.class_ for m in Row.registry.mappers if "project_id" in m.columns]
    about, beside = set(), set()

    with office.database.reading() as session:
        for table in tables:
            rows = set(session.execute(select(table)).scalars())
            for reach, is_about in ((on_model, True), (but_model, False)):
                statement = select(table).where(visible_to(reach, table))
                found = set(session.execute(statement).scalars())
                if table.__tablename__ == "audit_event":
                    (about if is_about else beside).update({table.__tablename__} if found else {})
                    continue
                expected = {row for row in rows if (model_of(session, row) == model) == is_about}
                assert found == expected, table.__tablename__
            about.update({table.__tablename__ for row in rows if model_of(session, row) == model})
            beside.update({table.__tablename__ for row in rows if model_of(session, row) is None})

    assert about >= {
        "model",
        "run",
        "model_version",
        "gate_evaluation",
        "card_version",
        "approval_request",
        "sign_off",
        "deployment",
        "job",
        "access_request",
        "access_decision",
        "access_grant",
        "finding",
        "audit_event",
        "version_state",
    }
    assert beside >= {"use_case", "dataset", "dataset_version", "risk_assessment"}


@pytest.mark.databases("sqlite", "postgresql")
def test_who_is_bound_on_a_model_reads_it_and_of_the_project_its_name(twins: Twins) -> None:
    twins.person("specialist", Role.VALIDATOR)
    office, there = twins.here, twins.there
    database, me, page = office.database, office.people["specialist"], Page()
    mine = version_of(office)

    assert models.model(database, me, office.model_id).id == office.model_id
    assert models.version(database, me, mine).model_id == office.model_id
    assert {m.id for m in models.models(database, me, page).items} == {office.model_id}
    assert {v.id for v in models.recent_versions(database, me, page).items} == {mine}
    assert {d.model_version_id for d in serving.deployments(database, me, page).items} == {mine}
    assert {f.model_version_id for f in finding_questions.findings(database, me, page).items} == {
        mine
    }
    assert {r.model_version_id for r in models.approval_requests(database, me, page).items} == {
        mine
    }
    assert {g.model_id for g in access.access_grants(database, me, page).items} == {office.model_id}
    assert {g.model_id for g in access.access_requests(database, me, page).items} == {
        office.model_id
    }
    assert [p.id for p in catalogue.projects(database, me, page).items] == [office.project_id]
    assert alias_questions.environments(database, me, office.project_id).items
    assert approvals.builders_and_reviewers(database, me, office.project_id) == {}
    assert finding_questions.possible_owners(database, me, office.project_id) == {}
    events = trail.audit_events(database, me, TrailFilter(size=1000)).items
    told = {e.event["resource"] for e in events}
    assert str(mine) in told
    assert not told & {str(there.model_id), str(version_of(there)), str(office.use_case_id)}
    assert tasks.tasks(database, me) == ()
    for ask in (
        lambda: catalogue.project(database, me, office.project_id),
        lambda: catalogue.use_case(database, me, office.use_case_id),
        lambda: catalogue.use_cases(database, me, office.project_id, page),
        lambda: catalogue.dataset_version(database, me, office.dataset_version_id),
        lambda: models.model(database, me, there.model_id),
        lambda: models.version(database, me, version_of(there)),
        lambda: models.model(database, me, uuid.uuid4()),
    ):
        with pytest.raises(NotFound):
            ask()
    assert len(models.runs(database, me, page).items) == 1


def test_a_role_on_a_model_acts_on_that_model_only(twins: Twins) -> None:
    twins.person("specialist", Role.VALIDATOR)
    office, there = twins.here, twins.there
    me = office.people["specialist"]

    def finding(version_id: uuid.UUID) -> None:
        findings.open_finding(
            office.database,
            me,
            version_id,
            title="Rates differ",
            description="Two branches apply different rates.",
            severity=FindingSeverity.LOW,
            owner_id=office.people["owner"].id,
            due_on=office.clock.now.date(),
        )

    finding(version_of(office))
    with pytest.raises(NotFound):
        finding(version_of(there))
    before = there.request_of(version_of(there))
    with pytest.raises(NotFound):
        there.sign("specialist", before)
    twins.person("pricer", Role.VALIDATOR, model_id=there.model_id)
    there.sign("pricer", before)
    assert there.request_of(version_of(there)).state == "open"


def test_where_a_model_is_denied_it_is_as_if_it_did_not_exist(twins: Twins) -> None:
    office, there = twins.here, twins.there
    database, viewer, page = office.database, office.people["viewer"], Page()
    denials.deny(
        database,
        office.people["admin"],
        denials.Denied(
            principal_id=viewer.id,
            permission=Permission.PROJECT_READ,
            model_id=there.model_id,
        ),
        reason="Works for the customer.",
    )

    assert [m.id for m in models.models(database, viewer, page).items] == [office.model_id]
    assert version_of(there) not in {
        v.id for v in models.recent_versions(database, viewer, page).items
    }
    assert catalogue.project(database, viewer, office.project_id)
    with pytest.raises(NotFound):
        models.version(database, viewer, version_of(there))


def test_a_role_is_bound_in_a_place_that_there_is(twins: Twins) -> None:
    office = twins.here
    admin, viewer = office.people["admin"], office.people["viewer"].id

    def bind(**where: object) -> None:
        given: dict[str, object] = {"role": Role.OWNER, "project_id": None, **where}
        identity.bind_role(office.database, admin, viewer, **given)  # type: ignore[arg-type]

    bind(model_id=office.model_id)
    bind(model_id=twins.there.model_id, project_id=office.project_id)
    bind(project_id=office.project_id, condition=Condition.UNPROTECTED_ONLY)
    for again in (
        {"model_id": office.model_id},
        {"project_id": office.project_id},
    ):
        with pytest.raises(Conflict, match="owner there already"):
            bind(**again)
    with pytest.raises(NotFound, match="there is no model"):
        bind(model_id=uuid.uuid4())
    with pytest.raises(InvalidInput, match="another project"):
        bind(model_id=office.model_id, project_id=office.twin_project_id)
    with pytest.raises(InvalidInput, match="bears on nothing that a viewer may"):
        bind(role=Role.VIEWER, condition=Condition.UNPROTECTED_ONLY)


def test_an_owner_under_a_condition_moves_what_is_not_protected(twins: Twins) -> None:
    office = twins.here
    twins.person(
        "helper",
        Role.OWNER,
        model_id=None,
        project_id=office.project_id,
        condition=Condition.UNPROTECTED_ONLY,
    )
    helper, version = office.people["helper"], version_of(office)
    rows = office.contents()

    def move(environment: str) -> object:
        return change_alias(office, version, by="helper", environment=environment)

    for act in (
        lambda: move("production"),
        lambda: aliases.roll_back_alias(
            office.database,
            helper,
            office.model_id,
            environment="production",
            alias="champion",
            reason="Complaints.",
        ),
        lambda: deployments.request_deployment(
            office.database, helper, version, environment="production"
        ),
        lambda: deployments.stop_deployment(
            office.database,
            helper,
            serving.deployments(office.database, helper, Page()).items[0].id,
            reason="Complaints.",
        ),
    ):
        with pytest.raises(NotAllowed, match="only where the environment is not protected") as no:
            act()
        assert no.value.facts["reason"] == "condition"
    assert office.contents() == rows
    assert office.actions()[-4:] == ["operation.refused"] * 4

    assert move("staging")
    assert deployments.request_deployment(office.database, helper, version, environment="staging")


def test_a_signature_on_a_model_is_lent_for_that_model(twins: Twins) -> None:
    twins.person("specialist", Role.VALIDATOR)
    office, there = twins.here, twins.there
    give_delegation(
        office.database,
        office.people["specialist"],
        office.people["viewer"].id,
        role=Role.VALIDATOR,
        project_id=None,
        starts_at=office.clock(),
        ends_at=office.clock.now + timedelta(days=14),
        reason="On holiday until the end of the month.",
    )

    actor = identity.actor_of_principal(
        office.database, office.people["viewer"].id, request_id=None
    )

    assert actor is not None
    (mandate,) = actor.mandates
    assert mandate.model_id == office.model_id
    place: Place = (office.project_id, office.model_id)
    assert actor.may(Permission.APPROVAL_SIGN, *place)
    assert not actor.may(Permission.APPROVAL_SIGN, office.project_id, there.model_id)


def test_a_row_without_a_model_belongs_to_its_project(office: Office) -> None:
    with office.database.reading() as session:
        project = session.get_one(ProjectRow, office.project_id)

        assert (project_of(project), model_of(session, project)) == (project.id, None)
