"""Replay: doing a recorded run again, trial by trial, and comparing what comes out.

A run under a time budget stops where the clock says, so doing it again with the same budget proves
nothing. A replay takes the list of trials that the bundle records, with the rounds that each fold
settled on, and repeats just that: 1. the data must have the recorded digest; 2. every finished
trial must give the same scores of the rows, byte for byte; 3. the blend with its recorded weights,
refitted as often as recorded, must give the same files.
"""

import math
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from accredit_engine.arrangement import (
    DerivedFeatures,
    evaluator_for,
    folds_for,
    over_all_rows,
    searched_rows,
)
from accredit_engine.assembly import Assembly, assemble
from accredit_engine.bundle.bundle import model_files, read_json
from accredit_engine.bundle.contract import label_from_json
from accredit_engine.bundle.digests import sha256, verified_files
from accredit_engine.bundle.environment import versions
from accredit_engine.data.folds import Extent
from accredit_engine.data.preparation import Roles, prepare
from accredit_engine.data.sample import taken
from accredit_engine.data.source import frame_digest
from accredit_engine.errors import NotReplayable
from accredit_engine.families.roster import load_families
from accredit_engine.features.spec import DerivedSpec
from accredit_engine.search.ensemble import Blender
from accredit_engine.search.evaluate import TrialOrder
from accredit_engine.search.pool import Pool, open_pool
from accredit_engine.search.proposal import Proposal
from accredit_engine.search.trials import Trial, TrialState
from accredit_engine.search.work import run_trial
from accredit_engine.settings import settings_from
from accredit_engine.verdicts import decisions_of

_CONFIG: Final = "config.json"


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
    config = read_json(folder, _CONFIG)
    _, files = verified_files(folder)
    digest = frame_digest(frame)
    if digest != config["data_digest"]:
        message = (
            f"the data have the digest {digest[:16]}…, the run was trained on "
            f"{config['data_digest'][:16]}…; replay it on the rows it was trained on"
        )
        raise NotReplayable(message)
    settings = replace(settings_from(config["settings"]), n_jobs=n_jobs)
    recorded = [Trial.from_dict({**_UNTIMED, **trial}, None) for trial in config["trials"]]
    prepared = prepare(frame, _roles(config["settings"]), task=settings.task, seed=settings.seed)
    rows = searched_rows(prepared, config["searched_rows"])
    sampled = prepared if rows is None else taken(prepared, rows)
    extent = Extent(config["folds"]["count"], config["folds"]["repeats"])
    folds = folds_for(settings, sampled, extent)
    kept = tuple(DerivedSpec.from_dict(spec) for spec in config["derivation"]["kept"])
    derived = DerivedFeatures(kept, config["derivation"])
    wanted = tuple({trial.family for trial in recorded})
    families, _ = load_families(wanted)
    evaluator = evaluator_for(settings, sampled, folds, derived, families, threads=1)
    full = evaluator
    if rows is not None:
        full = over_all_rows(evaluator, settings, prepared)
    with open_pool(settings.workers, evaluator, n_jobs) as pool:
        again = _trials(recorded, pool)
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
            for trial in recorded
            if trial.state is TrialState.FINISHED
        },
        differing=_differing(assembly, config, files),
        versions=_other_versions(config["versions"]),
    )


_UNTIMED: Final = {"seconds": 0.0, "row_ms": 0.0}


def _trials(recorded: list[Trial], pool: Pool) -> dict[int, Trial]:
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


def _differing(
    assembly: Assembly,
    config: Mapping[str, Any],
    files: Mapping[str, bytes],  # Any: JSON.
) -> tuple[str, ...]:
    model = assembly.deploy if config.get("variant") == "deploy" else assembly.model
    ours = model_files(model)
    return tuple(
        sorted(
            path
            for path, content in ours.items()
            if path not in files or sha256(files[path]) != sha256(content)
        )
    )


def _roles(recorded: Mapping[str, Any]) -> Roles:  # Any: JSON.
    favourable = recorded["favourable"]
    return Roles(
        target=recorded["target"],
        sensitive=tuple(recorded["sensitive_features"]),
        exclude=tuple(recorded["exclude"]),
        kinds=recorded["column_kinds"],
        favourable=None if favourable is None else label_from_json(favourable),
        leakage=recorded["leakage"],
        groups=recorded["groups"],
        time=recorded["time"],
        weight=recorded["weight"],
    )


def _other_versions(recorded: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    here = versions()
    return {
        name: (version, here.get(name, "absent"))
        for name, version in recorded.items()
        if here.get(name) != version
    }
