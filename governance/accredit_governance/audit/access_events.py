"""Facts about access to models: asked for, decided, given, ended."""

import uuid
from datetime import datetime

from accredit_governance.audit.events import Fact


class AccessRequested(Fact):
    """Somebody asked that a principal may predict with the approved versions of a model."""

    action = "access_request.opened"
    model: uuid.UUID
    environment: str
    principal: uuid.UUID
    purpose_code: str
    quota_per_day: int | None
    quota_total: int | None
    valid_until: datetime
    needs_compliance: bool
    renews: uuid.UUID | None


class AccessDecided(Fact):
    """One of those who decide said yes or no."""

    action = "access_request.decided"
    stage: str
    decision: str
    state: str


class AccessWithdrawn(Fact):
    """Whoever asked for access took the request back."""

    action = "access_request.withdrawn"


class AccessLapsed(Fact):
    """Nobody decided in time. Silence never grants."""

    action = "access_request.lapsed"


class AccessGranted(Fact):
    """A principal may predict with a model's approved versions in an environment."""

    action = "access_grant.given"
    access_request: uuid.UUID
    model: uuid.UUID
    environment: str
    principal: uuid.UUID
    purpose_code: str
    expires_at: datetime


class AccessRevoked(Fact):
    """A grant ended early."""

    action = "access_grant.revoked"
    model: uuid.UUID
    environment: str
    principal: uuid.UUID
    reason: str
