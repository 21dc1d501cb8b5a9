"""`accredit run`, `accredit model`, `accredit version`."""

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

from accredit_platform.cli.catalogue import Wait
from accredit_platform.cli.client import AsJson, asks
from accredit_platform.cli.files import read_object, write_bytes
from accredit_platform.cli.output import chosen, show_list, show_one
from accredit_platform.cli.terminal import EXIT_REFUSED, errors
from accredit_platform.client import Client

run = typer.Typer(no_args_is_help=True, help="AutoML runs.")
model = typer.Typer(no_args_is_help=True, help="Models.")
version = typer.Typer(no_args_is_help=True, help="Model versions, from a run to the gates.")

RunId: TypeAlias = Annotated[str, typer.Argument(help="Identifier of the run.")]
VersionId: TypeAlias = Annotated[str, typer.Argument(help="Identifier of the model version.")]
ModelName: TypeAlias = Annotated[str, typer.Argument(help="Name or identifier of the model.")]

LEADERS = ("rank", "number", "family", "state", "score")


def model_id(client: Client, text: str) -> str:
    """Identifier of a model."""
    return chosen(client.models.list(name=text), text, "model")


@run.command("create")
@asks
def create_run(
    client: Client,
    use_case: Annotated[str, typer.Option(help="Identifier of the use case.")],
    data: Annotated[str, typer.Option(help="Identifier of the dataset version.")],
    spec: Annotated[
        Path | None, typer.Option(help="What is asked for, YAML or JSON; options win over it.")
    ] = None,
    metric: Annotated[str | None, typer.Option(help="scikit-learn scorer name.")] = None,
    time_budget: Annotated[float | None, typer.Option(help="Seconds.")] = None,
    max_trials: Annotated[int | None, typer.Option(help="Most trials.")] = None,
    wait: Wait = True,
    *,
    as_json: AsJson = False,
) -> None:
    """Queue an AutoML run, and follow it to its end."""
    asked = read_object(spec) if spec else {}
    given = {"metric": metric, "time_budget_s": time_budget, "max_trials": max_trials}
    asked |= {name: value for name, value in given.items() if value is not None}
    made = client.runs.create(use_case_id=use_case, dataset_version_id=data, spec=asked)
    if wait:
        client.operations.wait(made, label="training", console=errors)
        made = client.runs.get(made.id)
    show_one(made, as_json=as_json)


