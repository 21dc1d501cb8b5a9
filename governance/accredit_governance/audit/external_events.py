"""Facts about models that were built elsewhere."""

import uuid

from accredit_governance.audit.events import Fact
from accredit_governance.documents import Digest


class ModelFileReceived(Fact):
    """The file of a model that was built elsewhere arrived; nothing has read it."""

    action = "model_file.received"
    model: uuid.UUID
    file_digest: Digest
    bytes: int


class ExternalVersionRequested(Fact):
    """Somebody brings a model that was built elsewhere, and states what it is."""

    action = "external_version.requested"
    model: uuid.UUID
    kind: str
    file_digest: Digest | None
    terms_digest: Digest
    dataset_version: uuid.UUID
    training_version: uuid.UUID | None


class ExternalVersionVerified(Fact):
    """The file is what was stated, and became a bundle that answers as its own library does."""

    action = "external_version.verified"
    record_digest: Digest
    bundle_digest: Digest


class ExternalVersionRefused(Fact):
    """The file cannot be a model version."""

    action = "external_version.refused"
    code: str
