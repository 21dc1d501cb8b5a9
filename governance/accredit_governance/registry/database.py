"""The database: SQLite or PostgreSQL, one way of reading and one of writing.

SQLite runs in WAL mode with synchronous FULL (a committed audit event survives a power cut), takes
its write lock at the start of a transaction, and queues writers of this process fairly.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from accredit_governance.registry.fair_lock import FairLock

BUSY_TIMEOUT_S = 30.0


def utc_now() -> datetime:
    """Aware UTC time of this machine."""
    return datetime.now(UTC)


class Database:
    """Connections to one database, and the clock that stamps what is written there.

    Args:
        url: SQLAlchemy URL, `sqlite:///path` or `postgresql://…`.
        clock: source of time; tests put their own here.
    """

    def __init__(self, url: str, *, clock: Callable[[], datetime] = utc_now) -> None:
        parsed = make_url(url)
        self.url = url
        self.clock = clock
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            # SQLite gives its side files the mode of the database: nobody else reads any of them.
            Path(parsed.database).touch(mode=0o600)
        self.engine: Engine = (
            create_engine(parsed, connect_args={"timeout": BUSY_TIMEOUT_S})
            if self.is_sqlite
            else create_engine(parsed, pool_pre_ping=True)
        )
        self._turn: AbstractContextManager[None] = FairLock() if self.is_sqlite else nullcontext()
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session whose changes are thrown away."""
        with Session(self.engine, autoflush=False) as session:
            try:
                yield session
            finally:
                session.rollback()

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session in one write transaction: committed at the end, undone on any error."""
        engine = self.engine.execution_options(accredit_writes=True)
        with self._turn, Session(engine) as session, session.begin():
            yield session

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # The driver's own transaction handling starts transactions too late; `_begin_sqlite` does it.
    assert isinstance(connection, sqlite3.Connection)  # noqa: S101  narrows the type for mypy
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        # INSERT OR REPLACE deletes rows silently unless delete triggers fire for it.
        "recursive_triggers=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("accredit_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
