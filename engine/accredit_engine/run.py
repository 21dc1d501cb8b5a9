"""One run, from a frame to an outcome: prepare, search, refit, record.

Nothing is kept between runs; `AutoML` is the face of this module.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from accredit_engine.assembly import assemble
from accredit_engine.bundle.bundle import REFERENCE_ROWS
from accredit_engine.bundle.contract import Task
from accredit_engine.bundle.environment import versions
from accredit_engine.data.preparation import Prepared, Roles, prepare
from accredit_engine.data.source import frame_digest
from accredit_engine.evaluation.calibration import probabilities
from accredit_engine.evaluation.metrics import Scorer
from accredit_engine.evaluation.threshold import RATE_RULE, rate_threshold
from accredit_engine.families.family import FamilyName
from accredit_engine.families.roster import load_families
from accredit_engine.leaderboard import leaderboard_rows
from accredit_engine.model import FittedModel
from accredit_engine.record import Progress, RunRecord
from accredit_engine.search.budget import Budget
from accredit_engine.search.checkpoint import Checkpoint
from accredit_engine.search.ensemble import Blend
from accredit_engine.search.evaluate import Evaluator
from accredit_engine.search.mitigation import refuse_groups, selection_rates
from accredit_engine.search.study import Search
from accredit_engine.search.workbench import Workbench
from accredit_engine.settings import Settings

_UNCOUNTED: Final = ("n_jobs", "time_budget_s", "max_trials")
"""Settings that say how far a search goes, not what it searches: a resumed run may change them."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run leaves behind.

    Attributes:
        model: The fitted model.
        leaderboard: Rows of the leaderboard.
        record: The record of the run.
        oof: Predictions of the blend out of fold.
        reference: Training inputs that drift may be measured against.
    """

    model: FittedModel
    leaderboard: list[dict[str, object]]
    record: RunRecord
    oof: pd.DataFrame
    reference: pd.DataFrame


def run(
    frame: pd.DataFrame,
    roles: Roles,
    settings: Settings,
    *,
    checkpoint: Path | None,
    on_progress: Callable[[Progress], None] | None,
) -> Outcome:
    """Run; errors as in `AutoML.fit`."""
    budget = Budget.start(settings.time_budget_s, timed=settings.max_trials is None)
    reporter = _Reporter(budget, on_progress)
    reporter.tell("prepare", 0, None, "reading the data")
    prepared = prepare(frame, roles, task=settings.task, seed=settings.seed)
    if settings.mitigation is not None:
        feature = settings.mitigation.sensitive_feature
        refuse_groups(prepared.groups[feature], feature)
    digest = frame_digest(frame)
    families, absent = load_families(settings.families)
    search = Search(
        evaluator=_evaluator(settings, prepared),
        families=families,
        budget=budget,
        max_trials=settings.max_trials,
        checkpoint=_checkpoint(checkpoint, settings, roles, digest),
        report=reporter.after_trial,
    )
    blend = search.run()
    score = float(np.mean(search.evaluator.fold_scores(blend.margin)))
    reporter.tell("refit", len(search.trials), score, "training the blend on all rows")
    model = assemble(blend, search.evaluator, families, target=roles.target)
    record = _record(settings, roles, prepared, search, blend, digest, absent)
    reporter.tell("done", len(search.trials), score, "finished")
    return Outcome(
        model=model,
        leaderboard=leaderboard_rows(search.trials, blend),
        record=record,
        oof=_out_of_fold(blend, prepared),
        reference=_reference(prepared),
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
        best, last = search.best(), search.trials[-1]
        message = f"trial {last.number} ({last.family.value}) {last.state.value}"
        score = None if best is None else best.score
        self.tell("search", len(search.trials), score, message)


def _evaluator(settings: Settings, prepared: Prepared) -> Evaluator:
    flipped = prepared.task is Task.BINARY and prepared.favourable == prepared.classes[0]
    return Evaluator(
        bench=Workbench.of(prepared, settings.seed),
        scorer=Scorer(settings.metric, settings.task, flipped),
        mitigation=settings.mitigation,
        threads=settings.n_jobs,
        seed=settings.seed,
    )


def _checkpoint(
    folder: Path | None, settings: Settings, roles: Roles, digest: str
) -> Checkpoint | None:
    if folder is None:
        return None
    asked = {name: value for name, value in settings.to_dict().items() if name not in _UNCOUNTED}
    return Checkpoint.open(
        Path(folder),
        {
            "data": digest,
            "settings": asked,
            "roles": {
                "target": roles.target,
                "sensitive": list(roles.sensitive),
                "exclude": list(roles.exclude),
            },
            "versions": versions(),
        },
    )


def _out_of_fold(blend: Blend, prepared: Prepared) -> pd.DataFrame:
    output = probabilities(blend.margin, prepared.task)
    index = prepared.frame.index
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


def _record(
    settings: Settings,
    roles: Roles,
    prepared: Prepared,
    search: Search,
    blend: Blend,
    digest: str,
    absent: Mapping[FamilyName, str],
) -> RunRecord:
    evaluator = search.evaluator
    return RunRecord(
        settings={
            **settings.to_dict(),
            "target": roles.target,
            "sensitive_features": list(roles.sensitive),
            "exclude": list(roles.exclude),
        },
        versions=versions(),
        data_digest=digest,
        rows=prepared.table.rows,
        folds={
            "count": evaluator.bench.folds,
            "kind": "shuffled" if prepared.task is Task.REGRESSION else "stratified",
            "rows": np.bincount(evaluator.bench.fold_of).tolist(),
        },
        columns=_columns(prepared),
        findings=prepared.findings,
        left_out=prepared.left_out,
        trials=tuple(search.trials),
        blend={
            "score": float(np.mean(evaluator.fold_scores(blend.margin))),
            "fold_scores": list(evaluator.fold_scores(blend.margin)),
            "members": [
                {"trial": trial.number, "family": trial.family.value, "weight": weight}
                for trial, weight in blend.weights
            ],
            "offset": blend.offset.tolist(),
            "slope": blend.slope.tolist(),
        },
        absent_families={name.value: reason for name, reason in absent.items()},
        mitigation=_mitigation(evaluator, blend),
        threshold=_threshold(blend, prepared),
        elapsed_s=search.budget.elapsed(),
    )


def _columns(prepared: Prepared) -> tuple[Mapping[str, object], ...]:
    reasons = {column.name: column.reason.value for column in prepared.left_out}
    return tuple(
        {"name": name, "kind": kind.value, "role": reasons.get(name, "input")}
        for name, kind in prepared.kinds.items()
    )


def _mitigation(evaluator: Evaluator, blend: Blend) -> Mapping[str, object] | None:
    demanded, prepared = evaluator.mitigation, evaluator.bench.prepared
    ratio = evaluator.ratio(blend.margin)
    if demanded is None or ratio is None:
        return None
    rates = selection_rates(
        probabilities(blend.margin, Task.BINARY)[:, 0],
        prepared.groups[demanded.sensitive_feature],
        float(prepared.y.mean()),
    )
    return {
        **demanded.to_dict(),
        "ratio": ratio,
        "feasible": ratio >= demanded.min_ratio,
        "selection_rates": {
            group: {"rate": rate, "rows": rows} for group, (rate, rows) in rates.items()
        },
    }


def _threshold(blend: Blend, prepared: Prepared) -> Mapping[str, object] | None:
    if prepared.task is not Task.BINARY:
        return None
    favourable = probabilities(blend.margin, Task.BINARY)[:, 0]
    rate = float(prepared.y.mean())
    return {
        "value": rate_threshold(favourable, rate),
        "rule": RATE_RULE,
        "favourable_rate": rate,
        "rows": len(favourable),
    }
