"""Facts about environments and about which version goes by which name in them."""

import uuid

from accredit_governance.audit.events import Fact


class EnvironmentCreated(Fact):
    """A project got a place in which versions serve."""

    action = "environment.created"
    name: str
    protected: bool


class AliasChangeRequested(Fact):
    """Someone wants an alias to name another version; in a protected environment others sign it."""

    action = "alias.change_requested"
    environment: str
    protected: bool
    alias: str
    before: uuid.UUID | None
    after: uuid.UUID
    reason: str


class AliasMoved(Fact):
    """An alias names another version from now on: `before` and `after` are model versions."""

    action = "alias.moved"
    assignment: uuid.UUID
    environment: str
    alias: str
    before: uuid.UUID | None
    after: uuid.UUID
    cause: str
    proceeding: uuid.UUID | None
    restores: uuid.UUID | None
    reason: str
