import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from accredit_governance.gates import statistics


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [
        pytest.param(81, 263, 0.2553, 0.3662, id="Newcombe 1998 table I, 81 of 263"),
        pytest.param(15, 148, 0.0624, 0.1605, id="15 of 148"),
        pytest.param(0, 20, 0.0, 0.1611, id="none of 20"),
        pytest.param(1, 29, 0.0061, 0.1718, id="1 of 29"),
        pytest.param(29, 29, 0.8830, 1.0, id="all of 29"),
        pytest.param(0, 0, 0.0, 1.0, id="no trials"),
    ],
)
def test_wilson_interval_has_the_published_ends(
    hits: int, trials: int, low: float, high: float
) -> None:
    found = statistics.wilson(hits, trials, statistics.critical_value(0.95, sides=2))

    assert found[0] == pytest.approx(low, abs=5e-5)
    assert found[1] == pytest.approx(high, abs=5e-5)


@pytest.mark.parametrize(
    ("one", "two", "low", "high"),
    [
        pytest.param((56, 70), (48, 80), 0.0524, 0.3339, id="56/70 - 48/80"),
        pytest.param((9, 10), (3, 10), 0.1705, 0.8090, id="9/10 - 3/10"),
        pytest.param((10, 10), (0, 10), 0.6075, 1.0, id="10/10 - 0/10"),
    ],
)
def test_newcombe_interval_has_the_published_ends(
    one: tuple[int, int], two: tuple[int, int], low: float, high: float
) -> None:
    z = statistics.critical_value(0.95, sides=2)

    found = statistics.difference_bounds(one[0], one[1], reference=two, z=z)

    assert [float(end) for end in found] == pytest.approx([low, high], abs=5e-5)


def test_exact_bounds_are_clopper_and_pearson() -> None:
    expected = stats.binomtest(7, 20).proportion_ci(0.95, method="exact")

    low, high = statistics.exact_bounds(7, 20, 0.025)

    assert (float(low), float(high)) == pytest.approx((expected.low, expected.high))


def test_holm_follows_the_textbook_example() -> None:
    adjusted = statistics.holm([0.01, 0.04, 0.03, 0.005])

    assert adjusted.tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_of_nothing_is_nothing() -> None:
    assert statistics.holm([]).tolist() == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_holm_only_raises_and_keeps_the_order(p: list[float]) -> None:
    adjusted = statistics.holm(p)

    assert (adjusted >= np.array(p)).all()
    assert (adjusted <= 1).all()
    order = np.argsort(p, kind="stable")
    assert (np.diff(adjusted[order]) >= 0).all()


def test_small_cells_are_tested_exactly() -> None:
    fisher = stats.fisher_exact([[2, 8], [9, 11]], alternative="less").pvalue

    assert statistics.parity_p(2, 10, reference=(9, 20), two_sided=False) == pytest.approx(fisher)


@pytest.mark.parametrize("two_sided", [True, False])
def test_large_cells_agree_with_the_exact_test(two_sided: bool) -> None:
    alternative = "two-sided" if two_sided else "less"
    table = [[280, 720], [640, 1360]]
    exact = stats.fisher_exact(table, alternative=alternative).pvalue

    found = statistics.parity_p(280, 1000, reference=(640, 2000), two_sided=two_sided)

    assert found == pytest.approx(exact, abs=0.005)


@pytest.mark.parametrize("hits", [0, 10])
def test_groups_without_any_difference_are_no_evidence(hits: int) -> None:
    assert statistics.parity_p(hits, 10, reference=(hits * 10, 100), two_sided=True) == 1.0


@pytest.mark.parametrize(
    ("rate", "comparisons", "rows", "tolerance"),
    [
        pytest.param(0.3, 1, 127, 0, id="one comparison at 30 %"),
        pytest.param(0.05, 1, 1033, 0, id="one comparison at 5 %"),
        pytest.param(0.3, 20, 370, 0, id="twenty at 30 %"),
        pytest.param(0.05, 20, 3007, 0, id="twenty at 5 %"),
        pytest.param(0.3, 20, 368, 0.006, id="twenty at 30 %, rounded figure"),
        pytest.param(0.05, 20, 2995, 0.006, id="twenty at 5 %, rounded figure"),
    ],
)
def test_rows_needed_follow_the_formula(
    rate: float, comparisons: int, rows: int, tolerance: float
) -> None:
    found = statistics.rows_needed_ratio(rate, 0.8, confidence=0.95, comparisons=comparisons)

    assert found == pytest.approx(rows, rel=tolerance)


