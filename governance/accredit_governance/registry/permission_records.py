"""Documents of denials and broken glass, and of what somebody may."""

import uuid
from datetime import datetime
from enum import StrEnum

from accredit_governance.access.conditions import Condition
from accredit_governance.access.permissions import Permission
from accredit_governance.documents import Digest, Document
from accredit_governance.registry.records import Record


class PermissionDenialRecord(Record):
    """What a principal or a group may not do in a place, whatever their roles say.

    Attributes:
        permission: that is denied; None: all that `role` holds, and the role itself.
        project_id: where; None: everywhere.
        until: when it ends by itself; None: never.
        standing: whether it counts now.
    """

    id: uuid.UUID
    principal_id: uuid.UUID | None
    group_id: uuid.UUID | None
    permission: str | None
    role: str | None
    project_id: uuid.UUID | None
    model_id: uuid.UUID | None
    reason: str
    created_by: uuid.UUID
    created_at: datetime
    until: datetime | None
    ended_at: datetime | None
    ended_by: uuid.UUID | None
    standing: bool


class BreakGlassState(StrEnum):
    """Where broken glass stands; time alone can move it on."""

    WAITING = "waiting"
    STANDING = "standing"
    OVER = "over"


class BreakGlassRecord(Record):
    """A role for hours, asked for by one person and granted by another one.

    Attributes:
        minutes: how long the role lasts, once granted.
        lapses_at: until when somebody may grant it.
        cause: why it is over: `withdrawn`, `refused`, `lapsed`, `ended` or `expired`.
        subject_digest: what whoever grants it signs.
    """

    id: uuid.UUID
    state: BreakGlassState
    asked_by: uuid.UUID
    role: str
    project_id: uuid.UUID | None
    model_id: uuid.UUID | None
    reason: str
    minutes: int
    asked_at: datetime
    lapses_at: datetime
    granted_by: uuid.UUID | None
    granted_at: datetime | None
    ends_at: datetime | None
    ended_at: datetime | None
    ended_by: uuid.UUID | None
    cause: str | None
    subject_digest: Digest


class HeldPermissions(Document):
    """All that somebody may in one place.

    Attributes:
        project_id: the place; None: the organisation.
        model_id: one model of the project.
        permissions: held there, without a condition.
        conditional: held there under a condition.
    """

    project_id: uuid.UUID | None
    model_id: uuid.UUID | None
    permissions: tuple[Permission, ...]
    conditional: dict[Permission, Condition]
