"""Comments, conditions, delegations, tickets and the meaning of signatures.

Columns are added to `sign_off` in place: a copy of the table would lose the triggers that keep it
append-only, and the tables that refer to it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ONLY_GROW = {
    "approval_comment": "id = NEW.id",
    "sign_off_hand": "approval_request_id = NEW.approval_request_id"
    " AND principal_id = NEW.principal_id",
}
DELEGATED = (
    "(on_behalf_of is null) = (delegation_id is null) and (on_behalf_of is null or"
    " (on_behalf_of <> signer_id and on_behalf_of <> trained_by and on_behalf_of <> submitted_by"
    " and on_behalf_of <> prepared_by))"
)
WAITING = ("escalate_at", "escalated_at", "lapse_at")


def upgrade() -> None:
    _create_tables()
    for name in WAITING:
        op.add_column(
            "approval_request", sa.Column(name, sa.DateTime(timezone=True), nullable=True)
        )
    op.add_column("sign_off", sa.Column("meaning", sa.Text(), nullable=True))
    op.add_column("sign_off", sa.Column("method", sa.String(length=32), nullable=True))
    op.add_column(
        "sign_off", sa.Column("authenticated_at", sa.DateTime(timezone=True), nullable=True)
    )
    _add_delegation_to_sign_off()
    op.execute(
        "INSERT INTO sign_off_hand (approval_request_id, principal_id, sign_off_id)"
        " SELECT approval_request_id, signer_id, id FROM sign_off"
    )
    _only_grow()


def _add_delegation_to_sign_off() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "ALTER TABLE sign_off ADD COLUMN delegation_id CHAR(32)"
            " CONSTRAINT fk_sign_off_delegation_id REFERENCES delegation (id)"
        )
        op.execute(
            "ALTER TABLE sign_off ADD COLUMN on_behalf_of CHAR(32)"
            " CONSTRAINT fk_sign_off_on_behalf_of REFERENCES principal (id)"
            f" CONSTRAINT ck_sign_off_delegated CHECK ({DELEGATED})"
        )
        return
    op.add_column("sign_off", sa.Column("delegation_id", sa.Uuid(), nullable=True))
    op.add_column("sign_off", sa.Column("on_behalf_of", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_sign_off_delegation_id"), "sign_off", "delegation", ["delegation_id"], ["id"]
    )
    op.create_foreign_key(
        op.f("fk_sign_off_on_behalf_of"), "sign_off", "principal", ["on_behalf_of"], ["id"]
    )
    op.create_check_constraint(op.f("ck_sign_off_delegated"), "sign_off", DELEGATED)


def _only_grow() -> None:
    """What was said and signed does not change, as in 0002."""
    for table, same in ONLY_GROW.items():
        if op.get_bind().dialect.name == "sqlite":
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} can only grow'); END"
                )
            op.execute(
                f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
                f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) "
                f"BEGIN SELECT RAISE(ABORT, '{table} can only grow'); END"
            )
        else:
            op.execute(
                f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION accredit_only_grows()"
            )
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION accredit_only_grows()"
            )


def _create_tables() -> None:
    op.create_table(
        "signing_ticket",
        sa.Column("principal_id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("subject_digest", sa.String(length=64), nullable=False),
        sa.Column("method", sa.String(length=32), nullable=False),
        sa.Column("authenticated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["principal_id"], ["principal.id"], name=op.f("fk_signing_ticket_principal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_ticket")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_signing_ticket_secret_hash")),
    )
    op.create_table(
        "delegation",
        sa.Column("delegator_id", sa.Uuid(), nullable=False),
        sa.Column("delegate_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(revoked_by is null) = (revoked_at is null)", name=op.f("ck_delegation_ending")
        ),
        sa.CheckConstraint(
            "delegator_id <> delegate_id", name=op.f("ck_delegation_another_person")
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_delegation_window")),
        sa.ForeignKeyConstraint(
            ["delegate_id"], ["principal.id"], name=op.f("fk_delegation_delegate_id")
        ),
        sa.ForeignKeyConstraint(
            ["delegator_id"], ["principal.id"], name=op.f("fk_delegation_delegator_id")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_delegation_project_id")
        ),
        sa.ForeignKeyConstraint(
            ["revoked_by"], ["principal.id"], name=op.f("fk_delegation_revoked_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
    )
    op.create_index(
        "ix_delegation_delegate_id_ends_at", "delegation", ["delegate_id", "ends_at"], unique=False
    )
    op.create_index(
        "ix_delegation_delegator_id_ends_at",
        "delegation",
        ["delegator_id", "ends_at"],
        unique=False,
    )
    op.create_table(
        "approval_comment",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("approval_request_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["approval_request_id"],
            ["approval_request.id"],
            name=op.f("fk_approval_comment_approval_request_id"),
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["principal.id"], name=op.f("fk_approval_comment_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_approval_comment_project_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_comment")),
    )
    op.create_index(
        "ix_approval_comment_approval_request_id",
        "approval_comment",
        ["approval_request_id"],
        unique=False,
    )
    op.create_table(
        "approval_condition",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("model_version_id", sa.Uuid(), nullable=False),
        sa.Column("approval_request_id", sa.Uuid(), nullable=False),
        sa.Column("sign_off_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("imposed_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("met_by", sa.Uuid(), nullable=True),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned", sa.Text(), nullable=True),
        sa.Column("breached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state in ('proposed','open','met','confirmed','breached','void')",
            name=op.f("ck_approval_condition_state"),
        ),
        sa.CheckConstraint(
            "confirmed_by is null or (met_by is not null and confirmed_by <> met_by and confirmed_by <> owner_id)",
            name=op.f("ck_approval_condition_four_eyes"),
        ),
        sa.ForeignKeyConstraint(
            ["approval_request_id"],
            ["approval_request.id"],
            name=op.f("fk_approval_condition_approval_request_id"),
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by"], ["principal.id"], name=op.f("fk_approval_condition_confirmed_by")
        ),
        sa.ForeignKeyConstraint(
            ["imposed_by"], ["principal.id"], name=op.f("fk_approval_condition_imposed_by")
        ),
        sa.ForeignKeyConstraint(
            ["met_by"], ["principal.id"], name=op.f("fk_approval_condition_met_by")
        ),
        sa.ForeignKeyConstraint(
            ["model_version_id"],
            ["model_version.id"],
            name=op.f("fk_approval_condition_model_version_id"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["principal.id"], name=op.f("fk_approval_condition_owner_id")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_approval_condition_project_id")
        ),
        sa.ForeignKeyConstraint(
            ["sign_off_id"], ["sign_off.id"], name=op.f("fk_approval_condition_sign_off_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_condition")),
    )
    op.create_index(
        "ix_approval_condition_approval_request_id",
        "approval_condition",
        ["approval_request_id"],
        unique=False,
    )
    op.create_index(
        "ix_approval_condition_model_version_id",
        "approval_condition",
        ["model_version_id"],
        unique=False,
    )
    op.create_index(
        "ix_approval_condition_state_due_at",
        "approval_condition",
        ["state", "due_at"],
        unique=False,
    )
    op.create_table(
        "sign_off_hand",
        sa.Column("approval_request_id", sa.Uuid(), nullable=False),
        sa.Column("principal_id", sa.Uuid(), nullable=False),
        sa.Column("sign_off_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["approval_request_id"],
            ["approval_request.id"],
            name=op.f("fk_sign_off_hand_approval_request_id"),
        ),
        sa.ForeignKeyConstraint(
            ["principal_id"], ["principal.id"], name=op.f("fk_sign_off_hand_principal_id")
        ),
        sa.ForeignKeyConstraint(
            ["sign_off_id"], ["sign_off.id"], name=op.f("fk_sign_off_hand_sign_off_id")
        ),
        sa.PrimaryKeyConstraint(
            "approval_request_id", "principal_id", name=op.f("pk_sign_off_hand")
        ),
    )


def downgrade() -> None:
    """What signatures meant, for whom they were made and what was said stays in the trail alone."""
    # With a table go its triggers and indexes.
    op.drop_table("sign_off_hand")
    op.drop_table("approval_condition")
    op.drop_table("approval_comment")
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_sign_off_delegated"), "sign_off", type_="check")
    # Spelt out, because Alembic would copy the table on SQLite.
    for name in ("on_behalf_of", "delegation_id", "authenticated_at", "method", "meaning"):
        op.execute(f"ALTER TABLE sign_off DROP COLUMN {name}")
    for name in reversed(WAITING):
        op.execute(f"ALTER TABLE approval_request DROP COLUMN {name}")
    op.drop_table("delegation")
    op.drop_table("signing_ticket")
