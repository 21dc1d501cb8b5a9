"""The OpenAPI document is built from the application, and leaves nothing out."""

import ast
import copy
import difflib
import inspect
import itertools
import json
import re
import textwrap
from collections.abc import Callable
from typing import Any, get_type_hints

import pytest
from pydantic import TypeAdapter
from starlette.testclient import TestClient

from accredit_governance.operations.calls import SECRETS
from accredit_platform.api.description import document_of, routes_of
from accredit_platform.auth.guard import PUBLIC
from accredit_platform.wiring import Services
from tests.golden.snapshot import FILE, application_of, breaking, text_of

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


def test_every_answer_202_says_where_the_work_is_followed(
    document: dict[str, Any], operations: dict[str, dict[str, Any]]
) -> None:
    """`Location` is made of the job in the answer, or of the operation that it is."""
    for name, operation in operations.items():
        if "202" not in operation["responses"]:
            continue
        schema = operation["responses"]["202"]["content"]["application/json"]["schema"]
        fields = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]["properties"]
        itself = name.startswith(("POST /api/v1/operations/", "POST /api/v1/jobs/"))
        assert "job_id" in fields or itself, name


def test_every_operation_says_how_it_refuses(
    document: dict[str, Any], operations: dict[str, dict[str, Any]]
) -> None:
    refusals = document["components"]["responses"]
    for name, operation in operations.items():
        for status in ("400", "401", "403", "404", "406", "409", "413", "422", "429", "503"):
            named = operation["responses"][status]["$ref"].rsplit("/", 1)[-1]
            content = refusals[named]["content"]
            assert set(content) == {"application/problem+json"}, (name, status)
            schema = content["application/problem+json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Problem"}, (name, status)


def test_every_operation_says_what_it_is_and_what_it_needs(
    document: dict[str, Any], operations: dict[str, dict[str, Any]]
) -> None:
    tags = {tag["name"] for tag in document["tags"]}
    for name, operation in operations.items():
        assert operation["summary"], name
        assert operation["description"], name
        assert set(operation["tags"]) <= tags, name
        assert operation["security"] in ([], [{"token": []}]), name
    assert operations["GET /api/v1/projects"]["x-permission"] == "project:list"
    assert operations["GET /api/v1/health"]["security"] == []


def test_headers_of_the_manners_are_parameters(operations: dict[str, dict[str, Any]]) -> None:
    def headers(name: str) -> dict[str, bool]:
        found = operations[name]["parameters"]
        return {p["name"]: p["required"] for p in found if p["in"] == "header"}

    put = "PUT /api/v1/model-versions/{version_id}/statements"
    assert headers(put) == {"Idempotency-Key": False, "If-Match": True}
    assert headers("POST /api/v1/projects") == {"Idempotency-Key": False}
    assert headers("GET /api/v1/models/{model_id}") == {"If-None-Match": False}
    assert {"412", "428", "415"} <= set(operations[put]["responses"])
    assert set(operations["POST /api/v1/runs"]["responses"]["202"]["headers"]) == {
        "ETag",
        "Location",
        "Retry-After",
    }


def test_every_example_is_one(services: Services) -> None:
    application = application_of(services)
    document = document_of(application)
    seen = 0
    for (method, path), route in routes_of(application):
        operation = document["paths"][path][method.lower()]
        body = operation.get("requestBody", {}).get("content", {})
        answers = [r for s, r in operation["responses"].items() if s[0] == "2"]
        answer = answers[0].get("content", {})
        model = route.body_field.field_info.annotation if route.body_field else None
        for content, kind in ((body, model), (answer, route.response_model)):
            if kind is not None and "application/json" in content:
                example = json.dumps(content["application/json"]["example"])
                assert TypeAdapter(kind).validate_json(example) is not None, (method, path)
                seen += 1
    assert seen > 200


