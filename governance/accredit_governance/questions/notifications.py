"""What the caller wants to be told by mail."""

from accredit_governance.access.permissions import Permission
from accredit_governance.operations.door import View, question
from accredit_governance.registry.tables import NotificationPreferenceRow, PrincipalRow
from accredit_governance.registry.webhook_records import NotificationPreferences


@question(Permission.PROJECT_READ)
def notification_preferences(view: View) -> NotificationPreferences:
    """One's own; nobody sees those of others."""
    view.visible_projects()
    person = view.session.get_one(PrincipalRow, view.actor.id)
    row = view.session.get(NotificationPreferenceRow, view.actor.id)
    return NotificationPreferences(
        tasks_by_mail=row is not None and row.tasks_by_mail, has_address=person.email is not None
    )
