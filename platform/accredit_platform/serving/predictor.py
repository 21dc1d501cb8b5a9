"""Answers of a model: JSON rows in, JSON answers out. Lives in a model process only.

An answer has these fields:

- `score`: P(favourable) of a binary task, the value of a regression, null for several classes.
- `probabilities`: class as text to probability; null for regression.
- `prediction`: the class, or the value.
- `selected`: whether the decision is favourable; null unless binary.
- `margin`: what attributions add up to, with their base; null for several classes.
- `attributions`: input to contribution to the margin (for several classes: of the predicted
  class); null when not asked for.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_engine import load_bundle
from accredit_engine.bundle.contract import InputColumn, Kind, Label, Task, category_text
from accredit_engine.errors import MissingColumn
from accredit_engine.evaluation.calibration import probabilities
from accredit_engine.model import Attributions


class Predictor:
    """A loaded bundle that answers rows.

    Raises:
        DamagedBundle: the bundle is not what its manifest says, or its golden rows come out
            otherwise than recorded.
    """

    def __init__(self, bundle: Path) -> None:
        self._model: Final = load_bundle(bundle)
        self._contract: Final = self._model.contract

    def answer(self, rows: Sequence[Mapping[str, Any]], *, reasons: bool) -> list[dict[str, Any]]:
        """One answer per row, in order.

        Args:
            rows: column to JSON value; what the contract does not name is ignored.
            reasons: whether attributions are wanted.

        Raises:
            MissingColumn: a row lacks a column.
            EngineError: the model refuses a value.
        """
        frame = self._frame(rows)
        # The margin once, and everything else from it: decoding costs more than the model.
        attributions = self._model.explain(frame) if reasons else None
        margin = self._model.margin(frame) if attributions is None else attributions.margin
        if self._contract.task is Task.REGRESSION:
            answers = [_answer(value, None, value, None, value) for value in margin.tolist()]
        elif self._contract.task is Task.BINARY:
            answers = self._binary(margin)
        else:
            answers = self._multiclass(margin)
        if attributions is not None:
            for at, answer in enumerate(answers):
                answer["attributions"] = self._attributions(attributions, at, answer["prediction"])
        return answers

    def _frame(self, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
        columns = self._contract.columns
        absent = [c.name for c in columns if any(c.name not in row for row in rows)]
        if absent:
            named = ", ".join(repr(name) for name in absent[:10])
            raise MissingColumn(f"rows lack {len(absent)} of the model's columns: {named}")
        return pd.DataFrame(
            {column.name: _series([row[column.name] for row in rows], column) for column in columns}
        )

    def _binary(self, margin: NDArray[np.float64]) -> list[dict[str, Any]]:
        first, second = self._contract.classes
        favourable, threshold = self._contract.favourable, self._contract.threshold
        other = first if favourable == second else second
        scores = probabilities(margin[:, np.newaxis], Task.BINARY)[:, 0]
        against = (1 - scores).tolist()
        answers = []
        for at, score in enumerate(scores.tolist()):
            selected = threshold is not None and score >= threshold
            pair = {_text(favourable): score, _text(other): against[at]}
            ordered = {_text(label): pair[_text(label)] for label in (first, second)}
            prediction = favourable if selected else other
            answers.append(_answer(score, ordered, prediction, selected, float(margin[at])))
        return answers

    def _multiclass(self, margin: NDArray[np.float64]) -> list[dict[str, Any]]:
        classes = self._contract.classes
        output = probabilities(margin, Task.MULTICLASS)
        best = output.argmax(axis=1).tolist()
        return [
            _answer(
                None,
                dict(zip(map(_text, classes), row, strict=True)),
                classes[best[at]],
                None,
                None,
            )
            for at, row in enumerate(output.tolist())
        ]

    def _attributions(
        self, attributions: Attributions, row: int, prediction: Label
    ) -> dict[str, float]:
        values = attributions.values
        if self._contract.task is Task.MULTICLASS:
            values = attributions.of_class(prediction)
        names = [column.name for column in self._contract.columns]
        return dict(zip(names, values[names].to_numpy()[row].tolist(), strict=True))


def _series(values: list[Any], column: InputColumn) -> "pd.Series[Any]":
    # One dtype whatever the other rows of the batch hold, so that a row is answered alike in any.
    is_numeric = column.kind is Kind.NUMERIC and all(
        value is None or (isinstance(value, int | float) and not isinstance(value, bool))
        for value in values
    )
    if is_numeric:
        return pd.Series([np.nan if value is None else value for value in values], dtype=np.float64)
    return pd.Series(values, dtype=object)


def _answer(
    score: float | None,
    chances: Mapping[str, float] | None,
    prediction: Label | None,
    selected: bool | None,
    margin: float | None,
) -> dict[str, Any]:
    return {
        "score": score,
        "probabilities": chances,
        "prediction": prediction,
        "selected": selected,
        "margin": margin,
        "attributions": None,
    }


def _text(label: Label | None) -> str:
    return category_text(label)
