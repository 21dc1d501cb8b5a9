"""Check of the search for less discriminatory alternatives.

Choosing and certifying are done on different rows. The search chose on training rows out of fold,
so its gains are flattered; what it found is asked about the test rows, on which nobody selected
anything. Only the paired difference of the two models there is claimed, for each model's own ratio
moves more between samples than alternatives gain. The alternative selects as many people as the
model, by one cut-off for all.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Final

from accredit_governance.gates import statistics
from accredit_governance.gates.answer import Context, Finding, answer
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.groups import grouping, subjects
from accredit_governance.gates.origins import capped
from accredit_governance.gates.paired_ratios import PairedRatios, Ranged, compare
from accredit_governance.gates.probes import Alternative, Answers
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.gates.roc import Estimate
from accredit_governance.gates.scores import SCORES, every_row, own_answers, score_gap, score_of
from accredit_governance.gates.vectors import EvidenceMissing, decisions, probed, same_rows
from accredit_governance.policy.bias_checks import AlternativeSearch

_SLACK: Final = 1e-12
_LISTED: Final = 50


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The alternative beside the model on the test rows.

    Attributes:
        ratios: Lowest adverse impact ratios; the first is the model's.
        loss: Score of the model minus that of the alternative.
        model: Score of the model.
        alternative: Score of the alternative.
        shares: Share of the rows that each selects.
    """

    ratios: PairedRatios
    loss: Ranged
    model: Ranged
    alternative: Ranged
    shares: tuple[float, float]

    def holds(self, tolerance: float) -> bool:
        """Whether the gain is beyond chance and the loss of score within the tolerance."""
        return self.ratios.gain.low > 0 and self.loss.value <= tolerance + _SLACK


