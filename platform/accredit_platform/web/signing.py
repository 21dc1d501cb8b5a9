"""Signing on a page: the password, typed once more, becomes a ticket for one signature."""

from fastapi import Request

from accredit_governance.access.actors import Actor
from accredit_governance.operations import tickets
from accredit_platform.auth.browsers import renew_session
from accredit_platform.auth.secrets import new_ticket
from accredit_platform.auth.sign_in import prove_again
from accredit_platform.web.forms import Form
from accredit_platform.wiring import Services


def fresh_ticket(
    request: Request, services: Services, actor: Actor, form: Form, subject_digest: str
) -> str:
    """Secret of a ticket over a digest, for who typed their password into the form.

    Raises:
        ReauthenticationRequired: it is not their password.
        NotAllowed: the actor signs nothing at all.
        TooManyAttempts: too many wrong passwords lately.
    """
    secret = new_ticket()
    method = prove_again(request, services, actor, form.secret("password"))
    renew_session(request, services)
    tickets.issue_ticket(
        services.database, actor, secret=secret, subject_digest=subject_digest, method=method
    )
    return secret
