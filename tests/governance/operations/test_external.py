"""Bringing a model that was built elsewhere: who may, what is refused, who counts as its maker."""

import uuid
from typing import Any

import pytest
from pydantic import ValidationError

from accredit_governance.access.permissions import Role
from accredit_governance.errors import Conflict, FourEyes, InvalidInput, NotAllowed, NotFound
from accredit_governance.gates.results import Verdict
from accredit_governance.operations import (
    datasets,
    deployments,
    external,
    identity,
    reviews,
    versions,
    work,
)
from accredit_governance.operations.work import Superseded
from accredit_governance.questions import external as questions
from accredit_governance.questions import models
from accredit_governance.questions.pages import Page
from accredit_governance.registry import queue
from accredit_governance.registry.external_records import ExternalTerms, ExternalVersionRecord
from tests.governance.afterwards import asked_back, judge, newer_rows, sign, suspended
from tests.governance.office import RECORD, STATEMENTS, Office, digest_of, hire, report

pytestmark = pytest.mark.databases("sqlite")

CONTRACT: dict[str, Any] = {
    "columns": [{"name": "obrat", "kind": "numeric"}],
    "classes": [0, 1],
    "threshold": 0.5,
}
ORIGIN = {"author": "Scores Ltd", "tool": "LightGBM 4.6", "statement": "Built on our own data."}


def terms(kind: str = "lightgbm", **contract: Any) -> ExternalTerms:
    stated = {"kind": kind, "origin": ORIGIN, "contract": CONTRACT | contract}
    return ExternalTerms.model_validate(stated)


def file_of(office: Office, *, person: str = "trainer", name: str = "model.txt") -> uuid.UUID:
    return external.receive_model_file(
        office.database,
        office.people[person],
        office.model_id,
        name=name,
        digest=digest_of(name),
        size=10,
    ).id


def bring(office: Office, *, person: str = "trainer", **changes: Any) -> ExternalVersionRecord:
    asked = {
        "terms": terms(),
        "model_file_id": None if "model_file_id" in changes else file_of(office),
        "dataset_version_id": office.dataset_version_id,
    }
    return external.request_external_version(
        office.database, office.people[person], office.model_id, **(asked | changes)
    )


def imported(office: Office, **how: Any) -> ExternalVersionRecord:
    """A model that a worker has read."""
    brought = bring(office, **how)
    job_id, fence = office.take(brought.run_id)
    external.finish_import(
        office.database,
        office.system,
        job_id,
        fence,
        record=RECORD,
        bundle_digest=digest_of("bundle"),
    )
    return questions.external_version(office.database, office.people["viewer"], brought.id)


@pytest.mark.databases("sqlite", "postgresql")
def test_a_model_that_was_read_is_a_draft_of_whoever_brought_it(office: Office) -> None:
    before = office.size()

    found = imported(office)

    assert found.state == "finished"
    assert found.model_version_id is not None
    version = models.version(office.database, office.people["viewer"], found.model_version_id)
    assert version.state == "draft"
    assert version.registered_by == office.people["trainer"].id
    assert office.actions(since=before) == [
        "model_file.received",
        "external_version.requested",
        "external_version.verified",
        "model_version.registered",
    ]
    origin = questions.origin_of(office.database, office.people["viewer"], version.id)
    assert origin is not None
    assert origin.terms.origin.author == "Scores Ltd"


@pytest.mark.databases("sqlite", "postgresql")
def test_a_version_that_was_trained_here_has_no_origin_elsewhere(office: Office) -> None:
    version = office.draft()

    assert questions.origin_of(office.database, office.people["viewer"], version.id) is None


@pytest.mark.databases("sqlite", "postgresql")
def test_only_who_makes_models_brings_one(office: Office) -> None:
    refusals = {"viewer": NotAllowed, "validator": NotAllowed, "stranger": NotFound}
    before = office.size()

    for person, refusal in refusals.items():
        with pytest.raises(refusal):
            file_of(office, person=person)

    assert office.actions(since=before) == ["operation.refused"] * 3


WRONG: list[tuple[ExternalTerms, str]] = [
    (terms("skops"), "not called as a skops model"),
    (terms(columns=[{"name": "income", "kind": "numeric"}]), "has no column 'income'"),
    (terms(columns=[{"name": "approve", "kind": "boolean"}]), "'approve' cannot be an input"),
    (terms(classes=[0, 1, 2]), "needs two classes"),
    (terms(classes=[0, 2]), "favourable class '1'"),
    (terms(threshold=None), "state the threshold"),
]


