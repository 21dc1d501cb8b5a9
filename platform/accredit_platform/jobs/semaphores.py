"""Named semaphores of a job that was killed.

The child processes of a search share semaphores that live in the kernel under a name. Whoever ends
in good order takes them away; a killed process leaves them in memory until the machine restarts.
"""

import contextlib
from pathlib import Path
from typing import Final

_SHARED: Final = Path("/dev/shm")  # noqa: S108  where Linux keeps named semaphores


def release(pid: int) -> None:
    """Take away the semaphores that a process made for its children."""
    for file in _SHARED.glob(f"sem.loky-{pid}-*"):
        with contextlib.suppress(OSError):
            file.unlink()
