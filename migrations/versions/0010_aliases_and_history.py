"""Environments, aliases and who may move them.

Every project gets `production` and `staging`, and what its deployments, grants and requests name
besides becomes an environment too: a protected one, because nobody has said that it is not.
"""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
HOLDS = sa.text("to_at is null")
KINDS = "kind in ('reinstatement','retirement','purge','change_plan'{more})"
CLAIM = "(kind = 'alias_change') = (claim is not null)"
REWRITTEN = (
    "OLD.to_at IS NOT NULL OR NEW.to_at IS NULL OR "
    + " OR ".join(
        f"NEW.{name} <> OLD.{name}"
        for name in (
            "id",
            "project_id",
            "model_id",
            "environment",
            "protected",
            "alias",
            "model_version_id",
            "from_at",
            "set_by",
            "reason",
        )
    )
    + " OR coalesce(NEW.change_request_id, OLD.id) <> coalesce(OLD.change_request_id, OLD.id)"
    " OR coalesce(NEW.restores_id, OLD.id) <> coalesce(OLD.restores_id, OLD.id)"
)
MESSAGE = "alias_assignment can only grow"


def upgrade() -> None:
    _environment()
    _claims()
    _alias_assignment()
    _keep_history()


def downgrade() -> None:
    """Refused once an alias change was asked for: the older tables have no word for it.

    Raises:
        RuntimeError: there are alias changes, and their signatures can only grow.
    """
    asked = sa.text("SELECT count(*) FROM proceeding WHERE kind = 'alias_change'")
    if op.get_bind().execute(asked).scalar_one():
        raise RuntimeError("alias changes were asked for; the tables before cannot keep them")
    op.drop_table("alias_assignment")
    op.drop_index("uq_proceeding_claim", table_name="proceeding")
    op.drop_index("uq_proceeding_open", table_name="proceeding")
    with op.batch_alter_table("proceeding") as proceeding:
        proceeding.drop_constraint(op.f("ck_proceeding_claim"), type_="check")
        proceeding.drop_constraint(op.f("ck_proceeding_kind"), type_="check")
        proceeding.create_check_constraint(op.f("ck_proceeding_kind"), KINDS.format(more=""))
        proceeding.drop_column("claim")
    _index_open("state = 'open'")
    op.drop_table("environment")


