"""Pools: a real Dask scheduler with two worker processes on loopback, and what is refused."""

import importlib
import math
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from distributed import Client
from distributed.scheduler import KilledWorker

from accredit_engine import AutoML, Progress, errors
from accredit_engine.families.family import FamilyName
from accredit_engine.families.roster import load_families
from accredit_engine.search.evaluate import Evaluator, TrialOrder
from accredit_engine.search.flight import Flight
from accredit_engine.search.pool import INLINE, DaskPool, open_pool
from accredit_engine.search.proposal import Proposal
from accredit_engine.search.trials import Origin, Trial, TrialState
from tests.engine.search.support import small_evaluator, small_frame

FAMILIES = ["linear", "naive_bayes", "tree"]


@dataclass
class Cluster:
    """Processes of a cluster; nobody restarts those that die."""

    address: str
    workers: list["subprocess.Popen[bytes]"]


def start(module: str, *arguments: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.{module}", *arguments, "--no-dashboard"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler and two workers of one thread each."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    scheduler = start("dask_scheduler", "--host", "127.0.0.1", "--port", address.split(":")[-1])
    workers = [
        start(
            "dask_worker",
            address,
            *("--no-nanny", "--nthreads", "1", "--host", "127.0.0.1"),
            *("--local-directory", str(tmp_path), "--death-timeout", "60"),
        )
        for _ in range(2)
    ]
    with Client(address, timeout=60, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
    yield Cluster(address, workers)
    for process in (*workers, scheduler):
        process.kill()
        process.wait()


def fitted(workers: str, on_progress: Callable[[Progress], None] | None = None) -> AutoML:
    model = AutoML("binary", max_trials=12, seed=4, families=FAMILIES, workers=workers)
    return model.fit(small_frame(160), "good", on_progress=on_progress)


def test_a_run_on_a_cluster_that_loses_a_worker_equals_the_run_in_this_process(
    cluster: Cluster, tmp_path: Path
) -> None:
    killed: list[int] = []

    def kill_one(progress: Progress) -> None:
        if progress.trials == 4 and not killed:
            killed.append(cluster.workers[0].pid)
            os.kill(cluster.workers[0].pid, signal.SIGKILL)

    there = fitted(cluster.address, kill_one)
    here = fitted(INLINE)

    assert killed
    assert cluster.workers[0].wait() == -signal.SIGKILL
    assert cluster.workers[1].poll() is None
    assert {trial.state for trial in there.record_.trials} <= {
        TrialState.FINISHED,
        TrialState.PRUNED,
    }
    assert there.save(tmp_path / "there") == here.save(tmp_path / "here")


def test_a_scheduler_without_workers_is_refused(cluster: Cluster) -> None:
    with Client(cluster.address, timeout=60, set_as_default=False) as client:
        client.retire_workers(list(client.scheduler_info(n_workers=-1)["workers"]))
        for worker in cluster.workers:
            worker.wait(60)

    with pytest.raises(errors.UnfitSettings, match="has no workers"):
        fitted(cluster.address)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense://x"])
def test_an_address_where_nobody_answers_is_refused(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accredit_engine.search.pool._CONNECT_S", 1)

    with pytest.raises(errors.UnfitSettings, match="no Dask scheduler answers at"):
        fitted(address)


def test_a_cluster_without_dask_is_refused_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def absent(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", absent)

    with (
        pytest.raises(errors.UnfitSettings, match=r"install accredit\[dask\]"),
        open_pool("tcp://127.0.0.1:1", evaluator(), 1),
    ):
        pass


def evaluator() -> Evaluator:
    families, _ = load_families((FamilyName.LINEAR,))
    return small_evaluator(families)


@dataclass
class Settled:
    """A future of a cluster that ended."""

    status: str
    error: BaseException | None = None

    def add_done_callback(self, call: Callable[["Settled"], None]) -> None:
        call(self)

    def exception(self) -> BaseException | None:
        return self.error


@dataclass
class EndedClient:
    """A client whose work always ends the same way."""

    ended: Settled

    def submit(self, *_: object, pure: bool) -> Settled:
        assert not pure
        return self.ended


@pytest.mark.parametrize(
    "ended",
    [
        pytest.param(Settled("cancelled"), id="given up"),
        pytest.param(
            Settled("error", KilledWorker("task", None, 3)),  # type: ignore[arg-type] # no state
            id="died of it",
        ),
    ],
)
def test_work_that_a_cluster_loses_again_and_again_is_a_crash(ended: Settled) -> None:
    flight = Flight(DaskPool(EndedClient(ended), None, 1), 1, 60.0)
    proposal = Proposal(FamilyName.LINEAR, {"inverse_penalty": 0.3}, Origin.SEARCH)

    flight.start(TrialOrder(0, proposal, None, math.inf))
    landed: list[Trial] = []
    while not flight.is_empty:
        landed += flight.landed()

    assert [trial.state for trial in landed] == [TrialState.CRASHED]
