from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fairlearn.reductions import DemographicParity, EqualizedOdds, GridSearch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from accredit_engine import AutoML, Mitigation
from accredit_engine.bundle.contract import Task
from accredit_engine.errors import TrialFailed, UnfitMitigation
from accredit_engine.families.family import FamilyName, Params, Training
from accredit_engine.families.linear import LinearFamily
from accredit_engine.search.groups import Grouping, groupings
from accredit_engine.search.mitigation import (
    METHOD,
    STRENGTH,
    Method,
    first_mitigated,
    mitigated_space,
    reduction,
    reweighing,
    settled_method,
    train_mitigated,
)

ROWS = 900
RANDOM = np.random.default_rng(4)
BLACK = RANDOM.random(ROWS) < 0.3
WOMAN = RANDOM.random(ROWS) < 0.4
NEAR = RANDOM.normal(size=ROWS) + 1.5 * BLACK + 0.8 * WOMAN
SKILL = RANDOM.normal(size=ROWS)
Y = (SKILL - 0.7 * NEAR + 1.2 + RANDOM.normal(size=ROWS) > 0).astype(float)
GROUPS = {
    "race": np.where(BLACK, "black", "white"),
    "sex": np.where(WOMAN, "woman", "man"),
}
RACE = groupings(GROUPS, ["race"])
BOTH = groupings(GROUPS, ["race", "sex"])
DEFAULTS: dict[FamilyName, Params] = {
    FamilyName.BOOSTING: {"rounds": 1000, "learning_rate": 0.1},
    FamilyName.LINEAR: {"penalty": 1.0},
    FamilyName.FOREST: {"trees": 10},
}


def label_rates(weight: NDArray[np.float64], grouping: Grouping) -> NDArray[np.float64]:
    codes = grouping.codes
    return np.bincount(codes, weights=weight * Y) / np.bincount(codes, weights=weight)


@pytest.mark.parametrize(
    ("named", "json", "features"),
    [
        pytest.param("race", "race", ("race",), id="one"),
        pytest.param(("race",), "race", ("race",), id="one of a list"),
        pytest.param(("race", "sex"), ["race", "sex"], ("race", "sex"), id="several"),
        pytest.param(["race", "sex"], ["race", "sex"], ("race", "sex"), id="a list"),
    ],
)
def test_equal_demands_have_equal_json(named: Any, json: object, features: Sequence[str]) -> None:
    demand = Mitigation(named)

    assert demand.to_dict()["sensitive_feature"] == json
    assert demand.features == features
    assert demand == Mitigation(demand.sensitive_feature)


@pytest.mark.parametrize("named", [(), ("race", "race")])
def test_a_demand_names_each_feature_once(named: tuple[str, ...]) -> None:
    with pytest.raises(UnfitMitigation, match="once"):
        Mitigation(named)


def test_reweighing_one_feature_gives_the_weights_of_kamiran_and_calders() -> None:
    weight = reweighing(Y, RACE, 1.0)

    for black in (True, False):
        for label in (0.0, 1.0):
            both = (black == BLACK) & (label == Y)
            expected = (black == BLACK).mean() * (label == Y).mean() / both.mean()
            assert weight[both] == pytest.approx(expected)


def test_reweighing_several_features_makes_each_and_their_crossing_independent() -> None:
    weight = reweighing(Y, BOTH, 1.0)

    for grouping in BOTH:
        assert label_rates(weight, grouping) == pytest.approx(Y.mean(), abs=1e-6)
    assert weight.mean() == pytest.approx(1.0)
    assert weight.min() > 0


def test_a_small_crossing_has_no_weights_of_its_own() -> None:
    names = np.where(np.arange(ROWS) < 20, "red", np.where(BLACK, "black", "white"))
    single = groupings({"race": names}, ["race"])

    weight = reweighing(Y, single, 1.0)

    assert weight[:20] == pytest.approx(1.0)


def test_a_group_with_one_label_keeps_its_weights() -> None:
    y = np.where(BLACK, 1.0, Y)

    weight = reweighing(y, RACE, 1.0)

    assert weight[BLACK] == pytest.approx(1.0)
    assert np.isfinite(weight).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**16), st.floats(0, 1))
