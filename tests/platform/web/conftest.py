"""One prepared home per test run, copied for each test that uses it."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from accredit_platform.app import create_app
from accredit_platform.auth.guard import SESSION_COOKIE
from accredit_platform.settings import Settings
from accredit_platform.wiring import open_services
from starlette.testclient import TestClient

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


@dataclass
class Visitor:
    """Somebody with a browser that has no scripts."""

    client: TestClient

    @property
    def token(self) -> str:
        """The CSRF token on the page that is open."""
        return token_in(self.client.get("/").text)

    def send(self, address: str, **fields: str) -> "object":
        return self.client.post(address, data={"csrf_token": self.token, **fields})


def token_in(page: str) -> str:
    return page.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]


@pytest.fixture
def anonymous(home: Path) -> Iterator[TestClient]:
    """A browser of nobody; redirects are not followed."""
    app = create_app(open_services(Settings(home=home)))
    with TestClient(app, base_url="http://accredit.test", follow_redirects=False) as client:
        yield client


@pytest.fixture
def sign_in(anonymous: TestClient) -> Callable[[str], Visitor]:
    """Signs a person in, in place of whoever was."""

    def enter(name: str) -> Visitor:
        anonymous.cookies.clear()
        answer = anonymous.post("/sign-in", data={"name": name, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        assert SESSION_COOKIE in anonymous.cookies
        return Visitor(anonymous)

    return enter
