"""Small parts of a search that tests share."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Task
from accredit_engine.bundle.digests import sha256
from accredit_engine.data.folds import Extent, draw_folds
from accredit_engine.data.preparation import Prepared, Roles, prepare
from accredit_engine.evaluation.metrics import DEFAULT_METRICS, Scorer
from accredit_engine.families.arrays import array_bytes
from accredit_engine.families.family import Family, FamilyName
from accredit_engine.search.constraints import Constraints
from accredit_engine.search.evaluate import Evaluator
from accredit_engine.search.trials import Origin, Trial, TrialState
from accredit_engine.search.workbench import Workbench


def small_frame(rows: int = 200, seed: int = 0) -> pd.DataFrame:
    """Two numbers, a category, and a yes-or-no target that depends on them."""
    random = np.random.default_rng(seed)
    first, second = random.normal(size=(2, rows))
    kind = random.choice(["a", "b", "c"], size=rows)
    margin = first - 0.5 * second + (kind == "a") + random.normal(scale=0.5, size=rows)
    return pd.DataFrame(
        {"first": first, "second": second, "kind": kind, "good": (margin > 0.3).astype(int)}
    )


def small_prepared(frame: pd.DataFrame, task: Task = Task.BINARY) -> Prepared:
    """The frame, prepared without any special role."""
    roles = Roles(
        target="good", sensitive=(), exclude=(), kinds={}, favourable=None, leakage="quarantine"
    )
    return prepare(frame, roles, task=task, seed=0)


def small_evaluator(families: Mapping[FamilyName, Family], folds: int = 3) -> Evaluator:
    """An evaluator over the small frame."""
    prepared = small_prepared(small_frame())
    drawn = draw_folds(prepared.y, task=Task.BINARY, extent=Extent(folds, 1), seed=0)
    return Evaluator(
        bench=Workbench.of(prepared, drawn, 0),
        scorer=Scorer(DEFAULT_METRICS[Task.BINARY], Task.BINARY),
        families=families,
        constraints=Constraints({}),
        mitigation=None,
        threads=1,
        seed=0,
    )


def scored_trial(
    number: int,
    raw: NDArray[np.float64],
    evaluator: Evaluator,
    *,
    family: FamilyName = FamilyName.LINEAR,
    ratio: float | None = None,
    member_bytes: int = 1_000,
    row_ms: float = 0.1,
) -> Trial:
    """A finished trial that answered the scored rows with these margins (s, o)."""
    scores = evaluator.fold_scores(raw)
    outputs = raw.shape[1]
    return Trial(
        number=number,
        family=family,
        origin=Origin.SEARCH,
        derived=False,
        params={"inverse_penalty": 0.3},
        settled={"inverse_penalty": 0.3},
        fold_rounds=(),
        state=TrialState.FINISHED,
        reason="",
        score=float(np.mean(scores)),
        fold_scores=scores,
        ratio=ratio,
        seconds=0.1,
        member_bytes=member_bytes,
        row_ms=row_ms,
        offset=(0.0,) * outputs,
        slope=(1.0,) * outputs,
        raw_digest=sha256(array_bytes(raw)),
        raw=raw,
    )
