"""Idempotency keys (IETF draft idempotency-key-header): a request that comes again acts once.

The key is kept in the transaction of the change (`operations/calls.py`); here it is read, compared
and answered. Within one process a second request that comes while the first is carried out is told
to wait; from another process it waits in the database.
"""

import hashlib
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import ClassVar, Final

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from accredit_governance.access.actors import Actor
from accredit_governance.errors import InvalidInput
from accredit_governance.operations.calls import (
    AlreadyDone,
    Call,
    Fingerprint,
    KeptAnswer,
    KeyReused,
    SecretShownOnce,
    kept_answer,
)
from accredit_governance.operations.door import current, record_refusal
from accredit_platform.errors import PlatformError
from accredit_platform.wiring import Services

HEADER: Final = "Idempotency-Key"
_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")


class InProgress(PlatformError):
    """The same key is being carried out at this moment."""

    code: ClassVar[str] = "in_progress"
    wait_s: ClassVar[int] = 1


class Replayed(Exception):
    """The answer is known: the change was made by an earlier request."""

    def __init__(self, kept: KeptAnswer) -> None:
        super().__init__()
        self.kept = kept


class Repeats:
    """Requests with a key that this process carries out now. For the event loop alone."""

    def __init__(self) -> None:
        self._going_on: set[tuple[uuid.UUID, str]] = set()

    @asynccontextmanager
    async def carried_out(
        self, request: Request, services: Services, actor: Actor, call: Call, *, streams: bool
    ) -> AsyncIterator[None]:
        """Carry a request out under its key, unless that was done before.

        Args:
            request: as it came.
            services: what is known, and where.
            actor: who asks.
            call: that the key and the fingerprint are put on.
            streams: the body is a file that the route reads; see `settle`.

        Raises:
            InvalidInput: the key is not 1 to 255 visible ASCII characters.
            InProgress: the same key is being carried out.
            KeyReused: it stands for another request.
            Replayed: it was carried out before.
        """
        key = key_of(request.headers[HEADER])
        place = (actor.id, key)
        if place in self._going_on:
            raise InProgress(f"a request with this {HEADER} is being carried out; try again")
        self._going_on.add(place)
        try:
            body = b"" if streams else await request.body()
            call.key = key
            call.fingerprint = Fingerprint(
                method=request.method,
                path=request.url.path,
                query_digest=hashlib.sha256(request.url.query.encode()).hexdigest(),
                body_digest=hashlib.sha256(body).hexdigest(),
                reach_digest=_reach_digest(actor),
            )
            request.state.call = call
            if not streams:
                await run_in_threadpool(answer_again, request, services, actor, call)
            yield
        finally:
            self._going_on.discard(place)


def key_of(header: str) -> str:
    """The key in a header; the quotes of a structured field are no part of it.

    Raises:
        InvalidInput: it is not 1 to 255 visible ASCII characters.
    """
    key = header[1:-1] if len(header) > 1 and header[0] == header[-1] == '"' else header
    if _KEY.fullmatch(key) is None:
        message = f"{HEADER} must be 1 to 255 visible ASCII characters, such as a UUID"
        raise InvalidInput(message, [{"pointer": "/idempotency-key", "detail": message}])
    return key


async def settle(request: Request, services: Services, actor: Actor, digest: str) -> None:
    """Say what a streamed body was, now that it is read.

    Raises:
        KeyReused: the key stands for another request.
        Replayed: it was carried out before.
    """
    call: Call | None = getattr(request.state, "call", None)
    if call is not None and call.fingerprint is not None:
        call.fingerprint = replace(call.fingerprint, body_digest=digest)
        await run_in_threadpool(answer_again, request, services, actor, call)


def answer_again(request: Request, services: Services, actor: Actor, call: Call) -> None:
    """Nothing, if the key of a call is new.

    Whoever is answered again passes no door, so who they are is looked at here once more.

    Raises:
        NotAuthenticated, NotAllowed: what the caller shows has ended, or the account is closed.
        KeyReused: it stands for another request; that is recorded.
        Replayed: it was carried out before.
    """
    if call.key is None or call.fingerprint is None:
        return
    kept = kept_answer(services.database, actor.id, call.key)
    if kept is None:
        return
    with services.database.reading() as session:
        current(session, actor, services.database.clock())
    other = _differences(kept.fingerprint, call.fingerprint)
    if other:
        error = KeyReused(
            f"this {HEADER} was used for a request with another {' and another '.join(other)};"
            " take a new key for a new request",
            differs=other,
        )
        name = str(getattr(request.scope.get("endpoint"), "__name__", request.url.path))
        record_refusal(services.database, actor, name, error, ())
        raise error
    raise Replayed(kept)


def _differences(before: Fingerprint, now: Fingerprint) -> list[str]:
    found = {
        "method": before.method != now.method,
        "path": before.path != now.path,
        "query": before.query_digest != now.query_digest,
        "body": before.body_digest != now.body_digest,
        "reach": before.reach_digest != now.reach_digest,
    }
    return [name for name, differs in found.items() if differs]


def _reach_digest(actor: Actor) -> str:
    """What a token is narrowed to: a narrower one is not answered what a wider one was."""
    scopes = None if actor.scopes is None else sorted(actor.scopes)
    return hashlib.sha256(f"{scopes} {actor.within}".encode()).hexdigest()


def install(app: FastAPI) -> None:
    """Answer repeats with what was answered before."""
    app.state.repeats = Repeats()
    app.add_exception_handler(Replayed, _of_replay)
    app.add_exception_handler(AlreadyDone, _of_already_done)


def _of_replay(_request: Request, error: Exception) -> Response:
    if not isinstance(error, Replayed):
        raise error
    kept = error.kept
    if kept.answer is None and kept.status != 204:
        made = f"; what was made is {kept.resource_id}" if kept.resource_id else ""
        raise SecretShownOnce(
            f"this was done, and its answer held a secret that is shown only once{made}",
            resource_id=kept.resource_id,
        )
    return Response(
        kept.answer,
        status_code=kept.status,
        media_type="application/json" if kept.answer is not None else None,
        headers={"Idempotency-Replayed": "true"},
    )


def _of_already_done(request: Request, error: Exception) -> Response:
    """Another process was faster, between our look and our change."""
    call: Call | None = getattr(request.state, "call", None)
    if not isinstance(error, AlreadyDone) or call is None:
        raise error
    try:
        answer_again(request, request.app.state.services, request.state.actor, call)
    except Replayed as replayed:
        return _of_replay(request, replayed)
    raise InProgress(f"a request with this {HEADER} has just ended; try again")
