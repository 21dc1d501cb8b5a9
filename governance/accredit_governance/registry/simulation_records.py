"""Documents of policy simulations."""

import uuid
from datetime import datetime
from typing import Any

from accredit_governance.gates.simulation import SimulationReport
from accredit_governance.registry.records import Record


class PolicySimulationRecord(Record):
    """A policy text tried out on every version, without the text and what came of it."""

    id: uuid.UUID
    policy: str
    policy_version: int
    policy_digest: str
    state: str
    counts: dict[str, int] | None
    error: Any
    created_by: uuid.UUID
    created_at: datetime
    finished_at: datetime | None
    job_id: uuid.UUID | None = None


class PolicySimulationDetails(PolicySimulationRecord):
    """A policy text tried out on every version; `document` is None until it is finished."""

    source: str
    document: SimulationReport | None
