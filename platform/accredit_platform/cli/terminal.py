"""Where commands write, and the exit codes that they share."""

import sys
from typing import Final

from rich.console import Console

# Output that is kept in a file or a log needs no narrow lines.
console = Console() if sys.stdout.isatty() else Console(width=120)
errors = Console(stderr=True)

EXIT_REFUSED: Final = 1
"""What was asked is answered with no: invalid, different, refused."""

EXIT_UNREADABLE: Final = 2
"""It could not be asked: a file cannot be read, a server cannot be reached."""
