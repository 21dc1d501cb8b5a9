"""How values are stored, and how the two databases are made to behave alike."""

import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, select
from sqlalchemy.exc import StatementError

from accredit_governance.errors import DamagedArtifact
from accredit_governance.identifiers import new_id
from accredit_governance.registry.artifacts import Artifacts, file_digest
from accredit_governance.registry.column_types import JsonText, UtcTime
from accredit_governance.registry.database import Database, utc_now
from accredit_governance.registry.tables import WorkerRow

DIALECT = create_engine("sqlite://").dialect


def worker(at: datetime) -> WorkerRow:
    return WorkerRow(id=new_id(), host="h", pid=1, started_at=at, heartbeat_at=at)


def test_times_come_back_aware_in_utc(database: Database) -> None:
    elsewhere = timezone(timedelta(hours=5, minutes=30))
    at = datetime(2026, 11, 2, 3, 4, 5, 678901, tzinfo=elsewhere)
    with database.writing() as session:
        session.add(worker(at))

    with database.reading() as session:
        row = session.execute(select(WorkerRow)).scalar_one()
        assert row.started_at == at
        assert row.started_at.tzinfo is UTC


def test_a_time_without_zone_is_not_stored(database: Database) -> None:
    with pytest.raises(StatementError, match="without time zone"), database.writing() as session:
        session.add(worker(datetime(2026, 11, 2)))  # noqa: DTZ001  that is the point


def test_the_clock_of_the_machine_is_aware() -> None:
    assert utc_now().tzinfo is UTC


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(1 - 2**53, 2**53 - 1)
    | st.text(max_size=5)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(json_values)
def test_stored_json_comes_back_as_it_was(value: object) -> None:
    column = JsonText()

    stored = column.process_bind_param(value, DIALECT)
    read = column.process_result_value(stored, DIALECT)

    assert read == value
    assert column.process_bind_param(read, DIALECT) == stored


def test_nothing_stays_nothing() -> None:
    assert UtcTime().process_bind_param(None, DIALECT) is None
    assert UtcTime().process_result_value(None, DIALECT) is None


def test_sqlite_keeps_what_was_committed_and_watches_references(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.engine.connect() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers")
        }
    database.close()

    assert settings == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "recursive_triggers": 1,
    }


def test_a_reader_does_not_wait_for_a_writer(database: Database) -> None:
    seen: list[int] = []

    def read() -> None:
        with database.reading() as session:
            seen.append(len(session.execute(select(WorkerRow)).all()))

    with database.writing() as session:
        session.add(worker(utc_now()))
        session.flush()
        reader = threading.Thread(target=read)
        reader.start()
        reader.join(timeout=20)

    assert seen == [0]


def test_an_error_undoes_the_transaction(database: Database) -> None:
    def fail() -> None:
        with database.writing() as session:
            session.add(worker(utc_now()))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    with database.reading() as session:
        assert session.execute(select(WorkerRow)).all() == []


def test_the_folder_of_a_sqlite_file_is_made(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a' / 'b.sqlite'}")
    database.close()

    assert (tmp_path / "a").is_dir()


def test_identifiers_are_ordered_by_time() -> None:
    made = [new_id() for _ in range(1000)]

    assert made == sorted(made)
    assert {one.version for one in made} == {7}


def test_a_kept_file_is_found_by_its_digest(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path)

    digest = artifacts.keep_bytes([b"one", b"two"])

    path = artifacts.file(digest)
    assert path.read_bytes() == b"onetwo"
    assert file_digest(path) == digest
    assert list((tmp_path / "incoming").iterdir()) == []


def test_a_damaged_file_is_not_given_out(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path)
    digest = artifacts.keep_bytes([b"one"])
    artifacts.file(digest).write_bytes(b"One")

    with pytest.raises(DamagedArtifact, match="missing or damaged"):
        artifacts.file(digest)


def test_a_missing_artifact_is_not_given_out(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path)

    with pytest.raises(DamagedArtifact):
        artifacts.file("0" * 64)
    with pytest.raises(DamagedArtifact):
        artifacts.folder("0" * 64)


def test_a_folder_is_kept_once(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path / "store")
    for content in ("first", "second"):
        folder = tmp_path / content
        folder.mkdir()
        (folder / "file").write_text(content)
        artifacts.keep_folder(folder, "a" * 64)

    assert (artifacts.folder("a" * 64) / "file").read_text() == "first"
    assert not (tmp_path / "second").exists()
