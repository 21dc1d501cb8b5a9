"""Connections on which no whole request ever comes are closed."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from typing import ClassVar

import pytest
import uvicorn
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from accredit_platform.server import bounded
from accredit_platform.settings import Settings
from accredit_platform.slow_heads import TimedHeads

WHOLE = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
SLOW_S = 1.0


class Hasty(TimedHeads):
    head_s: ClassVar[float] = 0.3


async def answers(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] == "/slow":
        await asyncio.sleep(SLOW_S)
    await Response("here")(scope, receive, send)


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(
            uvicorn.Config(answers, http=Hasty, lifespan="off", log_config=None)
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield listener.getsockname()
        server.should_exit = True
        thread.join(timeout=30)


def said(connection: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    connection.settimeout(10)
    return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    ("head", "body", "answers"),
    [
        pytest.param(
            b"Content-Length: 4\r\nTransfer-Encoding: chunked", b"0\r\n\r\n", 2, id="both"
        ),
        pytest.param(b"Content-Length: 4\r\nContent-Length: 5", b"aaaa", 0, id="two lengths"),
        pytest.param(b"Transfer-Encoding: xchunked", b"0\r\n\r\n", 0, id="another coding"),
        pytest.param(b"Content-Length: +4", b"aaaa", 0, id="a sign"),
    ],
)
def test_where_a_request_ends_is_not_to_be_argued(
    address: tuple[str, int], head: bytes, body: bytes, answers: int
) -> None:
    """Request smuggling: chunks count before a length, and what is ambiguous is refused."""
    with socket.create_connection(address) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\n" + head + b"\r\n\r\n" + body)
        connection.sendall(WHOLE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        text = said(connection)

    assert text.count(b"here") == answers
    assert text.count(b"HTTP/1.1 4") + text.count(b"HTTP/1.1 5") == (0 if answers else 1)


@pytest.mark.parametrize("sent", [b"", b"GET / HT", WHOLE[:-2]], ids=["none", "some", "most"])
def test_a_head_that_does_not_come_ends_the_connection(
    address: tuple[str, int], sent: bytes
) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(sent)

        assert said(connection) == b""


def test_a_second_head_has_no_longer_than_the_first(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(WHOLE + b"GET / HT")

        assert said(connection).count(b"200 OK") == 1


def test_an_answer_may_take_longer_than_a_head(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(WHOLE.replace(b"/", b"/slow", 1))

        assert said(connection).endswith(b"here")


def test_the_service_is_served_like_that() -> None:
    assert bounded(answers, Settings()).http is TimedHeads
