"""What no program of good will sends: each is refused with a reason, none is an error of ours."""

import logging
import uuid
from typing import Any

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from accredit_governance.access.permissions import ROLE_PERMISSIONS, Role
from accredit_governance.errors import InvalidInput
from accredit_governance.operations import sessions
from accredit_governance.operations.token_holders import actor_of_token
from accredit_platform.api.headers import SecurityHeaders
from accredit_platform.api.problems import LOG
from accredit_platform.app import RESOURCES
from accredit_platform.auth import sign_in
from accredit_platform.auth.browsers import SESSION_COOKIE
from accredit_platform.auth.secrets import hash_password, new_secret
from accredit_platform.wiring import Services
from tests.platform.api.conftest import PASSWORD, bearer

HALF = "\\ud800"
SOME = uuid.UUID(int=7)
EARLY, LATE = "0001-01-01T00:00:00+12:00", "9999-12-31T23:59:59-12:00"
MOMENTS = [EARLY, LATE, "1899-12-31T23:59:59Z", "3000-01-01T00:30:00Z", "2999-12-31T23:59:59-01:00"]
HUGE = 10**25
WITH_BODY = [
    pytest.param(
        method, f"/api/v1{context.path}", context.endpoint.needs, id=f"{method} {context.path}"
    )
    for module in RESOURCES
    for context in iter_route_contexts(module.router.routes)
    if isinstance(context.original_route, APIRoute) and context.original_route.body_field
    # These take forms, as their standards say.
    if not str(context.path).startswith(("/oauth/", "/identity-providers/"))
    for method in sorted(context.methods or ())
]


def holder(tokens: dict[Role, str], permission: object) -> dict[str, str]:
    """Head of a request by somebody with the permission."""
    role = next((r for r in tokens if permission in ROLE_PERMISSIONS[r]), Role.ADMIN)
    return bearer(tokens[role])


@pytest.mark.parametrize("referer", ["http://[::1", "http://]", "//[", "http://a:b", ""])
def test_where_a_request_came_from_may_be_unreadable(client: TestClient, referer: str) -> None:
    answer = client.get("/nope", headers={"Referer": referer})

    assert answer.status_code == 404
    assert 'href="/"' in answer.text


@pytest.mark.parametrize("host", ["[::1", "]", "a b", "", "http://[::1"])
def test_the_host_may_be_unreadable(client: TestClient, host: str) -> None:
    assert client.get("/nope", headers={"Host": host}).status_code == 404


def test_there_are_bodies_to_try() -> None:
    assert len(WITH_BODY) > 15


@pytest.mark.parametrize(("method", "path", "needed"), WITH_BODY)
@pytest.mark.parametrize("body", [f'{{"name": [["{HALF}"]]}}', f'{{"{HALF}": 1}}', f'"{HALF}"'])
def test_half_a_character_in_a_body_is_refused_everywhere(
    client: TestClient, tokens: dict[Role, str], method: str, path: str, needed: str, body: str
) -> None:
    address = "/".join(str(SOME) if part.startswith("{") else part for part in path.split("/"))
    headers = holder(tokens, needed) | {"Content-Type": "application/json", "If-Match": "*"}

    answer = client.request(method, address, content=body, headers=headers)

    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == "invalid_input"
    assert "half a surrogate pair" in answer.json()["detail"]


def test_a_nul_in_a_body_is_refused(client: TestClient, tokens: dict[Role, str]) -> None:
    body = {"name": f"nul-{uuid.uuid4().hex[:8]}", "title": "a\0b"}

    answer = client.post("/api/v1/projects", json=body, headers=bearer(tokens[Role.ADMIN]))

    assert answer.status_code == 422
    assert "NUL" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("name", "password", "pointer"),
    [
        pytest.param("", PASSWORD, "/name", id="no name"),
        pytest.param("a" * 64, PASSWORD, "/name", id="long name"),
        pytest.param("ada", "a" * 1025, "/password", id="long password"),
    ],
)
def test_names_and_passwords_have_a_length(
    client: TestClient, tokens: dict[Role, str], name: str, password: str, pointer: str
) -> None:
    body = {"name": name, "password": password}
    account = body | {"kind": "user", "title": "Somebody"}

    token = client.post("/api/v1/tokens", json=body)
    person = client.post("/api/v1/principals", json=account, headers=bearer(tokens[Role.ADMIN]))

    for answer in (token, person):
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("name", "password"), [("a" * 64, PASSWORD), ("a" * 90_000, "b"), ("ada", "a" * 1025)]
)
def test_the_page_for_signing_in_hashes_nothing_that_is_too_long(
    client: TestClient, name: str, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    monkeypatch.setattr(sign_in, "password_fits", lambda given, _: bool(hashed.append(given)))

    answer = client.post("/sign-in", data={"name": name, "password": password})

    assert answer.status_code == 403
    assert "Name and password do not fit" in answer.text
    assert "a" * 64 not in answer.text
    assert not hashed


def test_no_password_is_set_that_could_not_be_used_to_sign_in() -> None:
    with pytest.raises(InvalidInput, match="at most 1024"):
        hash_password("a" * 1025)


@pytest.mark.parametrize("charset", ["utf-7", "unicode_escape", "no-such"])
def test_a_form_may_name_any_charset(client: TestClient, charset: str) -> None:
    parts = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{text}\r\n'
        for field, text in {"name": "+2AA-\\ud800", "password": "+2AA-\\ud800"}.items()
    )
    kind = f"multipart/form-data; boundary=x; charset={charset}"

    answer = client.post("/sign-in", content=f"{parts}--x--\r\n", headers={"Content-Type": kind})

    assert answer.status_code == 403
    assert "Name and password do not fit" in answer.text


