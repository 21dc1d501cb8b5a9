"""SCIM filters (RFC 7644 §3.4.2.2): text to tree, and whether a tree fits an element.

`not` binds tightest, then `and`, then `or`. Attribute names and operators are read without regard
to case. Whatever is no filter is `InvalidFilter`, however odd.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeAlias

from accredit_governance.errors import GovernanceError

MAX_LENGTH: Final = 4_000
MAX_DEPTH: Final = 30

Value: TypeAlias = str | bool | int | float | None


class InvalidFilter(GovernanceError):
    """The text is no filter, or one that this service cannot answer."""

    code = "invalid_filter"


class Operator(StrEnum):
    """How an attribute is compared."""

    EQ = "eq"
    NE = "ne"
    CO = "co"
    SW = "sw"
    EW = "ew"
    GT = "gt"
    GE = "ge"
    LT = "lt"
    LE = "le"


@dataclass(frozen=True, slots=True)
class Path:
    """An attribute, in lower case: `name.givenname` has a sub-attribute.

    Attributes:
        schema: URN before the attribute; empty: none was given.
    """

    attribute: str
    sub: str | None = None
    schema: str = ""


@dataclass(frozen=True, slots=True)
class Compare:
    """An attribute compared with a value."""

    path: Path
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class Present:
    """An attribute has a value (`pr`)."""

    path: Path


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    inner: "Filter"


@dataclass(frozen=True, slots=True)
class Both:
    """`and`."""

    left: "Filter"
    right: "Filter"


@dataclass(frozen=True, slots=True)
class Either:
    """`or`."""

    left: "Filter"
    right: "Filter"


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a multi-valued attribute fits: `emails[type eq "work"]`."""

    path: Path
    inner: "Filter"


Filter: TypeAlias = Compare | Present | Not | Both | Either | Element

_TOKEN: Final = re.compile(
    r'\s*(?:(?P<string>"(?:[^"\\\x00-\x1f]|\\.)*")|(?P<mark>[()\[\]])'
    r'|(?P<word>[^\s()\[\]"]+))'
)
_NAME: Final = r"[A-Za-z$][A-Za-z0-9_$-]*"
_PATH: Final = re.compile(
    rf"(?:(?P<schema>urn:[^\s()\[\]\"]+):)?(?P<name>{_NAME})(?:\.(?P<sub>{_NAME}))?"
)
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORDS: Final[Mapping[str, Value]] = {"true": True, "false": False, "null": None}


def parse(text: str) -> Filter:
    """Tree of a filter.

    Raises:
        InvalidFilter: the text is none, is longer than 4,000 characters, or nests deeper than 30.
    """
    if len(text) > MAX_LENGTH:
        raise InvalidFilter(f"a filter has at most {MAX_LENGTH} characters")
    reader = _Reader(_tokens(text))
    found = reader.either(0)
    reader.end()
    return found


def parse_path(text: str) -> Path:
    """An attribute path such as `name.givenName`, with or without its schema.

    Raises:
        InvalidFilter: it is none.
    """
    found = _PATH.fullmatch(text)
    if found is None:
        raise InvalidFilter("an attribute is named by letters, digits, `_` and `-`")
    sub = found["sub"]
    return Path(
        found["name"].lower(), sub.lower() if sub else None, (found["schema"] or "").lower()
    )


def fits(tree: Filter, element: Mapping[str, Any]) -> bool:
    """Whether an element of a multi-valued attribute fits; texts are compared without case.

    Args:
        tree: the filter within the brackets.
        element: its sub-attributes, as JSON data with the names in any case.

    Raises:
        InvalidFilter: the filter asks for parts that an element does not have.
    """
    match tree:
        case Both(left, right):
            return fits(left, element) and fits(right, element)
        case Either(left, right):
            return fits(left, element) or fits(right, element)
        case Not(inner):
            return not fits(inner, element)
        case Present(path):
            return _of(element, path) not in (None, "")
        case Compare(path, operator, value):
            return _compare(_of(element, path), operator, value)
        case Element():
            raise InvalidFilter("an element has no elements of its own")


