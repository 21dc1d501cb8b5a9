"""A lifeline: a pipe whose other end is held by the process that must be outlived by nobody.

The kernel closes that end however the process dies, kill -9 included, so its children notice
without polling.
"""

import os
import threading
from collections.abc import Callable

_CHUNK = 4096


def watch(descriptor: int, then: Callable[[], None], *, name: str = "lifeline") -> None:
    """Call `then` from a daemon thread as soon as the other end is closed.

    Args:
        descriptor: readable end of a pipe or socket; what arrives there is thrown away.
        then: what to do about it.
        name: name of the thread.
    """

    def wait() -> None:
        try:
            while os.read(descriptor, _CHUNK):
                pass
        except OSError:
            pass  # a broken connection tells the same as a closed one
        then()

    threading.Thread(target=wait, name=name, daemon=True).start()
