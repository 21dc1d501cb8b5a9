"""Who acts, with which roles where; and the decision whether they may."""

import uuid
from typing import Self

from accredit_governance.access.permissions import DELEGABLE, ROLE_PERMISSIONS, Permission, Role
from accredit_governance.documents import Document


class Binding(Document):
    """A role in one project, or in all of them when `project_id` is None."""

    role: Role
    project_id: uuid.UUID | None = None


class Mandate(Document):
    """What a delegation lends at this moment: another person's signature for a role.

    Attributes:
        project_id: where it holds; None: in all projects.
    """

    delegation_id: uuid.UUID
    delegator_id: uuid.UUID
    role: Role
    project_id: uuid.UUID | None = None

    def covers(self, project_id: uuid.UUID | None) -> bool:
        """Whether it holds in a project."""
        return self.project_id is None or self.project_id == project_id

    def within(self, projects: frozenset[uuid.UUID] | None) -> tuple[Self, ...]:
        """What is left of it in some projects; None means all of them."""
        if projects is None:
            return (self,)
        return tuple(
            self.model_copy(update={"project_id": project})
            for project in sorted(projects)
            if self.covers(project)
        )


class Actor(Document):
    """The principal behind a request, as authenticated.

    Attributes:
        mandates: signatures that others have lent to this person; they are no roles.
        on_behalf_of: the person whose request a system actor carries out.
        scopes: all that the credential shown is good for; None: whatever the roles say. A scope
            only ever takes away.
        within: the one project that the credential is good for, if it is bound to one.
        token_id: the API token that was shown, if any.
        request_id: identifier of the request, for the audit trail.
    """

    id: uuid.UUID
    kind: str
    name: str
    bindings: tuple[Binding, ...] = ()
    mandates: tuple[Mandate, ...] = ()
    on_behalf_of: uuid.UUID | None = None
    scopes: frozenset[Permission] | None = None
    within: uuid.UUID | None = None
    token_id: uuid.UUID | None = None
    request_id: str | None = None

    def confined(self) -> Self:
        """The same actor with what counts in the project that the credential is bound to.

        A role in all projects becomes one there, so that nothing organisation-wide is left.
        """
        if self.within is None:
            return self
        there = {"project_id": self.within}
        return self.model_copy(
            update={
                "bindings": tuple(
                    binding.model_copy(update=there)
                    for binding in self.bindings
                    if binding.project_id in {None, self.within}
                ),
                "mandates": tuple(
                    mandate.model_copy(update=there)
                    for mandate in self.mandates
                    if mandate.project_id in {None, self.within}
                ),
            }
        )

    def roles(self, project_id: uuid.UUID | None) -> frozenset[Role]:
        """Roles that count in a project (None: only organisation-wide ones)."""
        return frozenset(
            b.role
            for b in self.bindings
            if b.project_id is None or (project_id is not None and b.project_id == project_id)
        )

    def may(self, permission: Permission, project_id: uuid.UUID | None) -> bool:
        """Whether some role held there grants the permission, or somebody has lent it."""
        return self.may_itself(permission, project_id) or (
            self.in_scope(permission)
            and permission in DELEGABLE
            and any(m.covers(project_id) for m in self.mandates)
        )

    def may_itself(self, permission: Permission, project_id: uuid.UUID | None) -> bool:
        """Whether some role held there grants the permission, whatever was lent."""
        return self.in_scope(permission) and any(
            permission in ROLE_PERMISSIONS[role] for role in self.roles(project_id)
        )

    def in_scope(self, permission: Permission) -> bool:
        """Whether the credential that was shown is good for the permission."""
        return self.scopes is None or permission in self.scopes

    def may_anywhere(self, permission: Permission) -> bool:
        """Whether the permission is held in at least one project."""
        return self.in_scope(permission) and (
            any(permission in ROLE_PERMISSIONS[b.role] for b in self.bindings)
            or (permission in DELEGABLE and bool(self.mandates))
        )

    def projects(self, permission: Permission) -> frozenset[uuid.UUID] | None:
        """Projects in which the permission is held; None means all of them."""
        if not self.in_scope(permission):
            return frozenset()
        held = [b.project_id for b in self.bindings if permission in ROLE_PERMISSIONS[b.role]]
        if permission in DELEGABLE:
            held += [m.project_id for m in self.mandates]
        if None in held:
            return None
        return frozenset(project for project in held if project is not None)
