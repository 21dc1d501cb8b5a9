"""Served traffic against the reference that the bundle keeps."""

import importlib
from pathlib import Path
from typing import Any

import pandas as pd

from accredit_engine.bundle.contract import Contract, Kind
from accredit_governance.errors import Conflict
from accredit_governance.monitoring.alerts import assess_drift
from accredit_governance.monitoring.drift import measure_drift
from accredit_governance.monitoring.performance import measure_performance
from accredit_governance.monitoring.report import ColumnKind
from accredit_governance.monitoring.rules import DriftRules
from accredit_governance.monitoring.windows import Window
from accredit_governance.operations.drift import MadeReport, record_drift
from accredit_governance.questions.work import ServedRow, Watch, served_rows, watch_facts
from accredit_governance.registry.artifacts import file_digest
from accredit_platform.jobs.context import JobContext
from accredit_platform.jobs.handlers.records import Workplace, load_model, workplace

MAX_ROWS = 100_000
_KINDS = {
    Kind.NUMERIC: ColumnKind.NUMERIC,
    Kind.CATEGORICAL: ColumnKind.CATEGORICAL,
    Kind.ORDINAL: ColumnKind.CATEGORICAL,
    Kind.BOOLEAN: ColumnKind.BOOLEAN,
    Kind.DATETIME: ColumnKind.DATETIME,
    # A report names categories, and a text can name people: its length stands for it.
    Kind.TEXT: ColumnKind.NUMERIC,
}


def drift(job: JobContext) -> None:
    """Measure drift, decide on alerts, have Evidently draw its report, record all of it.

    Raises:
        Conflict: nothing was served in the window.
    """
    with workplace(job) as place:
        facts = watch_facts(place.database, place.actor, job.subject_id)
        rows = served_rows(place.database, place.actor, job.subject_id, limit=MAX_ROWS)
        if not rows:
            raise Conflict("nothing was served in this window, so there is nothing to compare")
        job.progress(0.1, f"comparing {len(rows):,} served rows with the reference")
        contract = Contract.from_dict(facts.contract)
        kinds = {column.name: _KINDS[column.kind] for column in contract.columns}
        reference = _reference(place, facts, contract)
        current = _current(rows, contract)
        report = measure_drift(
            reference, current, facts.rules, kinds=kinds, attribution=facts.attribution
        )
        assessment = assess_drift(report, facts.rules)
        job.progress(0.4, "drawing Evidently's report")
        html, data = _draw(place, job.workspace, reference, current, kinds)
        record_drift(
            place.database,
            place.actor,
            job.job_id,
            job.fence,
            made=MadeReport(
                window_from=min(row.predicted_at for row in rows),
                drift=report.model_dump(mode="json"),
                performance=_performance(rows, contract, facts.rules),
                html_artifact=html,
                json_artifact=data,
                verdict=report.verdict,
            ),
            alerts=assessment.alerts,
        )


def _reference(place: Workplace, facts: Watch, contract: Contract) -> Window:
    folder = place.services.artifacts.folder(facts.bundle_digest)
    model = load_model(place, facts.bundle_digest)
    inputs = pd.read_parquet(folder / "reference" / "inputs.parquet")
    binary = contract.favourable is not None
    score = model.favourable_probability(inputs) if binary else None
    return Window(
        without_texts(inputs, contract),
        score=None if score is None else pd.Series(score, index=inputs.index),
        selected=pd.Series(model.decide(inputs), index=inputs.index) if binary else None,
        label="reference in the bundle",
        content_digest=file_digest(folder / "reference" / "inputs.parquet"),
    )


def _current(rows: list[ServedRow], contract: Contract) -> Window:
    names = [column.name for column in contract.columns]
    inputs = pd.DataFrame([row.inputs for row in rows], columns=names)
    binary = contract.favourable is not None
    return Window(
        without_texts(inputs, contract),
        score=pd.Series([row.score for row in rows], dtype="float64") if binary else None,
        selected=pd.Series([row.decision == "favourable" for row in rows]) if binary else None,
        label="served traffic",
        starts_at=min(row.predicted_at for row in rows),
        ends_at=max(row.predicted_at for row in rows),
    )


def without_texts(inputs: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """Inputs with every text column replaced by the number of its characters."""
    texts = [column.name for column in contract.columns if column.kind is Kind.TEXT]
    lengths = {
        name: inputs[name].astype("str").str.len().where(inputs[name].notna()).astype("float64")
        for name in texts
    }
    return inputs.assign(**lengths)


def _draw(
    place: Workplace,
    workspace: Path,
    reference: Window,
    current: Window,
    kinds: dict[str, ColumnKind],
) -> tuple[str, str]:
    # Evidently takes seconds and hundreds of megabytes to load: only the jobs that need it pay.
    evidently = importlib.import_module("accredit_governance.monitoring.evidently_report")
    folder = workspace / "evidently"
    folder.mkdir(exist_ok=True)
    made = evidently.write_evidently_report(reference, current, folder, seed=0, kinds=kinds)
    artifacts = place.services.artifacts
    return (
        artifacts.keep_file(folder / made.html.name),
        artifacts.keep_file(folder / made.json_file.name),
    )


def _performance(
    rows: list[ServedRow], contract: Contract, rules: DriftRules
) -> dict[str, Any] | None:
    """Realised performance by day, where outcomes are in; None without a binary outcome."""
    if contract.favourable is None or not any(row.label is not None for row in rows):
        return None
    frame = pd.DataFrame(
        {
            "cohort": [row.predicted_at.date().isoformat() for row in rows],
            "score": [row.score for row in rows],
            "selected": [row.decision == "favourable" for row in rows],
            "outcome": pd.Series(
                [None if row.label is None else row.label == contract.favourable for row in rows],
                dtype="object",
            ),
        }
    )
    return measure_performance(frame, rules).model_dump(mode="json")
