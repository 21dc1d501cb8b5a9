"""Scores by their scikit-learn names, or of the caller's own; greater is better, always.

For binary tasks labels are decided as the product decides: by the rule of the threshold, which by
default gives as many favourable decisions as there are favourable outcomes. So a score of labels is
the score of what will be delivered. On rows of a finished model the frozen threshold is passed in.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import get_scorer_names

from accredit_engine.bundle.contract import Task
from accredit_engine.errors import UnfitMetric, UnknownMetric
from accredit_engine.evaluation import fits, rankings
from accredit_engine.evaluation.calibration import probabilities
from accredit_engine.evaluation.confusion import (
    BINARY_LABEL_SCORES,
    LABEL_SCORES,
    LabelScore,
    confusion,
)
from accredit_engine.evaluation.costs import decide_by_cost
from accredit_engine.evaluation.custom_score import CustomScore, Needs
from accredit_engine.evaluation.losses import LOSSES, Loss, mean
from accredit_engine.evaluation.threshold import (
    RATE,
    RuleKind,
    ThresholdRule,
    choose_threshold,
    rate_threshold,
)

Vector: TypeAlias = NDArray[np.float64]
Weight: TypeAlias = NDArray[np.float64] | None
Figure: TypeAlias = Callable[[Vector, Vector, Weight], float]
"""Takes truth (n,), margins or probabilities and weights of rows."""

MEAN_COST: Final = "neg_mean_cost"
DEFAULT_METRICS: Final[Mapping[Task, str]] = {
    Task.BINARY: "roc_auc",
    Task.MULTICLASS: "neg_log_loss",
    Task.REGRESSION: "neg_root_mean_squared_error",
}


def _explained_loss(loss: Loss, task: Task) -> Figure:
    """Share of the loss of the class shares that the model takes away."""

    def score(y: Vector, margin: Vector, weight: Weight) -> float:
        prior = prior_margin(y, task, margin.shape[1], weight)
        blind = mean(loss.rows(y, np.broadcast_to(prior, margin.shape)), weight)
        return 1.0 - mean(loss.rows(y, margin), weight) / blind

    return score


def prior_margin(y: Vector, task: Task, outputs: int, weight: Weight = None) -> Vector:
    """Margin (o,) that means the shares of the classes in y (n,) for every row."""
    tiny = float(np.finfo(np.float64).tiny)
    if task is Task.BINARY:
        rate = min(max(float(np.average(y, weights=weight)), tiny), 1 - 1e-16)
        return np.array([np.log(rate) - np.log1p(-rate)])
    counts = np.bincount(y.astype(np.intp), weights=weight, minlength=outputs)
    return np.asarray(np.log(np.maximum(counts / counts.sum(), tiny)), dtype=np.float64)


_ON_BINARY_MARGIN: Final[Mapping[str, Figure]] = {
    "roc_auc": lambda y, margin, weight: rankings.auc(y, margin[:, 0], weight),
    "average_precision": lambda y, margin, weight: rankings.average_precision(
        y, margin[:, 0], weight
    ),
    "d2_log_loss_score": _explained_loss(LOSSES[Task.BINARY]["neg_log_loss"], Task.BINARY),
    "d2_brier_score": _explained_loss(LOSSES[Task.BINARY]["neg_brier_score"], Task.BINARY),
}
_ON_MULTICLASS_PROBABILITY: Final[Mapping[str, Figure]] = {
    "roc_auc_ovr": lambda y, p, w: rankings.one_against_rest(y, p, w, by_prevalence=False),
    "roc_auc_ovr_weighted": lambda y, p, w: rankings.one_against_rest(y, p, w, by_prevalence=True),
    "roc_auc_ovo": lambda y, p, w: rankings.one_against_one(y, p, w, by_prevalence=False),
    "roc_auc_ovo_weighted": lambda y, p, w: rankings.one_against_one(y, p, w, by_prevalence=True),
    "average_precision": rankings.mean_average_precision,
}
_ON_MULTICLASS_MARGIN: Final[Mapping[str, Figure]] = {
    "d2_log_loss_score": _explained_loss(LOSSES[Task.MULTICLASS]["neg_log_loss"], Task.MULTICLASS),
    "d2_brier_score": _explained_loss(LOSSES[Task.MULTICLASS]["neg_brier_score"], Task.MULTICLASS),
}
_LABELS: Final[Mapping[Task, Mapping[str, LabelScore]]] = {
    Task.BINARY: BINARY_LABEL_SCORES,
    Task.MULTICLASS: LABEL_SCORES,
    Task.REGRESSION: MappingProxyType({}),
}


@dataclass(frozen=True, slots=True)
class Scorer:
    """Scores margins.

    Attributes:
        metric: scikit-learn scorer name, a score of the caller, or `neg_mean_cost`, which is minus
            the mean cost of the decisions under the costs of the rule.
        task: What is predicted.
        flipped: Whether the favourable class is the first class; scores of the positive class
            follow scikit-learn and mean the last class.
        rule: How labels are decided; its costs decide among several classes as well.
    """

    metric: str | CustomScore
    task: Task
    flipped: bool = False
    rule: ThresholdRule = RATE

    def __post_init__(self) -> None:
        """Refuse unknown and unfit metrics.

        Raises:
            UnknownMetric: no such scorer.
            UnfitMetric: it does not suit the task.
        """
        if isinstance(self.metric, CustomScore):
            self._check_custom(self.metric)
            return
        if self.metric in metric_names(self.task):
            return
        if self.metric == MEAN_COST and self.rule.costs is not None and self._classifies:
            return
        known = set(get_scorer_names()).union(*(metric_names(task) for task in Task))
        usable = ", ".join(sorted(metric_names(self.task)))
        if self.metric in known:
            message = f"the metric {self.metric!r} does not suit {self.task.value}; use {usable}"
            raise UnfitMetric(message)
        message = f"{self.metric!r} is no scikit-learn scorer; use {usable}"
        raise UnknownMetric(message)

    @property
    def name(self) -> str:
        """What records call the metric."""
        return self.metric.name if isinstance(self.metric, CustomScore) else self.metric

    @property
    def loss(self) -> Loss | None:
        """The loss of a row, if the score is a mean of such."""
        return LOSSES[self.task].get(self.name) if isinstance(self.metric, str) else None

    @property
    def label_score(self) -> LabelScore | None:
        """The function of the confusion matrix, if the score is one of decided labels."""
        if self.metric == MEAN_COST and self.rule.costs is not None:
            costs = self.rule.costs.turned() if self.flipped else self.rule.costs
            return lambda cells: -costs.expected(cells)
        return _LABELS[self.task].get(self.name) if isinstance(self.metric, str) else None

    @property
    def _classifies(self) -> bool:
        return self.task is not Task.REGRESSION

    def score(
        self,
        y: Vector,
        margin: Vector,
        weight: Weight = None,
        *,
        threshold: float | None = None,
    ) -> float:
        """Score of margins (n, o) against the truth (n,).

        Args:
            y: Truth (n,): 1 is favourable, or the position of the class, or the value.
            margin: Calibrated margins (n, o).
            weight: Weight of each row (n,).
            threshold: Frozen threshold of a finished model; without it the rule decides by these
                rows themselves.

        Raises:
            ValueError: the score does not exist on these rows; `domain.require` tells beforehand.
        """
        if isinstance(self.metric, CustomScore):
            return self._custom(self.metric, y, margin, weight, threshold)
        if self.loss is not None:
            return float(self.loss.finish(np.asarray(mean(self.loss.rows(y, margin), weight))))
        if self.label_score is not None:
            return float(self.label_score(self.cells(y, margin, weight, threshold=threshold)))
        return self._figure(self.metric)(y, margin, weight)

    def decide(
        self, y: Vector, margin: Vector, weight: Weight = None, *, threshold: float | None = None
    ) -> Vector:
        """Decided labels (n,): 1 is favourable, or positions of classes; see `score`."""
        if self.task is Task.MULTICLASS:
            if self.rule.costs is None:
                return np.asarray(margin.argmax(axis=1), dtype=np.float64)
            by_cost = decide_by_cost(probabilities(margin, self.task), self.rule.costs)
            return np.asarray(by_cost, dtype=np.float64)
        favourable = probabilities(margin, self.task)[:, 0]
        if threshold is None:
            threshold = self._threshold(favourable, y, weight)
        return (favourable >= threshold).astype(np.float64)

    def cells(
        self, y: Vector, margin: Vector, weight: Weight = None, *, threshold: float | None = None
    ) -> Vector:
        """Confusion matrix (k, k), classes in their sorted order; see `score`."""
        outputs = max(2, margin.shape[1])
        label = self.decide(y, margin, weight, threshold=threshold)
        cells = confusion(y, label, outputs, weight)
        return cells[::-1, ::-1] if self.flipped else cells

    def _threshold(self, favourable: Vector, y: Vector, weight: Weight) -> float:
        if self.rule.kind is RuleKind.RATE and weight is None:
            return rate_threshold(favourable, float(y.mean()))
        if self.rule.kind is RuleKind.FIXED and self.rule.limit is not None:
            return self.rule.limit
        chosen = choose_threshold(favourable, y, self.rule, weight, flipped=self.flipped)
        return chosen.value

    def _figure(self, metric: str) -> Figure:
        if self.task is Task.REGRESSION:
            return fits.FIGURES[metric]
        if self.task is Task.BINARY:
            figure = _ON_BINARY_MARGIN[metric]
            return _turned(figure) if self.flipped else figure
        if metric in _ON_MULTICLASS_MARGIN:
            return _ON_MULTICLASS_MARGIN[metric]
        figure = _ON_MULTICLASS_PROBABILITY[metric]
        return lambda y, margin, weight: figure(y, probabilities(margin, self.task), weight)

    def _check_custom(self, metric: CustomScore) -> None:
        if metric.name in get_scorer_names():
            message = f"{metric.name!r} is a scikit-learn scorer; name the custom score otherwise"
            raise UnfitMetric(message)
        if not metric.suits(self.task):
            message = (
                f"the custom score {metric.name!r} needs {metric.needs}s, which {self.task.value} "
                "does not give"
            )
            raise UnfitMetric(message)

    def _custom(
        self,
        metric: CustomScore,
        y: Vector,
        margin: Vector,
        weight: Weight,
        threshold: float | None,
    ) -> float:
        if metric.needs == Needs.VALUE:
            return metric(y, margin[:, 0], weight)
        turned = self.flipped and self.task is Task.BINARY
        truth = 1 - y if turned else y
        if metric.needs == Needs.LABEL:
            label = self.decide(y, margin, weight, threshold=threshold)
            return metric(truth, 1 - label if turned else label, weight)
        output = probabilities(-margin if turned else margin, self.task)
        return metric(truth, output[:, 0] if self.task is Task.BINARY else output, weight)


def metric_names(task: Task) -> frozenset[str]:
    """Names of the scores that suit a task."""
    figures: Mapping[Task, tuple[str, ...]] = {
        Task.BINARY: tuple(_ON_BINARY_MARGIN),
        Task.MULTICLASS: (*_ON_MULTICLASS_PROBABILITY, *_ON_MULTICLASS_MARGIN),
        Task.REGRESSION: tuple(fits.FIGURES),
    }
    return frozenset({*LOSSES[task], *_LABELS[task], *figures[task]})


def _turned(figure: Figure) -> Figure:
    return lambda y, margin, weight: figure(1 - y, -margin, weight)
