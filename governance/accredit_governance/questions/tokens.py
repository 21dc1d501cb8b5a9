"""Tokens and service accounts, as their holders and admins see them. Secrets are kept nowhere."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, aliased

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission
from accredit_governance.access.token_forms import TokenKind
from accredit_governance.errors import NotFound
from accredit_governance.operations.door import View, current, question
from accredit_governance.operations.service_accounts import described
from accredit_governance.operations.tokens import is_narrowed
from accredit_governance.questions.pages import MAX_PAGE, Listing, Page, visible_rows
from accredit_governance.registry.database import Database
from accredit_governance.registry.tables import (
    ApiTokenRow,
    PrincipalRow,
    ServiceAccountRow,
    TokenUseRow,
)
from accredit_governance.registry.token_records import (
    ServiceAccountRecord,
    TokenRecord,
    TokenState,
)

EXPIRING_WITHIN: Final = timedelta(days=14)
_OWNER: Final = aliased(PrincipalRow)


@question(Permission.IDENTITY_MANAGE)
def tokens(
    view: View, page: Page, *, principal_id: uuid.UUID | None = None
) -> Listing[TokenRecord]:
    """Everybody's tokens, newest first; access tokens only while they count."""
    where = [] if principal_id is None else [ApiTokenRow.principal_id == principal_id]
    rows, token = visible_rows(view, ApiTokenRow, page, _listed(view.now), *where)
    return Listing(items=_told(view.session, rows, view.now), next_page_token=token)


def own_tokens(database: Database, actor: Actor) -> Listing[TokenRecord]:
    """The newest thousand tokens of one's own; a token that is narrowed sees only itself.

    Raises:
        NotAuthenticated, NotAllowed: what the caller shows has ended.
    """
    with database.reading() as session:
        now = database.clock()
        asking = current(session, actor, now)
        statement = select(ApiTokenRow).where(ApiTokenRow.principal_id == asking.id, _listed(now))
        if is_narrowed(asking):
            statement = statement.where(ApiTokenRow.id == asking.token_id)
        rows = session.execute(statement.order_by(ApiTokenRow.id.desc()).limit(MAX_PAGE))
        return Listing(items=_told(session, rows.scalars().all(), now))


def me(database: Database, actor: Actor) -> Actor:
    """Who the caller is, with the roles of this moment.

    Raises:
        NotAuthenticated, NotAllowed: what the caller shows has ended.
    """
    with database.reading() as session:
        return current(session, actor, database.clock())


@question(Permission.IDENTITY_MANAGE)
def service_accounts(
    view: View, page: Page, *, ownerless: bool | None = None
) -> Listing[ServiceAccountRecord]:
    """Accounts of programs, newest first; `ownerless` keeps those that nobody answers for."""
    owned = PrincipalRow.id.in_(
        select(ServiceAccountRow.principal_id)
        .join(_OWNER, _OWNER.id == ServiceAccountRow.owner_id)
        .where(_OWNER.active)
    )
    where = [PrincipalRow.kind == "service"]
    if ownerless is not None:
        where.append(~owned if ownerless else owned)
    rows, token = visible_rows(view, PrincipalRow, page, *where)
    return Listing(items=tuple(_account(view, row) for row in rows), next_page_token=token)


@question(Permission.IDENTITY_MANAGE)
def service_account(view: View, account_id: uuid.UUID) -> ServiceAccountRecord:
    """The account of one program.

    Raises:
        NotFound: there is none.
    """
    view.visible_projects()
    principal = view.session.get(PrincipalRow, account_id)
    if principal is None or principal.kind != "service":
        raise NotFound(f"there is no service account {account_id}")
    return _account(view, principal)


def _account(view: View, principal: PrincipalRow) -> ServiceAccountRecord:
    account = view.session.get(ServiceAccountRow, principal.id)
    owner = None if account is None else view.session.get(PrincipalRow, account.owner_id)
    return described(principal, account, owner)


def _listed(now: datetime) -> ColumnElement[bool]:
    """What a list shows: access tokens come and go by the hour."""
    return or_(
        ApiTokenRow.kind != TokenKind.ACCESS,
        and_(ApiTokenRow.revoked_at.is_(None), ApiTokenRow.expires_at > now),
    )


def _told(session: Session, rows: Sequence[ApiTokenRow], now: datetime) -> tuple[TokenRecord, ...]:
    ids = [row.id for row in rows]
    seen = select(TokenUseRow.token_id, TokenUseRow.used_at).where(TokenUseRow.token_id.in_(ids))
    used = {row.token_id: row.used_at for row in session.execute(seen)}
    replaced = set(
        session.execute(
            select(ApiTokenRow.replaces_id).where(ApiTokenRow.replaces_id.in_(ids))
        ).scalars()
    )
    return tuple(
        TokenRecord.of(
            row,
            last_used_at=used.get(row.id),
            state=_state(row, now, has_successor=row.id in replaced),
        )
        for row in rows
    )


def _state(row: ApiTokenRow, now: datetime, *, has_successor: bool) -> TokenState:
    if row.revoked_at is not None:
        return TokenState.REVOKED
    if row.expires_at <= now:
        return TokenState.EXPIRED
    soon = row.expires_at - now <= EXPIRING_WITHIN and row.kind != TokenKind.ACCESS
    return TokenState.EXPIRING if soon and not has_successor else TokenState.LIVE
