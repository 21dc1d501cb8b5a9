"""A grant at work: its purpose, its time, its quota, at every prediction."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from accredit_governance.errors import (
    GovernanceError,
    GrantExpired,
    GrantRevoked,
    NotAllowed,
    PurposeNotGranted,
    QuotaExhausted,
)
from accredit_governance.identifiers import new_id
from accredit_governance.operations import access_decisions, admission, deployments, predictions
from accredit_governance.operations.admission import Admission
from accredit_governance.operations.predictions import Answer
from accredit_governance.questions import access
from accredit_governance.registry.database import Database
from accredit_governance.registry.records import DeploymentRecord
from accredit_governance.registry.tables import (
    AccessMeterRow,
    AccessUsageRow,
    PredictionRow,
    UseCaseRow,
)
from tests.governance.audit.test_ledger import together
from tests.governance.office import TERMS, Office

pytestmark = pytest.mark.databases("sqlite")


def admit(
    office: Office, deployment: DeploymentRecord, *, purpose: str | None = None, rows: int = 1
) -> Admission:
    return admission.admit_prediction(
        office.database, office.people["consumer"], deployment.id, purpose=purpose, rows=rows
    )


def log(office: Office, admitted: Admission, rows: int = 1) -> None:
    answers = [Answer(id=new_id(), inputs={}, answer={}) for _ in range(rows)]
    predictions.log_predictions(office.database, office.people["consumer"], admitted, answers)


def ask(office: Office, deployment: DeploymentRecord, rows: int = 1) -> None:
    log(office, admit(office, deployment, rows=rows), rows)


def counted(office: Office) -> tuple[int, int, int]:
    """Predictions that are logged, on the meter, and on the days."""
    with office.database.reading() as session:
        return (
            session.execute(select(func.count()).select_from(PredictionRow)).scalar_one(),
            session.execute(select(func.sum(AccessMeterRow.predictions))).scalar_one(),
            session.execute(select(func.sum(AccessUsageRow.predictions))).scalar_one() or 0,
        )


def refusals(office: Office, since: int) -> list[tuple[str, str]]:
    return [
        (event["fact"]["operation"], event["fact"]["code"])
        for event in office.events(since=since)
        if event["action"] == "operation.refused"
    ]


def revoke(office: Office, grant_id: object) -> None:
    access_decisions.revoke_access(
        office.database,
        office.people["compliance"],
        grant_id,  # type: ignore[arg-type]  # an id of a record
        reason="Complaints.",
    )


def permit(office: Office, *purposes: str) -> None:
    """Give the use case these purposes, past the door: there is no operation for it yet."""
    terms = TERMS.model_copy(update={"permitted_purposes": purposes})
    with office.database.engine.execution_options(accredit_writes=True).begin() as connection:
        connection.execute(
            UseCaseRow.__table__.update().values(document=terms.model_dump(mode="json"))  # type: ignore[attr-defined]  # a table
        )


@pytest.mark.databases("sqlite", "postgresql")
def test_without_a_grant_there_is_no_answer(office: Office) -> None:
    deployment = office.deployed()
    size = office.size()

    with pytest.raises(NotAllowed, match="no grant for this model in production"):
        admit(office, deployment)

    assert refusals(office, size) == [("admit_prediction", "not_allowed")]


@pytest.mark.databases("sqlite", "postgresql")
def test_a_grant_for_one_environment_is_none_for_another(office: Office) -> None:
    deployment = office.deployed()
    office.granted(environment="staging")

    with pytest.raises(NotAllowed, match="in production"):
        admit(office, deployment)


@pytest.mark.databases("sqlite", "postgresql")
def test_a_new_version_does_not_end_access(office: Office) -> None:
    office.deployed()
    given = office.granted()

    newer = office.deployed()

    assert admit(office, newer).access_grant_id == given.id


def test_the_only_purpose_may_be_left_out_and_no_other_is_stated(office: Office) -> None:
    deployment = office.deployed()
    office.granted()
    size = office.size()

    assert admit(office, deployment).purpose == "consumer_credit"
    assert admit(office, deployment, purpose="consumer_credit").purpose == "consumer_credit"
    with pytest.raises(PurposeNotGranted, match="permits these purposes only"):
        admit(office, deployment, purpose="marketing")
    assert refusals(office, size) == [("admit_prediction", "purpose_not_granted")]


@pytest.mark.databases("sqlite", "postgresql")
def test_one_of_several_purposes_is_stated_and_is_the_grants(office: Office) -> None:
    deployment = office.deployed()
    permit(office, "loan_decision", "loan_advice")
    office.granted(purpose="loan_advice")

    admitted = admit(office, deployment, purpose="loan_advice")

    for wrong in (None, "loan_decision", "", "LOAN_ADVICE"):
        with pytest.raises(PurposeNotGranted):
            admit(office, deployment, purpose=wrong)
    log(office, admitted)
    with office.database.reading() as session:
        assert session.execute(select(PredictionRow.purpose)).scalar_one() == "loan_advice"


@pytest.mark.databases("sqlite", "postgresql")
def test_a_purpose_that_the_use_case_gave_up_is_not_served(office: Office) -> None:
    deployment = office.deployed()
    permit(office, "loan_decision", "loan_advice")
    office.granted(purpose="loan_advice")

    permit(office, "loan_decision")

    with pytest.raises(PurposeNotGranted):
        admit(office, deployment, purpose="loan_advice")


def test_a_grant_ends_with_its_time(office: Office) -> None:
    deployment = office.deployed()
    office.granted(days=1)
    admitted = admit(office, deployment)
    office.clock.pass_time(days=1)
    size = office.size()

    with pytest.raises(GrantExpired, match="ask for a renewal"):
        admit(office, deployment)
    with pytest.raises(GrantExpired):
        log(office, admitted)

    assert refusals(office, size) == [
        ("admit_prediction", "grant_expired"),
        ("log_predictions", "grant_expired"),
    ]
    assert counted(office) == (0, 0, 0)


def test_a_grant_that_is_revoked_while_predicting_gives_no_answer(office: Office) -> None:
    deployment = office.deployed()
    given = office.granted()
    admitted = admit(office, deployment)
    size = office.size()

    revoke(office, given.id)

    with pytest.raises(GrantRevoked):
        log(office, admitted)
    with pytest.raises(GrantRevoked):
        admit(office, deployment)
    assert refusals(office, size) == [
        ("log_predictions", "grant_revoked"),
        ("admit_prediction", "grant_revoked"),
    ]
    assert counted(office) == (0, 0, 0)


def test_a_revocation_holds_at_once_in_every_process(office: Office) -> None:
    """Another connection pool is what another process has; nothing is kept in either."""
    deployment = office.deployed()
    given = office.granted()
    url = office.database.url
    other = replace(office, database=Database(url, clock=office.clock))
    try:
        ask(other, deployment)

        revoke(office, given.id)

        with pytest.raises(GrantRevoked):
            admit(other, deployment)
    finally:
        other.database.close()


def test_a_daily_quota_is_whole_again_on_the_next_day(office: Office) -> None:
    deployment = office.deployed()
    given = office.granted(quota_per_day=5)
    office.clock.now = datetime(2026, 11, 3, 22, 0, tzinfo=UTC)

    ask(office, deployment, 3)
    with pytest.raises(QuotaExhausted, match="fewer than 3") as caught:
        ask(office, deployment, 3)
    ask(office, deployment, 2)
    office.clock.pass_time(hours=2)
    ask(office, deployment, 5)

    assert 7190 <= caught.value.facts["retry_after_s"] <= 7201  # type: ignore[operator]
    usage = access.grant_usage(office.database, office.people["consumer"], given.id)
    assert [(d.day.day, d.predictions) for d in usage.days] == [(3, 5), (4, 5)]
    assert (usage.total, usage.today, usage.left_today, usage.left) == (10, 5, 0, None)
    assert counted(office) == (10, 10, 10)


def test_a_quota_in_all_is_used_up_for_good(office: Office) -> None:
    deployment = office.deployed()
    office.granted(quota_per_day=None, quota_total=4)
    ask(office, deployment, 4)
    office.clock.pass_time(days=2)

    with pytest.raises(QuotaExhausted, match="in all") as caught:
        admit(office, deployment)

    assert "retry_after_s" not in caught.value.facts


def test_what_others_used_up_meanwhile_is_refused_at_the_logging(office: Office) -> None:
    deployment = office.deployed()
    office.granted(quota_per_day=4)
    early, late = admit(office, deployment, rows=3), admit(office, deployment, rows=3)
    log(office, early, 3)
    size = office.size()

    with pytest.raises(QuotaExhausted):
        log(office, late, 3)

    assert refusals(office, size) == [("log_predictions", "quota_exhausted")]
    assert counted(office) == (3, 3, 3)


@pytest.mark.databases("sqlite", "postgresql")
@pytest.mark.parametrize("quota", ["quota_per_day", "quota_total"])
def test_of_twenty_callers_at_once_the_last_five_predictions_go_to_five(
    office: Office, quota: str
) -> None:
    deployment = office.deployed()
    office.granted(**{"quota_per_day": None, quota: 25})
    ask(office, deployment, 20)
    size = office.size()
    admitted = [admit(office, deployment) for _ in range(20)]
    acts: list[Callable[[], None]] = [lambda a=a: log(office, a) for a in admitted]  # type: ignore[misc]  # bound early

    raised = together(acts)

    assert {type(error) for error in raised} == {QuotaExhausted}
    assert len(raised) == 15
    assert counted(office) == (25, 25, 25)
    assert refusals(office, size) == [("log_predictions", "quota_exhausted")] * 15


@pytest.mark.databases("sqlite", "postgresql")
def test_the_first_predictions_of_a_day_may_come_at_once(office: Office) -> None:
    deployment = office.deployed()
    office.granted(quota_per_day=100)
    admitted = [admit(office, deployment) for _ in range(12)]

    raised = together([lambda a=a: log(office, a) for a in admitted])  # type: ignore[misc]  # bound early

    assert raised == []
    assert counted(office) == (12, 12, 12)


@pytest.mark.databases("sqlite", "postgresql")
def test_predictions_and_a_revocation_at_once_leave_a_true_count(office: Office) -> None:
    deployment = office.deployed()
    given = office.granted()
    admitted = [admit(office, deployment) for _ in range(8)]

    raised = together(
        [
            *(lambda a=a: log(office, a) for a in admitted),  # type: ignore[misc]  # bound early
            lambda: revoke(office, given.id),
        ]
    )

    assert all(isinstance(error, GovernanceError) for error in raised)
    served = len(admitted) - len(raised)
    assert counted(office) == (served, served, served)


def test_of_two_grants_the_one_that_has_something_left_is_used(office: Office) -> None:
    deployment = office.deployed()
    small = office.granted(quota_per_day=None, quota_total=1)
    large = office.granted(quota_per_day=None, quota_total=10)
    revoked = office.granted()
    revoke(office, revoked.id)

    assert admit(office, deployment, rows=1).access_grant_id == large.id
    assert admit(office, deployment, rows=5).access_grant_id == large.id
    with pytest.raises(QuotaExhausted):
        admit(office, deployment, rows=11)
    revoke(office, large.id)
    assert admit(office, deployment).access_grant_id == small.id


def test_a_stopped_deployment_tells_strangers_nothing(office: Office) -> None:
    deployment = office.deployed()
    deployments.stop_deployment(
        office.database, office.people["owner"], deployment.id, reason="Over."
    )

    with pytest.raises(NotAllowed, match="no grant"):
        admit(office, deployment)


def test_the_retry_lies_within_a_day(office: Office) -> None:
    deployment = office.deployed()
    office.granted(quota_per_day=1)
    ask(office, deployment)

    with pytest.raises(QuotaExhausted) as caught:
        admit(office, deployment)

    seconds = caught.value.facts["retry_after_s"]
    assert isinstance(seconds, int)
    assert 0 < seconds <= timedelta(days=1).total_seconds() + 1
