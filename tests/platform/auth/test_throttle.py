"""How often somebody may ask, and what they are told."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from accredit_governance.operations import api_tokens, identity, sessions
from accredit_platform.app import create_app
from accredit_platform.auth.guard import Guard
from accredit_platform.auth.secrets import new_token
from accredit_platform.auth.throttle import Throttle
from accredit_platform.settings import Settings
from accredit_platform.wiring import Services, open_services, prepare


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    settings = Settings(
        home=tmp_path_factory.mktemp("throttle") / "home",
        requests_per_minute=4,
        anonymous_requests_per_minute=3,
        exports_per_minute=1,
    )
    prepare(settings)
    opened = open_services(settings)
    identity.create_first_admin(opened.database, name="ada", title="Ada", password_hash="h")
    yield opened
    opened.close()


def issued(services: Services) -> dict[str, str]:
    """Head of requests by the admin, with a token of its own."""
    found = sessions.password_hash_of(services.database, "ada")
    assert found is not None
    admin = identity.actor_of_principal(services.database, found[0], request_id=None)
    assert admin is not None
    secret = new_token()
    api_tokens.issue_own_token(services.database, admin, name="t", secret=secret, days=1)
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture(scope="module")
def bearer(services: Services) -> dict[str, str]:
    return issued(services)


@pytest.fixture(scope="module")
def app(services: Services) -> ASGIApp:
    return create_app(services)


@pytest.fixture
def client(app: ASGIApp, services: Services) -> TestClient:
    """A new count for each test; the application and the services outlive it."""
    guard: Any = app  # any layer of it
    while not isinstance(guard, Guard):
        guard = guard.app
    guard.throttle = Throttle(services.settings)
    return TestClient(app, base_url="https://accredit.test")


def test_a_principal_asks_so_often_in_a_minute(client: TestClient, bearer: dict[str, str]) -> None:
    answers = [client.get("/api/v1/me", headers=bearer) for _ in range(5)]

    assert [answer.status_code for answer in answers] == [200] * 4 + [429]
    assert answers[0].headers["ratelimit-policy"] == '"principal";q=4;w=60'
    assert answers[0].headers["ratelimit"].startswith('"principal";r=3;t=')
    refused = answers[-1]
    assert refused.json()["code"] == "rate_limited"
    assert refused.json()["retry_after_s"] == int(refused.headers["retry-after"]) <= 60
    assert refused.headers["ratelimit"].startswith('"principal";r=0;t=')


def test_another_token_of_the_same_person_does_not_help(
    client: TestClient, bearer: dict[str, str], services: Services
) -> None:
    for _ in range(4):
        client.get("/api/v1/me", headers=bearer)

    answer = client.get("/api/v1/me", headers=issued(services))

    assert answer.status_code == 429


@pytest.mark.parametrize("path", ["/sign-in", "/api/v1/me", "/nowhere", "/models"], ids=str)
def test_nobody_in_particular_asks_less_often(client: TestClient, path: str) -> None:
    statuses = [client.get(path, follow_redirects=False).status_code for _ in range(4)]

    assert 429 not in statuses[:3]
    assert statuses[3] == 429


def test_health_and_static_files_are_free(client: TestClient) -> None:
    for path in ("/api/v1/health", "/static/accredit.css", "/favicon.ico"):
        assert {client.get(path).status_code for _ in range(5)} == {200}


def test_a_page_says_it_in_words(client: TestClient) -> None:
    for _ in range(3):
        client.get("/sign-in")

    answer = client.get("/sign-in")

    assert answer.headers["content-type"].startswith("text/html")
    assert "Too many requests" in answer.text
    assert int(answer.headers["retry-after"]) > 0


def test_exports_are_counted_by_themselves(client: TestClient, bearer: dict[str, str]) -> None:
    first, second = (client.post("/api/v1/audit-exports", headers=bearer) for _ in range(2))

    assert first.status_code == 403, "an admin does not read the trail"
    assert second.status_code == 429
    assert second.headers["ratelimit-policy"] == '"exports";q=1;w=60'


def test_predictions_are_bounded_by_quota_instead(
    client: TestClient, bearer: dict[str, str]
) -> None:
    path = "/api/v1/deployments/00000000-0000-7000-8000-000000000000/predictions"

    answers = [client.post(path, headers=bearer, json={"rows": []}) for _ in range(6)]

    assert {answer.status_code for answer in answers} == {403}


def test_settings_of_proxies_are_networks(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="proxy"):
        Settings(home=tmp_path, trusted_proxies="10.0.0.0/8, proxy")

    assert Settings(trusted_proxies="10.0.0.0/8, ::1").proxies == ["10.0.0.0/8", "::1"]