def test_rows_needed_are_just_enough() -> None:
    needed = statistics.rows_needed_ratio(0.3, 0.8, confidence=0.95)
    assert needed is not None

    def bound(rows: int) -> float:
        hits = np.array([round(rows * 0.3)])
        return float(
            statistics.ratio_lower_bound(
                hits, np.array([rows]), reference=(300_000, 1_000_000), level=0.05
            )[0]
        )

    assert bound(round(needed * 1.05)) > 0.8 > bound(round(needed * 0.9))


def test_no_number_of_rows_makes_up_for_a_small_reference() -> None:
    assert statistics.rows_needed_ratio(0.3, 0.8, confidence=0.95, reference_variance=0.1) is None
    assert statistics.rows_needed_gap((3, 10), 0.1, confidence=0.95) is None
    assert statistics.rows_needed_ratio(0.0, 0.8, confidence=0.95) is None


def test_rows_needed_for_a_gap_are_just_enough() -> None:
    needed = statistics.rows_needed_gap((800_000, 1_000_000), 0.1, confidence=0.95)
    assert needed is not None

    def bound(rows: int) -> float:
        z = statistics.critical_value(0.95)
        low, high = statistics.difference_bounds(
            rows * 0.8, rows, reference=(800_000, 1_000_000), z=z
        )
        return float(max(-low, high))

    assert bound(needed + 5) <= 0.1 < bound(needed - 5)


def test_two_rows_that_were_all_selected_do_not_bound_a_ratio_tightly() -> None:
    bound = statistics.ratio_lower_bound(
        np.array([2]), np.array([2]), reference=(100, 100), level=0.05
    )

    assert 0 < bound[0] < 0.2


@given(
    st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n))),
)
def test_the_ratio_bound_is_never_above_the_ratio(
    group: tuple[int, int], reference: tuple[int, int]
) -> None:
    bound = statistics.ratio_lower_bound(
        np.array([group[0]]), np.array([group[1]]), reference=reference, level=0.05
    )[0]
    smoothed = ((group[0] + 0.5) / (group[1] + 0.5)) / ((reference[0] + 0.5) / (reference[1] + 0.5))

    assert 0 <= bound <= max(smoothed, group[0] / group[1] * reference[1] / reference[0]) + 1e-9


def test_the_count_bootstrap_has_the_law_of_resampled_rows() -> None:
    cells = np.array([[40, 60], [30, 70]])

    tables = statistics.count_bootstrap(cells, replicates=4000, seed=1)

    assert tables.shape == (4000, 2, 2)
    assert (tables.sum(axis=(1, 2)) == 200).all()
    assert tables.mean(axis=0) == pytest.approx(cells, rel=0.02)
    assert tables[:, 0, 0].std() == pytest.approx((40 * (1 - 0.2)) ** 0.5, rel=0.05)


def test_the_count_bootstrap_repeats_itself() -> None:
    cells = np.array([[4, 6], [3, 7]])

    one, two = (statistics.count_bootstrap(cells, replicates=9, seed=3) for _ in range(2))

    assert (one == two).all()


@pytest.mark.parametrize(
    ("area", "ones", "zeros"),
    [
        pytest.param(0.8, 20, 30, id="in the middle"),
        pytest.param(1.0, 12, 12, id="perfect"),
        pytest.param(0.0, 12, 12, id="perfectly wrong"),
    ],
)
def test_limits_of_an_area_solve_their_equation(area: float, ones: int, zeros: int) -> None:
    low, high = (float(end) for end in statistics.area_limits(area, ones, zeros, 1.96))

    def variance(t: float) -> float:
        n = (ones + zeros) / 2 - 1
        weight = 1 + n * (1 - t) / (2 - t) + n * t / (1 + t)
        return t * (1 - t) * weight / (ones * zeros)

    assert 0 <= low <= area <= high <= 1
    for end in {low, high} - {area}:
        assert abs(end - area) == pytest.approx(1.96 * variance(end) ** 0.5, rel=1e-5)
    assert high - low > 0.1


def test_an_area_that_is_not_known_has_no_limits() -> None:
    low, high = statistics.area_limits([np.nan, 0.5], [5, 5], [5, 5], 2.0)

    assert np.isnan([low[0], high[0]]).all()
    assert low[1] < 0.5 < high[1]


def test_groups_left_out_of_the_bootstrap_change_nothing_for_the_others() -> None:
    cells = np.array([[40, 60], [30, 70], [5, 5]])

    some = statistics.count_bootstrap(
        cells, replicates=4000, seed=1, kept=np.array([True, False, True])
    )

    assert some.shape == (4000, 2, 2)
    assert some.mean(axis=0) == pytest.approx(cells[[0, 2]], rel=0.03)
    assert some[:, 0, 0].std() == pytest.approx((40 * (1 - 40 / 210)) ** 0.5, rel=0.05)
