"""The decision threshold, by a stated rule.

Rules, as they are written in settings and records:

- `rate`: as many favourable decisions as there were favourable outcomes (the default).
- `fixed:0.5`: the number given.
- `metric:f1`: the best value of a score of labels.
- `cost`: the smallest mean cost under a cost matrix.
- `precision>=0.9`: the highest recall among thresholds of at least this precision.
- `recall>=0.8`: the highest precision among thresholds of at least this recall.

Precision and recall are those of the favourable decision. Thresholds lie half-way between two
neighbouring probabilities, so that rounding moves nobody. Among equally good thresholds the highest
is taken: the fewest favourable decisions.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accredit_engine.errors import UnfitSettings
from accredit_engine.evaluation.confusion import BINARY_LABEL_SCORES, Cells
from accredit_engine.evaluation.costs import CostMatrix

RATE_RULE: Final = (
    "favourable rate of the decisions equals the favourable rate of the training data"
)
_CURVE_POINTS: Final = 200


class RuleKind(StrEnum):
    """What a threshold is chosen by."""

    RATE = "rate"
    FIXED = "fixed"
    METRIC = "metric"
    COST = "cost"
    PRECISION = "precision"
    RECALL = "recall"


@dataclass(frozen=True, slots=True)
class ThresholdRule:
    """A rule for the threshold.

    Attributes:
        kind: What it is chosen by.
        limit: The threshold of `fixed`, the demand of `precision` and `recall`; else None.
        metric: Name of the score of `metric`; else None.
        costs: Matrix of `cost`; else None.
    """

    kind: RuleKind = RuleKind.RATE
    limit: float | None = None
    metric: str | None = None
    costs: CostMatrix | None = None

    @classmethod
    def parse(cls, text: str, costs: CostMatrix | None = None) -> "ThresholdRule":
        """The rule that a text means; see the list in the module.

        Raises:
            UnfitSettings: the text is no rule, a number is outside (0, 1), the score is unknown, or
                `cost` comes without a matrix.
        """
        if text == RuleKind.RATE:
            return cls()
        if text == RuleKind.COST:
            if costs is None:
                message = "the rule 'cost' needs a cost matrix"
                raise UnfitSettings(message)
            return cls(RuleKind.COST, costs=costs)
        name, separator, rest = text.partition(">=")
        if separator and name in (RuleKind.PRECISION, RuleKind.RECALL):
            return cls(RuleKind(name), limit=_share(text, rest))
        name, separator, rest = text.partition(":")
        if name == RuleKind.FIXED and separator:
            return cls(RuleKind.FIXED, limit=_share(text, rest))
        if name == RuleKind.METRIC and separator:
            if rest not in BINARY_LABEL_SCORES:
                message = f"no score of labels is named {rest!r}; use {sorted(BINARY_LABEL_SCORES)}"
                raise UnfitSettings(message)
            return cls(RuleKind.METRIC, metric=rest)
        message = (
            f"{text!r} is no rule for a threshold; use rate, fixed:<number>, metric:<score>, cost, "
            "precision>=<number> or recall>=<number>"
        )
        raise UnfitSettings(message)

    @property
    def text(self) -> str:
        """The rule as it is written in settings."""
        if self.kind in (RuleKind.PRECISION, RuleKind.RECALL):
            return f"{self.kind.value}>={self.limit}"
        if self.kind is RuleKind.FIXED:
            return f"fixed:{self.limit}"
        return f"metric:{self.metric}" if self.kind is RuleKind.METRIC else self.kind.value

    @property
    def wording(self) -> str:
        """The rule as a person reads it in a record."""
        return {
            RuleKind.RATE: RATE_RULE,
            RuleKind.FIXED: f"the threshold is set to {self.limit}",
            RuleKind.METRIC: f"the threshold with the highest {self.metric}",
            RuleKind.COST: "the threshold with the smallest mean cost",
            RuleKind.PRECISION: f"the highest recall at a precision of at least {self.limit}",
            RuleKind.RECALL: f"the highest precision at a recall of at least {self.limit}",
        }[self.kind]


RATE: Final = ThresholdRule()


@dataclass(frozen=True, slots=True)
class ThresholdChoice:
    """A threshold and what it rests on.

    Attributes:
        value: Smallest P(favourable) that is decided favourably.
        rule: The rule in words.
        objective: What the rule looks at, at this threshold: the share of favourable decisions for
            `rate` and `fixed`, else the score, the mean cost, the precision or the recall.
        met: Whether a demand on precision could be met; if not, the most precise is taken.
        curve: Pairs (threshold, objective), thresholds descending, at most 200.
        rows: Rows it rests on.
    """

    value: float
    rule: str
    objective: float
    met: bool
    curve: tuple[tuple[float, float], ...]
    rows: int

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            "value": self.value,
            "rule": self.rule,
            "objective": self.objective,
            "met": self.met,
            "curve": [list(point) for point in self.curve],
            "rows": self.rows,
        }


def rate_threshold(favourable: NDArray[np.float64], rate: float) -> float:
    """Threshold t so that a share `rate` of the probabilities (n,) is at least t.

    It lies half-way between two neighbouring probabilities, so that rounding moves nobody; among
    ties the share may be missed by the size of the tie.
    """
    ordered = np.sort(favourable)[::-1]
    chosen = min(max(round(rate * len(ordered)), 1), len(ordered))
    if chosen == len(ordered):
        return float(ordered[-1]) / 2
    return float((ordered[chosen - 1] + ordered[chosen]) / 2)


def choose_threshold(
    favourable: NDArray[np.float64],
    y: NDArray[np.float64],
    rule: ThresholdRule = RATE,
    weight: NDArray[np.float64] | None = None,
    *,
    flipped: bool = False,
) -> ThresholdChoice:
    """The threshold that a rule gives.

    Args:
        favourable: P(favourable) (n,), of rows that the model did not see.
        y: Truth (n,); 1 is favourable.
        rule: What to choose by; costs of two classes.
        weight: Weight of each row (n,).
        flipped: Whether the favourable class is the first class; a score named by `metric` looks at
            the last class, as in scikit-learn.
    """
    values, cells = _cuts(favourable, y, weight)
    objective, merit, met = _judged(rule, cells, y, weight, flipped=flipped)
    # The cuts descend, so the first of equally good ones is the highest.
    chosen = int(merit.argmax())
    value, at_value = float(values[chosen]), float(objective[chosen])
    if rule.kind is RuleKind.FIXED and rule.limit is not None:
        value = rule.limit
        at_value = _share_above(favourable, value, weight)
    if rule.kind is RuleKind.RATE and weight is None:
        value = rate_threshold(favourable, float(y.mean()))
        at_value = _share_above(favourable, value, weight)
    spaced = np.linspace(0, len(values) - 1, min(len(values), _CURVE_POINTS - 1))
    shown = np.unique(np.append(spaced.round().astype(np.intp), chosen))
    curve = tuple((float(values[at]), float(objective[at])) for at in shown)
    return ThresholdChoice(value, rule.wording, at_value, met, curve, len(y))


def _cuts(
    favourable: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64] | None
) -> tuple[NDArray[np.float64], Cells]:
    """Thresholds (m,) that decide differently, descending, and their confusions (m, 2, 2)."""
    order = np.argsort(-favourable, kind="stable")
    p = favourable[order]
    mass = np.ones(len(y)) if weight is None else weight[order]
    ends = np.append(np.flatnonzero(p[1:] != p[:-1]), len(p) - 1)
    hits = np.cumsum(mass * (y[order] > 0))
    alarms = np.cumsum(mass * (y[order] <= 0))
    lower = np.append(p[ends[:-1] + 1], 0.0)
    middle = (p[ends] + lower) / 2
    # Between two neighbouring numbers there is no room: then the upper one itself.
    values = np.where(middle > lower, middle, p[ends])
    hits_at, alarms_at = hits[ends], alarms[ends]
    if p[0] < 1:
        # Nobody is decided favourably.
        values = np.concatenate([[(1.0 + p[0]) / 2], values])
        hits_at, alarms_at = np.append(0.0, hits_at), np.append(0.0, alarms_at)
    cells = np.empty((len(values), 2, 2))
    cells[:, 1, 1], cells[:, 1, 0] = hits_at, hits[-1] - hits_at
    cells[:, 0, 1], cells[:, 0, 0] = alarms_at, alarms[-1] - alarms_at
    return values, np.maximum(cells, 0.0)


def _judged(
    rule: ThresholdRule,
    cells: Cells,
    y: NDArray[np.float64],
    weight: NDArray[np.float64] | None,
    *,
    flipped: bool,
) -> tuple[NDArray[np.float64], NDArray[np.float64], bool]:
    """Objective (m,) of each cut, its merit (m,) and whether a demand is met."""
    if rule.kind is RuleKind.METRIC and rule.metric is not None:
        turned = cells[:, ::-1, ::-1] if flipped else cells
        score = BINARY_LABEL_SCORES[rule.metric](turned)
        return score, score, True
    if rule.kind is RuleKind.COST and rule.costs is not None:
        cost = rule.costs.expected(cells)
        return cost, -cost, True
    if rule.kind in (RuleKind.PRECISION, RuleKind.RECALL) and rule.limit is not None:
        precision = BINARY_LABEL_SCORES["precision"](cells)
        recall = BINARY_LABEL_SCORES["recall"](cells)
        if rule.kind is RuleKind.PRECISION:
            return _demanded(precision, recall, rule.limit)
        return _demanded(recall, precision, rule.limit)
    share = cells[:, :, 1].sum(axis=1) / cells.sum(axis=(1, 2))
    rate = float(np.average(y > 0, weights=weight))
    return share, -np.abs(share - rate), True


def _demanded(
    demand: NDArray[np.float64], other: NDArray[np.float64], limit: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], bool]:
    enough = demand >= limit
    if not enough.any():
        return demand, demand, False
    return demand, np.where(enough, other, -1.0), True


def _share_above(
    favourable: NDArray[np.float64], value: float, weight: NDArray[np.float64] | None
) -> float:
    return float(np.average(favourable >= value, weights=weight))


def _share(text: str, number: str) -> float:
    try:
        share = float(number)
    except ValueError:
        share = math.nan
    if not 0 < share < 1:
        message = f"{text!r} needs a number between 0 and 1"
        raise UnfitSettings(message)
    return share
