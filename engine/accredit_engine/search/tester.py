"""Paired tests of groups of derived features against all that was kept before.

Every row of the folds has a loss with and one without a group; the mean of the differences is the
gain. Its noise is the larger of two standard errors: over rows, which misses that the rows of a
fold share a model, and over folds, which few folds tell badly.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accredit_engine.errors import TrialFailed
from accredit_engine.features.spec import DerivedSpec
from accredit_engine.search.candidates import traces, unlike
from accredit_engine.search.probe import Probe

_GROUP: Final = 4
_MOST_TESTED: Final = 16
_TESTS_PER_GROUP: Final = 3
_SCREENED_FOLDS: Final = 3
_LEAST_TRACE: Final = 1.0
_CHANCE: Final = 0.16
_RELATIVE_GAIN: Final = 1e-4


class Verdict(StrEnum):
    """What became of a proposed feature."""

    KEPT = "kept"
    DROPPED = "dropped"
    UNTESTED = "untested"


@dataclass(frozen=True, slots=True)
class Tested:
    """One proposed feature.

    Attributes:
        spec: The feature.
        verdict: What became of it.
        gain: Mean fall of the loss per row by its group; None when untested.
        noise: Standard error of the gain; None when untested.
        reason: Why, in words.
    """

    spec: DerivedSpec
    verdict: Verdict
    gain: float | None
    noise: float | None
    reason: str

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {**asdict(self), "spec": self.spec.to_dict(), "verdict": self.verdict.value}


@dataclass(frozen=True, slots=True)
class Outcome:
    """A group on the folds.

    Attributes:
        losses: Loss of every held row, by fold; folds that were not run are absent.
        gain: Mean fall of the loss per row.
        noise: Its standard error.
        promising: Whether any fold gained.
    """

    losses: tuple[NDArray[np.float64], ...]
    gain: float
    noise: float
    promising: bool


@dataclass(slots=True)
class Tester:
    """Tests on the folds of one probe.

    Attributes:
        probe: Trains and scores.
        losses: Loss of every held row with all that was kept, by fold.
        residuals: What the baseline leaves unexplained (n, o), by fold.
        importance: Mean absolute contribution of each raw column in the baseline.
        baseline: Mean loss per row before any test.
        kept: Features kept so far, those of earlier tests first.
        tested: Every proposal and what became of it.
    """

    probe: Probe
    losses: tuple[NDArray[np.float64], ...]
    residuals: tuple[NDArray[np.float64], ...]
    importance: dict[str, float]
    baseline: float
    kept: list[DerivedSpec]
    tested: list[Tested] = field(default_factory=list)

    @classmethod
    def of(cls, probe: Probe, kept: Sequence[DerivedSpec] = ()) -> "Tester":
        """Run the baseline, with what was kept in earlier tests.

        Raises:
            TrialFailed: the family cannot be fitted, or the time is out.
        """
        losses, residuals, importance = [], [], {}
        for number in range(len(probe.folds)):
            member, encoded = probe.model(number, kept)
            if not number:
                importance = probe.importance(member, encoded)
            losses.append(probe.losses_of(number, member, encoded))
            residuals.append(probe.residuals(number, member, encoded))
        baseline = float(np.concatenate(losses).mean())
        return cls(probe, tuple(losses), tuple(residuals), importance, baseline, list(kept))

    def run(self, proposals: Sequence[DerivedSpec]) -> None:
        """Screen the proposals, then test the best; what time does not allow stays untested."""
        try:
            strength = self._screened(proposals)
        except TrialFailed as error:
            self.tested += untested(proposals, str(error))
            return
        ranked = sorted(proposals, key=lambda spec: -strength[spec])
        worth = [spec for spec in ranked if strength[spec] >= _LEAST_TRACE]
        chosen = list(unlike(worth))[:_MOST_TESTED]
        self.probe.forget([*self.kept, *chosen])
        groups = [chosen[at : at + _GROUP] for at in range(0, len(chosen), _GROUP)]
        bar = required_errors(_MOST_TESTED // _GROUP * _TESTS_PER_GROUP)
        for group in groups:
            try:
                self._test(group, bar)
            except TrialFailed as error:
                known = {entry.spec for entry in self.tested}
                left = [spec for spec in chosen if spec not in known]
                self.tested += untested(left, str(error))
                break
        for spec in ranked:
            if spec not in chosen:
                self.tested += untested([spec], _passed_over(strength[spec]))

    def _screened(self, proposals: Sequence[DerivedSpec]) -> dict[DerivedSpec, float]:
        folds = range(min(_SCREENED_FOLDS, len(self.residuals)))
        residuals = np.concatenate([self.residuals[number] for number in folds])
        strength = {}
        for spec in proposals:
            if self.probe.expired():
                message = "out of time"
                raise TrialFailed(message)
            entries = [self.probe.held_entries(spec, at) for at in folds]
            strength[spec] = traces(np.concatenate(entries), residuals)
        return strength

    def _test(self, group: list[DerivedSpec], bar: float) -> None:
        """Test a group; halve it while it fails, thin it while that costs nothing."""
        outcome = self._outcome(group)
        while not self._passes(outcome, bar):
            better, rest = group[: (len(group) + 1) // 2], group[(len(group) + 1) // 2 :]
            if not rest or not outcome.promising:
                self._note(group, Verdict.DROPPED, outcome, f"no gain beyond {bar:.2f} noise")
                return
            self._note(rest, Verdict.DROPPED, outcome, "its group did not help; the rest was tried")
            group, outcome = better, self._outcome(better)
        group, outcome = self._thinned(group, outcome)
        self._note(group, Verdict.KEPT, outcome, f"gain beyond {bar:.2f} noise")
        self.kept += group
        self.losses = outcome.losses

    def _thinned(
        self, group: list[DerivedSpec], outcome: Outcome
    ) -> tuple[list[DerivedSpec], Outcome]:
        while len(group) > 1:
            half = (len(group) + 1) // 2
            try:
                leaner = self._outcome(group[:half])
            except TrialFailed:
                # Out of time: the group has passed as it is.
                break
            if leaner.gain < outcome.gain:
                break
            self._note(group[half:], Verdict.DROPPED, outcome, "its group is no worse without it")
            group, outcome = group[:half], leaner
        return group, outcome

    def _outcome(self, group: Sequence[DerivedSpec]) -> Outcome:
        losses: list[NDArray[np.float64]] = []
        gains: list[NDArray[np.float64]] = []
        for number in range(len(self.probe.folds)):
            losses.append(self.probe.losses(number, [*self.kept, *group]))
            gains.append(self.losses[number] - losses[-1])
            if number and all(fold.mean() <= 0 for fold in gains):
                break
        means = np.array([fold.mean() for fold in gains])
        rows = np.concatenate(gains)
        over_rows = float(rows.std()) / math.sqrt(len(rows))
        over_folds = float(means.std(ddof=1)) / math.sqrt(len(means)) if len(means) > 1 else 0.0
        return Outcome(
            losses=tuple(losses),
            gain=float(rows.mean()),
            noise=max(over_rows, over_folds),
            promising=bool((means > 0).any()),
        )

    def _passes(self, outcome: Outcome, bar: float) -> bool:
        if len(outcome.losses) < len(self.losses):
            return False
        least = _RELATIVE_GAIN * float(np.concatenate(self.losses).mean())
        return outcome.gain > max(bar * outcome.noise, least)

    def _note(
        self, group: Iterable[DerivedSpec], verdict: Verdict, outcome: Outcome, reason: str
    ) -> None:
        self.tested += [
            Tested(spec, verdict, outcome.gain, outcome.noise, reason) for spec in group
        ]


def untested(specs: Iterable[DerivedSpec], reason: str) -> list[Tested]:
    """Entries for features that no test was run on."""
    return [Tested(spec, Verdict.UNTESTED, None, None, reason) for spec in specs]


def required_errors(tests: int) -> float:
    """Standard errors that a gain has to exceed when so many tests may be run."""
    return NormalDist().inv_cdf(1 - _CHANCE / max(1, tests))


def _passed_over(strength: float) -> str:
    if strength < _LEAST_TRACE:
        return f"leaves no trace in what the baseline misses ({strength:.1f})"
    return f"a feature of the same columns or {_MOST_TESTED} others ranked higher ({strength:.1f})"
