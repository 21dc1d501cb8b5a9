"""`accredit project`, `accredit use-case`, `accredit dataset`."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from accredit_platform.cli.client import AsJson, asks
from accredit_platform.cli.files import read_object
from accredit_platform.cli.output import chosen, show_list, show_one
from accredit_platform.cli.terminal import errors
from accredit_platform.client import Client

project = typer.Typer(no_args_is_help=True, help="Projects.")
use_case = typer.Typer(no_args_is_help=True, help="Use cases: purposes, and who answers for them.")
dataset = typer.Typer(no_args_is_help=True, help="Datasets and their versions.")

InProject: TypeAlias = Annotated[
    str, typer.Option("--project", help="Name or identifier of the project.")
]
Wait: TypeAlias = Annotated[bool, typer.Option("--wait/--no-wait", help="Follow it to its end.")]


def project_id(client: Client, text: str) -> str:
    """Identifier of a project."""
    return chosen(client.projects.list(name=text), text, "project")


@project.command("list")
@asks
def list_projects(client: Client, *, as_json: AsJson = False) -> None:
    """List the projects that you may see."""
    show_list(client.projects.list(), ("name", "title", "created_at", "id"), as_json=as_json)


@project.command("create")
@asks
def create_project(
    client: Client,
    name: Annotated[str, typer.Argument(help="Lower case, without spaces.")],
    title: Annotated[str, typer.Option(help="As people read it.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Open a project."""
    show_one(client.projects.create(name=name, title=title), as_json=as_json)


@project.command("show")
@asks
def show_project(
    client: Client,
    name: Annotated[str, typer.Argument(help="Name or identifier.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Show one project."""
    show_one(client.projects.get(project_id(client, name)), as_json=as_json)


@use_case.command("list")
@asks
def list_use_cases(client: Client, *, project: InProject, as_json: AsJson = False) -> None:
    """List the use cases of a project."""
    found = client.use_cases.list(project_id(client, project))
    show_list(found, ("name", "owner_id", "created_at", "id"), as_json=as_json)


@use_case.command("create")
@asks
def create_use_case(
    client: Client,
    name: Annotated[str, typer.Argument(help="Lower case, without spaces.")],
    terms: Annotated[Path, typer.Option(help="Purpose and limits, YAML or JSON.")],
    owner: Annotated[
        str | None, typer.Option(help="Identifier of who answers for it; default: you.")
    ] = None,
    *,
    project: InProject,
    as_json: AsJson = False,
) -> None:
    """Declare a purpose, and who answers for it."""
    made = client.use_cases.create(
        project_id(client, project),
        name=name,
        owner_id=owner or client.me.get().id,
        terms=read_object(terms),
    )
    show_one(made, as_json=as_json)


@use_case.command("show")
@asks
def show_use_case(
    client: Client,
    use_case_id: Annotated[str, typer.Argument(help="Identifier.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Show one use case."""
    show_one(client.use_cases.get(use_case_id), as_json=as_json)


@dataset.command("list")
@asks
def list_datasets(client: Client, *, project: InProject, as_json: AsJson = False) -> None:
    """List the datasets of a project."""
    found = client.datasets.list(project_id(client, project))
    show_list(found, ("name", "title", "created_at", "id"), as_json=as_json)


@dataset.command("create")
@asks
def create_dataset(
    client: Client,
    name: Annotated[str, typer.Argument(help="Lower case, without spaces.")],
    title: Annotated[str, typer.Option(help="As people read it.")],
    *,
    project: InProject,
    as_json: AsJson = False,
) -> None:
    """Name a source of rows."""
    made = client.datasets.create(project_id(client, project), name=name, title=title)
    show_one(made, as_json=as_json)


@dataset.command("versions")
@asks
def list_dataset_versions(
    client: Client,
    dataset_id: Annotated[str, typer.Argument(help="Identifier of the dataset.")],
    *,
    as_json: AsJson = False,
) -> None:
    """List the versions of a dataset."""
    found = client.dataset_versions.list(dataset_id)
    show_list(found, ("number", "state", "rows", "upload_name", "id"), as_json=as_json)


@dataset.command("upload")
@asks
def upload(
    client: Client,
    dataset: Annotated[str, typer.Argument(help="Identifier, or name with --project.")],
    file: Annotated[Path, typer.Argument(help="CSV (UTF-8) or Parquet.")],
    project: Annotated[
        str | None, typer.Option(help="Name or identifier of the project of a named dataset.")
    ] = None,
    wait: Wait = True,
    *,
    as_json: AsJson = False,
) -> None:
    """Upload a file as a new version, and wait until it is read and profiled."""
    if project is not None:
        dataset = chosen(
            client.datasets.list(project_id(client, project), name=dataset), dataset, "dataset"
        )
    made = client.datasets.upload(dataset, file)
    if wait:
        client.operations.wait(made, label="reading and profiling", console=errors)
        made = client.dataset_versions.get(made.id)
    show_one(made.model_copy(update={"profile": None}) if not as_json else made, as_json=as_json)
