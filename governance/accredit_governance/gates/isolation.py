"""Check that nothing sensitive is an input of the model."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from accredit_governance.gates.answer import Context, Finding, answer
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.policy.bias_checks import SensitiveIsolation


def sensitive_isolation(
    spec: SensitiveIsolation, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """No sensitive feature or alias among the inputs, nor behind an engineered column."""
    owners = {str(column) for parents in evidence.owners.values() for column in parents}
    used = {str(column) for column in evidence.inputs.columns} | owners
    for basis in dict.fromkeys([*context.features, *spec.aliases]):
        found = carriers(used, basis, spec.aliases.get(basis, ()))
        yield answer(
            spec,
            Finding(
                verdict=Verdict.FAIL if found else Verdict.PASS,
                message=(
                    f"The model uses {', '.join(found)}, which carries {basis}."
                    if found
                    else f"Neither {basis} nor a column known to carry it is an input."
                ),
                value=float(len(found)),
                n=len(evidence.inputs),
                remedy=f"Exclude {', '.join(found)} and train again.",
                details={
                    "columns": found,
                    "searched": sorted(_banned(basis, spec.aliases.get(basis, ()))),
                },
            ),
            subject=basis,
        )


def carriers(columns: Iterable[str], basis: str, aliases: Sequence[str]) -> list[str]:
    """Columns whose name is a prohibited basis or an alias of one, or holds it as a word."""
    banned = _banned(basis, aliases)
    return sorted(column for column in columns if _carries(column, banned))


def _banned(basis: str, aliases: Sequence[str]) -> set[str]:
    return {_plain(name) for name in (basis, *aliases)}


def _plain(name: str) -> str:
    """A column name without what only makes it look different: case, width, spaces."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _carries(column: str, banned: set[str]) -> bool:
    """Whether a name is banned, or holds a banned word: `sex`, `applicant_sex`, `ageYears`."""
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", unicodedata.normalize("NFKC", column))
    return _plain(column) in banned or any(word.casefold() in banned for word in words)
