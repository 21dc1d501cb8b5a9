"""How those who sign in proceedings, for waivers and attestations had proved who they are.

Columns are added in place, as in 0008: a copy of a table would lose the triggers that keep it
append-only, and the tables that refer to it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TEXT, METHOD, AT = sa.Text(), sa.String(length=32), sa.DateTime(timezone=True)
ADDED: tuple[tuple[str, str, sa.types.TypeEngine[object]], ...] = (
    ("proceeding_sign_off", "meaning", TEXT),
    ("proceeding_sign_off", "method", METHOD),
    ("proceeding_sign_off", "authenticated_at", AT),
    ("waiver", "proposed_method", METHOD),
    ("waiver", "proposed_authenticated_at", AT),
    ("waiver", "confirmed_method", METHOD),
    ("waiver", "confirmed_authenticated_at", AT),
    ("attestation", "method", METHOD),
    ("attestation", "authenticated_at", AT),
)


def upgrade() -> None:
    for table, name, kind in ADDED:
        op.add_column(table, sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    """How signers proved who they are stays in the trail alone."""
    # Spelt out, because Alembic would copy the table on SQLite.
    for table, name, _ in reversed(ADDED):
        op.execute(f"ALTER TABLE {table} DROP COLUMN {name}")
