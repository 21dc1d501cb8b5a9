"""Simulations: a policy text tried out on every version, before anybody drafts or publishes it.

A simulation changes nothing but its own row: no version moves, no evaluation is recorded, and the
text is stored as no policy.
"""

import uuid

from sqlalchemy import select

from accredit_governance.access.permissions import Permission
from accredit_governance.audit.building_events import JobCancelRequested
from accredit_governance.audit.events import (
    PolicySimulationCancelled,
    PolicySimulationFailed,
    PolicySimulationFinished,
    PolicySimulationRequested,
)
from accredit_governance.documents import Json
from accredit_governance.errors import Conflict
from accredit_governance.gates.simulation import SimulationReport
from accredit_governance.operations.door import Transaction, View, operation
from accredit_governance.operations.work import complete, conclude, enqueue
from accredit_governance.policy.loader import parse
from accredit_governance.registry import queue
from accredit_governance.registry.simulation_records import (
    PolicySimulationDetails,
    PolicySimulationRecord,
)
from accredit_governance.registry.tables import JobRow, PolicySimulationRow


@operation(Permission.POLICY_SIMULATE, records=PolicySimulationRequested)
def simulate_policy(tx: Transaction, *, source: str) -> PolicySimulationRecord:
    """Queue the trial of a policy text on every version that the actor may read.

    Raises:
        PolicyInvalid: the text is no valid policy; every problem is named.
    """
    policy = parse(source)
    row = tx.add(
        PolicySimulationRow(
            policy=policy.name,
            policy_version=policy.version,
            policy_digest=policy.digest(),
            source=source,
            state="queued",
            created_by=tx.actor.id,
            created_at=tx.now,
        )
    )
    job_id = enqueue(tx, "simulate", row.id, None)
    tx.record(
        PolicySimulationRequested(
            name=policy.name, version=policy.version, policy_digest=row.policy_digest
        ),
        resource=row.id,
        project=None,
    )
    return PolicySimulationRecord.of(row, job_id=job_id)


@operation(Permission.POLICY_SIMULATE, records=JobCancelRequested)
def stop_simulation(tx: Transaction, simulation_id: uuid.UUID) -> PolicySimulationRecord:
    """Ask for a simulation to stop; its worker kills it within about a second.

    Raises:
        Conflict: it has ended already.
    """
    row = tx.load(PolicySimulationRow, simulation_id, noun="policy simulation")
    job_id = job_of(tx, row)
    if row.state != "queued" or job_id is None or not queue.request_cancel(tx.session, job_id):
        raise Conflict(
            f"the simulation is {row.state} already, or about to be", current_state=row.state
        )
    tx.record(JobCancelRequested(kind="simulate", subject=row.id), resource=job_id, project=None)
    return PolicySimulationRecord.of(row, job_id=job_id)


@operation(Permission.SYSTEM_RECORD, records=PolicySimulationFinished)
def finish_simulation(
    tx: Transaction, job_id: uuid.UUID, fence: int, *, report: SimulationReport
) -> None:
    """Store what a policy text would change.

    Raises:
        Conflict: the report is about another policy, or the simulation has ended already.
    """
    row = _unfinished(tx, complete(tx, job_id, fence).subject_id)
    if report.policy_digest != row.policy_digest:
        raise Conflict("the report is about another policy than the one that was asked about")
    row.state, row.finished_at = "finished", tx.now
    row.counts, row.document = dict(report.counts), report.model_dump(mode="json")
    tx.record(
        PolicySimulationFinished(
            policy_digest=row.policy_digest,
            report_digest=report.digest(),
            counts=dict(report.counts),
        ),
        resource=row.id,
        project=None,
    )


@operation(Permission.SYSTEM_RECORD, records=PolicySimulationFailed)
def fail_simulation(tx: Transaction, job_id: uuid.UUID, *, error: dict[str, Json]) -> None:
    """Record why a simulation has no report.

    Raises:
        Superseded: the failure of this job was told before.
        Conflict: the simulation has ended already.
    """
    row = _unfinished(tx, conclude(tx, job_id).subject_id)
    row.state, row.error, row.finished_at = "failed", error, tx.now
    tx.record(
        PolicySimulationFailed(
            policy_digest=row.policy_digest, code=str(error.get("code", "unknown"))
        ),
        resource=row.id,
        project=None,
    )


@operation(Permission.SYSTEM_RECORD, records=PolicySimulationCancelled)
def cancel_simulation(tx: Transaction, job_id: uuid.UUID) -> None:
    """Record that a simulation was stopped.

    Raises:
        Superseded: the end of this job was told before.
        Conflict: the simulation has ended already.
    """
    row = _unfinished(tx, conclude(tx, job_id).subject_id)
    row.state, row.finished_at = "cancelled", tx.now
    tx.record(
        PolicySimulationCancelled(policy_digest=row.policy_digest), resource=row.id, project=None
    )


def _unfinished(tx: Transaction, simulation_id: uuid.UUID) -> PolicySimulationRow:
    row = tx.hold(PolicySimulationRow, simulation_id, noun="policy simulation")
    if row.state != "queued":
        raise Conflict(f"the simulation is {row.state} already", current_state=row.state)
    return row


def job_of(view: View, row: PolicySimulationRow) -> uuid.UUID | None:
    """The job that carries a simulation out."""
    return view.session.execute(
        select(JobRow.id).where(JobRow.subject_id == row.id).limit(1)
    ).scalar_one_or_none()


def details_of(view: View, row: PolicySimulationRow) -> PolicySimulationDetails:
    """Document of a simulation with its text and report."""
    report = None if row.document is None else SimulationReport.model_validate(row.document)
    return PolicySimulationDetails.of(row, document=report, job_id=job_of(view, row))
