import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from accredit_engine import AutoML, Mitigation, Progress, errors
from accredit_engine.bundle.contract import Task
from accredit_engine.data.split import holdout_split
from accredit_engine.families.boosting import BoostingFamily
from accredit_engine.families.family import Training
from accredit_engine.search.groups import groupings, lowest_ratio
from accredit_engine.search.trials import TrialState

RUN = """
import sys
import pandas as pd
from accredit_engine import AutoML
frame = pd.read_parquet(sys.argv[1])
model = AutoML("binary", max_trials=4, seed=11, workers="inline")
print(model.fit(frame, "approve", sensitive_features=["race"]).save(sys.argv[2]))
"""


def test_equal_runs_in_two_processes_give_the_same_bundle(
    small_loans: pd.DataFrame, tmp_path: Path
) -> None:
    table = tmp_path / "loans.parquet"
    small_loans.iloc[:300].to_parquet(table)

    here = AutoML("binary", max_trials=4, seed=11, n_jobs=2).fit(
        pd.read_parquet(table), "approve", sensitive_features=["race"]
    )
    there = subprocess.run(
        [sys.executable, "-c", RUN, str(table), str(tmp_path / "there")],
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    assert here.save(tmp_path / "here") == there.strip()


def test_another_seed_gives_another_model(small_loans: pd.DataFrame) -> None:
    frame = small_loans.iloc[:300]
    first, second = (
        AutoML("binary", max_trials=2, seed=seed, workers="inline").fit(frame, "approve")
        for seed in (1, 2)
    )

    assert not np.array_equal(first.predict_proba(frame), second.predict_proba(frame))


def test_a_binary_model_ranks_better_than_chance(loans: pd.DataFrame) -> None:
    train, holdout = holdout_split(loans, "approve", share=0.35, seed=0, task="binary")

    model = AutoML("binary", max_trials=3, seed=0, workers="inline").fit(
        train, "approve", sensitive_features=["race"]
    )

    scores = model.predict_proba(holdout)[:, 1]
    assert roc_auc_score(holdout["approve"], scores) > 0.8
    assert model.record_.blend["score"] == pytest.approx(
        roc_auc_score(holdout["approve"], scores), abs=0.06
    )


def test_a_multiclass_model_beats_the_class_shares(multiclass: AutoML, wine: pd.DataFrame) -> None:
    loss = log_loss(wine["target"], multiclass.oof_[multiclass.classes_].to_numpy())

    assert loss < 0.25


def test_a_regression_model_beats_the_mean(regression: AutoML, diabetes: pd.DataFrame) -> None:
    error = diabetes["target"] - regression.oof_["prediction"]

    assert error.std() < 0.8 * diabetes["target"].std()


def test_probabilities_follow_the_order_of_the_classes(
    multiclass: AutoML, wine: pd.DataFrame
) -> None:
    probabilities = multiclass.predict_proba(wine)

    assert list(multiclass.classes_) == ["barbera", "barolo", "grignolino"]
    assert probabilities.shape == (len(wine), 3)
    assert probabilities.sum(axis=1) == pytest.approx(1.0, abs=1e-12)
    assert (multiclass.classes_[probabilities.argmax(axis=1)] == multiclass.predict(wine)).all()
    assert (multiclass.predict(wine) == wine["target"]).mean() > 0.9


def test_the_favourable_class_turns_the_margin_not_the_probabilities(
    small_loans: pd.DataFrame,
) -> None:
    frame = small_loans.iloc[:300]

    denied = AutoML("binary", max_trials=1, favourable=0, workers="inline").fit(frame, "approve")

    probabilities = denied.predict_proba(frame)
    assert list(denied.classes_) == [0, 1]
    assert roc_auc_score(frame["approve"], probabilities[:, 1]) > 0.8
    assert np.array_equal(denied.model_.favourable_probability(frame), probabilities[:, 0])
    assert (denied.predict(frame) == np.where(denied.model_.decide(frame), 0, 1)).all()


def test_text_classes_keep_their_type(small_loans: pd.DataFrame) -> None:
    frame = small_loans.iloc[:300].assign(
        approve=np.where(small_loans["approve"].iloc[:300] == 1, "yes", "no")
    )

    model = AutoML("binary", max_trials=1, workers="inline").fit(frame, "approve")

    assert set(model.predict(frame)) == {"no", "yes"}
    assert model.model_.contract.favourable == "yes"


def test_decisions_are_as_often_favourable_as_the_outcomes(
    binary: AutoML, small_loans: pd.DataFrame
) -> None:
    chosen = binary.oof_[1] >= binary.model_.threshold

    assert chosen.mean() == pytest.approx(small_loans["approve"].mean(), abs=0.002)


def test_the_frame_is_not_changed(small_loans: pd.DataFrame) -> None:
    frame = small_loans.iloc[:200].copy()
    before = frame.copy(deep=True)

    model = AutoML("binary", max_trials=1, workers="inline").fit(frame, "approve", exclude=["unem"])
    model.predict(frame)
    model.model_.explain(frame.iloc[:5])

    pd.testing.assert_frame_equal(frame, before)


def test_a_row_alone_is_scored_like_within_a_batch(
    binary: AutoML, small_loans: pd.DataFrame
) -> None:
    batch = binary.predict_proba(small_loans)

    alone = np.concatenate(
        [binary.predict_proba(small_loans.iloc[at : at + 1]) for at in range(20)]
    )

    assert np.array_equal(alone, batch[:20])


def test_an_unseen_category_and_missing_values_are_scored(
    binary: AutoML, small_loans: pd.DataFrame
) -> None:
    strange = small_loans.iloc[:3].assign(purpose="boat", branch="nowhere", obrat=np.nan)

    assert np.isfinite(binary.predict_proba(strange)).all()


def test_the_order_of_columns_does_not_matter(binary: AutoML, small_loans: pd.DataFrame) -> None:
    turned = small_loans[small_loans.columns[::-1]]

    assert np.array_equal(binary.predict_proba(turned), binary.predict_proba(small_loans))


def test_prediction_needs_every_column(binary: AutoML, small_loans: pd.DataFrame) -> None:
    with pytest.raises(errors.MissingColumn, match="'obrat'"):
        binary.predict(small_loans.drop(columns="obrat"))


def test_prediction_refuses_text_for_a_number(binary: AutoML, small_loans: pd.DataFrame) -> None:
    frame = small_loans.iloc[:5].astype({"obrat": "str"}).assign(obrat="much")

    with pytest.raises(errors.UnparsableValue, match="'obrat' has 5 values"):
        binary.predict(frame)


def test_a_resumed_run_equals_the_straight_run(small_loans: pd.DataFrame, tmp_path: Path) -> None:
    frame = small_loans.iloc[:300]
    straight = AutoML("binary", max_trials=6, seed=5, workers="inline").fit(frame, "approve")
    AutoML("binary", max_trials=4, seed=5, workers="inline").fit(
        frame, "approve", checkpoint=tmp_path / "run"
    )
    (tmp_path / "run" / "trial-00003.json").unlink()

    resumed = AutoML("binary", max_trials=6, seed=5, workers="inline").fit(
        frame, "approve", checkpoint=tmp_path / "run"
    )

    assert np.array_equal(resumed.predict_proba(frame), straight.predict_proba(frame))
    assert resumed.save(tmp_path / "resumed") == straight.save(tmp_path / "straight")


@pytest.mark.parametrize(
    ("settings", "rows"),
    [pytest.param({"seed": 6}, 300, id="another seed"), pytest.param({}, 299, id="other data")],
)
def test_a_checkpoint_of_another_run_is_refused(
    settings: dict[str, int], rows: int, small_loans: pd.DataFrame, tmp_path: Path
) -> None:
    first = AutoML("binary", max_trials=1, families=["linear"], seed=5, workers="inline")
    first.fit(small_loans.iloc[:300], "approve", checkpoint=tmp_path)
    other = AutoML(
        "binary", max_trials=1, families=["linear"], **{"seed": 5, **settings}, workers="inline"
    )

    with pytest.raises(errors.CheckpointMismatch):
        other.fit(small_loans.iloc[:rows], "approve", checkpoint=tmp_path)


def test_a_damaged_checkpoint_is_refused(small_loans: pd.DataFrame, tmp_path: Path) -> None:
    run = AutoML("binary", max_trials=1, families=["linear"], workers="inline")
    run.fit(small_loans, "approve", checkpoint=tmp_path)
    scores = tmp_path / "trial-00000.npy"
    scores.write_bytes(scores.read_bytes()[:-1] + b"\x01")

    with pytest.raises(errors.CheckpointMismatch, match="damaged"):
        run.fit(small_loans, "approve", checkpoint=tmp_path)


def test_column_names_may_be_numbers(small_loans: pd.DataFrame) -> None:
    frame = small_loans[["approve", "obrat", "hrat"]].set_axis([0, 1, 2], axis=1)

    model = AutoML("binary", max_trials=1, families=["linear"], workers="inline").fit(frame, "0")

    assert model.predict(frame).shape == (len(frame),)


def test_boosting_makes_do_with_the_time_it_is_given() -> None:
    random = np.random.default_rng(0)
    matrix = random.normal(size=(200, 3))
    training = Training(
        task=Task.REGRESSION,
        outputs=1,
        matrix=matrix,
        y=matrix[:, 0],
        weight=None,
        categorical=(),
        held=None,
        threads=1,
        seed=0,
        absolute=False,
        expired=lambda: False,
        enough=lambda: True,
    )

    _, settled = BoostingFamily().train(training, BoostingFamily().default(Task.REGRESSION, 200))

    assert settled["rounds"] == 1


def test_no_time_at_all_still_gives_a_model(small_loans: pd.DataFrame) -> None:
    model = AutoML("binary", time_budget_s=0.001, workers="inline").fit(small_loans, "approve")

    assert model.predict_proba(small_loans).shape == (len(small_loans), 2)


def test_a_failed_trial_is_recorded_and_the_run_goes_on(
    small_loans: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        message = "no forest today"
        raise errors.TrialFailed(message)

    monkeypatch.setattr("accredit_engine.families.forest.ForestFamily.train", refuse)

    model = AutoML("binary", max_trials=3, families=["linear", "forest"], workers="inline").fit(
        small_loans, "approve"
    )

    failed = [trial for trial in model.record_.trials if trial.state is TrialState.FAILED]
    assert {trial.reason for trial in failed} == {"no forest today"}
    assert model.leaderboard_["state"].tolist()[-1] == "failed"


def test_a_run_without_a_finished_trial_says_why(
    small_loans: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        message = "singular"
        raise errors.TrialFailed(message)

    monkeypatch.setattr("accredit_engine.families.linear.LinearFamily.train", refuse)

    with pytest.raises(errors.NothingTrained, match="singular"):
        AutoML("binary", max_trials=2, families=["linear"], workers="inline").fit(
            small_loans, "approve"
        )


def test_a_missing_lightgbm_costs_a_family_not_the_run(
    small_loans: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    homes = {"boosting": ("accredit_engine.families.absent", "BoostingFamily")}
    roster = "accredit_engine.families.roster._HOMES"
    original = sys.modules["accredit_engine.families.roster"].__dict__["_HOMES"]
    monkeypatch.setattr(roster, {**original, **homes})

    model = AutoML(
        "binary", max_trials=2, families=["boosting", "linear", "forest"], workers="inline"
    ).fit(small_loans, "approve")

    assert set(model.leaderboard_["family"]) <= {"linear", "forest"}
    assert "absent" in model.record_.absent_families["boosting"]


def test_progress_is_reported_in_order(small_loans: pd.DataFrame) -> None:
    seen: list[Progress] = []

    AutoML("binary", max_trials=2, families=["linear"], workers="inline").fit(
        small_loans, "approve", on_progress=seen.append
    )

    assert [step.stage for step in seen] == [
        "prepare",
        "derive",
        "search",
        "search",
        "search",
        "refit",
        "done",
    ]
    assert [step.trials for step in seen] == [0, 0, 0, 1, 2, 2, 2]


def test_the_record_is_json_and_complete(binary: AutoML) -> None:
    record = json.loads(json.dumps(binary.record_.to_dict(), allow_nan=False))

    assert len(record["trials"]) == 4
    assert record["threshold"]["value"] == binary.model_.threshold
    assert {column["role"] for column in record["columns"]} >= {"input", "sensitive"}
    assert sum(member["weight"] for member in record["blend"]["members"]) == pytest.approx(1)


def test_the_leaderboard_is_best_first(binary: AutoML) -> None:
    board = binary.leaderboard_

    assert board["rank"].tolist() == [1, 2, 3, 4]
    assert board["score"].is_monotonic_decreasing
    assert board["weight"].sum() == pytest.approx(1)


def test_mitigation_lifts_the_ratio_and_never_needs_the_group(loans: pd.DataFrame) -> None:
    train, holdout = holdout_split(loans, "approve", share=0.35, seed=0, task="binary")
    families = ["boosting"]

    plain = AutoML("binary", max_trials=2, families=families, workers="inline").fit(
        train, "approve", sensitive_features=["race"]
    )
    fair = AutoML(
        "binary",
        max_trials=10,
        families=families,
        mitigation=Mitigation("race", min_ratio=0.9),
        workers="inline",
    ).fit(train, "approve")

    compared = groupings({"race": train["race"].to_numpy().astype(str)}, ["race"])
    rate = float(train["approve"].mean())
    before = lowest_ratio(plain.oof_[1].to_numpy(), compared, rate)
    after = lowest_ratio(fair.oof_[1].to_numpy(), compared, rate)
    assert before < 0.85
    assert after >= 0.9
    assert fair.record_.mitigation is not None
    assert fair.record_.mitigation["feasible"] is True
    unaware = holdout.drop(columns="race")
    assert np.array_equal(fair.model_.decide(unaware), fair.model_.decide(holdout))
    assert "race" not in [column.name for column in fair.model_.contract.columns]


def test_equalized_odds_can_be_asked_for(loans: pd.DataFrame) -> None:
    demand = Mitigation("race", constraint="equalized_odds", min_ratio=0.8)

    model = AutoML(
        "binary", max_trials=1, families=["linear"], mitigation=demand, workers="inline"
    ).fit(loans.iloc[:800], "approve")

    assert model.record_.mitigation is not None
    assert model.record_.mitigation["constraint"] == "equalized_odds"


def test_an_unreachable_ratio_is_said_in_the_record(loans: pd.DataFrame) -> None:
    demand = Mitigation("race", min_ratio=1.0)

    model = AutoML(
        "binary", max_trials=1, families=["linear"], mitigation=demand, workers="inline"
    ).fit(loans.iloc[:800], "approve")

    assert model.record_.mitigation is not None
    assert model.record_.mitigation["feasible"] is False


def test_importing_the_package_is_light() -> None:
    code = (
        "import sys, accredit_engine, accredit_engine.bundle.digests, "
        "accredit_engine.bundle.contract\n"
        "heavy = {'sklearn', 'lightgbm', 'optuna', 'shap', 'pandas', 'numpy', 'fairlearn'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )

    found = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout

    assert found.strip() == "[]"


def test_predicting_from_a_bundle_needs_no_shap(saved: Path) -> None:
    code = (
        "import sys, pandas\n"
        "from accredit_engine import load_bundle\n"
        "load_bundle(__import__('pathlib').Path(sys.argv[1]))\n"
        "print('shap' in sys.modules)"
    )

    found = subprocess.run(
        [sys.executable, "-c", code, str(saved)], check=True, capture_output=True, text=True
    ).stdout

    assert found.strip() == "False"


def test_an_unknown_name_of_the_package_is_an_attribute_error() -> None:
    package = sys.modules["accredit_engine"]

    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = package.Nothing
