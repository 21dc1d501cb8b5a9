"""Checks whether explanations are stable and faithful.

A *reason* here is a column among the strongest of a row; see `gates.probing.explaining`. The
overlap of two lists of reasons is the number of columns in both over the length of the longer
list; rows for which neither model has a reason are left out.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from accredit_governance.gates import statistics
from accredit_governance.gates.answer import Context, Finding, answer, interval
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.probes import Answers, Refit, Refits, Rows
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.gates.scores import own_answers
from accredit_governance.gates.statistics import Floats
from accredit_governance.gates.vectors import EvidenceMissing, EvidenceUnusable, probed
from accredit_governance.policy.explanation_checks import BackgroundStability, ExplanationStability

FEWEST_REFUSED: Final = 30
"""With fewer refused rows, the reasons of all rows are compared: the mean would be noise.

With fewer rows in all, nothing is compared.
"""


def explanation_stability(
    spec: ExplanationStability, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """Reasons, importance and decisions of the model against refits from resampled rows.

    Each figure is a mean over the refits, and the check fails when one is beyond its limit:

    1. Overlap of the strongest reasons, over the refused rows, or over all rows where fewer than 30
       are refused or nothing is decided; fewer than 30 in all are insufficient evidence. Its
       interval is Student's t over the refits.
    2. Spearman correlation of the mean |contribution| of the columns; 0 where a refit uses none.
    3. Share of the rows that a refit decides otherwise; not asked of a regression.
    """
    refits = probed(evidence.probes.bootstrap_refits, "bootstrap_refits", evidence)
    if len(refits.refits) < spec.refits:
        raise EvidenceMissing(
            f"the model was made again {len(refits.refits)} times, not {spec.refits}",
            remedy="Evaluate the gates again under this policy.",
        )
    judged, which = _judged(evidence, refits.rows)
    rows = [_compared(evidence, refits, refit, judged) for refit in refits.refits]
    overlaps = np.array([row["overlap"] for row in rows])
    overlap = _mean(rows, "overlap")
    correlation = _mean(rows, "rank_correlation")
    disagreement = None
    if evidence.task != "regression":
        disagreement = _mean(rows, "disagreement")
    beyond = [
        name
        for name, is_beyond in (
            ("reasons", overlap < spec.min),
            ("importance", correlation < spec.min_rank_correlation),
            ("decisions", disagreement is not None and disagreement > spec.max_disagreement),
        )
        if is_beyond
    ]
    verdict = Verdict.FAIL if beyond else Verdict.PASS
    if not beyond and spec.warn is not None and overlap < spec.warn:
        verdict = Verdict.WARN
    confidence = context.policy.evaluation.confidence
    reach = float(stats.t.isf((1 - confidence) / 2, len(rows) - 1)) * float(
        overlaps.std(ddof=1) / math.sqrt(len(rows))
    )
    otherwise = (
        "it has no decisions to compare"
        if disagreement is None
        else f"{disagreement:.1%} of the rows are decided otherwise (at most "
        f"{spec.max_disagreement:.1%})"
    )
    yield answer(
        spec,
        Finding(
            verdict=verdict,
            message=f"Over {len(rows)} refits on resampled rows, the strongest reasons of "
            f"{int(judged.sum()):,} {which} overlap by {overlap:.2f} (at least {spec.min:g} is "
            f"demanded), the importance of the columns correlates by {correlation:.2f} (at least "
            f"{spec.min_rank_correlation:g}), and {otherwise}.",
            value=overlap,
            interval=interval(
                overlap - reach, min(overlap + reach, 1.0), confidence, "Student's t over refits"
            ),
            n=int(judged.sum()),
            remedy="Drop or merge inputs that carry the same information, prefer a smoother or "
            "monotone model, or collect more training rows.",
            details={
                "beyond": beyond,
                "rows": which,
                "overlap": overlap,
                "rank_correlation": correlation,
                "disagreement": disagreement,
                "refits": rows,
                "note": "Refits are made from rows drawn with replacement, at most 20,000; from "
                "fewer rows than the model, they differ more than it would.",
            },
        ),
    )


def background_stability(
    spec: BackgroundStability, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """Mean overlap of the strongest reasons between two backgrounds without a row in common.

    Attributions of trees, linear and additive members rest on all training rows, not on a
    background that was drawn: the value is 1. Else the mean over the rows (normal interval); below
    the limit fails when it is beyond chance, and is insufficient evidence otherwise.
    """
    found = probed(evidence.probes.backgrounds, "backgrounds", evidence)
    if not found.depends:
        yield answer(
            spec,
            Finding(
                Verdict.PASS,
                "The attributions rest on all training rows, not on a background that was drawn.",
                value=1.0,
                n=len(evidence.outcome),
                details={"depends": False},
            ),
        )
        return
    each = _known(overlaps_of(found.first, found.second))
    value = float(each.mean())
    confidence = context.policy.evaluation.confidence
    error = float(each.std(ddof=1)) / math.sqrt(len(each)) if len(each) > 1 else math.inf
    z = statistics.critical_value(confidence, sides=2)
    verdict = Verdict.PASS
    if value < spec.min:
        surely = value + statistics.critical_value(confidence) * error < spec.min
        verdict = Verdict.FAIL if surely else Verdict.INSUFFICIENT_EVIDENCE
    elif spec.warn is not None and value < spec.warn:
        verdict = Verdict.WARN
    yield answer(
        spec,
        Finding(
            verdict=verdict,
            message=f"The strongest reasons of {len(each):,} rows overlap by {value:.2f} between "
            f"backgrounds chosen from {found.sizes[0]:,} and {found.sizes[1]:,} other training "
            f"rows; at least {spec.min:g} is demanded.",
            value=value,
            interval=interval(
                max(value - z * error, 0.0), min(value + z * error, 1.0), confidence, "normal"
            ),
            n=len(each),
            remedy="Search families with exact attributions only: they need no background.",
            details={"depends": True, "sizes": list(found.sizes)},
        ),
    )


def _mean(rows: Sequence[Mapping[str, float]], figure: str) -> float:
    """Mean over the refits, rounded so that equal figures on a limit stay on it."""
    return round(float(np.mean([row[figure] for row in rows])), 12)


def overlaps_of(first: NDArray[np.int64], second: NDArray[np.int64]) -> Floats:
    """Overlap of two lists of columns per row: float64 (n,) in [0, 1]; NaN where both are empty.

    Args:
        first: int64 (n, k), -1 where a list is shorter; no column twice in a row.
        second: int64 (n, j), likewise.

    Raises:
        EvidenceUnusable: they are of different rows.
    """
    if len(first) != len(second):
        raise EvidenceUnusable("the reasons do not belong to the same rows")
    shared = ((first[:, :, None] == second[:, None, :]) & (first[:, :, None] >= 0)).sum(axis=(1, 2))
    longest = np.maximum((first >= 0).sum(axis=1), (second >= 0).sum(axis=1))
    overlaps = np.full(len(first), np.nan)
    np.divide(shared, longest, out=overlaps, where=longest > 0)
    return overlaps


def _known(overlaps: Floats) -> Floats:
    """Overlaps of the rows that have a reason.

    Raises:
        EvidenceMissing: no row has one.
    """
    known = overlaps[~np.isnan(overlaps)]
    if not len(known):
        raise EvidenceMissing(
            "no row has a reason that could be compared",
            remedy="Collect test rows that the model refuses.",
        )
    return known


def _judged(evidence: Evidence, rows: Rows) -> tuple[NDArray[np.bool_], str]:
    """Rows of a probe whose reasons are compared, and what to call them.

    Raises:
        EvidenceMissing: they are too few.
    """
    if len(rows) < FEWEST_REFUSED:
        raise EvidenceMissing(
            f"the refits were asked about {len(rows)} test rows, fewer than {FEWEST_REFUSED}",
            remedy=f"Collect {FEWEST_REFUSED} test rows or more, best of people who are refused.",
        )
    if evidence.task == "binary":
        selected = own_answers(evidence, rows).selected
        if selected is not None and int((~selected).sum()) >= FEWEST_REFUSED:
            return ~selected, "refused rows"
    return np.ones(len(rows), dtype=np.bool_), "rows"


def _compared(
    evidence: Evidence, refits: Refits, refit: Refit, judged: NDArray[np.bool_]
) -> dict[str, float]:
    """The three figures of one refit.

    Raises:
        EvidenceMissing: the refits were not explained, or no row has a reason.
        EvidenceUnusable: they are about other rows or columns.
    """
    if refit.importance.shape != refits.importance.shape or not len(refits.importance):
        raise EvidenceUnusable("the refits were not explained in the same columns as the model")
    if len(refit.reasons) != len(refits.rows) or len(refits.reasons) != len(refits.rows):
        raise EvidenceUnusable("the reasons do not belong to the same rows")
    overlaps = overlaps_of(refits.reasons[judged], refit.reasons[judged])
    found = {
        "seed": float(refit.seed),
        "rows": float(refit.train_rows),
        "overlap": float(_known(overlaps).mean()),
        "rank_correlation": _rank_correlation(refits.importance, refit.importance),
    }
    if evidence.task != "regression":
        ours, theirs = _decided(own_answers(evidence, refits.rows)), _decided(refit.answers)
        if len(ours) != len(theirs):
            raise EvidenceUnusable("the answers do not belong to the same rows")
        found["disagreement"] = float((ours != theirs).mean())
    return found


def _decided(answers: Answers) -> NDArray[np.int64]:
    """Decision or predicted class per row.

    Raises:
        EvidenceUnusable: there are none.
    """
    if answers.selected is not None:
        return answers.selected.astype(np.int64)
    if answers.probabilities is None:
        raise EvidenceUnusable("the answers hold no decisions")
    return np.asarray(answers.probabilities.argmax(axis=1), dtype=np.int64)


def _rank_correlation(first: Floats, second: Floats) -> float:
    """Spearman correlation; 1 for a single column, 0 where one side does not vary.

    Raises:
        EvidenceUnusable: an importance is missing or infinite.
    """
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise EvidenceUnusable("the importance of a column is missing or infinite")
    if len(first) == 1:
        return 1.0
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(stats.spearmanr(first, second).statistic)
