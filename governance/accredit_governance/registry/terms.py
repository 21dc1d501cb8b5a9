"""What people state: the terms of a use case, the spec of a run, the statements of a card."""

from itertools import pairwise
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, StringConstraints, field_validator, model_validator

from accredit_governance.documents import Document, WholeNumber
from accredit_governance.registry.choices import INTERPRETABLE, ColumnKind, Family, Sampler

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
"""Prose that must not be empty."""

Domain = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,62}$")]
"""What policies call a purpose: small ASCII letters, so that no look-alike slips past a policy."""

Jurisdiction = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[a-z0-9]{1,4})?$")]
"""`us`, `us-ma`, `eu`: as policies write them."""

Label: TypeAlias = bool | WholeNumber | float | str
"""A label of the target."""

Column = Annotated[str, StringConstraints(min_length=1, max_length=200)]
"""Name of a column in a dataset."""


class SensitiveFeature(Document):
    """A column whose groups must be treated alike; kept out of the model's inputs."""

    column: Column
    origin: Literal["self_reported", "third_party", "inferred"]
    reference: str | None = Field(
        default=None,
        description="group the others are compared with; default: for rates the best-off one, for"
        " scores the largest",
    )
    bins: Annotated[tuple[float, ...], Field(min_length=1, max_length=50)] | None = Field(
        default=None,
        description="ascending cuts that make groups of a number: [40, 62] gives `under 40`,"
        " `40 to 61` and `62 and over`",
    )
    unknown_values: Annotated[tuple[Column, ...], Field(max_length=50)] = Field(
        default=(),
        description="values that say that the group is not known, codes above all: [`6`, `7`];"
        " usual words for it such as `not available` are known",
    )

    @field_validator("bins", mode="after")
    @classmethod
    def _ascending(cls, bins: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if bins is not None and any(low >= high for low, high in pairwise(bins)):
            raise ValueError(f"bins are ascending cuts, each once; they are {[*bins]}")
        return bins


class UseCaseTerms(Document):
    """Why a model may exist, and within which limits. How material it is, is assessed apart."""

    title: Text
    purpose: Text
    prohibited_uses: tuple[Text, ...] = Field(min_length=1)
    allowed_uses: Annotated[tuple[Text, ...], Field(max_length=50)] = Field(
        default=(),
        description="uses in words that the owner may grant without compliance in tiers 3 and 4",
    )
    permitted_purposes: Annotated[tuple[Domain, ...], Field(max_length=50)] = Field(
        default=(),
        description="codes that a prediction may state as its purpose, e.g. `loan_decision`;"
        " default: the domain",
    )
    domain: Domain = Field(description="what the policy calls the purpose, e.g. `consumer_credit`")
    jurisdictions: tuple[Jurisdiction, ...] = Field(min_length=1)
    task: Literal["binary", "multiclass", "regression"]
    target: Column
    favourable: Label | Annotated[tuple[Label, ...], Field(min_length=1, max_length=100)] | None = (
        Field(
            default=None,
            description="the label that is good for the person; multiclass: one or several",
        )
    )
    sensitive_features: tuple[SensitiveFeature, ...] = ()

    @property
    def purposes(self) -> tuple[str, ...]:
        """Codes of what the models may be used for; at least one."""
        return self.permitted_purposes or (self.domain,)

    @property
    def foreseen_uses(self) -> frozenset[str]:
        """Uses in words that need no second look in a lower tier."""
        return frozenset({self.purpose, *self.allowed_uses})

    @property
    def favourable_labels(self) -> tuple[Label, ...]:
        """Labels that are good for the person; none, one or several."""
        if self.favourable is None:
            return ()
        return self.favourable if isinstance(self.favourable, tuple) else (self.favourable,)

    @field_validator("favourable", mode="after")
    @classmethod
    def _each_label_once(
        cls, favourable: Label | tuple[Label, ...] | None
    ) -> Label | tuple[Label, ...] | None:
        """One label in a list is one label: equal terms have one digest."""
        if not isinstance(favourable, tuple):
            return favourable
        if len({str(label) for label in favourable}) < len(favourable):
            raise ValueError("name each favourable label once")
        return favourable[0] if len(favourable) == 1 else favourable

    @model_validator(mode="after")
    def _labels_suit_the_task(self) -> Self:
        labels = self.favourable_labels
        if self.task != "multiclass" and len(labels) > 1:
            named = ", ".join(repr(label) for label in labels)
            raise ValueError(
                f"a {self.task} use case has one favourable label; these are {len(labels)}: {named}"
            )
        return self


class MitigationSpec(Document):
    """Ask the search for models that treat the groups alike."""

    sensitive_feature: Column | tuple[Column, ...] = Field(
        description="one sensitive feature, or several: then each and each crossed pair counts"
    )
    constraint: Literal["demographic_parity", "equalized_odds"] = "demographic_parity"
    min_ratio: float = Field(default=0.9, gt=0, le=1)

    @property
    def features(self) -> tuple[str, ...]:
        """The sensitive features, one or several."""
        named = self.sensitive_feature
        return (named,) if isinstance(named, str) else named

    @field_validator("sensitive_feature", mode="after")
    @classmethod
    def _each_once(cls, named: str | tuple[str, ...]) -> str | tuple[str, ...]:
        """One name in a list is one name: equal demands have one digest."""
        if isinstance(named, str):
            return named
        if not named or len(set(named)) < len(named):
            raise ValueError("name each sensitive feature once, at least one")
        return named[0] if len(named) == 1 else named


class RunSpec(Document):
    """What an AutoML run is asked for. The use case says the target and the task."""

    metric: str | None = Field(
        default=None, description="scikit-learn scorer name that suits the task"
    )
    time_budget_s: float = Field(default=60, gt=0, le=86_400)
    max_trials: int | None = Field(default=None, ge=1, le=10_000)
    seed: int = Field(
        default=0,
        ge=0,
        lt=2**31,
        description="of the search; which rows are left aside for the gates the data decide",
    )
    families: tuple[Family, ...] | None = Field(
        default=None, min_length=1, description="default: all that fit the data and are installed"
    )
    interpretable: bool = Field(
        default=False, description="only models that a person can read as a whole"
    )
    sampler: Sampler = Field(default="tpe", description="how configurations are drawn")
    exclude: tuple[Column, ...] = ()
    column_kinds: dict[Column, ColumnKind] = Field(default_factory=dict)
    groups: Column | None = Field(
        default=None,
        description="equal values belong together, e.g. one customer: never on both sides of a"
        " fold or of the hold-out; no input",
    )
    time: Column | None = Field(
        default=None,
        description="when a row was known: folds and hold-out come after what they are judged by",
    )
    monotone: dict[Column, Literal[1, -1]] = Field(
        default_factory=dict,
        description="1 or -1 by column: the favourable score may only rise or fall with it",
    )
    class_weight: Literal["balanced"] | None = Field(
        default=None, description="weigh classes by rarity; probabilities stay the population's"
    )
    holdout_share: float = Field(default=0.35, gt=0.05, lt=0.6)
    mitigation: MitigationSpec | None = None

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        """Refuse what no run can do at once."""
        if self.class_weight is not None and self.mitigation is not None:
            raise ValueError("class_weight and mitigation both weigh rows; use one of them")
        if self.interpretable and self.families and not INTERPRETABLE & {*self.families}:
            raise ValueError(
                f"none of these families is interpretable; use {', '.join(sorted(INTERPRETABLE))}"
            )
        return self


class CardStatements(Document):
    """What only people can say about a model version. The first two are required."""

    limitations: Text
    oversight: Text = Field(
        description="who may overrule the model, and how a person concerned can object"
    )
    choice_rationale: str = Field(default="", max_length=4000)
    fairness_rationale: str = Field(default="", max_length=4000)
    ethical_considerations: str = Field(default="", max_length=4000)
