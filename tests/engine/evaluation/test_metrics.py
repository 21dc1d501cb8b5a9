import numpy as np
import pytest
from sklearn.metrics import get_scorer, get_scorer_names, log_loss

from accredit_engine.bundle.contract import Task
from accredit_engine.errors import UnfitMetric, UnknownMetric
from accredit_engine.evaluation.calibration import probabilities
from accredit_engine.evaluation.costs import CostMatrix
from accredit_engine.evaluation.custom_score import CustomScore, Needs
from accredit_engine.evaluation.metrics import MEAN_COST, Scorer, metric_names
from accredit_engine.evaluation.threshold import ThresholdRule

RANDOM = np.random.default_rng(2)
Y = (RANDOM.random(500) < 0.3).astype(np.float64)
MARGIN = (2 * Y - 1 + RANDOM.normal(size=500))[:, None]


TRUTH = {
    Task.BINARY: Y,
    Task.MULTICLASS: RANDOM.integers(0, 4, 500).astype(np.float64),
    Task.REGRESSION: RANDOM.gamma(5, 1, size=500),
}
MARGINS = {
    Task.BINARY: MARGIN.round(1),
    Task.MULTICLASS: np.eye(4)[TRUTH[Task.MULTICLASS].astype(int)] + RANDOM.normal(size=(500, 4)),
    Task.REGRESSION: RANDOM.gamma(5, 1, size=(500, 1)),
}
WEIGHT = RANDOM.integers(1, 4, 500).astype(np.float64)
NAMES = [(task, name) for task in Task for name in sorted(metric_names(task) - {"max_error"})]
# scikit-learn has no weights for these.
UNWEIGHTED = {
    "roc_auc_ovo": Task.MULTICLASS,
    "roc_auc_ovo_weighted": Task.MULTICLASS,
    "neg_max_error": Task.REGRESSION,
    "positive_likelihood_ratio": Task.BINARY,
    "neg_negative_likelihood_ratio": Task.BINARY,
}
# Scores of clusterings, and of several labels at a time.
NOT_OURS = {
    "adjusted_mutual_info_score",
    "adjusted_rand_score",
    "completeness_score",
    "fowlkes_mallows_score",
    "homogeneity_score",
    "mutual_info_score",
    "normalized_mutual_info_score",
    "rand_score",
    "v_measure_score",
    "f1_samples",
    "jaccard_samples",
    "precision_samples",
    "recall_samples",
}


def of_scikit_learn(task: Task, name: str, weight: np.ndarray | None = None) -> float:
    y, margin, scorer = TRUTH[task], MARGINS[task], get_scorer(name)
    output = probabilities(margin, task)
    if task is Task.BINARY:
        output = output[:, 0]
    if task is not Task.REGRESSION and scorer._response_method == "predict":
        output = Scorer(name, task).decide(y, margin, weight)
    weights = {} if weight is None else {"sample_weight": weight}
    return float(scorer._sign * scorer._score_func(y, output, **scorer._kwargs, **weights))


def test_every_scorer_of_scikit_learn_is_ours_or_is_no_score_of_predictions() -> None:
    ours = {name for _, name in NAMES}

    assert set(get_scorer_names()) == ours | NOT_OURS
    for name in NOT_OURS:
        for task in Task:
            with pytest.raises(UnfitMetric, match="does not suit"):
                Scorer(name, task)


@pytest.mark.parametrize(("task", "name"), NAMES)
def test_every_score_agrees_with_scikit_learn(task: Task, name: str) -> None:
    ours = Scorer(name, task).score(TRUTH[task], MARGINS[task])

    assert ours == pytest.approx(of_scikit_learn(task, name), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("task", "name"), [pair for pair in NAMES if pair[1] not in UNWEIGHTED])
def test_weighted_scores_agree_with_scikit_learn(task: Task, name: str) -> None:
    ours = Scorer(name, task).score(TRUTH[task], MARGINS[task], WEIGHT)

    assert ours == pytest.approx(of_scikit_learn(task, name, WEIGHT), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("name", "task"), UNWEIGHTED.items())
def test_whole_weights_are_repeated_rows(name: str, task: Task) -> None:
    scorer, y, margin = Scorer(name, task), TRUTH[task], MARGINS[task]
    repeated = np.repeat(np.arange(500), WEIGHT.astype(int))

    weighted = scorer.score(y, margin, WEIGHT, threshold=0.4)

    rows = scorer.score(y[repeated], margin[repeated], threshold=0.4)
    assert weighted == pytest.approx(rows, abs=1e-12)


@pytest.mark.parametrize("outputs", [1, 3])
def test_a_sure_and_wrong_prediction_costs_what_scikit_learn_charges(outputs: int) -> None:
    task = Task.BINARY if outputs == 1 else Task.MULTICLASS
    margin = np.array([[900.0, 0.0, 0.0], [-900.0, 0.0, 0.0]])[:, :outputs]
    y = np.array([0.0, 0.0])

    ours = Scorer("neg_log_loss", task).score(y, margin)

    p = probabilities(margin, task)
    given = p[:, 0] if outputs == 1 else p
    assert ours == pytest.approx(-log_loss(y, given, labels=range(max(2, outputs))), rel=1e-9)


