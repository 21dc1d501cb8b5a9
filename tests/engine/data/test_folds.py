import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accredit_engine import errors
from accredit_engine.bundle.contract import Task
from accredit_engine.data.folds import Extent, FoldKind, Folds, draw_folds, extent_of

ROWS = 240


def labels(rows: int = ROWS, share: float = 0.25) -> np.ndarray:
    return (np.arange(rows) < share * rows).astype(np.float64)


@given(
    seed=st.integers(0, 2**31 - 1),
    folds=st.integers(1, 6),
    repeats=st.integers(1, 3),
    groups=st.integers(8, 60),
    task=st.sampled_from([Task.BINARY, Task.REGRESSION]),
)
@settings(max_examples=60, deadline=None)
def test_a_row_is_never_learned_from_and_scored_in_one_fold(
    seed: int, folds: int, repeats: int, groups: int, task: Task
) -> None:
    random = np.random.default_rng(seed)
    y = labels() if task is Task.BINARY else random.normal(size=ROWS)
    group_of = random.integers(0, groups, size=ROWS)

    drawn = draw_folds(y, task=task, extent=Extent(folds, repeats), seed=seed, group_of=group_of)

    assert len(drawn.pairs) == drawn.extent.folds * drawn.extent.repeats
    for learned, held in drawn.pairs:
        assert not set(group_of[learned]) & set(group_of[held])
        assert len(learned) + len(held) == ROWS


@pytest.mark.parametrize("repeats", [1, 3])
def test_every_scored_row_is_in_one_part_and_held_once_per_repeat(repeats: int) -> None:
    drawn = draw_folds(labels(), task=Task.BINARY, extent=Extent(5, repeats), seed=3)

    positions = np.sort(np.concatenate(drawn.parts))
    times = np.bincount(np.concatenate([held for _, held in drawn.pairs]), minlength=ROWS)
    assert positions.tolist() == list(range(ROWS))
    assert set(times.tolist()) == {repeats}


def test_classes_have_their_shares_in_every_fold() -> None:
    y = labels(1000, share=0.1)

    drawn = draw_folds(y, task=Task.BINARY, extent=Extent(5, 1), seed=0)

    counts = [int(y[held].sum()) for _, held in drawn.pairs]
    assert max(counts) - min(counts) <= 1
    assert sum(counts) == 100


def test_tenths_of_a_numeric_target_have_their_shares_in_every_fold() -> None:
    y = np.random.default_rng(0).lognormal(sigma=2, size=500)

    drawn = draw_folds(y, task=Task.REGRESSION, extent=Extent(5, 1), seed=0)

    medians = [float(np.median(y[held])) for _, held in drawn.pairs]
    assert max(medians) < 2 * min(medians)


def test_rows_with_equal_inputs_share_a_fold() -> None:
    copies = np.repeat(np.arange(ROWS // 2), 2)

    drawn = draw_folds(labels(), task=Task.BINARY, extent=Extent(5, 1), seed=1, duplicates=copies)

    assert drawn.kind is FoldKind.STRATIFIED
    assert all(not set(copies[learned]) & set(copies[held]) for learned, held in drawn.pairs)


def test_time_ordered_folds_score_only_what_came_later() -> None:
    random = np.random.default_rng(5)
    times = random.permutation(ROWS).astype(np.float64) // 2

    drawn = draw_folds(labels(), task=Task.BINARY, extent=Extent(5, 2), seed=0, time_of=times)

    assert drawn.kind is FoldKind.TIME_ORDERED
    assert len(drawn.pairs) == 5
    for learned, held in drawn.pairs:
        assert times[learned].max() < times[held].min()
    assert len(drawn.scored) < ROWS


def test_groups_and_time_hold_together() -> None:
    times = np.arange(ROWS, dtype=np.float64)
    group_of = np.arange(ROWS) // 7

    drawn = draw_folds(
        labels(), task=Task.BINARY, extent=Extent(3, 1), seed=0, time_of=times, group_of=group_of
    )

    assert drawn.kind is FoldKind.GROUPED_IN_TIME
    for learned, held in drawn.pairs:
        assert times[learned].max() < times[held].min()
        assert not set(group_of[learned]) & set(group_of[held])


@pytest.mark.parametrize(
    ("group_of", "time_of"),
    [
        pytest.param(np.zeros(ROWS, dtype=np.int64), None, id="one group"),
        pytest.param((np.arange(ROWS) > 60).astype(np.int64), None, id="one group has most rows"),
        pytest.param(None, np.zeros(ROWS), id="one time"),
    ],
)
def test_a_division_that_is_none_is_refused(
    group_of: np.ndarray | None, time_of: np.ndarray | None
) -> None:
    with pytest.raises(errors.UnfitSplit):
        draw_folds(
            labels(),
            task=Task.BINARY,
            extent=Extent(5, 1),
            seed=0,
            group_of=group_of,
            time_of=time_of,
        )


def test_small_tables_are_folded_more_often_than_large_ones() -> None:
    extents = [extent_of(rows, 30, 1, core_seconds=96) for rows in (300, 1_500, 30_000, 900_000)]

    fits = [extent.folds * extent.repeats for extent in extents]
    assert fits == sorted(fits, reverse=True)
    assert fits[0] == 15
    assert fits[-1] == 1


def test_a_class_with_a_single_row_is_dealt_like_any_other() -> None:
    y = np.zeros(100)
    y[:40], y[99] = 1.0, 2.0

    drawn: Folds = draw_folds(y, task=Task.MULTICLASS, extent=Extent(5, 1), seed=0)

    assert sum(99 in held for _, held in drawn.pairs) == 1
