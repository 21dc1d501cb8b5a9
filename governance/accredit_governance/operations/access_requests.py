"""Requests for access to approved models: who, what for, where, how much and until when.

Who decides is in `access_decisions`. A request on which nobody decides lapses.
"""

import contextlib
import uuid
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import ROLE_PERMISSIONS, Permission, Role
from accredit_governance.audit.access_events import (
    AccessLapsed,
    AccessRequested,
    AccessWithdrawn,
)
from accredit_governance.documents import Document, Moment
from accredit_governance.errors import (
    Conflict,
    FourEyes,
    IllegalTransition,
    InvalidInput,
    NotAllowed,
    NotFound,
)
from accredit_governance.lifecycle.access import (
    DECIDERS,
    OPEN_STATES,
    AccessAction,
    AccessState,
    after_access,
    compliance_decides,
)
from accredit_governance.lifecycle.versions import VersionState
from accredit_governance.operations.assessments import require_assessment
from accredit_governance.operations.door import Transaction, View, operation, roles_now
from accredit_governance.operations.environments import require_environment
from accredit_governance.operations.words import require_short
from accredit_governance.registry.access_records import (
    AccessDecisionRecord,
    AccessGrantRecord,
    AccessRequestRecord,
)
from accredit_governance.registry.database import Database
from accredit_governance.registry.tables import (
    AccessDecisionRow,
    AccessGrantRow,
    AccessRequestRow,
    ModelRow,
    ModelVersionRow,
    PrincipalRow,
    UseCaseRow,
)
from accredit_governance.registry.terms import UseCaseTerms

DECIDE_WITHIN: Final = timedelta(days=30)
LONGEST: Final = timedelta(days=365)
LARGEST_QUOTA: Final = 10**12
DUE_AT_ONCE: Final = 500


class Wish(Document):
    """What access is asked for.

    Attributes:
        purpose: a code that the use case permits; empty: its only one.
        intended_use: what for, in words.
        quota_per_day: predictions on a day in UTC. One of the two quotas is needed.
        quota_total: predictions in all.
        renews_grant_id: the grant that this one takes the place of.
    """

    principal_id: uuid.UUID
    environment: str
    purpose: str | None = None
    intended_use: str
    quota_per_day: int | None = None
    quota_total: int | None = None
    valid_until: Moment
    renews_grant_id: uuid.UUID | None = None


@operation(Permission.ACCESS_REQUEST_CREATE, records=AccessRequested)
def request_access(tx: Transaction, model_id: uuid.UUID, *, wish: Wish) -> AccessRequestRecord:
    """Ask that a principal may predict with the approved versions of a model.

    Raises:
        InvalidInput: the principal is no consumer there, the project has no such environment, the
            use case does not permit the purpose, there is no quota, or the end lies in the past or
            more than a year ahead.
        FourEyes: the owner of the use case asks, or is to be let in; nobody else could decide.
        Conflict: the model has no approved version, or the grant to renew is another's.
        TierNotAssessed: the use case has no approved risk assessment.
    """
    model = tx.load(ModelRow, model_id, noun="model")
    terms = terms_of(tx, model)
    require_environment(tx.session, model.project_id, wish.environment)
    purpose = wish.purpose or (terms.purposes[0] if len(terms.purposes) == 1 else "")
    _check_wish(tx, model, terms, purpose, wish)
    _require_decidable(tx, model, wish)
    require_approved(tx, model)
    _check_renewal(tx, model, purpose, wish)
    row = tx.add(
        AccessRequestRow(
            project_id=model.project_id,
            model_id=model.id,
            environment=wish.environment,
            principal_id=wish.principal_id,
            purpose=purpose,
            intended_use=wish.intended_use.strip(),
            quota_per_day=wish.quota_per_day,
            quota_total=wish.quota_total,
            valid_until=wish.valid_until,
            renews_grant_id=wish.renews_grant_id,
            needs_compliance=needs_compliance_now(tx, model, wish.intended_use.strip()),
            state=AccessState.REQUESTED,
            requested_by=tx.actor.id,
            requested_at=tx.now,
            lapses_at=min(wish.valid_until, tx.now + DECIDE_WITHIN),
        )
    )
    tx.record(
        AccessRequested(
            model=model.id,
            environment=row.environment,
            principal=row.principal_id,
            purpose_code=purpose,
            quota_per_day=row.quota_per_day,
            quota_total=row.quota_total,
            valid_until=row.valid_until,
            needs_compliance=row.needs_compliance,
            renews=row.renews_grant_id,
        ),
        resource=row.id,
        project=row.project_id,
    )
    return request_record(tx, row)