def test_weights_are_positive_and_keep_every_groups_size(seed: int, strength: float) -> None:
    random = np.random.default_rng(seed)
    names = random.choice(["a", "b", "c"], size=200)
    y = (random.random(200) < 0.5).astype(float)
    compared = groupings({"group": names}, ["group"])

    weight = reweighing(y, compared, strength)

    assert (weight > 0).all()
    for name in "abc":
        assert weight[names == name].mean() == pytest.approx(1.0)
    assert reweighing(y, compared, 0.0) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("constraint", "moment"),
    [("demographic_parity", DemographicParity), ("equalized_odds", EqualizedOdds)],
)
def test_a_reduction_is_what_fairlearn_trains_on(constraint: str, moment: Any) -> None:
    race, strength = RACE[0], 0.4
    off = race.rates(Y > 0.5) - Y.mean()
    loaded = moment()
    loaded.load_data(np.zeros((ROWS, 1)), Y, sensitive_features=race.codes)
    shares = loaded.prob_group_event
    pull = 6 * strength * off / np.abs(off).max()
    grid = pd.DataFrame(
        {
            0: [
                shares[(event, group)] * max(pull[group] * (1 if sign == "+" else -1), 0)
                for sign, event, group in loaded.index
            ]
        },
        index=loaded.index,
    )
    seen: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []

    class Witness:
        def fit(self, X: Any, y: Any, sample_weight: Any) -> None:  # noqa: N803
            seen.append((np.asarray(y, dtype=float), np.asarray(sample_weight)))

        def predict(self, X: Any) -> NDArray[np.int64]:  # noqa: N803
            return np.zeros(len(X), dtype=np.int64)

    GridSearch(Witness(), constraints=moment(), grid=grid).fit(
        np.zeros((ROWS, 1)), Y, sensitive_features=race.codes
    )
    labels, weight = reduction(Y, RACE, strength, constraint)

    assert np.array_equal(labels, seen[0][0])
    assert weight == pytest.approx(seen[0][1])


def test_a_reduction_pushes_a_row_by_all_its_groups() -> None:
    labels, weight = reduction(Y, BOTH, 0.1, "demographic_parity")

    signed = np.where(labels > 0, weight, -weight)
    push = signed - (2 * Y - 1)
    means = {
        (black, woman): push[(black == BLACK) & (woman == WOMAN)].mean()
        for black in (True, False)
        for woman in (True, False)
    }
    assert means[True, True] == max(means.values())
    assert means[True, True] > means[True, False] > means[False, False]
    assert np.abs(push).max() == pytest.approx(0.6)


def test_a_multiplier_that_leaves_one_label_fails_the_trial() -> None:
    y = np.array([1.0] * 40 + [0.0] * 40)
    compared = groupings({"g": np.array(["a"] * 40 + ["b"] * 40)}, ["g"])

    with pytest.raises(TrialFailed, match="single class"):
        reduction(np.where(y > 0, 1.0, 0.0), compared, 1 / 6, "demographic_parity")


def test_equal_groups_exert_no_pressure() -> None:
    y = np.tile([0.0, 1.0], 50)
    compared = groupings({"g": np.repeat(["a", "b"], 50)}, ["g"])

    labels, weight = reduction(y, compared, 1.0, "demographic_parity")

    assert np.array_equal(labels, y)
    assert weight == pytest.approx(1.0)


def training(**changes: Any) -> Training:
    values: dict[str, Any] = {
        "task": Task.BINARY,
        "outputs": 1,
        "matrix": np.column_stack([SKILL, NEAR]),
        "y": Y,
        "weight": None,
        "categorical": (),
        "held": None,
        "threads": 1,
        "seed": 0,
        "absolute": False,
        "expired": bool,
    }
    return Training(**(values | changes))


@pytest.mark.parametrize("method", [Method.REWEIGHING, Method.REDUCTION])
def test_stronger_methods_select_more_alike(method: Method) -> None:
    family = LinearFamily()
    plain = dict(family.default(Task.BINARY, ROWS))
    ratios = []
    for strength in (0.0, 0.5):
        member, settled = train_mitigated(
            family,
            training(),
            {**plain, METHOD: method.value, STRENGTH: strength},
            Mitigation("race"),
            RACE,
        )
        scores = member.raw(training().matrix)[:, 0]
        ratios.append(RACE[0].ratio(scores >= np.quantile(scores, 1 - Y.mean())))
        assert (settled[METHOD], settled[STRENGTH]) == (method.value, strength)

    assert ratios[1] > ratios[0]


