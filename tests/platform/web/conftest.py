"""One prepared home per test run, copied for each test that uses it."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from accredit_platform.app import create_app
from accredit_platform.auth.browsers import SESSION_COOKIE
from accredit_platform.settings import Settings
from accredit_platform.wiring import open_services
from tests.platform.web.seed import PASSWORD, Seeded, fill


@pytest.fixture(scope="session")
def template_home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Seeded]:
    home = tmp_path_factory.mktemp("web") / "home"
    return home, fill(home)


@pytest.fixture
def home(template_home: tuple[Path, Seeded], tmp_path: Path) -> Path:
    copy = tmp_path / "home"
    shutil.copytree(template_home[0], copy)
    return copy


@pytest.fixture
def seeded(template_home: tuple[Path, Seeded]) -> Seeded:
    return template_home[1]


def token_in(page: str) -> str:
    return page.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]


@dataclass
class Visitor:
    """Somebody who is signed in, with a browser that has no scripts."""

    client: TestClient

    def open(self, address: str, *, status: int = 200) -> str:
        answer = self.client.get(address)
        assert answer.status_code == status, f"{address}: {answer.status_code}\n{answer.text}"
        return answer.text

    def send(self, address: str, **fields: str) -> Response:
        """Fill in a form and send it, with the token that pages are given."""
        token = token_in(self.open("/"))
        return self.client.post(address, data={"csrf_token": token, **fields})


@contextmanager
def browser_of(home: Path) -> Iterator[TestClient]:
    """A browser before an installation; redirects are not followed."""
    app = create_app(open_services(Settings(home=home)))
    with TestClient(
        app, base_url="https://accredit.test", follow_redirects=False, raise_server_exceptions=False
    ) as client:
        yield client


def sign_in(client: TestClient, name: str) -> Visitor:
    client.cookies.clear()
    answer = client.post("/sign-in", data={"name": name, "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    assert SESSION_COOKIE in client.cookies
    return Visitor(client)


@pytest.fixture
def anonymous(home: Path) -> Iterator[TestClient]:
    """A browser of nobody before an installation of the test's own."""
    with browser_of(home) as client:
        yield client


@pytest.fixture
def enter(anonymous: TestClient) -> Callable[[str], Visitor]:
    """Signs a person in, in place of whoever was, to change things."""
    return partial(sign_in, anonymous)


@pytest.fixture(scope="session")
def reading_room(
    template_home: tuple[Path, Seeded], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    home = tmp_path_factory.mktemp("room") / "home"
    shutil.copytree(template_home[0], home)
    with browser_of(home) as client:
        yield client


@pytest.fixture(scope="session")
def secrets() -> dict[str, str]:
    """Session of each person who was in the reading room."""
    return {}


@pytest.fixture
def look(reading_room: TestClient, secrets: dict[str, str]) -> Callable[[str], Visitor]:
    """Lets a person in, in place of whoever was, to look; tests share what they look at."""

    def let_in(name: str) -> Visitor:
        if name not in secrets:
            sign_in(reading_room, name)
            secrets[name] = reading_room.cookies[SESSION_COOKIE]
        reading_room.cookies.clear()
        reading_room.cookies.set(SESSION_COOKIE, secrets[name])
        return Visitor(reading_room)

    return let_in
