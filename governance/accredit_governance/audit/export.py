"""The trail as a file that can be verified without us.

Each line is `{"leaf":"<64 hex>","event":<body>}` with the exact canonical bytes of the event; the
leaf hash beside it lets the verifier name the event that was touched.
"""

from collections.abc import Iterator
from typing import Final

LEAF_PREFIX: Final = b'{"leaf":"'
EVENT_PREFIX: Final = b'","event":'


def line(leaf: bytes, body: bytes) -> bytes:
    """One line of the export, newline included."""
    return LEAF_PREFIX + leaf.hex().encode() + EVENT_PREFIX + body + b"}\n"


def split_line(text: bytes) -> tuple[str, bytes] | None:
    """Leaf hash (hexadecimal) and body of a line; None when the line has another form."""
    start, end = len(LEAF_PREFIX), len(LEAF_PREFIX) + 64
    text = text.rstrip(b"\n")
    if (
        not text.startswith(LEAF_PREFIX)
        or text[end : end + len(EVENT_PREFIX)] != EVENT_PREFIX
        or not text.endswith(b"}")
    ):
        return None
    return text[start:end].decode("ascii", "replace"), text[end + len(EVENT_PREFIX) : -1]


def lines(events: Iterator[tuple[bytes, bytes]]) -> Iterator[bytes]:
    """Export of (leaf, body) pairs in order."""
    for leaf, body in events:
        yield line(leaf, body)
