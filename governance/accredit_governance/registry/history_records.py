"""Documents about a past instant: what was champion, approved and deployed then.

`is_in_force` says more than a state: the version was approved and its approval had not run out, as
every prediction checks. Each statement names the audit event that it rests on, if there is one.
"""

import uuid
from datetime import datetime

from accredit_governance.documents import Document
from accredit_governance.lifecycle.versions import VersionState


class VersionStanding(Document):
    """Where a model version stood at an instant, since when, and what came next.

    Attributes:
        to_at: The end of the stay, which is not part of it; empty while it lasts.
        valid_until: Of an approved version, how long its approval held.
    """

    as_of: datetime
    model_version_id: uuid.UUID
    number: int
    state: VersionState
    is_in_force: bool
    from_at: datetime
    to_at: datetime | None
    valid_until: datetime | None
    event_seq: int | None


class DeploymentStanding(Document):
    """Where a deployment stood at an instant. `serves`: it was active, its version in force."""

    as_of: datetime
    deployment_id: uuid.UUID
    environment: str
    model_version_id: uuid.UUID
    number: int
    state: str
    serves: bool
    from_at: datetime
    to_at: datetime | None
    event_seq: int | None


class AliasStanding(Document):
    """Which version an alias named at an instant; one that was not in force was not served."""

    alias: str
    model_version_id: uuid.UUID
    number: int
    is_in_force: bool
    from_at: datetime
    to_at: datetime | None
    event_seq: int


class EnvironmentStanding(Document):
    """What an environment held of a model at an instant: names, and active deployments."""

    environment: str
    aliases: tuple[AliasStanding, ...]
    deployments: tuple[DeploymentStanding, ...]


class ModelStanding(Document):
    """What stood of a model at an instant.

    Attributes:
        approved: Versions whose approval was in force.
        run_out: Versions that were approved, but whose approval had run out: nobody had written
            down yet that they expired, and nothing was predicted with them any more.
    """

    model_id: uuid.UUID
    model_name: str
    as_of: datetime
    environments: tuple[EnvironmentStanding, ...]
    approved: tuple[VersionStanding, ...]
    run_out: tuple[VersionStanding, ...]