def test_what_is_known_to_be_wrong_is_refused_at_once(office: Office) -> None:
    file_id, before, contents = file_of(office), office.size(), office.contents()

    for wrong, said in WRONG:
        with pytest.raises(InvalidInput, match=said):
            bring(office, model_file_id=file_id, terms=wrong)

    assert office.contents() == contents
    assert office.actions(since=before) == ["operation.refused"] * len(WRONG)


def test_a_model_is_not_judged_on_the_rows_that_it_was_trained_on(office: Office) -> None:
    with pytest.raises(InvalidInput, match="not judged on the rows"):
        bring(office, training_version_id=office.dataset_version_id)


def test_rows_that_were_not_read_judge_nothing(office: Office) -> None:
    unread = datasets.receive_upload(
        office.database,
        office.people["preparer"],
        office.dataset_id,
        upload_name="more.csv",
        upload_digest=digest_of("more"),
        upload_bytes=9,
    )

    with pytest.raises(Conflict, match="is received"):
        bring(office, dataset_version_id=unread.id)


def test_a_file_of_another_model_is_refused(office: Office) -> None:
    other = versions.create_model(
        office.database, office.people["owner"], office.use_case_id, name="another"
    )
    file_id = external.receive_model_file(
        office.database,
        office.people["trainer"],
        other.id,
        name="model.txt",
        digest=digest_of("x"),
        size=1,
    ).id

    with pytest.raises(InvalidInput, match="uploaded for another model"):
        bring(office, model_file_id=file_id)


def test_a_file_that_cannot_be_read_leaves_no_version(office: Office) -> None:
    brought = bring(office)
    job_id = office.broken(brought.run_id)
    error = {"code": "unsafe_model", "message": "it names os.system", "problems": []}

    external.fail_import(office.database, office.system, job_id, error=error)

    found = questions.external_version(office.database, office.people["viewer"], brought.id)
    assert (found.state, found.model_version_id) == ("failed", None)
    assert found.error == error
    assert office.actions()[-1] == "external_version.refused"
    with pytest.raises(Superseded):
        external.fail_import(office.database, office.system, job_id, error=error)


def test_an_import_that_hangs_is_stopped_by_whoever_may_start_one(office: Office) -> None:
    brought = bring(office)
    job_id, fence = office.take(brought.run_id)

    stopped = work.cancel_job(office.database, office.people["owner"], job_id)
    with office.database.writing() as session:
        assert queue.finish(session, job_id, fence, "cancelled", now=office.clock())
    external.fail_import(office.database, office.system, job_id, error={"code": "cancelled"})

    assert stopped.cancel_requested
    found = questions.external_version(office.database, office.people["viewer"], brought.id)
    assert (found.state, found.error) == ("failed", {"code": "cancelled"})


def test_an_import_ends_once(office: Office) -> None:
    brought = bring(office)
    job_id, fence = office.take(brought.run_id)

    def finish() -> None:
        external.finish_import(
            office.database,
            office.system,
            job_id,
            fence,
            record=RECORD,
            bundle_digest=digest_of("bundle"),
        )

    finish()

    with pytest.raises(Superseded):
        finish()
    listed = models.versions(office.database, office.people["viewer"], office.model_id, Page())
    assert len(listed.items) == 1


def test_whoever_brings_a_model_does_not_sign_it(office: Office) -> None:
    found = imported(office)
    assert found.model_version_id is not None
    trainer = office.people["trainer"]
    identity.bind_role(
        office.database,
        office.people["admin"],
        trainer.id,
        role=Role.VALIDATOR,
        project_id=office.project_id,
    )
    versions.describe_version(
        office.database, trainer, found.model_version_id, statements=STATEMENTS
    )
    submitted = versions.submit_version(
        office.database, office.people["submitter"], found.model_version_id
    )
    job_id, fence = office.take(submitted.id)
    reviews.record_gates(office.database, office.system, job_id, fence, report=report())
    request = office.request_of(submitted.id)

    with pytest.raises(FourEyes, match="trained it"):
        office.sign("trainer", request, comment="I built it, so I know.")


def failed(office: Office) -> uuid.UUID:
    """A version that was brought and failed a check."""
    found = imported(office)
    assert found.model_version_id is not None
    versions.describe_version(
        office.database, office.people["trainer"], found.model_version_id, statements=STATEMENTS
    )
    submitted = versions.submit_version(
        office.database, office.people["submitter"], found.model_version_id
    )
    job_id, fence = office.take(submitted.id)
    bad = report(discrimination=Verdict.FAIL)
    reviews.record_gates(office.database, office.system, job_id, fence, report=bad)
    return submitted.id


