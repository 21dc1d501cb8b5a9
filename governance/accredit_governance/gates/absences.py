"""What cannot be known about a model that was built elsewhere, in the words of the verdicts.

A check that needs such a thing is answered with insufficient evidence: it neither passes nor
breaks.
"""

from collections.abc import Mapping
from typing import Final

from accredit_governance.policy.demands import ProbeName

_NO_RECORD: Final = (
    "the model was built elsewhere, so nothing records how it was trained and it cannot be trained"
    " again here"
)
_NO_SEARCH: Final = "the model was built elsewhere, so there is no search to compare it with"
_NO_ROWS: Final = "the rows that the model was trained on were not given"

TRAINING_ROWS: Final = "training_rows"
OUT_OF_FOLD: Final = "out_of_fold"
FINDINGS: Final = "findings"

_OF_TRAINING: Final[tuple[ProbeName, ...]] = ("seed_refits", "bootstrap_refits", "replay")
_OF_SEARCH: Final[tuple[ProbeName, ...]] = ("alternative", "challenger")
_OF_ROWS: Final[tuple[ProbeName, ...]] = ("perturbations", "monotone_grid")


def as_stated(absent: Mapping[str, str]) -> str:
    """Sentence about training rows that somebody stated, where a verdict rests on them."""
    if OUT_OF_FOLD not in absent or TRAINING_ROWS in absent:
        return ""
    return " What the model was trained on is as stated by whoever brought it."


def absences(
    *, has_training_rows: bool, has_background: bool, has_findings: bool = False
) -> dict[str, str]:
    """Part of the evidence, or probe → why a model built elsewhere has none.

    Args:
        has_training_rows: Whether a dataset version was stated as what it was trained on.
        has_background: Whether its attributions depend on background rows.
        has_findings: Whether those rows were looked at when it was brought.
    """
    found: dict[str, str] = dict.fromkeys(_OF_TRAINING, _NO_RECORD)
    found |= dict.fromkeys(_OF_SEARCH, _NO_SEARCH)
    found |= {
        OUT_OF_FOLD: "the model was built elsewhere, so it has no predictions out of fold",
        "replacements": "the model was built elsewhere, so nothing says whom it approved out of"
        " fold",
    }
    if not has_findings:
        found[FINDINGS] = (
            "the model was built elsewhere, so no run has looked at its training data"
            if not has_training_rows
            else "no run could learn from the rows that were stated as its training data, so"
            " nothing was found out about them"
        )
    if not has_training_rows:
        found |= dict.fromkeys((TRAINING_ROWS, *_OF_ROWS), _NO_ROWS)
        if has_background:
            found["backgrounds"] = _NO_ROWS
    return found
