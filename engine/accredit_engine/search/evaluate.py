"""One trial: a configuration on every fold, scored on rows it did not see.

A trial gives up early when its first folds are clearly worse than the best trial's same folds
(scores decide, not the clock), and between folds when its time is out.
"""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Task
from accredit_engine.bundle.digests import sha256
from accredit_engine.errors import TrialFailed
from accredit_engine.evaluation.calibration import fit_affine, identity, probabilities
from accredit_engine.evaluation.metrics import Scorer
from accredit_engine.families.arrays import array_bytes
from accredit_engine.families.family import Family, FamilyName, Member, Objective, Params, Training
from accredit_engine.features.encoding import Encoding
from accredit_engine.search.constraints import Constraints
from accredit_engine.search.groups import lowest_ratio
from accredit_engine.search.mitigation import Mitigation, train_mitigated
from accredit_engine.search.progress import ROUNDS, Progress, settled_params
from accredit_engine.search.proposal import Proposal
from accredit_engine.search.trials import Trial, TrialState
from accredit_engine.search.watch import Turn, Watch
from accredit_engine.search.workbench import FoldData, Workbench
from accredit_engine.seeds import child

_WORSE_LOSS: Final = 0.08
_WORSE_SCORE: Final = 0.125
_ABSOLUTE_METRICS: Final = frozenset(
    {"neg_mean_absolute_error", "neg_median_absolute_error", "d2_absolute_error_score"}
)
_ABSENT_BELOW: Final = 3.0
"""A class that a fold lacks gets a margin this far below the lowest of the others."""


