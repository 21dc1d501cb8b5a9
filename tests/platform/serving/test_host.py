"""A model process with real bundles."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from accredit_engine.bundle.digests import MANIFEST, manifest_of, sha256
from accredit_platform.errors import HostFailed, HostRefused, HostTimeout
from accredit_platform.serving.handle import ModelHost
from accredit_platform.serving.predictor import Predictor
from tests.platform.jobs.conftest import is_running, until
from tests.platform.serving.conftest import Trained, json_rows

PARENT = """
import sys, time, pathlib
from accredit_governance.gates import reasons
from accredit_platform.serving.hosts import ModelHosts
from accredit_platform.serving.handle import ModelHost
host = ModelHost.start(pathlib.Path(sys.argv[1]), sys.argv[2])
heavy = {"numpy", "pandas", "sklearn", "lightgbm", "shap"} & set(sys.modules)
print(host.pid, len(heavy), flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def host(loans: Trained) -> Iterator[ModelHost]:
    """A model process over the loans."""
    host = ModelHost.start(loans.folder, loans.digest)
    yield host
    host.close()


def test_binary_answers_are_those_of_the_model_to_the_last_bit(
    loans: Trained, host: ModelHost
) -> None:
    rows = json_rows(loans.frame)

    answers = host.answer(rows, reasons=True)
    one_by_one = [host.answer([row], reasons=False)[0] for row in rows[:25]]

    model, classes = loans.model, [str(label) for label in loans.model.contract.classes]
    served = np.array([[answer["probabilities"][name] for name in classes] for answer in answers])
    assert np.array_equal(served, model.predict_proba(loans.frame))
    scores = [answer["score"] for answer in answers]
    assert scores == model.favourable_probability(loans.frame).tolist()
    assert [answer["selected"] for answer in answers] == model.decide(loans.frame).tolist()
    assert [answer["prediction"] for answer in answers] == model.predict(loans.frame).tolist()
    assert [answer["margin"] for answer in answers] == model.margin(loans.frame).tolist()
    explained = model.explain(loans.frame).values.to_dict(orient="records")
    assert [answer["attributions"] for answer in answers] == explained
    assert [answer["score"] for answer in one_by_one] == scores[:25]
    assert {answer["attributions"] for answer in one_by_one} == {None}


def test_answers_for_several_classes_are_those_of_the_model(flowers: Trained) -> None:
    predictor = Predictor(flowers.folder)

    answers = predictor.answer(json_rows(flowers.frame), reasons=True)

    chances = [list(answer["probabilities"].values()) for answer in answers]
    assert chances == flowers.model.predict_proba(flowers.frame).tolist()
    assert [answer["prediction"] for answer in answers] == flowers.model.predict(
        flowers.frame
    ).tolist()
    assert {(answer["score"], answer["selected"], answer["margin"]) for answer in answers} == {
        (None, None, None)
    }
    explained = flowers.model.explain(flowers.frame)
    assert answers[-1]["attributions"] == explained.of_class(2).iloc[-1].to_dict()


def test_values_of_a_regression_are_those_of_the_model(sugar: Trained) -> None:
    predictor = Predictor(sugar.folder)

    answers = predictor.answer(json_rows(sugar.frame), reasons=False)

    values = sugar.model.predict(sugar.frame).tolist()
    assert [answer["prediction"] for answer in answers] == values
    assert [answer["score"] for answer in answers] == values
    assert {answer["probabilities"] for answer in answers} == {None}


def test_a_killed_host_is_started_again_and_a_refused_row_harms_nobody(
    loans: Trained, host: ModelHost
) -> None:
    rows = json_rows(loans.frame.head(3))
    before = host.answer(rows, reasons=False)
    first = host.pid
    assert first is not None

    os.kill(first, signal.SIGKILL)
    after = host.answer(rows, reasons=False)
    second = host.pid
    with pytest.raises(HostRefused) as missing:
        host.answer([{"visits": 3}], reasons=False)
    with pytest.raises(HostRefused) as unfit:
        host.answer([rows[0] | {"visits": "Jane"}], reasons=False)
    third = host.pid
    empty = host.answer([], reasons=False)

    assert after == before
    assert first != second == third
    assert missing.value.facts["reason"] == "missing_column"
    assert unfit.value.facts["reason"] == "unparsable_value"
    assert "Jane" not in str(unfit.value)
    assert empty == []
    assert host.alive


def _truncated(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _flipped(content: bytes) -> bytes:
    return bytes([content[0] ^ 1]) + content[1:]


def _members(folder: Path) -> list[Path]:
    return sorted(file for file in (folder / "members").rglob("*") if file.is_file())


@pytest.mark.parametrize(
    "damage", [pytest.param(_truncated, id="cut off"), pytest.param(_flipped, id="one bit")]
)
def test_a_damaged_bundle_is_refused_and_the_parent_lives(
    loans: Trained, tmp_path: Path, damage: object
) -> None:
    names = [file.relative_to(loans.folder) for file in _members(loans.folder)]
    assert names
    assert callable(damage)
    for number, name in enumerate(names):
        folder = tmp_path / str(number)
        shutil.copytree(loans.folder, folder)
        file = folder / name
        file.chmod(0o600)
        file.write_bytes(damage(file.read_bytes()))

        with pytest.raises(HostFailed) as refused:
            ModelHost.start(folder, loans.digest)

        assert refused.value.facts["reason"] == "damaged_bundle"
        assert name.as_posix() in str(refused.value)


def test_a_damaged_model_behind_a_correct_manifest_harms_only_its_own_process(
    loans: Trained, tmp_path: Path
) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(loans.folder, folder)
    files = {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and file.name != MANIFEST
    }
    trees = [name for name, content in files.items() if content.startswith(b"tree\n")]
    assert trees, "there is a LightGBM model among the members"
    manifest = manifest_of(files | {name: _truncated(files[name]) for name in trees})
    for name in trees:
        (folder / name).chmod(0o600)
        (folder / name).write_bytes(_truncated(files[name]))
    (folder / MANIFEST).chmod(0o600)
    (folder / MANIFEST).write_bytes(manifest)

    with pytest.raises((HostFailed, HostTimeout)):
        ModelHost.start(folder, sha256(manifest), timeout_s=20)


def test_another_bundle_than_the_one_asked_for_is_refused(loans: Trained) -> None:
    with pytest.raises(HostFailed, match="not the one that was asked for"):
        ModelHost.start(loans.folder, "0" * 64)


def test_a_host_dies_with_its_parent_and_knows_none_of_its_secrets(loans: Trained) -> None:
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            PARENT,
            str(loans.folder),
            loans.digest,
        ],
        stdout=subprocess.PIPE,
        env=os.environ | {"ACCREDIT_SECRET": "canary"},
    )
    assert parent.stdout is not None
    with parent.stdout:
        pid, heavy = map(int, parent.stdout.readline().split())
    environment = Path(f"/proc/{pid}/environ").read_bytes()

    parent.kill()
    parent.wait()
    until(lambda: not is_running(pid), within_s=20)

    assert heavy == 0
    assert b"canary" not in environment
    assert b"OMP_NUM_THREADS=1" in environment
