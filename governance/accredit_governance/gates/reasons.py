"""Principal reasons for an adverse decision, from attributions to words that were approved.

Serving tells them and the gates judge them by these same rules:

1. Only contributions that pushed away from the favourable outcome are reasons: never zero, never
   favourable ones.
2. The strongest come first; equal ones in the order of the column names.
3. Only columns with an approved text are named, and never one that is withheld (sensitive
   features): what may be disclosed is stated, not guessed.

Loads no learning library: the process that answers requests uses it.
"""

import math
from collections.abc import Collection, Mapping

from accredit_governance.documents import Document


class PrincipalReason(Document):
    """One reason for an adverse decision.

    Attributes:
        column: input of the model.
        text: approved wording.
        contribution: push on the scale of the margin, relative to the base; below zero.
    """

    column: str
    text: str
    contribution: float


def principal_reasons(
    attributions: Mapping[str, float],
    texts: Mapping[str, str],
    *,
    limit: int,
    withheld: Collection[str] = (),
) -> list[PrincipalReason]:
    """The strongest disclosable reasons against the favourable outcome.

    Args:
        attributions: column to contribution, above zero where it favours the person.
        texts: column to approved wording; a column without one is not disclosed.
        limit: at most so many, at least 1. Regulation B's commentary suggests no more than 4.
        withheld: columns that are never named, whatever `texts` says.

    Returns:
        At most `limit` reasons; none if nothing disclosable speaks against the person.

    Raises:
        ValueError: `limit` is below 1.
    """
    if limit < 1:
        raise ValueError(f"the number of reasons must be at least 1, not {limit}")
    against = sorted(
        (contribution, column)
        for column, contribution in attributions.items()
        if math.isfinite(contribution)
        and contribution < 0
        and column in texts
        and column not in withheld
    )
    return [
        PrincipalReason(column=column, text=texts[column], contribution=contribution)
        for contribution, column in against[:limit]
    ]
