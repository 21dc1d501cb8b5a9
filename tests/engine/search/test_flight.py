"""Workers that die or hang cost a trial, not the run. Real child processes."""

import math
import os
import time
from pathlib import Path

import numpy as np
import pytest

from accredit_engine.bundle.contract import Task
from accredit_engine.errors import WorkersLost
from accredit_engine.families.family import Family, FamilyName, Member, Params, Training
from accredit_engine.families.roster import load_families
from accredit_engine.search.evaluate import Evaluator, TrialOrder
from accredit_engine.search.flight import Flight
from accredit_engine.search.pool import INLINE, PROCESSES, open_pool
from accredit_engine.search.proposal import Proposal
from accredit_engine.search.trials import Origin, Trial, TrialState
from tests.engine.search.support import small_evaluator


def with_family(name: FamilyName, behaviour: str) -> Evaluator:
    """An evaluator whose family `name` misbehaves; the linear one works."""
    families, _ = load_families((FamilyName.LINEAR,))
    linear = families[FamilyName.LINEAR]

    class Misbehaving:
        plan = linear.plan
        traits = linear.traits

        def __init__(self) -> None:
            self.name = name

        def default(self, task: Task, rows: int) -> Params:
            return linear.default(task, rows)

        def train(self, training: Training, params: Params) -> tuple[Member, Params]:
            if behaviour == "dies":
                os._exit(9)
            if behaviour == "hangs":
                while True:
                    time.sleep(0.05)
            if behaviour == "raises":
                message = "a bug"
                raise AssertionError(message)
            return linear.train(training, params)

    broken: Family = Misbehaving()  # type: ignore[assignment] # a stand-in with what is used
    return small_evaluator({FamilyName.LINEAR: linear, name: broken})


def order(number: int, family: FamilyName, limit_s: float = math.inf) -> TrialOrder:
    return TrialOrder(
        number, Proposal(family, {"inverse_penalty": 0.3}, Origin.PORTFOLIO), None, limit_s
    )


def fly(flight: Flight, orders: list[TrialOrder]) -> dict[int, Trial]:
    for one in orders:
        flight.start(one)
    landed: dict[int, Trial] = {}
    while not flight.is_empty:
        for trial in flight.landed():
            landed[trial.number] = trial
    return landed


def test_a_family_that_kills_its_worker_is_named_and_the_others_finish() -> None:
    evaluator = with_family(FamilyName.SVM, "dies")

    with open_pool(PROCESSES, evaluator, 2) as pool:
        landed = fly(Flight(pool, 2, 60.0), [order(0, FamilyName.LINEAR), order(1, FamilyName.SVM)])

    assert landed[0].state is TrialState.FINISHED
    assert landed[1].state is TrialState.CRASHED
    assert "died" in landed[1].reason


def test_a_family_that_hangs_is_killed_and_the_others_finish() -> None:
    evaluator = with_family(FamilyName.SVM, "hangs")

    with open_pool(PROCESSES, evaluator, 2) as pool:
        warm = Flight(pool, 2, 60.0)
        fly(warm, [order(0, FamilyName.LINEAR)])
        warm.limit_s = 0.5
        started = time.monotonic()
        landed = fly(warm, [order(1, FamilyName.SVM), order(2, FamilyName.LINEAR)])

    assert landed[1].state is TrialState.HUNG
    assert landed[2].state is TrialState.FINISHED
    assert time.monotonic() - started < 60


@pytest.mark.parametrize("where", [INLINE, PROCESSES])
def test_an_error_of_a_library_costs_one_trial(where: str) -> None:
    evaluator = with_family(FamilyName.SVM, "raises")

    with open_pool(where, evaluator, 2) as pool:
        landed = fly(Flight(pool, 1, 60.0), [order(0, FamilyName.SVM)])

    assert landed[0].state is TrialState.FAILED
    assert landed[0].reason == "AssertionError: a bug"


def test_a_trial_is_the_same_in_this_process_and_in_a_child() -> None:
    families, _ = load_families((FamilyName.LINEAR, FamilyName.BOOSTING))
    evaluator = small_evaluator(families)
    wanted = TrialOrder(
        3,
        Proposal(
            FamilyName.BOOSTING,
            families[FamilyName.BOOSTING].default(Task.BINARY, 200),
            Origin.SEARCH,
        ),
        None,
        math.inf,
    )

    trials = []
    for where in (INLINE, PROCESSES):
        with open_pool(where, evaluator, 2) as pool:
            trials.append(fly(Flight(pool, 1, 60.0), [wanted])[3])

    assert trials[0].raw_digest == trials[1].raw_digest != ""
    assert np.array_equal(trials[0].margin, trials[1].margin)


def test_the_file_that_carries_the_data_to_children_is_private_and_removed() -> None:
    families, _ = load_families((FamilyName.LINEAR,))

    with open_pool(PROCESSES, small_evaluator(families), 1) as pool:
        file = Path(str(pool.file))  # type: ignore[attr-defined] # of the pool of processes
        mode = file.parent.stat().st_mode & 0o777

    assert mode == 0o700
    assert not file.exists()


def test_lost_workers_have_a_code() -> None:
    assert WorkersLost.code == "workers_lost"
