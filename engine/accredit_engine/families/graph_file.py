"""What an ONNX file may hold, looked at before the runtime gets to see it.

The runtime follows references to other files, by name or as an address in memory, even in a graph
that is read from memory. So the whole message is walked here, field by field, and refused when it

1. holds a tensor whose values are kept anywhere else than in the file itself;
2. names an operator that is not of the standard, or that answers at random;
3. is not written plainly enough to be walked.
"""

from collections.abc import Iterator
from typing import Final, TypeAlias

from accredit_engine.errors import UnreadableModel, UnsafeModel

_Field: TypeAlias = tuple[int, int | memoryview]

_VARINT: Final = 0
_BYTES: Final = 2
_FIXED: Final = {1: 8, 5: 4}
_LONGEST_VARINT: Final = 10
_MAX_LENGTH: Final = 2**31

_WITHIN: Final = {
    ("model", 7): "graph",
    ("model", 20): "training",
    ("model", 25): "function",
    ("training", 1): "graph",
    ("training", 2): "graph",
    ("graph", 1): "node",
    ("graph", 5): "tensor",
    ("graph", 15): "sparse",
    ("function", 7): "node",
    ("function", 11): "attribute",
    ("node", 5): "attribute",
    ("attribute", 5): "tensor",
    ("attribute", 6): "graph",
    ("attribute", 10): "tensor",
    ("attribute", 11): "graph",
    ("attribute", 22): "sparse",
    ("attribute", 23): "sparse",
    ("sparse", 1): "tensor",
    ("sparse", 2): "tensor",
}
"""Message and number of its field → message therein: every way that leads to a tensor or a node."""

_EXTERNAL_DATA: Final = 13
_DATA_LOCATION: Final = 14
_NODE_INPUT: Final = 1
_NODE_OPERATOR: Final = 4
_NODE_DOMAIN: Final = 7
_FUNCTION_NAME: Final = 1
_FUNCTION_DOMAIN: Final = 10

_STANDARD: Final = frozenset({b"", b"ai.onnx", b"ai.onnx.ml"})
_RANDOM: Final = frozenset(
    {
        b"Bernoulli",
        b"Multinomial",
        b"RandomNormal",
        b"RandomNormalLike",
        b"RandomUniform",
        b"RandomUniformLike",
    }
)
_DROPOUT: Final = b"Dropout"
_MODE: Final = 2
"""Place of the input that puts dropout into training mode."""


def refuse_unsafe_graph(content: bytes) -> None:
    """Refuse a file that reaches out of itself, or whose answers are not settled by its inputs.

    Raises:
        UnreadableModel: it is no such file.
        UnsafeModel: it refers to other files, or uses operators that are not allowed.
    """
    called: set[tuple[bytes, bytes]] = set()
    own: set[tuple[bytes, bytes]] = set()
    waiting = [("model", memoryview(content))]
    while waiting:
        kind, message = waiting.pop()
        if kind == "tensor":
            _refuse_elsewhere(message)
            continue
        fields = list(_fields(message))
        for number, value in fields:
            within = _WITHIN.get((kind, number))
            if within is not None and isinstance(value, memoryview):
                waiting.append((within, value))
        if kind == "node":
            called.update(_operators(fields))
        if kind == "function":
            own.update(_pairs(fields, _FUNCTION_DOMAIN, _FUNCTION_NAME))
    strange = sorted(
        f"{domain.decode(errors='replace')}.{name.decode(errors='replace')}"[:80]
        for domain, name in called - own
        if domain not in _STANDARD
    )
    if strange:
        raise UnsafeModel(
            f"the graph uses operators that are not of the ONNX standard: {', '.join(strange[:5])}"
        )


def _refuse_elsewhere(tensor: memoryview) -> None:
    for number, value in _fields(tensor):
        if number == _EXTERNAL_DATA or (number == _DATA_LOCATION and value != 0):
            raise UnsafeModel(
                "the graph keeps values in another file, and a model is read from its own file "
                "alone; save it with all values inside"
            )


def _operators(fields: list[_Field]) -> set[tuple[bytes, bytes]]:
    """Domain and name of the operator that a node uses.

    Raises:
        UnsafeModel: it answers at random.
    """
    found = _pairs(fields, _NODE_DOMAIN, _NODE_OPERATOR)
    names = {name for _, name in found}
    inputs = _texts(fields, _NODE_INPUT)
    if names & _RANDOM or (_DROPOUT in names and any(inputs[_MODE:])):
        raise UnsafeModel(
            "the graph draws random numbers, so its answers are not settled by its inputs; "
            "export it for inference"
        )
    return found


def _pairs(fields: list[_Field], domain: int, name: int) -> set[tuple[bytes, bytes]]:
    """Of a field that is written twice the last one counts; here all do, which is stricter."""
    domains = _texts(fields, domain) or [b""]
    return {(a, b) for a in domains for b in _texts(fields, name)}


def _texts(fields: list[_Field], wanted: int) -> list[bytes]:
    return [
        bytes(value)
        for number, value in fields
        if number == wanted and isinstance(value, memoryview)
    ]


def _fields(message: memoryview) -> Iterator[_Field]:
    """Number and value of each field.

    Raises:
        UnreadableModel: the message is cut off or written in a way that nothing writes today.
    """
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, wire = key >> 3, key & 7
        value: int | memoryview
        if not 0 < number < 2**29:
            raise UnreadableModel(_BROKEN)
        if wire == _VARINT:
            value, at = _varint(message, at)
        elif wire == _BYTES or wire in _FIXED:
            length, at = _varint(message, at) if wire == _BYTES else (_FIXED[wire], at)
            if length > min(len(message) - at, _MAX_LENGTH):
                raise UnreadableModel(_BROKEN)
            value, at = message[at : at + length], at + length
        else:
            raise UnreadableModel(_BROKEN)
        yield number, value


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for place in range(_LONGEST_VARINT):
        if at + place >= len(message):
            break
        byte = message[at + place]
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value, at + place + 1
    raise UnreadableModel(_BROKEN)


_BROKEN: Final = "the file is no ONNX file"
