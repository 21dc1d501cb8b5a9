"""Mitigation inside the search: models that select groups at more similar rates.

A mitigated trial changes what a family is trained on, never its inputs: the result is one
deterministic model that does not know the sensitive features, neither in training as an input nor
at prediction. Two hyper-parameters say how: a method and its strength, in [0, 1].

1. `none` trains as usual: the accurate end of the trade-off.
2. `reweighing` (Kamiran and Calders 2012) weighs rows until label and group are independent.
3. `reduction` (Agarwal et al. 2018) re-labels and re-weighs rows by the moment of the constraint
   and a Lagrange multiplier.

With several sensitive features both act on each of them and on the crossed pairs at once; groups
that are too small to be compared exert no pressure of their own (see `groups`). Thresholds by group
are not on offer: they would need the sensitive feature at decision time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd
from fairlearn.reductions import DemographicParity, EqualizedOdds, ErrorRate, UtilityParity
from numpy.typing import NDArray
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from accredit_engine.errors import TrialFailed, UnfitMitigation
from accredit_engine.families.family import TRAITS, Family, FamilyName, Member, Params, Training
from accredit_engine.search.groups import Grouping


class Method(StrEnum):
    """How a trial is mitigated."""

    NONE = "none"
    REWEIGHING = "reweighing"
    REDUCTION = "reduction"


METHOD: Final = "method"
STRENGTH: Final = "strength"
MAX_STRENGTH: Final = 1.0
LAST_RESORT: Final[Params] = MappingProxyType({METHOD: Method.REDUCTION.value, STRENGTH: 0.5})
"""What a single quick trial is mitigated with when time is out."""
_MOMENTS: Final = {"demographic_parity": DemographicParity, "equalized_odds": EqualizedOdds}
_PRESSURE: Final = 6.0
_SWEEPS: Final = 50
_SETTLED: Final = 1e-9
_STAGED: Final = frozenset(name for name, traits in TRAITS.items() if traits.stops_early)
"""Families that learn in rounds. Mitigated they are not stopped early: held rows carry the labels
of another objective. So their rounds are fixed first and searched later."""
_FIRST_ROUNDS: Final = 100
_FIRST_FAMILIES: Final = 3
"""A method beyond the first is tried on this many families only, else it would take all trials."""


@dataclass(frozen=True, slots=True)
class Mitigation:
    """What is demanded of the selection rates.

    Attributes:
        sensitive_feature: Column whose groups are compared, or several: then each of them and each
            crossed pair is compared. Missing values are a group.
        constraint: Moment that trains the members: demographic_parity or equalized_odds.
        min_ratio: Smallest lowest-to-highest selection rate of groups, out of fold, in (0, 1].
    """

    sensitive_feature: str | tuple[str, ...]
    constraint: str = "demographic_parity"
    min_ratio: float = 0.9

    def __post_init__(self) -> None:
        """Refuse what cannot be demanded.

        Raises:
            UnfitMitigation: no column or one twice, an unknown constraint, a ratio outside (0, 1].
        """
        features = self.features
        if not features or len(set(features)) < len(features):
            message = f"name each sensitive feature once, at least one, not {list(features)}"
            raise UnfitMitigation(message)
        # One name is one name, however it was given: equal demands have equal JSON.
        named = features[0] if len(features) == 1 else features
        object.__setattr__(self, "sensitive_feature", named)
        if self.constraint not in _MOMENTS:
            message = f"the constraint {self.constraint!r} is unknown; use {sorted(_MOMENTS)}"
            raise UnfitMitigation(message)
        if not 0 < self.min_ratio <= 1:
            message = f"min_ratio must lie in (0, 1], not {self.min_ratio}"
            raise UnfitMitigation(message)

    @property
    def features(self) -> tuple[str, ...]:
        """The sensitive features, one or several."""
        named = self.sensitive_feature
        return (named,) if isinstance(named, str) else tuple(named)

    @property
    def methods(self) -> tuple[Method, ...]:
        """Methods that serve the constraint: reweighing knows no error rates."""
        if self.constraint == "demographic_parity":
            return (Method.NONE, Method.REWEIGHING, Method.REDUCTION)
        return (Method.NONE, Method.REDUCTION)

    def to_dict(self) -> dict[str, object]:
        """JSON form; `sensitive_feature` is a name, or a list of several."""
        named = self.sensitive_feature
        return {
            "sensitive_feature": named if isinstance(named, str) else list(named),
            "constraint": self.constraint,
            "min_ratio": self.min_ratio,
        }


def first_mitigated(
    defaults: Mapping[FamilyName, Params], mitigation: Mitigation
) -> tuple[tuple[FamilyName, Params], ...]:
    """Fixed proposals that come before the adaptive search.

    Order: a reduction for every family, since a model that meets the demand comes first; one
    unmitigated model, which says what the demand costs; then the other methods and strengths on the
    first families.

    Args:
        defaults: Default configuration by family, in the order of trying.
        mitigation: The demand; it says which methods serve.
    """
    few = list(defaults)[:_FIRST_FAMILIES]
    plan: list[tuple[Sequence[FamilyName], Method, float]] = [
        (list(defaults), Method.REDUCTION, 0.5),
        (few[:1], Method.NONE, 0.0),
        (few, Method.REDUCTION, MAX_STRENGTH),
        (few[:1], Method.REWEIGHING, 1.0),
        (few, Method.REDUCTION, 0.25),
    ]
    return tuple(
        (name, {**defaults[name], **_first_rounds(name), METHOD: method.value, STRENGTH: strength})
        for names, method, strength in plan
        if method in mitigation.methods
        for name in names
    )


def _first_rounds(name: FamilyName) -> Params:
    return {"rounds": _FIRST_ROUNDS} if name in _STAGED else {}


def mitigated_space(name: FamilyName, mitigation: Mitigation) -> dict[str, BaseDistribution]:
    """What the search varies beside a family's own space."""
    space: dict[str, BaseDistribution] = {
        METHOD: CategoricalDistribution([method.value for method in mitigation.methods]),
        STRENGTH: FloatDistribution(0.0, MAX_STRENGTH),
    }
    if name in _STAGED:
        space["rounds"] = IntDistribution(20, 300, log=True)
    return space


