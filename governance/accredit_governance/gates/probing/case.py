"""The case: everything a probe may use to ask."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_engine import FittedModel
from accredit_engine.rebuilding import Rebuilder
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.probes import Rows
from accredit_governance.policy.document import Policy
from accredit_governance.registry.terms import UseCaseTerms

_LARGE_CELLS: Final = 200_000
"""From so many rows times columns on, fits run in processes; below, starting them takes longer."""

MAX_ROWS: Final = 5_000
"""Test rows that an expensive probe asks about; the error of a share is then under 1.5 points."""


@dataclass(frozen=True, slots=True)
class Incumbent:
    """The champion, as far as it can be asked.

    Attributes:
        name: `credit version 3`.
        model: its bundle, loaded; None of one that stays with its vendor.
        train: rows that it was made from, with the columns of the dataset.
    """

    name: str
    model: FittedModel | None
    train: pd.DataFrame


@dataclass(frozen=True)
class Case:
    """One model version before its judges.

    Attributes:
        model: the bundle, loaded.
        folder: where the bundle lies.
        terms: of the use case.
        policy: that asks.
        train: rows that the model was made from, as the run was given them.
        holdout: test rows with an outcome, all columns; the rows of the evidence.
        evidence: answers on the test rows, without probes.
        record: of the run.
        monotone: column → direction that the run was asked to hold.
        rationale: why this model was chosen, as people wrote it; may be empty.
        incumbent: the champion, if there is one.
        cores: that may be used.
        progress: tell how far the asking is, in [0, 1], and a message.
    """

    model: FittedModel
    folder: Path
    terms: UseCaseTerms
    policy: Policy
    train: pd.DataFrame
    holdout: pd.DataFrame
    evidence: Evidence
    record: Mapping[str, Any]  # JSON
    monotone: Mapping[str, int]
    rationale: str
    incumbent: Incumbent | None
    cores: int
    progress: Callable[[float, str], None]

    @property
    def inputs(self) -> pd.DataFrame:
        """The model's inputs on the test rows."""
        return self.evidence.inputs

    @property
    def seed(self) -> int:
        """Root of all random choices, from the policy."""
        return self.policy.evaluation.seed

    @cached_property
    def rebuilder(self) -> Rebuilder:
        """Makes the model again, in parts or with changes; opened once."""
        jobs = self.cores if self.train.size >= _LARGE_CELLS else 1
        return Rebuilder.open(self.folder, self.train, n_jobs=jobs)

    def sample(self, candidates: NDArray[np.bool_] | None = None) -> Rows:
        """At most `MAX_ROWS` positions of test rows in ascending order, the same at every call."""
        pool = np.arange(len(self.inputs)) if candidates is None else np.flatnonzero(candidates)
        if len(pool) > MAX_ROWS:
            pool = np.sort(np.random.default_rng(self.seed).choice(pool, MAX_ROWS, replace=False))
        return pool.astype(np.int64)
