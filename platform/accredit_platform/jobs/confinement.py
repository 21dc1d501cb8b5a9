"""Limits that a child process or a model process puts on itself."""

import resource
from pathlib import Path
from typing import Final

_STATM: Final = Path("/proc/self/statm")


def confine(headroom_bytes: int | None) -> None:
    """Leave no core dump, which would hold people's data, and use no more than so much memory.

    The limit counts address space, of which OpenBLAS, LightGBM and Arrow reserve gigabytes that
    they never touch. So it is set above what is reserved now; where that cannot be told (not on
    Linux), no limit is set.

    Args:
        headroom_bytes: address space on top of what is reserved now; None is no limit.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if headroom_bytes is None or not _STATM.exists():
        return
    reserved = int(_STATM.read_text().split()[0]) * resource.getpagesize()
    limit = reserved + headroom_bytes
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
