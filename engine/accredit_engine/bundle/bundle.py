"""A fitted model as a folder: written whole or not at all, read only after every byte is checked.

Layout: `manifest.json` (digests), `contract.json`, `features.json`, `blend.json`,
`members/NN-family/`, `config.json`, `leaderboard.json`, `environment.txt`, `reference/` (inputs and
scores that drift is measured against), `golden/` (inputs and their exact outputs). No pickle.

Reading: 1. sizes and digests of all files, before anything is parsed, because damaged LightGBM
text aborts the process; 2. parse the checked bytes; 3. the golden rows must give the same bits, or,
where another library does the arithmetic, the same numbers up to rounding.
"""

import io
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from accredit_engine.bundle.contract import Contract, Kind
from accredit_engine.bundle.digests import (
    MANIFEST,
    canonical_json,
    manifest_of,
    sha256,
    verified_files,
)
from accredit_engine.bundle.environment import environment_text
from accredit_engine.data.schema import ColumnSchema
from accredit_engine.errors import BundleExists, DamagedBundle, NoModelHere
from accredit_engine.evaluation.conformal import Conformal
from accredit_engine.evaluation.costs import CostMatrix
from accredit_engine.families.arrays import array_bytes, floats_from
from accredit_engine.families.family import FamilyName, ForeignName, member_name
from accredit_engine.families.roster import load_member
from accredit_engine.features.encoder import Encoder
from accredit_engine.features.encoding import Encoding
from accredit_engine.model import FittedModel, Part

REFERENCE_ROWS: Final = 2_000
_GOLDEN_ROWS: Final = 24
_PAPERS: Final = "papers"
_CONTRACT: Final = "contract.json"
_ELSEWHERE: Final = b'"built_elsewhere"'
_ROUNDING: Final = 1e-9


def write_bundle(
    folder: Path,
    model: FittedModel,
    *,
    config: Mapping[str, object],
    leaderboard: list[dict[str, object]],
    reference: pd.DataFrame,
) -> str:
    """Write a bundle and return its digest.

    Args:
        folder: Must not exist.
        model: What to write.
        config: Settings, seed, data digest and trials; no times, so that equal runs give equal
            bytes.
        leaderboard: Rows of the leaderboard.
        reference: Rows whose inputs become the reference window; other columns are left out.

    Raises:
        BundleExists: the folder exists.
    """
    return write_files(folder, _files(model, config, leaderboard, reference))


def write_papers(folder: Path, *, config: Mapping[str, object], papers: Mapping[str, bytes]) -> str:
    """Write a bundle without a model: what is stated about one, and the papers it is known by.

    Args:
        folder: Must not exist.
        config: What is stated.
        papers: Name → content.

    Raises:
        BundleExists: the folder exists.
    """
    documents = {f"{_PAPERS}/{name}": content for name, content in papers.items()}
    return write_files(folder, {"config.json": canonical_json(config), **documents})


def write_files(folder: Path, files: Mapping[str, bytes]) -> str:
    """Write files and their manifest, all or none, and return the digest of the manifest.

    Raises:
        BundleExists: the folder exists.
    """
    if folder.exists():
        message = f"{folder.name} exists; bundles are never overwritten"
        raise BundleExists(message)
    manifest = manifest_of(files)
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for path, content in {**files, MANIFEST: manifest}.items():
            _write(beside / path, content)
        beside.chmod(0o755)
        beside.rename(folder)
    except OSError:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    return sha256(manifest)


def load_bundle(folder: Path) -> FittedModel:
    """Read a bundle that is exactly what its manifest says and still gives its golden outputs.

    Raises:
        DamagedBundle: it is not; `file` names the first offender.
        NoModelHere: it holds papers and no model.
    """
    digest, files = verified_files(Path(folder))
    if _CONTRACT not in files and _ELSEWHERE in files.get("config.json", b""):
        raise NoModelHere("the model stays with its vendor; nothing here can answer in its place")
    try:
        model = replace(_model(files), digest=digest)
    except (KeyError, ValueError, TypeError, IndexError) as error:
        message = f"the bundle cannot be read: {type(error).__name__}: {error}"
        raise DamagedBundle(message, file=MANIFEST) from error
    _refuse_other_outputs(model, files)
    return model


