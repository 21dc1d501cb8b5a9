"""Signing in by an identity provider: the way there and back, the account, its roles, the end.

What a provider says was checked before it comes here: its signature, issuer, audience and time.
"""

import hashlib
import logging
import uuid
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission, Role
from accredit_governance.audit.events import RoleBound, RoleTaken
from accredit_governance.audit.ledger import Entry, append_entries
from accredit_governance.audit.provider_events import (
    ProviderEndedSessions,
    ProviderSignInRefused,
    ProviderVouched,
)
from accredit_governance.errors import NotAllowed
from accredit_governance.operations.accounts import require_an_admin
from accredit_governance.operations.door import Transaction, operation
from accredit_governance.operations.external_identities import (
    admit_person,
    person_behind,
    principal_for,
)
from accredit_governance.operations.identity import actor_of_principal, secret_hash, system_actor
from accredit_governance.registry.database import Database
from accredit_governance.registry.provider_records import ProviderRequest, Vouched
from accredit_governance.registry.session_records import Ending
from accredit_governance.registry.tables import (
    PrincipalRow,
    ProjectRow,
    ProviderRequestRow,
    ProviderSessionRow,
    RoleBindingRow,
    UsedProofRow,
    WebSessionRow,
)

REQUEST_LIFE: Final = timedelta(minutes=10)
SIGNATURE: Final = "signature"
"""First part of proofs that are used up by a signing ticket."""
PROOF_KEPT: Final = timedelta(minutes=15)
"""Longer than an authentication is fresh enough to sign with."""
KEPT: Final = timedelta(hours=13)
"""A little longer than a browser session lives."""
_LOG: Final = logging.getLogger("accredit.providers")


def begin_request(
    database: Database,
    *,
    state: str,
    browser: str,
    provider: str,
    back: str,
    purpose: str = "sign_in",
    principal_id: uuid.UUID | None = None,
    subject_digest: str | None = None,
) -> None:
    """Remember that a browser goes to a provider; what is long over is forgotten.

    Args:
        database: the records.
        state: 256 random bits that come back with the answer.
        browser: 256 random bits that only this browser is told.
        provider: its name in the settings.
        back: local path to go to afterwards.
        purpose: `sign_in`, or `sign`.
        principal_id: who is to sign.
        subject_digest: what is to be signed.
    """
    with database.writing() as session:
        now = database.clock()
        session.execute(
            delete(ProviderRequestRow).where(ProviderRequestRow.created_at < now - 2 * REQUEST_LIFE)
        )
        session.add(
            ProviderRequestRow(
                state_hash=secret_hash(state),
                browser_hash=secret_hash(browser),
                provider=provider,
                purpose=purpose,
                principal_id=principal_id,
                subject_digest=subject_digest,
                back=back,
                created_at=now,
            )
        )


def take_request(
    database: Database, *, state: str, browser: str, provider: str
) -> ProviderRequest | None:
    """The request that an answer belongs to. It is used up by this, whether it fits or not.

    Returns:
        None when there is none: never made, answered before, ten minutes old, made by another
        browser, or made to another provider.
    """
    with database.writing() as session:
        now = database.clock()
        row = session.execute(
            update(ProviderRequestRow)
            .where(
                ProviderRequestRow.state_hash == secret_hash(state),
                ProviderRequestRow.used_at.is_(None),
            )
            .values(used_at=now)
            .execution_options(synchronize_session=False)
            .returning(ProviderRequestRow)
        ).scalar_one_or_none()
        if (
            row is None
            or row.browser_hash != secret_hash(browser)
            or row.provider != provider
            or now - row.created_at > REQUEST_LIFE
        ):
            return None
        return ProviderRequest.of(row)


@operation(Permission.SYSTEM_RECORD, records=ProviderVouched)
def sign_in_vouched(tx: Transaction, vouched: Vouched) -> uuid.UUID:
    """Let in whom a provider vouches for: with an account made now if there is none.

    The roles that the provider's groups stand for replace those of the last time. Roles that were
    given here stay as they are.

    Returns:
        The principal.

    Raises:
        NotAllowed: the account is closed or belongs to a service; its groups no longer make an
            admin of the only one there is; or as for `person_behind`.
        Conflict: the same person, or another one of the same name, signs in elsewhere at this
            moment; once more, and it is settled.
    """
    tx.visible_projects()
    person = person_behind(tx, vouched)
    is_new = person is None
    if person is None:
        person = admit_person(tx, vouched)
    if not person.active:
        raise NotAllowed("this account is not active", principal=str(person.id))
    if person.kind != "user":
        raise NotAllowed("only people sign in with a browser", principal=str(person.id))
    _replace_roles(tx, person, vouched)
    fact = ProviderVouched(provider=vouched.provider, principal=person.id, is_new=is_new)
    tx.record(fact, resource=person.id, project=None)
    return person.id


def _replace_roles(tx: Transaction, person: PrincipalRow, vouched: Vouched) -> None:
    source = f"provider:{vouched.provider}"
    wanted = _wanted(tx, vouched)
    held, loses_admin = set(), False
    for row in tx.session.execute(
        select(RoleBindingRow)
        .where(RoleBindingRow.principal_id == person.id, RoleBindingRow.source == source)
        .order_by(RoleBindingRow.id)
    ).scalars():
        place = (Role(row.role), row.project_id)
        if place in wanted:
            held.add(place)
            continue
        loses_admin = loses_admin or row.role == Role.ADMIN
        fact = RoleTaken(principal=person.id, role=row.role)
        tx.record(fact, resource=row.id, project=row.project_id)
        tx.session.delete(row)
    for role, project_id in sorted(wanted - held, key=str):
        binding = tx.add(
            RoleBindingRow(
                principal_id=person.id,
                role=role,
                project_id=project_id,
                source=source,
                created_at=tx.now,
                created_by=tx.actor.id,
            )
        )
        bound = RoleBound(principal=person.id, role=role)
        tx.record(bound, resource=binding.id, project=project_id)
    if loses_admin:
        require_an_admin(tx)


