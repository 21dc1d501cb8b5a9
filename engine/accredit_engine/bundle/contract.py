"""The contract of a model: which columns it takes, of which kind, and what it answers.

Standard library only: the process that answers requests checks records with it and must not load
pandas. Rules of `Contract.check` for one record:

1. Every column of the contract must be there; missing values are explicit nulls.
2. A numeric column takes a finite number, never text and never true or false. If it mixed numbers
   and words in training, text is a warning: it is read as a number if it is one, else as missing.
3. A boolean column takes true, false, 0 or 1.
4. A categorical or ordinal column takes text, a number or a boolean; an unseen category is a
   warning, because it is encoded as unknown.
5. A datetime column takes ISO 8601 text.
6. A text column takes text of at most `MAX_TEXT` characters.
7. Columns that the contract does not name are a warning: they are ignored.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Self, TypeAlias

Label: TypeAlias = str | int | float | bool
"""A class of the target as it appears in the data and in JSON."""

MAX_TEXT: Final = 100_000
"""Longest free text of a record, in characters."""

_LABEL_TYPES: Final[Mapping[str, type[Label]]] = {
    "str": str,
    "bool": bool,
    "int": int,
    "float": float,
}


class Kind(StrEnum):
    """What a column holds. Identifiers and constants cannot be inputs of a model."""

    NUMERIC = "numeric"
    CATEGORICAL = "categorical"
    ORDINAL = "ordinal"
    BOOLEAN = "boolean"
    DATETIME = "datetime"
    TEXT = "text"
    IDENTIFIER = "identifier"
    CONSTANT = "constant"


class Task(StrEnum):
    """What is predicted."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"


class Reason(StrEnum):
    """Why a column is no input of the model."""

    IDENTIFIER = "identifier"
    CONSTANT = "constant"
    TEXT = "free_text"
    LEAKAGE = "leakage"
    SENSITIVE = "sensitive"
    EXCLUDED = "excluded"
    EMPTY = "empty"
    GROUP = "group"
    WEIGHT = "weight"


class ProblemSeverity(StrEnum):
    """Whether a problem stops the prediction."""

    WARNING = "warning"
    ERROR = "error"


