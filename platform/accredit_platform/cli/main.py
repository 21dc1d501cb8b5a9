"""The `accredit` command."""

import os
import sys
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from rich.markup import escape

from accredit_governance.audit.checkpoint import CheckpointInvalid, VerifierKey
from accredit_governance.audit.verify import verify_export
from accredit_governance.errors import GovernanceError
from accredit_governance.operations.identity import create_first_admin, had_admin
from accredit_governance.operations.one_time_links import (
    FIRST_ADMIN_PATH,
    offer_first_admin_link,
)
from accredit_platform import server
from accredit_platform.auth.secrets import hash_password, new_secret
from accredit_platform.cli.catalogue import dataset, project, use_case
from accredit_platform.cli.deciding import approval
from accredit_platform.cli.endpoints import api
from accredit_platform.cli.login import login, logout, tasks, whoami
from accredit_platform.cli.models import model, run, version
from accredit_platform.cli.operations import operation
from accredit_platform.cli.policies import policy
from accredit_platform.cli.serving import deploy, predict
from accredit_platform.cli.terminal import EXIT_UNREADABLE, console, errors
from accredit_platform.cli.tokens import token
from accredit_platform.cli.users import user
from accredit_platform.settings import Settings, unknown_variables
from accredit_platform.wiring import open_services, prepare

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Machine learning that regulated organisations can answer for.",
)
audit = typer.Typer(no_args_is_help=True, help="The audit trail.")
app.add_typer(audit, name="audit")
app.add_typer(policy, name="policy")
app.add_typer(user, name="user")
app.add_typer(project, name="project")
app.add_typer(use_case, name="use-case")
app.add_typer(dataset, name="dataset")
app.add_typer(run, name="run")
app.add_typer(model, name="model")
app.add_typer(version, name="version")
app.add_typer(approval, name="approval")
app.add_typer(operation, name="operation")
app.add_typer(token, name="token")
for command in (login, logout, whoami, tasks, deploy, predict, api):
    app.command()(command)

EXIT_TAMPERED = 1

Home = Annotated[
    Path | None,
    typer.Option(help="Folder of database, artifacts and keys.", envvar="ACCREDIT_HOME"),
]


def _settings(home: Path | None, **more: object) -> Settings:
    given = {name: value for name, value in more.items() if value is not None}
    if home is not None:
        given["home"] = home
    for name in unknown_variables(os.environ):
        errors.print(f"[yellow]{name} is no setting of Accredit and was ignored.[/yellow]")
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        for problem in error.errors():
            name = "_".join(str(part) for part in problem["loc"])
            errors.print(f"[red]Setting {name} (ACCREDIT_{name.upper()}):[/red] {problem['msg']}")
        raise typer.Exit(EXIT_UNREADABLE) from error
    except (SettingsError, TOMLDecodeError) as error:
        errors.print(f"[red]Settings:[/red] {escape(str(error))}")
        raise typer.Exit(EXIT_UNREADABLE) from error


