"""What can be written down: one class per fact, and the event that carries it.

A fact holds references and digests, never personal data or rows of a data set. Its `action` is
`resource.verb` and never changes: stored events are read by it.
"""

import uuid
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from accredit_governance.documents import Digest, Document


class Fact(Document):
    """Something that happened."""

    action: ClassVar[str]


class OperationRefused(Fact):
    """Someone tried what they may not do, or what the state forbids."""

    action = "operation.refused"
    operation: str
    code: str
    reason: str
    references: tuple[str, ...]


class PrincipalCreated(Fact):
    """A person or service account was added."""

    action = "principal.created"
    kind: str


class RoleBound(Fact):
    """A principal or a group was given a role."""

    action = "role.bound"
    principal: uuid.UUID | None = None
    group: uuid.UUID | None = None
    role: str
    model: uuid.UUID | None = None
    condition: str | None = None


class RoleTaken(Fact):
    """A principal or a group lost a role."""

    action = "role.taken"
    principal: uuid.UUID | None = None
    group: uuid.UUID | None = None
    role: str
    model: uuid.UUID | None = None


class PrincipalDeactivated(Fact):
    """An account was closed; its tokens and sessions died with it."""

    action = "principal.deactivated"


class TokenIssued(Fact):
    """A token was issued; its secret is not recorded.

    Attributes:
        scopes: all that it is good for; None: whatever its holder may.
        within: the one project that it is good for, if it is bound to one.
    """

    action = "token.issued"
    principal: uuid.UUID
    expires_at: datetime
    kind: str = "api"
    scopes: tuple[str, ...] | None = None
    within: uuid.UUID | None = None


class TokenRevoked(Fact):
    """An API token was revoked."""

    action = "token.revoked"
    principal: uuid.UUID


class SessionStarted(Fact):
    """Someone signed in with a browser."""

    action = "session.started"


class SessionEnded(Fact):
    """Someone signed out."""

    action = "session.ended"


class SignInFailed(Fact):
    """Somebody gave a wrong password. The name is not recorded: it may be a mistyped password."""

    action = "session.refused"
    principal: uuid.UUID | None


class ProjectCreated(Fact):
    """A project was opened."""

    action = "project.created"
    name: str


class UseCaseCreated(Fact):
    """A purpose was declared."""

    action = "use_case.created"
    name: str
    owner: uuid.UUID
    terms_digest: Digest


class DatasetCreated(Fact):
    """A dataset was named."""

    action = "dataset.created"
    name: str


class DatasetVersionReceived(Fact):
    """Bytes were uploaded; not read yet."""

    action = "dataset_version.received"
    dataset: uuid.UUID
    number: int
    upload_digest: Digest
    upload_bytes: int


class DatasetVersionReady(Fact):
    """An upload was read and profiled."""

    action = "dataset_version.ready"
    dataset: uuid.UUID
    number: int
    frame_digest: Digest
    artifact: Digest
    rows: int


class DatasetVersionRefused(Fact):
    """An upload could not be used."""

    action = "dataset_version.refused"
    dataset: uuid.UUID
    number: int
    code: str


class PolicyDrafted(Fact):
    """A policy was written."""

    action = "policy_version.drafted"
    name: str
    version: int
    policy_digest: Digest


class PolicyPublished(Fact):
    """A policy came into force; it does not change any more."""

    action = "policy_version.published"
    name: str
    version: int
    policy_digest: Digest
    shipped: bool


class PolicySimulationRequested(Fact):
    """Someone asked what a policy text would make of the versions that there are."""

    action = "policy_simulation.requested"
    name: str
    version: int
    policy_digest: Digest


class PolicySimulationFinished(Fact):
    """A policy text was tried out; nothing else changed."""

    action = "policy_simulation.finished"
    policy_digest: Digest
    report_digest: Digest
    counts: dict[str, int]


class PolicySimulationFailed(Fact):
    """A policy text could not be tried out."""

    action = "policy_simulation.failed"
    policy_digest: Digest
    code: str


class PolicySimulationCancelled(Fact):
    """A person stopped a simulation."""

    action = "policy_simulation.cancelled"
    policy_digest: Digest


class ActorRef(Document):
    """Who did it, by opaque identifiers.

    Attributes:
        break_glass: the request without whose role the act would not have been possible. Only
            written when there is one: older events have no such field.
    """

    id: uuid.UUID
    kind: str
    on_behalf_of: uuid.UUID | None = None
    token: uuid.UUID | None = None
    break_glass: Annotated[uuid.UUID | None, Field(exclude_if=lambda lent: lent is None)] = None


class AuditEvent(Document):
    """One entry of the log. Its canonical JSON is what is hashed, stored and exported."""

    seq: int
    id: uuid.UUID
    at: datetime
    actor: ActorRef
    action: str
    outcome: Literal["ok", "denied"]
    project: uuid.UUID | None
    resource: uuid.UUID | None
    request: str | None
    # The fact's own fields; its class is known by `action`.
    fact: dict[str, Any]