def read_json(folder: Path, path: str) -> Any:  # Any: parsed JSON.
    """A JSON file of a bundle, after all digests were checked.

    Raises:
        DamagedBundle: the bundle is damaged or lacks the file.
    """
    _, files = verified_files(Path(folder))
    if path not in files:
        message = f"{path} is missing"
        raise DamagedBundle(message, file=path)
    return json.loads(files[path])


def _files(
    model: FittedModel,
    config: Mapping[str, object],
    leaderboard: list[dict[str, object]],
    reference: pd.DataFrame,
) -> dict[str, bytes]:
    names = [column.name for column in model.contract.columns]
    window = reference[names]
    if len(window) > REFERENCE_ROWS:
        spread = np.linspace(0, len(window) - 1, REFERENCE_ROWS).round().astype(np.int64)
        window = window.iloc[spread]
    window = window.reset_index(drop=True)
    at = np.unique(np.linspace(0, len(window) - 1, _GOLDEN_ROWS).round().astype(np.int64))
    golden = window.iloc[at]
    files = {
        **model_files(model),
        "config.json": canonical_json(config),
        "leaderboard.json": canonical_json(leaderboard),
        "environment.txt": environment_text().encode(),
        "reference/inputs.parquet": _parquet(window),
        "reference/scores.parquet": _parquet(_scores(model, window)),
        "golden/inputs.json": canonical_json(_records(golden, model.schema)),
    }
    rows = _frame(json.loads(files["golden/inputs.json"]), model.schema)
    files |= {path: array_bytes(values) for path, values in _outputs(model, rows).items()}
    return files


def model_files(model: FittedModel) -> dict[str, bytes]:
    """The files that are the model itself: equal models have equal files."""
    files = {
        "contract.json": canonical_json(model.contract.to_dict()),
        "features.json": canonical_json(_features(model)),
        "blend.json": canonical_json(_blend(model)),
    }
    for number, part in enumerate(model.parts):
        home = _home(number, part.member.family)
        files |= {f"{home}/{name}": content for name, content in part.member.files().items()}
    return files


def _model(files: Mapping[str, bytes]) -> FittedModel:
    features, blend = json.loads(files["features.json"]), json.loads(files["blend.json"])
    outputs = len(blend["offset"])
    parts = tuple(
        Part(
            trial=entry["trial"],
            encoding=Encoding.named(entry["encoding"]),
            weight=entry["weight"],
            slope=np.array(entry["slope"], dtype=np.float64),
            member=load_member(
                member_name(entry["family"]),
                _below(files, _home(number, member_name(entry["family"]))),
                outputs,
            ),
        )
        for number, entry in enumerate(blend["parts"])
    )
    return FittedModel(
        contract=Contract.from_dict(json.loads(files["contract.json"])),
        schema=tuple(
            ColumnSchema(
                entry["name"], Kind(entry["kind"]), tuple(entry["levels"]), entry["lenient"]
            )
            for entry in features["columns"]
        ),
        encoders={
            Encoding.named(name): Encoder.from_dict(state)
            for name, state in features["encoders"].items()
        },
        parts=parts,
        offset=np.array(blend["offset"], dtype=np.float64),
        conformal=None if blend["conformal"] is None else Conformal.from_dict(blend["conformal"]),
        costs=None if blend["costs"] is None else CostMatrix.from_dict(blend["costs"]),
    )


def _below(files: Mapping[str, bytes], home: str) -> dict[str, bytes]:
    return {
        path.removeprefix(f"{home}/"): content
        for path, content in files.items()
        if path.startswith(f"{home}/")
    }


