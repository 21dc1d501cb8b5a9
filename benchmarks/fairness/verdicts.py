"""How often the bias gates are wrong: false fails of fair models, and power against unfair ones.

    .venv/bin/python benchmarks/fairness/verdicts.py [--models 1000] [--confidence 0.95] [--quick]

Every line simulates models whose true rates are known: a group's decisions are binomial draws. The
verdict of the gate is set beside the plain rule that fails a model when the observed ratio of
selection rates (or gap) is beyond the limit.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from accredit_governance.gates import statistics
from accredit_governance.gates.contrast import ParityRule
from accredit_governance.gates.groups import GroupCounts, Rate
from accredit_governance.gates.parity import judge
from accredit_governance.gates.results import Verdict
from accredit_governance.gates.vectors import EvidenceMissing, EvidenceUnusable

Shares = tuple[float, ...]

TWO: Final[Shares] = (0.5, 0.5)
SIX: Final[Shares] = (0.50, 0.20, 0.12, 0.09, 0.06, 0.03)
TWENTY: Final[Shares] = tuple(
    race * sex * age
    for race in (0.60, 0.18, 0.12, 0.06, 0.04)
    for sex in (0.5, 0.5)
    for age in (0.7, 0.3)
)
LAYOUTS: Final[dict[str, Shares]] = {
    "2 equal groups": TWO,
    "6 groups, smallest 3 %": SIX,
    "20 crossed groups, smallest 0.6 %": TWENTY,
}
ROWS: Final = (500, 2_000, 10_000, 50_000)
RATES: Final = (0.1, 0.3, 0.7)
RATIOS: Final = (0.70, 0.80, 0.90)
_POSITIVE: Final = 0.5
"""Share of the rows with a favourable outcome, where a gap of true positive rates is examined."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Shares of the simulated models, each in [0, 1]."""

    failed: float
    passed: float
    insufficient: float
    plainly_failed: float


def rule(kind: Literal["ratio", "gap"], confidence: float, reference: str | None) -> ParityRule:
    """The gate as the shipped policies set it: ratio at least 0.80, gap at most 0.10."""
    return ParityRule(
        rate=Rate.SELECTION if kind == "ratio" else Rate.TRUE_POSITIVE,
        kind=kind,
        limit=0.80 if kind == "ratio" else 0.10,
        warn=None,
        reference=reference,
        confidence=confidence,
        min_share=0.02,
    )


def tables(
    rates: NDArray[np.float64], shares: Shares, rows: int, models: int, seed: int
) -> Iterator[NDArray[np.int64]]:
    """Confusion counts (groups, 4) of models with these true selection rates per group."""
    random = np.random.default_rng(seed)
    sizes = np.maximum(np.round(np.array(shares) * rows).astype(np.int64), 1)
    for _ in range(models):
        positive = random.binomial(sizes, _POSITIVE)
        hit = random.binomial(positive, rates)
        false = random.binomial(sizes - positive, rates)
        yield np.stack([sizes - positive - false, false, positive - hit, hit], axis=1)


def tally(wanted: ParityRule, shares: Shares, counts: Iterator[NDArray[np.int64]]) -> Tally:
    """What the gate and the plain rule say of each table."""
    names = tuple(f"g{at:02d}" for at in range(len(shares)))
    known = np.ones(len(shares), dtype=bool)
    verdicts, plain = [], []
    for cells in counts:
        groups = GroupCounts("group", names, cells, np.array(shares), known)
        try:
            verdicts.append(judge(groups, wanted).verdict)
        except (EvidenceMissing, EvidenceUnusable):
            verdicts.append(Verdict.INSUFFICIENT_EVIDENCE)
        plain.append(_plainly_fails(wanted, cells))
    found = np.array([verdict.value for verdict in verdicts])
    return Tally(
        failed=float((found == Verdict.FAIL).mean()),
        passed=float(((found == Verdict.PASS) | (found == Verdict.WARN)).mean()),
        insufficient=float((found == Verdict.INSUFFICIENT_EVIDENCE).mean()),
        plainly_failed=float(np.mean(plain)),
    )


