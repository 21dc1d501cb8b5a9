"""Users and groups as SCIM writes them (RFC 7643 §4), to and from our documents.

Of several e-mail addresses the primary one is kept, or else the one of work, or else the first.
Attributes that we have no use for are read over: phone numbers, roles, passwords, extensions.
"""

import uuid
from collections.abc import Mapping
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from accredit_governance.errors import InvalidInput
from accredit_governance.registry.directory_records import (
    DirectoryGroup,
    DirectoryUser,
    GroupTerms,
    UserTerms,
)

USER_URN: Final = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP_URN: Final = "urn:ietf:params:scim:schemas:core:2.0:Group"
_NAMES: Final = {
    "user_name": "userName",
    "external_id": "externalId",
    "display_name": "displayName",
    "given_name": "name/givenName",
    "family_name": "name/familyName",
    "email": "emails",
    "name": "displayName",
}

Json = dict[str, Any]
T = TypeVar("T", UserTerms, GroupTerms)


def user_json(user: DirectoryUser, *, base: str) -> Json:
    """A user resource; what has no value is left out.

    Args:
        user: whom.
        base: address of `/scim/v2`.
    """
    name = {
        "formatted": user.display_name,
        "givenName": user.given_name,
        "familyName": user.family_name,
    }
    groups = [
        {"value": str(group.id), "display": group.name, "$ref": f"{base}/Groups/{group.id}"}
        for group in user.groups
    ]
    return {
        "schemas": [USER_URN],
        "id": str(user.id),
        **({"externalId": user.external_id} if user.external_id else {}),
        "userName": user.user_name,
        "name": {part: text for part, text in name.items() if text},
        "displayName": user.display_name,
        **(
            {"emails": [{"value": user.email, "type": "work", "primary": True}]}
            if user.email
            else {}
        ),
        "active": user.active,
        **({"groups": groups} if groups else {}),
        "meta": _meta(user, "User", f"{base}/Users/{user.id}"),
    }


def group_json(group: DirectoryGroup, *, base: str) -> Json:
    """A group resource; what has no value is left out."""
    members = [
        {
            "value": str(member.id),
            "display": member.name,
            "type": "User",
            "$ref": f"{base}/Users/{member.id}",
        }
        for member in group.members
    ]
    return {
        "schemas": [GROUP_URN],
        "id": str(group.id),
        **({"externalId": group.external_id} if group.external_id else {}),
        "displayName": group.name,
        **({"members": members} if members else {}),
        "meta": _meta(group, "Group", f"{base}/Groups/{group.id}"),
    }


def version(thing: DirectoryUser | DirectoryGroup) -> str:
    """Weak entity tag of how a thing stands."""
    return f'W/"{thing.digest()}"'


def user_terms(data: Mapping[str, Any], *, active: bool) -> UserTerms:
    """What a user resource says.

    Args:
        data: the resource, with attribute names in any case.
        active: what holds where it does not say.

    Raises:
        InvalidInput: `userName` is missing, or a value is unusable.
    """
    given = {name.lower(): value for name, value in data.items()}
    name = given.get("name") or {}
    if not isinstance(name, Mapping):
        raise _unusable("name", "is an object")
    parts = {part.lower(): value for part, value in name.items()}
    return _checked(
        UserTerms,
        user_name=_text(given, "userName") or "",
        external_id=_text(given, "externalId"),
        display_name=_text(given, "displayName") or _text(parts, "formatted"),
        given_name=_text(parts, "givenName"),
        family_name=_text(parts, "familyName"),
        email=_email(given.get("emails")),
        active=active if given.get("active") is None else flag(given["active"], "active"),
    )


def group_terms(data: Mapping[str, Any]) -> GroupTerms:
    """What a group resource says.

    Raises:
        InvalidInput: `displayName` is missing, or a value is unusable.
    """
    given = {name.lower(): value for name, value in data.items()}
    return _checked(
        GroupTerms,
        name=_text(given, "displayName") or "",
        external_id=_text(given, "externalId"),
        members=frozenset(_member(item) for item in elements(given.get("members"), "members")),
    )


def elements(value: Any, name: str) -> list[Json]:
    """Values of a multi-valued attribute; a single one may stand without brackets.

    Raises:
        InvalidInput: they are no objects.
    """
    if value is None:
        return []
    found = value if isinstance(value, list) else [value]
    if not all(isinstance(item, dict) for item in found):
        raise _unusable(name, 'is a list of objects such as {"value": "…"}')
    return [dict(item) for item in found]


def flag(value: Any, name: str) -> bool:
    """A truth value; Entra ID writes some of them as texts.

    Raises:
        InvalidInput: it is none.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise _unusable(name, "is true or false")


def _member(item: Json) -> uuid.UUID:
    try:
        return uuid.UUID(_text({k.lower(): v for k, v in item.items()}, "value") or "")
    except ValueError as error:
        raise _unusable("members", "holds a `value` that is no identifier of a user") from error


def _email(value: Any) -> str | None:
    found = [
        {part.lower(): text for part, text in item.items()} for item in elements(value, "emails")
    ]
    usable = [item for item in found if _text(item, "value")]
    primary = [i for i in usable if i.get("primary") and flag(i["primary"], "emails")]
    work = [item for item in usable if item.get("type") == "work"]
    best = (primary[-1:] or work[:1] or usable[:1] or [{}])[0]
    return _text(best, "value")


def _text(given: Mapping[str, Any], name: str) -> str | None:
    """A text, by its name in lower case; empty means that there is none."""
    value = given.get(name.lower())
    if value is None or value == "":
        return None
    if not isinstance(value, str) or "\0" in value:
        raise _unusable(name, "is a text without NUL characters")
    return value


def _checked(terms: type[T], **values: Any) -> T:
    try:
        return terms(**values)
    except ValidationError as error:
        found = [
            {"pointer": f"/{_NAMES.get(str(e['loc'][0]), e['loc'][0])}", "detail": e["msg"]}
            for e in error.errors()
        ]
        raise InvalidInput(
            "; ".join(f"{e['pointer']}: {e['detail']}" for e in found), found
        ) from error


def _unusable(name: str, how: str) -> InvalidInput:
    message = f"{name} {how}"
    return InvalidInput(message, [{"pointer": f"/{name}", "detail": message}])


def _meta(thing: DirectoryUser | DirectoryGroup, kind: str, location: str) -> Json:
    return {
        "resourceType": kind,
        "created": thing.created_at.isoformat().replace("+00:00", "Z"),
        "lastModified": thing.modified_at.isoformat().replace("+00:00", "Z"),
        "location": location,
        "version": version(thing),
    }
