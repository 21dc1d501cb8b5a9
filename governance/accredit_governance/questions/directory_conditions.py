"""SCIM filters and orders as conditions of the database.

What has no value fits no comparison but `ne` and `eq null`. Texts are compared without case where
the schema says so; SQLite knows the cases of ASCII letters only, but for `userName`.
"""

import operator as operators
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import (
    ColumnElement,
    SQLColumnExpression,
    and_,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    true,
)

from accredit_governance.directory.filters import (
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
    Value,
    parse_path,
)
from accredit_governance.documents import Moment
from accredit_governance.registry.tables import (
    DirectoryUserRow,
    GroupMemberRow,
    PrincipalGroupRow,
    PrincipalRow,
)

Column = SQLColumnExpression[Any]
Fold = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute with at most one value.

    Attributes:
        kind: `text`, `exact` (case matters), `flag`, `moment` or `key` (an identifier).
        fold: how a text is written before it is compared; None: the database folds both sides.
    """

    kind: str
    column: Column
    fold: Fold | None = None


@dataclass(frozen=True, slots=True)
class Many:
    """An attribute with many values, each with parts.

    Attributes:
        parts: what a value consists of; `value` is meant where none is named.
        where: which values there are, in terms of the thing they belong to.
        apart: they lie in tables of their own.
    """

    parts: Mapping[str, Attribute]
    where: ColumnElement[bool]
    apart: bool = True


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of thing that filters ask for, by the names of its attributes in lower case."""

    urn: str
    attributes: Mapping[str, Attribute | Many]


USER: Final = Resource(
    "urn:ietf:params:scim:schemas:core:2.0:user",
    MappingProxyType(
        {
            "id": Attribute("key", PrincipalRow.id),
            "username": Attribute("text", DirectoryUserRow.user_name_key, str.casefold),
            "externalid": Attribute("exact", DirectoryUserRow.external_id),
            "displayname": Attribute("text", PrincipalRow.title),
            "name.formatted": Attribute("text", PrincipalRow.title),
            "name.givenname": Attribute("text", DirectoryUserRow.given_name),
            "name.familyname": Attribute("text", DirectoryUserRow.family_name),
            "active": Attribute("flag", PrincipalRow.active),
            "emails": Many(
                {
                    "value": Attribute("text", PrincipalRow.email),
                    "type": Attribute("text", literal("work")),
                    "primary": Attribute("flag", true()),
                },
                PrincipalRow.email.is_not(None),
                apart=False,
            ),
            "groups": Many(
                {
                    "value": Attribute("key", PrincipalGroupRow.id),
                    "display": Attribute("text", PrincipalGroupRow.name),
                },
                and_(
                    GroupMemberRow.principal_id == DirectoryUserRow.principal_id,
                    PrincipalGroupRow.id == GroupMemberRow.group_id,
                ),
            ),
            "meta.created": Attribute("moment", DirectoryUserRow.created_at),
            "meta.lastmodified": Attribute("moment", DirectoryUserRow.modified_at),
            "meta.resourcetype": Attribute("exact", literal("User")),
        }
    ),
)
GROUP: Final = Resource(
    "urn:ietf:params:scim:schemas:core:2.0:group",
    MappingProxyType(
        {
            "id": Attribute("key", PrincipalGroupRow.id),
            "externalid": Attribute("exact", PrincipalGroupRow.external_id),
            "displayname": Attribute("text", PrincipalGroupRow.name),
            "members": Many(
                {
                    "value": Attribute("key", PrincipalRow.id),
                    "display": Attribute("text", PrincipalRow.title),
                    "type": Attribute("text", literal("User")),
                },
                and_(
                    GroupMemberRow.group_id == PrincipalGroupRow.id,
                    PrincipalRow.id == GroupMemberRow.principal_id,
                ),
            ),
            "meta.created": Attribute("moment", PrincipalGroupRow.created_at),
            "meta.lastmodified": Attribute("moment", PrincipalGroupRow.modified_at),
            "meta.resourcetype": Attribute("exact", literal("Group")),
        }
    ),
)


def condition(tree: Filter, resource: Resource) -> ColumnElement[bool]:
    """What a filter asks for, never NULL.

    Raises:
        InvalidFilter: an attribute cannot be asked for, or not like this.
    """
    return _condition(tree, lambda path, test: _on(resource, path, test), resource)


def order(resource: Resource, sort_by: str, *, descending: bool) -> ColumnElement[Any]:
    """An order of a list; what has no value comes last.

    Raises:
        InvalidFilter: nothing can be ordered by this attribute.
    """
    found, part = _find(resource, parse_path(sort_by))
    if isinstance(found, Many):
        if found.apart:
            raise InvalidFilter("a list is ordered by an attribute with one value")
        found = found.parts[part]
    column = found.column
    if found.kind == "text" and found.fold is None:
        column = func.lower(column)
    return column.desc().nulls_last() if descending else column.asc().nulls_last()


Test = Callable[[Attribute], ColumnElement[bool]]


