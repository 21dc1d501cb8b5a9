"""SCIM over HTTP, as Entra ID and Okta speak it, and what becomes of people on our side."""

import itertools
import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from accredit_governance.access.permissions import Role
from accredit_governance.operations import groups, identity, sessions
from accredit_governance.operations.token_holders import actor_of_token
from accredit_platform.auth.secrets import new_secret
from accredit_platform.wiring import Services
from tests.platform.api.conftest import bearer, issued

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
NUMBERS = itertools.count(1)


@dataclass
class Directory:
    """A company's directory with its token."""

    client: TestClient
    token: str

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Response:
        more: dict[str, Any] = {} if body is None else {"json": body}
        return self.client.request(
            method,
            f"/scim/v2{path}",
            headers=bearer(self.token)
            | {"Content-Type": "application/scim+json"}
            | {name.replace("_", "-"): value for name, value in headers.items()},
            **more,
        )

    def get(self, path: str, **params: Any) -> Any:
        answer = self.client.get(f"/scim/v2{path}", params=params, headers=bearer(self.token))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def patch(self, path: str, *operations: dict[str, Any], **headers: str) -> Response:
        return self.send(
            "PATCH", path, {"schemas": [PATCH], "Operations": list(operations)}, **headers
        )

    def user(self, **more: Any) -> Any:
        name = f"person{next(NUMBERS)}@bank.example"
        answer = self.send("POST", "/Users", {"schemas": [USER], "userName": name} | more)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def group(self, *members: str, **more: Any) -> Any:
        body = {
            "schemas": [GROUP],
            "displayName": f"Team {next(NUMBERS)}",
            "members": [{"value": member} for member in members],
        }
        answer = self.send("POST", "/Groups", body | more)
        assert answer.status_code == 201, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def directory(client: TestClient, tokens: dict[Role, str]) -> Directory:
    return Directory(client, tokens[Role.PROVISIONER])


@pytest.fixture(scope="module")
def admin(services: Services, tokens: dict[Role, str]) -> identity.Actor:
    return actor_of_token(services.database, tokens[Role.ADMIN], request_id=None)


def token_of(services: Services, user_id: str) -> str:
    person = identity.actor_of_principal(services.database, uuid.UUID(user_id), request_id=None)
    assert person is not None
    return issued(services, person)


def refused(answer: Response, status: int, scim_type: str | None = None) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/scim+json"
    body = answer.json()
    assert body["schemas"] == [ERROR]
    assert body["status"] == str(status)
    assert body.get("scimType") == scim_type
    return str(body["detail"])


def test_a_directory_is_told_what_is_on_offer(directory: Directory) -> None:
    config = directory.get("/ServiceProviderConfig")
    types = directory.get("/ResourceTypes")["Resources"]
    schemas = {schema["id"] for schema in directory.get("/Schemas")["Resources"]}

    assert config["patch"]["supported"]
    assert config["filter"]["supported"]
    assert not config["bulk"]["supported"]
    assert [kind["endpoint"] for kind in types] == ["/Users", "/Groups"]
    assert schemas == {kind["schema"] for kind in types} == {USER, GROUP}
    assert directory.get(f"/Schemas/{USER}")["name"] == "User"
    assert directory.get("/ResourceTypes/Group")["schema"] == GROUP
    refused(directory.send("GET", "/Schemas/urn:none"), 404)
    refused(directory.send("GET", "/Me"), 501)
    refused(directory.send("POST", "/Bulk", {}), 501)


def test_a_user_comes_and_goes(directory: Directory) -> None:
    made = directory.send(
        "POST",
        "/Users",
        {
            "schemas": [USER],
            "userName": "Bea.Meier@bank.example",
            "externalId": "b-1",
            "name": {"givenName": "Bea", "familyName": "Meier"},
            "emails": [
                {"value": "b@home.example", "type": "home"},
                {"value": "bea@bank.example", "type": "work"},
            ],
        },
    )
    user = made.json()
    path = f"/Users/{user['id']}"

    assert made.status_code == 201
    assert made.headers["content-type"] == "application/scim+json"
    assert made.headers["location"].endswith(f"/scim/v2{path}")
    assert made.headers["etag"] == user["meta"]["version"]
    assert made.headers["cache-control"] == "no-store"
    assert user["displayName"] == "Bea Meier"
    assert user["emails"] == [{"value": "bea@bank.example", "type": "work", "primary": True}]
    assert user["active"] is True
    assert directory.get(path) == user
    same = directory.send("GET", path, If_None_Match=made.headers["etag"])
    assert (same.status_code, same.text) == (304, "")

    put = directory.send("PUT", path, {"userName": "bea.meier@bank.example", "displayName": "B."})

    assert put.status_code == 200
    assert put.json()["displayName"] == "B."
    assert {"externalId", "emails"} & set(put.json()) == set()
    assert put.json()["active"] is True
    assert directory.send("DELETE", path).status_code == 204
    refused(directory.send("GET", path), 404)
    refused(directory.send("PUT", path, {"userName": "x"}), 404)
    refused(directory.send("DELETE", path), 404)
    assert directory.get("/Users", filter='userName eq "bea.meier@bank.example"')["Resources"] == []


