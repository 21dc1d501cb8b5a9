"""Principals and their roles."""

import hashlib
import uuid

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import func, select

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import (
    PERSONAL,
    ROLE_PERMISSIONS,
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
from accredit_governance.operations.door import (
    Transaction,
    bindings_of,
    mandates_of,
    operation,
)
from accredit_governance.registry.database import Database
from accredit_governance.registry.records import (
    PrincipalRecord,
    RoleBindingRecord,
)
from accredit_governance.registry.tables import (
    PrincipalRow,
    ProjectRow,
    RoleBindingRow,
)

SYSTEM_NAME = "system"


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
    check_name(name)
    system = system_actor(database)
    with database.writing() as session:
        admins = session.execute(
            select(func.count()).where(RoleBindingRow.role == Role.ADMIN)
        ).scalar_one()
        if admins:
            raise Conflict("this installation has an admin already; ask them for an account")
        now = database.clock()
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
            RoleBindingRow(
                principal_id=row.id, role=Role.ADMIN, created_at=now, created_by=system.id
            )
        )
        session.flush()
        entries = [
            Entry(PrincipalCreated(kind="user"), row.id, None),
            Entry(RoleBound(principal=row.id, role=Role.ADMIN), row.id, None),
        ]
        append_entries(session, system, entries, now=now)


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
        InvalidInput: the name is not usable, or a service account is given a password.
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
    tx: Transaction, principal_id: uuid.UUID, *, role: Role, project_id: uuid.UUID | None
) -> RoleBindingRecord:
    """Give a principal a role in a project, or everywhere.

    Raises:
        NotAllowed: the role is reserved to the system, judges and is given to an account whose
            tokens an admin can issue, or is given to oneself.
        Conflict: the principal has it already.
    """
    principal = tx.session.get(PrincipalRow, principal_id)
    if principal is None:
        raise NotFound(f"there is no principal {principal_id}")
    if project_id is not None and tx.session.get(ProjectRow, project_id) is None:
        raise NotFound(f"there is no project {project_id}")
    if role is Role.SYSTEM:
        raise NotAllowed("the role system belongs to the service itself")
    if principal.kind != "user" and ROLE_PERMISSIONS[role] & PERSONAL:
        raise NotAllowed(f"the role {role} judges, so only a person can hold it")
    if principal_id == tx.actor.id:
        raise NotAllowed("nobody gives a role to themselves; another admin has to")
    present = tx.session.execute(
        select(RoleBindingRow.id).where(
            RoleBindingRow.principal_id == principal_id,
            RoleBindingRow.role == role,
            RoleBindingRow.project_id == project_id
            if project_id
            else RoleBindingRow.project_id.is_(None),
        )
    )
    if present.scalar_one_or_none() is not None:
        raise Conflict(f"the principal is {role} there already")
    row = tx.add(
        RoleBindingRow(
            principal_id=principal_id,
            role=role,
            project_id=project_id,
            created_at=tx.now,
            created_by=tx.actor.id,
        )
    )
    tx.record(RoleBound(principal=principal_id, role=role), resource=row.id, project=project_id)
    return RoleBindingRecord.of(row)


@operation(Permission.IDENTITY_MANAGE, records=RoleTaken)
def take_role(tx: Transaction, binding_id: uuid.UUID) -> None:
    """Take a role back, at once: roles are looked at again in every transaction.

    Raises:
        NotFound: there is no such binding.
        NotAllowed: it is one's own, or the system's.
    """
    row = tx.session.get(RoleBindingRow, binding_id)
    if row is None:
        raise NotFound(f"there is no role binding {binding_id}")
    if row.principal_id == tx.actor.id:
        raise NotAllowed("nobody takes a role from themselves; another admin has to")
    if row.role == Role.SYSTEM:
        raise NotAllowed("the role system belongs to the service itself")
    tx.record(
        RoleTaken(principal=row.principal_id, role=row.role),
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
    row.active = False
    tx.record(PrincipalDeactivated(), resource=row.id, project=None)
    return PrincipalRecord.of(row)


def actor_of_principal(
    database: Database, principal_id: uuid.UUID, *, request_id: str | None
) -> Actor | None:
    """The actor of an active principal."""
    with database.reading() as session:
        row = session.get(PrincipalRow, principal_id)
        if row is None or not row.active:
            return None
        return Actor(
            id=row.id,
            kind=row.kind,
            name=row.name,
            bindings=bindings_of(session, row.id),
            mandates=mandates_of(session, row, database.clock()),
            request_id=request_id,
        )
