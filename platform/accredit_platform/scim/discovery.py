"""What this service offers of SCIM (RFC 7643 §5 to §7), for clients that ask."""

from typing import Any, Final

from accredit_governance.questions.directory import MAX_RESULTS
from accredit_platform.scim.resources import GROUP_URN, USER_URN, Json

CONFIG_URN: Final = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
TYPE_URN: Final = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
SCHEMA_URN: Final = "urn:ietf:params:scim:schemas:core:2.0:Schema"
LIST_URN: Final = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


def service_provider_config(base: str) -> Json:
    """What is supported."""
    no, yes = {"supported": False}, {"supported": True}
    return {
        "schemas": [CONFIG_URN],
        "patch": yes,
        "bulk": {**no, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {**yes, "maxResults": MAX_RESULTS},
        "changePassword": no,
        "sort": yes,
        "etag": yes,
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "Bearer token",
                "description": "API token of a service account with the role provisioner",
                "primary": True,
            }
        ],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": f"{base}/ServiceProviderConfig",
        },
    }


def resource_types(base: str) -> list[Json]:
    """Users and groups."""
    return [
        {
            "schemas": [TYPE_URN],
            "id": name,
            "name": name,
            "endpoint": f"/{name}s",
            "schema": urn,
            "meta": {"resourceType": "ResourceType", "location": f"{base}/ResourceTypes/{name}"},
        }
        for name, urn in (("User", USER_URN), ("Group", GROUP_URN))
    ]


def schemas(base: str) -> list[Json]:
    """The attributes that are kept, of users and of groups."""
    return [
        {
            "schemas": [SCHEMA_URN],
            "id": urn,
            "name": name,
            "description": description,
            "attributes": attributes,
            "meta": {"resourceType": "Schema", "location": f"{base}/Schemas/{urn}"},
        }
        for urn, name, description, attributes in (
            (USER_URN, "User", "A person with an account", _USER),
            (GROUP_URN, "Group", "People who are given roles together", _GROUP),
        )
    ]


def _attribute(name: str, kind: str = "string", **more: Any) -> Json:
    return {
        "name": name,
        "type": kind,
        "multiValued": False,
        "required": False,
        "caseExact": False,
        "mutability": "readWrite",
        "returned": "default",
        "uniqueness": "none",
        **more,
    }


_READ: Final[Json] = {"mutability": "readOnly"}
_COMMON: Final = (
    _attribute(
        "id", **_READ, returned="always", uniqueness="server", caseExact=True, required=True
    ),
    _attribute("externalId", caseExact=True, uniqueness="server"),
)
_USER: Final = [
    *_COMMON,
    _attribute("userName", required=True, uniqueness="server"),
    _attribute("displayName"),
    _attribute(
        "name",
        "complex",
        subAttributes=[
            _attribute("formatted"),
            _attribute("givenName"),
            _attribute("familyName"),
        ],
    ),
    _attribute("active", "boolean"),
    _attribute(
        "emails",
        "complex",
        multiValued=True,
        description="Of several, the primary one is kept, or else the one of work.",
        subAttributes=[
            _attribute("value"),
            _attribute("type"),
            _attribute("primary", "boolean"),
        ],
    ),
    _attribute(
        "groups",
        "complex",
        **_READ,
        multiValued=True,
        subAttributes=[
            _attribute("value", **_READ),
            _attribute("display", **_READ),
            _attribute("$ref", "reference", **_READ, referenceTypes=["Group"]),
        ],
    ),
]
_GROUP: Final = [
    *_COMMON,
    _attribute("displayName", required=True, uniqueness="server"),
    _attribute(
        "members",
        "complex",
        multiValued=True,
        subAttributes=[
            _attribute("value", mutability="immutable"),
            _attribute("display", **_READ),
            _attribute("type", mutability="immutable", canonicalValues=["User"]),
            _attribute("$ref", "reference", mutability="immutable", referenceTypes=["User"]),
        ],
    ),
]
