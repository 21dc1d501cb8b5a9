import numpy as np
import pytest
from sklearn.metrics import brier_score_loss

from accredit_engine.evaluation.reliability import brier, calibration_error

RANDOM = np.random.default_rng(4)
P = RANDOM.random(5000)
Y = (RANDOM.random(5000) < P).astype(np.float64)


def test_honest_probabilities_have_almost_no_error_and_shifted_ones_do() -> None:
    assert calibration_error(Y, P).error < 0.03
    assert calibration_error(Y, np.clip(P + 0.2, 0, 1)).error > 0.15


def test_the_diagram_holds_all_rows_in_order() -> None:
    diagram = calibration_error(Y, P[:, None], bins=8)

    assert sum(point.rows for point in diagram.points) == 5000
    assert len(diagram.points) == 8
    said = [point.predicted for point in diagram.points]
    assert said == sorted(said)
    assert diagram.error <= diagram.largest <= 1
    assert diagram.to_dict()["rows"] == 5000


def test_a_constant_probability_is_one_bin() -> None:
    diagram = calibration_error(Y, np.full(5000, 0.9))

    assert len(diagram.points) == 1
    assert diagram.error == pytest.approx(0.9 - Y.mean())


def test_of_several_classes_the_most_likely_is_judged() -> None:
    p = np.tile([0.6, 0.3, 0.1], (100, 1))
    y = np.repeat([0.0, 1.0], [60, 40])

    assert calibration_error(y, p).error == pytest.approx(0, abs=1e-12)


def test_weights_count_as_repeated_rows() -> None:
    weight = RANDOM.integers(1, 3, 5000).astype(np.float64)
    repeated = np.repeat(np.arange(5000), weight.astype(int))
    coarse = P.round(1)

    weighted = calibration_error(Y, coarse, bins=50, weight=weight)

    assert weighted.error == pytest.approx(
        calibration_error(Y[repeated], coarse[repeated], bins=50).error
    )


def test_the_brier_score_agrees_with_scikit_learn() -> None:
    p = RANDOM.dirichlet(np.ones(3), size=200)
    y = RANDOM.integers(0, 3, 200).astype(np.float64)

    assert brier(Y, P) == pytest.approx(brier_score_loss(Y, P))
    assert brier(y, p) == pytest.approx(brier_score_loss(y, p, labels=[0, 1, 2]))


def test_nothing_to_judge_is_refused() -> None:
    with pytest.raises(ValueError, match="rows and bins"):
        calibration_error(np.empty(0), np.empty(0))
