"""The record of a run: everything that is needed to repeat it and to judge it."""

from collections.abc import Mapping
from dataclasses import dataclass

from accredit_engine.bundle.contract import LeftOut
from accredit_engine.data.finding import Finding
from accredit_engine.search.trials import Trial


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands; sent after every step.

    Attributes:
        stage: prepare, search, refit or done.
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
        folds: Number of folds, and how they were drawn.
        columns: Kind and role of every column.
        findings: What a person should know about the data.
        left_out: Columns that are no inputs.
        trials: Every trial.
        blend: Trial, family and weight of each member, and the score of the blend.
        absent_families: Families that could not be loaded, with the reason.
        mitigation: What was demanded and reached; None without mitigation.
        threshold: The threshold and the rule behind it; None unless binary.
        elapsed_s: Seconds in all.
    """

    settings: Mapping[str, object]
    versions: Mapping[str, str]
    data_digest: str
    rows: int
    folds: Mapping[str, object]
    columns: tuple[Mapping[str, object], ...]
    findings: tuple[Finding, ...]
    left_out: tuple[LeftOut, ...]
    trials: tuple[Trial, ...]
    blend: Mapping[str, object]
    absent_families: Mapping[str, str]
    mitigation: Mapping[str, object] | None
    threshold: Mapping[str, object] | None
    elapsed_s: float

    def to_dict(self) -> dict[str, object]:
        """JSON form, with times."""
        return {
            **self.to_config(),
            "trials": [trial.to_dict() for trial in self.trials],
            "elapsed_s": self.elapsed_s,
        }

    def to_config(self) -> dict[str, object]:
        """JSON form without times and threads: equal runs give equal bytes."""
        trials = [trial.to_dict() for trial in self.trials]
        for trial in trials:
            del trial["seconds"]
        return {
            "settings": {name: value for name, value in self.settings.items() if name != "n_jobs"},
            "versions": dict(self.versions),
            "data_digest": self.data_digest,
            "rows": self.rows,
            "folds": dict(self.folds),
            "columns": [dict(column) for column in self.columns],
            "findings": [finding.to_dict() for finding in self.findings],
            "left_out": [
                {"name": column.name, "reason": column.reason.value, "detail": column.detail}
                for column in self.left_out
            ],
            "trials": trials,
            "blend": dict(self.blend),
            "absent_families": dict(self.absent_families),
            "mitigation": None if self.mitigation is None else dict(self.mitigation),
            "threshold": None if self.threshold is None else dict(self.threshold),
        }
