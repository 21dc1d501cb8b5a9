"""What a caller demands of the transaction of a change, beyond the change: once, and on what.

1. A key is remembered in the transaction of the change it stands for. So it is there exactly if
   the change was made, whatever became of the answer, of the process or of the connection.
2. The key is the first thing that the transaction writes. Of two requests with one key the second
   waits for the first, and is then undone before it did anything.
3. What was refused or failed leaves no key: the same request may be tried again.
4. An answer with a secret in it is not remembered, only what was made.
5. A caller who names the state that they have read is refused in the same transaction if it is
   another one by now; until its end nobody else changes what was compared.
"""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from sqlalchemy import CursorResult, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accredit_governance.documents import Document
from accredit_governance.errors import GovernanceError
from accredit_governance.registry.database import Database
from accredit_governance.registry.tables.idempotency import IdempotencyKeyRow

KEPT_FOR: Final = timedelta(hours=24)
SECRETS: Final = frozenset(
    {
        "token",
        "secret",
        "ticket",
        "link",
        "password",
        "client_secret",
        "access_token",
        "signing_secret",
        "path",
    }
)
"""Fields of answers that are shown once, `path` in that of a link for a password.

A test finds every one of them in the API.
"""
HELD: Final = "accredit_held"
"""Mark of a session whose loaders lock what they load (see `View.load`)."""


class KeyReused(GovernanceError):
    """An idempotency key came again with another request."""

    code: ClassVar[str] = "idempotency_key_reused"


class SecretShownOnce(GovernanceError):
    """A request came again whose answer held a secret, which nobody has kept."""

    code: ClassVar[str] = "secret_shown_once"


class PreconditionFailed(GovernanceError):
    """What the caller has read is not what is there now."""

    code: ClassVar[str] = "precondition_failed"


