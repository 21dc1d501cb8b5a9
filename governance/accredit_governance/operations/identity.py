"""Principals and their roles."""

import hashlib
import re
import uuid
from datetime import datetime

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accredit_governance.access.actors import Actor
from accredit_governance.access.conditions import CONDITIONED, Condition
from accredit_governance.access.permissions import (
    PERSONAL,
    ROLE_PERMISSIONS,
    SERVICE_ROLES,
    Permission,
    Role,
)
from accredit_governance.audit.events import (
    PrincipalCreated,
    PrincipalDeactivated,
    RoleBound,
    RoleTaken,
)
from accredit_governance.audit.ledger import Entry, append_entries
from accredit_governance.documents import Name
from accredit_governance.errors import Conflict, InvalidInput, NotAllowed, NotFound
from accredit_governance.identifiers import new_id
from accredit_governance.operations.accounts import close
from accredit_governance.operations.door import (
    Transaction,
    operation,
)
from accredit_governance.operations.places import place_named
from accredit_governance.operations.standing import complete
from accredit_governance.registry.database import Database
from accredit_governance.registry.records import (
    PrincipalRecord,
    RoleBindingRecord,
)
from accredit_governance.registry.tables import (
    GroupMemberRow,
    PrincipalRow,
    RoleBindingRow,
)

SYSTEM_NAME = "system"
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
EMAIL_FORM = re.compile(
    rf"(?=[^@]{{1,64}}@.{{1,253}}$){_ATOM}(\.{_ATOM})*@({_LABEL}\.)*(?=[a-z]){_LABEL}",
    re.ASCII | re.IGNORECASE,
)
"""One plain address (dot-atoms of RFC 5322, a host name): no header can read it as two of them."""


def is_member(session: Session, group_id: uuid.UUID | None, principal_id: uuid.UUID) -> bool:
    """Whether somebody is in a group; nobody is in no group."""
    return group_id is not None and (
        session.get(GroupMemberRow, (principal_id, group_id)) is not None
    )


def secret_hash(secret: str) -> str:
    """SHA-256 of a 256-bit random secret; slow hashing is for passwords only."""
    return hashlib.sha256(secret.encode()).hexdigest()


def check_name(name: str, *, field: str = "name") -> str:
    """A usable name.

    Raises:
        InvalidInput: it is not lower case, too long, or has other characters.
    """
    try:
        return TypeAdapter(Name).validate_python(name)
    except ValidationError as error:
        message = (
            f"{field} is not usable: lower-case letters, digits, '.', '_' and '-', "
            "at most 63 characters, starting with a letter or digit"
        )
        raise InvalidInput(message, [{"pointer": f"/{field}", "detail": message}]) from error


def system_actor(database: Database, *, on_behalf_of: uuid.UUID | None = None) -> Actor:
    """The actor under which workers record results; made on first use."""
    with database.reading() as session:
        found = session.execute(
            select(PrincipalRow.id).where(PrincipalRow.name == SYSTEM_NAME)
        ).scalar_one_or_none()
    if found is None:
        found = _create_system(database)
    return Actor(id=found, kind="system", name=SYSTEM_NAME, on_behalf_of=on_behalf_of)


def _create_system(database: Database) -> uuid.UUID:
    with database.writing() as session:
        present = session.execute(
            select(PrincipalRow.id).where(PrincipalRow.name == SYSTEM_NAME)
        ).scalar_one_or_none()
        if present is not None:
            return present
        now = database.clock()
        row = PrincipalRow(
            id=new_id(), kind="system", name=SYSTEM_NAME, title="Accredit itself", created_at=now
        )
        session.add(row)
        session.flush()
        session.add(
            RoleBindingRow(principal_id=row.id, role=Role.SYSTEM, created_at=now, created_by=row.id)
        )
        session.flush()
        actor = Actor(id=row.id, kind="system", name=SYSTEM_NAME)
        append_entries(
            session, actor, [Entry(PrincipalCreated(kind="system"), row.id, None)], now=now
        )
        return row.id


def create_first_admin(database: Database, *, name: str, title: str, password_hash: str) -> None:
    """The first admin of a new installation. Works once.

    Raises:
        Conflict: there is an admin already; ask that person.
    """
    system = system_actor(database)
    with database.writing() as session:
        now = database.clock()
        entries = add_first_admin(
            session, system, name=name, title=title, password_hash=password_hash, now=now
        )
        append_entries(session, system, entries, now=now)


