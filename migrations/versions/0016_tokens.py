"""Kinds, scopes and successors of tokens; service accounts and who answers for them.

Tokens of before had no prefix and no checksum. They end here: their holders get new ones.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
ADDED = ("kind", "prefix", "scopes", "project_id", "replaces_id", "issued_for_id")


def upgrade() -> None:
    _kinds_of_tokens()
    op.create_table(
        "token_use",
        sa.Column("token_id", sa.Uuid(), nullable=False),
        sa.Column("used_at", AT, nullable=True),
        _reference("token_use", "token_id", "api_token"),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_token_use")),
    )
    op.create_table(
        "service_account",
        sa.Column("principal_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("expires_at", AT, nullable=True),
        _reference("service_account", "principal_id", "principal"),
        _reference("service_account", "owner_id", "principal"),
        sa.PrimaryKeyConstraint("principal_id", name=op.f("pk_service_account")),
    )


def downgrade() -> None:
    for table in ("service_account", "token_use"):
        op.drop_table(table)
    with op.batch_alter_table("api_token") as table:
        for name in ("fk_api_token_project_id", "fk_api_token_replaces_id"):
            table.drop_constraint(op.f(name), type_="foreignkey")
        table.drop_constraint(op.f("fk_api_token_issued_for_id"), type_="foreignkey")
        for name in ("uq_api_token_prefix", "uq_api_token_replaces_id"):
            table.drop_constraint(op.f(name), type_="unique")
        for name in ("ck_api_token_kind", "ck_api_token_issued_for"):
            table.drop_constraint(op.f(name), type_="check")
        for name in ADDED:
            table.drop_column(name)


def _kinds_of_tokens() -> None:
    with op.batch_alter_table("api_token") as table:
        table.add_column(sa.Column("kind", sa.String(16), nullable=False, server_default="api"))
        table.add_column(sa.Column("prefix", sa.String(40), nullable=True))
        table.add_column(sa.Column("scopes", sa.Text(), nullable=True))
        for name in ("project_id", "replaces_id", "issued_for_id"):
            table.add_column(sa.Column(name, sa.Uuid(), nullable=True))
    op.execute(
        "UPDATE api_token SET prefix = 'old_' || replace(cast(id as varchar(36)), '-', ''),"
        " revoked_at = coalesce(revoked_at, CURRENT_TIMESTAMP)"
    )
    with op.batch_alter_table("api_token") as table:
        table.alter_column(
            "kind", existing_type=sa.String(16), existing_nullable=False, server_default=None
        )
        table.alter_column("prefix", existing_type=sa.String(40), nullable=False)
        table.create_unique_constraint(op.f("uq_api_token_prefix"), ["prefix"])
        table.create_unique_constraint(op.f("uq_api_token_replaces_id"), ["replaces_id"])
        table.create_foreign_key(op.f("fk_api_token_project_id"), "project", ["project_id"], ["id"])
        for name in ("replaces_id", "issued_for_id"):
            table.create_foreign_key(op.f(f"fk_api_token_{name}"), "api_token", [name], ["id"])
        table.create_check_constraint(
            op.f("ck_api_token_kind"), "kind in ('api','client_secret','access')"
        )
        table.create_check_constraint(
            op.f("ck_api_token_issued_for"), "(kind = 'access') = (issued_for_id is not null)"
        )


def _reference(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))
