"""Demands on the model and its data: performance, data quality, reproducibility.

What a check measures is described where it is measured, in `accredit_governance.gates`.
"""

from typing import Annotated, ClassVar, Literal

from accredit_governance.policy.demands import (
    CLASSES,
    Ceiling,
    CheckSpec,
    Floor,
    ProbeName,
    Share,
)
from accredit_governance.policy.ranges import Within


class Discrimination(Floor):
    """ROC AUC on the test rows; several classes: mean of the one-versus-rest areas."""

    gate: ClassVar[str] = "performance"
    tasks: ClassVar[frozenset[str]] = CLASSES
    check: Literal["discrimination"]
    min: Annotated[float, Within(0.5, 1)]


class BaselineGain(Floor):
    """Share of the trivial baseline's squared error that the model removes (R², Brier skill)."""

    gate: ClassVar[str] = "performance"
    check: Literal["baseline_gain"]
    min: Annotated[float, Within(0, 1)]


class Calibration(Ceiling):
    """Expected calibration error over bins of equal row counts.

    Attributes:
        bins: How many bins there are.
    """

    gate: ClassVar[str] = "performance"
    tasks: ClassVar[frozenset[str]] = CLASSES
    check: Literal["calibration"]
    max: Annotated[float, Within(0.001, 0.5)]
    bins: Annotated[int, Within(5, 50)] = 15


class Overfitting(Ceiling):
    """Out-of-fold score on the training rows minus the score on the test rows."""

    gate: ClassVar[str] = "performance"
    check: Literal["overfitting"]
    max: Annotated[float, Within(0, 0.5)]


class HoldoutSize(CheckSpec):
    """Test rows in all and, for classification, in the rarest class.

    Attributes:
        min_rows: Smallest number of test rows that passes.
        min_per_class: Smallest number of test rows of the rarest class that passes.
    """

    gate: ClassVar[str] = "performance"
    direction: ClassVar[Literal["min", "max"]] = "min"
    check: Literal["holdout_size"]
    min_rows: Annotated[int, Within(20, 10_000_000)]
    min_per_class: Annotated[int, Within(1, 1_000_000)] = 20

    @property
    def limit(self) -> float:
        """The smallest number of test rows that passes."""
        return float(self.min_rows)


class ChampionGain(Floor):
    """Score of the model minus that of the champion on the same rows, which neither was made from.

    The champion is the newest approved version of the same model. A `min` below 0 tolerates a loss.
    """

    gate: ClassVar[str] = "performance"
    needs: ClassVar[frozenset[ProbeName]] = frozenset({"champion"})
    check: Literal["champion_gain"]
    min: Annotated[float, Within(-0.2, 0.2)]
    warn: Annotated[float, Within(-0.2, 0.2)] | None = None


class SeedStability(Ceiling):
    """Spread (greatest minus smallest) of the score when the model is made with other seeds.

    Attributes:
        refits: How many models are made with other seeds.
    """

    gate: ClassVar[str] = "performance"
    needs: ClassVar[frozenset[ProbeName]] = frozenset({"seed_refits"})
    check: Literal["seed_stability"]
    max: Annotated[float, Within(0.0, 0.2)]
    refits: Annotated[int, Within(2, 10)] = 3


class SlicePerformance(Ceiling):
    """Greatest shortfall of the score on a slice of the rows below that on all other rows.

    Attributes:
        min_rows: Slices with fewer test rows are not examined.
    """

    gate: ClassVar[str] = "performance"
    check: Literal["slice_performance"]
    max: Annotated[float, Within(0.01, 0.5)]
    min_rows: Annotated[int, Within(30, 100_000)] = 100


class Robustness(Ceiling):
    """Greatest loss of score when inputs are noisy, missing or swapped among categories.

    Attributes:
        noise: Standard deviation of the noise on a number, as a share of that of its column
            (judged by the middle nine tenths of the values; where these are one value, by those of
            the others).
        missing: Share of the values of every nullable column that is taken away.
        swapped: Share of the categories that is replaced by another one.
    """

    gate: ClassVar[str] = "performance"
    needs: ClassVar[frozenset[ProbeName]] = frozenset({"perturbations"})
    check: Literal["robustness"]
    max: Annotated[float, Within(0.001, 0.5)]
    noise: Share = 0.1
    missing: Share = 0.05
    swapped: Share = 0.05


class CriticalFindings(CheckSpec):
    """No open critical data-quality or leakage finding."""

    gate: ClassVar[str] = "data_quality"
    check: Literal["critical_findings"]

    @property
    def limit(self) -> float:
        """None may be open."""
        return 0.0


class HoldoutContamination(Ceiling):
    """Share of test rows that are also training rows, outcome included."""

    gate: ClassVar[str] = "data_quality"
    check: Literal["holdout_contamination"]
    max: Share


class OpenFindings(Ceiling):
    """Number of open findings of severity `warning` about inputs of the model or the table."""

    gate: ClassVar[str] = "data_quality"
    check: Literal["open_findings"]
    max: Annotated[int, Within(0, 1000)]
    warn: Annotated[int, Within(0, 1000)] | None = None


class Reproducibility(Ceiling):
    """Greatest difference of a margin when the members are trained again from the record."""

    gate: ClassVar[str] = "reproducibility"
    needs: ClassVar[frozenset[ProbeName]] = frozenset({"replay"})
    check: Literal["reproducibility"]
    max: Annotated[float, Within(0, 0.01)]
