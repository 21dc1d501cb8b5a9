"""Checks whether the explanations are the model's own, and on how much they rest.

An attribution method can be silently wrong by several log-odds; nothing here trusts it. Every row
is added up again.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from accredit_governance.gates.answer import Context, Finding, answer, named
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.gates.statistics import Floats
from accredit_governance.gates.vectors import EvidenceUnusable, numbers, same_rows
from accredit_governance.policy.explanation_checks import (
    Dominance,
    ExplanationCompleteness,
    ExplanationOwnership,
)

_LISTED: Final = 50


def explanation_completeness(
    spec: ExplanationCompleteness, evidence: Evidence, _context: Context
) -> Iterator[CheckResult]:
    """`max |base + Σφ - margin| / max(1, |margin|)` over every test row.

    Attributions that were sampled add up by construction and prove nothing: they fail.
    """
    same_rows(evidence.attributions, evidence.margin, "the table of attributions")
    margin = numbers(evidence.margin, "the margin")
    total = attribution_values(evidence).sum(axis=1) + evidence.base
    if total.shape != margin.shape or not np.isfinite(total).all():
        raise EvidenceUnusable("the base of the attributions is not one finite number per row")
    errors = np.abs(total - margin) / np.maximum(1.0, np.abs(margin))
    worst = float(errors.max())
    wrong = int((errors > spec.max).sum())
    verdict = Verdict.FAIL if wrong or not evidence.exact else Verdict.PASS
    if verdict is Verdict.PASS and spec.warn is not None and worst > spec.warn:
        verdict = Verdict.WARN
    yield answer(
        spec,
        Finding(
            verdict=verdict,
            message=f"Attributions add up to the margin within {worst:.2g} in the worst of "
            f"{len(margin):,} rows; at most {spec.max:g} is allowed."
            + (f" {wrong:,} rows are beyond it." if wrong else "")
            + ("" if evidence.exact else " They are sampled estimates; exact ones are demanded."),
            value=worst,
            n=len(margin),
            remedy="Use an exact attribution method for this model; reasons from these "
            "attributions would not be its reasons.",
            details={
                "rows_beyond": wrong,
                "exact": evidence.exact,
                "median_error": float(np.median(errors)),
            },
        ),
    )


def explanation_ownership(
    spec: ExplanationOwnership, evidence: Evidence, _context: Context
) -> Iterator[CheckResult]:
    """Number of columns without an owner or without an attribution.

    Owners come from the encoders of the model: every entry of its matrices names the raw columns
    it was made from. A derived entry, made from several, is shared among them in equal parts, and
    is listed with its parents.
    """
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
    found = "; ".join(f"{name}: {named(columns)}" for name, columns in bad.items())
    derived = {
        made: list(parents) for made, parents in evidence.owners.items() if len(set(parents)) > 1
    }
    if not inputs:
        raise EvidenceUnusable("the model has no input columns")
    yield answer(
        spec,
        Finding(
            verdict=Verdict.FAIL if bad else Verdict.PASS,
            message=f"{count} columns cannot be traced ({found})."
            if bad
            else f"All {len(evidence.owners):,} entries of the model belong to its {len(inputs)} "
            f"input columns; {len(derived)} are derived from several and shared among them.",
            value=float(count),
            n=len(evidence.inputs),
            remedy="Record which raw columns each engineered column was made from.",
            details={
                **{name: columns[:_LISTED] for name, columns in problems.items()},
                "derived": [
                    {"entry": made, "parents": parents}
                    for made, parents in sorted(derived.items())[:_LISTED]
                ],
                "derived_count": len(derived),
            },
        ),
    )


def dominance(spec: Dominance, evidence: Evidence, _context: Context) -> Iterator[CheckResult]:
    """`mean |φ| of the strongest column / Σ mean |φ|`, over every test row.

    φ is the signed sum of the contributions of the entries that the column owns. A model that rests
    on one column may rest on a leak, so findings about that column are shown with it.
    """
    ranking = attribution_ranking(evidence)
    strongest, share = str(ranking.index[0]), float(ranking["share"].iloc[0])
    verdict = Verdict.FAIL if share > spec.max else Verdict.PASS
    if verdict is Verdict.PASS and spec.warn is not None and share > spec.warn:
        verdict = Verdict.WARN
    findings = [
        {"code": found.get("code"), "severity": found.get("severity")}
        for found in evidence.findings
        if found.get("column") == strongest
    ]
    yield answer(
        spec,
        Finding(
            verdict=verdict,
            message=f"{strongest} holds {share:.1%} of the mean absolute attributions; at most "
            f"{spec.max:.0%} is allowed."
            + (f" The run has {len(findings)} findings about it." if findings else ""),
            value=share,
            n=len(evidence.attributions),
            remedy=f"Look whether {strongest} leaks the outcome; if it does not, add inputs that "
            "carry the same information more broadly.",
            details={
                "ranking": [
                    {"column": str(column), "mean_abs": row.mean_abs, "share": row.share}
                    for column, row in ranking.head(_LISTED).iterrows()
                ],
                "findings": findings[:_LISTED],
            },
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
