"""Telling the domain how a job ended: once counts, again does not."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from accredit_governance.audit.checkpoint import SigningKey
from accredit_governance.operations import deployments, versions
from accredit_governance.questions import serving
from accredit_governance.registry import queue
from accredit_governance.registry.database import Database
from accredit_governance.registry.migrate import upgrade
from accredit_platform.jobs.context import JobError
from accredit_platform.jobs.handlers.ending import tell_domain
from accredit_platform.resources import folder
from accredit_platform.settings import Settings
from tests.conftest import Clock
from tests.governance.office import Office, staff_office


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def office(settings: Settings) -> Iterator[Office]:
    clock = Clock()
    database = Database(settings.resolved_database_url, clock=clock)
    upgrade(database, folder("migrations"))
    SigningKey.create(settings.resolved_audit_key_file)
    yield staff_office(database, clock)
    database.close()


def tell(settings: Settings, office: Office, job_id: uuid.UUID) -> None:
    with office.database.reading() as session:
        job = queue.facts(session, job_id)
    assert job is not None
    error: JobError = {"code": "worker_crashed", "message": "It died.", "problems": []}
    tell_domain(settings, job, job.state, error)


def unsettled(office: Office) -> list[uuid.UUID]:
    with office.database.reading() as session:
        return [holding.job_id for holding in queue.holdings(session)]


def test_a_failure_is_told_and_settled_together_and_counts_once(
    settings: Settings, office: Office
) -> None:
    version = office.gating()
    job_id = office.broken(version.id)

    tell(settings, office, job_id)

    assert office.state_of(version.id) == "gate_failed"
    assert unsettled(office) == []

    versions.repeat_gates(office.database, office.people["submitter"], version.id)
    tell(settings, office, job_id)

    assert office.state_of(version.id) == "gating"


def test_a_subject_that_moved_on_stays_and_leaves_the_job_to_be_settled(
    settings: Settings, office: Office
) -> None:
    asked = deployments.request_deployment(
        office.database, office.people["owner"], office.approved(), environment="production"
    )
    job_id = office.broken(asked.id)
    deployments.stop_deployment(
        office.database, office.people["owner"], asked.id, reason="Not needed."
    )

    tell(settings, office, job_id)

    found = serving.deployment(office.database, office.people["viewer"], asked.id)
    assert (found.state, unsettled(office)) == ("stopped", [job_id])
