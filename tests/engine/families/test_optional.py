"""Copies of models of optional packages, for those that are installed."""

import importlib.util
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import pytest
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Task
from accredit_engine.families.family import TRAITS, FamilyName, Training
from accredit_engine.families.roster import _PACKAGES, load_families

INSTALLED = [name for name, package in _PACKAGES.items() if importlib.util.find_spec(package)]


def training() -> Training:
    random = np.random.default_rng(0)
    matrix = random.normal(size=(300, 4))
    y = (matrix[:, 0] + matrix[:, 1] * matrix[:, 2] > 0).astype(np.float64)
    matrix[::7, 1] = np.nan
    return Training(Task.BINARY, 1, matrix, y, None, (), None, 1, 3, False, lambda: False)


def xgboost_scores(data: Training) -> NDArray[np.float64]:
    package = importlib.import_module("xgboost")
    settings = {
        "objective": "binary:logistic",
        "tree_method": "hist",
        "eta": 0.05,
        "max_depth": 4,
        "colsample_bytree": 0.6,
        "subsample": 0.9,
        "seed": 3,
        "nthread": 1,
    }
    rows = package.DMatrix(data.matrix, label=data.y)
    scores = package.train(settings, rows, 15).predict(rows, output_margin=True)
    return np.asarray(scores, dtype=np.float64)


def catboost_scores(data: Training) -> NDArray[np.float64]:
    package = importlib.import_module("catboost")
    model = package.CatBoostClassifier(
        iterations=15,
        learning_rate=0.06,
        depth=6,
        l2_leaf_reg=3.0,
        random_seed=3,
        thread_count=1,
        allow_writing_files=False,
        logging_level="Silent",
    ).fit(data.matrix, data.y)
    return np.asarray(model.predict(data.matrix, prediction_type="RawFormulaVal"))


def ebm_scores(data: Training) -> NDArray[np.float64]:
    package = importlib.import_module("interpret.glassbox")
    model = package.ExplainableBoostingClassifier(
        feature_types=["continuous"] * 4,
        interactions=0,
        outer_bags=4,
        learning_rate=0.03,
        max_bins=128,
        min_samples_leaf=4,
        n_jobs=1,
        random_state=3,
    ).fit(data.matrix, data.y)
    return np.asarray(model.decision_function(data.matrix), dtype=np.float64)


TWINS: Final[Mapping[FamilyName, Callable[[Training], NDArray[np.float64]]]] = {
    FamilyName.XGBOOST: xgboost_scores,
    FamilyName.CATBOOST: catboost_scores,
    FamilyName.EBM: ebm_scores,
}


def test_every_optional_family_names_its_package() -> None:
    assert set(_PACKAGES) == set(TWINS) == {name for name in FamilyName if TRAITS[name].optional}


def test_copied_models_score_as_their_packages() -> None:
    families, absent = load_families(INSTALLED)

    assert not absent
    for name, family in families.items():
        data = training()
        rounds = {"rounds": 15} if family.traits.stops_early else {}
        member, _ = family.train(data, {**family.default(Task.BINARY, 300), **rounds})
        assert member.raw(data.matrix)[:, 0] == pytest.approx(TWINS[name](data), abs=2e-6), name
