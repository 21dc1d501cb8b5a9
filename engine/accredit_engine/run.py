"""One run, from a frame to an outcome.

Procedure: 1. read the data; 2. arrange families, folds and features; 3. search and blend; 4. fix
what predictions out of fold decide; 5. refit on all rows; 6. write down what was done. Nothing is
kept between runs; `AutoML` is the face of this module.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from accredit_engine.arrangement import (
    agenda_for,
    derivation_for,
    evaluator_for,
    extent_for,
    families_for,
    folds_for,
    meta_of,
    over_all_rows,
    place_of,
    searched_count,
    searched_rows,
)
from accredit_engine.assembly import Assembly, assemble, draws_of
from accredit_engine.bundle.bundle import REFERENCE_ROWS
from accredit_engine.bundle.contract import Task
from accredit_engine.bundle.environment import versions
from accredit_engine.data.folds import Folds
from accredit_engine.data.preparation import Prepared, Roles, prepare
from accredit_engine.data.sample import taken
from accredit_engine.data.source import frame_digest
from accredit_engine.evaluation.calibration import probabilities
from accredit_engine.leaderboard import leaderboard_rows
from accredit_engine.model import FittedModel
from accredit_engine.record import Progress, RunRecord
from accredit_engine.recording import Account, record_of
from accredit_engine.search.budget import Budget
from accredit_engine.search.checkpoint import Checkpoint
from accredit_engine.search.ensemble import Blend
from accredit_engine.search.evaluate import Evaluator
from accredit_engine.search.groups import refuse_groups
from accredit_engine.search.pool import Pool, open_pool, warm_up
from accredit_engine.search.study import Search
from accredit_engine.search.trials import Trial
from accredit_engine.settings import Settings
from accredit_engine.verdicts import Decisions, decisions_of, findings_of

_UNCOUNTED: Final = ("n_jobs", "time_budget_s", "max_trials", "workers")
"""Settings that say how far a search goes, not what it searches: a resumed run may change them."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What belongs to one call of `fit` rather than to the settings.

    Attributes:
        checkpoint: Folder of the checkpoint, or None.
        on_progress: Told after every step, or None.
        stop: Asked between trials; True ends the search with what it has.
    """

    checkpoint: Path | None = None
    on_progress: Callable[[Progress], None] | None = None
    stop: Callable[[], bool] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run leaves behind.

    Attributes:
        model: The fitted model.
        deploy: The best single member, leaner to serve.
        leaderboard: Rows of the leaderboard.
        record: The record of the run.
        oof: Predictions of the blend out of fold.
        reference: Training inputs that drift may be measured against.
        suspects: Labels of rows whose target looks wrong.
    """

    model: FittedModel
    deploy: FittedModel
    leaderboard: list[dict[str, object]]
    record: RunRecord
    oof: pd.DataFrame
    reference: pd.DataFrame
    suspects: pd.Index