def add_first_admin(
    session: Session, system: Actor, *, name: str, title: str, password_hash: str, now: datetime
) -> list[Entry]:
    """Rows of the first admin, and what is to be written down about them.

    Raises:
        Conflict: there is an admin already.
        InvalidInput: the name is not usable, or taken.
    """
    check_name(name)
    # Whoever else wants to be the first waits here.
    session.get(PrincipalRow, system.id, with_for_update=True)
    admins = session.execute(
        select(func.count()).where(RoleBindingRow.role == Role.ADMIN)
    ).scalar_one()
    if admins:
        raise Conflict("this installation has an admin already; ask them for an account")
    if session.execute(select(PrincipalRow.id).where(PrincipalRow.name == name)).first():
        message = "the name is taken"
        raise InvalidInput(message, [{"pointer": "/name", "detail": message}])
    row = PrincipalRow(
        id=new_id(),
        kind="user",
        name=name,
        title=title,
        password_hash=password_hash,
        created_at=now,
    )
    session.add(row)
    session.flush()
    session.add(
        RoleBindingRow(principal_id=row.id, role=Role.ADMIN, created_at=now, created_by=system.id)
    )
    session.flush()
    return [
        Entry(PrincipalCreated(kind="user"), row.id, None),
        Entry(RoleBound(principal=row.id, role=Role.ADMIN), row.id, None),
    ]


def has_admin(database: Database) -> bool:
    """Whether somebody administers this installation."""
    with database.reading() as session:
        statement = select(RoleBindingRow.id).where(RoleBindingRow.role == Role.ADMIN).limit(1)
        return session.execute(statement).first() is not None


@operation(Permission.IDENTITY_MANAGE, records=PrincipalCreated)
def create_principal(
    tx: Transaction,
    *,
    kind: str,
    name: str,
    title: str,
    email: str | None = None,
    password_hash: str | None = None,
) -> PrincipalRecord:
    """Add a person or a service account.

    Raises:
        Conflict: the name is taken.
        InvalidInput: name or address is not usable, or a service account is given a password.
    """
    return add_principal(
        tx, kind=kind, name=name, title=title, email=email, password_hash=password_hash
    )


def add_principal(
    tx: Transaction,
    *,
    kind: str,
    name: str,
    title: str,
    email: str | None = None,
    password_hash: str | None = None,
) -> PrincipalRecord:
    """A new principal, inside another change; errors as for `create_principal`."""
    check_name(name)
    if email is not None and not EMAIL_FORM.fullmatch(email):
        message = "email is no address such as vera@example.org"
        raise InvalidInput(message, [{"pointer": "/email", "detail": message}])
    if kind not in {"user", "service"} or (kind == "service" and password_hash is not None):
        raise InvalidInput("kind is `user`, or `service` without a password")
    taken = tx.session.execute(select(PrincipalRow.id).where(PrincipalRow.name == name))
    if taken.scalar_one_or_none() is not None:
        raise Conflict("the name is taken", name=name)
    row = tx.add(
        PrincipalRow(
            kind=kind,
            name=name,
            title=title,
            email=email,
            password_hash=password_hash,
            created_at=tx.now,
        )
    )
    tx.record(PrincipalCreated(kind=kind), resource=row.id, project=None)
    return PrincipalRecord.of(row)


@operation(Permission.IDENTITY_MANAGE, records=RoleBound)
def bind_role(
    tx: Transaction,
    principal_id: uuid.UUID,
    *,
    role: Role,
    project_id: uuid.UUID | None,
    model_id: uuid.UUID | None = None,
    condition: Condition | None = None,
) -> RoleBindingRecord:
    """Give a principal a role on a model, in a project, or everywhere.

    Raises:
        NotFound: there is no such principal, project or model.
        NotAllowed: the role is reserved to the system, judges and is given to an account whose
            tokens an admin can issue, or is given to oneself.
        InvalidInput: the condition bears on nothing that the role holds, or the model belongs to
            another project.
        Conflict: the principal has it already.
    """
    principal = tx.session.get(PrincipalRow, principal_id)
    if principal is None:
        raise NotFound(f"there is no principal {principal_id}")
    if role in SERVICE_ROLES and principal.kind != "service":
        raise NotAllowed(f"the role {role} is for service accounts")
    if principal.kind != "user" and ROLE_PERMISSIONS[role] & PERSONAL:
        raise NotAllowed(f"the role {role} judges, so only a person can hold it")
    if principal_id == tx.actor.id:
        raise NotAllowed("nobody gives a role to themselves; another admin has to")
    row = RoleBindingRow(principal_id=principal_id, role=role, condition=condition)
    return add_binding(tx, row, project_id=project_id, model_id=model_id)


