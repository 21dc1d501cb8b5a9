"""People and services as identity providers know them."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "external_identity",
        sa.Column("principal_id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.String(500), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        _principal("external_identity", "principal_id"),
        _principal("external_identity", "created_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_identity")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_external_identity_issuer_subject")),
    )
    op.create_index(
        op.f("ix_external_identity_principal_id"), "external_identity", ["principal_id"]
    )
    op.create_table(
        "provider_request",
        sa.Column("state_hash", sa.String(64), nullable=False),
        sa.Column("browser_hash", sa.String(64), nullable=False),
        sa.Column("provider", sa.String(63), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("principal_id", sa.Uuid(), nullable=True),
        sa.Column("subject_digest", sa.String(64), nullable=True),
        sa.Column("back", sa.String(2000), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("used_at", AT, nullable=True),
        _principal("provider_request", "principal_id"),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_provider_request")),
    )
    op.create_index(op.f("ix_provider_request_created_at"), "provider_request", ["created_at"])
    op.create_table(
        "provider_session",
        sa.Column("principal_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(63), nullable=False),
        sa.Column("provider_session", sa.String(255), nullable=True),
        sa.Column("id_token", sa.Text(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        _principal("provider_session", "principal_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_session")),
    )
    op.create_index(op.f("ix_provider_session_principal_id"), "provider_session", ["principal_id"])
    op.create_table(
        "used_proof",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("expires_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_used_proof")),
    )
    op.create_index(op.f("ix_used_proof_expires_at"), "used_proof", ["expires_at"])


def downgrade() -> None:
    for table in ("used_proof", "provider_session", "provider_request", "external_identity"):
        op.drop_table(table)


def _principal(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["principal.id"], name=op.f(f"fk_{table}_{column}"))
