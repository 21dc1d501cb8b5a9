"""How sensitive features were come by.

A group that was inferred, for example from a name and an address, is a guess about a person. A
disparity between guessed groups can be smaller or greater than that between the real ones (Chen et
al. 2019, Fairness under unawareness). Therefore, unless the policy allows inferred features:

1. the check of the origin is insufficient evidence for each inferred feature;
2. every verdict on groups of that feature is at most insufficient evidence, also under a policy
   that does not ask for the origin.

A feature whose origin nobody stated counts as inferred. A fail stays a fail.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from accredit_governance.gates.answer import Context, Finding, answer
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.policy.bias_checks import AttributeOrigin
from accredit_governance.policy.document import Policy

_OBSERVED: Final = frozenset({"self_reported", "third_party"})


def attribute_origin(
    spec: AttributeOrigin, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """Whether each sensitive feature was reported rather than inferred."""
    for feature in context.features:
        yield answer(spec, _stated(spec, evidence, feature), subject=feature)


def is_inferred(evidence: Evidence, feature: str) -> bool:
    """Whether the groups of a feature are guesses, or may be: nobody stated the origin."""
    return evidence.origins.get(feature) not in _OBSERVED


def capped(
    finding: Finding, features: Sequence[str], evidence: Evidence, policy: Policy
) -> Finding:
    """A finding on groups of these features: a pass or warning on guesses is none."""
    guessed = [feature for feature in features if is_inferred(evidence, feature)]
    if not guessed or _allowed(policy):
        return finding
    why = "; ".join(f"{feature} is {_origin(evidence, feature)}" for feature in guessed)
    details = dict(finding.details or {}) | {"inferred": guessed}
    if not finding.verdict.lets_through:
        return replace(finding, details=details)
    return replace(
        finding,
        verdict=Verdict.INSUFFICIENT_EVIDENCE,
        message=f"{finding.message} This does not count: {why}, and the policy does not take "
        "inferred groups for known ones.",
        remedy=f"Ask the people themselves for {', '.join(guessed)}, or state where it is from.",
        details=details | {"uncapped": finding.verdict.value},
    )


def _allowed(policy: Policy) -> bool:
    return any(isinstance(spec, AttributeOrigin) and spec.allow_inferred for spec in policy.gates)


def _origin(evidence: Evidence, feature: str) -> str:
    """How a feature came about, in words."""
    origin = evidence.origins.get(feature)
    if origin is None:
        return "of unknown origin, which counts as inferred"
    words = origin.replace("_", "-")
    return words if origin in _OBSERVED or origin == "inferred" else f"{words}, no known origin"


def _stated(spec: AttributeOrigin, evidence: Evidence, feature: str) -> Finding:
    guessed = is_inferred(evidence, feature)
    verdict = Verdict.PASS
    if guessed:
        verdict = Verdict.WARN if spec.allow_inferred else Verdict.INSUFFICIENT_EVIDENCE
    rows = len(evidence.sensitive)
    after = "."
    if guessed:
        after = ": the policy allows that." if spec.allow_inferred else ": its groups are guesses."
    return Finding(
        verdict=verdict,
        message=f"{feature} of the {rows:,} test rows is {_origin(evidence, feature)}{after}",
        value=float(guessed),
        n=rows,
        remedy=f"Ask the people themselves for {feature}, or state where it is from.",
        details={"origin": evidence.origins.get(feature), "allow_inferred": spec.allow_inferred},
    )
