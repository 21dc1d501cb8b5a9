"""The second-person rule: who built, prepared or submitted a subject does not judge it."""

import uuid

from accredit_governance.documents import Document
from accredit_governance.errors import FourEyes


class Makers(Document):
    """The people behind a model version."""

    trained_by: uuid.UUID
    submitted_by: uuid.UUID
    prepared_by: uuid.UUID


def require_independent(
    person_id: uuid.UUID, makers: Makers, *, act: str, is_delegator: bool = False
) -> None:
    """Refuse a judge who has a hand in the subject.

    Args:
        person_id: the judge.
        makers: who has a hand in it.
        act: what is to be done, as a verb.
        is_delegator: the judge does not act, but is who is acted for.

    Raises:
        FourEyes: the judge trained the version, submitted it or prepared its data.
    """
    hands = [
        deed
        for deed, person in (
            ("trained it", makers.trained_by),
            ("submitted it", makers.submitted_by),
            ("prepared its data", makers.prepared_by),
        )
        if person == person_id
    ]
    if hands:
        who = "the person whom you act for" if is_delegator else "you"
        raise FourEyes(
            f"you may not {act} this model version because {who} {' and '.join(hands)}; "
            "another person has to",
            act=act,
            reasons=hands,
        )