@operation(Permission.ACCESS_REQUEST_CREATE, records=AccessWithdrawn)
def withdraw_access_request(tx: Transaction, request_id: uuid.UUID) -> AccessRequestRecord:
    """Take one's own request back.

    Raises:
        NotAllowed: somebody else asked.
        IllegalTransition: it is decided already.
    """
    row = tx.hold(AccessRequestRow, request_id, noun="access request")
    if row.requested_by != tx.actor.id:
        raise NotAllowed("only whoever asked takes a request back; you can decline it instead")
    move_request(tx, row, AccessAction.WITHDRAW)
    tx.record(AccessWithdrawn(), resource=row.id, project=row.project_id)
    return request_record(tx, row)


@operation(Permission.SYSTEM_RECORD, records=AccessLapsed)
def lapse_access_request(tx: Transaction, request_id: uuid.UUID) -> None:
    """Write down that nobody has decided in time.

    Raises:
        Conflict: there is time left.
        IllegalTransition: it is decided already.
    """
    row = tx.hold(AccessRequestRow, request_id, noun="access request")
    if row.lapses_at > tx.now:
        raise Conflict(f"the request can be decided until {row.lapses_at.isoformat()}")
    move_request(tx, row, AccessAction.LAPSE)
    tx.record(AccessLapsed(), resource=row.id, project=row.project_id)


def lapse_what_is_overdue(database: Database, actor: Actor) -> None:
    """End every request whose time is over; what is decided at the same moment is left alone."""
    with database.reading() as session:
        due = session.execute(
            select(AccessRequestRow.id)
            .where(
                AccessRequestRow.state.in_(OPEN_STATES),
                AccessRequestRow.lapses_at <= database.clock(),
            )
            .order_by(AccessRequestRow.lapses_at, AccessRequestRow.id)
            .limit(DUE_AT_ONCE)
        ).scalars()
        requests = list(due)
    for request_id in requests:
        with contextlib.suppress(Conflict, IllegalTransition):
            lapse_access_request(database, actor, request_id)


def _check_wish(
    tx: Transaction, model: ModelRow, terms: UseCaseTerms, purpose: str, wish: Wish
) -> None:
    if tx.session.get(PrincipalRow, wish.principal_id) is None:
        raise NotFound(f"there is no principal {wish.principal_id}")
    require_short("/intended_use", wish.intended_use)
    problems = []
    if Role.CONSUMER not in roles_now(tx, wish.principal_id, model.project_id, model.id):
        problems.append(("/principal_id", "the principal does not hold the role consumer there"))
    if purpose not in terms.purposes:
        permitted = ", ".join(terms.purposes)
        problems.append(("/purpose", f"the use case permits these purposes only: {permitted}"))
    if not wish.intended_use.strip():
        problems.append(("/intended_use", "say what the predictions are for"))
    if wish.quota_per_day is None and wish.quota_total is None:
        problems.append(("/quota_per_day", "say how many predictions, per day or in all"))
    for name, quota in (("quota_per_day", wish.quota_per_day), ("quota_total", wish.quota_total)):
        if quota is not None and not 1 <= quota <= LARGEST_QUOTA:
            problems.append((f"/{name}", f"{name} is {quota} but must lie in 1 to 10^12"))
    if not timedelta(0) < wish.valid_until - tx.now <= LONGEST:
        problems.append(("/valid_until", _wrong_end(wish.valid_until, tx.now)))
    if problems:
        raise InvalidInput(
            "; ".join(detail for _, detail in problems),
            [{"pointer": pointer, "detail": detail} for pointer, detail in problems],
        )


def _wrong_end(valid_until: datetime, now: datetime) -> str:
    if valid_until <= now:
        return "valid_until lies in the past"
    return f"access is given for at most {LONGEST.days} days; ask for a renewal then"


