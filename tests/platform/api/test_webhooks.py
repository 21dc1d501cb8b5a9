"""Webhooks over the API: secrets shown once, hostile addresses refused, others learn nothing."""

import re
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from accredit_governance.access.permissions import Role
from accredit_governance.documents import Json
from accredit_platform.webhooks.signing import new_secret, signed_headers
from accredit_platform.wiring import Services
from tests.platform.api.conftest import bearer

API = "/api/v1"
DOCS = Path(__file__).parents[3] / "docs" / "webhooks.md"


@pytest.fixture(autouse=True)
def public_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names of other companies are public; the name service of this machine is not asked."""

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        ip = "10.0.0.7" if host.startswith("inside.") else "93.184.216.34"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def wanted(**changes: Json) -> dict[str, Json]:
    return {
        "kind": "webhook",
        "title": "Ticket system",
        "url": "https://tickets.example.com/hooks/very-secret-path",
        "actions": ["finding.*"],
        **changes,
    }


def test_a_webhook_from_the_first_test_to_its_end(
    client: TestClient, tokens: dict[Role, str]
) -> None:
    admin = bearer(tokens[Role.ADMIN])
    made = client.post(f"{API}/webhooks", json=wanted(), headers=admin)
    assert made.status_code == 201, made.text
    body = made.json()
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", body["secret"])
    assert body["allowed_actions"] == ["pause", "revoke"]
    place = f"{API}/webhooks/{body['id']}"

    for act, status in (
        ("tests", 201),
        ("pauses", 201),
        ("tests", 409),
        ("resumptions", 201),
        ("secrets", 201),
        ("revocations", 201),
        ("secrets", 409),
    ):
        answer = client.post(f"{place}/{act}", headers=admin)
        assert answer.status_code == status, (act, answer.text)
        assert act == "secrets" or "secret" not in answer.json()
    listed = client.get(f"{API}/webhooks?state=revoked", headers=admin)

    shown = listed.text + client.get(place, headers=admin).text
    assert "very-secret-path" not in shown + made.text
    assert "whsec_" not in shown
    assert listed.json()["items"][0]["target"] == "https://tickets.example.com"
    assert client.get(f"{place}/deliveries", headers=admin).json()["items"] == []


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        pytest.param({"url": "https://inside.example.com/"}, "/url", id="resolves inside"),
        pytest.param({"url": "https://169.254.169.254/"}, "/url", id="metadata"),
        pytest.param({"url": "http://example.com/"}, "/url", id="no TLS"),
        pytest.param({"url": None}, "/url", id="no address"),
        pytest.param({"addresses": ["ann@example.com"]}, "/url", id="both"),
        pytest.param({"kind": "email", "url": None}, "/kind", id="no mail here"),
        pytest.param({"kind": "pigeon"}, "/kind", id="unknown kind"),
        pytest.param({"actions": []}, "/actions", id="nothing"),
        pytest.param({"actions": ["finding.lost"]}, "/actions/0", id="unknown action"),
        pytest.param({"outcome": "maybe"}, "/outcome", id="unknown outcome"),
        pytest.param({"state": "revoked"}, "/state", id="a field that is not given"),
    ],
)
def test_unusable_webhooks_are_refused_with_a_pointer(
    client: TestClient, tokens: dict[Role, str], changes: dict[str, Json], pointer: str
) -> None:
    answer = client.post(
        f"{API}/webhooks", json=wanted(**changes), headers=bearer(tokens[Role.ADMIN])
    )

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_a_refused_address_is_in_the_trail_and_the_address_is_not(
    client: TestClient, tokens: dict[Role, str]
) -> None:
    client.post(
        f"{API}/webhooks",
        json=wanted(url="https://inside.example.com/internal-path"),
        headers=bearer(tokens[Role.ADMIN]),
    )

    trail = client.get(
        f"{API}/audit-events?action=operation.refused&page_size=1",
        headers=bearer(tokens[Role.AUDITOR]),
    )
    assert trail.json()["items"][0]["event"]["fact"]["code"] == "webhook_target_refused"
    assert "internal-path" not in trail.text


@pytest.mark.parametrize("role", [Role.VIEWER, Role.COMPLIANCE, Role.AUDITOR, Role.CONSUMER])
def test_other_roles_have_no_webhooks(
    client: TestClient, tokens: dict[Role, str], role: Role
) -> None:
    for method, path in (("GET", "webhooks"), ("POST", "webhooks")):
        answer = client.request(
            method, f"{API}/{path}", json=wanted(), headers=bearer(tokens[role])
        )
        assert answer.status_code == 403


def test_the_snippet_that_receivers_are_shown_verifies_what_we_sign(services: Services) -> None:
    (snippet,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(snippet, "webhooks.md", "exec"), names)
    secret, other = new_secret(), new_secret()
    at = services.database.clock()
    headers = signed_headers("0190", at, b'{"a":1}', [other, secret])

    assert names["is_ours"](secret, headers, b'{"a":1}')
    assert not names["is_ours"](secret, headers, b'{"a":2}')
    assert not names["is_ours"](new_secret(), headers, b'{"a":1}')
    old = {**headers, "webhook-timestamp": str(int(time.time()) - 301)}
    assert not names["is_ours"](secret, old, b'{"a":1}')
