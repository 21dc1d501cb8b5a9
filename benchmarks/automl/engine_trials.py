"""Trials by the engine's own cross-validation, kept in a folder so that a run can go on.

The one module here that knows the inside of the engine's search; `evaluate_configuration` is the
one call that follows it.

Layout of the folder: `settings.json` says what the trials were made with; then one folder per data
set with `trials.jsonl` (one line per trial) and `KEY.npy` (margin out of fold, float32) per
finished trial. Start with an empty folder when a family or the encoding changes.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from cases import DataSet, case_of, frame_of
from numpy.typing import NDArray
from pool import Configuration

from accredit_engine.bundle.contract import Task
from accredit_engine.bundle.environment import versions
from accredit_engine.data.folds import FOLDS, Extent, draw_folds
from accredit_engine.data.preparation import Roles, prepare
from accredit_engine.evaluation.metrics import DEFAULT_METRICS, Scorer
from accredit_engine.families.family import Family, FamilyName
from accredit_engine.features.encoding import Encoding
from accredit_engine.search.constraints import Constraints
from accredit_engine.search.evaluate import Evaluator, TrialOrder
from accredit_engine.search.proposal import Proposal
from accredit_engine.search.trials import Origin, TrialState
from accredit_engine.search.workbench import Workbench
from accredit_engine.seeds import child

_TRIALS: Final = "trials.jsonl"


@dataclass(frozen=True, slots=True)
class Trial:
    """One configuration on one data set.

    Attributes:
        state: finished, failed or stopped.
        reason: Why it did not finish.
        seconds: Wall time of all folds, encoding left out.
        margin: float64 (n, o) out of fold; None unless finished.
    """

    state: str
    reason: str
    seconds: float
    margin: NDArray[np.float64] | None


@dataclass(frozen=True, slots=True)
class Table:
    """All trials of one data set.

    Attributes:
        name: Name of the data set.
        task: What is predicted.
        y: float64 (n,): 0 and 1, positions of classes, or values.
        trials: By key of the configuration.
    """

    name: str
    task: Task
    y: NDArray[np.float64]
    trials: Mapping[str, Trial]


def workbench(data: DataSet, *, max_rows: int, seed: int) -> Workbench:
    """Training rows of the first split, at most `max_rows` of them; its test rows stay unseen."""
    train = case_of(data, frame_of(data), 0).train
    if len(train) > max_rows:
        random = np.random.default_rng(child(seed, "sample", data.name))
        train = train.iloc[np.sort(random.permutation(len(train))[:max_rows])]
        train = train.reset_index(drop=True)
    roles = Roles(
        target=data.target,
        sensitive=(),
        exclude=(),
        kinds={},
        favourable=None,
        leakage="quarantine",
    )
    prepared = prepare(train, roles, task=Task(data.task), seed=seed)
    folds = draw_folds(
        prepared.y,
        task=prepared.task,
        extent=Extent(FOLDS, 1),
        seed=seed,
        duplicates=prepared.duplicates,
    )
    return Workbench.of(prepared, folds, seed)


def evaluate_configuration(
    bench: Workbench,
    family: Family,
    params: Mapping[str, float | int | str],
    *,
    limit_s: float,
    threads: int,
) -> Trial:
    """Cross-validate one configuration; `params` are laid over the family's default."""
    task, rows = bench.prepared.task, bench.prepared.table.rows
    for fold in range(len(bench.folds.pairs)):
        # Encoded once for all: no configuration's own time.
        bench.fold(Encoding(family.plan), fold)
    evaluator = Evaluator(
        bench=bench,
        scorer=Scorer(DEFAULT_METRICS[task], task),
        families={family.name: family},
        constraints=Constraints({}),
        mitigation=None,
        threads=threads,
        seed=bench.seed,
    )
    proposal = Proposal(family.name, {**family.default(task, rows), **params}, Origin.PORTFOLIO)
    trial = evaluator.run(TrialOrder(0, proposal, None, limit_s))
    margin = trial.margin if trial.state is TrialState.FINISHED else None
    return Trial(trial.state.value, trial.reason, trial.seconds, margin)


@dataclass(frozen=True, slots=True)
class TrialFolder:
    """The trials on disk.

    Attributes:
        folder: Where they are kept.
        max_rows: Rows per data set.
        seed: Root seed.
        limit_s: Seconds a trial may take.
        threads: Threads of a trial.
    """

    folder: Path
    max_rows: int
    seed: int
    limit_s: float
    threads: int

    def open(self) -> None:
        """Make the folder, or check that it was made with the same settings.

        Raises:
            ValueError: it was not.
        """
        asked = {
            "max_rows": self.max_rows,
            "seed": self.seed,
            "limit_s": self.limit_s,
            "threads": self.threads,
            "versions": dict(versions()),
        }
        path = self.folder / "settings.json"
        if path.is_file():
            if json.loads(path.read_text(encoding="utf-8")) != asked:
                message = f"{self.folder} was made with other settings or versions"
                raise ValueError(message)
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asked, indent=1), encoding="utf-8")

    def fill(
        self, data: DataSet, pool: list[Configuration], families: Mapping[FamilyName, Family]
    ) -> None:
        """Run the trials of one data set that are missing."""
        own = self._own(data)
        done = self._lines(own)
        missing = [
            configuration
            for configuration in pool
            if data.task in configuration.tasks and configuration.key not in done
        ]
        if not missing and (own / "y.npy").is_file():
            return
        own.mkdir(exist_ok=True)
        bench = workbench(data, max_rows=self.max_rows, seed=self.seed)
        np.save(own / "y.npy", bench.prepared.y)
        for configuration in missing:
            family = families[FamilyName(configuration.family)]
            trial = evaluate_configuration(
                bench, family, configuration.params, limit_s=self.limit_s, threads=self.threads
            )
            self._keep(own, configuration, trial)
            print(
                f"{data.name} {configuration.family} {configuration.key}: {trial.state} "
                f"after {trial.seconds:.1f} s {trial.reason}",
                flush=True,
            )

    def table(self, data: DataSet) -> Table:
        """Everything known of one data set."""
        own = self._own(data)
        trials = {
            key: Trial(line["state"], line["reason"], line["seconds"], _margin(own, key))
            for key, line in self._lines(own).items()
        }
        return Table(data.name, Task(data.task), np.load(own / "y.npy"), trials)

    def _own(self, data: DataSet) -> Path:
        return self.folder / f"{data.name}-{data.digest}"

    def _lines(self, own: Path) -> dict[str, dict[str, Any]]:  # Any: parsed JSON.
        path = own / _TRIALS
        if not path.is_file():
            return {}
        # A line that was cut off by the end of the machine does not count.
        texts = [text for text in path.read_text(encoding="utf-8").splitlines() if text[-1:] == "}"]
        return {line["key"]: line for line in map(json.loads, texts)}

    def _keep(self, own: Path, configuration: Configuration, trial: Trial) -> None:
        if trial.margin is not None:
            np.save(own / f"{configuration.key}.npy", trial.margin.astype(np.float32))
        line = {
            "key": configuration.key,
            "family": configuration.family,
            "params": dict(configuration.params),
            "state": trial.state,
            "reason": trial.reason,
            "seconds": trial.seconds,
        }
        with (own / _TRIALS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def _margin(own: Path, key: str) -> NDArray[np.float64] | None:
    path = own / f"{key}.npy"
    return np.load(path).astype(np.float64) if path.is_file() else None
