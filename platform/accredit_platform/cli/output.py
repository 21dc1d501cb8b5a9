"""What commands on the service print: tables for people, JSON for programs."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

import typer
from pydantic import BaseModel
from rich.table import Table

from accredit_platform.cli.terminal import EXIT_UNREADABLE, console, errors, said

LONG: Final = 72


class Named(Protocol):
    """Something with an identifier and a name for people."""

    @property
    def id(self) -> UUID:
        """Identifier."""

    @property
    def name(self) -> str:
        """Name for people."""


N = TypeVar("N", bound=Named)


def chosen(things: Iterable[N], text: str, what: str) -> str:
    """Identifier of a thing that somebody named or identified; nothing is asked for the latter.

    Raises:
        typer.Exit: there is none of that name, or more than one.
    """
    try:
        return str(UUID(text))
    except ValueError:
        found = [thing for thing in things if thing.name == text]
    if len(found) == 1:
        return str(found[0].id)
    if found:
        several = ", ".join(str(thing.id) for thing in found)
        errors.print(f"More than one {what} is named {said(text)}: {several}", soft_wrap=True)
    else:
        errors.print(f"[red]Not there:[/red] no {what} that you may see is named {said(text)}")
    raise typer.Exit(EXIT_UNREADABLE)


def show_list(
    things: Iterable[BaseModel | Mapping[str, Any]], columns: Sequence[str], *, as_json: bool
) -> None:
    """A list: some of the fields for people, all of them for programs."""
    rows = [plain(thing) for thing in things]
    if as_json:
        show_json(rows)
        return
    table = Table(*(column.replace("_", " ") for column in columns))
    for row in rows:
        table.add_row(*(said(cell(row.get(column))) for column in columns))
    console.print(table if rows else "Nothing.")


def show_one(thing: BaseModel | Mapping[str, Any], *, as_json: bool) -> None:
    """One thing, field by field."""
    row = plain(thing)
    if as_json:
        show_json(row)
        return
    table = Table(show_header=False, box=None)
    for name, value in row.items():
        if value not in (None, [], {}, ""):
            table.add_row(f"[dim]{said(name.replace('_', ' '))}[/dim]", said(cell(value)))
    console.print(table)


def show_json(value: Any) -> None:  # Any: JSON
    """JSON as it is, without colours and line breaks of ours."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def plain(thing: BaseModel | Mapping[str, Any]) -> dict[str, Any]:  # Any: JSON
    """A document as JSON has it."""
    return thing.model_dump(mode="json") if isinstance(thing, BaseModel) else dict(thing)


def cell(value: Any) -> str:  # Any: JSON
    """A value in a table."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, str):
        return moment(value) or value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    text = str(value) if isinstance(value, bool | int) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONG else f"{text[: LONG - 1]}…"


def moment(text: str) -> str | None:
    """A time of the service, shorter; None when the text is none."""
    if not (len(text) >= 20 and text[4] == "-" and text[10] == "T"):
        return None
    try:
        return datetime.fromisoformat(text).strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return None
