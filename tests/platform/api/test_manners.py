"""What holds for every route: queries, media types, methods, tags, and headers of long work."""

import uuid

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from accredit_governance.access.permissions import Role
from accredit_governance.questions.pages import Listing
from accredit_platform.api.operations import PREFIX
from accredit_platform.app import RESOURCES
from tests.platform.api.conftest import bearer


@pytest.fixture(scope="module")
def admin(tokens: dict[Role, str]) -> dict[str, str]:
    return bearer(tokens[Role.ADMIN])


@pytest.fixture(scope="module")
def reader(tokens: dict[Role, str]) -> dict[str, str]:
    return bearer(tokens[Role.AUDITOR])


@pytest.fixture(scope="module")
def project(client: TestClient, admin: dict[str, str]) -> dict[str, str]:
    body = {"name": f"manners-{uuid.uuid4().hex[:8]}", "title": "Manners"}
    answer = client.post("/api/v1/projects", json=body, headers=admin)
    assert answer.status_code == 201, answer.text
    made: dict[str, str] = answer.json()
    return made


def test_a_query_parameter_that_means_nothing_is_refused_by_name(
    client: TestClient, admin: dict[str, str]
) -> None:
    answer = client.get("/api/v1/projects?stat=open&page_size=5", headers=admin)

    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"pointer": "/stat", "detail": "no such query parameter"}]
    assert "page_size" in answer.json()["detail"]


def test_a_query_parameter_is_given_once(client: TestClient, admin: dict[str, str]) -> None:
    answer = client.get("/api/v1/projects?page_size=5&page_size=500", headers=admin)

    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"pointer": "/page_size", "detail": "given more than once"}]


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        pytest.param("application/json; charset=utf-8", 201, id="json"),
        pytest.param("text/plain", 415, id="text"),
        pytest.param("application/x-www-form-urlencoded", 415, id="form"),
    ],
)
def test_a_body_is_json_or_it_is_refused(
    content_type: str, status: int, client: TestClient, admin: dict[str, str]
) -> None:
    body = f'{{"name": "media-{uuid.uuid4().hex[:8]}", "title": "Media"}}'

    answer = client.post(
        "/api/v1/projects", content=body, headers={**admin, "Content-Type": content_type}
    )

    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        pytest.param("application/json", 200, id="json"),
        pytest.param("text/html, */*;q=0.1", 200, id="anything"),
        pytest.param("application/*", 200, id="family"),
        pytest.param("text/html", 406, id="page"),
        pytest.param("application/json;q=0, text/html", 406, id="never json"),
    ],
)
def test_who_does_not_take_json_is_told(
    accept: str, status: int, client: TestClient, admin: dict[str, str]
) -> None:
    assert client.get("/api/v1/me", headers={**admin, "Accept": accept}).status_code == status


def test_head_is_get_without_the_body(
    client: TestClient, reader: dict[str, str], project: dict[str, str]
) -> None:
    path = f"/api/v1/projects/{project['id']}"
    got, head = client.get(path, headers=reader), client.head(path, headers=reader)

    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["etag"] == got.headers["etag"]
    assert head.headers["content-length"] == got.headers["content-length"]
    assert client.head(path).status_code == 401


def test_options_and_refusals_of_methods_name_the_same_methods(
    client: TestClient, admin: dict[str, str]
) -> None:
    told = client.options("/api/v1/projects")
    refused = client.patch("/api/v1/projects", headers=admin)

    assert told.status_code == 204
    assert told.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert refused.status_code == 405
    assert refused.headers["allow"] == told.headers["allow"]


@pytest.mark.parametrize("header", ["Origin", "Sec-Fetch-Site", "Access-Control-Request-Method"])
def test_the_preflight_of_a_browser_is_no_method(header: str, client: TestClient) -> None:
    answer = client.options("/api/v1/projects", headers={header: "POST"})

    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_a_slash_too_many_leads_to_the_address_without_it(
    client: TestClient, admin: dict[str, str]
) -> None:
    answer = client.get("/api/v1/projects/?page_size=2", headers=admin, follow_redirects=False)

    assert answer.status_code == 308
    assert answer.headers["location"] == "/api/v1/projects?page_size=2"


def test_who_holds_the_present_state_is_told_so(
    client: TestClient, reader: dict[str, str], project: dict[str, str]
) -> None:
    path = f"/api/v1/projects/{project['id']}"
    tag = client.get(path, headers=reader).headers["etag"]

    same = client.get(path, headers={**reader, "If-None-Match": f'"other", {tag}'})
    other = client.get(path, headers={**reader, "If-None-Match": '"other"'})

    assert (same.status_code, same.content) == (304, b"")
    assert same.headers["etag"] == tag
    assert other.status_code == 200


def test_a_made_thing_carries_the_tag_that_reading_it_gives(
    client: TestClient, admin: dict[str, str], reader: dict[str, str]
) -> None:
    body = {"name": f"tag-{uuid.uuid4().hex[:8]}", "title": "Tag"}
    made = client.post("/api/v1/projects", json=body, headers=admin)

    read = client.get(f"/api/v1/projects/{made.json()['id']}", headers=reader)

    assert made.headers["etag"] == read.headers["etag"]