def _wanted(tx: Transaction, vouched: Vouched) -> set[tuple[Role, uuid.UUID | None]]:
    """Roles to hold, by project; what is mapped to a project that does not exist gives nothing."""
    names = {mapped.project for mapped in vouched.roles if mapped.project is not None}
    found = {
        row.name: row.id
        for row in tx.session.execute(
            select(ProjectRow.name, ProjectRow.id).where(ProjectRow.name.in_(names))
        )
    }
    for name in sorted(names - found.keys()):
        _LOG.warning("provider %s: groups give roles in %s, no project", vouched.provider, name)
    return {
        (mapped.role, found[mapped.project] if mapped.project is not None else None)
        for mapped in vouched.roles
        if mapped.role is not Role.SYSTEM and (mapped.project is None or mapped.project in found)
    }


def record_refused_answer(
    database: Database, *, provider: str, reason: str, request_id: str | None
) -> None:
    """Write down that a provider's answer let nobody in, and why; nothing of the answer itself."""
    actor = system_actor(database).model_copy(update={"request_id": request_id})
    with database.writing() as session:
        fact = ProviderSignInRefused(provider=provider, reason=reason)
        entry = Entry(fact, None, None, outcome="denied")
        append_entries(session, actor, [entry], now=database.clock())


def use_proof(database: Database, *parts: str, expires_at: datetime) -> bool:
    """Use something up that counts once, such as the identifier of a logout token.

    Args:
        database: the records.
        parts: what names it, all together.
        expires_at: from when on it would be refused for its age anyway.

    Returns:
        False when it was used before.
    """
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    try:
        with database.writing() as session:
            session.execute(delete(UsedProofRow).where(UsedProofRow.expires_at < database.clock()))
            session.add(UsedProofRow(digest=digest, expires_at=expires_at))
    except IntegrityError:
        return False
    return True


def keep_provider_session(
    database: Database,
    actor: Actor,
    *,
    provider: str,
    provider_session: str | None,
    id_token: str,
) -> None:
    """Keep the ID token that the provider wants to see when this person signs out there."""
    with database.writing() as session:
        now = database.clock()
        session.execute(
            delete(ProviderSessionRow).where(ProviderSessionRow.created_at < now - KEPT)
        )
        session.add(
            ProviderSessionRow(
                principal_id=actor.id,
                provider=provider,
                provider_session=provider_session,
                id_token=id_token,
                created_at=now,
            )
        )


def provider_of_session(database: Database, session_id: uuid.UUID) -> tuple[str, str | None] | None:
    """Name of the provider behind a browser session and its own session; None: no provider."""
    with database.reading() as session:
        row = session.get(WebSessionRow, session_id)
        if row is None or row.provider is None:
            return None
        return row.provider, row.provider_session


def forget_provider_session(
    database: Database, actor: Actor, *, provider: str, provider_session: str | None
) -> str | None:
    """The ID token kept for a session with a provider; from now on it is not kept."""
    with database.writing() as session:
        kept = session.execute(
            delete(ProviderSessionRow)
            .where(
                ProviderSessionRow.principal_id == actor.id,
                ProviderSessionRow.provider == provider,
                ProviderSessionRow.provider_session.is_(None)
                if provider_session is None
                else ProviderSessionRow.provider_session == provider_session,
            )
            .execution_options(synchronize_session=False)
            .returning(ProviderSessionRow.created_at, ProviderSessionRow.id_token)
        ).all()
    return max(kept)[1] if kept else None


def end_provider_sessions(
    database: Database,
    *,
    provider: str,
    issuer: str,
    subject: str | None,
    provider_session: str | None,
    request_id: str | None,
) -> int:
    """End the browser sessions of somebody who has signed out at a provider.

    Args:
        database: the records.
        provider: its name in the settings.
        issuer: its address.
        subject: whose; with no `provider_session` all of theirs by this provider end.
        provider_session: the provider's session that ended.
        request_id: of the provider's call.

    Returns:
        How many ended.
    """
    actor = system_actor(database).model_copy(update={"request_id": request_id})
    with database.writing() as session:
        person = principal_for(session, issuer, subject) if subject is not None else None
        if subject is not None and person is None:
            return 0
        now = database.clock()
        conditions = [WebSessionRow.provider == provider, WebSessionRow.ended_at.is_(None)]
        if person is not None:
            conditions.append(WebSessionRow.principal_id == person.id)
        if provider_session is not None:
            conditions.append(WebSessionRow.provider_session == provider_session)
        ended = session.execute(
            update(WebSessionRow)
            .where(*conditions)
            .values(ended_at=now, ending=Ending.ENDED_BY_PROVIDER)
            .execution_options(synchronize_session=False)
            .returning(WebSessionRow.principal_id)
        ).all()
        fact = ProviderEndedSessions(provider=provider, sessions=len(ended))
        resource = person.id if person is not None else next((row[0] for row in ended), None)
        append_entries(session, actor, [Entry(fact, resource, None)], now=now)
        return len(ended)


def actor_of_subject(
    database: Database, issuer: str, subject: str, *, request_id: str | None
) -> Actor | None:
    """Who a subject of a provider is here; None: nobody, or somebody who is not active."""
    with database.reading() as session:
        found = principal_for(session, issuer, subject)
        principal_id = found.id if found is not None else None
    if principal_id is None:
        return None
    return actor_of_principal(database, principal_id, request_id=request_id)
