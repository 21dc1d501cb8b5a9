"""Requests for access to approved models, and what their grants allow.

A grant is for a model in an environment now, no longer for one deployment. Grants of the first
release keep their time and have no quota; their purpose is the domain of the use case.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STATES = "state in ('requested','owner_decided','granted','declined','withdrawn','lapsed')"
ENDING = "revoked_by is null or (revoked_at is not null and revocation is not null)"
LOOKUP = "ix_access_grant_principal_id_model_id_environment"


def upgrade() -> None:
    with op.batch_alter_table("access_grant") as grant:
        grant.add_column(sa.Column("model_id", sa.Uuid(), nullable=True))
        grant.add_column(sa.Column("environment", sa.String(length=63), nullable=True))
        grant.add_column(sa.Column("intended_use", sa.Text(), nullable=True))
        grant.add_column(sa.Column("quota_per_day", sa.BigInteger(), nullable=True))
        grant.add_column(sa.Column("quota_total", sa.BigInteger(), nullable=True))
        grant.add_column(sa.Column("revoked_by", sa.Uuid(), nullable=True))
        grant.add_column(sa.Column("revocation", sa.Text(), nullable=True))
    _move_to_models()
    with op.batch_alter_table("access_grant") as grant:
        grant.drop_constraint(op.f("fk_access_grant_deployment_id"), type_="foreignkey")
        grant.drop_column("deployment_id")
        grant.alter_column("model_id", existing_type=sa.Uuid(), nullable=False)
        grant.alter_column("environment", existing_type=sa.String(length=63), nullable=False)
        grant.alter_column("intended_use", existing_type=sa.Text(), nullable=False)
        grant.alter_column("purpose", existing_type=sa.Text(), type_=sa.String(length=63))
        grant.create_foreign_key(op.f("fk_access_grant_model_id"), "model", ["model_id"], ["id"])
        grant.create_foreign_key(
            op.f("fk_access_grant_revoked_by"), "principal", ["revoked_by"], ["id"]
        )
        grant.create_check_constraint(op.f("ck_access_grant_ending"), ENDING)
    op.create_index(LOOKUP, "access_grant", ["principal_id", "model_id", "environment"])
    op.add_column("prediction", sa.Column("purpose", sa.String(length=63), nullable=True))
    _create_requests()
    _create_counters()


def _move_to_models() -> None:
    """Fill the new columns of grants that were given for a deployment."""
    op.execute(
        "UPDATE access_grant SET intended_use = purpose, environment ="
        " (SELECT d.environment FROM deployment d WHERE d.id = access_grant.deployment_id),"
        " model_id = (SELECT v.model_id FROM deployment d JOIN model_version v"
        " ON v.id = d.model_version_id WHERE d.id = access_grant.deployment_id)"
    )
    connection = op.get_bind()
    # A code of the use case stands where people had written a sentence.
    for model_id, terms in connection.exec_driver_sql(
        "SELECT DISTINCT m.id, u.document FROM access_grant g JOIN model m ON m.id = g.model_id"
        " JOIN use_case u ON u.id = m.use_case_id"
    ).all():
        connection.execute(
            sa.text("UPDATE access_grant SET purpose = :purpose WHERE model_id = :model_id"),
            {"purpose": json.loads(terms)["domain"], "model_id": model_id},
        )


def _create_requests() -> None:
    op.create_table(
        "access_request",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("environment", sa.String(length=63), nullable=False),
        sa.Column("principal_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=63), nullable=False),
        sa.Column("intended_use", sa.Text(), nullable=False),
        sa.Column("quota_per_day", sa.BigInteger(), nullable=True),
        sa.Column("quota_total", sa.BigInteger(), nullable=True),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("renews_grant_id", sa.Uuid(), nullable=True),
        sa.Column("needs_compliance", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("access_grant_id", sa.Uuid(), nullable=True),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lapses_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(STATES, name=op.f("ck_access_request_state")),
        sa.CheckConstraint(
            "(state = 'granted') = (access_grant_id is not null)",
            name=op.f("ck_access_request_granted"),
        ),
        sa.CheckConstraint(
            "quota_per_day is not null or quota_total is not null",
            name=op.f("ck_access_request_quota"),
        ),
        *_references(
            "access_request",
            project_id="project",
            model_id="model",
            principal_id="principal",
            renews_grant_id="access_grant",
            access_grant_id="access_grant",
            requested_by="principal",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_request")),
        sa.UniqueConstraint("access_grant_id", name=op.f("uq_access_request_access_grant_id")),
    )
    op.create_table(
        "access_decision",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("access_request_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.String(length=32), nullable=False),
        sa.Column("decision", sa.String(length=32), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("principal_id", sa.Uuid(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "stage in ('owner','compliance')", name=op.f("ck_access_decision_stage")
        ),
        sa.CheckConstraint(
            "decision in ('grant','decline')", name=op.f("ck_access_decision_decision")
        ),
        sa.CheckConstraint(
            "decided_by <> requested_by and decided_by <> principal_id",
            name=op.f("ck_access_decision_independent"),
        ),
        *_references(
            "access_decision",
            project_id="project",
            access_request_id="access_request",
            decided_by="principal",
            requested_by="principal",
            principal_id="principal",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_decision")),
        sa.UniqueConstraint(
            "access_request_id", "stage", name=op.f("uq_access_decision_access_request_id_stage")
        ),
        sa.UniqueConstraint(
            "access_request_id",
            "decided_by",
            name=op.f("uq_access_decision_access_request_id_decided_by"),
        ),
    )


def _create_counters() -> None:
    """Tables that count, with what was served before."""
    op.create_table(
        "access_meter",
        sa.Column("access_grant_id", sa.Uuid(), nullable=False),
        sa.Column("predictions", sa.BigInteger(), nullable=False),
        *_references("access_meter", access_grant_id="access_grant"),
        sa.PrimaryKeyConstraint("access_grant_id", name=op.f("pk_access_meter")),
    )
    op.create_table(
        "access_usage",
        sa.Column("access_grant_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("predictions", sa.BigInteger(), nullable=False),
        *_references("access_usage", access_grant_id="access_grant"),
        sa.PrimaryKeyConstraint("access_grant_id", "day", name=op.f("pk_access_usage")),
    )
    op.execute(
        "INSERT INTO access_meter (access_grant_id, predictions) SELECT g.id,"
        " (SELECT count(*) FROM prediction p WHERE p.access_grant_id = g.id) FROM access_grant g"
    )
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    day = "date(predicted_at)" if on_sqlite else "cast(predicted_at at time zone 'UTC' as date)"
    op.execute(
        "INSERT INTO access_usage (access_grant_id, day, predictions)"
        f" SELECT access_grant_id, {day}, count(*) FROM prediction GROUP BY access_grant_id, {day}"
    )


def _references(table: str, **targets: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))
        for column, target in targets.items()
    ]


def downgrade() -> None:
    """A grant goes to the newest deployment of its model; fails where there never was one."""
    for table in ("access_usage", "access_meter", "access_decision", "access_request"):
        op.drop_table(table)
    op.drop_column("prediction", "purpose")
    op.drop_index(LOOKUP, table_name="access_grant")
    with op.batch_alter_table("access_grant") as grant:
        grant.add_column(sa.Column("deployment_id", sa.Uuid(), nullable=True))
    op.execute(
        "UPDATE access_grant SET deployment_id = (SELECT d.id FROM deployment d"
        " JOIN model_version v ON v.id = d.model_version_id"
        " WHERE v.model_id = access_grant.model_id"
        " AND d.environment = access_grant.environment ORDER BY d.id DESC LIMIT 1)"
    )
    with op.batch_alter_table("access_grant") as grant:
        grant.alter_column("purpose", existing_type=sa.String(length=63), type_=sa.Text())
        grant.alter_column("deployment_id", existing_type=sa.Uuid(), nullable=False)
        grant.create_foreign_key(
            op.f("fk_access_grant_deployment_id"), "deployment", ["deployment_id"], ["id"]
        )
        grant.drop_constraint(op.f("ck_access_grant_ending"), type_="check")
        for column in ("model_id", "revoked_by"):
            grant.drop_constraint(op.f(f"fk_access_grant_{column}"), type_="foreignkey")
            grant.drop_column(column)
        for column in ("environment", "quota_per_day", "quota_total", "revocation"):
            grant.drop_column(column)
    op.execute("UPDATE access_grant SET purpose = intended_use")
    with op.batch_alter_table("access_grant") as grant:
        grant.drop_column("intended_use")
