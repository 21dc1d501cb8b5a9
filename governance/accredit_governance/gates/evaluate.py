"""One evaluation of one model version under one policy.

Rules:
1. Every check of the policy is answered, in the order of the policy; a check that raises is
   answered with `error`, which blocks.
2. A check that needs a sensitive feature is answered for every declared one, present or not. When
   none is declared or present, the policy says whether that is insufficient evidence.
3. A check that does not fit the task is `not_applicable` and says what it therefore leaves open.
4. When no required check could be applied at all, the evaluation itself is an error.
"""

import logging
from collections.abc import Sequence
from typing import Final

from accredit_governance.gates.answer import Context, Finding, answer
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.registry import MEASURES
from accredit_governance.gates.results import CheckResult, GateReport, Verdict
from accredit_governance.gates.vectors import EvidenceMissing, EvidenceUnusable, demand
from accredit_governance.policy.bias_checks import SensitiveIsolation
from accredit_governance.policy.demands import CheckSpec
from accredit_governance.policy.document import Policy

_LOG: Final = logging.getLogger(__name__)


def evaluate(policy: Policy, evidence: Evidence, *, declared: Sequence[str] = ()) -> GateReport:
    """All answers that a policy asks for.

    Args:
        policy: The policy; its digest goes into the report.
        evidence: The model version on its test rows.
        declared: Sensitive features of the use case. Those of the evidence are examined as well;
            those that the evidence lacks are insufficient evidence.

    Returns:
        At least one result per check of the policy, in the policy's order; same input, same report.
    """
    features = tuple(dict.fromkeys([*declared, *map(str, evidence.sensitive.columns)]))
    context = Context(policy, features)
    results = [result for spec in policy.gates for result in _answers(spec, evidence, context)]
    if not any(r.required and r.verdict is not Verdict.NOT_APPLICABLE for r in results):
        results.append(_nothing_applied(policy, evidence))
    return GateReport(
        policy=policy.name,
        policy_version=policy.version,
        policy_digest=policy.digest(),
        results=tuple(results),
    )


def _answers(spec: CheckSpec, evidence: Evidence, context: Context) -> list[CheckResult]:
    """The answers to one check, at least one."""
    if evidence.task not in context.policy.applies_to.tasks:
        scope = ", ".join(context.policy.applies_to.tasks)
        message = f"The policy is for {scope} models; this one is {evidence.task}."
        return [answer(spec, Finding(Verdict.ERROR, message))]
    if evidence.task not in spec.tasks:
        return [answer(spec, _not_for_this_task(spec, evidence))]
    needs_features = spec.gate == "bias" and not isinstance(spec, SensitiveIsolation)
    if needs_features and not context.features:
        return [answer(spec, _no_features(context.policy))]
    try:
        demand(evidence, spec.check)
        results = list(MEASURES[spec.check](spec, evidence, context))
    except EvidenceMissing as lack:
        return [
            answer(
                spec,
                Finding(
                    Verdict.INSUFFICIENT_EVIDENCE,
                    f"Cannot be judged yet: {lack.message}.",
                    remedy=lack.remedy,
                ),
            )
        ]
    except EvidenceUnusable as error:
        return [answer(spec, Finding(Verdict.ERROR, f"Cannot be judged: {error.message}."))]
    except Exception as error:  # noqa: BLE001 -- a check that breaks must block, not end the evaluation
        _LOG.exception("check %s raised %s", spec.check, type(error).__name__)
        # The message of a foreign error may quote a row, so it stays in the log.
        return [answer(spec, Finding(Verdict.ERROR, f"The check broke ({type(error).__name__})."))]
    return results or [answer(spec, _nothing_examined(spec))]


def _not_for_this_task(spec: CheckSpec, evidence: Evidence) -> Finding:
    kinds = " and ".join(sorted(spec.tasks))
    return Finding(
        Verdict.NOT_APPLICABLE,
        f"This check is defined for {kinds} models only; for this {evidence.task} model it "
        "examined nothing.",
        n=len(evidence.outcome),
    )


def _no_features(policy: Policy) -> Finding:
    verdict = Verdict(policy.evaluation.without_sensitive_features)
    return Finding(
        verdict,
        "No sensitive feature is declared or present, so no groups were compared.",
        remedy="Declare the sensitive features of the use case and supply them for the test rows.",
    )


def _nothing_examined(spec: CheckSpec) -> Finding:
    """A check of nothing: only an isolation check without features and aliases comes here."""
    if isinstance(spec, SensitiveIsolation):
        return Finding(
            Verdict.NOT_APPLICABLE,
            "No sensitive feature is declared or present, and the policy names no alias.",
        )
    return Finding(Verdict.ERROR, "The check gave no answer.")


def _nothing_applied(policy: Policy, evidence: Evidence) -> CheckResult:
    return CheckResult(
        key="policy.applicable",
        gate="policy",
        check="applicable",
        required=True,
        verdict=Verdict.ERROR,
        value=0.0,
        n=0,
        threshold=1.0,
        direction="min",
        message=f"No required check of {policy.name} applies to this {evidence.task} model.",
        remedy="Use a policy that demands something of such models.",
    )
