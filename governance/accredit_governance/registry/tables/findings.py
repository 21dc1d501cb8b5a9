"""What is wrong with a model, and what people have to stand by: findings and attestations."""

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from accredit_governance.registry.column_types import UtcTime
from accredit_governance.registry.tables.base import Identified, Row

_SEVERITIES = "('low','medium','high','critical')"
_STATES = "('open','in_remediation','remediated','closed','risk_accepted')"


class AttestationRow(Identified, Row):
    """A statement about an approved version that somebody has to sign, or decline, by a day."""

    __tablename__ = "attestation"
    __table_args__ = (
        CheckConstraint("state in ('due','signed','declined','lapsed')", name="state"),
        CheckConstraint(
            "(state in ('signed','declined')) = (answered_by is not null)"
            " and (answered_by is null) = (card_digest is null)",
            name="answer",
        ),
        Index(
            "uq_attestation_due",
            "model_version_id",
            "name",
            unique=True,
            sqlite_where=text("state = 'due'"),
            postgresql_where=text("state = 'due'"),
        ),
    )

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    model_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("model_version.id"))
    policy_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("policy_version.id"))
    name: Mapped[str] = mapped_column(String(63))
    statement: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16))
    from_at: Mapped[datetime] = mapped_column(UtcTime)
    due_on: Mapped[date]
    overdue_at: Mapped[datetime | None] = mapped_column(UtcTime)
    answered_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("principal.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UtcTime)
    comment: Mapped[str | None] = mapped_column(Text)
    card_digest: Mapped[str | None] = mapped_column(String(64))
    method: Mapped[str | None] = mapped_column(String(32))
    authenticated_at: Mapped[datetime | None] = mapped_column(UtcTime)


class FindingRow(Identified, Row):
    """A deficiency of a model version, or of a whole use case, that its owner has to put right.

    The constraints hold the separation of duties even against our own code: whoever owns a finding
    or remediated it does not close it.
    """

    __tablename__ = "finding"
    __table_args__ = (
        CheckConstraint(f"state in {_STATES}", name="state"),
        CheckConstraint(f"severity in {_SEVERITIES}", name="severity"),
        CheckConstraint(
            "source in ('manual','gate','condition','audit','alert','attestation')", name="source"
        ),
        CheckConstraint(
            "state not in ('remediated','closed') or remediated_by is not null", name="remediation"
        ),
        CheckConstraint(
            "(state = 'closed') = (closed_by is not null) and (closed_by is null"
            " or (closed_by <> owner_id and closed_by <> remediated_by))",
            name="four_eyes",
        ),
        UniqueConstraint("alert_id"),
        UniqueConstraint("attestation_id"),
    )

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    use_case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("use_case.id"), index=True)
    model_version_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("model_version.id"), index=True
    )
    alert_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("alert.id"))
    attestation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("attestation.id"))
    condition_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("approval_condition.id"), index=True
    )
    source: Mapped[str] = mapped_column(String(16))
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text)
    severity: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    owner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    due_on: Mapped[date]
    opened_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    opened_at: Mapped[datetime] = mapped_column(UtcTime)
    remediated_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("principal.id"))
    closed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("principal.id"))
    overdue_for: Mapped[date | None]


class FindingStepRow(Identified, Row):
    """One step in the life of a finding, with what was said and shown at it."""

    __tablename__ = "finding_step"
    __table_args__ = (
        CheckConstraint(f"before_state in {_STATES} and after_state in {_STATES}", name="states"),
        CheckConstraint(f"severity in {_SEVERITIES}", name="severity"),
    )

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    finding_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("finding.id"), index=True)
    action: Mapped[str] = mapped_column(String(32))
    before_state: Mapped[str] = mapped_column(String(16))
    after_state: Mapped[str] = mapped_column(String(16))
    severity: Mapped[str] = mapped_column(String(16))
    said: Mapped[str] = mapped_column(Text)
    reference: Mapped[str | None] = mapped_column(Text)
    evidence_digest: Mapped[str | None] = mapped_column(String(64))
    done_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    done_at: Mapped[datetime] = mapped_column(UtcTime)


class RiskAcceptanceRow(Identified, Row):
    """Two people bear the risk of a finding until a day: one for compliance, one as owner."""

    __tablename__ = "risk_acceptance"
    __table_args__ = (
        Index(
            "uq_risk_acceptance_open",
            "finding_id",
            unique=True,
            sqlite_where=text("ended_at is null"),
            postgresql_where=text("ended_at is null"),
        ),
        CheckConstraint(
            "(confirmed_by is null) = (confirmed_role is null) and (confirmed_by is null"
            " or (confirmed_by <> proposed_by and confirmed_role <> proposed_role))",
            name="four_eyes",
        ),
        CheckConstraint(
            "proposed_role in ('compliance','owner')"
            " and (confirmed_role is null or confirmed_role in ('compliance','owner'))",
            name="roles",
        ),
        CheckConstraint(
            "(proposed_role <> 'compliance' or proposed_by <> owner_id) and (confirmed_role is null"
            " or confirmed_role <> 'compliance' or confirmed_by <> owner_id)",
            name="independent",
        ),
    )

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    finding_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("finding.id"))
    owner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    reason: Mapped[str] = mapped_column(Text)
    until_on: Mapped[date]
    proposed_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    proposed_role: Mapped[str] = mapped_column(String(32))
    proposed_at: Mapped[datetime] = mapped_column(UtcTime)
    confirmed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("principal.id"))
    confirmed_role: Mapped[str | None] = mapped_column(String(32))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
