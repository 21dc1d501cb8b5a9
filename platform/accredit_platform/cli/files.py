"""Files that commands read and write."""

import json
import sys
from pathlib import Path
from typing import Any

import typer
import yaml

from accredit_platform.cli.terminal import EXIT_UNREADABLE, console, errors, said


def read_object(file: Path) -> dict[str, Any]:  # Any: JSON
    """A JSON or YAML file that holds one object.

    Raises:
        typer.Exit: it cannot be read, or holds something else.
    """
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        errors.print(f"Cannot read: {said(error)}")
        raise typer.Exit(EXIT_UNREADABLE) from error
    if not isinstance(found, dict):
        errors.print(f"Cannot read: {said(file)} holds no object with fields")
        raise typer.Exit(EXIT_UNREADABLE)
    # YAML knows dates and other things that JSON does not.
    plain: dict[str, Any] = json.loads(json.dumps(found, default=str))
    return plain


def write_bytes(content: bytes, file: Path | None) -> None:
    """Bytes into a file, or to standard output."""
    if file is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        file.write_bytes(content)
        console.print(f"Written: {said(file)} ({len(content):,} bytes)")