def test_who_comes_back_under_the_same_identifier_is_the_same_person(
    directory: Directory, services: Services, admin: identity.Actor
) -> None:
    first = directory.user(externalId="back-1")
    person = uuid.UUID(first["id"])
    identity.bind_role(services.database, admin, person, role=Role.VIEWER, project_id=None)
    directory.send("DELETE", f"/Users/{first['id']}")

    back = directory.user(externalId="back-1")
    stranger = directory.user(userName=first["userName"])

    assert back["id"] == first["id"]
    assert back["active"] is True
    assert stranger["id"] != first["id"]
    actor = identity.actor_of_principal(services.database, person, request_id=None)
    assert actor is not None
    assert actor.bindings == ()


def test_names_and_identifiers_are_unique(directory: Directory, services: Services) -> None:
    one = directory.user(externalId="u-1")
    other = directory.user()

    taken = directory.send("POST", "/Users", {"userName": one["userName"].upper()})
    renamed = directory.send("PUT", f"/Users/{other['id']}", {"userName": one["userName"]})
    doubled = directory.send("POST", "/Users", {"userName": "new", "externalId": "u-1"})

    for answer in (taken, renamed, doubled):
        refused(answer, 409, "uniqueness")
    # Account names are ours: two people of the same name are told apart.
    two = [directory.user(userName=f"jo@{place}.example") for place in ("here", "there")]
    names = [
        actor.name
        for user in two
        if (
            actor := identity.actor_of_principal(
                services.database, uuid.UUID(user["id"]), request_id=None
            )
        )
    ]
    assert names == ["jo", "jo-2"]


def test_entra_id_provisions(directory: Directory) -> None:
    """Messages as in Microsoft's "Develop a SCIM endpoint" and its validator."""
    unknown = directory.get("/Users", filter='userName eq "5d48a0a8-e9aa"')
    user = directory.user(
        schemas=[USER, ENTERPRISE],
        externalId="0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
        active=True,
        emails=[{"primary": True, "type": "work", "value": "Test_User@testuser.com"}],
        meta={"resourceType": "User"},
        name={"formatted": "givenName familyName", "familyName": "fam", "givenName": "giv"},
        roles=[{"value": "admin", "primary": "True"}],
        **{ENTERPRISE: {"department": "Risk"}},
    )
    path = f"/Users/{user['id']}"

    changed = directory.patch(
        path,
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "new@x.example"},
        {"op": "Replace", "path": "name.familyName", "value": "Familie"},
        {"op": "Add", "path": f"{ENTERPRISE}:manager", "value": [{"value": "7"}]},
        {"op": "Add", "path": "nickName", "value": "Babs"},
    ).json()
    closed = directory.patch(path, {"op": "Replace", "path": "active", "value": "False"})
    opened = directory.patch(path, {"op": "Replace", "value": {"active": "True"}})

    assert unknown["totalResults"] == 0
    assert user["displayName"] == "givenName familyName"
    assert changed["emails"][0]["value"] == "new@x.example"
    assert changed["name"]["familyName"] == "Familie"
    assert (closed.status_code, closed.json()["active"]) == (200, False)
    assert (opened.status_code, opened.json()["active"]) == (200, True)

    group = directory.group(externalId="8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159", members=[])
    found = directory.get(
        "/Groups", excludedAttributes="members", filter=f'displayName eq "{group["displayName"]}"'
    )
    at = f"/Groups/{group['id']}"
    members = [{"$ref": None, "value": user["id"]}]
    added = directory.patch(at, {"op": "Add", "path": "members", "value": members}).json()
    again = directory.patch(at, {"op": "Add", "path": "members", "value": members})
    inside = directory.get("/Groups", filter=f'members[value eq "{user["id"]}"]')
    bare = directory.get(at, excludedAttributes="members")
    removed = directory.patch(at, {"op": "Remove", "path": "members", "value": members})
    gone = directory.patch(at, {"op": "Remove", "path": "members", "value": members})

    assert [item["id"] for item in found["Resources"]] == [group["id"]]
    assert [member["value"] for member in added["members"]] == [user["id"]]
    assert (again.status_code, again.json()["members"]) == (200, added["members"])
    assert [item["id"] for item in inside["Resources"]] == [group["id"]]
    assert "members" not in bare
    assert (removed.status_code, removed.json().get("members")) == (200, None)
    assert gone.status_code == 200
    assert directory.send("DELETE", at).status_code == 204
    refused(directory.send("GET", at), 404)


