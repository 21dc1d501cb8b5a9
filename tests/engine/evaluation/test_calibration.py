import numpy as np
import pytest
from sklearn.metrics import log_loss

from accredit_engine.bundle.contract import Task
from accredit_engine.evaluation.calibration import fit_affine, probabilities
from accredit_engine.evaluation.weights import class_weights

RANDOM = np.random.default_rng(2)
Y = (RANDOM.random(500) < 0.3).astype(np.float64)
MARGIN = (2 * Y - 1 + RANDOM.normal(size=500))[:, None]


def test_calibration_repairs_a_distorted_margin() -> None:
    distorted = 0.1 * MARGIN + 5

    offset, slope = fit_affine(distorted, Y, Task.BINARY)

    before = log_loss(Y, probabilities(distorted, Task.BINARY)[:, 0])
    calibrated = probabilities(offset + slope * distorted, Task.BINARY)[:, 0]
    assert log_loss(Y, calibrated) < 0.5 < before
    assert calibrated.mean() == pytest.approx(Y.mean(), abs=0.01)


def test_calibration_of_a_constant_gives_the_rate() -> None:
    offset, slope = fit_affine(np.full((500, 1), 3.0), Y, Task.BINARY)

    constant = probabilities(offset + slope * 3.0, Task.BINARY)
    assert constant == pytest.approx(Y.mean(), abs=0.01)


@pytest.mark.parametrize("shared", [True, False])
def test_calibration_of_several_classes_lowers_the_loss(*, shared: bool) -> None:
    y = RANDOM.integers(0, 3, 400)
    margin = np.eye(3)[y] * 0.2 + 0.05 * RANDOM.normal(size=(400, 3))

    offset, slope = fit_affine(margin, y.astype(np.float64), Task.MULTICLASS, shared_slope=shared)

    after = probabilities(offset + slope * margin, Task.MULTICLASS)
    assert log_loss(y, after) < 0.6 * log_loss(y, probabilities(margin, Task.MULTICLASS))
    if shared:
        assert len(set(slope.tolist())) == 1


def test_probabilities_of_huge_margins_stay_finite() -> None:
    huge = np.array([[1e9], [-1e9]])

    assert probabilities(huge, Task.BINARY)[:, 0].tolist() == pytest.approx([1, 0])


def test_separable_scores_get_a_finite_steep_slope() -> None:
    y = np.repeat([0.0, 1.0], 50)

    offset, slope = fit_affine(np.where(y > 0, 3.0, -3.0)[:, None] + y[:, None], y, Task.BINARY)

    assert np.isfinite([*offset, *slope]).all()
    assert 0.1 < slope[0] < 100


def test_scores_that_rank_backwards_are_flattened_to_the_rate() -> None:
    offset, slope = fit_affine(-MARGIN, Y, Task.BINARY)

    assert 0 < slope[0] < 0.01
    p = probabilities(offset + slope * -MARGIN, Task.BINARY)
    assert p.mean() == pytest.approx(Y.mean(), abs=0.01)


@pytest.mark.parametrize("task", [Task.BINARY, Task.MULTICLASS])
def test_a_class_of_one_row_keeps_the_calibration_finite(task: Task) -> None:
    y = np.zeros(200)
    y[7] = 1.0
    y[100:] = 0.0 if task is Task.BINARY else 2.0
    raw = RANDOM.normal(size=(200, 1 if task is Task.BINARY else 3))

    offset, slope = fit_affine(raw, y, task)

    assert np.isfinite([*offset, *slope]).all()
    p = probabilities(offset + slope * raw, task)
    rare = p[:, 0] if task is Task.BINARY else p[:, 1]
    assert 0.001 < rare.mean() < 0.05


@pytest.mark.parametrize("size", [1e-300, 1e-12, 1e12, 1e300])
def test_the_size_of_the_scores_does_not_matter(size: float) -> None:
    usual = fit_affine(MARGIN, Y, Task.BINARY)
    offset, slope = fit_affine(MARGIN * size, Y, Task.BINARY)

    p = probabilities(offset + slope * (MARGIN * size), Task.BINARY)
    assert p == pytest.approx(probabilities(usual[0] + usual[1] * MARGIN, Task.BINARY), abs=1e-6)


def test_one_huge_score_does_not_flatten_the_rest() -> None:
    with_outlier = MARGIN.copy()
    with_outlier[np.flatnonzero(Y == 0)[0]] = 1e12

    offset, slope = fit_affine(with_outlier, Y, Task.BINARY)

    assert slope[0] > 0.5
    assert log_loss(Y, probabilities(offset + slope * MARGIN, Task.BINARY)[:, 0]) < 0.45


def test_a_constant_column_among_several_classes_stays_finite() -> None:
    y = RANDOM.integers(0, 3, 300)
    raw = np.eye(3)[y] + RANDOM.normal(size=(300, 3))
    raw[:, 1] = 4.0

    offset, slope = fit_affine(raw, y.astype(np.float64), Task.MULTICLASS)

    after = probabilities(offset + slope * raw, Task.MULTICLASS)
    assert log_loss(y, after) < np.log(3)
    assert after.mean(axis=0) == pytest.approx(np.bincount(y) / 300, abs=0.01)


def test_large_tables_are_thinned_without_losing_a_rare_class() -> None:
    y = (np.arange(60_000) % 2).astype(np.float64)
    y[::10_000] = 2.0
    raw = np.eye(3)[y.astype(int)] + RANDOM.normal(size=(60_000, 3))

    offset, slope = fit_affine(raw, y, Task.MULTICLASS, shared_slope=True)

    p = probabilities(offset + slope * raw, Task.MULTICLASS)
    assert p.mean(axis=0) == pytest.approx(np.bincount(y.astype(int)) / 60_000, rel=0.05)


def test_calibration_undoes_what_class_weights_did_to_probabilities() -> None:
    weights = class_weights(Y, {"yes": 5.0}, ("no", "yes"))
    shifted = MARGIN + np.log(5.0)
    assert weights.mean() == pytest.approx(1.0)

    offset, slope = fit_affine(shifted, Y, Task.BINARY)

    plain_offset, plain_slope = fit_affine(MARGIN, Y, Task.BINARY)
    assert offset + slope * shifted == pytest.approx(plain_offset + plain_slope * MARGIN, abs=1e-5)


@pytest.mark.parametrize("task", [Task.BINARY, Task.MULTICLASS])
def test_weights_of_the_population_count_as_repeated_rows(task: Task) -> None:
    y = Y if task is Task.BINARY else RANDOM.integers(0, 3, 500).astype(np.float64)
    raw = MARGIN if task is Task.BINARY else RANDOM.normal(size=(500, 3))
    weight = np.where(y == 1, 3.0, 1.0)
    repeated = np.repeat(np.arange(500), weight.astype(int))

    weighted = fit_affine(raw, y, task, weight=weight)

    rows = fit_affine(raw[repeated], y[repeated], task)
    p = probabilities(weighted[0] + weighted[1] * raw, task)
    assert p == pytest.approx(probabilities(rows[0] + rows[1] * raw, task), abs=0.01)
