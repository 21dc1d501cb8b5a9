"""SCIM filters: what is one, what it says, and that nothing else gets through."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_governance.directory.filters import (
    MAX_DEPTH,
    MAX_LENGTH,
    Both,
    Compare,
    Either,
    Element,
    Filter,
    InvalidFilter,
    Not,
    Operator,
    Path,
    Present,
    fits,
    parse,
)

NAMES = st.sampled_from(
    ["username", "name", "emails", "not", "and", "or", "pr", "eq", "$ref", "a-b"]
)
PATHS = st.builds(
    Path,
    NAMES,
    st.none() | NAMES,
    st.sampled_from(["", "urn:ietf:params:scim:schemas:core:2.0:user"]),
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
VALUES = (
    TEXTS
    | st.booleans()
    | st.none()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
)
LEAVES = st.builds(Compare, PATHS, st.sampled_from(Operator), VALUES) | st.builds(Present, PATHS)
TREES: st.SearchStrategy[Filter] = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(Both, inner, inner)
        | st.builds(Either, inner, inner)
        | st.builds(Element, PATHS, inner)
    ),
    max_leaves=8,
)


def written(tree: Filter) -> str:
    match tree:
        case Compare(path, operator, value):
            return f"{name(path)} {operator} {json.dumps(value)}"
        case Present(path):
            return f"{name(path)} pr"
        case Not(inner):
            return f"not ({written(inner)})"
        case Both(left, right):
            return f"({written(left)}) and ({written(right)})"
        case Either(left, right):
            return f"({written(left)}) or ({written(right)})"
        case Element(path, inner):
            return f"{name(path)}[{written(inner)}]"


def name(path: Path) -> str:
    start = f"{path.schema}:" if path.schema else ""
    return start + path.attribute + (f".{path.sub}" if path.sub else "")


@given(TREES)
def test_what_is_written_is_read_as_the_same(tree: Filter) -> None:
    assert parse(written(tree)) == tree


@given(
    st.text(max_size=60)
    | st.lists(
        st.sampled_from(
            ["(", ")", "[", "]", "and", "or", "not", "pr", "eq", "co", '"a"', "x", "1", ".", '"']
        ),
        max_size=12,
    ).map(" ".join)
)
def test_garbage_is_an_invalid_filter_and_nothing_worse(text: str) -> None:
    try:
        tree = parse(text)
    except InvalidFilter:
        return
    assert parse(written(tree)) == tree


A, B, C = (Compare(Path(name), Operator.EQ, 1) for name in "abc")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        pytest.param("a eq 1 or b eq 1 and c eq 1", Either(A, Both(B, C)), id="and before or"),
        pytest.param("(a eq 1 or b eq 1) and c eq 1", Both(Either(A, B), C), id="grouping"),
        pytest.param("not (a eq 1) and b eq 1", Both(Not(A), B), id="not before and"),
        pytest.param("a eq 1 and b eq 1 and c eq 1", Both(Both(A, B), C), id="from the left"),
        pytest.param("A EQ 1 AND B Eq 1", Both(A, B), id="any case"),
        pytest.param(
            'emails[type eq "work" and value co "@x"]',
            Element(
                Path("emails"),
                Both(
                    Compare(Path("type"), Operator.EQ, "work"),
                    Compare(Path("value"), Operator.CO, "@x"),
                ),
            ),
            id="value path",
        ),
        pytest.param(
            'urn:ietf:params:scim:schemas:core:2.0:User:name.familyName sw "M"',
            Compare(
                Path("name", "familyname", "urn:ietf:params:scim:schemas:core:2.0:user"),
                Operator.SW,
                "M",
            ),
            id="with its schema",
        ),
        pytest.param(r'a eq "\"\\ü"', Compare(Path("a"), Operator.EQ, '"\\ü'), id="escapes"),
    ],
)
def test_a_filter_says(text: str, tree: Filter) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a eq",
        "a is 1",
        "a eq 1 b",
        "a eq 1 and",
        "(a eq 1",
        "a[b eq 1",
        "a eq 'x'",
        'a eq "x',
        r'a eq "\ud800"',
        r'a eq "\u0000"',
        "not a eq 1",
        "1a eq 1",
        "a..b pr",
        "(" * (MAX_DEPTH + 1) + "a pr" + ")" * (MAX_DEPTH + 1),
        "a pr or " * MAX_LENGTH,
    ],
)
def test_what_is_no_filter(text: str) -> None:
    with pytest.raises(InvalidFilter):
        parse(text)


WORK = {"Type": "work", "value": "Ann@Bank.example", "primary": True}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('type eq "WORK"', True),
        ('type ne "work"', False),
        ('value ew "@bank.example" and primary eq true', True),
        ('primary eq "true"', False),
        ("display pr", False),
        ("display eq null", True),
        ('value gt "a" and value lt "b"', True),
        ('not (value sw "b") or type pr', True),
        ("primary eq 1", False),
    ],
)
def test_an_element_fits(text: str, expected: Any) -> None:
    assert fits(parse(text), WORK) is expected
