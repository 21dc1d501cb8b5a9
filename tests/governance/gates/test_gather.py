"""What a real model's evidence holds: groups, references, classes, and one frozen threshold."""

import numpy as np
import pandas as pd
import pytest

from accredit_engine import AutoML
from accredit_engine.errors import UnknownFavourableClass
from accredit_governance.gates.evidence import Evidence
from tests.governance.gates.lending import gathered, people, terms, trained


@pytest.fixture(scope="module")
def lender() -> AutoML:
    return trained("binary", "paid", favourable="yes")


@pytest.fixture(scope="module")
def evidence(lender: AutoML) -> Evidence:
    return gathered(lender, terms(), people(300, seed=1))


def test_declared_bins_make_groups_of_test_and_training_rows(evidence: Evidence) -> None:
    ages = people(300, seed=1)["age"]

    for frame, rows in ((evidence.sensitive, ages), (evidence.train_sensitive, people(700)["age"])):
        assert set(frame["age"]) == {"under 40", "40 to 61", "62 and over"}
        assert ((frame["age"] == "under 40") == (rows < 40)).all()
        assert ((frame["age"] == "62 and over") == (rows >= 62)).all()


def test_missing_groups_stay_missing(evidence: Evidence) -> None:
    assert evidence.sensitive["sex"].isna().equals(people(300, seed=1)["sex"].isna())


def test_origin_and_reference_come_from_the_use_case(evidence: Evidence) -> None:
    assert evidence.origins == {"age": "self_reported", "sex": "inferred"}
    assert evidence.references == {"age": "40 to 61"}
    assert evidence.favourable == ()


def test_decisions_are_those_of_the_frozen_threshold(evidence: Evidence, lender: AutoML) -> None:
    threshold = lender.model_.threshold

    assert threshold is not None
    assert evidence.selected is not None
    assert evidence.selected.equals(evidence.score >= threshold)


def test_an_age_without_bins_keeps_its_values(lender: AutoML) -> None:
    stated = terms(sensitive_features=[{"column": "age", "origin": "self_reported"}])

    found = gathered(lender, stated, people(300, seed=1))

    assert found.sensitive["age"].nunique() > 60
    assert found.references == {}


def test_values_that_the_use_case_calls_unknown_are_missing(lender: AutoML) -> None:
    male = [{"column": "sex", "origin": "self_reported", "unknown_values": ["MALE"]}]

    found = gathered(lender, terms(sensitive_features=male), people(300, seed=1))

    unknown = people(300, seed=1)["sex"]
    assert found.sensitive["sex"].isna().tolist() == (unknown.isna() | (unknown == "male")).tolist()
    assert found.train_sensitive["sex"].isna().any()


def test_favourable_classes_are_named_as_the_columns_of_the_probabilities() -> None:
    model = trained("multiclass", "grade")
    stated = terms(task="multiclass", target="grade", favourable=["high", "mid"])

    found = gathered(model, stated, people(200, seed=2))

    assert found.favourable == ("high", "mid")
    assert found.probabilities is not None
    assert set(found.favourable) < set(found.probabilities.columns)
    predicted = found.probabilities.idxmax(axis=1)
    assert (predicted == pd.Series(model.model_.predict(found.inputs), predicted.index)).all()
    assert np.array_equal(found.score, found.probabilities.max(axis=1))


def test_a_regression_has_values_and_no_decision() -> None:
    model = trained("regression", "amount", families=["linear"])
    stated = terms(task="regression", target="amount", favourable=None)

    found = gathered(model, stated, people(200, seed=2))

    assert found.selected is None
    assert found.train_selected is None
    assert found.probabilities is None
    assert found.outcome.dtype == "float64"
    assert len(found.train_score) == 700
    assert set(found.sensitive["age"]) == {"under 40", "40 to 61", "62 and over"}


def test_a_favourable_label_that_the_data_lack_is_named_with_those_found() -> None:
    with pytest.raises(UnknownFavourableClass, match=r"'approved' is not among \['no', 'yes'\]"):
        trained("binary", "paid", favourable="approved")
