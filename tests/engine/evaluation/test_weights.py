import numpy as np
import pytest
from sklearn.utils.class_weight import compute_sample_weight

from accredit_engine.errors import UnfitSettings
from accredit_engine.evaluation.weights import class_weights

Y = np.array([0.0, 0.0, 0.0, 1.0, 2.0, 2.0])
CLASSES = ("a", "b", "c")


def test_balanced_weights_agree_with_scikit_learn() -> None:
    assert class_weights(Y, "balanced", CLASSES) == pytest.approx(
        compute_sample_weight("balanced", Y)
    )


def test_a_class_that_does_not_occur_is_no_trouble() -> None:
    assert class_weights(Y, "balanced", (*CLASSES, "d")).mean() == pytest.approx(1)


def test_given_weights_keep_their_ratio_and_have_mean_one() -> None:
    weight = class_weights(Y, {"b": 4}, CLASSES)

    assert weight.mean() == pytest.approx(1)
    assert weight[3] / weight[0] == pytest.approx(4)
    assert weight[4] == weight[0]


@pytest.mark.parametrize("rule", ["even", {"z": 1.0}, {"a": 0.0}, {"a": -1.0}, {"a": float("inf")}])
def test_weights_that_make_no_sense_are_refused(rule: str | dict[str, float]) -> None:
    with pytest.raises(UnfitSettings):
        class_weights(Y, rule, CLASSES)
