"""Judging a submitted version: its bundle asked about untouched rows, its policy applied."""

from accredit_governance.gates.kept import write_probes
from accredit_governance.operations.reviews import record_gates
from accredit_governance.questions.work import submission_facts
from accredit_platform.jobs.context import JobContext
from accredit_platform.jobs.handlers.judging import Bench, judge
from accredit_platform.jobs.handlers.records import workplace


def gates(job: JobContext) -> None:
    """Evaluate every check of the pinned policy, keep what was asked, and record the report.

    A job that was interrupted begins again, with the probes that were finished.

    Raises:
        DamagedArtifact: the hold-out is not the one that the run left aside.
    """
    with workplace(job) as place:
        facts = submission_facts(place.database, place.actor, job.subject_id)
        bench = Bench(job.workspace / "probes", job.settings.cores, job.progress)
        judgement = judge(place, facts, facts.policy, bench)
        job.progress(0.95, "recording the verdicts")
        # In the job's own folder, which goes with the job if it is killed here.
        kept = job.workspace / "probes.npz"
        write_probes(judgement.probes, kept)
        record_gates(
            place.database,
            place.actor,
            job.job_id,
            job.fence,
            report=judgement.report,
            probes_digest=place.services.artifacts.keep_file(kept),
        )
