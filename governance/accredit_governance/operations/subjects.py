"""What a judgement rests on, read from the records as they stand now."""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from accredit_governance.cards.card import ModelCard
from accredit_governance.documents import Json, json_digest
from accredit_governance.errors import Conflict
from accredit_governance.gates.promotion import (
    Block,
    Waiver,
    WaiverSigner,
    standing,
)
from accredit_governance.gates.results import CheckResult, GateReport
from accredit_governance.operations.assessments import subject_part
from accredit_governance.operations.door import View
from accredit_governance.operations.policies import policy_of
from accredit_governance.operations.versions import judgements_of, latest_recertification
from accredit_governance.policy.document import Policy
from accredit_governance.registry.tables import (
    CardVersionRow,
    CheckResultRow,
    DatasetVersionRow,
    GateEvaluationRow,
    ModelVersionRow,
    PolicyVersionRow,
    RecertificationRow,
    RunRow,
    WaiverRow,
)


def subject_of(
    session: Session, version: ModelVersionRow, evaluation: GateEvaluationRow
) -> dict[str, Json]:
    """What a signature is about, as it stands now: every digest that the decision rests on.

    Digests are computed from the stored documents, not read from their columns: a document that
    was edited in the database voids the signatures, even where its digest was left alone.
    """
    run = session.get_one(RunRow, version.run_id)
    policy_row = session.get_one(PolicyVersionRow, evaluation.policy_version_id)
    policy = policy_of(policy_row)
    card = latest_card(session, version.id)
    waivers = [w for w in waivers_of(session, evaluation.id) if w.confirmed_by is not None]
    anew = latest_recertification(session, version.id)
    use_case = subject_part(session, version.id)
    return {
        # Left out, not empty, of what was submitted before there were assessments: what people
        # signed then has to have the digest that it had.
        **({} if use_case is None else {"use_case": use_case}),
        **({} if anew is None else {"rows": _rows_digest(session, anew)}),
        "bundle": version.bundle_digest,
        "run": json_digest(run.record),
        "card": json_digest(card.document) if card else None,
        "gates": report_of(session, evaluation, policy).digest(),
        "policy": policy.digest(),
        "waivers": [
            {
                "check": w.check_key,
                "reason": w.reason,
                "obligation": w.obligation,
                "expires_at": w.expires_at.isoformat(),
                "proposed_by": str(w.proposed_by),
                "confirmed_by": str(w.confirmed_by),
            }
            for w in waivers
        ],
    }


def _rows_digest(session: Session, anew: RecertificationRow) -> str | None:
    """Digest of the newer rows that a re-certified version was judged on; None: its hold-out."""
    if anew.dataset_version_id is None:
        return None
    return session.get_one(DatasetVersionRow, anew.dataset_version_id).frame_digest


def pinned_policy(view: View, version: ModelVersionRow) -> tuple[PolicyVersionRow, Policy]:
    """The policy a version was submitted under.

    Raises:
        Conflict: it was never submitted.
    """
    if version.policy_version_id is None:
        raise Conflict("the version was never submitted, so no policy is pinned")
    row = view.session.get_one(PolicyVersionRow, version.policy_version_id)
    return row, policy_of(row)


def latest_evaluation(session: Session, version_id: uuid.UUID) -> GateEvaluationRow | None:
    """The newest judgement of a version as it was submitted last.

    None while a version that was submitted anew waits for its verdicts, or the gates broke: what
    an earlier submission was told says nothing about this one.
    """
    return session.execute(judgements_of(version_id).limit(1)).scalar_one_or_none()


def latest_card(session: Session, version_id: uuid.UUID) -> CardVersionRow | None:
    """The newest card of a version."""
    return session.execute(
        select(CardVersionRow)
        .where(CardVersionRow.model_version_id == version_id)
        .order_by(CardVersionRow.number.desc())
        .limit(1)
    ).scalar_one_or_none()


def waivers_of(session: Session, evaluation_id: uuid.UUID) -> list[WaiverRow]:
    """Waivers of an evaluation that have not ended on record, by check."""
    return list(
        session.execute(
            select(WaiverRow)
            .where(WaiverRow.gate_evaluation_id == evaluation_id, WaiverRow.ended_at.is_(None))
            .order_by(WaiverRow.check_key)
        ).scalars()
    )


def report_of(session: Session, evaluation: GateEvaluationRow, policy: Policy) -> GateReport:
    """The report as it was recorded."""
    rows = session.execute(
        select(CheckResultRow.document)
        .where(CheckResultRow.gate_evaluation_id == evaluation.id)
        .order_by(CheckResultRow.position)
    ).scalars()
    return GateReport(
        policy=policy.name,
        policy_version=policy.version,
        policy_digest=policy.digest(),
        results=tuple(CheckResult.model_validate(document) for document in rows),
    )


def card_of(row: CardVersionRow) -> ModelCard:
    """The card as it was issued."""
    return ModelCard.model_validate(row.document)


def still_blocking(
    policy: Policy, report: GateReport, waivers: list[WaiverRow], now: datetime
) -> tuple[Block, ...]:
    """What stands in the way, with confirmed waivers taken into account."""
    return standing(policy, report, [_waiver(w, report, now) for w in waivers], at=now).blocks


def _waiver(waiver: WaiverRow, report: GateReport, now: datetime) -> Waiver:
    by = [WaiverSigner(person=str(waiver.proposed_by), role=waiver.proposed_role)]
    if waiver.confirmed_by is not None:
        by.append(WaiverSigner(person=str(waiver.confirmed_by), role=waiver.confirmed_role))
    return Waiver(
        key=waiver.check_key,
        report=report.digest(),
        by=tuple(by),
        reason=waiver.reason,
        # Another confirmation may carry a time after the start of this transaction.
        confirmed_at=min(waiver.confirmed_at or waiver.proposed_at, now),
        expires_at=waiver.expires_at,
        monitor=waiver.obligation,
    )