def _environment() -> None:
    environment = op.create_table(
        "environment",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(63), nullable=False),
        sa.Column("protected", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        _reference("environment", "project_id", "project"),
        _reference("environment", "created_by", "principal"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_environment")),
        sa.UniqueConstraint("project_id", "name", name=op.f("uq_environment_project_id_name")),
        sa.UniqueConstraint(
            "project_id", "name", "protected", name=op.f("uq_environment_project_id_name_protected")
        ),
    )
    project = sa.table(
        "project",
        sa.column("id", sa.Uuid()),
        sa.column("created_by", sa.Uuid()),
        sa.column("created_at", AT),
    )
    found = []
    for row in op.get_bind().execute(sa.select(project)).all():
        names = {"production": True, "staging": False}
        for name in _named_so_far(row.id):
            names.setdefault(name, True)
        found += [
            {
                "id": uuid.uuid4(),
                "project_id": row.id,
                "name": name,
                "protected": protected,
                "created_by": row.created_by,
                "created_at": row.created_at,
            }
            for name, protected in names.items()
        ]
    op.bulk_insert(environment, found)


def _named_so_far(project_id: uuid.UUID) -> list[str]:
    names: set[str] = set()
    for name in ("deployment", "access_grant", "access_request"):
        table = sa.table(name, sa.column("project_id", sa.Uuid()), sa.column("environment"))
        asked = sa.select(table.c.environment).where(table.c.project_id == project_id).distinct()
        names.update(op.get_bind().execute(asked).scalars())
    return sorted(names)


def _claims() -> None:
    """An alias change claims its alias; what else is asked for stays one of a kind per version."""
    op.drop_index("uq_proceeding_open", table_name="proceeding")
    with op.batch_alter_table("proceeding") as proceeding:
        proceeding.add_column(sa.Column("claim", sa.String(200), nullable=True))
        proceeding.drop_constraint(op.f("ck_proceeding_kind"), type_="check")
        proceeding.create_check_constraint(
            op.f("ck_proceeding_kind"), KINDS.format(more=",'alias_change'")
        )
        proceeding.create_check_constraint(op.f("ck_proceeding_claim"), CLAIM)
    _index_open("state = 'open' and claim is null")
    is_open = sa.text("state = 'open'")
    op.create_index(
        "uq_proceeding_claim",
        "proceeding",
        ["claim"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )


def _index_open(where: str) -> None:
    op.create_index(
        "uq_proceeding_open",
        "proceeding",
        ["model_version_id", "kind"],
        unique=True,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )


def _alias_assignment() -> None:
    op.create_table(
        "alias_assignment",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("environment", sa.String(63), nullable=False),
        sa.Column("protected", sa.Boolean(), nullable=False),
        sa.Column("alias", sa.String(63), nullable=False),
        sa.Column("model_version_id", sa.Uuid(), nullable=False),
        sa.Column("from_at", AT, nullable=False),
        sa.Column("to_at", AT, nullable=True),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("change_request_id", sa.Uuid(), nullable=True),
        sa.Column("restores_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "to_at is null or to_at >= from_at", name=op.f("ck_alias_assignment_window")
        ),
        sa.CheckConstraint(
            "change_request_id is null or restores_id is null",
            name=op.f("ck_alias_assignment_origin"),
        ),
        sa.CheckConstraint(
            "not protected or change_request_id is not null or restores_id is not null",
            name=op.f("ck_alias_assignment_governed"),
        ),
        _reference("alias_assignment", "project_id", "project"),
        _reference("alias_assignment", "model_id", "model"),
        _reference("alias_assignment", "model_version_id", "model_version"),
        _reference("alias_assignment", "set_by", "principal"),
        _reference("alias_assignment", "change_request_id", "proceeding"),
        _reference("alias_assignment", "restores_id", "alias_assignment"),
        sa.ForeignKeyConstraint(
            ["project_id", "environment", "protected"],
            ["environment.project_id", "environment.name", "environment.protected"],
            name=op.f("fk_alias_assignment_project_id_environment_protected"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alias_assignment")),
        sa.UniqueConstraint(
            "change_request_id", name=op.f("uq_alias_assignment_change_request_id")
        ),
    )
    op.create_index(
        "uq_alias_assignment_open",
        "alias_assignment",
        ["model_id", "environment", "alias"],
        unique=True,
        sqlite_where=HOLDS,
        postgresql_where=HOLDS,
    )
    op.create_index(
        "ix_alias_assignment_history",
        "alias_assignment",
        ["model_id", "environment", "alias", "from_at"],
    )


def _keep_history() -> None:
    """An assignment is closed once; nothing else about it changes, and none is taken away."""
    if op.get_bind().dialect.name == "sqlite":
        for verb, when in (("UPDATE", f"WHEN {REWRITTEN} "), ("DELETE", "")):
            op.execute(
                f"CREATE TRIGGER alias_assignment_no_{verb.lower()} BEFORE {verb}"
                f" ON alias_assignment {when}BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
            )
        op.execute(
            "CREATE TRIGGER alias_assignment_no_replace BEFORE INSERT ON alias_assignment"
            " WHEN EXISTS (SELECT 1 FROM alias_assignment WHERE id = NEW.id)"
            f" BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
        )
        return
    for verb, when in (("UPDATE", f"WHEN ({REWRITTEN}) "), ("DELETE", "")):
        op.execute(
            f"CREATE TRIGGER alias_assignment_no_{verb.lower()} BEFORE {verb} ON alias_assignment"
            f" FOR EACH ROW {when}EXECUTE FUNCTION accredit_only_grows()"
        )
    op.execute(
        "CREATE TRIGGER alias_assignment_no_truncate BEFORE TRUNCATE ON alias_assignment"
        " FOR EACH STATEMENT EXECUTE FUNCTION accredit_only_grows()"
    )


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))
