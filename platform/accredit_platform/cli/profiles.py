"""Who is signed in where: a file of the person who runs the commands, readable by nobody else."""

import json
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

DEFAULT: Final = "default"


class Unusable(Exception):
    """The file cannot be trusted or read."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A service, and the token for it."""

    server: str
    token: str = field(repr=False)
    token_id: str
    principal: str
    expires_at: str


def file() -> Path:
    """Where profiles are kept (XDG Base Directory Specification)."""
    folder = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(folder) / "accredit" / "credentials.json"


def read(name: str) -> Profile | None:
    """A profile, if there is one of that name.

    Raises:
        Unusable: the file is broken, or others may read it.
    """
    found = _all().get(name)
    try:
        return Profile(**found) if found else None
    except TypeError as error:
        raise Unusable(f"{file()} is no file of profiles") from error


def keep(name: str, profile: Profile) -> None:
    """Write a profile down, in place of another of that name."""
    fields = {name: getattr(profile, name) for name in Profile.__slots__}
    _write({**_all(), name: fields})


def drop(name: str) -> None:
    """Forget a profile."""
    _write({key: value for key, value in _all().items() if key != name})


def _all() -> dict[str, Any]:  # Any: JSON
    path = file()
    try:
        mode = path.stat().st_mode
        if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise Unusable(f"others may read {path}; run: chmod 600 {path}")
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise Unusable(f"{path} cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise Unusable(f"{path} is no file of profiles")
    return found


def _write(profiles: dict[str, Any]) -> None:  # Any: JSON
    path = file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Whole or not at all, and never readable by others, not even for a moment.
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump(profiles, out, indent=2)
    draft.replace(path)