def alternative_search(
    spec: AlternativeSearch, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """Whether alternatives were looked for, and whether the best one found stands on other rows.

    The value is the number of models that the search compared. Too few of them, no record, a search
    that allowed less loss than the policy, or one that did not compare a declared sensitive feature
    is insufficient evidence. An alternative that was found is confirmed when the lower end of the
    interval of its gain in the lowest adverse impact ratio is above 0 (paired count bootstrap) and
    its loss of ROC AUC is within the tolerance. A confirmed one is put before the reviewers, and
    blocks unless the policy says `warn`: it never takes the model's place by itself.
    """
    found = probed(evidence.probes.alternative, "alternative", evidence)
    lack = _lack(spec, found, context)
    if lack is not None:
        finding = lack
    elif not found.found:
        finding = _none_found(spec, found)
    else:
        finding = _confirmed(spec, found, evidence, context)
    yield answer(spec, capped(finding, context.features, evidence, context.policy))


def _lack(spec: AlternativeSearch, found: Alternative, context: Context) -> Finding | None:
    """What the search leaves open; None when it answers the question."""
    if not found.considered:
        return _open(
            found,
            "The run made no record of less discriminatory alternatives, so nobody looked for one.",
            f"Name the sensitive features in the use case and search with {spec.min_candidates} "
            "trials or more.",
        )
    if found.considered < spec.min_candidates:
        return _open(
            found,
            f"The search compared {found.considered:,} models with respect to less discriminatory "
            f"alternatives; at least {spec.min_candidates:,} are demanded.",
            f"Search again with {spec.min_candidates:,} trials or more that finish.",
        )
    if found.tolerance < spec.tolerance - _SLACK:
        return _open(
            found,
            f"The search counted models as alternatives within {found.tolerance:g} of the best "
            f"score; the policy demands {spec.tolerance:g}.",
            f"Search with a tolerance of {spec.tolerance:g} or more.",
        )
    missing = [feature for feature in context.features if feature not in found.subjects]
    if missing:
        return _open(
            found,
            f"The search for alternatives did not compare groups of {', '.join(missing)}.",
            f"Supply {', '.join(missing)} with at least two groups of 30 training rows and search "
            "again.",
        )
    if found.found and found.answers is None:
        return _open(
            found,
            f"The search found {found.found:,} less discriminatory alternatives, but none that can "
            "be trained by itself and asked about the test rows.",
            "Submit the blend of the run itself.",
        )
    return None


def _open(found: Alternative, message: str, remedy: str) -> Finding:
    return Finding(
        Verdict.INSUFFICIENT_EVIDENCE,
        message,
        value=float(found.considered),
        n=found.considered,
        remedy=remedy,
        details=_search(found),
    )


def _none_found(spec: AlternativeSearch, found: Alternative) -> Finding:
    return Finding(
        Verdict.PASS,
        f"None of the {found.considered:,} models of the search came within {spec.tolerance:g} of "
        f"the best {found.metric} and selected groups more alike than this one, out of fold on the "
        "training rows; this says nothing about models that were not tried.",
        value=float(found.considered),
        n=found.considered,
        details=_search(found),
    )


def _confirmed(
    spec: AlternativeSearch, found: Alternative, evidence: Evidence, context: Context
) -> Finding:
    """The verdict on the alternative that was found."""
    seen = confirmation(found, evidence, context)
    holds = seen.holds(spec.tolerance)
    verdict = Verdict.PASS
    if holds:
        blocks = spec.on_confirmed == "block"
        verdict = Verdict.FAIL if blocks else Verdict.INSUFFICIENT_EVIDENCE
    gain, loss = seen.ratios.gain, seen.loss
    figures = (
        f"on {len(evidence.outcome):,} test rows its lowest adverse impact ratio is "
        f"{seen.ratios.theirs.value:.3f} against {seen.ratios.ours.value:.3f} (difference "
        f"{gain.low:+.3f} to {gain.high:+.3f}), and it loses {loss.value:.4f} of "
        f"{SCORES['binary']} ({loss.low:.4f} to {loss.high:.4f}) where {spec.tolerance:g} is "
        "tolerated"
    )
    message = (
        f"A less discriminatory alternative was found and confirmed, {found.name}: {figures}; a "
        "reviewer has to say why it is not used."
        if holds
        else f"The most promising alternative of {found.considered:,} models, {found.name}, is not "
        f"confirmed: {figures}; nothing is claimed about other models."
    )
    return Finding(
        verdict=verdict,
        message=message,
        value=float(found.considered),
        n=len(evidence.outcome),
        remedy=f"Train a model like {found.name} of the run and submit it in place of this one, or "
        "have two people set down why business needs cannot be met by it, where a waiver is "
        "allowed.",
        details={**_search(found), **_points(seen, found), "confirmed": holds},
    )


def confirmation(found: Alternative, evidence: Evidence, context: Context) -> Confirmation:
    """The alternative beside the model on the test rows.

    Raises:
        EvidenceMissing: there are no answers of it, or too few rows of a class or group.
        EvidenceUnusable: the answers are not of these rows, or somebody selects nobody.
    """
    if found.answers is None or found.answers.selected is None:
        raise EvidenceMissing(
            "the alternative was not asked about the test rows",
            remedy="Evaluate the gates again under this policy.",
        )
    evaluation = context.policy.evaluation
    rows, (_, ours) = every_row(evidence), decisions(evidence)
    mine, theirs = own_answers(evidence, rows), found.answers
    loss = score_gap(evidence, rows, mine, theirs)
    same_rows(evidence.sensitive, evidence.outcome, "the table of sensitive features")
    groupings = [
        grouping(subject, evidence.sensitive, evidence.train_sensitive)
        for subject in subjects(_present(evidence, context), intersections=True)
    ]
    ratios = compare(
        groupings,
        ours,
        found.answers.selected,
        min_share=evaluation.min_group_share,
        confidence=evaluation.confidence,
        replicates=evaluation.replicates,
        seed=evaluation.seed,
    )
    return Confirmation(
        ratios=ratios,
        loss=_ranged(loss, context),
        model=_scored(evidence, mine, context),
        alternative=_scored(evidence, theirs, context),
        shares=(float(ours.mean()), float(found.answers.selected.mean())),
    )


def _present(evidence: Evidence, context: Context) -> tuple[str, ...]:
    """The sensitive features to compare.

    Raises:
        EvidenceMissing: one is absent, or missing in every row.
    """
    for feature in context.features:
        if feature not in evidence.sensitive or evidence.sensitive[feature].isna().all():
            raise EvidenceMissing(
                f"sensitive feature '{feature}' is not known for any test row",
                remedy=f"Supply '{feature}' for the test rows; an absent feature is not skipped.",
            )
    return context.features


def _scored(evidence: Evidence, answers: Answers, context: Context) -> Ranged:
    return _ranged(score_of(evidence, every_row(evidence), answers), context)


def _ranged(estimate: Estimate, context: Context) -> Ranged:
    z = statistics.critical_value(context.policy.evaluation.confidence, sides=2)
    return Ranged(estimate.value, *estimate.bounds(z))


def _search(found: Alternative) -> dict[str, object]:
    """What the search recorded, for the page and the plot of the front."""
    return {
        "considered": found.considered,
        "found": found.found,
        "searched_tolerance": found.tolerance,
        "metric": found.metric,
        "subjects": found.subjects[:_LISTED],
        "out_of_fold": [asdict(point) for point in found.curve[:_LISTED]],
        "caution": "scores and ratios out of fold are those that the search selected on",
    }


def _points(seen: Confirmation, found: Alternative) -> dict[str, object]:
    """Both models on the test rows."""
    return {
        "alternative": found.name,
        "out_of_fold_loss": found.score_gap,
        "score": SCORES["binary"],
        "test": [
            {
                "name": name,
                "score": asdict(score),
                "ratio": asdict(ratio),
                "selected": share,
            }
            for name, score, ratio, share in (
                ("model", seen.model, seen.ratios.ours, seen.shares[0]),
                (found.name, seen.alternative, seen.ratios.theirs, seen.shares[1]),
            )
        ],
        "gain": asdict(seen.ratios.gain),
        "loss": asdict(seen.loss),
        "ratios": [
            {"subject": subject, "model": ours, "alternative": theirs}
            for subject, (ours, theirs) in list(seen.ratios.subjects.items())[:_LISTED]
        ],
    }
