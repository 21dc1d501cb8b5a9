from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from accredit_engine import AutoML, Mitigation, errors, load_bundle
from accredit_engine.bundle.contract import ProblemCode, Task
from accredit_engine.data.preparation import Roles, prepare
from accredit_engine.data.schema import MAX_LEVELS


def quick(frame: pd.DataFrame, target: str = "approve", **settings: Any) -> AutoML:
    fit = {
        name: settings.pop(name) for name in ("sensitive_features", "exclude") if name in settings
    }
    task = settings.pop("task", "binary")
    chosen = {"max_trials": 1, "families": ["linear"], "workers": "inline", **settings}
    return AutoML(task, **chosen).fit(frame, target, **fit)


def test_every_error_has_a_code_of_its_own() -> None:
    found = [
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, errors.EngineError)
    ]

    assert len(found) > 20
    assert len({error.code for error in found}) == len(found)


def test_a_missing_target_is_named(small_loans: pd.DataFrame) -> None:
    with pytest.raises(errors.MissingTarget, match="'granted'"):
        quick(small_loans, "granted")


def test_a_constant_target_is_refused(small_loans: pd.DataFrame) -> None:
    with pytest.raises(errors.ConstantTarget):
        quick(small_loans.assign(approve=1))


@pytest.mark.parametrize(
    ("missing", "refused"),
    [pytest.param(29, False, id="just below"), pytest.param(30, True, id="on the limit")],
)
def test_rows_without_a_target_are_dropped_while_they_are_few(
    missing: int, *, refused: bool, small_loans: pd.DataFrame
) -> None:
    frame = small_loans.astype({"approve": "float64"})
    frame.loc[frame.index[:missing], "approve"] = np.nan

    if refused:
        with pytest.raises(errors.MissingTargetValues, match="30 of 600"):
            quick(frame)
    else:
        model = quick(frame)
        assert len(model.oof_) == 571
        assert "missing_target" in {finding.code for finding in model.findings_}


def test_repeated_column_names_are_refused(small_loans: pd.DataFrame) -> None:
    frame = pd.concat([small_loans, small_loans[["obrat"]]], axis=1)

    with pytest.raises(errors.DuplicateColumns, match="'obrat'"):
        quick(frame)


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(pd.DataFrame(), id="nothing"),
        pytest.param(pd.DataFrame({"approve": []}), id="no rows"),
    ],
)
def test_an_empty_frame_is_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(errors.EmptyFrame):
        quick(frame)


def test_too_many_columns_are_refused() -> None:
    frame = pd.DataFrame(np.zeros((2, 10_001)), columns=[f"c{at}" for at in range(10_001)])

    with pytest.raises(errors.TooManyColumns, match="10001"):
        quick(frame, "c0")


def test_too_few_rows_are_refused(small_loans: pd.DataFrame) -> None:
    with pytest.raises(errors.TooFewRows, match="29 rows"):
        quick(small_loans.iloc[:29])


def test_a_class_too_rare_for_the_folds_is_refused(small_loans: pd.DataFrame) -> None:
    approve = np.array([0] * 9 + [1] * 191)

    with pytest.raises(errors.RareClass, match="9 members"):
        quick(small_loans.iloc[:200].assign(approve=approve))


def test_few_rows_are_a_warning(small_loans: pd.DataFrame) -> None:
    model = quick(small_loans.iloc[:150])

    assert "few_rows" in {finding.code for finding in model.findings_}


