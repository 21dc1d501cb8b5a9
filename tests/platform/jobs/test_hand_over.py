"""What happens to a job when its worker, or everything, dies."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime

from accredit_governance.identifiers import new_id
from accredit_governance.registry import queue
from tests.platform.jobs.conftest import ROOT, House, is_running, until

SERVER = """
import sys, time
from accredit_platform.jobs.embedded import EmbeddedWorker
worker = EmbeddedWorker(sys.argv[1:])
print(worker.pid, "dbos" in sys.modules, flush=True)
time.sleep(600)
"""


def test_another_worker_takes_over_from_one_that_was_killed(house: House) -> None:
    first = house.worker()
    job_id = house.add("second_time")
    child = house.mark(job_id)["pid"]
    house.worker()

    first.kill()
    first.wait()
    until(lambda: not is_running(child), within_s=20)
    ended = house.end_of(job_id)

    assert (ended.state, ended.attempts, ended.fence) == ("succeeded", 2, 2)
    assert house.mark(job_id, 2)["found"], "the workspace of the first attempt is there"


def test_a_worker_that_was_only_asleep_cannot_write_over_its_successor(house: House) -> None:
    first = house.worker()
    job_id = house.add("second_time")
    child = house.mark(job_id)["pid"]
    house.worker()

    first.send_signal(signal.SIGSTOP)
    ended = house.end_of(job_id)
    with house.database.writing() as session:
        accepted = [
            queue.finish(session, job_id, 1, "failed", now=datetime.now(UTC)),
            queue.progress(session, job_id, 1, share=0.1, message="late"),
            queue.holds(session, job_id, 1),
        ]
    still_ran = is_running(child)
    first.send_signal(signal.SIGCONT)
    until(lambda: not is_running(child), within_s=20)

    assert still_ran
    assert accepted == [False, False, False]
    assert (ended.state, ended.attempts, ended.fence) == ("succeeded", 2, 2)
    assert house.row(job_id).state == "succeeded"
    assert house.told() == []


def test_a_fresh_worker_finds_the_jobs_of_dead_ones_even_without_the_tables_of_the_engine(
    house: House,
) -> None:
    first = house.worker()
    job_id = house.add("second_time")
    house.mark(job_id)
    first.kill()
    first.wait()

    second = house.worker()
    ended = house.end_of(job_id)
    other_id = house.add("second_time")
    house.mark(other_id)
    second.kill()
    second.wait()
    for file in house.home.glob("jobs.sqlite*"):
        file.unlink()
    house.worker()
    other_ended = house.end_of(other_id)

    assert (ended.state, ended.attempts, ended.fence) == ("succeeded", 2, 2)
    assert (other_ended.state, other_ended.attempts) == ("succeeded", 2)


def test_a_worker_gives_up_what_outlives_no_worker_and_tells_what_was_left_untold(
    house: House,
) -> None:
    error = {"code": "x", "message": "", "problems": []}
    deadly = house.add("endless", attempts=3)
    untold = house.add("quick", state="failed", error=error)
    workspaces = house.home / "work"
    for name in ("not a job", str(untold), str(new_id())):
        (workspaces / name).mkdir(parents=True)

    house.worker()
    given_up = house.end_of(deadly)
    house.end_of(untold)

    assert (given_up.state, given_up.error["code"]) == ("failed", "worker_crashed")
    assert house.marks_of(deadly) == []
    assert [folder.name for folder in workspaces.iterdir()] == ["not a job"]
    assert {entry["job"]: entry["error"]["code"] for entry in house.told()} == {
        str(deadly): "worker_crashed",
        str(untold): "x",
    }


def test_a_worker_that_stops_gives_its_job_back_uncounted(house: House) -> None:
    first = house.worker()
    job_id = house.add("second_time")
    child = house.mark(job_id)["pid"]

    first.terminate()
    status = first.wait(10)
    given_back = house.facts(job_id)
    house.worker()
    ended = house.end_of(job_id)

    assert status == 0
    assert not is_running(child)
    assert (given_back.state, given_back.attempts) == ("queued", 0)
    assert (ended.state, ended.attempts, ended.fence) == ("succeeded", 1, 2)


def test_nothing_is_left_of_a_server_that_was_killed(house: House) -> None:
    server = subprocess.Popen(
        [
            sys.executable,
            "-c",
            SERVER,
            *house.command("--lifeline"),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    assert server.stdout is not None
    with server.stdout:
        pid, has_dbos = server.stdout.readline().split()
        job_id = house.add("endless")
        mark = house.mark(job_id)
        family = {int(pid), mark["pid"], mark["grandchild"], *_descendants(int(pid))}

        os.kill(server.pid, signal.SIGKILL)
        server.wait()
        until(lambda: not any(is_running(member) for member in family), within_s=30)

    assert len(family) >= 4
    assert has_dbos == b"False"
    assert house.facts(job_id).state == "queued"


def _descendants(pid: int) -> set[int]:
    listing = subprocess.run(
        ["ps", "-e", "-o", "pid=,ppid="], check=True, capture_output=True, text=True
    ).stdout
    parents = dict(map(int, line.split()) for line in listing.splitlines())
    found = {pid}
    while True:
        more = {child for child, parent in parents.items() if parent in found} - found
        if not more:
            return found - {pid}
        found |= more
