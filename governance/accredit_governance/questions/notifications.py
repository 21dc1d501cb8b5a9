"""What the caller wants to be told by mail."""

from accredit_governance.access.actors import Actor
from accredit_governance.operations.door import current
from accredit_governance.registry.database import Database
from accredit_governance.registry.tables import NotificationPreferenceRow, PrincipalRow
from accredit_governance.registry.webhook_records import NotificationPreferences


def notification_preferences(database: Database, actor: Actor) -> NotificationPreferences:
    """One's own; nobody sees those of others.

    Raises:
        NotAuthenticated, NotAllowed: what the caller shows has ended.
    """
    with database.reading() as session:
        current(session, actor, database.clock())
        person = session.get_one(PrincipalRow, actor.id)
        row = session.get(NotificationPreferenceRow, actor.id)
        return NotificationPreferences(
            tasks_by_mail=row is not None and row.tasks_by_mail,
            has_address=person.email is not None,
        )
