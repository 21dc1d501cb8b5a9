"""Decisions beside the model: thresholds, costs, intervals and sets, and other goals."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.metrics import f1_score, precision_score, recall_score

from accredit_engine import AutoML, errors, load_bundle
from accredit_engine.evaluation.costs import CostMatrix
from accredit_engine.evaluation.custom_score import CustomScore, Needs
from tests.engine.search.support import small_frame

PLAIN: dict[str, Any] = {"workers": "inline", "families": ["linear"], "max_trials": 1}


def fitted(frame: pd.DataFrame, target: str = "good", task: str = "binary", **given: Any) -> AutoML:
    return AutoML(task, **{**PLAIN, **given}).fit(frame, target)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return small_frame(400)


def decided(model: AutoML) -> NDArray[np.bool_]:
    """Decisions out of fold at the frozen threshold."""
    return (model.oof_[1] >= model.model_.threshold).to_numpy()


@pytest.mark.parametrize(
    "rule", ["rate", "fixed:0.7", "metric:f1", "precision>=0.9", "recall>=0.9"]
)
def test_the_threshold_follows_its_rule_on_rows_out_of_fold(rule: str, frame: pd.DataFrame) -> None:
    model = fitted(frame, threshold=rule)
    chosen, truth = decided(model), frame["good"] == 1

    assert model.record_.threshold is not None
    assert model.record_.threshold["value"] == model.model_.threshold
    if rule == "rate":
        assert chosen.mean() == pytest.approx(truth.mean(), abs=0.01)
    elif rule == "fixed:0.7":
        assert model.model_.threshold == 0.7
    elif rule == "metric:f1":
        others = [f1_score(truth, model.oof_[1] >= cut) for cut in np.linspace(0.02, 0.98, 49)]
        assert f1_score(truth, chosen) >= max(others) - 1e-9
    elif rule == "precision>=0.9":
        assert precision_score(truth, chosen) >= 0.9
    else:
        assert recall_score(truth, chosen) >= 0.9


def test_costs_move_the_threshold_towards_the_cheaper_mistake(frame: pd.DataFrame) -> None:
    careful, generous = (
        fitted(
            frame,
            threshold="cost",
            costs=CostMatrix.binary(false_favourable=wrong_yes, false_unfavourable=wrong_no),
        )
        for wrong_yes, wrong_no in ((5.0, 1.0), (1.0, 5.0))
    )

    assert careful.model_.threshold is not None
    assert generous.model_.threshold is not None
    assert careful.model_.threshold > 0.5 > generous.model_.threshold
    assert decided(careful).sum() < decided(generous).sum()


def three_classes(rows: int = 300) -> pd.DataFrame:
    random = np.random.default_rng(1)
    first, second = random.normal(size=(2, rows))
    noise = random.normal(scale=0.7, size=(3, rows))
    votes = np.stack([first, second, -first - second]) + noise
    return pd.DataFrame(
        {"first": first, "second": second, "good": np.array(["a", "b", "c"])[votes.argmax(axis=0)]}
    )


def test_costs_decide_between_several_classes_and_survive_the_bundle(tmp_path: Path) -> None:
    frame = three_classes()
    costs = CostMatrix(((0.0, 1.0, 1.0), (1.0, 0.0, 1.0), (20.0, 20.0, 0.0)))

    plain = fitted(frame, task="multiclass")
    careful = fitted(frame, task="multiclass", costs=costs)
    careful.save(tmp_path / "bundle")

    output = careful.predict_proba(frame)
    expected = careful.classes_[(output @ np.array(costs.costs)).argmin(axis=1)]
    assert (careful.predict(frame) == expected).all()
    assert (careful.predict(frame) == "c").sum() > (plain.predict(frame) == "c").sum()
    assert (load_bundle(tmp_path / "bundle").predict(frame) == expected).all()
    assert (careful.deploy_.predict(frame) == "c").sum() > (plain.predict(frame) == "c").sum()


@pytest.mark.parametrize("level", [0.8, 0.9])
def test_intervals_hold_new_truths_about_as_often_as_promised(level: float, tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    values = random.normal(size=(2_000, 2))
    whole = pd.DataFrame(values, columns=["first", "second"])
    whole["good"] = 3 * values[:, 0] + random.normal(size=2_000) * (1 + np.abs(values[:, 1]))
    train, fresh = whole.iloc[:700], whole.iloc[700:]

    model = fitted(train, task="regression", conformal=level)
    model.save(tmp_path / "bundle")
    loaded = load_bundle(tmp_path / "bundle")

    limits = loaded.predict_interval(fresh)
    inside = (limits["low"] <= fresh["good"]) & (fresh["good"] <= limits["high"])
    assert inside.mean() == pytest.approx(level, abs=0.04)
    assert (limits["low"] < limits["high"]).all()
    pd.testing.assert_frame_equal(limits, model.model_.predict_interval(fresh))
    assert model.record_.conformal is not None


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_sets_hold_new_classes_about_as_often_as_promised(task: str, tmp_path: Path) -> None:
    whole = small_frame(1_600, seed=9) if task == "binary" else three_classes(1_600)
    train, fresh = whole.iloc[:600], whole.iloc[600:]

    model = fitted(train, task=task, conformal=0.9)
    model.save(tmp_path / "bundle")
    loaded = load_bundle(tmp_path / "bundle")

    chosen = loaded.predict_set(fresh)
    assert list(chosen.columns) == list(model.classes_)
    truth = [chosen.columns.get_loc(label) for label in fresh["good"]]
    covered = chosen.to_numpy()[np.arange(len(fresh)), truth]
    assert covered.mean() == pytest.approx(0.9, abs=0.05)
    assert chosen.sum(axis=1).mean() < len(chosen.columns)
    pd.testing.assert_frame_equal(chosen, model.model_.predict_set(fresh))


def test_sets_turn_with_the_favourable_class(frame: pd.DataFrame) -> None:
    usual = fitted(frame, conformal=0.9).model_.predict_set(frame)
    turned = fitted(frame, conformal=0.9, favourable=0).model_.predict_set(frame)

    assert (usual == turned).to_numpy().mean() > 0.95


def test_intervals_and_sets_must_be_asked_for_and_suit_the_task(frame: pd.DataFrame) -> None:
    plain, with_sets = fitted(frame), fitted(frame, conformal=0.9)

    with pytest.raises(errors.NoConformal, match=r"conformal=0\.9"):
        plain.model_.predict_set(frame)
    with pytest.raises(errors.NoConformal):
        with_sets.model_.predict_interval(frame)


def test_a_score_of_the_caller_ranks_the_trials(frame: pd.DataFrame) -> None:
    def brier(truth: NDArray[np.float64], output: NDArray[np.float64]) -> float:
        return float(np.mean((truth - output) ** 2))

    score = CustomScore("brier", brier, greater_is_better=False)
    model = fitted(frame, metric=score, families=["linear", "tree"], max_trials=3)

    assert model.record_.settings["metric"] == "custom: brier"
    scores = model.leaderboard_["score"].dropna()
    assert scores.is_monotonic_decreasing
    assert scores.between(-0.3, 0.0).all()
    assert model.estimate(frame).estimate == pytest.approx(
        -brier(frame["good"].to_numpy(dtype=np.float64), model.predict_proba(frame)[:, 1])
    )


def test_a_score_of_values_is_asked_of_regressions(frame: pd.DataFrame) -> None:
    def worst(truth: NDArray[np.float64], output: NDArray[np.float64]) -> float:
        return float(np.abs(truth - output).max())

    score = CustomScore("worst error", worst, needs=Needs.VALUE, greater_is_better=False)

    model = fitted(frame, "first", "regression", metric=score)

    assert model.record_.blend["score"] < 0  # type: ignore[operator] # JSON number
    with pytest.raises(errors.UnfitMetric):
        AutoML("binary", score)


def test_counts_are_learned_with_the_poisson_objective() -> None:
    random = np.random.default_rng(0)
    first, second = random.normal(size=(2, 400))
    frame = pd.DataFrame({"first": first, "second": second})
    frame["visits"] = random.poisson(np.exp(0.8 * first))

    model = fitted(
        frame,
        "visits",
        "regression",
        objective="poisson",
        families=["boosting"],
        metric="neg_mean_poisson_deviance",
    )

    predicted = model.predict(frame).astype(np.float64)
    assert (predicted > 0).all()
    assert np.corrcoef(predicted, np.exp(0.8 * first))[0, 1] > 0.8
    explained = model.model_.explain(frame.iloc[:5])
    total = explained.values.to_numpy().sum(axis=1) + explained.base[0]
    assert np.allclose(total, predicted[:5], atol=1e-6)


def test_an_objective_of_the_caller_is_used() -> None:
    def half(predicted: NDArray[np.float64], data: Any) -> Any:
        gap = predicted - data.get_label()
        return np.where(gap > 0, 0.2, 1.8) * gap, np.where(gap > 0, 0.2, 1.8)

    frame = small_frame(300)

    high = fitted(frame, "first", "regression", objective=half, families=["boosting"])
    plain = fitted(frame, "first", "regression", families=["boosting"])

    assert high.record_.settings["objective"].startswith("custom: ")  # type: ignore[union-attr] # JSON
    assert high.predict(frame).astype(float).mean() > plain.predict(frame).astype(float).mean()


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        pytest.param({"threshold": "best"}, errors.UnfitSettings, id="no rule"),
        pytest.param({"threshold": "cost"}, errors.UnfitSettings, id="cost without matrix"),
        pytest.param({"threshold": "fixed:1.5"}, errors.UnfitSettings, id="threshold above one"),
        pytest.param({"conformal": 0.5}, errors.UnfitSettings, id="coverage on the limit"),
        pytest.param({"conformal": 1.0}, errors.UnfitSettings, id="coverage of one"),
        pytest.param({"attributions": "some"}, errors.UnfitSettings, id="attributions"),
        pytest.param({"sampler": "oracle"}, errors.UnfitSettings, id="sampler"),
        pytest.param({"monotone": {"a": 0}}, errors.UnfitSettings, id="direction"),
        pytest.param(
            {"task": "regression", "class_weight": "balanced"}, errors.UnfitSettings, id="classes"
        ),
        pytest.param(
            {"task": "regression", "threshold": "metric:f1"}, errors.UnfitSettings, id="no decision"
        ),
    ],
)
def test_goals_are_checked_at_once(settings: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        AutoML(**{"task": "binary", **settings})
