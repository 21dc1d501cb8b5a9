"""Divergence: its size does not depend on the window, its test asks for more than the tolerance."""

import numpy as np
import pytest
from scipy import stats

from accredit_governance.monitoring.divergence import (
    discoveries,
    drift_p_value,
    excess_p_value,
    pooled,
    psi,
)


def counts(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def test_cells_that_are_large_enough_stay() -> None:
    before, after = pooled(counts(50, 50, 50), counts(50, 40, 60))

    assert before.tolist() == [50, 50, 50]
    assert after.tolist() == [50, 40, 60]


def test_small_cells_are_merged_and_no_row_is_lost() -> None:
    before, after = pooled(counts(100, 100, 1, 2, 0), counts(100, 95, 2, 2, 1))

    assert before.tolist() == [100, 103]
    assert after.tolist() == [100, 100]


def test_everything_small_is_one_cell_without_drift() -> None:
    cells = pooled(counts(1, 2), counts(2, 1))

    assert cells[0].tolist() == [3]
    assert drift_p_value(*cells, tolerance=0.005) == 1.0


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        pytest.param(counts(1, 2), counts(1), "different cells", id="shapes"),
        pytest.param(counts(0, 0), counts(1, 2), "without rows", id="empty reference"),
        pytest.param(counts(1, 2), counts(0, 0), "without rows", id="empty current"),
    ],
)
def test_histograms_that_cannot_be_compared_are_refused(
    before: np.ndarray, after: np.ndarray, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        pooled(before, after)


@pytest.mark.parametrize("rows", [200, 1_000, 20_000])
def test_psi_of_like_windows_is_near_zero_at_every_size(rows: int) -> None:
    rng = np.random.default_rng(rows)
    shares = np.full(10, 0.1)

    values = [psi(rng.multinomial(5_000, shares), rng.multinomial(rows, shares)) for _ in range(50)]

    assert np.mean(values) < 0.02


def test_psi_agrees_with_its_formula_on_large_windows() -> None:
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.3, 0.3, 0.4])
    expected = float(np.sum((q - p) * np.log(q / p)))

    found = psi((p * 10**7).astype(np.int64), (q * 10**7).astype(np.int64))

    assert found == pytest.approx(expected, rel=1e-4)


def test_without_tolerance_the_test_is_the_ordinary_one() -> None:
    before, after = counts(120, 80, 100), counts(90, 95, 115)

    expected = stats.chi2_contingency(np.array([before, after]), correction=False).pvalue

    assert drift_p_value(before, after, tolerance=1e-12) == pytest.approx(expected, rel=1e-6)


def test_harmless_drift_is_not_flagged_however_many_rows_there_are() -> None:
    p = np.full(10, 0.1)
    q = p + np.array([0.003, -0.003] * 5)  # a divergence of about 0.0009

    before, after = (p * 10**7).astype(np.int64), (q * 10**7).astype(np.int64)

    assert drift_p_value(before, after, tolerance=0.005) > 0.99
    assert drift_p_value(before, after, tolerance=1e-9) < 1e-9


def test_excess_follows_the_predictive_law() -> None:
    assert excess_p_value(0, 100, prior_hits=2, prior_misses=99) == 1.0
    assert excess_p_value(3, 0, prior_hits=2, prior_misses=99) == 1.0
    assert excess_p_value(1, 100, prior_hits=2, prior_misses=99) == pytest.approx(
        1 - stats.betabinom.pmf(0, 100, 2, 99)
    )
    assert excess_p_value(50, 100, prior_hits=2, prior_misses=999) < 1e-12


@pytest.mark.parametrize(
    ("p_values", "expected"),
    [
        pytest.param([], (), id="none"),
        pytest.param([0.5, 0.9], (False, False), id="nothing"),
        pytest.param([0.001, 0.9, 0.006], (True, False, True), id="two, in the given order"),
        pytest.param([0.0099, 0.0099], (True, True), id="the larger carries the smaller"),
        pytest.param([0.006, 0.9], (False, False), id="just beyond its own limit"),
    ],
)
def test_false_discoveries_are_held(p_values: list[float], expected: tuple[bool, ...]) -> None:
    assert discoveries(p_values, false_discovery=0.01) == expected
