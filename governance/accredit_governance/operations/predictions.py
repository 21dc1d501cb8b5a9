"""Predictions: what was answered, and what became of the people. Who may have one: `admission`.

Predictions come at a high rate, so they are not one event each: they are sealed in segments, whose
event holds the Merkle root over the digests of the predictions in order of their ids.
"""

import contextlib
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from accredit_engine.bundle.contract import label_from_json
from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission
from accredit_governance.audit.merkle import leaf_hash, root_of
from accredit_governance.audit.serving_events import OutcomesRecorded, PredictionsSealed
from accredit_governance.documents import Document, Json, Moment, WholeNumber, json_digest
from accredit_governance.errors import Conflict, GovernanceError, InvalidInput
from accredit_governance.identifiers import new_id
from accredit_governance.operations.admission import Admission, admit_again
from accredit_governance.operations.calls import CALL
from accredit_governance.operations.door import Transaction, operation, record_refusal
from accredit_governance.registry.database import Database
from accredit_governance.registry.tables import (
    DeploymentRow,
    ModelVersionRow,
    OutcomeRow,
    PredictionRow,
    PredictionSegmentRow,
    RunRow,
)

SEGMENT_ROWS = 10_000


class Answer(Document):
    """One answer to be logged: what was asked and what was said."""

    id: uuid.UUID
    inputs: dict[str, Any]
    answer: dict[str, Any]


def log_predictions(
    database: Database, actor: Actor, admission: Admission, answers: Sequence[Answer]
) -> None:
    """Write answers down; they are given only after this returned.

    The admission is checked again and the quota is counted in the same transaction, so a
    suspension or revocation that came in between wins, and nobody gets more than was granted. What
    is refused here is recorded as well.

    Raises:
        Conflict: the deployment or its version was taken out of service meanwhile.
        NotAllowed: the grant ended meanwhile.
        QuotaExhausted: others were faster.
    """
    try:
        _log(database, actor, admission, answers)
    except GovernanceError as error:
        tried_on = (admission.deployment_id, admission.access_grant_id)
        record_refusal(database, actor, "log_predictions", error, tried_on)
        raise


def _log(database: Database, actor: Actor, admission: Admission, answers: Sequence[Answer]) -> None:
    call = CALL.get()
    with database.writing() as session:
        now = database.clock()
        if call is not None:
            call.begin(session, actor.id, now)
        admit_again(session, actor, admission, len(answers), now)
        for answer in answers:
            session.add(
                PredictionRow(
                    id=answer.id,
                    project_id=admission.project_id,
                    deployment_id=admission.deployment_id,
                    model_version_id=admission.model_version_id,
                    access_grant_id=admission.access_grant_id,
                    principal_id=actor.id,
                    purpose=admission.purpose,
                    predicted_at=now,
                    inputs=answer.inputs,
                    answer=answer.answer,
                    digest=prediction_digest(answer, admission, now),
                )
            )
        if call is not None:
            told = {"predictions": [answer.answer for answer in answers]}
            call.complete(session, actor.id, told)


def prediction_digest(answer: Answer, admission: Admission, at: datetime) -> str:
    """SHA-256 over what was asked, what for, what was answered, by which version, and when."""
    return json_digest(
        {
            "id": str(answer.id),
            "deployment": str(admission.deployment_id),
            "model_version": str(admission.model_version_id),
            "purpose": admission.purpose,
            "at": at.isoformat(),
            "inputs": answer.inputs,
            "answer": answer.answer,
        }
    )


@operation(Permission.SYSTEM_RECORD, records=PredictionsSealed)
def seal_predictions(tx: Transaction, deployment_id: uuid.UUID) -> int:
    """Seal what a deployment answered since the last segment. Returns how many answers.

    Raises:
        Conflict: there is nothing to seal.
    """
    deployment = tx.load(DeploymentRow, deployment_id, noun="deployment")
    rows = tx.session.execute(
        select(PredictionRow.id, PredictionRow.digest)
        .where(PredictionRow.deployment_id == deployment_id, PredictionRow.segment_id.is_(None))
        .order_by(PredictionRow.id)
        .limit(SEGMENT_ROWS)
    ).all()
    if not rows:
        raise Conflict("no prediction waits for its seal")
    root = root_of(leaf_hash(bytes.fromhex(digest)) for _, digest in rows).hex()
    segment = tx.add(
        PredictionSegmentRow(
            id=new_id(),
            project_id=deployment.project_id,
            deployment_id=deployment_id,
            count=len(rows),
            root=root,
            sealed_at=tx.now,
        )
    )
    marked = tx.session.execute(
        update(PredictionRow)
        .where(
            PredictionRow.deployment_id == deployment_id,
            PredictionRow.segment_id.is_(None),
            PredictionRow.id <= rows[-1].id,
        )
        .values(segment_id=segment.id)
        .returning(PredictionRow.id)
        .execution_options(synchronize_session=False)
    ).all()
    if len(marked) != len(rows):
        # A slow writer committed in between; its answer must not hide behind this root.
        raise Conflict("predictions arrived while they were sealed; the next round seals them")
    tx.record(
        PredictionsSealed(deployment=deployment_id, count=len(rows), root=root),
        resource=segment.id,
        project=segment.project_id,
    )
    return len(rows)


