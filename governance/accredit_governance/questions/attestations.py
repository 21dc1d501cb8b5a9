"""Attestations: the list, one of them, those that wait for the caller."""

import uuid
from typing import Final

from sqlalchemy import ColumnElement, and_, false, or_

from accredit_governance.access.permissions import ROLE_PERMISSIONS, Permission, Role
from accredit_governance.errors import GovernanceError
from accredit_governance.lifecycle.attestations import AttestationState
from accredit_governance.operations.attestations import attestation_record, require_answerable
from accredit_governance.operations.door import View, question
from accredit_governance.operations.places import visible_to
from accredit_governance.questions.pages import Listing, Page, visible_rows
from accredit_governance.registry.findings_records import AttestationRecord
from accredit_governance.registry.tables import AttestationRow

_DUE: Final = AttestationRow.state == AttestationState.DUE


@question(Permission.PROJECT_READ)
def attestations(
    view: View,
    page: Page,
    *,
    state: AttestationState | None = None,
    for_me: bool = False,
    overdue: bool | None = None,
    model_version_id: uuid.UUID | None = None,
) -> Listing[AttestationRecord]:
    """Attestations that the caller may see, newest first.

    Args:
        view: who asks.
        page: which part.
        state: where they stand.
        for_me: only those in a role that the caller holds there.
        overdue: only those that are late, or only those that are not.
        model_version_id: only those of one version.
    """
    where: list[ColumnElement[bool]] = []
    if state is not None:
        where.append(AttestationRow.state == state)
    if for_me:
        where.append(_in_a_role_of(view))
    if overdue is not None:
        late = and_(_DUE, AttestationRow.due_on < view.now.date())
        where.append(late if overdue else ~late)
    if model_version_id is not None:
        where.append(AttestationRow.model_version_id == model_version_id)
    rows, token = visible_rows(view, AttestationRow, page, *where)
    return Listing(
        items=tuple(attestation_record(view, row) for row in rows), next_page_token=token
    )


def _in_a_role_of(view: View) -> ColumnElement[bool]:
    """Condition for the attestations whose role the caller holds in their project."""
    if view.actor.kind != "user":
        return false()
    roles = [role for role in Role if Permission.ATTESTATION_SIGN in ROLE_PERMISSIONS[role]]
    return and_(
        view.visible(AttestationRow, Permission.ATTESTATION_SIGN),
        or_(
            false(),
            *(
                and_(
                    AttestationRow.role == role,
                    visible_to(view.actor.reach_of(role), AttestationRow),
                )
                for role in roles
            ),
        ),
    )


@question(Permission.PROJECT_READ)
def attestation(view: View, attestation_id: uuid.UUID) -> AttestationRecord:
    """One attestation, with the digest of the card that an answer has to name."""
    return attestation_record(view, view.load(AttestationRow, attestation_id, noun="attestation"))


@question(Permission.PROJECT_READ)
def why_not_answer(view: View, attestation_id: uuid.UUID) -> str | None:
    """Why the caller cannot answer an attestation now; None when they can."""
    row = view.load(AttestationRow, attestation_id, noun="attestation")
    try:
        require_answerable(view, row)
    except GovernanceError as error:
        return error.message
    return None
