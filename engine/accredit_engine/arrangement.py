"""What a run starts from: where its trials run, which families are tried, on which folds.

Every choice here depends on the data and the settings, never on the clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Label, Task
from accredit_engine.data.folds import Extent, Folds, draw_folds, extent_of
from accredit_engine.data.meta import meta_features
from accredit_engine.data.preparation import Prepared
from accredit_engine.errors import UnfitSettings, UnknownColumn
from accredit_engine.evaluation.domain import require
from accredit_engine.evaluation.metrics import Scorer
from accredit_engine.evaluation.weights import class_weights
from accredit_engine.families.family import SAMPLED_OBJECTIVES, Family, FamilyName
from accredit_engine.families.roster import family_names, load_families
from accredit_engine.features.spec import DerivedSpec
from accredit_engine.search.budget import Budget
from accredit_engine.search.checkpoint import Checkpoint
from accredit_engine.search.derivation import Derivation, derive
from accredit_engine.search.evaluate import Evaluator
from accredit_engine.search.history import proposals_from
from accredit_engine.search.pool import INLINE, PROCESSES
from accredit_engine.search.portfolio import portfolio
from accredit_engine.search.proposal import Agenda, Proposal, first_proposals
from accredit_engine.search.study import LAG
from accredit_engine.search.workbench import Workbench
from accredit_engine.settings import Attribution, Settings

_DERIVING_SHARE: Final = 0.1
_DERIVING_TRIALS: Final = 10
"""Fewer trials than this could not tell whether derived features help."""
_INLINE_BUDGET_S: Final = 12.0
"""Below this, starting child processes would take most of the time."""
_NOTE: Final = "derivation"
_OWN_MB: Final = 300.0
_CHILD_MB: Final = 250.0
"""What the libraries take before any data."""
_COPIES: Final = 12
"""How often the numbers of a table lie in memory during a search: encodings, bins, copies."""
_CELLS_PER_CORE_SECOND: Final = 200_000
_FEWEST_ROWS: Final = 5_000
_LEAST_FREE_MB: Final = 20.0
_SEARCHING_SHARE: Final = 0.8
_GLASS_BOXES: Final = frozenset(
    {FamilyName.SCORECARD, FamilyName.TREE, FamilyName.ADDITIVE, FamilyName.EBM}
)
"""Glass boxes: tried when only such models are allowed, or when named."""


def place_of(settings: Settings, budget: Budget) -> tuple[str, int]:
    """Where trials run, and how many at once."""
    if settings.workers != PROCESSES:
        return settings.workers, 1 if settings.workers == INLINE else min(settings.n_jobs, LAG)
    memory = settings.limits.memory_mb
    affordable = LAG if memory is None else int((memory - _OWN_MB) / (2 * _CHILD_MB))
    if affordable < 1 or (budget.timed and budget.total_s < _INLINE_BUDGET_S):
        return INLINE, 1
    return PROCESSES, min(settings.n_jobs, LAG, affordable)


def families_for(
    settings: Settings, prepared: Prepared
) -> tuple[dict[FamilyName, Family], dict[FamilyName, str]]:
    """Families that may be tried on these data, and why the others may not.

    Raises:
        UnfitSettings: none is left.
    """
    families, absent = load_families(settings.families or family_names(None))
    rows, columns = prepared.table.rows, len(prepared.schema)
    kept: dict[FamilyName, Family] = {}
    for name, family in families.items():
        reason = _unwanted(settings, family) or family.unfit(settings.task, rows, columns)
        if reason:
            absent[name] = reason
        else:
            kept[name] = family
    if not kept:
        reasons = "; ".join(f"{name.value}: {reason}" for name, reason in absent.items())
        message = f"no family is left to try: {reasons}"
        raise UnfitSettings(message)
    return kept, absent


def _unwanted(settings: Settings, family: Family) -> str:
    if settings.interpretable and not family.traits.interpretable:
        return "only interpretable families are allowed"
    if settings.attributions is Attribution.EXACT and not family.traits.exact:
        return "only families with exact attributions are allowed"
    objective = settings.objective if isinstance(settings.objective, str) else ""
    if settings.attributions is Attribution.EXACT and objective in SAMPLED_OBJECTIVES:
        return f"attributions of {objective} have to be sampled, and must be exact"
    if settings.constraints.monotone and settings.task not in family.traits.monotone:
        return f"it cannot hold directions of columns for {settings.task.value}"
    if settings.constraints.interactions and not family.traits.interactions:
        return "it cannot hold groups of interactions"
    if settings.families is None and not settings.interpretable and family.name in _GLASS_BOXES:
        return "glass boxes are tried in the interpretable mode, or when named"
    return ""


def searched_count(settings: Settings, prepared: Prepared, workers: int) -> int:
    """How many rows the search looks at.

    A large table is sampled when trials on all of it would not fit into the memory or into the
    budget; the blend is then refitted on all rows.
    """
    rows, columns = prepared.table.rows, len(prepared.schema)
    most = rows
    if settings.max_trials is None:
        cells = _CELLS_PER_CORE_SECOND * _core_seconds(settings)
        most = min(most, int(cells / (columns * prepared.outputs)))
    if settings.limits.memory_mb is not None:
        processes = workers if workers > 1 else 0
        free = settings.limits.memory_mb - _OWN_MB - processes * _CHILD_MB
        bytes_per_row = 8 * _COPIES * max(1, processes) * columns
        most = min(most, int(max(free, _LEAST_FREE_MB) * 1e6 / bytes_per_row))
    return max(most, min(rows, _FEWEST_ROWS))


def searched_rows(prepared: Prepared, count: int) -> NDArray[np.intp] | None:
    """Positions of an even sample by target, ascending; None when it would be all rows."""
    rows = prepared.table.rows
    if count >= rows:
        return None
    order = np.lexsort((np.arange(rows), prepared.y))
    return np.sort(order[np.linspace(0, rows - 1, count).round().astype(np.intp)])


def _core_seconds(settings: Settings) -> float:
    """What a search may spend; a counted search is arranged as one of a minute on two cores."""
    if settings.max_trials is not None:
        return 2 * 60.0
    return settings.time_budget_s * settings.n_jobs


def extent_for(settings: Settings, prepared: Prepared) -> Extent:
    """How often the searched rows are folded."""
    return extent_of(
        prepared.table.rows,
        len(prepared.schema),
        prepared.outputs,
        core_seconds=_SEARCHING_SHARE * _core_seconds(settings),
    )


def folds_for(settings: Settings, prepared: Prepared, extent: Extent) -> Folds:
    """Folds of the searched rows."""
    return draw_folds(
        prepared.y,
        task=prepared.task,
        extent=extent,
        seed=settings.seed,
        group_of=prepared.group_of,
        time_of=prepared.time_of,
        duplicates=prepared.duplicates,
    )


@dataclass(frozen=True, slots=True)
class DerivedFeatures:
    """Features made of several columns.

    Attributes:
        kept: Those that helped.
        account: What was tested, kept and dropped, JSON.
    """

    kept: tuple[DerivedSpec, ...]
    account: Mapping[str, Any]  # Any: JSON.


def derivation_for(
    settings: Settings,
    prepared: Prepared,
    folds: Folds,
    budget: Budget,
    checkpoint: Checkpoint | None,
) -> DerivedFeatures:
    """Features that help on these folds; a resumed run keeps those of its first attempt."""
    noted: Any = None if checkpoint is None else checkpoint.note(_NOTE)
    if noted is None:
        noted = _derivation(settings, prepared, folds, budget).to_dict()
        if checkpoint is not None:
            checkpoint.keep_note(_NOTE, noted)
    kept = tuple(DerivedSpec.from_dict(spec) for spec in noted["kept"])
    return DerivedFeatures(kept, noted)


def _derivation(settings: Settings, prepared: Prepared, folds: Folds, budget: Budget) -> Derivation:
    if not settings.derive:
        return Derivation(reason="switched off")
    if not settings.constraints.is_empty:
        return Derivation(reason="constraints hold for raw columns only")
    if settings.interpretable:
        return Derivation(reason="interpretable models take raw columns only")
    if settings.max_trials is not None and settings.max_trials < _DERIVING_TRIALS:
        return Derivation(reason=f"fewer than {_DERIVING_TRIALS} trials")
    seconds = _DERIVING_SHARE * budget.total_s if budget.timed else None
    return derive(
        prepared,
        folds.pairs,
        seed=settings.seed,
        expired=lambda: budget.left() <= 0,
        seconds=seconds,
    )


def evaluator_for(
    settings: Settings,
    prepared: Prepared,
    folds: Folds,
    derivation: DerivedFeatures,
    families: Mapping[FamilyName, Family],
    *,
    threads: int,
) -> Evaluator:
    """What all trials have in common.

    Raises:
        UnknownColumn: a constraint names a column that is no input.
        UnfitMetric: the score does not exist on some fold.
    """
    unknown = sorted(settings.constraints.columns - {column.name for column in prepared.schema})
    if unknown:
        message = f"monotone and interactions name {unknown}, which are no inputs of the model"
        raise UnknownColumn(message)
    flipped = prepared.task is Task.BINARY and prepared.favourable == prepared.classes[0]
    scorer = Scorer(settings.metric, settings.task, flipped, settings.threshold)
    require(
        scorer,
        prepared.y,
        prepared.outputs,
        fold_of=folds.part_of(len(prepared.y)),
        weighted=prepared.weight is not None,
    )
    return Evaluator(
        bench=Workbench.of(prepared, folds, settings.seed, derivation.kept),
        scorer=scorer,
        families=families,
        constraints=settings.constraints,
        mitigation=settings.mitigation,
        threads=threads,
        seed=settings.seed,
        weight=prepared.weight,
        class_weight=_class_weight(settings, prepared),
        objective=settings.objective,
    )


def over_all_rows(evaluator: Evaluator, settings: Settings, prepared: Prepared) -> Evaluator:
    """The same for refits on the whole table, when the search looked at a sample of it."""
    bench = evaluator.bench
    return replace(
        evaluator,
        bench=Workbench.of(prepared, bench.folds, settings.seed, bench.derived),
        weight=prepared.weight,
        class_weight=_class_weight(settings, prepared),
    )


def _class_weight(settings: Settings, prepared: Prepared) -> NDArray[np.float64] | None:
    if settings.class_weight is None:
        return None
    return class_weights(prepared.y, settings.class_weight, _by_position(prepared))


def _by_position(prepared: Prepared) -> tuple[Label, ...]:
    """Classes in the order of the positions in the target: the favourable one is last."""
    if prepared.task is Task.BINARY and prepared.favourable == prepared.classes[0]:
        return prepared.classes[::-1]
    return prepared.classes


def agenda_for(settings: Settings, evaluator: Evaluator, meta: Mapping[str, float]) -> Agenda:
    """What may be proposed, and what is tried first."""
    rows = len(evaluator.bench.folds.pairs[0][0])
    has_derived = bool(evaluator.bench.derived)
    earlier: tuple[Proposal, ...] = ()
    if settings.history is not None:
        earlier = proposals_from(
            Path(settings.history),
            meta,
            evaluator.families,
            task=settings.task.value,
            has_derived=has_derived,
        )
    if settings.attributions is Attribution.EXACT:
        earlier = tuple(
            one for one in earlier if one.params.get("objective") not in SAMPLED_OBJECTIVES
        )
    first = first_proposals(
        evaluator.families,
        portfolio(evaluator.families, settings.task, rows, has_derived=has_derived),
        earlier,
        task=settings.task,
        rows=rows,
        mitigation=settings.mitigation,
    )
    return Agenda(
        families=evaluator.families,
        first=first,
        sampler=settings.sampler,
        task=settings.task,
        rows=rows,
        has_derived=has_derived,
        seed=settings.seed,
        mitigation=settings.mitigation,
        is_timed=settings.max_trials is None,
    )


def meta_of(prepared: Prepared) -> dict[str, float]:
    """Meta-features of a table, by which later runs find this one."""
    return meta_features(prepared.table, prepared.y, prepared.task)
