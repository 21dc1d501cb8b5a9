"""Reading an upload: bytes in, verified rows and their profile out."""

import json

from accredit_engine.data.profile import profile
from accredit_engine.data.source import Limits, frame_digest, read_table
from accredit_governance.documents import Json
from accredit_governance.operations.datasets import accept_upload
from accredit_governance.questions.work import upload_facts
from accredit_platform.jobs.context import JobContext
from accredit_platform.jobs.handlers.records import workplace


def ingest(job: JobContext) -> None:
    """Read CSV or Parquet, keep it as Parquet, record digest and profile."""
    with workplace(job) as place:
        facts = upload_facts(place.database, place.actor, job.subject_id)
        job.progress(0.1, "reading the file")
        stored = place.services.artifacts.file(facts.upload_digest)
        # The name says which format it is; the stored file has none.
        named = job.workspace / f"upload{facts.suffix}"
        if not named.exists():
            named.hardlink_to(stored)
        frame = read_table(named, limits=Limits(max_bytes=job.settings.max_upload_bytes))
        job.progress(0.5, f"profiling {len(frame):,} rows × {len(frame.columns)} columns")
        described: Json = json.loads(json.dumps(profile(frame)))
        kept = place.services.artifacts.incoming(".parquet")
        frame.to_parquet(kept, index=False)
        artifact = place.services.artifacts.keep_file(kept)
        accept_upload(
            place.database,
            place.actor,
            job.job_id,
            job.fence,
            artifact=artifact,
            frame_digest=frame_digest(frame),
            rows=len(frame),
            profile=described,
        )
