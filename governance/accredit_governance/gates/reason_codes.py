"""Check whether every refusal can be told in approved words, and only in such that may be told."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from accredit_governance.gates.answer import Context, Finding, answer, named
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.explainability import attribution_values
from accredit_governance.gates.isolation import carriers
from accredit_governance.gates.origins import capped
from accredit_governance.gates.proxies import strong_proxies
from accredit_governance.gates.reasons import principal_reasons
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.gates.vectors import EvidenceMissing, decisions
from accredit_governance.policy.bias_checks import ProxyStrength, SensitiveIsolation
from accredit_governance.policy.explanation_checks import ReasonCoverage

_LISTED: Final = 50


def reason_coverage(
    spec: ReasonCoverage, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """Number of faults among the reasons that the model gives for its refusals.

    A fault is 1. an input that has neither an approved text nor is non-disclosable; 2. an input
    with a text that carries a sensitive feature or an alias of one (see `sensitive_isolation`), or
    is a stronger proxy for one than the policy's `proxy_strength` allows, if it has that check;
    3. a refused test row for which no reason would be told. Reasons are worked out by the rule
    that serving uses. Source: 12 CFR 1002.9(b)(2), specific principal reasons.
    """
    columns = [str(column) for column in evidence.inputs.columns]
    told = [column for column in columns if column in context.policy.decisions.reasons]
    decided = {*told, *context.policy.decisions.non_disclosable}
    bare = [column for column in columns if column not in decided]
    banned = _banned(context, told)
    counts, silent, refused = _told(evidence, context)
    proxies, lack = _proxies(evidence, context, told)
    faults = {
        f"{len(bare)} of {len(columns)} inputs have no approved reason text ({named(bare)})": len(
            bare
        ),
        f"reasons would name {named(banned)}, which carries a sensitive feature": len(banned),
        f"reasons would name {named(proxies)}, a strong proxy": len(proxies),
        f"{silent:,} of {refused:,} refused test rows get no reason": silent,
        "no input has a reason text": 0 if told else len(columns),
    }
    total = sum(faults.values())
    if not total and lack is not None:
        raise lack
    if not total and not refused:
        raise EvidenceMissing(
            "the model refuses none of the test rows, so no reason was told",
            remedy="Collect test rows that the model refuses.",
        )
    found = "; ".join(sentence for sentence, count in faults.items() if count)
    finding = Finding(
        verdict=Verdict.FAIL if total else Verdict.PASS,
        message=f"Refusals cannot be told as they must: {found}."
        if total
        else f"Each of {refused:,} refused test rows gets at least one of {len(told)} approved "
        f"reasons, at most {context.policy.decisions.max_reasons}.",
        value=float(total),
        n=refused,
        remedy="Have texts for these columns approved in a new policy version, declare columns "
        "non-disclosable, or exclude them and train again.",
        details={
            "without_text": bare[:_LISTED],
            "with_text": told[:_LISTED],
            "sensitive": banned[:_LISTED],
            "proxies": proxies[:_LISTED],
            "refused": refused,
            "without_reason": silent,
            "told": [
                {"column": column, "rows": rows, "share": rows / refused}
                for column, rows in counts.most_common(_LISTED)
            ],
        },
    )
    # Whether a text stands for a group rests on how that group was come by.
    examined = context.features if told and _limits(context) else ()
    yield answer(spec, capped(finding, examined, evidence, context.policy))


def _told(evidence: Evidence, context: Context) -> tuple[Counter[str], int, int]:
    """How often each column is told, refused test rows without a reason, and refused test rows.

    Raises:
        EvidenceUnusable: there are no decisions or attributions of the test rows.
    """
    _, selected = decisions(evidence)
    decided = context.policy.decisions
    withheld = {*context.features, *decided.non_disclosable}
    names = [str(column) for column in evidence.attributions.columns]
    named = [at for at, name in enumerate(names) if name in decided.reasons]
    values = attribution_values(evidence)[~selected][:, named]
    counts: Counter[str] = Counter()
    silent = 0
    for row in values.tolist():
        reasons = principal_reasons(
            dict(zip([names[at] for at in named], row, strict=True)),
            decided.reasons,
            limit=decided.max_reasons,
            withheld=withheld,
        )
        counts.update(reason.column for reason in reasons)
        silent += not reasons
    return counts, silent, len(values)


def _banned(context: Context, told: Sequence[str]) -> list[str]:
    """Columns with a reason text that carry a sensitive feature or an alias of one."""
    named = [spec.aliases for spec in context.policy.gates if isinstance(spec, SensitiveIsolation)]
    aliases = named[0] if named else {}
    return sorted(
        {
            column
            for basis in (*context.features, *aliases)
            for column in carriers(told, basis, aliases.get(basis, ()))
        }
    )


def _proxies(
    evidence: Evidence, context: Context, told: Sequence[str]
) -> tuple[list[str], EvidenceMissing | None]:
    """Columns with a reason text that are too strong a proxy, and what is missing to tell."""
    limits = _limits(context)
    found: set[str] = set()
    lack: EvidenceMissing | None = None
    for feature in context.features if limits and told else ():
        try:
            strong = strong_proxies(evidence, feature, context, columns=told, limit=limits[0])
        except EvidenceMissing as missing:
            lack = missing
        else:
            found |= {proxy.column for proxy in strong}
    return sorted(found), lack


def _limits(context: Context) -> list[float]:
    """Of the area of a proxy; empty when the policy has no check of proxies."""
    return [spec.max for spec in context.policy.gates if isinstance(spec, ProxyStrength)]
