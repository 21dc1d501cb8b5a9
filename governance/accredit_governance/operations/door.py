"""The one door to every change: `@operation` checks, opens the transaction, demands the event.

A refusal is written down too, in a transaction of its own, and then reaches the caller.
"""

import functools
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Concatenate, ParamSpec, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accredit_governance.access.actors import Actor
from accredit_governance.access.conditions import Facts
from accredit_governance.access.explanations import refusal
from accredit_governance.access.permissions import ORGANISATION_WIDE, Permission, Role
from accredit_governance.access.rights import Code, Ground, Reach
from accredit_governance.audit.events import Fact, OperationRefused
from accredit_governance.audit.guard import watch
from accredit_governance.audit.ledger import Entry, append_entries
from accredit_governance.documents import Document
from accredit_governance.errors import (
    Conflict,
    GovernanceError,
    NotAllowed,
    NotFound,
    UnrecordedChange,
)
from accredit_governance.operations.calls import CALL, HELD
from accredit_governance.operations.places import model_of, project_of, visible_to
from accredit_governance.operations.standing import complete, standing_of
from accredit_governance.registry.credentials import require_live
from accredit_governance.registry.database import Database
from accredit_governance.registry.tables import (
    PrincipalRow,
    ProjectRow,
    Row,
)

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T", bound=Row)

Place: TypeAlias = tuple[uuid.UUID | None, uuid.UUID | None]
"""A project, and the model of it that something is about."""

MAX_REASON = 500

watch()  # whoever can import the door has the guard


class View:
    """Read access of one actor: the loaders are the only way to a row, and they apply scope."""

    def __init__(
        self, session: Session, actor: Actor, permission: Permission, now: datetime
    ) -> None:
        self.session = session
        self.actor = actor
        self.permission = permission
        self.now = now
        self.scoped = permission in ORGANISATION_WIDE
        self.facts: Facts | None = None
        self.unsettled: list[tuple[Place, str | None]] = []

    def load(self, table: type[T], row_id: uuid.UUID, *, noun: str) -> T:
        """A row of a project, or about a model, for which the operation's permission is held.

        Raises:
            NotFound: no such row, or the actor may not know that it exists.
            NotAllowed: the actor may see it but lacks the permission there.
        """
        row = self.session.get(table, row_id, with_for_update=self.session.info.get(HELD))
        if row is None or not self._may_see(row):
            raise NotFound(f"there is no {noun} {row_id}", noun=noun, id=str(row_id))
        project_id, model_id = self.place_of(row)
        self.require(project_id, noun=noun, model_id=model_id)
        return row

    def require(
        self,
        project_id: uuid.UUID | None,
        *,
        noun: str | None,
        model_id: uuid.UUID | None = None,
    ) -> None:
        """Demand the operation's permission in a project, or for a model of it.

        What a condition bears on is left open until `settle`.

        Raises:
            NotAllowed: it is not held there; the message names it and says why.
        """
        ground = self.actor.decide(self.permission, project_id, model_id, self.facts)
        if ground.code is Code.CONDITION and self.facts is None:
            self.unsettled.append(((project_id, model_id), noun))
        elif not ground.allowed:
            raise refusal(ground, self.permission, noun=noun)
        self._under(ground)
        self.scoped = True

    def require_throughout(self, *, noun: str) -> None:
        """Demand the operation's permission in all projects: the act spans them.

        Raises:
            NotAllowed: it is not held in the organisation, or denied in some part of it.
        """
        ground = self.actor.decide_throughout(self.permission)
        if not ground.allowed:
            raise refusal(ground, self.permission, noun=noun)
        self._under(ground)
        self.scoped = True

    def is_inside(self, project_id: uuid.UUID) -> bool:
        """Whether the permission is held in a project, not only for some model of it.

        Raises:
            NotFound: no such project, or the actor may not know that it exists.
            NotAllowed: the actor may see it but lacks the permission.
        """
        if project_id in self.actor.reach(self.permission).models.values():
            self.scoped = True
            return False
        self.load(ProjectRow, project_id, noun="project")
        return True

    def settle(self, facts: Facts) -> None:
        """Decide what a condition bears on, here and from now on: its facts are known.

        Raises:
            NotAllowed: the condition is not met.
        """
        self.facts = facts
        waiting, self.unsettled = self.unsettled, []
        for (project_id, model_id), noun in waiting:
            self.require(project_id, noun=noun, model_id=model_id)

    def may(self, permission: Permission, row: Row) -> bool:
        """Whether the actor holds some permission where a row belongs."""
        return self.actor.may(permission, *self.place_of(row))

    def roles(self, row: Row) -> frozenset[Role]:
        """Roles of the actor's own that count where a row belongs."""
        return self.actor.roles(*self.place_of(row))

    def place_of(self, row: Row) -> Place:
        """Project and model of a row; the model only where the actor's rights tell models apart."""
        model_id = model_of(self.session, row) if self.actor.knows_models else None
        return project_of(row), model_id

    def _may_see(self, row: Row) -> bool:
        place = self.place_of(row)
        return self.actor.may(Permission.PROJECT_READ, *place) or self.actor.might(
            self.permission, *place
        )

    def visible(
        self, table: type[Row], permission: Permission | None = None
    ) -> ColumnElement[bool]:
        """Filter for the rows of a table that a list may draw from.

        Args:
            table: whose rows are listed.
            permission: that is held on them; None: the question's own.
        """
        self.scoped = True
        wanted = permission or self.permission
        by_name = wanted is Permission.PROJECT_LIST
        return visible_to(self.actor.reach(wanted), table, by_name=by_name)

    def visible_projects(self) -> Reach:
        """Where the permission is held; also for what is about nothing in particular."""
        self.scoped = True
        glass = self.actor.glass_behind(self.permission)
        if glass is not None:
            self.actor = self.actor.model_copy(update={"break_glass_id": glass})
        return self.actor.reach(self.permission)

    def _under(self, ground: Ground) -> None:
        """Remember the broken glass without which this would not be possible."""
        if ground.code is Code.BREAK_GLASS and ground.binding is not None:
            lent = ground.binding.break_glass_id
            self.actor = self.actor.model_copy(update={"break_glass_id": lent})


