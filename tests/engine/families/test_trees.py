from dataclasses import replace

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from accredit_engine.bundle.contract import Task
from accredit_engine.explanation.attributions import contributions
from accredit_engine.families.family import FamilyName, Training
from accredit_engine.families.forest import ForestFamily
from accredit_engine.families.histogram import HistogramFamily
from accredit_engine.families.roster import load_member
from accredit_engine.families.tree import MAX_DEPTH, TreeFamily
from accredit_engine.families.trees import Tree, joined, mean_trees


def training(*, missing: bool = False) -> Training:
    random = np.random.default_rng(0)
    matrix = random.normal(size=(400, 4))
    y = (matrix[:, 0] + matrix[:, 1] * matrix[:, 2] > 0).astype(np.float64)
    if missing:
        matrix[random.random(size=matrix.shape) < 0.2] = np.nan
    return Training(Task.BINARY, 1, matrix, y, None, (), None, 1, 0, False, lambda: False)


def test_copied_histogram_trees_score_as_their_library_with_missing_values() -> None:
    data = training(missing=True)
    params = {**HistogramFamily().default(Task.BINARY, 400), "rounds": 15, "entries": 1.0}
    member, _ = HistogramFamily().train(data, params)
    twin = HistGradientBoostingClassifier(
        learning_rate=0.1,
        max_iter=15,
        max_leaf_nodes=15,
        min_samples_leaf=10,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=0,
    ).fit(data.matrix, data.y)

    raw = member.raw(data.matrix)

    assert raw[:, 0] == pytest.approx(twin.decision_function(data.matrix), abs=1e-12)
    phi, base = contributions(member, data.matrix)
    assert np.abs(phi.sum(axis=1) + base - raw).max() < 1e-12


def test_missing_values_go_where_the_node_sends_them() -> None:
    tree = Tree(
        feature=np.array([0, -1, -1]),
        threshold=np.array([0.5, 0.0, 0.0]),
        left=np.array([1, 0, 0]),
        right=np.array([2, 0, 0]),
        value=np.array([[0.0], [1.0], [2.0]]),
        weight=np.array([2.0, 1.0, 1.0]),
        missing=np.array([2, 0, 0]),
    )
    member = joined(
        FamilyName.HISTOGRAM, [tree], base=np.array([10.0]), divisor=1, is_rounded=False
    )

    raw = member.raw(np.array([[0.5], [0.6], [np.nan]]))

    assert raw[:, 0].tolist() == [11.0, 12.0, 12.0]


def test_a_forest_without_constants_is_still_read() -> None:
    data = training()
    params = {"kind": "random", "trees": 10, "depth": 4, "leaf": 3, "entries": 0.5}
    member, _ = ForestFamily().train(data, params)
    old = {
        name: content
        for name, content in member.files().items()
        if name not in ("shape.json", "missing.npy")
    }

    read = load_member(FamilyName.FOREST, old, 1)

    assert read.raw(data.matrix).tobytes() == member.raw(data.matrix).tobytes()


def test_forests_of_other_sizes_count_alike_in_their_mean() -> None:
    data = training()
    sizes = ({"trees": 10}, {"trees": 30})
    params = {"kind": "extra", "depth": 4, "leaf": 3, "entries": 0.5}
    members = [ForestFamily().train(data, {**params, **size})[0] for size in sizes]

    merged = mean_trees(members)

    expected = (members[0].raw(data.matrix) + members[1].raw(data.matrix)) / 2
    assert merged.raw(data.matrix) == pytest.approx(expected, abs=1e-12)


def test_trees_of_other_kinds_have_no_mean() -> None:
    member, _ = TreeFamily().train(training(), TreeFamily().default(Task.BINARY, 400))

    with pytest.raises(ValueError, match="one kind"):
        mean_trees([member, replace(member, family=FamilyName.FOREST)])


def test_a_tree_stays_on_one_page() -> None:
    member, _ = TreeFamily().train(training(), {"depth": 9, "leaf_share": 0.005, "pruning": 0.0})

    assert len(member.roots) == 1
    assert (member.feature < 0).sum() <= 2**MAX_DEPTH
