"""Reading a model that was built elsewhere: a file and what is stated about it in, a bundle out.

A file that kills this process fails the job and nothing else.
"""

import json
import shutil
from typing import Any, Final

from accredit_engine.bundle.contract import Kind, Label, Task, category_text
from accredit_engine.data.source import frame_digest
from accredit_engine.external.importing import Imported, Rows, import_model
from accredit_engine.external.stated import Stated
from accredit_engine.families.foreign import StatedInput
from accredit_governance.operations.external import finish_import
from accredit_governance.questions.external import ImportFacts, import_facts
from accredit_platform.jobs.context import JobContext
from accredit_platform.jobs.handlers.records import read_frame, workplace

_JUDGED_ON: Final = 1.0
"""Share of the rows that are left aside for the gates: all of them."""


def import_version(job: JobContext) -> None:
    """Read the file, compare it with what is stated, keep it as a bundle and register it.

    Raises:
        LibraryAbsent, UnreadableModel, UnsafeModel: the file cannot be read.
        ModelMismatch: it is not what is stated.
    """
    with workplace(job) as place:
        facts = import_facts(place.database, place.actor, job.subject_id)
        job.progress(0.1, "reading the rows that the model is compared with")
        judged = read_frame(place, facts.data_artifact)
        trained = (
            None if facts.training_artifact is None else read_frame(place, facts.training_artifact)
        )
        job.progress(0.3, "reading the model and comparing it with what is stated")
        artifacts = place.services.artifacts
        folder = job.workspace / "bundle"
        # An earlier attempt may have been killed between writing and recording.
        shutil.rmtree(folder, ignore_errors=True)
        imported = import_model(
            folder,
            artifacts.file(facts.file_digest).read_bytes(),
            facts.terms.kind,
            stated=_stated(facts),
            rows=Rows(judged, trained, tuple(f.column for f in facts.use_case.sensitive_features)),
            origin={
                "kind": facts.terms.kind,
                "file_digest": facts.file_digest,
                **facts.terms.origin.model_dump(mode="json"),
            },
        )
        job.progress(0.9, "recording the bundle")
        artifacts.keep_folder(folder, imported.digest)
        finish_import(
            place.database,
            place.actor,
            job.job_id,
            job.fence,
            record={
                "run": _record(facts, imported, None if trained is None else len(trained)),
                "contract": json.loads(json.dumps(imported.contract.to_dict())),
                "holdout": {
                    "rows": len(judged),
                    "share": _JUDGED_ON,
                    "digest": frame_digest(judged),
                },
                "leaderboard": [],
            },
            bundle_digest=imported.digest,
        )


def _stated(facts: ImportFacts) -> Stated:
    terms, contract = facts.use_case, facts.terms.contract
    favourable: Label | None = None
    if terms.task == "binary":
        wanted = {category_text(label) for label in terms.favourable_labels}
        favourable = next((c for c in contract.classes if category_text(c) in wanted), None)
    return Stated(
        task=Task(terms.task),
        target=terms.target,
        classes=contract.classes,
        favourable=favourable,
        threshold=contract.threshold,
        inputs=tuple(
            StatedInput(column.name, Kind(column.kind), column.categories)
            for column in contract.columns
        ),
    )


def _record(
    facts: ImportFacts, imported: Imported, rows_train: int | None
) -> dict[str, Any]:  # JSON
    """What a run would have recorded, as far as an import knows it."""
    stated = {
        "kind": facts.terms.kind,
        "file_digest": facts.file_digest,
        **facts.terms.origin.model_dump(mode="json"),
    }
    return {
        "built_elsewhere": {
            **stated,
            "answers_differ_by": imported.gap,
            "attributions": "exact" if imported.exact else "sampled",
        },
        "settings": {
            "target": facts.use_case.target,
            "task": facts.use_case.task,
            "built_elsewhere": stated,
        },
        "rows": rows_train,
        "findings": [],
        "trials": [],
    }
