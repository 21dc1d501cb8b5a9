import itertools
import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from accredit_governance.gates import roc


def _data(seed: int, rows: int = 200) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    positive = rng.random(rows) < 0.3
    return np.round(rng.normal(size=rows) + positive, 1), positive


@pytest.mark.parametrize("seed", range(5))
def test_the_area_is_that_of_scikit_learn_with_ties(seed: int) -> None:
    score, positive = _data(seed)

    assert roc.area(score, positive)[0] == pytest.approx(roc_auc_score(positive, score))


def test_the_error_is_delongs() -> None:
    score, positive = _data(1)
    ones, zeros = score[positive], score[~positive]
    wins = (ones[:, None] > zeros[None, :]) + 0.5 * (ones[:, None] == zeros[None, :])
    variance = wins.mean(axis=1).var(ddof=1) / len(ones)
    variance += wins.mean(axis=0).var(ddof=1) / len(zeros)

    assert roc.binary_area(score, positive).error == pytest.approx(math.sqrt(variance))


def test_a_perfect_area_on_few_rows_keeps_a_doubt() -> None:
    estimate = roc.binary_area(np.arange(8.0), np.arange(8) > 3)

    low, high = estimate.bounds(1.96)

    assert (estimate.value, high) == (1.0, 1.0)
    assert low == pytest.approx(0.025**0.25)


def test_an_area_needs_both_classes() -> None:
    with pytest.raises(ValueError, match="both classes"):
        roc.area(np.arange(3.0), np.ones(3, dtype=bool))


def test_a_class_of_one_row_still_has_an_error() -> None:
    estimate = roc.binary_area(np.array([0.1, 0.2, 0.3]), np.array([False, True, False]))

    assert estimate.value == 0.5


def test_ranked_scores_have_the_area_of_their_rows() -> None:
    score, positive = _data(4)
    levels, codes = np.unique(score, return_inverse=True)
    some = slice(20, 90)

    ranked = roc.coded_area(codes[some], len(levels), positive[some])
    plain = roc.area(score[some], positive[some])

    assert ranked[0] == plain[0]
    assert ranked[1] == pytest.approx(plain[1])


def test_the_expected_area_is_the_mean_over_all_outcomes() -> None:
    score = np.array([0.2, 0.5, 0.5, 0.9])
    codes = np.array([0, 1, 1, 2])
    won = pairs = 0.0
    for outcome in itertools.product([False, True], repeat=4):
        positive = np.array(outcome)
        chance = float(np.where(positive, score, 1 - score).prod())
        beaten = score[positive][:, None] - score[~positive][None, :]
        won += chance * float(((beaten > 0) + (beaten == 0) / 2).sum())
        pairs += chance * beaten.size

    assert roc.expected_area(codes, 3, score) == pytest.approx(won / pairs)


def test_certain_scores_of_one_class_expect_no_area() -> None:
    assert roc.expected_area(np.array([0, 0]), 1, np.array([1.0, 1.0])) == 0.5


def test_the_area_of_a_table_is_that_of_its_rows() -> None:
    ones, zeros = np.array([1.0, 4.0, 6.0]), np.array([5.0, 3.0, 2.0])
    score = np.repeat([0, 1, 2, 0, 1, 2], [1, 4, 6, 5, 3, 2]).astype(float)
    positive = np.repeat([True, False], [11, 10])

    assert roc.table_area(ones, zeros) == pytest.approx(roc.area(score, positive)[0])
    assert np.isnan(roc.table_area(ones, np.zeros(3)))


def test_the_error_from_sizes_alone_is_near_delongs() -> None:
    score, positive = _data(3, 2_000)
    estimate = roc.binary_area(score, positive)

    error = roc.area_error(
        np.array(estimate.value), np.array(positive.sum()), np.array((~positive).sum())
    )

    assert float(error) == pytest.approx(estimate.error, rel=0.15)
