import numpy as np
import pandas as pd
import pytest
import shap
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from accredit_engine import AutoML
from accredit_engine.bundle.contract import Task
from accredit_engine.errors import AttributionsIncomplete
from accredit_engine.explanation.attributions import contributions, owned, refuse_incomplete
from accredit_engine.families.boosting import BoostingFamily
from accredit_engine.families.family import Family, Training
from accredit_engine.families.forest import ForestFamily
from accredit_engine.families.linear import LinearFamily


def training(task: Task, outputs: int) -> Training:
    random = np.random.default_rng(0)
    matrix = random.normal(size=(300, 5))
    score = matrix[:, 0] - 2 * matrix[:, 1] + matrix[:, 2] * matrix[:, 3]
    cuts = np.quantile(score, np.linspace(0, 1, max(2, outputs) + 1)[1:-1])
    y = score if task is Task.REGRESSION else np.digitize(score, cuts).astype(np.float64)
    return Training(task, outputs, matrix, y, None, (), None, 1, 0, False, lambda: False)


@pytest.mark.parametrize("family", [BoostingFamily(), ForestFamily(), LinearFamily()])
@pytest.mark.parametrize(
    ("task", "outputs"), [(Task.BINARY, 1), (Task.MULTICLASS, 3), (Task.REGRESSION, 1)]
)
def test_contributions_of_every_family_add_up(family: Family, task: Task, outputs: int) -> None:
    data = training(task, outputs)
    params = {**family.default(task, 300)}
    if family.name == "boosting":
        params["rounds"] = 20
    member, _ = family.train(data, params)

    phi, base = contributions(member, data.matrix)

    assert phi.shape == (300, 5, outputs)
    assert np.abs(phi.sum(axis=1) + base - member.raw(data.matrix)).max() < 1e-9


def test_forest_contributions_are_those_of_the_shap_library() -> None:
    data = training(Task.BINARY, 1)
    params = {"kind": "random", "trees": 60, "depth": 6, "leaf": 3, "entries": 0.5}
    member, _ = ForestFamily().train(data, params)
    twin = RandomForestClassifier(
        60, max_depth=6, max_leaf_nodes=256, min_samples_leaf=3, max_features=0.5, random_state=0
    ).fit(data.matrix, data.y)

    phi, base = contributions(member, data.matrix[:20])

    explainer = shap.TreeExplainer(twin)
    assert phi[:, :, 0] == pytest.approx(explainer.shap_values(data.matrix[:20])[:, :, 1])
    assert base[0] == pytest.approx(explainer.expected_value[1])
    assert member.raw(data.matrix)[:, 0] == pytest.approx(twin.predict_proba(data.matrix)[:, 1])


def test_boosting_contributions_are_those_of_the_shap_library() -> None:
    data = training(Task.BINARY, 1)
    params = {**BoostingFamily().default(Task.BINARY, 300), "rounds": 20}
    member, _ = BoostingFamily().train(data, params)

    phi, _ = contributions(member, data.matrix[:20])

    expected = shap.TreeExplainer(member.booster).shap_values(data.matrix[:20])
    assert phi[:, :, 0] == pytest.approx(expected)


def test_linear_contributions_are_those_of_the_shap_library() -> None:
    data = training(Task.BINARY, 1)
    member, _ = LinearFamily().train(data, {"inverse_penalty": 1.0})
    twin = LogisticRegression(C=1.0, solver="newton-cholesky", max_iter=60)
    twin.fit(data.matrix, data.y)

    phi, _ = contributions(member, data.matrix[:20])

    background = shap.maskers.Independent(data.matrix, max_samples=1000)
    expected = shap.LinearExplainer(twin, background).shap_values(data.matrix[:20])
    assert phi[:, :, 0] == pytest.approx(expected)


@pytest.mark.parametrize(("kind", "data"), [("binary", "small_loans"), ("regression", "diabetes")])
def test_attributions_of_the_blend_add_up_to_the_margin(
    kind: str, data: str, request: pytest.FixtureRequest
) -> None:
    model: AutoML = request.getfixturevalue(kind)
    frame: pd.DataFrame = request.getfixturevalue(data)

    found = model.model_.explain(frame)

    values = found.values
    assert list(values.columns) == [column.name for column in model.model_.contract.columns]
    assert values.index.equals(frame.index)
    assert np.array_equal(found.margin, model.model_.margin(frame))
    total = values.to_numpy().sum(axis=1) + found.base[0]
    assert total == pytest.approx(found.margin, rel=1e-9)


def test_attributions_of_several_classes_add_up_per_class(
    multiclass: AutoML, wine: pd.DataFrame
) -> None:
    found = multiclass.model_.explain(wine.iloc[:30])

    for at, label in enumerate(multiclass.classes_):
        total = found.of_class(label).to_numpy().sum(axis=1) + found.base[at]
        assert total == pytest.approx(found.margin[:, at])


def test_one_row_is_explained_like_within_a_batch(
    binary: AutoML, small_loans: pd.DataFrame
) -> None:
    batch = binary.model_.explain(small_loans.iloc[:10])

    alone = binary.model_.explain(small_loans.iloc[4:5])

    pd.testing.assert_frame_equal(alone.values, batch.values.iloc[4:5])


def test_columns_left_out_get_no_attribution(binary: AutoML, small_loans: pd.DataFrame) -> None:
    found = binary.model_.explain(small_loans.iloc[:2])

    assert "race" not in found.values.columns


def test_sums_keep_their_signs() -> None:
    phi = np.array([[[1.0], [-3.0], [0.5]]])

    total = owned(phi, (("a",), ("a",), ("b",)), ("a", "b"))

    assert total[0, :, 0].tolist() == [-2.0, 0.5]


def test_an_entry_of_several_columns_is_shared_in_equal_parts() -> None:
    phi = np.array([[[3.0], [-1.0]]])

    total = owned(phi, (("a", "b", "c"), ("b",)), ("a", "b", "c", "d"))

    assert total[0, :, 0].tolist() == [1.0, 0.0, 1.0, 0.0]
    assert total.sum() == phi.sum()


@pytest.mark.parametrize(
    ("gap", "refused"),
    [pytest.param(0.9e-6, False, id="just inside"), pytest.param(1.1e-6, True, id="outside")],
)
def test_incomplete_attributions_are_never_returned(gap: float, *, refused: bool) -> None:
    phi, base, margin = np.array([[[0.25]]]), np.array([0.25]), np.array([[0.5 + gap]])

    if refused:
        with pytest.raises(AttributionsIncomplete):
            refuse_incomplete(phi, base, margin)
    else:
        refuse_incomplete(phi, base, margin)


def test_an_attribution_that_is_not_a_number_is_refused() -> None:
    with pytest.raises(AttributionsIncomplete):
        refuse_incomplete(np.array([[[np.nan]]]), np.zeros(1), np.zeros((1, 1)))
