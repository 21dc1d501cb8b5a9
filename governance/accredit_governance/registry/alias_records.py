"""Documents about environments and aliases."""

import uuid
from datetime import datetime

from accredit_governance.documents import Document
from accredit_governance.registry.aftercare_records import ProceedingRecord
from accredit_governance.registry.records import Record
from accredit_governance.registry.terms import Text


class EnvironmentRecord(Record):
    """A place of a project in which versions serve."""

    id: uuid.UUID
    project_id: uuid.UUID
    name: str
    protected: bool
    created_by: uuid.UUID
    created_at: datetime


class AliasAssignmentRecord(Record):
    """A version went by an alias from `from_at` until just before `to_at`; without it, it does.

    Attributes:
        set_by: who asked for it. Who signed it is told by `change_request_id`.
        restores_id: the earlier assignment that a rollback went back to.
    """

    id: uuid.UUID
    project_id: uuid.UUID
    model_id: uuid.UUID
    environment: str
    alias: str
    model_version_id: uuid.UUID
    version_number: int
    from_at: datetime
    to_at: datetime | None
    set_by: uuid.UUID
    reason: str
    change_request_id: uuid.UUID | None
    restores_id: uuid.UUID | None


class AliasRecord(Document):
    """What an alias stands for at this moment.

    Attributes:
        assignment: the one that holds, if there is one.
        model_version_id: what the alias resolves to; empty when that could not serve.
        why_not: why it resolves to nothing.
    """

    model_id: uuid.UUID
    environment: str
    alias: str
    assignment: AliasAssignmentRecord | None
    model_version_id: uuid.UUID | None
    why_not: str | None


class AliasMove(Document):
    """A move of an alias as it is signed: where, from which version, and why.

    Attributes:
        replaces: the version that has the name now, if one has; `replaces_version` is its number.
    """

    environment: str
    alias: str
    replaces: uuid.UUID | None
    replaces_version: int | None
    reason: Text


class AliasChangeRecord(Document):
    """What came of the wish to move an alias: it was moved, or waits for a signature."""

    assignment: AliasAssignmentRecord | None
    proceeding: ProceedingRecord | None
