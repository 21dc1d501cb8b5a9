"""Two people at once: whatever they try, the records hold one decision and say so."""

import functools
import os
import uuid
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from accredit_governance.errors import GovernanceError
from accredit_governance.gates.results import Verdict
from accredit_governance.lifecycle.approvals import Decision
from accredit_governance.operations import (
    access_decisions,
    approvals,
    datasets,
    deployments,
    policies,
    runs,
    versions,
)
from accredit_governance.operations.work import Superseded
from accredit_governance.questions import waivers
from accredit_governance.registry import queue
from accredit_governance.registry.tables import ApprovalRequestRow, SignOffRow, WaiverRow
from tests.governance.audit.test_ledger import together
from tests.governance.office import POLICY_SOURCE, RECORD, Office, digest_of, report

ROUNDS = int(os.environ.get("RACES", "10"))
pytestmark = pytest.mark.timeout(300 + 3 * ROUNDS)
THIN = Verdict.INSUFFICIENT_EVIDENCE


def only_refusals(raised: list[BaseException]) -> list[BaseException]:
    """The same list, which must hold nothing but refusals of our own."""
    assert [error for error in raised if not isinstance(error, GovernanceError)] == []
    return raised


def rounds(office: Office, version_id: uuid.UUID, play: Callable[[uuid.UUID], None]) -> None:
    """Play with many versions that stand where this one does; the log stays whole all the while."""
    for copy in office.copies(version_id, ROUNDS):
        play(copy)
    events = office.events()
    assert [event["seq"] for event in events] == list(range(len(events)))


def decided(office: Office, request: ApprovalRequestRow, since: int) -> str:
    """State that the request and its version agree on, with exactly one event of it."""
    state = office.request_of(request.model_version_id).state
    assert office.state_of(request.model_version_id) == state
    moves = [
        event["fact"]["after"]
        for event in office.events(since=since)
        if event["action"] == "model_version.moved"
    ]
    assert moves == [state]
    return state


def signatures(office: Office, request: ApprovalRequestRow) -> int:
    with office.database.reading() as session:
        return session.execute(
            select(func.count())
            .select_from(SignOffRow)
            .where(SignOffRow.approval_request_id == request.id)
        ).scalar_one()


def signature(
    office: Office,
    person: str,
    request: ApprovalRequestRow,
    decision: Decision = Decision.APPROVE,
) -> Callable[[], object]:
    """A signature that only has to be given; the ticket is there."""
    ticket = office.ticket(person, request)
    return lambda: office.sign(person, request, decision, ticket=ticket)


def test_of_two_people_who_sign_the_same_stage_at_once_one_counts(office: Office) -> None:
    reviewed = office.in_review()

    def play(version_id: uuid.UUID) -> None:
        request = office.request_of(version_id)
        size = office.size()

        raised = together(
            [
                signature(office, "validator", request),
                signature(office, "second_validator", request),
            ]
        )

        assert len(only_refusals(raised)) == 1
        assert signatures(office, request) == 1
        assert sorted(office.actions(since=size)) == ["operation.refused", "sign_off.recorded"]
        assert office.request_of(request.model_version_id).state == "open"

    rounds(office, reviewed.model_version_id, play)


def test_of_approval_and_rejection_at_once_one_decides(office: Office) -> None:
    reviewed = office.in_review()
    office.sign("validator", reviewed)

    def play(version_id: uuid.UUID) -> None:
        request = office.request_of(version_id)
        size = office.size()

        raised = together(
            [
                signature(office, "compliance", request),
                signature(office, "second_compliance", request, Decision.REJECT),
            ]
        )

        assert len(only_refusals(raised)) == 1
        assert decided(office, request, size) in {"approved", "rejected"}
        assert signatures(office, request) == 2

    rounds(office, reviewed.model_version_id, play)


def test_of_approval_and_withdrawal_at_once_one_decides(office: Office) -> None:
    reviewed = office.in_review()
    office.sign("validator", reviewed)

    def play(version_id: uuid.UUID) -> None:
        request = office.request_of(version_id)
        size = office.size()

        raised = together(
            [
                signature(office, "compliance", request),
                lambda: approvals.withdraw_request(
                    office.database, office.people["submitter"], request.id
                ),
            ]
        )

        assert len(only_refusals(raised)) == 1
        state = decided(office, request, size)
        assert (state, signatures(office, request)) in {("approved", 2), ("withdrawn", 1)}

    rounds(office, reviewed.model_version_id, play)


def thin(office: Office, *checks: str) -> uuid.UUID:
    """A version with thin evidence, and a waiver proposed for some checks."""
    version_id = office.judged(report(adverse_impact_ratio=THIN, holdout_size=THIN))
    for check in checks:
        office.propose_waiver("validator", office.evaluation_of(version_id), check_key=check)
    return version_id


def waivers_of(office: Office, version_id: uuid.UUID) -> list[uuid.UUID]:
    with office.database.reading() as session:
        return list(
            session.execute(
                select(WaiverRow.id).where(WaiverRow.model_version_id == version_id)
            ).scalars()
        )


