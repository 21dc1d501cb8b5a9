"""What a run may be asked for by name: families, metrics, samplers, kinds of columns.

The engine knows these names, but importing it costs seconds that the API process does not have; so
they are told here once more, and a test holds them equal to those of the engine. Families whose
attributions can only be sampled are left out: reasons of a governed model are exact.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

Family = Literal[
    "boosting",
    "linear",
    "forest",
    "histogram",
    "naive_bayes",
    "xgboost",
    "catboost",
    "scorecard",
    "additive",
    "tree",
    "ebm",
]
"""Families with exact attributions; xgboost, catboost and ebm where their package is installed."""

INTERPRETABLE: Final = frozenset({"linear", "naive_bayes", "scorecard", "additive", "tree", "ebm"})
"""Families whose models a person can read as a whole."""

Sampler = Literal["tpe", "random", "grid", "gp", "cmaes", "nsga2"]
"""Ways to draw configurations; gp and cmaes where their package is installed."""

ColumnKind = Literal[
    "numeric",
    "categorical",
    "ordinal",
    "boolean",
    "datetime",
    "text",
    "identifier",
    "constant",
]

_OF_CLASSES: Final = frozenset(
    {
        "accuracy",
        "average_precision",
        "balanced_accuracy",
        "d2_brier_score",
        "d2_log_loss_score",
        "f1_macro",
        "f1_micro",
        "f1_weighted",
        "jaccard_macro",
        "jaccard_micro",
        "jaccard_weighted",
        "matthews_corrcoef",
        "neg_brier_score",
        "neg_log_loss",
        "precision_macro",
        "precision_micro",
        "precision_weighted",
        "recall_macro",
        "recall_micro",
        "recall_weighted",
    }
)
METRICS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "binary": _OF_CLASSES
        | {
            "f1",
            "jaccard",
            "neg_negative_likelihood_ratio",
            "positive_likelihood_ratio",
            "precision",
            "recall",
            "roc_auc",
        },
        "multiclass": _OF_CLASSES
        | {
            "roc_auc_ovo",
            "roc_auc_ovo_weighted",
            "roc_auc_ovr",
            "roc_auc_ovr_weighted",
            "top_k_accuracy",
        },
        "regression": frozenset(
            {
                "d2_absolute_error_score",
                "explained_variance",
                "max_error",
                "neg_max_error",
                "neg_mean_absolute_error",
                "neg_mean_absolute_percentage_error",
                "neg_mean_gamma_deviance",
                "neg_mean_poisson_deviance",
                "neg_mean_squared_error",
                "neg_mean_squared_log_error",
                "neg_median_absolute_error",
                "neg_root_mean_squared_error",
                "neg_root_mean_squared_log_error",
                "r2",
            }
        ),
    }
)
"""Scores that suit a task, by their scikit-learn names."""
