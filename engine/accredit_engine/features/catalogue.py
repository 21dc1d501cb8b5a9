"""Every kind of block, to read blocks back from JSON."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from accredit_engine.features.blocks import (
    Block,
    CodeBlock,
    DateBlock,
    LevelBlock,
    MissingBlock,
    NumberBlock,
    OneHotBlock,
    OrdinalBlock,
)
from accredit_engine.features.derived import (
    ArithmeticBlock,
    BinBlock,
    CycleBlock,
    DaysBetweenBlock,
    FrequencyBlock,
    GroupBlock,
    MissingCountBlock,
    ShapeBlock,
)
from accredit_engine.features.target import CrossBlock, TargetBlock
from accredit_engine.features.text import TextBlock


def block_from_dict(document: Any) -> Block:  # Any: parsed JSON, checked by its digest.
    """Inverse of `to_dict` of any block.

    Raises:
        KeyError, TypeError, ValueError: the document is no block.
    """
    fields = {
        name: tuple(value) if name in _TUPLES else value
        for name, value in document.items()
        if name != "kind"
    }
    return _READERS[document["kind"]](fields)


_TUPLES: Final = frozenset({"columns", "slots", "ranks", "edges"})

_READERS: Final[Mapping[str, Callable[[Any], Block]]] = {  # Any: as for block_from_dict.
    NumberBlock.kind: lambda fields: NumberBlock(**fields),
    OrdinalBlock.kind: lambda fields: OrdinalBlock(**fields),
    MissingBlock.kind: lambda fields: MissingBlock(**fields),
    DateBlock.kind: lambda fields: DateBlock(**fields),
    OneHotBlock.kind: lambda fields: OneHotBlock(**fields),
    CodeBlock.kind: lambda fields: CodeBlock(**fields),
    LevelBlock.kind: lambda fields: LevelBlock(**fields),
    TargetBlock.kind: TargetBlock.from_dict,
    TextBlock.kind: TextBlock.from_dict,
    CycleBlock.kind: lambda fields: CycleBlock(**fields),
    DaysBetweenBlock.kind: lambda fields: DaysBetweenBlock(**fields),
    ArithmeticBlock.kind: lambda fields: ArithmeticBlock(**fields),
    ShapeBlock.kind: lambda fields: ShapeBlock(**fields),
    BinBlock.kind: lambda fields: BinBlock(**fields),
    CrossBlock.kind: CrossBlock.from_dict,
    GroupBlock.kind: GroupBlock.from_dict,
    FrequencyBlock.kind: FrequencyBlock.from_dict,
    MissingCountBlock.kind: lambda fields: MissingCountBlock(**fields),
}
