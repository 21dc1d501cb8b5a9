"""What a valid policy may still get wrong: contradictions, impossible demands, doubtful habits.

An *error* is something that locks models out or decides nothing whatever happens; a policy with one
is not published. A *warning* is for the author to think about.
"""

import math
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final, Literal

from accredit_governance.documents import Document
from accredit_governance.policy.bias_checks import (
    AdverseImpactRatio,
    GroupCheck,
    ProxyStrength,
    SensitiveIsolation,
)
from accredit_governance.policy.document import Policy
from accredit_governance.policy.explanation_checks import (
    Dominance,
    Monotonicity,
    ReasonCoverage,
    ReasonFaithfulness,
)
from accredit_governance.policy.model_checks import (
    BaselineGain,
    Discrimination,
    HoldoutSize,
    Robustness,
    SlicePerformance,
)

STALE_AFTER: Final = timedelta(days=365)
SHOWN: Final = 6


class Remark(Document):
    """One thing to say about a policy.

    Attributes:
        severity: `error`: the policy cannot work. `warning`: it works, but look again.
        pointer: JSON pointer to the place.
        detail: One sentence.
    """

    severity: Literal["error", "warning"]
    pointer: str
    detail: str


def lint(policy: Policy, *, today: date) -> tuple[Remark, ...]:
    """Everything to say about a policy that is valid, errors first.

    Args:
        policy: A valid policy.
        today: The day against which its own dates are held.
    """
    remarks = [
        *_dates(policy, today),
        *_impossible(policy),
        *_contradictions(policy),
        *_reasons(policy),
        *_approval(policy),
        *_habits(policy),
    ]
    return tuple(sorted(remarks, key=lambda remark: remark.severity))


def errors_of(policy: Policy, *, today: date) -> tuple[Remark, ...]:
    """The remarks that keep a policy from being published."""
    return tuple(r for r in lint(policy, today=today) if r.severity == "error")


def _error(pointer: str, detail: str) -> Remark:
    return Remark(severity="error", pointer=pointer, detail=detail)


def _warning(pointer: str, detail: str) -> Remark:
    return Remark(severity="warning", pointer=pointer, detail=detail)


def _dates(policy: Policy, today: date) -> Iterator[Remark]:
    if policy.effective_to is not None and policy.effective_to < today:
        yield _error(
            "/effective_to",
            f"the policy ended on {policy.effective_to.isoformat()}: no model is judged under it",
        )
    if policy.as_of > today:
        yield _warning(
            "/as_of",
            f"as_of is {policy.as_of.isoformat()}, a day that is still to come",
        )
    if today - policy.as_of > STALE_AFTER:
        yield _warning(
            "/as_of",
            f"the sources were last read on {policy.as_of.isoformat()}, more than a year ago",
        )


def _impossible(policy: Policy) -> Iterator[Remark]:
    """Thresholds in their range that no model can meet, or that every model meets."""
    for at, gate in enumerate(policy.gates):
        pointer = f"/gates/{at}"
        match gate:
            case Discrimination(min=1) | BaselineGain(min=1):
                yield _error(
                    f"{pointer}/min",
                    f"{gate.check} of 1 is a perfect model: only one with a leak reaches it",
                )
            case ReasonFaithfulness(min=1):
                yield _error(
                    f"{pointer}/min",
                    "reason_faithfulness of 1 means that every refusal turns and none by chance",
                )
            case Dominance(max=0):
                yield _error(
                    f"{pointer}/max", "some column is always the strongest, with a share above 0"
                )
            case ProxyStrength(max=0.5, min_share=0):
                yield _error(
                    f"{pointer}/max",
                    "every input tells groups apart by 0.5 or more, so that every model fails",
                )
            case Robustness(noise=0, missing=0, swapped=0):
                yield _error(
                    pointer, "noise, missing and swapped are all 0: nothing would be disturbed"
                )
            case AdverseImpactRatio() if gate.min > 0.9:
                yield _warning(f"{pointer}/min", _rows_to_pass(gate.min))
            case _:
                pass


def _rows_to_pass(limit: float) -> str:
    """Rows that even equal treatment needs; responsible_ai.md, one comparison at a rate of 0.3."""
    rows = math.ceil(0.7 / 0.3 * (1.645 / math.log(1 / limit)) ** 2)
    return (
        f"adverse_impact_ratio of {limit:g}: even groups that are treated alike need about "
        f"{rows} rows each to show it, at a selection rate of 0.3"
    )


