"""Processes die, files rot: nothing is lost, nothing is served that should not be."""

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from accredit_platform.client import Record, Refused
from tests.journeys.company import Company, bundle_folder, exported, gone, until, verified

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def company(reopen: Callable[..., Company]) -> Company:
    return reopen(ACCREDIT_WORKER_LOST_AFTER_S="2")


def checkpoint(company: Company, job: str) -> list[Path]:
    folder = company.server.home / "work" / job / "checkpoint"
    return sorted(folder.glob("trial-*.json"))


def trials_before_the_end(company: Company, run: Record, *, at_least: int = 2) -> dict[int, Record]:
    """Finished trials of a run that goes on."""

    def some() -> Record | None:
        job = company.developer.get(f"/operations/{run['job_id']}")
        told = "trial" in job["message"] and len(checkpoint(company, run["job_id"])) >= at_least
        return job if told else None

    job = until(some, within_s=60, what="some trials are finished")
    assert job["state"] == "running"
    assert 0 < job["share"] < 1
    found = [json.loads(file.read_bytes()) for file in checkpoint(company, run["job_id"])]
    return {trial["number"]: trial for trial in found}


def finished_trials(company: Company, run: Record) -> dict[int, Record]:
    items = company.developer.get(f"/runs/{run['id']}/trials")["items"]
    return {trial["number"]: trial["document"] for trial in items}


def assert_finished_once(company: Company, run: Record, kept: dict[int, Record]) -> None:
    events = [e["action"] for e in company.events(resource_id=run["id"])]
    trials = finished_trials(company, run)
    assert events == ["run.requested", "run.finished"]
    assert len(trials) > len(kept)
    for number, trial in kept.items():
        # The seconds that a trial took differ whenever it is trained again.
        assert {k: trial[k] for k in trials[number]} == trials[number]


def predictions(company: Company, deployment: Record | None = None) -> list[Record]:
    path = f"/deployments/{(deployment or company.things['deployment'])['id']}/predictions"
    answer: list[Record] = company.desk.post(path, {"rows": company.things["rows"][:5]})[
        "predictions"
    ]
    return answer


def scores(told: list[Record]) -> list[Any]:
    return [answer["score"] for answer in told]


def model_process(company: Company) -> psutil.Process:
    (host,) = company.server.named("accredit_platform.serving.host")
    return host


@pytest.mark.timeout(180, func_only=True)
def test_a_run_outlives_kill_9_of_the_server(company: Company, tmp_path: Path) -> None:
    run = company.run(max_trials=None, time_budget_s=12)
    kept = trials_before_the_end(company, run)
    family = company.server.family()
    assert len(family) >= 3, "worker, fork server and child"

    company.server.kill()
    until(lambda: gone(family), within_s=20, what="nothing of the server is left")
    company.server.start()
    told = predictions(company)
    job = company.done(run["job_id"])

    assert scores(told) == scores(company.things["told"][:5]), "what was deployed serves again"
    assert job["attempts"] == 1, "the orphaned worker gave it back in good order"
    assert_finished_once(company, run, kept)
    assert verified(exported(company, tmp_path)).returncode == 0


@pytest.mark.timeout(180, func_only=True)
def test_a_run_outlives_kill_9_of_the_worker(company: Company) -> None:
    run = company.run(max_trials=None, time_budget_s=8, seed=1)
    kept = trials_before_the_end(company, run)
    (worker,) = company.server.named("accredit_platform.cli.main", "worker")
    family = [worker, *worker.children(recursive=True)]

    worker.send_signal(signal.SIGKILL)
    until(lambda: gone(family), within_s=20, what="nothing of the worker is left")
    assert company.developer.get("/me")["name"] == "developer"
    job = company.done(run["job_id"])

    assert job["attempts"] == 2
    assert_finished_once(company, run, kept)


