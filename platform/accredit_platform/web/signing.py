"""Signing on a page: a fresh proof of who signs becomes a ticket for one signature.

Whoever signed in with a password types it once more; whoever came by an identity provider goes
there once more.
"""

from dataclasses import dataclass

from fastapi import Request

from accredit_governance.access.actors import Actor
from accredit_governance.operations import tickets
from accredit_governance.operations.provider_sign_ins import provider_of_session
from accredit_platform.auth.browsers import renew_session
from accredit_platform.auth.provider_sign_in import ADDRESS, ticket_digest, ticket_over
from accredit_platform.auth.secrets import new_ticket
from accredit_platform.auth.sign_in import prove_again
from accredit_platform.web.forms import Form
from accredit_platform.wiring import Services


def fresh_ticket(
    request: Request, services: Services, actor: Actor, form: Form, subject_digest: str
) -> str:
    """Secret of a ticket over a digest, for who typed their password or came from their provider.

    Raises:
        ReauthenticationRequired: it is not their password; or they have not been there for this.
        NotAllowed: the actor signs nothing at all.
        TooManyAttempts: too many wrong passwords lately.
    """
    if proof_of(request) is not None:
        return ticket_over(request, subject_digest)
    secret = new_ticket()
    method = prove_again(request, services, actor, form.secret("password"))
    renew_session(request, services)
    tickets.issue_ticket(
        services.database, actor, secret=secret, subject_digest=subject_digest, method=method
    )
    return secret


@dataclass(frozen=True, slots=True)
class Proof:
    """How somebody proves again who they are, who came by an identity provider.

    Attributes:
        provider: its name in the settings.
        label: what people call it.
        digest: what the browser has brought a ticket for.
    """

    provider: str
    label: str
    digest: str | None

    @property
    def address(self) -> str:
        """Where the form goes that leads there."""
        return f"{ADDRESS}/{self.provider}/proofs"


def proof_of(request: Request) -> Proof | None:
    """How the person behind a page proves again who they are; None: with their password."""
    services: Services = request.app.state.services
    session_id = getattr(request.state, "session_id", None)
    found = provider_of_session(services.database, session_id) if session_id else None
    provider = services.providers.find(found[0]) if found else None
    if provider is None:
        return None
    configured = provider.configured
    return Proof(configured.name, configured.label, ticket_digest(request))