@dataclass(frozen=True, slots=True)
class TrialOrder:
    """What a worker is asked to try.

    Attributes:
        number: Number of the trial.
        proposal: What to train.
        rival: Fold scores of the best trial so far, or None to run all folds.
        limit_s: Seconds it may take; infinite when the clock decides nothing.
        fold_rounds: Rounds of each fold that a replay repeats; empty lets the folds find out.
    """

    number: int
    proposal: Proposal
    rival: tuple[float, ...] | None
    limit_s: float
    fold_rounds: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Everything trials have in common.

    Attributes:
        bench: Data and folds.
        scorer: Scores margins.
        families: What can be trained.
        constraints: Directions and interactions that every model must hold.
        mitigation: Demand on selection rates, or None.
        threads: Threads of one fit.
        seed: Root of the random choices.
        weight: float64 (n,): how much each row counts in the population, or None.
        class_weight: float64 (n,): how much more a fit minds each row, or None; scores and
            calibration do without it, so probabilities stay those of the population.
        objective: Objective of gradient boosting, or None for the usual one.
    """

    bench: Workbench
    scorer: Scorer
    families: Mapping[FamilyName, Family]
    constraints: Constraints
    mitigation: Mitigation | None
    threads: int
    seed: int
    weight: NDArray[np.float64] | None = None
    class_weight: NDArray[np.float64] | None = None
    objective: Objective | None = None

    def run(self, order: TrialOrder) -> Trial:
        """Run a trial; a fit that gives up is recorded, not raised."""
        watch = Watch(order.limit_s)
        progress = Progress.empty(self.bench)
        state, reason = TrialState.FINISHED, ""
        folds = len(self.bench.folds.pairs)
        try:
            for fold in range(folds):
                if watch.is_over():
                    state, reason = TrialState.STOPPED, "out of time"
                    break
                self._fold(order, fold, progress, watch.turn(folds - fold))
                if fold + 1 < folds and _is_hopeless(progress.scores, order.rival):
                    state, reason = TrialState.PRUNED, "far below the best on the first folds"
                    break
        except TrialFailed as error:
            state = TrialState.STOPPED if watch.is_over() else TrialState.FAILED
            reason = str(error)
        if state is TrialState.FINISHED and watch.was_cut:
            reason = "learning was cut short by the time"
        return self._trial(order, progress, state, reason, watch.elapsed())

    def refit(self, trial: Trial, draw: int) -> tuple[Member, float]:
        """Train a trial's settled configuration on all rows; returns the seconds too.

        Args:
            trial: A finished trial.
            draw: Which of several equal fits with different seeds.
        """
        started = time.monotonic()
        family = self.families[trial.family]
        data = self.bench.whole(Encoding(family.plan, trial.derived))
        training = self._training(
            data,
            child(self.seed, "refit", trial.number, draw),
            Turn(Watch(math.inf), math.inf),
        )
        training = replace(training, held=None)
        member, _ = self._train(family, training, trial.settled, data.train_rows)
        return member, time.monotonic() - started

    def ratio(
        self, margin: NDArray[np.float64], rows: NDArray[np.intp] | None = None
    ) -> float | None:
        """Selection-rate ratio of a margin (s, 1) of the scored rows, or of some of them."""
        if self.mitigation is None:
            return None
        scored = self.bench.folds.scored
        positions = scored if rows is None else scored[rows]
        whole = self.bench.groupings(self.mitigation.features)
        favourable = probabilities(margin, Task.BINARY)[:, 0]
        rate = float(self.bench.prepared.y[positions].mean())
        return lowest_ratio(favourable, [found.take(positions) for found in whole], rate)

    def fold_scores(self, margin: NDArray[np.float64]) -> tuple[float, ...]:
        """Score of each fold of a margin (s, o)."""
        y = self.bench.y
        weight = self.scored_weight
        return tuple(
            self.scorer.score(y[part], margin[part], None if weight is None else weight[part])
            for part in self.bench.folds.parts
        )

    @property
    def scored_weight(self) -> NDArray[np.float64] | None:
        """Weights of the scored rows (s,)."""
        return None if self.weight is None else self.weight[self.bench.folds.scored]

    def _fold(self, order: TrialOrder, fold: int, progress: Progress, turn: Turn) -> None:
        family = self.families[order.proposal.family]
        data = self.bench.fold(Encoding(family.plan, order.proposal.derived), fold)
        training = self._training(data, child(self.seed, "trial", order.number, fold), turn)
        params = order.proposal.params
        if order.fold_rounds:
            params = {**params, ROUNDS: order.fold_rounds[fold]}
        present = self._present(data.train_rows)
        if present is None:
            member, settled = self._train(family, training, params, data.train_rows)
            raw = member.raw(data.held)
        else:
            member, settled = self._train(
                family, _without_absent(training, present), params, data.train_rows
            )
            raw = _spread(member.raw(data.held), present, self.bench.prepared.outputs)
        if not np.isfinite(raw).all():
            message = "predictions did not stay finite"
            raise TrialFailed(message)
        progress.add(self.bench, data.held_rows, raw, settled)
        if fold + 1 == len(self.bench.folds.pairs):
            progress.weigh(member, data.held)
        known = np.flatnonzero(progress.times)
        offset, slope = self._affine(family, progress.mean()[known], known)
        held_y = self.bench.prepared.y[data.held_rows]
        weight = None if self.weight is None else self.weight[data.held_rows]
        progress.scores.append(self.scorer.score(held_y, offset + slope * raw, weight))

    def _present(self, rows: NDArray[np.intp]) -> NDArray[np.intp] | None:
        """Classes that occur in these rows when some do not: rare classes miss whole folds."""
        prepared = self.bench.prepared
        if prepared.task is not Task.MULTICLASS:
            return None
        present = np.unique(prepared.y[rows]).astype(np.intp)
        return None if len(present) == prepared.outputs else present

    def _train(
        self, family: Family, training: Training, params: Params, rows: NDArray[np.intp]
    ) -> tuple[Member, Params]:
        """Fit once, through the mitigation if there is one; `rows` are positions in the table."""
        if self.mitigation is None:
            return family.train(training, params)
        compared = [found.take(rows) for found in self.bench.groupings(self.mitigation.features)]
        return train_mitigated(family, training, params, self.mitigation, compared)

    def _learning_weight(self, rows: NDArray[np.intp]) -> NDArray[np.float64] | None:
        given = [weight for weight in (self.weight, self.class_weight) if weight is not None]
        return np.prod([weight[rows] for weight in given], axis=0) if given else None

    def _training(self, data: FoldData, seed: int, turn: Turn) -> Training:
        prepared = self.bench.prepared
        held = None
        if self.mitigation is None:
            held = (data.held, prepared.y[data.held_rows])
        monotone, interactions = self.constraints.of_entries(data.encoder.owners)
        return Training(
            task=prepared.task,
            outputs=prepared.outputs,
            matrix=data.train,
            y=prepared.y[data.train_rows],
            weight=self._learning_weight(data.train_rows),
            held_weight=self._learning_weight(data.held_rows),
            categorical=data.encoder.categorical,
            held=held,
            threads=self.threads,
            seed=seed,
            absolute=self.scorer.metric in _ABSOLUTE_METRICS,
            expired=turn.watch.is_over,
            enough=turn.is_enough,
            monotone=monotone,
            interactions=interactions,
            objective=self.objective,
            store=data.store,
        )

    def _affine(
        self, family: Family, raw: NDArray[np.float64], rows: NDArray[np.intp]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Vote shares are no margins; re-labelled or re-weighted members are not calibrated."""
        is_off = self.mitigation is not None or self.class_weight is not None
        if not (family.traits.uncalibrated or is_off):
            return identity(raw.shape[1])
        weight = self.scored_weight
        return fit_affine(
            raw,
            self.bench.y[rows],
            self.bench.prepared.task,
            weight=None if weight is None else weight[rows],
        )

    def _trial(
        self,
        order: TrialOrder,
        progress: Progress,
        state: TrialState,
        reason: str,
        seconds: float,
    ) -> Trial:
        proposal = order.proposal
        offset, slope = identity(self.bench.prepared.outputs)
        scores = tuple(progress.scores)
        ratio, raw = None, None
        if state is TrialState.FINISHED:
            raw = progress.mean()
            offset, slope = self._affine(self.families[proposal.family], raw, np.arange(len(raw)))
            margin = offset + slope * raw
            scores = self.fold_scores(margin)
            ratio = self.ratio(margin)
        scored = scores and state in (TrialState.FINISHED, TrialState.PRUNED)
        return Trial(
            number=order.number,
            family=proposal.family,
            origin=proposal.origin,
            derived=proposal.derived,
            params=proposal.params,
            settled=settled_params(proposal.params, progress.settled),
            fold_rounds=tuple(int(kept[ROUNDS]) for kept in progress.settled if ROUNDS in kept),
            state=state,
            reason=reason,
            score=float(np.mean(scores)) if scored else None,
            fold_scores=scores,
            ratio=ratio,
            seconds=seconds,
            member_bytes=progress.member_bytes,
            row_ms=progress.row_ms,
            offset=tuple(float(value) for value in offset),
            slope=tuple(float(value) for value in slope),
            raw_digest="" if raw is None else sha256(array_bytes(raw)),
            raw=raw,
        )


