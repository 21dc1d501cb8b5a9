"""Demands on how groups of people fare.

What a check measures is described where it is measured, in `accredit_governance.gates`.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StrictBool

from accredit_governance.policy.demands import (
    CLASSES,
    DECISIONS,
    Ceiling,
    CheckSpec,
    Column,
    Floor,
    ProbeName,
    Share,
)
from accredit_governance.policy.ranges import Within

_VALUES = frozenset({"binary", "regression"})


class AttributeCoverage(Floor):
    """Share of test rows whose sensitive feature is known."""

    gate: ClassVar[str] = "bias"
    check: Literal["attribute_coverage"]
    min: Share


class AttributeOrigin(CheckSpec):
    """How the sensitive features were come by is stated, and inferred ones are not taken for known.

    Attributes:
        allow_inferred: Whether verdicts on an inferred feature count like any other. Else, and
            under a policy without this check, they are capped at `insufficient_evidence`.
    """

    gate: ClassVar[str] = "bias"
    check: Literal["attribute_origin"]
    allow_inferred: StrictBool = False

    @property
    def limit(self) -> float:
        """No inferred feature is allowed, unless all are."""
        return 0.0


class GroupCheck(CheckSpec):
    """What the comparisons of groups share.

    Attributes:
        reference: Sensitive feature → group the others are compared with. Without an entry it is
            the one that the use case declares, else the check chooses: for rates the group with the
            highest among those large enough, for scores the largest.
        intersections: Whether pairs of sensitive features are examined too.
    """

    gate: ClassVar[str] = "bias"
    tasks: ClassVar[frozenset[str]] = CLASSES

    reference: dict[Column, str] = Field(default_factory=dict)
    intersections: StrictBool = True


class AdverseImpactRatio(Floor, GroupCheck):
    """Selection rate of a group divided by that of the reference group."""

    check: Literal["adverse_impact_ratio"]
    min: Annotated[float, Within(0.5, 0.99)]


class AdverseImpactSweep(Floor, GroupCheck):
    """Lowest adverse impact ratio when the cut-off moves by up to `span` of the selection rate.

    Attributes:
        span: How far the share of people who are selected moves, up and down.
    """

    tasks: ClassVar[frozenset[str]] = DECISIONS
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


class ScoringRateRatio(Floor, GroupCheck):
    """Share of a group scored above the median of all, divided by that of the reference group.

    The impact ratio of New York City's Local Law 144 for tools that score rather than select.
    """

    tasks: ClassVar[frozenset[str]] = _VALUES
    check: Literal["scoring_rate_ratio"]
    min: Annotated[float, Within(0.5, 0.99)]


class PredictiveValueGap(Ceiling, GroupCheck):
    """Greatest difference of a group's positive predictive value to the reference group's."""

    tasks: ClassVar[frozenset[str]] = DECISIONS
    check: Literal["predictive_value_gap"]
    max: Annotated[float, Within(0.01, 0.5)]


class GroupCalibration(CheckSpec):
    """Ratio and difference of observed and expected favourable outcomes of each group.

    Calibration in the large. Both have to be within their limits.

    Attributes:
        min_ratio: Smallest ratio that passes; its inverse is the greatest.
        max_gap: Greatest difference of the two shares that passes.
        intersections: Whether pairs of sensitive features are examined too.
    """

    gate: ClassVar[str] = "bias"
    tasks: ClassVar[frozenset[str]] = DECISIONS
    direction: ClassVar[Literal["min", "max"]] = "min"
    check: Literal["group_calibration"]
    min_ratio: Annotated[float, Within(0.5, 0.99)]
    max_gap: Annotated[float, Within(0, 0.2)] = 0.02
    intersections: StrictBool = True

    @property
    def limit(self) -> float:
        """The smallest ratio that passes."""
        return self.min_ratio


class GroupAucGap(Ceiling, GroupCheck):
    """Greatest difference of a group's ROC AUC to that of the reference group."""

    tasks: ClassVar[frozenset[str]] = DECISIONS
    check: Literal["group_auc_gap"]
    max: Annotated[float, Within(0.01, 0.5)]


class GroupMeanDifference(Ceiling, GroupCheck):
    """Greatest standardized difference of a group's mean score to the reference group's."""

    tasks: ClassVar[frozenset[str]] = _VALUES
    check: Literal["group_mean_difference"]
    max: Annotated[float, Within(0.01, 2)]


class GroupResidualGap(Ceiling, GroupCheck):
    """Greatest difference of a group's mean residual to the reference group's, over sd(outcome)."""

    tasks: ClassVar[frozenset[str]] = frozenset({"regression"})
    check: Literal["group_residual_gap"]
    max: Annotated[float, Within(0.01, 2)]


class GroupErrorRatio(Ceiling, GroupCheck):
    """Greatest mean absolute error of a group divided by that of the reference group."""

    tasks: ClassVar[frozenset[str]] = frozenset({"regression"})
    check: Literal["group_error_ratio"]
    max: Annotated[float, Within(1.01, 5)]
    warn: Annotated[float, Within(1, 5)] | None = None


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


class AlternativeSearch(CheckSpec):
    """Less discriminatory alternatives were looked for, and what was found was put to the test.

    Attributes:
        min_candidates: Models that have to be compared at least.
        tolerance: Loss of the score within which a model is an alternative.
        on_confirmed: What an alternative that the test rows confirm means: `block` fails the model
            version; `decide` is insufficient evidence, so that two people may waive it with their
            reason where the check is waivable.
    """

    gate: ClassVar[str] = "bias"
    tasks: ClassVar[frozenset[str]] = DECISIONS
    needs: ClassVar[frozenset[ProbeName]] = frozenset({"alternative"})
    direction: ClassVar[Literal["min", "max"]] = "min"
    check: Literal["alternative_search"]
    min_candidates: Annotated[int, Within(2, 10_000)]
    tolerance: Annotated[float, Within(0.0001, 0.1)] = 0.005
    on_confirmed: Literal["block", "decide"] = "decide"

    @property
    def limit(self) -> float:
        """The smallest number of candidates that passes."""
        return float(self.min_candidates)
