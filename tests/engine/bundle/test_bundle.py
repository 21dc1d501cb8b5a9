import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from accredit_engine import AutoML, load_bundle, verify_digests
from accredit_engine.bundle.digests import canonical_json, manifest_of
from accredit_engine.errors import BundleExists, DamagedBundle


@pytest.fixture
def copy(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "copy"))


def reseal(folder: Path) -> None:
    """Make the manifest agree with whatever the files hold now."""
    files = {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and file.name != "manifest.json"
    }
    (folder / "manifest.json").write_bytes(manifest_of(files))


def test_a_loaded_model_answers_bit_for_bit(
    saved: Path, binary: AutoML, small_loans: pd.DataFrame
) -> None:
    model = load_bundle(saved)

    assert np.array_equal(model.predict_proba(small_loans), binary.predict_proba(small_loans))
    assert model.contract == binary.model_.contract
    assert model.digest == verify_digests(saved)


@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_every_task_survives_the_bundle(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    model: AutoML = request.getfixturevalue(kind)
    frame = request.getfixturevalue({"multiclass": "wine", "regression": "diabetes"}[kind])

    digest = model.save(tmp_path / "bundle")
    loaded = AutoML.load(tmp_path / "bundle")

    assert np.array_equal(loaded.predict(frame), model.predict(frame))
    assert loaded.leaderboard_["score"].tolist() == model.leaderboard_["score"].tolist()
    assert loaded.model_.digest == digest


def test_saving_twice_gives_equal_digests(saved: Path, binary: AutoML, tmp_path: Path) -> None:
    assert binary.save(tmp_path / "again") == verify_digests(saved)


def test_a_bundle_is_never_overwritten(saved: Path, binary: AutoML) -> None:
    with pytest.raises(BundleExists):
        binary.save(saved)


def test_a_failed_save_leaves_nothing(binary: AutoML, tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        binary.save(tmp_path / "bundle", reference=pd.DataFrame({"other": [1]}))

    assert list(tmp_path.iterdir()) == []


def test_a_bundle_holds_no_pickle(saved: Path) -> None:
    files = [file for file in saved.rglob("*") if file.is_file()]

    assert len(files) > 10
    assert {file.suffix for file in files} <= {".json", ".npy", ".txt", ".parquet"}
    for file in files:
        assert not file.read_bytes().startswith(b"\x80")
        if file.suffix == ".npy":
            assert np.load(file, allow_pickle=False).dtype.kind in "if"


def test_the_reference_holds_inputs_only(
    binary: AutoML, small_loans: pd.DataFrame, tmp_path: Path
) -> None:
    binary.save(tmp_path / "bundle", reference=small_loans.iloc[:50])

    inputs = pd.read_parquet(tmp_path / "bundle" / "reference" / "inputs.parquet")
    scores = pd.read_parquet(tmp_path / "bundle" / "reference" / "scores.parquet")
    assert list(inputs.columns) == [column.name for column in binary.model_.contract.columns]
    assert {"approve", "race"}.isdisjoint(inputs.columns)
    assert scores["1"].to_numpy() == pytest.approx(
        binary.predict_proba(small_loans.iloc[:50])[:, 1]
    )


def test_every_file_is_guarded(saved: Path, copy: Path) -> None:
    files = [file.relative_to(saved) for file in saved.rglob("*") if file.is_file()]
    assert len(files) > 10

    for file in files:
        original = (copy / file).read_bytes()
        (copy / file).write_bytes(original[:-1] + bytes([original[-1] ^ 1]))
        with pytest.raises(DamagedBundle) as caught:
            verify_digests(copy)
        assert caught.value.file == file.as_posix()
        (copy / file).write_bytes(original)


def test_damaged_lightgbm_text_is_refused_before_lightgbm_sees_it(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []
    monkeypatch.setattr("lightgbm.Booster", lambda **given: seen.append(given))
    file = next(copy.glob("members/*/*"))
    file.write_bytes(file.read_bytes()[:-20])

    with pytest.raises(DamagedBundle) as caught:
        load_bundle(copy)

    assert caught.value.file == file.relative_to(copy).as_posix()
    assert seen == []


def test_a_missing_file_is_refused(copy: Path) -> None:
    (copy / "blend.json").unlink()

    with pytest.raises(DamagedBundle, match=r"blend\.json is missing"):
        load_bundle(copy)


def test_a_file_nobody_named_is_refused(copy: Path) -> None:
    (copy / "members" / "extra.pkl").write_bytes(b"x")

    with pytest.raises(DamagedBundle, match="not named"):
        load_bundle(copy)


def test_a_link_is_refused(copy: Path) -> None:
    (copy / "blend.json").rename(copy.parent / "elsewhere.json")
    (copy / "blend.json").symlink_to(copy.parent / "elsewhere.json")

    with pytest.raises(DamagedBundle):
        load_bundle(copy)


@pytest.mark.parametrize("path", ["../outside", "/etc/passwd", "a\\b", "a//b"])
def test_a_manifest_cannot_name_files_outside(path: str, copy: Path) -> None:
    manifest = json.loads((copy / "manifest.json").read_bytes())
    manifest["files"][path] = {"sha256": "0" * 64, "size": 1}
    (copy / "manifest.json").write_bytes(canonical_json(manifest))

    with pytest.raises(DamagedBundle, match="outside"):
        verify_digests(copy)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{}", id="no format"),
        pytest.param(b"[]", id="no object"),
        pytest.param(b'{"files":{},"format":"other"}', id="other format"),
        pytest.param(b'{"format":"accredit-bundle-1","files":{}}', id="not canonical"),
        pytest.param(b'{"files":{"a":{"size":1}},"format":"accredit-bundle-1"}', id="no digest"),
    ],
)
def test_a_broken_manifest_is_refused(content: bytes, copy: Path) -> None:
    (copy / "manifest.json").write_bytes(content)

    with pytest.raises(DamagedBundle) as caught:
        verify_digests(copy)

    assert caught.value.file == "manifest.json"


def test_other_outputs_than_the_golden_ones_are_refused(copy: Path) -> None:
    blend = json.loads((copy / "blend.json").read_bytes())
    blend["offset"][0] += 1e-9
    (copy / "blend.json").write_bytes(canonical_json(blend))
    reseal(copy)

    with pytest.raises(DamagedBundle, match="golden"):
        load_bundle(copy)


def test_a_resealed_bundle_that_cannot_be_read_is_refused(copy: Path) -> None:
    (copy / "contract.json").write_bytes(b'{"task":"binary"}')
    reseal(copy)

    with pytest.raises(DamagedBundle, match="cannot be read"):
        load_bundle(copy)
