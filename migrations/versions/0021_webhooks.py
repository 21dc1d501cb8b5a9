"""Webhooks, how far each has read the trail, what was delivered; and who wants mail about tasks.

Secrets are sealed by a key outside the database; going back, webhooks are made anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "webhook",
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("target", sa.String(length=4000), nullable=False),
        sa.Column("sealed_url", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_previous_secret", sa.LargeBinary(), nullable=True),
        sa.Column("previous_until", AT, nullable=True),
        sa.Column("actions", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("disabled_cause", sa.String(length=16), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind in ('webhook','slack','email')", name=op.f("ck_webhook_kind")),
        sa.CheckConstraint(
            "state in ('active','paused','disabled','revoked')", name=op.f("ck_webhook_state")
        ),
        sa.CheckConstraint(
            "outcome is null or outcome in ('ok','denied')", name=op.f("ck_webhook_outcome")
        ),
        *_references("webhook", project_id="project.id", created_by="principal.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_index("ix_webhook_project_id", "webhook", ["project_id"])
    op.create_table(
        "webhook_cursor",
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("next_seq", sa.Integer(), nullable=False),
        sa.Column("failing_since", AT, nullable=True),
        *_references("webhook_cursor", webhook_id="webhook.id"),
        sa.PrimaryKeyConstraint("webhook_id", name=op.f("pk_webhook_cursor")),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=63), nullable=False),
        sa.Column("occurred_at", AT, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("due_at", AT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state in ('pending','delivered','failed')", name=op.f("ck_webhook_delivery_state")
        ),
        *_references(
            "webhook_delivery",
            webhook_id="webhook.id",
            project_id="project.id",
            seq="audit_event.seq",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint("webhook_id", "seq", name=op.f("uq_webhook_delivery_webhook_id_seq")),
    )
    op.create_index("ix_webhook_delivery_state_due_at", "webhook_delivery", ["state", "due_at"])
    op.create_index("ix_webhook_delivery_project_id", "webhook_delivery", ["project_id"])
    op.create_table(
        "webhook_attempt",
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("begun_at", AT, nullable=False),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.Column("answer", sa.String(length=1024), nullable=True),
        *_references("webhook_attempt", delivery_id="webhook_delivery.id"),
        sa.PrimaryKeyConstraint("delivery_id", "number", name=op.f("pk_webhook_attempt")),
    )

    op.create_table(
        "notification_preference",
        sa.Column("principal_id", sa.Uuid(), nullable=False),
        sa.Column("tasks_by_mail", sa.Boolean(), nullable=False),
        sa.Column("changed_at", AT, nullable=False),
        *_references("notification_preference", principal_id="principal.id"),
        sa.PrimaryKeyConstraint("principal_id", name=op.f("pk_notification_preference")),
    )
    op.create_table(
        "task_notice",
        sa.Column("principal_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("waits", sa.Boolean(), nullable=False),
        sa.Column("claimed_at", AT, nullable=False),
        sa.Column("told_at", AT, nullable=True),
        *_references("task_notice", principal_id="notification_preference.principal_id"),
        sa.PrimaryKeyConstraint("principal_id", "kind", "task_id", name=op.f("pk_task_notice")),
    )


def _references(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([name], [target], name=op.f(f"fk_{table}_{name}"))
        for name, target in columns.items()
    ]


def downgrade() -> None:
    for table in (
        "task_notice",
        "notification_preference",
        "webhook_attempt",
        "webhook_delivery",
        "webhook_cursor",
        "webhook",
    ):
        op.drop_table(table)
