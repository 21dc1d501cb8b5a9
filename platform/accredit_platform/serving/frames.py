"""Messages between the API process and a model process: length, then JSON.

Four bytes of length (big-endian), then UTF-8 JSON without NaN. No pickle: neither side can make
the other run anything.
"""

import json
import socket
import struct
import time
from collections.abc import Mapping
from typing import Any, Final

LIMIT_BYTES: Final = 256 * 1024 * 1024
_LENGTH: Final = struct.Struct("!I")


class BrokenFrame(Exception):
    """The other side closed the connection or does not speak this protocol."""


def send(channel: socket.socket, message: Mapping[str, object]) -> None:
    """Send one message.

    Raises:
        ValueError: the message holds NaN or an infinity.
        OSError: the other side is gone, or does not read within the time-out of the socket.
    """
    body = json.dumps(message, allow_nan=False, separators=(",", ":")).encode()
    channel.sendall(_LENGTH.pack(len(body)) + body)


def receive(channel: socket.socket, *, deadline: float | None = None) -> dict[str, Any]:
    """Wait for one message; its JSON is the reader's to check, hence the type.

    Args:
        channel: connection to the other side.
        deadline: monotonic time at which the whole message must be there; None waits for ever.

    Raises:
        TimeoutError: the deadline has passed.
        BrokenFrame: the other side closed the connection or sends something else.
        OSError: the connection broke.
    """
    (length,) = _LENGTH.unpack(_exactly(channel, _LENGTH.size, deadline))
    if length > LIMIT_BYTES:
        raise BrokenFrame(f"a message of {length} bytes is over the limit of {LIMIT_BYTES}")
    try:
        message = json.loads(_exactly(channel, length, deadline))
    except ValueError as error:
        raise BrokenFrame("a message is no JSON") from error
    if not isinstance(message, dict):
        raise BrokenFrame("a message is no JSON object")
    return message


def _exactly(channel: socket.socket, size: int, deadline: float | None) -> bytes:
    parts = []
    while size:
        if deadline is not None:
            channel.settimeout(max(deadline - time.monotonic(), 0.001))
        part = channel.recv(min(size, 1 << 20))
        if not part:
            raise BrokenFrame("the connection was closed")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
