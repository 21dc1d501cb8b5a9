"""Where the policies and migrations lie: in the checkout, or inside the installed wheel.

An editable install keeps stale copies of the wheel's resources, so the checkout goes first.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parents[1]


def folder(name: str) -> Path:
    """Folder of shipped files.

    Args:
        name: `policies` or `migrations`.

    Raises:
        FileNotFoundError: neither the checkout nor the wheel has it.
    """
    candidates = [_PACKAGE / "resources" / name]
    if (_CHECKOUT / "pyproject.toml").is_file():
        candidates.insert(0, _CHECKOUT / name)
    for candidate in candidates:
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"{name} is neither in the checkout nor in the installed package")
