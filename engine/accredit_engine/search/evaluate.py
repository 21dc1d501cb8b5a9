"""One trial: a configuration on every fold, scored on rows it did not see.

A trial gives up early when its first folds are clearly worse than the best trial's same folds
(scores decide, not the clock), and between folds when the time is out.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Task
from accredit_engine.errors import TrialFailed
from accredit_engine.evaluation.calibration import fit_affine, identity, probabilities
from accredit_engine.evaluation.metrics import Scorer
from accredit_engine.families.family import Family, FamilyName, Member, Params, Training
from accredit_engine.search.mitigation import Mitigation, code_ratio, train_mitigated
from accredit_engine.search.proposal import Proposal
from accredit_engine.search.trials import Trial, TrialState
from accredit_engine.search.workbench import FoldData, Workbench
from accredit_engine.seeds import child

_ABSOLUTE_METRICS: Final = frozenset(
    {"neg_mean_absolute_error", "neg_median_absolute_error", "d2_absolute_error_score"}
)


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Everything trials have in common."""

    bench: Workbench
    scorer: Scorer
    mitigation: Mitigation | None
    threads: int
    seed: int

    def run(
        self,
        number: int,
        family: Family,
        proposal: Proposal,
        *,
        rival: Trial | None,
        expired: Callable[[], bool],
        fold_limit_s: Callable[[int], float] | None = None,
    ) -> Trial:
        """Run a trial; failures are recorded, not raised.

        Args:
            number: Number of the trial.
            family: Family to train.
            proposal: What to train.
            rival: Best trial so far to be compared with, or None to run all folds.
            expired: True when the time is out.
            fold_limit_s: Seconds that a fold may learn before it has to make do with what it has;
                without it a fold learns until it is done.
        """
        started = time.monotonic()
        progress = _Progress.empty(self.bench)
        state, reason = TrialState.FINISHED, ""
        try:
            for fold in range(self.bench.folds):
                if expired():
                    state, reason = TrialState.STOPPED, "out of time"
                    break
                limit_s = math.inf if fold_limit_s is None else fold_limit_s(fold)
                self._fold(number, family, proposal, fold, progress, expired, limit_s)
                if fold + 1 < self.bench.folds and _hopeless(progress.scores, rival):
                    state, reason = TrialState.PRUNED, "far below the best on the first folds"
                    break
        except TrialFailed as error:
            state = TrialState.STOPPED if expired() else TrialState.FAILED
            reason = str(error)
        except (ValueError, ArithmeticError, MemoryError, np.linalg.LinAlgError) as error:
            # What libraries raise on a configuration they cannot fit; one trial, not the run.
            state, reason = TrialState.FAILED, f"{type(error).__name__}: {error}"
        return self._trial(number, proposal, progress, state, reason, time.monotonic() - started)

    def train(
        self,
        family: Family,
        params: Params,
        training: Training,
        rows: NDArray[np.intp],
    ) -> tuple[Member, Params]:
        """Fit once, through the mitigation if there is one; `rows` are positions in the table."""
        if self.mitigation is None:
            return family.train(training, params)
        groups = self.bench.prepared.groups[self.mitigation.sensitive_feature][rows]
        return train_mitigated(family, training, params, self.mitigation, groups)

    def training(
        self,
        matrix: NDArray[np.float64],
        rows: NDArray[np.intp],
        categorical: tuple[int, ...],
        seed: int,
        *,
        held: tuple[NDArray[np.float64], NDArray[np.float64]] | None,
        expired: Callable[[], bool],
    ) -> Training:
        """Inputs of one fit."""
        prepared = self.bench.prepared
        return Training(
            task=prepared.task,
            outputs=prepared.outputs,
            matrix=matrix,
            y=prepared.y[rows],
            weight=None,
            categorical=categorical,
            held=held if self.mitigation is None else None,
            threads=self.threads,
            seed=seed,
            absolute=self.scorer.metric in _ABSOLUTE_METRICS,
            expired=expired,
        )

    def ratio(self, margin: NDArray[np.float64]) -> float | None:
        """Selection-rate ratio of a margin (n, 1); None without mitigation."""
        if self.mitigation is None:
            return None
        prepared = self.bench.prepared
        codes = self.bench.group_codes(self.mitigation.sensitive_feature)
        favourable = probabilities(margin, Task.BINARY)[:, 0]
        return code_ratio(favourable, codes, float(prepared.y.mean()))

    def fold_scores(self, margin: NDArray[np.float64]) -> tuple[float, ...]:
        """Score of each fold of a margin (n, o)."""
        y, fold_of = self.bench.prepared.y, self.bench.fold_of
        return tuple(
            self.scorer.score(y[fold_of == fold], margin[fold_of == fold])
            for fold in range(self.bench.folds)
        )

    def _fold(
        self,
        number: int,
        family: Family,
        proposal: Proposal,
        fold: int,
        progress: "_Progress",
        expired: Callable[[], bool],
        limit_s: float,
    ) -> None:
        started = time.monotonic()
        data: FoldData = self.bench.fold(family.plan, fold)
        training = self.training(
            data.train,
            data.train_rows,
            data.encoder.categorical,
            child(self.seed, "trial", number, fold),
            held=(data.held, self.bench.prepared.y[data.held_rows]),
            expired=expired,
        )
        if limit_s < math.inf:
            training = replace(training, enough=lambda: time.monotonic() - started > limit_s)
        member, settled = self.train(family, proposal.params, training, data.train_rows)
        raw = member.raw(data.held)
        if not np.isfinite(raw).all():
            message = "predictions did not stay finite"
            raise TrialFailed(message)
        progress.raw[data.held_rows] = raw
        progress.settled.append(settled)
        known = np.flatnonzero(self.bench.fold_of <= fold)
        y = self.bench.prepared.y
        offset, slope = self._affine(proposal.family, progress.raw[known], y[known])
        progress.scores.append(self.scorer.score(y[data.held_rows], offset + slope * raw))

    def _affine(
        self, family: FamilyName, raw: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Vote shares are no margins, and re-labelled members are no longer calibrated."""
        if family is FamilyName.FOREST or self.mitigation is not None:
            return fit_affine(raw, y, self.bench.prepared.task)
        return identity(raw.shape[1])

    def _trial(
        self,
        number: int,
        proposal: Proposal,
        progress: "_Progress",
        state: TrialState,
        reason: str,
        seconds: float,
    ) -> Trial:
        outputs = self.bench.prepared.outputs
        offset, slope = identity(outputs)
        scores = tuple(progress.scores)
        ratio, raw = None, None
        if state is TrialState.FINISHED:
            raw = progress.raw
            offset, slope = self._affine(proposal.family, raw, self.bench.prepared.y)
            margin = offset + slope * raw
            scores = self.fold_scores(margin)
            ratio = self.ratio(margin)
        scored = scores and state in (TrialState.FINISHED, TrialState.PRUNED)
        return Trial(
            number=number,
            family=proposal.family,
            params=proposal.params,
            settled=_settled(proposal.params, progress.settled),
            state=state,
            reason=reason,
            score=float(np.mean(scores)) if scored else None,
            fold_scores=scores,
            ratio=ratio,
            seconds=seconds,
            offset=tuple(float(value) for value in offset),
            slope=tuple(float(value) for value in slope),
            raw=raw,
        )


@dataclass(slots=True)
class _Progress:
    """What a trial has so far."""

    raw: NDArray[np.float64]
    scores: list[float]
    settled: list[Params]

    @classmethod
    def empty(cls, bench: Workbench) -> "_Progress":
        rows, outputs = bench.prepared.table.rows, bench.prepared.outputs
        return cls(np.zeros((rows, outputs)), [], [])


def _hopeless(scores: Sequence[float], rival: Trial | None) -> bool:
    """Two folds or more, and worse on average by more than the folds differ among themselves."""
    if rival is None or len(scores) < 2:
        return False
    gaps = np.array(rival.fold_scores[: len(scores)]) - np.array(scores)
    spread = float(np.std(rival.fold_scores))
    return bool(gaps.mean() > max(1.5 * spread, 0.01 * abs(rival.score or 0.0)))


def _settled(params: Params, settled: Sequence[Params]) -> Params:
    """Rounds are averaged over the folds; the rest is the same in all."""
    rounds = [int(entry["rounds"]) for entry in settled if "rounds" in entry]
    if not rounds:
        return dict(params)
    return {**params, "rounds": max(1, round(sum(rounds) / len(rounds)))}
