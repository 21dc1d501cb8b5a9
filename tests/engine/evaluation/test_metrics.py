import numpy as np
import pytest
from sklearn.metrics import get_scorer, log_loss, roc_auc_score

from accredit_engine.bundle.contract import Task
from accredit_engine.evaluation.calibration import fit_affine, probabilities
from accredit_engine.evaluation.intervals import auc_interval, bootstrap_interval
from accredit_engine.evaluation.metrics import Scorer, _names
from accredit_engine.evaluation.threshold import rate_threshold

RANDOM = np.random.default_rng(2)
Y = (RANDOM.random(500) < 0.3).astype(np.float64)
MARGIN = (2 * Y - 1 + RANDOM.normal(size=500))[:, None]


@pytest.mark.parametrize("task", list(Task))
def test_every_metric_scores_and_is_a_scorer_of_scikit_learn(task: Task) -> None:
    y = {
        Task.BINARY: Y,
        Task.MULTICLASS: RANDOM.integers(0, 3, 500).astype(np.float64),
        Task.REGRESSION: RANDOM.normal(5, 1, size=500),
    }[task]
    margin = RANDOM.normal(size=(500, 3 if task is Task.MULTICLASS else 1))
    names = sorted(_names(task))
    assert len(names) > 8

    for name in names:
        assert np.isfinite(Scorer(name, task).score(y, margin)), name
        if name != "max_error":
            get_scorer(name)


def test_turning_the_favourable_class_does_not_change_the_score() -> None:
    for name in ("roc_auc", "average_precision", "f1", "accuracy", "neg_log_loss"):
        straight = Scorer(name, Task.BINARY).score(Y, MARGIN)
        turned = Scorer(name, Task.BINARY, flipped=True).score(1 - Y, -MARGIN)
        assert turned == pytest.approx(straight)


def test_calibration_repairs_a_distorted_margin() -> None:
    distorted = 0.1 * MARGIN + 5

    offset, slope = fit_affine(distorted, Y, Task.BINARY)

    before = log_loss(Y, probabilities(distorted, Task.BINARY)[:, 0])
    calibrated = probabilities(offset + slope * distorted, Task.BINARY)[:, 0]
    assert log_loss(Y, calibrated) < 0.5 < before
    assert calibrated.mean() == pytest.approx(Y.mean(), abs=0.01)


def test_calibration_of_a_constant_gives_the_rate() -> None:
    offset, slope = fit_affine(np.full((500, 1), 3.0), Y, Task.BINARY)

    constant = probabilities(offset + slope * 3.0, Task.BINARY)
    assert constant == pytest.approx(Y.mean(), abs=0.01)


@pytest.mark.parametrize("shared", [True, False])
def test_calibration_of_several_classes_lowers_the_loss(*, shared: bool) -> None:
    y = RANDOM.integers(0, 3, 400)
    margin = np.eye(3)[y] * 0.2 + 0.05 * RANDOM.normal(size=(400, 3))

    offset, slope = fit_affine(margin, y.astype(np.float64), Task.MULTICLASS, shared_slope=shared)

    after = probabilities(offset + slope * margin, Task.MULTICLASS)
    assert log_loss(y, after) < 0.6 * log_loss(y, probabilities(margin, Task.MULTICLASS))
    if shared:
        assert len(set(slope.tolist())) == 1


def test_probabilities_of_huge_margins_stay_finite() -> None:
    huge = np.array([[1e9], [-1e9]])

    assert probabilities(huge, Task.BINARY)[:, 0].tolist() == pytest.approx([1, 0])


@pytest.mark.parametrize(("rate", "chosen"), [(0.25, 25), (0.001, 1), (1.0, 100)])
def test_the_threshold_selects_the_wanted_share(rate: float, chosen: int) -> None:
    favourable = RANDOM.permutation(np.linspace(0.1, 0.9, 100))

    assert (favourable >= rate_threshold(favourable, rate)).sum() == chosen


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
