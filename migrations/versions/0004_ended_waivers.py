"""A waiver that has ended stays on record, and makes room for another one of the same check."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

OPEN = sa.text("ended_at is null")
ENDING = (
    "(revoked_by is null) = (revocation is null) and (revoked_by is null or ended_at is not null)"
)


def upgrade() -> None:
    with op.batch_alter_table("waiver") as waiver:
        waiver.add_column(sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
        waiver.add_column(sa.Column("revoked_by", sa.Uuid(), nullable=True))
        waiver.add_column(sa.Column("revocation", sa.Text(), nullable=True))
        waiver.create_foreign_key(op.f("fk_waiver_revoked_by"), "principal", ["revoked_by"], ["id"])
        waiver.create_check_constraint(op.f("ck_waiver_ending"), ENDING)
        waiver.drop_constraint(op.f("uq_waiver_gate_evaluation_id_check_key"), type_="unique")
    op.create_index(
        "uq_waiver_open",
        "waiver",
        ["gate_evaluation_id", "check_key"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )


def downgrade() -> None:
    """Refused while a waiver has ended: the older tables would take it for one that holds.

    Raises:
        RuntimeError: a waiver was revoked or has expired.
    """
    ended = sa.text("SELECT count(*) FROM waiver WHERE ended_at IS NOT NULL")
    if op.get_bind().execute(ended).scalar_one():
        raise RuntimeError("waivers have ended; before this revision they would hold again")
    op.drop_index("uq_waiver_open", table_name="waiver")
    with op.batch_alter_table("waiver") as waiver:
        waiver.create_unique_constraint(
            op.f("uq_waiver_gate_evaluation_id_check_key"), ["gate_evaluation_id", "check_key"]
        )
        waiver.drop_constraint(op.f("ck_waiver_ending"), type_="check")
        waiver.drop_constraint(op.f("fk_waiver_revoked_by"), type_="foreignkey")
        for column in ("revocation", "revoked_by", "ended_at"):
            waiver.drop_column(column)
