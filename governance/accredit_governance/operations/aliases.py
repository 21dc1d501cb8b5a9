"""Moving aliases: at once, signed by a second person, or one step back.

1. In an environment that is not protected an owner moves an alias at once. In a protected one an
   owner asks, and a validator or compliance person who is no maker of the version signs.
2. A champion, and whatever has a name in a protected environment, is approved, has time left and
   no grave finding in its way: when it is asked for, and again when it is signed.
3. Of an alias one change waits at a time.
4. One owner rolls back at once, to the last earlier version that could still be named. A change
   that waits is void then: what it would replace is not there any more.
"""

import uuid

from sqlalchemy import select, update

from accredit_governance.access.conditions import Facts
from accredit_governance.access.permissions import Permission
from accredit_governance.audit.aftercare_events import ProceedingSigned
from accredit_governance.audit.alias_events import AliasChangeRequested, AliasMoved
from accredit_governance.errors import Conflict, GovernanceError, InvalidInput
from accredit_governance.lifecycle.aliases import CHAMPION, Assigned, way_back
from accredit_governance.lifecycle.proceedings import ProceedingKind, Verdict
from accredit_governance.lifecycle.versions import VersionState
from accredit_governance.operations.alias_resolution import assignment_record, open_assignment
from accredit_governance.operations.blocking import refuse_blocked, require_no_blocking_finding
from accredit_governance.operations.consequences import lapse
from accredit_governance.operations.deployments import require_servable
from accredit_governance.operations.door import Transaction, operation
from accredit_governance.operations.environments import require_environment
from accredit_governance.operations.identity import check_name
from accredit_governance.operations.proceedings import begin, sign
from accredit_governance.operations.words import require_short
from accredit_governance.registry.aftercare_records import ProceedingRecord
from accredit_governance.registry.alias_records import (
    AliasAssignmentRecord,
    AliasChangeRecord,
    AliasMove,
)
from accredit_governance.registry.tables import (
    AliasAssignmentRow,
    EnvironmentRow,
    ModelRow,
    ModelVersionRow,
    ProceedingRow,
)

_KIND = ProceedingKind.ALIAS_CHANGE
_GONE = frozenset(
    {
        VersionState.REJECTED,
        VersionState.WITHDRAWN,
        VersionState.LAPSED,
        VersionState.EXPIRED,
        VersionState.SUSPENDED,
        VersionState.RETIRED,
        VersionState.PURGED,
    }
)


@operation(Permission.ALIAS_MOVE, records=AliasChangeRequested)
def change_alias(
    tx: Transaction,
    model_id: uuid.UUID,
    *,
    environment: str,
    alias: str,
    model_version_id: uuid.UUID,
    reason: str,
) -> AliasChangeRecord:
    """Let an alias name another version, or ask for it where others have to sign.

    Raises:
        InvalidInput: no such environment, an odd name, no reason, or a version of another model.
        Conflict: the alias names the version already, another change of it waits, or the version
            may not have this name.
        FindingOpen: a grave finding is open.
    """
    model = tx.load(ModelRow, model_id, noun="model")
    place = require_environment(tx.session, model.project_id, environment)
    tx.settle(Facts(protected=place.protected))
    check_name(alias, field="alias")
    _require_reason(reason)
    version = tx.hold(ModelVersionRow, model_version_id, noun="model version")
    if version.model_id != model.id:
        message = "the version belongs to another model"
        raise InvalidInput(message, [{"pointer": "/model_version_id", "detail": message}])
    before = open_assignment(tx.session, model.id, environment, alias)
    if before is not None and before.model_version_id == version.id:
        raise Conflict(f"version {version.number} is the {alias} in {environment} already")
    _require_fit(tx, version, place, alias)
    replaces = before.model_version_id if before is not None else None
    tx.record(
        AliasChangeRequested(
            environment=environment,
            protected=place.protected,
            alias=alias,
            before=replaces,
            after=version.id,
            reason=reason.strip(),
        ),
        resource=model.id,
        project=model.project_id,
    )
    if not place.protected:
        row = _assign(tx, version, place, alias, before, cause="change", reason=reason.strip())
        return AliasChangeRecord(assignment=assignment_record(tx.session, row), proceeding=None)
    held = tx.session.get_one(ModelVersionRow, replaces) if replaces is not None else None
    move = AliasMove(
        environment=environment,
        alias=alias,
        replaces=replaces,
        replaces_version=held.number if held is not None else None,
        reason=reason,
    )
    asked = begin(tx, version, _KIND, move, claim=_claim(model.id, environment, alias))
    return AliasChangeRecord(assignment=None, proceeding=asked)


@operation(Permission.APPROVAL_SIGN, records=ProceedingSigned)
def sign_alias_change(
    tx: Transaction,
    proceeding_id: uuid.UUID,
    *,
    decision: Verdict,
    subject_digest: str,
    ticket: str,
    comment: str = "",
) -> ProceedingRecord:
    """Sign a change of an alias as validator or compliance; the approval carries it out."""
    return sign(
        tx,
        proceeding_id,
        _KIND,
        decision=decision,
        subject_digest=subject_digest,
        comment=comment,
        ticket=ticket,
        guard=_guard,
        conclude=_conclude,
    )


