"""What to try next: earlier runs on similar data, the portfolio, then a search within a family.

Each proposal is a function of the recorded trials, the seed and the number of the trial: the study
is rebuilt and its sampler re-seeded every time. So a run that resumes from its checkpoint proposes
exactly what the straight run would have proposed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from accredit_engine.bundle.contract import Task
from accredit_engine.families.family import Family, FamilyName, Params
from accredit_engine.search.mitigation import (
    Mitigation,
    first_mitigated,
    mitigated_space,
    settled_method,
)
from accredit_engine.search.sampler import Past, SamplerName, ask
from accredit_engine.search.trials import Origin, Trial, TrialState, finished
from accredit_engine.seeds import child

_FALLING: Final = 2 / 3
_SOON_SEARCHED: Final = 8
"""Trials after which a family with few knobs is searched through."""
_FEW_KNOBS: Final = 3


@dataclass(frozen=True, slots=True)
class Proposal:
    """One configuration to try."""

    family: FamilyName
    params: Params
    origin: Origin
    derived: bool = False


@dataclass(frozen=True, slots=True)
class Agenda:
    """What a search may propose.

    Attributes:
        families: Families that fit the data, by name.
        first: Proposals that are fixed beforehand, in order.
        sampler: How configurations are drawn after those.
        task: What is predicted.
        rows: Rows of the table.
        has_derived: Whether derived features exist to be tried.
        seed: Root of the draws.
        mitigation: Demand on selection rates, or None.
        is_timed: Whether the clock may decide what is tried.
    """

    families: Mapping[FamilyName, Family]
    first: tuple[Proposal, ...]
    sampler: SamplerName
    task: Task
    rows: int
    has_derived: bool
    seed: int
    mitigation: Mitigation | None
    is_timed: bool

    def propose(
        self,
        number: int,
        trials: Sequence[Trial],
        asked: Sequence[Proposal],
        affordable: Sequence[FamilyName],
    ) -> Proposal | None:
        """Configuration of trial `number`, or None when nothing is left to try.

        Args:
            number: Number of the trial.
            trials: Earlier trials that may be known by then.
            asked: Proposals of all earlier trials, known or under way.
            affordable: Families that may be tried.
        """
        weak = _weak(trials) if self.is_timed else frozenset()
        for proposal in self.first:
            is_open = proposal.family in affordable and proposal.family not in weak
            if is_open and proposal not in asked:
                return proposal
        searched = [name for name in affordable if not self._is_searched_through(name, trials)]
        if not searched:
            return None
        name = _turn(trials, searched, is_timed=self.is_timed)
        space = dict(self.families[name].space(self.task, self.rows))
        if self.mitigation is not None:
            space |= mitigated_space(name, self.mitigation)
        own = [trial for trial in trials if trial.family is name and trial.score is not None]
        past = [
            Past(trial.params, trial.score, trial.ratio) for trial in own if trial.score is not None
        ]
        params = ask(
            self.sampler,
            past,
            space,
            seed=child(self.seed, "sampler", number),
            draw=sum(trial.family is name for trial in trials),
            min_ratio=None if self.mitigation is None else self.mitigation.min_ratio,
        )
        if params is None:
            return None
        fixed = self.families[name].default(self.task, self.rows)
        params = settled_method({**fixed, **params})
        return Proposal(name, params, Origin.SEARCH, self._derived(own, number))

    def _derived(self, own: Sequence[Trial], number: int) -> bool:
        """Derived features as the family's better trials have them; now and then the other way."""
        if not self.has_derived:
            return False
        ranked = sorted(own, key=lambda trial: -(trial.score or 0.0))[:3]
        wanted = sum(trial.derived for trial in ranked) * 2 > len(ranked)
        return wanted if number % 5 else not wanted

    def _is_searched_through(self, name: FamilyName, trials: Sequence[Trial]) -> bool:
        few = len(self.families[name].space(self.task, self.rows)) <= _FEW_KNOBS
        return few and sum(trial.family is name for trial in trials) >= _SOON_SEARCHED


def _weak(trials: Sequence[Trial]) -> frozenset[FamilyName]:
    """Families that were far behind every time: the rest of their list would take time only."""
    pruned = {trial.family for trial in trials if trial.state is TrialState.PRUNED}
    return frozenset(pruned - {trial.family for trial in finished(trials)})


def _turn(trials: Sequence[Trial], names: Sequence[FamilyName], *, is_timed: bool) -> FamilyName:
    """The family that is furthest behind its share of the effort.

    Shares fall with the rank of a family's best trial: the best gets half as much again as the
    second, which gets half as much again as the third. Effort is the share of the trials and of
    the time; of the trials alone when the clock must not decide.
    """
    best: dict[FamilyName, float] = {}
    effort = dict.fromkeys(names, 0.0)
    # Time alone would try a quick family a hundred times for one trial of a slow one.
    all_s = sum(trial.seconds for trial in trials) if is_timed else 0.0
    for trial in trials:
        if trial.family not in effort:
            continue
        effort[trial.family] += 1 / len(trials) + (trial.seconds / all_s if all_s else 0.0)
        if trial.state is TrialState.FINISHED and trial.score is not None:
            best[trial.family] = max(trial.score, best.get(trial.family, trial.score))
    ranked = sorted(best, key=lambda name: (-best[name], names.index(name)))
    ranked += [name for name in names if name not in best]
    behind = {name: effort[name] / _FALLING**rank for rank, name in enumerate(ranked)}
    return min(ranked, key=lambda name: (behind[name], ranked.index(name)))


def first_proposals(
    families: Mapping[FamilyName, Family],
    portfolio: Sequence[Proposal],
    history: Sequence[Proposal],
    *,
    task: Task,
    rows: int,
    mitigation: Mitigation | None,
) -> tuple[Proposal, ...]:
    """What is tried before anything is searched: history, portfolio, and families it lacks."""
    if mitigation is not None:
        defaults = {name: family.default(task, rows) for name, family in families.items()}
        return tuple(
            Proposal(name, params, Origin.PORTFOLIO)
            for name, params in first_mitigated(defaults, mitigation)
        )
    listed = [*history, *portfolio]
    kept = [
        Proposal(
            entry.family,
            {**families[entry.family].default(task, rows), **entry.params},
            entry.origin,
            entry.derived,
        )
        for entry in listed
        if entry.family in families
    ]
    known = {entry.family for entry in kept}
    kept += [
        Proposal(name, family.default(task, rows), Origin.PORTFOLIO)
        for name, family in families.items()
        if name not in known
    ]
    return tuple(kept)
