"""Whose hands a service account is in."""

import uuid

from sqlalchemy import select

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
