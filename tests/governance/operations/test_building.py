"""Projects, use cases, uploads, runs, policies, drift reports: asking, and what came of it."""

import uuid
from collections.abc import Callable

import pytest
from sqlalchemy import text

from accredit_governance.errors import (
    Conflict,
    FourEyes,
    GovernanceError,
    IllegalTransition,
    InvalidInput,
    NotAllowed,
    NotFound,
    PolicyInvalid,
)
from accredit_governance.monitoring.alerts import Alert
from accredit_governance.operations import (
    datasets,
    drift,
    policies,
    projects,
    runs,
    versions,
    work,
)
from accredit_governance.operations.work import Superseded
from accredit_governance.policy.resolve import NoPolicyApplies
from accredit_governance.questions import catalogue, models, serving
from accredit_governance.questions.pages import Page
from accredit_governance.registry import queue
from accredit_governance.registry.records import DatasetVersionRecord, RunRecord
from accredit_governance.registry.tables import JobRow
from accredit_governance.registry.terms import MitigationSpec, RunSpec, UseCaseTerms
from tests.governance.office import (
    ANSWERS,
    POLICY_SOURCE,
    RECORD,
    STATEMENTS,
    TERMS,
    Office,
    digest_of,
)

pytestmark = pytest.mark.databases("sqlite")


def declare(office: Office, **changes: object) -> uuid.UUID:
    terms = UseCaseTerms.model_validate({**TERMS.model_dump(), **changes})
    return projects.create_use_case(
        office.database,
        office.people["owner"],
        office.project_id,
        name=f"case-{office.size()}",
        owner_id=office.people["owner"].id,
        terms=terms,
    ).id


def upload(office: Office) -> DatasetVersionRecord:
    return datasets.receive_upload(
        office.database,
        office.people["preparer"],
        office.dataset_id,
        upload_name="x.csv",
        upload_digest=digest_of("x"),
        upload_bytes=1,
    )


def ask(office: Office, **changes: object) -> RunRecord:
    given: dict[str, object] = {
        "use_case_id": office.use_case_id,
        "dataset_version_id": office.dataset_version_id,
        "spec": RunSpec(),
    }
    return runs.request_run(office.database, office.people["trainer"], **{**given, **changes})  # type: ignore[arg-type]


def broken_again(office: Office, kind: str, subject_id: uuid.UUID) -> uuid.UUID:
    """One more job on a subject, which fails; the operations queue none for what has ended."""
    with office.database.writing() as session:
        session.add(
            JobRow(
                project_id=office.project_id,
                kind=kind,
                subject_id=subject_id,
                state="queued",
                created_by=office.system.id,
                created_at=office.clock(),
            )
        )
    return office.broken(subject_id)


@pytest.mark.databases("sqlite", "postgresql")
def test_somebody_in_the_project_answers_for_a_use_case(office: Office) -> None:
    with pytest.raises(InvalidInput, match="does not hold the role owner"):
        projects.create_use_case(
            office.database,
            office.people["owner"],
            office.project_id,
            name="orphan",
            owner_id=office.people["trainer"].id,
            terms=TERMS,
        )


