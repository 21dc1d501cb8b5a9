from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from accredit_governance.gates.evaluate import evaluate
from accredit_governance.gates.probes import Probes
from accredit_governance.gates.probing import champion
from accredit_governance.gates.probing.case import Case, Incumbent
from accredit_governance.gates.results import Verdict
from accredit_governance.policy.document import Policy

Build = Callable[..., Case]
Demand = Callable[..., Policy]


def _against(case: Case, other: Case, train: pd.DataFrame | None = None) -> Case:
    rows = other.train if train is None else train
    return replace(case, incumbent=Incumbent("loans version 1", other.model, rows))


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_champion_equal_to_the_model_has_no_gap(build: Build, demand: Demand, task: str) -> None:
    case = build(task)

    found = champion.probe(_against(case, case))

    assert (found.name, found.left_out, found.unfit) == ("loans version 1", 0, "")
    assert found.rows.tolist() == list(range(400))
    evidence = replace(case.evidence, probes=Probes(champion=found))
    (result,) = evaluate(demand("champion_gain", tasks=(task,), min=0.0), evidence).results[:1]
    assert (result.value, result.verdict) == (0.0, Verdict.PASS)


def test_the_answers_are_those_of_the_champion(build: Build) -> None:
    case, older = build(), build(without=("region",))

    found = champion.probe(_against(case, older))

    assert found.answers is not None
    inputs = case.holdout[[column.name for column in older.model.contract.columns]]
    assert np.array_equal(found.answers.score, older.model.favourable_probability(inputs))
    assert np.array_equal(found.answers.selected, older.model.decide(inputs))
    assert not np.array_equal(found.answers.score, case.evidence.score)


def test_rows_that_the_champion_was_made_from_are_left_out(build: Build) -> None:
    case = build()
    seen = case.holdout.iloc[100:160].astype({"children": "float64"}).assign(extra=1)
    train = pd.concat([case.train, seen]).sample(frac=1, random_state=0)

    found = champion.probe(_against(case, case, train))

    assert found.left_out == 60
    assert found.rows.tolist() == [*range(100), *range(160, 400)]
    assert found.answers is not None
    assert len(found.answers.score) == 340


def test_rows_that_the_model_itself_was_made_from_are_left_out(build: Build) -> None:
    case = build()
    knowing = replace(case, train=pd.concat([case.train, case.holdout.iloc[:60]]))

    found = champion.probe(_against(knowing, case))

    assert found.rows.tolist() == list(range(60, 400))


def test_a_row_with_another_outcome_is_another_row(build: Build) -> None:
    case = build()
    turned = case.holdout.assign(paid=case.holdout["paid"].map({"yes": "no", "no": "yes"}))

    assert champion.probe(_against(case, case, turned)).left_out == 0
    assert champion.probe(_against(case, case, case.holdout)).answers is None


def test_without_a_champion_there_is_nothing_to_compare(build: Build, demand: Demand) -> None:
    case = build()

    found = champion.probe(case)

    assert (found.name, found.answers) == ("", None)
    evidence = replace(case.evidence, probes=Probes(champion=found))
    (result,) = evaluate(demand("champion_gain", min=0.0), evidence).results[:1]
    assert result.verdict is Verdict.NOT_APPLICABLE
    assert "no champion" in result.message


def test_classes_in_another_order_are_put_into_ours(build: Build) -> None:
    case = build("multiclass")
    table = case.evidence.probabilities
    assert table is not None
    turned = replace(case, evidence=replace(case.evidence, probabilities=table.iloc[:, ::-1]))

    found = champion.probe(_against(turned, case))

    assert found.answers is not None
    assert np.array_equal(found.answers.probabilities, table.iloc[:, ::-1])


def test_a_champion_that_does_not_fit_the_rows_is_an_error(build: Build, demand: Demand) -> None:
    poor, rich, bands = build(without=("region",)), build(), build("multiclass")
    words = replace(
        rich, holdout=rich.holdout.assign(income=["a lot"] * len(rich.holdout)), incumbent=None
    )
    untold = rich.train.drop(columns="paid")
    for case, reason in (
        (_against(poor, rich), "lack its inputs region"),
        (_against(rich, bands), "its task differs (multiclass instead of binary)"),
        (_against(words, rich), "income"),
        (_against(rich, rich, untold), "no column paid"),
    ):
        found = champion.probe(case)

        assert reason in found.unfit
        evidence = replace(case.evidence, probes=Probes(champion=found))
        (result,) = evaluate(demand("champion_gain", min=0.0), evidence).results[:1]
        assert result.verdict is Verdict.ERROR
        assert reason in result.message