def test_okta_provisions(directory: Directory) -> None:
    """Messages as in Okta's "SCIM protocol" reference."""
    name = "isaac.brock@okta.example"
    nobody = directory.get("/Users", filter=f'userName eq "{name}"', startIndex="1", count="100")
    user = directory.user(
        userName=name,
        name={"givenName": "Isaac", "familyName": "Brock"},
        displayName="Isaac Brock",
        locale="en-US",
        externalId="00ujl29u0le5T6Aj10h7",
        groups=[],
        password="1mz050nq",
        active=True,
    )
    path = f"/Users/{user['id']}"
    put = directory.send("PUT", path, user | {"displayName": "Isaac B.", "active": True})
    closed = directory.patch(path, {"op": "replace", "value": {"active": False}})

    assert nobody["Resources"] == []
    assert put.json()["displayName"] == "Isaac B."
    assert closed.json()["active"] is False

    group = directory.group(user["id"], displayName="Test SCIMv2")
    at = f"/Groups/{group['id']}"
    renamed = directory.patch(
        at, {"op": "replace", "value": {"id": group["id"], "displayName": "Renamed"}}
    )
    swapped = directory.patch(
        at,
        {"op": "remove", "path": f'members[value eq "{user["id"]}"]'},
        {"op": "add", "path": "members", "value": [{"value": user["id"], "display": name}]},
    )
    emptied = directory.send("PUT", at, {"displayName": "Renamed", "members": []})

    assert group["members"][0]["display"] == "Isaac B."
    assert renamed.json()["displayName"] == "Renamed"
    assert [member["value"] for member in swapped.json()["members"]] == [user["id"]]
    assert "members" not in emptied.json()


@pytest.fixture(scope="module")
def trio(directory: Directory) -> dict[str, str]:
    people = {
        "quita": {
            "externalId": "Trio-1",
            "displayName": "Quita Oda",
            "name": {"familyName": "Oda"},
            "emails": [{"value": "quita@trio.example"}],
        },
        "quin": {"externalId": "trio-2", "displayName": 'Quin "Q" 50%', "active": False},
        "quorra": {"displayName": "Quorra_", "name": {"givenName": "Quorra"}},
    }
    made = {
        name: directory.user(userName=f"{name}@trio.example", **more)
        for name, more in people.items()
    }
    directory.group(made["quita"]["id"], displayName="Trio")
    return {user["id"]: name for name, user in made.items()}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ('userName eq "QUIN@trio.example"', "quin"),
        ('userName ne "quin@trio.example"', "quita quorra"),
        ('userName sw "QUI" and not (active eq false)', "quita"),
        ('userName ew "N@TRIO.EXAMPLE"', "quin"),
        ('userName ge "quita@trio.example"', "quita quorra"),
        ('userName co "ui" or displayName co "_"', "quita quin quorra"),
        ('displayName co "50%"', "quin"),
        (r'displayName co "\"q\""', "quin"),
        ('displayName co ""', "quita quin quorra"),
        ('displayName sw ""', "quita quin quorra"),
        ('displayName lt "quita"', "quin"),
        ('externalId eq "trio-1"', ""),
        ('externalId sw "Trio"', "quita"),
        ('externalId ew "-2" or externalId co "io-1"', "quita quin"),
        ("externalId pr", "quita quin"),
        ("not (externalId pr)", "quorra"),
        ("externalId eq null", "quorra"),
        ("externalId ne null", "quita quin"),
        ('externalId ne "trio-2"', "quita quorra"),
        ('name.familyName eq "oda" or name.givenName eq "quorra"', "quita quorra"),
        ('emails eq "quita@trio.example"', "quita"),
        ('emails[type eq "work" and value co "QUITA"]', "quita"),
        ('emails.type eq "home"', ""),
        ("emails pr", "quita"),
        ("active eq true", "quita quorra"),
        ("active ne true", "quin"),
        ('groups.display eq "trio"', "quita"),
        ("not (groups pr)", "quin quorra"),
        ('groups[display sw "T" and value pr]', "quita"),
        ('id eq "no identifier"', ""),
        ('meta.lastModified gt "2020-01-01T00:00:00Z"', "quita quin quorra"),
        ('meta.created lt "2020-01-01T00:00:00+14:00"', ""),
        (f'{USER}:userName eq "quin@trio.example"', "quin"),
        ('meta.resourceType eq "User"', "quita quin quorra"),
    ],
)
def test_a_filter_finds(
    directory: Directory, trio: dict[str, str], asked: str, expected: str
) -> None:
    found = directory.get("/Users", filter=f'userName ew "@trio.example" and ({asked})')

    assert {trio[user["id"]] for user in found["Resources"]} == set(expected.split())
    assert found["totalResults"] == len(expected.split())


