"""SCIM 2.0 for the company's directory: users, groups, and what is on offer.

Everything is under `/scim/v2`, for service accounts with the role provisioner. It describes itself
in its own way, so it is not part of the OpenAPI document.
"""

import uuid
from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, Response

from accredit_governance.access.permissions import Permission
from accredit_governance.errors import NotFound
from accredit_governance.operations import provisioning, provisioning_groups
from accredit_governance.questions import directory
from accredit_governance.questions.directory import Search
from accredit_governance.registry.directory_records import (
    DirectoryGroup,
    DirectoryUser,
    GroupTerms,
    UserTerms,
)
from accredit_platform.api.bodies import WholeText
from accredit_platform.api.dependencies import CurrentActor, WithServices
from accredit_platform.auth.guard import needs
from accredit_platform.scim import discovery, patches, resources
from accredit_platform.scim.errors import MEDIA_TYPE, NotSupported
from accredit_platform.scim.projection import projected
from accredit_platform.scim.resources import Json

router = APIRouter(prefix="/scim/v2", include_in_schema=False)

PROVISION: Final = Permission.IDENTITY_PROVISION
_MOST: Final = 2**31 - 1

Message = Annotated[dict[str, Any], WholeText]


def _base(request: Request) -> str:
    return f"{str(request.base_url).rstrip('/')}{router.prefix}"


def _expected(request: Request) -> frozenset[str] | None:
    """Digests that `If-Match` names; None: any state will do."""
    header = request.headers.get("if-match")
    if header is None or header.strip() == "*":
        return None
    tags = (tag.strip().removeprefix("W/").strip('"') for tag in header.split(","))
    return frozenset(tags)


def _search(
    filter: str | None = None,  # noqa: A002  named by the RFC
    sortBy: str | None = None,  # noqa: N803
    sortOrder: str = "ascending",  # noqa: N803
    startIndex: int = 1,  # noqa: N803
    count: int = 100,
) -> Search:
    return Search(
        filter=filter or None,
        sort_by=sortBy or None,
        descending=sortOrder.lower() == "descending",
        start=min(max(startIndex, 1), _MOST),
        count=min(max(count, 0), _MOST),
    )


Base = Annotated[str, Depends(_base)]
Expected = Annotated[frozenset[str] | None, Depends(_expected)]
Wanted = Annotated[Search, Depends(_search)]


@router.get("/Users")
@needs(PROVISION)
def list_users(
    request: Request, search: Wanted, base: Base, actor: CurrentActor, services: WithServices
) -> Response:
    """Users that fit a filter."""
    found = directory.directory_users(services.database, actor, search)
    return _listing(
        request, search, found.total, [resources.user_json(user, base=base) for user in found.items]
    )


@router.post("/Users")
@needs(PROVISION)
def create_user(
    body: Message, request: Request, base: Base, actor: CurrentActor, services: WithServices
) -> Response:
    """Make a user."""
    terms = resources.user_terms(body, active=True)
    made = provisioning.provision_user(services.database, actor, terms=terms)
    return _one(request, resources.user_json(made, base=base), status=201)


@router.get("/Users/{user_id}")
@needs(PROVISION)
def get_user(
    user_id: str, request: Request, base: Base, actor: CurrentActor, services: WithServices
) -> Response:
    """One user."""
    user = directory.directory_user(services.database, actor, _key(user_id))
    return _one(request, resources.user_json(user, base=base))


