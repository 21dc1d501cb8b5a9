"""What predictions out of fold decide beside the model: threshold, quantiles, findings."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Task
from accredit_engine.data.finding import Finding
from accredit_engine.data.noise import (
    label_noise,
    no_signal,
    suspect_rows,
    suspect_values,
    value_noise,
)
from accredit_engine.evaluation.baseline import baseline_score
from accredit_engine.evaluation.calibration import probabilities
from accredit_engine.evaluation.conformal import Conformal, ConformalMethod
from accredit_engine.evaluation.conformity import conformalize
from accredit_engine.evaluation.costs import CostMatrix
from accredit_engine.evaluation.threshold import ThresholdChoice, choose_threshold
from accredit_engine.search.ensemble import Blend
from accredit_engine.search.evaluate import Evaluator
from accredit_engine.settings import Settings

_METHODS: Final = {
    Task.BINARY: ConformalMethod.LAC,
    Task.MULTICLASS: ConformalMethod.APS,
    Task.REGRESSION: ConformalMethod.NORMALISED,
}


@dataclass(frozen=True, slots=True)
class Decisions:
    """What was decided on predictions out of fold.

    Attributes:
        settings: What was asked.
        evaluator: Knows the truth of the scored rows.
        threshold: Of the blend; None unless binary.
        conformal: Quantiles of intervals or sets, or None.
    """

    settings: Settings
    evaluator: Evaluator
    threshold: ThresholdChoice | None
    conformal: Conformal | None

    @property
    def costs(self) -> CostMatrix | None:
        """Costs that decide between several classes; two classes are decided by the threshold."""
        return self.settings.costs if self.settings.task is Task.MULTICLASS else None

    def threshold_of(self, blend: Blend) -> ThresholdChoice | None:
        """Threshold of any blend by the same rule; None unless binary."""
        return _threshold(self.settings, self.evaluator, blend)


def decisions_of(settings: Settings, evaluator: Evaluator, blend: Blend) -> Decisions:
    """Decide on a blend."""
    conformal = None
    if settings.conformal is not None:
        output = probabilities(blend.margin, settings.task)
        method = _METHODS[settings.task]
        conformal = conformalize(evaluator.bench.y, output, settings.conformal, method)
    return Decisions(settings, evaluator, _threshold(settings, evaluator, blend), conformal)


def findings_of(evaluator: Evaluator, blend: Blend) -> tuple[list[Finding], NDArray[np.intp]]:
    """What the search says about the data; and positions of suspect rows among the scored ones."""
    prepared, y = evaluator.bench.prepared, evaluator.bench.y
    output = probabilities(blend.margin, prepared.task)
    found = [_signal(evaluator, blend)]
    if prepared.task is Task.REGRESSION:
        found.append(value_noise(y, output[:, 0]))
        suspects = suspect_values(y, output[:, 0])
    else:
        classes = prepared.classes
        if prepared.task is Task.BINARY:
            output = np.stack([1 - output[:, 0], output[:, 0]], axis=1)
            # The favourable class is at position 1 of the target.
            classes = classes if prepared.favourable == classes[1] else classes[::-1]
        found.append(label_noise(y, output, classes))
        suspects = suspect_rows(y, output)
    return [finding for finding in found if finding is not None], suspects


def _signal(evaluator: Evaluator, blend: Blend) -> Finding | None:
    """Whether the blend beats a constant by more than its gain differs between folds."""
    bench, weight = evaluator.bench, evaluator.scored_weight
    scores = np.array(evaluator.fold_scores(blend.margin))
    constants = np.array(
        [
            baseline_score(
                evaluator.scorer,
                bench.y[part],
                bench.prepared.outputs,
                None if weight is None else weight[part],
            )
            for part in bench.folds.parts
        ]
    )
    gains = scores - constants
    return no_signal(float(scores.mean()), float(constants.mean()), float(gains.std()))


def _threshold(settings: Settings, evaluator: Evaluator, blend: Blend) -> ThresholdChoice | None:
    prepared = evaluator.bench.prepared
    if prepared.task is not Task.BINARY:
        return None
    return choose_threshold(
        probabilities(blend.margin, Task.BINARY)[:, 0],
        evaluator.bench.y,
        settings.threshold,
        evaluator.scored_weight,
        flipped=evaluator.scorer.flipped,
    )
