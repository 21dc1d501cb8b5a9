"""Uploading models that were built elsewhere: what is taken, and what is refused before it is."""

import uuid

import pytest
from starlette.testclient import TestClient

from accredit_governance.access.permissions import Role
from accredit_governance.operations import identity, projects, sessions, versions
from accredit_governance.registry.terms import UseCaseTerms
from accredit_platform.wiring import Services
from tests.platform.api.conftest import bearer

TERMS = UseCaseTerms(
    title="Loans",
    purpose="Recommends.",
    prohibited_uses=("Pricing",),
    domain="consumer_credit",
    jurisdictions=("us",),
    task="binary",
    target="ok",
    favourable=1,
)


@pytest.fixture(scope="module")
def model_id(services: Services, tokens: dict[Role, str]) -> uuid.UUID:
    assert tokens

    def person(name: str) -> identity.Actor:
        found = sessions.password_hash_of(services.database, name)
        assert found is not None
        actor = identity.actor_of_principal(services.database, found[0], request_id=None)
        assert actor is not None
        return actor

    ada = person("ada")
    owner = identity.create_principal(
        services.database, ada, kind="user", name="olga", title="Olga"
    )
    identity.bind_role(services.database, ada, owner.id, role=Role.OWNER, project_id=None)
    olga = identity.actor_of_principal(services.database, owner.id, request_id=None)
    assert olga is not None
    project = projects.create_project(services.database, ada, name="bought", title="Bought")
    use_case = projects.create_use_case(
        services.database, olga, project.id, name="loans", owner_id=owner.id, terms=TERMS
    )
    return versions.create_model(services.database, olga, use_case.id, name="scores").id


def test_a_model_file_is_kept_under_its_digest_and_may_be_larger_than_a_body(
    client: TestClient, services: Services, tokens: dict[Role, str], model_id: uuid.UUID
) -> None:
    content = b"tree\n" * 40_000

    answer = client.post(
        f"/api/v1/models/{model_id}/files?file_name=../scores.txt",
        content=content,
        headers=bearer(tokens[Role.DEVELOPER]),
    )

    assert answer.status_code == 201, answer.text
    kept = answer.json()
    assert (kept["name"], kept["bytes"]) == ("scores.txt", len(content))
    assert services.artifacts.file(kept["file_digest"]).read_bytes() == content
    listed = client.get(
        f"/api/v1/models/{model_id}/files", headers=bearer(tokens[Role.VIEWER])
    ).json()
    assert [file["id"] for file in listed["items"]] == [kept["id"]]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        pytest.param("model.pkl", b"x", "must end in .skops or .txt or .onnx", id="a pickle"),
        pytest.param("model.joblib", b"x", "must end in", id="joblib"),
        pytest.param("model.txt", b"", "upload is empty", id="nothing"),
        pytest.param("model.txt", b"MZ\0\0", "does not begin as a .txt", id="a program"),
        pytest.param("model.txt", b"tree\n\xff\xff", "does not begin", id="no text"),
        pytest.param("model.skops", b"\x80\x04.", "begin as a .skops", id="a pickle by name"),
        pytest.param("paper.pdf", b"<script>", "does not begin as a .pdf", id="a page"),
        pytest.param("paper.docx", b"%PDF-1.7", "begin as a .docx", id="another paper"),
    ],
)
def test_other_files_are_refused(
    client: TestClient,
    tokens: dict[Role, str],
    model_id: uuid.UUID,
    name: str,
    content: bytes,
    said: str,
) -> None:
    answer = client.post(
        f"/api/v1/models/{model_id}/files?file_name={name}",
        content=content,
        headers=bearer(tokens[Role.DEVELOPER]),
    )

    assert answer.status_code == 422
    assert said in answer.json()["detail"]


def test_a_statement_of_origin_is_demanded(
    client: TestClient, tokens: dict[Role, str], model_id: uuid.UUID
) -> None:
    body = {
        "terms": {
            "kind": "lightgbm",
            "origin": {"author": "Scores Ltd", "tool": "LightGBM", "statement": " "},
            "contract": {"columns": [{"name": "a", "kind": "numeric"}]},
        },
        "model_file_id": str(uuid.uuid4()),
        "dataset_version_id": str(uuid.uuid4()),
    }

    answer = client.post(
        f"/api/v1/models/{model_id}/external-versions",
        json=body,
        headers=bearer(tokens[Role.DEVELOPER]),
    )

    assert answer.status_code == 422
    assert "/terms/origin/statement" in {e["pointer"] for e in answer.json()["errors"]}