@run.command("list")
@asks
def list_runs(
    client: Client,
    use_case: Annotated[str | None, typer.Option(help="Identifier of the use case.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List runs, newest first."""
    found = client.runs.list(use_case_id=use_case)
    show_list(found, ("state", "created_at", "finished_at", "use_case_id", "id"), as_json=as_json)


@run.command("show")
@asks
def show_run(client: Client, run_id: RunId, *, as_json: AsJson = False) -> None:
    """Show one run."""
    show_one(client.runs.get(run_id), as_json=as_json)


@run.command("wait")
@asks
def wait_for_run(client: Client, run_id: RunId, *, as_json: AsJson = False) -> None:
    """Follow a run to its end. Interrupting this does not interrupt the run."""
    found = client.runs.get(run_id)
    if found.job_id is not None and found.finished_at is None:
        client.operations.wait(found, label="training", console=errors)
        found = client.runs.get(run_id)
    show_one(found, as_json=as_json)


@run.command("leaderboard")
@asks
def leaderboard(client: Client, run_id: RunId, *, as_json: AsJson = False) -> None:
    """List the trials of a run, the best first; more is better of every score."""
    trials = sorted(
        client.runs.list_trials(run_id),
        key=lambda trial: (trial.score is None, -(trial.score or 0.0), trial.number),
    )
    rows = [
        {"rank": rank, **trial.model_dump(mode="json", exclude=None if as_json else {"document"})}
        for rank, trial in enumerate(trials, start=1)
    ]
    show_list(rows, LEADERS, as_json=as_json)


@model.command("list")
@asks
def list_models(client: Client, *, as_json: AsJson = False) -> None:
    """List models, newest first."""
    show_list(client.models.list(), ("name", "use_case_id", "created_at", "id"), as_json=as_json)


@model.command("create")
@asks
def create_model(
    client: Client,
    name: Annotated[str, typer.Argument(help="Lower case, without spaces.")],
    use_case: Annotated[str, typer.Option(help="Identifier of the use case.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Name a model of a use case."""
    show_one(client.models.create(use_case_id=use_case, name=name), as_json=as_json)


@model.command("show")
@asks
def show_model(client: Client, name: ModelName, *, as_json: AsJson = False) -> None:
    """Show one model, with the version that leads in each environment."""
    show_one(client.models.get_status(model_id(client, name)), as_json=as_json)


@version.command("list")
@asks
def list_versions(client: Client, model: ModelName, *, as_json: AsJson = False) -> None:
    """List the versions of a model, newest first."""
    found = client.model_versions.list(model_id(client, model))
    show_list(found, ("number", "state", "allowed_actions", "created_at", "id"), as_json=as_json)


@version.command("register")
@asks
def register(client: Client, model: ModelName, run_id: RunId, *, as_json: AsJson = False) -> None:
    """Make the bundle of a finished run a version of a model."""
    made = client.model_versions.register(model_id(client, model), run_id=run_id)
    show_one(made, as_json=as_json)


@version.command("show")
@asks
def show_version(client: Client, version_id: VersionId, *, as_json: AsJson = False) -> None:
    """Show one version, with the actions that its state allows."""
    show_one(client.model_versions.get(version_id), as_json=as_json)


@version.command("describe")
@asks
def describe(
    client: Client,
    version_id: VersionId,
    file: Annotated[
        Path, typer.Argument(help="Statements for the card, YAML or JSON: limitations, oversight…")
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """Write the part of the card that only people can write."""
    made = client.put(f"/model-versions/{version_id}/statements", read_object(file))
    show_one(made, as_json=as_json)


@version.command("submit")
@asks
def submit(
    client: Client, version_id: VersionId, wait: Wait = True, *, as_json: AsJson = False
) -> None:
    """Freeze a candidate and hand it to the gates; then say what they found.

    Exit codes: 0 nothing blocks it (or nobody waited), 1 refused or blocked, 2 not asked.
    """
    made = client.model_versions.submit(version_id)
    if not wait:
        show_one(made, as_json=as_json)
        return
    client.operations.wait(made, label="gates", console=errors)
    _show_gates(client, version_id, as_json=as_json)


@version.command("gates")
@asks
def gates(client: Client, version_id: VersionId, *, as_json: AsJson = False) -> None:
    """List what the gates found, check by check.

    Exit codes: 0 nothing blocks it, 1 something does, 2 it could not be asked.
    """
    _show_gates(client, version_id, as_json=as_json)


@version.command("card")
@asks
def card(
    client: Client,
    version_id: VersionId,
    form: Annotated[
        Literal["html", "markdown", "json"], typer.Option("--format", help="Form of the card.")
    ] = "markdown",
    output: Annotated[Path | None, typer.Option(help="File; default: standard output.")] = None,
) -> None:
    """Fetch the model card."""
    if form == "json":
        content = client.model_versions.get_card(version_id).canonical()
    elif form == "html":
        content = client.model_versions.get_card_html(version_id)
    else:
        content = client.model_versions.get_card_markdown(version_id)
    write_bytes(content, output)


def _show_gates(client: Client, version_id: str, *, as_json: bool) -> None:
    found = client.model_versions.get_gate_evaluation(version_id)
    if as_json:
        show_one(found, as_json=True)
    else:
        show_list(found.results, ("key", "verdict", "value", "message"), as_json=False)
        if found.blocking:
            errors.print(f"[red]Blocked by:[/red] {', '.join(found.blocking)}", soft_wrap=True)
    if found.blocking:
        raise typer.Exit(EXIT_REFUSED)
