"""Checks whether the model moves as declared, and whether a simpler one would do."""

from collections.abc import Iterator
from typing import Final

from accredit_governance.gates import statistics
from accredit_governance.gates.answer import Context, Finding, answer, interval, named
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.probes import MonotoneGrid
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.gates.scores import SCORES, every_row, own_answers, score_gap
from accredit_governance.gates.vectors import EvidenceMissing, probed
from accredit_governance.policy.explanation_checks import Monotonicity, SimpleChallenger

_LISTED: Final = 50
_REMEDY: Final = (
    "State these directions as monotone constraints of the run and train again; where policy and "
    "run differ, settle which is right."
)


def monotonicity(
    spec: Monotonicity, evidence: Evidence, _context: Context
) -> Iterator[CheckResult]:
    """Number of faults: steps against a declared direction, and directions that cannot be tried.

    How the grid is made is said in `gates.probing.monotone_grid`. A direction that the policy and
    the run state differently, or of an input whose values have no order, is a fault; so is a
    numeric input with a reason text and no direction, where the policy demands directions for
    reasons. A direction of the policy for a column that is no input warns, for it may be misspelt;
    one of the run is only noted. A direction without a step to try, as the column has but one value
    in training, is insufficient evidence.
    """
    grid = probed(evidence.probes.monotone_grid, "monotone_grid", evidence)
    _demand_tried(spec, evidence, grid)
    undeclared = list(grid.undeclared) if spec.demand_for_reasons else []
    violations = sum(each.violations for each in grid.directions)
    steps = sum(each.steps for each in grid.directions)
    faults = {
        f"{violations:,} of {steps:,} steps go against the declared direction": violations,
        f"opposite directions in the policy and the run for {named(grid.conflicts)}": len(
            grid.conflicts
        ),
        f"no order among the values of {named(grid.unordered)}": len(grid.unordered),
        f"no direction for {named(undeclared)}, which can be given as a reason": len(undeclared),
    }
    total = sum(faults.values())
    untried = [each.column for each in grid.directions if not each.steps]
    strangers = [column for column in grid.absent if column in spec.directions]
    aside = f" No input is called {named(strangers)}." if strangers else ""
    details = {
        "directions": [
            {
                "column": each.column,
                "direction": each.direction,
                "steps": each.steps,
                "violations": each.violations,
                "worst": each.worst,
            }
            for each in sorted(grid.directions, key=lambda each: -each.violations)[:_LISTED]
        ],
        "conflicts": list(grid.conflicts)[:_LISTED],
        "unordered": list(grid.unordered)[:_LISTED],
        "undeclared": undeclared[:_LISTED],
        "untried": untried[:_LISTED],
        "no_inputs": list(grid.absent)[:_LISTED],
    }
    if not total and not grid.directions and not strangers:
        yield answer(
            spec,
            Finding(
                Verdict.NOT_APPLICABLE,
                "Neither the policy nor the run declares a direction of an input, so none was "
                "tried.",
                details=details,
            ),
        )
        return
    found = "; ".join(sentence for sentence, count in faults.items() if count)
    message = (
        f"The score moves only as declared in all {steps:,} steps of {len(grid.directions)} inputs."
    )
    verdict, remedy = Verdict.PASS, _REMEDY
    if total:
        verdict, message = Verdict.FAIL, f"The score does not move as declared: {found}."
    elif untried:
        verdict = Verdict.INSUFFICIENT_EVIDENCE
        message = f"The direction of {named(untried)} cannot be tried: there is no step to take."
        remedy = f"Collect training rows with other values of {named(untried)}, or exclude it."
    elif strangers:
        verdict = Verdict.WARN
        message = message if steps else "No direction of an input was tried."
        remedy = f"Correct the name of {named(strangers)} in the policy, or take it out."
    yield answer(
        spec,
        Finding(
            verdict=verdict,
            message=message + aside,
            value=float(total),
            n=steps,
            remedy=remedy,
            details=details,
        ),
    )


def simple_challenger(
    spec: SimpleChallenger, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """Score of the model minus that of the best interpretable trial, on the test rows.

    The interval is that of a paired difference. A gain below the limit asks for a written reason
    why the simpler model is not used: with one the check warns, without one it fails. A model that
    is interpretable itself passes.
    """
    found = probed(evidence.probes.challenger, "challenger", evidence)
    if found.is_the_model:
        yield answer(
            spec,
            Finding(
                Verdict.PASS,
                "A person can read this model as a whole, so no simpler one is asked for.",
                value=0.0,
                n=len(evidence.outcome),
                details={"is_the_model": True},
            ),
        )
        return
    if found.answers is None:
        raise EvidenceMissing(
            "the run tried no model that a person can read as a whole",
            remedy="Allow interpretable families (linear, additive, scorecard, tree) in the run, "
            "with trials enough for them.",
        )
    rows = every_row(evidence)
    gain = score_gap(evidence, rows, own_answers(evidence, rows), found.answers)
    confidence = context.policy.evaluation.confidence
    low, high = gain.bounds(statistics.critical_value(confidence, sides=2))
    verdict, reason = Verdict.PASS, ""
    if gain.value < spec.min:
        verdict = Verdict.WARN if found.rationale.strip() else Verdict.FAIL
        reason = (
            " The reason for the more complex model is on the card."
            if found.rationale.strip()
            else " No reason for the more complex model was written down."
        )
    elif spec.warn is not None and gain.value < spec.warn:
        verdict = Verdict.WARN
    yield answer(
        spec,
        Finding(
            verdict=verdict,
            message=f"The model gains {gain.value:+.4f} {SCORES[evidence.task]} ({low:+.4f} to "
            f"{high:+.4f}) over {found.name} on {len(rows):,} test rows; a gain below "
            f"{spec.min:g} needs a written reason.{reason}",
            value=gain.value,
            interval=interval(low, high, confidence, "normal, paired rows"),
            n=len(rows),
            remedy="Write why the more complex model is needed (choice rationale), or submit the "
            "simpler one.",
            details={
                "challenger": found.name,
                "is_the_model": False,
                "has_rationale": bool(found.rationale.strip()),
            },
        ),
    )


def _demand_tried(spec: Monotonicity, evidence: Evidence, grid: MonotoneGrid) -> None:
    """Nothing, when every direction of the policy was dealt with.

    Raises:
        EvidenceMissing: the grid was made under another policy.
    """
    tried = {(each.column, each.direction) for each in grid.directions}
    dealt = {*grid.conflicts, *grid.unordered, *grid.absent}
    inputs = {str(column) for column in evidence.inputs.columns}
    lacking = [
        column
        for column, direction in spec.directions.items()
        if column in inputs and column not in dealt and (column, direction) not in tried
    ]
    if lacking:
        raise EvidenceMissing(
            f"the directions of {named(lacking)} were not tried",
            remedy="Evaluate the gates again under this policy.",
        )
