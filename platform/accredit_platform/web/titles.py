"""Titles of model versions, for pages that name a few of them."""

import uuid
from collections.abc import Iterable

from accredit_governance.access.actors import Actor
from accredit_governance.questions import models
from accredit_governance.registry.records import ModelVersionRecord
from accredit_platform.wiring import Services


def titles_of(
    services: Services, actor: Actor, version_ids: Iterable[uuid.UUID]
) -> dict[uuid.UUID, str]:
    """`model, version n` for each of a few versions."""
    return {
        version_id: title_of(models.version(services.database, actor, version_id))
        for version_id in set(version_ids)
    }


def title_of(version: ModelVersionRecord) -> str:
    """`model, version n`."""
    return f"{version.model_name}, version {version.number}"
