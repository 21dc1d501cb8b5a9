"""One prepared home per test run, copied for each test that uses it."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from accredit_platform.app import create_app
from accredit_platform.auth.guard import SESSION_COOKIE
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


@pytest.fixture
def anonymous(home: Path) -> Iterator[TestClient]:
    """A browser of nobody; redirects are not followed."""
    app = create_app(open_services(Settings(home=home)))
    with TestClient(
        app, base_url="http://accredit.test", follow_redirects=False, raise_server_exceptions=False
    ) as client:
        yield client


@pytest.fixture
def enter(anonymous: TestClient) -> Callable[[str], Visitor]:
    """Signs a person in, in place of whoever was."""

    def sign_in(name: str) -> Visitor:
        anonymous.cookies.clear()
        answer = anonymous.post("/sign-in", data={"name": name, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        assert SESSION_COOKIE in anonymous.cookies
        return Visitor(anonymous)

    return sign_in