@pytest.mark.parametrize(
    ("task", "target", "error"),
    [
        pytest.param("binary", "hrat", errors.WrongClassCount, id="numbers for two classes"),
        pytest.param("multiclass", "approve", errors.WrongClassCount, id="two for several"),
        pytest.param("regression", "race", errors.UnfitTarget, id="text for numbers"),
    ],
)
def test_the_target_must_suit_the_task(
    task: str, target: str, error: type[errors.EngineError], small_loans: pd.DataFrame
) -> None:
    with pytest.raises(error, match=target):
        quick(small_loans, target, task=task)


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        pytest.param({"task": "ranking"}, errors.UnfitSettings, id="unknown task"),
        pytest.param({"metric": "cleverness"}, errors.UnknownMetric, id="unknown metric"),
        pytest.param({"metric": "r2"}, errors.UnfitMetric, id="metric of another task"),
        pytest.param({"time_budget_s": 0}, errors.UnfitSettings, id="no time"),
        pytest.param({"time_budget_s": float("nan")}, errors.UnfitSettings, id="nan time"),
        pytest.param({"seed": -1}, errors.UnfitSettings, id="negative seed"),
        pytest.param({"n_jobs": 0}, errors.UnfitSettings, id="no threads"),
        pytest.param({"max_trials": 0}, errors.UnfitSettings, id="no trials"),
        pytest.param({"families": ["oracle"]}, errors.UnfitSettings, id="unknown family"),
        pytest.param({"families": []}, errors.UnfitSettings, id="no family"),
        pytest.param({"leakage": "ignore"}, errors.UnfitSettings, id="leakage rule"),
        pytest.param(
            {"task": "regression", "mitigation": Mitigation("race")},
            errors.UnfitMitigation,
            id="mitigated regression",
        ),
        pytest.param(
            {"task": "multiclass", "favourable": 1}, errors.UnfitSettings, id="favourable of many"
        ),
    ],
)
def test_settings_are_checked_at_once(
    settings: dict[str, Any], error: type[errors.EngineError]
) -> None:
    with pytest.raises(error):
        AutoML(**{"task": "binary", **settings})


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"constraint": "fairness"}, id="constraint"),
        pytest.param({"min_ratio": 0}, id="zero"),
        pytest.param({"min_ratio": 1.01}, id="above one"),
    ],
)
def test_a_mitigation_is_checked_at_once(settings: dict[str, Any]) -> None:
    with pytest.raises(errors.UnfitMitigation):
        Mitigation("race", **settings)


def test_groups_too_small_to_compare_are_refused(small_loans: pd.DataFrame) -> None:
    frame = small_loans.assign(race=["other"] * 29 + ["white"] * 571)

    with pytest.raises(errors.UnfitMitigation, match="'race'"):
        quick(frame, mitigation=Mitigation("race"))


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        pytest.param({"column_kinds": {"race": "ordinal"}}, errors.UnknownOrder, id="order"),
        pytest.param(
            {"sensitive_features": ["sex"]}, errors.UnknownSensitiveFeature, id="sensitive"
        ),
        pytest.param(
            {"mitigation": Mitigation("sex")}, errors.UnknownSensitiveFeature, id="mitigated"
        ),
        pytest.param({"exclude": ["sex"]}, errors.UnknownColumn, id="exclude"),
        pytest.param({"column_kinds": {"sex": "numeric"}}, errors.UnknownColumn, id="kinds"),
        pytest.param({"column_kinds": {"obrat": "colour"}}, errors.UnfitSettings, id="kind"),
        pytest.param({"column_kinds": {"race": "numeric"}}, errors.UnparsableValue, id="parse"),
        pytest.param({"favourable": "yes"}, errors.UnknownFavourableClass, id="favourable"),
    ],
)
def test_names_in_settings_must_exist(
    settings: dict[str, Any], error: type[errors.EngineError], small_loans: pd.DataFrame
) -> None:
    with pytest.raises(error):
        quick(small_loans, **settings)


def test_infinities_are_missing_and_reported(small_loans: pd.DataFrame) -> None:
    frame = small_loans.copy()
    frame.loc[frame.index[:3], "obrat"] = np.inf

    model = quick(frame)

    found = {finding.code: finding for finding in model.findings_}
    assert found["infinite_values"].evidence == {"rows": 3}
    assert np.isfinite(model.predict_proba(frame)).all()


