import numpy as np
import pytest
from scipy import stats

from accredit_governance.gates.estimates import Areas, Means, joined, p_values
from accredit_governance.gates.groups import Grouping


def grouped(*sizes: int) -> Grouping:
    codes = np.repeat(np.arange(len(sizes)), sizes)
    names = tuple(f"group {i}" for i in range(len(sizes)))
    share = np.array(sizes) / sum(sizes)
    return Grouping("race", names, codes, share, np.ones(len(sizes), dtype=bool))


def test_limits_of_a_mean_are_those_of_student() -> None:
    values = np.random.default_rng(0).normal(size=80)
    means = Means.of(values, grouped(40, 40))

    low, high = means.limits(np.array([0]), 0.025)

    expected = stats.ttest_1samp(values[:40], 0).confidence_interval(0.95)
    assert (low[0], high[0]) == pytest.approx((expected.low, expected.high))


def test_p_values_of_means_are_near_those_of_welch() -> None:
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(0, 1, 200), rng.normal(0.2, 2, 100)])

    found = p_values(Means.of(values, grouped(200, 100)), 0, two_sided=True)[1]

    expected = stats.ttest_ind(values[200:], values[:200], equal_var=False).pvalue
    assert 0.05 < expected < 0.9
    assert found == pytest.approx(expected, rel=0.05)


def test_a_one_sided_test_asks_for_greater_values_only() -> None:
    values = np.concatenate([np.tile([0.0, 1.0], 50), np.tile([3.0, 4.0], 50), [-4.0, -3.0] * 50])

    p = p_values(Means.of(values, grouped(100, 100, 100)), 0, two_sided=False)

    assert p[1] < 1e-6
    assert p[2] == 1.0


def test_bounds_meet_zero_at_the_level_of_the_p_value() -> None:
    rng = np.random.default_rng(1)
    values = np.concatenate([rng.normal(0, 1, 60), rng.normal(0.3, 1, 40)])
    means = Means.of(values, grouped(60, 40))
    p = p_values(means, 0, two_sided=True)[1]

    low, high = joined(means, 0, p / 2)

    assert min(abs(low[1]), abs(high[1])) < 1e-6


def test_means_that_are_zero_have_no_logarithm() -> None:
    means = Means.of(np.concatenate([np.zeros(20), np.ones(20)]), grouped(20, 20)).logarithms()

    assert np.isnan(means.value[0])
    assert means.value[1] == 0.0


def test_areas_that_are_perfect_by_chance_have_a_spread() -> None:
    score = np.concatenate([np.arange(20.0), np.arange(20.0)])
    truth = np.concatenate([np.arange(20) >= 10, np.arange(20) % 2 == 0])

    areas = Areas.of(score, truth, grouped(20, 20))
    low, high = areas.limits(np.array([0, 1]), 0.025)

    assert areas.value[0] == 1.0
    assert areas.error[0] == 0.0
    assert areas.spread[0] > 0
    assert low[0] < 0.9
    assert high[0] == 1.0
    assert low[1] < areas.value[1] < high[1]


@pytest.mark.parametrize("rows", [40, 400])
def test_limits_hold_the_truth_as_often_as_they_say(rows: int) -> None:
    rng = np.random.default_rng(5)
    runs, outside = 400, {"mean": 0, "area": 0}
    for _ in range(runs):
        truth = np.arange(rows) % 2 == 0
        score = rng.normal(size=rows) + 1.0 * truth
        low, high = Means.of(score, grouped(rows)).limits(np.array([0]), 0.05)
        outside["mean"] += not low[0] <= 0.5 <= high[0]
        low, high = Areas.of(score, truth, grouped(rows)).limits(np.array([0]), 0.05)
        outside["area"] += not low[0] <= stats.norm.cdf(1 / np.sqrt(2)) <= high[0]

    # Nominal 10 %; the error of 400 runs is 1.5 points.
    assert outside["mean"] / runs <= 0.145
    assert outside["area"] / runs <= 0.145
