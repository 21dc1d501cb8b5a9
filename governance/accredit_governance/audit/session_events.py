"""Facts about browser sessions, passwords and the links that set them."""

import uuid
from datetime import datetime

from accredit_governance.audit.events import Fact


class SessionStolen(Fact):
    """Somebody showed a secret that the browser had given up; the whole session ended."""

    action = "session.stolen"
    principal: uuid.UUID
    session: uuid.UUID


class SessionsEnded(Fact):
    """Every browser session of a person was ended, or every one but that of who did it."""

    action = "sessions.ended"
    principal: uuid.UUID
    sessions: int


class PasswordSet(Fact):
    """A person chose a password: with the old one, or with a link that works once."""

    action = "password.set"
    principal: uuid.UUID
    proof: str


class PasswordLinkIssued(Fact):
    """A link was made by which a person sets a password; its secret is not recorded."""

    action = "password_link.issued"
    principal: uuid.UUID
    expires_at: datetime


class FirstAdminLinkIssued(Fact):
    """A link was made by which somebody becomes the first admin; its secret is not recorded."""

    action = "first_admin_link.issued"
    expires_at: datetime


class FirstAdminLinkUsed(Fact):
    """Somebody became the first admin by the link."""

    action = "first_admin_link.used"
