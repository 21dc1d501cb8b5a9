"""Runs with roles, caps and odd data: what is asked for is honoured by the finished model."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from accredit_engine import AutoML, errors, load_bundle
from accredit_engine.bundle.contract import Kind
from accredit_engine.data.folds import FoldKind
from accredit_engine.families.family import TRAITS, FamilyName
from accredit_engine.search.evaluate import Evaluator
from accredit_engine.search.limits import Limits
from tests.engine.search.support import small_frame

PLAIN: dict[str, Any] = {"workers": "inline", "families": ["linear"], "max_trials": 1}


def fitted(frame: pd.DataFrame, target: str = "good", task: str = "binary", **given: Any) -> AutoML:
    """A small run in this process; roles go to `fit`, the rest are settings."""
    roles = {name: given.pop(name) for name in ("groups", "time", "weight") if name in given}
    return AutoML(task, **{**PLAIN, **given}).fit(frame, target, **roles)


@pytest.fixture
def evaluators(monkeypatch: pytest.MonkeyPatch) -> list[Evaluator]:
    """Evaluators of the runs of a test: they know which rows were on which side."""
    seen: list[Evaluator] = []
    original = Evaluator.fold_scores

    def note(self: Evaluator, margin: Any) -> Any:
        seen.append(self)
        return original(self, margin)

    monkeypatch.setattr(Evaluator, "fold_scores", note)
    return seen


def test_a_group_is_never_on_both_sides(evaluators: list[Evaluator]) -> None:
    frame = small_frame(300).assign(customer=[f"C{at // 4}" for at in range(300)])

    model = fitted(frame, groups="customer")

    customer = frame["customer"].to_numpy()
    pairs = evaluators[0].bench.folds.pairs
    assert len(pairs) > 1
    for learned, held in pairs:
        assert not set(customer[learned]) & set(customer[held])
    assert model.record_.folds["kind"] == FoldKind.GROUPED
    assert "customer" not in [column.name for column in model.model_.contract.columns]
    assert len(model.oof_) == 300


def test_models_are_scored_on_later_rows_than_they_learned_from(
    evaluators: list[Evaluator],
) -> None:
    days = np.random.default_rng(0).integers(0, 200, size=300)
    frame = small_frame(300).assign(day=pd.Timestamp("2020-01-01") + pd.to_timedelta(days, "D"))

    model = fitted(frame, time="day")

    for learned, held in evaluators[0].bench.folds.pairs:
        assert frame["day"].iloc[learned].max() < frame["day"].iloc[held].min()
    assert model.record_.folds["kind"] == FoldKind.TIME_ORDERED
    assert len(model.oof_) == model.record_.folds["scored_rows"]
    assert len(model.oof_) < 300


def test_groups_and_time_hold_at_once(evaluators: list[Evaluator]) -> None:
    frame = small_frame(300).assign(
        customer=[f"C{at % 60}" for at in range(300)], day=np.arange(300) // 3
    )

    model = fitted(frame, groups="customer", time="day")

    for learned, held in evaluators[0].bench.folds.pairs:
        assert not set(frame["customer"].iloc[learned]) & set(frame["customer"].iloc[held])
        assert frame["day"].iloc[learned].max() < frame["day"].iloc[held].min()
    assert model.record_.folds["kind"] == FoldKind.GROUPED_IN_TIME


@pytest.mark.parametrize("role", ["groups", "time", "weight"])
def test_a_role_needs_its_column(role: str) -> None:
    with pytest.raises(errors.UnknownColumn, match="'nowhere'"):
        fitted(small_frame(), **{role: "nowhere"})


def test_weights_decide_what_is_learned_and_are_no_input() -> None:
    """Two populations with opposite rules: the one that weighs more is learned."""
    random = np.random.default_rng(0)
    first = random.normal(size=400)
    is_east = np.arange(400) % 2 == 0
    frame = pd.DataFrame({"first": first, "other": random.normal(size=400)}).assign(
        good=((first > 0) == is_east).astype(int)
    )

    east, west = (
        fitted(frame.assign(w=np.where(is_east == side, 10.0, 0.1)), weight="w")
        for side in (True, False)
    )

    high = frame.assign(w=1.0, first=2.0).iloc[:1]
    assert east.predict_proba(high)[0, 1] > 0.8
    assert west.predict_proba(high)[0, 1] < 0.2
    assert [column.name for column in east.model_.contract.columns] == ["first", "other"]
    assert np.array_equal(
        east.predict_proba(frame.drop(columns="good")), east.predict_proba(frame.assign(w=7.0))
    )


def test_equal_weights_score_like_none(evaluators: list[Evaluator]) -> None:
    frame = small_frame(200)
    model = fitted(frame.assign(w=2.0), weight="w")
    plain = fitted(frame)

    assert model.record_.blend["score"] == pytest.approx(plain.record_.blend["score"], abs=0.01)
    assert evaluators[0].weight is not None


@pytest.mark.parametrize("weights", ["balanced", {1: 8.0, 0: 1.0}], ids=["balanced", "by class"])
@pytest.mark.parametrize("family", ["linear", "boosting"])
def test_class_weights_leave_probabilities_honest(weights: Any, family: str) -> None:
    frame = small_frame(600, seed=1)
    rare = frame[(frame["good"] == 0) | (np.arange(600) % 4 == 0)].reset_index(drop=True)

    model = fitted(rare, class_weight=weights, families=[family])

    rate = float(rare["good"].mean())
    assert rate < 0.3
    assert model.oof_[1].mean() == pytest.approx(rate, abs=0.02)
    assert model.predict_proba(rare)[:, 1].mean() == pytest.approx(rate, abs=0.05)


def test_only_interpretable_families_are_used_when_demanded() -> None:
    model = fitted(small_frame(), families=None, interpretable=True, max_trials=8)

    used = {trial.family for trial in model.record_.trials}
    assert len(used) >= 4
    assert all(TRAITS[family].interpretable for family in used)
    assert {FamilyName.SCORECARD, FamilyName.TREE} <= used
    assert "interpretable" in model.record_.absent_families["boosting"]


def test_exact_attributions_leave_out_families_that_must_sample() -> None:
    model = fitted(small_frame(), families=None, attributions="exact", max_trials=3)

    assert all(TRAITS[trial.family].exact for trial in model.record_.trials)
    assert {"neural", "svm", "neighbours"} <= set(model.record_.absent_families)
    explained(model, small_frame().iloc[:5])


def test_sampled_attributions_are_complete_too() -> None:
    families = ["linear", "neural", "neighbours", "svm"]
    model = fitted(small_frame(120), families=families, max_trials=4)

    assert {trial.family.value for trial in model.record_.trials} == set(families)
    explained(model, small_frame().iloc[:5])


def explained(model: AutoML, rows: pd.DataFrame) -> None:
    """Attributions add up to the margin of the model."""
    found = model.model_.explain(rows)
    total = found.values.to_numpy().sum(axis=1) + found.base[0]
    assert np.allclose(total, model.model_.margin(rows), atol=1e-6)


def test_what_the_record_holds(tmp_path: Path) -> None:
    frame = small_frame(200)
    model = AutoML(
        "binary",
        max_trials=10,
        families=["linear", "naive_bayes", "tree"],
        workers="inline",
    ).fit(frame.assign(sex=np.where(frame.index % 2, "f", "m")), "good", sensitive_features=["sex"])
    record = model.record_

    assert {"kept", "reason"} <= set(record.derivation)
    assert record.front
    assert record.alternatives is not None
    assert record.deploy["score"] <= record.blend["score"] + 1e-9  # type: ignore[operator] # JSON
    assert record.deploy["loss"] == pytest.approx(
        record.blend["score"] - record.deploy["score"]  # type: ignore[operator] # as above
    )
    assert record.meta["log_rows"] == pytest.approx(np.log(200))
    numbers = [trial.number for trial in record.trials]
    assert numbers == list(range(len(numbers)))


def test_the_leaner_variant_is_one_member_and_a_bundle_of_its_own(tmp_path: Path) -> None:
    frame = small_frame(200)
    model = fitted(frame, families=["linear", "naive_bayes", "tree"], max_trials=4)

    whole = model.save(tmp_path / "whole")
    lean = model.save(tmp_path / "lean", variant="deploy")
    loaded = load_bundle(tmp_path / "lean")

    assert whole != lean
    assert len(model.deploy_.parts) == len(loaded.parts) == 1
    assert loaded.parts[0].trial == model.record_.deploy["trial"]
    assert loaded.threshold is not None
    assert np.array_equal(loaded.predict_proba(frame), model.deploy_.predict_proba(frame))
    assert model.model_.digest == whole
    with pytest.raises(ValueError, match="variant"):
        model.save(tmp_path / "other", variant="tiny")


def member_bytes(model: AutoML) -> int:
    return sum(
        len(content) for part in model.model_.parts for content in part.member.files().values()
    )


@pytest.mark.parametrize("share", [0.9, 0.5])
def test_the_finished_model_meets_the_cap_on_its_size(share: float) -> None:
    """A forest grows with its rows: the refit on all of them is larger than that of a fold."""
    frame = small_frame(600)
    free = fitted(frame, families=["forest"])
    cap = share * member_bytes(free) / 1e6

    capped = fitted(frame, families=["forest", "linear"], max_trials=3, limits=Limits(model_mb=cap))

    assert member_bytes(capped) / 1e6 <= cap


def test_a_memory_cap_searches_a_sample_and_refits_on_all_rows() -> None:
    rows = 30_000
    random = np.random.default_rng(0)
    values = random.normal(size=(rows, 30))
    frame = pd.DataFrame(values, columns=[f"c{at}" for at in range(30)])
    frame["good"] = (values[:, :3].sum(axis=1) + random.normal(size=rows) > 0).astype(int)

    model = fitted(frame, limits=Limits(memory_mb=310))

    assert model.record_.rows == rows
    assert model.record_.searched_rows < rows
    assert len(model.oof_) <= model.record_.searched_rows
    counts = model.model_.contract.columns[0]
    assert counts.minimum == pytest.approx(values[:, 0].min())
    assert (model.predict(frame) == frame["good"]).mean() > 0.75


def test_a_class_of_one_row_keeps_its_name_and_its_probability() -> None:
    frame = small_frame(150)
    frame["good"] = np.where(frame["first"] > 0, "high", "low")
    frame.loc[frame.index[7], "good"] = "once"

    model = fitted(
        frame, task="multiclass", families=["linear", "naive_bayes", "tree"], max_trials=3
    )

    output = model.predict_proba(frame)
    assert list(model.classes_) == ["high", "low", "once"]
    assert np.isfinite(output).all()
    assert output.sum(axis=1) == pytest.approx(1.0)
    assert any("rare" in finding.code for finding in model.findings_)
    assert (model.predict(frame) == frame["good"]).mean() > 0.85
    assert all(trial.state == "finished" for trial in model.record_.trials)


COMPLAINTS = {
    1: ["the card was charged twice last month", "fraud on my account again", "fees are too high"],
    0: ["how do I change my address please", "thank you for the quick help", "where is the branch"],
}


@pytest.fixture(scope="module")
def letters() -> pd.DataFrame:
    random = np.random.default_rng(5)
    good = random.integers(0, 2, size=200)
    endings = ["more", "less"]
    notes = [
        f"{random.choice(COMPLAINTS[int(kind)])} case {number} and {random.choice(endings)}"
        for number, kind in enumerate(good)
    ]
    return pd.DataFrame({"note": notes, "amount": random.normal(size=200), "good": good})


def test_free_text_is_learned_saved_and_explained(letters: pd.DataFrame, tmp_path: Path) -> None:
    model = fitted(letters, families=["linear", "boosting"], max_trials=2)
    model.save(tmp_path / "bundle")
    loaded = load_bundle(tmp_path / "bundle")

    kinds = {column.name: column.kind for column in loaded.contract.columns}
    assert kinds["note"] is Kind.TEXT
    assert (model.predict(letters) == letters["good"]).mean() > 0.95
    batch = loaded.predict_proba(letters)
    alone = np.concatenate([loaded.predict_proba(letters.iloc[at : at + 1]) for at in range(8)])
    assert np.array_equal(alone, batch[:8])
    assert np.array_equal(batch, model.predict_proba(letters))
    explained(model, letters.iloc[:5])
    moved = model.model_.explain(letters.iloc[:20]).values.abs().mean()
    assert moved["note"] > moved["amount"]


def test_an_order_of_words_is_kept_from_training_to_the_loaded_bundle(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    levels = ["low", "medium", "high", "very high"]
    place = random.integers(0, 4, size=200)
    frame = pd.DataFrame(
        {
            "risk": np.array(levels)[place],
            "amount": random.normal(size=200),
            "good": (place + random.normal(scale=0.8, size=200) > 1.5).astype(int),
        }
    )

    model = fitted(frame, families=["linear", "boosting"], max_trials=2, monotone={"risk": 1})
    model.save(tmp_path / "bundle")
    loaded = load_bundle(tmp_path / "bundle")

    column = next(column for column in loaded.contract.columns if column.name == "risk")
    assert column.kind is Kind.ORDINAL
    assert [level for level, _ in column.categories] == levels
    ladder = pd.DataFrame({"risk": levels, "amount": [0.0] * 4})
    assert (np.diff(loaded.margin(ladder)) > 0).all()
    assert np.array_equal(loaded.margin(ladder), model.model_.margin(ladder))
    explained(model, ladder)


def test_rows_of_constant_columns_only_are_refused() -> None:
    frame = pd.DataFrame({"same": ["x"] * 60, "none": [None] * 60, "good": [0, 1] * 30})

    with pytest.raises(errors.NoUsableColumns):
        fitted(frame)


def test_a_second_of_time_is_enough_for_ugly_data() -> None:
    random = np.random.default_rng(0)
    rows = 400
    frame = pd.DataFrame(
        {
            "gone": [None] * rows,
            "wild": np.where(random.random(rows) < 0.1, np.inf, random.normal(size=rows)),
            "mixed": [("n/a" if at % 9 == 0 else at % 5) for at in range(rows)],
            "merchant": [f"M{at}" for at in random.permutation(rows)],
            "half": np.where(random.random(rows) < 0.6, np.nan, random.normal(size=rows)),
            "good": random.integers(0, 2, size=rows),
        }
    )

    model = AutoML(
        "binary", max_trials=3, workers="inline", column_kinds={"merchant": "categorical"}
    ).fit(frame, "good")

    assert np.isfinite(model.predict_proba(frame)).all()
    assert np.isfinite(model.predict_proba(frame.assign(wild=-np.inf, mixed="?"))).all()


def test_fifty_thousand_categories_train_and_predict() -> None:
    rows = 50_000
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "merchant": [f"M{at}" for at in random.permutation(rows)],
            "amount": random.normal(size=rows),
        }
    )
    frame["good"] = (frame["amount"] + random.normal(size=rows) > 0).astype(int)

    model = fitted(frame, column_kinds={"merchant": "categorical"})

    scored = model.predict_proba(frame.iloc[:100].assign(merchant="never seen"))
    assert np.isfinite(scored).all()
    assert model.record_.blend["score"] > 0.7  # type: ignore[operator] # JSON number
