"""The estimate on untouched rows: the score that scikit-learn gives, with its interval."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss, roc_auc_score, root_mean_squared_error

from accredit_engine import AutoML, errors
from tests.engine.search.support import small_frame


@pytest.fixture(scope="module")
def model() -> AutoML:
    return AutoML("binary", max_trials=1, families=["linear"], workers="inline").fit(
        small_frame(300), "good"
    )


def test_the_estimate_is_the_score_of_these_rows_within_its_interval(model: AutoML) -> None:
    fresh = small_frame(250, seed=8)

    found = model.estimate(fresh)

    expected = roc_auc_score(fresh["good"], model.predict_proba(fresh)[:, 1])
    assert found.estimate == pytest.approx(expected)
    assert found.low < found.estimate < found.high <= 1
    assert (found.level, found.rows) == (0.95, 250)


def test_a_higher_level_gives_a_wider_interval(model: AutoML) -> None:
    fresh = small_frame(250, seed=8)

    narrow, wide = (model.estimate(fresh, level=level) for level in (0.8, 0.99))

    assert wide.low < narrow.low < narrow.high < wide.high


def test_the_favourable_class_does_not_turn_the_estimate() -> None:
    turned = AutoML(
        "binary", max_trials=1, families=["linear"], workers="inline", favourable=0
    ).fit(small_frame(300), "good")
    fresh = small_frame(250, seed=8)

    expected = roc_auc_score(fresh["good"], turned.predict_proba(fresh)[:, 1])
    assert turned.estimate(fresh).estimate == pytest.approx(expected)


def test_rows_without_a_target_are_left_out(model: AutoML) -> None:
    fresh = small_frame(250, seed=8).astype({"good": "float64"})
    fresh.loc[fresh.index[:40], "good"] = np.nan

    assert model.estimate(fresh).rows == 210


def test_several_classes_and_numbers_have_estimates_too() -> None:
    frame = small_frame(300)
    labels = np.array(["low", "mid", "top"])[np.digitize(frame["first"], [-0.5, 0.5])]
    classes = AutoML("multiclass", max_trials=1, families=["linear"], workers="inline").fit(
        frame.assign(good=labels), "good"
    )
    numbers = AutoML("regression", max_trials=1, families=["linear"], workers="inline").fit(
        frame, "second"
    )

    loss = classes.estimate(frame.assign(good=labels))
    error = numbers.estimate(frame)

    assert loss.estimate == pytest.approx(-log_loss(labels, classes.predict_proba(frame)))
    assert error.estimate == pytest.approx(
        -root_mean_squared_error(frame["second"], numbers.predict(frame).astype(float))
    )
    assert loss.low < loss.high
    assert error.low < error.high


def test_a_frame_without_the_target_or_with_other_classes_is_refused(model: AutoML) -> None:
    fresh = small_frame(60, seed=8)

    with pytest.raises(errors.MissingTarget, match="'good'"):
        model.estimate(fresh.drop(columns="good"))
    with pytest.raises(errors.UnfitTarget, match="2"):
        model.estimate(pd.concat([fresh, fresh.assign(good=2)]))


def test_nothing_is_estimated_before_a_fit() -> None:
    with pytest.raises(errors.NotFitted):
        AutoML("binary").estimate(small_frame(60))
