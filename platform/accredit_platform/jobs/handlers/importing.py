"""Reading a model that was built elsewhere: a file and what is stated about it in, a bundle out.

A file that kills this process fails the job and nothing else.
"""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import pandas as pd

from accredit_engine.bundle.bundle import write_papers
from accredit_engine.bundle.contract import Kind, Label, Task, category_text
from accredit_engine.data.finding import Finding
from accredit_engine.data.source import frame_digest
from accredit_engine.errors import ModelMismatch
from accredit_engine.external.importing import Rows, import_model
from accredit_engine.external.stated import Stated
from accredit_engine.families.foreign import StatedInput
from accredit_governance.gates.reported import reported_evidence
from accredit_governance.operations.external import finish_import
from accredit_governance.questions.external import ImportFacts, import_facts
from accredit_platform.jobs.context import JobContext
from accredit_platform.jobs.handlers.records import Workplace, read_frame, workplace

_Json: TypeAlias = dict[str, Any]

_JUDGED_ON: Final = 1.0
"""Share of the rows that are left aside for the gates: all of them."""


def import_version(job: JobContext) -> None:
    """Read the file, compare it with what is stated, keep it as a bundle and register it.

    Of a model that stays with its vendor, the papers are kept instead.

    Raises:
        LibraryAbsent, UnreadableModel, UnsafeModel: the file cannot be read.
        ModelMismatch: it is not what is stated.
        EvidenceUnusable: answers that were reported are no numbers.
    """
    with workplace(job) as place:
        facts = import_facts(place.database, place.actor, job.subject_id)
        job.progress(0.1, "reading the rows that the model is compared with")
        judged = read_frame(place, facts.data_artifact)
        folder = job.workspace / "bundle"
        # An earlier attempt may have been killed between writing and recording.
        shutil.rmtree(folder, ignore_errors=True)
        job.progress(0.3, "reading the model and comparing it with what is stated")
        bring = _papers if facts.terms.is_at_the_vendor else _model
        digest, run, contract = bring(place, facts, folder, judged)
        job.progress(0.9, "recording the bundle")
        place.services.artifacts.keep_folder(folder, digest)
        finish_import(
            place.database,
            place.actor,
            job.job_id,
            job.fence,
            record={
                "run": run,
                "contract": contract,
                "holdout": {
                    "rows": len(judged),
                    "share": _JUDGED_ON,
                    "digest": frame_digest(judged),
                },
                "leaderboard": [],
            },
            bundle_digest=digest,
        )


def _model(
    place: Workplace, facts: ImportFacts, folder: Path, judged: pd.DataFrame
) -> tuple[str, _Json, _Json]:
    """Bundle digest, record and contract of a model that is brought as a file."""
    digest = facts.training_artifact
    trained = None if digest is None else read_frame(place, digest)
    imported = import_model(
        folder,
        place.services.artifacts.file(facts.file_digest or "").read_bytes(),
        facts.terms.kind,
        stated=_stated(facts),
        rows=Rows(judged, trained, tuple(f.column for f in facts.use_case.sensitive_features)),
        origin=_origin(facts),
    )
    run = _record(facts, None if trained is None else len(trained), imported.findings) | {
        "built_elsewhere": {
            **_origin(facts),
            "answers_differ_by": imported.gap,
            "attributions": "exact" if imported.exact else "sampled",
        }
    }
    return imported.digest, run, json.loads(json.dumps(imported.contract.to_dict()))


def _papers(
    place: Workplace, facts: ImportFacts, folder: Path, judged: pd.DataFrame
) -> tuple[str, _Json, _Json]:
    """Bundle digest, record and contract of a model that stays with its vendor."""
    # What cannot be judged is refused now, not when the gates look at it.
    reported_evidence(judged, terms=facts.use_case, answers=facts.terms.answers, checks=())
    stated = facts.terms.model_dump(mode="json") | {"papers": facts.documents}
    papers = {
        f"{digest}{Path(name).suffix}": place.services.artifacts.file(digest).read_bytes()
        for digest, name in facts.documents.items()
    }
    digest = write_papers(folder, config={"built_elsewhere": stated}, papers=papers)
    answers = facts.terms.answers
    contract: _Json = {
        "task": facts.use_case.task,
        "target": facts.use_case.target,
        "classes": [],
        "favourable": None,
        "threshold": None if answers is None else answers.threshold,
        "columns": [],
        "left_out": [],
    }
    return digest, _record(facts, None, None) | {"built_elsewhere": _origin(facts)}, contract


def _origin(facts: ImportFacts) -> _Json:
    return {
        "kind": facts.terms.kind,
        "file_digest": facts.file_digest,
        **facts.terms.origin.model_dump(mode="json"),
    }


def _stated(facts: ImportFacts) -> Stated:
    terms, contract = facts.use_case, facts.terms.contract
    if contract is None:
        raise ModelMismatch("a model that is brought as a file needs a contract")
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
    facts: ImportFacts, rows_train: int | None, findings: Sequence[Finding] | None
) -> _Json:
    """What a run would have recorded, as far as an import knows it."""
    return {
        "settings": {
            "target": facts.use_case.target,
            "task": facts.use_case.task,
            "built_elsewhere": _origin(facts),
        },
        "rows": rows_train,
        "findings": None if findings is None else [found.to_dict() for found in findings],
        "trials": [],
    }
