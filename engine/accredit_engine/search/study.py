"""The search: trials until the budget is spent, then the blend.

Procedure: 1. reuse the trials of a checkpoint; 2. try what is fixed beforehand, then search, with
as many trials at once as there are workers; 3. stop when the count is reached, when what is left
is needed for the refit, or when many trials in a row brought nothing; 4. blend on predictions out
of fold.

A run of a fixed number of trials is the same on any number of workers: a trial knows the results of
trials that were numbered `LAG` or more before it, never of those that happen to be done.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from accredit_engine.errors import NothingTrained
from accredit_engine.families.family import FamilyName
from accredit_engine.search.budget import Budget
from accredit_engine.search.checkpoint import Checkpoint
from accredit_engine.search.ensemble import Blend, Blender, Merit
from accredit_engine.search.evaluate import Evaluator, TrialOrder
from accredit_engine.search.flight import Flight
from accredit_engine.search.limits import Limits
from accredit_engine.search.mitigation import LAST_RESORT
from accredit_engine.search.pool import Pool
from accredit_engine.search.proposal import Agenda, Proposal
from accredit_engine.search.trials import Origin, Trial, TrialState, finished

LAG: Final = 8
"""More trials than this never run at once."""
_PATIENCE: Final = 300
_SAFETY: Final = 1.15
_FIXED_S: Final = 0.4
_BUDGET_SHARE_KEPT: Final = 0.03
_SLACK_SHARE: Final = 0.04
_SLACK_S: Final = 1.5
_MOST_KEPT_S: Final = 4.0
_TRIAL_SHARE: Final = 0.25
"""No trial takes more of the budget than this, so that several kinds of model get their turn."""
_FIRST_SHARE: Final = 0.35
_MAX_FAILURES: Final = 3
_RESERVED_MEMBERS: Final = 5
_QUICK: Final = (FamilyName.BOOSTING, FamilyName.LINEAR)
"""What is tried first when there is time for nothing else."""


@dataclass(slots=True)
class Search:
    """A running search.

    Attributes:
        evaluator: What trials have in common.
        agenda: What may be proposed.
        budget: Time of the run.
        max_trials: Trials to run, or None to be limited by time.
        refit_factor: How much longer a fit on all rows takes than one on the rows searched.
        draws: How often a trial is refitted when time allows.
        checkpoint: Where finished trials are kept, or None.
        report: Called after every trial.
        stop: Asked between trials; True ends the search with what it has.
        is_stopped: Whether it ended that way.
        limits: Caps on the model.
        workers: Trials that run at once.
        trials: All trials so far, by number.
    """

    evaluator: Evaluator
    agenda: Agenda
    budget: Budget
    max_trials: int | None
    limits: Limits
    refit_factor: float
    draws: Callable[[Trial], int]
    checkpoint: Checkpoint | None
    report: Callable[["Search"], None]
    stop: Callable[[], bool] | None = None
    is_stopped: bool = False
    workers: int = 1
    trials: list[Trial] = field(default_factory=list)
    _asked: list[Proposal] = field(default_factory=list)
    _early: dict[int, Trial] = field(default_factory=dict)

    def run(self, pool: Pool) -> Blend:
        """Search and blend.

        Raises:
            NothingTrained: no trial finished.
        """
        self.workers = min(pool.workers, LAG)
        # 1. Earlier trials.
        if self.checkpoint is not None:
            self.trials = self.checkpoint.trials()[: self.max_trials]
            self._asked = [
                Proposal(trial.family, trial.params, trial.origin, trial.derived)
                for trial in self.trials
            ]
            self.budget.spent_s += sum(trial.seconds for trial in self.trials) / self.workers
        # 2. and 3. Trials.
        flight = Flight(pool, self.workers, self.limits.trial_s)
        try:
            self._fly(flight)
        except KeyboardInterrupt:
            # Whoever stops a run keeps the best so far, if there is one.
            if not finished(self.trials):
                raise
            self.is_stopped = True
            pool.restart()
        if not finished(self.trials) and self.budget.timed:
            self._last_resort(pool)
        if not finished(self.trials):
            reasons = "; ".join(sorted({trial.reason for trial in self.trials}))
            message = f"none of {len(self.trials)} trials finished: {reasons}"
            raise NothingTrained(message)
        # 4. Blend.
        return self.blender().blend(finished(self.trials))

    def _fly(self, flight: Flight) -> None:
        while True:
            while flight.has_room and (order := self._next(flight)) is not None:
                flight.start(order)
            if flight.is_empty:
                return
            for trial in flight.landed():
                self._add(trial)

    def best(self, trials: Sequence[Trial]) -> Trial | None:
        """The best finished trial of these."""
        done = finished(trials)
        return max(done, key=lambda trial: (self._merit(trial), -trial.number), default=None)

    def blender(self) -> "Blender":
        """What makes blends under the limits of this run."""
        return Blender(
            evaluator=self.evaluator,
            judge=self._judge,
            limits=self.limits,
            left_s=self.budget.left,
            cost_s=self.refit_s,
            workers=self.workers,
            slack_s=_SLACK_SHARE * self.budget.total_s + _SLACK_S,
            growth=self.refit_factor / self._learned_share,
        )

    def refit_s(self, trial: Trial) -> float:
        """Seconds that a refit on all rows is expected to take."""
        per_fold = trial.seconds / len(self.evaluator.bench.folds.pairs)
        return _SAFETY * self.refit_factor * per_fold / self._learned_share

    @property
    def _learned_share(self) -> float:
        """Share of the searched rows that a trial learns from."""
        bench = self.evaluator.bench
        # Folds in the order of time grow: the first learns from a sixth of the rows.
        learned = sum(len(learned) for learned, _ in bench.folds.pairs)
        return learned / len(bench.folds.pairs) / bench.prepared.table.rows

    @property
    def skipped(self) -> dict[FamilyName, str]:
        """Families that are not tried any more."""
        return _broken(self.trials)

    def _next(self, flight: Flight) -> TrialOrder | None:
        """The next order, or None when there is none or earlier results must be awaited."""
        number = len(self.trials) + len(self._early) + flight.count
        if self.max_trials is not None and number >= self.max_trials:
            return None
        known = self.trials
        if not self.budget.timed:
            if len(self.trials) <= number - LAG:
                return None
            known = self.trials[: max(0, number - LAG + 1)]
        if self._is_done(known, number):
            return None
        broken = _broken(known)
        affordable = [
            name
            for name in self.agenda.families
            if name not in broken and self._is_affordable(name, known)
        ]
        if not affordable:
            return None
        proposal = self.agenda.propose(number, known, self._asked, affordable)
        if proposal is None:
            return None
        self._asked.append(proposal)
        # A mitigated trial may be feasible though its score is low: scores alone do not prune it.
        best = self.best(known) if self.evaluator.mitigation is None else None
        rival = None if best is None else best.fold_scores
        return TrialOrder(number, proposal, rival, self._limit_s(known))

    def _is_done(self, known: Sequence[Trial], number: int) -> bool:
        if finished(self.trials) and self.stop is not None and self.stop():
            self.is_stopped = True
            return True
        if self.budget.left() <= self._reserve_s(known):
            return True
        best = self.best(known)
        return best is not None and number - best.number > max(
            _PATIENCE, len(self.agenda.first) + LAG
        )

    def _limit_s(self, known: Sequence[Trial]) -> float:
        """Time of one trial."""
        if not self.budget.timed:
            return math.inf
        left = self.budget.left() - self._reserve_s(known)
        share = _TRIAL_SHARE if finished(known) else _FIRST_SHARE
        return max(0.0, min(left, share * self.budget.total_s, self.limits.trial_s))

    def _reserve_s(self, known: Sequence[Trial]) -> float:
        """Time for the blend and the refit of the members that a blend is likely to have."""
        if not self.budget.timed:
            return 0.0
        done = sorted(finished(known), key=self._merit, reverse=True)[:_RESERVED_MEMBERS]
        costs = [self.refit_s(trial) * self.draws(trial) for trial in done]
        largest = max((self.refit_s(trial) for trial in done), default=0.0)
        return self.fixed_s() + max(sum(costs) / self.workers, largest)

    def fixed_s(self) -> float:
        """Time for the blend and for what ends a run."""
        rows = self.evaluator.bench.prepared.table.rows
        kept_s = min(_BUDGET_SHARE_KEPT * self.budget.total_s, _MOST_KEPT_S)
        return _FIXED_S + kept_s + 2e-5 * rows

    def _is_affordable(self, name: FamilyName, known: Sequence[Trial]) -> bool:
        """Whether a trial of the family would end in time, going by its quickest one so far."""
        if not self.budget.timed:
            return True
        own = [trial for trial in known if trial.family is name and trial.fold_scores]
        if not own:
            stopped = any(
                trial.family is name and trial.state is TrialState.STOPPED for trial in known
            )
            return not stopped
        folds = len(self.evaluator.bench.folds.pairs)
        quickest = min(trial.seconds / len(trial.fold_scores) for trial in own) * folds
        return quickest < self.budget.left() - self._reserve_s(known)

    def _last_resort(self, pool: Pool) -> None:
        """Time is out and nothing finished: quick trials until one does, so there is a model."""
        families = self.agenda.families
        quick = [name for name in _QUICK if name in families]
        for name in [*quick, *(name for name in families if name not in quick)]:
            if name in self.skipped:
                continue
            params = dict(families[name].default(self.agenda.task, self.agenda.rows))
            if name is FamilyName.BOOSTING:
                params |= {"rounds": 30, "learning_rate": 0.2}
            if self.evaluator.mitigation is not None:
                params |= LAST_RESORT
            proposal = Proposal(name, params, Origin.PORTFOLIO)
            flight = Flight(pool, 1, self.limits.trial_s)
            flight.start(TrialOrder(len(self.trials), proposal, None, math.inf))
            while not flight.is_empty:
                for trial in flight.landed():
                    self._add(trial)
            if finished(self.trials):
                return

    def _add(self, trial: Trial) -> None:
        """Keep a trial; those that end before an earlier one wait for it."""
        self._early[trial.number] = trial
        while len(self.trials) in self._early:
            ended = self._early.pop(len(self.trials))
            self.trials.append(ended)
            if self.checkpoint is not None:
                self.checkpoint.add(ended)
            self.report(self)

    def _merit(self, trial: Trial) -> Merit:
        return self._judge(-math.inf if trial.score is None else trial.score, trial.ratio)

    def _judge(self, score: float, ratio: float | None) -> Merit:
        """Feasible ones by score; the others by how near they come to the demand."""
        mitigation = self.evaluator.mitigation
        if mitigation is None or ratio is None or ratio >= mitigation.min_ratio:
            return (1.0, score)
        return (ratio - 1.0, score)


def _broken(known: Sequence[Trial]) -> dict[FamilyName, str]:
    """Families that crashed, hung, or failed again and again without ever finishing."""
    broken: dict[FamilyName, str] = {}
    failures: dict[FamilyName, int] = {}
    for trial in known:
        if trial.state in (TrialState.CRASHED, TrialState.HUNG):
            broken[trial.family] = f"trial {trial.number}: {trial.reason}"
        elif trial.state is TrialState.FAILED:
            failures[trial.family] = failures.get(trial.family, 0) + 1
            if failures[trial.family] >= _MAX_FAILURES:
                broken.setdefault(trial.family, f"failed {_MAX_FAILURES} times: {trial.reason}")
        elif trial.state is TrialState.FINISHED:
            failures[trial.family] = -len(known)
    return broken
