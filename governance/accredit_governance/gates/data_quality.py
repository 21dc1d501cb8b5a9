"""Checks of the rows that every other number rests on."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_governance.gates import statistics
from accredit_governance.gates.answer import Context, Finding, answer, interval
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.gates.vectors import EvidenceUnusable
from accredit_governance.policy.model_checks import (
    CriticalFindings,
    HoldoutContamination,
    OpenFindings,
)


def critical_findings(
    spec: CriticalFindings, evidence: Evidence, _context: Context
) -> Iterator[CheckResult]:
    """Number of open critical findings about columns that the model uses, or about the table.

    A finding about a column that is excluded from the inputs is settled.
    """
    inputs = {str(column) for column in evidence.inputs.columns}
    critical = [
        {name: str(finding.get(name, "")) for name in ("code", "column", "message")}
        for finding in evidence.findings
        if str(finding.get("severity", "")).lower() == "critical"
        and (not finding.get("column") or str(finding["column"]) in inputs)
    ]
    named = ", ".join(f"{entry['code']} ({entry['column'] or 'table'})" for entry in critical)
    yield answer(
        spec,
        Finding(
            verdict=Verdict.FAIL if critical else Verdict.PASS,
            message=f"{len(critical)} critical findings are open: {named}."
            if critical
            else "No critical data-quality or leakage finding is open.",
            value=float(len(critical)),
            n=len(evidence.inputs),
            remedy="Exclude the columns concerned or repair the data, and train again.",
            details={"findings": critical},
        ),
    )


def holdout_contamination(
    spec: HoldoutContamination, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """Share of test rows whose inputs and outcome also occur among the training rows."""
    columns = list(evidence.inputs.columns)
    if list(evidence.train_inputs.columns) != columns:
        raise EvidenceUnusable("training and test rows have different input columns")
    if not columns or not len(evidence.inputs):
        raise EvidenceUnusable("there are no inputs to compare")
    test = _fingerprints(evidence.inputs, evidence.outcome)
    train = _fingerprints(evidence.train_inputs, evidence.train_outcome)
    rows, hits = len(test), int(np.isin(test, train).sum())
    share = hits / rows
    verdict = Verdict.FAIL if share > spec.max else Verdict.PASS
    if verdict is Verdict.PASS and spec.warn is not None and share > spec.warn:
        verdict = Verdict.WARN
    confidence = context.policy.evaluation.confidence
    low, high = statistics.wilson(hits, rows, statistics.critical_value(confidence, sides=2))
    yield answer(
        spec,
        Finding(
            verdict=verdict,
            message=f"{hits:,} of {rows:,} test rows ({share:.1%}) also occur among the training "
            f"rows; at most {spec.max:.0%} is allowed.",
            value=share,
            interval=interval(float(low), float(high), confidence, "wilson"),
            n=rows,
            remedy="Remove duplicates before splitting, or split by person.",
            details={"duplicates_within_training": 1 - len(np.unique(train)) / len(train)},
        ),
    )


def _fingerprints(
    inputs: pd.DataFrame, outcome: "pd.Series[bool] | pd.Series[str] | pd.Series[float]"
) -> NDArray[np.uint64]:
    """Hash per row, the same whatever type a column was read as."""
    frame = inputs.assign(**{"\0outcome": outcome.to_numpy()})
    comparable = pd.DataFrame(
        {name: _comparable(frame[name]) for name in frame.columns}, index=frame.index
    )
    return np.asarray(pd.util.hash_pandas_object(comparable, index=False), dtype=np.uint64)


def _comparable(column: "pd.Series[float] | pd.Series[str]") -> "pd.Series[float] | pd.Series[str]":
    """Numbers as float, all else as text: 1 and 1.0 are the same value, NaN equals NaN."""
    if pd.api.types.is_numeric_dtype(column.dtype):
        return pd.Series(column.to_numpy(dtype=np.float64, na_value=np.nan), index=column.index)
    return column.astype("object").where(column.notna(), "\0missing").map(str)


def open_findings(
    spec: OpenFindings, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """To be measured."""
    raise NotImplementedError(spec, evidence, context)
