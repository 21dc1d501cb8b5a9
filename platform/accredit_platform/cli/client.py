"""The service that commands talk to: which one, as whom, and what they say when it refuses."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import httpx2
import typer

from accredit_platform.cli.terminal import EXIT_REFUSED, EXIT_UNREADABLE, errors, said
from accredit_platform.client import Client, Record, Refused

DEFAULT_SERVER: Final = "http://127.0.0.1:8700"
TOKEN_VARIABLE: Final = "ACCREDIT_TOKEN"  # noqa: S105 -- a name, not a token

Server: TypeAlias = Annotated[
    str, typer.Option(help="Address of the service.", envvar="ACCREDIT_SERVER")
]
TokenFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(help=f"File with the token; default: the variable {TOKEN_VARIABLE}."),
]


@contextmanager
def calling(server: str, token_file: Path | None) -> Iterator[Client]:
    """A client for the length of a command; refusals and failures end the command in words.

    Raises:
        typer.Exit: 1 when the service refuses, 2 when it cannot be asked.
    """
    client = Client(server.rstrip("/"), _token(token_file))
    try:
        yield client
    except Refused as refusal:
        show_problem(refusal.problem)
        raise typer.Exit(EXIT_REFUSED) from refusal
    except (httpx2.TransportError, httpx2.InvalidURL) as error:
        errors.print(f"[red]Cannot reach {said(server)}:[/red] {said(error)}")
        raise typer.Exit(EXIT_UNREADABLE) from error
    except TimeoutError as error:
        errors.print(f"[red]Not done in time:[/red] {said(error)}; it goes on there.")
        raise typer.Exit(EXIT_UNREADABLE) from error
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        errors.print(f"[red]No answer of this service:[/red] {said(server)}: {said(repr(error))}")
        raise typer.Exit(EXIT_UNREADABLE) from error
    finally:
        client.close()


def show_problem(problem: Record) -> None:
    """A refusal of the service, with the place of each thing that is wrong."""
    errors.print(
        f"[red]{said(str(problem['title']).capitalize())}:[/red] {said(problem['detail'])}",
        soft_wrap=True,
    )
    for entry in problem.get("errors", ()):
        errors.print(
            f"  - {said(entry['pointer'] or '/')}: {said(entry['detail'])}", soft_wrap=True
        )


def _token(file: Path | None) -> str:
    """The token to call with.

    Raises:
        typer.Exit: there is none, or the file cannot be read.
    """
    if file is None:
        token = os.environ.get(TOKEN_VARIABLE, "")
    else:
        try:
            token = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            errors.print(f"Cannot read: {said(error)}")
            raise typer.Exit(EXIT_UNREADABLE) from error
    token = token.strip()
    if not token or not token.isascii() or not token.isprintable():
        errors.print(f"A token is needed: set {TOKEN_VARIABLE} or name a file with --token-file.")
        raise typer.Exit(EXIT_UNREADABLE)
    return token
