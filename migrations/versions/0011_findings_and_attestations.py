"""Findings and attestations."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

SEVERITIES = "('low','medium','high','critical')"
STATES = "('open','in_remediation','remediated','closed','risk_accepted')"
DUE = sa.text("state = 'due'")
OPEN = sa.text("ended_at is null")
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _attestation()
    _finding()
    _finding_step()
    _risk_acceptance()


def downgrade() -> None:
    for table in ("risk_acceptance", "finding_step", "finding", "attestation"):
        op.drop_table(table)


def _attestation() -> None:
    op.create_table(
        "attestation",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("model_version_id", sa.Uuid(), nullable=False),
        sa.Column("policy_version_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(63), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("from_at", AT, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("overdue_at", AT, nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", AT, nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("card_digest", sa.String(64), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state in ('due','signed','declined','lapsed')", name=op.f("ck_attestation_state")
        ),
        sa.CheckConstraint(
            "(state in ('signed','declined')) = (answered_by is not null)"
            " and (answered_by is null) = (card_digest is null)",
            name=op.f("ck_attestation_answer"),
        ),
        _reference("attestation", "project_id", "project"),
        _reference("attestation", "model_version_id", "model_version"),
        _reference("attestation", "policy_version_id", "policy_version"),
        _reference("attestation", "answered_by", "principal"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attestation")),
    )
    op.create_index(
        "uq_attestation_due",
        "attestation",
        ["model_version_id", "name"],
        unique=True,
        sqlite_where=DUE,
        postgresql_where=DUE,
    )


def _finding() -> None:
    op.create_table(
        "finding",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("use_case_id", sa.Uuid(), nullable=False),
        sa.Column("model_version_id", sa.Uuid(), nullable=True),
        sa.Column("alert_id", sa.Uuid(), nullable=True),
        sa.Column("attestation_id", sa.Uuid(), nullable=True),
        sa.Column("condition_id", sa.Uuid(), nullable=True),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.Column("opened_at", AT, nullable=False),
        sa.Column("remediated_by", sa.Uuid(), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("overdue_for", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(f"state in {STATES}", name=op.f("ck_finding_state")),
        sa.CheckConstraint(f"severity in {SEVERITIES}", name=op.f("ck_finding_severity")),
        sa.CheckConstraint(
            "source in ('manual','gate','condition','audit','alert','attestation')",
            name=op.f("ck_finding_source"),
        ),
        sa.CheckConstraint(
            "state not in ('remediated','closed') or remediated_by is not null",
            name=op.f("ck_finding_remediation"),
        ),
        sa.CheckConstraint(
            "(state = 'closed') = (closed_by is not null) and (closed_by is null"
            " or (closed_by <> owner_id and closed_by <> remediated_by))",
            name=op.f("ck_finding_four_eyes"),
        ),
        _reference("finding", "project_id", "project"),
        _reference("finding", "use_case_id", "use_case"),
        _reference("finding", "model_version_id", "model_version"),
        _reference("finding", "alert_id", "alert"),
        _reference("finding", "attestation_id", "attestation"),
        _reference("finding", "condition_id", "approval_condition"),
        _reference("finding", "owner_id", "principal"),
        _reference("finding", "opened_by", "principal"),
        _reference("finding", "remediated_by", "principal"),
        _reference("finding", "closed_by", "principal"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
        sa.UniqueConstraint("alert_id", name=op.f("uq_finding_alert_id")),
        sa.UniqueConstraint("attestation_id", name=op.f("uq_finding_attestation_id")),
    )
    for column in ("use_case_id", "model_version_id", "condition_id"):
        op.create_index(op.f(f"ix_finding_{column}"), "finding", [column])


def _finding_step() -> None:
    op.create_table(
        "finding_step",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("before_state", sa.String(16), nullable=False),
        sa.Column("after_state", sa.String(16), nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("evidence_digest", sa.String(64), nullable=True),
        sa.Column("done_by", sa.Uuid(), nullable=False),
        sa.Column("done_at", AT, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            f"before_state in {STATES} and after_state in {STATES}",
            name=op.f("ck_finding_step_states"),
        ),
        sa.CheckConstraint(f"severity in {SEVERITIES}", name=op.f("ck_finding_step_severity")),
        _reference("finding_step", "project_id", "project"),
        _reference("finding_step", "finding_id", "finding"),
        _reference("finding_step", "done_by", "principal"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding_step")),
    )
    op.create_index(op.f("ix_finding_step_finding_id"), "finding_step", ["finding_id"])


def _risk_acceptance() -> None:
    op.create_table(
        "risk_acceptance",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_role", sa.String(32), nullable=False),
        sa.Column("proposed_at", AT, nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_role", sa.String(32), nullable=True),
        sa.Column("confirmed_at", AT, nullable=True),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(confirmed_by is null) = (confirmed_role is null) and (confirmed_by is null"
            " or (confirmed_by <> proposed_by and confirmed_role <> proposed_role))",
            name=op.f("ck_risk_acceptance_four_eyes"),
        ),
        sa.CheckConstraint(
            "proposed_role in ('compliance','owner')"
            " and (confirmed_role is null or confirmed_role in ('compliance','owner'))",
            name=op.f("ck_risk_acceptance_roles"),
        ),
        sa.CheckConstraint(
            "(proposed_role <> 'compliance' or proposed_by <> owner_id) and (confirmed_role is null"
            " or confirmed_role <> 'compliance' or confirmed_by <> owner_id)",
            name=op.f("ck_risk_acceptance_independent"),
        ),
        _reference("risk_acceptance", "project_id", "project"),
        _reference("risk_acceptance", "finding_id", "finding"),
        _reference("risk_acceptance", "owner_id", "principal"),
        _reference("risk_acceptance", "proposed_by", "principal"),
        _reference("risk_acceptance", "confirmed_by", "principal"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_risk_acceptance")),
    )
    op.create_index(
        "uq_risk_acceptance_open",
        "risk_acceptance",
        ["finding_id"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))