def run(frame: pd.DataFrame, roles: Roles, settings: Settings, occasion: Occasion) -> Outcome:
    """Run; errors as in `AutoML.fit`."""
    budget = Budget.start(settings.time_budget_s, timed=settings.max_trials is None)
    where, workers = place_of(settings, budget)
    reporter = _Reporter(budget, occasion.on_progress)
    reporter.tell("prepare", 0, None, "reading the data")
    # 1. Data.
    prepared = prepare(frame, roles, task=settings.task, seed=settings.seed)
    if settings.mitigation is not None:
        refuse_groups(prepared.groups, settings.mitigation.features)
    warm_up(where, workers)
    digest = frame_digest(frame)
    # 2. Arrangement.
    families, absent = families_for(settings, prepared)
    rows = searched_rows(prepared, searched_count(settings, prepared, workers))
    sampled = prepared if rows is None else taken(prepared, rows)
    folds = folds_for(settings, sampled, extent_for(settings, sampled))
    reporter.tell("derive", 0, None, "testing features made of several columns")
    checkpoint = _checkpoint(occasion.checkpoint, settings, roles, digest, folds)
    derivation = derivation_for(settings, sampled, folds, budget, checkpoint)
    threads = max(1, settings.n_jobs // workers)
    evaluator = evaluator_for(settings, sampled, folds, derivation, families, threads=threads)
    meta = meta_of(sampled)
    search = Search(
        evaluator=evaluator,
        agenda=agenda_for(settings, evaluator, meta),
        budget=budget,
        max_trials=settings.max_trials,
        limits=settings.limits,
        refit_factor=prepared.table.rows / sampled.table.rows,
        draws=lambda trial: draws_of(trial, prepared, settings.limits),
        checkpoint=checkpoint,
        report=reporter.after_trial,
        stop=occasion.stop,
    )
    reporter.tell("search", 0, None, "trying configurations")
    with open_pool(where, evaluator, workers) as pool:
        # 3. Search.
        blend = search.run(pool)
        score = float(np.mean(evaluator.fold_scores(blend.margin)))
        reporter.tell("refit", len(search.trials), score, "training the blend on all rows")
        # 4. Decisions.
        decisions = decisions_of(settings, evaluator, blend)
        # 5. Refit.
        full = evaluator
        if rows is not None:
            full = over_all_rows(evaluator, settings, prepared)
        with _pool_for(full, evaluator, pool, where, workers) as refitting:
            assembly = _assembled(search, blend, full, refitting, roles, decisions)
    # 6. Record.
    findings, suspects = findings_of(evaluator, blend)
    account = Account(
        settings=settings,
        roles=roles,
        prepared=prepared,
        search=search,
        blend=blend,
        decisions=decisions,
        derivation=derivation,
        assembly=assembly,
        meta=meta,
        digest=digest,
        absent={**absent, **search.skipped},
        findings=findings,
    )
    reporter.tell("done", len(search.trials), score, "finished")
    return Outcome(
        model=assembly.model,
        deploy=assembly.deploy,
        leaderboard=leaderboard_rows(search.trials, blend),
        record=record_of(account),
        oof=_out_of_fold(blend, evaluator),
        reference=_reference(prepared),
        suspects=sampled.frame.index[folds.scored[suspects]],
    )


@dataclass(frozen=True, slots=True)
class _Reporter:
    """Sends progress to a listener, if there is one."""

    budget: Budget
    listener: Callable[[Progress], None] | None

    def tell(self, stage: str, trials: int, best: float | None, message: str) -> None:
        if self.listener is not None:
            elapsed, total = self.budget.elapsed(), self.budget.total_s
            self.listener(Progress(stage, trials, best, elapsed, total, message))

    def after_trial(self, search: Search) -> None:
        best, last = search.best(search.trials), search.trials[-1]
        message = f"trial {last.number} ({last.family.value}) {last.state.value}"
        score = None if best is None else best.score
        self.tell("search", len(search.trials), score, message)


@contextmanager
def _pool_for(
    full: Evaluator, searched: Evaluator, pool: Pool, where: str, workers: int
) -> Iterator[Pool]:
    """The pool of the search, or one that knows all rows when the search knew a sample."""
    if full is searched:
        yield pool
        return
    with open_pool(where, full, workers) as other:
        yield other


def _assembled(
    search: Search,
    blend: Blend,
    evaluator: Evaluator,
    pool: Pool,
    roles: Roles,
    decisions: Decisions,
) -> Assembly:
    def has_time(trial: Trial) -> bool:
        return search.budget.left() > search.fixed_s() + search.refit_s(trial)

    return assemble(
        blend,
        evaluator,
        pool,
        target=roles.target,
        has_time=has_time,
        fits=search.draws,
        lean=search.blender().lean(blend),
        thresholds=decisions.threshold_of,
        conformal=decisions.conformal,
        costs=decisions.costs,
    )


def _checkpoint(
    folder: Path | None, settings: Settings, roles: Roles, digest: str, folds: Folds
) -> Checkpoint | None:
    if folder is None:
        return None
    asked = {name: value for name, value in settings.to_dict().items() if name not in _UNCOUNTED}
    return Checkpoint.open(
        Path(folder),
        {
            "data": digest,
            "settings": asked,
            "folds": folds.to_dict(),
            "roles": {
                "target": roles.target,
                "sensitive": list(roles.sensitive),
                "exclude": list(roles.exclude),
                "groups": roles.groups,
                "time": roles.time,
                "weight": roles.weight,
            },
            "versions": versions(),
        },
    )


def _out_of_fold(blend: Blend, evaluator: Evaluator) -> pd.DataFrame:
    prepared = evaluator.bench.prepared
    output = probabilities(blend.margin, prepared.task)
    index = prepared.frame.index[evaluator.bench.folds.scored]
    if prepared.task is Task.REGRESSION:
        return pd.DataFrame(output, index=index, columns=["prediction"])
    if prepared.task is Task.BINARY:
        other = 1 - output[:, 0]
        last_is_favourable = prepared.favourable == prepared.classes[1]
        pair = (other, output[:, 0]) if last_is_favourable else (output[:, 0], other)
        output = np.stack(pair, axis=1)
    return pd.DataFrame(output, index=index, columns=list(prepared.classes))


def _reference(prepared: Prepared) -> pd.DataFrame:
    """An even sample of the training inputs."""
    inputs = prepared.frame[[column.name for column in prepared.schema]]
    if len(inputs) <= REFERENCE_ROWS:
        return inputs
    rows = np.linspace(0, len(inputs) - 1, REFERENCE_ROWS).round().astype(np.int64)
    return inputs.iloc[rows]
