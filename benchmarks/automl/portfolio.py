"""Learns the portfolio: the list of configurations that a search tries first.

    python benchmarks/automl/portfolio.py --data FOLDER --trials trials/ --per-family 40

1. Every configuration of a pool (defaults and random ones) is cross-validated on every data set,
   on the training rows of its first split. Trials are kept in a folder; a run that was broken off
   goes on, and `--only NAME` spreads the data sets over processes or machines.
2. The pool is ordered: each next one most improves the blend per time (`ordering.py`).
3. Each data set in turn is left out, an order is learned on the others and tried on it, beside
   random orders: evidence whether the list carries over.
4. The list is written as JSON: data of the engine, with the data sets it was learned on.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from cases import DataSet, find
from engine_trials import TrialFolder
from joblib import Parallel, delayed
from numpy.typing import NDArray
from ordering import Evidence, blend_loss, order, within
from pool import Configuration, configurations
from report import table

from accredit_engine.families.roster import family_names, load_families
from accredit_engine.seeds import child

_OUT: Final = Path(__file__).parents[2] / "engine/accredit_engine/search/portfolio.json"
_TIMES: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
"""Times at which orders are compared, in trials of median length."""
_RANDOM_ORDERS: Final = 5


def arguments(argv: list[str]) -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with a manifest")
    parser.add_argument("--trials", type=Path, required=True, help="folder that keeps the trials")
    parser.add_argument("--only", default="", help="run trials of these data sets, and end")
    parser.add_argument("--families", default="", help="names, by comma; all by default")
    parser.add_argument("--per-family", type=int, default=40)
    parser.add_argument("--pool-rows", type=int, default=5_000, help="size the spaces are for")
    parser.add_argument("--max-rows", type=int, default=10_000, help="rows per data set")
    parser.add_argument("--judge-rows", type=int, default=3_000, help="rows that order the pool")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds per trial")
    parser.add_argument("--threads", type=int, default=1, help="threads of a trial")
    parser.add_argument("--jobs", type=int, default=1, help="data sets at a time")
    parser.add_argument("--length", type=int, default=30)
    parser.add_argument("--time-weight", type=float, default=0.5)
    parser.add_argument("--smallest-gain", type=float, default=0.002)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=_OUT)
    return parser.parse_args(argv)


def learned(
    evidence: Sequence[Evidence], pool: Sequence[Configuration], options: argparse.Namespace
) -> list[int]:
    """Positions of the portfolio in the pool."""
    return order(
        evidence,
        pool,
        length=options.length,
        time_weight=options.time_weight,
        smallest_gain=options.smallest_gain,
    )


def left_out(
    evidence: Sequence[Evidence], pool: Sequence[Configuration], options: argparse.Namespace
) -> str:
    """Table: blends on data sets the order was not learned on, beside random orders."""
    found = Parallel(n_jobs=options.jobs)(
        delayed(_orders_on)(held, evidence, pool, options) for held in evidence
    )
    names = ("portfolio, then random", "defaults, then random", "random")
    curves = np.array(found)
    rows = [
        [name, *(f"{value:.3f}" for value in curves[:, at].mean(axis=0))]
        for at, name in enumerate(names)
    ]
    for at, name in ((1, "defaults"), (2, "random")):
        ahead = (curves[:, 0] < curves[:, at]).sum(axis=0)
        rows.append([f"portfolio beats {name}", *(f"{n} of {len(evidence)}" for n in ahead)])
    return table(["order", *(f"{time:g}" for time in _TIMES)], rows)


def _orders_on(
    held: Evidence,
    evidence: Sequence[Evidence],
    pool: Sequence[Configuration],
    options: argparse.Namespace,
) -> NDArray[np.float64]:
    """Curves (3, times) on one data set: portfolio of the others, defaults first, random."""
    others = [entry for entry in evidence if entry.name != held.name]
    portfolio = learned(others, pool, options)
    defaults = [at for at, entry in enumerate(pool) if entry.is_default]
    orders = [_shuffled(pool, child(options.seed, "order", n)) for n in range(_RANDOM_ORDERS)]
    return np.array(
        [
            np.mean([_curve(held, pool, [*first, *_without(order, first)]) for order in orders], 0)
            for first in (portfolio, defaults, [])
        ]
    )


def _without(positions: Sequence[int], taken: Sequence[int]) -> list[int]:
    return [at for at in positions if at not in set(taken)]


def _curve(held: Evidence, pool: Sequence[Configuration], at: list[int]) -> NDArray[np.float64]:
    return np.array([blend_loss(held, within(held, pool, at, time)) for time in _TIMES])


def _shuffled(pool: Sequence[Configuration], seed: int) -> list[int]:
    return [int(at) for at in np.random.default_rng(seed).permutation(len(pool))]


def document(
    data: Sequence[DataSet],
    evidence: Sequence[Evidence],
    pool: Sequence[Configuration],
    chosen: Sequence[int],
    sizes: Sequence[int],
) -> dict[str, Any]:  # Any: JSON.
    """The portfolio as JSON; `sizes` are the rows that each data set was tried with."""
    entries = [
        {
            "family": pool[at].family,
            "params": dict(pool[at].params),
            "tasks": list(pool[at].tasks),
            "min_rows": 0,
            "max_rows": _max_rows(at, evidence, pool, sizes),
        }
        for at in chosen
    ]
    return {
        "version": 1,
        "made_by": "benchmarks/automl/portfolio.py",
        "rows": max(sizes),
        "data": [{"name": entry.name, "digest": entry.digest} for entry in data],
        "entries": entries,
    }


def _max_rows(
    at: int, evidence: Sequence[Evidence], pool: Sequence[Configuration], sizes: Sequence[int]
) -> int | None:
    """Most rows on which it finished, if it gave up on more; None when it never gave up there."""
    tried = [
        (rows, bool(entry.has[at]))
        for entry, rows in zip(evidence, sizes, strict=True)
        if entry.task.value in pool[at].tasks
    ]
    most = max((rows for rows, finished in tried if finished), default=0)
    return most if any(rows > most for rows, _ in tried) else None


def main(argv: list[str]) -> int:
    """See the module."""
    options = arguments(argv)
    names = family_names([n for n in options.families.split(",") if n] or None)
    families, absent = load_families(names)
    for name, reason in absent.items():
        print(f"{name}: left out, {reason}")
    pool = configurations(
        families, per_family=options.per_family, rows=options.pool_rows, seed=options.seed
    )
    data = find(options.data, target=None, task=None)
    folder = TrialFolder(
        options.trials, options.max_rows, options.seed, options.limit, options.threads
    )
    folder.open()
    only = {name for name in options.only.split(",") if name}
    Parallel(n_jobs=options.jobs)(
        delayed(folder.fill)(entry, pool, families)
        for entry in data
        if not only or entry.name in only
    )
    if only:
        return 0
    tables = [folder.table(entry) for entry in data]
    evidence = [
        Evidence.of(entry, pool, rows=options.judge_rows, seed=options.seed) for entry in tables
    ]
    chosen = learned(evidence, pool, options)
    sizes = [len(entry.y) for entry in tables]
    text = json.dumps(document(data, evidence, pool, chosen, sizes), indent=1)
    options.out.write_text(text + "\n", encoding="utf-8")
    print(f"\n{len(chosen)} of {len(pool)} configurations, from {len(data)} data sets")
    print("\nNormalised loss on the data set left out (0: best single configuration of the pool,")
    print("1: median), by time in trials of median length:\n")
    print(left_out(evidence, pool, options) if len(evidence) > 1 else "one data set only")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
