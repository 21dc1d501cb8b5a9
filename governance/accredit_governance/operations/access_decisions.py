"""Decisions about access to models: the yes or no of those who may say it, and the end of a grant.

1. The owner of the use case decides. In tiers 1 and 2, or for a use that the use case does not
   foresee word for word, compliance decides as well: by the tier of the request or of today,
   whichever is graver.
2. Whoever asked, is to be let in, or issued a token of the one who is to be let in never decides.
3. The last yes makes the grant. Nobody's silence does.
"""

import uuid

from sqlalchemy import select, update

from accredit_governance.access.permissions import Permission, Role
from accredit_governance.audit.access_events import AccessDecided, AccessGranted, AccessRevoked
from accredit_governance.errors import Conflict, FourEyes, InvalidInput, NotAllowed
from accredit_governance.lifecycle.access import (
    DECIDERS,
    AccessAction,
    AccessDecision,
    AccessState,
    action_of,
)
from accredit_governance.operations.access_requests import (
    decisions_of,
    grant_record,
    move_request,
    needs_compliance_now,
    request_record,
    require_approved,
    terms_of,
)
from accredit_governance.operations.door import Transaction, View, operation, roles_now
from accredit_governance.operations.quota import open_meter
from accredit_governance.operations.words import require_short
from accredit_governance.registry.access_records import AccessGrantRecord, AccessRequestRecord
from accredit_governance.registry.tables import (
    AccessDecisionRow,
    AccessGrantRow,
    AccessRequestRow,
    ApiTokenRow,
    ModelRow,
    UseCaseRow,
)


@operation(Permission.ACCESS_GRANT_GIVE, records=AccessDecided)
def decide_access(
    tx: Transaction, request_id: uuid.UUID, *, decision: AccessDecision, comment: str = ""
) -> AccessRequestRecord:
    """Say yes or no, as the owner of the use case or for compliance. The last yes grants.

    Raises:
        FourEyes: the actor asked, is to be let in, issued a token of the one who is, or has
            decided already.
        NotAllowed: the open decision is not the actor's.
        InvalidInput: a no without a comment.
        IllegalTransition, Conflict: the request is decided or has lapsed, or the model has no
            approved version any more.
    """
    row = tx.hold(AccessRequestRow, request_id, noun="access request")
    stage = require_decider(tx, row)
    require_short("/comment", comment)
    if decision is AccessDecision.DECLINE and not comment.strip():
        message = "say why you decline"
        raise InvalidInput(message, [{"pointer": "/comment", "detail": message}])
    # Only upwards: a tier that has sunk since takes nobody's word away.
    model = tx.session.get_one(ModelRow, row.model_id)
    if not row.needs_compliance and needs_compliance_now(tx, model, row.intended_use):
        row.needs_compliance = True
    action = action_of(AccessState(row.state), decision, needs_compliance=row.needs_compliance)
    tx.add(
        AccessDecisionRow(
            project_id=row.project_id,
            access_request_id=row.id,
            stage=stage,
            decision=decision,
            comment=comment.strip(),
            decided_by=tx.actor.id,
            requested_by=row.requested_by,
            principal_id=row.principal_id,
            decided_at=tx.now,
        )
    )
    grant = _grant(tx, row) if action is AccessAction.GRANT else None
    move_request(tx, row, action, grant=grant)
    tx.record(
        AccessDecided(stage=stage, decision=decision, state=row.state),
        resource=row.id,
        project=row.project_id,
    )
    return request_record(tx, row)


@operation(Permission.ACCESS_GRANT_GIVE, records=AccessRevoked)
def revoke_access(tx: Transaction, grant_id: uuid.UUID, *, reason: str) -> AccessGrantRecord:
    """End a grant at once. One person who may decide is enough.

    Raises:
        InvalidInput: no reason is given.
        Conflict: it was revoked before.
    """
    grant = tx.hold(AccessGrantRow, grant_id, noun="access grant")
    require_short("/reason", reason)
    if not reason.strip():
        message = "say why the access ends"
        raise InvalidInput(message, [{"pointer": "/reason", "detail": message}])
    _end(tx, grant, reason.strip())
    return grant_record(tx, grant)


