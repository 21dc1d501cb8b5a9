"""The door: every route says what it needs; `test_matrix.py` asks every role."""

import uuid

import pytest
from fastapi import FastAPI
from starlette.staticfiles import StaticFiles
from starlette.testclient import TestClient

from accredit_governance.access.permissions import Permission, Role
from accredit_governance.operations.token_holders import actor_of_token
from accredit_governance.questions.trail import TrailFilter, audit_events
from accredit_platform.app import create_app
from accredit_platform.auth.guard import (
    PUBLIC,
    Entry,
    Guard,
    UndeclaredRoute,
    access_table,
    needs,
)
from accredit_platform.wiring import Services
from tests.platform.api.conftest import bearer


@pytest.fixture(scope="module")
def table(services: Services) -> list[Entry]:
    layer = create_app(services)
    while not isinstance(layer, Guard):
        layer = layer.app  # type: ignore[attr-defined]
    found = [entry for entry in layer.table if entry.template.startswith("/api/")]
    assert len(found) > 60
    return found


def address(entry: Entry) -> str:
    """The route with identifiers of things that do not exist."""
    parts = [
        str(uuid.UUID(int=7)) if part.startswith("{") else part
        for part in entry.template.split("/")
    ]
    return "/".join(parts).replace(f"checkpoints/{uuid.UUID(int=7)}", "checkpoints/7")


def test_nobody_gets_past_the_door_without_a_name(table: list[Entry], client: TestClient) -> None:
    public = set()
    for entry in table:
        for method in sorted(entry.methods):
            if entry.needs == PUBLIC:
                public.add(entry.template)
                continue
            answer = client.request(method, address(entry))
            assert answer.status_code == 401, f"{method} {entry.template}"
            assert answer.headers["www-authenticate"] == "Bearer"

    assert public == {
        "/api/v1/health",
        "/api/v1/openapi.json",
        "/api/v1/tokens",
        "/api/v1/oauth/token",
        "/api/v1/oauth/revoke",
        "/api/v1/identity-providers",
        "/api/v1/identity-providers/{name}/logouts",
        "/api/v1/audit-key",
    }


def test_every_permission_of_people_opens_some_route(table: list[Entry]) -> None:
    used = {entry.needs for entry in table}

    # Whoever may read broken glass sees more in a list that everybody has. SCIM is not under /api.
    assert set(Permission) - used == {
        Permission.SYSTEM_RECORD,
        Permission.BREAK_GLASS_READ,
        Permission.IDENTITY_PROVISION,
    }


def test_an_attempt_at_a_change_is_in_the_trail_though_the_door_stopped_it(
    client: TestClient, tokens: dict[Role, str], services: Services
) -> None:
    version = uuid.uuid4()

    answer = client.post(
        f"/api/v1/model-versions/{version}/suspensions",
        headers=bearer(tokens[Role.VIEWER]),
        json={"reason": "no"},
    )
    client.get(f"/api/v1/deployments/{version}/predictions", headers=bearer(tokens[Role.VIEWER]))

    auditor = actor_of_token(services.database, tokens[Role.AUDITOR], request_id=None)
    wanted = TrailFilter(outcome="denied", size=1)
    newest = audit_events(services.database, auditor, wanted).items[0]
    assert answer.status_code == 403
    assert newest.event["resource"] == str(version)
    assert newest.event["request"] == answer.json()["request_id"]
    assert newest.event["fact"] == {
        "operation": "suspend_model_version",
        "code": "not_allowed",
        "reason": answer.json()["detail"],
        "references": [str(version)],
    }


def test_a_route_that_declares_nothing_stops_the_start() -> None:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.add_api_route("/declared", needs(PUBLIC)(lambda: "yes"))
    app.add_api_route("/planted", lambda: "no")

    with pytest.raises(UndeclaredRoute, match="/planted"):
        access_table(app.routes, public_mounts=frozenset())


def test_a_mount_that_is_not_declared_stops_the_start(tmp_path: object) -> None:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.mount("/files", StaticFiles(directory=str(tmp_path)))

    with pytest.raises(UndeclaredRoute, match="/files"):
        access_table(app.routes, public_mounts=frozenset({"/static"}))
    assert [e.needs for e in access_table(app.routes, public_mounts=frozenset({"/files"}))] == [
        PUBLIC
    ]


def test_documentation_pages_of_the_framework_are_not_there(client: TestClient) -> None:
    for path in ("/docs", "/redoc", "/openapi.json", "/api/v1/docs"):
        assert client.get(path).status_code == 404
