from dataclasses import replace

import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsRegressor
from sklearn.svm import SVC

from accredit_engine.bundle.contract import Task
from accredit_engine.families.bayes import NaiveBayesFamily
from accredit_engine.families.family import Training
from accredit_engine.families.linear import LinearFamily
from accredit_engine.families.neighbours import NeighboursFamily
from accredit_engine.families.svm import SvmFamily


def training(task: Task) -> Training:
    random = np.random.default_rng(0)
    matrix = random.normal(size=(500, 4))
    y = matrix[:, 0] + matrix[:, 1] ** 2
    if task is not Task.REGRESSION:
        y = (y > 1).astype(np.float64)
    return Training(task, 1, matrix, y, None, (), None, 1, 0, False, lambda: False)


def test_neighbours_agree_with_a_plain_search() -> None:
    data = training(Task.REGRESSION)
    params = {"neighbours": 7, "nearness": 0.0, "relevance": 0.0}
    member, _ = NeighboursFamily().train(data, params)

    raw = member.raw(data.matrix[:100] + 0.1)

    twin = KNeighborsRegressor(7, algorithm="brute").fit(data.matrix, data.y)
    assert raw[:, 0] == pytest.approx(twin.predict(data.matrix[:100] + 0.1))


def test_the_order_of_equally_distant_rows_does_not_matter() -> None:
    random = np.random.default_rng(0)
    matrix = random.integers(0, 2, size=(600, 3)).astype(np.float64)
    y = (random.random(600) < 0.2 + 0.6 * matrix[:, 0]).astype(np.float64)
    data = replace(training(Task.BINARY), matrix=matrix, y=y)
    shuffled = random.permutation(600)
    params = {"neighbours": 5, "nearness": 0.8, "relevance": 0.5}

    first, _ = NeighboursFamily().train(data, params)
    second, _ = NeighboursFamily().train(
        replace(data, matrix=matrix[shuffled], y=y[shuffled]), params
    )

    assert first.raw(matrix[:50]) == pytest.approx(second.raw(matrix[:50]))


def test_a_lasso_leaves_entries_out() -> None:
    data = training(Task.BINARY)
    params = {"inverse_penalty": 0.02, "penalty": "lasso"}

    lasso, _ = LinearFamily().train(data, params)
    ridge, _ = LinearFamily().train(data, {**params, "penalty": "ridge"})

    assert (lasso.coefficients == 0).sum() >= 2
    assert (ridge.coefficients != 0).all()


def test_copied_support_vectors_decide_as_their_library() -> None:
    data = training(Task.BINARY)
    member, _ = SvmFamily().train(data, {"cost": 2.0, "width": 1.0, "tube": 0.1})

    twin = SVC(C=2.0, gamma="scale").fit(data.matrix, data.y)

    assert member.raw(data.matrix)[:, 0] == pytest.approx(
        twin.decision_function(data.matrix), abs=1e-9
    )


def test_naive_bayes_agrees_with_its_library_on_numbers() -> None:
    data = training(Task.BINARY)
    member, _ = NaiveBayesFamily().train(data, {"variance_floor": 1e-9, "smoothing": 1e-9})

    twin = GaussianNB().fit(data.matrix, data.y)

    log_shares = twin.predict_joint_log_proba(data.matrix)
    assert member.raw(data.matrix)[:, 0] == pytest.approx(
        log_shares[:, 1] - log_shares[:, 0], rel=1e-6, abs=1e-6
    )
