"""Browser sessions whose secret changes, with address and end; links for first and new passwords.

Browser sessions are no records: those that are open when this is run end, and people sign in anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_COMMON = (
    ("principal_id", sa.Uuid(), False),
    ("csrf_token", sa.String(length=64), False),
    ("method", sa.String(length=32), False),
    ("authenticated_at", sa.DateTime(timezone=True), False),
    ("provider", sa.String(length=63), True),
    ("provider_session", sa.String(length=255), True),
    ("created_at", sa.DateTime(timezone=True), False),
    ("seen_at", sa.DateTime(timezone=True), False),
    ("ended_at", sa.DateTime(timezone=True), True),
)
_NEW = (
    ("id", sa.Uuid(), False),
    ("family_hash", sa.String(length=64), False),
    ("offered_hash", sa.String(length=64), True),
    ("previous_hash", sa.String(length=64), True),
    ("offered_at", sa.DateTime(timezone=True), True),
    ("rotated_at", sa.DateTime(timezone=True), False),
    ("address", sa.String(length=45), True),
    ("browser", sa.String(length=80), True),
    ("ending", sa.String(length=32), True),
    ("told_at", sa.DateTime(timezone=True), True),
)


def _columns(*named: tuple[str, sa.types.TypeEngine[object], bool]) -> list[sa.Column[object]]:
    return [sa.Column(name, kind, nullable=nullable) for name, kind, nullable in named]


def upgrade() -> None:
    op.drop_table("web_session")
    op.create_table(
        "web_session",
        *_columns(*_NEW, ("secret_hash", sa.String(length=64), False), *_COMMON),
        sa.ForeignKeyConstraint(
            ["principal_id"], ["principal.id"], name=op.f("fk_web_session_principal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_session")),
        sa.UniqueConstraint("family_hash", name=op.f("uq_web_session_family_hash")),
    )
    op.create_index("ix_web_session_principal_id", "web_session", ["principal_id"])
    op.create_table(
        "one_time_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("principal_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind in ('first_admin','password')", name=op.f("ck_one_time_link_kind")
        ),
        sa.CheckConstraint(
            "(kind = 'first_admin') = (principal_id is null)",
            name=op.f("ck_one_time_link_principal"),
        ),
        sa.ForeignKeyConstraint(
            ["principal_id"], ["principal.id"], name=op.f("fk_one_time_link_principal_id")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["principal.id"], name=op.f("fk_one_time_link_created_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_link")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_one_time_link_secret_hash")),
    )


def downgrade() -> None:
    op.drop_table("one_time_link")
    op.drop_table("web_session")
    op.create_table(
        "web_session",
        *_columns(("secret_hash", sa.String(length=64), False), *_COMMON),
        sa.ForeignKeyConstraint(
            ["principal_id"], ["principal.id"], name=op.f("fk_web_session_principal_id")
        ),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_web_session")),
    )
