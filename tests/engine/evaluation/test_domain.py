import numpy as np
import pytest

from accredit_engine.bundle.contract import Task
from accredit_engine.errors import UnfitMetric, UnfitSettings
from accredit_engine.evaluation.costs import CostMatrix
from accredit_engine.evaluation.custom_score import CustomScore, Needs
from accredit_engine.evaluation.domain import require
from accredit_engine.evaluation.metrics import Scorer
from accredit_engine.evaluation.threshold import ThresholdRule

FOLDS = np.array([0, 0, 1, 1])


@pytest.mark.parametrize(
    ("metric", "task", "y"),
    [
        pytest.param("roc_auc", Task.BINARY, [0, 1, 1, 1], id="one class in a fold"),
        pytest.param("roc_auc_ovr", Task.MULTICLASS, [0, 1, 2, 0], id="a class is absent"),
        pytest.param("positive_likelihood_ratio", Task.BINARY, [0, 1, 0, 0], id="likelihood"),
        pytest.param("d2_brier_score", Task.BINARY, [0, 1, 0, 0], id="explained share"),
        pytest.param("r2", Task.REGRESSION, [1, 2, 3, 3], id="constant values"),
        pytest.param("neg_mean_squared_log_error", Task.REGRESSION, [1, 2, -1, 3], id="logs"),
        pytest.param("neg_root_mean_squared_log_error", Task.REGRESSION, [1, 2, -1, 3], id="root"),
        pytest.param("neg_mean_poisson_deviance", Task.REGRESSION, [1, 2, -0.5, 3], id="poisson"),
        pytest.param("neg_mean_gamma_deviance", Task.REGRESSION, [1, 2, 0, 3], id="gamma"),
        pytest.param("neg_mean_absolute_percentage_error", Task.REGRESSION, [1, 2, 0, 3], id="%"),
    ],
)
def test_a_score_that_a_fold_cannot_have_is_refused_by_name(
    metric: str, task: Task, y: list[float]
) -> None:
    scorer, outputs = Scorer(metric, task), 3 if task is Task.MULTICLASS else 1

    with pytest.raises(UnfitMetric, match=rf"{metric}.* in fold [01]"):
        require(scorer, np.array(y, dtype=np.float64), outputs, fold_of=FOLDS)


@pytest.mark.parametrize("metric", ["accuracy", "neg_log_loss", "neg_brier_score", "f1"])
def test_scores_that_always_exist_are_let_through(metric: str) -> None:
    scorer = Scorer(metric, Task.BINARY)

    require(scorer, np.array([0.0, 1.0, 1.0, 1.0]), 1, fold_of=FOLDS)


def test_rows_of_no_fold_do_not_matter() -> None:
    folds = np.array([0, 0, -1, -1])

    require(Scorer("roc_auc", Task.BINARY), np.array([0.0, 1.0, 1.0, 1.0]), 1, fold_of=folds)


def test_two_classes_are_too_few_for_the_top_two() -> None:
    with pytest.raises(UnfitMetric, match="at least three"):
        require(Scorer("top_k_accuracy", Task.MULTICLASS), np.array([0.0, 1.0]), 2)


@pytest.mark.parametrize(
    ("task", "needs"),
    [
        (Task.REGRESSION, Needs.VALUE),
        (Task.BINARY, Needs.LABEL),
        (Task.MULTICLASS, Needs.PROBABILITY),
    ],
)
def test_a_custom_score_is_rehearsed(task: Task, needs: Needs) -> None:
    y, outputs = np.array([0.0, 1.0, 2.0, 0.0]), 3 if task is Task.MULTICLASS else 1
    y = np.minimum(y, 1) if task is Task.BINARY else y

    require(Scorer(CustomScore("fine", lambda y, output: 1.0, needs), task), y, outputs)
    with pytest.raises(UnfitMetric, match="returned nan"):
        require(Scorer(CustomScore("not", lambda y, output: np.nan, needs), task), y, outputs)


def test_a_custom_score_without_weights_is_refused_where_rows_have_weights() -> None:
    scorer = Scorer(CustomScore("mine", lambda y, p: 1.0), Task.BINARY)

    with pytest.raises(UnfitMetric, match="does not take weights"):
        require(scorer, np.array([0.0, 1.0]), 1, weighted=True)


def test_costs_must_be_of_the_classes_at_hand() -> None:
    costs = CostMatrix(((0, 1, 1), (1, 0, 1), (1, 1, 0)))
    rule = ThresholdRule.parse("cost", costs)

    with pytest.raises(UnfitSettings, match="3 classes"):
        require(Scorer("accuracy", Task.BINARY, rule=rule), np.array([0.0, 1.0]), 1)
