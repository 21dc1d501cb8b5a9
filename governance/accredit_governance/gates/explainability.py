"""Checks whether the explanations are the model's own, and whom they can be told to.

An attribution method can be silently wrong by several log-odds; nothing here trusts it. Every row
is added up again.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from accredit_governance.gates.answer import Context, Finding, answer
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.gates.statistics import Floats
from accredit_governance.gates.vectors import EvidenceUnusable, numbers, same_rows
from accredit_governance.policy.explanation_checks import (
    Dominance,
    ExplanationCompleteness,
    ExplanationOwnership,
    ReasonCoverage,
)


def explanation_completeness(
    spec: ExplanationCompleteness, evidence: Evidence, _context: Context
) -> Iterator[CheckResult]:
    """`max |base + Σφ - margin| / max(1, |margin|)` over every test row."""
    same_rows(evidence.attributions, evidence.margin, "the table of attributions")
    margin = numbers(evidence.margin, "the margin")
    total = attribution_values(evidence).sum(axis=1) + evidence.base
    if total.shape != margin.shape or not np.isfinite(total).all():
        raise EvidenceUnusable("the base of the attributions is not one finite number per row")
    errors = np.abs(total - margin) / np.maximum(1.0, np.abs(margin))
    worst = float(errors.max())
    wrong = int((errors > spec.max).sum())
    verdict = Verdict.FAIL if wrong else Verdict.PASS
    if not wrong and spec.warn is not None and worst > spec.warn:
        verdict = Verdict.WARN
    yield answer(
        spec,
        Finding(
            verdict=verdict,
            message=f"Attributions add up to the margin within {worst:.2g} in the worst of "
            f"{len(margin):,} rows; at most {spec.max:g} is allowed."
            + (f" {wrong:,} rows are beyond it." if wrong else ""),
            value=worst,
            n=len(margin),
            remedy="Use an exact attribution method for this model; reasons from these "
            "attributions would not be its reasons.",
            details={"rows_beyond": wrong, "median_error": float(np.median(errors))},
        ),
    )


def explanation_ownership(
    spec: ExplanationOwnership, evidence: Evidence, _context: Context
) -> Iterator[CheckResult]:
    """Number of columns without an owner or without an attribution."""
    inputs = {str(column) for column in evidence.inputs.columns}
    explained = {str(column) for column in evidence.attributions.columns}
    orphans = sorted(str(made) for made, parents in evidence.owners.items() if not parents)
    strangers = sorted(
        {str(column) for parents in evidence.owners.values() for column in parents} - inputs
    )
    problems = {
        "engineered columns without an owner": orphans,
        "owners that are no inputs": strangers,
        "inputs without attributions": sorted(inputs - explained),
        "attributions of no input": sorted(explained - inputs),
    }
    bad = {name: columns for name, columns in problems.items() if columns}
    count = sum(len(columns) for columns in bad.values())
    found = "; ".join(f"{name}: {', '.join(columns)}" for name, columns in bad.items())
    if not inputs:
        raise EvidenceUnusable("the model has no input columns")
    yield answer(
        spec,
        Finding(
            verdict=Verdict.FAIL if bad else Verdict.PASS,
            message=f"{count} columns cannot be traced ({found})."
            if bad
            else f"Every contribution belongs to one of {len(inputs)} input columns.",
            value=float(count),
            n=len(evidence.inputs),
            remedy="Record which raw columns each engineered column was made from.",
            details=problems,
        ),
    )


def dominance(spec: Dominance, evidence: Evidence, _context: Context) -> Iterator[CheckResult]:
    """Share of the strongest column in the mean absolute attributions."""
    ranking = attribution_ranking(evidence)
    strongest, share = str(ranking.index[0]), float(ranking["share"].iloc[0])
    verdict = Verdict.FAIL if share > spec.max else Verdict.PASS
    if verdict is Verdict.PASS and spec.warn is not None and share > spec.warn:
        verdict = Verdict.WARN
    yield answer(
        spec,
        Finding(
            verdict=verdict,
            message=f"{strongest} holds {share:.1%} of the mean absolute attributions; at most "
            f"{spec.max:.0%} is allowed.",
            value=share,
            n=len(evidence.attributions),
            remedy=f"Look whether {strongest} leaks the outcome; if it does not, add inputs that "
            "carry the same information more broadly.",
            details={
                "ranking": [
                    {"column": str(column), "mean_abs": row.mean_abs, "share": row.share}
                    for column, row in ranking.iterrows()
                ]
            },
        ),
    )


def reason_coverage(
    spec: ReasonCoverage, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """Number of input columns that have neither an approved text nor are non-disclosable."""
    decided = {*context.policy.decisions.reasons, *context.policy.decisions.non_disclosable}
    columns = [str(column) for column in evidence.inputs.columns]
    bare = [column for column in columns if column not in decided]
    told = [column for column in columns if column in context.policy.decisions.reasons]
    failed = bool(bare) or not told
    yield answer(
        spec,
        Finding(
            verdict=Verdict.FAIL if failed else Verdict.PASS,
            message=f"{len(bare)} of {len(columns)} inputs have no approved reason text"
            + (f": {', '.join(bare)}." if bare else "."),
            value=float(len(bare)) if told else float(len(columns)),
            n=len(columns),
            remedy="Have texts for these columns approved in a new policy version, declare them "
            "non-disclosable, or exclude them.",
            details={"without_text": bare, "with_text": told},
        ),
    )


def attribution_values(evidence: Evidence) -> Floats:
    """Attributions as numbers, one row per test row.

    Raises:
        EvidenceUnusable: there are none, they are of other rows, or some are missing or infinite.
    """
    same_rows(evidence.attributions, evidence.outcome, "the table of attributions")
    if not evidence.attributions.columns.size:
        raise EvidenceUnusable("there are no attributions")
    values: Floats = evidence.attributions.to_numpy(dtype=np.float64)
    if not np.isfinite(values).all():
        raise EvidenceUnusable("some attributions are missing or infinite")
    return values


def attribution_ranking(evidence: Evidence) -> pd.DataFrame:
    """Mean absolute attribution (`mean_abs`) and its `share` per raw column, greatest first.

    Raises:
        EvidenceUnusable: see `attribution_values`; or the model answers the same for everybody.
    """
    strength = np.abs(attribution_values(evidence)).mean(axis=0)
    if not strength.sum() > 0:
        raise EvidenceUnusable("all attributions are 0: the model uses none of its inputs")
    table = pd.DataFrame(
        {"mean_abs": strength, "share": strength / strength.sum()},
        index=evidence.attributions.columns,
    )
    return table.sort_values("mean_abs", ascending=False, kind="stable")
