"""Doing a recorded run again, for `accredit replay`."""

import json
from pathlib import Path
from typing import Any, Final

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from accredit_engine.bundle.bundle import read_json
from accredit_engine.data.source import read_table
from accredit_engine.data.split import split_by_content
from accredit_engine.errors import EngineError
from accredit_engine.replay import Replay, replay

EXIT_SAME: Final = 0
EXIT_DIFFERENT: Final = 1
EXIT_UNREADABLE: Final = 2


def replay_bundle(
    console: Console, errors: Console, *, bundle: Path, data: Path, run: Path | None, jobs: int
) -> int:
    """Replay a bundle and print what came of it.

    Args:
        console: Where the result goes.
        errors: Where refusals go.
        bundle: Folder of the bundle.
        data: Table, CSV or Parquet.
        run: Record of a governed run, JSON: its hold-out is split off the table first.
        jobs: Cores to use.

    Returns:
        The exit code: 0 everything is the same, 1 something differs, 2 it cannot be replayed.
    """
    try:
        frame = read_table(data)
        rows = frame if run is None else _without_holdout(frame, run)
        trials = read_json(bundle, "config.json")["trials"]
        found = replay(bundle, rows, n_jobs=jobs)
    except (OSError, EngineError) as error:
        errors.print(f"[red]Cannot be replayed:[/red] {escape(str(error))}")
        return EXIT_UNREADABLE
    except (ValueError, KeyError, TypeError) as error:
        errors.print(f"[red]Cannot be read:[/red] {type(error).__name__}: {escape(str(error))}")
        return EXIT_UNREADABLE
    _show(console, found, {trial["number"]: trial["family"] for trial in trials})
    return EXIT_SAME if found.is_same else EXIT_DIFFERENT


def _without_holdout(frame: pd.DataFrame, run: Path) -> pd.DataFrame:
    """The rows that a governed run trained on."""
    record = json.loads(run.read_text(encoding="utf-8"))
    settings: dict[str, Any] = record["run"]["settings"]  # Any: JSON
    train, _ = split_by_content(
        frame,
        settings["target"],
        share=record["holdout"]["share"],
        task=settings["task"],
        groups=settings["groups"],
        time=settings["time"],
    )
    return train


def _show(console: Console, found: Replay, families: dict[int, str]) -> None:
    table = Table(box=None)
    table.add_column("trial", justify="right")
    table.add_column("family")
    table.add_column("scores of the rows")
    for number, is_same in sorted(found.trials.items()):
        said = "[green]same[/green]" if is_same else "[red]different[/red]"
        table.add_row(str(number), families[number], said)
    console.print(table)
    for name in found.differing:
        console.print(f"[red]Different file:[/red] {escape(name)}")
    for name, (recorded, installed) in sorted(found.versions.items()):
        console.print(
            f"[yellow]Other version:[/yellow] {escape(name)} {recorded} then, {installed} now"
        )
    if found.is_same:
        console.print("[green]The same:[/green] every trial and every file of the model.")
    elif found.versions:
        console.print("[red]Not the same.[/red] Other versions of libraries may be the reason.")
    else:
        console.print("[red]Not the same.[/red]")
