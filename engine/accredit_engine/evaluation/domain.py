"""Whether a score exists on the data at hand, asked before anything is trained."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Task
from accredit_engine.errors import UnfitMetric, UnfitSettings
from accredit_engine.evaluation.custom_score import CustomScore
from accredit_engine.evaluation.metrics import Scorer, prior_margin

Vector: TypeAlias = NDArray[np.float64]

_ALL_CLASSES: Final = frozenset(
    {
        "roc_auc",
        "roc_auc_ovr",
        "roc_auc_ovr_weighted",
        "roc_auc_ovo",
        "roc_auc_ovo_weighted",
        "average_precision",
        "positive_likelihood_ratio",
        "neg_negative_likelihood_ratio",
    }
)
_VARIATION: Final = frozenset(
    {"r2", "explained_variance", "d2_absolute_error_score", "d2_log_loss_score", "d2_brier_score"}
)
_VALUES: Final[Mapping[str, tuple[Callable[[Vector], bool], str]]] = {
    "neg_mean_squared_log_error": (lambda y: bool((y > -1).all()), "values above -1"),
    "neg_root_mean_squared_log_error": (lambda y: bool((y > -1).all()), "values above -1"),
    "neg_mean_absolute_percentage_error": (lambda y: bool((y != 0).all()), "values other than 0"),
    "neg_mean_poisson_deviance": (
        lambda y: bool((y >= 0).all() and y.sum() > 0),
        "values of 0 and more, not all 0",
    ),
    "neg_mean_gamma_deviance": (lambda y: bool((y > 0).all()), "values above 0"),
}


def require(
    scorer: Scorer,
    y: Vector,
    outputs: int,
    *,
    fold_of: NDArray[np.intp] | None = None,
    weighted: bool = False,
) -> None:
    """Refuse a score that some fold cannot have.

    Args:
        scorer: The score.
        y: Truth (n,), as in `Scorer.score`.
        outputs: Columns of the margin.
        fold_of: Fold of each row (n,); rows below 0 belong to no fold. Without it all rows are one.
        weighted: Whether rows will carry weights.

    Raises:
        UnfitSettings: the costs of the rule are of another number of classes.
        UnfitMetric: the score needs classes, variation or values that a fold does not have, or a
            custom score gives no finite number there.
    """
    costs = scorer.rule.costs
    if costs is not None and (scorer.task is Task.REGRESSION or costs.outputs != max(2, outputs)):
        message = f"the costs are of {costs.outputs} classes; {scorer.task.value} has others"
        raise UnfitSettings(message)
    if weighted and isinstance(scorer.metric, CustomScore) and not scorer.metric.takes_weight:
        message = f"the custom score {scorer.name!r} does not take weights of rows"
        raise UnfitMetric(message)
    if scorer.name == "top_k_accuracy" and outputs < 3:
        message = "top_k_accuracy looks at the two best classes and needs at least three"
        raise UnfitMetric(message)
    folds = np.zeros(len(y), dtype=np.intp) if fold_of is None else fold_of
    for fold in np.unique(folds[folds >= 0]):
        where = "" if fold_of is None else f" in fold {fold}"
        _require_rows(scorer, y[folds == fold], outputs, where)


def _require_rows(scorer: Scorer, y: Vector, outputs: int, where: str) -> None:
    if isinstance(scorer.metric, CustomScore):
        _try_custom(scorer, y, outputs, where)
        return
    name = scorer.metric
    if scorer.task is not Task.REGRESSION and name in _ALL_CLASSES:
        wanted = max(2, outputs)
        found = len(np.unique(y))
        if found < wanted:
            message = (
                f"{name} needs rows of all {wanted} classes; there are {found}{where}; "
                "use neg_log_loss or a score of labels"
            )
            raise UnfitMetric(message)
    if name in _VARIATION and len(np.unique(y)) < 2:
        message = f"{name} needs a target that varies; it is constant{where}"
        raise UnfitMetric(message)
    if scorer.task is Task.REGRESSION and name in _VALUES:
        holds, wanted_values = _VALUES[name]
        if not holds(y):
            message = f"{name} needs {wanted_values}; the target holds others{where}"
            raise UnfitMetric(message)


def _try_custom(scorer: Scorer, y: Vector, outputs: int, where: str) -> None:
    """A rehearsal on predictions that know nothing."""
    if scorer.task is Task.REGRESSION:
        margin = np.full((len(y), 1), float(y.mean()))
    else:
        margin = np.tile(prior_margin(y, scorer.task, outputs), (len(y), 1))
    try:
        scorer.score(y, margin)
    except ValueError as error:
        message = f"the custom score {scorer.name!r} cannot be computed{where}: {error}"
        raise UnfitMetric(message) from error
