"""Which subjects of identity providers a principal is."""

import uuid

from sqlalchemy import select

from accredit_governance.access.permissions import Permission
from accredit_governance.errors import NotFound
from accredit_governance.operations.door import View, question
from accredit_governance.questions.pages import Listing
from accredit_governance.registry.provider_records import ExternalIdentityRecord
from accredit_governance.registry.tables import ExternalIdentityRow, PrincipalRow


@question(Permission.IDENTITY_MANAGE)
def external_identities(view: View, principal_id: uuid.UUID) -> Listing[ExternalIdentityRecord]:
    """Subjects of providers that are this principal, oldest first.

    Raises:
        NotFound: there is no such principal.
    """
    if view.session.get(PrincipalRow, principal_id) is None:
        raise NotFound(f"there is no principal {principal_id}")
    rows = view.session.execute(
        select(ExternalIdentityRow)
        .where(ExternalIdentityRow.principal_id == principal_id)
        .order_by(ExternalIdentityRow.id)
        .limit(1000)
    )
    return Listing(items=tuple(ExternalIdentityRecord.of(row) for row in rows.scalars()))