def settled_method(params: Params) -> Params:
    """Proposed params with one name for one thing: no method has no strength, and the reverse."""
    if METHOD not in params:
        return params
    if params[METHOD] == Method.NONE or params[STRENGTH] == 0:
        return {**params, METHOD: Method.NONE.value, STRENGTH: 0.0}
    return params


def train_mitigated(
    family: Family,
    training: Training,
    params: Params,
    mitigation: Mitigation,
    groupings: Sequence[Grouping],
) -> tuple[Member, Params]:
    """Train one member by `params["method"]` at `params["strength"]`.

    Args:
        family: Family to train.
        training: Inputs of the fit; weights that it has are kept in proportion.
        params: Params of the family with the method and its strength.
        mitigation: The demand.
        groupings: What is compared, on the rows of the training.

    Raises:
        TrialFailed: the re-labelling leaves a single class, or the fit fails.
    """
    method, strength = Method(str(params[METHOD])), float(params[STRENGTH])
    plain = {name: value for name, value in params.items() if name not in (METHOD, STRENGTH)}
    if method is Method.REWEIGHING:
        training = _weighed(training, reweighing(training.y, groupings, strength))
    elif method is Method.REDUCTION and strength > 0:
        labels, weight = reduction(training.y, groupings, strength, mitigation.constraint)
        training = _weighed(replace(training, y=labels), weight)
    member, settled = family.train(training, plain)
    return member, {**settled, METHOD: method.value, STRENGTH: strength}


def _weighed(training: Training, weight: NDArray[np.float64]) -> Training:
    """Rows weighed, on average by one, beside the weights that they have."""
    both = weight if training.weight is None else weight * training.weight
    return replace(training, weight=both / both.mean())


