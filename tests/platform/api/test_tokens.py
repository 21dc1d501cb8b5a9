"""Tokens over the API: what they open, why they are refused, how programs get them."""

import base64
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission, Role
from accredit_governance.operations import api_tokens, identity
from accredit_governance.operations.token_holders import actor_of_token
from accredit_governance.questions.trail import TrailFilter, audit_events
from accredit_platform.app import create_app
from accredit_platform.auth import refusals
from accredit_platform.auth.bearer import MAX_REMEMBERED, Bearers
from accredit_platform.auth.guard import EntryIndex, Guard
from accredit_platform.auth.refusals import RefusedTokens
from accredit_platform.auth.secrets import new_token
from accredit_platform.wiring import Services
from tests.platform.api.conftest import PASSWORD, bearer

API = "/api/v1"
Issued = dict[str, Any]


@pytest.fixture(scope="module")
def guard(services: Services) -> Guard:
    layer: Any = create_app(services)
    while not isinstance(layer, Guard):
        layer = layer.app
    return layer


@pytest.fixture
def client(guard: Guard, services: Services, tokens: dict[Role, str]) -> TestClient:
    """An application in which nothing was refused in this minute."""
    assert tokens, "there are people"
    inside: Any = guard
    while not hasattr(inside, "state"):
        inside = inside.app
    guard.refused = inside.state.refused_tokens = RefusedTokens(services.database)
    return TestClient(guard, base_url="http://accredit.test")


@pytest.fixture(scope="module")
def robot(services: Services, tokens: dict[Role, str]) -> Actor:
    """A service account that reads everywhere."""
    admin = holder(services, tokens, Role.ADMIN)
    made = identity.create_principal(
        services.database, admin, kind="service", name="robot", title="Robot"
    )
    identity.bind_role(services.database, admin, made.id, role=Role.VIEWER, project_id=None)
    found = identity.actor_of_principal(services.database, made.id, request_id=None)
    assert found is not None
    return found


def holder(services: Services, tokens: dict[Role, str], role: Role) -> Actor:
    return actor_of_token(services.database, tokens[role], request_id=None)


def fresh(client: TestClient, tokens: dict[Role, str], robot: Actor, **terms: Any) -> Issued:
    answer = client.post(
        f"{API}/principals/{robot.id}/tokens", json=terms, headers=bearer(tokens[Role.ADMIN])
    )
    assert answer.status_code == 201, answer.text
    issued: Issued = answer.json()
    return issued


def newest(services: Services, tokens: dict[Role, str], count: int = 1) -> list[dict[str, Any]]:
    wanted = TrailFilter(outcome="denied", size=count)
    found = audit_events(services.database, holder(services, tokens, Role.AUDITOR), wanted)
    return [item.event for item in found.items]


def test_a_revoked_token_is_worth_nothing_though_it_was_just_let_in(
    client: TestClient, tokens: dict[Role, str], robot: Actor, services: Services
) -> None:
    issued = fresh(client, tokens, robot)
    head, admin = bearer(issued["token"]), bearer(tokens[Role.ADMIN])
    assert client.get(f"{API}/projects", headers=head).status_code == 200
    assert client.get(f"{API}/me", headers=head).json()["token_id"] == issued["id"]

    ended = client.post(f"{API}/tokens/{issued['id']}/revocations", headers=admin)
    at_the_door = client.get(f"{API}/projects", headers=head)
    at_the_guard = client.get(f"{API}/me", headers=head)

    assert ended.status_code == 204
    for answer in (at_the_door, at_the_guard):
        assert (answer.status_code, answer.json()["reason"]) == (401, "revoked")
        assert "the token was revoked on 20" in answer.json()["detail"]
        challenge = answer.headers["www-authenticate"]
        assert challenge.startswith('Bearer error="invalid_token", error_description="the token')
    (event,) = newest(services, tokens)
    assert (event["action"], event["fact"]["code"]) == ("token.refused", "revoked")
    assert event["fact"]["token"] == issued["id"]
    assert issued["token"].split("_")[2] not in str(event)