def test_a_caller_brings_a_score_along() -> None:
    seen = CustomScore("worst_gap", lambda y, p: np.abs(y - p).max(), greater_is_better=False)

    score = Scorer(seen, Task.BINARY).score(Y, MARGIN)

    assert score == -np.abs(Y - probabilities(MARGIN, Task.BINARY)[:, 0]).max()
    assert Scorer(seen, Task.BINARY).name == "worst_gap"
    turned = Scorer(seen, Task.BINARY, flipped=True).score(1 - Y, -MARGIN)
    assert turned == pytest.approx(score)


def test_a_custom_score_of_labels_sees_what_will_be_decided() -> None:
    ours = CustomScore("agreement", lambda y, label: np.mean(y == label), Needs.LABEL)

    for flipped in (False, True):
        scorer = Scorer(ours, Task.BINARY, flipped)
        assert scorer.score(Y, MARGIN, threshold=0.4) == Scorer("accuracy", Task.BINARY).score(
            Y, MARGIN, threshold=0.4
        )


def test_a_custom_score_may_take_weights() -> None:
    takes = CustomScore(
        "absolute", lambda y, v, w: np.average(np.abs(y - v), weights=w), Needs.VALUE, False, True
    )
    y, margin = TRUTH[Task.REGRESSION], MARGINS[Task.REGRESSION]

    weighted = Scorer(takes, Task.REGRESSION).score(y, margin, WEIGHT)

    expected = Scorer("neg_mean_absolute_error", Task.REGRESSION).score(y, margin, WEIGHT)
    assert weighted == pytest.approx(expected)
    without = CustomScore("bias", lambda y, v: np.mean(v - y), Needs.VALUE)
    with pytest.raises(ValueError, match="does not take weights"):
        Scorer(without, Task.REGRESSION).score(y, margin, WEIGHT)


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        pytest.param(CustomScore("f1", lambda y, p: 1.0), "is a scikit-learn scorer", id="name"),
        pytest.param(
            CustomScore("mine", lambda y, p: 1.0, Needs.VALUE), "does not give", id="needs"
        ),
    ],
)
def test_a_custom_score_must_fit(metric: CustomScore, message: str) -> None:
    with pytest.raises(UnfitMetric, match=message):
        Scorer(metric, Task.BINARY)


def test_a_custom_score_without_a_name_or_a_number_is_refused() -> None:
    with pytest.raises(UnfitMetric, match="a name and a function"):
        CustomScore("", lambda y, p: 1.0)
    with pytest.raises(UnfitMetric, match="needs one of"):
        CustomScore("mine", lambda y, p: 1.0, "margin")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="returned nan"):
        Scorer(CustomScore("mine", lambda y, p: np.nan), Task.BINARY).score(Y, MARGIN)


def test_labels_are_decided_by_the_rule_or_by_the_frozen_threshold() -> None:
    best = ThresholdRule.parse("metric:f1")

    by_rule = Scorer("f1", Task.BINARY, rule=best).score(Y, MARGIN)

    assert by_rule > Scorer("f1", Task.BINARY).score(Y, MARGIN)
    half = Scorer("f1", Task.BINARY, rule=ThresholdRule.parse("fixed:0.5")).score(Y, MARGIN)
    assert half == Scorer("f1", Task.BINARY).score(Y, MARGIN, threshold=0.5)


@pytest.mark.parametrize("flipped", [False, True])
def test_the_mean_cost_is_a_score(*, flipped: bool) -> None:
    costs = CostMatrix.binary(false_favourable=5, false_unfavourable=1)
    scorer = Scorer(MEAN_COST, Task.BINARY, flipped, ThresholdRule.parse("cost", costs))

    score = scorer.score(Y, MARGIN, threshold=0.5)

    label = probabilities(MARGIN, Task.BINARY)[:, 0] >= 0.5
    assert score == pytest.approx(-np.mean(5 * (label & (Y == 0)) + (~label & (Y == 1))))
    with pytest.raises(UnknownMetric):
        Scorer(MEAN_COST, Task.BINARY)


def test_costs_decide_among_several_classes() -> None:
    costs = CostMatrix(((0, 1, 1, 1), (9, 0, 9, 9), (1, 1, 0, 1), (1, 1, 1, 0)))
    rule = ThresholdRule.parse("cost", costs)
    y, margin = TRUTH[Task.MULTICLASS], MARGINS[Task.MULTICLASS]

    cheap = Scorer(MEAN_COST, Task.MULTICLASS, rule=rule).score(y, margin)

    likely = Scorer("accuracy", Task.MULTICLASS).cells(y, margin)
    assert cheap > -float(costs.expected(likely))


def test_turning_the_favourable_class_does_not_change_the_score() -> None:
    for name in ("roc_auc", "average_precision", "f1", "accuracy", "neg_log_loss"):
        straight = Scorer(name, Task.BINARY).score(Y, MARGIN)
        turned = Scorer(name, Task.BINARY, flipped=True).score(1 - Y, -MARGIN)
        assert turned == pytest.approx(straight)
