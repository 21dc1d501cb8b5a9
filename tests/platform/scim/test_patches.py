"""PATCH of SCIM: what each operation makes of a resource, and what is refused whole."""

import contextlib
import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_governance.directory.filters import InvalidFilter
from accredit_governance.errors import InvalidInput
from accredit_platform.scim.errors import ImmutableAttribute, InvalidPath, InvalidSyntax, NoTarget
from accredit_platform.scim.patches import GROUP, USER, patched

REFUSALS = (InvalidFilter, InvalidInput, InvalidPath, InvalidSyntax, NoTarget, ImmutableAttribute)
ANN: dict[str, Any] = {
    "id": "1",
    "userName": "ann",
    "name": {"givenName": "Ann"},
    "emails": [{"value": "ann@bank.example", "type": "work", "primary": True}],
    "active": True,
}
TEAM: dict[str, Any] = {
    "id": "2",
    "displayName": "Team",
    "members": [{"value": "a"}, {"value": "b"}],
}


def after(resource: dict[str, Any], *operations: dict[str, Any]) -> dict[str, Any]:
    return patched(
        resource, {"Operations": list(operations)}, USER if "userName" in resource else GROUP
    )


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        pytest.param(
            {"op": "replace", "path": "displayName", "value": "A"},
            {"displayName": "A"},
            id="simple",
        ),
        pytest.param(
            {"op": "Add", "path": "name.familyName", "value": "Lee"},
            {"name": {"givenName": "Ann", "familyName": "Lee"}},
            id="part",
        ),
        pytest.param(
            {"op": "add", "value": {"name": {"familyName": "Lee"}, "externalId": "7"}},
            {"name": {"givenName": "Ann", "familyName": "Lee"}, "externalId": "7"},
            id="no path: merged",
        ),
        pytest.param(
            {
                "op": "Replace",
                "value": {"name.givenName": "Anna", 'emails[type eq "work"].value': "x"},
            },
            {
                "name": {"givenName": "Anna"},
                "emails": [{"value": "x", "type": "work", "primary": True}],
            },
            id="Entra ID: keys are paths",
        ),
        pytest.param(
            {"op": "replace", "path": 'emails[type eq "work"].value', "value": "new"},
            {"emails": [{"value": "new", "type": "work", "primary": True}]},
            id="value path",
        ),
        pytest.param(
            {"op": "add", "path": 'emails[type eq "home"].value', "value": "h"},
            {"emails": [*ANN["emails"], {"type": "home", "value": "h"}]},
            id="value path that makes one",
        ),
        pytest.param(
            {"op": "remove", "path": 'emails[type eq "work"]'}, {"emails": []}, id="removed by path"
        ),
        pytest.param({"op": "remove", "path": "name.givenName"}, {"name": {}}, id="part removed"),
        pytest.param({"op": "remove", "path": "name"}, {"name": None}, id="whole removed"),
        pytest.param(
            {"op": "replace", "path": f"{USER.urn}:userName", "value": "b"},
            {"userName": "b"},
            id="with its schema",
        ),
        pytest.param(
            {
                "op": "add",
                "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
                "value": "Risk",
            },
            {},
            id="an extension is read over",
        ),
        pytest.param(
            {"op": "add", "path": "roles", "value": [{"value": "admin"}]}, {}, id="so are roles"
        ),
        pytest.param(
            {"op": "replace", "value": {"id": "9", "shoe": 1}}, {}, id="Okta sends the id"
        ),
        pytest.param(
            {"op": "replace", "path": "emails", "value": {"value": "x"}},
            {"emails": [{"value": "x"}]},
            id="one value without brackets",
        ),
        pytest.param(
            {"op": "replace", "path": "emails.value", "value": "x"},
            {"emails": [{"value": "x", "type": "work", "primary": True}]},
            id="part of all",
        ),
    ],
)
def test_an_operation_on_a_user(operation: dict[str, Any], expected: dict[str, Any]) -> None:
    wanted = {k: v for k, v in (ANN | expected).items() if v is not None}

    assert after(ANN, operation) == wanted


