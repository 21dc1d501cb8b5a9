"""Kept probes of gate evaluations, simulations of policies, and jobs that belong to no project."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("gate_evaluation", sa.Column("probes_digest", sa.String(length=64)))
    op.create_table(
        "policy_simulation",
        sa.Column("policy", sa.String(length=63), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("policy_digest", sa.String(length=64), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("counts", sa.Text(), nullable=True),
        sa.Column("document", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state in ('queued','finished','failed','cancelled')",
            name=op.f("ck_policy_simulation_state"),
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["principal.id"], name=op.f("fk_policy_simulation_created_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_simulation")),
    )
    with op.batch_alter_table("job") as batch_op:
        batch_op.alter_column("project_id", existing_type=sa.Uuid(), nullable=True)


def downgrade() -> None:
    """Simulations go, and what they say of kept probes stays in the audit trail alone."""
    op.execute("DELETE FROM job WHERE project_id IS NULL")
    with op.batch_alter_table("job") as batch_op:
        batch_op.alter_column("project_id", existing_type=sa.Uuid(), nullable=False)
    op.drop_table("policy_simulation")
    # Spelt out, because Alembic would copy the table, and others refer to it.
    op.execute("ALTER TABLE gate_evaluation DROP COLUMN probes_digest")