@app.command()
def serve(
    home: Home = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Run the service: API, pages and one worker."""
    settings = _settings(home, host=host, port=port)
    try:
        prepare(settings)
        first_run = _first_run(settings)
    except GovernanceError as error:
        _fail(error.message)
    address = f"http://{settings.host}:{settings.port}"
    console.print(f"Accredit on {address} (home: {settings.home})")
    if first_run is not None:
        code, key = first_run
        console.print("There is no admin yet. Whoever opens this link within an hour becomes it:")
        console.print(f"{address}{FIRST_ADMIN_PATH}{code}", soft_wrap=True, highlight=False)
        _show_key(key)
    server.serve(settings)


@app.command()
def worker(
    home: Home = None,
    lifeline: Annotated[
        bool, typer.Option("--lifeline", help="Stop when standard input ends.")
    ] = False,
) -> None:
    """Carry jobs. `serve` starts one; start more of them on more machines with PostgreSQL."""
    # The job engine is heavy; only the worker loads it.
    from accredit_platform.jobs.program import work

    work(_settings(home), lifeline=lifeline)


@app.command()
def init(
    admin: Annotated[str, typer.Option(help="Name of the first admin.")],
    title: Annotated[str, typer.Option(help="Full name, as people read it.")],
    password: Annotated[
        str,
        typer.Option(
            prompt=True, hide_input=True, confirmation_prompt=True, envvar="ACCREDIT_PASSWORD"
        ),
    ],
    home: Home = None,
) -> None:
    """Prepare an installation and create its first admin. Works once."""
    settings = _settings(home)
    try:
        hashed = hash_password(password, name=admin, known=settings.known_passwords_file)
        prepare(settings)
        services = open_services(settings)
        try:
            create_first_admin(services.database, name=admin, title=title, password_hash=hashed)
            key = services.key.verifier.text()
        finally:
            services.close()
    except GovernanceError as error:
        _fail(error.message)
    console.print(f"Ready: {settings.home.absolute()}. The admin is {admin}.")
    _show_key(key)


@app.command()
def demo(
    output: Annotated[Path, typer.Option(help="Folder for what is worth keeping.")] = Path(
        "demo-output"
    ),
    no_serve: Annotated[
        bool, typer.Option("--no-serve", help="Stop the server at the end.")
    ] = False,
    port: Annotated[int, typer.Option(help="Port of the server; 0 takes a free one.")] = 8700,
) -> None:
    """Run the main job on real mortgage applications, told step by step."""
    # The demo needs pandas and a data package that the service does without.
    from accredit_platform.demo.story import tell

    sys.exit(tell(console, output=output, port=port, keep_serving=not no_serve))


@app.command()
def replay(
    bundle: Annotated[Path, typer.Argument(help="Folder of the bundle.")],
    data: Annotated[Path, typer.Option(help="Rows it was trained on, CSV or Parquet.")],
    run: Annotated[
        Path | None,
        typer.Option(help="Record of a governed run, JSON; its hold-out is split off first."),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Cores to use.")] = 2,
) -> None:
    """Do a recorded run again, trial by trial, and compare what comes out, byte for byte.

    Exit codes: 0 everything is the same, 1 something differs, 2 it cannot be replayed.
    """
    # The engine takes seconds to load; only this command needs it.
    from accredit_platform.cli.replaying import replay_bundle

    raise typer.Exit(replay_bundle(console, errors, bundle=bundle, data=data, run=run, jobs=jobs))


@audit.command("verify")
def audit_verify(
    file: Annotated[Path, typer.Argument(help="Exported trail, JSON lines.")],
    checkpoint: Annotated[
        Path | None, typer.Option(help="Signed checkpoint; default: beside the file.")
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(help="Public key, from a place the operator cannot change."),
    ] = None,
) -> None:
    """Verify an exported trail without server or database.

    Exit codes: 0 the file is the log that was signed, 1 it was tampered with, 2 it cannot be read.
    """
    note_path = checkpoint or file.with_suffix(".checkpoint")
    key_path = key or file.with_suffix(".pub")
    try:
        verifier = VerifierKey.parse(key_path.read_text(encoding="utf-8"))
        note = note_path.read_text(encoding="utf-8")
        with file.open("rb") as lines:
            found = verify_export(lines, note, verifier)
    except (OSError, UnicodeDecodeError) as error:
        errors.print(f"Cannot read: {error}")
        raise typer.Exit(EXIT_UNREADABLE) from error
    except CheckpointInvalid as error:
        errors.print(f"[red]Does not verify:[/red] {error.message}")
        raise typer.Exit(EXIT_TAMPERED) from error
    if not found.holds:
        errors.print(f"[red]Does not verify:[/red] {file}")
        for problem in found.problems:
            errors.print(f"  - {problem}")
        raise typer.Exit(EXIT_TAMPERED)
    console.print(
        f"[green]Verifies:[/green] {found.events} events from {found.first_at} to "
        f"{found.last_at}, signed by {verifier.name}."
    )
    if key is None:
        console.print(
            "The public key lay beside the file. Compare it with the one that you noted down: "
            f"{verifier.text()}",
            soft_wrap=True,
            highlight=False,
        )


def _first_run(settings: Settings) -> tuple[str, str] | None:
    """Secret of a link by which somebody becomes the first admin, and the public audit key.

    None when there is an admin, or ever was one.
    """
    services = open_services(settings)
    try:
        if had_admin(services.database):
            return None
        code = new_secret()
        offer_first_admin_link(services.database, secret=code)
        return code, services.key.verifier.text()
    finally:
        services.close()


def _show_key(key: str) -> None:
    console.print("Note down the public key of the audit trail and keep it away from this machine:")
    console.print(key, soft_wrap=True, highlight=False)


def _fail(message: str) -> NoReturn:
    errors.print(f"[red]{message}[/red]")
    raise typer.Exit(1)


if __name__ == "__main__":
    app()
