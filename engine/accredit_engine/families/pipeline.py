"""Pipelines of scikit-learn that were trained elsewhere, kept as the skops file they came in."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Task
from accredit_engine.families.arrays import array_bytes, floats_from
from accredit_engine.families.family import ForeignName
from accredit_engine.families.foreign import StatedInput, frame_of, margins, one_by_one
from accredit_engine.families.skops_file import read_skops

_MODEL: Final = "model.skops"
_INPUTS: Final = "inputs.json"
_BACKGROUND: Final = "background.npy"

_ROWS: Final = 50_000
"""Rows that are scored at once."""

_BY_COLUMN: Final = frozenset(
    {
        "KBinsDiscretizer",
        "MaxAbsScaler",
        "MinMaxScaler",
        "OneHotEncoder",
        "OrdinalEncoder",
        "PowerTransformer",
        "QuantileTransformer",
        "RobustScaler",
        "SimpleImputer",
        "SplineTransformer",
        "StandardScaler",
    }
)
"""Transformers that make each entry from one column."""

_LINEAR: Final = frozenset(
    {
        "ElasticNet",
        "Lasso",
        "LinearRegression",
        "LogisticRegression",
        "LogisticRegressionCV",
        "Ridge",
        "RidgeCV",
    }
)
"""Models whose margin is a weighted sum of the entries."""


@dataclass(frozen=True, slots=True)
class PipelineMember:
    """A pipeline whose contributions are sampled.

    Attributes:
        content: The skops file.
        inputs: What it takes, in the order of the matrix.
        task: What it predicts.
        background: float64 (b, m): rows that contributions are measured against.
        estimator: The pipeline.
    """

    content: bytes = field(repr=False)
    inputs: tuple[StatedInput, ...]
    task: Task
    background: NDArray[np.float64] = field(repr=False)
    estimator: Any = field(repr=False, compare=False)  # Any: scikit-learn ships no types.

    @property
    def family(self) -> ForeignName:
        """The format it came in."""
        return ForeignName.SKOPS

    def answers(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the pipeline itself answers: probabilities (n, k), or values (n, 1)."""
        parts = [self._answers(matrix[at : at + _ROWS]) for at in range(0, len(matrix), _ROWS)]
        return np.concatenate(parts)

    def raw(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Raw scores (n, o)."""
        if not len(matrix):
            return np.zeros((0, self._outputs()))
        return margins(self.answers(matrix), self.task)

    def files(self) -> dict[str, bytes]:
        """The file as it came, and what is known about its inputs."""
        stated = {"task": self.task.value, "inputs": [column.to_dict() for column in self.inputs]}
        return {
            _MODEL: self.content,
            _INPUTS: json.dumps(stated, sort_keys=True).encode(),
            _BACKGROUND: array_bytes(self.background),
        }

    @classmethod
    def from_files(
        cls,
        name: ForeignName,  # noqa: ARG003  readers of all members are called alike
        files: Mapping[str, bytes],
    ) -> "PipelineMember":
        """Inverse of `files`.

        Raises:
            KeyError, ValueError: the files are no such member.
            LibraryAbsent, UnreadableModel, UnsafeModel: the pipeline cannot be read.
        """
        stated = json.loads(files[_INPUTS])
        return pipeline_member(
            files[_MODEL],
            tuple(StatedInput.from_dict(entry) for entry in stated["inputs"]),
            Task(stated["task"]),
            floats_from(files[_BACKGROUND]),
        )

    def _answers(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        frame = frame_of(matrix, self.inputs)
        if self.task is Task.REGRESSION:
            values = np.asarray(self.estimator.predict(frame), dtype=np.float64)
            return values.reshape(len(matrix), 1)
        return np.asarray(self.estimator.predict_proba(frame), dtype=np.float64)

    def _outputs(self) -> int:
        return len(self.estimator.classes_) if self.task is Task.MULTICLASS else 1


@dataclass(frozen=True, slots=True)
class AdditivePipelineMember(PipelineMember):
    """A pipeline whose margin is a sum over its columns, so contributions are worked out."""

    def contributions(
        self, matrix: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Contributions (n, m, o): what a column adds, less its mean over the background rows."""
        start = self.background[:1]
        rows = np.concatenate([self.background, matrix])
        moved = []
        for at in range(matrix.shape[1]):
            changed = np.repeat(start, len(rows), axis=0)
            changed[:, at] = rows[:, at]
            moved.append(self.raw(changed))
        return one_by_one(self.raw(self.background), self.raw(start), np.stack(moved))


def pipeline_member(
    content: bytes,
    inputs: tuple[StatedInput, ...],
    task: Task,
    background: NDArray[np.float64],
) -> PipelineMember:
    """A member from a skops file.

    Raises:
        LibraryAbsent, UnreadableModel, UnsafeModel: the pipeline cannot be read.
    """
    estimator = read_skops(content)
    kind = AdditivePipelineMember if is_additive(estimator) else PipelineMember
    return kind(content, inputs, task, background, estimator)


def is_additive(estimator: Any) -> bool:  # Any: as above.
    """Whether the margin is surely a sum of terms of one column each."""
    if _name(estimator) != "Pipeline":
        return _name(estimator) in _LINEAR
    *before, last = (step for _, step in estimator.steps)
    return _name(last) in _LINEAR and all(_is_by_column(step) for step in before)


def _is_by_column(step: Any) -> bool:  # Any: as above, or the words that pipelines know.
    if step is None or isinstance(step, str):
        return True
    if _name(step) == "Pipeline":
        return all(_is_by_column(inner) for _, inner in step.steps)
    if _name(step) == "ColumnTransformer":
        return all(_is_by_column(inner) for _, inner, _ in step.transformers_)
    return _name(step) in _BY_COLUMN


def _name(step: Any) -> str:  # Any: as above.
    """Name of a type of scikit-learn itself; empty for any other."""
    kind = type(step)
    return kind.__name__ if kind.__module__.startswith("sklearn.") else ""
