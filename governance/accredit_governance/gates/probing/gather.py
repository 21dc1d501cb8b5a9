"""Gathering the probes that a policy needs; one that breaks leaves the others alone."""

import logging
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from accredit_governance.gates.probes import Probes
from accredit_governance.gates.probing import (
    alternative,
    backgrounds,
    challenger,
    champion,
    monotone_grid,
    perturbations,
    refits,
    replacements,
    replay,
)
from accredit_governance.gates.probing.case import Case
from accredit_governance.policy.demands import ProbeName
from accredit_governance.policy.document import Policy

_LOG: Final = logging.getLogger(__name__)

PROBES: Final[Mapping[ProbeName, Callable[[Case], Any]]] = MappingProxyType(
    {
        "champion": champion.probe,
        "perturbations": perturbations.probe,
        "monotone_grid": monotone_grid.probe,
        "replacements": replacements.probe,
        "backgrounds": backgrounds.probe,
        "challenger": challenger.probe,
        "alternative": alternative.probe,
        "seed_refits": refits.seeds,
        "bootstrap_refits": refits.bootstrap,
        "replay": replay.probe,
    }
)
"""How each probe is gathered, the quick ones first."""


def needed(policy: Policy, task: str) -> frozenset[ProbeName]:
    """Probes that the checks of a policy need for a task."""
    return frozenset(name for spec in policy.gates if task in spec.tasks for name in spec.needs)


def gather_probes(
    case: Case,
    *,
    known: Probes | None = None,
    keep: Callable[[ProbeName, Probes], None] | None = None,
) -> Probes:
    """Every probe that the policy of a case needs.

    Args:
        case: whom to ask.
        known: probes of an earlier judgement of the same bundle; what they hold is not asked again.
        keep: is given every probe that was asked, by itself, as soon as it is there.
    """
    wanted = needed(case.policy, case.evidence.task)
    found: dict[str, Any] = {}  # each probe has a type of its own
    failed: dict[str, str] = {}
    for at, (name, probe) in enumerate(PROBES.items()):
        if name not in wanted or name in case.evidence.absent:
            continue
        if known is not None and getattr(known, name) is not None:
            found[name] = getattr(known, name)
            continue
        case.progress(at / len(PROBES), f"asking the model: {name.replace('_', ' ')}")
        try:
            asked = probe(case)
            if keep is not None:
                keep(name, Probes(**{name: asked}))
        except Exception as error:  # noqa: BLE001 -- the check that needs it answers `error`
            _LOG.exception("probe %s raised %s", name, type(error).__name__)
            failed[name] = type(error).__name__
        else:
            found[name] = asked
    return Probes(**found, failed=failed)
