"""Who signed what: approval requests over a subject digest, the sign-offs, what hangs on them."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from accredit_governance.registry.column_types import JsonText, UtcTime
from accredit_governance.registry.tables.base import Identified, Row


class ApprovalRequestRow(Identified, Row):
    """A version waiting for its signatures. Stages are a snapshot: no later policy moves it."""

    __tablename__ = "approval_request"
    __table_args__ = (
        CheckConstraint(
            "state in ('open','approved','rejected','changes_requested','withdrawn','lapsed')",
            name="state",
        ),
        Index(
            "uq_approval_request_open",
            "model_version_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    model_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("model_version.id"))
    card_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("card_version.id"))
    gate_evaluation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("gate_evaluation.id"))
    policy_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("policy_version.id"))
    subject: Mapped[Any] = mapped_column(JsonText)
    subject_digest: Mapped[str] = mapped_column(String(64))
    stages: Mapped[Any] = mapped_column(JsonText)
    state: Mapped[str] = mapped_column(String(32))
    trained_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    submitted_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    prepared_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)
    escalate_at: Mapped[datetime | None] = mapped_column(UtcTime)
    escalated_at: Mapped[datetime | None] = mapped_column(UtcTime)
    lapse_at: Mapped[datetime | None] = mapped_column(UtcTime)


DELEGATED = (
    "(on_behalf_of is null) = (delegation_id is null) and (on_behalf_of is null or"
    " (on_behalf_of <> signer_id and on_behalf_of <> trained_by and on_behalf_of <> submitted_by"
    " and on_behalf_of <> prepared_by))"
)


class SignOffRow(Identified, Row):
    """One person's decision in one stage, over one subject digest.

    The constraints hold the separation of duties even against our own code: one signature per
    person and request, and none by, or for, those who built, prepared or submitted the subject.
    Sign-offs of earlier releases have no meaning, method and time of authentication.
    """

    __tablename__ = "sign_off"
    __table_args__ = (
        UniqueConstraint("approval_request_id", "signer_id"),
        CheckConstraint("decision in ('approve','reject','request_changes')", name="decision"),
        CheckConstraint(
            "signer_id <> trained_by and signer_id <> submitted_by and signer_id <> prepared_by",
            name="independent",
        ),
        CheckConstraint(DELEGATED, name="delegated"),
    )

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    approval_request_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("approval_request.id"))
    stage: Mapped[str] = mapped_column(String(63))
    decision: Mapped[str] = mapped_column(String(32))
    comment: Mapped[str] = mapped_column(Text)
    subject_digest: Mapped[str] = mapped_column(String(64))
    signer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    trained_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    submitted_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    prepared_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    signed_at: Mapped[datetime] = mapped_column(UtcTime)
    delegation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("delegation.id"))
    on_behalf_of: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("principal.id"))
    meaning: Mapped[str | None] = mapped_column(Text)
    method: Mapped[str | None] = mapped_column(String(32))
    authenticated_at: Mapped[datetime | None] = mapped_column(UtcTime)


class SignOffHandRow(Row):
    """A person who had a part in a signature: its signer, or the one who was signed for.

    The key is what makes them different people across all signatures of a request.
    """

    __tablename__ = "sign_off_hand"

    approval_request_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("approval_request.id"), primary_key=True
    )
    principal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"), primary_key=True)
    sign_off_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sign_off.id"))


class SigningTicketRow(Identified, Row):
    """Proof that a person has just authenticated, good for one signature over one digest.

    Only the SHA-256 of its 256-bit secret is kept.
    """

    __tablename__ = "signing_ticket"

    principal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    subject_digest: Mapped[str] = mapped_column(String(64))
    method: Mapped[str] = mapped_column(String(32))
    authenticated_at: Mapped[datetime] = mapped_column(UtcTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)


class ApprovalCommentRow(Identified, Row):
    """What somebody said about a request; it does not change any more."""

    __tablename__ = "approval_comment"
    __table_args__ = (Index("ix_approval_comment_approval_request_id", "approval_request_id"),)

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    approval_request_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("approval_request.id"))
    author_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    text: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime] = mapped_column(UtcTime)


class ConditionRow(Identified, Row):
    """What an approval demands to be done, by whom and until when."""

    __tablename__ = "approval_condition"
    __table_args__ = (
        CheckConstraint(
            "state in ('proposed','open','met','confirmed','breached','void')", name="state"
        ),
        CheckConstraint(
            "confirmed_by is null or (met_by is not null and confirmed_by <> met_by"
            " and confirmed_by <> owner_id)",
            name="four_eyes",
        ),
        Index("ix_approval_condition_model_version_id", "model_version_id"),
        Index("ix_approval_condition_approval_request_id", "approval_request_id"),
        Index("ix_approval_condition_state_due_at", "state", "due_at"),
    )

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    model_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("model_version.id"))
    approval_request_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("approval_request.id"))
    sign_off_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sign_off.id"))
    state: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    due_at: Mapped[datetime] = mapped_column(UtcTime)
    owner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    imposed_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    evidence: Mapped[str | None] = mapped_column(Text)
    met_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("principal.id"))
    met_at: Mapped[datetime | None] = mapped_column(UtcTime)
    confirmed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("principal.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    returned: Mapped[str | None] = mapped_column(Text)
    breached_at: Mapped[datetime | None] = mapped_column(UtcTime)


class DelegationRow(Identified, Row):
    """A right to sign for a role, lent to somebody else for a time.

    Without a project it holds wherever the delegator holds the role.
    """

    __tablename__ = "delegation"
    __table_args__ = (
        CheckConstraint("delegator_id <> delegate_id", name="another_person"),
        CheckConstraint("starts_at < ends_at", name="window"),
        CheckConstraint("(revoked_by is null) = (revoked_at is null)", name="ending"),
        Index("ix_delegation_delegate_id_ends_at", "delegate_id", "ends_at"),
        Index("ix_delegation_delegator_id_ends_at", "delegator_id", "ends_at"),
    )

    delegator_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    delegate_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    role: Mapped[str] = mapped_column(String(32))
    project_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("project.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcTime)
    ends_at: Mapped[datetime] = mapped_column(UtcTime)
    reason: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcTime)
    revoked_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("principal.id"))