def _contradictions(policy: Policy) -> Iterator[Remark]:
    """Parameters that cannot both be meant."""
    gates = {gate.check: (at, gate) for at, gate in enumerate(policy.gates)}
    classes = 2 if any(task != "regression" for task in policy.applies_to.tasks) else 0
    at, size = gates.get("holdout_size", (0, None))
    if isinstance(size, HoldoutSize):
        needed = size.min_per_class * classes
        if needed > size.min_rows:
            yield _error(
                f"/gates/{at}/min_per_class",
                f"min_per_class is {size.min_per_class}: two classes need {needed} rows, so "
                f"min_rows ({size.min_rows}) never decides",
            )
        at, slices = gates.get("slice_performance", (0, None))
        if isinstance(slices, SlicePerformance) and slices.min_rows * 2 > size.min_rows:
            yield _warning(
                f"/gates/{at}/min_rows",
                f"slices have {slices.min_rows} rows or more, but a hold-out of {size.min_rows} "
                "is enough: it may have no two of them",
            )
    yield from _references(policy)
    drift, rules = policy.monitoring.drift, policy.monitoring.rules
    if drift.tolerance >= drift.psi_warn:
        yield _error(
            "/monitoring/drift/tolerance",
            f"tolerance is {drift.tolerance:g}, not below psi_warn ({drift.psi_warn:g}): drift "
            "that warns would be accepted",
        )
    if rules.suspend_from == "warning" and rules.alert_from == "critical":
        yield _warning(
            "/monitoring/rules",
            "a warning takes the version out of service, but opens no alert",
        )
    if rules.finding_from == "warning" and rules.alert_from == "critical":
        yield _warning(
            "/monitoring/rules/finding_from",
            "a finding comes with an alert, and a warning opens none",
        )


def _references(policy: Policy) -> Iterator[Remark]:
    """Checks that compare one feature with different groups."""
    stated: dict[str, tuple[str, str]] = {}
    for at, gate in enumerate(policy.gates):
        if not isinstance(gate, GroupCheck):
            continue
        for feature, group in gate.reference.items():
            check, first = stated.setdefault(feature, (gate.check, group))
            if group != first:
                yield _warning(
                    f"/gates/{at}/reference/{feature}",
                    f"{gate.check} compares {feature} with {group}, {check} with {first}",
                )


def _reasons(policy: Policy) -> Iterator[Remark]:
    decisions = policy.decisions
    gates = {type(gate): (at, gate) for at, gate in enumerate(policy.gates)}
    at, coverage = gates.get(ReasonCoverage, (0, None))
    if coverage is not None and not decisions.reasons and not decisions.non_disclosable:
        kind = _error if coverage.required else _warning
        yield kind(
            f"/gates/{at}",
            "reason_coverage wants a text for every input, but decisions has neither reasons nor "
            "non_disclosable: every model fails",
        )
    if decisions.adverse_action_reasons and coverage is None:
        yield _warning(
            "/decisions/adverse_action_reasons",
            "reasons are owed, but no check reason_coverage sees to it that every input has one",
        )
    _, isolation = gates.get(SensitiveIsolation, (0, None))
    if not isinstance(isolation, SensitiveIsolation):
        return
    barred = {name.casefold() for names in isolation.aliases.values() for name in names}
    told = [
        name
        for name in [*decisions.reasons, *decisions.non_disclosable]
        if name.casefold() in barred
    ]
    if told:
        yield _warning(
            "/decisions",
            f"{_listed(told)}: sensitive_isolation bars such inputs, so they never need a reason",
        )
    at, monotone = gates.get(Monotonicity, (0, None))
    if isinstance(monotone, Monotonicity):
        barred_too = [name for name in monotone.directions if name.casefold() in barred]
        if barred_too:
            yield _warning(
                f"/gates/{at}/directions",
                f"{_listed(barred_too)}: sensitive_isolation bars such inputs",
            )


def _approval(policy: Policy) -> Iterator[Remark]:
    approval, waivers = policy.approval, policy.waivers
    if approval.gate_age_days > approval.validity_days:
        yield _warning(
            "/approval/gate_age_days",
            f"gate results may be {approval.gate_age_days} days old when somebody signs, longer "
            f"than an approval holds ({approval.validity_days})",
        )
    if waivers is not None and waivers.max_days > approval.validity_days:
        yield _warning(
            "/waivers/max_days",
            f"a waiver may last {waivers.max_days} days, longer than an approval holds "
            f"({approval.validity_days})",
        )
    if waivers is not None and not any(gate.waivable for gate in policy.gates):
        yield _warning("/waivers", "no check is waivable, so nobody can use this section")
    for at, gate in enumerate(policy.gates):
        if gate.waivable and not gate.required:
            yield _warning(
                f"/gates/{at}/waivable", f"{gate.check} is not required, so it needs no waiver"
            )


def _habits(policy: Policy) -> Iterator[Remark]:
    if not any(gate.gate == "bias" and isinstance(gate, GroupCheck) for gate in policy.gates):
        yield _warning("/gates", "no check compares groups of people")
    for task in policy.applies_to.tasks:
        silent = [g.check for g in policy.gates if g.required and task not in g.tasks]
        if silent:
            told = _listed(silent)
            yield _warning("/gates", f"required, but saying nothing about {task} models: {told}")
    shown = [gate.check for gate in policy.gates if not gate.required]
    house = [gate.check for gate in policy.gates if gate.source.startswith("[house]")]
    of_all = f"of {len(policy.gates)} checks"
    if shown:
        told = _listed(shown)
        yield _warning("/gates", f"{len(shown)} {of_all} only show, and block nothing: {told}")
    if house:
        told = _listed(house)
        yield _warning("/gates", f"{len(house)} {of_all} have no authority but [house]: {told}")
    sources = [*policy.sources, policy.retention.source, *(gate.source for gate in policy.gates)]
    unread = sum("[unverified]" in source for source in sources)
    if unread:
        yield _warning("/sources", f"{unread} sources are marked [unverified]: read them yourself")


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
