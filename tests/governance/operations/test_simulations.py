"""A policy text is tried out by those who write or publish policies, and changes nothing."""

import json
import uuid
from typing import Any

import pytest
from sqlalchemy import select

from accredit_governance.access.permissions import Role
from accredit_governance.errors import Conflict, NotAllowed, NotFound, PolicyInvalid
from accredit_governance.gates.results import Verdict
from accredit_governance.gates.simulation import (
    Change,
    SimulationReport,
    VersionOutcome,
    simulation_report,
)
from accredit_governance.operations import identity, policies, simulations, work
from accredit_governance.operations.work import Superseded
from accredit_governance.policy.document import Policy
from accredit_governance.policy.loader import parse, read
from accredit_governance.questions import catalogue
from accredit_governance.questions import simulations as asking
from accredit_governance.questions.pages import Page
from accredit_governance.registry.simulation_records import PolicySimulationRecord
from accredit_governance.registry.tables import ModelVersionRow, PolicySimulationRow
from tests.governance.office import POLICY, TERMS, Office, hire, report

pytestmark = pytest.mark.databases("sqlite")


def text(**changes: Any) -> str:
    """The office's policy in another version, as text."""
    data = POLICY.model_dump(mode="json") | {"version": POLICY.version + 1}
    return json.dumps(data | changes)


def asked(office: Office, *, by: str = "author", **changes: Any) -> PolicySimulationRecord:
    return simulations.simulate_policy(office.database, office.people[by], source=text(**changes))


def outcome(version_id: uuid.UUID, change: Change = Change.NEWLY_FAILS) -> VersionOutcome:
    return VersionOutcome(
        model_version_id=version_id, model_name="loan", number=1, state="approved", change=change
    )


def report_on(policy: Policy, *outcomes: VersionOutcome) -> SimulationReport:
    return simulation_report(
        policy=policy.name,
        policy_version=policy.version,
        policy_digest=policy.digest(),
        outcomes=outcomes,
    )


@pytest.mark.parametrize("by", ["author", "publisher"])
def test_who_writes_or_publishes_policies_may_try_one_out(office: Office, by: str) -> None:
    before = office.size()

    made = asked(office, by=by)

    (event,) = office.events(since=before)
    job = catalogue.job(office.database, office.people[by], made.job_id)
    assert (made.state, made.policy, made.policy_version) == (
        "queued",
        POLICY.name,
        POLICY.version + 1,
    )
    assert made.policy_digest == parse(text()).digest()
    assert event["action"] == "policy_simulation.requested"
    assert event["fact"]["policy_digest"] == made.policy_digest
    assert (event["project"], event["resource"]) == (None, str(made.id))
    assert (job.kind, job.subject_id, job.project_id) == ("simulate", made.id, None)


@pytest.mark.parametrize("by", ["owner", "validator", "compliance", "auditor", "admin"])
def test_nobody_else_tries_a_policy_out(office: Office, by: str) -> None:
    with pytest.raises(NotAllowed, match="policy:simulate"):
        asked(office, by=by)
    with pytest.raises(NotAllowed):
        asking.simulations(office.database, office.people[by], Page())


@pytest.mark.databases("sqlite", "postgresql")
def test_who_sees_one_project_sees_no_job_of_all_projects(office: Office) -> None:
    made = asked(office)

    with pytest.raises(NotFound):
        catalogue.job(office.database, office.people["owner"], made.job_id)


def test_an_invalid_text_is_refused_with_every_problem_and_leaves_nothing(office: Office) -> None:
    before = office.contents()

    with pytest.raises(PolicyInvalid) as refused:
        asked(office, gates=[{"check": "discriminatoin", "min": 2}], approvals={})

    assert {problem["pointer"] for problem in refused.value.problems} >= {"/gates/0", "/approvals"}
    assert office.contents() == before
    assert office.actions()[-1] == "operation.refused"


def test_a_simulation_is_stored_as_no_policy(office: Office) -> None:
    before = office.contents()

    made = asked(office)
    job_id, fence = office.take(made.id)
    simulations.finish_simulation(
        office.database,
        office.system,
        job_id,
        fence,
        report=report_on(parse(text()), outcome(office.model_id)),
    )

    after = office.contents()
    assert {table for table in after if after[table] != before[table]} == {
        "job",
        "policy_simulation",
    }
    stored = policies.draft_policy(office.database, office.people["author"], source=text())
    assert stored.policy_digest == made.policy_digest, "the number is still free"