@router.put("/Users/{user_id}")
@needs(PROVISION)
def put_user(
    user_id: str,
    body: Message,
    request: Request,
    base: Base,
    expected: Expected,
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """All that the directory says of a user; what it leaves out is gone, but for `active`."""
    user = provisioning.change_user(
        services.database,
        actor,
        _key(user_id),
        lambda before: resources.user_terms(body, active=before.active),
        expected=expected,
    )
    return _one(request, resources.user_json(user, base=base))


@router.patch("/Users/{user_id}")
@needs(PROVISION)
def patch_user(
    user_id: str,
    body: Message,
    request: Request,
    base: Base,
    expected: Expected,
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Change parts of a user: all that are named, or none."""

    def change(before: DirectoryUser) -> UserTerms:
        after = patches.patched(resources.user_json(before, base=base), body, patches.USER)
        return resources.user_terms(after, active=before.active)

    user = provisioning.change_user(
        services.database, actor, _key(user_id), change, expected=expected
    )
    return _one(request, resources.user_json(user, base=base))


@router.delete("/Users/{user_id}", status_code=204)
@needs(PROVISION)
def delete_user(
    user_id: str, expected: Expected, actor: CurrentActor, services: WithServices
) -> None:
    """End a user: the account is closed, the records stay."""
    provisioning.remove_user(services.database, actor, _key(user_id), expected=expected)


@router.get("/Groups")
@needs(PROVISION)
def list_groups(
    request: Request, search: Wanted, base: Base, actor: CurrentActor, services: WithServices
) -> Response:
    """Groups that fit a filter."""
    left_out = request.query_params.get("excludedAttributes", "").lower().split(",")
    found = directory.directory_groups(
        services.database, actor, search, with_members="members" not in left_out
    )
    return _listing(
        request,
        search,
        found.total,
        [resources.group_json(group, base=base) for group in found.items],
    )


@router.post("/Groups")
@needs(PROVISION)
def create_group(
    body: Message, request: Request, base: Base, actor: CurrentActor, services: WithServices
) -> Response:
    """Make a group."""
    made = provisioning_groups.provision_group(
        services.database, actor, terms=resources.group_terms(body)
    )
    return _one(request, resources.group_json(made, base=base), status=201)


@router.get("/Groups/{group_id}")
@needs(PROVISION)
def get_group(
    group_id: str, request: Request, base: Base, actor: CurrentActor, services: WithServices
) -> Response:
    """One group with its members."""
    group = directory.directory_group(services.database, actor, _key(group_id))
    return _one(request, resources.group_json(group, base=base))


@router.put("/Groups/{group_id}")
@needs(PROVISION)
def put_group(
    group_id: str,
    body: Message,
    request: Request,
    base: Base,
    expected: Expected,
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """All that the directory says of a group; who is not named is out."""
    terms = resources.group_terms(body)
    group = provisioning_groups.change_group(
        services.database, actor, _key(group_id), lambda _before: terms, expected=expected
    )
    return _one(request, resources.group_json(group, base=base))


@router.patch("/Groups/{group_id}")
@needs(PROVISION)
def patch_group(
    group_id: str,
    body: Message,
    request: Request,
    base: Base,
    expected: Expected,
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Change parts of a group: all that are named, or none."""

    def change(before: DirectoryGroup) -> GroupTerms:
        after = patches.patched(resources.group_json(before, base=base), body, patches.GROUP)
        return resources.group_terms(after)

    group = provisioning_groups.change_group(
        services.database, actor, _key(group_id), change, expected=expected
    )
    return _one(request, resources.group_json(group, base=base))


@router.delete("/Groups/{group_id}", status_code=204)
@needs(PROVISION)
def delete_group(
    group_id: str, expected: Expected, actor: CurrentActor, services: WithServices
) -> None:
    """End a group: its members lose at once what it gave them."""
    provisioning_groups.remove_group(services.database, actor, _key(group_id), expected=expected)


@router.get("/ServiceProviderConfig")
@needs(PROVISION)
def get_service_provider_config(base: Base) -> Response:
    """What is supported."""
    return _answer(discovery.service_provider_config(base))


@router.get("/ResourceTypes")
@needs(PROVISION)
def list_resource_types(base: Base) -> Response:
    """Users and groups."""
    return _all(discovery.resource_types(base))


@router.get("/ResourceTypes/{name}")
@needs(PROVISION)
def get_resource_type(name: str, base: Base) -> Response:
    """One of them."""
    return _named(discovery.resource_types(base), name)


@router.get("/Schemas")
@needs(PROVISION)
def list_schemas(base: Base) -> Response:
    """Attributes of users and groups."""
    return _all(discovery.schemas(base))


@router.get("/Schemas/{urn}")
@needs(PROVISION)
def get_schema(urn: str, base: Base) -> Response:
    """Attributes of one of them."""
    return _named(discovery.schemas(base), urn)


@router.api_route("/Me", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
@needs(PROVISION)
def me() -> Response:
    """Not offered: a service account is no user of the directory."""
    raise NotSupported("/Me is not offered here")


@router.post("/Bulk")
@needs(PROVISION)
def bulk() -> Response:
    """Not offered: each change is recorded by itself."""
    raise NotSupported("/Bulk is not offered here; send each change by itself")


def _key(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise NotFound("there is no such resource") from error


def _one(request: Request, resource: Json, *, status: int = 200) -> Response:
    tag = resource["meta"]["version"]
    if request.method == "GET" and tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers={"ETag": tag})
    return _answer(
        _asked_for(request, resource),
        status=status,
        headers={"ETag": tag, "Location": resource["meta"]["location"]},
    )


def _listing(request: Request, search: Search, total: int, items: Sequence[Json]) -> Response:
    return _answer(
        {
            "schemas": [discovery.LIST_URN],
            "totalResults": total,
            "startIndex": search.start,
            "itemsPerPage": len(items),
            "Resources": [_asked_for(request, item) for item in items],
        }
    )


def _asked_for(request: Request, resource: Json) -> Json:
    asked = request.query_params
    return projected(
        resource, attributes=asked.get("attributes"), excluded=asked.get("excludedAttributes")
    )


def _all(items: Sequence[Json]) -> Response:
    return _answer(
        {
            "schemas": [discovery.LIST_URN],
            "totalResults": len(items),
            "startIndex": 1,
            "itemsPerPage": len(items),
            "Resources": list(items),
        }
    )


def _named(items: Sequence[Json], name: str) -> Response:
    for item in items:
        if item["id"] == name:
            return _answer(item)
    raise NotFound("there is no such resource")


def _answer(
    body: Json, *, status: int = 200, headers: dict[str, str] | None = None
) -> JSONResponse:
    return JSONResponse(body, status_code=status, headers=headers, media_type=MEDIA_TYPE)
