"""Names of versions in environments: known words, and where a rollback may go.

A rollback goes one step back along the assignments. From an assignment that was itself a rollback
the step is taken from the one it restored, so that nobody comes back to what was rolled back.
"""

import uuid
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from accredit_governance.documents import Document

CHAMPION: Final = "champion"
CHALLENGER: Final = "challenger"
PRODUCTION: Final = "production"
STAGING: Final = "staging"
FIRST_ENVIRONMENTS: Final[Mapping[str, bool]] = MappingProxyType({PRODUCTION: True, STAGING: False})
"""Environments of every new project, and whether they are protected."""


class Assigned(Document):
    """An assignment of an alias, as far as a rollback looks at it."""

    id: uuid.UUID
    model_version_id: uuid.UUID
    restores_id: uuid.UUID | None


def way_back(assignments: Sequence[Assigned]) -> tuple[Assigned, ...]:
    """Assignments to which an alias may go back, the nearest first.

    Args:
        assignments: all of the alias, newest first; the first one holds.
    """
    places = {assigned.id: place for place, assigned in enumerate(assignments)}

    def origin(place: int) -> int:
        while (restored := assignments[place].restores_id) is not None:
            place = places[restored]
        return place

    found = []
    place = origin(0) + 1
    while place < len(assignments):
        if assignments[place].model_version_id != assignments[0].model_version_id:
            found.append(assignments[place])
        place = origin(place) + 1
    return tuple(found)