def test_a_role_that_was_just_given_counts_though_the_token_was_known_without_it(
    client: TestClient, tokens: dict[Role, str], services: Services
) -> None:
    admin = holder(services, tokens, Role.ADMIN)
    made = identity.create_principal(
        services.database, admin, kind="service", name="late", title="Late"
    )
    head = bearer(fresh(client, tokens, made)["token"])  # type: ignore[arg-type]  has an id as well
    before = client.get(f"{API}/projects", headers=head).status_code

    identity.bind_role(services.database, admin, made.id, role=Role.VIEWER, project_id=None)

    assert (before, client.get(f"{API}/projects", headers=head).status_code) == (403, 200)


def test_nothing_shown_is_asked_for_without_a_reproach(client: TestClient) -> None:
    answer = client.get(f"{API}/projects")

    assert answer.headers["www-authenticate"] == "Bearer"
    assert "reason" not in answer.json()


def test_a_token_in_an_address_is_refused(
    client: TestClient, tokens: dict[Role, str], services: Services
) -> None:
    token = tokens[Role.VIEWER]

    for headers in ({}, bearer(token)):
        answer = client.get(f"{API}/projects?access_token={token}", headers=headers)
        assert (answer.status_code, answer.json()["reason"]) == (401, "in_address")
        assert "header `Authorization`" in answer.json()["detail"]
    assert token not in str(newest(services, tokens))


def test_many_refusals_are_answered_and_only_some_written_down(
    client: TestClient, tokens: dict[Role, str], services: Services
) -> None:
    def refused() -> int:
        return sum(
            event["action"] == "token.refused" for event in newest(services, tokens, count=100)
        )

    before = refused()
    statuses = {
        client.get(f"{API}/projects", headers=bearer(new_token())).status_code
        for _ in range(refusals.PER_ADDRESS + 3)
    }

    assert statuses == {401}
    assert refused() - before == refusals.PER_ADDRESS


def test_scopes_are_names_of_permissions(
    client: TestClient, tokens: dict[Role, str], robot: Actor
) -> None:
    answer = client.post(
        f"{API}/principals/{robot.id}/tokens",
        json={"scopes": ["everything"]},
        headers=bearer(tokens[Role.ADMIN]),
    )
    narrow = fresh(client, tokens, robot, scopes=["access:read"])

    assert answer.status_code == 422
    assert "'project:read'" in answer.json()["errors"][0]["detail"]
    refused = client.get(f"{API}/projects", headers=bearer(narrow["token"]))
    assert (refused.status_code, refused.json()["permission"]) == (403, "project:list")


def test_people_see_and_end_their_own_tokens(client: TestClient) -> None:
    body = {"name": "ada", "password": PASSWORD, "token_name": "laptop", "days": 7}
    issued = client.post(f"{API}/tokens", json=body).json()
    head = bearer(issued["token"])

    listed = client.get(f"{API}/me/tokens", headers=head).json()["items"]
    everybodys = client.get(f"{API}/tokens", headers=head).json()["items"]
    ended = client.post(f"{API}/me/tokens/{issued['id']}/revocations", headers=head)

    (own,) = [item for item in listed if item["id"] == issued["id"]]
    assert (own["name"], own["state"], own["prefix"]) == (
        "laptop",
        "expiring",
        issued["token"][:20],
    )
    assert own["last_used_at"] is not None
    assert issued["token"] not in str(everybodys)
    assert len(everybodys) > len(listed)
    assert ended.status_code == 204
    assert client.get(f"{API}/me/tokens", headers=head).status_code == 401


