"""Other backgrounds: the answers stay, the reasons may not."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Task
from accredit_engine.explanation.attributions import contributions
from accredit_engine.explanation.backgrounds import against
from accredit_engine.families.bag import BagMember
from accredit_engine.families.family import FamilyName, Training
from accredit_engine.families.linear import LinearFamily


@dataclass(frozen=True)
class Product:
    """x0 · x1."""

    background: NDArray[np.float64]
    family: FamilyName = FamilyName.NEURAL

    def raw(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        return (matrix[:, 0] * matrix[:, 1])[:, None]

    def files(self) -> dict[str, bytes]:
        return {}


MEMBER = Product(np.ones((2, 2)))
ROWS = np.array([[3.0, 5.0], [-1.0, 2.0]])


def test_a_product_is_shared_as_the_new_background_says() -> None:
    # Against (1, 1), x0·x1 is shared as (x0-1)(1+x1)/2 and (x1-1)(1+x0)/2; against zeros in halves.
    before, base = contributions(MEMBER, ROWS[:1])
    other = against(MEMBER, np.zeros((3, 2)))
    after, other_base = contributions(other, ROWS[:1])

    assert before[0, :, 0] == pytest.approx([6.0, 8.0])
    assert after[0, :, 0] == pytest.approx([7.5, 7.5])
    assert (base[0], other_base[0]) == (1.0, 0.0)
    assert np.array_equal(other.raw(ROWS), MEMBER.raw(ROWS))


def test_the_background_keeps_its_size_and_holds_new_rows_only() -> None:
    rows = np.random.default_rng(0).normal(size=(50, 2))

    found = against(MEMBER, rows)

    assert isinstance(found, Product)
    assert found.background.shape == (2, 2)
    assert {tuple(row) for row in found.background} <= {tuple(row) for row in rows}
    few = against(MEMBER, rows[:1])
    assert isinstance(few, Product)
    assert few.background.tolist() == rows[:1].tolist()


def test_every_member_of_a_bag_gets_the_new_background() -> None:
    bag = BagMember(FamilyName.NEURAL, (MEMBER, MEMBER))

    _, base = contributions(against(bag, np.full((2, 2), 3.0)), ROWS)

    assert base[0] == 9.0


def test_an_exact_member_has_none() -> None:
    random = np.random.default_rng(0)
    matrix = random.normal(size=(40, 2))
    y = (matrix[:, 0] > 0).astype(np.float64)
    training = Training(Task.BINARY, 1, matrix, y, None, (), None, 1, 0, False, lambda: False)
    member, _ = LinearFamily().train(training, {"inverse_penalty": 1.0})

    assert against(member, matrix[:3]) is member
