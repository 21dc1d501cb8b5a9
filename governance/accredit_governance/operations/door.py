"""The one door to every change: `@operation` checks, opens the transaction, demands the event.

A refusal is written down too, in a transaction of its own, and then reaches the caller.
"""

import functools
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import and_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accredit_governance.access.actors import Actor, Binding, Mandate
from accredit_governance.access.permissions import ORGANISATION_WIDE, Permission, Role
from accredit_governance.audit.events import Fact, OperationRefused
from accredit_governance.audit.guard import watch
from accredit_governance.audit.ledger import Entry, append_entries
from accredit_governance.errors import (
    Conflict,
    GovernanceError,
    NotAllowed,
    NotFound,
    UnrecordedChange,
)
from accredit_governance.registry.credentials import require_live
from accredit_governance.registry.database import Database
from accredit_governance.registry.tables import (
    DelegationRow,
    PrincipalRow,
    ProjectRow,
    RoleBindingRow,
    Row,
)

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T", bound=Row)

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

    def load(self, table: type[T], row_id: uuid.UUID, *, noun: str) -> T:
        """A row of a project in which the actor holds the operation's permission.

        Raises:
            NotFound: no such row, or the actor may not know that it exists.
            NotAllowed: the actor may see it but lacks the permission there.
        """
        row = self.session.get(table, row_id)
        project_id = getattr(row, "project_id", row_id) if row is not None else None
        if row is None or not self._may_see(project_id):
            raise NotFound(f"there is no {noun} {row_id}", noun=noun, id=str(row_id))
        self.require(project_id, noun=noun)
        return row

    def require(self, project_id: uuid.UUID | None, *, noun: str) -> None:
        """Demand the operation's permission in a project.

        Raises:
            NotAllowed: it is not held there; the message names it.
        """
        if not self.actor.may(self.permission, project_id):
            raise NotAllowed(
                f"this needs the permission {self.permission} on the {noun}, "
                "which none of your roles there has",
                permission=self.permission.value,
                noun=noun,
            )
        self.scoped = True

    def _may_see(self, project_id: uuid.UUID | None) -> bool:
        return self.actor.may(Permission.PROJECT_READ, project_id) or self.actor.may(
            self.permission, project_id
        )

    def visible_projects(self) -> frozenset[uuid.UUID] | None:
        """Projects that a list may draw from; None means all."""
        self.scoped = True
        return self.actor.projects(self.permission)


class Transaction(View):
    """A change in progress: loaders, and the facts that will be written with it."""

    def __init__(
        self, session: Session, actor: Actor, permission: Permission, now: datetime
    ) -> None:
        super().__init__(session, actor, permission, now)
        self.entries: list[Entry] = []

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
            try:
                with database.writing() as session:
                    now = database.clock()
                    tx = Transaction(session, current(session, actor, now), permission, now)
                    _admit(tx)
                    answer = function(tx, *args, **kwargs)
                    _demand(tx, records, function.__name__)
                    session.flush()
                    append_entries(session, tx.actor, tx.entries, now=tx.now)
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
                    if not view.scoped:
                        raise RuntimeError(f"{function.__name__} never asked for a scope")
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
    """The actor with the roles and mandates that hold now, not those of when the request began.

    Raises:
        NotAuthenticated: the token that was shown has ended since then, or its holder was
            deactivated.
        NotAllowed: the principal was deactivated.
    """
    require_live(session, actor, now)
    principal = session.get(PrincipalRow, actor.id)
    if principal is None or not principal.active:
        raise NotAllowed("this account is not active")
    return actor.model_copy(
        update={
            "bindings": bindings_of(session, actor.id),
            "mandates": mandates_of(session, principal, now),
        }
    ).confined()


def bindings_of(session: Session, principal_id: uuid.UUID) -> tuple[Binding, ...]:
    """Roles bound to a principal at this moment."""
    bindings = session.execute(
        select(RoleBindingRow.role, RoleBindingRow.project_id)
        .where(RoleBindingRow.principal_id == principal_id)
        .order_by(RoleBindingRow.id)
    )
    return tuple(Binding(role=Role(role), project_id=project) for role, project in bindings)


def mandates_of(session: Session, principal: PrincipalRow, now: datetime) -> tuple[Mandate, ...]:
    """What others have lent a person, as far as they still hold it themselves.

    Only their own roles count: what was lent to them is not theirs to lend. What holds in all
    projects holds where the person may read in their own right, which what was lent does not give.
    """
    if principal.kind != "user":
        return ()
    lent = session.execute(
        select(DelegationRow, RoleBindingRow.project_id)
        .join(PrincipalRow, PrincipalRow.id == DelegationRow.delegator_id)
        .join(
            RoleBindingRow,
            and_(
                RoleBindingRow.principal_id == DelegationRow.delegator_id,
                RoleBindingRow.role == DelegationRow.role,
            ),
        )
        .where(
            DelegationRow.delegate_id == principal.id,
            DelegationRow.starts_at <= now,
            DelegationRow.ends_at > now,
            DelegationRow.revoked_at.is_(None),
            PrincipalRow.active,
        )
        .order_by(DelegationRow.id, RoleBindingRow.id)
    )
    mandates = [
        Mandate(
            delegation_id=row.id,
            delegator_id=row.delegator_id,
            role=Role(row.role),
            project_id=row.project_id or held_in,
        )
        for row, held_in in lent
        if row.project_id is None or held_in in {None, row.project_id}
    ]
    if not mandates:
        return ()
    readable = Actor(
        id=principal.id,
        kind=principal.kind,
        name=principal.name,
        bindings=bindings_of(session, principal.id),
    ).projects(Permission.PROJECT_READ)
    return tuple(within for mandate in mandates for within in mandate.within(readable))


def roles_now(session: Session, principal_id: uuid.UUID, project_id: uuid.UUID) -> frozenset[Role]:
    """Roles that a principal holds in a project at this moment."""
    return frozenset(
        b.role for b in bindings_of(session, principal_id) if b.project_id in {None, project_id}
    )


def _admit(view: View) -> None:
    if view.permission in ORGANISATION_WIDE:
        held = view.actor.may(view.permission, None)
    else:
        held = view.actor.may_anywhere(view.permission)
    if not held:
        raise NotAllowed(
            f"this needs the permission {view.permission}, which none of your roles has",
            permission=view.permission.value,
        )


def _is_duplicate(error: IntegrityError) -> bool:
    """Whether a unique constraint was hit, not a check or a reference."""
    return getattr(error.orig, "sqlstate", None) == "23505" or "UNIQUE constraint" in str(
        error.orig
    )


def _noun(row: Row) -> str:
    return str(type(row).__tablename__).replace("_", " ")


def _demand(tx: Transaction, records: type[Fact], name: str) -> None:
    if not tx.scoped:
        raise RuntimeError(f"{name} never asked for a scope")
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
