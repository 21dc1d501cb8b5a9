"""Probe of less discriminatory alternatives: the one that the run's record names, asked anew.

The alternative is chosen by the record of the search alone, which knows training rows out of fold.
The test rows certify it, so they have no say in the choice: neither their outcomes nor their groups
are looked at here.

The record counts from the best model of the search. Where the model judged is another one, as a
blend can be, the best one is an alternative too, without a loss, and what counts is whether a
model selects groups more alike than the one judged.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from accredit_engine.data.design import group_names
from accredit_engine.search.alternatives import ratios
from accredit_governance.gates.probes import Alternative, Floats, Tradeoff
from accredit_governance.gates.probing.asking import answers_of
from accredit_governance.gates.probing.case import Case
from accredit_governance.gates.vectors import decisions
from accredit_governance.policy.bias_checks import AlternativeSearch

_TRIAL: Final = re.compile(r"trial (\d+)")
_BLEND: Final = "blend"
_SLACK: Final = 1e-12
_CURVE: Final = 50


def probe(case: Case) -> Alternative:
    """The record of the search, and the answers of the first alternative it names."""
    recorded = case.record["alternatives"]
    metric = str(case.record["settings"]["metric"])
    if recorded is None:
        return Alternative(0, 0.0, metric, (), 0, "", math.nan, None, ())
    unit, allowed = recorded["tolerance"]["unit"], float(recorded["tolerance"]["value"])
    found = _within(_candidates(case, recorded), _demanded(case), _own_names(case))
    nothing = Alternative(
        considered=int(recorded["considered"]),
        tolerance=allowed if unit == "score" else 0.0,
        metric=metric,
        subjects=tuple(recorded["best"]["ratios"]),
        found=len(found),
        name="",
        score_gap=math.nan,
        answers=None,
        curve=tuple(
            Tradeoff(str(point["name"]), float(point["score"]), float(point["ratio"]))
            for point in recorded["curve"][:_CURVE]
        ),
    )
    for entry in found:
        trial = _TRIAL.fullmatch(entry["name"])
        if trial is not None:
            model = case.rebuilder.of_trial(int(trial[1]))
            answers = answers_of(model, case.inputs)
            chosen = alike(answers.score, int(decisions(case.evidence)[1].sum()))
            return replace(
                nothing,
                name=entry["name"],
                score_gap=float(entry["score_loss"]),
                answers=replace(answers, selected=chosen),
            )
    return nothing


def alike(score: Floats, count: int) -> NDArray[np.bool_]:
    """Who a cut-off selects that selects about as many: the highest scores.

    Equal scores are decided alike, as any cut-off would; of the two numbers around `count` that
    this allows, the nearer one is taken, the smaller of two equally near.

    Args:
        score: float64 (n,).
        count: Rows to select, from 0 to n.
    """
    if not 0 < count < len(score):
        return np.full(len(score), count > 0)
    cut = np.partition(score, len(score) - count)[len(score) - count]
    above, least = score > cut, score >= cut
    chosen: NDArray[np.bool_] = above
    if int(least.sum()) - count < count - int(above.sum()):
        chosen = least
    return chosen


def _candidates(
    case: Case,
    recorded: Mapping[str, Any],  # JSON
) -> list[Mapping[str, Any]]:  # JSON
    """Recorded models that select groups more alike than the model judged, highest ratio first."""
    found, best = list(recorded["found"]), recorded["best"]
    if best["name"] in _own_names(case):
        return found
    floor = _own_ratio(case, recorded)
    entries = [*found, {**best, "score_loss": 0.0}]
    return [entry for entry in entries if entry["ratio"] > floor + _SLACK]


def _own_ratio(
    case: Case,
    recorded: Mapping[str, Any],  # JSON
) -> float:
    """Lowest ratio of the model judged out of fold; -inf where nothing says it.

    Out-of-fold scores are those of the blend of the run, so they do not speak for a single trial.
    """
    own = _own_names(case)
    for point in (*recorded["found"], *recorded["curve"]):
        if point["name"] in own:
            return float(point["ratio"])
    if _BLEND not in own:
        return -math.inf
    score = case.evidence.train_score
    groups = {
        feature: group_names(case.train.loc[score.index, feature])
        for feature in case.record["settings"]["sensitive_features"]
    }
    measured = ratios(np.asarray(score, dtype=np.float64), groups, float(recorded["rate"]))
    compared = [measured[name] for name in recorded["best"]["ratios"] if name in measured]
    return min(compared, default=-math.inf)


def _within(
    found: Sequence[Mapping[str, Any]],  # JSON
    tolerance: float,
    own: frozenset[str],
) -> list[Mapping[str, Any]]:  # JSON
    """Recorded alternatives that the policy counts as such, in the order of the record."""
    return [
        entry
        for entry in found
        if entry["score_loss"] <= tolerance + _SLACK and entry["name"] not in own
    ]


def _demanded(case: Case) -> float:
    """Greatest loss of score at which the policy speaks of an alternative."""
    demands = [spec for spec in case.policy.gates if isinstance(spec, AlternativeSearch)]
    return max((spec.tolerance for spec in demands), default=0.0)


def _own_names(case: Case) -> frozenset[str]:
    """What the search called the model itself; a blend of one trial has two names."""
    trials = {part.trial for part in case.model.parts}
    names = {f"trial {trial}" for trial in trials} if len(trials) == 1 else set()
    if trials == {member["trial"] for member in case.record["blend"]["members"]}:
        names.add(_BLEND)
    return frozenset(names)
