"""An installation with two identity providers, which run in a process of their own."""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from httpx2 import Response
from pydantic import SecretStr
from sqlalchemy import select
from starlette.testclient import TestClient

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Role
from accredit_governance.audit.ledger import read_head
from accredit_governance.operations import identity, projects
from accredit_governance.registry.tables import AuditEventRow, PrincipalRow
from accredit_platform.app import create_app
from accredit_platform.auth.attempts import Attempts
from accredit_platform.oidc.configured import GroupRole, IdentityProvider
from accredit_platform.settings import Settings
from accredit_platform.wiring import Services, open_services, prepare
from tests.provider.realm import Realm, provider
from tests.provider.server import AUDIENCE, SECRET

URL = "https://accredit.test"


@pytest.fixture(scope="session")
def realms() -> Iterator[tuple[Realm, ...]]:
    with provider() as running:
        yield running


@pytest.fixture
def one(realms: tuple[Realm, ...]) -> Realm:
    realms[0].set(reset=True, user={"sub": "7", "preferred_username": "Pia@bank.test"})
    return realms[0]


@pytest.fixture
def two(realms: tuple[Realm, ...]) -> Realm:
    realms[1].set(reset=True, user={"sub": "7", "preferred_username": "pia"})
    return realms[1]


def configured(realm: Realm, name: str, **more: Any) -> IdentityProvider:
    return IdentityProvider(
        **{
            "name": name,
            "title": f"Bank {name}",
            "issuer": realm.issuer,
            "client_id": "accredit",
            "client_secret": SecretStr(SECRET),
            "audience": AUDIENCE,
            "group_roles": (
                GroupRole(group="risk", role=Role.VALIDATOR, project="cards"),
                GroupRole(group="risk", role=Role.POLICY_AUTHOR),
                GroupRole(group="audit", role=Role.AUDITOR),
                GroupRole(group="ghosts", role=Role.VIEWER, project="gone"),
            ),
            **more,
        }
    )


@pytest.fixture(scope="session")
def services(
    realms: tuple[Realm, ...], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Services]:
    settings = Settings(
        home=tmp_path_factory.mktemp("oidc") / "home",
        public_url=URL,
        anonymous_requests_per_minute=100_000,
        identity_providers=(configured(realms[0], "one"), configured(realms[1], "two")),
    )
    prepare(settings)
    opened = open_services(settings)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def admin(services: Services) -> Actor:
    identity.create_first_admin(services.database, name="ada", title="Ada", password_hash="-")
    actor = person(services, "ada")
    projects.create_project(services.database, actor, name="cards", title="Cards")
    return actor


def person(services: Services, name: str) -> Actor:
    with services.database.reading() as session:
        found = select(PrincipalRow.id).where(PrincipalRow.name == name)
        key = session.execute(found).scalar_one()
    actor = identity.actor_of_principal(services.database, key, request_id=None)
    assert actor is not None
    return actor


def one_subject(services: Services, name: str) -> str:
    with services.database.reading() as session:
        return str(
            session.connection()
            .exec_driver_sql(
                "select subject from external_identity e join principal p on p.id = e.principal_id"
                " where p.name = ?",
                (name,),
            )
            .scalar_one()
        )


@dataclass
class Browser:
    """A browser before our pages; it goes to the provider and comes back over real HTTP."""

    client: TestClient

    def leave(self, address: str = "/sign-in/providers/one", **fields: str) -> str:
        """Where our page sends the browser."""
        return onward(self.client.post(address, data={"next": "/", **fields}))

    def visit(self, url: str) -> str:
        """Where the provider sends the browser, as an address of ours."""
        answer = httpx2.get(url)
        assert answer.status_code == 302, answer.text
        parts = urlsplit(answer.headers["location"])
        return f"{parts.path}?{parts.query}"

    def sign_in(self, name: str = "one", back: str = "/") -> Response:
        url = self.leave(f"/sign-in/providers/{name}", next=back)
        return self.client.get(self.visit(url))

    def me(self) -> str | None:
        """Who the pages say one is."""
        answer = self.client.get("/")
        if answer.status_code != 200:
            return None
        return re.split(r"Signed in as</span>\s*<[^>]+>(?:<strong>)?", answer.text)[1].split(
            "<", 1
        )[0]

    def send(self, address: str, **fields: str) -> Response:
        token = self.client.get("/").text.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
        return self.client.post(address, data={"csrf_token": token, **fields})


def onward(answer: Response) -> str:
    assert answer.status_code == 200, answer.text
    found = re.search(r'id="onward" rel="noreferrer" href="([^"]+)"', answer.text)
    assert found, answer.text
    return html.unescape(found[1])


@pytest.fixture(scope="session")
def app(services: Services, admin: Actor) -> Any:
    return create_app(services)


@pytest.fixture
def browser(app: Any) -> Iterator[Browser]:
    client = TestClient(app, base_url=URL, follow_redirects=False, raise_server_exceptions=False)
    yield Browser(client)
    client.close()


class Trail:
    """What was written down since the fixture was made."""

    def __init__(self, services: Services) -> None:
        self._database = services.database
        with self._database.reading() as session:
            self._from = read_head(session).size

    def of(self, action: str) -> list[dict[str, Any]]:
        with self._database.reading() as session:
            bodies = session.execute(
                select(AuditEventRow.body)
                .where(AuditEventRow.seq >= self._from, AuditEventRow.action == action)
                .order_by(AuditEventRow.seq)
            ).scalars()
            return [json.loads(body) for body in bodies]


@pytest.fixture
def trail(services: Services) -> Trail:
    return Trail(services)


@pytest.fixture
def unbounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every refusal is recorded: the tests together make more of them than a person does."""
    monkeypatch.setattr(Attempts, "admit", lambda *_: None)
