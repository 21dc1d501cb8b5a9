"""What `accredit policy` prints: remarks, changes, lists, resolutions, simulations."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from accredit_governance.policy.diff import Change
from accredit_governance.policy.document import Policy
from accredit_governance.policy.lint import Remark
from accredit_governance.questions.policies import PolicyResolution
from accredit_platform.cli.terminal import console, errors, said
from accredit_platform.client import Record

COLOURS: Final = {"stricter": "red", "laxer": "yellow", "other": "dim"}
CHANGES: Final = {
    "newly_fails": "[red]newly fails[/red]",
    "newly_passes": "[green]newly passes[/green]",
    "still_fails": "still fails",
    "still_passes": "still passes",
    "first_judged": "judged for the first time",
    "not_judged": "[yellow]not judged[/yellow]",
    "out_of_scope": "[dim]out of scope[/dim]",
}
SHOWN: Final = 60


def show_policies(records: Sequence[Record]) -> None:
    """Every policy version, with where and since when it holds."""
    table = Table("policy", "state", "in force", "sources as of", "for")
    for record in records:
        found = Policy.model_validate(record["document"])
        end = found.effective_to.isoformat() if found.effective_to else ""
        scope = found.applies_to
        table.add_row(
            f"{found.name}@{found.version}",
            record["state"],
            f"{found.effective_from.isoformat()} – {end}",
            found.as_of.isoformat(),
            f"{', '.join(scope.purposes)} in {', '.join(scope.jurisdictions)}",
        )
    console.print(table)


def show_remarks(file: Path, found: Policy | None, remarks: Sequence[Remark]) -> None:
    """Whether a policy is valid, and every remark."""
    is_wrong = any(remark.severity == "error" for remark in remarks)
    out = errors if is_wrong else console
    if is_wrong:
        out.print(f"[red]Invalid:[/red] {said(file)}", soft_wrap=True)
    elif found is not None:
        out.print(
            f"[green]Valid:[/green] {found.name} version {found.version}, {len(found.gates)} "
            f"checks, digest {found.digest()[:16]}…"
        )
    for remark in remarks:
        label = "" if remark.severity == "error" else "[yellow]warning[/yellow] "
        out.print(
            f"  - {label}{said(remark.pointer or '/')}: {said(remark.detail)}", soft_wrap=True
        )


def changes_table(changes: Sequence[Change]) -> Table:
    """One line per change."""
    table = Table("place", "before", "after", "effect")
    for change in changes:
        colour = COLOURS[change.effect]
        table.add_row(
            said(change.place),
            said(_short(change.before)),
            said(_short(change.after)),
            f"[{colour}]{change.effect}[/{colour}]",
        )
    return table


def _short(value: Any) -> str:  # Any: JSON
    if value is None:
        return "–"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def show_resolution(found: PolicyResolution) -> None:
    """Which policy applies, and why each other one does not."""
    if found.refusal is None and found.effective_from and found.as_of:
        console.print(
            f"[green]Applies:[/green] {found.policy} version {found.version}, in force since "
            f"{found.effective_from.isoformat()}, sources as of {found.as_of.isoformat()}"
        )
    elif found.refusal is not None:
        console.print(f"[red]None applies:[/red] {said(found.refusal['detail'])}")
    table = Table("policy", "taken", "why")
    for entry in found.considered:
        taken = "[green]yes[/green]" if entry.chosen else "no"
        name = f"{entry.policy}@{entry.version}"
        table.add_row(name, taken, said("; ".join(entry.reasons)))
    console.print(table)


def show_simulation(report: Record) -> None:
    """What becomes of every version that the policy covers, and how many it does not."""
    console.print(f"{report['policy']} version {report['policy_version']} on every model version:")
    table = Table(
        "model", "version", "change", "judged before", "what blocks (+ anew, - no longer)"
    )
    for entry in report["versions"]:
        if entry["change"] == "out_of_scope":
            continue
        why = _blocks(entry) or "; ".join(entry["reasons"])
        table.add_row(
            entry["model_name"],
            str(entry["number"]),
            CHANGES[entry["change"]],
            entry["policy_before"] or "never",
            said(why),
        )
    if table.row_count:
        console.print(table)
    counts = {CHANGES[change]: count for change, count in report["counts"].items() if count}
    console.print(", ".join(f"{count} {words}" for words, count in counts.items()) or "No version.")


def _blocks(entry: Record) -> str:
    """What would block a version, one line each: what is new or gone first, then how many stay."""
    before, after = entry["blocking_before"], entry["blocking_after"]
    if entry["policy_before"] is None:
        return "\n".join(after)
    lines = [f"+ {key}" for key in after if key not in before]
    lines += [f"- {key}" for key in before if key not in after]
    if same := sum(key in before for key in after):
        lines.append(f"{same} as before")
    return "\n".join(lines)
