"""Mitigation inside the search: models that select groups at more similar rates.

Each trial trains one member through Fairlearn's reduction (Agarwal et al. 2018): the moment of the
constraint and a Lagrange multiplier re-label and re-weight the rows, then the family trains as
usual. The result is one deterministic model that never sees the sensitive feature, neither in
training as an input nor at prediction. The strength of the multiplier is a hyper-parameter.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from fairlearn.reductions import DemographicParity, EqualizedOdds, GridSearch
from numpy.typing import NDArray

from accredit_engine.errors import TrialFailed, UnfitMitigation
from accredit_engine.evaluation.threshold import rate_threshold
from accredit_engine.families.family import Family, FamilyName, Member, Params, Training

STRENGTH: Final = "strength"
MAX_STRENGTH: Final = 1.0
_MIN_GROUP_ROWS: Final = 30
_MOMENTS: Final = {"demographic_parity": DemographicParity, "equalized_odds": EqualizedOdds}


@dataclass(frozen=True, slots=True)
class Mitigation:
    """What is demanded of the selection rates.

    Attributes:
        sensitive_feature: Column whose groups are compared; missing values are a group.
        constraint: Moment that trains the members: demographic_parity or equalized_odds.
        min_ratio: Smallest lowest-to-highest selection rate of groups, out of fold, in (0, 1].
    """

    sensitive_feature: str
    constraint: str = "demographic_parity"
    min_ratio: float = 0.9

    def __post_init__(self) -> None:
        """Refuse what cannot be demanded.

        Raises:
            UnfitMitigation: an unknown constraint or a ratio outside (0, 1].
        """
        if self.constraint not in _MOMENTS:
            message = f"the constraint {self.constraint!r} is unknown; use {sorted(_MOMENTS)}"
            raise UnfitMitigation(message)
        if not 0 < self.min_ratio <= 1:
            message = f"min_ratio must lie in (0, 1], not {self.min_ratio}"
            raise UnfitMitigation(message)

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            "sensitive_feature": self.sensitive_feature,
            "constraint": self.constraint,
            "min_ratio": self.min_ratio,
        }


def refuse_groups(groups: NDArray[np.str_], feature: str) -> None:
    """Refuse groups that cannot be compared.

    Raises:
        UnfitMitigation: fewer than two groups have 30 rows.
    """
    _, counts = np.unique(groups, return_counts=True)
    if int((counts >= _MIN_GROUP_ROWS).sum()) < 2:
        message = f"{feature!r} has fewer than two groups of at least {_MIN_GROUP_ROWS} rows"
        raise UnfitMitigation(message)


def selection_rates(
    favourable: NDArray[np.float64], groups: NDArray[np.str_], rate: float
) -> dict[str, tuple[float, int]]:
    """Selection rate and rows per group when a share `rate` of all is selected."""
    selected = favourable >= rate_threshold(favourable, rate)
    return {
        str(group): (float(selected[groups == group].mean()), int((groups == group).sum()))
        for group in np.unique(groups)
    }


def selection_rate_ratio(
    favourable: NDArray[np.float64], groups: NDArray[np.str_], rate: float
) -> float:
    """Lowest selection rate divided by the highest, over groups of at least 30 rows."""
    return code_ratio(favourable, np.unique(groups, return_inverse=True)[1], rate)


def code_ratio(favourable: NDArray[np.float64], codes: NDArray[np.intp], rate: float) -> float:
    """The same for groups as codes (n,) from 0: quick enough to judge thousands of blends."""
    rows = np.bincount(codes)
    selected = np.bincount(codes, weights=favourable >= rate_threshold(favourable, rate))
    rates = selected[rows >= _MIN_GROUP_ROWS] / rows[rows >= _MIN_GROUP_ROWS]
    highest = float(rates.max()) if len(rates) else 0.0
    return float(rates.min()) / highest if highest > 0 else 0.0


def train_mitigated(
    family: Family,
    training: Training,
    params: Params,
    mitigation: Mitigation,
    groups: NDArray[np.str_],
) -> tuple[Member, Params]:
    """Train one member under a multiplier of strength `params["strength"]`.

    Raises:
        TrialFailed: the re-labelling leaves a single class, or the fit fails.
    """
    strength = float(params[STRENGTH])
    plain = {name: value for name, value in params.items() if name != STRENGTH}
    if strength == 0:
        member, settled = family.train(training, plain)
        return member, {**settled, STRENGTH: strength}
    moment = _MOMENTS[mitigation.constraint]()
    rows = np.arange(len(training.y))[:, None]
    moment.load_data(rows, training.y, sensitive_features=groups)
    grid = _multipliers(moment.index, training.y, groups, strength)
    search = GridSearch(
        _Relabelled(family, training, plain),
        constraints=_MOMENTS[mitigation.constraint](),
        grid=grid,
    )
    search.fit(rows, training.y, sensitive_features=groups)
    trained = search.predictors_[0]
    if not isinstance(trained, _Relabelled) or trained.result is None:
        message = f"a multiplier of {strength:g} leaves a single class"
        raise TrialFailed(message)
    member, settled = trained.result
    return member, {**settled, STRENGTH: strength}


def _multipliers(
    index: pd.MultiIndex, y: NDArray[np.float64], groups: NDArray[np.str_], strength: float
) -> pd.DataFrame:
    """One column: pressure on each group in proportion to how far its base rate is off."""
    names = np.unique(groups)
    deviation = {str(name): float(y[groups == name].mean() - y.mean()) for name in names}
    largest = max(abs(value) for value in deviation.values()) or 1.0
    values = []
    for sign, _event, group in index:
        pull = deviation[str(group)] / largest
        values.append(strength * max(pull if sign == "+" else -pull, 0.0))
    return pd.DataFrame({0: values}, index=index, dtype=np.float64)


class _Relabelled:
    """What Fairlearn trains: row positions in, the family's fit on those rows inside."""

    def __init__(self, family: Family, training: Training, params: Params) -> None:
        self._family = family
        self._training = training
        self._params = params
        self.result: tuple[Member, Params] | None = None
        self._decisions: NDArray[np.int64] | None = None

    def __deepcopy__(self, memo: object) -> "_Relabelled":
        """A fresh copy over the same matrix: Fairlearn copies its estimator before each fit."""
        del memo
        return _Relabelled(self._family, self._training, self._params)

    def fit(self, rows: NDArray[np.intp], y: Any, sample_weight: Any) -> None:  # Any: pandas, numpy
        """Train on re-labelled rows."""
        del rows
        weight = np.asarray(sample_weight, dtype=np.float64)
        training = replace(
            self._training,
            y=np.asarray(y, dtype=np.float64),
            weight=weight / weight.mean(),
        )
        self.result = self._family.train(training, self._params)

    def predict(self, rows: NDArray[np.intp]) -> NDArray[np.int64]:
        """Decisions on the training rows, which Fairlearn asks for more than once."""
        del rows
        if self.result is None:
            message = "fit comes first"
            raise ValueError(message)
        if self._decisions is None:
            member = self.result[0]
            cut = 0.5 if member.family is FamilyName.FOREST else 0.0
            scores = member.raw(self._training.matrix)[:, 0]
            self._decisions = (scores > cut).astype(np.int64)
        return self._decisions
