"""Gathering what a model card is built from."""

from sqlalchemy import select

from accredit_governance.cards.card import ModelCard
from accredit_governance.cards.inputs import CardInputs
from accredit_governance.cards.reading import Record, at
from accredit_governance.cards.sections import (
    Identity,
    MonitoringPlan,
    Obligation,
    Purpose,
    Statements,
    UnclosedFinding,
)
from accredit_governance.errors import Conflict
from accredit_governance.gates.results import GateReport
from accredit_governance.monitoring.rules import DriftRules
from accredit_governance.operations.assessments import pinned_assessment
from accredit_governance.operations.blocking import unclosed_findings
from accredit_governance.operations.door import Transaction
from accredit_governance.policy.document import Monitoring, Policy
from accredit_governance.registry.tables import (
    CardVersionRow,
    DatasetRow,
    DatasetVersionRow,
    ModelRow,
    ModelVersionRow,
    PrincipalRow,
    RunRow,
    UseCaseRow,
    WaiverRow,
)
from accredit_governance.registry.terms import CardStatements, UseCaseTerms


def card_inputs(
    tx: Transaction,
    version: ModelVersionRow,
    policy: Policy,
    report: GateReport,
    waivers: list[WaiverRow],
) -> CardInputs:
    """Everything the card of a version says, from the records.

    Raises:
        Conflict: the run has no record, or nobody described the version.
    """
    session = tx.session
    run = session.get_one(RunRow, version.run_id)
    model = session.get_one(ModelRow, version.model_id)
    use_case = session.get_one(UseCaseRow, model.use_case_id)
    data = session.get_one(DatasetVersionRow, run.dataset_version_id)
    dataset = session.get_one(DatasetRow, data.dataset_id)
    owner = session.get_one(PrincipalRow, use_case.owner_id)
    terms = UseCaseTerms.model_validate(use_case.document)
    assessment = pinned_assessment(session, version.id)
    decider = session.get_one(PrincipalRow, assessment.decided_by)
    if version.statements is None or run.record_digest is None or data.frame_digest is None:
        raise Conflict("a card needs the run's record and the statements of people")
    statements = CardStatements.model_validate(version.statements)
    return CardInputs(
        identity=Identity(
            model=model.name,
            title=terms.title,
            version=version.number,
            model_id=model.id,
            version_id=version.id,
            run_id=run.id,
            dataset_id=dataset.id,
            bundle_digest=version.bundle_digest,
            dataset_digest=data.frame_digest,
            run_digest=run.record_digest,
            made_at=version.created_at,
        ),
        purpose=Purpose(
            use_case=use_case.name,
            purpose=terms.purpose,
            prohibited_uses=terms.prohibited_uses,
            owner=owner.title,
            risk_tier=str(assessment.tier),
            domain=terms.domain,
            ai_act_class=assessment.ai_act_class,
            assessed_by_rule=assessment.rule,
            assessment_approved_by=decider.title,
            jurisdictions=terms.jurisdictions,
        ),
        statements=Statements(**statements.model_dump()),
        dataset_name=dataset.name,
        dataset_version=data.number,
        profile=data.profile,
        run=run.record["run"],
        contract=run.record["contract"],
        gates=report,
        attribution=attribution_of(report),
        explanation_method=_explanation_method(run.record["run"]),
        monitoring=MonitoringPlan(
            schedule=policy.monitoring.schedule,
            rules=drift_rules(policy.monitoring),
            obligations=tuple(
                Obligation(
                    check=w.check_key,
                    text=w.obligation,
                    reason=w.reason,
                    until=w.expires_at.date(),
                )
                for w in waivers
            ),
            findings=tuple(
                UnclosedFinding(
                    title=row.title, severity=row.severity, state=row.state, due_on=row.due_on
                )
                for row in unclosed_findings(session, version)
            ),
        ),
        previous=_previous_card(tx, version),
    )


def _explanation_method(run: Record) -> str:
    """How attributions came about; runs that are governed have exact ones only."""
    if at(run, "built_elsewhere.attributions") == "sampled":
        return "Shapley values sampled against a few rows, summed to raw columns"
    return "exact attributions of every member, summed to raw columns"


def attribution_of(report: GateReport) -> dict[str, float]:
    """Raw column → mean |attribution|, as the explainability gate measured it."""
    for result in report.results:
        ranking = result.details.get("ranking")
        if result.check == "dominance" and isinstance(ranking, list):
            return {str(entry["column"]): float(entry["mean_abs"]) for entry in ranking}
    return {}


def attribution_shares_of(report: GateReport) -> dict[str, float]:
    """Raw column → its share of the mean |attribution|; the shares add up to 1."""
    measured = attribution_of(report)
    total = sum(measured.values())
    return {column: value / total for column, value in measured.items()} if total else {}


def drift_rules(monitoring: Monitoring) -> DriftRules:
    """The drift detector's limits, from a policy's monitoring section."""
    return DriftRules(
        tolerance=monitoring.drift.tolerance,
        psi_warn=monitoring.drift.psi_warn,
        psi_alert=monitoring.drift.psi_alert,
        drifted_share=monitoring.drift.max_drifted_share,
        null_share_increase=monitoring.max_null_increase,
        unseen_share=monitoring.max_unseen_share,
        performance_drop=monitoring.max_performance_drop,
        min_rows=monitoring.window_min_rows,
    )


def _previous_card(tx: Transaction, version: ModelVersionRow) -> ModelCard | None:
    """Newest card of the version before this one, if it has a card in today's form."""
    document = tx.session.execute(
        select(CardVersionRow.document)
        .join(ModelVersionRow, ModelVersionRow.id == CardVersionRow.model_version_id)
        .where(
            ModelVersionRow.model_id == version.model_id, ModelVersionRow.number < version.number
        )
        .order_by(ModelVersionRow.number.desc(), CardVersionRow.number.desc())
        .limit(1)
    ).scalar_one_or_none()
    return None if document is None else ModelCard.model_validate(document)
