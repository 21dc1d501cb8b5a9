"""Serving: who gets an answer, what is written down, and how it is sealed."""

import hashlib
import uuid

import pytest
from sqlalchemy import select

from accredit_governance.access.actors import Actor
from accredit_governance.audit.merkle import leaf_hash
from accredit_governance.documents import json_digest
from accredit_governance.errors import (
    Conflict,
    GovernanceError,
    InvalidInput,
    NotAllowed,
    NotFound,
)
from accredit_governance.identifiers import new_id
from accredit_governance.operations import (
    access_decisions,
    admission,
    deployments,
    identity,
    predictions,
    versions,
)
from accredit_governance.operations.predictions import Answer, OutcomeReport
from accredit_governance.operations.work import Superseded
from accredit_governance.questions import access, serving
from accredit_governance.questions.pages import Page
from accredit_governance.registry.records import DeploymentRecord
from accredit_governance.registry.tables import OutcomeRow, PredictionRow
from tests.governance.office import RECORD, Office

pytestmark = pytest.mark.databases("sqlite")


def admit(office: Office, deployment: DeploymentRecord) -> admission.Admission:
    return admission.admit_prediction(office.database, office.people["consumer"], deployment.id)


def answered(
    office: Office, deployment: DeploymentRecord, count: int = 3
) -> tuple[admission.Admission, list[Answer]]:
    admitted = admit(office, deployment)
    answers = [
        Answer(id=new_id(), inputs={"obrat": 30 + n}, answer={"probability": 0.5})
        for n in range(count)
    ]
    predictions.log_predictions(office.database, office.people["consumer"], admitted, answers)
    return admitted, answers


def logged(office: Office) -> list[tuple[uuid.UUID, str, uuid.UUID | None]]:
    with office.database.reading() as session:
        rows = session.execute(
            select(PredictionRow.id, PredictionRow.digest, PredictionRow.segment_id).order_by(
                PredictionRow.id
            )
        )
        return [tuple(row) for row in rows]


@pytest.mark.parametrize("state", ["draft", "gating", "in review"])
def test_only_an_approved_version_is_deployed(office: Office, state: str) -> None:
    make = {"draft": office.draft, "gating": office.gating}
    version_id = make[state]().id if state in make else office.judged()

    with pytest.raises(Conflict, match="only an approved one serves"):
        deployments.request_deployment(
            office.database, office.people["owner"], version_id, environment="production"
        )


@pytest.mark.databases("sqlite", "postgresql")
def test_a_version_serves_once_in_an_environment(office: Office) -> None:
    deployment = office.deployed()

    with pytest.raises(Conflict, match="already"):
        deployments.request_deployment(
            office.database,
            office.people["owner"],
            deployment.model_version_id,
            environment="production",
        )
    deployments.stop_deployment(
        office.database, office.people["owner"], deployment.id, reason="Replaced."
    )
    again = deployments.request_deployment(
        office.database,
        office.people["owner"],
        deployment.model_version_id,
        environment="production",
    )

    assert again.state == "requested"


@pytest.mark.databases("sqlite", "postgresql")
def test_a_version_that_was_suspended_meanwhile_is_not_activated(office: Office) -> None:
    version_id = office.approved()
    asked = deployments.request_deployment(
        office.database, office.people["owner"], version_id, environment="production"
    )
    job_id, fence = office.take(asked.id)
    versions.suspend_version(
        office.database, office.people["validator"], version_id, reason="Complaints."
    )

    with pytest.raises(Conflict):
        deployments.activate_deployment(office.database, office.system, job_id, fence)


def test_a_worker_that_was_replaced_activates_nothing(office: Office) -> None:
    asked = deployments.request_deployment(
        office.database, office.people["owner"], office.approved(), environment="production"
    )
    job_id, fence = office.take(asked.id)

    with pytest.raises(Superseded):
        deployments.activate_deployment(office.database, office.system, job_id, fence + 1)


def test_a_failed_deployment_answers_nothing(office: Office) -> None:
    deployment = deployments.request_deployment(
        office.database, office.people["owner"], office.approved(), environment="production"
    )
    office.granted()

    deployments.fail_deployment(
        office.database,
        office.system,
        office.broken(deployment.id),
        error={"code": "damaged_artifact"},
    )

    with pytest.raises(Conflict, match="is failed"):
        admit(office, deployment)


def test_a_deployment_that_was_stopped_does_not_fail_afterwards(office: Office) -> None:
    deployment = deployments.request_deployment(
        office.database, office.people["owner"], office.approved(), environment="production"
    )
    office.granted()
    job_id = office.broken(deployment.id)
    deployments.stop_deployment(
        office.database, office.people["owner"], deployment.id, reason="Not needed."
    )

    with pytest.raises(Conflict, match="is stopped already"):
        deployments.fail_deployment(
            office.database, office.system, job_id, error={"code": "damaged_artifact"}
        )

    with pytest.raises(Conflict, match="is stopped"):
        admit(office, deployment)


