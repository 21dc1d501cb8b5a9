"""Which policy a model is judged under, and why that one.

Rules:
1. A policy applies when it is in force on the day, names the tier and the task, covers every
   jurisdiction of the model, and covers its purpose.
2. Of several versions of one policy, the newest that has taken effect replaces the older ones,
   also where it has ended or covers less: dropping a tier must not bring old rules back.
3. Of several policies, one that names the purpose goes before one for any purpose; then one that
   names the jurisdictions before one for any jurisdiction; then the narrowest, which names the
   fewest jurisdictions beyond those of the model.
4. A policy for any purpose never stands in for one that names this purpose and leaves the model out
   for another reason: adding a jurisdiction to a use case must not make its rules laxer.
5. No policy, or two that rules 2 and 3 cannot tell apart, is an error: never a silent choice.

The order in which the policies are given plays no part.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from accredit_governance.documents import Digest, Document
from accredit_governance.errors import GovernanceError
from accredit_governance.policy.document import ANY, Policy


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


@dataclass(frozen=True, slots=True)
class Facts:
    """What a model is, as far as policies care.

    Attributes:
        tier: Risk tier of the use case, 1 to 4.
        jurisdictions: All jurisdictions of the use case, in any case of letters; at least one.
        task: `binary`, `multiclass` or `regression`.
        purpose: Domain of the use case, such as `consumer_credit`.
        on: The day of the evaluation.

    Raises:
        ValueError: `jurisdictions` is empty.
    """

    tier: int
    jurisdictions: Iterable[str]
    task: str
    purpose: str
    on: date
    places: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        """Write names the way policies do."""
        object.__setattr__(self, "places", frozenset(place.lower() for place in self.jurisdictions))
        object.__setattr__(self, "purpose", self.purpose.lower())
        if not self.places:
            raise ValueError("a model has at least one jurisdiction")

    def __str__(self) -> str:
        """In words."""
        places = ", ".join(sorted(self.places))
        return f"tier {self.tier}, {places}, {self.task}, {self.purpose} on {self.on.isoformat()}"


def reasons_against(policy: Policy, facts: Facts) -> tuple[str, ...]:
    """Why a policy does not apply to a model; empty when it does (rule 1)."""
    scope, on = policy.applies_to, facts.on
    reasons = []
    if on < policy.effective_from:
        reasons.append(f"takes effect only on {policy.effective_from.isoformat()}")
    if policy.effective_to is not None and on > policy.effective_to:
        reasons.append(f"ended on {policy.effective_to.isoformat()}")
    if facts.tier not in scope.tiers:
        reasons.append(f"is for tiers {', '.join(map(str, scope.tiers))}, not tier {facts.tier}")
    if facts.task not in scope.tasks:
        reasons.append(f"is for {', '.join(scope.tasks)} models, not {facts.task}")
    uncovered = sorted(facts.places - set(scope.jurisdictions))
    if uncovered and ANY not in scope.jurisdictions:
        reasons.append(f"does not cover jurisdiction {', '.join(uncovered)}")
    if facts.purpose not in scope.purposes and ANY not in scope.purposes:
        reasons.append(f"is for purpose {', '.join(scope.purposes)}, not {facts.purpose}")
    return tuple(reasons)


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
        tier: See `Facts`, as the others.
        jurisdictions: At least one.
        task: Of the model.
        purpose: Of the use case.
        on: The day of the evaluation.

    Raises:
        NoPolicyApplies: none covers the model; `facts["considered"]` says why not.
        PolicyAmbiguous: several do, equally specific.
        ValueError: `jurisdictions` is empty.
    """
    facts = Facts(tier, jurisdictions, task, purpose, on)
    candidates = [_Candidate(policy, list(reasons_against(policy, facts))) for policy in policies]
    _leave_older(candidates, facts)
    _leave_general(candidates, facts)
    _refuse_stand_in(candidates, facts)
    chosen = [candidate.policy for candidate in candidates if candidate.applies]
    if not chosen:
        raise NoPolicyApplies(f"no policy applies to {facts}", considered=_told(candidates, facts))
    if len(chosen) > 1:
        names = ", ".join(sorted(f"{policy.name} version {policy.version}" for policy in chosen))
        raise PolicyAmbiguous(
            f"{len(chosen)} policies apply equally to {facts}: {names}",
            considered=_told(candidates, facts),
        )
    return Resolution(policy=chosen[0], considered=_considered(candidates, facts))


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A policy, and what was found against it so far."""

    policy: Policy
    against: list[str]

    @property
    def applies(self) -> bool:
        return not self.against


def _leave_older(candidates: Sequence[_Candidate], facts: Facts) -> None:
    """Rule 2; says of the older ones what replaced them."""
    latest: dict[str, int] = {}
    for candidate in candidates:
        name, version = candidate.policy.name, candidate.policy.version
        if candidate.policy.effective_from <= facts.on:
            latest[name] = max(version, latest.get(name, version))
    for candidate in candidates:
        newest = latest.get(candidate.policy.name, candidate.policy.version)
        if candidate.policy.version < newest:
            candidate.against.append(f"replaced by version {newest}")


def _leave_general(candidates: Sequence[_Candidate], facts: Facts) -> None:
    """Rule 3; says of the others what went before them, and by which step."""
    for step, detail in _STEPS:
        matching = [candidate for candidate in candidates if candidate.applies]
        if not matching:
            return
        best = min(step(candidate.policy, facts) for candidate in matching)
        taken = sorted(c.policy.name for c in matching if step(c.policy, facts) == best)
        for candidate in matching:
            if step(candidate.policy, facts) > best:
                candidate.against.append(f"also applies, but {' and '.join(taken)} {detail}")


def _any_purpose(policy: Policy, _: Facts) -> int:
    return int(ANY in policy.applies_to.purposes)


def _any_place(policy: Policy, _: Facts) -> int:
    return int(ANY in policy.applies_to.jurisdictions)


def _places_beyond(policy: Policy, facts: Facts) -> int:
    return len(set(policy.applies_to.jurisdictions) - facts.places - {ANY})


_STEPS = (
    (_any_purpose, "names the purpose itself"),
    (_any_place, "names the jurisdictions itself"),
    (_places_beyond, "is narrower: it names fewer other jurisdictions"),
)
"""The steps of rule 3: the lower the number, the more specific the policy."""


def _refuse_stand_in(candidates: Sequence[_Candidate], facts: Facts) -> None:
    """Rule 4.

    Raises:
        NoPolicyApplies: a policy in force names the purpose, and only a general one applies.
    """
    general = [candidate for candidate in candidates if candidate.applies]
    if not general or any(facts.purpose in c.policy.applies_to.purposes for c in general):
        return
    named = [
        candidate
        for candidate in candidates
        if facts.purpose in candidate.policy.applies_to.purposes
        and candidate.policy.effective_from <= facts.on
        and (candidate.policy.effective_to is None or facts.on <= candidate.policy.effective_to)
    ]
    if not named:
        return
    first = min(named, key=lambda candidate: (candidate.policy.name, -candidate.policy.version))
    for candidate in general:
        candidate.against.append(
            f"is for any purpose, and does not stand in for {first.policy.name}, which is for "
            f"{facts.purpose}"
        )
    raise NoPolicyApplies(
        f"policy {first.policy.name} is for {facts.purpose} but {'; '.join(first.against)}; a "
        "policy for any purpose does not stand in for it",
        considered=_told(candidates, facts),
    )


def _considered(candidates: Sequence[_Candidate], facts: Facts) -> tuple[Considered, ...]:
    places = ", ".join(sorted(facts.places))
    matched = (
        f"covers tier {facts.tier}, {places}, {facts.task} and {facts.purpose}, "
        f"and is in force on {facts.on.isoformat()}"
    )
    return tuple(
        Considered(
            policy=candidate.policy.name,
            version=candidate.policy.version,
            policy_digest=candidate.policy.digest(),
            chosen=candidate.applies,
            reasons=tuple(candidate.against) or (matched,),
        )
        for candidate in candidates
    )


def _told(candidates: Sequence[_Candidate], facts: Facts) -> list[dict[str, object]]:
    return [entry.model_dump(mode="json") for entry in _considered(candidates, facts)]
