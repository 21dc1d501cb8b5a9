"""The hold-out: drawn once, from a seed, as the model will be used.

Rules:
1. When a time is named, the latest rows are held out; equal times stay on one side.
2. When groups are named, no group is on both sides. With a time as well, earlier rows of a group
   that reaches into the hold-out are on neither side.
3. Otherwise stratified by class, or by tenths of a numeric target.
"""

import hashlib

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from accredit_engine.bundle.contract import Task
from accredit_engine.data.design import Design, read_design
from accredit_engine.data.folds import deal
from accredit_engine.errors import EmptyFrame, MissingTarget, RareClass, UnfitSplit, UnknownColumn
from accredit_engine.seeds import child


def holdout_split(
    frame: pd.DataFrame,
    target: str,
    *,
    share: float,
    seed: int,
    task: str,
    groups: str | None = None,
    time: str | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split a frame into `(train, holdout)`; see the module for how.

    Index and row order are kept.

    Args:
        frame: Rows with the target; rows whose target is missing stay in `train`.
        target: Name of the target column.
        share: Share of the rows in the hold-out, in (0, 1).
        seed: The same seed gives the same split.
        task: binary, multiclass or regression.
        groups: Column whose equal values stay together.
        time: Column that says when a row was known.

    Raises:
        MissingTarget, UnknownColumn: a column is not in the frame.
        EmptyFrame: the frame has fewer than two rows.
        RareClass: a class has fewer than two members.
        UnfitSplit, TooFewGroups, UnfitTime: groups or times do not allow it.
        ValueError: `share` is outside (0, 1) or the task is unknown.
    """
    if not 0 < share < 1:
        message = f"share must lie between 0 and 1, not {share}"
        raise ValueError(message)
    _refuse(frame, target, groups, time)
    labels = frame[target]
    positions = np.flatnonzero(labels.notna().to_numpy())
    strata = _strata(labels.iloc[positions], Task(task))
    if np.bincount(strata).min() < 2:
        message = f"a class of {target!r} has a single member and cannot be on both sides"
        raise RareClass(message)
    design = read_design(frame.iloc[positions], groups=groups, time=time, weight=None)
    held, learned = _sides(strata, design, share=share, seed=seed)
    if not held.any() or not learned.any():
        message = "groups and times leave no rows on one side of the hold-out"
        raise UnfitSplit(message)
    is_held, is_learned = np.zeros(len(frame), dtype=bool), np.ones(len(frame), dtype=bool)
    is_held[positions] = held
    is_learned[positions] = learned
    return frame.loc[is_learned], frame.loc[is_held]


def split_by_content(
    frame: pd.DataFrame,
    target: str,
    *,
    share: float,
    task: str,
    groups: str | None = None,
    time: str | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split a frame into `(train, holdout)` so that its content alone decides who is where.

    The rows are taken in the order of their fingerprints, and the seed comes from all of them, so
    neither a seed nor the order of the rows can be tried until the hold-out is kind. Other rows or
    columns, and other groups or times, are another split.

    Args:
        frame: As for `holdout_split`, with an index of distinct labels.
        target: Likewise, as the rest.
        share: Of the rows in the hold-out.
        task: binary, multiclass or regression.
        groups: Column whose equal values stay together.
        time: Column that says when a row was known.

    Raises:
        The errors of `holdout_split`.
    """
    prints = np.asarray(pd.util.hash_pandas_object(frame, index=False), dtype=np.uint64)
    order = np.argsort(prints, kind="stable")
    seed = int.from_bytes(hashlib.sha256(prints[order].tobytes()).digest()[:4], "big") >> 1
    train, holdout = holdout_split(
        frame.iloc[order], target, share=share, seed=seed, task=task, groups=groups, time=time
    )
    is_held = frame.index.isin(holdout.index)
    is_learned = frame.index.isin(train.index)
    return frame.loc[is_learned], frame.loc[is_held]


def _refuse(frame: pd.DataFrame, target: str, groups: str | None, time: str | None) -> None:
    if target not in frame.columns:
        message = f"the target {target!r} is no column of the frame"
        raise MissingTarget(message)
    for part, name in (("groups", groups), ("time", time)):
        if name is not None and name not in frame.columns:
            message = f"{part} names {name!r}, which is no column of the frame"
            raise UnknownColumn(message)
    if len(frame) < 2:
        message = f"a frame of {len(frame)} rows cannot be split"
        raise EmptyFrame(message)


def _sides(
    strata: NDArray[np.int64], design: Design, *, share: float, seed: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether each row is held (n,), and whether it is learned from (n,)."""
    if design.time_of is not None:
        held = _latest(design.time_of, share)
        learned = ~held
        if design.group_of is not None:
            learned &= ~np.isin(design.group_of, design.group_of[held])
        return held, learned
    if design.group_of is not None:
        random = np.random.default_rng(child(seed, "holdout"))
        held = deal(design.group_of, strata, np.array([1 - share, share]), random) == 1
        return held, ~held
    held = np.zeros(len(strata), dtype=bool)
    _, chosen = train_test_split(
        np.arange(len(strata)),
        test_size=share,
        random_state=child(seed, "holdout"),
        stratify=strata,
    )
    held[chosen] = True
    return held, ~held


def _latest(time_of: NDArray[np.float64], share: float) -> NDArray[np.bool_]:
    """Rows after the moment that leaves nearest to `share` of the rows behind it."""
    times, counts = np.unique(time_of, return_counts=True)
    later = 1 - np.cumsum(counts) / len(time_of)
    return np.asarray(time_of > times[int(np.argmin(np.abs(later - share)))], dtype=np.bool_)


def _strata(labels: pd.Series, task: Task) -> NDArray[np.int64]:
    if task is not Task.REGRESSION:
        return np.asarray(pd.factorize(labels)[0], dtype=np.int64)
    tenths = max(1, min(10, len(labels) // 10))
    ranks = labels.rank(method="first").to_numpy(dtype=np.float64) - 1
    return np.asarray(ranks * tenths // len(labels), dtype=np.int64)
