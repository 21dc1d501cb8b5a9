"""The closed set of checks that a policy can demand, each with typed, range-checked parameters.

A threshold has no default: what is demanded of a model is written in the policy, not in the code.
What a check measures is described where it is measured, in `accredit_governance.gates`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from pydantic import Field, StrictBool, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from accredit_governance.documents import Document
from accredit_governance.policy.ranges import Within

Task: TypeAlias = Literal["binary", "multiclass", "regression"]
TASKS: Final[tuple[Task, ...]] = ("binary", "multiclass", "regression")
Text: TypeAlias = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3)]
Column: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Share: TypeAlias = Annotated[float, Within(0, 1)]

_EVERY: Final[frozenset[str]] = frozenset(TASKS)
_CLASSES: Final[frozenset[str]] = frozenset({"binary", "multiclass"})
_DECISIONS: Final[frozenset[str]] = frozenset({"binary"})


class CheckSpec(Document):
    """One demand of a policy.

    Attributes:
        required: Whether a bad verdict blocks the model version; else it is only shown.
        waivable: Whether two people may accept `insufficient_evidence` of this check.
        source: Authority of the threshold, or `[house]` with the reason for it.
    """

    gate: ClassVar[str]
    tasks: ClassVar[frozenset[str]] = _EVERY
    direction: ClassVar[Literal["min", "max"]] = "max"

    check: str
    required: StrictBool = True
    waivable: StrictBool = False
    source: Text

    @property
    def limit(self) -> float | None:
        """The threshold that a verdict is given against, None when there is no number."""
        return None


class Floor(CheckSpec):
    """A check whose value must not fall below `min`; below `warn` it is pointed out."""

    direction: ClassVar[Literal["min", "max"]] = "min"

    min: float
    warn: Annotated[float, Within(0, 1)] | None = None

    @property
    def limit(self) -> float:
        """The smallest value that passes."""
        return self.min

    @model_validator(mode="after")
    def _warn_before_failing(self) -> "Floor":
        if self.warn is not None and self.warn <= self.min:
            raise PydanticCustomError(
                "wrong_side",
                "warn is {warn} but must be greater than min ({limit}): good values lie above",
                {"warn": f"{self.warn:g}", "limit": f"{self.min:g}"},
            )
        return self


class Ceiling(CheckSpec):
    """A check whose value must not rise above `max`; above `warn` it is pointed out."""

    max: float
    warn: Annotated[float, Within(0, 1)] | None = None

    @property
    def limit(self) -> float:
        """The greatest value that passes."""
        return self.max

    @model_validator(mode="after")
    def _warn_before_failing(self) -> "Ceiling":
        if self.warn is not None and self.warn >= self.max:
            raise PydanticCustomError(
                "wrong_side",
                "warn is {warn} but must be less than max ({limit}): good values lie below",
                {"warn": f"{self.warn:g}", "limit": f"{self.max:g}"},
            )
        return self


class Discrimination(Floor):
    """ROC AUC on the test rows; several classes: mean of the one-versus-rest areas."""

    gate: ClassVar[str] = "performance"
    tasks: ClassVar[frozenset[str]] = _CLASSES
    check: Literal["discrimination"]
    min: Annotated[float, Within(0.5, 1)]


class BaselineGain(Floor):
    """Share of the trivial baseline's squared error that the model removes (R², Brier skill)."""

    gate: ClassVar[str] = "performance"
    check: Literal["baseline_gain"]
    min: Annotated[float, Within(0, 1)]


class Calibration(Ceiling):
    """Expected calibration error over bins of equal row counts."""

    gate: ClassVar[str] = "performance"
    tasks: ClassVar[frozenset[str]] = _CLASSES
    check: Literal["calibration"]
    max: Annotated[float, Within(0.001, 0.5)]
    bins: Annotated[int, Within(5, 50)] = 15


class Overfitting(Ceiling):
    """Out-of-fold score on the training rows minus the score on the test rows."""

    gate: ClassVar[str] = "performance"
    check: Literal["overfitting"]
    max: Annotated[float, Within(0, 0.5)]


class HoldoutSize(CheckSpec):
    """Test rows in all and, for classification, in the rarest class."""

    gate: ClassVar[str] = "performance"
    direction: ClassVar[Literal["min", "max"]] = "min"
    check: Literal["holdout_size"]
    min_rows: Annotated[int, Within(20, 10_000_000)]
    min_per_class: Annotated[int, Within(1, 1_000_000)] = 20

    @property
    def limit(self) -> float:
        """The smallest number of test rows that passes."""
        return float(self.min_rows)


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


class AttributeCoverage(Floor):
    """Share of test rows whose sensitive feature is known."""

    gate: ClassVar[str] = "bias"
    check: Literal["attribute_coverage"]
    min: Share


