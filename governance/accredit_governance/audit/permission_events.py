"""Facts about what overrides roles: denials, and broken glass."""

import uuid
from datetime import datetime

from accredit_governance.audit.events import Fact


class PermissionDenied(Fact):
    """Something was denied to a principal or a group, whatever their roles say."""

    action = "permission_denial.imposed"
    principal: uuid.UUID | None
    group: uuid.UUID | None
    permission: str | None
    role: str | None
    model: uuid.UUID | None
    until: datetime | None


class PermissionDenialLifted(Fact):
    """A denial ended before its time."""

    action = "permission_denial.lifted"
    principal: uuid.UUID | None
    group: uuid.UUID | None
    permission: str | None
    role: str | None


class BreakGlassRequested(Fact):
    """A person asked for a role for hours, out of turn."""

    action = "break_glass.requested"
    role: str
    model: uuid.UUID | None
    minutes: int


class BreakGlassGranted(Fact):
    """A second person lent the role."""

    action = "break_glass.granted"
    principal: uuid.UUID
    role: str
    model: uuid.UUID | None
    ends_at: datetime


class BreakGlassEnded(Fact):
    """The role is gone, or will never be lent."""

    action = "break_glass.ended"
    principal: uuid.UUID
    role: str
    cause: str
