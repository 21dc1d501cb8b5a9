"""The stack: weights that are none below zero, judged on rows they were not fitted on."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import log_loss

from accredit_engine.bundle.contract import Task
from accredit_engine.search.stack import cross_fitted, fit_weights

ROWS = 240


def parts_of(rows: int, count: int = 4) -> list[NDArray[np.intp]]:
    return [np.arange(rows)[at::count] for at in range(count)]


def problem(task: Task, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Margins (4, n, o): a good member, a fair one, noise, and the good one turned round."""
    random = np.random.default_rng(seed)
    outputs = 3 if task is Task.MULTICLASS else 1
    signal = 2 * random.normal(size=(ROWS, outputs))
    if task is Task.MULTICLASS:
        y = (signal + random.gumbel(size=signal.shape)).argmax(axis=1).astype(np.float64)
    elif task is Task.BINARY:
        y = (signal[:, 0] + random.logistic(size=ROWS) > 0).astype(np.float64)
    else:
        y = signal[:, 0] + 0.3 * random.normal(size=ROWS)
    good = signal + 0.4 * random.normal(size=signal.shape)
    fair = signal + 1.2 * random.normal(size=signal.shape)
    return np.stack([good, fair, random.normal(size=signal.shape), -good]), y


@pytest.mark.parametrize("task", [*Task])
def test_good_members_get_the_weight_and_none_is_negative(task: Task) -> None:
    margins, y = problem(task)

    weights = fit_weights(margins, y, task)

    assert (weights >= 0).all()
    assert weights[0] == weights.max()
    assert weights[0] > 2 * weights[2]
    assert weights[3] < 0.05


@pytest.mark.parametrize("task", [*Task])
def test_the_stack_of_a_part_never_sees_that_part(task: Task) -> None:
    margins, y = problem(task)
    parts = parts_of(ROWS)
    honest = cross_fitted(margins, y, parts, task)

    other = y.copy()
    other[parts[1]] = other[parts[1]][::-1]
    again = cross_fitted(margins, other, parts, task)

    assert np.array_equal(again[parts[1]], honest[parts[1]])
    assert not np.array_equal(again[parts[0]], honest[parts[0]])


def test_an_honest_stack_ranks_no_better_than_one_fitted_on_all_rows() -> None:
    margins, y = problem(Task.BINARY)
    honest = cross_fitted(margins, y, parts_of(ROWS), Task.BINARY)
    fitted = np.tensordot(fit_weights(margins, y, Task.BINARY), margins, axes=1)

    def loss(margin: NDArray[np.float64]) -> float:
        return float(log_loss(y, 1 / (1 + np.exp(-margin[:, 0]))))

    assert loss(fitted) <= loss(honest) < loss(margins[2])


def test_members_that_say_the_same_share_their_weight() -> None:
    margins, y = problem(Task.REGRESSION)

    weights = fit_weights(np.stack([margins[0], margins[0]]), y, Task.REGRESSION)

    assert weights[0] == pytest.approx(weights[1], rel=1e-6)
    assert weights.sum() == pytest.approx(1.0, abs=0.1)


def test_members_that_are_all_worthless_share_equally() -> None:
    margins, y = problem(Task.BINARY)

    weights = fit_weights(-50 * np.stack([margins[0], margins[0]]), y, Task.BINARY)

    assert (weights >= 0).all()
    assert weights.sum() > 0