class Transaction(View):
    """A change in progress: loaders, and the facts that will be written with it.

    Attributes:
        answer: of a change of one's own, what a repeat is answered with.
    """

    def __init__(
        self, session: Session, actor: Actor, permission: Permission, now: datetime
    ) -> None:
        super().__init__(session, actor, permission, now)
        self.entries: list[Entry] = []
        self.answer: Document | None = None

    def record(self, fact: Fact, *, resource: uuid.UUID | None, project: uuid.UUID | None) -> None:
        """Put a fact into the log, together with the change."""
        self.entries.append(Entry(fact, resource, project))

    def hold(self, table: type[T], row_id: uuid.UUID, *, noun: str) -> T:
        """A row that will be changed, as it is now; others who want to change it wait their turn.

        Raises:
            NotFound, NotAllowed: as for `load`.
        """
        row = self.load(table, row_id, noun=noun)
        self.session.refresh(row, with_for_update=True)
        return row

    def add(self, row: T) -> T:
        """A new row, with its keys and defaults known.

        Raises:
            Conflict: someone else added a row of the same name or number at the same time.
        """
        self.session.add(row)
        try:
            self.session.flush()
        except IntegrityError as error:
            if not _is_duplicate(error):
                raise
            raise Conflict(f"someone else made this {_noun(row)} at the same moment") from error
        return row