def test_a_cancelled_run_stops_at_once_and_says_so(company: Company) -> None:
    run = company.run(max_trials=None, time_budget_s=60, seed=2)
    trials_before_the_end(company, run, at_least=1)
    path = f"/operations/{run['job_id']}/cancellations"

    assert company.developer.post(path)["cancel_requested"] is True
    company.done(run["job_id"], state="cancelled", within_s=10)

    def told() -> bool:
        return company.developer.get(f"/runs/{run['id']}")["state"] == "cancelled"

    until(told, within_s=10, what="the run is cancelled")
    assert [e["action"] for e in company.events(resource_id=run["id"])] == [
        "run.requested",
        "run.cancelled",
    ]
    (asked,) = company.events(resource_id=run["job_id"])
    assert (asked["action"], asked["actor"]["id"]) == (
        "job.cancel_requested",
        company.ids["developer"],
    )
    assert not (company.server.home / "work" / run["job_id"]).exists()
    with pytest.raises(Refused, match=r"409 conflict: .*cancelled already"):
        company.developer.post(path)


def test_a_killed_model_process_is_replaced_by_the_next_prediction(company: Company) -> None:
    before = scores(predictions(company))
    host = model_process(company)

    host.kill()
    after = scores(predictions(company))

    assert after == before == scores(company.things["told"][:5])
    assert model_process(company).pid != host.pid


def test_two_servers_on_one_home_do_no_harm(company: Company, tmp_path: Path) -> None:
    first, port = company.server.process, company.server.port
    second = type(company.server)(company.server.home, company.server.environment).start()
    try:
        run = company.run(max_trials=2, seed=3)
        job = company.done(run["job_id"])
        assert job["attempts"] == 1
        assert_finished_once(company, run, {})
        assert scores(predictions(company)) == scores(company.things["told"][:5])
    finally:
        second.stop()
    assert (company.server.process, company.server.port) == (first, port)
    assert verified(exported(company, tmp_path)).returncode == 0


def settle_findings(company: Company) -> None:
    """What the recession opened keeps no version from being deployed any more."""
    for finding in company.compliance.get("/findings?state=open")["items"]:
        body = {"severity": "low", "reason": "The recession was an exercise of ours."}
        company.compliance.post(f"/findings/{finding['id']}/severity-changes", body)


def test_a_damaged_bundle_serves_nothing_and_the_rest_goes_on(company: Company) -> None:
    folder = bundle_folder(company)
    file = next(file for file in sorted(folder.glob("members/*/*")) if file.stat().st_size > 100)
    file.chmod(0o644)
    whole = file.read_bytes()
    counts = f"/deployments/{company.things['deployment']['id']}/traffic"
    before = company.developer.get(counts)
    company.server.stop()
    file.write_bytes(whole[:50] + bytes([whole[50] ^ 1]) + whole[51:])
    company.server.start()
    try:
        with pytest.raises(Refused) as refused:
            predictions(company)
        settle_findings(company)
        path = f"/model-versions/{company.things['version']['id']}/deployments"
        second = company.owner.post(path, {"environment": "staging"})
        job = company.done(second["job_id"], state="failed")
        failed = until(
            lambda: (
                (d := company.owner.get(f"/deployments/{second['id']}"))["state"] == "failed" and d
            ),
            within_s=10,
            what="the deployment has failed",
        )
    finally:
        file.write_bytes(whole)

    problem = refused.value.problem
    assert (problem["status"], problem["code"]) == (503, "host_failed")
    assert file.name in problem["detail"]
    assert str(company.server.home) not in problem["detail"]
    assert company.developer.get(counts) == before, "what was not answered is not logged"
    assert job["error"]["code"] == failed["error"]["code"] == "damaged_bundle"
    assert file.name in failed["error"]["message"]
    assert [e["action"] for e in company.events(resource_id=second["id"])] == [
        "deployment.requested",
        "deployment.failed",
    ]
    assert scores(predictions(company)) == scores(company.things["told"][:5]), "whole again"


def test_a_suspended_version_answers_nothing_from_that_moment(company: Company) -> None:
    path = f"/model-versions/{company.things['version']['id']}/suspensions"
    predictions(company)

    company.compliance.post(path, {"reason": "Complaints about refusals."})
    with pytest.raises(Refused) as refused:
        predictions(company)

    assert (refused.value.problem["status"], refused.value.problem["code"]) == (409, "conflict")
    assert "suspended" in refused.value.problem["detail"]
    moved = company.events(action="model_version.moved")[-1]
    assert moved["actor"]["id"] == company.ids["compliance"]
    assert (moved["fact"]["after"], moved["fact"]["reason"]) == (
        "suspended",
        "Complaints about refusals.",
    )