def _refuse_other_outputs(model: FittedModel, files: Mapping[str, bytes]) -> None:
    path = "golden/inputs.json"
    try:
        rows = _frame(json.loads(files[path]), model.schema)
        for path, values in _outputs(model, rows).items():
            expected = floats_from(files[path])
            if not _same(expected, values, exactly=not _is_foreign(model)):
                message = f"the golden rows do not give the outputs in {path}"
                raise DamagedBundle(message, file=path)
    except (KeyError, ValueError, TypeError) as error:
        message = f"the golden rows cannot be checked: {error}"
        raise DamagedBundle(message, file=path) from error


def _same(expected: Any, values: Any, *, exactly: bool) -> bool:  # Any: arrays of any rank.
    """Whether outputs are the recorded ones: the same bits, or up to rounding."""
    if expected.shape != values.shape:
        return False
    if exactly:
        return bool(expected.tobytes() == values.tobytes())
    return bool(np.allclose(expected, values, rtol=_ROUNDING, atol=_ROUNDING))


def _is_foreign(model: FittedModel) -> bool:
    """Whether another library's arithmetic is in it, whose last bits depend on the machine."""
    return any(isinstance(part.member.family, ForeignName) for part in model.parts)


def _outputs(model: FittedModel, rows: pd.DataFrame) -> dict[str, Any]:  # Any: arrays of any rank.
    outputs = {"golden/margin.npy": model.margin(rows)}
    if model.contract.classes:
        outputs["golden/probabilities.npy"] = model.predict_proba(rows)
    return outputs


def _scores(model: FittedModel, window: pd.DataFrame) -> pd.DataFrame:
    if not model.contract.classes:
        return pd.DataFrame({"prediction": model.margin(window)})
    names = [str(label) for label in model.contract.classes]
    return pd.DataFrame(model.predict_proba(window), columns=names)


def _features(model: FittedModel) -> dict[str, object]:
    return {
        "columns": [
            {
                "name": column.name,
                "kind": column.kind.value,
                "levels": list(column.levels),
                "lenient": column.lenient,
            }
            for column in model.schema
        ],
        "encoders": {key.name: encoder.to_dict() for key, encoder in model.encoders.items()},
    }


def _blend(model: FittedModel) -> dict[str, object]:
    return {
        "conformal": None if model.conformal is None else model.conformal.to_dict(),
        "costs": None if model.costs is None else model.costs.to_dict(),
        "offset": [float(value) for value in model.offset],
        "parts": [
            {
                "family": part.member.family.value,
                "encoding": part.encoding.name,
                "slope": [float(value) for value in part.slope],
                "trial": part.trial,
                "weight": part.weight,
            }
            for part in model.parts
        ],
    }


def _home(number: int, family: FamilyName | ForeignName) -> str:
    return f"members/{number:02d}-{family.value}"


def _records(frame: pd.DataFrame, schema: tuple[ColumnSchema, ...]) -> list[dict[str, object]]:
    """Rows as JSON: missing is null, times are ISO 8601, numbers keep every bit."""
    columns = {column.name: _plain(frame[column.name], column.kind) for column in schema}
    return [{name: values[row] for name, values in columns.items()} for row in range(len(frame))]


def _plain(series: pd.Series, kind: Kind) -> list[object]:
    values: list[object] = []
    for value in series.astype(object):
        plain = value.item() if isinstance(value, np.generic) else value
        if pd.isna(plain):
            values.append(None)
        elif kind is Kind.DATETIME:
            values.append(pd.Timestamp(plain).isoformat())
        elif isinstance(plain, str | bool | int):
            values.append(plain)
        elif isinstance(plain, float):
            values.append(plain if np.isfinite(plain) else None)
        else:
            values.append(str(plain))
    return values


def _frame(records: list[dict[str, object]], schema: tuple[ColumnSchema, ...]) -> pd.DataFrame:
    names = [column.name for column in schema]
    return pd.DataFrame(
        {name: pd.Series([record[name] for record in records], dtype=object) for name in names}
    )


def _parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    plain = frame.copy()
    plain.columns = pd.Index([str(name) for name in plain.columns])
    plain.to_parquet(buffer, index=False)
    return buffer.getvalue()


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