@operation(Permission.ALIAS_MOVE, records=AliasMoved)
def roll_back_alias(
    tx: Transaction, model_id: uuid.UUID, *, environment: str, alias: str, reason: str
) -> AliasAssignmentRecord:
    """Let an alias name the last earlier version again that is still approved.

    Raises:
        InvalidInput: no such environment, or no reason.
        Conflict: the alias names nothing, nothing before it can be named, or it was moved
            meanwhile.
    """
    model = tx.load(ModelRow, model_id, noun="model")
    place = require_environment(tx.session, model.project_id, environment)
    tx.settle(Facts(protected=place.protected))
    check_name(alias, field="alias")
    _require_reason(reason)
    before = open_assignment(tx.session, model.id, environment, alias)
    if before is None:
        raise Conflict(f"the model has no {alias} in {environment}; there is nothing to go back on")
    target, version = _last_fit(tx, before)
    lapse(tx, ProceedingRow.claim == _claim(model.id, environment, alias))
    row = _assign(
        tx,
        version,
        place,
        alias,
        before,
        cause="rollback",
        reason=reason.strip(),
        restores_id=target.id,
    )
    return assignment_record(tx.session, row)


def _claim(model_id: uuid.UUID, environment: str, alias: str) -> str:
    return f"{model_id}/{environment}/{alias}"


def _require_reason(reason: str) -> None:
    require_short("/reason", reason)
    if not reason.strip():
        message = "say why the alias is moved"
        raise InvalidInput(message, [{"pointer": "/reason", "detail": message}])


def _require_fit(
    tx: Transaction, version: ModelVersionRow, place: EnvironmentRow, alias: str
) -> None:
    """Demand that a version may have a name in an environment.

    Raises:
        Conflict, FindingOpen: it may not.
    """
    if place.protected or alias == CHAMPION:
        _require_servable(tx, version)
    elif version.state in _GONE:
        raise Conflict(
            f"the model version is {version.state}; it gets no name any more",
            current_state=version.state,
        )


def _guard(tx: Transaction, version: ModelVersionRow, row: ProceedingRow) -> None:
    move = AliasMove.model_validate(row.document)
    place = require_environment(tx.session, version.project_id, move.environment)
    _require_fit(tx, version, place, move.alias)
    before = open_assignment(tx.session, version.model_id, move.environment, move.alias)
    if (before.model_version_id if before is not None else None) != move.replaces:
        raise Conflict("the alias was moved since this was asked for; ask for it again")


def _conclude(tx: Transaction, version: ModelVersionRow, row: ProceedingRow) -> None:
    move = AliasMove.model_validate(row.document)
    place = require_environment(tx.session, version.project_id, move.environment)
    before = open_assignment(tx.session, version.model_id, move.environment, move.alias)
    _assign(tx, version, place, move.alias, before, cause="change", reason=move.reason, asked=row)


def _last_fit(tx: Transaction, before: AliasAssignmentRow) -> tuple[Assigned, ModelVersionRow]:
    """The nearest earlier assignment whose version may be named, and that version, held.

    Raises:
        Conflict: there is none; the message says of each version why.
    """
    rows = tx.session.execute(
        select(AliasAssignmentRow)
        .where(
            AliasAssignmentRow.model_id == before.model_id,
            AliasAssignmentRow.environment == before.environment,
            AliasAssignmentRow.alias == before.alias,
        )
        .order_by(AliasAssignmentRow.from_at.desc(), AliasAssignmentRow.id.desc())
    ).scalars()
    assigned = [
        Assigned(id=row.id, model_version_id=row.model_version_id, restores_id=row.restores_id)
        for row in rows
    ]
    reasons = []
    for earlier in way_back(assigned):
        version = tx.load(ModelVersionRow, earlier.model_version_id, noun="model version")
        try:
            require_servable(version, tx.now)
            refuse_blocked(tx.session, version.id, now=tx.now)
        except GovernanceError as reason:
            reasons.append(f"version {version.number}: {reason.message}")
            continue
        # Held only now: of several versions held in any order, two rollbacks could wait in a ring.
        held = tx.hold(ModelVersionRow, version.id, noun="model version")
        _require_servable(tx, held)
        return earlier, held
    why = "; ".join(dict.fromkeys(reasons)) or "no other version came before"
    raise Conflict(f"there is no earlier {before.alias} to go back to ({why})")


def _require_servable(tx: Transaction, version: ModelVersionRow) -> None:
    require_servable(version, tx.now)
    require_no_blocking_finding(tx, version.id)


def _assign(
    tx: Transaction,
    version: ModelVersionRow,
    place: EnvironmentRow,
    alias: str,
    before: AliasAssignmentRow | None,
    *,
    cause: str,
    reason: str,
    asked: ProceedingRow | None = None,
    restores_id: uuid.UUID | None = None,
) -> AliasAssignmentRow:
    """Close what held and open what holds now, in one transaction.

    Raises:
        Conflict: somebody else moved the alias first.
    """
    at = tx.now
    if before is not None:
        at = max(at, before.from_at)  # clocks of two machines differ; the intervals must not
        closed = tx.session.execute(
            update(AliasAssignmentRow)
            .where(AliasAssignmentRow.id == before.id, AliasAssignmentRow.to_at.is_(None))
            .values(to_at=at)
            .execution_options(synchronize_session="fetch")
            .returning(AliasAssignmentRow.id)
        ).all()
        if not closed:
            raise Conflict(f"somebody else moved the {alias} in {place.name} first")
    row = tx.add(
        AliasAssignmentRow(
            project_id=version.project_id,
            model_id=version.model_id,
            environment=place.name,
            protected=place.protected,
            alias=alias,
            model_version_id=version.id,
            from_at=at,
            set_by=tx.actor.id if asked is None else asked.asked_by,
            reason=reason,
            change_request_id=None if asked is None else asked.id,
            restores_id=restores_id,
        )
    )
    tx.record(
        AliasMoved(
            assignment=row.id,
            environment=place.name,
            alias=alias,
            before=before.model_version_id if before is not None else None,
            after=version.id,
            cause=cause,
            proceeding=row.change_request_id,
            restores=restores_id,
            reason=reason,
        ),
        resource=version.model_id,
        project=version.project_id,
    )
    return row
