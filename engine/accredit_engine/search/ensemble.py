"""The blend: a weighted sum of members, chosen on their margins out of fold, then calibrated.

1. Greedy selection with replacement (Caruana et al. 2004): 25 rounds, members drawn one by one;
   weights are shares of the draws. On small data it is done on several resamples of the rows and
   the weights are averaged, because one selection would follow the noise.
2. One linear stacking layer with weights ≥ 0 is tried against it; it is fitted without the fold it
   is scored on, and taken only if it wins beyond the spread of the folds.
3. The calibration is an affine map, so the margin stays a weighted sum of raw scores and
   attributions of the members add up to it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from accredit_engine.evaluation.calibration import fit_affine
from accredit_engine.search.evaluate import Evaluator
from accredit_engine.search.limits import Limits
from accredit_engine.search.stack import cross_fitted, fit_weights
from accredit_engine.search.trials import Trial
from accredit_engine.seeds import child

MAX_ROUNDS: Final = 25
MAX_MEMBERS: Final = 8
_MAX_CANDIDATES: Final = 24
_MAX_CANDIDATES_WHEN_LARGE: Final = 14
_PER_FAMILY: Final = 7
_PATIENCE: Final = 4
_JUDGED_ROWS: Final = 6_000
_SMALL_ROWS: Final = 3_000
_RESAMPLES: Final = 6
_LEAST_WEIGHT: Final = 0.03

Merit: TypeAlias = tuple[float, float]
"""What is compared: (1 when the demands are met, else 0 or less; the score)."""
Weights: TypeAlias = tuple[tuple[Trial, float], ...]


@dataclass(frozen=True, slots=True)
class Blend:
    """A weighted sum of members, calibrated.

    Attributes:
        weights: Pairs (trial, weight); the weights sum to 1.
        method: greedy, stacked or single.
        offset: float64 (o,) of the calibration.
        slope: float64 (o,) of the calibration.
        margin: float64 (s, o): calibrated margin of the scored rows.
    """

    weights: Weights
    method: str
    offset: NDArray[np.float64]
    slope: NDArray[np.float64]
    margin: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Blender:
    """Makes blends under the limits of a run.

    Attributes:
        evaluator: Scores margins.
        judge: Merit of a score and a selection-rate ratio.
        limits: Largest model and slowest answer allowed.
        left_s: Seconds left.
        cost_s: Seconds that the refit of a trial takes.
        workers: Refits that run at once.
        slack_s: Seconds by which the refit may be late: a blend is worth more than punctuality.
        growth: How many times the rows of a fold a refit learns from.
    """

    evaluator: Evaluator
    judge: Callable[[float, float | None], Merit]
    limits: Limits
    left_s: Callable[[], float]
    cost_s: Callable[[Trial], float]
    workers: int
    slack_s: float = 0.0
    growth: float = 1.0

    def blend(self, trials: Sequence[Trial]) -> Blend:
        """The best blend of finished trials whose refit fits into the time left."""
        pool = self._candidates(trials)
        weights = self._pruned(self._greedy(pool))
        method = "greedy"
        stacked = self._stacked(pool, weights)
        if stacked is not None:
            weights, method = stacked, "stacked"
        # Each selection keeps the caps; an average of several may have more members than one.
        while len(weights) > 1 and not (self._is_affordable(weights) and self._is_allowed(weights)):
            weights = _normalised(sorted(weights, key=lambda pair: -pair[1])[:-1])
        best = self._best(pool)
        if self._merit_of_weights(weights) < self.merit(best):
            # Pruned or averaged weights can miss what each selection reached, a demand above all.
            alone = ((best, 1.0),)
            if self._is_affordable(alone):
                weights, method = alone, "single"
        return self.calibrated(weights, method)

    def lean(self, blend: Blend) -> Blend:
        """The best single member of a blend, as a blend of its own."""
        best = self._best([trial for trial, _ in blend.weights])
        return self.calibrated(((best, 1.0),), "single")

    def calibrated(self, weights: Weights, method: str) -> Blend:
        """Add the affine calibration, fitted out of fold against the true target."""
        margin = np.zeros_like(weights[0][0].margin)
        for trial, weight in weights:
            margin = margin + weight * trial.margin
        task = self.evaluator.bench.prepared.task
        offset, slope = fit_affine(
            margin,
            self.evaluator.bench.y,
            task,
            shared_slope=True,
            weight=self.evaluator.scored_weight,
        )
        return Blend(weights, method, offset, slope, offset + slope * margin)

    def merit(self, trial: Trial) -> Merit:
        """Merit of one trial."""
        return self.judge(-np.inf if trial.score is None else trial.score, trial.ratio)

    def _best(self, trials: Sequence[Trial]) -> Trial:
        return max(trials, key=lambda trial: (self.merit(trial), -trial.number))

    def _merit_of_weights(self, weights: Weights) -> Merit:
        """Merit of a weighted sum of members, on all scored rows."""
        margin = np.asarray(sum(weight * trial.margin for trial, weight in weights))
        score = float(np.mean(self.evaluator.fold_scores(margin)))
        return self.judge(score, self.evaluator.ratio(margin))

    def _candidates(self, trials: Sequence[Trial]) -> list[Trial]:
        """The best trials, so many of a family at most, best first; ties by number."""
        rows = len(self.evaluator.bench.folds.scored)
        most = _MAX_CANDIDATES if rows <= 20_000 else _MAX_CANDIDATES_WHEN_LARGE
        ranked = sorted(trials, key=lambda t: (*(-part for part in self.merit(t)), t.number))
        ranked = [trial for trial in ranked if self.limits.allow([trial], self.growth)]
        if not ranked:
            return [min(trials, key=lambda trial: (self.limits.excess(trial), trial.number))]
        chosen: list[Trial] = []
        for trial in ranked:
            same = sum(other.family is trial.family for other in chosen)
            if same < _PER_FAMILY and len(chosen) < most:
                chosen.append(trial)
        if self.evaluator.mitigation is not None:
            chosen += [trial for trial in frontier(ranked) if trial not in chosen]
        return chosen

    def _greedy(self, pool: Sequence[Trial]) -> Weights:
        rows = len(self.evaluator.bench.folds.scored)
        if len(pool) == 1:
            return ((pool[0], 1.0),)
        # An average of selections that each meet a demand need not meet it.
        is_averaged = rows <= _SMALL_ROWS and self.evaluator.mitigation is None
        resamples = _RESAMPLES if is_averaged and not self._is_short() else 1
        total = np.zeros(len(pool))
        for number in range(resamples):
            parts = self._judged_parts(number if resamples > 1 else None)
            total += self._select(pool, parts)
        order = np.argsort(-total, kind="stable")[:MAX_MEMBERS]
        return _normalised([(pool[at], float(total[at])) for at in sorted(order) if total[at] > 0])

    def _select(
        self, pool: Sequence[Trial], parts: Sequence[NDArray[np.intp]]
    ) -> NDArray[np.float64]:
        """Shares of the draws (pool,) of one greedy selection."""
        judged = np.concatenate(parts)
        ends = np.cumsum([len(part) for part in parts])
        slices = [
            slice(int(end) - len(part), int(end)) for end, part in zip(ends, parts, strict=True)
        ]
        margins = [trial.margin[judged] for trial in pool]
        y = self.evaluator.bench.y[judged]
        weight = self.evaluator.scored_weight
        weight = None if weight is None else weight[judged]
        total = np.zeros_like(margins[0])
        draws: list[int] = []
        best: tuple[Merit, list[int]] = ((-np.inf, -np.inf), [])
        waited = 0
        for _ in range(MAX_ROUNDS):
            if best[1] and self._is_short():
                break
            distinct = sorted(set(draws))
            allowed = range(len(pool)) if len(distinct) < MAX_MEMBERS else distinct
            allowed = [
                at
                for at in allowed
                if self.limits.allow([pool[i] for i in {*distinct, at}], self.growth)
            ] or distinct
            scored = [
                (
                    self._merit_of(
                        (total + margins[at]) / (len(draws) + 1), y, weight, slices, judged
                    ),
                    -at,
                )
                for at in allowed
            ]
            merit, negative = max(scored)
            draws.append(-negative)
            total = total + margins[-negative]
            if merit > best[0]:
                best, waited = (merit, list(draws)), 0
            else:
                waited += 1
                if waited >= _PATIENCE:
                    break
        return np.bincount(best[1], minlength=len(pool)) / len(best[1])

    def _merit_of(
        self,
        margin: NDArray[np.float64],
        y: NDArray[np.float64],
        weight: NDArray[np.float64] | None,
        slices: Sequence[slice],
        judged: NDArray[np.intp],
    ) -> Merit:
        scorer = self.evaluator.scorer
        scores = [
            scorer.score(y[part], margin[part], None if weight is None else weight[part])
            for part in slices
        ]
        score = float(np.mean(scores))
        return self.judge(score, self.evaluator.ratio(margin, judged))

    def _judged_parts(self, resample: int | None) -> list[NDArray[np.intp]]:
        """Scored rows that blends are judged on, by fold."""
        parts = list(self.evaluator.bench.folds.parts)
        most = max(1, _JUDGED_ROWS // len(parts))
        if resample is None:
            return [part[:: max(1, len(part) // most)] for part in parts]
        random = np.random.default_rng(child(self.evaluator.seed, "blend", resample))
        return [self._resampled(part, random) for part in parts]

    def _resampled(self, part: NDArray[np.intp], random: np.random.Generator) -> NDArray[np.intp]:
        """Four fifths of a fold's rows: all classes of all but the tiniest folds stay."""
        kept = random.random(len(part)) < 0.8
        same = np.unique(self.evaluator.bench.y[part[kept]])
        whole = np.unique(self.evaluator.bench.y[part])
        is_class = len(whole) < 0.5 * len(part)
        return part[kept] if kept.any() and not (is_class and len(same) < len(whole)) else part

    def _pruned(self, weights: Weights) -> Weights:
        kept = [(trial, weight) for trial, weight in weights if weight >= _LEAST_WEIGHT]
        return _normalised(kept)

    def _stacked(self, pool: Sequence[Trial], greedy: Weights) -> Weights | None:
        """Weights of a linear stack, if it beats the greedy blend beyond the spread of folds."""
        bench = self.evaluator.bench
        if len(pool) < 2 or len(bench.folds.parts) < 2 or self.evaluator.mitigation is not None:
            return None
        if self._is_short():
            return None
        margins = np.stack([trial.margin for trial in pool])
        task = bench.prepared.task
        honest = cross_fitted(margins, bench.y, bench.folds.parts, task)
        blended = sum(weight * trial.margin for trial, weight in greedy)
        gains = np.array(self.evaluator.fold_scores(honest)) - np.array(
            self.evaluator.fold_scores(np.asarray(blended))
        )
        if gains.mean() <= gains.std(ddof=1) / np.sqrt(len(gains)):
            return None
        found = fit_weights(margins, bench.y, task)
        order = np.argsort(-found, kind="stable")[:MAX_MEMBERS]
        weights = self._pruned(
            _normalised([(pool[at], float(found[at])) for at in sorted(order) if found[at] > 0])
        )
        return weights if self._is_allowed(weights) else None

    def _is_affordable(self, weights: Weights) -> bool:
        costs = [self.cost_s(trial) for trial, _ in weights]
        return max(sum(costs) / self.workers, max(costs)) <= self.left_s() + self.slack_s

    def _is_allowed(self, weights: Weights) -> bool:
        return self.limits.allow([trial for trial, _ in weights], self.growth)

    def _is_short(self) -> bool:
        return self.left_s() <= 0


def frontier(trials: Sequence[Trial]) -> list[Trial]:
    """Trials that no other beats in both score and selection-rate ratio, best score first.

    Under a demand on the ratio a blend of an accurate and a fair member can beat both, so members
    that miss the demand are worth trying.
    """
    kept: list[Trial] = []
    for trial in sorted(trials, key=lambda trial: (-(trial.score or 0.0), trial.number)):
        if all((trial.ratio or 0.0) > (other.ratio or 0.0) for other in kept):
            kept.append(trial)
    return kept


def _normalised(weights: Sequence[tuple[Trial, float]]) -> Weights:
    total = sum(weight for _, weight in weights)
    return tuple((trial, weight / total) for trial, weight in weights)
