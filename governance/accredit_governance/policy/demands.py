"""What every demand of a policy has in common: a name, a threshold, an authority.

A threshold has no default: what is demanded of a model is written in the policy, not in the code.
"""

from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from pydantic import StrictBool, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from accredit_governance.documents import Document
from accredit_governance.policy.ranges import Within

Task: TypeAlias = Literal["binary", "multiclass", "regression"]
TASKS: Final[tuple[Task, ...]] = ("binary", "multiclass", "regression")
Text: TypeAlias = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3)]
Column: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Share: TypeAlias = Annotated[float, Within(0, 1)]

ProbeName: TypeAlias = Literal[
    "alternative",
    "backgrounds",
    "bootstrap_refits",
    "challenger",
    "champion",
    "monotone_grid",
    "perturbations",
    "replacements",
    "replay",
    "seed_refits",
]
"""What a model can be asked beyond its answers on the test rows; see `gates.probes`."""

EVERY_TASK: Final[frozenset[str]] = frozenset(TASKS)
CLASSES: Final[frozenset[str]] = frozenset({"binary", "multiclass"})
DECISIONS: Final[frozenset[str]] = frozenset({"binary"})


class CheckSpec(Document):
    """One demand of a policy.

    Attributes:
        check: Name of what is checked.
        required: Whether a bad verdict blocks the model version; else it is only shown.
        waivable: Whether two people may accept `insufficient_evidence` of this check.
        source: Authority of the threshold, or `[house]` with the reason for it.
        needs: What has to be asked of the model beyond its answers on the test rows.
    """

    gate: ClassVar[str]
    needs: ClassVar[frozenset[ProbeName]] = frozenset()
    tasks: ClassVar[frozenset[str]] = EVERY_TASK
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
    """A check whose value must not fall below `min`; below `warn` it is pointed out.

    Attributes:
        min: Smallest value that passes.
        warn: Values from `min` to here pass with a remark.
    """

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
    """A check whose value must not rise above `max`; above `warn` it is pointed out.

    Attributes:
        max: Greatest value that passes.
        warn: Values from here to `max` pass with a remark.
    """

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
