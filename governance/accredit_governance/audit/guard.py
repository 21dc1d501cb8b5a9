"""No governed change without an audit event: the session refuses to commit one.

For what has a history of states the event must be the one that tells the state.

The guard sees ORM flushes and ORM-enabled statements. What it cannot see, a statement on the raw
connection, is kept out by review and lint; the log's own table has database triggers besides.
"""

from typing import Any

from sqlalchemy import Delete, Insert, Update, event
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction

from accredit_governance.audit.history import KEPT, require_told
from accredit_governance.errors import UnrecordedChange
from accredit_governance.registry.tables import AuditEventRow, Row

_CHANGED = "accredit_changed"
_RECORDED = "accredit_recorded"
_MOVED = "accredit_moved"


def watch() -> None:
    """Put the guard on every session of this process. Calling it again changes nothing."""
    for name, listener in (
        ("before_flush", _before_flush),
        ("do_orm_execute", _before_statement),
        ("before_commit", _before_commit),
        ("after_transaction_end", _forget),
    ):
        if not event.contains(Session, name, listener):
            event.listen(Session, name, listener)


def _before_flush(session: Session, _context: UOWTransaction, _instances: Any) -> None:
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, AuditEventRow):
            if row not in session.new:
                raise UnrecordedChange("an audit event cannot be changed or deleted")
            session.info[_RECORDED] = True
        elif isinstance(row, Row) and row.governed and _really(session, row):
            session.info[_CHANGED] = type(row).__tablename__
            if type(row) in KEPT:
                # Rows, not identifiers: a new one gets its own only now.
                session.info.setdefault(_MOVED, set()).add(row)


def _really(session: Session, row: Row) -> bool:
    return row in session.new or row in session.deleted or session.is_modified(row)


def _before_statement(state: ORMExecuteState) -> None:
    statement = state.statement
    if state.is_select:
        return
    if not isinstance(statement, Insert | Update | Delete) or state.bind_mapper is None:
        raise UnrecordedChange("only ORM statements on a mapped table may change the registry")
    table = state.bind_mapper.class_
    if table is AuditEventRow:
        raise UnrecordedChange("audit events are written one by one, through the ledger")
    if issubclass(table, Row) and table.governed:
        state.session.info[_CHANGED] = table.__tablename__
    if table in KEPT:
        if "moves" not in state.execution_options:
            raise UnrecordedChange(
                f"a statement on {table.__tablename__} says which row it moves, or none is made"
            )
        row = state.session.get_one(table, state.execution_options["moves"])
        state.session.info.setdefault(_MOVED, set()).add(row)


def _before_commit(session: Session) -> None:
    session.flush()
    if _CHANGED in session.info and _RECORDED not in session.info:
        raise UnrecordedChange(
            f"a change of {session.info[_CHANGED]} came without an audit event",
            table=session.info[_CHANGED],
        )
    for row in session.info.get(_MOVED, ()):
        require_told(session, type(row), row.id)


def _forget(session: Session, transaction: Any) -> None:
    if transaction.parent is None:
        session.info.pop(_CHANGED, None)
        session.info.pop(_RECORDED, None)
        session.info.pop(_MOVED, None)
