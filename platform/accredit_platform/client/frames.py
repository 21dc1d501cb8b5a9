"""pandas in and out."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd
from pydantic import BaseModel

from accredit_platform.client.endpoint import Record

MAX_ROWS: Final = 1000
"""Most rows that the service judges in one request."""


def frame_of(items: Sequence[Any], columns: Sequence[str]) -> pd.DataFrame:
    """Documents as rows, their fields as columns; what is nested stays as it is.

    Args:
        items: documents, or plain JSON objects.
        columns: of a frame without rows.
    """
    if not items:
        return pd.DataFrame(columns=list(columns))
    rows = [item.model_dump() if isinstance(item, BaseModel) else item for item in items]
    return pd.DataFrame.from_records(rows)


def parquet_of(frame: pd.DataFrame) -> bytes:
    """A frame as Parquet, without its index."""
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


def batches(frame: pd.DataFrame, size: int) -> Iterator[list[Record]]:
    """Rows as the service takes them, so many at a time.

    Raises:
        ValueError: `size` is out of range.
    """
    if not 1 <= size <= MAX_ROWS:
        raise ValueError(f"batch_rows is {size} but must lie between 1 and {MAX_ROWS}")
    columns = [str(column) for column in frame.columns]
    plain = frame.astype(object).where(frame.notna(), None)
    for start in range(0, len(frame), size):
        part = plain.iloc[start : start + size]
        yield [
            dict(zip(columns, map(_plain, values), strict=True))
            for values in part.itertuples(index=False, name=None)
        ]


def _plain(value: Any) -> Any:  # Any: whatever a cell holds
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value


def answers_frame(answers: Sequence[Record], index: "pd.Index[Any]") -> pd.DataFrame:
    """Predictions under the index of the rows that were asked about."""
    columns = ["id", "score", "decision", "prediction", "probabilities", "reasons", "warnings"]
    return pd.DataFrame(
        [{column: answer[column] for column in columns} for answer in answers],
        index=index,
        columns=columns,
    )


def as_records(frame: pd.DataFrame) -> list[Record]:
    """Rows of a frame as plain objects, with their index as `row`."""
    cells = frame.to_dict("records")
    return [
        {"row": at, **{str(name): value for name, value in row.items()}}
        for at, row in zip(frame.index, cells, strict=True)
    ]


def read_frame(file: Path) -> pd.DataFrame:
    """Rows of a CSV, Parquet or JSON file."""
    form = file.suffix.lower()
    if form == ".parquet":
        return pd.read_parquet(file)
    if form == ".json":
        return pd.read_json(file)
    # The default is faster and wrong in the last digit: what is judged is what the file says.
    return pd.read_csv(file, float_precision="round_trip")


def write_frame(frame: pd.DataFrame, file: Path) -> None:
    """A frame as CSV, Parquet or JSON, as the file's name says."""
    form = file.suffix.lower()
    if form == ".parquet":
        frame.to_parquet(file)
    elif form == ".json":
        frame.to_json(file, orient="records")
    else:
        frame.to_csv(file)