@pytest.mark.parametrize(
    "asked",
    [
        "userName",
        "shoe eq 1",
        "userName eq 1",
        'active eq "yes"',
        "active gt true",
        "userName gt null",
        'id co "a"',
        'meta.created co "2020"',
        'meta.created gt "yesterday"',
        'meta.created gt "0001-01-01T00:00:00+14:00"',
        'userName[value eq "x"]',
        "emails[value[a eq 1]]",
        'emails[shoe eq "x"]',
        f'{GROUP}:userName eq "x"',
        'name eq "x"',
        "((((((((((((((((((((((((((((((((((((((((",
    ],
)
def test_a_filter_that_cannot_be_answered_is_refused(directory: Directory, asked: str) -> None:
    answer = directory.client.get(
        "/scim/v2/Users", params={"filter": asked}, headers=bearer(directory.token)
    )

    refused(answer, 400, "invalidFilter")


def test_a_list_comes_in_parts_and_in_order(directory: Directory, trio: dict[str, str]) -> None:
    ours = {"filter": 'userName ew "@trio.example"', "sortBy": "displayName"}

    whole = directory.get("/Users", **ours)
    part = directory.get("/Users", **ours, startIndex=2, count=1)
    back = directory.get("/Users", **ours | {"sortBy": "externalId", "sortOrder": "descending"})
    none = directory.get("/Users", **ours, startIndex=-5, count=-1)
    names = directory.get("/Users", **ours, attributes="userName,name.familyName")

    assert [trio[user["id"]] for user in whole["Resources"]] == ["quin", "quita", "quorra"]
    assert [trio[user["id"]] for user in part["Resources"]] == ["quita"]
    assert (part["totalResults"], part["startIndex"], part["itemsPerPage"]) == (3, 2, 1)
    assert [trio[user["id"]] for user in back["Resources"]][2] == "quorra"
    assert (none["totalResults"], none["startIndex"], none["Resources"]) == (3, 1, [])
    assert names["Resources"][1] == {
        "schemas": [USER],
        "id": whole["Resources"][1]["id"],
        "userName": "quita@trio.example",
        "name": {"familyName": "Oda"},
    }
    for wrong in ({"sortBy": "shoe"}, {"sortBy": "groups"}):
        refused(
            directory.client.get("/scim/v2/Users", params=wrong, headers=bearer(directory.token)),
            400,
            "invalidFilter",
        )
    refused(
        directory.client.get("/scim/v2/Users?count=x", headers=bearer(directory.token)),
        400,
        "invalidValue",
    )


def test_half_a_change_is_no_change(directory: Directory) -> None:
    user = directory.user()
    group = directory.group(user["id"])
    nobody = str(uuid.uuid4())

    bad_part = directory.patch(
        f"/Users/{user['id']}",
        {"op": "replace", "path": "displayName", "value": "New"},
        {"op": "replace", "path": "shoe", "value": "1"},
    )
    bad_value = directory.patch(
        f"/Users/{user['id']}",
        {"op": "replace", "path": "active", "value": False},
        {"op": "replace", "path": "displayName", "value": "x" * 201},
    )
    bad_member = directory.patch(
        f"/Groups/{group['id']}",
        {"op": "remove", "path": "members"},
        {"op": "add", "path": "members", "value": [{"value": nobody}]},
    )

    refused(bad_part, 400, "invalidPath")
    assert "/displayName" in refused(bad_value, 400, "invalidValue")
    assert nobody in refused(bad_member, 400, "invalidValue")
    assert directory.get(f"/Users/{user['id']}")["meta"] == user["meta"] | {
        "version": directory.get(f"/Users/{user['id']}")["meta"]["version"]
    }
    assert directory.get(f"/Users/{user['id']}")["active"] is True
    assert directory.get(f"/Groups/{group['id']}") == group


