"""One real server per process of tests, its people, and a proxy that loses answers."""

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from accredit_platform.client import Client
from tests.journeys.company import Server, found_company

PASSWORD = "correct horse battery"


@dataclass
class Office:
    """A service at work, and who may call it."""

    server: Server
    admin: Client
    dan_id: str
    dan_token: str

    @property
    def url(self) -> str:
        return self.server.url


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    home = tmp_path_factory.mktemp("client") / "home"
    password = found_company(home)
    server = Server(home, {"ACCREDIT_EMBEDDED_WORKER": "false"}).start()
    try:
        with Client(server.url, token_of(server.url, "ada", password)) as admin:
            made = admin.principals.create(kind="user", name="dan", title="Dan", password=PASSWORD)
            admin.role_bindings.create(made.id, role="developer")
            dan = token_of(server.url, "dan", PASSWORD)
            yield Office(server, admin, str(made.id), dan)
    finally:
        server.stop()


def token_of(url: str, name: str, password: str) -> str:
    with Client(url, "") as nobody:
        return nobody.tokens.create(name=name, password=password).token


@pytest.fixture(scope="session")
def dan(office: Office) -> Iterator[Client]:
    with Client(office.url, office.dan_token) as client:
        yield client


class Lossy:
    """A proxy that hands requests on and, while it is told to, loses the answers."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.lose = 0
        self.lost = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with near, socket.create_connection(("127.0.0.1", self.port)) as far:
            back = threading.Thread(target=self._back, args=(far, near), daemon=True)
            back.start()
            pump(near, far.sendall)
            shut(far)
            back.join(10)

    def _back(self, far: socket.socket, near: socket.socket) -> None:
        def answer(piece: bytes) -> None:
            if self.lose:
                self.lose -= 1
                self.lost += 1
                shut(near)
                raise ConnectionError
            near.sendall(piece)

        pump(far, answer)
        shut(near)

    def close(self) -> None:
        self._listener.close()


def pump(source: socket.socket, act: Callable[[bytes], object]) -> None:
    try:
        while piece := source.recv(65536):
            act(piece)
    except OSError:
        return


def shut(end: socket.socket) -> None:
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


@pytest.fixture(scope="session")
def lossy(office: Office) -> Iterator[Lossy]:
    proxy = Lossy(office.server.port)
    yield proxy
    proxy.close()