def _of(element: Mapping[str, Any], path: Path) -> Any:
    if path.sub is not None:
        raise InvalidFilter("an element has no parts of parts")
    if path.attribute in element:
        return element[path.attribute]
    return next((v for name, v in element.items() if name.lower() == path.attribute), None)


def _compare(held: Any, operator: Operator, value: Value) -> bool:
    if isinstance(held, str) and isinstance(value, str):
        return _compare_texts(held.casefold(), operator, value.casefold())
    same = held == value and isinstance(held, bool) == isinstance(value, bool)
    if operator is Operator.EQ:
        return same
    return operator is Operator.NE and not same


def _compare_texts(held: str, operator: Operator, value: str) -> bool:
    match operator:
        case Operator.EQ:
            return held == value
        case Operator.NE:
            return held != value
        case Operator.CO:
            return value in held
        case Operator.SW:
            return held.startswith(value)
        case Operator.EW:
            return held.endswith(value)
        case Operator.GT:
            return held > value
        case Operator.GE:
            return held >= value
        case Operator.LT:
            return held < value
        case Operator.LE:
            return held <= value


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    while text[at:].strip():
        token = _TOKEN.match(text, at)
        if token is None:
            raise InvalidFilter("a text in the filter does not end, or holds control characters")
        found.append(token.group().strip())
        at = token.end()
    return found


class _Reader:
    """Recursive descent over the tokens."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise InvalidFilter(f"the filter goes on after its end: {self._tokens[self._at][:50]}")

    def either(self, depth: int) -> Filter:
        if depth > MAX_DEPTH:
            raise InvalidFilter(f"a filter nests at most {MAX_DEPTH} deep")
        left = self._both(depth)
        while self._takes("or"):
            left = Either(left, self._both(depth))
        return left

    def _both(self, depth: int) -> Filter:
        left = self._one(depth)
        while self._takes("and"):
            left = Both(left, self._one(depth))
        return left

    def _one(self, depth: int) -> Filter:
        token = self._next()
        if token == "(":  # noqa: S105  a bracket
            return self._closed(depth, ")")
        if token.lower() == "not" and self._takes("("):
            return Not(self._closed(depth, ")"))
        path = parse_path(token)
        if self._takes("["):
            return Element(path, self._closed(depth, "]"))
        word = self._next().lower()
        if word == "pr":
            return Present(path)
        try:
            operator = Operator(word)
        except ValueError as error:
            raise InvalidFilter(f"there is no operator {word[:50]}") from error
        return Compare(path, operator, _value(self._next()))

    def _closed(self, depth: int, mark: str) -> Filter:
        inner = self.either(depth + 1)
        if not self._takes(mark):
            raise InvalidFilter(f"a bracket is open: {mark} is missing")
        return inner

    def _next(self) -> str:
        if self._at == len(self._tokens):
            raise InvalidFilter("the filter ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _takes(self, token: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at].lower() == token:
            self._at += 1
            return True
        return False


def _value(token: str) -> Value:
    if token.startswith('"'):
        return _text(token)
    if token.lower() in _WORDS:
        return _WORDS[token.lower()]
    if _NUMBER.fullmatch(token) is None:
        raise InvalidFilter(
            f"a value is a text in quotes, a number, true, false or null: {token[:50]}"
        )
    return float(token) if set(token) & set(".eE") else int(token)


def _text(token: str) -> str:
    try:
        text = json.loads(token)
        text.encode()
    except (json.JSONDecodeError, UnicodeEncodeError) as error:
        raise InvalidFilter("a text in the filter is no JSON text") from error
    if "\0" in text:
        raise InvalidFilter("a text in the filter holds a NUL character")
    return str(text)
