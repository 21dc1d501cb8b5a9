"""Reading evidence: every value is what it claims to be, or the check cannot be answered.

Rates of text labels, of missing values and of rows that do not belong together come out as
plausible numbers (0, 1, NaN) and would pass. They are refused here.
"""

from typing import ClassVar, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_governance.errors import GovernanceError
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.statistics import Floats

Probe = TypeVar("Probe")


class EvidenceUnusable(GovernanceError):
    """The evidence does not allow an answer; the message holds no row of the data."""

    code: ClassVar[str] = "evidence_unusable"


class EvidenceMissing(EvidenceUnusable):
    """The evidence for an answer is not there yet: too few rows, an absent class or feature.

    Attributes:
        remedy: What to do about it.
    """

    code: ClassVar[str] = "evidence_missing"

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


def truths(
    values: "pd.Series[bool] | pd.Series[str] | pd.Series[float]", name: str
) -> NDArray[np.bool_]:
    """Booleans of a series.

    Raises:
        EvidenceUnusable: it holds a missing value or is not boolean. Numbers and text are not
            converted: which of them is favourable would be a guess.
    """
    if not pd.api.types.is_bool_dtype(values.dtype) or values.isna().any():
        raise EvidenceUnusable(
            f"{name} must be true or false in every row; it is {values.dtype}"
            f" with {int(values.isna().sum())} missing values"
        )
    return np.asarray(values, dtype=np.bool_)


def numbers(values: "pd.Series[bool] | pd.Series[str] | pd.Series[float]", name: str) -> Floats:
    """Finite numbers of a series.

    Raises:
        EvidenceUnusable: it is not numeric, or holds NaN or infinity.
    """
    if not pd.api.types.is_numeric_dtype(values.dtype):
        raise EvidenceUnusable(f"{name} must be numeric; it is {values.dtype}")
    found: Floats = np.asarray(values.astype("Float64").to_numpy(np.float64, na_value=np.nan))
    bad = int((~np.isfinite(found)).sum())
    if bad:
        raise EvidenceUnusable(f"{name} holds {bad} missing or infinite values")
    return found


def probability_table(
    probabilities: pd.DataFrame | None,
    outcome: "pd.Series[bool] | pd.Series[str] | pd.Series[float]",
    name: str,
) -> tuple[Floats, NDArray[np.int64], tuple[str, ...]]:
    """Class probabilities, the class of each row as column number, and the class names.

    Raises:
        EvidenceMissing: there is no table.
        EvidenceUnusable: it holds NaN, belongs to other rows, or lacks the class of some row.
    """
    if probabilities is None:
        raise EvidenceMissing(
            f"the evidence has no {name}", remedy=f"Record {name} with the evaluation."
        )
    same_rows(probabilities, outcome, name)
    table = probabilities.to_numpy(dtype=np.float64)
    if not np.isfinite(table).all():
        raise EvidenceUnusable(f"{name} hold missing or infinite values")
    labels = pd.Index([str(column) for column in probabilities.columns])
    codes = labels.get_indexer(pd.Index(outcome.astype("object").map(str)))
    if (codes < 0).any():
        raise EvidenceUnusable(f"{name} have no column for {int((codes < 0).sum())} rows' class")
    return table, codes.astype(np.int64), tuple(labels)


def same_rows(
    values: "pd.DataFrame | pd.Series[bool] | pd.Series[float]",
    others: "pd.DataFrame | pd.Series[bool] | pd.Series[str] | pd.Series[float]",
    name: str,
) -> None:
    """Nothing, when two parts of the evidence speak of the same rows in the same order.

    Raises:
        EvidenceUnusable: their indexes differ, or there are no rows at all.
    """
    if not len(values):
        raise EvidenceUnusable(f"{name} has no rows")
    if not values.index.equals(others.index):
        raise EvidenceUnusable(f"{name} does not belong to the same rows as the rest")


def decisions(evidence: Evidence) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Outcome and decision per test row of a binary model.

    Raises:
        EvidenceUnusable: one of them is absent, not boolean, or of other rows.
    """
    if evidence.selected is None:
        raise EvidenceUnusable("the evidence has no decision")
    same_rows(evidence.selected, evidence.outcome, "the decision")
    return truths(evidence.outcome, "the outcome"), truths(evidence.selected, "the decision")


def demand(evidence: Evidence, part: str) -> None:
    """Nothing, when a part of the evidence can be had at all.

    Raises:
        EvidenceMissing: it cannot, as for models that were built elsewhere.
    """
    if part in evidence.absent:
        raise EvidenceMissing(
            evidence.absent[part],
            remedy="State the training rows with the model, or train it here; where the policy "
            "lets them, two people may waive the check.",
        )


def probed(probe: Probe | None, name: str, evidence: Evidence) -> Probe:
    """A probe that a check needs.

    Raises:
        EvidenceUnusable: it broke while it was gathered.
        EvidenceMissing: it was not gathered, or nobody can gather it.
    """
    if probe is not None:
        return probe
    demand(evidence, name)
    words = name.replace("_", " ")
    if name in evidence.probes.failed:
        raise EvidenceUnusable(f"{words} could not be gathered ({evidence.probes.failed[name]})")
    raise EvidenceMissing(
        f"{words} were not gathered", remedy="Evaluate the gates again under this policy."
    )