def confirmation(office: Office, person: str, waiver_id: uuid.UUID) -> Callable[[], object]:
    record = waivers.waiver(office.database, office.people[person], waiver_id)
    ticket = office.ticket(person, record)
    return lambda: office.confirm_waiver(person, record, ticket=ticket)


def test_of_two_confirmations_of_one_waiver_at_once_one_counts(office: Office) -> None:
    def play(version_id: uuid.UUID) -> None:
        (waiver,) = waivers_of(office, version_id)
        size = office.size()

        raised = together(
            [
                confirmation(office, "compliance", waiver),
                confirmation(office, "second_compliance", waiver),
            ]
        )

        assert len(only_refusals(raised)) == 1
        assert sorted(office.actions(since=size)) == ["operation.refused", "waiver.confirmed"]

    rounds(office, thin(office, "bias.adverse_impact_ratio"), play)


def test_two_waivers_that_are_confirmed_at_once_open_the_review_once(office: Office) -> None:
    def play(version_id: uuid.UUID) -> None:
        one, other = waivers_of(office, version_id)
        size = office.size()

        raised = together(
            [
                confirmation(office, "compliance", one),
                confirmation(office, "second_compliance", other),
            ]
        )

        assert raised == []
        assert office.state_of(version_id) == "in_review"
        assert office.actions(since=size).count("approval_request.opened") == 1

    rounds(office, thin(office, "bias.adverse_impact_ratio", "performance.holdout_size"), play)


def test_what_can_happen_once_happens_once(office: Office) -> None:
    """Each act by eight people at once: one of them did it, and one event says so."""
    serving = office.deployed()
    grant = office.granted()
    draft = policies.draft_policy(
        office.database,
        office.people["author"],
        source=POLICY_SOURCE.replace("version: 1\n", "version: 2\n"),
    )
    idle = office.approved()
    owner, names = office.people["owner"], {"name": "same", "title": "Same"}
    acts: dict[str, Callable[[], object]] = {
        "access_grant.revoked": lambda: access_decisions.revoke_access(
            office.database, owner, grant.id, reason="over"
        ),
        "deployment.stopped": lambda: deployments.stop_deployment(
            office.database, owner, serving.id, reason="over"
        ),
        "deployment.requested": lambda: deployments.request_deployment(
            office.database, owner, idle, environment="staging"
        ),
        "policy_version.published": lambda: policies.publish_policy(
            office.database, office.people["publisher"], draft.id
        ),
        "dataset.created": lambda: datasets.create_dataset(
            office.database, owner, office.project_id, **names
        ),
        "model_version.moved": lambda: versions.suspend_version(
            office.database, office.people["validator"], idle, reason="Complaints."
        ),
    }

    for action, act in acts.items():
        size = office.size()

        raised = together([act] * 8)

        assert len(only_refusals(raised)) == 7, action
        assert sorted(office.actions(since=size)) == sorted([action] + ["operation.refused"] * 7)


def test_uploads_at_once_get_numbers_of_their_own(office: Office) -> None:
    def upload() -> object:
        return datasets.receive_upload(
            office.database,
            office.people["preparer"],
            office.dataset_id,
            upload_name="more.csv",
            upload_digest=digest_of("more"),
            upload_bytes=1,
        )

    raised = together([upload] * 8)

    assert raised == []
    with office.database.reading() as session:
        numbers = session.execute(
            select(datasets.DatasetVersionRow.number).order_by(datasets.DatasetVersionRow.number)
        ).scalars()
        assert list(numbers) == list(range(1, 10))


def finish(office: Office, job_id: uuid.UUID, fence: int) -> None:
    runs.finish_run(
        office.database,
        office.system,
        job_id,
        fence,
        record=RECORD,
        bundle_digest=digest_of("b"),
        evidence_digest=digest_of("e"),
        trials=[],
    )


def take_over(office: Office, job_id: uuid.UUID) -> None:
    """What the dispatcher does with a job whose worker gives no sign of life."""
    with office.database.writing() as session:
        queue.requeue(session, job_id, office.worker_id)
        queue.claim(session, job_id, office.worker_id, now=office.clock())


def test_a_result_and_the_loss_of_its_job_at_once_leave_one_of_them(office: Office) -> None:
    """Either the result is in and the job done, or the job is another worker's; never both."""
    for _ in range(ROUNDS // 3):
        run = office.requested_run()
        job_id, fence = office.take(run.id)
        size = office.size()

        raised = together(
            [
                functools.partial(finish, office, job_id, fence),
                functools.partial(take_over, office, job_id),
            ]
        )

        with office.database.reading() as session:
            job = queue.facts(session, job_id)
        assert job is not None
        assert all(isinstance(error, Superseded) for error in raised)
        finished = office.actions(since=size).count("run.finished")
        assert (finished, job.state, job.fence) in {
            (1, "succeeded", fence),
            (0, "running", fence + 1),
        }


def test_a_name_that_is_taken_at_the_same_moment_is_a_conflict(office: Office) -> None:
    raised = together(
        [
            lambda: versions.create_model(
                office.database, office.people["owner"], office.use_case_id, name="twice"
            )
        ]
        * 6
    )

    assert {type(error).__name__ for error in only_refusals(raised)} == {"Conflict"}
    assert len(raised) == 5
