"""Who acts, with which roles where; and the decision whether they may.

The decision, in this order:

1. A closed account, or a credential whose scopes lack the permission, may nothing.
2. A denial that covers the place wins over everything below, whoever gave what.
3. A role that was bound to the person or to a group of theirs, in the organisation, the project or
   on the model, and whose condition is met.
4. A signature that another person has lent.
5. A role of broken glass, without what is never lent.
6. Nothing else: deny by default.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Self

from accredit_governance.access.conditions import CONDITIONED, Condition, Facts, is_met
from accredit_governance.access.permissions import (
    DELEGABLE,
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


_NO_ROLE = Ground(Code.NO_ROLE, allowed=False)
_INACTIVE = Ground(Code.ACCOUNT_INACTIVE, allowed=False)
_OUT_OF_SCOPE = Ground(Code.TOKEN_SCOPE, allowed=False)
_RANKS = {Code.ROLE: 0, Code.LENT: 1, Code.BREAK_GLASS: 2}


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
        return self.everywhere or bool(self.projects) or bool(self.models)


@dataclass(slots=True)
class _Rights:
    """All that bears on one permission of one actor, by the place that it is about.

    A place is a model, a project, or None for the organisation; no two of them share an identifier.
    """

    refusal: Ground | None
    granted: dict[uuid.UUID | None, list[Ground]] = field(default_factory=dict)
    denied: dict[uuid.UUID | None, Ground] = field(default_factory=dict)


class Actor(Document):
    """The principal behind a request, as authenticated.

    Attributes:
        active: whether the account is open.
        mandates: signatures that others have lent to this person; they are no roles.
        denials: what this principal may not do, whatever their roles say.
        on_behalf_of: the person whose request a system actor carries out.
        scopes: all that the credential shown is good for; None: whatever the roles say. A scope
            only ever takes away.
        token_id: the API token that was shown, if any.
        break_glass_id: the broken glass without which the act would not be possible.
        request_id: identifier of the request, for the audit trail.
    """

    id: uuid.UUID
    kind: str
    name: str
    active: bool = True
    bindings: tuple[Binding, ...] = ()
    mandates: tuple[Mandate, ...] = ()
    denials: tuple[Denial, ...] = ()
    on_behalf_of: uuid.UUID | None = None
    scopes: frozenset[Permission] | None = None
    token_id: uuid.UUID | None = None
    break_glass_id: uuid.UUID | None = None
    request_id: str | None = None

    def __copy__(self) -> Self:
        copied = super().__copy__()
        for name in ("_known", "knows_models"):  # worked out for the roles of the original
            copied.__dict__.pop(name, None)
        return copied

    def decide(
        self,
        permission: Permission,
        project_id: uuid.UUID | None,
        model_id: uuid.UUID | None = None,
        facts: Facts | None = None,
    ) -> Ground:
        """Whether a permission is held in a place, and what that rests on.

        Args:
            permission: that is asked for.
            project_id: where; None: in the organisation.
            model_id: the model of that project that the act is about, if it is about one.
            facts: what a condition asks; None: unknown, so that no condition is met.
        """
        rights = self._rights(permission)
        if rights.refusal is not None:
            return rights.refusal
        places = (None, project_id, model_id)
        if rights.denied:
            for place in places:
                if place in rights.denied:
                    return rights.denied[place]
        best = _NO_ROLE
        for place in places:
            for ground in rights.granted.get(place, ()):
                if ground.stands(project_id, model_id, facts):
                    if ground.code is Code.ROLE:
                        return ground
                    if not best.allowed or _RANKS[ground.code] < _RANKS[best.code]:
                        best = ground
                elif best is _NO_ROLE and ground.binding is not None:
                    best = replace(ground, code=Code.CONDITION, allowed=False)
        return best

    def may(
        self,
        permission: Permission,
        project_id: uuid.UUID | None,
        model_id: uuid.UUID | None = None,
        facts: Facts | None = None,
    ) -> bool:
        """Whether a permission is held in a place; arguments as for `decide`."""
        return self.decide(permission, project_id, model_id, facts).allowed

    def may_itself(
        self,
        permission: Permission,
        project_id: uuid.UUID | None,
        model_id: uuid.UUID | None = None,
    ) -> bool:
        """Whether some role of one's own grants the permission there, whatever was lent."""
        return self.decide(permission, project_id, model_id).code is Code.ROLE

    def roles(
        self, project_id: uuid.UUID | None, model_id: uuid.UUID | None = None
    ) -> frozenset[Role]:
        """Roles of one's own that count in a place and are not denied there."""
        places = {None, project_id, model_id}
        denied = {d.role for d in self.denials if (d.model_id or d.project_id) in places}
        return frozenset(
            b.role
            for b in self.bindings
            if (b.model_id or b.project_id) in places
            and b.break_glass_id is None
            and b.role not in denied
        )

    def in_scope(self, permission: Permission) -> bool:
        """Whether the credential that was shown is good for the permission."""
        return self.scopes is None or permission in self.scopes

    def may_anywhere(self, permission: Permission) -> bool:
        """Whether the permission is held somewhere, if only under a condition."""
        return bool(self.reach(permission))

    def reach(self, permission: Permission) -> Reach:
        """Where the permission is held, if only under a condition."""
        rights = self._rights(permission)
        if rights.refusal is not None or None in rights.denied:
            return Reach()
        everywhere = None in rights.granted
        projects, models = set(), {}
        for ground in (g for found in rights.granted.values() for g in found):
            held = ground.binding or ground.mandate
            if held is None or held.project_id in rights.denied or held.model_id in rights.denied:
                continue
            if held.model_id is not None:
                models[held.model_id] = held.project_id
            elif held.project_id is not None:
                projects.add(held.project_id)
        excepted = [g.denial for g in rights.denied.values() if g.denial is not None]
        return Reach(
            everywhere=everywhere,
            projects=frozenset(projects),
            models={m: p for m, p in models.items() if p not in projects},
            not_projects=frozenset(
                d.project_id for d in excepted if d.project_id is not None and d.model_id is None
            ),
            not_models=frozenset(d.model_id for d in excepted if d.model_id is not None),
        )

    def glass_behind(self, permission: Permission) -> uuid.UUID | None:
        """The broken glass without which the permission would be held nowhere."""
        codes = {g.code: g for found in self._rights(permission).granted.values() for g in found}
        if set(codes) != {Code.BREAK_GLASS}:
            return None
        binding = codes[Code.BREAK_GLASS].binding
        return None if binding is None else binding.break_glass_id

    @cached_property
    def knows_models(self) -> bool:
        """Whether anything that this actor holds is about one model rather than its project."""
        held = (*self.bindings, *self.mandates, *self.denials)
        return any(each.model_id is not None for each in held) or any(
            m.excepted for m in self.mandates
        )

    @cached_property
    def _known(self) -> dict[Permission, _Rights]:
        return {}

    def _rights(self, permission: Permission) -> _Rights:
        found = self._known.get(permission)
        if found is None:
            found = self._known[permission] = self._gather(permission)
        return found

    def _gather(self, permission: Permission) -> _Rights:
        if not self.active:
            return _Rights(_INACTIVE)
        if not self.in_scope(permission):
            return _Rights(_OUT_OF_SCOPE)
        rights = _Rights(None)
        for place, ground in self._grounds(permission):
            if ground.code is Code.DENIED:
                rights.denied.setdefault(place, ground)
            else:
                rights.granted.setdefault(place, []).append(ground)
        return rights

    def _grounds(self, permission: Permission) -> Iterator[tuple[uuid.UUID | None, Ground]]:
        for denial in self.denials:
            if denial.denies(permission):
                place = denial.model_id or denial.project_id
                yield place, Ground(Code.DENIED, allowed=False, denial=denial)
        for binding in self.bindings:
            if not binding.grants(permission):
                continue
            is_lent = binding.break_glass_id is not None
            code = Code.BREAK_GLASS if is_lent else Code.ROLE
            given = binding.condition
            condition = given if given is not None and permission in CONDITIONED[given] else None
            place = binding.model_id or binding.project_id
            yield place, Ground(code, allowed=True, binding=binding, condition=condition)
        if permission in DELEGABLE:
            for mandate in self.mandates:
                place = mandate.model_id or mandate.project_id
                yield place, Ground(Code.LENT, allowed=True, mandate=mandate)