def reweighing(
    y: NDArray[np.float64], groupings: Sequence[Grouping], strength: float
) -> NDArray[np.float64]:
    """Weights (n,) under which label and group are independent, in every grouping at once.

    For one grouping these are the weights of Kamiran and Calders, P(group) P(label) / P(both). For
    several they are fitted in turn, starting from the last result, until all hold (raking, as in
    Deming and Stephan 1940). A group with one label only keeps its weights: none could help.

    Args:
        y: Labels (n,), 0 or 1.
        groupings: What is compared, on the same rows.
        strength: 1 takes the weights as they are, 0 leaves every row at one; in between linear.
    """
    positive = y > 0.5
    share = float(positive.mean())
    weight = np.ones(len(y))
    cells = [
        (np.flatnonzero(members & positive), np.flatnonzero(members & ~positive))
        for grouping in groupings
        for code in np.flatnonzero(grouping.large)
        for members in [grouping.codes == code]
    ]
    cells = [(ones, zeros) for ones, zeros in cells if len(ones) and len(zeros)]
    for _ in range(_SWEEPS):
        largest = 0.0
        for ones, zeros in cells:
            mass_1, mass_0 = float(weight[ones].sum()), float(weight[zeros].sum())
            largest = max(largest, abs(mass_1 / (mass_1 + mass_0) - share))
            weight[ones] *= (mass_1 + mass_0) * share / mass_1
            weight[zeros] *= (mass_1 + mass_0) * (1 - share) / mass_0
        if largest <= _SETTLED:
            break
    return 1 + strength * (weight - 1)


def reduction(
    y: NDArray[np.float64], groupings: Sequence[Grouping], strength: float, constraint: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Labels and weights (n,) of the cost-sensitive problem that the Lagrangian poses.

    The moments of all groupings are in it at once; for one grouping this is what Fairlearn's
    GridSearch trains on for the same multipliers. The multiplier of a group is its share of the
    rows times how far its favourable rate lies off the overall one, so that a row is pushed by how
    far its groups are off, however small they are. At strength 1 the hardest pushed row is pushed
    by six times what its own label weighs.

    Raises:
        TrialFailed: the re-labelling leaves a single class.
    """
    rows = np.arange(len(y))[:, None]
    objective = ErrorRate()
    objective.load_data(rows, y, sensitive_features=np.zeros(len(y)))
    signed = objective.signed_weights().to_numpy(dtype=np.float64)
    off = [_deviations(y, grouping) for grouping in groupings]
    total = sum(
        (values[grouping.codes] for values, grouping in zip(off, groupings, strict=True)),
        start=np.zeros(len(y)),
    )
    hardest = float(np.abs(total).max())
    scale = _PRESSURE * strength / hardest if hardest > 0 else 0.0
    for grouping, values in zip(groupings, off, strict=True):
        moment = _MOMENTS[constraint]()
        moment.load_data(rows, y, sensitive_features=grouping.codes)
        multipliers = _multipliers(moment, scale * values)
        signed = signed + moment.signed_weights(multipliers).to_numpy(dtype=np.float64)
    labels = (signed > 0).astype(np.float64)
    if labels.min() == labels.max():
        message = f"a multiplier of {strength:g} leaves a single class"
        raise TrialFailed(message)
    return labels, np.abs(signed)


def _deviations(y: NDArray[np.float64], grouping: Grouping) -> NDArray[np.float64]:
    """Favourable rate of each group (groups,) minus the overall one; 0 for what is not compared."""
    rates = grouping.rates(y > 0.5)
    return np.where(grouping.large & (grouping.rows > 0), rates - float(y.mean()), 0.0)


def _multipliers(moment: UtilityParity, pull: NDArray[np.float64]) -> pd.Series:
    """Pressure down on groups with a positive pull, up on those with a negative one."""
    shares = moment.prob_group_event
    values = [
        shares[(event, group)] * max(pull[group] if sign == "+" else -pull[group], 0.0)
        for sign, event, group in moment.index
    ]
    return pd.Series(values, index=moment.index, dtype=np.float64)
