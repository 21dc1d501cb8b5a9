import numpy as np
import pytest

from accredit_engine.errors import UnfitSettings
from accredit_engine.evaluation.costs import CostMatrix, decide_by_cost


def test_calibrated_probabilities_are_decided_at_the_threshold_of_the_costs() -> None:
    costs = CostMatrix.binary(false_favourable=4, false_unfavourable=1)
    p = np.array([[0.79], [0.81]])

    assert costs.threshold == pytest.approx(0.8)
    assert decide_by_cost(p, costs).tolist() == [0, 1]


def test_the_decision_costs_least_on_average() -> None:
    costs = CostMatrix(((0, 2, 5), (1, 0, 1), (10, 10, 0)))
    p = np.random.default_rng(0).dirichlet(np.ones(3), size=50)

    decided = decide_by_cost(p, costs)

    assert decided.tolist() == (p @ np.array(costs.costs)).argmin(axis=1).tolist()
    alone = np.concatenate([decide_by_cost(p[[row]], costs) for row in range(50)])
    assert alone.tolist() == decided.tolist()


def test_equally_cheap_decisions_go_to_the_first() -> None:
    costs = CostMatrix(((0, 1), (1, 0)))

    assert decide_by_cost(np.array([[0.5, 0.5]]), costs).tolist() == [0]


@pytest.mark.parametrize(
    "costs",
    [
        pytest.param(((0.0,),), id="one class"),
        pytest.param(((0.0, 1.0), (1.0,)), id="ragged"),
        pytest.param(((0.0, float("nan")), (1.0, 0.0)), id="not a number"),
        pytest.param(((2.0, 1.0), (1.0, 0.0)), id="wrong is cheaper"),
        pytest.param(((1.0, 1.0), (0.0, 0.0)), id="no difference"),
    ],
)
def test_costs_that_make_no_sense_are_refused(costs: tuple[tuple[float, ...], ...]) -> None:
    with pytest.raises(UnfitSettings):
        CostMatrix(costs)


def test_costs_survive_their_document() -> None:
    costs = CostMatrix.binary(false_favourable=4, false_unfavourable=1, true_favourable=-2)

    assert CostMatrix.from_dict(costs.to_dict()) == costs
    assert costs.turned().turned() == costs
    with pytest.raises(ValueError, match="no cost matrix"):
        CostMatrix.from_dict({"costs": 3})


def test_costs_of_other_classes_do_not_decide() -> None:
    costs = CostMatrix(((0, 2, 5), (1, 0, 1), (10, 10, 0)))

    with pytest.raises(ValueError, match="costs of 3 classes"):
        decide_by_cost(np.array([[0.5]]), costs)
    with pytest.raises(ValueError, match="two classes"):
        _ = costs.threshold
