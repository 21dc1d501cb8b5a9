"""The histories of a database that is older than they are."""

from typing import Any

from sqlalchemy import select

from accredit_governance.documents import canonical_json
from accredit_governance.registry import migrate
from accredit_governance.registry.tables import DeploymentStateRow, VersionStateRow
from tests.conftest import MIGRATIONS
from tests.governance.afterwards import asked_back, expired, judge, recertify, suspended
from tests.governance.office import Office


def test_the_histories_of_an_older_database_are_told_by_its_events(office: Office) -> None:
    """Events of older releases do not say how long an approval holds; the version does."""
    version_id = expired(office, office.deployed().model_version_id)
    recertify(office, version_id)
    judge(office, version_id)
    request = office.request_of(version_id)
    office.sign("validator", request)
    office.sign("compliance", request)
    suspended(office, version_id)
    before = stays(office)
    (untold,) = office.copies(version_id, 1)
    migrate.downgrade(office.database, MIGRATIONS, revision="0011")
    forget_validity(office)

    migrate.upgrade(office.database, MIGRATIONS)

    after = stays(office)
    (only,) = [row for row in after if row[0] == untold]
    after.remove(only)
    assert (only[2], only[6], only[5]) == ("suspended", None, None)
    first, second = [k for k, row in enumerate(before) if row[2] == "approved"]
    ran_out = before[first][5]
    assert after[first][3] == ran_out  # the end of the first approval is known from its expiry only
    assert after[second] == before[second]
    assert [(*row[:3], *row[4:]) for row in after] == [(*row[:3], *row[4:]) for row in before]
    asked_back(office, version_id)


def stays(office: Office) -> list[tuple[Any, ...]]:
    with office.database.reading() as session:
        found = session.execute(select(VersionStateRow).order_by(VersionStateRow.step)).scalars()
        rows: list[tuple[Any, ...]] = [
            (r.model_version_id, r.step, r.state, r.valid_until, r.from_at, r.to_at, r.event_seq)
            for r in found
        ]
        deployed = session.execute(
            select(DeploymentStateRow).order_by(DeploymentStateRow.step)
        ).scalars()
        rows += [
            (r.deployment_id, r.step, r.state, None, r.from_at, r.to_at, r.event_seq)
            for r in deployed
        ]
        return rows


def forget_validity(office: Office) -> None:
    """Make the trail say what older releases wrote; only a test gets past its triggers."""
    events = [e for e in office.events() if e["action"] == "model_version.moved"]
    with office.database.engine.execution_options(accredit_writes=True).begin() as c:
        if office.database.is_sqlite:
            c.exec_driver_sql("DROP TRIGGER audit_event_no_update")
        else:
            c.exec_driver_sql("ALTER TABLE audit_event DISABLE TRIGGER audit_event_only_grows")
        for event in events:
            del event["fact"]["valid_until"]
            mark = "?" if office.database.is_sqlite else "%s"
            c.exec_driver_sql(
                f"UPDATE audit_event SET body = {mark} WHERE seq = {mark}",
                (canonical_json(event), event["seq"]),
            )
