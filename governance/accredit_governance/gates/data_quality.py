"""Checks of the rows that every other number rests on."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from accredit_governance.gates import statistics
from accredit_governance.gates.absences import FINDINGS, TRAINING_ROWS, as_stated
from accredit_governance.gates.answer import Context, Finding, answer, interval
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.fingerprints import fingerprints
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.gates.vectors import EvidenceUnusable, demand
from accredit_governance.policy.model_checks import (
    CriticalFindings,
    HoldoutContamination,
    OpenFindings,
)

_OUTCOME: Final = "\0outcome"
_GROUP: Final = "group"
"""Why a column is no input that says which rows belong together."""

_NEVER_SETTLED: Final = frozenset(
    {"class_imbalance", "few_groups", "label_noise", "missing_target", "no_signal", "rare_class"}
)
"""Findings about the target or the split, whichever column they name."""

_NAMED: Final = 5
_LISTED: Final = 50


def critical_findings(
    spec: CriticalFindings, evidence: Evidence, _context: Context
) -> Iterator[CheckResult]:
    """Number of critical findings that are not settled; see `_is_settled`."""
    critical = _open(evidence, "critical")
    yield answer(
        spec,
        Finding(
            verdict=Verdict.FAIL if critical else Verdict.PASS,
            message=f"{len(critical)} critical findings are open: {_named(critical)}."
            if critical
            else "No critical data-quality or leakage finding is open."
            + as_stated(evidence.absent),
            value=float(len(critical)),
            n=len(evidence.inputs),
            remedy="Exclude the columns concerned or repair the data, and train again.",
            details=_listed(critical),
        ),
    )


def open_findings(
    spec: OpenFindings, evidence: Evidence, _context: Context
) -> Iterator[CheckResult]:
    """Number of findings of severity `warning` that are not settled; see `_is_settled`.

    It is a count of what a person has to look at, not an estimate, so there is no sampling error to
    consider.
    """
    found = _open(evidence, "warning")
    verdict = Verdict.FAIL if len(found) > spec.max else Verdict.PASS
    if verdict is Verdict.PASS and spec.warn is not None and len(found) > spec.warn:
        verdict = Verdict.WARN
    named = f": {_named(found)}" if found else ""
    yield answer(
        spec,
        Finding(
            verdict=verdict,
            message=f"{len(found)} data-quality warnings are open"
            f"{named}; at most {spec.max:g} are allowed.{as_stated(evidence.absent)}",
            value=float(len(found)),
            n=len(evidence.inputs),
            remedy="Exclude the columns concerned or repair the data, and train again.",
            details=_listed(found),
        ),
    )


def _open(evidence: Evidence, severity: str) -> list[dict[str, str]]:
    """Findings of a severity that nothing has settled.

    Raises:
        EvidenceMissing: nobody has looked at the data.
    """
    demand(evidence, FINDINGS)
    return [
        {name: str(finding.get(name) or "") for name in ("code", "column", "message")}
        for finding in evidence.findings
        if str(finding.get("severity", "")).lower() == severity
        and not _is_settled(str(finding.get("code")), finding.get("column"), evidence)
    ]


def _is_settled(code: str, column: object, evidence: Evidence) -> bool:
    """Whether what a finding is about was dealt with.

    1. Rows that belong together are settled when the run split by that column, and an order in time
       when it split by time. Excluding the column changes nothing about the rows.
    2. Nothing settles a finding about the target, the groups of the split or the table.
    3. Any other finding is settled when its column is excluded from the inputs.
    """
    if code == "time_structure":
        return evidence.time is not None
    reason = evidence.excluded.get(str(column)) if column else None
    if code == "group_structure":
        return reason == _GROUP
    return reason is not None and code not in _NEVER_SETTLED


def _named(findings: Sequence[Mapping[str, str]]) -> str:
    """Codes and columns of the first findings, and how many there are besides."""
    named = [f"{entry['code']} ({entry['column'] or 'table'})" for entry in findings[:_NAMED]]
    more = len(findings) - len(named)
    return ", ".join(named) + (f" and {more} more" if more else "")


def _listed(findings: Sequence[Mapping[str, str]]) -> dict[str, object]:
    return {"findings": list(findings[:_LISTED]), "not_listed": max(len(findings) - _LISTED, 0)}


def holdout_contamination(
    spec: HoldoutContamination, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """Share of test rows whose inputs and outcome also occur among the training rows."""
    demand(evidence, TRAINING_ROWS)
    columns = list(evidence.inputs.columns)
    if list(evidence.train_inputs.columns) != columns:
        raise EvidenceUnusable("training and test rows have different input columns")
    if not columns or not len(evidence.inputs):
        raise EvidenceUnusable("there are no inputs to compare")
    test, train = fingerprints(
        evidence.inputs.assign(**{_OUTCOME: evidence.outcome.to_numpy()}),
        evidence.train_inputs.assign(**{_OUTCOME: evidence.train_outcome.to_numpy()}),
    )
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
            f"rows; at most {spec.max:.1%} is allowed.{as_stated(evidence.absent)}",
            value=share,
            interval=interval(float(low), float(high), confidence, "wilson"),
            n=rows,
            remedy="Remove duplicates before splitting, or split by person.",
            details={"duplicates_within_training": 1 - len(np.unique(train)) / len(train)},
        ),
    )
