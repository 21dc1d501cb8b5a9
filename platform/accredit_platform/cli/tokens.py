"""`accredit token`: API tokens of one's own."""

from typing import Annotated, TypeAlias

import typer

from accredit_platform.cli.client import PATIENCE, AsJson, Server, answered, asks
from accredit_platform.cli.output import show_json, show_list
from accredit_platform.cli.terminal import console, errors
from accredit_platform.client import DEFAULT_SERVER, Client

token = typer.Typer(no_args_is_help=True, help="API tokens of your own.")

TokenId: TypeAlias = Annotated[str, typer.Argument(help="Identifier of the token.")]


@token.command("create")
def create(
    label: Annotated[str, typer.Argument(help="What it is for; you find it again by this.")],
    name: Annotated[str | None, typer.Option(help="Your account; asked for without.")] = None,
    password: Annotated[
        str | None, typer.Option(help="Better left to the prompt.", envvar="ACCREDIT_PASSWORD")
    ] = None,
    days: Annotated[int, typer.Option(min=1, help="How long it counts.")] = 30,
    as_json: AsJson = False,
    server: Server = None,
) -> None:
    """Make a token for name and password. Its secret is shown this once, on standard output."""
    address = (server or DEFAULT_SERVER).rstrip("/")
    account = name or typer.prompt("Name", err=True)
    secret = password or typer.prompt("Password", hide_input=True, err=True)
    with answered(address), Client(address, "", retries=PATIENCE) as nobody:
        issued = nobody.tokens.create(name=account, password=secret, token_name=label, days=days)
    if as_json:
        show_json(issued.model_dump(mode="json"))
        return
    typer.echo(issued.token)
    errors.print(f"Keep it; it is not shown again. It ends {issued.expires_at:%Y-%m-%d %H:%M}.")


@token.command("list")
@asks
def list_tokens(client: Client, *, as_json: AsJson = False) -> None:
    """List your own tokens, without their secrets."""
    found = client.get("/me/tokens")["items"]
    columns = ("name", "prefix", "state", "last_used_at", "expires_at", "id")
    show_list(found, columns, as_json=as_json)


@token.command("rotate")
@asks
def rotate(
    client: Client,
    token_id: TokenId,
    overlap_hours: Annotated[
        int, typer.Option(min=0, max=168, help="How long the old one counts beside it.")
    ] = 24,
    *,
    as_json: AsJson = False,
) -> None:
    """Make the successor of a token, as wide and for as long; a token rotates itself."""
    issued = client.post(f"/tokens/{token_id}/rotations", {"overlap_hours": overlap_hours})
    if as_json:
        show_json(issued)
        return
    typer.echo(issued["token"])
    errors.print(f"Keep it; it is not shown again. The old one ends in {overlap_hours} h.")


@token.command("revoke")
@asks
def revoke(client: Client, token_id: TokenId) -> None:
    """End a token of your own at once."""
    client.post(f"/me/tokens/{token_id}/revocations")
    console.print("Ended.")
