"""Addresses inside this installation; nothing that a request says leads anywhere else."""

import re
from typing import Final

_LOCAL: Final = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")


def local_path(text: str) -> str:
    """`text` when it is a path of ours, else the first page.

    Two slashes, other schemes, backslashes and control characters are refused: browsers read some
    of them as other hosts.
    """
    return text if _LOCAL.fullmatch(text) else "/"
