"""Purging a retired version: its files go once nothing asks for them, its records stay.

1. A compliance person and an admin agree; the retention of the policy is over; no hold is on it.
2. The version is `purged` at once, and a tombstone says which files go.
3. A worker takes them off the store, unless a hold was placed meanwhile. What another version or
   run still refers to stays. Done again it changes nothing, so a worker may die in between.
"""

import contextlib
import uuid
from datetime import datetime

from sqlalchemy import select

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission
from accredit_governance.audit.aftercare_events import (
    ArtifactsRemoved,
    ProceedingOpened,
    ProceedingSigned,
    VersionPurged,
)
from accredit_governance.errors import Conflict
from accredit_governance.lifecycle.proceedings import ProceedingKind, ProceedingState, Verdict
from accredit_governance.lifecycle.versions import VersionAction
from accredit_governance.operations.door import Transaction, operation
from accredit_governance.operations.legal_holds import covers_version, require_no_hold
from accredit_governance.operations.proceedings import begin, require_state, sign
from accredit_governance.operations.subjects import pinned_policy
from accredit_governance.operations.versions import move
from accredit_governance.policy.retention import kept_until
from accredit_governance.registry.aftercare_records import KeptArtifact, ProceedingRecord
from accredit_governance.registry.aftercare_terms import Ending
from accredit_governance.registry.artifacts import Artifacts
from accredit_governance.registry.database import Database
from accredit_governance.registry.references import artifacts_of, is_shared
from accredit_governance.registry.tables import (
    LegalHoldRow,
    ModelVersionRow,
    ProceedingRow,
    ProjectRow,
    TombstoneRow,
)

_KIND = ProceedingKind.PURGE
DUE_AT_ONCE = 50


@operation(Permission.VERSION_PURGE, records=ProceedingOpened)
def ask_purge(tx: Transaction, version_id: uuid.UUID, *, request: Ending) -> ProceedingRecord:
    """Ask for the files of a retired version to be deleted.

    Raises:
        IllegalTransition: the version is not retired.
        Conflict: its retention is not over, or a legal hold is on it.
    """
    version = tx.load(ModelVersionRow, version_id, noun="model version")
    _hold(tx, version)
    require_state(version, _KIND)
    _require_purgeable(tx, version)
    return begin(tx, version, _KIND, request)


@operation(Permission.VERSION_PURGE, records=ProceedingSigned)
def sign_purge(
    tx: Transaction,
    proceeding_id: uuid.UUID,
    *,
    decision: Verdict,
    subject_digest: str,
    ticket: str,
    comment: str = "",
) -> ProceedingRecord:
    """Agree as the second person, or refuse."""
    row = tx.load(ProceedingRow, proceeding_id, noun="purge")
    _hold(tx, tx.session.get_one(ModelVersionRow, row.model_version_id))
    return sign(
        tx,
        proceeding_id,
        _KIND,
        decision=decision,
        subject_digest=subject_digest,
        comment=comment,
        ticket=ticket,
        guard=_guard,
        conclude=_conclude,
    )


@operation(Permission.SYSTEM_RECORD, records=ArtifactsRemoved)
def remove_artifacts(tx: Transaction, tombstone_id: uuid.UUID, artifacts: Artifacts) -> None:
    """Take the files under a tombstone off the store.

    The files go before the commit: if that fails, the next attempt finds nothing left to do.

    Raises:
        Conflict: they are gone already, or a legal hold was placed meanwhile.
    """
    stone = tx.load(TombstoneRow, tombstone_id, noun="tombstone")
    version = tx.session.get_one(ModelVersionRow, stone.model_version_id)
    _hold(tx, version)
    tx.session.refresh(stone, with_for_update=True)
    if stone.removed_at is not None:
        raise Conflict("the files are gone already")
    require_no_hold(tx.session, version)
    removed, shared = [], []
    for artifact in (KeptArtifact.model_validate(kept) for kept in stone.artifacts):
        if is_shared(tx.session, artifact, version):
            shared.append(artifact.sha256)
            continue
        artifacts.remove(artifact.sha256, folder=artifact.folder)
        removed.append(artifact.sha256)
    stone.removed_at = tx.now
    tx.record(
        ArtifactsRemoved(model_version=version.id, removed=removed, shared=shared),
        resource=stone.id,
        project=stone.project_id,
    )


def remove_what_was_purged(database: Database, actor: Actor, artifacts: Artifacts) -> None:
    """Take the files of every purged version off the store; those under a hold wait."""
    for tombstone_id in due_tombstones(database):
        with contextlib.suppress(Conflict):
            remove_artifacts(database, actor, tombstone_id, artifacts)


def due_tombstones(database: Database) -> list[uuid.UUID]:
    """Tombstones whose files lie on the store still and are under no hold, the oldest first."""
    held = select(LegalHoldRow.id).where(covers_version()).correlate(ModelVersionRow).exists()
    with database.reading() as session:
        rows = session.execute(
            select(TombstoneRow.id)
            .join(ModelVersionRow, ModelVersionRow.id == TombstoneRow.model_version_id)
            .where(TombstoneRow.removed_at.is_(None), ~held)
            .order_by(TombstoneRow.id)
            .limit(DUE_AT_ONCE)
        ).scalars()
        return list(rows)


def retained_until(tx: Transaction, version: ModelVersionRow) -> datetime:
    """Until when a retired version is kept by the policy that was pinned for it.

    Raises:
        Conflict: it was never retired.
    """
    retired_at = tx.session.execute(
        select(ProceedingRow.decided_at).where(
            ProceedingRow.model_version_id == version.id,
            ProceedingRow.kind == ProceedingKind.RETIREMENT,
            ProceedingRow.state == ProceedingState.DONE,
        )
    ).scalar_one_or_none()
    if retired_at is None:
        raise Conflict("the version was never retired, so its retention has not begun")
    _, policy = pinned_policy(tx, version)
    return kept_until(retired_at, policy.retention.records)


def _guard(tx: Transaction, version: ModelVersionRow, _row: ProceedingRow) -> None:
    _require_purgeable(tx, version)


def _conclude(tx: Transaction, version: ModelVersionRow, row: ProceedingRow) -> None:
    move(tx, version, VersionAction.PURGE, cause="purge", reason=str(row.document["reason"]))
    kept = artifacts_of(tx.session, version)
    stone = tx.add(
        TombstoneRow(
            project_id=version.project_id,
            model_version_id=version.id,
            proceeding_id=row.id,
            artifacts=[artifact.model_dump(mode="json") for artifact in kept],
            purged_at=tx.now,
        )
    )
    tx.record(
        VersionPurged(proceeding=row.id, artifacts=[artifact.sha256 for artifact in kept]),
        resource=stone.id,
        project=version.project_id,
    )


def _require_purgeable(tx: Transaction, version: ModelVersionRow) -> None:
    until = retained_until(tx, version)
    if until > tx.now:
        raise Conflict(
            f"the policy keeps this version until {until.date().isoformat()}; "
            "it cannot be purged before",
            retained_until=until.isoformat(),
        )
    require_no_hold(tx.session, version)


def _hold(tx: Transaction, version: ModelVersionRow) -> None:
    """The project first: whoever places a hold waits for this, or this for them."""
    project = tx.session.get_one(ProjectRow, version.project_id)
    # Not against who only refers to it: they hold their version first.
    tx.session.refresh(project, with_for_update={"key_share": True})
    tx.session.refresh(version, with_for_update=True)
