"""The log in the database: ordered, gap-free, and only able to grow."""

import json
import sqlite3
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError

from accredit_governance.audit.checkpoint import CheckpointInvalid, SigningKey
from accredit_governance.audit.ledger import read_events, read_head
from accredit_governance.audit.merkle import leaf_hash
from accredit_governance.documents import canonical_json
from accredit_governance.errors import UnrecordedChange
from accredit_governance.operations import datasets
from accredit_governance.operations.trail import sign_now
from accredit_governance.registry.database import Database
from accredit_governance.registry.tables import AuditCheckpointRow, AuditEventRow, SignOffRow
from tests.governance.audit.test_merkle import defined_root
from tests.governance.office import Office

WRITERS, EACH = 16, 6
KEY = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


def together(works: list[Callable[[], object]]) -> list[BaseException]:
    """Run functions at the same time in threads; return what they raised."""
    start = threading.Barrier(len(works))
    raised: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        start.wait()
        try:
            work()
        except Exception as error:  # noqa: BLE001  handed to the test
            raised.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_writers_at_the_same_time_leave_no_gap_and_the_right_root(office: Office) -> None:
    size = office.size()

    def write(writer: int) -> None:
        for number in range(EACH):
            datasets.create_dataset(
                office.database,
                office.people["preparer"],
                office.project_id,
                name=f"d-{writer}-{number}",
                title="x",
            )

    raised = together([lambda w=w: write(w) for w in range(WRITERS)])  # type: ignore[misc]

    assert raised == []
    with office.database.reading() as session:
        head = read_head(session)
        bodies = [body for _, body in read_events(session, upto=head.size)]
    assert head.size == size + WRITERS * EACH
    assert [json.loads(body)["seq"] for body in bodies] == list(range(head.size))
    assert head.root == defined_root(bodies)


def test_the_stored_bytes_are_canonical_and_the_columns_are_copies_of_them(office: Office) -> None:
    with office.database.reading() as session:
        rows = session.execute(select(AuditEventRow).order_by(AuditEventRow.seq)).scalars().all()

        assert len(rows) > 10
        for row in rows:
            event = json.loads(row.body)
            assert canonical_json(event) == row.body
            assert leaf_hash(row.body) == row.leaf
            assert (event["seq"], event["id"]) == (row.seq, str(row.id))
            assert (event["action"], event["outcome"]) == (row.action, row.outcome)
            assert event["actor"]["id"] == str(row.actor_id)
            assert event["project"] == (row.project_id and str(row.project_id))
            assert event["resource"] == (row.resource_id and str(row.resource_id))
            assert datetime.fromisoformat(event["at"]) == row.occurred_at


def test_a_clock_that_was_set_back_does_not_reorder_the_log(office: Office) -> None:
    def write(name: str) -> None:
        datasets.create_dataset(
            office.database, office.people["preparer"], office.project_id, name=name, title="x"
        )

    write("before")
    office.clock.pass_time(hours=-1)
    write("after")

    events = office.events()
    times = [datetime.fromisoformat(event["at"]) for event in events]
    assert times == sorted(times)
    assert times[-2] < times[-1]


def append_only_row(office: Office, table: str) -> None:
    if table == "audit_checkpoint":
        sign_now(office.database, KEY)
    if table == "sign_off":
        office.sign("validator", office.in_review())


@pytest.mark.parametrize("table", ["audit_event", "audit_checkpoint", "sign_off"])
@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("UPDATE {table} SET {column} = {column}", id="update"),
        pytest.param("DELETE FROM {table}", id="delete"),
        pytest.param("TRUNCATE {table} CASCADE", id="truncate"),
        pytest.param("INSERT OR REPLACE INTO {table} SELECT * FROM {table}", id="replace"),
        pytest.param(
            "INSERT INTO {table} SELECT * FROM {table} WHERE true"
            " ON CONFLICT ({column}) DO UPDATE SET {column} = excluded.{column}",
            id="upsert",
        ),
    ],
)
def test_the_database_itself_refuses_to_change_what_can_only_grow(
    office: Office, table: str, statement: str
) -> None:
    append_only_row(office, table)
    column = {"audit_event": "seq", "audit_checkpoint": "size", "sign_off": "id"}[table]
    before = office.events()

    with office.database.engine.connect() as connection:
        assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one() > 0
    with (
        pytest.raises(DBAPIError) as caught,
        office.database.engine.begin() as connection,
    ):
        connection.exec_driver_sql(statement.format(table=table, column=column))

    on_sqlite_only = "OR REPLACE" in statement and not office.database.is_sqlite
    on_postgresql_only = "TRUNCATE" in statement and office.database.is_sqlite
    if not (on_sqlite_only or on_postgresql_only):
        assert "can only grow" in str(caught.value)
    assert office.events() == before


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param({}, id="same number"),
        pytest.param({"seq": 10_000}, id="beyond the end"),
        pytest.param({"seq": "end"}, id="at the end with the identifier of another"),
    ],
)
def test_another_program_cannot_replace_an_event_in_the_sqlite_file(
    staffed_sqlite: tuple[Path, Office], columns: dict[str, object]
) -> None:
    """Recursive triggers are off there, so REPLACE deletes without a delete trigger."""
    path, _ = staffed_sqlite
    connection = sqlite3.connect(":memory:")
    source = sqlite3.connect(str(path))
    source.backup(connection)
    source.close()
    size = connection.execute("SELECT max(seq) + 1 FROM audit_event").fetchone()[0]
    row = list(connection.execute("SELECT * FROM audit_event WHERE seq = 3").fetchone())
    if columns:
        row[0] = size if columns["seq"] == "end" else columns["seq"]

    with pytest.raises(sqlite3.IntegrityError, match="can only grow"):
        connection.execute(
            f"INSERT OR REPLACE INTO audit_event VALUES ({','.join('?' * len(row))})", row
        )

    assert connection.execute("SELECT count(*) FROM audit_event").fetchone()[0] == size
    connection.close()