def _condition(
    tree: Filter, on: Callable[[Path, Test], ColumnElement[bool]], resource: Resource | None
) -> ColumnElement[bool]:
    match tree:
        case Both(left, right):
            return and_(_condition(left, on, resource), _condition(right, on, resource))
        case Either(left, right):
            return or_(_condition(left, on, resource), _condition(right, on, resource))
        case Not(inner):
            return not_(_condition(inner, on, resource))
        case Present(path):
            return on(path, _present)
        case Compare(path, operator, value):
            return on(path, lambda attribute: _compare(attribute, operator, value))
        case Element(path, inner):
            if resource is None:
                raise InvalidFilter("an element has no elements of its own")
            many, _ = _find(resource, path)
            if not isinstance(many, Many) or path.sub is not None:
                raise InvalidFilter(f"{path.attribute} has no elements")
            return _some(many, _condition(inner, partial(_on_part, many), None))


def _on(resource: Resource, path: Path, test: Test) -> ColumnElement[bool]:
    found, part = _find(resource, path)
    if isinstance(found, Many):
        return _some(found, test(found.parts[part]))
    return test(found)


def _on_part(many: Many, path: Path, test: Test) -> ColumnElement[bool]:
    if path.sub is not None or path.schema or path.attribute not in many.parts:
        raise InvalidFilter(f"nothing can be asked of {path.attribute[:50]} here")
    return test(many.parts[path.attribute])


def _find(resource: Resource, path: Path) -> tuple[Attribute | Many, str]:
    if path.schema in ("", resource.urn):
        whole = resource.attributes.get(path.attribute)
        if isinstance(whole, Many) and (path.sub or "value") in whole.parts:
            return whole, path.sub or "value"
        name = path.attribute if path.sub is None else f"{path.attribute}.{path.sub}"
        found = resource.attributes.get(name)
        if found is not None and not isinstance(found, Many):
            return found, ""
    raise InvalidFilter(f"nothing can be asked of {path.attribute[:50]} here")


def _some(many: Many, fits: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(many.where, fits) if many.apart else and_(many.where, fits)


def _present(attribute: Attribute) -> ColumnElement[bool]:
    there = attribute.column.is_not(None)
    return and_(there, attribute.column != "") if attribute.kind in _TEXTS else there


def _compare(attribute: Attribute, operator: Operator, value: Value) -> ColumnElement[bool]:
    if operator is Operator.NE:
        return not_(_compare(attribute, Operator.EQ, value))
    if value is None:
        if operator is not Operator.EQ:
            raise InvalidFilter("with null there is only eq and ne")
        return attribute.column.is_(None)
    return func.coalesce(_COMPARISONS[attribute.kind](attribute, operator, value), false())


def _compare_text(attribute: Attribute, operator: Operator, value: Value) -> ColumnElement[bool]:
    if not isinstance(value, str):
        raise InvalidFilter("this attribute is compared with a text in quotes")
    column = attribute.column
    wanted: Column = literal(attribute.fold(value) if attribute.fold else value)
    if attribute.kind == "text" and attribute.fold is None:
        column, wanted = func.lower(column), func.lower(wanted)
    match operator:
        case Operator.CO:
            return func.replace(column, wanted, "") != column if value else column.is_not(None)
        case Operator.SW:
            return func.substr(column, 1, func.length(wanted)) == wanted
        case Operator.EW:
            start = func.length(column) - func.length(wanted) + 1
            return func.substr(column, start) == wanted
        case _:
            return _ordered(column, operator, wanted)


def _compare_moment(attribute: Attribute, operator: Operator, value: Value) -> ColumnElement[bool]:
    if not isinstance(value, str) or operator in (Operator.CO, Operator.SW, Operator.EW):
        raise InvalidFilter("a time is compared with eq, ne, gt, ge, lt or le and a text")
    try:
        moment = _MOMENT.validate_strings(value)
    except ValidationError as error:
        raise InvalidFilter("a time is written as 2026-11-02T09:00:00Z") from error
    return _ordered(attribute.column, operator, moment)


def _compare_flag(attribute: Attribute, operator: Operator, value: Value) -> ColumnElement[bool]:
    if not isinstance(value, bool) or operator is not Operator.EQ:
        raise InvalidFilter("this attribute is compared by eq or ne with true or false")
    return attribute.column == (true() if value else false())


def _compare_key(attribute: Attribute, operator: Operator, value: Value) -> ColumnElement[bool]:
    if not isinstance(value, str) or operator is not Operator.EQ:
        raise InvalidFilter("an identifier is compared by eq or ne with a text in quotes")
    try:
        return attribute.column == uuid.UUID(value)
    except ValueError:
        return false()


def _ordered(column: Column, operator: Operator, value: Any) -> ColumnElement[bool]:
    fits: ColumnElement[bool] = _ORDERS[operator](column, value)
    return fits


_ORDERS: Final[Mapping[Operator, Callable[[Any, Any], Any]]] = MappingProxyType(
    {
        Operator.EQ: operators.eq,
        Operator.GT: operators.gt,
        Operator.GE: operators.ge,
        Operator.LT: operators.lt,
        Operator.LE: operators.le,
    }
)
_TEXTS: Final = frozenset({"text", "exact"})
_MOMENT: Final[TypeAdapter[datetime]] = TypeAdapter(Moment)
_COMPARISONS: Final[Mapping[str, Callable[[Attribute, Operator, Value], ColumnElement[bool]]]] = (
    MappingProxyType(
        {
            "text": _compare_text,
            "exact": _compare_text,
            "moment": _compare_moment,
            "flag": _compare_flag,
            "key": _compare_key,
        }
    )
)
