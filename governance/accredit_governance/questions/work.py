"""What workers need to know before they start. Only the system may ask."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from accredit_governance.access.permissions import Permission
from accredit_governance.documents import Document
from accredit_governance.errors import Conflict
from accredit_governance.gates.results import Verdict
from accredit_governance.lifecycle.aliases import CHAMPION, PRODUCTION
from accredit_governance.lifecycle.versions import VersionState
from accredit_governance.monitoring.rules import DriftRules
from accredit_governance.operations.alias_resolution import open_assignment
from accredit_governance.operations.card_inputs import attribution_shares_of, drift_rules
from accredit_governance.operations.door import View, question
from accredit_governance.operations.policies import policy_of
from accredit_governance.operations.subjects import latest_evaluation, report_of
from accredit_governance.operations.versions import latest_recertification
from accredit_governance.policy.document import Policy
from accredit_governance.registry.external_records import ExternalTerms
from accredit_governance.registry.tables import (
    DatasetVersionRow,
    DeploymentRow,
    DriftReportRow,
    ExternalVersionRow,
    ModelRow,
    ModelVersionRow,
    OutcomeRow,
    PolicyVersionRow,
    PredictionRow,
    RunRow,
    UseCaseRow,
)
from accredit_governance.registry.terms import RunSpec, UseCaseTerms


class UploadFacts(Document):
    """An upload that waits to be read."""

    upload_digest: str
    suffix: str


class RunFacts(Document):
    """A run, and the rows it is made from.

    Attributes:
        data_artifact: rows that a run divides; those that a model built elsewhere is judged on.
        built_elsewhere: what was stated about a model that was imported, not trained.
        training_artifact: rows that a model built elsewhere was trained on, if anybody has them.
        findings: about the training rows; None when nobody has looked at them.
    """

    terms: UseCaseTerms
    spec: RunSpec
    data_artifact: str
    built_elsewhere: ExternalTerms | None = None
    training_artifact: str | None = None
    holdout_digest: str | None
    evidence_digest: str
    findings: tuple[dict[str, Any], ...] | None


class ChampionFacts(Document):
    """The version that a new one has to stand against, and what it was made from."""

    name: str
    bundle_digest: str
    run: RunFacts


class KeptEvidence(Document):
    """What the latest judgement of a version asked its model.

    Attributes:
        probes_digest: of the file that keeps the answers.
        policy: under which they were asked for.
        broken: `gate.check` of the checks that ended in an error.
    """

    probes_digest: str
    policy: Policy
    broken: tuple[str, ...]


class CaseFacts(Document):
    """A version, and everything that its evidence is gathered from.

    Attributes:
        newer_rows: table that a re-certified version is judged on, in place of its hold-out.
    """

    bundle_digest: str
    run: RunFacts
    record: dict[str, Any]
    rationale: str
    champion: ChampionFacts | None
    kept: KeptEvidence | None
    newer_rows: str | None = None


class SubmissionFacts(CaseFacts):
    """A version that waits for its gates."""

    policy: Policy


class Watch(Document):
    """A deployment whose traffic is looked at."""

    bundle_digest: str
    contract: Any
    rules: DriftRules
    attribution: dict[str, float]


class ServedRow(Document):
    """One answer that was given, with its outcome where one is known."""

    predicted_at: datetime
    inputs: dict[str, Any]
    score: float | None
    decision: str | None
    label: bool | int | float | str | None


@question(Permission.SYSTEM_RECORD)
def upload_facts(view: View, version_id: uuid.UUID) -> UploadFacts:
    """Where the bytes of an upload are."""
    row = view.load(DatasetVersionRow, version_id, noun="dataset version")
    return UploadFacts(upload_digest=row.upload_digest, suffix=Path(row.upload_name).suffix.lower())


@question(Permission.SYSTEM_RECORD)
def run_facts(view: View, run_id: uuid.UUID) -> RunFacts:
    """What a run was asked for, and where its rows are."""
    return _run_facts(view, view.load(RunRow, run_id, noun="run"))


def _run_facts(view: View, run: RunRow) -> RunFacts:
    data = view.session.get_one(DatasetVersionRow, run.dataset_version_id)
    use_case = view.session.get_one(UseCaseRow, run.use_case_id)
    if data.artifact is None:
        raise Conflict(f"dataset version {data.number} is {data.state}; it has no rows")
    record = run.record or {}
    findings = record.get("run", {}).get("findings", ())
    brought = view.session.execute(
        select(ExternalVersionRow).where(ExternalVersionRow.run_id == run.id)
    ).scalar_one_or_none()
    return RunFacts(
        terms=UseCaseTerms.model_validate(use_case.document),
        spec=RunSpec.model_validate(run.spec),
        data_artifact=data.artifact,
        built_elsewhere=None if brought is None else ExternalTerms.model_validate(brought.terms),
        training_artifact=None if brought is None else _training_artifact(view, brought),
        holdout_digest=record.get("holdout", {}).get("digest"),
        evidence_digest=run.evidence_digest or "",
        findings=None if findings is None else tuple(findings),
    )


def _training_artifact(view: View, brought: ExternalVersionRow) -> str | None:
    if brought.training_version_id is None:
        return None
    return view.session.get_one(DatasetVersionRow, brought.training_version_id).artifact


@question(Permission.SYSTEM_RECORD)
def submission_facts(view: View, version_id: uuid.UUID) -> SubmissionFacts:
    """What the gates of a submitted version need.

    Raises:
        Conflict: no policy is pinned, so nothing can be demanded.
    """
    version = view.load(ModelVersionRow, version_id, noun="model version")
    if version.policy_version_id is None:
        raise Conflict("the version was never submitted, so no policy is pinned")
    policy = view.session.get_one(PolicyVersionRow, version.policy_version_id)
    return SubmissionFacts(**dict(case_facts(view, version)), policy=policy_of(policy))


def case_facts(view: View, version: ModelVersionRow) -> CaseFacts:
    """What the evidence of a version is gathered from."""
    run = view.session.get_one(RunRow, version.run_id)
    newer = _newer_rows(view, version)
    return CaseFacts(
        bundle_digest=version.bundle_digest,
        run=_run_facts(view, run),
        record=run.record["run"],
        rationale=(version.statements or {}).get("choice_rationale", ""),
        champion=_champion(view, version),
        # What was asked about other rows answers nothing about these.
        kept=None if newer is not None else _kept(view, version),
        newer_rows=newer,
    )


def _newer_rows(view: View, version: ModelVersionRow) -> str | None:
    anew = latest_recertification(view.session, version.id)
    if anew is None or anew.dataset_version_id is None:
        return None
    return view.session.get_one(DatasetVersionRow, anew.dataset_version_id).artifact


def _kept(view: View, version: ModelVersionRow) -> KeptEvidence | None:
    evaluation = latest_evaluation(view.session, version.id)
    if evaluation is None or evaluation.probes_digest is None:
        return None
    policy = policy_of(view.session.get_one(PolicyVersionRow, evaluation.policy_version_id))
    report = report_of(view.session, evaluation, policy)
    broken = {f"{r.gate}.{r.check}" for r in report.results if r.verdict is Verdict.ERROR}
    return KeptEvidence(
        probes_digest=evaluation.probes_digest, policy=policy, broken=tuple(sorted(broken))
    )


def _champion(view: View, version: ModelVersionRow) -> ChampionFacts | None:
    """The champion of production, else the newest approved version; another one than this.

    A champion that may not serve now is compared with still: who suspends it turns no check off.
    """
    named = open_assignment(view.session, version.model_id, PRODUCTION, CHAMPION)
    row = None
    if named is not None and named.model_version_id != version.id:
        row = view.session.get_one(ModelVersionRow, named.model_version_id)
    if row is None or row.state == VersionState.PURGED:
        row = _newest_approved(view, version)
    if row is None:
        return None
    model = view.session.get_one(ModelRow, row.model_id)
    return ChampionFacts(
        name=f"{model.name} version {row.number}",
        bundle_digest=row.bundle_digest,
        run=_run_facts(view, view.session.get_one(RunRow, row.run_id)),
    )


def _newest_approved(view: View, version: ModelVersionRow) -> ModelVersionRow | None:
    return view.session.execute(
        select(ModelVersionRow)
        .where(
            ModelVersionRow.model_id == version.model_id,
            ModelVersionRow.id != version.id,
            ModelVersionRow.state == VersionState.APPROVED,
        )
        .order_by(ModelVersionRow.approved_at.desc(), ModelVersionRow.number.desc())
        .limit(1)
    ).scalar_one_or_none()


@question(Permission.SYSTEM_RECORD)
def deployment_bundle(view: View, deployment_id: uuid.UUID) -> str:
    """Digest of the bundle that a deployment serves."""
    row = view.load(DeploymentRow, deployment_id, noun="deployment")
    return view.session.get_one(ModelVersionRow, row.model_version_id).bundle_digest


@question(Permission.SYSTEM_RECORD)
def watch_facts(view: View, report_id: uuid.UUID) -> Watch:
    """What a drift report compares with, and by which rules."""
    report = view.load(DriftReportRow, report_id, noun="drift report")
    deployment = view.session.get_one(DeploymentRow, report.deployment_id)
    version = view.session.get_one(ModelVersionRow, deployment.model_version_id)
    run = view.session.get_one(RunRow, version.run_id)
    policy = policy_of(view.session.get_one(PolicyVersionRow, version.policy_version_id))
    evaluation = latest_evaluation(view.session, version.id)
    attribution = (
        {}
        if evaluation is None
        else attribution_shares_of(report_of(view.session, evaluation, policy))
    )
    return Watch(
        bundle_digest=version.bundle_digest,
        contract=run.record["contract"],
        rules=drift_rules(policy.monitoring),
        attribution=attribution,
    )


@question(Permission.SYSTEM_RECORD)
def served_rows(view: View, report_id: uuid.UUID, *, limit: int) -> list[ServedRow]:
    """Newest answers inside a report's window, at most `limit`, oldest first."""
    report = view.load(DriftReportRow, report_id, noun="drift report")
    statement = (
        select(PredictionRow.predicted_at, PredictionRow.inputs, PredictionRow.answer)
        .add_columns(OutcomeRow.label)
        .outerjoin(OutcomeRow, OutcomeRow.prediction_id == PredictionRow.id)
        .where(
            PredictionRow.deployment_id == report.deployment_id,
            PredictionRow.predicted_at <= report.window_to,
        )
        .order_by(PredictionRow.id.desc())
        .limit(limit)
    )
    if report.window_from is not None:
        statement = statement.where(PredictionRow.predicted_at >= report.window_from)
    rows: Sequence[Any] = view.session.execute(statement).all()
    return [
        ServedRow(
            predicted_at=row.predicted_at,
            inputs=row.inputs,
            score=row.answer.get("score"),
            decision=row.answer.get("decision"),
            label=row.label,
        )
        for row in reversed(rows)
    ]


@question(Permission.SYSTEM_RECORD)
def serving_bundles(view: View) -> list[str]:
    """Digests of the bundles of all active deployments."""
    view.visible_projects()
    return list(
        view.session.execute(
            select(ModelVersionRow.bundle_digest)
            .join(DeploymentRow, DeploymentRow.model_version_id == ModelVersionRow.id)
            .where(DeploymentRow.state == "active")
            .distinct()
        ).scalars()
    )
