"""Reinstatements, retirements, purges, legal holds and change plans.

The signatures in proceedings can only grow, as those under approval requests.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SIGNATURES = "proceeding_sign_off"
REPLACED = (
    "id = NEW.id OR (proceeding_id = NEW.proceeding_id"
    " AND (signer_id = NEW.signer_id OR role = NEW.role))"
)


def upgrade() -> None:
    op.create_table(
        "legal_hold",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("model_id", sa.Uuid(), nullable=True),
        sa.Column("model_version_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.Uuid(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_by", sa.Uuid(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifting_reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(lifted_by is null) = (lifted_at is null) and (lifted_by is null) = (lifting_reason is null)",
            name=op.f("ck_legal_hold_lifting"),
        ),
        sa.CheckConstraint(
            "lifted_by is null or lifted_by <> placed_by", name=op.f("ck_legal_hold_four_eyes")
        ),
        sa.CheckConstraint(
            "model_id is null or model_version_id is null", name=op.f("ck_legal_hold_one_target")
        ),
        sa.ForeignKeyConstraint(
            ["lifted_by"], ["principal.id"], name=op.f("fk_legal_hold_lifted_by")
        ),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name=op.f("fk_legal_hold_model_id")),
        sa.ForeignKeyConstraint(
            ["model_version_id"], ["model_version.id"], name=op.f("fk_legal_hold_model_version_id")
        ),
        sa.ForeignKeyConstraint(
            ["placed_by"], ["principal.id"], name=op.f("fk_legal_hold_placed_by")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_legal_hold_project_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    op.create_index(op.f("ix_legal_hold_project_id"), "legal_hold", ["project_id"], unique=False)
    op.create_table(
        "proceeding",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("model_version_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("trained_by", sa.Uuid(), nullable=False),
        sa.Column("submitted_by", sa.Uuid(), nullable=False),
        sa.Column("prepared_by", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind in ('reinstatement','retirement','purge','change_plan')",
            name=op.f("ck_proceeding_kind"),
        ),
        sa.CheckConstraint(
            "state in ('open','done','rejected','withdrawn','lapsed')",
            name=op.f("ck_proceeding_state"),
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["principal.id"], name=op.f("fk_proceeding_asked_by")
        ),
        sa.ForeignKeyConstraint(
            ["model_version_id"], ["model_version.id"], name=op.f("fk_proceeding_model_version_id")
        ),
        sa.ForeignKeyConstraint(
            ["prepared_by"], ["principal.id"], name=op.f("fk_proceeding_prepared_by")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_proceeding_project_id")
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by"], ["principal.id"], name=op.f("fk_proceeding_submitted_by")
        ),
        sa.ForeignKeyConstraint(
            ["trained_by"], ["principal.id"], name=op.f("fk_proceeding_trained_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proceeding")),
    )
    op.create_index(
        "uq_proceeding_open",
        "proceeding",
        ["model_version_id", "kind"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "recertification",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("model_version_id", sa.Uuid(), nullable=False),
        sa.Column("dataset_version_id", sa.Uuid(), nullable=True),
        sa.Column("policy_version_id", sa.Uuid(), nullable=False),
        sa.Column("submitted_before_by", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["principal.id"], name=op.f("fk_recertification_asked_by")
        ),
        sa.ForeignKeyConstraint(
            ["dataset_version_id"],
            ["dataset_version.id"],
            name=op.f("fk_recertification_dataset_version_id"),
        ),
        sa.ForeignKeyConstraint(
            ["model_version_id"],
            ["model_version.id"],
            name=op.f("fk_recertification_model_version_id"),
        ),
        sa.ForeignKeyConstraint(
            ["policy_version_id"],
            ["policy_version.id"],
            name=op.f("fk_recertification_policy_version_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_recertification_project_id")
        ),
        sa.ForeignKeyConstraint(
            ["submitted_before_by"],
            ["principal.id"],
            name=op.f("fk_recertification_submitted_before_by"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recertification")),
    )
    op.create_index(
        op.f("ix_recertification_model_version_id"),
        "recertification",
        ["model_version_id"],
        unique=False,
    )
    op.create_table(
        "change_plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("model_version_id", sa.Uuid(), nullable=False),
        sa.Column("envelope", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_because", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["id"], ["proceeding.id"], name=op.f("fk_change_plan_id")),
        sa.ForeignKeyConstraint(
            ["model_version_id"], ["model_version.id"], name=op.f("fk_change_plan_model_version_id")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_change_plan_project_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_plan")),
    )
    op.create_index(
        op.f("ix_change_plan_model_version_id"), "change_plan", ["model_version_id"], unique=False
    )
    op.create_table(
        "proceeding_sign_off",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("proceeding_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("subject_digest", sa.String(length=64), nullable=False),
        sa.Column("signer_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("trained_by", sa.Uuid(), nullable=False),
        sa.Column("submitted_by", sa.Uuid(), nullable=False),
        sa.Column("prepared_by", sa.Uuid(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "decision in ('approve','reject')", name=op.f("ck_proceeding_sign_off_decision")
        ),
        sa.CheckConstraint(
            "kind in ('retirement','purge') or (signer_id <> trained_by and signer_id <> submitted_by and signer_id <> prepared_by)",
            name=op.f("ck_proceeding_sign_off_independent"),
        ),
        sa.CheckConstraint("signer_id <> asked_by", name=op.f("ck_proceeding_sign_off_four_eyes")),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["principal.id"], name=op.f("fk_proceeding_sign_off_asked_by")
        ),
        sa.ForeignKeyConstraint(
            ["prepared_by"], ["principal.id"], name=op.f("fk_proceeding_sign_off_prepared_by")
        ),
        sa.ForeignKeyConstraint(
            ["proceeding_id"], ["proceeding.id"], name=op.f("fk_proceeding_sign_off_proceeding_id")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_proceeding_sign_off_project_id")
        ),
        sa.ForeignKeyConstraint(
            ["signer_id"], ["principal.id"], name=op.f("fk_proceeding_sign_off_signer_id")
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by"], ["principal.id"], name=op.f("fk_proceeding_sign_off_submitted_by")
        ),
        sa.ForeignKeyConstraint(
            ["trained_by"], ["principal.id"], name=op.f("fk_proceeding_sign_off_trained_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proceeding_sign_off")),
        sa.UniqueConstraint(
            "proceeding_id", "role", name=op.f("uq_proceeding_sign_off_proceeding_id_role")
        ),
        sa.UniqueConstraint(
            "proceeding_id",
            "signer_id",
            name=op.f("uq_proceeding_sign_off_proceeding_id_signer_id"),
        ),
    )
    op.create_table(
        "tombstone",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("model_version_id", sa.Uuid(), nullable=False),
        sa.Column("proceeding_id", sa.Uuid(), nullable=False),
        sa.Column("artifacts", sa.Text(), nullable=False),
        sa.Column("purged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["model_version_id"], ["model_version.id"], name=op.f("fk_tombstone_model_version_id")
        ),
        sa.ForeignKeyConstraint(
            ["proceeding_id"], ["proceeding.id"], name=op.f("fk_tombstone_proceeding_id")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_tombstone_project_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tombstone")),
        sa.UniqueConstraint("model_version_id", name=op.f("uq_tombstone_model_version_id")),
    )
    op.create_table(
        "change_plan_use",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("change_plan_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("model_version_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("reasons", sa.Text(), nullable=True),
        sa.Column("used_by", sa.Uuid(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "outcome in ('inside','outside')", name=op.f("ck_change_plan_use_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["change_plan_id"], ["change_plan.id"], name=op.f("fk_change_plan_use_change_plan_id")
        ),
        sa.ForeignKeyConstraint(
            ["model_version_id"],
            ["model_version.id"],
            name=op.f("fk_change_plan_use_model_version_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_change_plan_use_project_id")
        ),
        sa.ForeignKeyConstraint(
            ["used_by"], ["principal.id"], name=op.f("fk_change_plan_use_used_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_plan_use")),
        sa.UniqueConstraint(
            "change_plan_id", "number", name=op.f("uq_change_plan_use_change_plan_id_number")
        ),
        sa.UniqueConstraint("model_version_id", name=op.f("uq_change_plan_use_model_version_id")),
    )
    _guard()


def _guard() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {SIGNATURES}_no_{verb.lower()} BEFORE {verb} ON {SIGNATURES} "
                f"BEGIN SELECT RAISE(ABORT, '{SIGNATURES} can only grow'); END"
            )
        op.execute(
            f"CREATE TRIGGER {SIGNATURES}_no_replace BEFORE INSERT ON {SIGNATURES} "
            f"WHEN EXISTS (SELECT 1 FROM {SIGNATURES} WHERE {REPLACED}) "
            f"BEGIN SELECT RAISE(ABORT, '{SIGNATURES} can only grow'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {SIGNATURES}_only_grows BEFORE UPDATE OR DELETE ON {SIGNATURES} "
        "FOR EACH ROW EXECUTE FUNCTION accredit_only_grows()"
    )
    op.execute(
        f"CREATE TRIGGER {SIGNATURES}_no_truncate BEFORE TRUNCATE ON {SIGNATURES} "
        "FOR EACH STATEMENT EXECUTE FUNCTION accredit_only_grows()"
    )


def downgrade() -> None:
    """What was asked and signed after approvals goes; the audit trail still tells it."""
    for table in (
        "change_plan_use",
        "change_plan",
        "tombstone",
        "proceeding_sign_off",
        "proceeding",
        "recertification",
        "legal_hold",
    ):
        op.drop_table(table)
