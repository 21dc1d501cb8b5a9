"""Browser sessions, and the links by which somebody sets a first or a new password."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from accredit_governance.registry.column_types import UtcTime
from accredit_governance.registry.tables.base import Identified, Row


class WebSessionRow(Identified, Row):
    """A browser session. The cookie holds a secret that changes; the table holds SHA-256s.

    Attributes:
        family_hash: of the beginning of the secret, which stays the same while the rest changes.
        secret_hash: of the secret that the browser showed last.
        offered_hash: of the secret that the browser was sent to show from now on.
        previous_hash: of the secret before, which requests on their way may still show.
        method: how the person authenticated: `password`, or `oidc`.
        authenticated_at: when; with an identity provider, by the provider's own word.
        provider: name of the identity provider in the settings.
        provider_session: the provider's name for its session (`sid`), by which it may end ours.
        address: where the last request came from.
        browser: a short name of the browser, for the person's own list.
        ending: why it ended before its time.
        told_at: when the person was told that it had been stolen.
    """

    __tablename__ = "web_session"
    __table_args__ = (Index("ix_web_session_principal_id", "principal_id"),)
    governed: ClassVar[bool] = False

    family_hash: Mapped[str] = mapped_column(String(64), unique=True)
    secret_hash: Mapped[str] = mapped_column(String(64))
    offered_hash: Mapped[str | None] = mapped_column(String(64))
    previous_hash: Mapped[str | None] = mapped_column(String(64))
    offered_at: Mapped[datetime | None] = mapped_column(UtcTime)
    rotated_at: Mapped[datetime] = mapped_column(UtcTime)
    principal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    csrf_token: Mapped[str] = mapped_column(String(64))
    method: Mapped[str] = mapped_column(String(32))
    authenticated_at: Mapped[datetime] = mapped_column(UtcTime)
    provider: Mapped[str | None] = mapped_column(String(63))
    provider_session: Mapped[str | None] = mapped_column(String(255))
    address: Mapped[str | None] = mapped_column(String(45))
    browser: Mapped[str | None] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    seen_at: Mapped[datetime] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ending: Mapped[str | None] = mapped_column(String(32))
    told_at: Mapped[datetime | None] = mapped_column(UtcTime)


class OneTimeLinkRow(Identified, Row):
    """A link that works once. Its address holds a secret, the table its SHA-256.

    Attributes:
        principal_id: whose password it sets; None: it makes the first admin.
        withdrawn_at: when a younger link took its place.
    """

    __tablename__ = "one_time_link"
    __table_args__ = (
        CheckConstraint("kind in ('first_admin','password')", name="kind"),
        CheckConstraint("(kind = 'first_admin') = (principal_id is null)", name="principal"),
    )

    kind: Mapped[str] = mapped_column(String(16))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    principal_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("principal.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcTime)