def test_a_change_in_view_of_an_older_state_is_refused(directory: Directory) -> None:
    user, group = directory.user(), directory.group()
    for thing, path in ((user, f"/Users/{user['id']}"), (group, f"/Groups/{group['id']}")):
        rename = {"op": "replace", "path": "displayName", "value": f"New {next(NUMBERS)}"}

        fits = directory.patch(path, rename, If_Match=thing["meta"]["version"])
        stale = directory.patch(path, rename, If_Match=thing["meta"]["version"])

        assert fits.status_code == 200
        refused(stale, 412)
        refused(directory.send("DELETE", path, If_Match='W/"x"'), 412)
        assert directory.send("DELETE", path, If_Match="*").status_code == 204


def test_refusals_speak_scim(directory: Directory, tokens: dict[Role, str]) -> None:
    client, path = directory.client, "/scim/v2/Users"
    broken = {
        "content": b"{",
        "headers": bearer(directory.token) | {"Content-Type": "application/scim+json"},
    }

    nobody = client.get(path)
    refused(nobody, 401)
    assert nobody.headers["www-authenticate"] == "Bearer"
    refused(client.get(path, headers=bearer(tokens[Role.ADMIN])), 403)
    refused(client.post(path, json={}, headers=bearer(tokens[Role.VIEWER])), 403)
    assert directory.send("PUT", "/Users", {}).headers["allow"]
    refused(directory.send("PUT", "/Users", {}), 405)
    refused(directory.send("GET", "/Shoes"), 404)
    refused(directory.send("GET", "/Users/no-identifier"), 404)
    refused(client.post(path, **broken), 400, "invalidSyntax")
    refused(directory.send("POST", "/Users", []), 400, "invalidValue")
    refused(directory.patch(f"/Users/{directory.user()['id']}"), 400, "invalidSyntax")
    for body in (
        {},
        {"userName": 7},
        {"userName": "a\0b"},
        {"userName": "a", "active": "perhaps"},
        {"userName": "a", "name": "b"},
        {"userName": "a", "emails": ["x"]},
        {"userName": "x" * 256},
    ):
        refused(directory.send("POST", "/Users", body), 400, "invalidValue")
    for group in ({}, {"displayName": "x", "members": [{"value": "me"}]}):
        refused(directory.send("POST", "/Groups", group), 400, "invalidValue")


def test_the_directory_does_nothing_else(directory: Directory) -> None:
    api = {"headers": bearer(directory.token)}
    answers = [
        directory.client.get("/api/v1/projects", **api),
        directory.client.get("/api/v1/groups", **api),
        directory.client.post(
            f"/api/v1/groups/{directory.group()['id']}/role-bindings", json={"role": "admin"}, **api
        ),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]


def test_a_closed_account_is_shut_out_at_once_and_its_tokens_stay_dead(
    directory: Directory, services: Services
) -> None:
    user = directory.user()
    path = f"/Users/{user['id']}"
    token, secret = token_of(services, user["id"]), new_secret()
    person = actor_of_token(services.database, token, request_id=None)
    sessions.start_session(services.database, person, secret=secret, csrf_token="c")

    def me() -> int:
        return directory.client.get("/api/v1/me", headers=bearer(token)).status_code

    before = me()
    directory.patch(path, {"op": "replace", "path": "active", "value": False})
    closed = me()
    directory.patch(path, {"op": "replace", "path": "active", "value": True})

    assert (before, closed, me()) == (200, 401, 401)
    assert sessions.actor_of_session(services.database, secret, request_id=None) is None
    assert directory.get(path)["active"] is True


def test_roles_of_a_group_come_and_go_with_it(
    directory: Directory, services: Services, admin: identity.Actor
) -> None:
    user = directory.user()
    token = token_of(services, user["id"])
    group = directory.group()
    given = uuid.UUID(group["id"])
    groups.bind_role_to_group(services.database, admin, given, role=Role.VIEWER, project_id=None)

    def projects() -> int:
        return directory.client.get("/api/v1/projects", headers=bearer(token)).status_code

    alone = projects()
    directory.patch(
        f"/Groups/{group['id']}", {"op": "add", "path": "members", "value": [{"value": user["id"]}]}
    )
    inside = projects()
    directory.send("DELETE", f"/Groups/{group['id']}")

    assert (alone, inside, projects()) == (403, 200, 403)
    assert "groups" not in directory.get(f"/Users/{user['id']}")
