"""The service that commands talk to: which one, as whom, and what they say when it refuses."""

import inspect
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias, get_type_hints

import typer

from accredit_platform.cli import profiles
from accredit_platform.cli.terminal import EXIT_REFUSED, EXIT_UNREADABLE, errors, said
from accredit_platform.client import (
    DEFAULT_SERVER,
    Client,
    NoCredentials,
    NotUnderstood,
    OperationFailed,
    Record,
    Refused,
    Retries,
    Unreachable,
)

TOKEN_VARIABLE: Final = "ACCREDIT_TOKEN"  # noqa: S105 -- a name, not a token
PATIENCE: Final = Retries(attempts=4, deadline_s=20, base_s=0.1)
"""Somebody waits at the terminal."""

Server: TypeAlias = Annotated[
    str | None,
    typer.Option(
        help=f"Address of the service; default: that of the profile, else {DEFAULT_SERVER}.",
        envvar="ACCREDIT_SERVER",
    ),
]
TokenFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        help=f"File with the token; default: the variable {TOKEN_VARIABLE}, else the profile."
    ),
]
ProfileName: TypeAlias = Annotated[
    str, typer.Option("--profile", help="Which sign-in to use.", envvar="ACCREDIT_PROFILE")
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="For programs.")]


@contextmanager
def calling(
    server: str | None, token_file: Path | None, profile: str = profiles.DEFAULT
) -> Iterator[Client]:
    """A client for the length of a command; refusals and failures end the command in words.

    Raises:
        typer.Exit: 1 when the service refuses, 2 when it cannot be asked.
    """
    address, token = _whom(server, token_file, profile)
    with answered(address), Client(address, token, retries=PATIENCE) as client:
        yield client


@contextmanager
def answered(server: str) -> Iterator[None]:
    """Say in words what stands against a command.

    Raises:
        typer.Exit: 1 when the service refuses, 2 when it cannot be asked.
    """
    try:
        yield
    except Refused as refusal:
        show_problem(refusal.problem)
        raise typer.Exit(EXIT_REFUSED) from refusal
    except OperationFailed as failure:
        errors.print(f"[red]It ended without success:[/red] {said(failure)}", soft_wrap=True)
        raise typer.Exit(EXIT_REFUSED) from failure
    except Unreachable as error:
        errors.print(f"[red]Cannot reach {said(server)}:[/red] {said(error)}", soft_wrap=True)
        raise typer.Exit(EXIT_UNREADABLE) from error
    except NoCredentials as error:
        errors.print(f"[red]Not signed in:[/red] {said(error)}", soft_wrap=True)
        raise typer.Exit(EXIT_UNREADABLE) from error
    except TimeoutError as error:
        errors.print(f"[red]Not done in time:[/red] {said(error)}; it goes on there.")
        raise typer.Exit(EXIT_UNREADABLE) from error
    except OSError as error:
        errors.print(f"Cannot read or write: {said(error)}")
        raise typer.Exit(EXIT_UNREADABLE) from error
    except (NotUnderstood, ValueError, LookupError, TypeError, AttributeError) as error:
        what = said(error if isinstance(error, NotUnderstood) else repr(error))
        errors.print(f"[red]No answer of this service:[/red] {said(server)}: {what}")
        raise typer.Exit(EXIT_UNREADABLE) from error


def asks(command: Callable[..., None]) -> Callable[..., None]:
    """Make a command of a function that takes a `client`: options say which service, as whom."""
    hints = get_type_hints(command, include_extras=True)
    own = [p for p in inspect.signature(command).parameters.values() if p.name != "client"]
    options = {"server": (Server, None), "token_file": (TokenFile, None)} | {
        "profile": (ProfileName, profiles.DEFAULT)
    }

    @wraps(command)
    def run(**values: Any) -> None:  # Any: what typer read from the command line
        server, token_file, profile = (values.pop(name) for name in options)
        with calling(server, token_file, profile) as client:
            command(client=client, **values)

    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
        for name, (kind, default) in options.items()
    ]
    named = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hints[p.name]) for p in own]
    run.__signature__ = inspect.Signature([*named, *added])  # type: ignore[attr-defined] # for typer
    run.__annotations__ = {p.name: p.annotation for p in [*named, *added]}
    return run


def show_problem(problem: Record) -> None:
    """A refusal of the service, with the place of each thing that is wrong."""
    title = str(problem.get("title") or problem["code"]).replace("_", " ").capitalize()
    errors.print(f"[red]{said(title)}:[/red] {said(problem['detail'])}", soft_wrap=True)
    for entry in problem.get("errors") or ():
        errors.print(
            f"  - {said(entry['pointer'] or '/')}: {said(entry['detail'])}", soft_wrap=True
        )


def _whom(server: str | None, token_file: Path | None, profile: str) -> tuple[str, str | None]:
    """Address and token to call with. A token of a profile goes to its own service only.

    Raises:
        typer.Exit: there is none, or a file cannot be read.
    """
    try:
        known = profiles.read(profile)
        token = token_file.read_text(encoding="utf-8").strip() if token_file else ""
    except (profiles.Unusable, OSError, UnicodeDecodeError) as error:
        errors.print(f"Cannot read: {said(error)}", soft_wrap=True)
        raise typer.Exit(EXIT_UNREADABLE) from error
    address = (server or (known.server if known else DEFAULT_SERVER)).rstrip("/")
    token = token or os.environ.get(TOKEN_VARIABLE, "").strip()
    if not token and known is not None and known.server == address:
        token = known.token
    is_program = "ACCREDIT_CLIENT_ID" in os.environ
    if is_program and not token:
        return address, None
    if not token or not token.isascii() or not token.isprintable():
        errors.print(
            f"A token is needed: run accredit login, set {TOKEN_VARIABLE}, or name a file with"
            " --token-file.",
            soft_wrap=True,
        )
        raise typer.Exit(EXIT_UNREADABLE)
    return address, token
