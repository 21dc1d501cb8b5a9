"""Data sets to compare on, and their train and test rows.

A data set is a CSV or Parquet file with a target column. Several are listed in a `manifest.json`
(or `datasets.json`): a list of objects with `name`, `target`, `task`, and optionally `file`
(default: NAME.parquet or NAME.csv), `split` (default: NAME.split.parquet or NAME.split.csv, if it
exists) and `drop` (columns to leave out). Entries with another task are left out and named.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

TASKS: Final = ("binary", "multiclass", "regression")
MANIFESTS: Final = ("manifest.json", "datasets.json")
_SUFFIXES: Final = (".parquet", ".csv")
_TEST_SHARE: Final = 0.25


@dataclass(frozen=True, slots=True)
class DataSet:
    """A table with a target.

    Attributes:
        name: Shown in the results.
        path: CSV or Parquet file.
        target: Column to predict.
        task: binary, multiclass or regression.
        split: File with a column `split_N` of train and test per split, or None.
        drop: Columns nobody gets.
    """

    name: str
    path: Path
    target: str
    task: str
    split: Path | None = None
    drop: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Start of the SHA-256 of the file."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Case:
    """Rows of one split.

    Attributes:
        train: Inputs and target; classes are text.
        test: Inputs only.
        truth: Target of the test rows: text for classes, else float64.
        classes: Classes in ascending order; empty for regression.
    """

    train: pd.DataFrame
    test: pd.DataFrame
    truth: NDArray[Any]  # Any: text or float64, by task.
    classes: tuple[str, ...]


def find(path: Path, *, target: str | None, task: str | None) -> list[DataSet]:
    """Data sets of a file, a manifest, or a folder with either.

    Raises:
        ValueError: nothing is found, or target and task are missing.
    """
    if path.is_dir():
        listed = [path / name for name in MANIFESTS if (path / name).is_file()]
        if listed:
            return _listed(listed[0])
        files = sorted(
            file
            for file in path.iterdir()
            if file.suffix in _SUFFIXES and not file.stem.endswith(".split")
        )
    elif path.suffix == ".json":
        return _listed(path)
    else:
        files = [path]
    if not files or target is None or task not in TASKS:
        message = f"{path}: needs data files, --target, and --task out of {', '.join(TASKS)}"
        raise ValueError(message)
    return [DataSet(f.stem, f, target, task, _beside(f.parent, f"{f.stem}.split")) for f in files]


def frame_of(data: DataSet) -> pd.DataFrame:
    """All rows with a target, in plain types: text, float64, int64, bool, datetime64[ns].

    Plain types because the frameworks run with different versions of pandas.
    """
    frame = _read(data.path).drop(columns=list(data.drop))
    frame = frame[frame[data.target].notna()]
    columns = {str(name): _plain(frame[name]) for name in frame.columns}
    target = columns[data.target]
    if data.task == "regression":
        columns[data.target] = target.astype(np.float64)
    else:
        columns[data.target] = target.astype(str).astype(object)
    return pd.DataFrame(columns)


def case_of(data: DataSet, frame: pd.DataFrame, number: int) -> Case:
    """Train and test rows of one split; a missing split file means seeded random splits.

    Args:
        data: The data set.
        frame: From `frame_of`; its index tells the row of the file.
        number: Number of the split, also its seed.
    """
    is_test = (
        _drawn(data, frame, number) if data.split is None else _given(data.split, frame, number)
    )
    train = frame[~is_test].reset_index(drop=True)
    test = frame[is_test].reset_index(drop=True)
    truth = test.pop(data.target).to_numpy()
    classes = () if data.task == "regression" else tuple(sorted(frame[data.target].unique()))
    return Case(train, test, truth, classes)


def _listed(manifest: Path) -> list[DataSet]:
    document = json.loads(manifest.read_text(encoding="utf-8"))
    entries: Sequence[Mapping[str, Any]]  # Any: parsed JSON.
    entries = document["datasets"] if isinstance(document, dict) else document
    left_out = [entry["name"] for entry in entries if entry["task"] not in TASKS]
    if left_out:
        print(f"left out, no tabular task: {', '.join(left_out)}")
    return [_entry(manifest.parent, entry) for entry in entries if entry["task"] in TASKS]


def _entry(folder: Path, entry: Mapping[str, Any]) -> DataSet:  # Any: parsed JSON.
    name = str(entry["name"])
    path = folder / entry["file"] if "file" in entry else _beside(folder, name)
    if path is None or not path.is_file():
        message = f"{name}: no data file"
        raise ValueError(message)
    split = folder / entry["split"] if "split" in entry else _beside(folder, f"{name}.split")
    drop = tuple(str(column) for column in entry.get("drop", ()))
    return DataSet(name, path, str(entry["target"]), str(entry["task"]), split, drop)


def _beside(folder: Path, stem: str) -> Path | None:
    found = [folder / f"{stem}{suffix}" for suffix in _SUFFIXES]
    return next((path for path in found if path.is_file()), None)


def _read(path: Path) -> pd.DataFrame:
    return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)


def _plain(column: "pd.Series[Any]") -> "pd.Series[Any]":  # Any: whatever the file holds.
    kinds = pd.api.types
    if kinds.is_datetime64_any_dtype(column):
        naive = column.dt.tz_convert(None) if column.dt.tz is not None else column
        return naive.astype("datetime64[ns]")
    if kinds.is_bool_dtype(column) and column.notna().all():
        return column.astype(bool)
    if kinds.is_integer_dtype(column) and column.notna().all():
        return column.astype(np.int64)
    if kinds.is_numeric_dtype(column) and not kinds.is_bool_dtype(column):
        return column.astype(np.float64)
    return column.astype(object).map(str, na_action="ignore").astype(object)


def _given(split: Path, frame: pd.DataFrame, number: int) -> NDArray[np.bool_]:
    table = _read(split)
    if "row_id" in table:
        table = table.set_index("row_id")
    return np.asarray(table[f"split_{number}"].loc[frame.index] == "test")


def _drawn(data: DataSet, frame: pd.DataFrame, number: int) -> NDArray[np.bool_]:
    """A quarter of the rows, of every class for classes."""
    random = np.random.default_rng(number)
    strata = np.zeros(len(frame)) if data.task == "regression" else frame[data.target].to_numpy()
    is_test = np.zeros(len(frame), dtype=bool)
    for stratum in sorted(set(strata)):
        rows = random.permutation(np.flatnonzero(strata == stratum))
        is_test[rows[: round(len(rows) * _TEST_SHARE)]] = True
    return is_test