class ProblemCode(StrEnum):
    """What is wrong with one value of a record."""

    MISSING_COLUMN = "missing_column"
    UNEXPECTED_COLUMN = "unexpected_column"
    NOT_A_NUMBER = "not_a_number"
    NOT_FINITE = "not_finite"
    NOT_A_BOOLEAN = "not_a_boolean"
    NOT_A_CATEGORY = "not_a_category"
    NOT_A_DATETIME = "not_a_datetime"
    NOT_TEXT = "not_text"
    TEXT_TOO_LONG = "text_too_long"
    TEXT_FOR_NUMBER = "text_for_number"
    UNSEEN_CATEGORY = "unseen_category"
    UNSEEN_MISSING = "unseen_missing"
    OUT_OF_RANGE = "out_of_range"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one column of a record; never repeats the value."""

    column: str
    code: ProblemCode
    severity: ProblemSeverity
    message: str


@dataclass(frozen=True, slots=True)
class InputColumn:
    """One input of the model as it was in the training data.

    Attributes:
        name: Name of the column.
        kind: Numeric, categorical, ordinal, boolean, datetime or text.
        nullable: Whether values were missing.
        minimum: Smallest value; epoch seconds for datetimes, characters for texts, None for
            categoricals and ordinals.
        maximum: Largest value, likewise.
        quantiles: Pairs (share in [0, 1], value) for numerics, datetimes and lengths of texts.
        categories: Pairs (category as text, count): the most frequent first; ordinals in their
            order.
        lenient: Whether a numeric column takes text, because it held some in training.
    """

    name: str
    kind: Kind
    nullable: bool
    minimum: float | None = None
    maximum: float | None = None
    quantiles: tuple[tuple[float, float], ...] = ()
    categories: tuple[tuple[str, int], ...] = ()
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A column of the training data that is no input, and why."""

    name: str
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Contract:
    """What a model takes and answers.

    Attributes:
        task: What is predicted.
        target: Name of the target column.
        classes: Classes in the order of the probabilities; empty for regression.
        favourable: The class that is good for the person; None unless binary.
        threshold: Smallest P(favourable) that is decided favourably; None unless binary.
        columns: Inputs in order.
        left_out: Columns of the training data that are no inputs.
    """

    task: Task
    target: str
    classes: tuple[Label, ...]
    favourable: Label | None
    threshold: float | None
    columns: tuple[InputColumn, ...]
    left_out: tuple[LeftOut, ...]

    def check(self, record: Mapping[str, object]) -> list[Problem]:
        """Problems of one prediction record, in the order of the columns; empty when it is fine."""
        problems = []
        for column in self.columns:
            if column.name not in record:
                problems.append(_error(column, ProblemCode.MISSING_COLUMN, "is missing"))
                continue
            problem = _problem(column, record[column.name])
            if problem is not None:
                problems.append(problem)
        known = {column.name for column in self.columns}
        problems += [
            Problem(
                name,
                ProblemCode.UNEXPECTED_COLUMN,
                ProblemSeverity.WARNING,
                f"{name!r} is no input of the model and is ignored",
            )
            for name in record
            if name not in known
        ]
        return problems

    def to_dict(self) -> dict[str, object]:
        """JSON form; labels keep their type."""
        return {
            "task": self.task.value,
            "target": self.target,
            "classes": [label_to_json(label) for label in self.classes],
            "favourable": None if self.favourable is None else label_to_json(self.favourable),
            "threshold": self.threshold,
            "columns": [asdict(column) for column in self.columns],
            "left_out": [asdict(column) for column in self.left_out],
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, object]) -> Self:
        """Inverse of `to_dict`.

        Raises:
            ValueError: the document is no contract.
        """
        try:
            return cls(
                task=Task(str(document["task"])),
                target=str(document["target"]),
                classes=tuple(label_from_json(label) for label in _items(document["classes"])),
                favourable=_optional_label(document["favourable"]),
                threshold=_optional_number(document["threshold"]),
                columns=tuple(_column(entry) for entry in _items(document["columns"])),
                left_out=tuple(_left_out(entry) for entry in _items(document["left_out"])),
            )
        except (KeyError, TypeError) as error:
            message = f"the document is no contract: {error}"
            raise ValueError(message) from error