def test_a_report_is_recorded_with_its_counts_and_digest(office: Office) -> None:
    made = asked(office)
    job_id, fence = office.take(made.id)
    told = report_on(parse(text()), outcome(office.model_id))

    simulations.finish_simulation(office.database, office.system, job_id, fence, report=told)

    found = asking.simulation(office.database, office.people["publisher"], made.id)
    event = office.events()[-1]
    assert (found.state, found.document, found.source) == ("finished", told, text())
    assert found.counts is not None
    assert found.counts["newly_fails"] == 1
    assert found.finished_at is not None
    assert event["action"] == "policy_simulation.finished"
    assert event["fact"] == {
        "policy_digest": made.policy_digest,
        "report_digest": told.digest(),
        "counts": told.counts,
    }


def test_a_report_about_another_policy_does_not_count(office: Office) -> None:
    made = asked(office)
    job_id, fence = office.take(made.id)

    with pytest.raises(Conflict, match="another policy"):
        simulations.finish_simulation(
            office.database, office.system, job_id, fence, report=report_on(POLICY)
        )

    assert asking.simulation(office.database, office.people["author"], made.id).state == "queued"


def test_a_failure_is_recorded_once(office: Office) -> None:
    made = asked(office)
    job_id = office.broken(made.id)
    error = {"code": "time_limit", "message": "It took too long.", "problems": []}

    simulations.fail_simulation(office.database, office.system, job_id, error=error)
    with pytest.raises(Superseded):
        simulations.fail_simulation(office.database, office.system, job_id, error=error)

    found = asking.simulation(office.database, office.people["author"], made.id)
    assert (found.state, found.error, found.document) == ("failed", error, None)
    assert office.actions().count("policy_simulation.failed") == 1


def test_a_person_stops_a_simulation(office: Office) -> None:
    made = asked(office)
    author = office.people["author"]

    simulations.stop_simulation(office.database, office.people["publisher"], made.id)
    assert catalogue.job(office.database, author, made.job_id).cancel_requested
    with_job = work_cancelled(office, made.id)
    simulations.cancel_simulation(office.database, office.system, with_job)

    assert asking.simulation(office.database, author, made.id).state == "cancelled"
    assert office.actions()[-1] == "policy_simulation.cancelled"
    with pytest.raises(Conflict, match="cancelled already"):
        simulations.stop_simulation(office.database, author, made.id)
    with pytest.raises(Conflict, match="cancelled already"):
        simulations.finish_simulation(
            office.database, office.system, *requeued(office, made.id), report=report_on(POLICY)
        )


def work_cancelled(office: Office, subject_id: uuid.UUID) -> uuid.UUID:
    """The job on a subject after its worker has killed it; nobody was told yet."""
    with office.database.writing() as session:
        job_id = session.execute(
            select(work.JobRow.id).where(work.JobRow.subject_id == subject_id)
        ).scalar_one()
        assert work.queue.cancel_queued(session, job_id, office.worker_id) is not None
    return job_id


def requeued(office: Office, subject_id: uuid.UUID) -> tuple[uuid.UUID, int]:
    """The ended job of a subject, as if a worker held it again."""
    with office.database.writing() as session:
        row = session.execute(
            select(work.JobRow).where(work.JobRow.subject_id == subject_id)
        ).scalar_one()
        row.state = "running"
        return row.id, row.fence


def test_simulations_are_listed_newest_first_and_in_pages(office: Office) -> None:
    made = [asked(office).id for _ in range(3)]
    author = office.people["author"]

    first = asking.simulations(office.database, author, Page(size=2))
    rest = asking.simulations(office.database, author, Page(size=2, token=first.next_page_token))

    assert [item.id for item in (*first.items, *rest.items)] == made[::-1]
    assert rest.next_page_token is None
    assert all(item.job_id is not None for item in first.items)


def test_a_simulation_that_is_not_there_is_not_found(office: Office) -> None:
    with pytest.raises(NotFound, match="no policy simulation"):
        asking.simulation(office.database, office.people["author"], uuid.uuid4())


# --- what a worker is told -----------------------------------------------------------------------


def facts(office: Office, made: PolicySimulationRecord) -> asking.SimulationFacts:
    return asking.simulation_facts(office.database, office.system, made.id)


@pytest.mark.databases("sqlite", "postgresql")
def test_a_worker_is_told_every_version_but_the_retired_ones(office: Office) -> None:
    first, second = office.draft().id, office.judged()
    gone = office.draft().id
    with office.database.engine.execution_options(accredit_writes=True).begin() as connection:
        connection.execute(
            ModelVersionRow.__table__.update()
            .where(ModelVersionRow.__table__.c.id == gone)
            .values(state="retired")
        )

    found = facts(office, asked(office))

    assert found.version_ids == (first, second)
    assert found.policy == parse(text())