def test_a_token_is_handed_on_without_a_gap(
    client: TestClient, tokens: dict[Role, str], robot: Actor
) -> None:
    old = fresh(client, tokens, robot)

    answer = client.post(
        f"{API}/tokens/{old['id']}/rotations",
        json={"overlap_hours": 1},
        headers=bearer(old["token"]),
    )

    assert answer.status_code == 201
    for token in (old["token"], answer.json()["token"]):
        assert client.get(f"{API}/projects", headers=bearer(token)).status_code == 200
    stranger = client.post(
        f"{API}/tokens/{old['id']}/rotations", json={}, headers=bearer(tokens[Role.OWNER])
    )
    assert stranger.status_code == 404


def test_a_program_has_an_account_and_somebody_who_answers_for_it(
    client: TestClient, tokens: dict[Role, str], services: Services
) -> None:
    admin = bearer(tokens[Role.ADMIN])
    owner = holder(services, tokens, Role.OWNER)
    heir = holder(services, tokens, Role.DEVELOPER)
    body = {"name": "nightly", "title": "Nightly", "owner_id": str(owner.id), "purpose": "Scores."}

    made = client.post(f"{API}/service-accounts", json=body, headers=admin)
    path = f"{API}/service-accounts/{made.json()['id']}"
    given = client.post(f"{path}/owners", json={"owner_id": str(heir.id)}, headers=admin)
    renewed = client.post(
        f"{path}/renewals", json={"expires_at": "2090-01-01T00:00:00Z"}, headers=admin
    )
    listed = client.get(f"{API}/service-accounts?ownerless=false", headers=admin).json()["items"]

    assert (made.status_code, given.status_code, renewed.status_code) == (201, 201, 201)
    assert client.get(path, headers=admin).json() == renewed.json()
    assert renewed.json() in listed
    assert renewed.json()["owner_id"] == str(heir.id)
    assert client.get(path, headers=bearer(tokens[Role.OWNER])).status_code == 403


# --- client credentials ------------------------------------------------------------------------


@pytest.fixture
def secret(client: TestClient, tokens: dict[Role, str], robot: Actor) -> str:
    answer = client.post(
        f"{API}/service-accounts/{robot.id}/client-secrets",
        json={"scopes": ["project:list", "project:read"]},
        headers=bearer(tokens[Role.ADMIN]),
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])


def basic(name: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}


def test_a_program_gets_a_token_for_an_hour(client: TestClient, secret: str, robot: Actor) -> None:
    form = {"grant_type": "client_credentials", "scope": "project:list"}

    by_head = client.post(f"{API}/oauth/token", data=form, headers=basic("robot", secret))
    by_body = client.post(
        f"{API}/oauth/token",
        data={**form, "client_id": str(robot.id), "client_secret": secret},
    )

    for answer in (by_head, by_body):
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        told = answer.json()
        assert (told["token_type"], told["scope"]) == ("Bearer", "project:list")
        assert 3590 <= told["expires_in"] <= 3600
        head = bearer(told["access_token"])
        assert client.get(f"{API}/projects", headers=head).status_code == 200
        assert client.get(f"{API}/runs", headers=head).json()["permission"] == "project:read"
    gone = client.post(
        f"{API}/oauth/revoke",
        data={"token": by_body.json()["access_token"]},
        headers=basic("robot", secret),
    )
    assert gone.status_code == 200
    head = bearer(by_body.json()["access_token"])
    assert client.get(f"{API}/projects", headers=head).json()["reason"] == "revoked"
    assert client.get(f"{API}/projects", headers=bearer(secret)).json()["reason"] == "wrong_kind"


GRANT = {"grant_type": "client_credentials"}


