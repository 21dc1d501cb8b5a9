"""What somebody may, and why; what is denied; whose glass is broken."""

import uuid
from collections.abc import Callable
from functools import partial
from typing import Final, TypeAlias

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from accredit_governance.access.actors import Actor
from accredit_governance.access.conditions import Facts
from accredit_governance.access.explanations import Explanation, explain
from accredit_governance.access.permissions import Permission
from accredit_governance.access.rights import Binding, Code, Mandate
from accredit_governance.documents import Document
from accredit_governance.errors import Conflict, FourEyes, InvalidInput, NotFound
from accredit_governance.operations.break_glass import glass_record, may_see
from accredit_governance.operations.denials import denial_record
from accredit_governance.operations.door import Place, View, current, question
from accredit_governance.operations.hands import require_no_earlier_hand
from accredit_governance.operations.places import model_of, project_of
from accredit_governance.operations.standing import complete
from accredit_governance.operations.versions import makers_of, require_other_hands
from accredit_governance.questions.pages import Listing, Page, visible_rows
from accredit_governance.registry.database import Database
from accredit_governance.registry.permission_records import (
    BreakGlassRecord,
    HeldPermissions,
    PermissionDenialRecord,
)
from accredit_governance.registry.tables import (
    BreakGlassRow,
    ModelRow,
    ModelVersionRow,
    PermissionDenialRow,
    PrincipalRow,
    ProjectRow,
)

Knows: TypeAlias = Callable[[Place], bool]

MOST_PLACES: Final = 200
JUDGING: Final = frozenset(
    {
        Permission.APPROVAL_SIGN,
        Permission.FINDING_ACCEPT,
        Permission.FINDING_CLOSE,
        Permission.WAIVER_SIGN,
    }
)
"""Permissions whose use on a version is refused to those who had a hand in it."""


class Asked(Document):
    """Which decision is to be explained.

    Attributes:
        permission: that is asked about.
        project_id: where; None: in the organisation, or where the model or version is.
        model_id: the model that it is about.
        model_version_id: the version that would be judged.
        protected: whether it happens in a protected environment; None: unknown.
    """

    permission: Permission
    project_id: uuid.UUID | None = None
    model_id: uuid.UUID | None = None
    model_version_id: uuid.UUID | None = None
    protected: bool | None = None


def my_permissions(
    database: Database,
    actor: Actor,
    *,
    project_id: uuid.UUID | None = None,
    model_id: uuid.UUID | None = None,
) -> tuple[HeldPermissions, ...]:
    """All that the actor may: in each place that their roles name, or in the one asked for.

    Raises:
        NotFound: there is no such project or model, or none in which the actor may anything.
    """
    with database.reading() as session:
        me = current(session, actor, database.clock())
        if project_id is not None or model_id is not None:
            asked = (project_id, model_id)
            return (_held(me, _place(session, asked, None, partial(_may_anything, me))),)
        rights: tuple[Binding | Mandate, ...] = (*me.bindings, *me.mandates)
        places = {(None, None), *((right.project_id, right.model_id) for right in rights)}
        ordered = sorted(places, key=lambda place: tuple(str(part or "") for part in place))
        return tuple(_held(me, place) for place in ordered[:MOST_PLACES])


def my_explanation(database: Database, actor: Actor, asked: Asked) -> Explanation:
    """Why the actor may, or may not.

    Raises:
        NotFound: there is no such project, model or version that the actor may know of.
        InvalidInput: what is asked about lies in another place than it says.
    """
    with database.reading() as session:
        now = database.clock()
        me = current(session, actor, now)
        named = (asked.project_id, asked.model_id)
        place = _place(session, named, asked.model_version_id, partial(_may_anything, me))
        return _explained(View(session, me, asked.permission, now), me, asked, place)


@question(Permission.IDENTITY_MANAGE)
def explanation(view: View, principal_id: uuid.UUID, asked: Asked) -> Explanation:
    """Why somebody may, or may not.

    Raises:
        NotFound: there is no such principal, project, model or version.
        InvalidInput: what is asked about lies in another place than it says.
    """
    principal = view.session.get(PrincipalRow, principal_id)
    if principal is None:
        raise NotFound(f"there is no principal {principal_id}")
    named = (asked.project_id, asked.model_id)
    place = _place(view.session, named, asked.model_version_id, lambda _: True)
    who = complete(view.session, principal, view.now)
    return _explained(view, who, asked, place)


@question(Permission.IDENTITY_MANAGE)
def denials(
    view: View,
    page: Page,
    *,
    principal_id: uuid.UUID | None = None,
    group_id: uuid.UUID | None = None,
) -> Listing[PermissionDenialRecord]:
    """Denials, newest first, those that have ended included."""
    where: list[ColumnElement[bool]] = []
    if principal_id is not None:
        where.append(PermissionDenialRow.principal_id == principal_id)
    if group_id is not None:
        where.append(PermissionDenialRow.group_id == group_id)
    rows, token = visible_rows(view, PermissionDenialRow, page, *where)
    items = tuple(denial_record(row, view.now) for row in rows)
    return Listing(items=items, next_page_token=token)


