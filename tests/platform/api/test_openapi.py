"""The OpenAPI document is built from the application, and leaves nothing out."""

from typing import Any

import pytest
from starlette.testclient import TestClient

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def document(client: TestClient) -> dict[str, Any]:
    answer = client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture(scope="module")
def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    }
    assert len(found) > 60
    return found


def test_every_operation_has_a_name_of_its_own_and_a_tag(
    operations: dict[str, dict[str, Any]],
) -> None:
    names = [operation["operationId"] for operation in operations.values()]

    assert len(set(names)) == len(names)
    assert all(name.replace("_", "").isalpha() and name.islower() for name in names)
    assert all(len(operation["tags"]) == 1 for operation in operations.values())
    assert all(operation["summary"] for operation in operations.values())


def test_every_operation_says_how_it_refuses(operations: dict[str, dict[str, Any]]) -> None:
    for name, operation in operations.items():
        for status in ("400", "401", "403", "404", "409", "413", "422", "503"):
            content = operation["responses"][status]["content"]
            assert set(content) == {"application/problem+json"}, (name, status)
            schema = content["application/problem+json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Problem"}, (name, status)


def test_a_problem_is_described_as_it_is_sent(document: dict[str, Any], client: TestClient) -> None:
    described = document["components"]["schemas"]["Problem"]

    sent = client.get("/api/v1/projects").json()

    assert set(described["required"]) <= set(sent)
    assert set(sent) <= set(described["properties"])


def test_pages_are_no_part_of_the_api(operations: dict[str, dict[str, Any]]) -> None:
    assert all(name.split(" ")[1].startswith("/api/v1/") for name in operations)


def test_an_upload_is_described_as_bytes(operations: dict[str, dict[str, Any]]) -> None:
    body = operations["POST /api/v1/datasets/{dataset_id}/versions"]["requestBody"]

    assert set(body["content"]) == {"text/csv", "application/vnd.apache.parquet"}


def test_the_document_is_the_same_each_time(client: TestClient, document: dict[str, Any]) -> None:
    assert client.get("/api/v1/openapi.json").json() == document
