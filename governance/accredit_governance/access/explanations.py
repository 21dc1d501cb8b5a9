"""Why somebody may, or may not: the ground of a decision in plain English.

The answer is that of `Actor.decide` and no other, so what is explained is what happens.
"""

import uuid
from collections.abc import Iterator

from accredit_governance.access.actors import Actor
from accredit_governance.access.conditions import CONDITIONED, Condition, Facts
from accredit_governance.access.permissions import Permission, Role
from accredit_governance.access.rights import Binding, Code, Denial, Ground, Mandate
from accredit_governance.documents import Document
from accredit_governance.errors import NotAllowed

_CONDITIONS = {Condition.UNPROTECTED_ONLY: "where the environment is not protected"}


class Reason(Document):
    """One thing that bears on a decision.

    Attributes:
        sentence: the reason in plain English.
        group_id: the group through which it holds.
    """

    code: Code
    sentence: str
    role: Role | None = None
    project_id: uuid.UUID | None = None
    model_id: uuid.UUID | None = None
    group_id: uuid.UUID | None = None
    condition: Condition | None = None
    denial_id: uuid.UUID | None = None
    delegation_id: uuid.UUID | None = None
    break_glass_id: uuid.UUID | None = None


class Explanation(Document):
    """Whether a permission is held in a place, and why.

    Attributes:
        code: what decided.
        reasons: what decided first, then all else that bears on it.
    """

    permission: Permission
    project_id: uuid.UUID | None
    model_id: uuid.UUID | None
    allowed: bool
    code: Code
    reasons: tuple[Reason, ...]


def refusal(ground: Ground, permission: Permission, *, noun: str | None = None) -> NotAllowed:
    """The error that a refused decision becomes."""
    there = "" if noun is None else f" on the {noun}"
    why = {
        Code.DENIED: "which is denied to you",
        Code.TOKEN_SCOPE: "which the scopes of your token leave out",
        Code.ACCOUNT_INACTIVE: "and your account is not active",
    }.get(ground.code, f"which none of your roles{' there' if noun else ''} has")
    if ground.condition is not None:
        why = f"which you have only {_CONDITIONS[ground.condition]}"
    facts = {} if noun is None else {"noun": noun}
    return NotAllowed(
        f"this needs the permission {permission}{there}, {why}",
        permission=permission.value,
        reason=ground.code.value,
        **facts,
    )


def explain(
    actor: Actor,
    permission: Permission,
    project_id: uuid.UUID | None,
    model_id: uuid.UUID | None = None,
    *,
    facts: Facts | None = None,
    hand: str | None = None,
) -> Explanation:
    """The decision with all that bears on it.

    Args:
        actor: whose permission it is.
        permission: that is asked about.
        project_id: where; None: in the organisation.
        model_id: the model of that project, if it is about one.
        facts: what a condition asks; None: unknown.
        hand: what keeps the person from judging the subject: that they had a hand in it.
    """
    ground = actor.decide(permission, project_id, model_id, facts)
    reasons = [_told(ground)]
    allowed, code = ground.allowed, ground.code
    if allowed and hand is not None:
        allowed, code = False, Code.FOUR_EYES
        reasons.insert(0, Reason(code=code, sentence=f"Separation of duties: {hand}."))
    for other in _bearing(actor, permission, project_id, model_id):
        told = _told(other)
        if told not in reasons:
            reasons.append(told)
    return Explanation(
        permission=permission,
        project_id=project_id,
        model_id=model_id,
        allowed=allowed,
        code=code,
        reasons=tuple(reasons),
    )


def _bearing(
    actor: Actor,
    permission: Permission,
    project_id: uuid.UUID | None,
    model_id: uuid.UUID | None,
) -> Iterator[Ground]:
    """All that speaks for or against it in this place, whether it decides or not."""
    places = {None, project_id, model_id}
    for denial in actor.denials:
        if denial.denies(permission) and (denial.model_id or denial.project_id) in places:
            yield Ground(Code.DENIED, allowed=False, denial=denial)
    for binding in actor.bindings:
        if not binding.grants(permission) or (binding.model_id or binding.project_id) not in places:
            continue
        given = binding.condition
        bears = given if given is not None and permission in CONDITIONED[given] else None
        code = Code.ROLE if binding.break_glass_id is None else Code.BREAK_GLASS
        yield Ground(code, allowed=True, binding=binding, condition=bears)


def _told(ground: Ground) -> Reason:
    if ground.binding is not None:
        return _of_binding(ground, ground.binding)
    if ground.denial is not None:
        return _of_denial(ground.denial)
    if ground.mandate is not None:
        return _of_mandate(ground.mandate)
    sentences = {
        Code.ACCOUNT_INACTIVE: "The account is closed, so it may do nothing.",
        Code.TOKEN_SCOPE: "The scopes of the token that was shown leave it out.",
    }
    nothing = "No role that counts here grants it, and what nobody granted is refused."
    return Reason(code=ground.code, sentence=sentences.get(ground.code, nothing))


def _of_binding(ground: Ground, binding: Binding) -> Reason:
    through = "" if binding.group_id is None else ", through a group,"
    where = _where(binding.project_id, binding.model_id)
    sentence = f"The role {binding.role} {where}{through} grants it"
    if binding.break_glass_id is not None:
        sentence = f"Broken glass lends the role {binding.role} {where}, which grants it"
    if ground.condition is not None:
        sentence += f", but only {_CONDITIONS[ground.condition]}"
    return Reason(
        code=ground.code,
        sentence=f"{sentence}.",
        role=binding.role,
        project_id=binding.project_id,
        model_id=binding.model_id,
        group_id=binding.group_id,
        condition=ground.condition,
        break_glass_id=binding.break_glass_id,
    )


def _of_denial(denial: Denial) -> Reason:
    what = "It is" if denial.role is None else f"All that the role {denial.role} holds is"
    through = "" if denial.group_id is None else " to a group"
    where = _where(denial.project_id, denial.model_id)
    return Reason(
        code=Code.DENIED,
        sentence=f"{what} denied{through} {where}, and a denial beats every role.",
        role=denial.role,
        project_id=denial.project_id,
        model_id=denial.model_id,
        group_id=denial.group_id,
        denial_id=denial.denial_id,
    )


def _of_mandate(mandate: Mandate) -> Reason:
    return Reason(
        code=Code.LENT,
        sentence=f"Another person has lent their signature as {mandate.role}.",
        role=mandate.role,
        project_id=mandate.project_id,
        model_id=mandate.model_id,
        delegation_id=mandate.delegation_id,
    )


def _where(project_id: uuid.UUID | None, model_id: uuid.UUID | None) -> str:
    if model_id is not None:
        return "on the model"
    return "in the organisation" if project_id is None else "in the project"
