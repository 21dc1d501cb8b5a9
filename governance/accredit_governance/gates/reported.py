"""Evidence about a model that stays with its vendor: a table of what it answered, or nothing.

Such a model cannot be asked, and its inputs are not known. So the checks that need no more than
answers, outcomes and groups are made where answers were reported; all others, and all of them where
none were, are insufficient evidence.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from accredit_engine.bundle.contract import category_text
from accredit_governance.gates.absences import absences
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.gather import sensitive_groups
from accredit_governance.gates.vectors import EvidenceUnusable
from accredit_governance.registry.external_records import ReportedAnswers
from accredit_governance.registry.terms import UseCaseTerms

OF_ANSWERS: Final = frozenset(
    {
        "adverse_impact_ratio",
        "adverse_impact_sweep",
        "attribute_coverage",
        "attribute_origin",
        "calibration",
        "discrimination",
        "false_positive_rate_gap",
        "group_auc_gap",
        "group_calibration",
        "group_error_ratio",
        "group_mean_difference",
        "group_residual_gap",
        "holdout_size",
        "predictive_value_gap",
        "scoring_rate_ratio",
        "true_positive_rate_gap",
    }
)
"""Checks that need answers, outcomes and groups alone."""

_NO_MODEL: Final = (
    "the model stays with its vendor, so it cannot be asked and its inputs are unknown"
)
_NO_ANSWERS: Final = "the model stays with its vendor, and no answers of it were reported"


def reported_evidence(
    rows: pd.DataFrame,
    *,
    terms: UseCaseTerms,
    answers: ReportedAnswers | None,
    checks: Sequence[str],
) -> Evidence:
    """What can be known of such a model.

    Args:
        rows: with known outcomes; those without are left out.
        terms: of the use case.
        answers: where the answers of the model are among the rows; None when none were reported.
        checks: names of the checks that are demanded.

    Raises:
        EvidenceUnusable: there is no such column, or an answer is no finite number or no
            probability.
    """
    rows = rows[rows[terms.target].notna()]
    outcome, is_binary = rows[terms.target], terms.task == "binary"
    if is_binary:
        good = {category_text(label) for label in terms.favourable_labels}
        outcome = outcome.map(lambda value: category_text(value) in good).astype(bool)
    elif terms.task == "multiclass":
        outcome = outcome.map(category_text)
    score = pd.Series(np.zeros(len(rows)), index=rows.index)
    if answers is not None:
        if answers.score not in rows:
            raise EvidenceUnusable(f"the rows have no column {answers.score!r} of reported answers")
        score = _numbers(rows[answers.score], is_probability=is_binary)
    threshold = None if answers is None else answers.threshold
    nothing = pd.DataFrame(index=rows.index)
    why = _NO_MODEL if answers is not None else _NO_ANSWERS
    answerable = OF_ANSWERS if answers is not None else frozenset[str]()
    return Evidence(
        task=terms.task,
        inputs=nothing,
        sensitive=sensitive_groups(rows, terms.sensitive_features),
        outcome=outcome,
        score=score,
        selected=score >= threshold if threshold is not None else None,
        probabilities=None,
        attributions=nothing,
        base=np.zeros(1),
        margin=score,
        owners={},
        train_outcome=outcome.iloc[:0],
        train_score=score.iloc[:0],
        train_selected=None,
        train_sensitive=sensitive_groups(rows.iloc[:0], terms.sensitive_features),
        train_inputs=nothing.iloc[:0],
        origins={feature.column: feature.origin for feature in terms.sensitive_features},
        references={
            feature.column: feature.reference
            for feature in terms.sensitive_features
            if feature.reference is not None
        },
        absent={
            **absences(has_training_rows=False, has_background=True),
            **{check: why for check in checks if check not in answerable},
        },
    )


def _numbers(values: "pd.Series[float]", *, is_probability: bool) -> "pd.Series[float]":
    found = pd.to_numeric(values, errors="coerce").astype("float64")
    if not np.isfinite(found.to_numpy()).all():
        raise EvidenceUnusable("an answer that was reported is no number")
    if is_probability and not found.between(0, 1).all():
        raise EvidenceUnusable("an answer that was reported is no probability")
    return found