@pytest.mark.parametrize(
    ("operation", "left"),
    [
        pytest.param({"op": "add", "path": "members", "value": [{"value": "c"}]}, "abc", id="add"),
        pytest.param(
            {"op": "add", "path": "members", "value": [{"value": "a"}]}, "ab", id="there already"
        ),
        pytest.param({"op": "remove", "path": 'members[value eq "a"]'}, "b", id="by filter"),
        pytest.param({"op": "remove", "path": 'members[value eq "z"]'}, "ab", id="gone already"),
        pytest.param(
            {"op": "Remove", "path": "members", "value": [{"value": "b"}]}, "a", id="Entra ID: list"
        ),
        pytest.param({"op": "remove", "path": "members"}, "", id="all"),
        pytest.param(
            {"op": "replace", "path": "members", "value": [{"value": "z"}]}, "z", id="other"
        ),
        pytest.param({"op": "add", "value": {"members": [{"value": "c"}]}}, "abc", id="no path"),
    ],
)
def test_an_operation_on_members(operation: dict[str, Any], left: str) -> None:
    assert [member["value"] for member in after(TEAM, operation)["members"]] == list(left)


@pytest.mark.parametrize(
    ("operation", "error"),
    [
        pytest.param({"op": "move", "path": "userName"}, InvalidSyntax, id="unknown op"),
        pytest.param({"path": "userName", "value": "x"}, InvalidSyntax, id="no op"),
        pytest.param({"op": "add", "value": "x"}, InvalidSyntax, id="no path, no object"),
        pytest.param({"op": "remove"}, NoTarget, id="removal without a path"),
        pytest.param(
            {"op": "replace", "path": 'emails[type eq "home"].value', "value": "x"},
            NoTarget,
            id="nothing fits",
        ),
        pytest.param({"op": "add", "path": "id", "value": "9"}, ImmutableAttribute, id="id"),
        pytest.param({"op": "add", "path": "groups", "value": []}, ImmutableAttribute, id="groups"),
        pytest.param({"op": "add", "path": "shoe", "value": 1}, InvalidPath, id="unknown"),
        pytest.param(
            {"op": "add", "path": "name.shoe", "value": 1}, InvalidPath, id="unknown part"
        ),
        pytest.param({"op": "add", "path": "userName.x", "value": 1}, InvalidPath, id="no parts"),
        pytest.param({"op": "add", "path": "userName[a eq 1]", "value": 1}, InvalidPath, id="one"),
        pytest.param({"op": "add", "path": "emails[type", "value": 1}, InvalidPath, id="open"),
        pytest.param({"op": "add", "path": "emails[type]", "value": 1}, InvalidFilter, id="filter"),
        pytest.param({"op": "add", "path": "emails", "value": "x"}, InvalidInput, id="no objects"),
        pytest.param({"op": "add", "path": "name", "value": "x"}, InvalidSyntax, id="no object"),
    ],
)
def test_an_operation_is_refused(operation: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        after(ANN, operation)


@pytest.mark.parametrize(
    "message", [{}, {"Operations": []}, {"Operations": "x"}, {"Operations": [1]}]
)
def test_a_message_is_a_list_of_operations(message: dict[str, Any]) -> None:
    with pytest.raises(InvalidSyntax):
        patched(ANN, message, USER)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["value", "type", "name", "emails", "id"]), inner)
    ),
    max_leaves=6,
)
PATHS = st.sampled_from(
    ["userName", "name", "name.givenName", "emails", "emails.value", "emails[type pr]"]
) | st.sampled_from(
    ["members", 'emails[value eq "x"].type', "emails[not (type pr)]", "[", "a[b]", "id", ""]
)
OPERATIONS = st.lists(
    st.fixed_dictionaries(
        {"op": st.sampled_from(["add", "Replace", "remove"])},
        optional={"path": PATHS, "value": JSON},
    ),
    min_size=1,
    max_size=4,
)


@given(OPERATIONS)
def test_any_message_gives_a_resource_or_a_refusal(operations: list[dict[str, Any]]) -> None:
    for resource, kind in ((ANN, USER), (TEAM, GROUP)):
        before = copy.deepcopy(resource)

        with contextlib.suppress(REFUSALS):
            patched(resource, {"Operations": operations}, kind)

        assert resource == before
