"""From the gates to the review: what lets a version through, and what two people may accept."""

import pytest
from sqlalchemy import func, select

from accredit_governance.errors import (
    Conflict,
    IllegalTransition,
    NotAllowed,
)
from accredit_governance.gates.results import GateReport, Verdict
from accredit_governance.operations import reviews, versions
from accredit_governance.operations.work import Superseded
from accredit_governance.questions import models
from accredit_governance.registry.tables import ApprovalRequestRow
from tests.governance.office import POLICY, STATEMENTS, Office, report

pytestmark = pytest.mark.databases("sqlite")


def requests(office: Office) -> int:
    with office.database.reading() as session:
        return session.execute(select(func.count()).select_from(ApprovalRequestRow)).scalar_one()


@pytest.mark.databases("sqlite", "postgresql")
def test_gates_that_pass_make_the_card_and_open_the_review(office: Office) -> None:
    size = office.size()

    version_id = office.judged()

    request = office.request_of(version_id)
    card = models.card(office.database, office.people["viewer"], version_id)
    assert office.state_of(version_id) == "in_review"
    assert request.state == "open"
    assert request.subject["card"] == card.digest()
    assert request.subject["gates"] == report().digest()
    assert request.subject["policy"] == POLICY.digest()
    assert [stage["name"] for stage in request.stages] == ["validation", "compliance"]
    assert office.actions(since=size)[-4:] == [
        "gate_evaluation.finished",
        "model_version.moved",
        "card_version.issued",
        "approval_request.opened",
    ]


@pytest.mark.databases("sqlite", "postgresql")
def test_the_recorded_report_has_the_digest_of_the_one_that_was_made(office: Office) -> None:
    version_id = office.judged()

    found = models.gates(office.database, office.people["viewer"], version_id)

    assert found.report_digest == report().digest()
    assert found.results == report().results
    assert found.blocking == ()


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.ERROR, Verdict.INSUFFICIENT_EVIDENCE])
def test_a_required_check_that_did_not_pass_fails_the_gates(
    office: Office, verdict: Verdict
) -> None:
    version_id = office.judged(report(discrimination=verdict))

    assert office.state_of(version_id) == "gate_failed"
    assert requests(office) == 0


def test_a_required_check_without_a_result_fails_the_gates(office: Office) -> None:
    whole = report()
    partial = GateReport(
        policy=whole.policy,
        policy_version=whole.policy_version,
        policy_digest=whole.policy_digest,
        results=whole.results[1:],
    )

    version_id = office.judged(partial)

    assert office.state_of(version_id) == "gate_failed"
    judged = next(e for e in office.events() if e["action"] == "gate_evaluation.finished")
    assert judged["fact"]["blocking"] == [whole.results[0].key]


@pytest.mark.parametrize("verdict", [Verdict.WARN, Verdict.NOT_APPLICABLE])
def test_a_warning_does_not_block(office: Office, verdict: Verdict) -> None:
    assert office.state_of(office.judged(report(discrimination=verdict))) == "in_review"


def test_an_optional_check_does_not_block(office: Office) -> None:
    version_id = office.judged(report(adverse_impact_sweep=Verdict.FAIL))

    assert office.state_of(version_id) == "in_review"


def test_gates_under_another_policy_are_refused(office: Office) -> None:
    version = office.gating()
    job_id, fence = office.take(version.id)
    other = report(POLICY.model_copy(update={"version": 2}))

    with pytest.raises(Conflict, match="another policy"):
        reviews.record_gates(office.database, office.system, job_id, fence, report=other)

    assert office.state_of(version.id) == "gating"


def test_gates_that_could_not_run_never_pass(office: Office) -> None:
    version = office.gating()

    reviews.fail_gates(
        office.database, office.system, office.broken(version.id), error={"code": "crashed"}
    )

    assert office.state_of(version.id) == "gate_failed"


def test_a_failure_that_is_told_again_does_not_count_against_repeated_gates(
    office: Office,
) -> None:
    version = office.gating()
    broken = office.broken(version.id)
    reviews.fail_gates(office.database, office.system, broken, error={"code": "worker_crashed"})
    versions.repeat_gates(office.database, office.people["submitter"], version.id)
    job_id, fence = office.take(version.id)

    with pytest.raises(Superseded, match="told before"):
        reviews.fail_gates(office.database, office.system, broken, error={"code": "worker_crashed"})

    assert office.state_of(version.id) == "gating"
    reviews.record_gates(office.database, office.system, job_id, fence, report=report())
    assert office.state_of(version.id) == "in_review"


def test_gates_that_still_run_have_not_failed(office: Office) -> None:
    version = office.gating()
    job_id, _ = office.take(version.id)

    with pytest.raises(Superseded, match="is running"):
        reviews.fail_gates(office.database, office.system, job_id, error={"code": "crashed"})

    assert office.state_of(version.id) == "gating"


def test_only_the_system_records_gates(office: Office) -> None:
    version = office.gating()
    job_id, fence = office.take(version.id)

    with pytest.raises(NotAllowed, match="system:record"):
        reviews.record_gates(
            office.database, office.people["owner"], job_id, fence, report=report()
        )


def test_gates_by_a_worker_that_was_replaced_do_not_count(office: Office) -> None:
    version = office.gating()
    job_id, fence = office.take(version.id)

    with pytest.raises(Superseded):
        reviews.record_gates(office.database, office.system, job_id, fence - 1, report=report())

    assert office.state_of(version.id) == "gating"


def test_what_people_said_is_frozen_with_the_submission(office: Office) -> None:
    version = office.gating()

    with pytest.raises(IllegalTransition):
        versions.describe_version(
            office.database, office.people["trainer"], version.id, statements=STATEMENTS
        )


def test_gates_that_broke_can_be_run_again(office: Office) -> None:
    version = office.gating()
    job_id = office.broken(version.id)
    reviews.fail_gates(office.database, office.system, job_id, error={"code": "worker_crashed"})

    again = versions.repeat_gates(office.database, office.people["submitter"], version.id)

    assert (again.state, again.policy_version_id) == ("gating", version.policy_version_id)
    assert again.job_id not in {None, job_id}


def test_verdicts_that_stand_are_not_rolled_again(office: Office) -> None:
    version_id = office.judged(report(discrimination=Verdict.FAIL))

    with pytest.raises(Conflict, match="the verdicts stand"):
        versions.repeat_gates(office.database, office.people["submitter"], version_id)

    assert office.state_of(version_id) == "gate_failed"


def test_an_error_of_a_check_that_blocks_nothing_rolls_no_verdicts_again(office: Office) -> None:
    told = report(discrimination=Verdict.FAIL, adverse_impact_ratio=Verdict.ERROR)
    results = [
        result.model_copy(update={"required": result.check != "adverse_impact_ratio"})
        for result in told.results
    ]
    version_id = office.judged(told.model_copy(update={"results": tuple(results)}))

    with pytest.raises(Conflict, match="the verdicts stand"):
        versions.repeat_gates(office.database, office.people["submitter"], version_id)


def test_a_check_that_ended_in_an_error_is_a_reason_to_run_the_gates_again(office: Office) -> None:
    version_id = office.judged(report(discrimination=Verdict.ERROR))

    again = versions.repeat_gates(office.database, office.people["submitter"], version_id)

    assert again.state == "gating"
