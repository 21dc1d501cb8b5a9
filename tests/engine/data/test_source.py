from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from accredit_engine import errors
from accredit_engine.data.source import Limits, frame_digest, read_table


def written(folder: Path, content: bytes, name: str = "table.csv") -> Path:
    file = folder / name
    file.write_bytes(content)
    return file


def test_a_csv_file_is_read(tmp_path: Path) -> None:
    frame = read_table(written(tmp_path, b'a,b\n1,"x, y"\n2,"line\nbreak"\n'))

    assert frame["a"].tolist() == [1, 2]
    assert frame["b"].tolist() == ["x, y", "line\nbreak"]


def test_a_byte_order_mark_is_no_part_of_the_name(tmp_path: Path) -> None:
    assert read_table(written(tmp_path, b"\xef\xbb\xbfa\n1\n")).columns.tolist() == ["a"]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        pytest.param(b"", errors.EmptyFile, id="no bytes"),
        pytest.param(b" \n\n", errors.EmptyFile, id="white space"),
        pytest.param(b"a,b\n", errors.HeaderOnly, id="header only"),
        pytest.param(b"a,b\n1,2\n1,2,3\n", errors.MalformedTable, id="too many fields"),
        pytest.param(b"a,b\n1,2\n1\n", errors.MalformedTable, id="too few fields"),
        pytest.param(b'a,b\n1,"2\n', errors.MalformedTable, id="open quote"),
        pytest.param(b"a,b\n1,\xff\n", errors.NotUtf8, id="not utf-8"),
        pytest.param(b"a,b\n1,\x00\n", errors.NulBytes, id="nul"),
        pytest.param(b"a,a\n1,2\n", errors.DuplicateColumns, id="repeated name"),
    ],
)
def test_a_broken_csv_file_is_refused(
    content: bytes, error: type[errors.EngineError], tmp_path: Path
) -> None:
    with pytest.raises(error):
        read_table(written(tmp_path, content))


def test_the_line_of_a_ragged_row_is_named(tmp_path: Path) -> None:
    with pytest.raises(errors.MalformedTable, match="line 3: 3 fields") as caught:
        read_table(written(tmp_path, b"a,b\n1,2\n1,2,3\n"))

    assert caught.value.line == 3


def test_the_byte_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    with pytest.raises(errors.NotUtf8) as caught:
        read_table(written(tmp_path, b"a,b\n1,\xff\n"))

    assert caught.value.offset == 6


def test_other_formats_are_refused(tmp_path: Path) -> None:
    with pytest.raises(errors.UnsupportedFormat, match=r"\.xlsx"):
        read_table(written(tmp_path, b"PK", "table.xlsx"))


@pytest.mark.parametrize(
    ("limits", "error"),
    [
        pytest.param(Limits(max_bytes=10), errors.FileTooLarge, id="bytes"),
        pytest.param(Limits(max_columns=1), errors.TooManyColumns, id="columns"),
        pytest.param(Limits(max_rows=1), errors.TableTooLarge, id="rows"),
        pytest.param(Limits(max_cells=3), errors.TableTooLarge, id="cells"),
    ],
)
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_limits_hold_for_both_formats(
    suffix: str, limits: Limits, error: type[errors.EngineError], tmp_path: Path
) -> None:
    file = tmp_path / f"table{suffix}"
    frame = pd.DataFrame({"a": [10, 11], "b": [20, 21]})
    if suffix == ".csv":
        frame.to_csv(file, index=False)
    else:
        frame.to_parquet(file)

    with pytest.raises(error):
        read_table(file, limits=limits)


@pytest.mark.parametrize(
    "column",
    [
        pytest.param(pa.array([b"x" * 1000] * 100_000, pa.binary(1000)), id="repeated"),
        pytest.param(pa.array([bytes(100)] * 20_000), id="compressed"),
    ],
)
def test_a_parquet_bomb_is_seen_before_it_is_unpacked(column: pa.Array, tmp_path: Path) -> None:
    """A few kilobytes that would take a thousand times as much: the footer says so."""
    file = tmp_path / "bomb.parquet"
    dictionary = column.type == pa.binary(1000)
    pq.write_table(pa.table({"a": column}), file, compression="zstd", use_dictionary=dictionary)
    assert file.stat().st_size < 20_000

    with pytest.raises(errors.TableTooLarge, match="unpacked"):
        read_table(file, limits=Limits(max_decoded_bytes=1_000_000))


def test_a_parquet_file_is_read(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1.5, None], "b": ["x", None]})
    frame.to_parquet(tmp_path / "table.parquet")

    pd.testing.assert_frame_equal(read_table(tmp_path / "table.parquet"), frame)


