"""Roles on models and under conditions, who keeps a binding, denials, and broken glass.

Going back takes away the roles on models, those under conditions and those of identity providers:
there they would give more than they did.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
PROJECT = sa.text("model_id is null")
ORGANISATION = sa.text("project_id is null")
HOLDERS = {"principal_id": "", "group_id": "group_"}


def upgrade() -> None:
    for infix in HOLDERS.values():
        op.drop_index(f"uq_role_binding_{infix}organisation", "role_binding")
    with op.batch_alter_table("role_binding") as table:
        table.add_column(sa.Column("model_id", sa.Uuid(), nullable=True))
        table.add_column(sa.Column("condition", sa.String(32), nullable=True))
        table.add_column(sa.Column("source", sa.String(80), nullable=False, server_default="local"))
        table.create_foreign_key(op.f("fk_role_binding_model_id"), "model", ["model_id"], ["id"])
        table.create_check_constraint(
            op.f("ck_role_binding_place"), "model_id is null or project_id is not null"
        )
        for holder in HOLDERS:
            table.drop_constraint(op.f(f"uq_role_binding_{holder}_role_project_id"), type_="unique")
            table.create_unique_constraint(
                op.f(f"uq_role_binding_{holder}_role_model_id_source"),
                [holder, "role", "model_id", "source"],
            )
    with op.batch_alter_table("role_binding") as table:
        table.alter_column("source", existing_type=sa.String(80), server_default=None)
    for holder, infix in HOLDERS.items():
        _unique(
            f"uq_role_binding_{infix}project", [holder, "role", "project_id", "source"], PROJECT
        )
        _unique(f"uq_role_binding_{infix}organisation", [holder, "role", "source"], ORGANISATION)
    _denial()
    _break_glass()


def downgrade() -> None:
    for name in ("break_glass_request", "permission_denial"):
        op.drop_table(name)
    op.execute(
        "DELETE FROM role_binding WHERE model_id IS NOT NULL OR condition IS NOT NULL"
        " OR source <> 'local'"
    )
    for infix in HOLDERS.values():
        op.drop_index(f"uq_role_binding_{infix}project", "role_binding")
        op.drop_index(f"uq_role_binding_{infix}organisation", "role_binding")
    with op.batch_alter_table("role_binding") as table:
        for holder in HOLDERS:
            table.drop_constraint(
                op.f(f"uq_role_binding_{holder}_role_model_id_source"), type_="unique"
            )
            table.create_unique_constraint(
                op.f(f"uq_role_binding_{holder}_role_project_id"), [holder, "role", "project_id"]
            )
        table.drop_constraint(op.f("ck_role_binding_place"), type_="check")
        table.drop_constraint(op.f("fk_role_binding_model_id"), type_="foreignkey")
        for column in ("source", "condition", "model_id"):
            table.drop_column(column)
    for holder, infix in HOLDERS.items():
        _unique(f"uq_role_binding_{infix}organisation", [holder, "role"], ORGANISATION)


def _unique(name: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(
        name, "role_binding", columns, unique=True, sqlite_where=where, postgresql_where=where
    )


def _denial() -> None:
    op.create_table(
        "permission_denial",
        sa.Column("principal_id", sa.Uuid(), nullable=True),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.Column("permission", sa.String(64), nullable=True),
        sa.Column("role", sa.String(32), nullable=True),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("model_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("until", AT, nullable=True),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        _check("permission_denial", "holder", "(principal_id is null) <> (group_id is null)"),
        _check("permission_denial", "what", "(permission is null) <> (role is null)"),
        _check("permission_denial", "place", "model_id is null or project_id is not null"),
        _check("permission_denial", "ending", "(ended_at is null) = (ended_by is null)"),
        _check(
            "permission_denial",
            "other",
            "principal_id is null or ended_by is null or ended_by <> principal_id",
        ),
        _reference("permission_denial", "principal_id", "principal"),
        _reference("permission_denial", "group_id", "principal_group"),
        _reference("permission_denial", "project_id", "project"),
        _reference("permission_denial", "model_id", "model"),
        _reference("permission_denial", "created_by", "principal"),
        _reference("permission_denial", "ended_by", "principal"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_permission_denial")),
    )
    for holder in HOLDERS:
        op.create_index(f"ix_permission_denial_{holder}", "permission_denial", [holder])


def _break_glass() -> None:
    op.create_table(
        "break_glass_request",
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("model_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("asked_at", AT, nullable=False),
        sa.Column("lapses_at", AT, nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("granted_at", AT, nullable=True),
        sa.Column("method", sa.String(32), nullable=True),
        sa.Column("authenticated_at", AT, nullable=True),
        sa.Column("ends_at", AT, nullable=True),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("cause", sa.String(32), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        _check("break_glass_request", "two_people", "granted_by is null or granted_by <> asked_by"),
        _check("break_glass_request", "hours", "minutes between 1 and 240"),
        _check("break_glass_request", "place", "model_id is null or project_id is not null"),
        _check(
            "break_glass_request",
            "grant",
            "(granted_at is null) = (granted_by is null)"
            " and (granted_at is null) = (ends_at is null)"
            " and (granted_at is null) = (method is null)",
        ),
        _check("break_glass_request", "ending", "(ended_at is null) = (cause is null)"),
        _reference("break_glass_request", "asked_by", "principal"),
        _reference("break_glass_request", "project_id", "project"),
        _reference("break_glass_request", "model_id", "model"),
        _reference("break_glass_request", "granted_by", "principal"),
        _reference("break_glass_request", "ended_by", "principal"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_break_glass_request")),
    )
    op.create_index("ix_break_glass_request_asked_by", "break_glass_request", ["asked_by"])


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))
