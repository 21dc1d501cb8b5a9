"""Documents about access to models."""

import uuid
from datetime import date, datetime

from accredit_governance.access.permissions import Role
from accredit_governance.documents import Document
from accredit_governance.lifecycle.access import AccessDecision, AccessState
from accredit_governance.registry.records import Record


class AccessDecisionRecord(Record):
    """What one person said about a request for access."""

    stage: Role
    decision: AccessDecision
    comment: str
    decided_by: uuid.UUID
    decided_at: datetime


class AccessRequestRecord(Record):
    """A request for access.

    Attributes:
        waits_for: role of the next decision; None when there is none to come.
        lapses_at: when the request is over if nobody has decided.
    """

    id: uuid.UUID
    project_id: uuid.UUID
    model_id: uuid.UUID
    environment: str
    principal_id: uuid.UUID
    purpose: str
    intended_use: str
    quota_per_day: int | None
    quota_total: int | None
    valid_until: datetime
    renews_grant_id: uuid.UUID | None
    needs_compliance: bool
    state: AccessState
    access_grant_id: uuid.UUID | None
    requested_by: uuid.UUID
    requested_at: datetime
    lapses_at: datetime
    decided_at: datetime | None
    waits_for: Role | None
    decisions: tuple[AccessDecisionRecord, ...]


class AccessGrantRecord(Record):
    """Leave to predict with a model's approved versions in an environment.

    Attributes:
        purpose: code of the use case that a prediction has to state.
        access_request_id: empty for grants of the first release, which came without requests.
    """

    id: uuid.UUID
    project_id: uuid.UUID
    model_id: uuid.UUID
    environment: str
    principal_id: uuid.UUID
    purpose: str
    intended_use: str
    quota_per_day: int | None
    quota_total: int | None
    expires_at: datetime
    revoked_at: datetime | None
    revoked_by: uuid.UUID | None
    revocation: str | None
    created_by: uuid.UUID
    created_at: datetime
    access_request_id: uuid.UUID | None


class DayOfUse(Document):
    """Predictions of one day in UTC."""

    day: date
    predictions: int


class GrantUsage(Document):
    """What of a grant is used up.

    Attributes:
        days: days with predictions, the oldest first; at most the newest 90.
        left_today: None when there is no daily quota.
        left: None when there is no quota in all.
    """

    access_grant_id: uuid.UUID
    total: int
    today: int
    left_today: int | None
    left: int | None
    days: tuple[DayOfUse, ...]
