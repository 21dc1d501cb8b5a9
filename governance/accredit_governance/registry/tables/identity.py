"""Who acts: principals, the roles bound to them, and their tokens."""

import uuid
from datetime import datetime

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


def _unique(name: str, *columns: str, where: str) -> Index:
    return Index(
        name, *columns, unique=True, sqlite_where=text(where), postgresql_where=text(where)
    )


class RoleBindingRow(Identified, Row):
    """A role given to a principal or a group on a model, in a project, or everywhere.

    Attributes:
        model_id: the model; with its project. Both empty: everywhere.
        condition: under which the role counts; empty: under none.
        source: who keeps the binding: `local` (our admins), or `provider:` and the name of the
            identity provider that said so at the last sign-in.
    """

    __tablename__ = "role_binding"
    __table_args__ = (
        CheckConstraint("(principal_id is null) <> (group_id is null)", name="holder"),
        CheckConstraint("model_id is null or project_id is not null", name="place"),
        UniqueConstraint("principal_id", "role", "model_id", "source"),
        UniqueConstraint("group_id", "role", "model_id", "source"),
        # SQL holds NULLs for distinct, so wider places need indexes of their own.
        _unique(
            "uq_role_binding_project",
            *("principal_id", "role", "project_id", "source"),
            where="model_id is null",
        ),
        _unique(
            "uq_role_binding_group_project",
            *("group_id", "role", "project_id", "source"),
            where="model_id is null",
        ),
        _unique(
            "uq_role_binding_organisation",
            *("principal_id", "role", "source"),
            where="project_id is null",
        ),
        _unique(
            "uq_role_binding_group_organisation",
            *("group_id", "role", "source"),
            where="project_id is null",
        ),
    )

    principal_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("principal.id"))
    group_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("principal_group.id"))
    role: Mapped[str] = mapped_column(String(32))
    project_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("project.id"))
    model_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("model.id"))
    condition: Mapped[str | None] = mapped_column(String(32))
    source: Mapped[str] = mapped_column(String(80), default="local")
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
