"""How each family wants its inputs: the choices that an encoder is fitted with."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class PlanName(StrEnum):
    """Encodings on offer; an encoded matrix is shared by all families with the same plan."""

    LINEAR = "linear"
    FOREST = "forest"
    BOOSTING = "boosting"


@dataclass(frozen=True, slots=True)
class Plan:
    """Choices of one encoding.

    Attributes:
        name: Its name.
        impute: Fill missing numbers with the median and mark them with an indicator.
        scale: Clip far outliers, then centre and scale numbers to unit variance.
        one_hot: Give each frequent category a column; otherwise categories stay codes.
        max_levels: Categoricals with more levels are encoded by the mean of the target.
        min_count: Levels with fewer training rows share one column.
    """

    name: PlanName
    impute: bool
    scale: bool
    one_hot: bool
    max_levels: int
    min_count: int


PLANS: Final = {
    PlanName.LINEAR: Plan(PlanName.LINEAR, True, True, True, max_levels=30, min_count=10),
    PlanName.FOREST: Plan(PlanName.FOREST, True, False, True, max_levels=12, min_count=10),
    PlanName.BOOSTING: Plan(PlanName.BOOSTING, False, False, False, max_levels=50, min_count=5),
}
