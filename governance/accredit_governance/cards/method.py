"""Method: how the model was found, read from the record of the run."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from accredit_governance.cards.reading import (
    Record,
    at,
    count,
    integer,
    items,
    number,
    plain,
    record,
    records,
    text,
)
from accredit_governance.cards.sections import Candidate, Member, Method

LEADERBOARD_ROWS: Final = 10

_FAILED: Final = frozenset({"failed", "fail", "error", "crashed", "hung"})
_UNFINISHED: Final = frozenset({"pruned", "stopped", *_FAILED})


def method_of(run: Record, contract: Record) -> Method:
    """How the model was found; what the record does not say is left out."""
    trials = records(at(run, "trials", "search.trials"))
    return Method(
        task=text(at(contract, "task")) or text(at(run, "task", "settings.task")) or "unknown",
        metric=text(at(run, "metric", "settings.metric")) or "unknown",
        budget_s=number(at(run, "settings.time_budget_s", "settings.budget_s", "budget_s")),
        seed=integer(at(run, "seed", "settings.seed")),
        families=_families(run, trials),
        trials=len(trials),
        trials_failed=sum(1 for t in trials if _state(t) in _FAILED),
        members=_members(run, trials),
        leaderboard=_leaderboard(run, trials),
        score_of_blend=number(at(run, "blend.score")),
        folds=_folds(run),
        mitigation=_mitigation(at(run, "mitigation")),
        mitigation_reason=text(at(run, "mitigation.reason", "mitigation_reason")),
        alternatives=_alternatives(record(at(run, "alternatives"))),
        threshold=_threshold(run, contract),
        threshold_rule=text(at(run, "threshold_rule", "threshold.rule", "settings.threshold_rule")),
        versions=run_versions(run),
        evidence="run/trials",
    )


def run_versions(run: Record) -> dict[str, str]:
    """Library → version that the run recorded."""
    found = record(at(run, "versions", "environment.versions", "environment"))
    return {name: version for name, value in found.items() if (version := text(value))}


def _threshold(run: Record, contract: Record) -> float | None:
    """Of the contract, which is what serves; else of the run."""
    both = {"contract": contract, "run": run}
    found = number(at(both, "contract.threshold"))
    return found if found is not None else number(at(both, "run.threshold.value", "run.threshold"))


def _mitigation(value: object) -> str | None:
    """What was demanded of the groups and what was reached, in words."""
    if not isinstance(value, Mapping):
        return text(value)
    stated = record(value)
    name = text(at(stated, "name", "method", "constraint"))
    if name is None:
        return None
    words = name.replace("_", " ")
    if features := _mitigated(stated.get("sensitive_feature")):
        words += f" on {' and '.join(features)}"
    demanded, reached = number(stated.get("min_ratio")), number(stated.get("ratio"))
    if demanded is not None and reached is not None:
        words += f": ratio {reached:.3g} out of fold, at least {demanded:.3g} was demanded"
    return words


def _alternatives(stated: Record) -> str | None:
    """What the search for less discriminatory alternatives came to, in words."""
    considered = count(stated.get("considered"))
    best = number(at(stated, "best.ratio"))
    if considered is None or best is None:
        return None
    start = f"of {considered} candidates, the best by score has a lowest ratio of {best:.3g}"
    found = records(stated.get("found"))
    if not found:
        return f"{start}; none that scores nearly as well has a higher one"
    first = found[0]
    ratio, loss = number(first.get("ratio")) or 0.0, number(first.get("score_loss")) or 0.0
    noise = "beyond noise" if first.get("beyond_noise") else "not beyond noise"
    return (
        f"{start}; {len(found)} that score nearly as well have a higher one, up to {ratio:.3g}"
        f" ({text(first.get('name'))}, {loss:.2g} of score less, {noise})"
    )


def _mitigated(value: object) -> list[str]:
    """Names of the sensitive features: one, or a list of several."""
    named = [text(v) for v in value] if isinstance(value, list | tuple) else [text(value)]
    return [name for name in named if name]


def _folds(run: Record) -> str | None:
    folds, kind = count(at(run, "folds.count", "folds")), text(at(run, "folds.kind"))
    if folds is None:
        return None
    words = (kind or "").replace("_", " ")
    if folds == 1:
        return " ".join(part for part in ("a single", words, "hold-out") if part)
    said = " ".join(part for part in (str(folds), words, "folds") if part)
    repeats = count(at(run, "folds.repeats")) or 1
    return said if repeats == 1 else f"{said}, drawn {repeats} times"


def _families(run: Record, trials: Sequence[Record]) -> tuple[str, ...]:
    stated = [text(f) for f in items(at(run, "settings.families", "families"))]
    used = [text(t.get("family")) for t in trials]
    return tuple(dict.fromkeys(f for f in [*stated, *used] if f))


def _state(trial: Record) -> str:
    return (text(at(trial, "state", "status")) or ("failed" if trial.get("error") else "")).lower()


def _name(trial: Record) -> str:
    found = next((n for k in ("name", "trial", "number", "id") if (n := text(trial.get(k)))), None)
    return found or "unnamed"


def _leaderboard(run: Record, trials: Sequence[Record]) -> tuple[Candidate, ...]:
    """The stated leaderboard, else the finished trials with the highest score first."""
    stated = records(at(run, "leaderboard"))
    ordered = stated or sorted(
        (t for t in trials if _state(t) not in _UNFINISHED and number(t.get("score")) is not None),
        key=lambda t: (-(number(t.get("score")) or 0.0), _name(t)),
    )
    return tuple(
        Candidate(
            rank=count(entry.get("rank")) or place,
            trial=_name(entry),
            family=text(entry.get("family")) or "unknown",
            score=number(entry.get("score")),
            score_std=_spread(entry),
        )
        for place, entry in enumerate(ordered[:LEADERBOARD_ROWS], start=1)
    )


def _spread(entry: Record) -> float | None:
    stated = number(entry.get("score_std"))
    scores = [found for v in items(entry.get("fold_scores")) if (found := number(v)) is not None]
    return statistics.pstdev(scores) if stated is None and scores else stated


def _members(run: Record, trials: Sequence[Record]) -> tuple[Member, ...]:
    """Members of the blend with a positive weight, the heaviest first."""
    stated = at(run, "blend.members", "blend", "members", "weights")
    by_name = {_name(t): t for t in trials}
    pairs = [(_name(m), m) for m in records(stated)] or [
        (name, {"weight": weight}) for name, weight in record(stated).items()
    ]
    members = [_member(name, m, by_name.get(name, {})) for name, m in pairs]
    return tuple(sorted((m for m in members if m.weight > 0), key=lambda m: (-m.weight, m.name)))


def _member(name: str, stated: Record, trial: Record) -> Member:
    known = {**trial, **stated}
    params = plain(record(at(known, "settled", "params")))
    return Member(
        name=name,
        family=text(known.get("family")) or "unknown",
        weight=min(1.0, max(0.0, number(known.get("weight")) or 0.0)),
        params=cast("dict[str, Any]", params),  # JSON data: text keys, finite numbers
    )
