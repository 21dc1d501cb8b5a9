"""The hold-out: drawn once, from a seed, stratified where there are classes."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from accredit_engine.bundle.contract import Task
from accredit_engine.errors import EmptyFrame, MissingTarget, RareClass
from accredit_engine.seeds import child


def holdout_split(
    frame: pd.DataFrame, target: str, *, share: float, seed: int, task: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split a frame into `(train, holdout)`.

    Stratified by class, or by tenths of the target for regression. Index and row order are kept.

    Args:
        frame: Rows with the target; rows whose target is missing stay in `train`.
        target: Name of the target column.
        share: Share of the rows in the hold-out, in (0, 1).
        seed: The same seed gives the same split.
        task: binary, multiclass or regression.

    Raises:
        MissingTarget: the target is not in the frame.
        EmptyFrame: the frame has fewer than two rows.
        RareClass: a class has fewer than two members.
        ValueError: `share` is outside (0, 1) or the task is unknown.
    """
    if not 0 < share < 1:
        message = f"share must lie between 0 and 1, not {share}"
        raise ValueError(message)
    if target not in frame.columns:
        message = f"the target {target!r} is no column of the frame"
        raise MissingTarget(message)
    if len(frame) < 2:
        message = f"a frame of {len(frame)} rows cannot be split"
        raise EmptyFrame(message)
    labels = frame[target]
    positions = np.flatnonzero(labels.notna().to_numpy())
    strata = _strata(labels.iloc[positions], Task(task))
    if np.bincount(strata).min() < 2:
        message = f"a class of {target!r} has a single member and cannot be on both sides"
        raise RareClass(message)
    _, held = train_test_split(
        positions, test_size=share, random_state=child(seed, "holdout"), stratify=strata
    )
    is_held = np.zeros(len(frame), dtype=bool)
    is_held[held] = True
    return frame.loc[~is_held], frame.loc[is_held]


def _strata(labels: pd.Series, task: Task) -> NDArray[np.int64]:
    if task is not Task.REGRESSION:
        return np.asarray(pd.factorize(labels)[0], dtype=np.int64)
    tenths = max(1, min(10, len(labels) // 10))
    ranks = labels.rank(method="first").to_numpy(dtype=np.float64) - 1
    return np.asarray(ranks * tenths // len(labels), dtype=np.int64)
