"""ONNX graphs: what a file may hold, and how a graph is asked."""

import numpy as np
import pytest

from accredit_engine.bundle.contract import Kind, Task
from accredit_engine.errors import UnreadableModel, UnsafeModel
from accredit_engine.families.foreign import StatedInput
from accredit_engine.families.graph import GraphMember, graph_member
from accredit_engine.families.graph_file import refuse_unsafe_graph
from tests.engine.external.elsewhere import GRAPH, STATED_INPUTS

GRAPH_FIELD, NODE, INITIALIZER, SPARSE, FUNCTION = 7, 1, 5, 15, 25
OUTSIDE = 13


def field(number: int, content: bytes) -> bytes:
    """A field of a message; messages that are written one after the other are merged."""
    key = number << 3 | 2
    head = [key & 0x7F | 0x80, key >> 7] if key > 0x7F else [key]
    return bytes([*head, len(content)]) + content


def node(operator: bytes, *inputs: bytes, domain: bytes = b"") -> bytes:
    named = b"".join(field(1, name) for name in inputs)
    return named + field(4, operator) + field(7, domain)


ELSEWHERE = field(OUTSIDE, field(1, b"location") + field(2, b"/etc/passwd"))
TENSOR_WITHIN = field(5, field(5, ELSEWHERE))
"""An attribute of a node that holds a tensor."""


def test_a_plain_graph_is_let_through() -> None:
    refuse_unsafe_graph(GRAPH)


@pytest.mark.parametrize(
    "more",
    [
        field(GRAPH_FIELD, field(INITIALIZER, ELSEWHERE)),
        field(GRAPH_FIELD, field(INITIALIZER, b"\x70\x01")),
        field(GRAPH_FIELD, field(SPARSE, field(1, ELSEWHERE))),
        field(GRAPH_FIELD, field(NODE, TENSOR_WITHIN)),
        field(GRAPH_FIELD, field(NODE, field(5, field(6, field(INITIALIZER, ELSEWHERE))))),
        field(FUNCTION, field(7, TENSOR_WITHIN)),
        field(20, field(1, field(INITIALIZER, ELSEWHERE))),
    ],
)
def test_a_graph_that_reads_another_file_is_refused_before_the_runtime_sees_it(
    more: bytes,
) -> None:
    with pytest.raises(UnsafeModel, match="another file"):
        graph_member(GRAPH + more, STATED_INPUTS, Task.BINARY, 1, np.zeros((1, 3)))


@pytest.mark.parametrize(
    "drawing", [node(b"RandomUniformLike", b"p"), node(b"Dropout", b"p", b"", b"training")]
)
def test_a_graph_that_draws_random_numbers_is_refused(drawing: bytes) -> None:
    with pytest.raises(UnsafeModel, match="random numbers"):
        refuse_unsafe_graph(GRAPH + field(GRAPH_FIELD, field(NODE, drawing)))


def test_operators_that_are_not_of_the_standard_are_refused_unless_the_file_defines_them() -> None:
    used = GRAPH + field(GRAPH_FIELD, field(NODE, node(b"Score", b"p", domain=b"bank")))
    defined = field(FUNCTION, field(1, b"Score") + field(10, b"bank"))

    refuse_unsafe_graph(used + defined)
    with pytest.raises(UnsafeModel, match=r"bank\.Score"):
        refuse_unsafe_graph(used)


@pytest.mark.parametrize("content", [GRAPH[:-1], b"\x3b" + GRAPH, b"\x00", b"\xff" * 20])
def test_a_file_that_cannot_be_walked_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableModel):
        refuse_unsafe_graph(content)


class _Node:
    name, type = "rows", "tensor(float)"


class _Counting:
    """A graph that answers otherwise when it is asked about several rows."""

    def get_inputs(self) -> list[_Node]:
        return [_Node()]

    def run(self, names: None, feed: dict[str, np.ndarray]) -> list[np.ndarray]:
        rows = feed["rows"]
        return [rows if len(rows) == 1 else -rows]


def test_a_graph_cannot_tell_one_row_from_many() -> None:
    inputs = (StatedInput("income", Kind.NUMERIC),)
    graph = GraphMember(GRAPH, inputs, Task.REGRESSION, 1, np.zeros((1, 1)), _Counting())
    rows = np.arange(5, dtype=float).reshape(-1, 1)

    assert np.array_equal(graph.raw(rows), np.concatenate([graph.raw(r[None]) for r in rows]))
