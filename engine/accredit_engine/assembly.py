"""From the blend of a search to a model: refit on all rows, contract, threshold.

Procedure: 1. encode all rows once per encoding; 2. refit each member with what its folds settled;
3. fold weights and calibrations into one slope per member and one constant; 4. freeze threshold and
contract.
"""

import numpy as np

from accredit_engine.bundle.contract import Contract, InputColumn, Kind, Task
from accredit_engine.data.preparation import Prepared
from accredit_engine.data.profile import quantiles_of
from accredit_engine.data.schema import ColumnSchema, level_counts
from accredit_engine.evaluation.calibration import probabilities
from accredit_engine.evaluation.threshold import rate_threshold
from accredit_engine.families.family import Family, FamilyName
from accredit_engine.features.encoder import Encoder
from accredit_engine.features.plan import PlanName
from accredit_engine.model import FittedModel, Part
from accredit_engine.search.ensemble import Blend
from accredit_engine.search.evaluate import Evaluator
from accredit_engine.seeds import child


def assemble(
    blend: Blend, evaluator: Evaluator, families: dict[FamilyName, Family], *, target: str
) -> FittedModel:
    """Refit the members of a blend on all rows."""
    prepared = evaluator.bench.prepared
    rows = np.arange(prepared.table.rows)
    offset = blend.offset.copy()
    encoders: dict[PlanName, Encoder] = {}
    matrices = {}
    parts = []
    for trial, weight in blend.weights:
        family = families[trial.family]
        # 1. Encode.
        if family.plan not in encoders:
            encoders[family.plan], matrices[family.plan] = evaluator.bench.whole(family.plan)
        # 2. Refit.
        training = evaluator.training(
            matrices[family.plan],
            rows,
            encoders[family.plan].categorical,
            child(evaluator.seed, "refit", trial.number),
            held=None,
            expired=lambda: False,
        )
        member, _ = evaluator.train(family, trial.settled, training, rows)
        # 3. Fold.
        slope = blend.slope * weight * np.array(trial.slope)
        offset = offset + blend.slope * weight * np.array(trial.offset)
        parts.append(Part(trial.number, family.plan, weight, slope, member))
    # 4. Freeze.
    contract = Contract(
        task=prepared.task,
        target=target,
        classes=prepared.classes,
        favourable=prepared.favourable,
        threshold=threshold_of(blend, prepared),
        columns=tuple(input_column(column, prepared) for column in prepared.schema),
        left_out=prepared.left_out,
    )
    return FittedModel(contract, prepared.schema, encoders, tuple(parts), offset)


def threshold_of(blend: Blend, prepared: Prepared) -> float | None:
    """Threshold on P(favourable) out of fold; None unless binary."""
    if prepared.task is not Task.BINARY:
        return None
    favourable = probabilities(blend.margin, Task.BINARY)[:, 0]
    return rate_threshold(favourable, float(prepared.y.mean()))


def input_column(column: ColumnSchema, prepared: Prepared) -> InputColumn:
    """What the training data say about one input."""
    if column.kind is Kind.CATEGORICAL:
        counts = level_counts(prepared.frame[column.name])
        known = set(column.levels)
        return InputColumn(
            name=column.name,
            kind=column.kind,
            nullable=bool(prepared.frame[column.name].isna().any()),
            categories=tuple(pair for pair in counts if pair[0] in known),
        )
    values = prepared.table.numbers[column.name]
    present = values[~np.isnan(values)]
    return InputColumn(
        name=column.name,
        kind=column.kind,
        nullable=bool(len(present) < len(values)),
        minimum=float(present.min()) if len(present) else None,
        maximum=float(present.max()) if len(present) else None,
        quantiles=quantiles_of(values),
    )
