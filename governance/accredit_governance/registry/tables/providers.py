"""People and services as identity providers know them, and what is used once on the way."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from accredit_governance.registry.column_types import UtcTime
from accredit_governance.registry.tables.base import Identified, Row


class ExternalIdentityRow(Identified, Row):
    """Who a subject of an identity provider is here.

    The subject alone says nothing: two providers may give the same one to different people.
    """

    __tablename__ = "external_identity"
    __table_args__ = (
        UniqueConstraint("issuer", "subject"),
        Index("ix_external_identity_principal_id", "principal_id"),
    )

    principal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    issuer: Mapped[str] = mapped_column(String(500))
    subject: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))


class ProviderRequestRow(Row):
    """A request to a provider that somebody is away for. It is answered once.

    State and browser secret are kept as SHA-256 only; nonce and PKCE verifier are derived from the
    browser's secret, so nothing in this table lets anybody in.

    Attributes:
        purpose: `sign_in`, or `sign` when somebody shows who they are before a signature.
        principal_id: who signs.
        subject_digest: what they sign.
        back: local path to go to afterwards.
    """

    __tablename__ = "provider_request"
    governed: ClassVar[bool] = False

    state_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    browser_hash: Mapped[str] = mapped_column(String(64))
    provider: Mapped[str] = mapped_column(String(63))
    purpose: Mapped[str] = mapped_column(String(16))
    principal_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("principal.id"))
    subject_digest: Mapped[str | None] = mapped_column(String(64))
    back: Mapped[str] = mapped_column(String(2000))
    created_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)


class ProviderSessionRow(Identified, Row):
    """What a provider wants to be shown when somebody signs out there as well."""

    __tablename__ = "provider_session"
    __table_args__ = (Index("ix_provider_session_principal_id", "principal_id"),)
    governed: ClassVar[bool] = False

    principal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    provider: Mapped[str] = mapped_column(String(63))
    provider_session: Mapped[str | None] = mapped_column(String(255))
    id_token: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class UsedProofRow(Row):
    """Something a provider says once, such as a logout token; kept until it is out of date."""

    __tablename__ = "used_proof"
    governed: ClassVar[bool] = False

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
