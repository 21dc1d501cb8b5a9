"""Replay: doing a recorded run again, trial by trial, and comparing what comes out.

A run under a time budget stops where the clock says, so doing it again with the same budget proves
nothing. A replay takes the list of trials that the bundle records, with the rounds that each fold
settled on, and repeats just that: 1. the data must have the recorded digest; 2. every finished
trial must give the same scores of the rows, byte for byte; 3. the blend with its recorded weights,
refitted as often as recorded, must give the same files.
"""

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from accredit_engine.assembly import assemble
from accredit_engine.recorded_run import RecordedRun
from accredit_engine.search.ensemble import Blender
from accredit_engine.search.evaluate import TrialOrder
from accredit_engine.search.pool import Pool, open_pool
from accredit_engine.search.proposal import Proposal
from accredit_engine.search.trials import Trial, TrialState
from accredit_engine.search.work import run_trial
from accredit_engine.verdicts import decisions_of


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of a replay.

    Attributes:
        trials: Whether each finished trial gave the same scores of the rows, by number.
        differing: Files of the model that are not the same, byte for byte.
        versions: Packages that are installed in another version than recorded: name to (recorded,
            installed). Other versions may give other bits without anything being wrong.
    """

    trials: Mapping[int, bool]
    differing: tuple[str, ...]
    versions: Mapping[str, tuple[str, str]]

    @property
    def is_same(self) -> bool:
        """Whether everything came out the same."""
        return all(self.trials.values()) and not self.differing


def replay(folder: Path, frame: pd.DataFrame, *, n_jobs: int = 2) -> Replay:
    """Do the run of a bundle again.

    Args:
        folder: The bundle.
        frame: The rows it was trained on.
        n_jobs: Cores to use; the result does not depend on it.

    Raises:
        DamagedBundle: the bundle is not what its manifest says.
        NotReplayable: other data, or a run with functions of the caller that no record holds.
    """
    recorded = RecordedRun.open(folder, frame, n_jobs=n_jobs)
    config, settings = recorded.config, recorded.settings
    evaluator = recorded.searching(threads=1)
    full = recorded.refitting(evaluator)
    with open_pool(settings.workers, evaluator, n_jobs) as pool:
        again = _trials(recorded.trials, pool)
    members = config["blend"]["members"]
    weights = tuple((again[member["trial"]], member["weight"]) for member in members)
    blender = Blender(
        evaluator=evaluator,
        judge=lambda score, _: (1.0, score),
        limits=settings.limits,
        left_s=lambda: math.inf,
        cost_s=lambda _: 0.0,
        workers=1,
    )
    blend = blender.calibrated(weights, config["blend"]["method"])
    decisions = decisions_of(settings, evaluator, blend)
    fits = {member["trial"]: member["fits"] for member in members}
    with open_pool(settings.workers, full, n_jobs) as pool:
        assembly = assemble(
            blend,
            full,
            pool,
            target=config["settings"]["target"],
            fits=lambda trial: fits[trial.number],
            has_time=lambda _: True,
            lean=blender.calibrated(((again[config["deploy"]["trial"]], 1.0),), "single"),
            thresholds=decisions.threshold_of,
            conformal=decisions.conformal,
            costs=decisions.costs,
        )
    return Replay(
        trials={
            trial.number: again[trial.number].raw_digest == trial.raw_digest
            for trial in recorded.trials
            if trial.state is TrialState.FINISHED
        },
        differing=recorded.differing(assembly.deploy if recorded.is_lean else assembly.model),
        versions=recorded.other_versions(),
    )


def _trials(recorded: Sequence[Trial], pool: Pool) -> dict[int, Trial]:
    """Finished trials, run again."""
    running: dict[int, Future[Trial]] = {}
    for trial in recorded:
        if trial.state is TrialState.FINISHED:
            proposal = Proposal(trial.family, trial.params, trial.origin, trial.derived)
            # Folds that the clock did not cut find their rounds again by themselves.
            rounds = trial.fold_rounds if trial.reason else ()
            order = TrialOrder(trial.number, proposal, None, math.inf, rounds)
            running[trial.number] = pool.submit(run_trial, order)
    return {number: future.result() for number, future in running.items()}
