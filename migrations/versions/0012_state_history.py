"""Since when and until when versions and deployments stood where, told by the audit trail.

A history can only grow: of a row nothing changes but the end of the one that is open.
"""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
OPEN = sa.text("to_at is null")
OWNERS = {
    "version_state": ("model_version", "model_version_id"),
    "deployment_state": ("deployment", "deployment_id"),
}
DEPLOYMENT_STATES = {
    "deployment.requested": "requested",
    "deployment.activated": "active",
    "deployment.failed": "failed",
    "deployment.stopped": "stopped",
}
ACTIONS = ("model_version.registered", "model_version.moved", *DEPLOYMENT_STATES)


def upgrade() -> None:
    _create("version_state", 32, sa.Column("valid_until", AT, nullable=True))
    _create("deployment_state", 16)
    stays = _told()
    _complete(stays)
    for table in OWNERS:
        rows = [row for (name, _), found in stays.items() if name == table for row in found]
        if rows:
            op.bulk_insert(_table(table), rows)
    for table, (_, owner) in OWNERS.items():
        _guard(table, owner)


def downgrade() -> None:
    """The histories go; the audit trail still tells them."""
    for table in OWNERS:
        op.drop_table(table)
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION accredit_only_ends()")


def _create(table: str, width: int, *more: sa.Column[Any]) -> None:
    owned, column = OWNERS[table]
    op.create_table(
        table,
        sa.Column(column, sa.Uuid(), nullable=False),
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(width), nullable=False),
        *more,
        sa.Column("event_seq", sa.Integer(), nullable=True),
        sa.Column("from_at", AT, nullable=False),
        sa.Column("to_at", AT, nullable=True),
        sa.CheckConstraint("to_at is null or to_at >= from_at", name=op.f(f"ck_{table}_order")),
        _reference(table, column, f"{owned}.id"),
        _reference(table, "project_id", "project.id"),
        _reference(table, "event_seq", "audit_event.seq"),
        sa.PrimaryKeyConstraint(column, "step", name=op.f(f"pk_{table}")),
    )
    op.create_index(
        f"uq_{table}_open", table, [column], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def _table(name: str) -> sa.TableClause:
    until = [sa.column("valid_until", AT)] if name == "version_state" else []
    return sa.table(
        name,
        sa.column(OWNERS[name][1], sa.Uuid()),
        sa.column("step", sa.Integer()),
        sa.column("project_id", sa.Uuid()),
        sa.column("state", sa.String()),
        *until,
        sa.column("event_seq", sa.Integer()),
        sa.column("from_at", AT),
        sa.column("to_at", AT),
    )


Stays = dict[tuple[str, uuid.UUID], list[dict[str, Any]]]


def _told() -> Stays:
    """What the events tell, in their order."""
    events = sa.table(
        "audit_event",
        sa.column("seq", sa.Integer()),
        sa.column("body", sa.LargeBinary()),
        sa.column("occurred_at", AT),
        sa.column("action", sa.String()),
        sa.column("outcome", sa.String()),
        sa.column("project_id", sa.Uuid()),
        sa.column("resource_id", sa.Uuid()),
    ).c
    stays: Stays = {}
    found = op.get_bind().execute(
        sa.select(events.seq, events.body, events.occurred_at, events.action)
        .add_columns(events.project_id, events.resource_id)
        .where(events.action.in_(ACTIONS), events.outcome == "ok")
        .order_by(events.seq)
    )
    for event in found:
        fact = json.loads(bytes(event.body))["fact"]
        if event.action in DEPLOYMENT_STATES:
            table, state = "deployment_state", DEPLOYMENT_STATES[event.action]
        else:
            table, state = "version_state", str(fact.get("after", "draft"))
        before = stays.setdefault((table, event.resource_id), [])
        _append(
            before,
            table,
            event.resource_id,
            project_id=event.project_id,
            state=state,
            until=_moment(fact.get("valid_until")),
            event_seq=event.seq,
            from_at=_utc(event.occurred_at),
        )
    return stays


def _append(
    before: list[dict[str, Any]],
    table: str,
    owner_id: uuid.UUID,
    *,
    until: datetime | None,
    from_at: datetime,
    **more: Any,
) -> None:
    if before:
        before[-1]["to_at"] = from_at
    row = {OWNERS[table][1]: owner_id, "step": len(before), "from_at": from_at, "to_at": None}
    before.append({**row, **more, **({"valid_until": until} if table == "version_state" else {})})


def _complete(stays: Stays) -> None:
    """Make each history end where its row stands.

    Earlier events do not say how long an approval holds; the version does, for its last one. Where
    an earlier approval ran out, it held until then. What no event tells is a history of one row,
    from the day on which the row was made; what the events tell otherwise ends today.
    """
    for table, (owned, _) in OWNERS.items():
        until = [sa.column("valid_until", AT)] if table == "version_state" else []
        owners = sa.table(
            owned,
            sa.column("id", sa.Uuid()),
            sa.column("project_id", sa.Uuid()),
            sa.column("state", sa.String()),
            sa.column("created_at", AT),
            *until,
        )
        for row in op.get_bind().execute(sa.select(owners)).all():
            found = stays.setdefault((table, row.id), [])
            holds_until = _utc(row.valid_until) if until and row.valid_until else None
            if not found or found[-1]["state"] != row.state:
                _append(
                    found,
                    table,
                    row.id,
                    project_id=row.project_id,
                    state=row.state,
                    until=None,
                    event_seq=None,
                    from_at=datetime.now(UTC) if found else _utc(row.created_at),
                )
            if until:
                _date_approvals(found, holds_until)


def _date_approvals(found: list[dict[str, Any]], last: datetime | None) -> None:
    for number in reversed(range(len(found))):
        row = found[number]
        if row["state"] != "approved":
            continue
        row["valid_until"] = row["valid_until"] or last
        if number and found[number - 1]["state"] != "suspended":
            # Another approval came before this one; when it ended is all that is known of it.
            last = None
            for earlier in found[:number]:
                if earlier["state"] == "expired":
                    last = earlier["from_at"]


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _guard(table: str, owner: str) -> None:
    kept = [owner, "step", "project_id", "state", "event_seq", "from_at"]
    kept += ["valid_until"] if table == "version_state" else []
    if op.get_bind().dialect.name == "sqlite":
        changed = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in kept)
        op.execute(
            f"CREATE TRIGGER {table}_only_ends BEFORE UPDATE ON {table} "
            f"WHEN OLD.to_at IS NOT NULL OR NEW.to_at IS NULL OR {changed} "
            f"BEGIN SELECT RAISE(ABORT, '{table} can only grow'); END"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} can only grow'); END"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {owner} = NEW.{owner}"
            " AND (step = NEW.step OR (to_at IS NULL AND NEW.to_at IS NULL))) "
            f"BEGIN SELECT RAISE(ABORT, '{table} can only grow'); END"
        )
        return
    if table == "version_state":
        op.execute(
            "CREATE FUNCTION accredit_only_ends() RETURNS trigger LANGUAGE plpgsql AS $$ "
            "BEGIN IF TG_OP = 'UPDATE' AND OLD.to_at IS NULL AND NEW.to_at IS NOT NULL"
            " AND (to_jsonb(NEW) - 'to_at') = (to_jsonb(OLD) - 'to_at') THEN RETURN NEW; END IF; "
            "RAISE EXCEPTION '% can only grow', TG_TABLE_NAME; END $$"
        )
    op.execute(
        f"CREATE TRIGGER {table}_only_ends BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION accredit_only_ends()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION accredit_only_grows()"
    )