def operation(
    permission: Permission, *, records: type[Fact]
) -> Callable[
    [Callable[Concatenate[Transaction, P], R]], Callable[Concatenate[Database, Actor, P], R]
]:
    """Make a function the door to one kind of change.

    The decorated `f(tx, …)` is called as `f(database, actor, …)`. It must reach what it changes
    through the transaction's loaders and record the declared fact, or nothing is committed.

    Args:
        permission: what the actor must hold on the things that are loaded.
        records: the fact that every successful call writes.
    """

    def decorate(
        function: Callable[Concatenate[Transaction, P], R],
    ) -> Callable[Concatenate[Database, Actor, P], R]:
        @functools.wraps(function)
        def enter(database: Database, actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> R:
            call = CALL.get()
            try:
                with database.writing() as session:
                    now = database.clock()
                    tx = Transaction(session, current(session, actor, now), permission, now)
                    _admit(tx)
                    if call is not None:
                        call.begin(session, tx.actor.id, now)
                    answer = function(tx, *args, **kwargs)
                    _demand(tx, records, function.__name__)
                    session.flush()
                    append_entries(session, tx.actor, tx.entries, now=tx.now)
                    if call is not None:
                        call.complete(session, tx.actor.id, answer)
                    return answer
            except GovernanceError as error:
                record_refusal(database, actor, function.__name__, error, (*args, *kwargs.values()))
                raise

        enter.permission = permission  # type: ignore[attr-defined] # read by the permission table test
        return enter

    return decorate


def question(
    permission: Permission, *, records_refusal: bool = False
) -> Callable[[Callable[Concatenate[View, P], R]], Callable[Concatenate[Database, Actor, P], R]]:
    """Make a function an answerable question: `f(view, …)` is called as `f(database, actor, …)`.

    Args:
        permission: what the actor must hold on the things that are loaded.
        records_refusal: asking is an attempt at something governed, so a refusal is recorded.
    """

    def decorate(
        function: Callable[Concatenate[View, P], R],
    ) -> Callable[Concatenate[Database, Actor, P], R]:
        @functools.wraps(function)
        def enter(database: Database, actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> R:
            try:
                with database.reading() as session:
                    now = database.clock()
                    view = View(session, current(session, actor, now), permission, now)
                    _admit(view)
                    answer = function(view, *args, **kwargs)
                    _close(view, function.__name__)
                    return answer
            except GovernanceError as error:
                if records_refusal:
                    given = (*args, *kwargs.values())
                    record_refusal(database, actor, function.__name__, error, given)
                raise

        enter.permission = permission  # type: ignore[attr-defined] # read by the permission table test
        return enter

    return decorate


def current(session: Session, actor: Actor, now: datetime) -> Actor:
    """The actor with the rights that hold now, not those of when the request began.

    Raises:
        NotAuthenticated: the token that was shown has ended since then, or its holder was
            deactivated.
        NotAllowed: the principal was deactivated.
    """
    require_live(session, actor, now)
    principal = session.get(PrincipalRow, actor.id)
    if principal is None or not principal.active:
        raise NotAllowed("this account is not active")
    holding = complete(session, principal, now)
    return actor.model_copy(
        update={
            "active": holding.active,
            "bindings": holding.bindings,
            "mandates": holding.mandates,
            "denials": holding.denials,
        }
    ).confined()


def roles_now(
    view: View,
    principal_id: uuid.UUID,
    project_id: uuid.UUID | None,
    model_id: uuid.UUID | None = None,
) -> frozenset[Role]:
    """Roles of their own that count for a principal in a place at this moment."""
    principal = view.session.get(PrincipalRow, principal_id)
    if principal is None:
        return frozenset()
    return standing_of(view.session, principal, view.now).roles(project_id, model_id)


def _admit(view: View) -> None:
    if view.permission in ORGANISATION_WIDE:
        view.require(None, noun=None)
    elif not view.actor.may_anywhere(view.permission):
        raise refusal(view.actor.why_nowhere(view.permission), view.permission)


def _is_duplicate(error: IntegrityError) -> bool:
    """Whether a unique constraint was hit, not a check or a reference."""
    return getattr(error.orig, "sqlstate", None) == "23505" or "UNIQUE constraint" in str(
        error.orig
    )


def _noun(row: Row) -> str:
    return str(type(row).__tablename__).replace("_", " ")


def _close(view: View, name: str) -> None:
    """Demand that every right was asked for, and none left open."""
    if not view.scoped:
        raise RuntimeError(f"{name} never asked for a scope")
    for (project_id, model_id), noun in view.unsettled:
        ground = view.actor.decide(view.permission, project_id, model_id)
        raise refusal(ground, view.permission, noun=noun)


def _demand(tx: Transaction, records: type[Fact], name: str) -> None:
    _close(tx, name)
    if not any(isinstance(entry.fact, records) for entry in tx.entries):
        raise UnrecordedChange(f"{name} did not record {records.__name__}")


def record_refusal(
    database: Database,
    actor: Actor,
    name: str,
    error: GovernanceError,
    arguments: tuple[object, ...],
) -> None:
    """Write down that someone tried what is refused.

    Args:
        database: the records.
        actor: who tried.
        name: of the operation.
        error: why it is refused.
        arguments: what it was tried on; identifiers among them are kept.
    """
    references = [str(a) for a in arguments if isinstance(a, uuid.UUID)]
    fact = OperationRefused(
        operation=name,
        code=error.code,
        reason=error.message[:MAX_REASON],
        references=tuple(references),
    )
    resource = uuid.UUID(references[0]) if references else None
    with database.writing() as session:
        entry = Entry(fact, resource, _project_of(session, resource), outcome="denied")
        append_entries(session, actor, [entry], now=database.clock())


def _project_of(session: Session, resource: uuid.UUID | None) -> uuid.UUID | None:
    """Project of whatever has this identifier, so that a refusal shows in the project's trail."""
    if resource is None:
        return None
    if session.get(ProjectRow, resource) is not None:
        return resource
    for mapper in Row.registry.mappers:
        if "project_id" not in mapper.columns or "id" not in mapper.columns:
            continue
        found = session.execute(
            select(mapper.columns["project_id"]).where(mapper.columns["id"] == resource)
        ).scalar_one_or_none()
        if found is not None:
            return uuid.UUID(str(found))
    return None
