"""Which kept probes may answer again, so that a model is not asked twice.

A probe answers again when it would be asked in the same way:
1. the same seed, the same rules about reasons, and the same demands of the checks that need it;
   limits and authorities do not count, since they judge the answer and do not shape it;
2. no check that needs it ended in an error, for the answer itself may have been the cause;
3. for the champion: it is still the same one;
4. for the replay: it came out the same, under the recorded versions of the packages. Where it did
   not, the machine may be repaired since, and only asking again shows that.
"""

from collections.abc import Collection
from dataclasses import fields, replace
from typing import Final, get_args

from accredit_governance.documents import Json
from accredit_governance.gates.probes import Probes
from accredit_governance.policy.demands import ProbeName
from accredit_governance.policy.document import Policy

PROBE_NAMES: Final[tuple[ProbeName, ...]] = get_args(ProbeName)
_ONLY_JUDGE: Final = frozenset({"required", "waivable", "source", "min", "max", "warn"})


def reusable(
    kept: Probes,
    *,
    asked_under: Policy,
    policy: Policy,
    champion: str | None,
    broken: Collection[str],
) -> Probes:
    """The kept probes that answer what a policy asks; the others are left out.

    Args:
        kept: of an earlier judgement of the same bundle.
        asked_under: the policy of that judgement.
        policy: the policy that asks.
        champion: name of the champion as it is, None without one.
        broken: `gate.check` of the checks that ended in an error in that judgement.
    """
    unfit: dict[str, None] = {
        name: None
        for name in PROBE_NAMES
        if _asked(asked_under, name) != _asked(policy, name) or _is_suspect(policy, name, broken)
    }
    if kept.champion is not None and kept.champion.name != (champion or ""):
        unfit["champion"] = None
    if kept.replay is not None and (kept.replay.versions or kept.replay.margin_gap != 0):
        unfit["replay"] = None
    return replace(kept, failed={}, **unfit)


def merged(first: Probes, second: Probes) -> Probes:
    """Everything that either of them holds; the first one goes before."""
    missing = {
        field.name: getattr(second, field.name)
        for field in fields(Probes)
        if field.name in PROBE_NAMES and getattr(first, field.name) is None
    }
    return replace(first, **missing)


def _asked(policy: Policy, name: ProbeName) -> Json:
    """Everything of a policy that shapes a probe."""
    demands = [
        spec.model_dump(mode="json", exclude=set(_ONLY_JUDGE))
        for spec in sorted(policy.gates, key=lambda spec: spec.check)
        if name in spec.needs
    ]
    return {
        "seed": policy.evaluation.seed,
        "decisions": policy.decisions.model_dump(mode="json"),
        "demands": demands,
    }


def _is_suspect(policy: Policy, name: ProbeName, broken: Collection[str]) -> bool:
    return any(f"{spec.gate}.{spec.check}" in broken for spec in policy.gates if name in spec.needs)
