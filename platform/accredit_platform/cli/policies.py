"""The commands of `accredit policy`: files on this machine, and policies of a running service."""

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from accredit_governance.errors import InvalidInput
from accredit_governance.policy import loader
from accredit_governance.policy.diff import diff
from accredit_governance.policy.document import Policy
from accredit_governance.policy.lint import Remark, lint
from accredit_governance.policy.schema import schema_text
from accredit_governance.questions.policies import AskedFacts, PolicyResolution, explain
from accredit_platform.cli.client import Server, TokenFile, calling
from accredit_platform.cli.policy_tables import (
    changes_table,
    show_policies,
    show_remarks,
    show_resolution,
    show_simulation,
)
from accredit_platform.cli.terminal import EXIT_REFUSED, EXIT_UNREADABLE, console, errors, said
from accredit_platform.client import Client, Record

policy = typer.Typer(no_args_is_help=True, help="Policies as code.")

AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
PolicyFile = Annotated[Path, typer.Argument(help="Policy, YAML.")]
IDENTITY: Final = re.compile(r"([a-z0-9][a-z0-9._-]*)@([0-9]+)")


@policy.command("lint")
def lint_file(file: PolicyFile, as_json: AsJson = False) -> None:
    """Check a policy: unknown gates, thresholds out of range, contradictions, doubtful habits.

    Exit codes: 0 nothing but warnings, 1 an error, 2 it cannot be read.
    """
    try:
        found = loader.load(file)
        remarks = lint(found, today=_today())
    except InvalidInput as error:
        found = None
        remarks = tuple(Remark(severity="error", **problem) for problem in error.problems)
    except OSError as error:
        raise _unreadable(error) from error
    is_wrong = any(remark.severity == "error" for remark in remarks)
    if as_json:
        console.print_json(json.dumps([remark.model_dump() for remark in remarks]))
    else:
        show_remarks(file, found, remarks)
    raise typer.Exit(EXIT_REFUSED if is_wrong else 0)


@policy.command("schema")
def schema() -> None:
    """Print the JSON Schema of a policy, for editors."""
    typer.echo(schema_text(), nl=False)


@policy.command("diff")
def diff_policies(
    before: Annotated[str, typer.Argument(help="File, or NAME@VERSION of the service.")],
    after: Annotated[str, typer.Argument(help="File, or NAME@VERSION of the service.")],
    as_json: AsJson = False,
    server: Server = None,
    token_file: TokenFile = None,
) -> None:
    """Compare two policies, and say of each change whether it is stricter.

    Exit codes: 0 they demand the same, 1 they differ, 2 one of them cannot be read.
    """
    old, new = (_policy_of(name, server, token_file) for name in (before, after))
    changes = diff(old, new)
    if as_json:
        console.print_json(json.dumps([change.model_dump(mode="json") for change in changes]))
    elif changes:
        console.print(changes_table(changes))
    else:
        console.print("[green]The same.[/green]")
    raise typer.Exit(EXIT_REFUSED if changes else 0)


@policy.command("draft")
def draft(file: PolicyFile, server: Server = None, token_file: TokenFile = None) -> None:
    """Send a policy to the service as a draft; somebody else publishes it."""
    try:
        source = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(error) from error
    with calling(server, token_file) as client:
        made = client.post("/policies", {"source": source})
    name = f"{made['name']}@{made['version']}"
    console.print(f"[green]Drafted:[/green] {name}, digest {made['policy_digest'][:16]}…")
    console.print(f"Somebody else puts it into force: accredit policy publish {name}")


@policy.command("publish")
def publish(
    identity: Annotated[str, typer.Argument(help="NAME@VERSION of a draft.")],
    server: Server = None,
    token_file: TokenFile = None,
) -> None:
    """Put a draft into force, as somebody other than its author."""
    name, version = _identity(identity)
    with calling(server, token_file) as client:
        record = _record_of(client, name, version)
        client.post(f"/policies/{record['id']}/publications")
    console.print(f"[green]Published:[/green] {name}@{version}. It does not change any more.")


@policy.command("list")
def list_policies(
    as_json: AsJson = False, server: Server = None, token_file: TokenFile = None
) -> None:
    """List the policies of the service, drafts included."""
    with calling(server, token_file) as client:
        records = _records(client)
    if as_json:
        console.print_json(json.dumps(records))
        return
    show_policies(records)


