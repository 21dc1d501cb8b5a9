"""`accredit api`: every operation of the API, from the table that the client has of them."""

import json
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.table import Table

from accredit_platform.cli import profiles
from accredit_platform.cli.client import ProfileName, Server, TokenFile, calling
from accredit_platform.cli.files import write_bytes
from accredit_platform.cli.output import plain, show_json
from accredit_platform.cli.terminal import EXIT_UNREADABLE, console, errors, said
from accredit_platform.client import Listed
from accredit_platform.client.endpoint import Endpoint, Value
from accredit_platform.client.table import ENDPOINTS


def complete(incomplete: str) -> list[tuple[str, str]]:
    """Operations that begin like this, for the shell."""
    return [(name, e.about) for name, e in ENDPOINTS.items() if name.startswith(incomplete)]


def api(
    operation: Annotated[
        str | None,
        typer.Argument(
            help="Name of the operation; without, all are listed.", autocompletion=complete
        ),
    ] = None,
    values: Annotated[
        list[str] | None,
        typer.Argument(help="NAME=VALUE each; NAME=@FILE reads a file.", metavar="VALUES"),
    ] = None,
    describe: Annotated[
        bool, typer.Option("--describe", help="Say what it takes; call nothing.")
    ] = False,
    output: Annotated[Path | None, typer.Option(help="File for an answer of bytes.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Most items of a list.")] = None,
    server: Server = None,
    token_file: TokenFile = None,
    profile: ProfileName = profiles.DEFAULT,
) -> None:
    """Call any operation of the API; the answer is JSON. Without a name, list the operations."""
    if operation is None:
        _list()
        return
    endpoint = _endpoint(operation)
    if describe:
        _describe(endpoint)
        return
    with calling(server, token_file, profile) as client:
        given = dict(_value(endpoint, text) for text in values or ())
        try:
            endpoint.request(given)
        except (TypeError, ValueError) as error:
            _wrong(f"{error}; see: accredit api {operation} --describe")
        answer = client.call(endpoint.id, given)
        if isinstance(answer, bytes):
            write_bytes(answer, output)
        elif isinstance(answer, Listed):
            show_json([plain(item) for item in islice(answer, limit)])
        elif answer is not None:
            show_json(plain(answer))


def _list() -> None:
    table = Table("operation", "address", "what it does")
    for endpoint in ENDPOINTS.values():
        table.add_row(endpoint.id, said(f"{endpoint.method} {endpoint.path}"), said(endpoint.about))
    console.print(table)


def _endpoint(name: str) -> Endpoint[Any]:  # Any: of any answer
    found = ENDPOINTS.get(name.replace("-", "_"))
    if found is None:
        near = get_close_matches(name, ENDPOINTS, n=3)
        _wrong(f"there is no operation {name}" + (f"; meant: {', '.join(near)}?" if near else ""))
    return found


def _value(endpoint: Endpoint[Any], text: str) -> tuple[str, Any]:  # Any: JSON, and files
    name, is_given, said_value = text.partition("=")
    value = next((value for value in endpoint.values if value.name == name), None)
    if not is_given or value is None:
        known = ", ".join(value.name for value in endpoint.values) or "no values"
        _wrong(f"{text} is no NAME=VALUE of {endpoint.id}, which takes {known}")
    if value.place == "content":
        return name, Path(said_value.removeprefix("@"))
    if said_value.startswith("@"):
        said_value = Path(said_value[1:]).read_text(encoding="utf-8")
    try:
        return name, _read(value, said_value)
    except ValueError:
        _wrong(f"{name}: {said_value} is no {value.kind}")


def _read(value: Value, text: str) -> Any:  # Any: JSON
    """A value as its kind is written.

    Raises:
        ValueError: it is none of that kind.
    """
    if value.kind == "text":
        return text
    if value.kind == "list" and not text.startswith("["):
        return text.split(",")
    found = json.loads(text)
    kinds = {"integer": int, "number": (int, float), "boolean": bool, "list": list}
    expected = kinds.get(value.kind)
    if expected is not None and not isinstance(found, expected):  # type: ignore[arg-type] # types
        raise ValueError(text)
    return found


def _describe(endpoint: Endpoint[Any]) -> None:
    console.print(f"[bold]{endpoint.id}[/bold]  {said(f'{endpoint.method} {endpoint.path}')}")
    console.print(said(endpoint.about), soft_wrap=True)
    console.print(f"In Python: client.{endpoint.call}(...)", highlight=False)
    if endpoint.values:
        table = Table("value", "kind", "needed", "meaning")
        for value in endpoint.values:
            kind = "file" if value.place == "content" else value.kind
            table.add_row(value.name, kind, "yes" if value.required else "", said(value.about))
        console.print(table)


def _wrong(message: str) -> NoReturn:
    errors.print(f"[red]Not understood:[/red] {said(message)}", soft_wrap=True)
    raise typer.Exit(EXIT_UNREADABLE)
