"""The record of a run: everything that is needed to repeat it and to judge it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from accredit_engine.bundle.contract import LeftOut
from accredit_engine.data.finding import Finding
from accredit_engine.search.trials import CLOCKED, Trial

_PLACE: Final = ("n_jobs", "workers")
"""Settings that say where a run ran; they change nothing in it."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands; sent after every step.

    Attributes:
        stage: prepare, derive, search, refit or done.
        trials: Trials that ended.
        best_score: Best score so far; greater is better.
        elapsed_s: Seconds so far, with earlier attempts of the run.
        budget_s: Seconds the run may take.
        message: One line for people.
    """

    stage: str
    trials: int
    best_score: float | None
    elapsed_s: float
    budget_s: float
    message: str


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What was asked, what was found, and what was done.

    Attributes:
        settings: What the caller asked for, JSON.
        versions: Versions of Python and the packages.
        data_digest: Digest of the frame.
        rows: Rows that were trained on.
        searched_rows: Rows that the search looked at; fewer when a large table was sampled.
        folds: Number of folds, and how they were drawn.
        columns: Kind and role of every column.
        meta: Meta-features of the data, by which later runs find this one.
        findings: What a person should know about the data.
        left_out: Columns that are no inputs.
        derivation: Features made of several columns: what was tested, kept and dropped.
        trials: Every trial.
        blend: Trial, family, weight and fits of each member, and the score of the blend.
        deploy: The leaner variant and what it loses in the metric.
        front: Trials that no other beats in score, speed and, if demanded, selection-rate ratio.
        alternatives: Less discriminatory alternatives; None without sensitive features.
        absent_families: Families that could not be loaded, with the reason.
        mitigation: What was demanded and reached; None without mitigation.
        threshold: The threshold, the rule behind it and its curve; None unless binary.
        conformal: Quantiles of intervals or sets; None unless asked for.
        stopped: Whether the caller ended the search early; the best so far was kept.
        elapsed_s: Seconds in all.
    """

    settings: Mapping[str, object]
    versions: Mapping[str, str]
    data_digest: str
    rows: int
    searched_rows: int
    folds: Mapping[str, object]
    columns: tuple[Mapping[str, object], ...]
    meta: Mapping[str, float]
    findings: tuple[Finding, ...]
    left_out: tuple[LeftOut, ...]
    derivation: Mapping[str, object]
    trials: tuple[Trial, ...]
    blend: Mapping[str, object]
    deploy: Mapping[str, object]
    front: tuple[Mapping[str, object], ...]
    alternatives: Mapping[str, object] | None
    absent_families: Mapping[str, str]
    mitigation: Mapping[str, object] | None
    threshold: Mapping[str, object] | None
    conformal: Mapping[str, object] | None
    stopped: bool
    elapsed_s: float

    def to_dict(self) -> dict[str, object]:
        """JSON form, with times."""
        return {
            **self.to_config(),
            "trials": [trial.to_dict() for trial in self.trials],
            "front": [dict(trial) for trial in self.front],
            "elapsed_s": self.elapsed_s,
        }

    def to_config(self) -> dict[str, object]:
        """JSON form without times and threads: equal runs give equal bytes."""
        trials = [trial.to_dict() for trial in self.trials]
        for trial in trials:
            for name in CLOCKED:
                del trial[name]
        return {
            "settings": {
                name: value for name, value in self.settings.items() if name not in _PLACE
            },
            "versions": dict(self.versions),
            "data_digest": self.data_digest,
            "rows": self.rows,
            "searched_rows": self.searched_rows,
            "folds": dict(self.folds),
            "columns": [dict(column) for column in self.columns],
            "meta": dict(self.meta),
            "findings": [finding.to_dict() for finding in self.findings],
            "left_out": [
                {"name": column.name, "reason": column.reason.value, "detail": column.detail}
                for column in self.left_out
            ],
            "derivation": dict(self.derivation),
            "trials": trials,
            "blend": dict(self.blend),
            "deploy": dict(self.deploy),
            "alternatives": None if self.alternatives is None else dict(self.alternatives),
            "absent_families": dict(self.absent_families),
            "mitigation": None if self.mitigation is None else dict(self.mitigation),
            "threshold": None if self.threshold is None else dict(self.threshold),
            "conformal": None if self.conformal is None else dict(self.conformal),
            "stopped": self.stopped,
        }