def test_a_file_that_failed_is_not_judged_again_on_the_same_dataset(office: Office) -> None:
    version_id = failed(office)

    with pytest.raises(Conflict, match="of the same file and failed"):
        bring(office)

    other = bring(office, model_file_id=file_of(office, name="other.txt"))
    assert other.same_file == ()
    assert models.version(office.database, office.people["viewer"], version_id).number == 1


def test_a_version_names_the_others_of_its_file_and_what_they_failed(office: Office) -> None:
    first = bring(office)
    version_id = failed(office)

    found = questions.external_version(office.database, office.people["viewer"], first.id)

    (other,) = found.same_file
    assert (other.model_version_id, other.state) == (version_id, "gate_failed")
    assert other.failed == ("performance.discrimination",)


@pytest.mark.databases("sqlite")
def test_whoever_uploaded_a_file_or_prepared_its_training_rows_judges_nothing(
    office: Office,
) -> None:
    for name in ("bringer", "filer", "teacher"):
        office.people[name] = hire(
            office.database,
            office.people["admin"],
            name,
            [Role.DEVELOPER, Role.VALIDATOR],
            project_id=office.project_id,
        )
    paper = file_of(office, person="filer", name="paper.pdf")
    found = imported(
        office,
        terms=ExternalTerms.model_validate(
            {**terms().model_dump(mode="json"), "documents": [str(paper)]}
        ),
        model_file_id=file_of(office, person="bringer"),
        training_version_id=newer_rows(office, by="teacher"),
    )
    version_id = found.model_version_id
    assert version_id is not None
    trainer, submitter = office.people["trainer"], office.people["submitter"]
    versions.describe_version(office.database, trainer, version_id, statements=STATEMENTS)
    versions.submit_version(office.database, submitter, version_id)
    judge(office, version_id, adverse_impact_ratio=Verdict.INSUFFICIENT_EVIDENCE)
    evaluation_id = office.evaluation_of(version_id)

    for name in ("bringer", "filer", "teacher"):
        with pytest.raises(FourEyes, match=r"trained it|prepared its data"):
            office.propose_waiver(name, evaluation_id)
    waiver = office.propose_waiver("compliance", evaluation_id)
    for name in ("bringer", "filer", "teacher"):
        with pytest.raises(FourEyes, match=r"trained it|prepared its data"):
            office.confirm_waiver(name, waiver)
    office.confirm_waiver("validator", waiver)
    request = office.request_of(version_id)
    for name in ("bringer", "filer", "teacher"):
        with pytest.raises(FourEyes, match=r"trained it|prepared its data"):
            office.sign(name, request)

    office.sign("validator", request)
    office.sign("compliance", request)
    suspended(office, version_id)
    asked = asked_back(office, version_id)
    for name in ("bringer", "filer", "teacher"):
        with pytest.raises(FourEyes, match=r"trained it|prepared its data"):
            sign(office, name, asked)


def at_the_vendor(office: Office, **more: Any) -> ExternalTerms:
    stated = {"kind": "document", "origin": ORIGIN, "documents": [str(file_of(office))]}
    return ExternalTerms.model_validate(stated | more)


def test_a_model_that_stays_with_its_vendor_is_never_deployed(office: Office) -> None:
    found = imported(office, terms=at_the_vendor(office), model_file_id=None)
    assert found.model_version_id is not None
    versions.describe_version(
        office.database,
        office.people["trainer"],
        found.model_version_id,
        statements=STATEMENTS,
    )
    submitted = versions.submit_version(
        office.database, office.people["submitter"], found.model_version_id
    )
    job_id, fence = office.take(submitted.id)
    reviews.record_gates(office.database, office.system, job_id, fence, report=report())
    request = office.request_of(submitted.id)
    office.sign("validator", request)
    office.sign("compliance", request)

    with pytest.raises(Conflict, match="stays with its vendor"):
        deployments.request_deployment(
            office.database, office.people["owner"], submitted.id, environment="production"
        )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"documents": []}, "name the documents", id="no document"),
        pytest.param({"contract": CONTRACT}, "has no contract here", id="a contract"),
        pytest.param({"kind": "endpoint"}, "an endpoint has an address", id="no address"),
        pytest.param({"kind": "skops"}, "needs a contract", id="a file without a contract"),
        pytest.param(
            {"kind": "endpoint", "address": "file:///etc/passwd"}, "address", id="no https"
        ),
    ],
)
def test_terms_that_contradict_themselves_are_refused(changes: dict[str, Any], said: str) -> None:
    stated = {"kind": "document", "origin": ORIGIN, "documents": [str(uuid.uuid4())]}

    with pytest.raises(ValidationError, match=said):
        ExternalTerms.model_validate(stated | changes)