@pytest.mark.parametrize("content", [b"PAR1", b"not parquet at all" * 10])
def test_a_broken_parquet_file_is_refused(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(errors.MalformedTable):
        read_table(written(tmp_path, content, "table.parquet"))


def test_an_empty_parquet_table_is_refused(tmp_path: Path) -> None:
    pd.DataFrame({"a": []}).to_parquet(tmp_path / "table.parquet")

    with pytest.raises(errors.HeaderOnly):
        read_table(tmp_path / "table.parquet")


def test_parquet_columns_keep_the_types_that_pandas_gave_them(tmp_path: Path) -> None:
    days = pd.to_datetime(["2020-01-01", None, "2021-06-30"])
    frame = pd.DataFrame(
        {
            "text": ["x", None, "y"],
            "whole": [1, 2, 3],
            "small": np.array([1, 2, 3], dtype="int8"),
            "broken": [1.5, None, 2.0],
            "yes": [True, False, True],
            "day": days,
            "zoned": days.tz_localize("UTC"),
            "category": pd.Categorical(["b", "a", "b"], categories=["b", "a"], ordered=True),
            "nullable": pd.array([1, None, 3], dtype="Int64"),
            "maybe": pd.array([True, None, False], dtype="boolean"),
        },
        index=pd.Index([5, 6, 9], name="row"),
    )
    frame.to_parquet(tmp_path / "table.parquet")

    pd.testing.assert_frame_equal(read_table(tmp_path / "table.parquet"), frame)


@pytest.mark.parametrize(
    "notes",
    [
        pytest.param(b"{", id="no JSON"),
        pytest.param(b"\xff", id="no text"),
        pytest.param(b"1", id="a number"),
        pytest.param(b"{}", id="nothing"),
        pytest.param(b'{"columns": 1, "index_columns": 2, "column_indexes": 3}', id="numbers"),
        pytest.param(b'{"columns": [{}], "index_columns": [{}]}', id="empty parts"),
        pytest.param(b"[" * 100_000, id="deep"),
    ],
)
def test_broken_notes_for_pandas_are_a_broken_file(notes: bytes, tmp_path: Path) -> None:
    table = pa.table({"a": [1, 2]}).replace_schema_metadata({b"pandas": notes})
    pq.write_table(table, tmp_path / "table.parquet")

    with pytest.raises(errors.MalformedTable, match="notes for pandas"):
        read_table(tmp_path / "table.parquet")


LISTS = pa.list_(pa.int8())


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        pytest.param([[1], [2, 3]], LISTS, id="list"),
        pytest.param([[1], [2]], pa.list_(pa.int8(), 1), id="list of fixed size"),
        pytest.param([[1], [2]], pa.large_list(pa.int8()), id="large list"),
        pytest.param([{"x": 1}, {"x": 2}], pa.struct([("x", pa.int8())]), id="structure"),
        pytest.param([[("x", 1)], []], pa.map_(pa.string(), pa.int8()), id="map"),
    ],
)
def test_nested_columns_are_refused_before_they_are_decoded(
    values: list[object], kind: pa.DataType, tmp_path: Path
) -> None:
    table = pa.table({"plain": [1, 2], "deep": pa.array(values, kind)})
    pq.write_table(table, tmp_path / "table.parquet")

    with pytest.raises(errors.NestedColumns, match="'deep'") as caught:
        read_table(tmp_path / "table.parquet")

    assert caught.value.columns == ("deep",)


def test_a_few_bytes_do_not_become_gigabytes(tmp_path: Path) -> None:
    values = pa.array(np.zeros(10_000_000, dtype="int8"))
    pq.write_table(
        pa.table({"a": pa.ListArray.from_arrays([0, len(values)], values)}),
        tmp_path / "table.parquet",
        compression="zstd",
    )
    assert (tmp_path / "table.parquet").stat().st_size < 50_000

    with pytest.raises(errors.NestedColumns):
        read_table(tmp_path / "table.parquet")


def test_lists_under_a_type_of_their_own_are_lists(tmp_path: Path) -> None:
    tensors = pa.FixedShapeTensorArray.from_numpy_ndarray(np.zeros((2, 3), dtype="float32"))
    pq.write_table(pa.table({"a": tensors}), tmp_path / "table.parquet")

    with pytest.raises(errors.NestedColumns):
        read_table(tmp_path / "table.parquet")


FRAME = pd.DataFrame({"a": [1, 2], "b": ["x", None], "c": pd.to_datetime(["2020-01-01"] * 2)})


def test_equal_frames_have_equal_digests() -> None:
    assert frame_digest(FRAME) == frame_digest(FRAME.copy().set_axis([7, 9]))
    assert len(frame_digest(FRAME)) == 64


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(FRAME.iloc[::-1], id="other order"),
        pytest.param(FRAME[["b", "a", "c"]], id="other order of columns"),
        pytest.param(FRAME.rename(columns={"a": "A"}), id="other name"),
        pytest.param(FRAME.astype({"a": "float64"}), id="other type"),
        pytest.param(FRAME.assign(b=["x", ""]), id="empty for missing"),
        pytest.param(FRAME.assign(a=[1, 3]), id="other value"),
        pytest.param(FRAME.iloc[:1], id="fewer rows"),
        pytest.param(FRAME.assign(b=["x", np.nan], d=1), id="one more column"),
    ],
)
def test_other_frames_have_other_digests(other: pd.DataFrame) -> None:
    assert frame_digest(other) != frame_digest(FRAME)
