"""Making a recorded model again: as it was, with other seeds, from other rows, or from one trial.

Unlike a replay, which repeats every trial of the search, this trains only what is asked for, from
the settled parameters that the record holds. Weights, calibration, threshold and contract are those
of the record and the bundle: they were decided on predictions out of fold, which only the search
can make.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_engine.arrangement import over_all_rows
from accredit_engine.assembly import contract_of, folded, members_of
from accredit_engine.bundle.contract import Contract, Task
from accredit_engine.data.preparation import Prepared
from accredit_engine.data.sample import taken
from accredit_engine.evaluation.conformal import Conformal
from accredit_engine.model import FittedModel
from accredit_engine.recorded_run import RecordedRun
from accredit_engine.search.ensemble import Blend, Weights
from accredit_engine.search.evaluate import Evaluator
from accredit_engine.search.pool import INLINE, open_pool
from accredit_engine.search.trials import Trial, finished


@dataclass(frozen=True, slots=True)
class Rebuilder:
    """A recorded run, ready to train its members again.

    Nothing is kept between calls but the training table.
    """

    _run: RecordedRun
    _evaluator: Evaluator
    _contract: Contract

    @classmethod
    def open(cls, folder: Path, frame: pd.DataFrame, *, n_jobs: int = 2) -> Self:
        """Read the record of a bundle and prepare its training rows.

        Args:
            folder: The bundle.
            frame: The rows it was trained on, as the run was given them.
            n_jobs: Cores to use, in as many processes; the models do not depend on it.

        Raises:
            DamagedBundle: the bundle is not what its manifest says.
            NotReplayable: other data, or a run with functions of the caller that no record holds.
        """
        run = RecordedRun.open(folder, frame, n_jobs=n_jobs)
        evaluator = run.refitting(run.searching(threads=1))
        return cls(run, evaluator, Contract.from_dict(json.loads(run.files["contract.json"])))

    def model(self) -> FittedModel:
        """The model as it was made: same members, same rows, same seeds, same number of fits.

        The contract is read from the rows again, but for the threshold. With the recorded versions
        of the packages `differing` finds no file of it that is not the same, byte for byte.
        """
        run = self._run
        fits = {member["trial"]: member["fits"] for member in run.config["blend"]["members"]}
        contract = contract_of(run.prepared, run.config["settings"]["target"])
        contract = replace(contract, threshold=self._contract.threshold)
        evaluator = self._over(run.prepared, run.settings.seed)
        return self._trained(self._blend(), evaluator, lambda trial: fits[trial.number], contract)

    def refit(self, *, seed: int, rows: NDArray[np.intp] | None = None) -> FittedModel:
        """The model with other seeds and, if given, from other rows.

        Encoders are fitted on those rows too. Weights of the blend, calibration, threshold,
        contract and rounds stay those of the record. Every member is fitted once, also where the
        model averages several fits, so a refit varies a little more than the model would.

        Args:
            seed: Root of the random choices of the fits.
            rows: Positions in the training table, which holds the rows with an outcome in the order
                of the frame; they may repeat, and their order does not matter. A class that they
                lack would have no margin, so the first row of it is added. None takes all rows.

        Raises:
            ValueError: there are no rows, or a position is outside the table.
            TrialFailed: a fit fails on these rows.
        """
        prepared = self._run.prepared
        if rows is not None:
            # The rows as given are heavy, and only the contract is read from them.
            bare = replace(prepared, frame=prepared.frame.iloc[:, :0])
            prepared = taken(bare, _with_every_class(rows, prepared))
        return self._trained(self._blend(), self._over(prepared, seed), lambda _: 1, self._contract)

    def of_trial(self, number: int) -> FittedModel:
        """A model of one finished trial alone, fitted once on all rows.

        Its calibration is the one that the trial had in the search. Its threshold is that of the
        bundle, so it selects about, not exactly, as many: a comparison of decisions has to choose a
        cut-off that selects alike.

        Raises:
            ValueError: no finished trial has the number.
        """
        trial = self._finished(number)
        outputs = self._run.prepared.outputs
        alone = _blend(((trial, 1.0),), "single", np.zeros(outputs), np.ones(outputs))
        evaluator = self._over(self._run.prepared, self._run.settings.seed)
        return self._trained(alone, evaluator, lambda _: 1, self._contract)

    def differing(self, model: FittedModel) -> tuple[str, ...]:
        """Files of a model that the bundle does not hold, byte for byte."""
        return self._run.differing(model)

    @property
    def versions(self) -> Mapping[str, tuple[str, str]]:
        """Packages in another version than recorded: name → (recorded, installed)."""
        return self._run.other_versions()

    @property
    def rows(self) -> int:
        """Rows of the training table: those with an outcome."""
        return self._run.prepared.table.rows

    def _blend(self) -> Blend:
        """The blend behind the bundle, as recorded."""
        config = self._run.config
        members = [(member["trial"], member["weight"]) for member in config["blend"]["members"]]
        method, recorded = config["blend"]["method"], config["blend"]
        if self._run.is_lean:
            recorded = config["deploy"]
            members, method = [(recorded["trial"], 1.0)], "single"
        weights = tuple((self._finished(number), weight) for number, weight in members)
        offset, slope = (np.array(recorded[name]) for name in ("offset", "slope"))
        return _blend(weights, method, offset, slope)

    def _over(self, prepared: Prepared, seed: int) -> Evaluator:
        """An evaluator over a table, with nothing encoded yet."""
        settings = replace(self._run.settings, seed=seed)
        evaluator = over_all_rows(self._evaluator, settings, prepared)
        return replace(evaluator, seed=seed)

    def _trained(
        self,
        blend: Blend,
        evaluator: Evaluator,
        fits: Callable[[Trial], int],
        contract: Contract,
    ) -> FittedModel:
        config, settings = self._run.config, self._run.settings
        # A fit takes one thread, as in the search: two that wait for each other are slower than
        # one as soon as the machine has something else to do.
        where = INLINE if settings.n_jobs == 1 else settings.workers
        with open_pool(where, evaluator, settings.n_jobs) as pool:
            members, _ = members_of(blend, evaluator, pool, fits=fits, has_time=lambda _: True)
        model = folded(blend, evaluator, members, contract)
        has_conformal = config["conformal"] is not None and not self._run.is_lean
        return replace(
            model,
            conformal=Conformal.from_dict(config["conformal"]) if has_conformal else None,
            costs=settings.costs if settings.task is Task.MULTICLASS else None,
        )

    def _finished(self, number: int) -> Trial:
        for trial in finished(self._run.trials):
            if trial.number == number:
                return trial
        message = f"the record holds no finished trial {number}"
        raise ValueError(message)


def _blend(
    weights: Weights, method: str, offset: NDArray[np.float64], slope: NDArray[np.float64]
) -> Blend:
    return Blend(weights, method, offset, slope, margin=np.zeros((0, len(offset))))


def _with_every_class(rows: NDArray[np.intp], prepared: Prepared) -> NDArray[np.intp]:
    """The rows, ascending, and the first row of every class that they lack.

    Raises:
        ValueError: there are none, or a position is outside the table.
    """
    count = prepared.table.rows
    if not len(rows) or rows.min() < 0 or rows.max() >= count:
        message = f"rows are positions from 0 to {count - 1}, at least one"
        raise ValueError(message)
    if prepared.task is Task.REGRESSION:
        return np.sort(rows)
    classes, first = np.unique(prepared.y, return_index=True)
    absent = ~np.isin(classes, prepared.y[rows])
    return np.sort(np.concatenate([rows, first[absent]]))
