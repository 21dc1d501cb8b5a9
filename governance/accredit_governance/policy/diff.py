"""What one policy demands that another does not: the changes, and which way each of them goes.

A change is *stricter* when more is demanded, watched or pointed out afterwards and nothing less;
*laxer* is the reverse; *other* is what cannot be told by itself, such as the confidence, which
makes both passing and failing harder.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, Literal

from accredit_governance.documents import Document, Json
from accredit_governance.policy.checks import CHECKS
from accredit_governance.policy.document import Policy, Stage

Effect = Literal["stricter", "laxer", "other"]


class Change(Document):
    """One difference between two policies.

    Attributes:
        place: Where it is; checks and stages go by name: `/gates/calibration/max`.
        before: Value in the first policy, None when it is not there.
        after: Value in the second policy, None when it is not there.
        effect: Which way it goes, as far as that can be told.
    """

    place: str
    before: Any  # JSON
    after: Any  # JSON
    effect: Effect


_MORE_IS_STRICTER: Final = frozenset(
    {
        "min",
        "min_rows",
        "min_per_class",
        "min_ratio",
        "min_candidates",
        "min_rank_correlation",
        "noise",
        "missing",
        "swapped",
        "span",
        "required",
        "intersections",
        "demand_for_reasons",
        "adverse_action_reasons",
        "requires_monitor",
        "quorum",
        "directions",
        "aliases",
        "tiers",
    }
)
"""Fields that demand more when they grow, are set to true, or list more."""

_MORE_IS_LAXER: Final = frozenset(
    {
        "max",
        "max_gap",
        "max_disagreement",
        "min_share",
        "min_group_share",
        "waivable",
        "allow_inferred",
        "validity_days",
        "gate_age_days",
        "escalate_days",
        "lapse_days",
        "max_days",
        "every_days",
        "within_days",
        "finding_due_days",
        "window_min_rows",
        "tolerance",
        "psi_warn",
        "psi_alert",
        "max_drifted_share",
        "max_null_increase",
        "max_unseen_share",
        "max_performance_drop",
    }
)
"""Fields that demand less when they grow or are set to true."""

_STRICTER_LAST: Final[Mapping[str, Sequence[Json]]] = MappingProxyType(
    {
        "schedule": ("monthly", "weekly", "daily", "hourly"),
        "records": ("6_months", "25_months", "3_years", "7_years", "10_years"),
        "predictions": ("6_months", "25_months", "3_years", "7_years", "10_years"),
        "alert_from": ("critical", "warning"),
        "suspend_from": (None, "critical", "warning"),
        "finding_from": (None, "critical", "warning"),
        "blocking_severity": ("critical", "high", "medium", "low"),
        "without_sensitive_features": ("not_applicable", "insufficient_evidence"),
        "on_confirmed": ("decide", "block"),
    }
)
"""Words in the order from lax to strict."""

_EXCEPTIONS: Final[Mapping[str, Effect]] = MappingProxyType(
    {
        # Fewer slices are looked at.
        "/gates/slice_performance/min_rows": "laxer",
        # More models count as alternatives, and fewer are too poor to be one.
        "/gates/alternative_search/tolerance": "stricter",
    }
)
"""Places where a greater value goes another way than the name of the field says."""

_SECTIONS: Final = ("evaluation", "decisions", "monitoring", "retention")
_PLAIN: Final = ("name", "title", "version", "as_of", "effective_from", "effective_to", "sources")


def diff(before: Policy, after: Policy) -> tuple[Change, ...]:
    """Every difference between two policies, in the order of the document; empty when equal."""
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    changes = [
        *_fields({key: old[key] for key in _PLAIN}, {key: new[key] for key in _PLAIN}, ""),
        *_scope(old["applies_to"], new["applies_to"]),
        *_section(old, new, "evaluation"),
        *_checks(before, after),
        *_approval(before, after),
        *_waivers(old["waivers"], new["waivers"]),
        *(change for key in _SECTIONS[1:] for change in _section(old, new, key)),
        *_attestations(before, after),
    ]
    return tuple(changes)


def _section(
    old: Mapping[str, Mapping[str, Json]], new: Mapping[str, Mapping[str, Json]], key: str
) -> Iterator[Change]:
    yield from _fields(old[key], new[key], f"/{key}")


def _fields(old: Mapping[str, Json], new: Mapping[str, Json], at: str) -> Iterator[Change]:
    """Differences of two mappings, going into mappings inside, with the newer order last."""
    for key in [*old, *(key for key in new if key not in old)]:
        was, now = old.get(key), new.get(key)
        place = f"{at}/{str(key).replace('~', '~0').replace('/', '~1')}"
        if was == now and type(was) is type(now):
            continue
        inside = isinstance(was, Mapping) and isinstance(now, Mapping)
        if inside and key not in _MORE_IS_STRICTER:
            yield from _fields(was, now, place)  # type: ignore[arg-type] # both are mappings
        else:
            yield Change(place=place, before=was, after=now, effect=_effect(place, key, was, now))


def _scope(old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[Change]:
    """Which models a policy is for decides who judges, not how strictly."""
    for change in _fields(old, new, "/applies_to"):
        yield change.model_copy(update={"effect": "other"})


def _checks(before: Policy, after: Policy) -> Iterator[Change]:
    old = {gate.check: gate for gate in before.gates}
    new = {gate.check: gate for gate in after.gates}
    for name in [*old, *(name for name in new if name not in old)]:
        was, now = old.get(name), new.get(name)
        if was is not None and now is not None:
            yield from _fields(
                was.model_dump(mode="json"), now.model_dump(mode="json"), f"/gates/{name}"
            )
            continue
        present = was or now
        demanded = present is not None and present.required
        effect: Effect = "other" if not demanded else "laxer" if now is None else "stricter"
        yield Change(
            place=f"/gates/{name}",
            before=was.model_dump(mode="json", exclude={"check"}) if was else None,
            after=now.model_dump(mode="json", exclude={"check"}) if now else None,
            effect=effect,
        )


def _approval(before: Policy, after: Policy) -> Iterator[Change]:
    old, new = _stages(before), _stages(after)
    names = [*old, *(name for name in new if name not in old)]
    for name in names:
        if name in old and name in new:
            yield from _fields(old[name], new[name], f"/approval/stages/{name}")
        else:
            effect: Effect = "stricter" if name in new else "laxer"
            was, now = old.get(name), new.get(name)
            yield Change(place=f"/approval/stages/{name}", before=was, after=now, effect=effect)
    kept = [[name for name in stages if name in old and name in new] for stages in (old, new)]
    if kept[0] != kept[1]:
        yield Change(place="/approval/stages", before=list(old), after=list(new), effect="other")
    plain = (
        "validity_days",
        "gate_age_days",
        "escalate_days",
        "lapse_days",
        "blocking_severity",
    )
    yield from _fields(
        {key: getattr(before.approval, key) for key in plain},
        {key: getattr(after.approval, key) for key in plain},
        "/approval",
    )


def _stages(policy: Policy) -> dict[str, Mapping[str, Json]]:
    """Stages by name; tiers are written out, so that leaving them out is no difference."""

    def plain(stage: Stage) -> Mapping[str, Json]:
        tiers = sorted(stage.tiers or policy.applies_to.tiers)
        return {"role": stage.role, "quorum": stage.quorum, "tiers": tiers}

    return {stage.name: plain(stage) for stage in policy.approval.stages}


def _waivers(old: Mapping[str, Json] | None, new: Mapping[str, Json] | None) -> Iterator[Change]:
    if old is not None and new is not None:
        yield from _fields(old, new, "/waivers")
    elif old is not new:
        effect: Effect = "stricter" if new is None else "laxer"
        yield Change(place="/waivers", before=old, after=new, effect=effect)


def _attestations(before: Policy, after: Policy) -> Iterator[Change]:
    """An attestation goes by its name, and one more is stricter."""
    old, new = (
        {rule.name: rule.model_dump(mode="json", exclude={"name"}) for rule in policy.attestations}
        for policy in (before, after)
    )
    for name in [*old, *(name for name in new if name not in old)]:
        place = f"/attestations/{name}"
        if name in old and name in new:
            yield from _fields(old[name], new[name], place)
        else:
            effect: Effect = "stricter" if name in new else "laxer"
            yield Change(place=place, before=old.get(name), after=new.get(name), effect=effect)


def _effect(place: str, key: str, was: Json, now: Json) -> Effect:
    """Which way a change of one value goes."""
    grown = _grown(key, was, now)
    if grown is None:
        return "other"
    rises: Effect | None = _EXCEPTIONS.get(place)
    if rises is None:
        rises = _when_it_grows(place, key)
    if rises == "other" or grown:
        return rises
    return "laxer" if rises == "stricter" else "stricter"


def _when_it_grows(place: str, key: str) -> Effect:
    if key == "warn":
        # What is pointed out moves with the limit: upwards for a floor, downwards for a ceiling.
        check = CHECKS[place.split("/")[2]]
        return "stricter" if check.direction == "min" else "laxer"
    if key in _STRICTER_LAST or key in _MORE_IS_STRICTER:
        return "stricter"
    return "laxer" if key in _MORE_IS_LAXER else "other"


def _grown(key: str, was: Json, now: Json) -> bool | None:
    """Whether a value went up, became true or lists more; None when that cannot be said."""
    if key in _STRICTER_LAST:
        order = _STRICTER_LAST[key]
        return order.index(now) > order.index(was) if {was, now} <= set(order) else None
    if isinstance(was, int | float) and isinstance(now, int | float):
        return now > was
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        return _wider(_entries(was), _entries(now))
    if isinstance(was, list) and isinstance(now, list):
        return _wider({str(item) for item in was}, {str(item) for item in now})
    return None


def _entries(value: Mapping[str, Json]) -> set[str]:
    """What a mapping says, one entry each; a list inside counts item by item."""
    return {
        f"{key}: {item}"
        for key, inner in value.items()
        for item in (inner if isinstance(inner, list) else [inner])
    }


def _wider(was: set[str], now: set[str]) -> bool | None:
    if was < now:
        return True
    return False if now < was else None