def require_decider(view: View, row: AccessRequestRow) -> Role:
    """Role in which the actor may decide a request now.

    Raises:
        FourEyes, NotAllowed, Conflict: as for `decide_access`.
    """
    stage = DECIDERS.get(AccessState(row.state))
    if any(d.decided_by == view.actor.id for d in decisions_of(view, row.id)):
        raise FourEyes("you have decided on this request already; the next word is another's")
    if stage is None:
        raise Conflict(f"the access request is {row.state}", current_state=row.state)
    if row.lapses_at <= view.now:
        raise Conflict("the time to decide is over; the team has to ask again")
    _require_independent(view, row)
    if stage is Role.OWNER:
        model = view.session.get_one(ModelRow, row.model_id)
        use_case = view.session.get_one(UseCaseRow, model.use_case_id)
        if use_case.owner_id != view.actor.id:
            raise NotAllowed("the owner of the use case decides first; that is not you")
    if stage not in view.roles(row):
        raise NotAllowed(f"the open decision is for {stage}; you do not hold that role there")
    return stage


def _require_independent(view: View, row: AccessRequestRow) -> None:
    """Refuse whoever asked, is let in, or issued a token of the one who is let in.

    Raises:
        FourEyes: the actor, or somebody who decided before, is one of them.
    """
    if row.requested_by == view.actor.id:
        raise FourEyes("you asked for this access; another person has to decide")
    if row.principal_id == view.actor.id:
        raise FourEyes("this access is for you; another person has to decide")
    deciders = {view.actor.id} | {d.decided_by for d in decisions_of(view, row.id)}
    issued = select(ApiTokenRow.id).where(
        ApiTokenRow.principal_id == row.principal_id, ApiTokenRow.created_by.in_(deciders)
    )
    if view.session.execute(issued.limit(1)).first() is not None:
        raise FourEyes(
            "you, or whoever decided before you, issued a token of the one who asks to be let in;"
            " another person has to decide"
        )


def _grant(tx: Transaction, row: AccessRequestRow) -> AccessGrantRow:
    """The grant that a request was for. The grant that it renews ends with it."""
    model = tx.session.get_one(ModelRow, row.model_id)
    require_approved(tx, model)
    if Role.CONSUMER not in roles_now(tx, row.principal_id, row.project_id, row.model_id):
        raise Conflict("the principal does not hold the role consumer there any more")
    if row.purpose not in terms_of(tx, model).purposes:
        raise Conflict(f"the use case does not permit {row.purpose} any more")
    grant = tx.add(
        AccessGrantRow(
            project_id=row.project_id,
            model_id=row.model_id,
            environment=row.environment,
            principal_id=row.principal_id,
            purpose=row.purpose,
            intended_use=row.intended_use,
            quota_per_day=row.quota_per_day,
            quota_total=row.quota_total,
            expires_at=row.valid_until,
            created_by=tx.actor.id,
            created_at=tx.now,
        )
    )
    open_meter(tx.session, grant.id)
    tx.record(
        AccessGranted(
            access_request=row.id,
            model=grant.model_id,
            environment=grant.environment,
            principal=grant.principal_id,
            purpose_code=grant.purpose,
            expires_at=grant.expires_at,
        ),
        resource=grant.id,
        project=grant.project_id,
    )
    if row.renews_grant_id is not None:
        old = tx.session.get_one(AccessGrantRow, row.renews_grant_id, with_for_update=True)
        if old.revoked_at is not None:
            raise Conflict("the grant to renew was revoked meanwhile")
        _end(tx, old, f"renewed by {grant.id}")
    return grant


def _end(tx: Transaction, grant: AccessGrantRow, reason: str) -> None:
    ended = tx.session.execute(
        update(AccessGrantRow)
        .where(AccessGrantRow.id == grant.id, AccessGrantRow.revoked_at.is_(None))
        .values(revoked_at=tx.now, revoked_by=tx.actor.id, revocation=reason)
        .execution_options(synchronize_session=False)
        .returning(AccessGrantRow.id)
    ).all()
    if not ended:
        raise Conflict("the grant is revoked already")
    tx.session.refresh(grant)
    tx.record(
        AccessRevoked(
            model=grant.model_id,
            environment=grant.environment,
            principal=grant.principal_id,
            reason=reason,
        ),
        resource=grant.id,
        project=grant.project_id,
    )
