"""Signing in and out, and what waits for whoever is signed in."""

import socket
from typing import Annotated

import typer

from accredit_platform.cli import profiles
from accredit_platform.cli.client import (
    PATIENCE,
    AsJson,
    ProfileName,
    Server,
    answered,
    asks,
)
from accredit_platform.cli.output import show_list, show_one
from accredit_platform.cli.terminal import EXIT_UNREADABLE, console, errors, said
from accredit_platform.client import DEFAULT_SERVER, Client, ClientError


def login(
    name: Annotated[str | None, typer.Option(help="Your account; asked for without.")] = None,
    password: Annotated[
        str | None,
        typer.Option(help="Better left to the prompt.", envvar="ACCREDIT_PASSWORD"),
    ] = None,
    days: Annotated[int, typer.Option(min=1, help="How long you stay signed in.")] = 30,
    server: Server = None,
    profile: ProfileName = profiles.DEFAULT,
) -> None:
    """Sign in: name and password in exchange for a token that is kept for further commands."""
    address = (server or DEFAULT_SERVER).rstrip("/")
    account = name or typer.prompt("Name")
    secret = password or typer.prompt("Password", hide_input=True)
    with answered(address), Client(address, "", retries=PATIENCE) as nobody:
        issued = nobody.tokens.create(
            name=account, password=secret, token_name=f"cli-{socket.gethostname()}"[:63], days=days
        )
        expires = issued.expires_at.isoformat()
        signed_in = profiles.Profile(address, issued.token, str(issued.id), account, expires)
    try:
        profiles.keep(profile, signed_in)
    except (profiles.Unusable, OSError) as error:
        errors.print(f"[red]Signed in, but it cannot be kept:[/red] {said(error)}")
        raise typer.Exit(EXIT_UNREADABLE) from error
    console.print(f"[green]Signed in[/green] to {said(address)} as {said(account)}.")


def logout(profile: ProfileName = profiles.DEFAULT) -> None:
    """Sign out: the token is forgotten, and ended where the service lets its holder end it."""
    try:
        known = profiles.read(profile)
        if known is None:
            console.print("Nobody is signed in.")
            return
        profiles.drop(profile)
    except (profiles.Unusable, OSError) as error:
        errors.print(f"Cannot read: {said(error)}", soft_wrap=True)
        raise typer.Exit(EXIT_UNREADABLE) from error
    try:
        with Client(known.server, known.token, retries=PATIENCE) as client:
            client.post(f"/me/tokens/{known.token_id}/revocations")
        console.print(f"Signed out of {said(known.server)}; the token is ended.")
    except ClientError as error:
        console.print(f"Signed out of {said(known.server)}; the token ends {known.expires_at}.")
        errors.print(f"[yellow]It could not be ended now:[/yellow] {said(error)}", soft_wrap=True)


@asks
def whoami(client: Client, *, as_json: AsJson = False) -> None:
    """Say who you are to the service, with which roles."""
    show_one(client.me.get(), as_json=as_json)


@asks
def tasks(client: Client, *, as_json: AsJson = False) -> None:
    """List what waits for you: what is late first, then what is due."""
    show_list(
        client.me.tasks(),
        ("kind", "subject", "summary", "due_at", "overdue", "id"),
        as_json=as_json,
    )
