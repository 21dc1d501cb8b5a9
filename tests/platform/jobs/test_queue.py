"""The queue in the records: of two that want the same, one gets it."""

import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from accredit_governance.identifiers import new_id
from accredit_governance.registry import queue
from accredit_governance.registry.queue import JobFacts
from accredit_platform.jobs.attempt import Attempts
from accredit_platform.jobs.dispatcher import Dispatcher
from accredit_platform.jobs.engine import JobEngine
from tests.platform.jobs.conftest import House, house_at

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def queues(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """An installation without workers, on either database."""
    url = request.getfixturevalue("fresh_postgres") if request.param == "postgresql" else None
    with house_at(tmp_path, url) as house:
        yield house


def _worker(house: House) -> uuid.UUID:
    worker_id = new_id()
    with house.database.writing() as session:
        queue.register_worker(session, worker_id, host="h", pid=1, now=NOW)
    return worker_id


def _claim(house: House, job_id: uuid.UUID, worker_id: uuid.UUID) -> JobFacts | None:
    with house.database.writing() as session:
        return queue.claim(session, job_id, worker_id, now=NOW)


def test_of_many_workers_one_gets_the_job(queues: House) -> None:
    job_id = queues.add("quick")
    workers = [_worker(queues) for _ in range(6)]
    taken: list[JobFacts | None] = []
    threads = [
        threading.Thread(target=lambda w=worker: taken.append(_claim(queues, job_id, w)))
        for worker in workers
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    winners = [facts for facts in taken if facts is not None]
    assert [(facts.fence, facts.attempts, facts.state) for facts in winners] == [(1, 1, "running")]
    assert winners[0].worker_id in workers


def test_only_the_newest_claim_counts(queues: House) -> None:
    job_id = queues.add("quick")
    first, second = _worker(queues), _worker(queues)
    _claim(queues, job_id, first)

    with queues.database.writing() as session:
        is_taken_back = queue.requeue(session, job_id, first)
        again = queue.requeue(session, job_id, first)
    facts = _claim(queues, job_id, second)
    with queues.database.writing() as session:
        late = (
            queue.holds(session, job_id, 1),
            queue.progress(session, job_id, 1, share=0.4, message="late"),
            queue.finish(session, job_id, 1, "succeeded", now=NOW),
        )
        timely = (
            queue.holds(session, job_id, 2),
            queue.progress(session, job_id, 2, share=7.0, message="x" * 900),
        )
    row = queues.row(job_id)
    with queues.database.writing() as session:
        ends = [queue.finish(session, job_id, 2, "succeeded", now=NOW) for _ in range(2)]

    assert (is_taken_back, again) == (True, False)
    assert facts is not None
    assert (facts.fence, facts.attempts) == (2, 2)
    assert late == (False, False, False)
    assert timely == (True, True)
    assert (row.share, len(row.message)) == (1.0, 500)
    assert ends == [True, False]


def test_a_failure_is_settled_once_and_a_success_needs_no_telling(queues: House) -> None:
    worker_id = _worker(queues)
    bad, good = queues.add("quick"), queues.add("quick")
    for job_id in (bad, good):
        _claim(queues, job_id, worker_id)

    with queues.database.writing() as session:
        queue.finish(session, bad, 1, "failed", {"code": "c", "message": "m"}, now=NOW)
        queue.finish(session, good, 1, "succeeded", now=NOW)
        untold = queue.holdings(session)
        settled = [queue.settle(session, job_id, now=NOW) for job_id in (bad, bad, good)]
        left = queue.holdings(session)

    assert [(holding.job_id, holding.state) for holding in untold] == [(bad, "failed")]
    assert settled == [True, False, False]
    assert left == []


def test_a_job_to_be_cancelled_is_not_claimed_and_cancelled_once(queues: House) -> None:
    worker_id = _worker(queues)
    job_id = queues.add("quick")

    with queues.database.writing() as session:
        asked = queue.request_cancel(session, job_id)
    claimed = _claim(queues, job_id, worker_id)
    with queues.database.writing() as session:
        ended = [queue.cancel_queued(session, job_id, worker_id) for _ in range(2)]
        asked_late = queue.request_cancel(session, job_id)

    assert (asked, claimed, asked_late) == (True, None, False)
    assert ended[0] is not None
    assert (ended[0].state, ended[1]) == ("cancelled", None)


def test_a_job_ends_in_an_end_only(house: House) -> None:
    with (
        pytest.raises(ValueError, match="no end"),
        house.database.writing() as session,
    ):
        queue.finish(session, new_id(), 1, "running", now=NOW)


class _Engine:
    def __init__(self) -> None:
        self.revived: list[uuid.UUID] = []

    def revive(self, job_id: uuid.UUID) -> None:
        self.revived.append(job_id)


class _Hands:
    in_hand: frozenset[uuid.UUID] = frozenset()


def _dispatcher(house: House, seconds: list[float]) -> Dispatcher:
    return Dispatcher(
        house.database,
        new_id(),
        engine=cast("JobEngine", _Engine()),
        attempts=cast("Attempts", _Hands()),
        lost_after_s=10.0,
        clock=lambda: seconds[0],
    )


def test_a_worker_is_lost_when_its_heartbeat_stands_still_whatever_its_clock_says(
    house: House,
) -> None:
    seconds = [0.0]
    dispatcher = _dispatcher(house, seconds)
    alive, dead = _worker(house), _worker(house)
    kept, lost = house.add("quick"), house.add("quick")
    _claim(house, kept, alive)
    _claim(house, lost, dead)
    states: list[Any] = []

    for second in (0, 4, 8, 12):
        seconds[0] = float(second)
        with house.database.writing() as session:
            # This worker's clock runs backwards by a day each time.
            queue.beat(session, alive, now=NOW - timedelta(days=second))
        dispatcher.reap()
        states.append((house.facts(kept).state, house.facts(lost).state))

    assert states == [("running", "running")] * 3 + [("running", "queued")]
    assert house.facts(lost).attempts == 1
