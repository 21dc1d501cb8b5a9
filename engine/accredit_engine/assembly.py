"""From the blend of a search to a model: refit on all rows, contract, threshold.

Procedure: 1. refit each member with what its folds settled, several times with other seeds where
chance is at work and time allows; 2. merge the fits of a member into one; 3. fold weights and
calibrations into one slope per member and one constant; 4. freeze threshold and contract.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import BrokenExecutor, Future, wait
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from accredit_engine.bundle.contract import Contract, InputColumn, Kind
from accredit_engine.data.preparation import Prepared
from accredit_engine.data.profile import quantiles_of
from accredit_engine.data.schema import CODED, ColumnSchema, level_counts
from accredit_engine.errors import WorkersLost
from accredit_engine.evaluation.conformal import Conformal
from accredit_engine.evaluation.costs import CostMatrix
from accredit_engine.evaluation.threshold import ThresholdChoice
from accredit_engine.families.family import FamilyName, ForeignName, Member
from accredit_engine.families.roster import load_member
from accredit_engine.features.encoder import Encoder
from accredit_engine.features.encoding import Encoding
from accredit_engine.model import FittedModel, Part
from accredit_engine.search.ensemble import Blend
from accredit_engine.search.evaluate import Evaluator
from accredit_engine.search.limits import Limits
from accredit_engine.search.pool import Pool
from accredit_engine.search.trials import Trial
from accredit_engine.search.work import run_refit

DRAWS: Final = 3
"""Fits of a member with other seeds; more bring little (their spread falls with the root)."""
_DRAWS_WHEN_LARGE: Final = 1
_LARGE_CELLS: Final = 2_000_000
_BY_CHANCE: Final = frozenset(
    {FamilyName.BOOSTING, FamilyName.NEURAL, FamilyName.XGBOOST, FamilyName.CATBOOST}
)

Fit = tuple[FamilyName | ForeignName, Mapping[str, bytes], float]


@dataclass(frozen=True, slots=True)
class Assembly:
    """Refitted members of a blend.

    Attributes:
        model: The model.
        deploy: The best single member as a model of its own.
        lean: The blend behind `deploy`.
        draws: Fits behind each member, by trial.
    """

    model: FittedModel
    deploy: FittedModel
    lean: Blend
    draws: Mapping[int, int]


def draws_of(trial: Trial, prepared: Prepared, limits: Limits) -> int:
    """How often a member is refitted when time allows; caps on the model were set for one fit."""
    if trial.family not in _BY_CHANCE or limits.model_mb is not None or limits.row_ms is not None:
        return 1
    cells = prepared.table.rows * len(prepared.schema) * prepared.outputs
    return _DRAWS_WHEN_LARGE if cells > _LARGE_CELLS else DRAWS


def assemble(
    blend: Blend,
    evaluator: Evaluator,
    pool: Pool,
    *,
    target: str,
    fits: Callable[[Trial], int],
    has_time: Callable[[Trial], bool],
    lean: Blend,
    thresholds: Callable[[Blend], ThresholdChoice | None],
    conformal: Conformal | None,
    costs: CostMatrix | None,
) -> Assembly:
    """Refit the members of a blend on all rows.

    Args:
        blend: What to refit.
        evaluator: Trains; its table holds all rows.
        pool: Where the fits run.
        target: Name of the target column.
        fits: How often a trial is refitted when time allows.
        has_time: Whether a further fit of a trial, beyond the first, can be afforded.
        lean: A blend of one of the members, for the leaner variant.
        thresholds: Threshold of a blend; None unless binary.
        conformal: Quantiles of intervals or sets, or None.
        costs: Costs that decide between several classes, or None.
    """
    # 1. and 2. Refit and merge.
    members, draws = members_of(blend, evaluator, pool, fits=fits, has_time=has_time)
    # 3. and 4. Fold and freeze.
    plain = contract_of(evaluator.bench.prepared, target)
    model, deploy = (
        folded(chosen, evaluator, members, _with_threshold(plain, thresholds(chosen)))
        for chosen in (blend, lean)
    )
    return Assembly(
        model=replace(model, conformal=conformal, costs=costs),
        deploy=replace(deploy, costs=costs),
        lean=lean,
        draws=draws,
    )


def members_of(
    blend: Blend,
    evaluator: Evaluator,
    pool: Pool,
    *,
    fits: Callable[[Trial], int],
    has_time: Callable[[Trial], bool],
) -> tuple[dict[int, Member], dict[int, int]]:
    """Members of a blend, trained on all rows, and the fits behind each, by trial.

    The arguments are those of `assemble`.
    """
    fitted = _refits(blend, evaluator, pool, fits, has_time)
    members = {
        trial.number: fitted[trial.number][0]
        if len(fitted[trial.number]) == 1
        else evaluator.families[trial.family].merged(fitted[trial.number])
        for trial, _ in blend.weights
    }
    return members, {number: len(found) for number, found in fitted.items()}


def folded(
    blend: Blend, evaluator: Evaluator, members: Mapping[int, Member], contract: Contract
) -> FittedModel:
    """One slope per member and one constant, with all weights and calibrations in them.

    Args:
        blend: Weights and calibration; its margin is not looked at.
        evaluator: Trained the members; the encoders are its.
        members: By trial.
        contract: Of the model.
    """
    offset = blend.offset.copy()
    encoders: dict[Encoding, Encoder] = {}
    parts = []
    for trial, weight in blend.weights:
        encoding = Encoding(evaluator.families[trial.family].plan, trial.derived)
        encoders[encoding] = evaluator.bench.whole(encoding).encoder
        offset = offset + blend.slope * weight * np.array(trial.offset)
        slope = blend.slope * weight * np.array(trial.slope)
        parts.append(Part(trial.number, encoding, weight, slope, members[trial.number]))
    return FittedModel(contract, evaluator.bench.prepared.schema, encoders, tuple(parts), offset)


def contract_of(prepared: Prepared, target: str) -> Contract:
    """The contract that the training table says; without a threshold."""
    return Contract(
        task=prepared.task,
        target=target,
        classes=prepared.classes,
        favourable=prepared.favourable,
        threshold=None,
        columns=tuple(input_column(column, prepared) for column in prepared.schema),
        left_out=prepared.left_out,
    )


def _with_threshold(contract: Contract, choice: ThresholdChoice | None) -> Contract:
    return contract if choice is None else replace(contract, threshold=choice.value)


def _refits(
    blend: Blend,
    evaluator: Evaluator,
    pool: Pool,
    wanted_fits: Callable[[Trial], int],
    has_time: Callable[[Trial], bool],
) -> dict[int, list[Member]]:
    outputs = evaluator.bench.prepared.outputs
    found: dict[int, list[Member]] = {trial.number: [] for trial, _ in blend.weights}
    heaviest = sorted(blend.weights, key=lambda pair: (-pair[1], pair[0].number))
    for draw in range(DRAWS):
        wanted = [
            trial
            for trial, _ in heaviest
            if draw < wanted_fits(trial) and (draw == 0 or has_time(trial))
        ]
        for trial, (name, files, _) in zip(
            wanted, _fits(wanted, draw, evaluator, pool), strict=True
        ):
            found[trial.number].append(load_member(name, files, outputs))
    return found


def _fits(trials: list[Trial], draw: int, evaluator: Evaluator, pool: Pool) -> list[Fit]:
    """One fit of each trial; what a dying worker loses is done again in this process."""
    running: list[Future[Fit]] = [
        pool.submit(run_refit, _without_scores(trial), draw) for trial in trials
    ]
    wait(running)
    fits: list[Fit] = []
    for trial, future in zip(trials, running, strict=True):
        try:
            fits.append(future.result())
        except (BrokenExecutor, WorkersLost):
            fits.append(run_refit(evaluator, trial, draw))
    return fits


def _without_scores(trial: Trial) -> Trial:
    """The trial as a refit needs it: scores of rows need not travel."""
    return Trial.from_dict(trial.to_dict(), None)


def input_column(column: ColumnSchema, prepared: Prepared) -> InputColumn:
    """What the training data say about one input; of texts only their lengths."""
    values = prepared.frame[column.name]
    if column.kind in CODED:
        counts = level_counts(values)
        if column.kind is Kind.ORDINAL:
            found = dict(counts)
            counts = [(level, found.get(level, 0)) for level in column.levels]
        known = set(column.levels)
        return InputColumn(
            name=column.name,
            kind=column.kind,
            nullable=bool(values.isna().any()),
            categories=tuple(pair for pair in counts if pair[0] in known),
        )
    if column.kind is Kind.TEXT:
        lengths = [len(text) or np.nan for text in prepared.table.texts[column.name]]
        numbers = np.array(lengths, dtype=np.float64)
    else:
        numbers = prepared.table.numbers[column.name]
    present = numbers[~np.isnan(numbers)]
    return InputColumn(
        name=column.name,
        kind=column.kind,
        nullable=bool(len(present) < len(numbers)),
        minimum=float(present.min()) if len(present) else None,
        maximum=float(present.max()) if len(present) else None,
        quantiles=quantiles_of(numbers),
        lenient=column.lenient,
    )
