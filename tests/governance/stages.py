"""Where a model version often stands: walked to once per kind of database, then put back.

Most tests of the office begin with a version that was judged, approved or deployed. The way there
is always the same when nothing happened before, so its end is kept: as rows, and as it was, for
nothing but the time it takes.
"""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial, wraps
from pathlib import Path
from typing import Any, TypeVar

from accredit_governance.audit.ledger import read_head
from accredit_governance.registry.database import Database
from accredit_governance.registry.tables import Row

T = TypeVar("T")


@dataclass(frozen=True)
class End:
    """What a walk left."""

    result: Any
    now: datetime
    contents: "Path | Mapping[str, bytes]"


@dataclass
class Stages:
    """Ends of walks that began in the untouched office, in databases of one kind."""

    folder: Path
    events: int
    rows: Mapping[str, list[str]]
    """What the untouched office holds."""
    _ends: dict[tuple[str, datetime], End] = field(default_factory=dict)

    def reach(self, office: Any, walk: "partial[T]") -> T:
        """Walk, or put the end of the same walk into the database of the office."""
        with office.database.reading() as session:
            if read_head(session).size != self.events:
                return walk()
        # Documents and names say all they hold when they are shown.
        key = (repr((walk.func.__name__, walk.args[1:], walk.keywords)), office.clock.now)
        if key in self._ends:
            end = self._ends[key]
            put(office.database, end.contents)
            office.clock.now = end.now
        elif office.contents() != self.rows:
            return walk()  # Somebody wrote past the door.
        else:
            result = walk()
            file = self.folder / f"{len(self._ends)}.sqlite"
            end = End(result, office.clock.now, contents(office.database, file))
            self._ends[key] = end
        found: T = end.result
        return found


def kept(walk: Callable[..., T]) -> Callable[..., T]:
    """A walk of the office whose end is kept."""

    @wraps(walk)
    def reached(office: Any, *chosen: Any, **more: Any) -> T:
        whole = partial(walk, office, *chosen, **more)
        stages: Stages | None = office.stages
        return whole() if stages is None else stages.reach(office, whole)

    return reached


def contents(database: Database, file: Path) -> "Path | Mapping[str, bytes]":
    """All rows: of SQLite in a file, of PostgreSQL by table."""
    if database.is_sqlite:
        _copy(Path(str(database.engine.url.database)), file)
        return file
    rows = {}
    with closing(database.engine.raw_connection()) as connection:
        for table in Row.metadata.tables:
            with connection.cursor().copy(f'COPY "{table}" TO STDOUT') as copy:  # type: ignore[attr-defined] # of psycopg
                rows[table] = b"".join(copy)
    return rows


def put(database: Database, contents: "Path | Mapping[str, bytes]") -> None:
    """Let the database hold these rows and no others, past the door and all guards."""
    if isinstance(contents, Path):
        _copy(contents, Path(str(database.engine.url.database)))
        return
    with closing(database.engine.raw_connection()) as connection:
        cursor = connection.cursor()
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table, rows in contents.items():
            cursor.execute(f'DELETE FROM "{table}"')
            if rows:
                with cursor.copy(f'COPY "{table}" FROM STDIN') as copy:  # type: ignore[attr-defined] # of psycopg
                    copy.write(rows)
        connection.commit()


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)
