"""The score of a fitted model on rows that took no part in anything."""

import numpy as np
import pandas as pd

from accredit_engine.bundle.contract import Task
from accredit_engine.errors import MissingTarget, UnfitTarget
from accredit_engine.evaluation.estimate import estimate
from accredit_engine.evaluation.intervals import Interval
from accredit_engine.evaluation.metrics import Scorer
from accredit_engine.model import FittedModel
from accredit_engine.settings import Settings


def score_on(
    model: FittedModel, frame: pd.DataFrame, settings: Settings, *, level: float
) -> Interval:
    """Score with its interval.

    Args:
        model: A fitted model.
        frame: Untouched rows with inputs and target; rows without a target are left out.
        settings: Say what to score by, and seed the resampling.
        level: Coverage aimed at, in (0, 1).

    Raises:
        MissingTarget: the frame lacks the target.
        UnfitTarget: the target holds a class that the model does not know.
    """
    contract = model.contract
    if contract.target not in frame.columns:
        message = f"the target {contract.target!r} is no column of the frame"
        raise MissingTarget(message)
    used = frame[frame[contract.target].notna()]
    column = used[contract.target]
    if contract.task is Task.REGRESSION:
        y = column.to_numpy(dtype=np.float64)
    else:
        known = {label: at for at, label in enumerate(contract.classes)}
        strange = sorted({str(label) for label in column.unique() if label not in known})
        if strange:
            message = f"the target {contract.target!r} holds {strange}, unknown to the model"
            raise UnfitTarget(message)
        y = np.array([known[label] for label in column], dtype=np.float64)
    flipped = contract.task is Task.BINARY and contract.favourable == contract.classes[0]
    if flipped:
        y = 1 - y
    margin = model.margin(used)
    margin = margin[:, None] if margin.ndim == 1 else margin
    scorer = Scorer(settings.metric, contract.task, flipped, settings.threshold)
    return estimate(scorer, y, margin, settings.seed, level, threshold=contract.threshold)
