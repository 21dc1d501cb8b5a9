"""Groups, their members, the roles bound to them, and what a directory says of people.

Going back takes the roles that were bound to groups away.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
ORGANISATION = sa.text("project_id is null")
STANDING = sa.text("dissolved_at is null")
LIVE = sa.text("removed_at is null")


def upgrade() -> None:
    _group()
    _member()
    _directory_user()
    with op.batch_alter_table("role_binding") as table:
        table.add_column(sa.Column("group_id", sa.Uuid(), nullable=True))
        table.alter_column("principal_id", existing_type=sa.Uuid(), nullable=True)
        table.create_foreign_key(
            op.f("fk_role_binding_group_id"), "principal_group", ["group_id"], ["id"]
        )
        table.create_check_constraint(
            op.f("ck_role_binding_holder"), "(principal_id is null) <> (group_id is null)"
        )
        table.create_unique_constraint(
            op.f("uq_role_binding_group_id_role_project_id"), ["group_id", "role", "project_id"]
        )
    op.create_index(
        "uq_role_binding_group_organisation",
        "role_binding",
        ["group_id", "role"],
        unique=True,
        sqlite_where=ORGANISATION,
        postgresql_where=ORGANISATION,
    )


def downgrade() -> None:
    op.execute("DELETE FROM role_binding WHERE group_id IS NOT NULL")
    op.drop_index("uq_role_binding_group_organisation", "role_binding")
    with op.batch_alter_table("role_binding") as table:
        table.drop_constraint(op.f("uq_role_binding_group_id_role_project_id"), type_="unique")
        table.drop_constraint(op.f("ck_role_binding_holder"), type_="check")
        table.drop_constraint(op.f("fk_role_binding_group_id"), type_="foreignkey")
        table.alter_column("principal_id", existing_type=sa.Uuid(), nullable=False)
        table.drop_column("group_id")
    for name in ("directory_user", "group_member", "principal_group"):
        op.drop_table(name)


def _group() -> None:
    op.create_table(
        "principal_group",
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("source", sa.String(63), nullable=False),
        sa.Column("external_id", sa.String(255), nullable=True),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("modified_at", AT, nullable=False),
        sa.Column("dissolved_at", AT, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_principal_group")),
    )
    _unique("principal_group", "uq_principal_group_name", ["name"], STANDING)
    _unique("principal_group", "uq_principal_group_external", ["source", "external_id"], STANDING)


def _member() -> None:
    op.create_table(
        "group_member",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("principal_id", sa.Uuid(), nullable=False),
        sa.Column("added_at", AT, nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        _reference("group_member", "group_id", "principal_group"),
        _reference("group_member", "principal_id", "principal"),
        _reference("group_member", "added_by", "principal"),
        sa.PrimaryKeyConstraint("principal_id", "group_id", name=op.f("pk_group_member")),
    )
    op.create_index("ix_group_member_group_id", "group_member", ["group_id"])


def _directory_user() -> None:
    op.create_table(
        "directory_user",
        sa.Column("principal_id", sa.Uuid(), nullable=False),
        sa.Column("user_name", sa.String(255), nullable=False),
        sa.Column("user_name_key", sa.String(255), nullable=False),
        sa.Column("external_id", sa.String(255), nullable=True),
        sa.Column("given_name", sa.String(200), nullable=True),
        sa.Column("family_name", sa.String(200), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("modified_at", AT, nullable=False),
        sa.Column("removed_at", AT, nullable=True),
        _reference("directory_user", "principal_id", "principal"),
        sa.PrimaryKeyConstraint("principal_id", name=op.f("pk_directory_user")),
    )
    _unique("directory_user", "uq_directory_user_user_name", ["user_name_key"], LIVE)
    _unique("directory_user", "uq_directory_user_external", ["external_id"], LIVE)


def _unique(table: str, name: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, table, columns, unique=True, sqlite_where=where, postgresql_where=where)


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))
