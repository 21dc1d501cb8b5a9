"""Idempotency keys: what was done is done once, and is answered again."""

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import func, select, update
from starlette.testclient import TestClient

from accredit_governance.access.permissions import Permission, Role
from accredit_governance.operations import api_tokens, identity
from accredit_governance.operations import projects as operations
from accredit_governance.operations.calls import KEPT_FOR, forget_answers
from accredit_governance.operations.token_holders import actor_of_token
from accredit_governance.questions.trail import TrailFilter, audit_events
from accredit_governance.registry.tables import IdempotencyKeyRow
from accredit_governance.registry.token_records import IssuedToken
from accredit_platform.auth.secrets import hash_password, new_token
from accredit_platform.wiring import Services
from tests.platform.api.conftest import PASSWORD, bearer, issued

Send = Callable[..., Response]


def named() -> dict[str, str]:
    return {"name": f"repeat-{uuid.uuid4().hex[:8]}", "title": "Repeat"}


@pytest.fixture(scope="module")
def send(client: TestClient, tokens: dict[Role, str]) -> Send:
    def post(
        path: str,
        body: dict[str, Any] | None,
        key: str | None,
        *,
        role: Role = Role.ADMIN,
        **headers: str,
    ) -> Response:
        given = {**bearer(tokens[role]), **headers}
        if key is not None:
            given["Idempotency-Key"] = key
        answer: Response = client.post(f"/api/v1{path}", json=body, headers=given)
        return answer

    return post


def test_the_same_request_again_is_answered_again(send: Send) -> None:
    body, key = named(), uuid.uuid4().hex

    first, second = send("/projects", body, key), send("/projects", body, key)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert first.headers["etag"] == second.headers["etag"]
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"


def test_the_quotes_of_a_structured_field_are_no_part_of_the_key(send: Send) -> None:
    body, key = named(), uuid.uuid4().hex
    send("/projects", body, key)

    assert send("/projects", body, f'"{key}"').headers["idempotency-replayed"] == "true"


def test_a_key_belongs_to_who_sent_it(send: Send, services: Services) -> None:
    key = uuid.uuid4().hex
    body = {"kind": "service", "name": f"key-{uuid.uuid4().hex[:8]}", "title": "Key"}
    assert send("/principals", body, key).status_code == 201

    other = send("/projects", named(), key, role=Role.OWNER)

    assert other.headers.get("idempotency-replayed") is None
    assert other.json()["code"] == "not_allowed"


@pytest.mark.parametrize(
    ("path", "changes", "differs"),
    [
        pytest.param("/projects", {"title": "Another"}, ["body"], id="body"),
        pytest.param("/principals", {}, ["path"], id="path"),
    ],
)
def test_a_key_for_another_request_is_refused_and_recorded(
    path: str,
    changes: dict[str, str],
    differs: list[str],
    send: Send,
    services: Services,
    tokens: dict[Role, str],
) -> None:
    body, key = named(), uuid.uuid4().hex
    send("/projects", body, key)

    refused = send(path, {**body, **changes}, key)

    assert refused.status_code == 422
    assert refused.json()["code"] == "idempotency_key_reused"
    assert refused.json()["differs"] == differs
    auditor = actor_of_token(services.database, tokens[Role.AUDITOR], request_id=None)
    assert auditor is not None
    last = audit_events(services.database, auditor, TrailFilter(outcome="denied", size=1))
    assert last.items[0].event["fact"]["code"] == "idempotency_key_reused"


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("", id="empty"),
        pytest.param("two words", id="space"),
        pytest.param("k" * 256, id="too long"),
    ],
)
def test_a_key_that_is_none_is_refused(key: str, send: Send) -> None:
    refused = send("/projects", named(), key)

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/idempotency-key"


def test_the_longest_key_is_taken(send: Send) -> None:
    assert send("/projects", named(), uuid.uuid4().hex.ljust(255, "~")).status_code == 201


def test_what_was_refused_may_be_tried_again_under_its_key(send: Send) -> None:
    body, key = named(), uuid.uuid4().hex
    assert send("/projects", {**body, "name": "No name"}, key).status_code == 422

    assert send("/projects", body, key).status_code == 201


def test_an_answer_with_a_secret_is_not_kept(send: Send, services: Services) -> None:
    account = {"kind": "service", "name": f"key-{uuid.uuid4().hex[:8]}", "title": "Key"}
    path = f"/principals/{send('/principals', account, None).json()['id']}/tokens"
    key = uuid.uuid4().hex
    first = send(path, {}, key)

    again = send(path, {}, key)

    assert first.status_code == 201
    assert (again.status_code, again.json()["code"]) == (409, "secret_shown_once")
    assert again.json()["resource_id"] == first.json()["id"]
    with services.database.reading() as session:
        kept = session.execute(
            select(IdempotencyKeyRow.answer).where(IdempotencyKeyRow.key == key)
        ).scalar_one()
    assert kept is None


