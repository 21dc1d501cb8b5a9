"""Notices: what a page says after a form was accepted. The address carries only the key."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from starlette.responses import RedirectResponse

NOTICES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "signed": "Your decision is recorded. A checkpoint of the audit trail was signed over it.",
        "commented": "Your comment is kept as you wrote it.",
        "condition-met": "You have said that the condition is met. Somebody else confirms it.",
        "condition-confirmed": "The condition is confirmed.",
        "condition-returned": "The condition is open again.",
        "delegated": "Your signature is delegated.",
        "delegation-revoked": "The delegation is revoked.",
        "asked": "It is asked for. Other people have to sign it.",
        "held": "The legal hold is in force.",
        "lifted": "The legal hold is lifted.",
        "withdrawn": "The request is withdrawn.",
        "described": "Your statements are saved. The version can be submitted now.",
        "submitted": "The version is submitted; its gates are being checked.",
        "suspended": "The version is suspended. It no longer serves.",
        "proposed": "The waiver is proposed. A second person has to confirm it.",
        "confirmed": "The waiver is confirmed.",
        "waiver-revoked": "The waiver is revoked. What rested on it is open again.",
        "assessed": "The assessment is filled in. Another person has to decide on it.",
        "assessment-decided": "Your decision on the assessment is recorded.",
        "owner-changed": "Somebody else answers for this use case now.",
        "need-stated": "Your request is recorded. An owner of the project will answer it.",
        "request-moved": "The model request went one step on.",
        "linked": "The link is recorded.",
        "request-withdrawn": "The model request is withdrawn.",
        "published": "The policy is in force from its first day on. It does not change any more.",
        "simulating": "The simulation is requested; this page shows it when it is ready.",
        "stopping": "The simulation is asked to stop.",
        "deployed": "The deployment is requested; the bundle is being verified first.",
        "stopped": "The deployment is stopped.",
        "access-asked": "Your request is recorded. The owner of the use case decides first.",
        "access-decided": "Your decision is recorded.",
        "revoked": "The access is revoked. It ended with this moment.",
        "alias-moved": "The name stands for another version from this moment on.",
        "environment-added": "The project has another environment.",
        "drift": "The report is requested; it appears in the list below when it is ready.",
        "acknowledged": "You have taken this alert on.",
        "cancelling": "The run is asked to stop.",
        "finding-opened": "The finding is open. Its owner puts it right.",
        "finding-planned": "The plan is recorded.",
        "finding-remediated": "The evidence is recorded. Another person closes the finding.",
        "finding-closed": "The finding is closed.",
        "finding-reopened": "The finding is open again.",
        "finding-graded": "The severity is changed.",
        "reassigned": "Somebody else owns it now.",
        "risk-proposed": "It is proposed to accept the risk. A second person has to agree.",
        "risk-accepted": "The risk is accepted until that day.",
        "glass-asked": "Your request is recorded. An admin or compliance has to grant it.",
        "glass-broken": "The role is lent. It ends by itself.",
        "glass-ended": "It is over. The role counts no more.",
        "account-closed": "The account is closed. Its sessions and tokens are dead.",
        "account-opened": "The account is open again. Its old tokens and sessions stay dead.",
        "role-bound": "The role is given. It counts from the next request on.",
        "role-taken": "The role is taken back. It counts no more.",
        "group-made": "The group is made. Give it a role, and bring people in.",
        "group-renamed": "The group has another name.",
        "group-dissolved": "The group is dissolved. What it gave is gone.",
        "member-added": "The person is in the group.",
        "member-removed": "The person is out of the group.",
        "attested": "Your answer is recorded.",
        "brought": "The model is being read. It becomes a version when it is what you stated.",
        "token-revoked": "The token is revoked. It is worth nothing any more.",
        "first-admin": "You are the admin. Sign in with your name and password.",
        "password-set": "Your password is set. Sign in with it.",
        "password-changed": "Your password is changed. Your other sessions have ended.",
        "session-ended": "The session has ended.",
        "sessions-ended": "All your other sessions have ended.",
        "their-sessions-ended": "All their sessions have ended.",
        "session-stolen": "Somebody else used one of your sessions, so it was ended. It is marked"
        " below. Change your password, and tell your administrator.",
        "signed-out": "You are signed out.",
    }
)


def done(address: str, key: str) -> RedirectResponse:
    """Go and look at a page that says what was done.

    Args:
        address: local path.
        key: one of `NOTICES`.
    """
    if key not in NOTICES:
        raise ValueError(f"there is no notice {key!r}")
    return RedirectResponse(f"{address}?done={key}", status_code=303)