def _without_absent(training: Training, present: NDArray[np.intp]) -> Training:
    """The same fit over the classes that occur."""
    held, held_weight = training.held, training.held_weight
    if held is not None:
        known = np.isin(held[1], present)
        held_weight = None if held_weight is None else held_weight[known]
        held = (held[0][known], np.searchsorted(present, held[1][known]).astype(np.float64))
    y = np.searchsorted(present, training.y).astype(np.float64)
    return replace(training, outputs=len(present), y=y, held=held, held_weight=held_weight)


def _spread(
    raw: NDArray[np.float64], present: NDArray[np.intp], outputs: int
) -> NDArray[np.float64]:
    """Raw scores of all classes; those the fold never saw lie below all others."""
    lowest = raw.min(axis=1, keepdims=True) - _ABSENT_BELOW if len(raw) else np.zeros((0, 1))
    wide = np.tile(lowest, (1, outputs))
    wide[:, present] = raw
    return wide


def _is_hopeless(scores: Sequence[float], rival: tuple[float, ...] | None) -> bool:
    """Two folds or more, and worse on average than a member of a good blend could be.

    That is by more than the folds differ among themselves, and by more than 8 % of a loss or an
    eighth of what is missing to a perfect score of 1.
    """
    if rival is None or len(scores) < 2:
        return False
    common = min(len(scores), len(rival))
    gaps = np.array(rival[:common]) - np.array(scores[:common])
    spread = float(np.std(rival))
    best = float(np.mean(rival))
    tolerated = _WORSE_LOSS * -best if best < 0 else _WORSE_SCORE * max(1 - best, 0.0)
    return bool(gaps.mean() > max(1.5 * spread, tolerated))
