"""Client credentials (RFC 6749 section 4.4): a service account gets short-lived tokens."""

from datetime import timedelta
from typing import Final

from sqlalchemy import select

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission
from accredit_governance.access.token_forms import TokenKind
from accredit_governance.errors import NotAuthenticated
from accredit_governance.operations.api_tokens import (
    end_token,
    held,
    issue,
    own_change,
    require_no_wider,
)
from accredit_governance.operations.identity import secret_hash
from accredit_governance.operations.token_holders import actor_of_token
from accredit_governance.registry.database import Database
from accredit_governance.registry.tables import ApiTokenRow
from accredit_governance.registry.token_records import IssuedToken

ACCESS_LIFE: Final = timedelta(hours=1)


def client_of(
    database: Database, client_id: str, client_secret: str, *, request_id: str | None
) -> Actor:
    """The service account behind a client secret.

    Args:
        database: the records.
        client_id: name or identifier of the account.
        client_secret: the whole secret.
        request_id: of the request.

    Raises:
        NotAuthenticated: the secret is none, has ended, or is another account's.
    """
    client = actor_of_token(
        database, client_secret, request_id=request_id, kinds=(TokenKind.CLIENT_SECRET,)
    )
    if client_id not in {client.name, str(client.id)}:
        raise NotAuthenticated(
            "the secret is not that of this client",
            reason="wrong_client",
            token_id=client.token_id,
            principal_id=client.id,
        )
    return client


def issue_access_token(
    database: Database, client: Actor, *, secret: str, scopes: frozenset[Permission] | None
) -> IssuedToken:
    """A token for an hour at most, for a client that has just shown its secret.

    Args:
        database: the records.
        client: the service account, as `client_of` gave it.
        secret: the whole new token.
        scopes: what it is to be good for; None: all that the client secret is good for.

    Raises:
        NotAllowed: the client secret is not good for all of these.
        NotAuthenticated: the client secret has just ended.
    """
    with own_change(database, client, "issue_access_token") as tx:
        shown = tx.session.get_one(ApiTokenRow, tx.actor.token_id)
        wanted = tx.actor.scopes if scopes is None else scopes
        require_no_wider(tx.actor, wanted)
        return issue(
            tx,
            tx.actor.id,
            name=shown.name,
            secret=secret,
            life=min(ACCESS_LIFE, shown.expires_at - tx.now),
            scopes=wanted,
            project_id=shown.project_id,
            issued_for_id=shown.id,
        )


def give_back(database: Database, client: Actor, token: str) -> None:
    """End an access token of the client (RFC 7009); one that is not its own is left alone.

    The client is not told the difference: other clients' tokens are none of its business.
    """
    with database.reading() as session:
        token_id = session.execute(
            select(ApiTokenRow.id).where(
                ApiTokenRow.secret_hash == secret_hash(token),
                ApiTokenRow.principal_id == client.id,
                ApiTokenRow.kind == TokenKind.ACCESS,
                ApiTokenRow.revoked_at.is_(None),
            )
        ).scalar_one_or_none()
    if token_id is None:
        return
    with own_change(database, client, "give_back", token_id) as tx:
        row = held(tx, token_id)
        if row.revoked_at is None:
            end_token(tx, row)
