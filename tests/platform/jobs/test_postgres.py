"""Several workers over one PostgreSQL database."""

from pathlib import Path

from accredit_governance.registry.tables import WorkerRow
from tests.platform.jobs.conftest import House, house_at, is_running, until


def test_two_workers_share_the_queue_and_do_each_job_once(
    tmp_path: Path, fresh_postgres: str
) -> None:
    with house_at(tmp_path, fresh_postgres) as house:
        jobs = [house.add("quick") for _ in range(8)]
        house.worker()
        house.worker()

        ended = [house.end_of(job_id) for job_id in jobs]

        assert [(row.state, row.attempts, row.fence) for row in ended] == [("succeeded", 1, 1)] * 8
        assert [house.marks_of(job_id) for job_id in jobs] == [["1.json"]] * 8
        _hand_over(house)


def _hand_over(house: House) -> None:
    job_id = house.add("second_time")
    child = house.mark(job_id)["pid"]
    holder = house.row(job_id).worker_id
    killed = next(worker for worker in house.workers if worker.pid == _pid_of(house, holder))

    killed.kill()
    killed.wait()
    until(lambda: not is_running(child), within_s=20)
    ended = house.end_of(job_id)

    assert (ended.state, ended.attempts, ended.fence) == ("succeeded", 2, 2)


def _pid_of(house: House, worker_id: object) -> int:
    with house.database.reading() as session:
        return session.get_one(WorkerRow, worker_id).pid
