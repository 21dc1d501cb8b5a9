"""Model requests: a team asks, an owner sorts it and answers with runs and versions."""

import uuid

from sqlalchemy import select, update

from accredit_governance.access.permissions import Permission
from accredit_governance.audit.intake_events import (
    ModelRequestLinked,
    ModelRequestMade,
    ModelRequestMoved,
)
from accredit_governance.documents import json_digest
from accredit_governance.errors import Conflict, IllegalTransition, InvalidInput, NotAllowed
from accredit_governance.lifecycle.model_requests import (
    LINKABLE,
    ModelRequestAction,
    ModelRequestState,
    after,
    allowed_actions,
)
from accredit_governance.lifecycle.versions import VersionState
from accredit_governance.operations.door import Transaction, View, operation
from accredit_governance.operations.words import require_short
from accredit_governance.registry.intake_records import (
    ModelNeed,
    ModelRequestLinkRecord,
    ModelRequestRecord,
)
from accredit_governance.registry.tables import (
    ModelRequestLinkRow,
    ModelRequestRow,
    ModelRow,
    ModelVersionRow,
    ProjectRow,
    RunRow,
    UseCaseRow,
)

MAX_LINKS = 50


@operation(Permission.MODEL_REQUEST_CREATE, records=ModelRequestMade)
def request_model(tx: Transaction, project_id: uuid.UUID, *, need: ModelNeed) -> ModelRequestRecord:
    """Ask for a model.

    Raises:
        InvalidInput: the deadline is past.
    """
    tx.load(ProjectRow, project_id, noun="project")
    if need.deadline is not None and need.deadline < tx.now.date():
        message = f"the deadline {need.deadline} is past; today is {tx.now.date()}"
        raise InvalidInput(message, [{"pointer": "/need/deadline", "detail": message}])
    row = tx.add(
        ModelRequestRow(
            project_id=project_id,
            title=need.title,
            deadline=need.deadline,
            document=need.model_dump(mode="json"),
            state=ModelRequestState.REQUESTED,
            requested_by=tx.actor.id,
            created_at=tx.now,
        )
    )
    tx.record(ModelRequestMade(need_digest=need.digest()), resource=row.id, project=project_id)
    return request_record(tx, row)


@operation(Permission.MODEL_REQUEST_DECIDE, records=ModelRequestMoved)
def triage_model_request(
    tx: Transaction, request_id: uuid.UUID, *, use_case_id: uuid.UUID, answer: str = ""
) -> ModelRequestRecord:
    """Say which use case the request belongs to; it may be said again until it is accepted.

    Raises:
        InvalidInput: the use case is in another project, or runs of another one are linked.
        IllegalTransition: the request is accepted or over.
    """
    row = tx.hold(ModelRequestRow, request_id, noun="model request")
    use_case = tx.load(UseCaseRow, use_case_id, noun="use case")
    if use_case.project_id != row.project_id:
        raise _unfit("use_case_id", "the use case is in another project than the request")
    if row.use_case_id not in {None, use_case_id} and _links(tx, row.id):
        raise Conflict("runs or versions of the present use case are linked to this request")
    _move(tx, row, ModelRequestAction.TRIAGE, answer=answer, use_case_id=use_case_id)
    return request_record(tx, row)


@operation(Permission.MODEL_REQUEST_DECIDE, records=ModelRequestMoved)
def accept_model_request(
    tx: Transaction, request_id: uuid.UUID, *, answer: str
) -> ModelRequestRecord:
    """Promise a model. The request was triaged, so its use case is known."""
    row = tx.hold(ModelRequestRow, request_id, noun="model request")
    _move(tx, row, ModelRequestAction.ACCEPT, answer=answer)
    return request_record(tx, row)


@operation(Permission.MODEL_REQUEST_DECIDE, records=ModelRequestMoved)
def deliver_model_request(
    tx: Transaction, request_id: uuid.UUID, *, answer: str
) -> ModelRequestRecord:
    """Answer with a model.

    Raises:
        Conflict: no linked version is approved.
    """
    row = tx.hold(ModelRequestRow, request_id, noun="model request")
    after(ModelRequestState(row.state), ModelRequestAction.DELIVER)
    approved = (
        select(ModelRequestLinkRow.id)
        .join(ModelVersionRow, ModelVersionRow.id == ModelRequestLinkRow.model_version_id)
        .where(
            ModelRequestLinkRow.model_request_id == row.id,
            ModelVersionRow.state == VersionState.APPROVED,
        )
        .limit(1)
    )
    if tx.session.execute(approved).first() is None:
        raise Conflict("a request is delivered with an approved model version; none is linked")
    _move(tx, row, ModelRequestAction.DELIVER, answer=answer)
    return request_record(tx, row)


@operation(Permission.MODEL_REQUEST_DECIDE, records=ModelRequestMoved)
def decline_model_request(
    tx: Transaction, request_id: uuid.UUID, *, answer: str
) -> ModelRequestRecord:
    """Say that there will be no model, and why."""
    row = tx.hold(ModelRequestRow, request_id, noun="model request")
    _move(tx, row, ModelRequestAction.DECLINE, answer=_required(answer))
    return request_record(tx, row)


