"""Checks whether the score holds over seeds and slices."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from accredit_governance.gates import statistics
from accredit_governance.gates.answer import Context, Finding, answer, interval, named
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.probes import Answers
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.gates.scores import SCORES, own_answers, score_of
from accredit_governance.gates.slices import MIN_PER_CLASS, Contrast, Contrasts, Slice, slices
from accredit_governance.gates.statistics import Floats
from accredit_governance.gates.vectors import EvidenceMissing, probed
from accredit_governance.policy.model_checks import SeedStability, SlicePerformance

_SHOWN: Final = 20


def seed_stability(
    spec: SeedStability, evidence: Evidence, _context: Context
) -> Iterator[CheckResult]:
    """Greatest minus smallest score of the model and its refits with other seeds, on the same rows.

    There is no test: the models differ by their seeds alone and answer about the same rows, so the
    spread is a fact about this model and not an estimate from a sample of rows. How many rows the
    refits decide otherwise is shown beside it, because equal scores can hide unequal decisions.
    """
    probe = probed(evidence.probes.seed_refits, "seed_refits", evidence)
    if len(probe.refits) < spec.refits:
        raise EvidenceMissing(
            f"the model was made again with {len(probe.refits)} other seeds only, and "
            f"{spec.refits} are demanded",
            remedy="Evaluate the gates again under this policy.",
        )
    own = own_answers(evidence, probe.rows)
    scores = [
        score_of(evidence, probe.rows, answers).value
        for answers in (own, *(refit.answers for refit in probe.refits))
    ]
    otherwise = [_otherwise(own, refit.answers) for refit in probe.refits]
    known = [share for share in otherwise if share is not None]
    spread = max(scores) - min(scores)
    verdict = Verdict.FAIL if spread > spec.max else Verdict.PASS
    if verdict is Verdict.PASS and spec.warn is not None and spread > spec.warn:
        verdict = Verdict.WARN
    name = SCORES[evidence.task]
    decided = f"; up to {max(known):.1%} of the rows are decided otherwise" if known else ""
    yield answer(
        spec,
        Finding(
            verdict=verdict,
            message=f"{name} lies between {min(scores):.3f} and {max(scores):.3f} over "
            f"{len(scores)} seeds on {len(probe.rows):,} test rows: a spread of {spread:.3f}; at "
            f"most {spec.max:g} is allowed{decided}.",
            value=spread,
            n=len(probe.rows),
            remedy="Average more members, regularise the model, or collect more training rows.",
            details={
                "metric": name,
                "score": scores[0],
                "refits": [
                    {"seed": refit.seed, "score": score, "decided_otherwise": share}
                    for refit, score, share in zip(probe.refits, scores[1:], otherwise, strict=True)
                ],
            },
        ),
    )


def _otherwise(own: Answers, other: Answers) -> float | None:
    """Share of the rows that are decided otherwise; None for a regression."""
    if own.selected is not None and other.selected is not None:
        return float((own.selected != other.selected).mean())
    if own.probabilities is not None and other.probabilities is not None:
        return float((own.probabilities.argmax(1) != other.probabilities.argmax(1)).mean())
    return None


@dataclass(frozen=True, slots=True)
class _Judged:
    """A slice with its adjusted p-value."""

    part: Slice
    found: Contrast
    p_holm: float


def slice_performance(
    spec: SlicePerformance, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """Greatest shortfall of the score on a slice below that on all other rows.

    See `gates.slices` for what a slice is and what counts as explained. A slice fails when its
    unexplained shortfall is beyond the maximum and, by Holm's method over all slices, beyond
    chance. A shortfall beyond the maximum that may be chance, or that is explained, is a warning:
    with many slices some are low by chance, and more rows do not make that go away. A sensitive
    feature of which no group could be examined, be it absent or too rare, is insufficient evidence.
    """
    scored = Contrasts(evidence)
    pairs, skipped = [], []
    for part in slices(evidence, min_rows=spec.min_rows):
        found = scored.of(part)
        if found is None:
            skipped.append(part)
        else:
            pairs.append((part, found))
    if not pairs:
        raise EvidenceMissing(
            f"no slice has {spec.min_rows:,} test rows and {MIN_PER_CLASS} of each of two classes",
            remedy="Collect more test rows.",
        )
    adjusted = statistics.holm(_p_values([found for _, found in pairs]))
    judged = [_Judged(*pair, float(p)) for pair, p in zip(pairs, adjusted, strict=True)]
    level = 1 - context.policy.evaluation.confidence
    failing = [one for one in judged if one.found.unexplained > spec.max and one.p_holm <= level]
    worst = max(failing or judged, key=lambda one: one.found.unexplained)
    widest = max(judged, key=lambda one: one.found.shortfall)
    value = worst.found.unexplained
    examined = {one.part.column for one in judged}
    unseen = [feature for feature in context.features if feature not in examined]
    verdict = Verdict.PASS
    if failing:
        verdict = Verdict.FAIL
    elif unseen:
        verdict = Verdict.INSUFFICIENT_EVIDENCE
    elif widest.found.shortfall > spec.max or (spec.warn is not None and value > spec.warn):
        verdict = Verdict.WARN
    shown = widest if verdict is Verdict.WARN and value <= spec.max else worst
    confidence = context.policy.evaluation.confidence
    half = statistics.critical_value(confidence, sides=2) * worst.found.error
    yield answer(
        spec,
        Finding(
            verdict=verdict,
            message=_message(shown, spec, len(judged), SCORES[evidence.task])
            + (f" No group of {named(unseen)} could be examined." if unseen else ""),
            value=value,
            interval=interval(value - half, value + half, confidence, "normal, not simultaneous"),
            n=int(worst.part.inside.sum()),
            remedy=f"Supply {named(unseen)} for the test rows, with {spec.min_rows:,} rows of a "
            "group and of all others; an absent feature is not skipped."
            if verdict is Verdict.INSUFFICIENT_EVIDENCE
            else "Collect more training rows like those of the slice or inputs that tell more "
            "about them, or exclude the slice from the use of the model.",
            details={
                "metric": SCORES[evidence.task],
                "examined": len(judged),
                "features_not_examined": unseen[:_SHOWN],
                "slices": [_row(one) for one in _worst(judged)],
                "not_examined": [
                    {"column": part.column, "slice": part.name, "rows": int(part.inside.sum())}
                    for part in skipped[:_SHOWN]
                ],
            },
        ),
    )


def _p_values(contrasts: list[Contrast]) -> Floats:
    """One-sided: chance of such an unexplained shortfall where there is none."""
    values = np.array([found.unexplained for found in contrasts])
    errors = np.array([found.error for found in contrasts])
    p: NDArray[np.float64] = stats.norm.sf(values / np.maximum(errors, 1e-12))
    return p


def _worst(judged: list[_Judged]) -> list[_Judged]:
    return sorted(judged, key=lambda one: -one.found.unexplained)[:_SHOWN]


def _message(one: _Judged, spec: SlicePerformance, examined: int, name: str) -> str:
    found = one.found
    text = (
        f"Of {examined} slices the score falls furthest where {one.part.column} is "
        f"{one.part.name}: {name} is {found.score:.3f} on {int(one.part.inside.sum()):,} test rows "
        f"against {found.rest:.3f} on all others; a shortfall of at most {spec.max:g} is allowed."
    )
    if found.explained > 0:
        text += f" The likeness of the scores in the slice explains {found.explained:.3f} of it."
    return text


def _row(one: _Judged) -> dict[str, object]:
    return {
        "column": one.part.column,
        "slice": one.part.name,
        "rows": int(one.part.inside.sum()),
        "score": one.found.score,
        "others": one.found.rest,
        "shortfall": one.found.shortfall,
        "explained": one.found.explained,
        "error": one.found.error,
        "p": one.p_holm,
    }
