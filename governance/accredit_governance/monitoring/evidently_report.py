"""Evidently's report for people: a second opinion on drift. It never raises an alert.

Evidently chooses its method by the number of rows and fails as a whole on a column without values.
So method and threshold are fixed per kind of column here, columns that it cannot stand are taken
out and named, and large windows are sampled with a seed. Only workers import this module: Evidently
takes seconds and hundreds of megabytes to load.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from pydantic import Field

from accredit_governance.documents import Digest, Document
from accredit_governance.errors import InvalidInput
from accredit_governance.monitoring.histogram import as_numbers, shortened
from accredit_governance.monitoring.report import ColumnKind
from accredit_governance.monitoring.windows import Values, Window, align

# Read by Evidently when it is loaded; nothing about a window may leave the machine.
os.environ["DO_NOT_TRACK"] = "1"

from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset, DataSummaryPreset

MAX_ROWS: Final = 20_000
MAX_CATEGORIES: Final = 200
NUMERIC_METHOD: Final = "wasserstein"
CATEGORICAL_METHOD: Final = "jensenshannon"
THRESHOLD: Final = 0.1


class ReportFile(Document):
    """One file of the report, relative to the folder it was written to."""

    name: str
    content_digest: Digest
    size_bytes: int = Field(ge=0)


class LeftOutColumn(Document):
    """A column that Evidently was not shown, and why."""

    column: str
    reason: str


class EvidentlyReport(Document):
    """What was written, and with which methods. `distances` is Evidently's figure per column."""

    html: ReportFile
    json_file: ReportFile
    evidently_version: str
    numeric_method: str = NUMERIC_METHOD
    categorical_method: str = CATEGORICAL_METHOD
    threshold: float = THRESHOLD
    rows_reference: int = Field(ge=0)
    rows_current: int = Field(ge=0)
    sampled: bool
    distances: dict[str, float]
    left_out: tuple[LeftOutColumn, ...] = ()


def write_evidently_report(
    reference: Window,
    current: Window,
    folder: Path,
    *,
    seed: int,
    kinds: Mapping[str, ColumnKind] | None = None,
) -> EvidentlyReport:
    """Write `evidently.html` and `evidently.json` into an existing folder.

    Args:
        reference: rows the model was judged on.
        current: rows of the period in question.
        folder: where the files go; files of these names are replaced.
        seed: of the sample that is taken from a window above 20,000 rows.
        kinds: declared kinds of columns; the rest is read from the reference.

    Raises:
        InvalidInput: no column is left that both windows can be compared on.
    """
    frames, left_out = _comparable(reference, current, kinds)
    if not frames:
        raise InvalidInput("no column holds enough values in both windows to be compared")
    before = _sample(pd.DataFrame({c: pair[0] for c, pair in frames.items()}), seed)
    after = _sample(pd.DataFrame({c: pair[1] for c, pair in frames.items()}), seed + 1)
    snapshot = _run(before, after)
    document = json.loads(snapshot.json(), parse_constant=lambda _: None)
    body = json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    return EvidentlyReport(
        html=_write(folder, "evidently.html", snapshot.get_html_str(as_iframe=False).encode()),
        json_file=_write(folder, "evidently.json", body),
        evidently_version=version("evidently"),
        rows_reference=len(before),
        rows_current=len(after),
        sampled=max(len(reference.inputs), len(current.inputs)) > MAX_ROWS,
        distances=_distances(document),
        left_out=tuple(left_out),
    )


def _comparable(
    reference: Window, current: Window, kinds: Mapping[str, ColumnKind] | None
) -> tuple[dict[str, tuple[Values, Values]], list[LeftOutColumn]]:
    """Columns that Evidently can stand, read the same way in both windows, and the others."""
    aligned = align(reference.inputs, current.inputs, kinds)
    kept: dict[str, tuple[Values, Values]] = {}
    left_out = [LeftOutColumn(column=c, reason="missing") for c in aligned.missing]
    for name, kind in aligned.kinds.items():
        if name in aligned.missing:
            continue
        pair = _read(reference.inputs[name], kind), _read(current.inputs[name], kind)
        reason = _unbearable(kind, *pair)
        if reason is None:
            kept[name] = pair
        else:
            left_out.append(LeftOutColumn(column=name, reason=reason))
    if reference.score is not None and current.score is not None and "model score" not in kept:
        scores = reference.score, current.score
        kept["model score"] = (
            _read(scores[0], ColumnKind.NUMERIC),
            _read(scores[1], ColumnKind.NUMERIC),
        )
    return kept, left_out


def _read(values: Values, kind: ColumnKind) -> Values:
    if kind is ColumnKind.NUMERIC:
        numbers, _ = as_numbers(values)
        return pd.Series(np.where(np.isfinite(numbers), numbers, np.nan))
    texts = values.astype(object).where(values.notna(), None)
    named = [None if v is None else shortened(str(v)) for v in texts]
    return pd.Series(named, dtype=object)


def _unbearable(kind: ColumnKind, before: Values, after: Values) -> str | None:
    """Why Evidently would fail on a column or say nothing about it; None when it would not."""
    if kind is ColumnKind.DATETIME:
        return "dates move by nature"
    for side, values in (("reference", before), ("current window", after)):
        if int(values.notna().sum()) < 2:
            return f"fewer than two values in the {side}"
    if kind is ColumnKind.NUMERIC:
        return None
    categories = int(pd.concat([before, after]).nunique())
    return f"{categories} categories" if categories > MAX_CATEGORIES else None


def _sample(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    if len(frame) <= MAX_ROWS:
        return frame
    return frame.sample(MAX_ROWS, random_state=seed).sort_index().reset_index(drop=True)


def _run(before: pd.DataFrame, after: pd.DataFrame) -> Any:  # Evidently ships no types
    numeric = [c for c in before.columns if pd.api.types.is_float_dtype(before[c])]
    columns = list(before.columns)
    definition = DataDefinition(
        numerical_columns=numeric,
        categorical_columns=[c for c in columns if c not in set(numeric)],
    )
    drift = DataDriftPreset(
        columns=columns,
        num_method=NUMERIC_METHOD,
        num_threshold=THRESHOLD,
        cat_method=CATEGORICAL_METHOD,
        cat_threshold=THRESHOLD,
        include_tests=False,
    )
    report = Report([drift, DataSummaryPreset(columns=columns)])
    return report.run(
        Dataset.from_pandas(after, data_definition=definition),
        Dataset.from_pandas(before, data_definition=definition),
    )


def _distances(document: Mapping[str, Any]) -> dict[str, float]:  # Evidently's own JSON
    found = {}
    for metric in document["metrics"]:
        config = metric.get("config", {})
        if str(config.get("type", "")).endswith(":ValueDrift") and metric["value"] is not None:
            found[str(config["column"])] = float(metric["value"])
    return found


def _write(folder: Path, name: str, body: bytes) -> ReportFile:
    (folder / name).write_bytes(body)
    digest = hashlib.sha256(body).hexdigest()
    return ReportFile(name=name, content_digest=digest, size_bytes=len(body))
