"""Where commands write, and the exit codes that they share."""

import sys
from typing import Final

from rich.console import Console
from rich.markup import escape

# Output that is kept in a file or a log needs no narrow lines.
console = Console() if sys.stdout.isatty() else Console(width=120)
errors = Console(stderr=True)

_HIDDEN: Final = "\N{REPLACEMENT CHARACTER}"

EXIT_REFUSED: Final = 1
"""What was asked is answered with no: invalid, different, refused."""

EXIT_UNREADABLE: Final = 2
"""It could not be asked: a file cannot be read, a server cannot be reached."""


def said(text: object) -> str:
    """Text from elsewhere, as it may be printed: no markup, and nothing that moves the cursor."""
    shown = (c if c.isprintable() or c == "\n" else _HIDDEN for c in str(text))
    return escape("".join(shown))