@question(Permission.IDENTITY_MANAGE)
def denial(view: View, denial_id: uuid.UUID) -> PermissionDenialRecord:
    """One denial."""
    row = view.session.get(PermissionDenialRow, denial_id)
    if row is None:
        raise NotFound(f"there is no permission denial {denial_id}")
    return denial_record(row, view.now)


@question(Permission.PROJECT_LIST)
def break_glass_requests(
    view: View, page: Page, *, is_open: bool | None = None
) -> Listing[BreakGlassRecord]:
    """Requests that one made or may read, newest first; `is_open` leaves out what is over."""
    where = [
        or_(
            BreakGlassRow.asked_by == view.actor.id,
            view.visible(BreakGlassRow, Permission.BREAK_GLASS_READ),
        )
    ]
    if is_open is not None:
        where.append(_open(view) if is_open else ~_open(view))
    rows, token = visible_rows(view, BreakGlassRow, page, *where)
    return Listing(items=tuple(glass_record(view, row) for row in rows), next_page_token=token)


@question(Permission.PROJECT_LIST)
def break_glass_request(view: View, request_id: uuid.UUID) -> BreakGlassRecord:
    """One request that one made or may read."""
    view.visible_projects()
    row = view.session.get(BreakGlassRow, request_id)
    if row is None or not may_see(view, row):
        raise NotFound(f"there is no break-glass request {request_id}")
    return glass_record(view, row)


@question(Permission.BREAK_GLASS_READ)
def broken_glass(view: View) -> tuple[BreakGlassRecord, ...]:
    """What waits or stands now, oldest first, the first 100: for the first page."""
    rows = view.session.execute(
        select(BreakGlassRow)
        .where(view.visible(BreakGlassRow), _open(view))
        .order_by(BreakGlassRow.id)
        .limit(100)
    ).scalars()
    return tuple(glass_record(view, row) for row in rows)


def _open(view: View) -> ColumnElement[bool]:
    waiting = BreakGlassRow.granted_at.is_(None) & (BreakGlassRow.lapses_at > view.now)
    standing = BreakGlassRow.granted_at.is_not(None) & (BreakGlassRow.ends_at > view.now)
    return BreakGlassRow.ended_at.is_(None) & (waiting | standing)


def _held(actor: Actor, place: Place) -> HeldPermissions:
    grounds = {each: actor.decide(each, *place) for each in Permission}
    return HeldPermissions(
        project_id=place[0],
        model_id=place[1],
        permissions=tuple(each for each, ground in grounds.items() if ground.allowed),
        conditional={
            each: ground.condition
            for each, ground in grounds.items()
            if ground.code is Code.CONDITION and ground.condition is not None
        },
    )


def _may_anything(actor: Actor, place: Place) -> bool:
    """Whether somebody knows a place: they may do something there, if only under a condition."""
    return any(actor.might(each, *place) for each in Permission)


def _place(session: Session, asked: Place, version_id: uuid.UUID | None, knows: Knows) -> Place:
    """Project and model of what is asked about, as far as they are said or follow.

    Raises:
        NotFound: something that was named does not exist, or is not known to who asks.
        InvalidInput: what was named belongs to different places.
    """
    places = []
    for table, noun, key in (
        (ModelVersionRow, "model version", version_id),
        (ModelRow, "model", asked[1]),
        (ProjectRow, "project", asked[0]),
    ):
        row = None if key is None else session.get(table, key)
        if row is not None and knows((project_of(row), model_of(session, row))):
            places.append((project_of(row), model_of(session, row)))
        elif key is not None:
            raise NotFound(f"there is no {noun} {key}")
    for wider in places[1:]:
        if wider[0] != places[0][0] or wider[1] not in {None, places[0][1]}:
            raise InvalidInput("the project, model and version do not belong together")
    return places[0] if places else (None, None)


def _explained(view: View, actor: Actor, asked: Asked, place: Place) -> Explanation:
    facts = None if asked.protected is None else Facts(protected=asked.protected)
    hand = None
    if asked.model_version_id is not None and asked.permission in JUDGING:
        hand = _hand(view, asked.model_version_id, actor.id)
    return explain(actor, asked.permission, *place, facts=facts, hand=hand)


def _hand(view: View, version_id: uuid.UUID, person_id: uuid.UUID) -> str | None:
    """What keeps a person from judging a version, in words; None when nothing does."""
    judge = View(view.session, Actor(id=person_id, kind="user", name=""), view.permission, view.now)
    version = view.session.get_one(ModelVersionRow, version_id)
    try:
        require_other_hands(judge, makers_of(view, version), act="judge")
        require_no_earlier_hand(judge, version_id, act="judge")
    except FourEyes as error:
        return error.message
    except Conflict:
        return None  # never submitted: nobody judges it yet
    return None
