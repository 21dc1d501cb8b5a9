"""The commands of `accredit user`: local accounts of a running service."""

import json
import uuid
from typing import Annotated

import typer
from rich.table import Table

from accredit_governance.access.permissions import Role
from accredit_platform.cli.client import DEFAULT_SERVER, Server, TokenFile, calling
from accredit_platform.cli.terminal import EXIT_REFUSED, console, errors, said
from accredit_platform.client import Client, Record

user = typer.Typer(no_args_is_help=True, help="Local accounts: added, listed, closed.")

Name = Annotated[str, typer.Argument(help="Name that the person signs in with.")]


@user.command("add")
def add(
    name: Name,
    title: Annotated[str, typer.Option(help="Full name, as people read it.")],
    email: Annotated[str | None, typer.Option(help="Address for messages.")] = None,
    role: Annotated[list[Role] | None, typer.Option(help="Role; may be given again.")] = None,
    project: Annotated[
        str | None, typer.Option(help="Project in which the roles hold; default: in all.")
    ] = None,
    server: Server = DEFAULT_SERVER,
    token_file: TokenFile = None,
) -> None:
    """Add a person and print the link by which they set their password."""
    with calling(server, token_file) as client:
        where = None if project is None else _one(client, "/projects", project, "project")["id"]
        body = {"kind": "user", "name": name, "title": title, "email": email}
        added = client.post("/principals", body)
        for each in role or ():
            bound = {"role": each.value, "project_id": where}
            client.post(f"/principals/{added['id']}/role-bindings", bound)
    console.print(f"{said(name)} is added. The link works once, within a day:")
    _show_link(server, added["welcome"])


@user.command("list")
def list_users(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    server: Server = DEFAULT_SERVER,
    token_file: TokenFile = None,
) -> None:
    """List the people."""
    with calling(server, token_file) as client:
        people = [p for p in client.get("/principals")["items"] if p["kind"] == "user"]
    if as_json:
        console.print_json(json.dumps(people))
        return
    table = Table("Name", "Full name", "Address", "State")
    for person in people:
        state = "active" if person["active"] else "closed"
        table.add_row(
            said(person["name"]), said(person["title"]), said(person["email"] or ""), state
        )
    console.print(table)


@user.command("deactivate")
def deactivate(name: Name, server: Server = DEFAULT_SERVER, token_file: TokenFile = None) -> None:
    """Close an account; its tokens and sessions end at once."""
    with calling(server, token_file) as client:
        person = _one(client, "/principals", name, "person")
        client.post(f"/principals/{person['id']}/deactivations")
    console.print(f"{said(name)} is closed.")


@user.command("reset-password")
def reset_password(
    name: Name, server: Server = DEFAULT_SERVER, token_file: TokenFile = None
) -> None:
    """Print a link by which a person sets a new password; the old one works until then."""
    with calling(server, token_file) as client:
        person = _one(client, "/principals", name, "person")
        link = client.post(f"/principals/{person['id']}/password-links")
    console.print("The link works once, within a day:")
    _show_link(server, link)


def _one(client: Client, path: str, wanted: str, noun: str) -> Record:
    """What has this name or identifier.

    Raises:
        typer.Exit: nothing has.
    """
    token: str | None = None
    while True:
        page = client.get(path, **({"page_token": token} if token else {}))
        for item in page["items"]:
            if wanted == item["name"] or _same_id(wanted, item["id"]):
                found: Record = item
                return found
        token = page.get("next_page_token")
        if not token:
            errors.print(f"[red]There is no {noun} {said(wanted)}.[/red]")
            raise typer.Exit(EXIT_REFUSED)


def _same_id(wanted: str, found: str) -> bool:
    try:
        return uuid.UUID(wanted) == uuid.UUID(found)
    except ValueError:
        return False


def _show_link(server: str, link: Record) -> None:
    console.print(f"{server.rstrip('/')}{link['path']}", soft_wrap=True, highlight=False)
