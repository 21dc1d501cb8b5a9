"""Who may use which model: requests, decisions, grants, and what of a grant is used up."""

import uuid
from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from accredit_governance.registry.column_types import UtcTime
from accredit_governance.registry.tables.base import Identified, Row


class AccessGrantRow(Identified, Row):
    """Leave for a principal to predict with a model's approved versions, for one purpose.

    `purpose` is a code of the use case, `intended_use` what was asked for in words.
    """

    __tablename__ = "access_grant"
    __table_args__ = (
        Index(
            "ix_access_grant_principal_id_model_id_environment",
            "principal_id",
            "model_id",
            "environment",
        ),
        CheckConstraint(
            "revoked_by is null or (revoked_at is not null and revocation is not null)",
            name="ending",
        ),
    )

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    model_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("model.id"))
    environment: Mapped[str] = mapped_column(String(63))
    principal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    purpose: Mapped[str] = mapped_column(String(63))
    intended_use: Mapped[str] = mapped_column(Text)
    quota_per_day: Mapped[int | None] = mapped_column(BigInteger)
    quota_total: Mapped[int | None] = mapped_column(BigInteger)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcTime)
    revoked_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("principal.id"))
    revocation: Mapped[str | None] = mapped_column(Text)
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class AccessRequestRow(Identified, Row):
    """A team asks that a principal may use a model. Granted means that there is a grant."""

    __tablename__ = "access_request"
    __table_args__ = (
        CheckConstraint(
            "state in ('requested','owner_decided','granted','declined','withdrawn','lapsed')",
            name="state",
        ),
        CheckConstraint("(state = 'granted') = (access_grant_id is not null)", name="granted"),
        CheckConstraint("quota_per_day is not null or quota_total is not null", name="quota"),
        UniqueConstraint("access_grant_id"),
    )

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    model_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("model.id"))
    environment: Mapped[str] = mapped_column(String(63))
    principal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    purpose: Mapped[str] = mapped_column(String(63))
    intended_use: Mapped[str] = mapped_column(Text)
    quota_per_day: Mapped[int | None] = mapped_column(BigInteger)
    quota_total: Mapped[int | None] = mapped_column(BigInteger)
    valid_until: Mapped[datetime] = mapped_column(UtcTime)
    renews_grant_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("access_grant.id"))
    needs_compliance: Mapped[bool]
    state: Mapped[str] = mapped_column(String(32))
    access_grant_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("access_grant.id"))
    requested_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    requested_at: Mapped[datetime] = mapped_column(UtcTime)
    lapses_at: Mapped[datetime] = mapped_column(UtcTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)


class AccessDecisionRow(Identified, Row):
    """What one person said about a request for access.

    The constraints hold the separation of duties even against our own code: one decision per
    person and stage, and none by whoever asked or is to be let in.
    """

    __tablename__ = "access_decision"
    __table_args__ = (
        UniqueConstraint("access_request_id", "stage"),
        UniqueConstraint("access_request_id", "decided_by"),
        CheckConstraint("stage in ('owner','compliance')", name="stage"),
        CheckConstraint("decision in ('grant','decline')", name="decision"),
        CheckConstraint(
            "decided_by <> requested_by and decided_by <> principal_id", name="independent"
        ),
    )

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    access_request_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("access_request.id"))
    stage: Mapped[str] = mapped_column(String(32))
    decision: Mapped[str] = mapped_column(String(32))
    comment: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    requested_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    principal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    decided_at: Mapped[datetime] = mapped_column(UtcTime)


class AccessMeterRow(Row):
    """How many predictions a grant has served in all. Whoever counts holds this row first."""

    __tablename__ = "access_meter"
    governed: ClassVar[bool] = False

    access_grant_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("access_grant.id"), primary_key=True
    )
    predictions: Mapped[int] = mapped_column(BigInteger)


class AccessUsageRow(Row):
    """How many predictions a grant has served on one day in UTC."""

    __tablename__ = "access_usage"
    governed: ClassVar[bool] = False

    access_grant_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("access_grant.id"), primary_key=True
    )
    day: Mapped[date] = mapped_column(primary_key=True)
    predictions: Mapped[int] = mapped_column(BigInteger)
