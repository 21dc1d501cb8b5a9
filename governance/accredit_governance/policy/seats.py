"""Whether an organisation has the people that a policy wants: or nobody could ever sign.

Nobody signs twice for one model, so all stages of a tier together need as many different people.
That is a matching of people to seats; it is built by augmenting paths.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TypeVar

from accredit_governance.policy.document import Policy

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Shortage:
    """Too few people for something that has to be signed.

    Attributes:
        what: `stage validation` or `waivers`.
        role: Role that is short of people; several when all of them together are.
        tier: Risk tier whose stages are short, None when tiers play no part.
        wanted: How many different people it takes.
        there: How many there are.
    """

    what: str
    role: str
    tier: int | None
    wanted: int
    there: int

    def __str__(self) -> str:
        """One sentence."""
        tier = "" if self.tier is None else f" of tier {self.tier}"
        wanted = f"{self.wanted} different {'person' if self.wanted == 1 else 'people'}"
        return f"{self.what}{tier}: {self.role} takes {wanted}, there are {self.there}"


def shortages(policy: Policy, holders: Mapping[str, Set[P]]) -> tuple[Shortage, ...]:
    """What could never be signed under a policy; empty when everything could be.

    Args:
        policy: The policy.
        holders: Role → active people who hold it somewhere; a role without people may be missing.
    """
    found: list[Shortage] = []
    for tier in policy.applies_to.tiers:
        stages = policy.stages_of(tier)
        short = [
            Shortage(f"stage {stage.name}", stage.role, tier, stage.quorum, len(people))
            for stage in stages
            if len(people := holders.get(stage.role, frozenset())) < stage.quorum
        ]
        seats = [stage.role for stage in stages for _ in range(stage.quorum)]
        found.extend(short or _together("all stages", tier, seats, holders))
    if policy.waivers is not None:
        found.extend(_together("waivers", None, policy.waivers.roles, holders))
    return tuple(found)


def _together(
    what: str, tier: int | None, seats: Sequence[str], holders: Mapping[str, Set[P]]
) -> Iterator[Shortage]:
    """That the seats together take more people than there are."""
    filled = seated(seats, holders)
    if filled < len(seats):
        yield Shortage(what, " and ".join(dict.fromkeys(seats)), tier, len(seats), filled)


def seated(seats: Sequence[str], holders: Mapping[str, Set[P]]) -> int:
    """Greatest number of seats that can be filled when everybody takes one at most.

    Args:
        seats: Role that each seat wants.
        holders: Role → people who hold it.
    """
    taken: dict[P, int] = {}

    def seat(at: int, tried: set[P]) -> bool:
        """Find somebody for a seat; who has one already may have to move."""
        for person in holders.get(seats[at], frozenset()):
            if person in tried:
                continue
            tried.add(person)
            if person not in taken or seat(taken[person], tried):
                taken[person] = at
                return True
        return False

    return sum(seat(at, set()) for at in range(len(seats)))
