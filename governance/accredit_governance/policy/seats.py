"""Whether an organisation has the people that a policy wants: or nobody could ever sign.

Nobody signs twice for one model, so all stages of a tier together need as many different people.
That is a matching of people to seats; it is built by augmenting paths.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import TypeVar

from accredit_governance.policy.document import Policy, Stage

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Shortage:
    """Too few people for something that has to be signed.

    Attributes:
        what: `stage validation` or `waivers`.
        role: Role that is short of people; several when all of them together are.
        tiers: Risk tiers whose stages are short; empty when tiers play no part.
        wanted: How many different people it takes.
        there: How many there are.
    """

    what: str
    role: str
    tiers: tuple[int, ...]
    wanted: int
    there: int

    def __str__(self) -> str:
        """One sentence."""
        tier = f" of tier {', '.join(map(str, self.tiers))}" if self.tiers else ""
        wanted = f"{self.wanted} different {'person' if self.wanted == 1 else 'people'}"
        return f"{self.what}{tier}: {wanted} needed as {self.role}, {self.there} there"


def shortages(policy: Policy, holders: Mapping[str, Set[P]]) -> tuple[Shortage, ...]:
    """What could never be signed under a policy; empty when everything could be.

    Args:
        policy: The policy.
        holders: Role → active people who hold it somewhere; a role without people may be missing.
    """
    tiers: dict[Shortage, list[int]] = {}
    for tier in policy.applies_to.tiers:
        for shortage in _of_stages(policy.stages_of(tier), holders):
            tiers.setdefault(shortage, []).append(tier)
    found = [replace(shortage, tiers=tuple(short)) for shortage, short in tiers.items()]
    if policy.waivers is not None:
        found.extend(_together("waivers", policy.waivers.roles, holders))
    return tuple(found)


def _of_stages(stages: Sequence[Stage], holders: Mapping[str, Set[P]]) -> Iterator[Shortage]:
    """Stages that are short by themselves; when none is, all of them together."""
    is_short = False
    for stage in stages:
        people = holders.get(stage.role, frozenset())
        if len(people) < stage.quorum:
            is_short = True
            yield Shortage(f"stage {stage.name}", stage.role, (), stage.quorum, len(people))
    if not is_short:
        seats = [stage.role for stage in stages for _ in range(stage.quorum)]
        yield from _together("all stages", seats, holders)


def _together(what: str, seats: Sequence[str], holders: Mapping[str, Set[P]]) -> Iterator[Shortage]:
    """That the seats together take more people than there are."""
    filled = seated(seats, holders)
    if filled < len(seats):
        yield Shortage(what, " and ".join(dict.fromkeys(seats)), (), len(seats), filled)


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