@pytest.mark.parametrize("at", MOMENTS)
@pytest.mark.parametrize(
    ("path", "pointer", "body"),
    [
        pytest.param(
            "/access-requests",
            "/valid_until",
            {
                "model_id": str(SOME),
                "principal_id": str(SOME),
                "intended_use": "u",
                "quota_total": 1,
            },
            id="access",
        ),
        pytest.param(
            f"/gate-evaluations/{SOME}/waivers",
            "/expires_at",
            {"check_key": "k", "reason": "r", "obligation": "o"},
            id="waiver",
        ),
        pytest.param(f"/deployments/{SOME}/drift-reports", "/window_from", {}, id="drift"),
        pytest.param(
            f"/deployments/{SOME}/outcomes",
            "/outcomes/0/occurred_at",
            {"outcomes": [{"prediction_id": str(SOME), "label": 1}]},
            id="outcome",
        ),
    ],
)
def test_times_at_the_edge_are_refused_in_bodies(
    client: TestClient,
    tokens: dict[Role, str],
    path: str,
    pointer: str,
    body: dict[str, Any],
    at: str,
) -> None:
    field = pointer.rsplit("/", 1)[1]
    if "outcomes" in body:
        sent: dict[str, Any] = {"outcomes": [body["outcomes"][0] | {field: at}]}
    else:
        sent = body | {field: at}

    for token in tokens.values():
        answer = client.post(f"/api/v1{path}", json=sent, headers=bearer(token))
        if answer.status_code != 403:
            break

    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert "1900 to 2999" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        *((f"since={at.replace('+', '%2B')}", 422) for at in MOMENTS),
        *((f"until={at.replace('+', '%2B')}", 422) for at in MOMENTS),
        ("since=1900-01-01T00:00:00Z&until=2999-12-31T23:59:59Z", 200),
        (f"page_token={HUGE}", 422),
        (f"page_token={2**63}", 422),
        ("page_token=W251bGxd", 422),
        ("page_token=-1", 422),
    ],
)
def test_the_trail_is_searched_within_bounds(
    client: TestClient, tokens: dict[Role, str], query: str, status: int
) -> None:
    answer = client.get(f"/api/v1/audit-events?{query}", headers=bearer(tokens[Role.AUDITOR]))

    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    ("size", "status"), [(HUGE, 422), (2**63, 422), (-1, 422), (2**63 - 1, 404)]
)
def test_a_checkpoint_has_a_size_that_can_be(
    client: TestClient, tokens: dict[Role, str], size: int, status: int
) -> None:
    address = f"/api/v1/audit-checkpoints/{size}"

    assert client.get(address, headers=bearer(tokens[Role.AUDITOR])).status_code == status


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("until=9999-12-31", 422),
        ("since=0001-01-01", 422),
        ("until=2999-12-31&since=1900-01-01", 200),
        (f"before={10**29}", 422),
        (f"before={2**63 - 1}", 200),
        ("before=x", 422),
    ],
)
def test_the_page_of_the_trail_is_searched_within_bounds(
    client: TestClient, services: Services, tokens: dict[Role, str], query: str, status: int
) -> None:
    auditor = actor_of_token(services.database, tokens[Role.AUDITOR], request_id=None)
    secret = new_secret()
    sessions.start_session(services.database, auditor, secret=secret, csrf_token=new_secret())

    answer = client.get(f"/audit?{query}", headers={"Cookie": f"{SESSION_COOKIE}={secret}"})

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("text/html")


def test_a_failure_outside_the_application_is_a_problem_too(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("planted")

    with caplog.at_level(logging.ERROR, logger=LOG.name):
        answer = TestClient(SecurityHeaders(broken)).get("/api/v1/me")

    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_error"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "planted" not in answer.text
    assert "planted" in caplog.text


def test_a_failure_after_the_answer_began_ends_it() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("planted")

    with pytest.raises(RuntimeError, match="planted"):
        TestClient(SecurityHeaders(broken)).get("/")
