"""Seeds: every random choice draws from a child of the one root seed, by name.

Rule: a child depends on the root and its names only, never on what was drawn before it.
So a run that resumes, or leaves a step out, draws the same numbers as the straight run.
"""

import hashlib


def child(root: int, *names: str | int) -> int:
    """Seed for one purpose, in [0, 2**31): the same root and names always give the same seed."""
    text = "\x1f".join([str(root), *(str(name) for name in names)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1
