"""A scorecard: binned entries, their weights of evidence, and a logistic regression over them.

Procedure (Siddiqi 2006): 1. every entry is cut into a few bins that tell the classes apart, which
can be merged until the rates rise or fall throughout; 2. a bin's weight of evidence is the log of
its odds over the odds of all rows; 3. a logistic regression weighs the entries; those that would
enter with the wrong sign are left out; 4. points are the log-odds on a scale where 20 points
double the odds and 600 points stand for odds of 50 to 1.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from accredit_engine.bundle.contract import Task
from accredit_engine.errors import TrialFailed
from accredit_engine.families.arrays import array_bytes, floats_from
from accredit_engine.families.bag import BagMember, same_member
from accredit_engine.families.family import TRAITS, FamilyName, Params, Training
from accredit_engine.families.steps import StepsMember, steps_of
from accredit_engine.features.plan import PlanName

_DOUBLING: Final = 20.0
_ANCHOR_POINTS: Final = 600.0
_ANCHOR_ODDS: Final = 50.0
_EVIDENCE: Final = "evidence.npy"
_TREND: Final = ("free", "monotone")


@dataclass(frozen=True, slots=True)
class ScorecardMember:
    """A scorecard.

    Attributes:
        steps: What each bin adds to the log-odds of class 1.
        evidence: float64 (all bins,): weight of evidence of each bin.
    """

    steps: StepsMember
    evidence: NDArray[np.float64]

    @property
    def family(self) -> FamilyName:
        """Its family."""
        return FamilyName.SCORECARD

    def raw(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log-odds of class 1 (n, 1)."""
        return self.steps.raw(matrix)

    def contributions(
        self, matrix: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Contributions (n, m, 1) and base (1,)."""
        return self.steps.contributions(matrix)

    def table(self) -> list[dict[str, float | int | None]]:
        """One row per bin of each entry that counts: what a person reads off and adds up.

        Keys: entry (position), low (lowest value, None when open), high (first value beyond),
        missing (1 for the bin of missing values), evidence, log_odds, points (the constant is
        spread evenly over the entries, so that points simply add up), share (of training rows).
        """
        factor = _DOUBLING / np.log(2)
        offset = _ANCHOR_POINTS - factor * np.log(_ANCHOR_ODDS)
        counted = [entry for entry in range(self.steps.entries) if self._counts(entry)]
        even = (offset + factor * float(self.steps.intercept[0])) / max(1, len(counted))
        rows: list[dict[str, float | int | None]] = []
        for entry in counted:
            limits = self.steps.limits(entry)
            for at, (low, high) in enumerate(limits, start=self.steps.first(entry)):
                added = float(self.steps.values[at, 0])
                rows.append(
                    {
                        "entry": entry,
                        "low": low,
                        "high": high,
                        "missing": int(at == self.steps.first(entry + 1) - 1),
                        "evidence": float(self.evidence[at]),
                        "log_odds": added,
                        "points": even + float(factor) * added,
                        "share": float(self.steps.shares[at]),
                    }
                )
        return rows

    def _counts(self, entry: int) -> bool:
        own = slice(self.steps.first(entry), self.steps.first(entry + 1))
        return bool((self.steps.values[own] != 0).any())

    def files(self) -> dict[str, bytes]:
        """Its arrays as `.npy`."""
        return {**self.steps.files(), _EVIDENCE: array_bytes(self.evidence)}

    @classmethod
    def from_files(cls, name: FamilyName, files: Mapping[str, bytes]) -> Self:
        """Inverse of `files`."""
        return cls(StepsMember.from_files(name, files), floats_from(files[_EVIDENCE]))


class ScorecardFamily:
    """Makes scorecards."""

    name = FamilyName.SCORECARD
    plan = PlanName.BOOSTING
    traits = TRAITS[FamilyName.SCORECARD]

    def unfit(self, task: Task, rows: int, entries: int) -> str:
        """Odds are those of two classes."""
        del rows, entries
        return "" if task is Task.BINARY else "a scorecard is for two classes"

    def default(self, task: Task, rows: int) -> Params:
        """Six bins of one in twenty rows at least."""
        del task, rows
        return {"bins": 6, "bin_share": 0.05, "trend": "free", "inverse_penalty": 1.0}

    def space(self, task: Task, rows: int) -> Mapping[str, BaseDistribution]:
        """Number, size and trend of the bins; penalty."""
        del task, rows
        return {
            "bins": IntDistribution(3, 10),
            "bin_share": FloatDistribution(0.02, 0.1, log=True),
            "trend": CategoricalDistribution(list(_TREND)),
            "inverse_penalty": FloatDistribution(1e-2, 100.0, log=True),
        }

    def train(self, training: Training, params: Params) -> tuple[ScorecardMember, Params]:
        """Cut, weigh and regress."""
        # Without interactions by nature, so any interaction constraint holds.
        training.refuse_constraints(self.name, monotone=False, interactions=False)
        if training.task is not Task.BINARY:
            message = self.unfit(training.task, 0, 0)
            raise TrialFailed(message)
        # 1. and 2.
        cuts, tables = [], []
        for entry in range(training.matrix.shape[1]):
            training.refuse_when_expired()
            edges, evidence = _evidence(training, entry, params)
            cuts.append(edges)
            tables.append(evidence[:, None])
        plain = steps_of(self.name, training.matrix, cuts, tables, np.zeros(1))
        # 3.
        weights, intercept = _regression(plain, training, float(params["inverse_penalty"]))
        scaled = [table * weight for table, weight in zip(tables, weights, strict=True)]
        steps = steps_of(self.name, training.matrix, cuts, scaled, np.array([intercept]))
        return ScorecardMember(steps, plain.values[:, 0].copy()), params

    def merged(self, members: Sequence[ScorecardMember]) -> ScorecardMember | BagMember:
        """Side by side, or the one that all are equal to: no fit draws at random."""
        return same_member(members) or BagMember(self.name, tuple(members))


def _evidence(
    training: Training, entry: int, params: Params
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Edges (e,) and weights of evidence (e + 2,) of one entry."""
    values = training.matrix[:, entry]
    weight = np.ones(len(values)) if training.weight is None else training.weight
    is_code = entry in training.categorical
    direction = training.monotone[entry] if training.monotone else 0
    if is_code and direction:
        message = "a category without order cannot be held monotone"
        raise TrialFailed(message)
    present = ~np.isnan(values)
    edges = np.zeros(0)
    if present.any():
        edges = (
            _between(np.unique(values[present]))
            if is_code
            else _cuts(values[present], training.y[present], weight[present], params)
        )
    at = np.where(present, np.searchsorted(edges, values, side="right"), len(edges) + 1)
    counts = np.bincount(at, weights=weight, minlength=len(edges) + 2).astype(np.float64)
    hits = np.bincount(at, weights=weight * training.y, minlength=len(edges) + 2).astype(np.float64)
    if not is_code and (direction or params["trend"] == "monotone"):
        counts[:-1], hits[:-1] = _with_trend(counts[:-1], hits[:-1], direction)
    rate = float(hits.sum() / counts.sum())
    # One row's worth of the overall rate, so that small bins say little.
    found: NDArray[np.float64] = np.log((hits + rate) / (counts - hits + 1 - rate))
    return edges, found - np.log(rate / (1 - rate))


def _between(codes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Edges around each code; codes never seen fall into the empty bins outside."""
    return np.concatenate([[codes[0] - 0.5], (codes[1:] + codes[:-1]) / 2, [codes[-1] + 0.5]])


def _cuts(
    values: NDArray[np.float64],
    y: NDArray[np.float64],
    weight: NDArray[np.float64],
    params: Params,
) -> NDArray[np.float64]:
    """Edges (e,) found by a small tree of one entry."""
    tree = DecisionTreeClassifier(
        criterion="entropy",
        max_leaf_nodes=max(2, int(params["bins"])),
        min_samples_leaf=max(5, round(float(params["bin_share"]) * len(values))),
        random_state=0,
    ).fit(values[:, None], y, sample_weight=weight)
    inner = tree.tree_.children_left >= 0
    # A tree sends values on the threshold left, a bin keeps them on its right.
    above = np.nextafter(tree.tree_.threshold[inner], np.inf)
    return np.asarray(np.unique(above), dtype=np.float64)


def _with_trend(
    counts: NDArray[np.float64], hits: NDArray[np.float64], direction: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rows and hits of bins, pooled until the rates go one way; 0 takes the better way."""
    if direction == 0:
        ways = [_pooled(counts, hits, way) for way in (1, -1)]
        scores = [_log_likelihood(*way) for way in ways]
        return ways[0] if scores[0] >= scores[1] else ways[1]
    return _pooled(counts, hits, direction)


def _pooled(
    counts: NDArray[np.float64], hits: NDArray[np.float64], direction: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pool adjacent violators (Ayer et al. 1955); every pooled bin carries the pool's totals."""
    pools: list[tuple[float, float, int]] = []
    for count, hit in zip(counts.tolist(), hits.tolist(), strict=True):
        pools.append((count, hit, 1))
        while len(pools) > 1 and _breaks(pools[-2], pools[-1], direction):
            count_b, hit_b, bins_b = pools.pop()
            count_a, hit_a, bins_a = pools.pop()
            pools.append((count_a + count_b, hit_a + hit_b, bins_a + bins_b))
    sizes = [bins for _, _, bins in pools]
    return (
        np.repeat([count for count, _, _ in pools], sizes),
        np.repeat([hit for _, hit, _ in pools], sizes),
    )


def _breaks(
    before: tuple[float, float, int], after: tuple[float, float, int], direction: int
) -> bool:
    """Whether the smoothed odds of two pools go against the direction, or a pool is empty."""
    if not (before[0] and after[0]):
        return True
    rates = [(hit + 0.5) / (count + 1.0) for count, hit, _ in (before, after)]
    return direction * (rates[1] - rates[0]) <= 0


def _log_likelihood(counts: NDArray[np.float64], hits: NDArray[np.float64]) -> float:
    rate = np.clip(hits / np.maximum(counts, 1e-12), 1e-9, 1 - 1e-9)
    return float((hits * np.log(rate) + (counts - hits) * np.log(1 - rate)).sum())


def _regression(
    plain: StepsMember, training: Training, inverse_penalty: float
) -> tuple[NDArray[np.float64], float]:
    """Weights (m,) ≥ 0 of the entries and the intercept."""
    columns = [
        plain.values[plain.bins(training.matrix[:, entry], entry), 0]
        for entry in range(plain.entries)
    ]
    evidence = np.stack(columns, axis=1)
    kept = np.flatnonzero(evidence.std(axis=0) > 0)
    weights = np.zeros(plain.entries)
    while True:
        model = LogisticRegression(C=inverse_penalty, solver="lbfgs", max_iter=200)
        inputs = evidence[:, kept] if len(kept) else np.zeros((len(evidence), 1))
        with warnings.catch_warnings():
            # Stopping short of full convergence costs a little accuracy, which folds measure.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(inputs, training.y, sample_weight=training.weight)
        if not len(kept) or (model.coef_[0] >= 0).all():
            break
        kept = kept[model.coef_[0] >= 0]
    weights[kept] = model.coef_[0][: len(kept)]
    return weights, float(model.intercept_[0])
