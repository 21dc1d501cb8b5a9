"""Check whether the score survives disturbed inputs."""

from collections.abc import Iterator
from typing import Final

from accredit_governance.gates import statistics
from accredit_governance.gates.answer import Context, Finding, answer, interval
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.gaps import judge_gap, rows_to_decide, turned
from accredit_governance.gates.probes import Perturbation
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.gates.roc import Estimate
from accredit_governance.gates.scores import SCORES, own_answers, score_gap, score_of
from accredit_governance.gates.vectors import probed
from accredit_governance.policy.model_checks import Robustness

_REMEDY: Final = (
    "Find the inputs whose small errors the score reacts to, and bound their effect or leave them "
    "out."
)
_TITLES: Final = {
    "noise": "noise on the numbers",
    "missing": "values taken away",
    "swapped": "categories swapped",
}


def robustness(spec: Robustness, evidence: Evidence, context: Context) -> Iterator[CheckResult]:
    """Greatest loss of the score among the disturbances, on the same rows with and without.

    Fails when a loss is beyond the maximum and beyond chance, passes when the upper bounds of all
    losses are within it. The disturbances share the level (Bonferroni).
    """
    probe = probed(evidence.probes.perturbations, "perturbations", evidence)
    if not probe.disturbed:
        message = "No input of the model can be disturbed in the ways that the policy names."
        yield answer(spec, Finding(Verdict.NOT_APPLICABLE, message, n=len(probe.rows)))
        return
    clean = own_answers(evidence, probe.rows)
    gaps = [score_gap(evidence, probe.rows, one.answers, clean) for one in probe.disturbed]
    confidence = context.policy.evaluation.confidence
    z = statistics.critical_value(confidence, comparisons=len(gaps))
    verdicts = [judge_gap(gap, least=-spec.max, z=z) for gap in gaps]
    verdict = next(
        (bad for bad in (Verdict.FAIL, Verdict.INSUFFICIENT_EVIDENCE) if bad in verdicts),
        Verdict.PASS,
    )
    # Of those that made the verdict, the greatest loss.
    at = min(
        (i for i, found in enumerate(verdicts) if found is verdict), key=lambda i: gaps[i].value
    )
    loss = -gaps[at].value
    if verdict is Verdict.PASS and spec.warn is not None and loss > spec.warn:
        verdict = Verdict.WARN
    sides = statistics.critical_value(confidence, sides=2)
    low, high = gaps[at].bounds(sides)
    name = SCORES[evidence.task]
    before = score_of(evidence, probe.rows, clean).value
    more = rows_to_decide(gaps[at], least=-spec.max, z=z, rows=len(probe.rows))
    yield answer(
        spec,
        Finding(
            verdict=verdict,
            message=f"{name} falls from {before:.3f} to {before - loss:.3f} on {len(probe.rows):,} "
            f"test rows with {_TITLES.get(probe.disturbed[at].kind, probe.disturbed[at].kind)}: a "
            f"loss of {loss:.3f} ({-high:.3f} to {-low:.3f}); at most {spec.max:g} is allowed.",
            value=loss,
            interval=interval(-high, -low, confidence, "paired, influence values"),
            n=len(probe.rows),
            remedy=_REMEDY
            if verdict is Verdict.FAIL or more is None or len(probe.rows) < len(evidence.outcome)
            else f"Collect about {more:,} more test rows.",
            details={
                "metric": name,
                "undisturbed": before,
                "disturbances": [
                    _row(one, gap, turned(clean, one.answers), sides)
                    for one, gap in zip(probe.disturbed, gaps, strict=True)
                ],
            },
        ),
    )


def _row(
    one: Perturbation, gap: Estimate, flips: dict[str, int] | None, z: float
) -> dict[str, object]:
    low, high = gap.bounds(z)
    return {
        "kind": one.kind,
        "strength": one.strength,
        "columns": one.columns,
        "changed": one.changed,
        "loss": -gap.value,
        "low": -high,
        "high": -low,
        "turned": flips,
    }
