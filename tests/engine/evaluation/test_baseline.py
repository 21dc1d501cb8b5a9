import numpy as np
import pytest

from accredit_engine.bundle.contract import Task
from accredit_engine.evaluation.baseline import baseline_score
from accredit_engine.evaluation.custom_score import CustomScore, Needs
from accredit_engine.evaluation.metrics import Scorer, metric_names

RANDOM = np.random.default_rng(5)
Y = np.repeat([0.0, 1.0], [70, 30])
VALUES = RANDOM.gamma(2, 1, size=101)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("roc_auc", 0.5),
        ("average_precision", 0.3),
        ("accuracy", 0.7),
        ("balanced_accuracy", 0.5),
        ("f1", 2 * 0.3 / 1.3),
        ("neg_log_loss", 0.3 * np.log(0.3) + 0.7 * np.log(0.7)),
        ("d2_log_loss_score", 0.0),
    ],
)
def test_the_baseline_of_two_classes(metric: str, expected: float) -> None:
    assert baseline_score(Scorer(metric, Task.BINARY), Y) == pytest.approx(expected)


def test_the_baseline_of_the_last_class_does_not_depend_on_which_is_favourable() -> None:
    turned = baseline_score(Scorer("f1", Task.BINARY, flipped=True), 1 - Y)

    assert turned == pytest.approx(2 * 0.3 / 1.3)


@pytest.mark.parametrize("metric", sorted(metric_names(Task.REGRESSION)))
def test_no_constant_beats_the_baseline_of_values(metric: str) -> None:
    scorer = Scorer(metric, Task.REGRESSION)

    found = baseline_score(scorer, VALUES)

    grid = np.linspace(VALUES.min(), VALUES.max(), 400)
    best = max(scorer.score(VALUES, np.full((101, 1), value)) for value in grid)
    # The median of absolute errors has its best constant elsewhere; it is no more than a yardstick.
    assert found >= best - (0.3 if metric == "neg_median_absolute_error" else 1e-3)


def test_the_baseline_of_several_classes_is_that_of_their_shares() -> None:
    y = np.repeat([0.0, 1.0, 2.0], [50, 30, 20])
    shares = np.array([0.5, 0.3, 0.2])

    loss = baseline_score(Scorer("neg_log_loss", Task.MULTICLASS), y, 3)

    assert loss == pytest.approx((shares * np.log(shares)).sum())
    assert baseline_score(Scorer("accuracy", Task.MULTICLASS), y, 3) == 0.5


def test_a_custom_score_has_a_baseline() -> None:
    same = CustomScore("same", lambda y, label: np.mean(y == label), Needs.LABEL)

    assert baseline_score(Scorer(same, Task.BINARY), Y) == 0.7