def _require_decidable(tx: Transaction, model: ModelRow, wish: Wish) -> None:
    """Refuse what would wait in vain, because only the owner of the use case decides first.

    Raises:
        FourEyes: the owner asks, or is to be let in.
    """
    owner_id = tx.session.get_one(UseCaseRow, model.use_case_id).owner_id
    if owner_id == wish.principal_id:
        raise FourEyes(
            "the owner of the use case decides on access to this model and does not let themselves "
            "in; another person has to own the use case first"
        )
    if owner_id == tx.actor.id:
        askers = [r for r in Role if Permission.ACCESS_REQUEST_CREATE in ROLE_PERMISSIONS[r]]
        raise FourEyes(
            "you own the use case, so you would decide on your own request; somebody else has to "
            f"ask: any other {', '.join(askers[:-1])} or {askers[-1]} of the project"
        )


def needs_compliance_now(view: View, model: ModelRow, intended_use: str) -> bool:
    """Whether compliance has to agree as well, by the tier and the terms of today.

    Raises:
        TierNotAssessed: the use case has no approved risk assessment.
    """
    tier = require_assessment(view.session, model.use_case_id).tier
    return compliance_decides(tier, intended_use, terms_of(view, model).foreseen_uses)


def require_approved(tx: Transaction, model: ModelRow) -> None:
    """Demand that a model has a version that may serve now.

    Raises:
        Conflict: it has none.
    """
    approved = select(ModelVersionRow.id).where(
        ModelVersionRow.model_id == model.id,
        ModelVersionRow.state == VersionState.APPROVED,
        ModelVersionRow.valid_until > tx.now,
    )
    if tx.session.execute(approved.limit(1)).first() is None:
        raise Conflict("the model has no approved version; there is nothing to have access to")


def _check_renewal(tx: Transaction, model: ModelRow, purpose: str, wish: Wish) -> None:
    if wish.renews_grant_id is None:
        return
    grant = tx.load(AccessGrantRow, wish.renews_grant_id, noun="access grant")
    same = (grant.model_id, grant.environment, grant.principal_id, grant.purpose)
    if same != (model.id, wish.environment, wish.principal_id, purpose):
        raise Conflict(
            "a renewal is for the same model, environment, principal and purpose as the grant"
        )
    if grant.revoked_at is not None:
        raise Conflict("the grant was revoked; ask anew, without a reference to it")


def move_request(
    tx: Transaction,
    row: AccessRequestRow,
    action: AccessAction,
    *,
    grant: AccessGrantRow | None = None,
) -> None:
    """Take a request to the state that the table says, unless somebody else moved it first."""
    before = AccessState(row.state)
    following = after_access(before, action)
    moved = tx.session.execute(
        update(AccessRequestRow)
        .where(AccessRequestRow.id == row.id, AccessRequestRow.state == before)
        .values(
            state=following,
            decided_at=None if following in OPEN_STATES else tx.now,
            access_grant_id=grant.id if grant is not None else None,
        )
        .execution_options(synchronize_session=False)
        .returning(AccessRequestRow.id)
    ).all()
    if not moved:
        raise Conflict("somebody else decided on this request at the same moment")
    tx.session.refresh(row)


def terms_of(view: View, model: ModelRow) -> UseCaseTerms:
    """Terms of the use case that a model serves."""
    use_case = view.session.get_one(UseCaseRow, model.use_case_id)
    return UseCaseTerms.model_validate(use_case.document)


def decisions_of(view: View, request_id: uuid.UUID) -> tuple[AccessDecisionRow, ...]:
    """What was said about a request so far, in order."""
    return tuple(
        view.session.execute(
            select(AccessDecisionRow)
            .where(AccessDecisionRow.access_request_id == request_id)
            .order_by(AccessDecisionRow.id)
        ).scalars()
    )


def request_record(view: View, row: AccessRequestRow) -> AccessRequestRecord:
    """Document of a request, with what was said about it."""
    said = tuple(AccessDecisionRecord.of(decision) for decision in decisions_of(view, row.id))
    return AccessRequestRecord.of(
        row, waits_for=DECIDERS.get(AccessState(row.state)), decisions=said
    )


def grant_record(view: View, row: AccessGrantRow) -> AccessGrantRecord:
    """Document of a grant, with the request that it comes from."""
    request = view.session.execute(
        select(AccessRequestRow.id).where(AccessRequestRow.access_grant_id == row.id)
    ).scalar_one_or_none()
    return AccessGrantRecord.of(row, access_request_id=request)
