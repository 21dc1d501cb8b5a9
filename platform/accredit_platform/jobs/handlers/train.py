"""An AutoML run: data split, search, bundle, record."""

import json
import shutil
from collections.abc import Mapping
from typing import Any, Final

from accredit_engine import AutoML, Mitigation, Progress
from accredit_engine.data.source import frame_digest
from accredit_governance.operations.runs import finish_run
from accredit_governance.questions.work import RunFacts, run_facts
from accredit_governance.registry.records import TrialRecord
from accredit_governance.registry.terms import Label, UseCaseTerms
from accredit_platform.jobs.context import JobContext
from accredit_platform.jobs.handlers.records import (
    split,
    workplace,
    write_oof,
)

_LARGE_CELLS: Final = 200_000
"""From so many rows times columns on, trials run in child processes of the job, one per core, so
that a library that crashes costs a trial and not the run. Below, starting them takes longer than
the trials do. Counted runs come out the same either way."""


def train(job: JobContext) -> None:
    """Run AutoML on the training part; the hold-out is touched by the gates only.

    A run that was interrupted goes on from its checkpoint in the workspace.
    """
    with workplace(job) as place:
        facts = run_facts(place.database, place.actor, job.subject_id)
        job.progress(0.0, "splitting the data")
        rows, holdout = split(place, facts)
        automl = _automl(job, facts, cells=rows.size)
        automl.fit(
            rows,
            facts.terms.target,
            sensitive_features=[f.column for f in facts.terms.sensitive_features],
            exclude=facts.spec.exclude,
            groups=facts.spec.groups,
            time=facts.spec.time,
            checkpoint=job.workspace / "checkpoint",
            on_progress=lambda progress: job.progress(_share(facts, progress), progress.message),
        )
        job.progress(0.95, "writing the bundle")
        folder = job.workspace / "bundle"
        # An earlier attempt may have been killed between writing and recording.
        shutil.rmtree(folder, ignore_errors=True)
        digest = automl.save(folder, reference=holdout)
        artifacts = place.services.artifacts
        artifacts.keep_folder(folder, digest)
        kept = artifacts.incoming(".parquet")
        write_oof(automl.oof_, kept)
        record = automl.record_.to_dict()
        finish_run(
            place.database,
            place.actor,
            job.job_id,
            job.fence,
            record=_plain(
                {
                    "run": record,
                    "contract": automl.model_.contract.to_dict(),
                    "holdout": {
                        "rows": len(holdout),
                        "share": facts.spec.holdout_share,
                        "digest": frame_digest(holdout),
                    },
                    "leaderboard": automl.leaderboard_.to_dict("records"),
                }
            ),
            bundle_digest=digest,
            evidence_digest=artifacts.keep_file(kept),
            trials=[_trial(trial) for trial in _plain(record["trials"])],
        )


def _automl(job: JobContext, facts: RunFacts, *, cells: int) -> AutoML:
    asked = facts.spec.mitigation
    return AutoML(
        task=facts.terms.task,
        metric=facts.spec.metric,
        time_budget_s=facts.spec.time_budget_s,
        seed=facts.spec.seed,
        n_jobs=job.settings.cores,
        max_trials=facts.spec.max_trials,
        families=facts.spec.families,
        interpretable=facts.spec.interpretable,
        # A principal reason has to be the reason, not a sample of it.
        attributions="exact",
        column_kinds=facts.spec.column_kinds or None,
        leakage="refuse",
        sampler=facts.spec.sampler,
        monotone=facts.spec.monotone,
        class_weight=facts.spec.class_weight,
        favourable=_favourable(facts.terms),
        mitigation=None
        if asked is None
        else Mitigation(asked.sensitive_feature, asked.constraint, asked.min_ratio),
        workers="processes" if cells >= _LARGE_CELLS else "inline",
    )


def _favourable(terms: UseCaseTerms) -> Label | None:
    """The label that a binary model is for; with several classes none is before the others."""
    return next(iter(terms.favourable_labels), None) if terms.task == "binary" else None


def _share(facts: RunFacts, progress: Progress) -> float:
    """How far a run is, leaving room for the refit and the bundle."""
    if facts.spec.max_trials is not None:
        done = progress.trials / facts.spec.max_trials
    else:
        done = progress.elapsed_s / progress.budget_s
    return min(0.9, 0.9 * done)


def _plain(value: object) -> Any:  # JSON data, whatever the engine recorded
    """JSON data without NaN: what is not a number is nothing."""
    text = json.dumps(value, default=_scalar)
    return json.loads(text, parse_constant=lambda _: None)


def _scalar(value: object) -> object:
    item = getattr(value, "item", None)
    return item() if callable(item) else str(value)


def _trial(trial: Mapping[str, Any]) -> TrialRecord:
    return TrialRecord(
        number=int(trial["number"]),
        family=str(trial["family"]),
        state=str(trial["state"]),
        score=trial.get("score"),
        document=dict(trial),
    )
