"""Kept probes: what a model was asked and answered, in a file that can be read years later.

The file is a zip archive without compression: one `.npy` entry per array, named by its place among
the fields (`seed_refits/refits/0/answers/score.npy`), and `probes.json` with everything else, where
an array is named by its entry. Nothing in it is pickled. Equal probes give equal bytes on every
machine, so the digest of the file is the digest of the evidence.

The fields and their types are read from the dataclasses of `gates.probes`; a field added there
needs nothing here.
"""

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from accredit_governance.documents import Json, canonical_json
from accredit_governance.errors import DamagedArtifact
from accredit_governance.gates.probes import Probes

FORMAT: Final = "accredit-probes/1"
_DOCUMENT: Final = "probes.json"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_EXACT: Final = 2**53
_UNREADABLE: Final = (
    ValueError,  # not JSON, not UTF-8, not an array
    TypeError,
    LookupError,  # entries that are not there
    SyntaxError,  # headers of arrays
    OverflowError,
    MemoryError,  # a shape that was made up
    OSError,
    RuntimeError,  # entries that are encrypted or packed in a way nobody knows
    EOFError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


def write_probes(probes: Probes, path: Path) -> None:
    """Write probes to a file, over what is there.

    Raises:
        TypeError: a field holds something else than its type says.
    """
    arrays: dict[str, NDArray[Any]] = {}  # every element type
    document = _plain(probes, Probes, "", arrays)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        text = canonical_json({"format": FORMAT, "probes": document})
        archive.writestr(zipfile.ZipInfo(_DOCUMENT, _EPOCH), text)
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, array, version=(1, 0), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content.getvalue())


