"""Writing down what a run did: from its parts to its record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from accredit_engine.arrangement import DerivedFeatures
from accredit_engine.assembly import Assembly
from accredit_engine.bundle.contract import Task
from accredit_engine.bundle.environment import versions
from accredit_engine.data.finding import Finding, Severity
from accredit_engine.data.preparation import Prepared, Roles
from accredit_engine.evaluation.calibration import probabilities
from accredit_engine.families.family import FamilyName
from accredit_engine.record import RunRecord
from accredit_engine.search.alternatives import Candidate, Tolerance, less_discriminatory
from accredit_engine.search.ensemble import Blend
from accredit_engine.search.evaluate import Evaluator
from accredit_engine.search.groups import ratios, selection_rates
from accredit_engine.search.pareto import Objective, front, signed
from accredit_engine.search.study import Search
from accredit_engine.search.trials import Trial, finished
from accredit_engine.settings import Settings
from accredit_engine.verdicts import Decisions

_BLEND = "blend"


@dataclass(frozen=True, slots=True)
class Account:
    """Everything a run has in hand when it ends."""

    settings: Settings
    roles: Roles
    prepared: Prepared
    search: Search
    blend: Blend
    decisions: Decisions
    derivation: DerivedFeatures
    assembly: Assembly
    meta: Mapping[str, float]
    digest: str
    absent: Mapping[FamilyName, str]
    findings: Sequence[Finding]


def record_of(account: Account) -> RunRecord:
    """The record of a run."""
    evaluator, prepared = account.search.evaluator, account.prepared
    threshold = account.decisions.threshold
    return RunRecord(
        settings=_settings(account),
        versions=versions(),
        data_digest=account.digest,
        rows=prepared.table.rows,
        searched_rows=evaluator.bench.prepared.table.rows,
        folds=evaluator.bench.folds.to_dict(),
        columns=_columns(prepared),
        meta=account.meta,
        findings=tuple(sorted([*account.findings, *prepared.findings], key=_gravity)),
        left_out=prepared.left_out,
        derivation=account.derivation.account,
        trials=tuple(account.search.trials),
        blend=_blend(account, evaluator),
        deploy=_deploy(account, evaluator),
        front=_front(account),
        alternatives=_alternatives(account, evaluator),
        absent_families={name.value: reason for name, reason in account.absent.items()},
        mitigation=_mitigation(evaluator, account.blend),
        threshold=None
        if threshold is None
        else {
            **threshold.to_dict(),
            "favourable_rate": float(evaluator.bench.y.mean()),
        },
        conformal=None
        if account.decisions.conformal is None
        else account.decisions.conformal.to_dict(),
        stopped=account.search.is_stopped,
        elapsed_s=account.search.budget.elapsed(),
    )


def _gravity(finding: Finding) -> int:
    return [Severity.CRITICAL, Severity.WARNING, Severity.INFO].index(finding.severity)


def _settings(account: Account) -> dict[str, object]:
    roles = account.roles
    return {
        **account.settings.to_dict(),
        "target": roles.target,
        "sensitive_features": list(roles.sensitive),
        "exclude": list(roles.exclude),
        "groups": roles.groups,
        "time": roles.time,
        "weight": roles.weight,
    }


def _columns(prepared: Prepared) -> tuple[Mapping[str, object], ...]:
    reasons = {column.name: column.reason.value for column in prepared.left_out}
    return tuple(
        {"name": name, "kind": kind.value, "role": reasons.get(name, "input")}
        for name, kind in prepared.kinds.items()
    )


def _blend(account: Account, evaluator: Evaluator) -> dict[str, object]:
    blend = account.blend
    scores = evaluator.fold_scores(blend.margin)
    return {
        "score": float(np.mean(scores)),
        "fold_scores": list(scores),
        "method": blend.method,
        "members": [
            {
                "trial": trial.number,
                "family": trial.family.value,
                "weight": weight,
                "fits": account.assembly.draws[trial.number],
            }
            for trial, weight in blend.weights
        ],
        "offset": blend.offset.tolist(),
        "slope": blend.slope.tolist(),
    }


def _deploy(account: Account, evaluator: Evaluator) -> dict[str, object]:
    """The leaner variant and what it costs in the metric."""
    lean = account.assembly.lean
    trial = lean.weights[0][0]
    score = float(np.mean(evaluator.fold_scores(lean.margin)))
    ensemble = float(np.mean(evaluator.fold_scores(account.blend.margin)))
    return {
        "trial": trial.number,
        "family": trial.family.value,
        "score": score,
        "loss": ensemble - score,
        "offset": lean.offset.tolist(),
        "slope": lean.slope.tolist(),
    }


def _front(account: Account) -> tuple[Mapping[str, object], ...]:
    """Trials that no other beats in score, selection-rate ratio (if demanded) and speed."""
    done = finished(account.search.trials)
    wanted = [Objective.SCORE, Objective.SECONDS_PER_ROW]
    if account.settings.mitigation is not None:
        wanted.insert(1, Objective.RATIO)
    values = [_values(trial, wanted) for trial in done]
    kept = front([signed(value, wanted) for value in values])
    return tuple(
        {
            "trial": done[at].number,
            "family": done[at].family.value,
            **{objective.value: value for objective, value in zip(wanted, values[at], strict=True)},
        }
        for at in kept
    )


def _values(trial: Trial, wanted: Sequence[Objective]) -> tuple[float, ...]:
    known = {
        Objective.SCORE: trial.score or 0.0,
        Objective.RATIO: trial.ratio or 0.0,
        Objective.SECONDS_PER_ROW: trial.row_ms / 1000,
    }
    return tuple(known[objective] for objective in wanted)


def _alternatives(account: Account, evaluator: Evaluator) -> Mapping[str, object] | None:
    """Less discriminatory alternatives, for every sensitive feature that was named."""
    bench = evaluator.bench
    if bench.prepared.task is not Task.BINARY or not account.roles.sensitive:
        return None
    blend = account.blend
    scores = evaluator.fold_scores(blend.margin)
    candidates = [Candidate(_BLEND, float(np.mean(scores)), scores, blend.margin)]
    candidates += [
        Candidate(f"trial {trial.number}", trial.score or 0.0, trial.fold_scores, trial.margin)
        for trial in finished(account.search.trials)
    ]
    compared = [
        found.take(bench.folds.scored) for found in bench.groupings(tuple(account.roles.sensitive))
    ]
    found = less_discriminatory(
        candidates,
        compared,
        rate=float(bench.y.mean()),
        tolerance=Tolerance(),
        seed=account.settings.seed,
    )
    return None if found is None else found.to_dict()


def _mitigation(evaluator: Evaluator, blend: Blend) -> Mapping[str, object] | None:
    demanded, bench = evaluator.mitigation, evaluator.bench
    ratio = evaluator.ratio(blend.margin)
    if demanded is None or ratio is None:
        return None
    compared = [found.take(bench.folds.scored) for found in bench.groupings(demanded.features)]
    favourable = probabilities(blend.margin, Task.BINARY)[:, 0]
    rate = float(bench.y.mean())
    return {
        **demanded.to_dict(),
        "ratio": ratio,
        "feasible": ratio >= demanded.min_ratio,
        "ratios": ratios(favourable, compared, rate),
        "selection_rates": {
            grouping.subject: {
                group: {"rate": selected, "rows": rows}
                for group, (selected, rows) in selection_rates(favourable, grouping, rate).items()
            }
            for grouping in compared
        },
    }
