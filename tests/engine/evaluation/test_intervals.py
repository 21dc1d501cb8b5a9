import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from accredit_engine.evaluation.intervals import auc_interval, bootstrap_interval

RANDOM = np.random.default_rng(2)
Y = (RANDOM.random(500) < 0.3).astype(np.float64)
MARGIN = (2 * Y - 1 + RANDOM.normal(size=500))[:, None]


def test_the_interval_of_the_auc_agrees_with_the_bootstrap() -> None:
    scores = MARGIN[:, 0]

    delong = auc_interval(Y, scores)
    bootstrap = bootstrap_interval(
        lambda rows: float(roc_auc_score(Y[rows], scores[rows])), 500, seed=0, resamples=300
    )

    assert delong.estimate == pytest.approx(roc_auc_score(Y, scores))
    assert bootstrap.estimate == pytest.approx(delong.estimate)
    assert delong.low == pytest.approx(bootstrap.low, abs=0.01)
    assert delong.high == pytest.approx(bootstrap.high, abs=0.01)
    assert delong.rows == 500


def test_a_perfect_ranking_has_an_interval_inside_the_unit() -> None:
    interval = auc_interval(Y, Y)

    assert (interval.low, interval.estimate, interval.high) == (1.0, 1.0, 1.0)


def test_an_auc_needs_both_classes_and_zeros_and_ones() -> None:
    with pytest.raises(ValueError, match="two rows"):
        auc_interval(np.ones(5), np.arange(5.0))
    with pytest.raises(ValueError, match="0 or 1"):
        auc_interval(np.array([1.0, 2.0]), np.arange(2.0))


def test_a_statistic_that_rarely_exists_has_no_interval() -> None:
    def refuse(_: object) -> float:
        message = "one class"
        raise ValueError(message)

    with pytest.raises(ValueError, match="resamples"):
        bootstrap_interval(refuse, 5, seed=0, resamples=4)
