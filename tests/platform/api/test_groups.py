"""Groups over HTTP."""

import uuid
from typing import Any

from httpx2 import Response
from starlette.testclient import TestClient

from accredit_governance.access.conditions import Condition
from accredit_governance.access.permissions import Role
from tests.platform.api.conftest import bearer


def test_a_group_over_http(client: TestClient, tokens: dict[Role, str]) -> None:
    def send(path: str, body: Any = None) -> Response:
        return client.post(f"/api/v1{path}", json=body, headers=bearer(tokens[Role.ADMIN]))

    def get(path: str) -> Any:
        answer = client.get(f"/api/v1{path}", headers=bearer(tokens[Role.ADMIN]))
        assert answer.status_code == 200, answer.text
        return answer.json()

    group = send("/groups", {"name": "Floor two"}).json()
    at = f"/groups/{group['id']}"
    person = next(p for p in get("/principals")["items"] if p["name"] == "viewer")["id"]

    bound = send(f"{at}/role-bindings", {"role": "auditor"})
    added = send(f"{at}/members", {"principal_id": person})
    doubled = send(f"{at}/members", {"principal_id": person})

    assert (bound.status_code, added.status_code, doubled.status_code) == (201, 201, 409)
    assert bound.json()["group_id"] == group["id"]
    assert [member["id"] for member in get(f"{at}/members")["items"]] == [person]
    assert get(at)["members"] == 1
    assert send(f"{at}/renamings", {"name": "Floor three"}).json()["name"] == "Floor three"
    assert "Floor three" in {item["name"] for item in get("/groups")["items"]}
    assert send(f"{at}/members/{person}/removals").status_code == 204
    assert send(f"{at}/dissolutions").json()["dissolved_at"] is not None
    assert get(at)["role_bindings"] == []
    assert send(f"{at}/members", {"principal_id": person}).status_code == 404


def test_a_role_of_a_group_holds_no_further_than_it_says(
    client: TestClient, tokens: dict[Role, str]
) -> None:
    """A place or condition that the binding cannot have is refused, not left out."""
    admin = bearer(tokens[Role.ADMIN])
    group = client.post("/api/v1/groups", json={"name": "Modellers"}, headers=admin).json()
    address = f"/api/v1/groups/{group['id']}/role-bindings"

    unknown = client.post(
        address, json={"role": "viewer", "model_id": str(uuid.uuid4())}, headers=admin
    )
    idle = client.post(
        address, json={"role": "viewer", "condition": next(iter(Condition))}, headers=admin
    )

    assert (unknown.status_code, idle.status_code) == (404, 422)
    bound = client.get(f"/api/v1/groups/{group['id']}", headers=admin).json()["role_bindings"]
    assert bound == []
