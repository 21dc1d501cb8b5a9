"""Several members of one family that answer with their mean."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from accredit_engine.families.family import FamilyName, Member

_M = TypeVar("_M", bound=Member)


@dataclass(frozen=True, slots=True)
class BagMember:
    """Members side by side, for families whose members cannot be made one.

    Attributes:
        family: Their family.
        members: At least one.
    """

    family: FamilyName
    members: tuple[Member, ...]

    def raw(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean of their raw scores (n, o), summed in their order."""
        total = self.members[0].raw(matrix).copy()
        for member in self.members[1:]:
            total += member.raw(matrix)
        mean: NDArray[np.float64] = total / len(self.members)
        return mean

    def files(self) -> dict[str, bytes]:
        """Their files below their numbers: `0/`, `1/` and so on."""
        return {
            f"{number}/{path}": content
            for number, member in enumerate(self.members)
            for path, content in member.files().items()
        }

    @classmethod
    def from_files(
        cls,
        family: FamilyName,
        files: Mapping[str, bytes],
        load: Callable[[Mapping[str, bytes]], Member],
    ) -> Self:
        """Inverse of `files`; `load` reads one of them.

        Raises:
            KeyError, ValueError: the files are no bag of this family.
        """
        count = 1 + max(int(path.split("/", 1)[0]) for path in files)
        parts: list[dict[str, bytes]] = [{} for _ in range(count)]
        for path, content in files.items():
            number, _, rest = path.partition("/")
            parts[int(number)][rest] = content
        return cls(family, tuple(load(part) for part in parts))


def is_bag(files: Mapping[str, bytes]) -> bool:
    """Whether the files are those of a bag."""
    return bool(files) and all(path.split("/", 1)[0].isdigit() for path in files)


def same_member(members: Sequence[_M]) -> _M | None:
    """The first member if all have the same files, else None."""
    first = members[0].files()
    return members[0] if all(member.files() == first for member in members[1:]) else None
