"""Hindsight: columns that were filled in after the outcome, by their times, gaps and names.

Rules:
1. Times that lie after the row's own time: critical from half of the rows, a warning from 1 %.
2. Whether a value is there tells the outcome: alone it predicts very well (critical) or well (a
   warning); or it is there, or absent, for one class only in at least 30 rows, more than chance
   would give (critical when that covers a tenth of the class, else a warning). Classes with more
   than 80 % of the rows do not count.
3. Names such as `outcome` or `chargeoff` are a hint and no more.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Kind, Task
from accredit_engine.data.few_rows import MISSING
from accredit_engine.data.finding import Finding, Severity
from accredit_engine.data.schema import CODED, ColumnSchema, Table

_DAY_S: Final = 86_400.0
_LATER_CRITICAL: Final = 0.5
_LATER_WARNING: Final = 0.01
_AUC_CRITICAL: Final = 0.95
_AUC_WARNING: Final = 0.85
_R2_CRITICAL: Final = 0.9
_R2_WARNING: Final = 0.6
_PURE: Final = 0.995
_PURE_ROWS: Final = 30
_MAX_LOG_CHANCE: Final = -20.0
_COMMON: Final = 0.8
_COVERS: Final = 0.1
_OUTCOME_WORDS: Final = re.compile(
    r"(^|_)(outcome|result|results|status_final|final_status|paid_back|repaid|charge_?off|"
    r"charged_off|recovered|recovery|recoveries|closed|closing|settled|settlement|defaulted|"
    r"churned|cancelled|canceled|terminated|resolution|verdict|decision|approved|rejected|"
    r"discharged|deceased)($|_)"
)


def later_findings(
    table: Table, schema: Sequence[ColumnSchema], known_at: NDArray[np.float64]
) -> list[Finding]:
    """Findings `later_than_known` about datetime columns, by their epoch seconds.

    Args:
        table: Inputs.
        schema: Their schema.
        known_at: float64 (n,): when each row was known, epoch seconds. If all are midnights, they
            are days, and times within the same day are not later.
    """
    by_day = bool((known_at % _DAY_S == 0).all())
    findings = []
    for column in schema:
        if column.kind is not Kind.DATETIME:
            continue
        times = table.numbers[column.name]
        times = np.floor(times / _DAY_S) * _DAY_S if by_day else times
        present = int((~np.isnan(times)).sum())
        later = int((times > known_at).sum())
        share = later / max(present, 1)
        if share < _LATER_WARNING:
            continue
        findings.append(
            Finding(
                "later_than_known",
                Severity.CRITICAL if share >= _LATER_CRITICAL else Severity.WARNING,
                column.name,
                f"{column.name!r} lies after the time of its row in {later} of {present} rows",
                {"rows": later, "share": round(share, 6)},
                "Find out when it is filled in. If only after the outcome, exclude it.",
            )
        )
    return findings


def gap_findings(
    table: Table,
    y: NDArray[np.float64],
    schema: Sequence[ColumnSchema],
    *,
    target: str,
    task: Task,
) -> list[Finding]:
    """Findings `telling_gaps`: whether a value is missing predicts the target."""
    findings = []
    for column in schema:
        missing = _missing(table, column)
        if not 0 < int(missing.sum()) < len(missing):
            continue
        if task is Task.REGRESSION:
            finding = _gap_of_numbers(column.name, missing, y, target)
        else:
            finding = _gap_of_classes(column.name, missing, y.astype(np.int64), target)
        if finding is not None:
            findings.append(finding)
    return findings


def name_findings(schema: Sequence[ColumnSchema], target: str) -> list[Finding]:
    """Findings `outcome_name`: names that usually stand for what is known afterwards."""
    return [
        Finding(
            "outcome_name",
            Severity.INFO,
            column.name,
            f"the name of {column.name!r} sounds like something known only after {target!r}",
            {},
            "Make sure that it is known when the model is asked; else exclude it.",
        )
        for column in schema
        if _OUTCOME_WORDS.search(_words(column.name)) is not None
    ]


def _missing(table: Table, column: ColumnSchema) -> NDArray[np.bool_]:
    if column.kind in CODED:
        return np.asarray(table.codes[column.name] == MISSING)
    if column.kind is Kind.TEXT:
        return np.asarray(table.texts[column.name] == "", dtype=np.bool_)
    return np.isnan(table.numbers[column.name])


def _gap_of_numbers(
    name: str, missing: NDArray[np.bool_], y: NDArray[np.float64], target: str
) -> Finding | None:
    share = float(np.corrcoef(missing, y)[0, 1] ** 2) if np.ptp(y) > 0 else 0.0
    if share < _R2_WARNING:
        return None
    critical = share >= _R2_CRITICAL
    evidence = {"score": round(share, 6), "missing_rows": int(missing.sum())}
    return _gap(name, target, f"R² {share:.3f}", evidence, critical=critical)


def _gap_of_classes(
    name: str, missing: NDArray[np.bool_], classes: NDArray[np.int64], target: str
) -> Finding | None:
    counts = np.bincount(classes)
    gaps = np.bincount(classes[missing], minlength=len(counts))
    auc = _auc(gaps, counts)
    # The values may give one class away (a date of charge-off), or their absence may.
    covered = max(_covered(gaps, counts), _covered(counts - gaps, counts))
    if auc < _AUC_WARNING and covered <= 0:
        return None
    critical = auc >= _AUC_CRITICAL or covered >= _COVERS
    evidence = {
        "score": round(auc, 6),
        "missing_rows": int(gaps.sum()),
        "share_of_class_given_away": round(covered, 6),
    }
    text = f"AUC {auc:.3f}"
    if covered > 0:
        text += f", one class alone in {covered:.1%} of its rows"
    return _gap(name, target, text, evidence, critical=critical)


def _gap(
    name: str, target: str, text: str, evidence: Mapping[str, float | int], *, critical: bool
) -> Finding:
    return Finding(
        "telling_gaps",
        Severity.CRITICAL if critical else Severity.WARNING,
        name,
        f"whether {name!r} is missing tells {target!r}: {text}",
        dict(evidence),
        "Find out when and for whom it is filled in. If only after the outcome, exclude it.",
    )


def _auc(part: NDArray[np.int64], counts: NDArray[np.int64]) -> float:
    """AUC of a yes-or-no column; the worst class of several, as in `leakage`."""
    rows, members = int(counts.sum()), int(part.sum())
    found = []
    for label, count in enumerate(counts.tolist()):
        if not 0 < count < rows:
            continue
        inside = part[label] / count
        outside = (members - part[label]) / (rows - count)
        found.append(0.5 + abs(float(inside) - float(outside)) / 2)
    return min(found, default=0.5)


def _covered(part: NDArray[np.int64], counts: NDArray[np.int64]) -> float:
    """Share of a class that a pure part covers; 0 when the part is not pure beyond chance."""
    rows = int(part.sum())
    if rows < _PURE_ROWS:
        return 0.0
    label = int(part.argmax())
    prior = float(counts[label] / counts.sum())
    is_pure = part[label] >= _PURE * rows
    # Where one class rules, honest gaps are pure too: hardly a row is fraud, whatever is missing.
    if not is_pure or prior > _COMMON or rows * np.log(prior) > _MAX_LOG_CHANCE:
        return 0.0
    return float(part[label] / counts[label])


def _words(name: str) -> str:
    """Words of a name in lower case, joined by `_`."""
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    return re.sub(r"[\W_]+", "_", split).lower()
