"""What bears on a decision: roles in places, what was lent, what is denied."""

import uuid
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from accredit_governance.access.conditions import Condition, Facts, is_met
from accredit_governance.access.permissions import (
    NEVER_LENT,
    ROLE_PERMISSIONS,
    Permission,
    Role,
)
from accredit_governance.documents import Document


class Binding(Document):
    """A role on one model, in one project, or in all of them when both are None.

    Attributes:
        project_id: with a model: the project of the model.
        condition: under which the role counts; None: under none.
        group_id: the group that the role was given to; None: the person themselves.
        break_glass_id: the request by which the role is lent for hours, if it is.
    """

    role: Role
    project_id: uuid.UUID | None = None
    model_id: uuid.UUID | None = None
    condition: Condition | None = None
    group_id: uuid.UUID | None = None
    break_glass_id: uuid.UUID | None = None

    def grants(self, permission: Permission) -> bool:
        """Whether the role grants a permission, wherever it holds."""
        if self.break_glass_id is not None and permission in NEVER_LENT:
            return False
        return permission in ROLE_PERMISSIONS[self.role]


class Mandate(Document):
    """What a delegation lends at this moment: another person's signature for a role.

    Attributes:
        project_id: where it holds; None: in all projects.
        model_id: the one model that it holds for; None: for all of the place.
        excepted: projects and models in which a denial keeps the other person from signing.
    """

    delegation_id: uuid.UUID
    delegator_id: uuid.UUID
    role: Role
    project_id: uuid.UUID | None = None
    model_id: uuid.UUID | None = None
    excepted: frozenset[uuid.UUID] = frozenset()

    def covers(self, project_id: uuid.UUID | None, model_id: uuid.UUID | None = None) -> bool:
        """Whether it holds in a project, or for a model of it."""
        if project_id in self.excepted or model_id in self.excepted:
            return False
        place = self.model_id or self.project_id
        return place is None or place in {project_id, model_id}

    def within(self, reach: "Reach") -> tuple[Self, ...]:
        """What is left of it in the places that somebody reads."""
        excepted = self.excepted | reach.not_projects | reach.not_models
        if reach.everywhere or self.project_id in reach.projects:
            places = [(self.project_id, self.model_id)]
        elif self.model_id is not None:
            places = [(self.project_id, self.model_id)] if self.model_id in reach.models else []
        elif self.project_id is not None:
            places = [(p, m) for m, p in sorted(reach.models.items()) if p == self.project_id]
        else:
            places = [(project, None) for project in sorted(reach.projects)]
            places += [(p, m) for m, p in sorted(reach.models.items())]
        return tuple(
            self.model_copy(update={"project_id": p, "model_id": m, "excepted": excepted})
            for p, m in places
        )


class Denial(Document):
    """What somebody may not do in a place, whatever roles they have.

    Attributes:
        permission: that is denied; None: all that `role` holds, and the role itself.
        group_id: the group that it was said of; None: the person themselves.
    """

    denial_id: uuid.UUID
    permission: Permission | None = None
    role: Role | None = None
    project_id: uuid.UUID | None = None
    model_id: uuid.UUID | None = None
    group_id: uuid.UUID | None = None

    def denies(self, permission: Permission) -> bool:
        """Whether it is about a permission, wherever it holds."""
        if self.role is not None:
            return permission in ROLE_PERMISSIONS[self.role]
        return self.permission is permission


class Code(StrEnum):
    """Why a decision is as it is."""

    ROLE = "role"
    LENT = "lent"
    BREAK_GLASS = "break_glass"
    ACCOUNT_INACTIVE = "account_inactive"
    TOKEN_SCOPE = "token_scope"  # noqa: S105  no secret
    DENIED = "denied"
    CONDITION = "condition"
    NO_ROLE = "no_role"
    FOUR_EYES = "four_eyes"


@dataclass(frozen=True, slots=True)
class Ground:
    """What a decision rests on."""

    code: Code
    allowed: bool
    binding: Binding | None = None
    mandate: Mandate | None = None
    denial: Denial | None = None
    condition: Condition | None = None

    def stands(
        self, project_id: uuid.UUID | None, model_id: uuid.UUID | None, facts: Facts | None
    ) -> bool:
        """Whether what was granted counts for this act."""
        if self.mandate is not None:
            return self.mandate.covers(project_id, model_id)
        return self.condition is None or is_met(self.condition, facts)


@dataclass(frozen=True, slots=True)
class Reach:
    """Where somebody holds a permission.

    Attributes:
        everywhere: in all projects, but for the exceptions.
        projects: in these, with all of their models but the exceptions.
        models: for these models in other projects, with the project of each.
        not_projects: projects in which it is denied.
        not_models: models for which it is denied.
    """

    everywhere: bool = False
    projects: frozenset[uuid.UUID] = frozenset()
    models: dict[uuid.UUID, uuid.UUID | None] = field(default_factory=dict)
    not_projects: frozenset[uuid.UUID] = frozenset()
    not_models: frozenset[uuid.UUID] = frozenset()

    def __bool__(self) -> bool:
        """Whether it is held anywhere at all."""
        return self.everywhere or bool(self.projects) or bool(self.models)