def category_text(value: object) -> str:
    """The one spelling of a category: `1`, `1.0` and `"1"` are the same, `true` is `True`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value)


def label_to_json(label: Label) -> dict[str, object]:
    """A label with its type, so that 1, 1.0, true and "1" stay apart."""
    return {"type": type(label).__name__, "value": label}


def label_from_json(document: object) -> Label:
    """Inverse of `label_to_json`.

    Raises:
        ValueError: the document is no label.
    """
    if not isinstance(document, Mapping) or document.get("type") not in _LABEL_TYPES:
        message = "a label needs a type and a value"
        raise ValueError(message)
    return _LABEL_TYPES[document["type"]](document["value"])


def _problem(column: InputColumn, value: object) -> Problem | None:
    if value is None:
        if column.nullable:
            return None
        return _warning(column, ProblemCode.UNSEEN_MISSING, "was never missing in training")
    if column.kind is Kind.NUMERIC:
        return _number_problem(column, value)
    if column.kind is Kind.BOOLEAN:
        return _boolean_problem(column, value)
    if column.kind is Kind.DATETIME:
        return _datetime_problem(column, value)
    if column.kind is Kind.TEXT:
        return _text_problem(column, value)
    return _category_problem(column, value)


def _number_problem(column: InputColumn, value: object) -> Problem | None:
    if column.lenient and isinstance(value, str):
        return _warning(
            column, ProblemCode.TEXT_FOR_NUMBER, "is text: read as a number, or as missing"
        )
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _error(column, ProblemCode.NOT_A_NUMBER, f"needs a number, not {_type_name(value)}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        return _error(column, ProblemCode.NOT_FINITE, "needs a finite number")
    low, high = column.minimum, column.maximum
    if low is not None and high is not None and not low <= number <= high:
        return _warning(column, ProblemCode.OUT_OF_RANGE, "is outside the range of training")
    return None


def _boolean_problem(column: InputColumn, value: object) -> Problem | None:
    if isinstance(value, bool) or (isinstance(value, int | float) and value in (0, 1)):
        return None
    return _error(
        column, ProblemCode.NOT_A_BOOLEAN, f"needs true or false, not {_type_name(value)}"
    )


def _datetime_problem(column: InputColumn, value: object) -> Problem | None:
    if isinstance(value, str):
        try:
            datetime.fromisoformat(value)
        except ValueError:
            pass
        else:
            return None
    return _error(column, ProblemCode.NOT_A_DATETIME, "needs ISO 8601 text such as 2026-01-31")


def _category_problem(column: InputColumn, value: object) -> Problem | None:
    if not isinstance(value, str | int | float | bool):
        return _error(
            column, ProblemCode.NOT_A_CATEGORY, f"needs a category, not {_type_name(value)}"
        )
    if isinstance(value, float) and not math.isfinite(value):
        return _error(column, ProblemCode.NOT_FINITE, "needs a category; missing is null")
    text = category_text(value)
    if not any(text == name for name, _ in column.categories):
        return _warning(column, ProblemCode.UNSEEN_CATEGORY, "has a category unseen in training")
    return None


def _text_problem(column: InputColumn, value: object) -> Problem | None:
    if not isinstance(value, str):
        return _error(column, ProblemCode.NOT_TEXT, f"needs text, not {_type_name(value)}")
    if len(value) > MAX_TEXT:
        return _error(
            column, ProblemCode.TEXT_TOO_LONG, f"has more than {MAX_TEXT} characters of text"
        )
    return None


def _error(column: InputColumn, code: ProblemCode, message: str) -> Problem:
    return Problem(column.name, code, ProblemSeverity.ERROR, f"{column.name!r} {message}")


def _warning(column: InputColumn, code: ProblemCode, message: str) -> Problem:
    return Problem(column.name, code, ProblemSeverity.WARNING, f"{column.name!r} {message}")


def _type_name(value: object) -> str:
    names = {str: "text", bool: "a boolean", list: "a list", dict: "an object"}
    return names.get(type(value), f"a value of type {type(value).__name__}")


def _items(value: object) -> Sequence[object]:
    if not isinstance(value, list | tuple):
        message = "a list is expected"
        raise TypeError(message)
    return value


def _optional_label(value: object) -> Label | None:
    return None if value is None else label_from_json(value)


def _optional_number(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        message = "a number is expected"
        raise TypeError(message)
    return float(value)


def _fields(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        message = "an object is expected"
        raise TypeError(message)
    return value


def _pair(value: object) -> tuple[object, object]:
    first, second = _items(value)
    return first, second


def _column(value: object) -> InputColumn:
    entry = _fields(value)
    quantiles = [_pair(pair) for pair in _items(entry["quantiles"])]
    categories = [_pair(pair) for pair in _items(entry["categories"])]
    return InputColumn(
        name=str(entry["name"]),
        kind=Kind(str(entry["kind"])),
        nullable=bool(entry["nullable"]),
        minimum=_optional_number(entry["minimum"]),
        maximum=_optional_number(entry["maximum"]),
        quantiles=tuple((float(str(share)), float(str(at))) for share, at in quantiles),
        categories=tuple((str(name), int(str(count))) for name, count in categories),
        lenient=bool(entry.get("lenient", False)),
    )


def _left_out(value: object) -> LeftOut:
    entry = _fields(value)
    return LeftOut(str(entry["name"]), Reason(str(entry["reason"])), str(entry["detail"]))
