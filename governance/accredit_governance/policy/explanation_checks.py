"""Demands on explanations: that they are the model's own, stable, and fit to be told.

What a check measures is described where it is measured, in `accredit_governance.gates`.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StrictBool

from accredit_governance.policy.demands import (
    DECISIONS,
    Ceiling,
    CheckSpec,
    Column,
    Floor,
    ProbeName,
    Share,
)
from accredit_governance.policy.ranges import Within


class ExplanationCompleteness(Ceiling):
    """Greatest relative error of `base + sum of attributions = margin` over every test row.

    Attributions that have to be sampled fail, although they add up.
    """

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


class ExplanationStability(Floor):
    """Overlap of the strongest reasons, at most four, when the model is made from resampled rows.

    Attributes:
        min_rank_correlation: Smallest Spearman correlation of the columns' importance.
        max_disagreement: Greatest share of the rows that are decided otherwise.
        refits: Models made from bootstrap samples of the training rows.
    """

    gate: ClassVar[str] = "explainability"
    needs: ClassVar[frozenset[ProbeName]] = frozenset({"bootstrap_refits"})
    check: Literal["explanation_stability"]
    min: Share
    min_rank_correlation: Share = 0.90
    max_disagreement: Share = 0.05
    refits: Annotated[int, Within(2, 50)] = 10


class BackgroundStability(Floor):
    """Overlap of the strongest reasons, at most four, between two disjoint backgrounds."""

    gate: ClassVar[str] = "explainability"
    needs: ClassVar[frozenset[ProbeName]] = frozenset({"backgrounds"})
    check: Literal["background_stability"]
    min: Share


class ReasonFaithfulness(Floor):
    """Share of refusals that turn when their reasons are set right, less that of random columns.

    At most four columns, and at most half of the inputs, are set to what approved rows have.
    """

    gate: ClassVar[str] = "explainability"
    tasks: ClassVar[frozenset[str]] = DECISIONS
    needs: ClassVar[frozenset[ProbeName]] = frozenset({"replacements"})
    check: Literal["reason_faithfulness"]
    min: Share


class Monotonicity(CheckSpec):
    """The score moves only in the declared direction of a column, on a grid of real rows.

    Attributes:
        directions: Column → 1 or -1: the favourable score may only rise or fall with it.
        demand_for_reasons: Whether every numeric input with a reason text needs a direction, here
            or in the run.
    """

    gate: ClassVar[str] = "explainability"
    tasks: ClassVar[frozenset[str]] = frozenset({"binary", "regression"})
    needs: ClassVar[frozenset[ProbeName]] = frozenset({"monotone_grid"})
    check: Literal["monotonicity"]
    directions: dict[Column, Literal[1, -1]] = Field(default_factory=dict)
    demand_for_reasons: StrictBool = False

    @property
    def limit(self) -> float:
        """No violation is allowed."""
        return 0.0


class ReasonCoverage(CheckSpec):
    """Every refusal is told in approved words, and in none that stand for a sensitive feature.

    Every input has a reason text or is declared non-disclosable; no input with a text carries a
    sensitive feature or is a proxy beyond the limit of `proxy_strength`; every refused test row
    gets at least one reason.
    """

    gate: ClassVar[str] = "explainability"
    tasks: ClassVar[frozenset[str]] = DECISIONS
    check: Literal["reason_coverage"]

    @property
    def limit(self) -> float:
        """No fault is allowed."""
        return 0.0


class SimpleChallenger(Floor):
    """Gain of the model over the best one that a person can read as a whole.

    A smaller gain than `min` asks for a written reason why the simpler model is not used.
    """

    gate: ClassVar[str] = "explainability"
    needs: ClassVar[frozenset[ProbeName]] = frozenset({"challenger"})
    check: Literal["simple_challenger"]
    min: Annotated[float, Within(0, 0.1)]
