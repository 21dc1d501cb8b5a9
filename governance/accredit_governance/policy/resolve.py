"""Which policy a model is judged under, and why that one.

Rules:
1. A policy applies when it is in force on the day, names the tier and the task, covers every
   jurisdiction of the model, and covers its purpose.
2. Of several versions of one policy in force, the newest applies.
3. Of several policies, one that names the purpose goes before one for any purpose; then one that
   names the jurisdictions before one for any jurisdiction.
4. A policy for any purpose never stands in for one that names this purpose and leaves the model out
   for another reason: adding a jurisdiction to a use case must not make its rules laxer.
5. No policy, or two that rules 2 and 3 cannot tell apart, is an error: never a silent choice.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import ClassVar, Final

from accredit_governance.documents import Digest, Document
from accredit_governance.errors import GovernanceError
from accredit_governance.policy.document import Policy

ANY: Final = "any"


class NoPolicyApplies(GovernanceError):
    """No policy covers the model, so nothing can be demanded and nothing approved."""

    code: ClassVar[str] = "no_policy_applies"


class PolicyAmbiguous(GovernanceError):
    """Several policies cover the model and none of them is the more specific one."""

    code: ClassVar[str] = "policy_ambiguous"


class Considered(Document):
    """One policy that was looked at, and why it was taken or left."""

    policy: str
    version: int
    policy_digest: Digest
    chosen: bool
    reasons: tuple[str, ...]


class Resolution(Document):
    """The policy that applies, and what became of every policy looked at."""

    policy: Policy
    considered: tuple[Considered, ...]


def resolve(
    policies: Sequence[Policy],
    *,
    tier: int,
    jurisdictions: Iterable[str],
    task: str,
    purpose: str,
    on: date,
) -> Resolution:
    """The one policy that applies to a model on a day.

    Args:
        policies: Every published policy version.
        tier: Risk tier of the use case, 1 to 4.
        jurisdictions: All jurisdictions of the use case, in any case of letters; at least one.
        task: `binary`, `multiclass` or `regression`.
        purpose: Domain of the use case, such as `consumer_credit`.
        on: The day of the evaluation.

    Raises:
        NoPolicyApplies: none covers the model; `facts["considered"]` says why not.
        PolicyAmbiguous: several do, equally specific.
        ValueError: `jurisdictions` is empty.
    """
    places = tuple(sorted({place.lower() for place in jurisdictions}))
    if not places:
        raise ValueError("a model has at least one jurisdiction")
    against = {
        policy.digest(): _against(policy, tier, places, task, purpose.lower(), on)
        for policy in policies
    }
    matching = [policy for policy in policies if not against[policy.digest()]]
    newest = _newest(matching, against)
    chosen = _most_specific(newest, against)
    considered = tuple(
        Considered(
            policy=policy.name,
            version=policy.version,
            policy_digest=policy.digest(),
            chosen=policy in chosen,
            reasons=tuple(against[policy.digest()])
            or (_matched(tier, places, task, purpose.lower(), on),),
        )
        for policy in policies
    )
    facts = [entry.model_dump(mode="json") for entry in considered]
    question = f"tier {tier}, {', '.join(places)}, {task}, {purpose} on {on.isoformat()}"
    if not chosen:
        raise NoPolicyApplies(f"no policy applies to {question}", considered=facts)
    _refuse_stand_in(chosen, policies, against, purpose=purpose.lower(), on=on, facts=facts)
    if len(chosen) > 1:
        names = ", ".join(f"{policy.name} version {policy.version}" for policy in chosen)
        raise PolicyAmbiguous(
            f"{len(chosen)} policies apply equally to {question}: {names}", considered=facts
        )
    return Resolution(policy=chosen[0], considered=considered)


def _against(
    policy: Policy, tier: int, places: Sequence[str], task: str, purpose: str, on: date
) -> list[str]:
    """Why a policy does not apply; empty when it does (rule 1)."""
    scope = policy.applies_to
    reasons = []
    if on < policy.effective_from:
        reasons.append(f"takes effect only on {policy.effective_from.isoformat()}")
    if policy.effective_to is not None and on > policy.effective_to:
        reasons.append(f"ended on {policy.effective_to.isoformat()}")
    if tier not in scope.tiers:
        reasons.append(f"is for tiers {', '.join(map(str, scope.tiers))}, not tier {tier}")
    if task not in scope.tasks:
        reasons.append(f"is for {', '.join(scope.tasks)} models, not {task}")
    uncovered = [place for place in places if place not in scope.jurisdictions]
    if uncovered and ANY not in scope.jurisdictions:
        reasons.append(f"does not cover jurisdiction {', '.join(uncovered)}")
    if purpose not in scope.purposes and ANY not in scope.purposes:
        reasons.append(f"is for purpose {', '.join(scope.purposes)}, not {purpose}")
    return reasons


def _matched(tier: int, places: Sequence[str], task: str, purpose: str, on: date) -> str:
    return (
        f"covers tier {tier}, {', '.join(places)}, {task} and {purpose}, "
        f"and is in force on {on.isoformat()}"
    )


def _newest(matching: Sequence[Policy], against: dict[str, list[str]]) -> list[Policy]:
    """Rule 2; says of the older ones what replaced them."""
    latest: dict[str, int] = {}
    for policy in matching:
        latest[policy.name] = max(policy.version, latest.get(policy.name, 0))
    for policy in matching:
        if policy.version < latest[policy.name]:
            against[policy.digest()].append(f"replaced by version {latest[policy.name]}")
    return [policy for policy in matching if policy.version == latest[policy.name]]


def _most_specific(candidates: Sequence[Policy], against: dict[str, list[str]]) -> list[Policy]:
    """Rule 3; says of the others what went before them."""
    if not candidates:
        return []
    best = max(_specificity(policy) for policy in candidates)
    chosen = [policy for policy in candidates if _specificity(policy) == best]
    for policy in candidates:
        if policy not in chosen:
            against[policy.digest()].append(
                f"also applies, but {chosen[0].name} names the purpose or jurisdiction itself"
            )
    return chosen


def _refuse_stand_in(
    chosen: Sequence[Policy],
    policies: Sequence[Policy],
    against: dict[str, list[str]],
    *,
    purpose: str,
    on: date,
    facts: list[dict[str, object]],
) -> None:
    """Rule 4.

    Raises:
        NoPolicyApplies: a policy in force names the purpose, and only a general one applies.
    """
    if any(purpose in policy.applies_to.purposes for policy in chosen):
        return
    for policy in policies:
        in_force = policy.effective_from <= on <= (policy.effective_to or on)
        if in_force and purpose in policy.applies_to.purposes:
            raise NoPolicyApplies(
                f"policy {policy.name} is for {purpose} but "
                f"{'; '.join(against[policy.digest()])}; a policy for any purpose does not stand "
                "in for it",
                considered=facts,
            )


def _specificity(policy: Policy) -> tuple[bool, bool]:
    scope = policy.applies_to
    return ANY not in scope.purposes, ANY not in scope.jurisdictions
