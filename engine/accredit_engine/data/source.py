"""Tables from files, checked before they are decoded, and the digest of a frame.

Order of the checks: size of the file, then bytes (empty, UTF-8, NUL), then the raw header, then
the shape, then pandas. A hostile or broken file is refused before anything large is built.
"""

import csv
import hashlib
import io
import struct
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from accredit_engine.errors import (
    DuplicateColumns,
    EmptyFile,
    FileTooLarge,
    HeaderOnly,
    MalformedTable,
    NestedColumns,
    NotUtf8,
    NulBytes,
    TableTooLarge,
    TooManyColumns,
    UnsupportedFormat,
)

MAX_COLUMNS: Final = 10_000


_CELL_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Limits:
    """Largest table that is read.

    Attributes:
        max_bytes: Size of the file.
        max_columns: Columns of the table.
        max_rows: Rows of the table.
        max_cells: Rows times columns of the decoded table.
        max_decoded_bytes: What a Parquet file's footer says that it takes once it is unpacked.
    """

    max_bytes: int = 1_000_000_000
    max_columns: int = MAX_COLUMNS
    max_rows: int = 50_000_000
    max_cells: int = 500_000_000
    max_decoded_bytes: int = 4_000_000_000


DEFAULT_LIMITS: Final = Limits()


def read_table(path: Path, *, limits: Limits = DEFAULT_LIMITS) -> pd.DataFrame:
    """Read a `.csv` (comma, UTF-8, header) or `.parquet` file.

    Raises:
        UnsupportedFormat: another ending.
        FileTooLarge, TableTooLarge, TooManyColumns: beyond the limits.
        EmptyFile, HeaderOnly: nothing to read.
        NotUtf8, NulBytes, MalformedTable: not what the ending promises.
        DuplicateColumns: a column name occurs twice.
        NestedColumns: a Parquet column holds lists, structures or maps.
    """
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".parquet"):
        message = f"{path.name} ends in {suffix or 'nothing'}; use .csv or .parquet"
        raise UnsupportedFormat(message)
    size = path.stat().st_size
    if size > limits.max_bytes:
        message = f"{path.name} has {size} bytes; at most {limits.max_bytes} are read"
        raise FileTooLarge(message)
    if size == 0:
        message = f"{path.name} is empty"
        raise EmptyFile(message)
    if suffix == ".csv":
        return _read_csv(path.read_bytes(), path.name, limits)
    return _read_parquet(path, limits)


def frame_digest(frame: pd.DataFrame) -> str:
    """SHA-256 over column names, dtypes and values, in their order; the index does not count."""
    digest = hashlib.sha256(struct.pack("<QQ", *frame.shape))
    for position, name in enumerate(frame.columns):
        column = frame.iloc[:, position]
        _add(digest, str(name).encode())
        _add(digest, str(column.dtype).encode())
        if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf":
            _add(digest, np.ascontiguousarray(column.to_numpy()).tobytes())
        else:
            codes, uniques = pd.factorize(column.astype(object))
            _add(digest, codes.astype("<i8").tobytes())
            for value in uniques:
                _add(digest, f"{type(value).__name__}:{value}".encode())
    return digest.hexdigest()


def refuse_columns(names: Sequence[str], *, limit: int = MAX_COLUMNS) -> None:
    """Refuse too many columns and repeated names.

    Raises:
        TooManyColumns: more than `limit`.
        DuplicateColumns: a name occurs twice.
    """
    if len(names) > limit:
        raise TooManyColumns(len(names), limit=limit)
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise DuplicateColumns(repeated)


def _add(digest: "hashlib._Hash", content: bytes) -> None:
    digest.update(struct.pack("<Q", len(content)))
    digest.update(content)


def _read_csv(content: bytes, name: str, limits: Limits) -> pd.DataFrame:
    zero = content.find(b"\0")
    if zero >= 0:
        message = f"{name} has a NUL byte at offset {zero}: it is no text, or was cut off"
        raise NulBytes(message)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{name} is not UTF-8: byte offset {error.start}; save it as UTF-8"
        raise NotUtf8(message, offset=error.start) from error
    if not text.strip():
        message = f"{name} holds only white space"
        raise EmptyFile(message)
    _check_lines(text, name, limits)
    return pd.read_csv(io.StringIO(text), low_memory=False)