def test_mixed_types_are_read_alike_in_training_prediction_and_bundle(
    small_loans: pd.DataFrame, tmp_path: Path
) -> None:
    random = np.random.default_rng(0)
    frame = small_loans.assign(
        ratio=pd.Series(
            ["n/a" if at % 50 == 0 else random.normal() for at in range(600)],
            dtype=object,
            index=small_loans.index,
        ),
        code=pd.Series([at % 7 if at % 3 else "seven" for at in range(600)], dtype=object),
    )

    model = quick(frame)
    model.save(tmp_path / "bundle")
    loaded = load_bundle(tmp_path / "bundle")

    assert {"ratio", "code"} <= {f.column for f in model.findings_ if f.code == "mixed_types"}
    strange = frame.iloc[:4].assign(ratio=["?", 1, "0.5", None], code=["seven", 1, True, None])
    expected = model.predict_proba(strange)
    assert np.isfinite(expected).all()
    assert loaded.predict_proba(strange).tobytes() == expected.tobytes()
    as_missing = strange.assign(ratio=[None, 1.0, 0.5, None])
    assert loaded.predict_proba(as_missing).tobytes() == expected.tobytes()
    record = {column.name: None for column in loaded.contract.columns} | {"ratio": "?"}
    problems = [problem for problem in loaded.contract.check(record) if problem.column == "ratio"]
    assert [problem.code for problem in problems] == [ProblemCode.TEXT_FOR_NUMBER]


def test_columns_without_values_are_left_out_and_told(small_loans: pd.DataFrame) -> None:
    frame = small_loans.assign(gone=np.nan, none=None, same=1)

    model = quick(frame)

    found = {(finding.code, finding.column) for finding in model.findings_}
    assert {
        ("empty_column", "gone"),
        ("empty_column", "none"),
        ("constant_column", "same"),
    } <= found
    assert {"gone", "none", "same"}.isdisjoint(
        column.name for column in model.model_.contract.columns
    )


def test_nested_values_are_refused(small_loans: pd.DataFrame) -> None:
    frame = small_loans.assign(tags=[["a", "b"]] * len(small_loans))

    with pytest.raises(errors.NestedColumns, match="'tags'"):
        quick(frame)


def test_fifty_thousand_categories_are_read_fast() -> None:
    rows = 50_000
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "merchant": [f"M{at}" for at in random.permutation(rows)],
            "amount": random.normal(size=rows),
            "approve": np.arange(rows) % 2,
        }
    )
    roles = Roles("approve", (), (), {"merchant": "categorical"}, None, "quarantine")

    prepared = prepare(frame, roles, task=Task.BINARY, seed=0)

    finding = next(f for f in prepared.findings if f.code == "high_cardinality")
    assert finding.evidence["categories"] == rows
    assert finding.evidence["kept"] == MAX_LEVELS
    assert "merchant" in {column.name for column in prepared.schema}


def test_a_frame_without_inputs_is_refused(small_loans: pd.DataFrame) -> None:
    with pytest.raises(errors.NoUsableColumns):
        quick(small_loans[["approve"]].assign(same="x"))


def test_nothing_answers_before_a_fit() -> None:
    model = AutoML("binary")

    for name in ("model_", "leaderboard_", "record_", "oof_", "findings_", "classes_"):
        with pytest.raises(errors.NotFitted):
            getattr(model, name)


def test_a_regression_has_no_probabilities_and_no_decisions(
    regression: AutoML, diabetes: pd.DataFrame
) -> None:
    with pytest.raises(errors.NotBinary):
        regression.predict_proba(diabetes)
    with pytest.raises(errors.NotBinary):
        regression.model_.decide(diabetes)


def test_messages_hold_no_rows(small_loans: pd.DataFrame) -> None:
    frame = small_loans.astype({"obrat": "str"})
    frame.loc[frame.index[0], "obrat"] = "secret-4711"

    with pytest.raises(errors.UnparsableValue) as caught:
        quick(frame, column_kinds={"obrat": "numeric"})

    assert "secret" not in str(caught.value)
