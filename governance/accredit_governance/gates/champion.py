"""Check of the model against the champion: the newest approved version of the same model."""

from collections.abc import Iterator
from typing import Final

from accredit_governance.gates import statistics
from accredit_governance.gates.absences import TRAINING_ROWS, as_stated
from accredit_governance.gates.answer import Context, Finding, answer, interval
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.gaps import judge_gap, rows_to_decide, turned
from accredit_governance.gates.probes import Answers, Champion
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.gates.scores import SCORES, own_answers, score_gap, score_of
from accredit_governance.gates.vectors import (
    EvidenceMissing,
    EvidenceUnusable,
    demand,
    probed,
    truths,
)
from accredit_governance.policy.model_checks import ChampionGain

MIN_ROWS: Final = 50


def champion_gain(
    spec: ChampionGain, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """Score of the model minus that of the champion, on test rows that neither was made from.

    Paired: both answer about the same rows, so the error is that of the difference (DeLong et al.
    1988). It fails below the minimum when the model is worse beyond chance, passes when the lower
    bound of the difference reaches the minimum, and is insufficient evidence in between. Of a model
    whose training rows nobody stated, no row is known to be new, which is insufficient evidence.
    """
    champion = probed(evidence.probes.champion, "champion", evidence)
    if not champion.name:
        message = "No version of this model has been approved, so there is no champion to compare."
        yield answer(spec, Finding(Verdict.NOT_APPLICABLE, message, n=len(evidence.outcome)))
        return
    demand(evidence, TRAINING_ROWS)
    theirs = _answers(champion, evidence)
    rows = champion.rows
    ours = own_answers(evidence, rows)
    gap = score_gap(evidence, rows, ours, theirs)
    confidence = context.policy.evaluation.confidence
    z = statistics.critical_value(confidence)
    verdict = judge_gap(gap, least=spec.min, z=z)
    if verdict is Verdict.PASS and spec.warn is not None and gap.value < spec.warn:
        verdict = Verdict.WARN
    low, high = gap.bounds(statistics.critical_value(confidence, sides=2))
    name = SCORES[evidence.task]
    own, other = score_of(evidence, rows, ours).value, score_of(evidence, rows, theirs).value
    outcome = truths(evidence.outcome, "the outcome")[rows] if evidence.task == "binary" else None
    more = rows_to_decide(gap, least=spec.min, z=z, rows=len(rows))
    yield answer(
        spec,
        Finding(
            verdict=verdict,
            message=f"{name} is {own:.3f} against {other:.3f} of the champion, {champion.name}, on "
            f"{len(rows):,} test rows: a difference of {gap.value:+.3f} ({low:+.3f} to "
            f"{high:+.3f}); at least {spec.min:+g} is demanded.{as_stated(evidence.absent)}",
            value=gap.value,
            interval=interval(low, high, confidence, "paired, influence values"),
            n=len(rows),
            remedy="Keep the champion, or find a better model."
            if verdict is Verdict.FAIL or more is None
            else f"Collect about {more:,} more test rows that neither was made from.",
            details={
                "metric": name,
                "champion": champion.name,
                "model_score": own,
                "champion_score": other,
                "left_out": champion.left_out,
                "turned": turned(theirs, ours, outcome),
            },
        ),
    )


def _answers(champion: Champion, evidence: Evidence) -> Answers:
    """What the champion answers about rows that neither was made from.

    Raises:
        EvidenceUnusable: it cannot answer about these rows.
        EvidenceMissing: too few rows are left.
    """
    if champion.unfit:
        raise EvidenceUnusable(f"the champion, {champion.name}, cannot be asked: {champion.unfit}")
    if len(champion.rows) < MIN_ROWS:
        raise EvidenceMissing(
            f"the champion, {champion.name}, or the model was made from {champion.left_out:,} of "
            f"the {len(evidence.outcome):,} test rows, and {len(champion.rows):,} are too few to "
            "compare them on",
            remedy=f"Collect at least {MIN_ROWS} test rows that are newer than the champion.",
        )
    if champion.answers is None:
        raise EvidenceUnusable(f"the champion, {champion.name}, gave no answers")
    return champion.answers