def _check_lines(text: str, name: str, limits: Limits) -> None:
    """Every line has as many fields as the header; pandas would pad or shift silently."""
    reader = csv.reader(io.StringIO(text), strict=True)
    rows = 0
    try:
        header = next(reader)
        refuse_columns(header, limit=limits.max_columns)
        for fields in reader:
            if not fields:
                continue
            rows += 1
            if len(fields) != len(header):
                message = (
                    f"{name}, line {reader.line_num}: "
                    f"{len(fields)} fields where the header has {len(header)}"
                )
                raise MalformedTable(message, line=reader.line_num)
    except csv.Error as error:
        message = f"{name}, line {reader.line_num}: {error}"
        raise MalformedTable(message, line=reader.line_num) from error
    if rows == 0:
        message = f"{name} has a header but no rows"
        raise HeaderOnly(message)
    _refuse_cells(rows, len(header), name, limits)


def _read_parquet(path: Path, limits: Limits) -> pd.DataFrame:
    try:
        with pq.ParquetFile(path) as file:
            # The footer alone is read here; a few kilobytes can declare billions of cells.
            names = [str(name) for name in file.schema_arrow.names]
            rows = int(file.metadata.num_rows)
            refuse_columns(names, limit=limits.max_columns)
            _refuse_cells(rows, len(names), path.name, limits)
            if rows == 0 or not names:
                message = f"{path.name} declares {rows} rows and {len(names)} columns"
                raise HeaderOnly(message)
            _refuse_nested(file.schema_arrow)
            _refuse_decoded(file.metadata, path.name, limits)
            table = file.read()
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        message = f"{path.name} is no readable Parquet file"
        raise MalformedTable(message) from error
    return _frame(table, path.name)


def _refuse_decoded(metadata: pq.FileMetaData, name: str, limits: Limits) -> None:
    columns = [metadata.schema.column(position) for position in range(metadata.num_columns)]
    # Repeated values take almost nothing in the file, and their full width once they are decoded.
    width = sum(
        column.length if column.physical_type == "FIXED_LEN_BYTE_ARRAY" else _CELL_BYTES
        for column in columns
    )
    unpacked = sum(
        metadata.row_group(position).total_byte_size for position in range(metadata.num_row_groups)
    )
    decoded = max(unpacked, width * int(metadata.num_rows))
    if decoded > limits.max_decoded_bytes:
        message = (
            f"{name} takes {decoded} bytes once it is unpacked; "
            f"at most {limits.max_decoded_bytes} are read"
        )
        raise TableTooLarge(message)


def _frame(table: pa.Table, name: str) -> pd.DataFrame:
    """The table as pandas wrote it: its notes tell nullable numbers and categories apart."""
    try:
        frame: pd.DataFrame = table.to_pandas()
    except Exception as error:  # the notes are JSON that anybody can write; pandas trusts them
        message = f"{name} holds notes for pandas that cannot be used; write it without them"
        raise MalformedTable(message) from error
    return frame


def _refuse_nested(schema: pa.Schema) -> None:
    """Refuse by the footer: a few hundred bytes can hold lists of billions of values."""
    nested = [str(field.name) for field in schema if _is_nested(field.type)]
    if nested:
        raise NestedColumns(nested)


def _is_nested(kind: pa.DataType) -> bool:
    while True:
        if isinstance(kind, pa.BaseExtensionType):
            kind = kind.storage_type
        elif pa.types.is_dictionary(kind):
            kind = kind.value_type
        else:
            return bool(pa.types.is_nested(kind))


def _refuse_cells(rows: int, columns: int, name: str, limits: Limits) -> None:
    if rows > limits.max_rows:
        message = f"{name} has {rows} rows; at most {limits.max_rows} are read"
        raise TableTooLarge(message)
    if rows * columns > limits.max_cells:
        message = f"{name} has {rows} rows of {columns} columns; at most {limits.max_cells} cells"
        raise TableTooLarge(message)
