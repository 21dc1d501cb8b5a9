"""Who acts: principals, the roles bound to them, their tokens and browser sessions."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from accredit_governance.registry.column_types import UtcTime
from accredit_governance.registry.tables.base import Identified, Row


class PrincipalRow(Identified, Row):
    """A person, a service account or the system itself."""

    __tablename__ = "principal"
    __table_args__ = (CheckConstraint("kind in ('user','service','system')", name="kind"),)

    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(63), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(320))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class RoleBindingRow(Identified, Row):
    """A role given to a principal in one project, or everywhere when the project is empty."""

    __tablename__ = "role_binding"
    __table_args__ = (
        UniqueConstraint("principal_id", "role", "project_id"),
        # SQL holds NULLs for distinct, so organisation-wide bindings need an index of their own.
        Index(
            "uq_role_binding_organisation",
            "principal_id",
            "role",
            unique=True,
            sqlite_where=text("project_id is null"),
            postgresql_where=text("project_id is null"),
        ),
    )

    principal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    role: Mapped[str] = mapped_column(String(32))
    project_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("project.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))


class WebSessionRow(Row):
    """A browser session. The cookie holds a secret, the table its SHA-256.

    Attributes:
        method: how the person authenticated: `password`, or `oidc`.
        authenticated_at: when; with an identity provider, by the provider's own word.
        provider: name of the identity provider in the settings.
        provider_session: the provider's name for its session (`sid`), by which it may end ours.
    """

    __tablename__ = "web_session"
    governed: ClassVar[bool] = False

    secret_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    principal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    csrf_token: Mapped[str] = mapped_column(String(64))
    method: Mapped[str] = mapped_column(String(32))
    authenticated_at: Mapped[datetime] = mapped_column(UtcTime)
    provider: Mapped[str | None] = mapped_column(String(63))
    provider_session: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    seen_at: Mapped[datetime] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
