"""The office of `tests/governance/office.py`, set up once per kind of database and then copied."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from accredit_governance.audit.guard import watch
from accredit_governance.registry.database import Database
from tests.conftest import Clock, PostgresServer
from tests.governance.office import Office, staff_office
from tests.governance.stages import Stages

watch()


def opening_time() -> Clock:
    return Clock(datetime(2026, 11, 1, 8, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def staffed_sqlite(
    migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Office]:
    path = tmp_path_factory.mktemp("office") / "office.sqlite"
    shutil.copy(migrated_sqlite, path)
    clock = opening_time()
    database = Database(f"sqlite:///{path}", clock=clock)
    office = staff_office(database, clock)
    office = replace(office, stages=Stages(path.parent, office.size(), office.contents()))
    with database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path, office


@pytest.fixture(scope="session")
def staffed_postgres(
    postgres_server: PostgresServer,
    migrated_postgres: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[str, Office]:
    url = postgres_server.create(template=migrated_postgres)
    clock = opening_time()
    database = Database(url.render_as_string(hide_password=False), clock=clock)
    office = staff_office(database, clock)
    ends = tmp_path_factory.mktemp("stages")
    office = replace(office, stages=Stages(ends, office.size(), office.contents()))
    database.close()
    return str(url.database), office


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The office is set up on both kinds of database, unless a test names the ones it is about."""
    if "office" in metafunc.fixturenames:
        named = metafunc.definition.get_closest_marker("databases")
        kinds = named.args if named is not None else ("sqlite", "postgresql")
        metafunc.parametrize("office", kinds, indirect=True)


@pytest.fixture
def office(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Office]:
    """The office in a database of its own.

    Rules that are the same Python over either database run on SQLite; what locks, constraints,
    triggers or SQL of its own decide runs on PostgreSQL as well.
    """
    if request.param == "sqlite":
        template, office = request.getfixturevalue("staffed_sqlite")
        path = tmp_path / "office.sqlite"
        shutil.copy(template, path)
        database = Database(f"sqlite:///{path}", clock=clock)
        yield office.in_database(database, clock)
        database.close()
        return
    name, office = request.getfixturevalue("staffed_postgres")
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.create(template=name)
    database = Database(url.render_as_string(hide_password=False), clock=clock)
    yield office.in_database(database, clock)
    database.close()
    server.drop(url)