def read_probes(path: Path) -> Probes:
    """The probes in a file, equal to those that were written.

    Fields that a later release added keep their default.

    Raises:
        DamagedArtifact: the file is missing, damaged, or not one of ours.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            document = json.loads(archive.read(_DOCUMENT))
            if document["format"] != FORMAT:
                raise ValueError(f"the format is not {FORMAT}")
            found: Probes = _of_fields(document["probes"], Probes, archive)
    except _UNREADABLE as error:
        raise DamagedArtifact(
            f"the kept probes {path.name[:12]} cannot be read ({type(error).__name__})"
        ) from error
    return found


def _plain(
    value: Any,  # whatever a field holds
    hint: Any,  # whatever its type is
    place: str,
    arrays: dict[str, NDArray[Any]],  # every element type
) -> Json:
    """Plain data of a value; its arrays are put aside under their places."""
    kind = get_origin(hint) or hint
    if kind in {Union, UnionType}:
        return None if value is None else _plain(value, _unless_none(hint), place, arrays)
    if kind is np.ndarray:
        name = f"{place}.npy"
        arrays[name] = _as_declared(value, _element(hint))
        return name
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return {
            field.name: _plain(
                getattr(value, field.name), hints[field.name], _inside(place, field.name), arrays
            )
            for field in fields(kind)
        }
    if kind in {tuple, Sequence}:
        items = zip(value, _items(hint, len(value)), strict=True)
        return [
            _plain(item, inner, _inside(place, str(at)), arrays)
            for at, (item, inner) in enumerate(items)
        ]
    if kind is Mapping:
        key, inner = get_args(hint)
        # Pairs, so that the order stays and no key has to be a name of an entry.
        return [
            [_plain(k, key, place, arrays), _plain(v, inner, _inside(place, str(at)), arrays)]
            for at, (k, v) in enumerate(value.items())
        ]
    return _plain_scalar(value, kind, place)


def _plain_scalar(value: Any, kind: Any, place: str) -> Json:  # value and type of any field
    if kind is bool and isinstance(value, bool | np.bool_):
        return bool(value)
    if kind is int and isinstance(value, int | np.integer) and not isinstance(value, bool):
        exact = int(value)
        return exact if abs(exact) < _EXACT else str(exact)
    if kind is float and isinstance(value, int | float | np.number):
        number = float(value)
        # JSON knows neither NaN nor infinity, and canonical JSON no minus zero.
        return number if _is_canonical(number) else repr(number)
    if kind in {str, Literal} and isinstance(value, str):
        return str(value)
    raise TypeError(f"{place} holds a {type(value).__name__}, which is not kept as {kind}")


def _is_canonical(number: float) -> bool:
    return bool(np.isfinite(number)) and not (number == 0 and np.signbit(number))


def _value(plain: Any, hint: Any, archive: zipfile.ZipFile) -> Any:  # the mirror of `_plain`
    kind = get_origin(hint) or hint
    if kind in {Union, UnionType}:
        return None if plain is None else _value(plain, _unless_none(hint), archive)
    if kind is np.ndarray:
        return _array(archive.read(plain), _element(hint))
    if is_dataclass(kind):
        return _of_fields(plain, kind, archive)
    if kind in {tuple, Sequence}:
        inner = _items(hint, len(plain))
        return tuple(_value(p, h, archive) for p, h in zip(plain, inner, strict=True))
    if kind is Mapping:
        key, inner = get_args(hint)
        return {_value(k, key, archive): _value(v, inner, archive) for k, v in plain}
    return _scalar(plain, kind)


def _of_fields(plain: Any, kind: Any, archive: zipfile.ZipFile) -> Any:  # any of the dataclasses
    if not isinstance(plain, dict):
        raise ValueError(f"{kind.__name__} is no list of fields")
    hints = get_type_hints(kind)
    unknown = plain.keys() - hints.keys()
    if unknown:
        raise ValueError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
    values = {}
    for field in fields(kind):
        if field.name in plain:
            values[field.name] = _value(plain[field.name], hints[field.name], archive)
        elif field.default is MISSING and field.default_factory is MISSING:
            raise ValueError(f"{kind.__name__} lacks {field.name}")
    return kind(**values)


def _scalar(plain: Any, kind: Any) -> bool | int | float | str:  # the mirror of `_plain_scalar`
    if kind is bool and isinstance(plain, bool):
        return plain
    if kind is int and isinstance(plain, int | str) and not isinstance(plain, bool):
        return int(plain)
    if kind is float and isinstance(plain, int | float | str) and not isinstance(plain, bool):
        return float(plain)
    if kind in {str, Literal} and isinstance(plain, str):
        return plain
    raise ValueError(f"a {type(plain).__name__} where {kind} belongs")


def _array(content: bytes, element: "np.dtype[Any]") -> NDArray[Any]:  # every element type
    stream = io.BytesIO(content)
    found: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
    if stream.read(1) or not _fits(found.dtype, element):
        raise ValueError(f"an array of {found.dtype} where {element} belongs")
    return found


def _as_declared(value: object, element: "np.dtype[Any]") -> NDArray[Any]:  # every element type
    """The array as its field declares it, in C order, so that equal arrays have equal bytes."""
    array = np.asarray(value)
    if not _fits(array.dtype, element):
        array = array.astype(element, casting="safe")
    return np.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C")


def _fits(found: "np.dtype[Any]", declared: "np.dtype[Any]") -> bool:  # every element type
    if declared.kind == "U":
        return found.kind == "U"
    return found == declared


def _element(hint: Any) -> "np.dtype[Any]":  # of `NDArray[...]`, whatever is in it
    element: np.dtype[Any] = np.dtype(get_args(get_args(hint)[1])[0])
    return element


def _unless_none(hint: Any) -> Any:  # types are of no common class
    named = [inner for inner in get_args(hint) if inner is not type(None)]
    if len(named) != 1:
        raise TypeError(f"a field of {hint} could be read in two ways")
    return named[0]


def _items(hint: Any, length: int) -> Sequence[Any]:  # types are of no common class
    """Type of each item of a tuple or sequence."""
    inner = get_args(hint)
    return inner if inner[-1] is not Ellipsis and get_origin(hint) is tuple else [inner[0]] * length


def _inside(place: str, name: str) -> str:
    return f"{place}/{name}" if place else name
