"""Environments and aliases over HTTP: what a program reads when it asks for something odd."""

import uuid
from typing import Any

import pytest
from starlette.testclient import TestClient

from accredit_governance.access.permissions import Role
from tests.platform.api.conftest import bearer
from tests.platform.api.test_intake import post


@pytest.fixture(scope="module")
def project(client: TestClient, tokens: dict[Role, str]) -> str:
    made = post(client, tokens[Role.ADMIN], "/projects", {"name": "places", "title": "P"})
    return str(made.json()["id"])


def test_an_environment_is_added_once_and_an_open_one_by_compliance(
    client: TestClient, tokens: dict[Role, str], project: str
) -> None:
    path, owner = f"/projects/{project}/environments", tokens[Role.OWNER]

    alone = post(client, owner, path, {"name": "pilot", "protected": False})
    made = post(client, tokens[Role.COMPLIANCE], path, {"name": "pilot", "protected": False})
    twice = post(client, owner, path, {"name": "pilot"})
    odd = post(client, owner, path, {"name": "No Name"})
    refused = post(client, tokens[Role.DEVELOPER], path, {"name": "mine"})
    listed = client.get(f"/api/v1{path}", headers=bearer(tokens[Role.VIEWER])).json()

    assert (alone.status_code, alone.json()["code"]) == (403, "not_allowed")
    assert (made.status_code, made.json()["protected"]) == (201, False)
    assert (twice.status_code, twice.json()["code"]) == (409, "conflict")
    assert (odd.status_code, odd.json()["errors"][0]["pointer"]) == (422, "/name")
    assert refused.status_code == 403
    assert [(e["name"], e["protected"]) for e in listed["items"]] == [
        ("pilot", False),
        ("production", True),
        ("staging", False),
    ]


@pytest.mark.parametrize(
    ("role", "path", "body"),
    [
        pytest.param(
            Role.OWNER,
            "alias-changes",
            {
                "environment": "production",
                "alias": "champion",
                "model_version_id": str(uuid.uuid4()),
                "reason": "Better.",
            },
            id="change",
        ),
        pytest.param(
            Role.OWNER,
            "alias-rollbacks",
            {"environment": "production", "alias": "champion", "reason": "Odd."},
            id="rollback",
        ),
        pytest.param(
            Role.CONSUMER, "environments/production/predictions", {"rows": [{}]}, id="predictions"
        ),
    ],
)
def test_of_an_unknown_model_nothing_is_moved_or_asked(
    client: TestClient, tokens: dict[Role, str], role: Role, path: str, body: dict[str, Any]
) -> None:
    unknown = post(client, tokens[role], f"/models/{uuid.uuid4()}/{path}", body)
    empty = post(client, tokens[role], f"/models/{uuid.uuid4()}/{path}", {})

    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
    assert empty.status_code == 422
