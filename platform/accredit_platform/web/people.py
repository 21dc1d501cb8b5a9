"""People: display names for the identifiers that a page shows."""

import uuid
from collections.abc import Iterable

from accredit_governance.access.actors import Actor
from accredit_governance.questions import catalogue
from accredit_platform.wiring import Services


def names_of(
    services: Services, actor: Actor, ids: Iterable[uuid.UUID | None]
) -> dict[uuid.UUID, str]:
    """Display names by identifier; unknown people are left out."""
    wanted = frozenset(person for person in ids if person is not None)
    return catalogue.names(services.database, actor, wanted) if wanted else {}
