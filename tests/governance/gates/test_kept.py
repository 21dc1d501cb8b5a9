"""Kept probes: they come back as they were, equal probes are equal bytes, damage is told."""

import json
import types
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from accredit_governance.errors import DamagedArtifact
from accredit_governance.gates import kept, probes
from accredit_governance.gates.kept import read_probes, write_probes
from accredit_governance.gates.probes import (
    Alternative,
    Answers,
    Challenger,
    Direction,
    MonotoneGrid,
    Probes,
    Replay,
)

MANY = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
SCALARS: Mapping[Any, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: st.integers(-(2**70), 2**70),
    float: st.floats(),
    str: st.text(st.characters(exclude_categories=("Cs",)), max_size=12),
}


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Anything that a field of this type may hold."""
    kind = get_origin(hint) or hint
    if kind is types.UnionType:
        (inner,) = [i for i in get_args(hint) if i is not type(None)]
        return st.none() | values_of(inner)
    if kind is np.ndarray:
        element = get_args(get_args(hint)[1])[0]
        shapes = arrays.array_shapes(min_dims=1, max_dims=2, min_side=0, max_side=4)
        return arrays.arrays(np.dtype(element), shapes)
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return st.builds(
            kind, **{field.name: values_of(hints[field.name]) for field in fields(kind)}
        )
    if kind is tuple:
        inner = get_args(hint)
        if inner[-1] is Ellipsis:
            return st.lists(values_of(inner[0]), max_size=3).map(tuple)
        return st.tuples(*map(values_of, inner))
    if kind is Mapping:
        key, value = get_args(hint)
        return st.dictionaries(values_of(key), values_of(value), max_size=3)
    return SCALARS[kind]


def same(first: Any, second: Any) -> bool:
    """Equal to the last bit, and of the same kinds."""
    if isinstance(first, np.ndarray):
        alike = first.dtype == second.dtype and first.shape == second.shape
        return alike and first.tobytes() == second.tobytes()
    if is_dataclass(first):
        pairs = ((getattr(first, f.name), getattr(second, f.name)) for f in fields(first))
        return type(first) is type(second) and all(same(a, b) for a, b in pairs)
    if isinstance(first, tuple):
        return len(first) == len(second) and all(map(same, first, second))
    if isinstance(first, Mapping):
        return list(first) == list(second) and all(same(first[k], second[k]) for k in first)
    return type(first) is type(second) and repr(first) == repr(second)


@pytest.fixture
def small() -> Probes:
    answers = Answers(np.array([0.25, np.nan]), np.array([True, False]))
    return Probes(
        challenger=Challenger("trial 7 (linear)", False, answers, "It ranks better."),
        alternative=Alternative(50, 0.005, "roc_auc", ("race",), 0, "", float("nan"), None, ()),
        replay=Replay(3, 0.0, ("model.json",), {"numpy": "2.4.6, 2.5.0"}),
        failed={"champion": "ValueError"},
    )


@pytest.fixture
def file(tmp_path: Path, small: Probes) -> Path:
    path = tmp_path / "probes.npz"
    write_probes(small, path)
    return path


def rewritten(file: Path, change: Any) -> Path:
    """The file with another document in it."""
    with zipfile.ZipFile(file) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    document = json.loads(entries["probes.json"])
    change(document)
    entries["probes.json"] = json.dumps(document).encode()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file


@MANY
@given(kept_probes=values_of(Probes))
def test_what_was_kept_comes_back_as_it_was(kept_probes: Probes, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    write_probes(kept_probes, first)

    found = read_probes(first)
    write_probes(found, second)

    assert same(kept_probes, found)
    assert first.read_bytes() == second.read_bytes()


def test_every_kind_of_probe_is_tried_above() -> None:
    kinds = {v for v in vars(probes).values() if is_dataclass(v)} - {Probes}
    reached: set[Any] = set()
    todo: list[Any] = list(get_type_hints(Probes).values())
    while todo:
        hint = todo.pop()
        if is_dataclass(hint) and hint not in reached:
            reached.add(hint)
            todo += get_type_hints(hint).values()
        todo += [inner for inner in get_args(hint) if inner is not Ellipsis]

    assert len(kinds) > 10
    assert reached == kinds


def test_equal_probes_are_equal_bytes_however_they_lie_in_memory(tmp_path: Path) -> None:
    table = np.arange(12, dtype=np.float64).reshape(3, 4)
    by_row = Probes(challenger=Challenger("a", True, Answers(table[:, 0], None, table), ""))
    turned = np.asfortranarray(table)
    by_column = Probes(challenger=Challenger("a", True, Answers(turned[:, 0], None, turned), ""))

    write_probes(by_row, tmp_path / "rows")
    write_probes(by_column, tmp_path / "columns")

    assert (tmp_path / "rows").read_bytes() == (tmp_path / "columns").read_bytes()


def test_a_file_names_its_arrays_by_their_place_and_holds_no_pickle(file: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        document = json.loads(archive.read("probes.json"))

    assert names == [
        "probes.json",
        "challenger/answers/score.npy",
        "challenger/answers/selected.npy",
    ]
    assert document["format"] == "accredit-probes/1"
    assert document["probes"]["alternative"]["score_gap"] == "nan"
    with np.load(file, allow_pickle=False) as opened:
        assert opened["challenger/answers/selected"].tolist() == [True, False]


@MANY
@given(data=st.data())
def test_a_file_with_another_bit_is_told_or_means_the_same(
    file: Path, small: Probes, data: st.DataObject
) -> None:
    whole = file.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    bit = 1 << data.draw(st.integers(0, 7))
    file.write_bytes(whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :])

    try:
        found = read_probes(file)
    except DamagedArtifact:
        found = small
    finally:
        file.write_bytes(whole)

    assert same(found, small)


@pytest.mark.parametrize("share", [0.0, 0.2, 0.9, 0.999])
def test_a_file_that_was_cut_off_is_told(file: Path, share: float) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * share)])

    with pytest.raises(DamagedArtifact, match=r"probes\.npz cannot be read"):
        read_probes(file)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DamagedArtifact, match="FileNotFoundError"):
        read_probes(tmp_path / "none.npz")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        pytest.param(("format",), "accredit-probes/2", id="another format"),
        pytest.param(("probes",), [], id="no fields"),
        pytest.param(("probes",), None, id="nothing"),
        pytest.param(("probes", "oracle"), {}, id="a probe that nobody knows"),
        pytest.param(("probes", "challenger", "name"), 7, id="a number for a name"),
        pytest.param(("probes", "challenger", "is_the_model"), "no", id="a text for a yes"),
        pytest.param(("probes", "alternative", "considered"), True, id="a yes for a number"),
        pytest.param(("probes", "alternative", "tolerance"), None, id="no number"),
        pytest.param(("probes", "challenger", "answers", "score"), "x.npy", id="no such array"),
        pytest.param(
            ("probes", "challenger", "answers", "score"),
            "challenger/answers/selected.npy",
            id="an array of another type",
        ),
        pytest.param(("probes", "replay", "versions"), [["a"]], id="half a pair"),
    ],
)
def test_a_document_that_fits_no_probe_is_told(
    file: Path, place: tuple[str, ...], value: object
) -> None:
    def change(document: dict[str, Any]) -> None:
        for name in place[:-1]:
            document = document[name]
        document[place[-1]] = value

    with pytest.raises(DamagedArtifact):
        read_probes(rewritten(file, change))


def test_a_field_that_is_missing_is_told_unless_it_has_a_default(file: Path, small: Probes) -> None:
    without_default = rewritten(file, lambda d: d["probes"].pop("failed"))
    assert read_probes(without_default).failed == {}

    rewritten(file, lambda d: d["probes"]["challenger"].pop("name"))
    with pytest.raises(DamagedArtifact):
        read_probes(file)


@pytest.mark.parametrize(
    "probe",
    [
        pytest.param({"replay": Replay(3, "much", (), {})}, id="a text for a number"),  # type: ignore[arg-type] # what is tested
        pytest.param({"replay": Replay(3, 0.0, (7,), {})}, id="a number for a text"),  # type: ignore[arg-type] # what is tested
        pytest.param({"replay": Replay(3, 0.0, "ab", {"a": None})}, id="nothing for a text"),  # type: ignore[arg-type,dict-item] # what is tested
        pytest.param(
            {"challenger": Challenger("a", True, Answers(np.array(["a"])), "")},  # type: ignore[arg-type] # what is tested
            id="texts for numbers",
        ),
        pytest.param({"replay": Replay(1.5, 0.0, (), {})}, id="half a count"),  # type: ignore[arg-type] # what is tested
    ],
)
def test_a_probe_with_the_wrong_type_is_not_kept(tmp_path: Path, probe: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        write_probes(Probes(**probe), tmp_path / "probes.npz")


def test_numbers_of_numpy_are_kept_as_numbers(tmp_path: Path) -> None:
    told = Direction(np.str_("a"), np.int64(1), 9, 0, np.float32(0.5))  # type: ignore[arg-type] # as libraries give them

    write_probes(Probes(monotone_grid=MonotoneGrid((told,), ())), tmp_path / "p")

    found = read_probes(tmp_path / "p").monotone_grid
    assert found == MonotoneGrid((Direction("a", 1, 9, 0, 0.5),), ())


def test_smaller_numbers_are_widened_to_what_the_field_declares(tmp_path: Path) -> None:
    answers = Answers(np.array([1, 2], dtype=np.int32))  # type: ignore[arg-type] # as libraries give them

    write_probes(Probes(challenger=Challenger("a", True, answers, "")), tmp_path / "p")

    found = read_probes(tmp_path / "p").challenger
    assert found is not None
    assert found.answers is not None
    assert found.answers.score.dtype == np.float64
    assert found.answers.score.tolist() == [1.0, 2.0]


def test_types_that_could_be_read_in_two_ways_or_not_at_all_are_refused(tmp_path: Path) -> None:
    @dataclass(frozen=True)
    class TwoWays:
        value: int | str

    @dataclass(frozen=True)
    class Unknown:
        value: complex

    for made in (TwoWays(1), Unknown(1j)):
        with pytest.raises(TypeError):
            kept._plain(made, type(made), "", {})
