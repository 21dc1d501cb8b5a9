"""Proving that a bundle can serve, before it does."""

from accredit_governance.operations.deployments import activate_deployment
from accredit_governance.questions.work import deployment_bundle
from accredit_platform.jobs.context import JobContext
from accredit_platform.jobs.handlers.records import load_model, workplace


def deploy(job: JobContext) -> None:
    """Verify every digest, load the bundle, reproduce its golden rows, then activate."""
    with workplace(job) as place:
        digest = deployment_bundle(place.database, place.actor, job.subject_id)
        job.progress(0.1, "verifying the bundle")
        load_model(place, digest)
        activate_deployment(place.database, place.actor, job.job_id, job.fence)