def add_binding(
    tx: Transaction,
    row: RoleBindingRow,
    *,
    project_id: uuid.UUID | None,
    model_id: uuid.UUID | None,
) -> RoleBindingRecord:
    """A role that a principal or a group gets in a place, recorded.

    Raises:
        NotFound, NotAllowed, InvalidInput, Conflict: as for `bind_role`.
    """
    role = Role(row.role)
    row.project_id, row.model_id = place_named(tx.session, project_id, model_id)
    if role is Role.SYSTEM:
        raise NotAllowed("the role system belongs to the service itself")
    if row.condition and not CONDITIONED[Condition(row.condition)] & ROLE_PERMISSIONS[role]:
        message = f"the condition {row.condition} bears on nothing that a {role} may"
        raise InvalidInput(message, [{"pointer": "/condition", "detail": message}])
    present = select(RoleBindingRow.id).where(
        RoleBindingRow.principal_id.is_not_distinct_from(row.principal_id),
        RoleBindingRow.group_id.is_not_distinct_from(row.group_id),
        RoleBindingRow.role == role,
        RoleBindingRow.project_id.is_not_distinct_from(row.project_id),
        RoleBindingRow.model_id.is_not_distinct_from(row.model_id),
        RoleBindingRow.source == "local",
    )
    if tx.session.execute(present).first() is not None:
        holder = "principal" if row.group_id is None else "group"
        raise Conflict(f"the {holder} is {role} there already")
    row.created_at, row.created_by = tx.now, tx.actor.id
    tx.add(row)
    tx.record(
        RoleBound(
            principal=row.principal_id,
            group=row.group_id,
            role=role,
            model=row.model_id,
            condition=row.condition,
        ),
        resource=row.id,
        project=row.project_id,
    )
    return RoleBindingRecord.of(row)


@operation(Permission.IDENTITY_MANAGE, records=RoleTaken)
def take_role(tx: Transaction, binding_id: uuid.UUID) -> None:
    """Take a role back, at once: roles are looked at again in every transaction.

    Raises:
        NotFound: there is no such binding.
        NotAllowed: it is one's own, if only through a group, or the system's.
    """
    row = tx.session.get(RoleBindingRow, binding_id)
    if row is None:
        raise NotFound(f"there is no role binding {binding_id}")
    if row.principal_id == tx.actor.id or is_member(tx.session, row.group_id, tx.actor.id):
        raise NotAllowed("nobody takes a role from themselves; another admin has to")
    if row.role == Role.SYSTEM:
        raise NotAllowed("the role system belongs to the service itself")
    tx.record(
        RoleTaken(
            principal=row.principal_id, group=row.group_id, role=row.role, model=row.model_id
        ),
        resource=row.id,
        project=row.project_id,
    )
    tx.session.delete(row)


@operation(Permission.IDENTITY_MANAGE, records=PrincipalDeactivated)
def deactivate_principal(tx: Transaction, principal_id: uuid.UUID) -> PrincipalRecord:
    """Close an account. Its records stay; its tokens and sessions are worth nothing from now on.

    Raises:
        NotFound: there is no such principal.
        NotAllowed: it is oneself, or the system.
        Conflict: it is closed already.
    """
    row = tx.session.get(PrincipalRow, principal_id, with_for_update=True)
    if row is None:
        raise NotFound(f"there is no principal {principal_id}")
    if row.id == tx.actor.id or row.kind == "system":
        raise NotAllowed("nobody closes their own account, or that of the service")
    if not row.active:
        raise Conflict("the account is closed already")
    close(tx, row)
    return PrincipalRecord.of(row)


def actor_of_principal(
    database: Database, principal_id: uuid.UUID, *, request_id: str | None
) -> Actor | None:
    """The actor of an active principal."""
    with database.reading() as session:
        row = session.get(PrincipalRow, principal_id)
        if row is None or not row.active:
            return None
        return complete(session, row, database.clock()).model_copy(
            update={"request_id": request_id}
        )
