"""The audit trail and the sign-offs can only grow.

SQLite needs the insert guards as well: INSERT OR REPLACE would slip past the other triggers when
recursive triggers are off, as they are for everybody who opens the file with another program. On PostgreSQL TRUNCATE has a trigger of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = ("audit_event", "audit_checkpoint", "sign_off")
# A new row that would replace one of these on SQLite.
REPLACED = {
    "audit_event": "id = NEW.id",
    "audit_checkpoint": "size = NEW.size",
    "sign_off": "id = NEW.id OR (approval_request_id = NEW.approval_request_id"
    " AND signer_id = NEW.signer_id)",
}


def upgrade() -> None:
    # After a way down and up again the log is there already, and goes on where it stopped.
    op.execute(
        sa.text(
            "INSERT INTO audit_head (id, size, frontier) SELECT 1, 0, '[]' "
            "WHERE NOT EXISTS (SELECT 1 FROM audit_head)"
        )
    )
    if op.get_bind().dialect.name == "sqlite":
        for table in TABLES:
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} can only grow'); END"
                )
        op.execute(
            "CREATE TRIGGER audit_event_in_order BEFORE INSERT ON audit_event "
            "WHEN NEW.seq <> (SELECT COALESCE(MAX(seq) + 1, 0) FROM audit_event) "
            "BEGIN SELECT RAISE(ABORT, 'audit_event can only grow at its end'); END"
        )
        for table, same in REPLACED.items():
            op.execute(
                f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
                f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) "
                f"BEGIN SELECT RAISE(ABORT, '{table} can only grow'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION accredit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION '% can only grow', TG_TABLE_NAME; END $$"
    )
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION accredit_only_grows()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION accredit_only_grows()"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_event_in_order")
        for table in TABLES:
            op.execute(f"DROP TRIGGER {table}_no_replace")
            for verb in ("update", "delete"):
                op.execute(f"DROP TRIGGER {table}_no_{verb}")
    else:
        for table in TABLES:
            op.execute(f"DROP TRIGGER {table}_only_grows ON {table}")
            op.execute(f"DROP TRIGGER {table}_no_truncate ON {table}")
        op.execute("DROP FUNCTION accredit_only_grows()")
