"""From the gates to the signatures: recording verdicts, issuing the card, opening the review."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import func, select

from accredit_governance.access.permissions import Permission, Role
from accredit_governance.audit.building_events import (
    ApprovalRequested,
    CardIssued,
    GatesErrored,
    GatesEvaluated,
)
from accredit_governance.cards.build import build_card
from accredit_governance.documents import Json, json_digest
from accredit_governance.errors import Conflict, InvalidInput
from accredit_governance.gates.results import CheckResult, GateReport
from accredit_governance.lifecycle.approvals import Stage
from accredit_governance.lifecycle.versions import VersionAction
from accredit_governance.operations.assessments import pinned_assessment
from accredit_governance.operations.card_inputs import card_inputs
from accredit_governance.operations.change_plans import short_path
from accredit_governance.operations.door import Transaction, operation
from accredit_governance.operations.subjects import (
    latest_card,
    pinned_policy,
    report_of,
    still_blocking,
    subject_of,
    waivers_of,
)
from accredit_governance.operations.versions import makers_of, move
from accredit_governance.operations.work import complete, conclude
from accredit_governance.policy.document import Policy
from accredit_governance.registry.tables import (
    ApprovalRequestRow,
    CardVersionRow,
    CheckResultRow,
    GateEvaluationRow,
    ModelVersionRow,
)

MAX_REASON = 1_000


@operation(Permission.SYSTEM_RECORD, records=GatesEvaluated)
def record_gates(
    tx: Transaction,
    job_id: uuid.UUID,
    fence: int,
    *,
    report: GateReport,
    probes_digest: str | None = None,
) -> None:
    """Record every check, move the version, and open the review when nothing blocks.

    Args:
        tx: the change.
        job_id: the job that judged.
        fence: its claim.
        report: the verdicts.
        probes_digest: of the file that keeps what the model was asked beyond its answers.

    Raises:
        Conflict: the report was made under another policy than the pinned one.
    """
    job = complete(tx, job_id, fence)
    version = tx.load(ModelVersionRow, job.subject_id, noun="model version")
    policy_row, policy = pinned_policy(tx, version)
    if report.policy_digest != policy_row.digest:
        raise Conflict("the gates ran under another policy than the one that was pinned")
    evaluation = tx.add(
        GateEvaluationRow(
            project_id=version.project_id,
            model_version_id=version.id,
            policy_version_id=policy_row.id,
            digest=report.digest(),
            probes_digest=probes_digest,
            # Clocks of two machines differ; what is judged was submitted before.
            created_at=max(tx.now, version.submitted_at or tx.now),
        )
    )
    for position, result in enumerate(report.results):
        tx.session.add(_result_row(evaluation.id, position, result))
    verdicts = [result.verdict.value for result in report.results]
    blocking = [block.key for block in still_blocking(policy, report, [], tx.now)]
    tx.record(
        GatesEvaluated(
            model_version=version.id,
            policy_digest=report.policy_digest,
            report_digest=evaluation.digest,
            probes_digest=probes_digest,
            verdicts={verdict: verdicts.count(verdict) for verdict in sorted(set(verdicts))},
            blocking=blocking,
        ),
        resource=evaluation.id,
        project=version.project_id,
    )
    if blocking:
        reason = f"{len(blocking)} required checks did not pass"
        move(tx, version, VersionAction.FAIL_GATES, cause="gates", reason=reason)
    else:
        move(tx, version, VersionAction.PASS_GATES, cause="gates")
    issue_card(tx, version, evaluation, policy, report)
    if not blocking:
        open_review(tx, version, evaluation, policy)


def _result_row(evaluation_id: uuid.UUID, position: int, result: CheckResult) -> CheckResultRow:
    return CheckResultRow(
        gate_evaluation_id=evaluation_id,
        key=result.key,
        position=position,
        required=result.required,
        verdict=result.verdict,
        value=result.value,
        n=result.n,
        threshold=result.threshold,
        document=result.model_dump(mode="json"),
    )


@operation(Permission.SYSTEM_RECORD, records=GatesErrored)
def fail_gates(tx: Transaction, job_id: uuid.UUID, *, error: dict[str, Json]) -> None:
    """Record that the gates could not be run. An error is never a pass.

    Raises:
        Superseded: the failure of this job was told before.
        IllegalTransition: the version waits for no gates.
    """
    job = conclude(tx, job_id)
    version = tx.load(ModelVersionRow, job.subject_id, noun="model version")
    code = str(error.get("code", "unknown"))
    told = f": {error['message']}" if error.get("message") else ""
    reason = f"the gates ended in {code}{told}"[:MAX_REASON]
    move(tx, version, VersionAction.FAIL_GATES, cause="gates", reason=reason)
    tx.record(
        GatesErrored(model_version=version.id, code=code),
        resource=version.id,
        project=version.project_id,
    )


def issue_card(
    tx: Transaction,
    version: ModelVersionRow,
    evaluation: GateEvaluationRow,
    policy: Policy,
    report: GateReport,
) -> CardVersionRow:
    """Generate the card of a version as it stands now.

    Raises:
        InvalidInput: people have not written what only they can write.
    """
    waivers = [w for w in waivers_of(tx.session, evaluation.id) if w.confirmed_by is not None]
    card = build_card(card_inputs(tx, version, policy, report, waivers))
    missing = card.missing_fields()
    if missing:
        raise InvalidInput(
            f"the card lacks what people have to write: {', '.join(missing)}",
            [{"pointer": p, "detail": "required"} for p in missing],
        )
    last = tx.session.execute(
        select(func.max(CardVersionRow.number)).where(CardVersionRow.model_version_id == version.id)
    ).scalar_one()
    row = tx.add(
        CardVersionRow(
            project_id=version.project_id,
            model_version_id=version.id,
            number=(last or 0) + 1,
            digest=card.digest(),
            document=card.model_dump(mode="json"),
            created_at=tx.now,
        )
    )
    tx.record(
        CardIssued(model_version=version.id, number=row.number, card_digest=row.digest),
        resource=row.id,
        project=row.project_id,
    )
    return row


def open_review(
    tx: Transaction, version: ModelVersionRow, evaluation: GateEvaluationRow, policy: Policy
) -> None:
    """Ask for the signatures that the policy demands, over the subject as it stands now.

    A version inside the envelope of its change plan takes the short path instead.

    Raises:
        Conflict: no policy is pinned, or there is no card.
    """
    makers = makers_of(tx, version)
    subject = subject_of(tx.session, version, evaluation)
    card = latest_card(tx.session, version.id)
    if version.policy_version_id is None or card is None:
        raise Conflict("a version without pinned policy and card cannot be reviewed")
    tier = pinned_assessment(tx.session, version.id).tier
    stages = [
        Stage(name=stage.name, role=Role(stage.role), quorum=stage.quorum)
        for stage in policy.stages_of(tier)
    ]
    stages = short_path(tx, version, report_of(tx.session, evaluation, policy), stages)
    row = tx.add(
        ApprovalRequestRow(
            project_id=version.project_id,
            model_version_id=version.id,
            card_version_id=card.id,
            gate_evaluation_id=evaluation.id,
            policy_version_id=version.policy_version_id,
            subject=subject,
            subject_digest=json_digest(subject),
            stages=[stage.model_dump(mode="json") for stage in stages],
            state="open",
            created_at=tx.now,
            escalate_at=_in_days(tx.now, policy.approval.escalate_days),
            lapse_at=_in_days(tx.now, policy.approval.lapse_days),
            **makers.model_dump(),
        )
    )
    tx.record(
        ApprovalRequested(
            model_version=version.id,
            subject_digest=row.subject_digest,
            stages=[stage.name for stage in stages],
        ),
        resource=row.id,
        project=row.project_id,
    )


def _in_days(now: datetime, days: int | None) -> datetime | None:
    return None if days is None else now + timedelta(days=days)