def _plainly_fails(wanted: ParityRule, cells: NDArray[np.int64]) -> bool:
    """Lowest over highest rate, or their difference, against the limit; no thought of chance."""
    hits, trials = wanted.rate.of(cells)
    rates = hits[trials > 0] / trials[trials > 0]
    if wanted.kind == "gap":
        return bool(rates.max() - rates.min() > wanted.limit)
    return bool(rates.max() > 0 and rates.min() / rates.max() < wanted.limit)


def print_false_fails(models: int, confidence: float, rows: Sequence[int]) -> float:
    """Fair models only; returns the greatest share that the gate fails."""
    worst = 0.0
    for kind in ("ratio", "gap"):
        what = "adverse impact ratio ≥ 0.80" if kind == "ratio" else "true positive rate gap ≤ 0.10"
        print(f"\nFalse fails, {what}: share of perfectly fair models that fail, in %")
        print("(plain rule → gate, worst over base rates 0.1, 0.3 and 0.7; * only 0.3)\n")
        print("| rows | " + " | ".join(LAYOUTS) + " |")
        print("|---" * (len(LAYOUTS) + 1) + "|")
        for n in rows:
            line = []
            for shares in LAYOUTS.values():
                found = [
                    tally(
                        rule(kind, confidence, None),
                        shares,
                        tables(np.full(len(shares), rate), shares, n, models, 1),
                    )
                    for rate in RATES
                ]
                worst = max(worst, *(one.failed for one in found))
                plain = found[RATES.index(0.3)].plainly_failed
                line.append(f"{100 * plain:.1f}* → {100 * max(one.failed for one in found):.1f}")
            print(f"| {n:,} | " + " | ".join(line) + " |", flush=True)
    return worst


def print_power(models: int, confidence: float, rows: Sequence[int]) -> None:
    """One group of 6 % is selected less often; base rate 0.3 and 0.7."""
    hurt = SIX.index(0.06)
    print("\nPower: 6 groups, the one with 6 % of the rows selected at `ratio` times the others'")
    print("rate; verdicts in % (fail / insufficient / pass), and what the plain rule fails\n")
    print("| base rate | true ratio | " + " | ".join(f"{n:,} rows" for n in rows) + " |")
    print("|---" * (len(rows) + 2) + "|")
    for rate in (0.3, 0.7):
        for ratio in (*RATIOS, 1.0):
            line = []
            for n in rows:
                rates = np.full(len(SIX), rate)
                rates[hurt] *= ratio
                found = tally(
                    rule("ratio", confidence, None), SIX, tables(rates, SIX, n, models, 2)
                )
                line.append(
                    f"{100 * found.failed:.0f} / {100 * found.insufficient:.0f} / "
                    f"{100 * found.passed:.0f}; plain {100 * found.plainly_failed:.0f}"
                )
            print(f"| {rate} | {ratio:.2f} | " + " | ".join(line) + " |", flush=True)


def print_bootstrap(replicates: int) -> None:
    """Time of the count bootstrap: best of 20."""
    cells = np.random.default_rng(3).integers(50, 5_000, (6, 4)).astype(np.int64)
    best = np.inf
    for seed in range(20):
        started = time.perf_counter()
        statistics.count_bootstrap(cells, replicates=replicates, seed=seed)
        best = min(best, time.perf_counter() - started)
    print(
        f"\nCount bootstrap, 6 groups × 4 counts: {replicates:,} replicates in {1e3 * best:.1f} ms"
    )


def main() -> int:
    """Print all tables; exit code 1 when the gate fails more than 5 % of the fair models."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=int, default=1_000, help="simulated models per cell")
    parser.add_argument("--confidence", type=float, default=0.95, help="as in the policy")
    parser.add_argument("--quick", action="store_true", help="500 and 2,000 rows only")
    asked = parser.parse_args()
    rows = ROWS[:2] if asked.quick else ROWS
    worst = print_false_fails(asked.models, asked.confidence, rows)
    print_power(asked.models, asked.confidence, rows)
    print_bootstrap(2_000)
    level = 1 - asked.confidence
    # Two standard errors of a share near the level, over that many models.
    slack = 2 * (level * (1 - level) / asked.models) ** 0.5
    print(f"\nWorst false-fail rate of the gate: {100 * worst:.1f} % (allowed {100 * level:.0f} %)")
    return int(worst > level + slack)


if __name__ == "__main__":
    sys.exit(main())
