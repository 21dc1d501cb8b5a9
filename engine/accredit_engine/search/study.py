"""The search: trials until the budget is spent, then the blend.

Procedure: 1. reuse the trials of a checkpoint; 2. defaults of each family, then TPE; 3. stop when
the count is reached, when what is left is needed for the refit, or when many trials in a row
brought nothing; 4. blend on predictions out of fold.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accredit_engine.errors import NothingTrained
from accredit_engine.families.family import Family, FamilyName
from accredit_engine.search.budget import Budget
from accredit_engine.search.checkpoint import Checkpoint
from accredit_engine.search.ensemble import (
    MAX_MEMBERS,
    Blend,
    Merit,
    calibrated,
    candidates,
    frontier,
    select,
)
from accredit_engine.search.evaluate import Evaluator
from accredit_engine.search.proposal import Proposal, first_count, propose
from accredit_engine.search.trials import Trial, TrialState, finished

_PATIENCE: Final = 60
_RESERVED_MEMBERS: Final = 3
"""Blends rarely have more; a blend that cannot be afforded is cut to fewer members."""
_SAFETY: Final = 1.15
_FIXED_S: Final = 0.3
_BUDGET_SHARE_KEPT: Final = 0.02


@dataclass(slots=True)
class Search:
    """A running search.

    Attributes:
        evaluator: Runs trials.
        families: Families that can be trained.
        budget: Time of the run.
        max_trials: Trials to run, or None to be limited by time.
        checkpoint: Where finished trials are kept, or None.
        report: Called after every trial.
        trials: All trials so far.
    """

    evaluator: Evaluator
    families: dict[FamilyName, Family]
    budget: Budget
    max_trials: int | None
    checkpoint: Checkpoint | None
    report: Callable[["Search"], None]
    trials: list[Trial] = field(default_factory=list)

    def run(self) -> Blend:
        """Search and blend.

        Raises:
            NothingTrained: no trial finished.
        """
        # 1. Earlier trials.
        if self.checkpoint is not None:
            self.trials = self.checkpoint.trials()[: self.max_trials]
            self.budget.spent_s += sum(trial.seconds for trial in self.trials)
        # 2. and 3. Trials.
        while not self._done():
            proposal = self._propose()
            if proposal is None:
                break
            self._add(self._try(proposal))
        if not finished(self.trials) and self.budget.timed:
            self._last_resort()
        if not finished(self.trials):
            reasons = "; ".join(sorted({trial.reason for trial in self.trials}))
            message = f"none of {len(self.trials)} trials finished: {reasons}"
            raise NothingTrained(message)
        # 4. Blend.
        return self.blend()

    def best(self) -> Trial | None:
        """The best finished trial so far."""
        done = finished(self.trials)
        return max(done, key=lambda trial: (self._merit(trial), -trial.number), default=None)

    def blend(self) -> Blend:
        """The best blend of the finished trials whose refit fits into the time left."""
        done = finished(self.trials)
        pool = candidates(done, self._merit)
        if self.evaluator.mitigation is not None:
            pool += [trial for trial in frontier(done) if trial not in pool]
        members = MAX_MEMBERS
        while True:
            weights = select(
                pool,
                self._margin_merit,
                expired=lambda: self.budget.left() <= self._refits_s(),
                max_members=members,
            )
            cost = sum(self.refit_s(trial) for trial, _ in weights)
            if members == 1 or cost <= self.budget.left():
                break
            members -= 1
        prepared = self.evaluator.bench.prepared
        return calibrated(weights, prepared.y, prepared.task)

    def refit_s(self, trial: Trial) -> float:
        """Seconds that a refit on all rows is expected to take."""
        folds = self.evaluator.bench.folds
        return _SAFETY * trial.seconds / max(1, len(trial.fold_scores)) * folds / (folds - 1)

    def _done(self) -> bool:
        if self.max_trials is not None:
            return len(self.trials) >= self.max_trials
        if self.budget.left() <= self._reserve_s():
            return True
        best = self.best()
        return best is not None and len(self.trials) - best.number > _PATIENCE

    def _reserve_s(self) -> float:
        """Time for the blend and the refit of its members."""
        if not self.budget.timed:
            return 0.0
        rows = self.evaluator.bench.prepared.table.rows
        share = _BUDGET_SHARE_KEPT * self.budget.total_s
        return _FIXED_S + share + 2e-5 * rows + self._refits_s()

    def _refits_s(self) -> float:
        """Time for the refit of the members that a blend is likely to have."""
        done = sorted(finished(self.trials), key=self._merit, reverse=True)
        return sum(self.refit_s(trial) for trial in done[:_RESERVED_MEMBERS])

    def _propose(self) -> Proposal | None:
        """The next proposal that can still be afforded; None when none can."""
        prepared = self.evaluator.bench.prepared
        affordable = [name for name in self.families if self._affordable(name)]
        if not affordable:
            return None
        return propose(
            self.trials,
            self.families,
            affordable=affordable,
            task=prepared.task,
            rows=prepared.table.rows,
            seed=self.evaluator.seed,
            mitigation=self.evaluator.mitigation,
        )

    def _affordable(self, name: FamilyName) -> bool:
        """Whether a trial of the family would end in time, going by its quickest one so far."""
        if not self.budget.timed:
            return True
        own = [trial for trial in self.trials if trial.family is name and trial.fold_scores]
        if not own:
            return not any(trial.family is name for trial in self.trials)
        folds = self.evaluator.bench.folds
        quickest = min(trial.seconds / len(trial.fold_scores) for trial in own) * folds
        return quickest < self.budget.left() - self._reserve_s()

    def _try(self, proposal: Proposal) -> Trial:
        number = len(self.trials)
        is_first = number < first_count(self.families, self.evaluator.mitigation)
        # A mitigated trial may be feasible though its score is low: scores alone do not prune it.
        prunable = not is_first and self.evaluator.mitigation is None
        return self.evaluator.run(
            number,
            self.families[proposal.family],
            proposal,
            rival=self.best() if prunable else None,
            expired=lambda: self.budget.left() <= self._reserve_s(),
            fold_limit_s=None if finished(self.trials) or not self.budget.timed else self._share_s,
        )

    def _share_s(self, fold: int) -> float:
        """Time of one fold while nothing has finished: all folds and a refit must fit."""
        folds = self.evaluator.bench.folds
        fits = folds - fold + folds / (folds - 1) + 0.5
        return max(0.0, self.budget.left() - self._reserve_s()) / fits

    def _last_resort(self) -> None:
        """Time is out and nothing finished: one quick trial all the same, so there is a model."""
        name = next(iter(self.families))
        if FamilyName.LINEAR in self.families and FamilyName.BOOSTING not in self.families:
            name = FamilyName.LINEAR
        prepared = self.evaluator.bench.prepared
        params = dict(self.families[name].default(prepared.task, prepared.table.rows))
        if name is FamilyName.BOOSTING:
            params |= {"rounds": 30, "learning_rate": 0.2}
        if self.evaluator.mitigation is not None:
            params["strength"] = 0.1
        self._add(
            self.evaluator.run(
                len(self.trials),
                self.families[name],
                Proposal(name, params, True),
                rival=None,
                expired=lambda: False,
            )
        )

    def _add(self, trial: Trial) -> None:
        self.trials.append(trial)
        if self.checkpoint is not None:
            self.checkpoint.add(trial)
        self.report(self)

    def _merit(self, trial: Trial) -> Merit:
        return self._judge(-math.inf if trial.score is None else trial.score, trial.ratio)

    def _margin_merit(self, margin: NDArray[np.float64]) -> Merit:
        score = float(np.mean(self.evaluator.fold_scores(margin)))
        return self._judge(score, self.evaluator.ratio(margin))

    def _judge(self, score: float, ratio: float | None) -> Merit:
        """Feasible ones by score; the others by how near they come to the demand."""
        mitigation = self.evaluator.mitigation
        if mitigation is None or ratio is None:
            return (1.0, score)
        if ratio >= mitigation.min_ratio:
            return (1.0, score)
        return (ratio - 1.0, score)


def state_counts(trials: list[Trial]) -> dict[str, int]:
    """Number of trials by state."""
    return {state.value: sum(trial.state is state for trial in trials) for state in TrialState}
