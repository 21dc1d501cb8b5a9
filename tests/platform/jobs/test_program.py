"""The worker of an installation: what it does from time to time, besides jobs."""

from datetime import timedelta
from pathlib import Path

from accredit_governance.audit.ledger import read_head
from accredit_governance.lifecycle.waivers import WaiverState
from accredit_governance.operations.identity import system_actor
from accredit_governance.questions import findings, models, waivers
from accredit_platform.jobs.context import JobLimits
from accredit_platform.jobs.program import KINDS_S, due
from accredit_platform.settings import Settings
from accredit_platform.wiring import open_services
from tests.platform.web.seed import fill


def test_a_worker_ends_the_waivers_approvals_and_requests_that_have_run_out(tmp_path: Path) -> None:
    seeded = fill(tmp_path)
    services = open_services(Settings(home=tmp_path))
    try:
        database = services.database
        actor, now = system_actor(database), database.clock()
        (tick,) = [tick for tick in due(services) if tick.name == "expiry"]

        def size() -> int:
            with database.reading() as session:
                return read_head(session).size

        before = size()
        tick.function()
        untouched = size()
        database.clock = lambda: now + timedelta(days=400)
        tick.function()
        tick.function()

        assert untouched == before
        assert size() == before + 3
        assert waivers.waiver(database, actor, seeded["waiver"]).state is WaiverState.EXPIRED
        assert models.version(database, actor, seeded["approved"]).state == "expired"
        assert models.version(database, actor, seeded["unclear"]).state == "gate_failed"
        assert models.version(database, actor, seeded["in_review"]).state == "in_review"
    finally:
        services.close()


def test_a_worker_tells_who_is_late_with_a_finding(tmp_path: Path) -> None:
    seeded = fill(tmp_path)
    services = open_services(Settings(home=tmp_path))
    try:
        database = services.database
        actor, now = system_actor(database), database.clock()
        (tick,) = [tick for tick in due(services) if tick.name == "duties"]

        def size() -> int:
            with database.reading() as session:
                return read_head(session).size

        before = size()
        tick.function()
        untouched = size()
        database.clock = lambda: now + timedelta(days=15)
        tick.function()
        tick.function()

        assert untouched == before
        assert size() == before + 1
        assert findings.finding(database, actor, seeded["finding"]).overdue
    finally:
        services.close()


def test_whatever_asks_a_model_built_elsewhere_ends_by_itself() -> None:
    limits = JobLimits(kinds_s=KINDS_S)

    assert all(limits.time_of(kind) is not None for kind in ("import", "gates", "deploy"))
    assert limits.time_of("train") is None
