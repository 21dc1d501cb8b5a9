"""Sampled contributions: what is promised although they are estimates."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from accredit_engine.explanation.attributions import contributions, is_exact
from accredit_engine.families.bag import BagMember
from accredit_engine.families.family import FamilyName, spread_rows


@dataclass(frozen=True)
class Product:
    """x0 · x1 + 3 · x2, and nothing of x3."""

    background: NDArray[np.float64]
    family: FamilyName = FamilyName.NEURAL

    def raw(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        return (matrix[:, 0] * matrix[:, 1] + 3 * matrix[:, 2])[:, None]

    def files(self) -> dict[str, bytes]:
        return {}


ROWS = np.random.default_rng(0).normal(size=(20, 4))
MEMBER = Product(np.random.default_rng(1).normal(size=(4, 4)))


def test_sampled_contributions_are_complete_and_deterministic() -> None:
    phi, base = contributions(MEMBER, ROWS)

    assert phi.sum(axis=1) + base == pytest.approx(MEMBER.raw(ROWS), abs=1e-12)
    assert base == pytest.approx(MEMBER.raw(MEMBER.background).mean(axis=0))
    assert contributions(MEMBER, ROWS)[0].tobytes() == phi.tobytes()
    assert not is_exact(MEMBER)


def test_pairs_and_sums_are_shared_exactly_by_orders_and_their_reverse() -> None:
    phi, _ = contributions(MEMBER, ROWS)

    # Shapley values against each background row, worked out by hand and averaged.
    one, other = MEMBER.background[:, 0], MEMBER.background[:, 1]
    first = [((x - one) * (y + other) / 2).mean() for x, y in ROWS[:, :2]]
    assert phi[:, 0, 0] == pytest.approx(first)
    assert phi[:, 2, 0] == pytest.approx(3 * (ROWS[:, 2] - MEMBER.background[:, 2].mean()))
    assert phi[:, 3, 0] == pytest.approx(0.0, abs=1e-12)


def test_entries_of_one_owner_move_together() -> None:
    phi, base = contributions(MEMBER, ROWS, owners=("b", "a", "b", ("a", "b")))

    assert np.array_equal(phi[:, 2], np.zeros((20, 1)))
    assert phi[:, [0, 1, 3]].any(axis=0).ravel().tolist() == [True, True, False]
    assert phi.sum(axis=1) + base == pytest.approx(MEMBER.raw(ROWS), abs=1e-12)


def test_no_rows_have_no_contributions() -> None:
    phi, base = contributions(MEMBER, ROWS[:0])

    assert phi.shape == (0, 4, 1)
    assert base.shape == (1,)


def test_a_bag_is_explained_by_the_mean_of_its_members() -> None:
    bag = BagMember(FamilyName.NEURAL, (MEMBER, Product(np.zeros((2, 4)))))

    phi, base = contributions(bag, ROWS)

    assert phi.sum(axis=1) + base == pytest.approx(bag.raw(ROWS), abs=1e-12)
    assert not is_exact(bag)


def test_a_member_of_no_known_kind_is_not_explained() -> None:
    class Mute:
        pass

    with pytest.raises(TypeError, match="Mute has no contributions"):
        contributions(Mute(), ROWS)  # type: ignore[arg-type]


def test_typical_rows_are_spread_over_the_scores() -> None:
    matrix = np.random.default_rng(0).permutation(100)[:, None].astype(np.float64)

    rows = spread_rows(matrix, matrix)

    assert rows.ravel().tolist() == [12.0, 37.0, 62.0, 87.0]
