"""Tests of derived features: only what helps beyond noise is kept.

Procedure: 1. a quick boosted model on every fold gives the baseline, the strongest columns and the
residuals; 2. proposals are ranked by the trace they leave in the residuals; 3. the best are tested
in groups, each against all that was kept before, row by row on the same folds: a group that helps
is thinned to its better half while that costs nothing, a group that does not is halved and tried
again; 4. shapes of single numbers (bins, logs, squares) are tested likewise with a linear model,
because trees find them alone.

A group is kept when its mean gain per row is above both
- `bar` times its noise: the larger of the standard errors over rows and over folds. The bar is one
  standard error for a single test (a chance of 0.16), and Bonferroni's for the number of tests that
  may be run at most;
- 1e-4 of the baseline loss.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from accredit_engine.data.preparation import Prepared
from accredit_engine.errors import TrialFailed
from accredit_engine.families.family import FamilyName, Params
from accredit_engine.families.roster import load_families
from accredit_engine.features.spec import DerivedKind, DerivedSpec
from accredit_engine.search.candidates import shape_proposals, tree_proposals
from accredit_engine.search.probe import Fold, Probe
from accredit_engine.search.tester import Tested, Tester, untested
from accredit_engine.seeds import child

_MAX_ROWS: Final = 10_000
_LEAST_ROWS: Final = 2_000
_MAX_FOLDS: Final = 5
_FEW_FOLDS: Final = 3
_RUNS_WANTED: Final = 8
_TREE_SHARE: Final = 0.75
"""Of the time; the rest is for linear models, whose fits are short."""

_ROUNDS: Final = 100
_SHAPES: Final = ((DerivedKind.BINS,), (DerivedKind.LOG, DerivedKind.SQUARE))
# Every row and entry in every tree: drawing them differs by the number of entries and is noise.
_QUICK: Final[Params] = {
    "learning_rate": 0.15,
    "leaves": 15,
    "leaf_rows": 20,
    "entries": 1.0,
    "rows": 1.0,
    "l2": 1.0,
    "l1": 1e-3,
}


@dataclass(frozen=True, slots=True)
class Derivation:
    """Outcome of the tests.

    Attributes:
        kept: Features to offer to all families, in the order in which they were kept.
        tested: Every proposal, in the order of the screen.
        baseline: Mean loss per row of the quick boosted model without derived features.
        reason: Why nothing was tested; empty when something was.
    """

    kept: tuple[DerivedSpec, ...] = ()
    tested: tuple[Tested, ...] = ()
    baseline: float | None = None
    reason: str = ""

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            "kept": [spec.to_dict() for spec in self.kept],
            "tested": [entry.to_dict() for entry in self.tested],
            "baseline": self.baseline,
            "reason": self.reason,
        }


def derive(
    prepared: Prepared,
    folds: Sequence[Fold],
    *,
    seed: int,
    expired: Callable[[], bool],
    seconds: float | None,
    threads: int = 1,
) -> Derivation:
    """Propose and test derived features; never raises for lack of time or of a family.

    Args:
        prepared: The data.
        folds: Folds of the search; the first five are used, on at most 10,000 rows.
        seed: Root of all random choices.
        expired: True when the whole run has to stop.
        seconds: Wall time for this stage; None tests a fixed number, whatever it takes.
        threads: Threads that a fit may use.
    """
    started = time.monotonic()

    def out_of_time(share: float) -> bool:
        spent_s = time.monotonic() - started
        return expired() or (seconds is not None and spent_s > share * seconds)

    families, absent = load_families((FamilyName.BOOSTING, FamilyName.LINEAR))
    if FamilyName.BOOSTING in absent:
        return Derivation(reason=f"boosting is absent: {absent[FamilyName.BOOSTING]}")
    if len(folds) < 2:
        return Derivation(reason="one fold cannot tell a gain from noise")
    sample = _sampled(folds, prepared.table.rows, _MAX_ROWS, child(seed, "derivation"))
    try:
        # 1. Baseline.
        quick = Probe(
            prepared=prepared,
            folds=sample,
            family=families[FamilyName.BOOSTING],
            params=_QUICK,
            rounds=_ROUNDS,
            threads=threads,
            seed=seed,
            expired=lambda: out_of_time(_TREE_SHARE),
        )
        if seconds is not None:
            quick = replace(quick, folds=_affordable(quick, folds, seconds))
        tester = Tester.of(quick)
    except TrialFailed as error:
        return Derivation(reason=f"the baseline was not finished: {error}")
    # 2., 3. What trees may profit from.
    tester.run(tree_proposals(prepared, tester.importance))
    # 4. What linear models may profit from beyond that.
    linear = families[FamilyName.LINEAR]
    params = linear.default(prepared.task, len(sample[0][0]))
    probe = replace(quick, expired=lambda: out_of_time(1.0))
    kept, tested = tester.kept, tester.tested
    for kinds in _SHAPES:
        shapes = shape_proposals(prepared, tester.importance, kinds)
        try:
            shaper = Tester.of(replace(probe, family=linear, params=params), kept=kept)
        except TrialFailed as error:
            tested = [*tested, *untested(shapes, str(error))]
            continue
        shaper.run(shapes)
        kept, tested = shaper.kept, [*tested, *shaper.tested]
    return Derivation(tuple(kept), tuple(tested), tester.baseline)


def _affordable(probe: Probe, folds: Sequence[Fold], seconds: float) -> tuple[Fold, ...]:
    """As many folds and rows as let the wanted number of runs fit into the time."""
    started = time.monotonic()
    probe.losses(0, ())
    runs_s = (time.monotonic() - started) * _RUNS_WANTED
    if runs_s * len(probe.folds) <= seconds:
        return probe.folds
    rows = probe.prepared.table.rows
    used = sum(len(part) for part in probe.folds[0])
    affordable = int(used * min(1.0, seconds / (runs_s * _FEW_FOLDS)))
    most = max(_LEAST_ROWS, affordable)
    return _sampled(folds[:_FEW_FOLDS], rows, most, child(probe.seed, "derivation"))


def _sampled(folds: Sequence[Fold], rows: int, most: int, seed: int) -> tuple[Fold, ...]:
    """The first folds, without the rows beyond the largest number."""
    used = tuple(folds[:_MAX_FOLDS])
    if rows <= most:
        return used
    chosen = np.zeros(rows, dtype=np.bool_)
    chosen[np.random.default_rng(seed).permutation(rows)[:most]] = True
    return tuple((train[chosen[train]], held[chosen[held]]) for train, held in used)
