import json

import numpy as np
import pytest
from numpy.typing import NDArray

from accredit_engine.search.alternatives import (
    Alternatives,
    Candidate,
    Tolerance,
    ToleranceUnit,
    less_discriminatory,
    ratios,
)
from accredit_engine.search.groups import Grouping, decisions, groupings
from accredit_engine.search.resampling import Cells


def compared(rows: int) -> tuple[Grouping, ...]:
    """Every third row is black."""
    return groupings({"race": np.where(np.arange(rows) % 3 == 0, "black", "white")}, ["race"])


def candidate(
    name: str, score: float, handicap: float, rows: int = 3000, seed: int = 1
) -> Candidate:
    """A model that holds a handicap against a third of the rows."""
    luck = np.random.default_rng(seed).normal(size=rows)
    black = np.arange(rows) % 3 == 0
    return Candidate(name, score, (score - 0.01, score, score + 0.01), luck - handicap * black)


def search(*candidates: Candidate, tolerance: Tolerance | None = None) -> Alternatives:
    rows = len(candidates[0].margin)
    found = less_discriminatory(
        candidates, compared(rows), rate=0.5, tolerance=tolerance or Tolerance(), seed=0
    )
    assert found is not None
    return found


def test_an_alternative_is_nearly_as_good_and_selects_more_alike() -> None:
    found = search(
        candidate("best", 0.900, 1.0),
        candidate("fairer", 0.896, 0.3),
        candidate("fair but weak", 0.894, 0.0),
        candidate("worse in both", 0.899, 1.5),
    )

    assert found.best.name == "best"
    assert [one.point.name for one in found.found] == ["fairer"]
    only = found.found[0]
    assert only.score_loss == pytest.approx(0.004)
    assert only.gain == pytest.approx(only.point.ratio - found.best.ratio)
    assert only.low < only.gain < only.high
    assert only.beyond_noise
    assert only.worse == ()
    assert [point.name for point in found.curve] == ["best", "fairer", "fair but weak"]
    assert (found.considered, found.rows) == (4, 3000)


def test_a_score_on_the_limit_is_within_the_tolerance() -> None:
    tolerance = Tolerance(0.25)

    found = search(candidate("best", 1.0, 1.0), candidate("just", 0.75, 0.2), tolerance=tolerance)

    assert [one.point.name for one in found.found] == ["just"]


def test_a_small_gain_on_few_rows_is_called_noise() -> None:
    best = candidate("best", 0.901, 0.5, rows=300)
    found = search(best, candidate("other", 0.9, 0.3, rows=300, seed=4))

    other = found.found[0]
    assert other.gain > 0
    assert not other.beyond_noise


def test_more_alternatives_ask_for_more_evidence() -> None:
    best, one = candidate("best", 0.901, 1.0), candidate("one", 0.9, 0.8)
    more = [candidate(f"more {at}", 0.9, 0.7 - at / 100) for at in range(20)]

    alone = search(best, one).found[0]
    among = next(found for found in search(best, one, *more).found if found.point.name == "one")

    assert among.gain == alone.gain
    assert among.high - among.low > alone.high - alone.low


def test_standard_errors_come_from_the_same_folds() -> None:
    best = Candidate("best", 0.9, (0.88, 0.90, 0.92), np.zeros(90))
    steady = Candidate("steady", 0.89, (0.87, 0.89, 0.91), np.zeros(90))
    erratic = Candidate("erratic", 0.89, (0.93, 0.85, 0.89), np.zeros(90))
    tolerance = Tolerance(1.0, ToleranceUnit.STANDARD_ERRORS)

    assert not tolerance.allows(steady, best)
    assert tolerance.allows(erratic, best)
    assert not tolerance.allows(Candidate("one fold", 0.89, (0.89,), np.zeros(90)), best_of_one())


def best_of_one() -> Candidate:
    return Candidate("best", 0.9, (0.9,), np.zeros(90))


