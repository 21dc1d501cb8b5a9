"""Remember of the directory's people whose account our admins closed.

Going back, such an account may be opened by the directory again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "directory_user",
        sa.Column("closed_here", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    # A closed account that the directory wants open was closed by an admin.
    op.execute(
        "UPDATE directory_user SET closed_here = true WHERE active AND principal_id IN "
        "(SELECT id FROM principal WHERE NOT active)"
    )


def downgrade() -> None:
    op.drop_column("directory_user", "closed_here")