def test_another_program_cannot_replace_a_signature_in_the_sqlite_file(
    office: Office,
) -> None:
    if not office.database.is_sqlite:
        pytest.skip("REPLACE is a statement of SQLite")
    office.sign("validator", office.in_review())
    connection = sqlite3.connect(str(office.database.engine.url.database))

    with pytest.raises(sqlite3.IntegrityError, match="can only grow"):
        connection.execute("INSERT OR REPLACE INTO sign_off SELECT * FROM sign_off")

    connection.close()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda s: s.execute(delete(AuditEventRow)), id="bulk delete"),
        pytest.param(lambda s: s.execute(update(AuditEventRow).values(seq=1)), id="bulk update"),
        pytest.param(lambda s: s.delete(s.get(AuditEventRow, 3)), id="delete"),
        pytest.param(lambda s: setattr(s.get(AuditEventRow, 3), "action", "x"), id="change"),
    ],
)
def test_the_session_refuses_to_change_events(
    office: Office, change: Callable[[object], object]
) -> None:
    before = office.events()

    with pytest.raises(UnrecordedChange), office.database.writing() as session:
        change(session)

    assert office.events() == before


def test_an_unchanged_log_keeps_its_checkpoint(office: Office) -> None:
    first = sign_now(office.database, KEY)
    second = sign_now(office.database, KEY)

    with office.database.reading() as session:
        kept = session.execute(select(func.count()).select_from(AuditCheckpointRow)).scalar_one()
    assert (first, kept) == (second, 1)
    assert KEY.verifier.open(first).size == office.size()


def test_checkpoints_of_a_growing_log_grow(office: Office) -> None:
    first = KEY.verifier.open(sign_now(office.database, KEY))
    office.finished_run()
    second = KEY.verifier.open(sign_now(office.database, KEY))

    assert second.size > first.size
    with office.database.reading() as session:
        bodies = [body for _, body in read_events(session, upto=second.size)]
    assert first.root == defined_root(bodies[: first.size])
    assert second.root == defined_root(bodies)


def test_signers_at_the_same_time_agree(office: Office) -> None:
    notes: list[str] = []

    raised = together([lambda: notes.append(sign_now(office.database, KEY))] * 8)

    assert raised == []
    assert len(set(notes)) == 1


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param("size = size - 1", id="shorter"),
        pytest.param("frontier = '[]', size = 0", id="empty"),
        pytest.param("frontier = '[\"" + "00" * 32 + "\"]'", id="another root"),
    ],
)
def test_a_log_that_is_not_the_one_signed_before_is_not_signed(office: Office, damage: str) -> None:
    sign_now(office.database, KEY)
    with office.database.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE audit_head SET {damage}")

    with pytest.raises(CheckpointInvalid, match="another root was signed"):
        sign_now(office.database, KEY)


def test_the_newest_event_has_the_number_before_the_size(database: Database) -> None:
    with database.reading() as session:
        assert read_head(session).size == 0
        assert session.execute(select(func.count()).select_from(SignOffRow)).scalar_one() == 0


def test_a_log_goes_on_under_its_first_key_only(office: Office) -> None:
    first, second = (SigningKey(Ed25519PrivateKey.generate()) for _ in range(2))
    sign_now(office.database, first)
    office.draft()

    with pytest.raises(CheckpointInvalid, match="put the right key back"):
        sign_now(office.database, second)
