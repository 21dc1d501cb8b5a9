"""What a use case may state about labels and sensitive features."""

import json

import pytest
from pydantic import ValidationError

from accredit_governance.registry.terms import SensitiveFeature, UseCaseTerms

BASE = {
    "title": "Home loan approval",
    "purpose": "Recommends whether an application should be approved.",
    "prohibited_uses": ["Setting the price of a loan."],
    "domain": "consumer_credit",
    "jurisdictions": ["us"],
    "task": "multiclass",
    "target": "grade",
}


def terms(**changes: object) -> UseCaseTerms:
    """As they come in a request."""
    return UseCaseTerms.model_validate_json(json.dumps(BASE | changes))


@pytest.mark.parametrize(
    ("favourable", "kept", "labels"),
    [
        pytest.param("good", "good", ("good",), id="one"),
        pytest.param(["good", "fine"], ("good", "fine"), ("good", "fine"), id="several"),
        pytest.param(["good"], "good", ("good",), id="a list of one is one"),
        pytest.param([1, 2], (1, 2), (1, 2), id="numbers"),
        pytest.param(True, True, (True,), id="true stays true"),
        pytest.param(None, None, (), id="none"),
    ],
)
def test_several_classes_may_be_good_for_the_person(
    favourable: object, kept: object, labels: tuple[object, ...]
) -> None:
    found = terms(favourable=favourable)

    assert found.favourable == kept
    assert found.favourable_labels == labels
    assert type(found.favourable) is type(kept)
    assert UseCaseTerms.model_validate(found.model_dump(mode="json")) == found


def test_one_label_in_a_list_has_the_digest_of_the_label() -> None:
    assert terms(favourable=["good"]).digest() == terms(favourable="good").digest()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"task": "binary", "favourable": [0, 1]}, "one favourable label", id="binary"),
        pytest.param({"task": "binary", "favourable": ["a", "b"]}, "'a', 'b'", id="names them"),
        pytest.param({"task": "regression", "favourable": [1, 2]}, "one favourable", id="number"),
        pytest.param({"favourable": []}, "at least 1", id="an empty list"),
        pytest.param({"favourable": ["a", "a"]}, "once", id="twice"),
        pytest.param({"favourable": {"a": 1}}, "favourable", id="no label"),
    ],
)
def test_labels_that_do_not_suit_the_task_are_refused(
    changes: dict[str, object], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        terms(**changes)


@pytest.mark.parametrize(
    "bins",
    [
        pytest.param([], id="none"),
        pytest.param([40, 40], id="equal"),
        pytest.param([62, 40], id="descending"),
        pytest.param(["young"], id="text"),
        pytest.param([float("nan")], id="not a number"),
        pytest.param(list(range(51)), id="too many"),
    ],
)
def test_bins_are_ascending_cuts(bins: list[object]) -> None:
    with pytest.raises(ValidationError):
        SensitiveFeature.model_validate({"column": "age", "origin": "self_reported", "bins": bins})


def test_bins_are_kept_in_order() -> None:
    feature = SensitiveFeature(column="age", origin="self_reported", bins=(40, 62))

    assert feature.bins == (40.0, 62.0)
    assert SensitiveFeature(column="sex", origin="inferred").bins is None
