"""Scores by their scikit-learn names; greater is better, always.

For binary tasks labels are decided as the product decides: as many favourable decisions as there
are favourable outcomes. So a score of labels is the score of what will be delivered.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn import metrics
from sklearn.metrics import get_scorer_names

from accredit_engine.bundle.contract import Task
from accredit_engine.errors import UnfitMetric, UnknownMetric
from accredit_engine.evaluation.calibration import probabilities
from accredit_engine.evaluation.threshold import rate_threshold

Truth: TypeAlias = NDArray[np.float64]
Output: TypeAlias = NDArray[np.float64]
Score: TypeAlias = Callable[[Truth, Output], float]

DEFAULT_METRICS: Final[Mapping[Task, str]] = {
    Task.BINARY: "roc_auc",
    Task.MULTICLASS: "neg_log_loss",
    Task.REGRESSION: "neg_root_mean_squared_error",
}

_ON_BINARY_PROBABILITY: Final[Mapping[str, Score]] = {
    "roc_auc": lambda y, p: _auc(y, p),
    "average_precision": lambda y, p: float(metrics.average_precision_score(y, p)),
    "neg_log_loss": lambda y, p: -float(metrics.log_loss(y, p, labels=[0, 1])),
    "neg_brier_score": lambda y, p: -float(np.mean((p - y) ** 2)),
    "d2_log_loss_score": lambda y, p: float(metrics.d2_log_loss_score(y, p, labels=[0, 1])),
    "d2_brier_score": lambda y, p: 1 - float(np.mean((p - y) ** 2) / np.var(y)),
}
_ON_MULTICLASS_PROBABILITY: Final[Mapping[str, Score]] = {
    "neg_log_loss": lambda y, p: -float(metrics.log_loss(y, p, labels=_labels(p))),
    "roc_auc_ovr": lambda y, p: _multiclass_auc(y, p, "ovr", "macro"),
    "roc_auc_ovr_weighted": lambda y, p: _multiclass_auc(y, p, "ovr", "weighted"),
    "roc_auc_ovo": lambda y, p: _multiclass_auc(y, p, "ovo", "macro"),
    "roc_auc_ovo_weighted": lambda y, p: _multiclass_auc(y, p, "ovo", "weighted"),
}
_ON_LABELS: Final[Mapping[str, Score]] = {
    "accuracy": lambda y, label: float(metrics.accuracy_score(y, label)),
    "balanced_accuracy": lambda y, label: float(metrics.balanced_accuracy_score(y, label)),
    "matthews_corrcoef": lambda y, label: float(metrics.matthews_corrcoef(y, label)),
}
_ON_REGRESSION: Final[Mapping[str, Score]] = {
    "r2": lambda y, value: float(metrics.r2_score(y, value)),
    "explained_variance": lambda y, value: float(metrics.explained_variance_score(y, value)),
    "max_error": lambda y, value: -float(metrics.max_error(y, value)),
    "neg_max_error": lambda y, value: -float(metrics.max_error(y, value)),
    "neg_mean_absolute_error": lambda y, value: -float(metrics.mean_absolute_error(y, value)),
    "neg_median_absolute_error": lambda y, value: -float(metrics.median_absolute_error(y, value)),
    "neg_mean_squared_error": lambda y, value: -float(metrics.mean_squared_error(y, value)),
    "neg_root_mean_squared_error": lambda y, value: (
        -float(metrics.root_mean_squared_error(y, value))
    ),
    "neg_mean_absolute_percentage_error": lambda y, value: (
        -float(metrics.mean_absolute_percentage_error(y, value))
    ),
    "d2_absolute_error_score": lambda y, value: float(metrics.d2_absolute_error_score(y, value)),
}
_AVERAGED: Final[Mapping[str, Callable[[Truth, Output, str], float]]] = {
    "f1": lambda y, label, average: float(
        metrics.f1_score(y, label, average=average, zero_division=0)
    ),
    "precision": lambda y, label, average: float(
        metrics.precision_score(y, label, average=average, zero_division=0)
    ),
    "recall": lambda y, label, average: float(
        metrics.recall_score(y, label, average=average, zero_division=0)
    ),
    "jaccard": lambda y, label, average: float(
        metrics.jaccard_score(y, label, average=average, zero_division=0)
    ),
}
_AVERAGES: Final = ("macro", "micro", "weighted")


@dataclass(frozen=True, slots=True)
class Scorer:
    """Scores margins.

    Attributes:
        metric: scikit-learn scorer name.
        task: What is predicted.
        flipped: Whether the favourable class is the first class; scores of the positive class
            follow scikit-learn and mean the last class.
    """

    metric: str
    task: Task
    flipped: bool = False

    def __post_init__(self) -> None:
        """Refuse unknown and unfit metrics.

        Raises:
            UnknownMetric: no such scorer.
            UnfitMetric: it does not suit the task.
        """
        if self.metric in _names(self.task):
            return
        known = set(get_scorer_names()).union(*(_names(task) for task in Task))
        usable = ", ".join(sorted(_names(self.task)))
        if self.metric in known:
            message = f"the metric {self.metric!r} does not suit {self.task.value}; use {usable}"
            raise UnfitMetric(message)
        message = f"{self.metric!r} is no scikit-learn scorer; use {usable}"
        raise UnknownMetric(message)

    def score(self, y: NDArray[np.float64], margin: NDArray[np.float64]) -> float:
        """Score of margins (n, o) against the truth (n,)."""
        output = probabilities(margin, self.task)
        if self.task is Task.REGRESSION:
            return _ON_REGRESSION[self.metric](y, output[:, 0])
        if self.task is Task.MULTICLASS:
            if self.metric in _ON_MULTICLASS_PROBABILITY:
                return _ON_MULTICLASS_PROBABILITY[self.metric](y, output)
            return self._score_labels(y, output.argmax(axis=1).astype(np.float64))
        favourable = output[:, 0]
        if self.metric in _ON_BINARY_PROBABILITY:
            truth, positive = (1 - y, 1 - favourable) if self.flipped else (y, favourable)
            return _ON_BINARY_PROBABILITY[self.metric](truth, positive)
        label = (favourable >= rate_threshold(favourable, float(y.mean()))).astype(np.float64)
        return (
            self._score_labels(1 - y, 1 - label) if self.flipped else self._score_labels(y, label)
        )

    def _score_labels(self, y: NDArray[np.float64], label: NDArray[np.float64]) -> float:
        if self.metric in _ON_LABELS:
            return _ON_LABELS[self.metric](y, label)
        name, _, average = self.metric.partition("_")
        return _AVERAGED[name](y, label, average or "binary")


def _names(task: Task) -> frozenset[str]:
    if task is Task.REGRESSION:
        return frozenset(_ON_REGRESSION)
    averaged = {f"{name}_{average}" for name in _AVERAGED for average in _AVERAGES}
    if task is Task.BINARY:
        return frozenset({*_ON_BINARY_PROBABILITY, *_ON_LABELS, *_AVERAGED, *averaged})
    return frozenset({*_ON_MULTICLASS_PROBABILITY, *_ON_LABELS, *averaged})


def _auc(y: NDArray[np.float64], p: NDArray[np.float64]) -> float:
    """Area under the curve by ranks (Mann and Whitney): as scikit-learn's, ten times faster."""
    positive = y > 0
    count = int(positive.sum())
    if count in (0, len(y)):
        message = "an AUC needs both classes"
        raise ValueError(message)
    above = float(rankdata(p)[positive].sum()) - count * (count + 1) / 2
    return above / (count * (len(y) - count))


def _labels(p: NDArray[np.float64]) -> list[int]:
    return list(range(p.shape[1]))


def _multiclass_auc(
    y: NDArray[np.float64], p: NDArray[np.float64], multi_class: str, average: str
) -> float:
    return float(
        metrics.roc_auc_score(y, p, multi_class=multi_class, average=average, labels=_labels(p))
    )
