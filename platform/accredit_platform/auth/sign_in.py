"""Who knows a password: one way for the API and for the pages, bounded and recorded."""

import math
from datetime import datetime
from typing import ClassVar, Final

from starlette.requests import Request

from accredit_governance.access.actors import Actor
from accredit_governance.errors import NotAllowed, ReauthenticationRequired
from accredit_governance.operations import identity, one_time_links, sessions
from accredit_governance.operations.provider_sign_ins import PROOF_KEPT, SIGNATURE, use_proof
from accredit_governance.operations.tickets import TICKET_LIFE
from accredit_platform.auth.attempts import Attempts
from accredit_platform.auth.browsers import address_of, renew_session
from accredit_platform.auth.passwords import MAX_PASSWORD, check_password
from accredit_platform.auth.provider_tokens import authentication_of, looks_signed
from accredit_platform.auth.secrets import MAX_NAME, hash_password, password_fits
from accredit_platform.errors import PlatformError
from accredit_platform.wiring import Services

_NOT_FRESH: Final = (
    "authenticate anew at your identity provider (max_age=0) and send a token whose auth_time is "
    "at most five minutes old, or send your password"
)
_MISFIT: Final = "name and password do not fit; both are case-sensitive"


class TooManyAttempts(PlatformError):
    """Too many wrong passwords in the last minute. `wait_s` says how long to wait."""

    code: ClassVar[str] = "too_many_attempts"

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"too many attempts in the last minute; try again in {wait_s} seconds")
        self.wait_s = wait_s


def who_signs_in(request: Request, services: Services, name: str, password: str) -> Actor:
    """The person behind a name and password.

    Raises:
        NotAllowed: they do not fit; that somebody tried is recorded, unless they are too long
            to be anybody's.
        TooManyAttempts: too many failures under this name or from this address.
    """
    actor = _who_fits(request, services, name, password)
    if actor is None:
        raise NotAllowed(_MISFIT)
    return actor


def prove_by_token(request: Request, services: Services) -> datetime:
    """Take the bearer token itself as proof of who signs, if it is fresh and a provider's.

    One authentication at the provider counts for one signature.

    Returns:
        When the person authenticated.

    Raises:
        ReauthenticationRequired: the token does not say that its person authenticated within the
            last five minutes (`auth_time`), or that authentication has been used for a signature.
    """
    _, _, token = request.headers.get("authorization", "").partition(" ")
    found = authentication_of(services, token.strip()) if looks_signed(token) else None
    if found is None or services.database.clock() - found[1] > TICKET_LIFE:
        raise ReauthenticationRequired(_NOT_FRESH)
    authentication, at = found
    if not use_proof(services.database, SIGNATURE, authentication, expires_at=at + PROOF_KEPT):
        raise ReauthenticationRequired(f"this authentication was used already; {_NOT_FRESH}")
    return at


def prove_again(request: Request, services: Services, actor: Actor, password: str) -> str:
    """Let somebody who is signed in show their password once more, before they sign.

    Returns:
        Name of the method, for the records.

    Raises:
        ReauthenticationRequired: the password is wrong, which counts and is recorded as an attempt
            to sign in; or the account has none.
        TooManyAttempts: too many failures under this name or from this address.
    """
    found = _who_fits(request, services, actor.name, password)
    if found is None or found.id != actor.id:
        raise ReauthenticationRequired("this is not your password; nothing was signed")
    return "password"


def change_password(
    request: Request, services: Services, actor: Actor, *, old: str, new: str
) -> None:
    """Take another password from somebody who shows the present one; other sessions end.

    Raises:
        InvalidInput: the new one is too short, too long or easily guessed.
        NotAllowed: the old one is wrong, which counts and is recorded as an attempt to sign in.
        TooManyAttempts: too many of those lately.
    """
    known = services.settings.known_passwords_file
    check_password(new, name=actor.name, known=known)
    found = _who_fits(request, services, actor.name, old)
    if found is None or found.id != actor.id:
        raise NotAllowed("the present password is another one; nothing was changed")
    one_time_links.change_own_password(
        services.database,
        actor,
        password_hash=hash_password(new, name=actor.name, known=known),
        keep=getattr(request.state, "session_id", None),
    )
    renew_session(request, services)


def _who_fits(request: Request, services: Services, name: str, password: str) -> Actor | None:
    if not services.settings.password_sign_in:
        raise NotAllowed("passwords let nobody in here; sign in by the identity provider")
    if len(name) > MAX_NAME or len(password) > MAX_PASSWORD:
        return None  # nobody has these, so nothing is hashed or recorded
    keys = (f"name {name}", f"address {address_of(request) or 'unknown'}")
    attempts: Attempts = request.app.state.sign_in_attempts
    wait_s = attempts.admit(*keys)
    if wait_s is not None:
        raise TooManyAttempts(math.ceil(wait_s))
    request_id = request.state.request_id
    found = sessions.password_hash_of(services.database, name)
    fits = password_fits(password, found[1] if found else None)
    actor = (
        identity.actor_of_principal(services.database, found[0], request_id=request_id)
        if found and fits
        else None
    )
    if actor is None:
        sessions.record_failed_sign_in(
            services.database, found[0] if found else None, request_id=request_id
        )
        return None
    attempts.forgive(*keys)
    return actor
