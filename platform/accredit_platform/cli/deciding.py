"""`accredit approval`: the queue, and signing with one's password once more."""

from typing import Annotated, Literal

import typer

from accredit_platform.cli.client import AsJson, asks
from accredit_platform.cli.output import show_json, show_list, show_one
from accredit_platform.cli.terminal import console, said
from accredit_platform.client import Client

approval = typer.Typer(no_args_is_help=True, help="Approval requests and signatures.")


@approval.command("list")
@asks
def list_requests(
    client: Client,
    mine: Annotated[bool, typer.Option("--mine", help="What you could sign now.")] = False,
    state: Annotated[str | None, typer.Option(help="Such as open or approved.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List approval requests."""
    found = client.approval_requests.list(state=state, assignee="me" if mine else None)
    columns = ("model_name", "version_number", "state", "open_stage", "created_at", "id")
    show_list(found, columns, as_json=as_json)


@approval.command("show")
@asks
def show(
    client: Client,
    request_id: Annotated[str, typer.Argument(help="Identifier of the request.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Show one request: what is signed, by whom so far, and what your signature would mean."""
    show_one(client.approval_requests.get(request_id), as_json=as_json)


@approval.command("sign")
@asks
def sign(
    client: Client,
    request_id: Annotated[str, typer.Argument(help="Identifier of the request.")],
    decision: Annotated[
        Literal["approve", "reject", "request_changes"], typer.Option(help="What you say.")
    ] = "approve",
    comment: Annotated[str, typer.Option(help="Why.")] = "",
    digest: Annotated[
        str | None,
        typer.Option(
            help="Subject digest that you have read; without, you are shown it and asked."
        ),
    ] = None,
    password: Annotated[
        str | None, typer.Option(help="Better left to the prompt.", envvar="ACCREDIT_PASSWORD")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Sign a request, with your password once more."""
    request = client.approval_requests.get(request_id)
    if digest is None:
        name = f"{request.model_name} version {request.version_number}"
        meaning = {str(key): text for key, text in request.meanings.items()}.get(decision, "")
        console.print(f"[bold]{said(name)}[/bold], subject {request.subject_digest}")
        console.print(f"{decision}: {said(meaning)}", soft_wrap=True)
        typer.confirm("Sign this?", abort=True, err=True)
    subject = digest or request.subject_digest
    secret = password or typer.prompt("Password", hide_input=True, err=True)
    ticket = client.me.create_signing_ticket(subject_digest=subject, password=secret)
    signed = client.approval_requests.sign_off(
        request_id,
        decision=decision,
        subject_digest=subject,
        comment=comment,
        ticket=ticket.ticket,
    )
    if as_json:
        show_json(signed.model_dump(mode="json"))
    else:
        console.print(f"[green]Signed.[/green] The request is {signed.state}.")
