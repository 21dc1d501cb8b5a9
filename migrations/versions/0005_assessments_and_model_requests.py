"""Risk assessments of use cases, what versions were submitted under, and requests for models.

Tier and AI-Act class leave the terms of a use case, where one person declared them. They are not
carried over: an assessment takes two people, so every use case has to be assessed anew.
"""

import json

import rfc8785
import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

OPEN = sa.text("state = 'submitted'")
FOUR_EYES = "decided_by is null or (decided_by <> filled_by and decided_by <> owner_id)"
DECISION = (
    "(decided_by is null) = (state = 'submitted')"
    " and (decided_by is null) = (decided_at is null)"
    " and (decided_by is null) = (comment is null)"
)
REQUEST_STATES = "state in ('requested','triaged','accepted','delivered','declined','withdrawn')"


def _reference(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "risk_assessment",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("use_case_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("terms_digest", sa.String(length=64), nullable=False),
        sa.Column("rule", sa.String(length=63), nullable=False),
        sa.Column("tier", sa.Integer(), nullable=False),
        sa.Column("ai_act_class", sa.String(length=16), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("filled_by", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        _time("created_at"),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_role", sa.String(length=16), nullable=True),
        _time("decided_at", nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state in ('submitted','approved','rejected')", name=op.f("ck_risk_assessment_state")
        ),
        sa.CheckConstraint("tier between 1 and 4", name=op.f("ck_risk_assessment_tier")),
        sa.CheckConstraint(
            "ai_act_class in ('high_risk','limited_risk','minimal_risk')",
            name=op.f("ck_risk_assessment_ai_act_class"),
        ),
        sa.CheckConstraint(FOUR_EYES, name=op.f("ck_risk_assessment_four_eyes")),
        sa.CheckConstraint(DECISION, name=op.f("ck_risk_assessment_decision")),
        _reference("risk_assessment", "project_id", "project"),
        _reference("risk_assessment", "use_case_id", "use_case"),
        _reference("risk_assessment", "filled_by", "principal"),
        _reference("risk_assessment", "owner_id", "principal"),
        _reference("risk_assessment", "decided_by", "principal"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_risk_assessment")),
        sa.UniqueConstraint(
            "use_case_id", "number", name=op.f("uq_risk_assessment_use_case_id_number")
        ),
    )
    op.create_index(
        "uq_risk_assessment_open",
        "risk_assessment",
        ["use_case_id"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_table(
        "submission",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("model_version_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("risk_assessment_id", sa.Uuid(), nullable=False),
        sa.Column("terms_digest", sa.String(length=64), nullable=False),
        _time("created_at"),
        _reference("submission", "model_version_id", "model_version"),
        _reference("submission", "project_id", "project"),
        _reference("submission", "risk_assessment_id", "risk_assessment"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
    )
    op.create_index(op.f("ix_submission_model_version_id"), "submission", ["model_version_id"])
    op.create_table(
        "model_request",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("deadline", sa.Date(), nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("use_case_id", sa.Uuid(), nullable=True),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        _time("created_at"),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        _time("answered_at", nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(REQUEST_STATES, name=op.f("ck_model_request_state")),
        sa.CheckConstraint(
            "use_case_id is not null or state not in ('triaged','accepted','delivered')",
            name=op.f("ck_model_request_use_case"),
        ),
        _reference("model_request", "project_id", "project"),
        _reference("model_request", "use_case_id", "use_case"),
        _reference("model_request", "requested_by", "principal"),
        _reference("model_request", "answered_by", "principal"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_request")),
    )
    op.create_table(
        "model_request_link",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("model_request_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("model_version_id", sa.Uuid(), nullable=True),
        sa.Column("linked_by", sa.Uuid(), nullable=False),
        _time("created_at"),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(run_id is null) <> (model_version_id is null)", name=op.f("ck_model_request_link_one")
        ),
        _reference("model_request_link", "project_id", "project"),
        _reference("model_request_link", "model_request_id", "model_request"),
        _reference("model_request_link", "run_id", "run"),
        _reference("model_request_link", "model_version_id", "model_version"),
        _reference("model_request_link", "linked_by", "principal"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_request_link")),
        sa.UniqueConstraint(
            "model_request_id", "run_id", name=op.f("uq_model_request_link_model_request_id_run_id")
        ),
        sa.UniqueConstraint(
            "model_request_id",
            "model_version_id",
            name=op.f("uq_model_request_link_model_request_id_model_version_id"),
        ),
    )
    _rewrite_terms(lambda terms, _: _without(terms))


def downgrade() -> None:
    """Tier and class of the newest approved assessment go back; without one the gravest tier."""
    assessed = {
        row.use_case_id: (row.tier, row.ai_act_class)
        for row in op.get_bind().execute(
            sa.text(
                "SELECT use_case_id, tier, ai_act_class FROM risk_assessment "
                "WHERE state = 'approved' ORDER BY number"
            )
        )
    }

    def declared(terms: dict[str, object], use_case_id: object) -> dict[str, object]:
        tier, ai_act_class = assessed.get(use_case_id, (1, "not_assessed"))
        return {**terms, "risk_tier": tier, "ai_act_class": ai_act_class}

    _rewrite_terms(declared)
    for table in ("model_request_link", "model_request", "submission", "risk_assessment"):
        op.drop_table(table)


def _without(terms: dict[str, object]) -> dict[str, object]:
    return {k: v for k, v in terms.items() if k not in {"risk_tier", "ai_act_class"}}


def _integer(text: str) -> int | float:
    # Canonical JSON writes the float 4e16 without a point; as an integer it could not go back.
    return int(text) if abs(int(text)) < 2**53 else float(text)


def _rewrite_terms(change) -> None:  # type: ignore[no-untyped-def]
    connection = op.get_bind()
    for row in connection.execute(sa.text("SELECT id, document FROM use_case")).all():
        terms = change(json.loads(row.document, parse_int=_integer), row.id)
        connection.execute(
            sa.text("UPDATE use_case SET document = :document WHERE id = :id"),
            {"document": rfc8785.dumps(terms).decode(), "id": row.id},
        )
