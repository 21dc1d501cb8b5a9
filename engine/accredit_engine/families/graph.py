"""ONNX graphs that were trained elsewhere, kept as the file they came in.

The runtime is optional. Every file is looked at before the runtime reads it (`graph_file`). A graph
runs on one thread of the processor and is asked about one row at a time, as it could see how many
rows it is asked about and answer each otherwise.
"""

import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Task, category_text
from accredit_engine.errors import LibraryAbsent, ModelMismatch, UnreadableModel
from accredit_engine.families.arrays import array_bytes, floats_from
from accredit_engine.families.family import ForeignName
from accredit_engine.families.foreign import StatedInput, margins, values_of
from accredit_engine.families.graph_file import refuse_unsafe_graph

_MODEL: Final = "model.onnx"
_INPUTS: Final = "inputs.json"
_BACKGROUND: Final = "background.npy"
_QUIET: Final = 3
"""Severity from which the runtime writes to the log."""

_NUMBERS: Final[Mapping[str, type[np.generic]]] = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(bool)": np.bool_,
}
_TEXT: Final = "tensor(string)"


@dataclass(frozen=True, slots=True)
class GraphMember:
    """An ONNX graph; its contributions are sampled.

    Attributes:
        content: The file.
        inputs: What it takes, in the order of the matrix.
        task: What it predicts.
        outputs: Raw scores per row.
        background: float64 (b, m): rows that contributions are measured against.
        session: The loaded graph.
    """

    content: bytes = field(repr=False)
    inputs: tuple[StatedInput, ...]
    task: Task
    outputs: int
    background: NDArray[np.float64] = field(repr=False)
    session: Any = field(repr=False, compare=False)  # Any: the runtime ships no types.

    @property
    def family(self) -> ForeignName:
        """The format it came in."""
        return ForeignName.ONNX

    def answers(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the graph itself answers: probabilities (n, k), or values (n, 1).

        Raises:
            ModelMismatch: it takes or answers something else than stated.
        """
        wanted = 1 if self.task is Task.REGRESSION else max(self.outputs, 2)
        table = np.zeros((len(matrix), wanted))
        try:
            for at in range(len(matrix)):
                table[at] = _only(self.session.run(None, self._feed(matrix[at : at + 1])), wanted)
        except _errors() as error:
            message = f"the graph refuses rows of the stated inputs ({type(error).__name__})"
            raise ModelMismatch(message) from error
        return _in_double(table) if self.task is Task.BINARY else table

    def raw(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Raw scores (n, o)."""
        if not len(matrix):
            return np.zeros((0, self.outputs))
        return margins(self.answers(matrix), self.task)

    def files(self) -> dict[str, bytes]:
        """The file as it came, and what is known about its inputs."""
        stated = {
            "task": self.task.value,
            "outputs": self.outputs,
            "inputs": [column.to_dict() for column in self.inputs],
        }
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
    ) -> "GraphMember":
        """Inverse of `files`.

        Raises:
            KeyError, ValueError: the files are no such member.
            LibraryAbsent, ModelMismatch, UnreadableModel, UnsafeModel: the graph cannot be read.
        """
        stated = json.loads(files[_INPUTS])
        return graph_member(
            files[_MODEL],
            tuple(StatedInput.from_dict(entry) for entry in stated["inputs"]),
            Task(stated["task"]),
            int(stated["outputs"]),
            floats_from(files[_BACKGROUND]),
        )

    def _feed(self, matrix: NDArray[np.float64]) -> dict[str, NDArray[Any]]:
        nodes = self.session.get_inputs()
        if len(nodes) == 1 and not (len(self.inputs) == 1 and nodes[0].type == _TEXT):
            return {nodes[0].name: _numbers(matrix, nodes[0])}
        places = {column.name: at for at, column in enumerate(self.inputs)}
        return {
            node.name: _column(matrix[:, places[node.name]], self.inputs[places[node.name]], node)
            for node in nodes
        }


