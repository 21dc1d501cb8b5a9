"""A bar for people who wait."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from accredit_platform.client.operations import Operation


@contextmanager
def bar(label: str, console: Console | None) -> "Iterator[Callable[[Operation], None]]":
    """A bar that is gone at the end; told an operation, it shows how far that is."""
    columns = (
        TextColumn("   {task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
    )
    shown = console or Console(stderr=True)
    with Progress(*columns, console=shown, transient=True) as progress:
        task = progress.add_task(escape(label), total=1.0, note="waiting for a worker")

        def tell(operation: "Operation") -> None:
            progress.update(task, completed=operation.share, note=escape(operation.message[:60]))

        yield tell
