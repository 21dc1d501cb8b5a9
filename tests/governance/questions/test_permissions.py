"""What somebody may, place by place, and why: told to themselves and to those who give roles."""

import uuid

import pytest

from accredit_governance.access.conditions import Condition
from accredit_governance.access.permissions import ROLE_PERMISSIONS, Permission, Role
from accredit_governance.access.rights import Code
from accredit_governance.errors import InvalidInput, NotAllowed, NotFound
from accredit_governance.operations import identity
from accredit_governance.questions import permissions
from accredit_governance.questions.permissions import Asked
from tests.governance.office import Office

pytestmark = pytest.mark.databases("sqlite")


def test_everybody_reads_what_they_may_place_by_place(office: Office) -> None:
    admin, owner = office.people["admin"], office.people["owner"]
    identity.bind_role(
        office.database,
        admin,
        office.people["viewer"].id,
        role=Role.OWNER,
        project_id=None,
        model_id=office.model_id,
        condition=Condition.UNPROTECTED_ONLY,
    )

    everywhere, project, model = permissions.my_permissions(
        office.database, office.people["viewer"]
    )
    (here,) = permissions.my_permissions(
        office.database, office.people["viewer"], model_id=office.model_id
    )
    (owned,) = permissions.my_permissions(office.database, owner, project_id=office.project_id)

    assert (everywhere.permissions, everywhere.project_id) == ((), None)
    assert set(project.permissions) == ROLE_PERMISSIONS[Role.VIEWER]
    assert (project.project_id, project.model_id) == (office.project_id, None)
    conditional = {Permission.ALIAS_MOVE, Permission.DEPLOYMENT_CREATE}
    assert set(model.permissions) == ROLE_PERMISSIONS[Role.OWNER] - conditional
    assert model.conditional == dict.fromkeys(conditional, Condition.UNPROTECTED_ONLY)
    assert here == model
    assert set(owned.permissions) == ROLE_PERMISSIONS[Role.OWNER]


def test_of_a_place_where_one_may_nothing_nothing_is_told(office: Office) -> None:
    stranger = office.people["stranger"]
    for project_id in (office.project_id, uuid.uuid4()):
        with pytest.raises(NotFound, match="there is no project"):
            permissions.my_permissions(office.database, stranger, project_id=project_id)
    request = office.in_review()
    for where in (
        {"model_id": office.model_id},
        {"model_id": uuid.uuid4()},
        {"model_version_id": request.model_version_id},
        {"model_version_id": uuid.uuid4()},
        {"project_id": office.project_id},
    ):
        asked = Asked(permission=Permission.PROJECT_READ, **where)
        with pytest.raises(NotFound, match=str(next(iter(where.values())))):
            permissions.my_explanation(office.database, stranger, asked)


def test_who_trained_a_version_is_told_that_another_one_signs_it(office: Office) -> None:
    request = office.in_review()
    admin, trainer = office.people["admin"], office.people["trainer"]
    asked = Asked(permission=Permission.APPROVAL_SIGN, model_version_id=request.model_version_id)

    without = permissions.my_explanation(office.database, trainer, asked)
    identity.bind_role(
        office.database, admin, trainer.id, role=Role.VALIDATOR, project_id=office.project_id
    )
    told = permissions.my_explanation(office.database, trainer, asked)
    also = permissions.explanation(office.database, admin, trainer.id, asked)
    free = permissions.my_explanation(office.database, office.people["validator"], asked)

    assert (without.allowed, without.code) == (False, Code.NO_ROLE)
    assert (told.allowed, told.code) == (False, Code.FOUR_EYES)
    assert "you trained it" in told.reasons[0].sentence
    assert also == told
    assert (told.project_id, told.model_id) == (office.project_id, office.model_id)
    assert (free.allowed, free.code) == (True, Code.ROLE)


def test_a_closed_account_is_told_of_and_only_those_who_give_roles_ask(office: Office) -> None:
    admin, viewer = office.people["admin"], office.people["viewer"]
    asked = Asked(permission=Permission.PROJECT_READ, project_id=office.project_id)
    identity.deactivate_principal(office.database, admin, viewer.id)

    told = permissions.explanation(office.database, admin, viewer.id, asked)

    assert (told.allowed, told.code) == (False, Code.ACCOUNT_INACTIVE)
    with pytest.raises(NotAllowed, match="not active"):
        permissions.my_explanation(office.database, viewer, asked)
    with pytest.raises(NotAllowed, match="identity:manage"):
        permissions.explanation(office.database, office.people["owner"], viewer.id, asked)
    with pytest.raises(NotFound, match="no principal"):
        permissions.explanation(office.database, admin, uuid.uuid4(), asked)


def test_what_is_asked_about_belongs_together(office: Office) -> None:
    elsewhere = Asked(
        permission=Permission.PROJECT_READ,
        project_id=office.twin_project_id,
        model_id=office.model_id,
    )

    with pytest.raises(InvalidInput, match="do not belong together"):
        permissions.explanation(
            office.database, office.people["admin"], office.people["viewer"].id, elsewhere
        )


@pytest.mark.parametrize(
    ("protected", "allowed"),
    [pytest.param(True, False, id="protected"), pytest.param(False, True, id="open")],
)
def test_a_condition_is_explained_with_its_facts(
    office: Office, protected: bool, allowed: bool
) -> None:
    admin, viewer = office.people["admin"], office.people["viewer"]
    identity.bind_role(
        office.database,
        admin,
        viewer.id,
        role=Role.OWNER,
        project_id=office.project_id,
        condition=Condition.UNPROTECTED_ONLY,
    )
    asked = Asked(
        permission=Permission.ALIAS_MOVE, project_id=office.project_id, protected=protected
    )

    told = permissions.my_explanation(office.database, viewer, asked)

    assert told.allowed == allowed
    assert told.reasons[0].condition is Condition.UNPROTECTED_ONLY
