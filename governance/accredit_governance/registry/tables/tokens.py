"""What programs show: API tokens, and the service accounts that they act as."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from accredit_governance.registry.column_types import JsonText, UtcTime
from accredit_governance.registry.tables.base import Identified, Row


class ApiTokenRow(Identified, Row):
    """A token. Only the SHA-256 of it is kept, and the prefix that names it.

    Attributes:
        kind: `api`, `client_secret` (it gets access tokens and does nothing else) or `access`.
        scopes: names of the permissions that it is good for; None: whatever its holder may.
        project_id: the one project that it is good for.
        replaces_id: the token that this one is the successor of; a token has one at most.
        issued_for_id: the client secret that an access token was got with.
    """

    __tablename__ = "api_token"
    __table_args__ = (
        CheckConstraint("kind in ('api','client_secret','access')", name="kind"),
        CheckConstraint("(kind = 'access') = (issued_for_id is not null)", name="issued_for"),
    )

    principal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(63))
    prefix: Mapped[str] = mapped_column(String(40), unique=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[Any | None] = mapped_column(JsonText)
    project_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("project.id"))
    replaces_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("api_token.id"), unique=True)
    issued_for_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("api_token.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcTime)


class TokenUseRow(Row):
    """When a token was last seen, to the minute. No record: it may be lost."""

    __tablename__ = "token_use"
    governed: ClassVar[bool] = False

    token_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("api_token.id"), primary_key=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)


class ServiceAccountRow(Row):
    """Who answers for a program, and what it is for.

    Attributes:
        expires_at: from when on its tokens are worth nothing; None: no end.
    """

    __tablename__ = "service_account"

    principal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"), primary_key=True)
    owner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    purpose: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime | None] = mapped_column(UtcTime)