def test_the_document_is_the_one_that_was_agreed(services: Services) -> None:
    """`make openapi` renews what was agreed, once the difference is wanted."""
    document = document_of(application_of(services))
    agreed = FILE.read_text(encoding="utf-8")

    now = text_of(document)

    if now != agreed:
        broken = "\n".join(breaking(json.loads(agreed), document)) or "nothing"
        lines = difflib.unified_diff(agreed.splitlines(), now.splitlines(), "agreed", "now", n=2)
        shown = "\n".join(itertools.islice(lines, 120))
        pytest.fail(f"this would break callers:\n{broken}\n\n{shown}", pytrace=False)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param(lambda d: d["paths"].pop("/a"), "GET /a is gone", id="operation gone"),
        pytest.param(
            lambda d: d["paths"]["/a"]["get"]["parameters"].clear(),
            "GET /a does not take query name any more",
            id="filter gone",
        ),
        pytest.param(
            lambda d: d["paths"]["/a"]["get"]["parameters"][0].update(required=True),
            "GET /a demands query name",
            id="filter demanded",
        ),
        pytest.param(
            lambda d: d["components"]["schemas"]["A"]["properties"].pop("b"),
            "A has no b any more",
            id="field gone",
        ),
        pytest.param(
            lambda d: d["components"]["schemas"]["State"]["enum"].pop(),
            "State has no 'shut' any more",
            id="value gone",
        ),
    ],
)
def test_what_would_break_callers_is_named(change: Callable[[Any], object], told: str) -> None:
    before = {
        "paths": {
            "/a": {
                "get": {
                    "parameters": [{"in": "query", "name": "name", "required": False}],
                    "responses": {"200": {}},
                }
            }
        },
        "components": {
            "schemas": {"A": {"properties": {"b": {}}}, "State": {"enum": ["open", "shut"]}}
        },
    }
    after = copy.deepcopy(before)
    change(after)

    assert breaking(before, after) == [told]
    assert breaking(before, before) == []


def test_identifiers_in_paths_are_uuids(operations: dict[str, dict[str, Any]]) -> None:
    seen = 0
    for name, operation in operations.items():
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "path" and parameter["name"].endswith("_id"):
                assert parameter["schema"]["format"] == "uuid", name
                seen += 1
    assert seen > 80


def test_every_secret_in_an_answer_is_known_as_one(
    document: dict[str, Any], operations: dict[str, dict[str, Any]]
) -> None:
    """What is known as a secret is never kept for a repeat (`operations/calls.py`)."""
    schemas = document["components"]["schemas"]
    secret = re.compile(r"(^|_)(token|secret|ticket|password|link|path)$")
    found = set()
    for name, operation in operations.items():
        if name.startswith("GET "):
            continue
        for status, response in operation["responses"].items():
            schema = response.get("content", {}).get("application/json", {}).get("schema", {})
            if status[0] != "2" or "$ref" not in schema:
                continue
            top = schema["$ref"].rsplit("/", 1)[-1]
            for reached in reachable(top, schemas):
                fields = {f for f in schemas[reached].get("properties", {}) if secret.search(f)}
                if fields:
                    assert fields <= SECRETS, (name, fields)
                    found.add(top)
    assert {"IssuedToken", "SigningTicket", "PasswordLinkRecord", "AddedPrincipal"} <= found


def reachable(name: str, schemas: dict[str, Any]) -> set[str]:
    found, waiting = set(), [name]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            text = json.dumps(schemas[one])
            waiting += re.findall(r"#/components/schemas/([\w.-]+)", text)
    return found


# The stored answer is made by hand: see `presented`, `Call` and the uploads.
OTHERWISE = {
    "predict",
    "predict_by_champion",
    "cancel_operation",
    "export_audit_trail",
    "upload_dataset_version",
    "upload_model_file",
    # Of changes of one's own nothing is kept but that they were made.
    "rotate_token",
    "revoke_my_token",
    # Again, they do what they did: nothing is made by them.
    "change_my_password",
    "end_my_session",
    "end_my_sessions",
    "set_notification_preferences",
}


def test_a_change_answers_with_what_its_operation_returns(services: Services) -> None:
    """So that the answer which the door keeps is the one that the route gave."""
    seen = 0
    others = {}
    for (method, _path), route in routes_of(application_of(services)):
        is_public = route.endpoint.needs == PUBLIC  # type: ignore[attr-defined] # marked by `needs`
        if method == "GET" or is_public or route.operation_id in OTHERWISE:
            continue
        space = inspect.getmodule(route.endpoint)
        source = textwrap.dedent(inspect.getsource(route.endpoint))
        calls = [n.func for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call)]
        doors = []
        for call in calls:
            if isinstance(call, ast.Attribute) and isinstance(call.value, ast.Name):
                owner = getattr(space, call.value.id, None)
                found = getattr(owner, call.attr, None)
                if hasattr(found, "permission"):
                    doors.append(get_type_hints(inspect.unwrap(found))["return"])
        answered = route.response_model or type(None)
        seen += 1
        if answered not in doors:
            others[route.operation_id] = doors
    assert others == {}
    assert seen > 60


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