def test_an_answer_without_a_body_is_repeated_without_one(send: Send) -> None:
    account = {"kind": "service", "name": f"key-{uuid.uuid4().hex[:8]}", "title": "Key"}
    principal = send("/principals", account, None).json()["id"]
    token = send(f"/principals/{principal}/tokens", {}, None).json()["id"]
    path, key = f"/tokens/{token}/revocations", uuid.uuid4().hex

    answers = [send(path, None, key) for _ in range(2)]

    assert [(a.status_code, a.content) for a in answers] == [(204, b"")] * 2
    assert answers[1].headers["idempotency-replayed"] == "true"


def test_while_it_is_carried_out_the_second_one_is_told_to_wait(
    send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived, go_on = threading.Event(), threading.Event()
    carry_out = operations.create_project

    def slowly(*args: Any, **kwargs: Any) -> Any:
        arrived.set()
        assert go_on.wait(10)
        return carry_out(*args, **kwargs)

    monkeypatch.setattr(operations, "create_project", slowly)
    body, key = named(), uuid.uuid4().hex
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(send, "/projects", body, key)
        assert arrived.wait(10)
        second = send("/projects", body, key)
        go_on.set()

    assert (second.status_code, second.json()["code"]) == (409, "in_progress")
    assert second.headers["retry-after"] == "1"
    assert first.result().status_code == 201
    assert send("/projects", body, key).headers["idempotency-replayed"] == "true"


def test_after_a_day_a_key_is_forgotten(send: Send, services: Services) -> None:
    body, key = named(), uuid.uuid4().hex
    send("/projects", body, key)
    with services.database.writing() as session:
        session.execute(
            update(IdempotencyKeyRow)
            .where(IdempotencyKeyRow.key == key)
            .values(created_at=services.database.clock() - KEPT_FOR * 1.01)
        )

    again = send("/projects", body, key)

    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert again.headers.get("idempotency-replayed") is None
    assert forget_answers(services.database) >= 1
    with services.database.reading() as session:
        left = select(func.count()).where(IdempotencyKeyRow.key == key)
        assert session.execute(left).scalar_one() == 0


def test_a_repeat_is_answered_to_nobody_whose_token_has_ended_or_is_narrower(
    client: TestClient, services: Services, tokens: dict[Role, str]
) -> None:
    admin = actor_of_token(services.database, tokens[Role.ADMIN], request_id=None)
    project = operations.create_project(services.database, admin, **named()).id

    def issue(**terms: Any) -> IssuedToken:
        return api_tokens.issue_own_token(
            services.database, admin, name="t", secret=new_token(), days=1, **terms
        )

    whole, scoped = issue(), issue(scopes=frozenset({Permission.PROJECT_CREATE}))
    bound, body, key = issue(project_id=project), named(), uuid.uuid4().hex

    def post(token: IssuedToken) -> Response:
        headers = {**bearer(token.token), "Idempotency-Key": key}
        answer: Response = client.post("/api/v1/projects", json=body, headers=headers)
        return answer

    assert post(whole).status_code == 201
    for narrow in (scoped, bound):
        assert post(narrow).json()["differs"] == ["reach"]
    api_tokens.revoke_own_token(services.database, admin, whole.id)

    refused = post(whole)

    assert refused.status_code == 401
    assert refused.json()["reason"] == "revoked"


def test_changes_of_what_is_ones_own_are_made_once_as_well(
    client: TestClient, services: Services, tokens: dict[Role, str]
) -> None:
    admin = actor_of_token(services.database, tokens[Role.ADMIN], request_id=None)
    assert admin is not None
    person = identity.create_principal(
        services.database,
        admin,
        kind="user",
        name=f"own-{uuid.uuid4().hex[:8]}",
        title="Own",
        password_hash=hash_password(PASSWORD),
    )
    actor = identity.actor_of_principal(services.database, person.id, request_id=None)
    assert actor is not None
    mine = bearer(issued(services, actor))
    change = {"old_password": PASSWORD, "new_password": "another horse entirely"}

    for path, body, status in (
        ("/me/session-endings", None, 201),
        ("/me/password-changes", change, 204),
    ):
        headers = {**mine, "Idempotency-Key": uuid.uuid4().hex}
        first, again = (client.post(f"/api/v1{path}", json=body, headers=headers) for _ in range(2))

        assert (first.status_code, again.status_code) == (status, status)
        assert first.content == again.content
        assert again.headers["idempotency-replayed"] == "true"


def test_a_change_of_what_is_ones_own_compares_what_was_read(
    client: TestClient, tokens: dict[Role, str]
) -> None:
    headers = {**bearer(tokens[Role.VIEWER]), "If-Match": '"nope"'}
    strange = f"/api/v1/me/sessions/{uuid.UUID(int=7)}/endings"

    assert client.post("/api/v1/me/session-endings", headers=headers).status_code == 412
    assert client.post(strange, headers=headers).status_code == 412
