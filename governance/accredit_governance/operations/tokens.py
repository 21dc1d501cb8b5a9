"""Whose hands a service account is in, and what a narrowed credential is not good for."""

import uuid

from sqlalchemy import select

from accredit_governance.access.actors import Actor
from accredit_governance.errors import NotAllowed
from accredit_governance.operations.door import View
from accredit_governance.registry.tables import ApiTokenRow, PrincipalRow


def issued_token_of(view: View, *principals: uuid.UUID, issuer_id: uuid.UUID | None = None) -> bool:
    """Whether the actor, or `issuer_id`, issued a token of a service account among some."""
    robots = view.session.execute(
        select(ApiTokenRow.id)
        .join(PrincipalRow, PrincipalRow.id == ApiTokenRow.principal_id)
        .where(
            PrincipalRow.kind == "service",
            ApiTokenRow.principal_id.in_(principals),
            ApiTokenRow.created_by == (issuer_id or view.actor.id),
        )
        .limit(1)
    )
    return robots.first() is not None


def is_narrowed(actor: Actor) -> bool:
    """Whether the credential shown is good for less than what its holder may."""
    return actor.scopes is not None or actor.within is not None


def require_whole(actor: Actor) -> None:
    """Refuse a credential that was narrowed: with accounts, roles or signatures it gets further.

    Raises:
        NotAllowed: it was.
    """
    if is_narrowed(actor):
        raise NotAllowed(
            "a token with scopes, or of one project, is not good for changing accounts, roles or "
            "who signs"
        )
