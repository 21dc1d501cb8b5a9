"""What one worker does with jobs."""

import itertools
import json
import threading
import time
from pathlib import Path

import pytest

from tests.platform.jobs.conftest import House, is_running, until


def test_a_job_runs_in_a_child_and_its_progress_is_seen(staffed: House) -> None:
    job_id = staffed.add("telling")

    mark = staffed.mark(job_id)
    until(lambda: staffed.row(job_id).share == 0.5)
    running = staffed.row(job_id)
    (staffed.home / "go").touch()
    ended = staffed.end_of(job_id)

    assert mark["pid"] not in {worker.pid for worker in staffed.workers}
    assert (running.state, running.message) == ("running", "half way")
    assert running.started_at is not None
    assert (ended.state, ended.share, ended.attempts, ended.fence) == ("succeeded", 1.0, 1, 1)
    until(lambda: not (staffed.home / "work" / str(job_id)).exists())


def test_a_waiting_job_starts_in_a_moment(staffed: House) -> None:
    staffed.end_of(staffed.add("quick"))

    latencies = []
    for _ in range(5):
        asked_at = time.time()
        job_id = staffed.add("quick")
        latencies.append(staffed.mark(job_id)["at"] - asked_at)
        staffed.end_of(job_id)

    assert sorted(latencies)[2] < 2.0


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        pytest.param(
            "refusing",
            {
                "code": "invalid_input",
                "message": "the table is unfit",
                "problems": [{"pointer": "/target", "detail": "is missing"}],
            },
            id="of governance",
        ),
        pytest.param(
            "refusing_engine",
            {"code": "missing_target", "message": "there is no column 'y'", "problems": []},
            id="of the engine",
        ),
        pytest.param(
            "crashing",
            {
                "code": "worker_crashed",
                "message": "the process of the job was ended by SIGSEGV",
                "problems": [],
            },
            id="death by a signal",
        ),
        pytest.param(
            "leaving",
            {
                "code": "internal_error",
                "message": "the process of the job exited with status 3",
                "problems": [],
            },
            id="exit without a word",
        ),
        pytest.param(
            "greedy",
            {
                "code": "memory_limit",
                "message": "the job needs more memory than it may use",
                "problems": [],
            },
            id="too much memory",
        ),
        pytest.param(
            "deaf",
            {"code": "time_limit", "message": "the job ran longer than 3 s", "problems": []},
            id="too long",
        ),
        pytest.param(
            "dancing",
            {
                "code": "unknown_job_kind",
                "message": "no worker knows how to do dancing",
                "problems": [],
            },
            id="unknown kind",
        ),
    ],
)
def test_the_error_of_a_job_is_kept_and_told(
    staffed: House, kind: str, error: dict[str, object]
) -> None:
    (staffed.home / "go").unlink(missing_ok=True)
    job_id = staffed.add(kind)

    ended = staffed.end_of(job_id)

    assert (ended.state, ended.error, ended.attempts) == ("failed", error, 1)
    told = [entry for entry in staffed.told() if entry["job"] == str(job_id)]
    assert told == [{"job": str(job_id), "state": "failed", "error": error}]


def test_an_unforeseen_error_shows_no_data(staffed: House) -> None:
    ended = staffed.end_of(staffed.add("broken"))

    assert ended.error["code"] == "internal_error"
    assert "KeyError" in ended.error["message"]
    assert "Jane" not in json.dumps(ended.error)


def test_cancelling_kills_the_child_and_what_it_started(staffed: House) -> None:
    job_id = staffed.add("endless")
    mark = staffed.mark(job_id)

    asked_at = time.monotonic()
    staffed.cancel(job_id)
    until(lambda: not is_running(mark["pid"]) and not is_running(mark["grandchild"]))
    took_s = time.monotonic() - asked_at
    ended = staffed.end_of(job_id)

    assert took_s < 3.0
    assert (ended.state, ended.error) == ("cancelled", None)
    assert {"job": str(job_id), "state": "cancelled", "error": None} in staffed.told()


def test_child_processes_of_a_search_die_with_the_job(staffed: House) -> None:
    job_id = staffed.add("searching")
    mark = staffed.mark(job_id)
    semaphores = f"sem.loky-{mark['pid']}-*"
    assert is_running(mark["grandchild"])
    assert list(Path("/dev/shm").glob(semaphores))

    staffed.cancel(job_id)
    ended = staffed.end_of(job_id)

    assert ended.state == "cancelled"
    until(lambda: not is_running(mark["pid"]) and not is_running(mark["grandchild"]))
    until(lambda: not Path(mark["file"]).exists())
    assert not list(Path("/dev/shm").glob(semaphores))


def test_a_job_is_cancelled_while_it_waits_behind_another(staffed: House) -> None:
    first = staffed.add("endless")
    staffed.mark(first)
    second = staffed.add("quick")

    staffed.cancel(second)
    ended = staffed.end_of(second)
    staffed.cancel(first)
    staffed.end_of(first)

    assert (ended.state, ended.attempts) == ("cancelled", 0)
    assert staffed.marks_of(second) == []
    assert {"job": str(second), "state": "cancelled", "error": None} in staffed.told()


def test_the_domain_is_told_again_when_it_did_not_listen(staffed: House) -> None:
    deaf = staffed.home / "deaf"
    deaf.touch()
    job_id = staffed.add("refusing_engine")

    until(lambda: staffed.facts(job_id).state == "failed")
    untold = staffed.row(job_id).finished_at
    deaf.unlink()
    staffed.end_of(job_id)

    assert untold is None
    assert [entry["state"] for entry in staffed.told() if entry["job"] == str(job_id)] == ["failed"]


def test_a_job_sees_tamed_libraries_and_neither_command_line_nor_job_engine(
    staffed: House,
) -> None:
    job_id = staffed.add("looking_around")

    mark = staffed.mark(job_id)
    staffed.end_of(job_id)

    assert (mark["omp"], mark["quiet"]) == ("2", "1")
    assert (mark["has_main"], mark["has_engine_of_jobs"]) == (False, False)


def test_ticks_happen_and_the_worker_loads_no_machine_learning(staffed: House) -> None:
    staffed.end_of(staffed.add("quick"))
    file = staffed.home / "tick.json"

    until(file.exists)
    loaded = json.loads(file.read_text())

    assert loaded == []


def test_many_jobs_asked_for_at_once_run_one_at_a_time_in_order(staffed: House) -> None:
    jobs = []
    threads = [threading.Thread(target=lambda: jobs.append(staffed.add("quick"))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    ended = [staffed.end_of(job_id) for job_id in jobs]
    assert [row.state for row in ended] == ["succeeded"] * 6
    assert [row.attempts for row in ended] == [1] * 6
    ranked = sorted(ended, key=lambda row: row.started_at)
    assert all(a.finished_at <= b.started_at for a, b in itertools.pairwise(ranked))
