"""Denials, explanations and broken glass over HTTP."""

import uuid
from typing import Any

import pytest
from starlette.testclient import TestClient

from accredit_governance.access.permissions import Role
from tests.platform.api.conftest import PASSWORD, bearer
from tests.platform.api.test_intake import post

REASON = "The owner cannot be reached and customers wait."


@pytest.fixture(scope="module")
def project(client: TestClient, tokens: dict[Role, str]) -> str:
    made = post(client, tokens[Role.ADMIN], "/projects", {"name": "glass", "title": "Glass"})
    return str(made.json()["id"])


def read(client: TestClient, token: str, path: str, **params: Any) -> Any:
    return client.get(f"/api/v1{path}", params=params, headers=bearer(token)).json()


def test_everybody_reads_what_they_may(
    client: TestClient, tokens: dict[Role, str], project: str
) -> None:
    everywhere = read(client, tokens[Role.CONSUMER], "/me/permissions")["items"]
    here = read(client, tokens[Role.VIEWER], "/me/permissions", project_id=project)["items"]
    gone = read(client, tokens[Role.VIEWER], "/me/permissions", project_id=str(uuid.uuid4()))

    assert "prediction:create" in everywhere[0]["permissions"]
    assert here[0]["project_id"] == project
    assert "project:read" in here[0]["permissions"]
    assert (gone["status"], gone["code"]) == (404, "not_found")


def test_a_denial_counts_from_the_next_request_and_is_explained_and_lifted(
    client: TestClient, tokens: dict[Role, str], project: str
) -> None:
    admin, developer = tokens[Role.ADMIN], tokens[Role.DEVELOPER]
    me = read(client, developer, "/me")["id"]
    path = f"/projects/{project}/datasets"
    wish = {"principal_id": me, "permission": "dataset:create", "project_id": project}
    question = {"permission": "dataset:create", "project_id": project}

    said = post(client, admin, "/permission-denials", {**wish, "reason": REASON})
    refused = post(client, developer, path, {"name": "loans", "title": "Loans"})
    told = read(client, developer, "/me/permission-explanations", **question)
    same = read(client, admin, f"/principals/{me}/permission-explanations", **question)
    shown = read(client, admin, f"/permission-denials/{said.json()['id']}")
    ended = post(client, admin, f"/permission-denials/{said.json()['id']}/endings", {})
    listed = read(client, admin, "/permission-denials", principal_id=me)["items"]
    made = post(client, developer, path, {"name": "loans", "title": "Loans"})

    assert said.status_code == 201
    assert (refused.status_code, refused.json()["reason"]) == (403, "denied")
    assert (told["allowed"], told["code"]) == (False, "denied")
    assert told["reasons"][0]["denial_id"] == said.json()["id"]
    assert same == told
    assert (shown["standing"], ended.json()["standing"]) == (True, False)
    assert listed == [ended.json()]
    assert made.status_code == 201
    odd = post(client, admin, "/permission-denials", {"reason": REASON})
    assert (odd.status_code, odd.json()["errors"][0]["pointer"]) == (422, "/principal_id")


def test_two_people_break_the_glass(
    client: TestClient, tokens: dict[Role, str], project: str
) -> None:
    viewer, admin = tokens[Role.VIEWER], tokens[Role.ADMIN]
    body = {"role": "developer", "project_id": project, "minutes": 30, "reason": REASON}

    asked = post(client, viewer, "/break-glass-requests", body)
    address = f"/break-glass-requests/{asked.json()['id']}"
    digest = asked.json()["subject_digest"]
    bare = post(client, admin, f"{address}/grants", {"subject_digest": digest})
    ticket = post(
        client, admin, "/me/signing-tickets", {"subject_digest": digest, "password": PASSWORD}
    ).json()["ticket"]
    own = post(client, viewer, f"{address}/grants", {"subject_digest": digest})
    granted = post(client, admin, f"{address}/grants", {"subject_digest": digest, "ticket": ticket})
    made = post(client, viewer, f"/projects/{project}/datasets", {"name": "now", "title": "Now"})
    events = read(client, tokens[Role.AUDITOR], "/audit-events", action="dataset.created")["items"]
    standing = read(client, tokens[Role.AUDITOR], "/break-glass-requests", open=True)["items"]
    ended = post(client, viewer, f"{address}/endings", {})
    again = post(client, viewer, f"/projects/{project}/datasets", {"name": "late", "title": "L"})

    assert (asked.status_code, asked.json()["state"]) == (201, "waiting")
    assert (bare.status_code, bare.json()["code"]) == (403, "reauthentication_required")
    assert own.status_code == 403
    assert (granted.status_code, granted.json()["state"]) == (201, "standing")
    assert made.status_code == 201
    assert events[0]["event"]["actor"]["break_glass"] == asked.json()["id"]
    assert [item["id"] for item in standing] == [asked.json()["id"]]
    assert ended.json()["cause"] == "ended"
    assert again.status_code == 403
    assert read(client, viewer, address)["state"] == "over"


def test_a_role_is_bound_under_a_condition(client: TestClient, tokens: dict[Role, str]) -> None:
    admin = tokens[Role.ADMIN]
    viewer = read(client, tokens[Role.VIEWER], "/me")["id"]
    body = {"role": "viewer", "condition": "unprotected_only"}

    odd = post(client, admin, f"/principals/{viewer}/role-bindings", body)
    gone = post(
        client,
        admin,
        f"/principals/{viewer}/role-bindings",
        {"role": "owner", "model_id": str(uuid.uuid4())},
    )

    assert (odd.status_code, odd.json()["errors"][0]["pointer"]) == (422, "/condition")
    assert gone.status_code == 404