@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf")])
def test_a_tolerance_is_a_number_from_zero(value: float) -> None:
    with pytest.raises(ValueError, match="at least 0"):
        Tolerance(value)


def test_a_gain_for_one_feature_does_not_hide_a_loss_for_another() -> None:
    rows = np.arange(1200)
    luck = np.random.default_rng(2).normal(size=1200)
    groups = {
        "race": np.where(rows % 2 == 0, "black", "white"),
        "sex": np.where(rows // 2 % 2 == 0, "woman", "man"),
    }
    candidates = [
        Candidate("best", 0.9, (0.9, 0.9), luck - 1.5 * (rows % 2 == 0)),
        Candidate("other", 0.9, (0.9, 0.9), luck - 0.5 * (rows // 2 % 2 == 0)),
    ]

    found = less_discriminatory(
        candidates, groupings(groups, ["race", "sex"]), rate=0.5, tolerance=Tolerance(), seed=0
    )

    # Of equal scores the higher ratio is the best, so nothing is left to be found.
    assert found is not None
    assert (found.best.name, found.found) == ("other", ())
    candidates[1] = Candidate("other", 0.899, (0.9, 0.898), candidates[1].margin)
    found = less_discriminatory(
        candidates, groupings(groups, ["race", "sex"]), rate=0.5, tolerance=Tolerance(), seed=0
    )
    assert found is not None
    assert found.found[0].worse == ("sex",)


def test_equal_input_gives_equal_json_without_nan() -> None:
    candidates = [candidate("best", 0.9, 1.0), candidate("other", 0.899, 0.2)]

    one, other = (json.dumps(search(*candidates).to_dict(), allow_nan=False) for _ in range(2))

    assert one == other
    assert set(json.loads(one)["found"][0]) >= {"ratios", "interval", "beyond_noise", "score_loss"}


def test_nothing_to_compare_gives_no_answer() -> None:
    one = candidate("one", 0.9, 0.0, rows=90)

    assert less_discriminatory([], compared(90), rate=0.5, tolerance=Tolerance(), seed=0) is None
    assert less_discriminatory([one], [], rate=0.5, tolerance=Tolerance(), seed=0) is None


def test_ratios_are_known_without_mitigation() -> None:
    groups = {
        "race": np.where(np.arange(90) < 45, "black", "white"),
        "id": np.arange(90).astype(str),
    }

    found = ratios(np.arange(90.0)[:, None], groups, 0.75)

    assert set(found) == {"race"}
    assert found["race"] == pytest.approx((68 - 45) / 45)


def rows_bootstrap(
    one: NDArray[np.bool_], other: NDArray[np.bool_], race: Grouping, replicates: int
) -> float:
    random = np.random.default_rng(5)
    gaps = []
    for _ in range(replicates):
        rows = random.integers(0, len(one), len(one))
        drawn = race.take(rows)
        gaps.append(drawn.ratio(other[rows]) - drawn.ratio(one[rows]))
    return float(np.std(gaps))


def test_drawing_counts_is_the_bootstrap_over_rows() -> None:
    race = compared(600)[0]
    one, other = (decisions(candidate("", 0, h, rows=600).margin, 0.5) for h in (0.6, 0.2))

    error = Cells.of([race]).difference_error(one, other, seed=0)

    assert error == pytest.approx(rows_bootstrap(one, other, race, 1000), rel=0.1)
    assert Cells.of([race]).difference_error(one, one, seed=0) == 0.0


def test_cells_hold_rows_that_are_alike_in_every_grouping() -> None:
    groups = {
        "race": np.tile(["black", "white"], 60),
        "sex": np.repeat(["man", "woman", "unknown"], 40),
    }
    found = groupings(groups, ["race", "sex"])

    cells = Cells.of(found)

    assert len(cells.group) == 6
    for at, grouping in enumerate(found):
        assert np.array_equal(cells.group[cells.of_row, at], grouping.codes)
