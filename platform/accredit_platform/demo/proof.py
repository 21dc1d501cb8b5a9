"""The end of the demo: the trail verifies, and with one byte changed it does not."""

from pathlib import Path

from rich.console import Console
from rich.markup import escape

from accredit_governance.audit.checkpoint import VerifierKey
from accredit_governance.audit.verify import Verification, verify_export
from accredit_platform.demo.client import Person


def keep_trail(person: Person, output: Path) -> Path:
    """Store the export with its checkpoint and the public key."""
    content, size = person.export("/audit-exports")
    file = output / "audit.jsonl"
    file.write_bytes(content)
    note = person.get(f"/audit-checkpoints/{size}")["note"]
    file.with_suffix(".checkpoint").write_text(note, encoding="utf-8")
    file.with_suffix(".pub").write_bytes(person.text("/audit-key"))
    return file


def show_tampering(console: Console, file: Path) -> list[str]:
    """Verify the export, then a copy with one byte changed. Returns lines for the summary.

    Raises:
        AssertionError: the proof does not do what it is for.
    """
    honest = _verify(file)
    if not honest.holds:
        raise AssertionError(f"the untouched trail does not verify: {honest.problems}")
    console.print(
        f"    [bold]accredit audit verify {file.name}[/bold] → [green]verifies[/green]: "
        f"{honest.events} events",
        highlight=False,
    )
    content = bytearray(file.read_bytes())
    at = len(content) // 2
    content[at] ^= 1
    copy = file.with_name("audit-tampered.jsonl")
    copy.write_bytes(content)
    for suffix in (".checkpoint", ".pub"):
        copy.with_suffix(suffix).write_bytes(file.with_suffix(suffix).read_bytes())
    tampered = _verify(copy)
    if tampered.holds:
        raise AssertionError("a changed byte was not noticed")
    console.print(
        f"    one bit of byte {at:,} flipped in a copy → [red]does not verify[/red]: "
        f"{escape(tampered.problems[0])}",
        highlight=False,
    )
    found = tampered.problems[0]
    return [f"audit trail: {honest.events} events verify; one changed byte is found ({found})"]


def _verify(file: Path) -> Verification:
    key = VerifierKey.parse(file.with_suffix(".pub").read_text(encoding="utf-8"))
    note = file.with_suffix(".checkpoint").read_text(encoding="utf-8")
    with file.open("rb") as lines:
        return verify_export(lines, note, key)
