"""Addresses of people, and how somebody proved who they are when a browser session began.

Browser sessions are no records: those that are open when this is run end, and people sign in anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("principal", sa.Column("email", sa.String(length=320), nullable=True))
    op.execute("DELETE FROM web_session")
    with op.batch_alter_table("web_session") as table:
        table.add_column(sa.Column("method", sa.String(length=32), nullable=False))
        table.add_column(sa.Column("authenticated_at", sa.DateTime(timezone=True), nullable=False))
        table.add_column(sa.Column("provider", sa.String(length=63), nullable=True))
        table.add_column(sa.Column("provider_session", sa.String(length=255), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("web_session") as table:
        for name in ("provider_session", "provider", "authenticated_at", "method"):
            table.drop_column(name)
    # Spelt out, because Alembic would copy the table on SQLite.
    op.execute("ALTER TABLE principal DROP COLUMN email")
