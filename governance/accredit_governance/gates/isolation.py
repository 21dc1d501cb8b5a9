"""Check that nothing sensitive is an input of the model, by the names of the columns.

What a column holds is not looked at here: `proxies` does that.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from accredit_governance.gates.answer import Context, Finding, answer
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.policy.bias_checks import SensitiveIsolation

_WORD: Final = re.compile(r"[^\W\d_]+|\d+")
_CHANGE_OF_CASE: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


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
    """Columns whose name is a prohibited basis or an alias of one, or holds its words in a row.

    Words are split at whatever is no letter, at digits and at changes of case, and may be written
    together: `date_of_birth` is found in `applicantDateOfBirth` and in `dateofbirth_2`.
    """
    banned = _banned(basis, aliases)
    joined = {word for name in (basis, *aliases) if (word := "".join(_words(name)))}
    return sorted(
        column for column in columns if _plain(column) in banned or _holds(_words(column), joined)
    )


def _banned(basis: str, aliases: Sequence[str]) -> set[str]:
    return {_plain(name) for name in (basis, *aliases)}


def _plain(name: str) -> str:
    """A column name without what only makes it look different: case, width, spaces."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _words(name: str) -> list[str]:
    """Words and numbers of a name, without regard to case."""
    parted = _CHANGE_OF_CASE.sub(" ", unicodedata.normalize("NFKC", name))
    return [word.casefold() for word in _WORD.findall(parted)]


def _holds(words: Sequence[str], joined: Collection[str]) -> bool:
    """Whether neighbouring words make one of some names, all written without gaps."""
    longest = max(map(len, joined), default=0)
    for start in range(len(words)):
        run = ""
        for word in words[start:]:
            run += word
            if run in joined:
                return True
            if len(run) >= longest:
                break
    return False