class GroupCheck(CheckSpec):
    """What the comparisons of groups share.

    Attributes:
        reference: Sensitive feature → group the others are compared with. Without an entry it is
            the group with the highest rate among those large enough.
        intersections: Whether pairs of sensitive features are examined too.
    """

    gate: ClassVar[str] = "bias"
    tasks: ClassVar[frozenset[str]] = _DECISIONS

    reference: dict[Column, str] = Field(default_factory=dict)
    intersections: StrictBool = True


class AdverseImpactRatio(Floor, GroupCheck):
    """Selection rate of a group divided by that of the reference group."""

    check: Literal["adverse_impact_ratio"]
    min: Annotated[float, Within(0.5, 0.99)]


class AdverseImpactSweep(Floor, GroupCheck):
    """Lowest adverse impact ratio when the cut-off moves by up to `span` of the selection rate."""

    check: Literal["adverse_impact_sweep"]
    min: Annotated[float, Within(0.5, 0.99)]
    span: Annotated[float, Within(0.01, 0.25)] = 0.10


class TruePositiveRateGap(Ceiling, GroupCheck):
    """Greatest difference of a group's true positive rate to the reference group's."""

    check: Literal["true_positive_rate_gap"]
    max: Annotated[float, Within(0.01, 0.5)]


class FalsePositiveRateGap(Ceiling, GroupCheck):
    """Greatest difference of a group's false positive rate to the reference group's."""

    check: Literal["false_positive_rate_gap"]
    max: Annotated[float, Within(0.01, 0.5)]


class SensitiveIsolation(CheckSpec):
    """No sensitive feature, and no column known to stand for one, is an input of the model.

    Attributes:
        aliases: Prohibited basis → column names that carry it, whether or not it is a sensitive
            feature of this data set. Compared without regard to case.
    """

    gate: ClassVar[str] = "bias"
    check: Literal["sensitive_isolation"]
    aliases: dict[Column, tuple[Column, ...]] = Field(default_factory=dict)

    @property
    def limit(self) -> float:
        """No such input is allowed."""
        return 0.0


class ProxyStrength(Ceiling):
    """How well a single input tells the groups of a sensitive feature apart (ROC AUC).

    Attributes:
        min_share: Share of the model's attributions from which a strong proxy fails rather than
            warns.
    """

    gate: ClassVar[str] = "bias"
    check: Literal["proxy_strength"]
    max: Annotated[float, Within(0.5, 1)]
    min_share: Annotated[float, Within(0, 1)] = 0.05


class ExplanationCompleteness(Ceiling):
    """Greatest relative error of `base + sum of attributions = margin` over every test row."""

    gate: ClassVar[str] = "explainability"
    check: Literal["explanation_completeness"]
    max: Annotated[float, Within(1e-12, 1e-3)]


class ExplanationOwnership(CheckSpec):
    """Every attribution belongs to a raw input column, and every input column has one."""

    gate: ClassVar[str] = "explainability"
    check: Literal["explanation_ownership"]

    @property
    def limit(self) -> float:
        """No column may be without an owner."""
        return 0.0


class Dominance(Ceiling):
    """Share of the mean absolute attributions that the strongest column holds."""

    gate: ClassVar[str] = "explainability"
    check: Literal["dominance"]
    max: Share


class ReasonCoverage(CheckSpec):
    """Every input column has an approved reason text or is declared non-disclosable."""

    gate: ClassVar[str] = "explainability"
    tasks: ClassVar[frozenset[str]] = _DECISIONS
    check: Literal["reason_coverage"]

    @property
    def limit(self) -> float:
        """No column may be without a text."""
        return 0.0


Check: TypeAlias = Annotated[
    Discrimination
    | BaselineGain
    | Calibration
    | Overfitting
    | HoldoutSize
    | CriticalFindings
    | HoldoutContamination
    | AttributeCoverage
    | AdverseImpactRatio
    | AdverseImpactSweep
    | TruePositiveRateGap
    | FalsePositiveRateGap
    | SensitiveIsolation
    | ProxyStrength
    | ExplanationCompleteness
    | ExplanationOwnership
    | Dominance
    | ReasonCoverage,
    Field(discriminator="check"),
]

CHECKS: Final[Mapping[str, type[CheckSpec]]] = MappingProxyType(
    {
        "discrimination": Discrimination,
        "baseline_gain": BaselineGain,
        "calibration": Calibration,
        "overfitting": Overfitting,
        "holdout_size": HoldoutSize,
        "critical_findings": CriticalFindings,
        "holdout_contamination": HoldoutContamination,
        "attribute_coverage": AttributeCoverage,
        "adverse_impact_ratio": AdverseImpactRatio,
        "adverse_impact_sweep": AdverseImpactSweep,
        "true_positive_rate_gap": TruePositiveRateGap,
        "false_positive_rate_gap": FalsePositiveRateGap,
        "sensitive_isolation": SensitiveIsolation,
        "proxy_strength": ProxyStrength,
        "explanation_completeness": ExplanationCompleteness,
        "explanation_ownership": ExplanationOwnership,
        "dominance": Dominance,
        "reason_coverage": ReasonCoverage,
    }
)
"""Name of a check → what a policy says about it. The union and the gates have the same names."""