@operation(Permission.MODEL_REQUEST_CREATE, records=ModelRequestMoved)
def withdraw_model_request(tx: Transaction, request_id: uuid.UUID) -> ModelRequestRecord:
    """Take one's own request back.

    Raises:
        NotAllowed: somebody else asked.
    """
    row = tx.hold(ModelRequestRow, request_id, noun="model request")
    if row.requested_by != tx.actor.id:
        raise NotAllowed("only whoever asked for a model takes the request back")
    _move(tx, row, ModelRequestAction.WITHDRAW, answer="")
    return request_record(tx, row)


@operation(Permission.MODEL_REQUEST_DECIDE, records=ModelRequestLinked)
def link_model_request(
    tx: Transaction,
    request_id: uuid.UUID,
    *,
    run_id: uuid.UUID | None = None,
    model_version_id: uuid.UUID | None = None,
) -> ModelRequestRecord:
    """Name a run or a version that answers the request.

    Raises:
        InvalidInput: neither or both are named, or it belongs to another use case.
        Conflict: it is linked already, or the request is not being worked on.
    """
    row = tx.hold(ModelRequestRow, request_id, noun="model request")
    if (run_id is None) == (model_version_id is None):
        raise _unfit("run_id", "name either a run or a model version")
    if row.state not in LINKABLE:
        raise Conflict(
            f"the request is {row.state}; runs and versions are linked while it is "
            f"{' or '.join(sorted(LINKABLE))}",
            current_state=row.state,
        )
    if _use_case_of(tx, run_id, model_version_id) != row.use_case_id:
        raise _unfit("use_case_id", "it was made for another use case than the request's")
    present = _links(tx, row.id)
    if any((link.run_id, link.model_version_id) == (run_id, model_version_id) for link in present):
        raise Conflict("this is linked to the request already")
    if len(present) >= MAX_LINKS:
        raise Conflict(f"a request has at most {MAX_LINKS} links")
    tx.add(
        ModelRequestLinkRow(
            project_id=row.project_id,
            model_request_id=row.id,
            run_id=run_id,
            model_version_id=model_version_id,
            linked_by=tx.actor.id,
            created_at=tx.now,
        )
    )
    tx.record(
        ModelRequestLinked(run=run_id, model_version=model_version_id),
        resource=row.id,
        project=row.project_id,
    )
    return request_record(tx, row)


def _use_case_of(
    tx: Transaction, run_id: uuid.UUID | None, model_version_id: uuid.UUID | None
) -> uuid.UUID | None:
    if run_id is not None:
        return tx.load(RunRow, run_id, noun="run").use_case_id
    if model_version_id is None:
        return None
    version = tx.load(ModelVersionRow, model_version_id, noun="model version")
    return tx.session.get_one(ModelRow, version.model_id).use_case_id


def _move(
    tx: Transaction,
    row: ModelRequestRow,
    action: ModelRequestAction,
    *,
    answer: str,
    use_case_id: uuid.UUID | None = None,
) -> None:
    """One step on by the table, and only from the state that was read."""
    before = ModelRequestState(row.state)
    following = after(before, action)
    require_short("/answer", answer)
    text = answer.strip()
    written = {"answer": text, "answered_by": tx.actor.id, "answered_at": tx.now} if text else {}
    linked = {"use_case_id": use_case_id} if use_case_id is not None else {}
    moved = tx.session.execute(
        update(ModelRequestRow)
        .where(ModelRequestRow.id == row.id, ModelRequestRow.state == before)
        .values(state=following, **written, **linked)
        .execution_options(synchronize_session=False)
        .returning(ModelRequestRow.id)
    ).all()
    if not moved:
        raise IllegalTransition("model request", "moved on", action, allowed_actions(before))
    tx.session.refresh(row)
    tx.record(
        ModelRequestMoved(
            before=before,
            after=following,
            use_case=row.use_case_id,
            answer_digest=json_digest(text) if text else None,
        ),
        resource=row.id,
        project=row.project_id,
    )


def _required(answer: str) -> str:
    if not answer.strip():
        raise _unfit("answer", "say why")
    return answer


def _unfit(field: str, message: str) -> InvalidInput:
    return InvalidInput(message, [{"pointer": f"/{field}", "detail": message}])


def _links(view: View, request_id: uuid.UUID) -> list[ModelRequestLinkRow]:
    return list(
        view.session.execute(
            select(ModelRequestLinkRow)
            .where(ModelRequestLinkRow.model_request_id == request_id)
            .order_by(ModelRequestLinkRow.id)
        ).scalars()
    )


def request_record(view: View, row: ModelRequestRow) -> ModelRequestRecord:
    """Document of a model request row."""
    return ModelRequestRecord.of(
        row,
        need=ModelNeed.model_validate(row.document),
        allowed_actions=allowed_actions(ModelRequestState(row.state)),
        links=tuple(ModelRequestLinkRecord.of(link) for link in _links(view, row.id)),
    )
