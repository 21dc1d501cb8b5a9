"""The second-person rule: who built, prepared or submitted a subject does not judge it."""

import uuid

from accredit_governance.documents import Document
from accredit_governance.errors import FourEyes


class Makers(Document):
    """The people behind a model version."""

    trained_by: uuid.UUID
    submitted_by: uuid.UUID
    prepared_by: uuid.UUID


def require_independent(actor_id: uuid.UUID, makers: Makers, *, act: str) -> None:
    """Refuse a judge who has a hand in the subject.

    Raises:
        FourEyes: the actor trained the version, submitted it or prepared its data.
    """
    hands = [
        deed
        for deed, person in (
            ("trained it", makers.trained_by),
            ("submitted it", makers.submitted_by),
            ("prepared its data", makers.prepared_by),
        )
        if person == actor_id
    ]
    if hands:
        raise FourEyes(
            f"you may not {act} this model version because you {' and '.join(hands)}; "
            "another person has to",
            act=act,
            reasons=hands,
        )
