"""What a model may not do: directions and interactions of columns, demanded by the caller."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accredit_engine.errors import UnfitSettings


@dataclass(frozen=True, slots=True)
class Constraints:
    """Directions and interactions by column.

    Attributes:
        monotone: 1 when the favourable margin may only rise with the column, -1 when it may only
            fall.
        interactions: Groups of columns that may interact; columns in no group stay alone. Empty
            allows everything.
    """

    monotone: Mapping[str, int]
    interactions: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        """Refuse directions that are none.

        Raises:
            UnfitSettings: a direction is neither 1 nor -1.
        """
        for name, direction in self.monotone.items():
            if direction not in (1, -1):
                message = f"monotone gives {name!r} the direction {direction!r}; use 1 or -1"
                raise UnfitSettings(message)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is demanded."""
        return not self.monotone and not self.interactions

    @property
    def columns(self) -> frozenset[str]:
        """All columns that are named."""
        return frozenset({*self.monotone, *(name for group in self.interactions for name in group)})

    def of_entries(
        self, owners: Sequence[Sequence[str]]
    ) -> tuple[tuple[int, ...], tuple[tuple[int, ...], ...]]:
        """The same for matrix entries, each with the columns that own it."""
        if self.is_empty:
            return (), ()
        monotone = tuple(self.monotone.get(own[0], 0) if len(own) == 1 else 0 for own in owners)
        if not self.interactions:
            return (monotone if any(monotone) else ()), ()
        grouped = [
            tuple(at for at, own in enumerate(owners) if set(own) <= set(group))
            for group in self.interactions
        ]
        named = {name for group in self.interactions for name in group}
        alone = sorted({tuple(own) for own in owners if not set(own) & named})
        grouped += [
            tuple(at for at, own in enumerate(owners) if tuple(own) == single) for single in alone
        ]
        return (monotone if any(monotone) else ()), tuple(group for group in grouped if group)

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            "monotone": dict(self.monotone),
            "interactions": [list(group) for group in self.interactions],
        }