def test_a_grant_admits_to_what_the_records_say(office: Office) -> None:
    deployment = office.deployed()
    given = office.granted()

    admitted = admit(office, deployment)

    assert admitted.access_grant_id == given.id
    assert admitted.model_version_id == deployment.model_version_id
    assert admitted.contract == RECORD["contract"]
    assert admitted.sensitive_features == ("race",)
    assert admitted.decisions.adverse_action_reasons


def suspend(office: Office, deployment: DeploymentRecord) -> None:
    versions.suspend_version(
        office.database,
        office.people["compliance"],
        deployment.model_version_id,
        reason="Complaints.",
    )


def stop(office: Office, deployment: DeploymentRecord) -> None:
    deployments.stop_deployment(
        office.database, office.people["owner"], deployment.id, reason="Over."
    )


def revoke(office: Office, _deployment: DeploymentRecord) -> None:
    listing = access.access_grants(office.database, office.people["owner"], Page())
    access_decisions.revoke_access(
        office.database, office.people["owner"], listing.items[0].id, reason="Over."
    )


def outlive_approval(office: Office, _deployment: DeploymentRecord) -> None:
    office.clock.pass_time(days=364, seconds=1)


@pytest.mark.parametrize(
    ("end", "error"),
    [
        pytest.param(suspend, Conflict, id="suspended"),
        pytest.param(stop, Conflict, id="stopped"),
        pytest.param(revoke, NotAllowed, id="revoked"),
        pytest.param(outlive_approval, Conflict, id="approval ran out"),
    ],
)
def test_what_ends_serving_ends_it_between_admission_and_answer_as_well(
    office: Office,
    end,
    error: type[GovernanceError],  # type: ignore[no-untyped-def]
) -> None:
    deployment = office.deployed()
    office.clock.pass_time(days=1)
    office.granted(days=365)
    admitted = admit(office, deployment)
    answer = Answer(id=new_id(), inputs={}, answer={})

    end(office, deployment)

    with pytest.raises(error):
        admit(office, deployment)
    with pytest.raises(error):
        predictions.log_predictions(office.database, office.people["consumer"], admitted, [answer])
    assert logged(office) == []


@pytest.mark.parametrize("person", ["owner", "admin", "auditor"])
def test_only_consumers_predict(office: Office, person: str) -> None:
    deployment = office.deployed()

    with pytest.raises(NotAllowed, match="prediction:create"):
        admission.admit_prediction(office.database, office.people[person], deployment.id)


def test_a_seal_covers_every_answer_in_order(office: Office) -> None:
    deployment = office.deployed()
    office.granted()
    admitted, answers = answered(office, deployment, 3)
    size = office.size()

    sealed = predictions.seal_predictions(office.database, office.system, deployment.id)

    (event,) = office.events(since=size)
    digests = [bytes.fromhex(digest) for _, digest, _ in logged(office)]
    one, two, three = (leaf_hash(digest) for digest in digests)
    pair = hashlib.sha256(b"\x01" + one + two).digest()
    root = hashlib.sha256(b"\x01" + pair + three).hexdigest()
    assert sealed == 3
    assert event["action"] == "prediction_segment.sealed"
    assert event["fact"] == {"deployment": str(deployment.id), "count": 3, "root": root}
    assert {segment for _, _, segment in logged(office)} == {uuid.UUID(event["resource"])}
    with office.database.reading() as session:
        at = session.get_one(PredictionRow, answers[0].id).predicted_at.isoformat()
    assert digests[0].hex() == json_digest(
        {
            "id": str(answers[0].id),
            "deployment": str(deployment.id),
            "model_version": str(admitted.model_version_id),
            "purpose": "consumer_credit",
            "at": at,
            "inputs": {"obrat": 30},
            "answer": {"probability": 0.5},
        }
    )


def test_what_is_sealed_is_not_sealed_again(office: Office) -> None:
    deployment = office.deployed()
    office.granted()
    answered(office, deployment, 2)
    waiting = predictions.unsealed_deployments(office.database)
    predictions.seal_predictions(office.database, office.system, deployment.id)

    with pytest.raises(Conflict, match="no prediction waits"):
        predictions.seal_predictions(office.database, office.system, deployment.id)

    assert waiting == [deployment.id]
    assert predictions.unsealed_deployments(office.database) == []


