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
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

from pydantic import Field

from accredit_governance.access.conditions import CONDITIONED, Facts
from accredit_governance.access.permissions import DELEGABLE, Permission, Role
from accredit_governance.access.rights import Binding, Code, Denial, Ground, Mandate, Reach
from accredit_governance.documents import Document

_NO_ROLE = Ground(Code.NO_ROLE, allowed=False)
_INACTIVE = Ground(Code.ACCOUNT_INACTIVE, allowed=False)
_OUT_OF_SCOPE = Ground(Code.TOKEN_SCOPE, allowed=False)
_RIGHTS = frozenset({"active", "bindings", "mandates", "denials", "scopes"})
_LENT = (Code.LENT, Code.BREAK_GLASS)


@dataclass(slots=True)
class _Rights:
    """All that bears on one permission of one actor, by the place that it is about.

    A place is a model, a project, or None for the organisation; no two of them share an identifier.
    """

    refusal: Ground | None
    granted: dict[uuid.UUID | None, list[Ground]] = field(default_factory=dict)
    denied: dict[uuid.UUID | None, Ground] = field(default_factory=dict)

    def best(
        self, project_id: uuid.UUID | None, model_id: uuid.UUID | None, facts: Facts | None
    ) -> Ground:
        """What was granted for an act, the person's own roles first."""
        standing: dict[Code, Ground] = {}
        unmet = _NO_ROLE
        for place in (None, project_id, model_id):
            for ground in self.granted.get(place, ()):
                if ground.stands(project_id, model_id, facts):
                    if ground.code is Code.ROLE:
                        return ground
                    standing.setdefault(ground.code, ground)
                elif ground.condition is not None:
                    unmet = replace(ground, code=Code.CONDITION, allowed=False)
        return next((standing[code] for code in _LENT if code in standing), unmet)


class Actor(Document):
    """The principal behind a request, as authenticated.

    Attributes:
        active: whether the account is open.
        mandates: signatures that others have lent to this person; they are no roles.
        denials: what this principal may not do, whatever their roles say.
        on_behalf_of: the person whose request a system actor carries out.
        scopes: all that the credential shown is good for; None: whatever the roles say. A scope
            only ever takes away.
        within: the one project that the credential is good for, if it is bound to one.
        token_id: the API token that was shown, if any.
        break_glass_id: the broken glass without which the act would not be possible.
        request_id: identifier of the request, for the audit trail; it is no part of who one is,
            and of no answer.
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
    within: uuid.UUID | None = None
    token_id: uuid.UUID | None = None
    break_glass_id: uuid.UUID | None = None
    request_id: str | None = Field(default=None, exclude=True)

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

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy; with other rights it works out anew what they are worth."""
        copied = super().model_copy(update=update, deep=deep)
        if update is not None and not _RIGHTS.isdisjoint(update):
            for name in ("_known", "knows_models"):
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
        if rights.denied:
            for place in (None, project_id, model_id):
                if place in rights.denied:
                    return rights.denied[place]
        return rights.best(project_id, model_id, facts)

    def decide_throughout(self, permission: Permission) -> Ground:
        """Whether a permission is held in the whole organisation and denied nowhere in it.

        For acts that span all projects: one denial in one of them bars them.
        """
        rights = self._rights(permission)
        if rights.refusal is None and rights.denied:
            return next(iter(rights.denied.values()))
        return self.decide(permission, None)

    def may_throughout(self, permission: Permission) -> bool:
        """Whether a permission is held in all projects, with all of their models."""
        return self.decide_throughout(permission).allowed

    def may(
        self,
        permission: Permission,
        project_id: uuid.UUID | None,
        model_id: uuid.UUID | None = None,
        facts: Facts | None = None,
    ) -> bool:
        """Whether a permission is held in a place; arguments as for `decide`."""
        return self.decide(permission, project_id, model_id, facts).allowed

    def might(
        self,
        permission: Permission,
        project_id: uuid.UUID | None,
        model_id: uuid.UUID | None = None,
    ) -> bool:
        """Whether a permission is held in a place, if only under a condition."""
        ground = self.decide(permission, project_id, model_id)
        return ground.allowed or ground.code is Code.CONDITION

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

    def why_nowhere(self, permission: Permission) -> Ground:
        """What a refusal rests on where the permission is held nowhere."""
        rights = self._rights(permission)
        if rights.refusal is not None:
            return rights.refusal
        return next(iter(rights.denied.values()), _NO_ROLE) if rights.granted else _NO_ROLE

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
        if everywhere:
            projects, models = set(), {}
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

    def reach_of(self, role: Role) -> Reach:
        """Where a role of one's own is held, whatever is denied."""
        own = [b for b in self.bindings if b.role is role and b.break_glass_id is None]
        return Reach(
            everywhere=any(b.project_id is None for b in own),
            projects=frozenset(
                b.project_id for b in own if b.project_id is not None and b.model_id is None
            ),
            models={b.model_id: b.project_id for b in own if b.model_id is not None},
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
        rights: tuple[Binding | Mandate | Denial, ...] = (
            *self.bindings,
            *self.mandates,
            *self.denials,
        )
        return any(right.model_id is not None for right in rights) or any(
            mandate.excepted for mandate in self.mandates
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