class AlreadyDone(Exception):
    """The key is known: the change was made before, and its answer is kept."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What makes two requests the same one. Digests are SHA-256 in hexadecimal.

    Attributes:
        reach_digest: of what the credential shown is good for, its scopes and its project.
    """

    method: str
    path: str
    query_digest: str
    body_digest: str
    reach_digest: str


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What was answered: JSON text, or None where it held a secret or nothing."""

    fingerprint: Fingerprint
    status: int
    answer: str | None
    resource_id: uuid.UUID | None


@dataclass(slots=True)
class Call:
    """One request for a change, from its arrival until its answer.

    Attributes:
        principal_id: who asks; operations of others within the request are none of its business.
        key: under which the answer is kept, if there is one.
        fingerprint: of the request; for a stream it is known only once that was read.
        status: HTTP status of the answer if all goes well.
        demand: looks at what is there now, in the session of the change, and refuses.
        present: turns the answer of the operation into that of the route, where they differ.
        done: the answer that was kept.
        begun: a change of the caller's looked at key and demand.
    """

    principal_id: uuid.UUID
    key: str | None = None
    fingerprint: Fingerprint | None = None
    status: int = 200
    demand: Callable[[Session], None] | None = None
    present: Callable[[Any], Document] | None = None  # Any: whatever the operation answers
    done: bool = False
    begun: bool = False

    def begin(self, session: Session, principal_id: uuid.UUID, now: datetime) -> None:
        """Before the change: take the key, and look at what the caller has read.

        Raises:
            AlreadyDone: the key was taken by an earlier request, whose change stands.
            PreconditionFailed: what the caller has read has changed.
        """
        if principal_id != self.principal_id:
            return
        self.begun = True
        if self.key is not None and not self.done:
            self._take(session, self.key, now)
        if self.demand is not None:
            demand, self.demand = self.demand, None
            demand(session)

    def complete(self, session: Session, principal_id: uuid.UUID, answer: object) -> None:
        """After the change, in its transaction: keep the answer."""
        if principal_id != self.principal_id or self.key is None:
            return
        if self.present is not None:
            answer = self.present(answer)
        mine = (
            IdempotencyKeyRow.principal_id == self.principal_id,
            IdempotencyKeyRow.key == self.key,
        )
        if not isinstance(answer, Document | dict) and answer is not None:
            session.execute(delete(IdempotencyKeyRow).where(*mine))
            return
        self.done = True
        statement = update(IdempotencyKeyRow).where(*mine)
        session.execute(
            statement.values(answer=_kept(answer), resource_id=_made(answer)).execution_options(
                synchronize_session=False
            )
        )

    def _take(self, session: Session, key: str, now: datetime) -> None:
        if self.fingerprint is None:
            raise RuntimeError("the change began before its request was read")
        session.execute(
            delete(IdempotencyKeyRow).where(
                IdempotencyKeyRow.principal_id == self.principal_id,
                IdempotencyKeyRow.key == key,
                IdempotencyKeyRow.created_at < now - KEPT_FOR,
            )
        )
        try:
            session.execute(
                insert(IdempotencyKeyRow).values(
                    principal_id=self.principal_id,
                    key=key,
                    method=self.fingerprint.method,
                    path=self.fingerprint.path,
                    query_digest=self.fingerprint.query_digest,
                    body_digest=self.fingerprint.body_digest,
                    reach_digest=self.fingerprint.reach_digest,
                    status=self.status,
                    created_at=now,
                )
            )
        except IntegrityError as error:
            raise AlreadyDone(key) from error


CALL: Final[ContextVar[Call | None]] = ContextVar("call", default=None)
"""The request that is carried out, if it demands anything."""


def presented(present: Callable[[Any], Document]) -> None:  # Any: see `Call`
    """Say how the route turns the answer of its operation into its own, before it calls it."""
    call = CALL.get()
    if call is not None:
        call.present = present


def kept_answer(database: Database, principal_id: uuid.UUID, key: str) -> KeptAnswer | None:
    """What was answered under a key within the last 24 hours."""
    with database.reading() as session:
        row = session.execute(
            select(IdempotencyKeyRow).where(
                IdempotencyKeyRow.principal_id == principal_id,
                IdempotencyKeyRow.key == key,
                IdempotencyKeyRow.created_at >= database.clock() - KEPT_FOR,
            )
        ).scalar_one_or_none()
        if row is None:
            return None
        fingerprint = Fingerprint(
            row.method, row.path, row.query_digest, row.body_digest, row.reach_digest
        )
        return KeptAnswer(fingerprint, row.status, row.answer, row.resource_id)


def forget_answers(database: Database) -> int:
    """Remove what was kept for 24 hours; how many there were."""
    with database.writing() as session:
        before = database.clock() - KEPT_FOR
        result = session.execute(
            delete(IdempotencyKeyRow).where(IdempotencyKeyRow.created_at < before)
        )
        assert isinstance(result, CursorResult)  # noqa: S101  narrows the type for mypy
        return result.rowcount


class Within(Database):
    """A database whose questions are answered inside a transaction that goes on.

    What they load is locked until its end.
    """

    def __init__(self, outer: Database, session: Session) -> None:
        self.url = outer.url
        self.clock = outer.clock
        self.is_sqlite = outer.is_sqlite
        self.engine = outer.engine
        self._session = session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """The session of the transaction."""
        self._session.info[HELD] = True
        try:
            yield self._session
        finally:
            del self._session.info[HELD]

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Not from within: a question changes nothing.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError("a question that is asked within a change cannot write")
        yield  # makes it a generator


def _kept(answer: Document | dict[str, Any] | None) -> str | None:
    if answer is None:
        return None
    fields = answer if isinstance(answer, dict) else answer.model_dump()
    if _holds_a_secret(fields):
        return None
    return json.dumps(answer) if isinstance(answer, dict) else answer.model_dump_json()


def _made(answer: Document | dict[str, Any] | None) -> uuid.UUID | None:
    found = getattr(answer, "id", None)
    return found if isinstance(found, uuid.UUID) else None


def _holds_a_secret(value: object) -> bool:
    """Whether a field that is shown once has a value, however deep it lies."""
    if isinstance(value, dict):
        return any(
            (name in SECRETS and held is not None) or _holds_a_secret(held)
            for name, held in value.items()
        )
    return isinstance(value, list | tuple) and any(map(_holds_a_secret, value))
