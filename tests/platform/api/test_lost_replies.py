"""Replies that are lost: dropped by a proxy, or by a server that dies before it answers."""

import itertools
import os
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import uvicorn
from sqlalchemy import func, select

from accredit_governance.operations.identity import actor_of_principal, create_first_admin
from accredit_governance.registry.tables import AuditEventRow, IdempotencyKeyRow, ProjectRow
from accredit_platform.app import create_app
from accredit_platform.settings import Settings
from accredit_platform.wiring import Services, open_services, prepare
from tests.conftest import PostgresServer
from tests.platform.api.conftest import bearer, issued

REPLIES = int(os.environ.get("LOST_REPLIES", "20"))
DROPS = (True, False, True, True, False)
pytestmark = pytest.mark.timeout(120 + REPLIES)


def opened(settings: Settings) -> tuple[Services, str]:
    """An installation, and a token of its admin."""
    prepare(settings)
    services = open_services(settings)
    create_first_admin(services.database, name="ada", title="Ada", password_hash="x")
    with services.database.reading() as session:
        row = select(AuditEventRow.resource_id).order_by(AuditEventRow.seq.desc()).limit(1)
        principal = session.execute(row).scalar_one()
    assert principal is not None
    admin = actor_of_principal(services.database, principal, request_id=None)
    assert admin is not None
    return services, issued(services, admin)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Services, str]]:
    url = None
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        template = request.getfixturevalue("migrated_postgres")
        url = server.create(template=template).render_as_string(hide_password=False)
    services, token = opened(Settings(home=tmp_path / "home", database_url=url))
    yield services, token
    services.close()


@pytest.fixture
def server(place: tuple[Services, str]) -> Iterator[int]:
    """Port of a server in a thread of this process."""
    config = uvicorn.Config(create_app(place[0]), port=0, log_level="error", lifespan="off")
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    yield running.servers[0].sockets[0].getsockname()[1]
    running.should_exit = True
    thread.join()


class Proxy:
    """Passes requests on, waits for the whole reply, and keeps some of the replies to itself."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._drops = itertools.cycle(DROPS)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.dropped = 0
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            with caller, socket.create_connection(("127.0.0.1", self._port)) as there:
                there.sendall(whole(caller))
                reply = b"".join(iter(lambda: there.recv(65536), b""))
                if next(self._drops):
                    self.dropped += 1
                else:
                    caller.sendall(reply)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


def whole(caller: socket.socket) -> bytes:
    """A request of known length; its head and its body may come apart."""
    request = caller.recv(65536)
    head, _, body = request.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += caller.recv(65536)
    return head + b"\r\n\r\n" + body


def created(http: httpx2.Client, port: int, token: str, name: str, key: str) -> httpx2.Response:
    """The first reply that arrives."""
    headers = {**bearer(token), "Idempotency-Key": key, "Connection": "close"}
    while True:
        try:
            return http.post(
                f"http://127.0.0.1:{port}/api/v1/projects",
                json={"name": name, "title": "Once"},
                headers=headers,
            )
        except httpx2.TransportError:
            continue


def test_whatever_replies_are_lost_each_change_is_made_once(
    place: tuple[Services, str], server: int
) -> None:
    services, token = place
    proxy, http = Proxy(server), httpx2.Client(timeout=30)
    try:
        answers = [
            created(http, proxy.port, token, f"once-{number}", uuid.uuid4().hex)
            for number in range(REPLIES)
        ]
    finally:
        http.close()
        proxy.close()

    assert {answer.status_code for answer in answers} == {201}
    assert proxy.dropped >= REPLIES
    with services.database.reading() as session:
        made = session.execute(select(func.count()).select_from(ProjectRow)).scalar_one()
        told = session.execute(
            select(func.count()).where(
                AuditEventRow.action == "project.created", AuditEventRow.outcome == "ok"
            )
        ).scalar_one()
    assert (made, told) == (REPLIES, REPLIES)


DYING = """
import os, sys, uvicorn
from pathlib import Path
from accredit_platform.app import create_app
from accredit_platform.settings import Settings
from accredit_platform.wiring import open_services

app = create_app(open_services(Settings(home=Path(sys.argv[1]))))

async def dies(scope, receive, send):
    async def last_words(message):
        os._exit(9)
    await app(scope, receive, last_words)

uvicorn.run(dies, port=int(sys.argv[2]), log_level="error", lifespan="off")
"""


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_a_server_that_dies_between_commit_and_answer_has_answered(
    place: tuple[Services, str], server: int
) -> None:
    services, token = place
    key, body = uuid.uuid4().hex, {"name": "once", "title": "Once"}
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    home = str(services.settings.home)
    dying = subprocess.Popen([sys.executable, "-c", DYING, home, str(port)])
    headers = {**bearer(token), "Idempotency-Key": key}
    with httpx2.Client(headers=headers, timeout=30) as http:
        while dying.poll() is None:
            try:
                http.post(f"http://127.0.0.1:{port}/api/v1/projects", json=body)
            except httpx2.TransportError:
                time.sleep(0.05)
        assert dying.returncode == 9

        answer = http.post(f"http://127.0.0.1:{server}/api/v1/projects", json=body)

    assert answer.status_code == 201
    assert answer.headers["idempotency-replayed"] == "true"
    with services.database.reading() as session:
        kept = select(IdempotencyKeyRow.answer).where(IdempotencyKeyRow.key == key)
        assert session.execute(kept).scalar_one() == answer.text
        assert session.execute(select(func.count()).select_from(ProjectRow)).scalar_one() == 1