def graph_member(
    content: bytes,
    inputs: tuple[StatedInput, ...],
    task: Task,
    outputs: int,
    background: NDArray[np.float64],
) -> GraphMember:
    """A member from an ONNX file.

    Raises:
        LibraryAbsent: the runtime is not installed.
        UnreadableModel: it is no such file.
        UnsafeModel: it refers to other files, or uses operators that are not allowed.
        ModelMismatch: it takes other inputs than stated.
    """
    refuse_unsafe_graph(content)
    runtime = _runtime()
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = _QUIET
    # The runtime's own format, which it would else recognise by itself, was not looked at.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    try:
        session = runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except _errors() as error:
        message = f"ONNX Runtime cannot read the file ({type(error).__name__})"
        raise UnreadableModel(message) from error
    nodes = session.get_inputs()
    names = {node.name for node in nodes}
    stated = {column.name for column in inputs}
    if len(nodes) > 1 and names != stated:
        message = (
            f"the graph takes {', '.join(sorted(names - stated)) or 'fewer inputs'} and the "
            f"contract states {', '.join(sorted(stated - names)) or 'fewer'}; they must be the same"
        )
        raise ModelMismatch(message)
    return GraphMember(content, inputs, task, outputs, background, session)


def _runtime() -> Any:  # Any: a module that may be absent.
    try:
        return importlib.import_module("onnxruntime")
    except ImportError as error:
        message = "ONNX Runtime is not installed here; install accredit[onnx] to read such models"
        raise LibraryAbsent(message) from error


def _errors() -> tuple[type[Exception], ...]:
    """The runtime's own errors, which have no root in common."""
    native = importlib.import_module("onnxruntime.capi.onnxruntime_pybind11_state")
    found = [value for value in vars(native).values() if isinstance(value, type)]
    ours = tuple(value for value in found if issubclass(value, Exception))
    return (*ours, ValueError, RuntimeError)


def _numbers(matrix: NDArray[np.float64], node: Any) -> NDArray[Any]:  # Any: as above.
    """All columns as one tensor; categories as their codes."""
    if node.type not in _NUMBERS:
        message = f"the graph takes one tensor of type {node.type}; one of numbers is fed"
        raise ModelMismatch(message)
    return np.ascontiguousarray(matrix.astype(_NUMBERS[node.type]))


def _column(
    numbers: NDArray[np.float64], column: StatedInput, node: Any
) -> NDArray[Any]:  # Any: as above.
    values: NDArray[Any] = values_of(numbers, column) if column.is_coded else numbers
    if node.type == _TEXT:
        missing = np.isnan(numbers)
        texts = [
            "" if lacking else category_text(value)
            for value, lacking in zip(values.tolist(), missing, strict=True)
        ]
        return np.array(texts, dtype=object).reshape(-1, 1)
    if node.type not in _NUMBERS or values.dtype == object:
        message = f"input {column.name!r} of the graph is {node.type}; the contract says otherwise"
        raise ModelMismatch(message)
    return values.astype(_NUMBERS[node.type]).reshape(-1, 1)


def _in_double(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities of two classes that add up to 1 in double precision, as in single they do not.

    The second is the graph's own.
    """
    return np.stack([1 - table[:, 1], table[:, 1]], axis=1)


def _only(outputs: list[object], wanted: int) -> NDArray[np.float64]:
    """The last output that holds as many numbers as wanted.

    Raises:
        ModelMismatch: none does.
    """
    for output in reversed(outputs):
        numbers = _numbers_of(output)
        if numbers is not None and numbers.size == wanted:
            return numbers
    message = f"the graph has no output of {wanted} numbers per row"
    raise ModelMismatch(message)


def _numbers_of(output: object) -> NDArray[np.float64] | None:
    """An output about one row; None when it holds none. Maps are read in their own order."""
    if isinstance(output, list) and output and isinstance(output[0], dict):
        output = np.array([list(entry.values()) for entry in output])
    found = np.asarray(output)
    if found.dtype.kind != "f" or found.ndim == 0 or len(found) != 1:
        return None
    return found.ravel().astype(np.float64)
