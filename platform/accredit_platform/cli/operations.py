"""`accredit operation`: long work of the service."""

from typing import Annotated, TypeAlias

import typer

from accredit_platform.cli.client import AsJson, asks
from accredit_platform.cli.output import show_list, show_one
from accredit_platform.cli.terminal import errors
from accredit_platform.client import Client

operation = typer.Typer(no_args_is_help=True, help="Long work: runs, uploads, gates, deployments.")

OperationId: TypeAlias = Annotated[str, typer.Argument(help="Identifier of the operation.")]


@operation.command("list")
@asks
def list_operations(
    client: Client,
    state: Annotated[str | None, typer.Option(help="Such as running or failed.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List long work, newest first."""
    found = client.get("/operations", **({"state": state} if state else {}))["items"]
    show_list(found, ("kind", "state", "share", "message", "created_at", "id"), as_json=as_json)


@operation.command("show")
@asks
def show(client: Client, operation_id: OperationId, *, as_json: AsJson = False) -> None:
    """Show how far an operation is."""
    show_one(client.operations.get(operation_id), as_json=as_json)


@operation.command("wait")
@asks
def wait(
    client: Client,
    operation_id: OperationId,
    timeout: Annotated[float | None, typer.Option(min=1, help="Seconds.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Follow an operation to its end.

    Exit codes: 0 it succeeded, 1 it failed or was cancelled, 2 it could not be followed.
    """
    done = client.operations.wait(operation_id, label="waiting", timeout_s=timeout, console=errors)
    show_one(done, as_json=as_json)


@operation.command("cancel")
@asks
def cancel(client: Client, operation_id: OperationId, *, as_json: AsJson = False) -> None:
    """Ask an operation to stop."""
    show_one(client.operations.cancel(operation_id), as_json=as_json)
