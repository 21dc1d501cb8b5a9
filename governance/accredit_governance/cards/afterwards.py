"""What is shown after a card without being part of it: conditions that its signers imposed."""

from datetime import date

from accredit_governance.documents import Document


class CardCondition(Document):
    """A condition of the approval, as it stands when the card is read."""

    text: str
    due_on: date
    state: str
