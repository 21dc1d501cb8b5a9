"""Judging a submitted version: its bundle asked about untouched rows, its policy applied."""

from dataclasses import replace

from accredit_engine import FittedModel
from accredit_engine.data.source import frame_digest
from accredit_governance.errors import DamagedArtifact
from accredit_governance.gates.evaluate import evaluate
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.gather import gather_evidence
from accredit_governance.gates.probing.case import Case, Incumbent
from accredit_governance.gates.probing.gather import gather_probes
from accredit_governance.operations.reviews import record_gates
from accredit_governance.questions.work import ChampionFacts, SubmissionFacts, submission_facts
from accredit_platform.jobs.context import JobContext
from accredit_platform.jobs.handlers.records import (
    Workplace,
    load_model,
    read_oof,
    split,
    workplace,
)


def gates(job: JobContext) -> None:
    """Evaluate every check of the pinned policy and record the report.

    Raises:
        DamagedArtifact: the hold-out is not the one that the run left aside.
    """
    with workplace(job) as place:
        facts = submission_facts(place.database, place.actor, job.subject_id)
        evidence = evidence_of(job, place, facts)
        job.progress(0.9, "evaluating the checks of the policy")
        declared = [feature.column for feature in facts.run.terms.sensitive_features]
        report = evaluate(facts.policy, evidence, declared=declared)
        job.progress(0.95, "recording the verdicts")
        record_gates(place.database, place.actor, job.job_id, job.fence, report=report)


def evidence_of(job: JobContext, place: Workplace, facts: SubmissionFacts) -> Evidence:
    """Everything that the checks of a policy may look at.

    Raises:
        DamagedArtifact: the hold-out is not the one that the run left aside.
    """
    job.progress(0.02, "verifying and loading the bundle")
    model = load_model(place, facts.bundle_digest)
    train, holdout = split(place, facts.run)
    if frame_digest(holdout) != facts.run.holdout_digest:
        raise DamagedArtifact("the test rows are not those that the run left aside")
    job.progress(0.05, "explaining every test row")
    evidence = gather_evidence(
        model,
        terms=facts.run.terms,
        train=train,
        holdout=holdout,
        oof=read_oof(place, facts.run.evidence_digest),
        findings=facts.run.findings,
    )
    case = Case(
        model=model,
        folder=place.services.artifacts.folder(facts.bundle_digest),
        terms=facts.run.terms,
        policy=facts.policy,
        train=train,
        holdout=holdout.loc[evidence.inputs.index],
        evidence=evidence,
        record=facts.record,
        monotone=facts.run.spec.monotone,
        rationale=facts.rationale,
        incumbent=_incumbent(place, facts.champion),
        cores=job.settings.cores,
        progress=lambda share, message: job.progress(0.2 + 0.7 * share, message),
    )
    return replace(evidence, probes=gather_probes(case))


def _incumbent(place: Workplace, champion: ChampionFacts | None) -> Incumbent | None:
    if champion is None:
        return None
    model: FittedModel = load_model(place, champion.bundle_digest)
    train, _ = split(place, champion.run)
    return Incumbent(champion.name, model, train)
