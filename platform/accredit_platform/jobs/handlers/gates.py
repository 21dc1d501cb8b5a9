"""Judging a submitted version: its bundle asked about untouched rows, its policy applied."""

from accredit_engine.data.source import frame_digest
from accredit_governance.errors import DamagedArtifact
from accredit_governance.gates.evaluate import evaluate
from accredit_governance.gates.gather import gather_evidence
from accredit_governance.operations.reviews import record_gates
from accredit_governance.questions.work import submission_facts
from accredit_platform.jobs.context import JobContext
from accredit_platform.jobs.handlers.records import load_model, read_oof, split, workplace


def gates(job: JobContext) -> None:
    """Evaluate every check of the pinned policy and record the report.

    Raises:
        DamagedArtifact: the hold-out is not the one that the run left aside.
    """
    with workplace(job) as place:
        facts = submission_facts(place.database, place.actor, job.subject_id)
        job.progress(0.05, "verifying and loading the bundle")
        model = load_model(place, facts.bundle_digest)
        train, holdout = split(place, facts.run)
        if frame_digest(holdout) != facts.run.holdout_digest:
            raise DamagedArtifact("the test rows are not those that the run left aside")
        job.progress(0.2, "explaining every test row")
        evidence = gather_evidence(
            model,
            terms=facts.run.terms,
            train=train,
            holdout=holdout,
            oof=read_oof(place, facts.run.evidence_digest),
            findings=facts.run.findings,
        )
        job.progress(0.5, "evaluating the checks of the policy")
        declared = [feature.column for feature in facts.run.terms.sensitive_features]
        report = evaluate(facts.policy, evidence, declared=declared)
        job.progress(0.95, "recording the verdicts")
        record_gates(place.database, place.actor, job.job_id, job.fence, report=report)