@pytest.mark.databases("sqlite", "postgresql")
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"favourable": None}, id="favourable label missing"),
        pytest.param({"target": "race"}, id="target is sensitive"),
        pytest.param(
            {"sensitive_features": [TERMS.sensitive_features[0].model_dump()] * 2}, id="twice"
        ),
    ],
)
def test_the_terms_of_a_use_case_hold_together(office: Office, changes: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        declare(office, **changes)


def same_project(office: Office) -> None:
    projects.create_project(office.database, office.people["admin"], name="lending", title="x")


def same_use_case(office: Office) -> None:
    owner = office.people["owner"]
    projects.create_use_case(
        office.database,
        owner,
        office.project_id,
        name="home-loans",
        owner_id=owner.id,
        terms=TERMS,
    )


def same_dataset(office: Office) -> None:
    datasets.create_dataset(
        office.database, office.people["preparer"], office.project_id, name="boston", title="x"
    )


def same_model(office: Office) -> None:
    versions.create_model(
        office.database, office.people["owner"], office.use_case_id, name="loan-approval"
    )


@pytest.mark.parametrize("again", [same_project, same_use_case, same_dataset, same_model])
def test_a_name_is_given_once(office: Office, again: Callable[[Office], None]) -> None:
    with pytest.raises(Conflict):
        again(office)


def test_an_upload_that_cannot_be_read_keeps_its_number(office: Office) -> None:
    second = upload(office)
    datasets.refuse_upload(
        office.database, office.system, office.broken(second.id), error={"code": "not_a_table"}
    )

    third = upload(office)

    refused = catalogue.dataset_version(office.database, office.people["viewer"], second.id)
    assert (second.number, third.number) == (2, 3)
    assert (refused.state, refused.error) == ("refused", {"code": "not_a_table"})
    with pytest.raises(Conflict, match="is refused"):
        ask(office, dataset_version_id=second.id)
    with pytest.raises(Conflict, match="is received"):
        ask(office, dataset_version_id=third.id)


def test_a_dataset_version_in_use_does_not_change(office: Office) -> None:
    job_id = broken_again(office, "ingest", office.dataset_version_id)

    with pytest.raises(Conflict, match="is ready already"):
        datasets.refuse_upload(office.database, office.system, job_id, error={"code": "x"})


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        pytest.param(RunSpec(exclude=("nope",)), "excluded column 'nope'", id="excluded"),
        pytest.param(
            RunSpec(mitigation=MitigationSpec(sensitive_feature="obrat")),
            "no sensitive feature",
            id="mitigation",
        ),
        pytest.param(
            RunSpec(mitigation=MitigationSpec(sensitive_feature=("race", "obrat"))),
            "'obrat' is no sensitive feature",
            id="one of several",
        ),
        pytest.param(RunSpec(groups="nope"), "groups column 'nope'", id="groups"),
        pytest.param(RunSpec(time="nope"), "time column 'nope'", id="time"),
        pytest.param(RunSpec(time="approve"), "time names the target", id="time is the target"),
        pytest.param(RunSpec(monotone={"nope": 1}), "monotone column 'nope'", id="monotone"),
        pytest.param(
            RunSpec(monotone={"obrat": 1}, exclude=("obrat",)),
            "is no input",
            id="monotone, left out",
        ),
        pytest.param(
            RunSpec(column_kinds={"nope": "numeric"}), "stated kind 'nope'", id="column kinds"
        ),
    ],
)
def test_a_run_names_columns_that_exist(office: Office, spec: RunSpec, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        ask(office, spec=spec)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        pytest.param(RunSpec(metric="luck"), "'luck' is unknown", id="metric"),
        pytest.param(
            RunSpec(metric="r2"), "'r2' does not suit binary", id="metric of another task"
        ),
    ],
)
def test_a_run_is_scored_by_what_suits_the_task(office: Office, spec: RunSpec, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        ask(office, spec=spec)


def test_what_compares_classes_is_not_asked_of_a_regression(office: Office) -> None:
    use_case_id = declare(office, task="regression", favourable=None)

    with pytest.raises(InvalidInput, match="a regression has none"):
        ask(office, use_case_id=use_case_id, spec=RunSpec(class_weight="balanced"))
    with pytest.raises(InvalidInput, match="regression has none"):
        mitigated = RunSpec(mitigation=MitigationSpec(sensitive_feature="race"))
        ask(office, use_case_id=use_case_id, spec=mitigated)


def test_a_use_case_whose_target_is_not_in_the_data_has_no_run(office: Office) -> None:
    with pytest.raises(InvalidInput, match="target 'default' is not a column"):
        ask(office, use_case_id=declare(office, target="default"))


def test_a_run_keeps_its_record_and_trials(office: Office) -> None:
    run_id = office.finished_run()
    viewer = office.people["viewer"]

    run = models.run(office.database, viewer, run_id)

    assert run.state == "finished"
    assert models.run_details(office.database, viewer, run_id) == RECORD
    assert [t.family for t in models.trials(office.database, viewer, run_id).items] == ["linear"]


@pytest.mark.parametrize("end", ["failed", "cancelled"])
def test_a_run_without_bundle_becomes_no_version(office: Office, end: str) -> None:
    run = ask(office)
    if end == "failed":
        job_id = office.broken(run.id)
        runs.fail_run(office.database, office.system, job_id, error={"code": "one_class"})
    else:
        job_id = office.broken(run.id, state="cancelled")
        runs.cancel_run(office.database, office.system, job_id)

    with pytest.raises(Conflict, match=f"is {end}"):
        versions.register_version(
            office.database, office.people["trainer"], office.model_id, run_id=run.id
        )
    assert models.run(office.database, office.people["viewer"], run.id).state == end


def test_a_finished_run_does_not_change(office: Office) -> None:
    job_id = broken_again(office, "train", office.finished_run())

    with pytest.raises(Conflict, match="is finished already"):
        runs.cancel_run(office.database, office.system, job_id)
    with pytest.raises(Conflict, match="is finished already"):
        runs.fail_run(office.database, office.system, job_id, error={"code": "x"})


def test_a_run_fails_once(office: Office) -> None:
    job_id = office.broken(office.requested_run().id)
    size = office.size()

    runs.fail_run(office.database, office.system, job_id, error={"code": "one_class"})
    with pytest.raises(Superseded, match="told before"):
        runs.fail_run(office.database, office.system, job_id, error={"code": "one_class"})

    assert office.actions(since=size) == ["run.failed", "operation.refused"]


def test_the_result_of_a_worker_that_was_replaced_does_not_count(office: Office) -> None:
    run = office.requested_run()
    job_id, old = office.take(run.id)
    with office.database.writing() as session:
        queue.requeue(session, job_id, office.worker_id)
    _, new = office.take(run.id)

    with pytest.raises(Superseded):
        runs.finish_run(
            office.database,
            office.system,
            job_id,
            old,
            record=RECORD,
            bundle_digest=digest_of("late"),
            evidence_digest=digest_of("late"),
            trials=[],
        )

    assert new == old + 1
    assert models.run(office.database, office.people["viewer"], run.id).state == "queued"


def test_a_job_is_stopped_by_whoever_may_start_one(office: Office) -> None:
    run = ask(office)
    assert run.job_id is not None

    with pytest.raises(NotAllowed):
        work.cancel_job(office.database, office.people["viewer"], run.job_id)
    stopped = work.cancel_job(office.database, office.people["owner"], run.job_id)

    assert stopped.cancel_requested


def test_gates_are_not_stopped(office: Office) -> None:
    version = office.gating()
    assert version.job_id is not None

    with pytest.raises(NotAllowed, match="cannot be cancelled"):
        work.cancel_job(office.database, office.people["submitter"], version.job_id)


def test_a_run_becomes_one_version(office: Office) -> None:
    draft = office.draft()

    with pytest.raises(Conflict, match="a model version already"):
        versions.register_version(
            office.database, office.people["trainer"], office.model_id, run_id=draft.run_id
        )


def test_versions_are_numbered_in_order(office: Office) -> None:
    assert [office.draft().number, office.draft().number] == [1, 2]


def test_a_run_for_another_purpose_becomes_no_version_of_this_model(office: Office) -> None:
    run_id = office.finished_run()
    other = versions.create_model(
        office.database, office.people["owner"], declare(office), name="other"
    )

    with pytest.raises(InvalidInput, match="another use case"):
        versions.register_version(
            office.database, office.people["trainer"], other.id, run_id=run_id
        )


def test_a_draft_is_not_submitted_before_people_described_it(office: Office) -> None:
    with pytest.raises(IllegalTransition, match="allowed now: describe"):
        versions.submit_version(office.database, office.people["submitter"], office.draft().id)


def test_a_description_can_be_improved_until_submission(office: Office) -> None:
    candidate = office.candidate()
    better = STATEMENTS.model_copy(update={"limitations": "One city, one decade."})

    described = versions.describe_version(
        office.database, office.people["trainer"], candidate.id, statements=better
    )

    assert (described.state, described.statements) == ("candidate", better)


def test_a_purpose_that_no_policy_covers_is_not_judged(office: Office) -> None:
    """No policy means that nothing is demanded, so nothing can be approved."""
    use_case = declare(office, domain="hiring")
    office.assess(use_case, {**ANSWERS, "area": "employment"})
    run = ask(office, use_case_id=use_case)
    job_id, fence = office.take(run.id)
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
    trainer = office.people["trainer"]
    model = versions.create_model(office.database, trainer, use_case, name="hiring")
    draft = versions.register_version(office.database, trainer, model.id, run_id=run.id)
    versions.describe_version(office.database, trainer, draft.id, statements=STATEMENTS)

    with pytest.raises(NoPolicyApplies):
        versions.submit_version(office.database, office.people["submitter"], draft.id)

    assert office.state_of(draft.id) == "candidate"


NEXT = POLICY_SOURCE.replace("version: 1\n", "version: 2\n")


def test_a_policy_is_published_by_someone_else_than_its_author(office: Office) -> None:
    draft = policies.draft_policy(office.database, office.people["author"], source=NEXT)
    before = len(catalogue.policies(office.database, office.people["viewer"]).items)

    published = policies.publish_policy(office.database, office.people["publisher"], draft.id)

    assert (draft.state, published.state) == ("draft", "published")
    assert before == 1
    assert len(catalogue.policies(office.database, office.people["viewer"]).items) == 2
    with pytest.raises(Conflict, match="published already"):
        policies.publish_policy(office.database, office.people["publisher"], draft.id)


@pytest.mark.databases("sqlite", "postgresql")
def test_whoever_holds_both_roles_does_not_publish_their_own_policy(office: Office) -> None:
    with office.database.engine.execution_options(accredit_writes=True).begin() as connection:
        connection.exec_driver_sql(
            "UPDATE role_binding SET role = 'compliance' WHERE role = 'admin'"
        )
    draft = policies.draft_policy(office.database, office.people["author"], source=NEXT)
    with office.database.engine.execution_options(accredit_writes=True).begin() as connection:
        connection.exec_driver_sql(
            "UPDATE role_binding SET role = 'compliance' WHERE role = 'policy_author'"
        )

    with pytest.raises(FourEyes, match="another person publishes"):
        policies.publish_policy(office.database, office.people["author"], draft.id)


def test_a_version_of_a_policy_is_written_once(office: Office) -> None:
    with pytest.raises(Conflict, match="raise the number"):
        policies.draft_policy(office.database, office.people["author"], source=POLICY_SOURCE)


def test_a_text_that_is_no_policy_is_not_stored(office: Office) -> None:
    before = office.contents()

    with pytest.raises(PolicyInvalid):
        policies.draft_policy(office.database, office.people["author"], source="gates: []")

    assert office.contents() == before


def test_a_version_in_review_stays_under_the_policy_it_was_submitted_under(office: Office) -> None:
    request = office.in_review()
    draft = policies.draft_policy(office.database, office.people["author"], source=NEXT)
    policies.publish_policy(office.database, office.people["publisher"], draft.id)

    office.sign("validator", request)
    office.sign("compliance", request)

    assert office.request_of(request.model_version_id).policy_version_id == (
        office.policy_version_id
    )
    assert office.gating().policy_version_id == draft.id


MADE = drift.MadeReport(
    window_from=None,
    drift={"columns": []},
    performance=None,
    html_artifact=None,
    json_artifact=None,
    verdict="alert",
)
ALERT = Alert(
    key="drift:obrat", severity="critical", subject="obrat", sentence="It moved.", action="Look."
)


def drifted(office: Office, deployment_id: uuid.UUID) -> uuid.UUID:
    asked = drift.request_drift_report(office.database, office.people["owner"], deployment_id)
    job_id, fence = office.take(asked.id)
    drift.record_drift(office.database, office.system, job_id, fence, made=MADE, alerts=[ALERT])
    return asked.id


def test_a_drift_report_opens_an_alert_once_while_it_is_open(office: Office) -> None:
    deployment = office.deployed()
    drifted(office, deployment.id)
    drifted(office, deployment.id)
    viewer = office.people["viewer"]

    (alert,) = serving.alerts(office.database, viewer, Page()).items
    drift.acknowledge_alert(
        office.database, office.people["validator"], alert.id, comment="Looking."
    )
    drifted(office, deployment.id)

    alerts = serving.alerts(office.database, viewer, Page()).items
    assert [a.state for a in alerts] == ["open", "acknowledged"]
    assert len(serving.drift_reports(office.database, viewer, deployment.id, Page()).items) == 3
    with pytest.raises(Conflict, match="acknowledged already"):
        drift.acknowledge_alert(
            office.database, office.people["validator"], alert.id, comment="Again."
        )


def test_a_report_that_could_not_be_made_says_so(office: Office) -> None:
    deployment = office.deployed()
    asked = drift.request_drift_report(office.database, office.people["owner"], deployment.id)

    drift.fail_drift(
        office.database, office.system, office.broken(asked.id), error={"code": "no_reference"}
    )

    assert (
        serving.drift_report(office.database, office.people["viewer"], asked.id).state == "failed"
    )


READS = {
    "project": lambda o, a: catalogue.project(o.database, a, o.project_id),
    "use case": lambda o, a: catalogue.use_case(o.database, a, o.use_case_id),
    "use cases": lambda o, a: catalogue.use_cases(o.database, a, o.project_id, Page()),
    "datasets": lambda o, a: catalogue.datasets(o.database, a, o.project_id, Page()),
    "dataset versions": lambda o, a: catalogue.dataset_versions(
        o.database, a, o.dataset_id, Page()
    ),
    "dataset version": lambda o, a: catalogue.dataset_version(o.database, a, o.dataset_version_id),
    "model": lambda o, a: models.model(o.database, a, o.model_id),
    "versions": lambda o, a: models.versions(o.database, a, o.model_id, Page()),
}


@pytest.mark.parametrize("what", READS)
def test_a_stranger_reads_nothing_of_another_project(office: Office, what: str) -> None:
    READS[what](office, office.people["viewer"])

    with pytest.raises(NotFound):
        READS[what](office, office.people["stranger"])


@pytest.mark.parametrize("what", READS)
def test_an_admin_reads_no_project(office: Office, what: str) -> None:
    with pytest.raises(GovernanceError):
        READS[what](office, office.people["admin"])


@pytest.mark.databases("sqlite", "postgresql")
@pytest.mark.parametrize(
    ("rules", "state", "alerts"),
    [
        pytest.param('"suspend_from":"critical"', "suspended", 1, id="the policy suspends"),
        pytest.param('"suspend_from":null', "approved", 1, id="the policy only alerts"),
    ],
)
def test_the_policy_says_what_a_monitor_does_by_itself(
    office: Office, rules: str, state: str, alerts: int
) -> None:
    deployment = office.deployed()
    with office.database.engine.execution_options(accredit_writes=True).begin() as connection:
        statement = text("UPDATE policy_version SET document = replace(document, :old, :new)")
        connection.execute(statement, {"old": '"suspend_from":null', "new": rules})

    drifted(office, deployment.id)

    assert office.state_of(deployment.model_version_id) == state
    found = serving.alerts(office.database, office.people["viewer"], Page()).items
    assert len(found) == alerts


@pytest.mark.parametrize("named", ["race", ("race",), ["race"]])
def test_one_mitigated_feature_is_one_however_it_is_given(named: object) -> None:
    spec = RunSpec.model_validate({"mitigation": {"sensitive_feature": named}})

    assert spec.digest() == RunSpec(mitigation=MitigationSpec(sensitive_feature="race")).digest()
    assert RunSpec.model_validate_json(spec.model_dump_json()) == spec


@pytest.mark.parametrize("named", [[], ["race", "race"]])
def test_mitigated_features_are_named_once(named: list[str]) -> None:
    with pytest.raises(ValueError, match="each sensitive feature once"):
        MitigationSpec.model_validate({"sensitive_feature": named})
