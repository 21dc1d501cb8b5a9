"""`accredit deploy` and `accredit predict`."""

from pathlib import Path
from typing import Annotated

import typer

from accredit_platform.cli.catalogue import Wait
from accredit_platform.cli.client import AsJson, asks
from accredit_platform.cli.output import show_json, show_list, show_one
from accredit_platform.cli.terminal import EXIT_UNREADABLE, console, errors, said
from accredit_platform.client import Client

SHOWN = ("row", "decision", "score", "prediction", "id")


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
    import pandas as pd

    readers = {".csv": pd.read_csv, ".parquet": pd.read_parquet, ".json": pd.read_json}
    writers = {".csv", ".parquet", ".json"}
    reader = readers.get(file.suffix.lower())
    if reader is None or (output is not None and output.suffix.lower() not in writers):
        errors.print("Files end in .csv, .parquet or .json; the answers' file as well.")
        raise typer.Exit(EXIT_UNREADABLE)
    frame = reader(file)
    told = client.deployments.predict(deployment, frame, purpose=purpose, batch_rows=batch_rows)
    if output is None:
        rows = [{"row": at, **answer} for at, answer in zip(told.index, _rows(told), strict=True)]
        show_json(rows) if as_json else show_list(rows, SHOWN, as_json=False)
        return
    if output.suffix.lower() == ".json":
        told.to_json(output, orient="records")
    elif output.suffix.lower() == ".parquet":
        told.to_parquet(output)
    else:
        told.to_csv(output)
    console.print(f"Written: {said(output)} ({len(told):,} answers)")


def _rows(told: "pd.DataFrame") -> list[dict[str, object]]:  # noqa: F821  loaded by the command
    return [{str(key): value for key, value in row.items()} for row in told.to_dict("records")]
