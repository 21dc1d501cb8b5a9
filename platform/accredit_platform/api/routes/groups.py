"""Groups of people, and the roles that they give."""

import uuid
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from accredit_governance.access.permissions import Permission
from accredit_governance.operations import groups
from accredit_governance.operations.groups import MAX_GROUP_NAME
from accredit_governance.questions import groups as asked
from accredit_governance.questions.pages import Listing
from accredit_governance.registry.group_records import (
    GroupDetails,
    GroupMemberRecord,
    GroupRecord,
)
from accredit_governance.registry.records import PrincipalRecord, RoleBindingRecord
from accredit_platform.api.bodies import Body
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.api.routes.identity import NewRoleBinding
from accredit_platform.auth.guard import needs

router = APIRouter(tags=["groups"])


class GroupName(Body):
    """What a group is called."""

    name: Annotated[str, Field(min_length=1, max_length=MAX_GROUP_NAME)]


class NewMember(Body):
    """Who comes into a group."""

    principal_id: uuid.UUID


@router.get("/groups", operation_id="list_groups")
@needs(Permission.IDENTITY_MANAGE)
def list_groups(
    actor: CurrentActor, services: WithServices, page: WantedPage
) -> Listing[GroupRecord]:
    """Groups, of our own, of the directory and of identity providers."""
    return asked.groups(services.database, actor, page)


@router.post("/groups", status_code=201, operation_id="create_group")
@needs(Permission.IDENTITY_MANAGE)
def create_group(body: GroupName, actor: CurrentActor, services: WithServices) -> GroupRecord:
    """Make a group."""
    return groups.create_group(services.database, actor, name=body.name)


@router.get("/groups/{group_id}", operation_id="get_group")
@needs(Permission.IDENTITY_MANAGE)
def get_group(group_id: uuid.UUID, actor: CurrentActor, services: WithServices) -> GroupDetails:
    """One group with what it gives."""
    return asked.group(services.database, actor, group_id)


@router.post("/groups/{group_id}/renamings", status_code=201, operation_id="rename_group")
@needs(Permission.IDENTITY_MANAGE)
def rename_group(
    group_id: uuid.UUID, body: GroupName, actor: CurrentActor, services: WithServices
) -> GroupRecord:
    """Give a group another name."""
    return groups.rename_group(services.database, actor, group_id, name=body.name)


@router.post("/groups/{group_id}/dissolutions", status_code=201, operation_id="dissolve_group")
@needs(Permission.IDENTITY_MANAGE)
def dissolve_group(group_id: uuid.UUID, actor: CurrentActor, services: WithServices) -> GroupRecord:
    """End a group; its members lose at once what it gave them."""
    return groups.dissolve_group(services.database, actor, group_id)


@router.get("/groups/{group_id}/members", operation_id="list_group_members")
@needs(Permission.IDENTITY_MANAGE)
def list_group_members(
    group_id: uuid.UUID, actor: CurrentActor, services: WithServices, page: WantedPage
) -> Listing[PrincipalRecord]:
    """People in a group."""
    return asked.members(services.database, actor, group_id, page)


@router.post("/groups/{group_id}/members", status_code=201, operation_id="add_group_member")
@needs(Permission.IDENTITY_MANAGE)
def add_group_member(
    group_id: uuid.UUID, body: NewMember, actor: CurrentActor, services: WithServices
) -> GroupMemberRecord:
    """Bring a person into a group."""
    return groups.add_member(services.database, actor, group_id, principal_id=body.principal_id)


@router.post(
    "/groups/{group_id}/members/{principal_id}/removals",
    status_code=204,
    operation_id="remove_group_member",
)
@needs(Permission.IDENTITY_MANAGE)
def remove_group_member(
    group_id: uuid.UUID, principal_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> None:
    """Take a person out of a group, at once."""
    groups.remove_member(services.database, actor, group_id, principal_id)


@router.post("/groups/{group_id}/role-bindings", status_code=201, operation_id="bind_role_to_group")
@needs(Permission.IDENTITY_MANAGE)
def bind_role_to_group(
    group_id: uuid.UUID, body: NewRoleBinding, actor: CurrentActor, services: WithServices
) -> RoleBindingRecord:
    """Give everybody in a group a role, also those who come later."""
    return groups.bind_role_to_group(
        services.database,
        actor,
        group_id,
        role=body.role,
        project_id=body.project_id,
        model_id=body.model_id,
        condition=body.condition,
    )
