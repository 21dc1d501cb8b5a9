import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapie.conformity_scores import APSConformityScore
from mapie.regression import SplitConformalRegressor
from scipy.stats import binom
from sklearn.dummy import DummyRegressor

from accredit_engine.bundle.contract import Task
from accredit_engine.errors import UnfitSettings
from accredit_engine.evaluation.conformal import Conformal, ConformalMethod, likelier
from accredit_engine.evaluation.conformity import conformalize

RANDOM = np.random.default_rng(12)
ROWS, FRESH = 2000, 5000
OF_VALUES = [ConformalMethod.ABSOLUTE, ConformalMethod.NORMALISED]
OF_CLASSES = [ConformalMethod.LAC, ConformalMethod.APS]


def values(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Errors that grow with the value."""
    output = RANDOM.uniform(0, 10, size=(rows, 1))
    return output[:, 0] + (0.2 + output[:, 0]) * RANDOM.normal(size=rows), output


def classes(rows: int, outputs: int) -> tuple[np.ndarray, np.ndarray]:
    p = RANDOM.dirichlet(np.full(outputs, 0.7), size=rows)
    y = (p.cumsum(axis=1) < RANDOM.random((rows, 1))).sum(axis=1)
    return y.astype(np.float64), p if outputs > 2 else p[:, 1:]


def assert_covers(covered: np.ndarray, level: float) -> None:
    """Within what chance allows, of the fresh rows and of the quantile alike."""
    slack = 4 * (level * (1 - level) * (1 / len(covered) + 1 / ROWS)) ** 0.5
    assert abs(covered.mean() - level) < slack
    assert binom.cdf(covered.sum(), len(covered), level - slack) > 0.01


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95])
@pytest.mark.parametrize("method", OF_VALUES)
def test_intervals_hold_the_truth_as_often_as_promised(
    method: ConformalMethod, level: float
) -> None:
    conformal = conformalize(*values(ROWS), level, method)

    y, output = values(FRESH)
    low, high = conformal.interval(output[:, 0])
    assert_covers((low <= y) & (y <= high), level)


def test_normalised_intervals_are_wider_where_errors_are_larger() -> None:
    data, fresh = values(ROWS), values(FRESH)
    plain = conformalize(*data, 0.9, ConformalMethod.ABSOLUTE)
    scaled = conformalize(*data, 0.9, ConformalMethod.NORMALISED)

    widths = np.subtract(*scaled.interval(np.array([9.0, 1.0]))[::-1])

    assert widths[0] > 3 * widths[1]
    low, high = scaled.interval(fresh[1][:, 0])
    assert (high - low).mean() < 2 * plain.quantile


@pytest.mark.parametrize("outputs", [2, 4])
@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize("method", OF_CLASSES)
def test_sets_hold_the_truth_as_often_as_promised(
    method: ConformalMethod, level: float, outputs: int
) -> None:
    conformal = conformalize(*classes(ROWS, outputs), level, method)

    y, p = classes(FRESH, outputs)
    chosen = conformal.sets(p)
    covered = chosen[np.arange(FRESH), y.astype(int)]
    assert chosen.any(axis=1).all()
    if outputs == 4:
        assert_covers(covered, level)
        assert chosen.sum(axis=1).mean() < 3.5
    # Of two classes the likelier alone may cover more than was promised.
    assert covered.mean() > level - 0.03


def test_the_order_of_classes_is_that_of_mapie() -> None:
    y, p = classes(300, 4)
    own = p[np.arange(300), y.astype(int)]

    theirs, _ = APSConformityScore.get_true_label_cumsum_proba(y.astype(int), p, np.arange(4))

    ours = likelier(p)[np.arange(300), y.astype(int)]
    assert ours + own == pytest.approx(theirs.ravel())


def test_intervals_are_those_of_mapie() -> None:
    random = np.random.default_rng(3)
    y = random.normal(size=300)
    mapie = SplitConformalRegressor(
        DummyRegressor(strategy="constant", constant=0.0).fit(np.zeros((2, 1)), [0.0, 0.0]),
        confidence_level=0.9,
    ).conformalize(np.zeros((300, 1)), y)

    ours = conformalize(y, np.zeros((300, 1)), 0.9, ConformalMethod.ABSOLUTE)

    _, theirs = mapie.predict_interval(np.zeros((1, 1)))
    low, high = ours.interval(np.zeros(1))
    assert [low[0], high[0]] == pytest.approx(theirs[0, :, 0])


@pytest.mark.parametrize(("rows", "rank"), [(9, 9), (10, 10), (19, 18), (99, 90)])
def test_the_quantile_counts_one_row_more_than_there_are(rows: int, rank: int) -> None:
    y = np.arange(1.0, rows + 1)

    conformal = conformalize(y, np.zeros((rows, 1)), 0.9, ConformalMethod.ABSOLUTE)

    assert conformal.quantile == rank


def test_too_few_rows_and_odd_levels_are_refused() -> None:
    y = np.arange(8.0)
    with pytest.raises(UnfitSettings, match="at least 9 rows, not 8"):
        conformalize(y, y[:, None], 0.9, ConformalMethod.ABSOLUTE)
    for level in (0.5, 1.0, float("nan")):
        with pytest.raises(UnfitSettings, match="must lie between"):
            conformalize(y, y[:, None], level, ConformalMethod.ABSOLUTE)


def test_a_model_without_errors_has_points_for_intervals() -> None:
    y = np.repeat(4.0, 120)

    conformal = conformalize(y, y[:, None], 0.9, ConformalMethod.NORMALISED)

    low, high = conformal.interval(y)
    assert (low == y).all()
    assert (high == y).all()


@pytest.mark.parametrize("method", [*OF_VALUES, *OF_CLASSES])
def test_the_served_half_survives_its_document_to_the_bit(method: ConformalMethod) -> None:
    data = values(ROWS) if method.suits(Task.REGRESSION) else classes(ROWS, 4)
    conformal = conformalize(*data, 0.9, method)

    assert Conformal.from_dict(json.loads(json.dumps(conformal.to_dict()))) == conformal


@pytest.mark.parametrize("method", OF_CLASSES)
def test_a_row_alone_has_the_set_it_has_in_a_batch(method: ConformalMethod) -> None:
    conformal = conformalize(*classes(ROWS, 4), 0.9, method)
    _, p = classes(200, 4)

    alone = np.concatenate([conformal.sets(p[[row]]) for row in range(200)])

    assert (alone == conformal.sets(p)).all()


@given(st.lists(st.floats(0, 1), min_size=2, max_size=6))
def test_the_least_likely_class_comes_after_all_others(p: list[float]) -> None:
    found = likelier(np.array([p]))[0]

    assert found.min() == 0
    assert found.max() == pytest.approx(sum(p) - min(p))


def test_intervals_and_sets_are_not_mixed_up() -> None:
    of_values = Conformal(0.9, ConformalMethod.ABSOLUTE, 1.0, 100)
    of_classes = Conformal(0.9, ConformalMethod.LAC, 0.4, 100)

    with pytest.raises(ValueError, match="not sets"):
        of_values.sets(np.ones((1, 2)))
    with pytest.raises(ValueError, match="not intervals"):
        of_classes.interval(np.ones(1))
    with pytest.raises(ValueError, match="no conformal"):
        Conformal.from_dict({"level": 0.9})


def test_a_row_alone_has_the_interval_it_has_in_a_batch() -> None:
    conformal = conformalize(*values(ROWS), 0.9, ConformalMethod.NORMALISED)
    value = values(300)[1][:, 0]

    low, high = conformal.interval(value)

    alone = [conformal.interval(value[[row]]) for row in range(300)]
    assert [(float(pair[0][0]), float(pair[1][0])) for pair in alone] == list(
        zip(low.tolist(), high.tolist(), strict=True)
    )
