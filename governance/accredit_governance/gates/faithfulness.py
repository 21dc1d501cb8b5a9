"""Check whether the reasons of a refusal are what the decision hangs on."""

import math
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from accredit_governance.gates import statistics
from accredit_governance.gates.answer import Context, Finding, answer, interval
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.gates.vectors import EvidenceMissing, EvidenceUnusable, probed
from accredit_governance.policy.explanation_checks import ReasonFaithfulness

FEWEST_REFUSED: Final = 30


def reason_faithfulness(
    spec: ReasonFaithfulness, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """`flip rate(own reasons set right) - flip rate(as many random columns set right)`.

    Over refused test rows; how columns are set right is said in `gates.probing.replacements`. The
    interval is that of a difference of paired shares (Bonett and Price 2012). Passes when its
    one-sided lower bound reaches the limit, fails when the upper bound does not, and is
    insufficient evidence between. Setting the columns right that are strongest over all rows must
    not turn more: significantly more (exact McNemar test) fails, otherwise it warns.
    """
    found = probed(evidence.probes.replacements, "replacements", evidence)
    if evidence.inputs.shape[1] < 2:
        yield answer(
            spec,
            Finding(
                Verdict.NOT_APPLICABLE,
                "The model has one input, so there is no other column to compare its reason with.",
            ),
        )
        return
    count = len(found.rows)
    if not len(found.top) == len(found.everywhere) == len(found.random) == count:
        raise EvidenceUnusable("the answers do not belong to the same rows")
    if count < FEWEST_REFUSED:
        raise EvidenceMissing(
            f"the model refuses {count} of the test rows, fewer than {FEWEST_REFUSED}",
            remedy=f"Collect test rows until at least {FEWEST_REFUSED} are refused.",
        )
    own, overall, chance = (
        float(turned.mean()) for turned in (found.top, found.everywhere, found.random)
    )
    confidence = context.policy.evaluation.confidence
    gap, error = _paired(found.top, found.random)
    one, two = (statistics.critical_value(confidence, sides=sides) for sides in (1, 2))
    verdict = Verdict.INSUFFICIENT_EVIDENCE
    if own - chance < spec.min and gap + one * error < spec.min:
        verdict = Verdict.FAIL
    elif own - chance >= spec.min and gap - one * error >= spec.min:
        unsure = spec.warn is not None and own - chance < spec.warn
        verdict = Verdict.WARN if unsure else Verdict.PASS
    p = _mcnemar(found.everywhere, found.top)
    if own < overall:
        if p < 1 - confidence:
            verdict = Verdict.FAIL
        elif verdict is Verdict.PASS:
            verdict = Verdict.WARN
    yield answer(
        spec,
        Finding(
            verdict=verdict,
            message=f"Of {count:,} refusals, {own:.1%} turn when their own strongest reasons are "
            f"set right, {chance:.1%} with as many random columns and {overall:.1%} with the "
            f"columns strongest over all rows; the first must exceed the second by at least "
            f"{spec.min:g} and not be less than the third.",
            value=own - chance,
            interval=interval(
                gap - two * error, gap + two * error, confidence, "Bonett-Price, paired shares"
            ),
            n=count,
            remedy="Collect more refused test rows to decide."
            if verdict is Verdict.INSUFFICIENT_EVIDENCE
            else "The reasons are not what decides: use a model with exact attributions and fewer "
            "inputs that stand for each other.",
            details={
                "columns_set": found.most,
                "turned": [
                    {"columns": "own reasons", "share": own},
                    {"columns": "strongest over all rows", "share": overall},
                    {"columns": "random", "share": chance},
                ],
                "overall_is_better_p": p,
            },
        ),
    )


def _paired(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> tuple[float, float]:
    """Difference of two paired shares and its standard error, one added to each discordant cell."""
    rows = len(first) + 2
    plus = (int((first & ~second).sum()) + 1) / rows
    minus = (int((~first & second).sum()) + 1) / rows
    return plus - minus, math.sqrt((plus + minus - (plus - minus) ** 2) / rows)


def _mcnemar(more: NDArray[np.bool_], less: NDArray[np.bool_]) -> float:
    """One-sided exact p-value of "both turn equally often" against "the first turns more often"."""
    gained, lost = int((more & ~less).sum()), int((~more & less).sum())
    return float(stats.binom.sf(gained - 1, gained + lost, 0.5)) if gained + lost else 1.0
