"""Weights of rows that make classes count as wanted.

Weights shift what a learner takes for the share of a class, so its probabilities are no longer
those of the population. They are honest again after `calibration.fit_affine` on predictions out of
fold against the rows *without* these weights: the weights add a constant to the log odds (the log
of the ratio of the weights), and the offset of the affine map takes it out. So: learn with class
weights, calibrate and score without. Weights that describe the population (a survey's, exposure)
are another thing and belong into the calibration and the score as well.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Label
from accredit_engine.errors import UnfitSettings

BALANCED: Final = "balanced"


def class_weights(
    y: NDArray[np.float64], rule: str | Mapping[Label, float], classes: Sequence[Label]
) -> NDArray[np.float64]:
    """Weight of each row (n,), with mean 1 so that regularisation keeps its strength.

    Args:
        y: Positions of classes (n,).
        rule: `"balanced"` gives all classes that occur the same total; a mapping gives the weight
            of a row of the class, 1 for classes it leaves out.
        classes: Class at each position; for binary tasks (unfavourable, favourable).

    Raises:
        UnfitSettings: an unknown rule or class, or a weight that is not finite and positive.
    """
    position = y.astype(np.intp)
    counts = np.bincount(position, minlength=len(classes)).astype(np.float64)
    if isinstance(rule, str):
        if rule != BALANCED:
            message = f"class weights are {rule!r}; use {BALANCED!r} or a weight per class"
            raise UnfitSettings(message)
        each = np.divide(1.0, counts, out=np.zeros_like(counts), where=counts > 0)
    else:
        each = _given(rule, classes)
    weight = each[position]
    return np.asarray(weight / weight.mean(), dtype=np.float64)


def _given(rule: Mapping[Label, float], classes: Sequence[Label]) -> NDArray[np.float64]:
    unknown = [label for label in rule if label not in classes]
    if unknown:
        message = f"class weights name {unknown[0]!r}, which is no class of the target"
        raise UnfitSettings(message)
    each = np.array([float(rule.get(label, 1.0)) for label in classes])
    if not (np.isfinite(each).all() and (each > 0).all()):
        message = "class weights must be finite and positive"
        raise UnfitSettings(message)
    return each