@pytest.mark.parametrize(
    ("form", "head", "status", "error"),
    [
        pytest.param({}, None, 400, "invalid_request", id="no form"),
        pytest.param({"grant_type": "password"}, None, 400, "unsupported_grant_type", id="grant"),
        pytest.param(GRANT, None, 400, "invalid_client", id="nobody"),
        pytest.param(GRANT, ("owner", "{}"), 401, "invalid_client", id="another's"),
        pytest.param(GRANT, ("robot", "acs_x"), 401, "invalid_client", id="no secret"),
        pytest.param(
            {**GRANT, "scope": "run:create"}, ("robot", "{}"), 400, "invalid_scope", id="wider"
        ),
        pytest.param({**GRANT, "scope": "x"}, ("robot", "{}"), 400, "invalid_scope", id="no scope"),
        pytest.param(
            {**GRANT, "client_secret": "x"}, ("robot", "{}"), 400, "invalid_request", id="twice"
        ),
    ],
)
def test_the_token_endpoint_refuses_in_the_words_of_its_standard(
    client: TestClient,
    secret: str,
    form: dict[str, str],
    head: tuple[str, str] | None,
    status: int,
    error: str,
) -> None:
    headers = {} if head is None else basic(head[0], head[1].format(secret))

    answer = client.post(f"{API}/oauth/token", data=form, headers=headers)

    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert secret not in answer.text
    assert ("www-authenticate" in answer.headers) == (status == 401)


@pytest.mark.parametrize("head", ["Basic ???", "Basic cm9ib3Q=", "Basic /w=="])
def test_an_unreadable_head_is_refused(client: TestClient, head: str) -> None:
    answer = client.post(f"{API}/oauth/revoke", data=GRANT, headers={"Authorization": head})

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_a_wrong_client_secret_is_written_down(
    client: TestClient, services: Services, tokens: dict[Role, str]
) -> None:
    client.post(f"{API}/oauth/token", data=GRANT, headers=basic("robot", new_token()))

    (event,) = newest(services, tokens)
    assert (event["action"], event["fact"]["code"]) == ("token.refused", "unknown")


def test_programs_find_the_token_endpoint(client: TestClient) -> None:
    found = client.get("/.well-known/oauth-authorization-server").json()

    assert found["issuer"] == "http://accredit.test"
    assert found["token_endpoint"] == f"http://accredit.test{API}/oauth/token"
    assert client.post(found["revocation_endpoint"], data={}).status_code == 400
    assert "prediction:create" in found["scopes_supported"]


# --- what the guard remembers ------------------------------------------------------------------


def test_a_token_is_remembered_for_seconds_and_only_so_many_of_them(
    services: Services, tokens: dict[Role, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    bearers = Bearers(services, clock=lambda: now[0])
    token, other = tokens[Role.VIEWER], tokens[Role.OWNER]
    read = Permission.PROJECT_READ
    assert bearers.known(token, read) is None
    actor = bearers.actor(token, request_id="r")

    now[0] = 4.9
    assert bearers.known(token, read) == bearers.known(token, read) == actor
    assert bearers.known(token, Permission.IDENTITY_MANAGE) is None
    now[0] = 5.0
    assert bearers.known(token, read) is None
    monkeypatch.setattr("accredit_platform.auth.bearer.MAX_REMEMBERED", 1)
    now[0] = 1.0
    bearers.actor(other, request_id="r")
    assert bearers.known(token, read) is None
    assert bearers.known(other, read) is not None
    assert MAX_REMEMBERED >= 1000


def test_the_index_finds_what_trying_every_pattern_finds(guard: Guard) -> None:
    index = EntryIndex(guard.table)
    paths = {entry.template for entry in guard.table}
    paths |= {path.replace("{", "x").replace("}", "") for path in paths}
    paths |= {f"{path}/more" for path in paths} | {path.rpartition("/")[0] for path in paths}
    paths |= {f"{path}/" for path in paths} | {
        "",
        "/",
        "//",
        "/static/a/b",
        "/api/v1//x",
        "/nowhere",
    }
    found = 0

    for path in paths:
        tried = [entry for entry in guard.table if entry.path.match(path)]
        assert index.fitting(path) == tried, path
        found += len(tried)

    assert found > len(guard.table)


def test_the_overlap_has_a_bound() -> None:
    assert timedelta(days=7) == api_tokens.MAX_OVERLAP