def test_an_answer_after_the_seal_goes_into_the_next_one(office: Office) -> None:
    deployment = office.deployed()
    office.granted()
    answered(office, deployment, 2)
    first = predictions.seal_predictions(office.database, office.system, deployment.id)
    answered(office, deployment, 1)

    second = predictions.seal_predictions(office.database, office.system, deployment.id)

    assert (first, second) == (2, 1)
    assert len({segment for _, _, segment in logged(office)}) == 2


def tell(
    office: Office, deployment: DeploymentRecord, *labels: tuple[uuid.UUID, object]
) -> predictions.OutcomesAccepted:
    return predictions.record_outcomes(
        office.database,
        office.people["consumer"],
        deployment.id,
        outcomes=[
            OutcomeReport(prediction_id=p, label=label, occurred_at=office.clock.now)  # type: ignore[arg-type]
            for p, label in labels
        ],
    )


def outcomes(office: Office) -> dict[uuid.UUID, object]:
    with office.database.reading() as session:
        rows = session.execute(select(OutcomeRow.prediction_id, OutcomeRow.label))
        return {row.prediction_id: row.label for row in rows}


def test_a_label_is_told_once_and_may_be_repeated(office: Office) -> None:
    deployment = office.deployed()
    office.granted()
    _, (one, two, _) = answered(office, deployment)

    first = tell(office, deployment, (one.id, 1))
    second = tell(office, deployment, (one.id, 1), (two.id, 0))

    assert (first.recorded, first.known) == (1, 0)
    assert (second.recorded, second.known) == (1, 1)
    assert outcomes(office) == {one.id: 1, two.id: 0}


@pytest.mark.parametrize("case", ["unknown", "twice", "changed", "none", "other deployment"])
def test_labels_come_in_all_together_or_not_at_all(office: Office, case: str) -> None:
    deployment = office.deployed()
    office.granted()
    _, (one, two, three) = answered(office, deployment)
    tell(office, deployment, (one.id, 1))
    told = {
        "unknown": [(two.id, 1), (new_id(), 1)],
        "twice": [(two.id, 1), (three.id, 1), (two.id, 1)],
        "changed": [(two.id, 1), (one.id, 0)],
        "none": [],
        "other deployment": [(two.id, 1)],
    }[case]
    if case == "other deployment":
        deployment = office.deployed()

    with pytest.raises((InvalidInput, Conflict)):
        tell(office, deployment, *told)

    assert outcomes(office) == {one.id: 1}


def test_whoever_reads_payloads_leaves_a_trace(office: Office) -> None:
    deployment = office.deployed()
    office.granted()
    answered(office, deployment)
    size = office.size()

    listing = serving.read_predictions(
        office.database, office.people["compliance"], deployment.id, Page(size=2)
    )

    (event,) = office.events(since=size)
    assert len(listing.items) == 2
    assert listing.next_page_token is not None
    assert event["action"] == "prediction.read"
    assert event["fact"]["count"] == 2
    assert event["project"] == str(office.project_id)


def test_reading_no_payloads_is_in_the_trail_of_the_project_too(office: Office) -> None:
    deployment = office.deployed()
    size = office.size()

    serving.read_predictions(office.database, office.people["compliance"], deployment.id, Page())

    (event,) = office.events(since=size)
    assert event["project"] == str(office.project_id)


@pytest.mark.parametrize("person", ["owner", "admin", "viewer", "trainer"])
def test_payloads_are_not_for_everybody(office: Office, person: str) -> None:
    deployment = office.deployed()

    with pytest.raises((NotAllowed, NotFound)):
        serving.read_predictions(office.database, office.people[person], deployment.id, Page())


def test_a_stranger_does_not_learn_that_a_deployment_exists(office: Office) -> None:
    deployment = office.deployed()
    stranger: Actor = office.people["stranger"]

    with pytest.raises(NotFound):
        deployments.stop_deployment(office.database, stranger, deployment.id, reason="x")
    with pytest.raises(NotFound):
        serving.deployment(office.database, stranger, deployment.id)


def test_a_prediction_that_is_refused_is_on_record(office: Office) -> None:
    deployment = office.deployed()
    size = office.size()

    with pytest.raises(NotAllowed):
        admit(office, deployment)

    (event,) = office.events(since=size)
    assert (event["action"], event["outcome"]) == ("operation.refused", "denied")
    assert event["fact"]["operation"] == "admit_prediction"
    assert event["resource"] == str(deployment.id)


def test_an_account_that_was_closed_meanwhile_gets_no_answer(office: Office) -> None:
    deployment = office.deployed()
    office.granted()
    admitted = admit(office, deployment)
    consumer = office.people["consumer"]
    identity.deactivate_principal(office.database, office.people["admin"], consumer.id)

    with pytest.raises(NotAllowed):
        predictions.log_predictions(
            office.database,
            consumer,
            admitted,
            [Answer(id=new_id(), inputs={}, answer={})],
        )

    assert logged(office) == []
