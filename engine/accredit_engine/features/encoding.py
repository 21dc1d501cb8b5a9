"""The encoding a model is fed with: a plan, with derived features or without."""

from dataclasses import dataclass
from typing import Self

from accredit_engine.features.plan import PlanName

_DERIVED = "+derived"


@dataclass(frozen=True, slots=True)
class Encoding:
    """Key of an encoder.

    Attributes:
        plan: The choices it is fitted with.
        derived: Whether features made of several columns are added.
    """

    plan: PlanName
    derived: bool = False

    @property
    def name(self) -> str:
        """Name in bundles and records, such as `boosting+derived`."""
        return f"{self.plan.value}{_DERIVED if self.derived else ''}"

    @classmethod
    def named(cls, name: str) -> Self:
        """Inverse of `name`.

        Raises:
            ValueError: no such plan.
        """
        return cls(PlanName(name.removesuffix(_DERIVED)), name.endswith(_DERIVED))
