import json
from dataclasses import replace

import pytest

from accredit_engine import AutoML
from accredit_engine.bundle.contract import (
    MAX_TEXT,
    Contract,
    InputColumn,
    Kind,
    LeftOut,
    ProblemCode,
    ProblemSeverity,
    Reason,
    Task,
    category_text,
    label_from_json,
    label_to_json,
)

CONTRACT = Contract(
    task=Task.BINARY,
    target="approve",
    classes=(0, 1),
    favourable=1,
    threshold=0.5,
    columns=(
        InputColumn("income", Kind.NUMERIC, True, 0.0, 100.0, ((0.5, 50.0),)),
        InputColumn("online", Kind.BOOLEAN, False, 0.0, 1.0),
        InputColumn("purpose", Kind.CATEGORICAL, False, categories=(("home", 3), ("1", 2))),
        InputColumn("filed", Kind.DATETIME, False, 0.0, 1e9),
        InputColumn("risk", Kind.ORDINAL, False, categories=(("low", 3), ("high", 2))),
        InputColumn("note", Kind.TEXT, False, 1.0, 200.0),
        InputColumn("score", Kind.NUMERIC, True, 0.0, 9.0, lenient=True),
    ),
    left_out=(LeftOut("race", Reason.SENSITIVE, "named"),),
)
GOOD = {
    "income": 10.5,
    "online": True,
    "purpose": "home",
    "filed": "1990-01-31",
    "risk": "low",
    "note": "came in person",
    "score": 3,
}


def test_a_good_record_has_no_problem() -> None:
    assert CONTRACT.check(GOOD) == []


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        pytest.param("income", "10", ProblemCode.NOT_A_NUMBER, id="text for a number"),
        pytest.param("income", True, ProblemCode.NOT_A_NUMBER, id="boolean for a number"),
        pytest.param("income", [1], ProblemCode.NOT_A_NUMBER, id="list for a number"),
        pytest.param("income", float("nan"), ProblemCode.NOT_FINITE, id="nan"),
        pytest.param("income", float("inf"), ProblemCode.NOT_FINITE, id="infinity"),
        pytest.param("income", 10**400, ProblemCode.NOT_FINITE, id="beyond floats"),
        pytest.param("online", "true", ProblemCode.NOT_A_BOOLEAN, id="text for a boolean"),
        pytest.param("online", 2, ProblemCode.NOT_A_BOOLEAN, id="two for a boolean"),
        pytest.param("purpose", {}, ProblemCode.NOT_A_CATEGORY, id="object for a category"),
        pytest.param("purpose", float("nan"), ProblemCode.NOT_FINITE, id="nan for a category"),
        pytest.param("filed", "31.1.1990", ProblemCode.NOT_A_DATETIME, id="other date"),
        pytest.param("filed", 5, ProblemCode.NOT_A_DATETIME, id="number for a date"),
        pytest.param("risk", [], ProblemCode.NOT_A_CATEGORY, id="list for a level"),
        pytest.param("note", 5, ProblemCode.NOT_TEXT, id="number for text"),
        pytest.param("note", True, ProblemCode.NOT_TEXT, id="boolean for text"),
        pytest.param("note", "x" * (MAX_TEXT + 1), ProblemCode.TEXT_TOO_LONG, id="endless text"),
        pytest.param("score", True, ProblemCode.NOT_A_NUMBER, id="boolean for a lenient number"),
    ],
)
def test_a_value_of_another_kind_is_an_error(column: str, value: object, code: ProblemCode) -> None:
    problems = CONTRACT.check({**GOOD, column: value})

    assert [(problem.column, problem.code) for problem in problems] == [(column, code)]
    assert problems[0].severity is ProblemSeverity.ERROR


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        pytest.param("purpose", "boat", ProblemCode.UNSEEN_CATEGORY, id="unseen category"),
        pytest.param("risk", "medium", ProblemCode.UNSEEN_CATEGORY, id="unseen level"),
        pytest.param("score", "n/a", ProblemCode.TEXT_FOR_NUMBER, id="text for a lenient number"),
        pytest.param("income", 100.5, ProblemCode.OUT_OF_RANGE, id="out of range"),
        pytest.param("online", None, ProblemCode.UNSEEN_MISSING, id="never missing before"),
        pytest.param("colour", "red", ProblemCode.UNEXPECTED_COLUMN, id="unknown column"),
    ],
)
def test_a_strange_value_is_a_warning(column: str, value: object, code: ProblemCode) -> None:
    problems = CONTRACT.check({**GOOD, column: value})

    assert [(problem.column, problem.code) for problem in problems] == [(column, code)]
    assert problems[0].severity is ProblemSeverity.WARNING


@pytest.mark.parametrize(
    ("column", "value"),
    [
        pytest.param("income", None, id="explicit null"),
        pytest.param("income", 100, id="whole number on the limit"),
        pytest.param("online", 0, id="zero"),
        pytest.param("purpose", 1, id="number for a category"),
        pytest.param("filed", "1990-01-31T10:00:00Z", id="time with zone"),
        pytest.param("note", "x" * MAX_TEXT, id="longest text"),
        pytest.param("note", "", id="empty text"),
    ],
)
def test_what_the_kind_allows_is_fine(column: str, value: object) -> None:
    assert CONTRACT.check({**GOOD, column: value}) == []


def test_a_missing_column_is_an_error() -> None:
    record = {name: value for name, value in GOOD.items() if name != "income"}

    problems = CONTRACT.check(record)

    assert [problem.code for problem in problems] == [ProblemCode.MISSING_COLUMN]


def test_messages_do_not_repeat_the_value() -> None:
    problems = CONTRACT.check({**GOOD, "income": "secret", "purpose": "secret"})

    assert len(problems) == 2
    assert not any("secret" in problem.message for problem in problems)


def test_a_contract_survives_json(binary: AutoML) -> None:
    for contract in (CONTRACT, binary.model_.contract, replace(CONTRACT, classes=("no", "yes"))):
        document = json.loads(json.dumps(contract.to_dict(), allow_nan=False))
        assert Contract.from_dict(document) == contract


@pytest.mark.parametrize("label", [1, 1.0, True, "1"])
def test_labels_keep_their_type_in_json(label: str | float) -> None:
    restored = label_from_json(json.loads(json.dumps(label_to_json(label))))

    assert restored == label
    assert type(restored) is type(label)


@pytest.mark.parametrize("document", [None, {}, {"type": "list", "value": 1}, {"type": 1}])
def test_what_is_no_label_is_refused(document: object) -> None:
    with pytest.raises(ValueError, match="a label needs"):
        label_from_json(document)


@pytest.mark.parametrize(
    "change",
    [{"columns": None}, {"task": "other"}, {"classes": 3}, {"threshold": "x"}, {"columns": [1]}],
)
def test_what_is_no_contract_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Contract.from_dict({**CONTRACT.to_dict(), **change})


@pytest.mark.parametrize(
    ("value", "text"), [(1, "1"), (1.0, "1"), ("1", "1"), (True, "true"), (1.5, "1.5")]
)
def test_a_category_has_one_spelling(value: object, text: str) -> None:
    assert category_text(value) == text


def test_the_contract_says_what_was_left_out(binary: AutoML) -> None:
    reasons = {column.name: column.reason for column in binary.model_.contract.left_out}

    assert reasons["race"] is Reason.SENSITIVE