def test_who_lost_their_role_meanwhile_learns_nothing(office: Office) -> None:
    office.draft()
    admin = office.people["admin"]
    leaver = hire(office.database, admin, "leaver", [Role.POLICY_AUTHOR], project_id=None)
    made = simulations.simulate_policy(office.database, leaver, source=text())

    identity.deactivate_principal(office.database, admin, leaver.id)

    assert facts(office, made).version_ids == ()


@pytest.mark.databases("sqlite", "postgresql")
def test_a_text_that_was_edited_in_the_database_is_not_tried_out(office: Office) -> None:
    made = asked(office)
    with office.database.engine.execution_options(accredit_writes=True).begin() as connection:
        connection.execute(
            PolicySimulationRow.__table__.update().values(source=text(title="Another policy"))
        )

    with pytest.raises(Conflict, match="not the policy that was asked about"):
        facts(office, made)


def test_a_worker_is_told_how_a_version_was_judged_before(office: Office) -> None:
    unjudged, passed = office.draft().id, office.judged()
    failed = office.judged(report(discrimination=Verdict.FAIL))
    made = asked(office)

    def before(version_id: uuid.UUID) -> Any:
        found = asking.simulated_version(office.database, office.system, made.id, version_id)
        return found.before

    assert before(unjudged) is None
    assert before(passed).blocking == ()
    assert before(failed).blocking == ("performance.discrimination",)
    assert before(failed).report == report(discrimination=Verdict.FAIL)


SCOPE: dict[str, Any] = {
    "tiers": [1],
    "jurisdictions": ["us"],
    "tasks": ["binary"],
    "purposes": ["consumer_credit"],
}
LENDING = read(POLICY.model_dump(mode="json") | {"name": "lending", "applies_to": SCOPE})


def scope(
    draft: dict[str, Any], *, terms: dict[str, Any] | None = None, tier: int | None = 1
) -> asking.Scope:
    """What becomes of a draft beside `lending`, a year after that took effect."""
    changed = {"name": "lending", "applies_to": SCOPE, **draft}
    use_case = TERMS.model_copy(update=terms or {})
    today = LENDING.effective_from.replace(year=LENDING.effective_from.year + 1)
    return asking.scope_of(parse(text(**changed)), [LENDING], use_case, tier=tier, today=today)


def test_a_draft_stands_in_for_the_published_versions_of_its_name() -> None:
    assert scope({}) == asking.Scope(covered=True, reasons=())
    assert scope({"version": LENDING.version}).covered, (
        "a number that is taken is tried out all the same"
    )


def test_a_draft_that_takes_effect_later_is_tried_out_as_of_then() -> None:
    assert scope({"effective_from": "2031-01-01"}).covered


def test_a_draft_that_has_ended_covers_nothing() -> None:
    found = scope({"effective_to": LENDING.effective_from.isoformat()})

    assert not found.covered
    assert "ended on" in found.reasons[0]


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        pytest.param({"jurisdictions": ("us", "eu")}, "does not cover jurisdiction eu", id="place"),
        pytest.param({"domain": "hiring"}, "is for purpose consumer_credit, not hiring", id="use"),
        pytest.param({"task": "regression"}, "is for binary models, not regression", id="task"),
    ],
)
def test_a_version_that_the_draft_does_not_cover_is_told_why(
    terms: dict[str, Any], reason: str
) -> None:
    found = scope({}, terms=terms)

    assert not found.covered
    assert reason in "; ".join(found.reasons)


@pytest.mark.parametrize(
    ("tier", "reason"),
    [
        pytest.param(4, "is for tiers 1, not tier 4", id="another"),
        pytest.param(None, "no approved risk assessment", id="not assessed"),
    ],
)
def test_a_version_of_another_tier_is_told_so(tier: int | None, reason: str) -> None:
    found = scope({}, tier=tier)

    assert not found.covered
    assert reason in "; ".join(found.reasons)


def test_a_draft_behind_a_more_specific_policy_covers_nothing() -> None:
    general = {"name": "general", "applies_to": {**SCOPE, "purposes": ["any"]}}

    found = scope(general)

    assert not found.covered
    assert "lending names the purpose" in found.reasons[0]


def test_a_draft_that_would_tie_with_another_policy_is_tried_out_with_a_warning() -> None:
    found = scope({"name": "rival"})

    assert found.covered
    assert "apply equally" in found.reasons[0]


def test_a_draft_for_any_purpose_does_not_stand_in_for_one_that_names_it() -> None:
    elsewhere = scope(
        {"name": "general", "applies_to": {**SCOPE, "purposes": ["any"], "jurisdictions": ["any"]}},
        terms={"jurisdictions": ("us", "eu")},
    )

    assert not elsewhere.covered
    assert "does not stand in for lending" in elsewhere.reasons[0]