def test_who_replaces_something_says_what_they_have_read(
    client: TestClient, tokens: dict[Role, str]
) -> None:
    path = f"/api/v1/model-versions/{uuid.UUID(int=7)}/statements"
    body = {"limitations": "One city.", "oversight": "A person decides."}
    developer = bearer(tokens[Role.DEVELOPER])

    without = client.put(path, json=body, headers=developer)
    whatever = client.put(path, json=body, headers={**developer, "If-Match": "*"})

    assert (without.status_code, without.json()["code"]) == (428, "precondition_required")
    assert whatever.status_code == 404


@pytest.mark.parametrize(
    ("header", "status"),
    [
        pytest.param('"stale"', 412, id="stale"),
        pytest.param("W/{tag}", 412, id="weak"),
        pytest.param("", 412, id="nothing named"),
        pytest.param('"stale", {tag}', 201, id="one of two"),
        pytest.param("*", 201, id="whatever is there"),
    ],
)
def test_a_change_is_made_on_what_was_read_or_not_at_all(
    header: str,
    status: int,
    client: TestClient,
    project: dict[str, str],
    reader: dict[str, str],
    tokens: dict[Role, str],
) -> None:
    path = f"/api/v1/projects/{project['id']}"
    tag = client.get(path, headers=reader).headers["etag"]
    body = {"name": f"rows-{uuid.uuid4().hex[:8]}", "title": "Rows"}
    headers = {**bearer(tokens[Role.DEVELOPER]), "If-Match": header.replace("{tag}", tag)}

    answer = client.post(f"{path}/datasets", json=body, headers=headers)
    made = client.get(f"{path}/datasets?name={body['name']}", headers=reader).json()["items"]

    assert answer.status_code == status, answer.text
    assert len(made) == (1 if status == 201 else 0)
    if status == 412:
        assert answer.json()["code"] == "precondition_failed"
        assert answer.json()["current_etag"] == tag


def test_a_list_names_its_next_page_and_no_token_of_another_list(
    client: TestClient, admin: dict[str, str], project: dict[str, str]
) -> None:
    assert project
    first = client.get("/api/v1/principals?page_size=2&order_by=-name", headers=admin)
    link = first.headers["link"]
    address = link.removeprefix("<").partition(">")[0]

    second = client.get(address, headers=admin)
    other = client.get(address.replace("-name", "name"), headers=admin)

    assert link.endswith('>; rel="next"')
    names = [item["name"] for item in (*first.json()["items"], *second.json()["items"])]
    assert names == sorted(names, reverse=True)
    assert other.status_code == 422
    assert other.json()["errors"][0]["pointer"] == "/page_token"


def test_a_short_list_has_no_order_to_choose(client: TestClient, reader: dict[str, str]) -> None:
    answer = client.get("/api/v1/delegations?order_by=name", headers=reader)

    assert answer.status_code == 422
    assert "there is: page_size, page_token" in answer.json()["detail"]


def test_times_are_sent_in_utc(project: dict[str, str]) -> None:
    assert project["created_at"].endswith("Z")


def test_who_one_is_keeps_its_tag_from_one_request_to_the_next(
    client: TestClient, tokens: dict[Role, str]
) -> None:
    first, again = (client.get("/api/v1/me", headers=bearer(tokens[Role.VIEWER])) for _ in "ab")

    assert first.headers["etag"] == again.headers["etag"]
    assert "request_id" not in first.json()


def test_every_list_comes_in_pages(client: TestClient) -> None:
    document = client.get(f"{PREFIX}/openapi.json").json()["paths"]
    lists = [
        route.path
        for module in RESOURCES
        for route in module.router.routes
        if isinstance(route, APIRoute)
        and isinstance(route.response_model, type)
        and issubclass(route.response_model, Listing)
        and "GET" in route.methods
    ]

    unpaged = [
        path
        for path in lists
        if not {"page_size", "page_token"}
        <= {p["name"] for p in document[f"{PREFIX}{path}"]["get"].get("parameters", ())}
    ]

    assert len(lists) > 40
    assert unpaged == []


def test_what_one_may_comes_in_pages(client: TestClient, tokens: dict[Role, str]) -> None:
    path, mine = f"{PREFIX}/me/permissions", bearer(tokens[Role.VIEWER])

    page = client.get(f"{path}?page_size=1", headers=mine).json()

    assert len(page["items"]) == 1
    assert page["items"] == client.get(path, headers=mine).json()["items"][:1]


def test_whoever_is_signed_in_may_say_what_they_want_by_mail(
    client: TestClient, tokens: dict[Role, str]
) -> None:
    path, admin = f"{PREFIX}/me/notification-preferences", bearer(tokens[Role.ADMIN])

    read = client.get(path, headers=admin)
    said = client.put(
        path, json={"tasks_by_mail": False}, headers={**admin, "If-Match": read.headers["etag"]}
    )

    assert (read.status_code, said.status_code) == (200, 200)
    assert said.json() == read.json()
