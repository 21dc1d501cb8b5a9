"""Who tells the story: steps, sentences, attempts that must be refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from accredit_platform.client import Operation, Refused
from accredit_platform.demo.client import Person
from accredit_platform.demo.stage import Company


class NoCandidate(Exception):
    """Every candidate fails a gate, so the story ends before anything serves."""


class Story:
    """One performance; keeps what later steps need."""

    def __init__(self, console: Console, company: Company, output: Path) -> None:
        self.console = console
        self.company = company
        self.output = output
        self.step_number = 0
        self.summary: list[str] = []

    def step(self, title: str) -> None:
        """Announce the next step."""
        self.step_number += 1
        self.console.print(f"\n[bold cyan]{self.step_number:>2}. {title}[/bold cyan]")

    def say(self, who: Person | str, text: str) -> None:
        """One sentence about what somebody did."""
        name = who if isinstance(who, str) else who.title.split(",")[0]
        self.console.print(f"    [bold]{name}[/bold] {text}", highlight=False)

    @contextmanager
    def refused(self, who: Person, attempt: str) -> Iterator[None]:
        """Something that must be refused; the story fails when it is not."""
        try:
            yield
        except Refused as refusal:
            problem = refusal.problem
            self.say(
                who,
                f"{attempt} → [red]refused[/red] ({problem['status']} {problem['code']}): "
                f"{escape(problem['detail'])}",
            )
            return
        raise AssertionError(f"{who.title} {attempt}, and nobody stopped it")

    def job(self, who: Person, job_id: str, label: str, *, check: bool = True) -> Operation:
        """Wait for long work that has to succeed, unless it need not."""
        return who.operations.wait(job_id, label=label, console=self.console, check=check)