@policy.command("explain")
def explain_resolution(  # one option per fact
    use_case: Annotated[str | None, typer.Option(help="Identifier of a use case.")] = None,
    tier: Annotated[int | None, typer.Option(min=1, max=4, help="Risk tier.")] = None,
    jurisdiction: Annotated[
        list[str] | None, typer.Option(help="Jurisdiction; once for each.")
    ] = None,
    task: Annotated[str | None, typer.Option(help="binary, multiclass or regression.")] = None,
    purpose: Annotated[str | None, typer.Option(help="Such as consumer_credit.")] = None,
    on: Annotated[str | None, typer.Option(help="Day, YYYY-MM-DD; default: today.")] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Ask the policies of a folder, without the service.")
    ] = None,
    as_json: AsJson = False,
    server: Server = None,
    token_file: TokenFile = None,
) -> None:
    """Say which policy applies to a use case or to given facts, and why no other one does.

    Exit codes: 0 one applies, 1 none does, 2 it cannot be asked.
    """
    facts = {
        "tier": tier,
        "jurisdiction": jurisdiction or [],
        "task": task,
        "purpose": purpose,
        "on": _day(on),
        "use_case_id": use_case,
    }
    given = {name: value for name, value in facts.items() if value not in (None, [])}
    if folder is None:
        with calling(server, token_file) as client:
            found = PolicyResolution.model_validate(client.get("/policy-resolutions", **given))
    else:
        found = _explain_offline(folder, given)
    if as_json:
        console.print_json(found.model_dump_json())
    else:
        show_resolution(found)
    raise typer.Exit(EXIT_REFUSED if found.refusal else 0)


@policy.command("simulate")
def simulate(
    file: PolicyFile,
    as_json: AsJson = False,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds to wait for it.")] = 3600,
    server: Server = None,
    token_file: TokenFile = None,
) -> None:
    """Try a policy out on every model version: who would newly fail or pass. Nothing changes.

    Exit codes: 0 nothing newly fails, 1 something does, 2 it could not be done.
    """
    try:
        source = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(error) from error
    with calling(server, token_file) as client:
        asked = client.post("/policy-simulations", {"source": source})
        client.operations.wait(
            asked, label="simulating", timeout_s=timeout, check=False, console=errors
        )
        done = client.get(f"/policy-simulations/{asked['id']}")
    report = done["document"]
    if report is None:
        errors.print(f"[red]The simulation {done['state']}:[/red] {said(done['error'])}")
        raise typer.Exit(EXIT_UNREADABLE)
    if as_json:
        console.print_json(json.dumps(report))
    else:
        show_simulation(report)
    raise typer.Exit(EXIT_REFUSED if report["counts"]["newly_fails"] else 0)


def _today() -> date:
    return datetime.now(UTC).date()


def _unreadable(error: Exception | str) -> typer.Exit:
    errors.print(f"Cannot read: {said(error)}")
    return typer.Exit(EXIT_UNREADABLE)


def _day(text: str | None) -> str | None:
    """The day as it was given, once it is known to be one.

    Raises:
        typer.BadParameter: it is no day.
    """
    try:
        return None if text is None else date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise typer.BadParameter(f"{text} is no day such as 2026-11-22") from error


def _identity(text: str) -> tuple[str, int]:
    match = IDENTITY.fullmatch(text)
    if match is None:
        raise typer.BadParameter(f"{text} is no NAME@VERSION, such as us-credit-federal@2")
    return match[1], int(match[2])


def _policy_of(name: str, server: str | None, token_file: Path | None) -> Policy:
    """The policy in a file, or of the service when there is no such file.

    Raises:
        typer.Exit: it cannot be read.
    """
    if IDENTITY.fullmatch(name) and not Path(name).exists():
        with calling(server, token_file) as client:
            return Policy.model_validate(_record_of(client, *_identity(name))["document"])
    try:
        return loader.load(Path(name))
    except (OSError, InvalidInput) as error:
        raise _unreadable(error) from error


def _records(client: Client) -> list[Record]:
    """Every policy version that the service has, by name and version."""
    found = [
        record
        for state in ("published", "draft")
        for record in client.get("/policies", state=state)["items"]
    ]
    return sorted(found, key=lambda record: (record["name"], record["version"]))


def _record_of(client: Client, name: str, version: int) -> Record:
    for record in _records(client):
        if (record["name"], record["version"]) == (name, version):
            return record
    errors.print(f"[red]Not there:[/red] the service has no policy {name}@{version}")
    raise typer.Exit(EXIT_UNREADABLE)


def _explain_offline(folder: Path, given: Record) -> PolicyResolution:
    """The resolution among the policies of a folder.

    Raises:
        typer.Exit: they cannot be read, or a fact is missing.
    """
    if "use_case_id" in given:
        raise typer.BadParameter("a folder knows no use cases; give the facts")
    facts = {name: value for name, value in given.items() if name != "jurisdiction"}
    asked = AskedFacts.model_validate(facts | {"jurisdictions": given.get("jurisdiction", ())})
    try:
        return explain(loader.load_folder(folder), asked, today=_today())
    except OSError as error:
        raise _unreadable(error) from error
    except InvalidInput as error:
        errors.print(said(error.message))
        raise typer.Exit(EXIT_UNREADABLE) from error