def test_given_weights_are_kept_in_proportion() -> None:
    family = LinearFamily()
    params = {**family.default(Task.BINARY, ROWS), METHOD: "reweighing", STRENGTH: 1.0}
    doubled = training(weight=np.full(ROWS, 2.0))

    one, _ = train_mitigated(family, training(), params, Mitigation("race"), RACE)
    other, _ = train_mitigated(family, doubled, params, Mitigation("race"), RACE)

    assert np.array_equal(one.raw(doubled.matrix), other.raw(doubled.matrix))


def test_the_first_proposals_hold_every_method_and_all_families() -> None:
    found = first_mitigated(DEFAULTS, Mitigation("race"))

    assert [name for name, _ in found[:3]] == list(DEFAULTS)
    assert {params[METHOD] for _, params in found} == {"none", "reweighing", "reduction"}
    assert len({str(proposal) for proposal in found}) == len(found)
    assert all(params["rounds"] == 100 for name, params in found if name is FamilyName.BOOSTING)
    assert all("rounds" not in params for name, params in found if name is FamilyName.LINEAR)


def test_reweighing_is_not_proposed_for_error_rates() -> None:
    demand = Mitigation("race", "equalized_odds")

    methods = {params[METHOD] for _, params in first_mitigated(DEFAULTS, demand)}

    assert methods == {"none", "reduction"}
    assert mitigated_space(FamilyName.LINEAR, demand)[METHOD].choices == ("none", "reduction")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "params",
    [{METHOD: "none", STRENGTH: 0.4, "a": 1}, {METHOD: "reduction", STRENGTH: 0.0, "a": 1}],
)
def test_no_method_and_no_strength_are_one_thing(params: Params) -> None:
    assert settled_method(params) == {METHOD: "none", STRENGTH: 0.0, "a": 1}
    assert settled_method({"a": 1}) == {"a": 1}


@pytest.fixture(scope="module")
def crossed(loans: pd.DataFrame) -> tuple[AutoML, pd.DataFrame]:
    frame = loans.assign(sex=loans["male"].map({1.0: "male", 0.0: "female"}))
    frame = frame.drop(columns=["male", "action", "reject"]).iloc[:1200]
    demand = Mitigation(("race", "sex"), min_ratio=0.9)
    model = AutoML(
        "binary", max_trials=8, families=["linear"], mitigation=demand, workers="inline"
    ).fit(frame, "approve")
    return model, frame


def test_a_run_can_demand_several_features(crossed: tuple[AutoML, pd.DataFrame]) -> None:
    model, frame = crossed
    reached = model.record_.mitigation

    assert reached is not None
    assert reached["sensitive_feature"] == ["race", "sex"]
    ratios = reached["ratios"]
    assert isinstance(ratios, dict)
    assert list(ratios) == ["race", "sex", "race × sex"]
    assert reached["ratio"] == min(ratios.values())
    rates = reached["selection_rates"]
    assert isinstance(rates, dict)
    assert sum(group["rows"] for group in rates["race × sex"].values()) == len(frame)
    assert rates["sex"]["unknown"]["rows"] < 30
    assert not {"race", "sex"} & {column.name for column in model.model_.contract.columns}


def test_the_leaderboard_shows_method_and_strength(crossed: tuple[AutoML, pd.DataFrame]) -> None:
    methods = {(params[METHOD], params[STRENGTH]) for params in crossed[0].leaderboard_["params"]}

    assert {("none", 0.0), ("reweighing", 1.0), ("reduction", 0.5)} <= methods


def test_equal_runs_under_a_demand_are_equal(crossed: tuple[AutoML, pd.DataFrame]) -> None:
    model, frame = crossed

    again = AutoML(
        "binary",
        max_trials=8,
        families=["linear"],
        mitigation=Mitigation(("race", "sex"), min_ratio=0.9),
        workers="inline",
    ).fit(frame, "approve")

    assert again.record_.to_config() == model.record_.to_config()
    assert np.array_equal(again.predict_proba(frame), model.predict_proba(frame))
