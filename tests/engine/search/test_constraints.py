"""Constraints: what is demanded of columns holds for the finished model, not for a member only."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from accredit_engine import AutoML, errors
from accredit_engine.search.constraints import Constraints
from tests.engine.search.support import small_frame

GRID = np.linspace(-4, 4, 41)


@pytest.mark.parametrize("direction", [0, 2, -3])
def test_a_direction_is_up_or_down(direction: int) -> None:
    with pytest.raises(errors.UnfitSettings, match="'income'"):
        Constraints({"income": direction})


def test_entries_of_one_column_take_its_direction_and_shared_ones_none() -> None:
    constraints = Constraints({"a": 1, "b": -1})

    assert constraints.of_entries([("a",), ("b",), ("c",), ("a", "b")]) == ((1, -1, 0, 0), ())
    assert constraints.columns == {"a", "b"}


def test_nothing_demanded_is_nothing_handed_over() -> None:
    assert Constraints({}).is_empty
    assert Constraints({}).of_entries([("a",), ("b",)]) == ((), ())
    assert Constraints({"gone": 1}).of_entries([("a",)]) == ((), ())


def test_columns_in_no_group_stay_alone_with_all_their_entries() -> None:
    constraints = Constraints({}, (("a", "b"),))

    monotone, groups = constraints.of_entries([("a",), ("c",), ("b",), ("c",), ("d",)])

    assert monotone == ()
    assert groups == ((0, 2), (1, 3), (4,))


def margins_along(model: AutoML, rows: pd.DataFrame, column: str) -> np.ndarray[Any, Any]:
    """Margin (rows, grid) while one column runs over a grid and the others stay."""
    return np.stack([model.model_.margin(rows.assign(**{column: at})) for at in GRID], axis=1)


@pytest.fixture(scope="module")
def constrained() -> AutoML:
    """First may only rise and second only fall; the families that cannot hold that refuse."""
    return AutoML(
        "binary",
        max_trials=8,
        seed=2,
        monotone={"first": 1, "second": -1},
        workers="inline",
        families=["boosting", "linear", "histogram", "tree"],
    ).fit(noisy(), "good")


def noisy() -> pd.DataFrame:
    """Enough noise for a free model to bend the wrong way somewhere."""
    frame = small_frame(240, seed=3)
    flipped = np.random.default_rng(0).random(len(frame)) < 0.2
    return frame.assign(good=np.where(flipped, 1 - frame["good"], frame["good"]))


def test_the_whole_blend_is_monotone_on_real_rows(constrained: AutoML) -> None:
    rows = noisy().iloc[::8]

    rising = np.diff(margins_along(constrained, rows, "first"), axis=1)
    falling = np.diff(margins_along(constrained, rows, "second"), axis=1)

    assert rising.min() >= -1e-9
    assert falling.max() <= 1e-9
    assert rising.max() > 0
    assert falling.min() < 0


def test_a_free_model_bends_where_a_constrained_one_may_not() -> None:
    free = AutoML("binary", max_trials=1, seed=2, workers="inline", families=["boosting"]).fit(
        noisy(), "good"
    )

    steps = np.diff(margins_along(free, noisy().iloc[::8], "first"), axis=1)

    assert steps.min() < 0


def test_constraints_turn_with_the_favourable_class() -> None:
    model = AutoML(
        "binary",
        max_trials=2,
        favourable=0,
        monotone={"first": -1},
        workers="inline",
        families=["boosting", "linear"],
    ).fit(noisy(), "good")

    steps = np.diff(margins_along(model, noisy().iloc[::8], "first"), axis=1)

    assert steps.max() <= 1e-9
    assert steps.min() < 0


def test_columns_of_different_groups_do_not_interact() -> None:
    model = AutoML(
        "regression",
        max_trials=2,
        interactions=[["first", "kind"]],
        workers="inline",
        families=["boosting", "histogram"],
    ).fit(small_frame(240).assign(good=lambda f: f["first"] * f["second"]), "good")
    rows = small_frame(240).iloc[::8]

    # Without an interaction the effect of second is the same at every first.
    low = rows.assign(second=-1.0)
    high = rows.assign(second=1.0)
    effects = [
        model.model_.margin(high.assign(first=at)) - model.model_.margin(low.assign(first=at))
        for at in (-1.5, 0.0, 1.5)
    ]
    assert np.allclose(effects[0], effects[1], atol=1e-9)
    assert np.allclose(effects[0], effects[2], atol=1e-9)


def test_a_constraint_on_a_column_that_is_no_input_is_refused() -> None:
    with pytest.raises(errors.UnknownColumn, match="'third'"):
        AutoML("binary", max_trials=1, monotone={"third": 1}, workers="inline").fit(
            small_frame(), "good"
        )
