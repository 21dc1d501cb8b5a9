import numpy as np
import pytest
from scipy.stats import norm

from accredit_engine.bundle.contract import Task
from accredit_engine.evaluation.estimate import estimate
from accredit_engine.evaluation.intervals import bootstrap_interval
from accredit_engine.evaluation.metrics import Scorer, metric_names

RANDOM = np.random.default_rng(8)
ROWS = 600
TRUTH = {
    Task.BINARY: (RANDOM.random(ROWS) < 0.4).astype(np.float64),
    Task.MULTICLASS: RANDOM.integers(0, 3, ROWS).astype(np.float64),
    Task.REGRESSION: RANDOM.gamma(5, 1, size=ROWS),
}
BETTER = {
    Task.BINARY: (2 * TRUTH[Task.BINARY] - 1 + RANDOM.normal(size=ROWS))[:, None],
    Task.MULTICLASS: 2 * np.eye(3)[TRUTH[Task.MULTICLASS].astype(int)]
    + RANDOM.normal(size=(ROWS, 3)),
    Task.REGRESSION: (TRUTH[Task.REGRESSION] + 0.5 * RANDOM.normal(size=ROWS))[:, None],
}
NOISE = {task: RANDOM.normal(size=margin.shape) for task, margin in BETTER.items()}
CASES = [
    (Task.BINARY, "roc_auc"),
    (Task.BINARY, "neg_log_loss"),
    (Task.BINARY, "f1"),
    (Task.BINARY, "average_precision"),
    (Task.MULTICLASS, "neg_log_loss"),
    (Task.MULTICLASS, "f1_macro"),
    (Task.MULTICLASS, "accuracy"),
    (Task.REGRESSION, "neg_root_mean_squared_error"),
    (Task.REGRESSION, "neg_mean_absolute_error"),
    (Task.REGRESSION, "r2"),
]


@pytest.mark.parametrize(("task", "metric"), CASES)
def test_the_interval_agrees_with_resampling_the_rows(task: Task, metric: str) -> None:
    scorer, y, margin = Scorer(metric, task), TRUTH[task], BETTER[task]

    found = estimate(scorer, y, margin, 1, 0.9, threshold=0.5)

    slow = bootstrap_interval(
        lambda rows: scorer.score(y[rows], margin[rows], threshold=0.5),
        ROWS,
        seed=5,
        level=0.9,
        resamples=400,
    )
    width = slow.high - slow.low
    assert found.estimate == pytest.approx(scorer.score(y, margin, threshold=0.5))
    assert found.low == pytest.approx(slow.low, abs=0.2 * width)
    assert found.high == pytest.approx(slow.high, abs=0.2 * width)
    assert (found.level, found.rows) == (0.9, ROWS)
    assert found.low < found.estimate < found.high
    assert found.to_dict()["method"] in ("delong", "bootstrap")


@pytest.mark.parametrize("metric", ["f1", "roc_auc"])
def test_turning_the_favourable_class_does_not_change_the_estimate(metric: str) -> None:
    y, margin = TRUTH[Task.BINARY], BETTER[Task.BINARY]

    straight = estimate(Scorer(metric, Task.BINARY), y, margin, 3, threshold=0.6)
    turned = estimate(Scorer(metric, Task.BINARY, flipped=True), 1 - y, -margin, 3, threshold=0.4)

    assert turned.estimate == pytest.approx(straight.estimate)
    assert turned.low == pytest.approx(straight.low, abs=0.02)


def test_equal_seeds_give_equal_intervals() -> None:
    scorer = Scorer("r2", Task.REGRESSION)
    y, margin = TRUTH[Task.REGRESSION], BETTER[Task.REGRESSION]

    assert estimate(scorer, y, margin, 4) == estimate(scorer, y, margin, 4)
    assert estimate(scorer, y, margin, 4) != estimate(scorer, y, margin, 5)


@pytest.mark.parametrize("task", list(Task))
def test_every_metric_has_an_interval(task: Task) -> None:
    names = sorted(metric_names(task))
    assert len(names) > 8

    for name in names:
        scorer, y, margin = Scorer(name, task), TRUTH[task][:40], np.abs(BETTER[task][:40])
        interval = estimate(scorer, y, margin, 2)
        assert interval.low <= interval.high, name


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    covered, repeats = 0, 200
    for repeat in range(repeats):
        random = np.random.default_rng(repeat)
        margin = random.normal(size=(200, 1))
        y = margin[:, 0] + random.normal(size=200)
        interval = estimate(Scorer("neg_mean_squared_error", Task.REGRESSION), y, margin, 1, 0.9)
        covered += interval.low <= -1.0 <= interval.high

    slack = norm.ppf(0.999) * (0.9 * 0.1 / repeats) ** 0.5
    assert covered / repeats > 0.9 - slack - 0.02


def test_an_estimate_of_one_class_is_refused() -> None:
    with pytest.raises(ValueError, match="two rows of either class"):
        estimate(Scorer("roc_auc", Task.BINARY), np.ones(20), np.zeros((20, 1)), 1)
