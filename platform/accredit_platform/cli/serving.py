"""`accredit deploy` and `accredit predict`."""

from pathlib import Path
from typing import Annotated, Final

import typer

from accredit_platform.cli.catalogue import Wait
from accredit_platform.cli.client import AsJson, asks
from accredit_platform.cli.output import show_json, show_list, show_one
from accredit_platform.cli.terminal import EXIT_UNREADABLE, console, errors, said
from accredit_platform.client import Client

FORMS: Final = (".csv", ".parquet", ".json")
SHOWN: Final = ("row", "decision", "score", "prediction", "id")


@asks
def deploy(
    client: Client,
    version_id: Annotated[str, typer.Argument(help="Identifier of the model version.")],
    environment: Annotated[str, typer.Option(help="Where it should serve.")] = "production",
    wait: Wait = True,
    *,
    as_json: AsJson = False,
) -> None:
    """Let an approved version serve, once its bundle is verified."""
    made = client.deployments.create(version_id, environment=environment)
    if wait:
        client.operations.wait(made, label="verifying the bundle", console=errors)
        made = client.deployments.get(made.id)
    show_one(made, as_json=as_json)


@asks
def predict(
    client: Client,
    file: Annotated[Path, typer.Argument(help="Rows: CSV, Parquet, or a JSON list of objects.")],
    deployment: Annotated[str, typer.Option(help="Identifier of the deployment.")],
    purpose: Annotated[
        str | None, typer.Option(help="Code of your grant, where there are several.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="File for the answers: .csv, .parquet or .json.")
    ] = None,
    batch_rows: Annotated[int, typer.Option(min=1, max=1000, help="Rows per request.")] = 1000,
    *,
    as_json: AsJson = False,
) -> None:
    """Ask a deployment about the rows of a file. Every answer is logged there."""
    # pandas takes half a second to load; of all commands, only this one needs it.
    from accredit_platform.client.frames import as_records, read_frame, write_frame

    check_forms(file, *([output] if output else []))
    frame = read_frame(file)
    told = client.deployments.predict(deployment, frame, purpose=purpose, batch_rows=batch_rows)
    if output is None:
        rows = as_records(told)
        show_json(rows) if as_json else show_list(rows, SHOWN, as_json=False)
        return
    write_frame(told, output)
    console.print(f"Written: {said(output)} ({len(told):,} answers)")


def check_forms(*files: Path) -> None:
    """Refuse files that are of no form that is read and written.

    Raises:
        typer.Exit: one of them is of another form.
    """
    for file in files:
        if file.suffix.lower() not in FORMS:
            errors.print(f"{said(file)} must end in {' or '.join(FORMS)}")
            raise typer.Exit(EXIT_UNREADABLE)
