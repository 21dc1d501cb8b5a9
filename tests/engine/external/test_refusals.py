"""Files that are not what they seem, and contracts that do not fit, are refused with a sentence."""

import io
import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import LinearSVC

from accredit_engine.bundle.contract import Kind
from accredit_engine.errors import EngineError, ModelMismatch, UnreadableModel, UnsafeModel
from accredit_engine.external.importing import Rows, import_model
from accredit_engine.external.stated import Stated
from accredit_engine.families import skops_file
from accredit_engine.families.foreign import StatedInput
from tests.engine.external.elsewhere import (
    STATED_INPUTS,
    binary,
    booster,
    dumped,
    pipeline,
    rows,
    text,
)

FRAME = rows()
NUMBERS = binary(inputs=STATED_INPUTS[:2])


def attempt(
    folder: Path,
    content: bytes,
    kind: str,
    stated: Stated | None = None,
    frame: pd.DataFrame = FRAME,
) -> None:
    import_model(
        folder / "bundle",
        content,
        kind,
        stated=binary() if stated is None else stated,
        rows=Rows(frame, None),
        origin={},
    )


def rewritten(content: bytes, change: Any, **files: bytes) -> bytes:
    """A skops file with another schema and further files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            entry = old.read(name)
            if name == "schema.json":
                entry = json.dumps(change(json.loads(entry))).encode()
            new.writestr(name, entry)
        for name, entry in files.items():
            new.writestr(name, entry)
    return buffer.getvalue()


def double(values: object) -> object:
    return values


@pytest.mark.parametrize(
    ("step", "named"),
    [
        pytest.param(FunctionTransformer(double), "double", id="a function of one's own"),
        pytest.param(FunctionTransformer(np.frombuffer), "frombuffer", id="a function of NumPy"),
        pytest.param(CountVectorizer(input="filename"), "CountVectorizer", id="a reader of files"),
    ],
)
def test_a_pipeline_with_a_type_that_is_not_trusted_is_refused(
    step: Any, named: str, tmp_path: Path
) -> None:
    content = dumped(Pipeline([("step", step), ("model", LogisticRegression())]))

    with pytest.raises(UnsafeModel, match=named):
        attempt(tmp_path, content, "skops")


def test_what_skops_trusts_and_we_do_not_is_refused_before_it_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = dumped(pipeline(LogisticRegression(), FRAME))
    loaded: list[object] = []
    monkeypatch.setattr(skops_file, "_loaded", lambda *_: loaded.append(1))

    def with_a_call(schema: Any) -> Any:
        schema["content"]["extra"] = {
            "__module__": "os",
            "__class__": "system",
            "__loader__": "FunctionNode",
        }
        return schema

    with pytest.raises(UnsafeModel, match=r"os\.system"):
        attempt(tmp_path, rewritten(content, with_a_call), "skops")
    assert not loaded


def test_a_pickle_that_is_called_skops_is_never_read(tmp_path: Path) -> None:
    touched = tmp_path / "touched"

    class Trap:
        def __reduce__(self) -> Any:
            return (Path.touch, (touched,))

    pytest.importorskip("skops.io", reason="skops is not installed")
    with pytest.raises(UnreadableModel, match="no skops file"):
        attempt(tmp_path, pickle.dumps(Trap()), "skops")
    assert not touched.exists()


def test_an_archive_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = dumped(pipeline(LogisticRegression(), FRAME))
    monkeypatch.setattr(skops_file, "MAX_UNPACKED_BYTES", 1_000_000)

    with pytest.raises(UnsafeModel, match="unpacks to"):
        attempt(tmp_path, rewritten(content, lambda s: s, **{"0.npy": bytes(2_000_000)}), "skops")


@pytest.mark.parametrize("name", ["../schema.json", "/etc/passwd", "folder/file.npy"])
def test_an_archive_with_paths_is_refused(name: str, tmp_path: Path) -> None:
    content = dumped(pipeline(LogisticRegression(), FRAME))

    with pytest.raises(UnsafeModel, match="name is a path"):
        attempt(tmp_path, rewritten(content, lambda s: s, **{name: b""}), "skops")


def test_a_pipeline_of_another_scikit_learn_is_refused_by_version(tmp_path: Path) -> None:
    content = dumped(pipeline(LogisticRegression(), FRAME))

    def older(node: Any) -> Any:
        if isinstance(node, dict):
            return {
                key: {**value, "content": '"1.2.2"'} if key == "_sklearn_version" else older(value)
                for key, value in node.items()
            }
        return [older(entry) for entry in node] if isinstance(node, list) else node

    with pytest.raises(UnreadableModel, match=r"saved with scikit-learn 1\.2\.2"):
        attempt(tmp_path, rewritten(content, older), "skops")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x80\x04K\x01.", id="a pickle"),
        pytest.param(b"tree\nversion=v4\n", id="no trees"),
        pytest.param(text(booster(FRAME))[:900], id="cut off"),
        pytest.param(
            text(booster(FRAME)).replace(b"num_class=1", b"num_class=x"), id="a number changed"
        ),
    ],
)
def test_a_damaged_lightgbm_file_is_refused(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(EngineError) as refusal:
        attempt(tmp_path, content, "lightgbm")

    assert isinstance(refusal.value, UnreadableModel | ModelMismatch)


def swapped(*levels: str) -> Stated:
    return binary(inputs=(*STATED_INPUTS[:2], StatedInput("home", Kind.CATEGORICAL, levels)))


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        pytest.param(NUMBERS, "takes 3 inputs and the contract states 2", id="fewer"),
        pytest.param(
            binary(inputs=(STATED_INPUTS[1], STATED_INPUTS[0], STATED_INPUTS[2])),
            "input 1 is called 'income'",
            id="another order",
        ),
        pytest.param(swapped("flat", "farm", "house"), "'home' or their order", id="other codes"),
    ],
)
def test_a_contract_that_does_not_fit_a_lightgbm_model_is_refused(
    stated: Stated, said: str, tmp_path: Path
) -> None:
    with pytest.raises(ModelMismatch, match=said):
        attempt(tmp_path, text(booster(FRAME)), "lightgbm", stated)


def test_an_objective_that_is_not_read_is_refused(tmp_path: Path) -> None:
    content = text(booster(FRAME, "amount", objective="regression"))

    with pytest.raises(ModelMismatch, match="objective of the model is 'regression'"):
        attempt(tmp_path, content, "lightgbm")


@pytest.mark.parametrize(
    ("estimator", "stated", "said"),
    [
        pytest.param(
            LogisticRegression(),
            binary(inputs=(STATED_INPUTS[1], STATED_INPUTS[0], STATED_INPUTS[2])),
            "columns of the pipeline or their order",
            id="another order",
        ),
        pytest.param(
            LogisticRegression(), binary(classes=(1, 0)), "classes of the pipeline", id="classes"
        ),
        pytest.param(LinearSVC(), binary(), "gives no probabilities", id="no probabilities"),
    ],
)
def test_a_contract_that_does_not_fit_a_pipeline_is_refused(
    estimator: Any, stated: Stated, said: str, tmp_path: Path
) -> None:
    with pytest.raises(ModelMismatch, match=said):
        attempt(tmp_path, dumped(pipeline(estimator, FRAME)), "skops", stated)


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        pytest.param(FRAME.drop(columns="debt"), "lacks 1", id="without an input"),
        pytest.param(FRAME.drop(columns="ok"), "no column 'ok'", id="without outcomes"),
        pytest.param(FRAME.assign(home="tent"), "none of the 240", id="other categories"),
        pytest.param(FRAME.assign(ok=7), "does not state", id="other classes"),
    ],
)
def test_rows_that_do_not_fit_the_contract_are_refused(
    frame: pd.DataFrame, said: str, tmp_path: Path
) -> None:
    with pytest.raises(EngineError, match=said):
        attempt(tmp_path, text(booster(FRAME)), "lightgbm", frame=frame)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"inputs": ()}, "no inputs", id="no inputs"),
        pytest.param({"threshold": None}, "a threshold lies", id="no threshold"),
        pytest.param({"favourable": 7}, "favourable class is none", id="favourable"),
        pytest.param({"classes": (0, 1, 2)}, "two classes", id="three classes"),
        pytest.param({"target": "debt"}, "target is an input", id="target"),
        pytest.param(
            {"inputs": (StatedInput("at", Kind.DATETIME),)}, "make numbers of it", id="times"
        ),
    ],
)
def test_a_contract_that_contradicts_itself_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ModelMismatch, match=said):
        binary(**changes)
