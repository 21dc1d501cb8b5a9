"""The tables: what the code expects is what the migrations make, on both databases."""

import json

import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import DBAPIError

from accredit_governance.documents import json_digest
from accredit_governance.gates.results import Verdict
from accredit_governance.operations import reviews, versions, waiver_ends
from accredit_governance.operations.assessments import TierNotAssessed
from accredit_governance.questions import aliases
from accredit_governance.registry import migrate, queue
from accredit_governance.registry.database import Database
from accredit_governance.registry.tables import Row
from tests.conftest import MIGRATIONS
from tests.governance.afterwards import asked_back, champion, retired, suspended
from tests.governance.office import Office, report
from tests.governance.operations.test_waiver_ends import waived

YOUNGER = {"environment", "risk_assessment", "submission"}
"""Tables with rows that the first migration does not know."""


def tables_of(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names()) - {"alembic_version"}


def test_the_migrations_go_up_down_and_up_again(bare_database: Database) -> None:
    expected = set(Row.metadata.tables)

    migrate.upgrade(bare_database, MIGRATIONS)
    first = tables_of(bare_database)
    migrate.downgrade(bare_database, MIGRATIONS, revision="base")
    between = tables_of(bare_database)
    migrate.upgrade(bare_database, MIGRATIONS)
    second = tables_of(bare_database)

    assert expected
    assert first == expected
    assert between == set()
    assert second == expected


def test_the_tables_of_the_code_are_those_of_the_migrations(database: Database) -> None:
    migrate.differences(database, MIGRATIONS)


def test_upgrading_an_up_to_date_database_changes_nothing(database: Database) -> None:
    before = tables_of(database)

    migrate.upgrade(database, MIGRATIONS)

    assert tables_of(database) == before


def test_records_survive_the_way_down_and_up_of_the_guards(office: Office) -> None:
    """Only triggers and younger tables go and come back; no row of the log is written anew.

    The version is not in review: that has no place in the older tables, and is withdrawn.
    """
    office.judged(report(discrimination=Verdict.FAIL))
    before, events = office.contents(), office.events()
    head = head_of(office.database)

    migrate.downgrade(office.database, MIGRATIONS, revision="0001")
    unguarded = office.events()
    migrate.upgrade(office.database, MIGRATIONS)

    assert lasting(office) == {k: rows for k, rows in before.items() if k not in YOUNGER}
    assert unguarded == office.events() == events
    assert head_of(office.database) == head
    with pytest.raises(DBAPIError, match="can only grow"), office.database.engine.begin() as c:
        c.exec_driver_sql("DELETE FROM audit_event")
    office.finished_run()


def test_tier_and_class_leave_the_terms_and_go_back_as_they_were_assessed(office: Office) -> None:
    with office.database.engine.connect() as c:
        before = c.exec_driver_sql("SELECT document FROM use_case").scalar_one()

    migrate.downgrade(office.database, MIGRATIONS, revision="0004")
    with office.database.engine.connect() as c:
        declared = json.loads(c.exec_driver_sql("SELECT document FROM use_case").scalar_one())
    migrate.upgrade(office.database, MIGRATIONS)
    with office.database.engine.connect() as c:
        after = c.exec_driver_sql("SELECT document FROM use_case").scalar_one()

    assert (declared["risk_tier"], declared["ai_act_class"]) == (2, "high_risk")
    assert after == before
    assert "risk_tier" not in after


def lasting(office: Office) -> dict[str, list[str]]:
    return {k: rows for k, rows in office.contents().items() if k not in YOUNGER}


def head_of(database: Database) -> tuple[object, ...]:
    with database.engine.connect() as connection:
        return tuple(connection.exec_driver_sql("SELECT size, frontier FROM audit_head").one())


@pytest.mark.databases("sqlite")
def test_what_was_deployed_to_before_is_an_environment_and_a_protected_one(office: Office) -> None:
    """Deployments named any place before 0010, and nobody had said what may be done there."""
    office.deployed()
    migrate.downgrade(office.database, MIGRATIONS, revision="0009")
    with office.database.engine.execution_options(accredit_writes=True).begin() as connection:
        connection.exec_driver_sql("UPDATE deployment SET environment = 'pilot'")

    migrate.upgrade(office.database, MIGRATIONS)

    found = aliases.environments(office.database, office.people["viewer"], office.project_id)
    assert [(place.name, place.protected) for place in found.items] == [
        ("pilot", True),
        ("production", True),
        ("staging", False),
    ]


@pytest.mark.databases("sqlite")
def test_signed_alias_changes_are_not_lost_by_going_back(office: Office) -> None:
    champion(office)
    before = office.contents()

    with pytest.raises(RuntimeError, match="alias changes were asked for"):
        migrate.downgrade(office.database, MIGRATIONS, revision="0009")

    assert office.contents() == before


def test_a_revoked_waiver_does_not_hold_again_by_going_back(office: Office) -> None:
    """The tables before 0004 cannot say that a waiver has ended."""
    _, waiver = waived(office)
    waiver_ends.revoke_waiver(
        office.database, office.people["validator"], waiver.id, reason="The book has changed."
    )
    before = office.contents()

    with pytest.raises(RuntimeError, match="waivers have ended"):
        migrate.downgrade(office.database, MIGRATIONS, revision="0003")

    assert office.contents() == before


@pytest.mark.databases("sqlite")
def test_what_was_approved_before_there_were_assessments_can_come_back(office: Office) -> None:
    version_id = office.approved()
    before_assessments(office)

    suspended(office, version_id)
    asked = asked_back(office, version_id)

    assert asked.state == "open"


@pytest.mark.databases("sqlite")
def test_what_was_submitted_before_there_were_assessments_ends_told(office: Office) -> None:
    """Its gates may still run, and nobody knows the tier that says who reviews it."""
    version_id = office.gating().id
    before_assessments(office)

    job_id, fence = office.take(version_id)
    with pytest.raises(TierNotAssessed, match="submit another version") as refused:
        reviews.record_gates(office.database, office.system, job_id, fence, report=report())
    with office.database.writing() as session:
        queue.finish(session, job_id, fence, "failed", now=office.clock())
    reviews.fail_gates(office.database, office.system, job_id, error={"code": refused.value.code})

    assert office.state_of(version_id) == "gate_failed"
    moved = [e for e in office.events() if e["fact"].get("after") == "gate_failed"]
    assert moved[-1]["fact"]["reason"] == "the gates ended in tier_not_assessed"
    with pytest.raises(TierNotAssessed):
        versions.repeat_gates(office.database, office.people["submitter"], version_id)
    retired(office, version_id)


def before_assessments(office: Office) -> None:
    """Upgrade the office from 0004, whose signatures said nothing of the use case."""
    migrate.downgrade(office.database, MIGRATIONS, revision="0004")
    with office.database.engine.execution_options(accredit_writes=True).begin() as connection:
        for id_, text in connection.exec_driver_sql(
            "SELECT id, subject FROM approval_request"
        ).all():
            subject = {k: v for k, v in json.loads(text).items() if k != "use_case"}
            connection.exec_driver_sql(
                "UPDATE approval_request SET subject = ?, subject_digest = ? WHERE id = ?",
                (json.dumps(subject), json_digest(subject), id_),
            )
    migrate.upgrade(office.database, MIGRATIONS)
