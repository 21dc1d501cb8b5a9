"""Entity tags: what a caller has read, and whether it is still so when they change it.

A tag is the digest of the JSON that `GET` answers to this caller, whatever the order of its
members. RFC 9110: §8.8.3 for the form, §13.1.1 `If-Match` (strong comparison), §13.1.2
`If-None-Match` (weak comparison).
"""

import hashlib
import inspect
import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, ClassVar, Final

from pydantic_core import to_json
from sqlalchemy.orm import Session

from accredit_governance.access.actors import Actor
from accredit_governance.operations.calls import PreconditionFailed, Within
from accredit_platform.api.facts import Endpoint
from accredit_platform.errors import PlatformError
from accredit_platform.wiring import Services

_TAG: Final = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
_GIVEN: Final = frozenset({"actor", "services"})


class PreconditionRequired(PlatformError):
    """A change that replaces what is there came without `If-Match`."""

    code: ClassVar[str] = "precondition_required"


def tag_of_json(body: bytes) -> str:
    """Strong tag of a JSON text, quotes included."""
    plain = json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f'"{hashlib.sha256(plain.encode()).hexdigest()[:32]}"'


def tag_of(answer: Any) -> str:  # Any: documents and plain JSON data
    """Strong tag of what a route answers."""
    return tag_of_json(to_json(answer))


def named_in(header: str, tag: str, *, strong: bool) -> bool:
    """Whether a header names a tag, or is `*`, which every present state fits."""
    if header.strip() == "*":
        return True
    named = _TAG.findall(header)
    return tag in named or (not strong and f"W/{tag}" in named)


def demand_of(
    header: str,
    reader: Endpoint | None,
    parameters: Mapping[str, str],
    services: Services,
    actor: Actor,
) -> Callable[[Session], None]:
    """What `If-Match` demands of the transaction of a change.

    Args:
        header: its value.
        reader: the route that reads what is changed; none if it cannot be read by itself.
        parameters: of the path.
        services: as the route would have them.
        actor: who asks. What one reads depends on who one is.
    """

    def demand(session: Session) -> None:
        if reader is None:
            raise PreconditionFailed("If-Match names a state, but nothing is read at this address")
        inside = replace(services, database=Within(services.database, session))
        given = _arguments(reader, parameters)
        tag = tag_of(reader(**given, actor=actor, services=inside))
        if not named_in(header, tag, strong=True):
            raise PreconditionFailed(
                "what you have read has changed since; read it again, and decide anew",
                current_etag=tag,
            )

    return demand


def may_read(endpoint: Endpoint) -> bool:
    """Whether a route can be asked within a transaction: by its path, its caller, the services."""
    if inspect.iscoroutinefunction(endpoint):
        return False
    signature = inspect.signature(endpoint)
    wanted = {n for n, p in signature.parameters.items() if p.default is inspect.Parameter.empty}
    names = set(signature.parameters)
    return "request" not in names and names >= _GIVEN and "page" not in wanted


@cache
def _kinds(endpoint: Endpoint) -> Mapping[str, Any]:
    return {name: p.annotation for name, p in inspect.signature(endpoint).parameters.items()}


def _arguments(endpoint: Endpoint, parameters: Mapping[str, str]) -> dict[str, Any]:
    kinds = _kinds(endpoint)
    return {
        name: uuid.UUID(str(text)) if kinds[name] is uuid.UUID else text
        for name, text in parameters.items()
        if name in kinds
    }
