"""Model requests and the questionnaire over HTTP."""

import uuid
from typing import Any

from starlette.testclient import TestClient

from accredit_governance.access.permissions import Role
from accredit_governance.intake.questionnaire import QUESTIONS
from tests.governance.office import TERMS
from tests.platform.api.conftest import bearer

NEED = {"title": "Scores", "purpose": "Score.", "domain": "collections", "data": "Payments."}


def post(client: TestClient, token: str, path: str, body: dict[str, Any]) -> Any:
    return client.post(f"/api/v1{path}", json=body, headers=bearer(token))


def test_a_request_is_made_listed_and_declined(client: TestClient, tokens: dict[Role, str]) -> None:
    viewer, owner = tokens[Role.VIEWER], tokens[Role.OWNER]
    project = post(client, tokens[Role.ADMIN], "/projects", {"name": "asked", "title": "A"}).json()
    body = {"project_id": project["id"], "need": NEED}

    made = post(client, viewer, "/model-requests", body)
    late = post(
        client, viewer, "/model-requests", {**body, "need": {**NEED, "deadline": "2020-01-01"}}
    )
    early = post(client, owner, f"/model-requests/{made.json()['id']}/acceptances", {})
    answer = post(
        client, owner, f"/model-requests/{made.json()['id']}/declines", {"answer": "No data."}
    )
    mine = client.get("/api/v1/model-requests?requested_by=me", headers=bearer(viewer)).json()

    assert made.status_code == 201
    assert (late.status_code, late.json()["errors"][0]["pointer"]) == (422, "/need/deadline")
    assert (early.status_code, early.json()["code"]) == (409, "illegal_transition")
    assert (answer.json()["state"], answer.json()["allowed_actions"]) == ("declined", [])
    assert [item["id"] for item in mine["items"]] == [made.json()["id"]]


def test_the_questionnaire_is_published(client: TestClient, tokens: dict[Role, str]) -> None:
    told = client.get("/api/v1/questionnaire", headers=bearer(tokens[Role.VIEWER])).json()
    gone = post(client, tokens[Role.OWNER], f"/use-cases/{uuid.uuid4()}/owners", {"owner_id": "x"})

    assert told["version"] == "materiality-1"
    assert [q["key"] for q in told["questions"]] == [q.key for q in QUESTIONS]
    assert gone.status_code == 422


def test_a_use_case_without_an_owner_is_refused(
    client: TestClient, tokens: dict[Role, str]
) -> None:
    project = post(client, tokens[Role.ADMIN], "/projects", {"name": "none", "title": "N"}).json()
    path = f"/projects/{project['id']}/use-cases"
    body = {"name": "loans", "terms": TERMS.model_dump(mode="json")}

    unnamed = post(client, tokens[Role.OWNER], path, body)
    unknown = post(client, tokens[Role.OWNER], path, {**body, "owner_id": str(uuid.uuid4())})
    listed = client.get("/api/v1" + path, headers=bearer(tokens[Role.OWNER])).json()

    assert (unnamed.status_code, unnamed.json()["errors"][0]["pointer"]) == (422, "/owner_id")
    assert unknown.status_code in {404, 422}
    assert listed["items"] == []