def seal_all(database: Database, actor: Actor) -> None:
    """Seal what every deployment answered since its last segment.

    What another worker is sealing at the same moment, or what arrives meanwhile, is left to the
    next call.
    """
    for deployment_id in unsealed_deployments(database):
        with contextlib.suppress(Conflict):
            while seal_predictions(database, actor, deployment_id) == SEGMENT_ROWS:
                pass


def unsealed_deployments(database: Database) -> list[uuid.UUID]:
    """Deployments with answers that no segment holds yet."""
    with database.reading() as session:
        return list(
            session.execute(
                select(PredictionRow.deployment_id)
                .where(PredictionRow.segment_id.is_(None))
                .group_by(PredictionRow.deployment_id)
                .order_by(func.min(PredictionRow.predicted_at))
            ).scalars()
        )


class OutcomeReport(Document):
    """What really happened to one prediction."""

    prediction_id: uuid.UUID
    label: bool | WholeNumber | float | str
    occurred_at: Moment


class OutcomesAccepted(Document):
    """How many labels were new, and how many had been told before with the same value."""

    recorded: int
    known: int


@operation(Permission.OUTCOME_RECORD, records=OutcomesRecorded)
def record_outcomes(
    tx: Transaction, deployment_id: uuid.UUID, *, outcomes: Sequence[OutcomeReport]
) -> OutcomesAccepted:
    """Take labels in. All of them, or none.

    Raises:
        InvalidInput: a prediction is unknown to this deployment or named twice, or a label is
            none that the model knows.
        Conflict: a prediction has another label already.
    """
    deployment = tx.load(DeploymentRow, deployment_id, noun="deployment")
    ids = [outcome.prediction_id for outcome in outcomes]
    if not ids or len(set(ids)) < len(ids):
        raise InvalidInput("outcomes must name at least one prediction, and each only once")
    known = _known(tx, deployment_id, ids)
    told = _told(tx, ids)
    problems = [
        {"pointer": f"/outcomes/{i}/prediction_id", "detail": f"there is no prediction {p} here"}
        for i, p in enumerate(ids)
        if p not in known
    ]
    if problems:
        raise InvalidInput(f"{len(problems)} predictions are unknown here", problems[:100])
    _check_labels(tx, deployment, outcomes)
    fresh = [outcome for outcome in outcomes if outcome.prediction_id not in told]
    changed = [
        o.prediction_id
        for o in outcomes
        if o.prediction_id in told and told[o.prediction_id] != o.label
    ]
    if changed:
        raise Conflict(
            f"{len(changed)} predictions have another label already", prediction=changed[0]
        )
    tx.session.add_all(
        OutcomeRow(
            project_id=deployment.project_id,
            deployment_id=deployment_id,
            prediction_id=outcome.prediction_id,
            label=outcome.label,
            occurred_at=outcome.occurred_at,
            received_at=tx.now,
            reported_by=tx.actor.id,
        )
        for outcome in fresh
    )
    facts: list[Json] = [outcome.model_dump(mode="json") for outcome in fresh]
    tx.record(
        OutcomesRecorded(
            deployment=deployment_id, count=len(fresh), outcomes_digest=json_digest(facts)
        ),
        resource=deployment_id,
        project=deployment.project_id,
    )
    return OutcomesAccepted(recorded=len(fresh), known=len(outcomes) - len(fresh))


def _check_labels(
    tx: Transaction, deployment: DeploymentRow, outcomes: Sequence[OutcomeReport]
) -> None:
    """Refuse a text where the model has numbers: it would count as another class for ever."""
    version = tx.session.get_one(ModelVersionRow, deployment.model_version_id)
    contract = tx.session.get_one(RunRow, version.run_id).record["contract"]
    classes = [label_from_json(label) for label in contract.get("classes", ())]
    wanted = "a number" if contract["task"] == "regression" else f"one of {classes}"
    problems = [
        {"pointer": f"/outcomes/{i}/label", "detail": f"the label has to be {wanted}"}
        for i, outcome in enumerate(outcomes)
        if (classes and outcome.label not in classes)
        or (contract["task"] == "regression" and isinstance(outcome.label, str | bool))
    ]
    if problems:
        raise InvalidInput(f"{len(problems)} labels are not {wanted}", problems[:100])


def _known(tx: Transaction, deployment_id: uuid.UUID, ids: list[uuid.UUID]) -> set[uuid.UUID]:
    found: set[uuid.UUID] = set()
    for start in range(0, len(ids), 500):
        page = select(PredictionRow.id).where(
            PredictionRow.deployment_id == deployment_id,
            PredictionRow.id.in_(ids[start : start + 500]),
        )
        found.update(tx.session.execute(page).scalars())
    return found


def _told(tx: Transaction, ids: list[uuid.UUID]) -> Mapping[uuid.UUID, object]:
    found: dict[uuid.UUID, object] = {}
    for start in range(0, len(ids), 500):
        page = select(OutcomeRow.prediction_id, OutcomeRow.label).where(
            OutcomeRow.prediction_id.in_(ids[start : start + 500])
        )
        found.update((row.prediction_id, row.label) for row in tx.session.execute(page))
    return found
