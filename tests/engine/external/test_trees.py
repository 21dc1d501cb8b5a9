"""Trees of pipelines that come from outside."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer
from sklearn.tree import DecisionTreeClassifier

from accredit_engine.errors import UnsafeModel
from accredit_engine.families.skops_trees import refuse_broken_trees

ROWS = np.random.default_rng(4).random((150, 2))
OUTCOME = (ROWS.sum(axis=1) > 1).astype(int)


@pytest.mark.parametrize(
    "model",
    [
        AdaBoostClassifier(n_estimators=2),
        BaggingClassifier(n_estimators=2, max_features=1),
        ExtraTreesRegressor(n_estimators=2),
        GradientBoostingClassifier(n_estimators=2),
        HistGradientBoostingClassifier(max_iter=2, categorical_features=None),
        RandomForestClassifier(n_estimators=2, max_leaf_nodes=4),
        VotingClassifier([("a", DecisionTreeClassifier()), ("b", LogisticRegression())]),
        StackingClassifier(
            [("a", LogisticRegression())], final_estimator=DecisionTreeClassifier(), cv=2
        ),
        make_pipeline(SplineTransformer(), DecisionTreeClassifier()),
    ],
    ids=lambda model: type(model).__name__,
)
def test_sound_trees_are_let_through(model: BaseEstimator) -> None:
    refuse_broken_trees(model.fit(ROWS, OUTCOME))


def _back(tree: DecisionTreeClassifier) -> None:
    tree.tree_.children_left[0] = 0


def _beyond(tree: DecisionTreeClassifier) -> None:
    tree.tree_.children_right[0] = tree.tree_.node_count


def _foreign_input(tree: DecisionTreeClassifier) -> None:
    tree.tree_.feature[0] = 2


def _too_many(tree: DecisionTreeClassifier) -> None:
    state = tree.tree_.__getstate__()
    tree.tree_.__setstate__(state | {"node_count": state["node_count"] + 1})


@pytest.mark.parametrize("change", [_back, _beyond, _foreign_input, _too_many])
def test_a_tree_without_an_end_or_out_of_its_range_is_refused(
    change: Callable[[DecisionTreeClassifier], None],
) -> None:
    tree = DecisionTreeClassifier(max_depth=2).fit(ROWS, OUTCOME)
    change(tree)

    with pytest.raises(UnsafeModel, match="does not lead from its root"):
        refuse_broken_trees(make_pipeline(tree))


@pytest.mark.parametrize(("field", "value"), [("left", 0), ("right", 10**6), ("feature_idx", 2)])
def test_a_tree_of_histograms_is_held_to_the_same(field: str, value: int) -> None:
    model: Any = HistGradientBoostingClassifier(max_iter=1).fit(ROWS, OUTCOME)
    model._predictors[0][0].nodes[field][0] = value

    with pytest.raises(UnsafeModel):
        refuse_broken_trees(model)


def test_a_forest_that_takes_fewer_inputs_than_its_trees_is_refused() -> None:
    forest: Any = RandomForestClassifier(n_estimators=1, random_state=0).fit(ROWS, OUTCOME)
    forest.n_features_in_ = 1

    with pytest.raises(UnsafeModel):
        refuse_broken_trees(forest)
