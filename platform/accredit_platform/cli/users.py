"""The commands of `accredit user`: local accounts of a running service."""

import json
import uuid
from collections.abc import Iterator
from typing import Annotated

import typer
from rich.table import Table

from accredit_governance.access.permissions import Role
from accredit_platform.cli.client import AsJson, asks
from accredit_platform.cli.terminal import EXIT_REFUSED, console, errors, said
from accredit_platform.client import Client, Record

user = typer.Typer(no_args_is_help=True, help="Local accounts: added, listed, closed.")

Name = Annotated[str, typer.Argument(help="Name that the person signs in with.")]


@user.command("add")
@asks
def add(
    client: Client,
    name: Name,
    *,
    title: Annotated[str, typer.Option(help="Full name, as people read it.")],
    email: Annotated[str | None, typer.Option(help="Address for messages.")] = None,
    role: Annotated[list[Role] | None, typer.Option(help="Role; may be given again.")] = None,
    project: Annotated[
        str | None, typer.Option(help="Project in which the roles hold; default: in all.")
    ] = None,
) -> None:
    """Add a person and print the link by which they set their password."""
    where = None if project is None else _one(client, "/projects", project, "project")["id"]
    body = {"kind": "user", "name": name, "title": title, "email": email}
    added = client.post("/principals", body)
    for each in role or ():
        bound = {"role": each.value, "project_id": where}
        client.post(f"/principals/{added['id']}/role-bindings", bound)
    console.print(f"{said(name)} is added. The link works once, within a day:")
    _show_link(client, added["welcome"])


@user.command("list")
@asks
def list_users(client: Client, *, as_json: AsJson = False) -> None:
    """List the people."""
    people = [p for p in _all(client, "/principals") if p["kind"] == "user"]
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
@asks
def deactivate(client: Client, name: Name) -> None:
    """Close an account; its tokens and sessions end at once."""
    person = _one(client, "/principals", name, "person")
    client.post(f"/principals/{person['id']}/deactivations")
    console.print(f"{said(name)} is closed.")


@user.command("reset-password")
@asks
def reset_password(client: Client, name: Name) -> None:
    """Print a link by which a person sets a new password; the old one works until then."""
    person = _one(client, "/principals", name, "person")
    link = client.post(f"/principals/{person['id']}/password-links")
    console.print("The link works once, within a day:")
    _show_link(client, link)


def _one(client: Client, path: str, wanted: str, noun: str) -> Record:
    """What has this name or identifier.

    Raises:
        typer.Exit: nothing has.
    """
    for item in _all(client, path):
        if wanted == item["name"] or _same_id(wanted, item["id"]):
            return item
    errors.print(f"[red]There is no {noun} {said(wanted)}.[/red]")
    raise typer.Exit(EXIT_REFUSED)


def _all(client: Client, path: str) -> Iterator[Record]:
    """Everything in a list, page by page."""
    query: dict[str, str] = {}
    while True:
        page = client.get(path, **query)
        yield from page["items"]
        if not page.get("next_page_token"):
            return
        query = {"page_token": page["next_page_token"]}


def _same_id(wanted: str, found: str) -> bool:
    try:
        return uuid.UUID(wanted) == uuid.UUID(found)
    except ValueError:
        return False


def _show_link(client: Client, link: Record) -> None:
    console.print(f"{client.base_url}{link['path']}", soft_wrap=True, highlight=False)
