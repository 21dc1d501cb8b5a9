"""A model built elsewhere answers here what it answers there."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression

from accredit_engine import FittedModel, load_bundle
from accredit_engine.bundle.bundle import read_json
from accredit_engine.bundle.contract import Reason
from accredit_engine.data.finding import Severity
from accredit_engine.errors import EngineError, LibraryAbsent
from accredit_engine.external.importing import FORMATS, Imported, Rows, import_model
from accredit_engine.external.stated import Stated
from tests.engine.external.elsewhere import (
    GRAPH,
    INPUTS,
    amount,
    binary,
    booster,
    coded,
    dumped,
    odd,
    pipeline,
    plain,
    rows,
    several,
    text,
)

FRAME = rows()


def brought(
    folder: Path, content: bytes, kind: str, stated: Stated, frame: pd.DataFrame = FRAME
) -> tuple[Imported, FittedModel]:
    """What came of an import, and the bundle opened again."""
    found = import_model(
        folder / "bundle",
        content,
        kind,
        stated=stated,
        rows=Rows(frame, None, ("sex",)),
        origin={"author": "Scores Ltd"},
    )
    return found, load_bundle(folder / "bundle")


@pytest.mark.parametrize(
    ("estimator", "is_exact"),
    [
        pytest.param(LogisticRegression(), True, id="logistic regression"),
        pytest.param(HistGradientBoostingClassifier(max_iter=8), False, id="histograms"),
        pytest.param(RandomForestClassifier(4, random_state=1), False, id="forest of few shares"),
    ],
)
def test_a_pipeline_answers_as_scikit_learn_does(
    estimator: Any, is_exact: bool, tmp_path: Path
) -> None:
    theirs = pipeline(estimator, FRAME)

    found, ours = brought(tmp_path, dumped(theirs), "skops", binary())

    for frame in (FRAME[INPUTS], odd(FRAME)):
        wanted = theirs.predict_proba(plain(frame))
        assert np.allclose(ours.predict_proba(frame), wanted, rtol=0, atol=1e-11)
        assert (ours.decide(frame) == (wanted[:, 1] >= 0.5)).all()
    assert found.exact is is_exact
    assert ours.explain(FRAME.head(5)).exact is is_exact


def test_a_row_alone_is_answered_as_in_a_batch(tmp_path: Path) -> None:
    _, ours = brought(tmp_path, dumped(pipeline(LogisticRegression(), FRAME)), "skops", binary())

    together = ours.favourable_probability(odd(FRAME))
    alone = [ours.favourable_probability(odd(FRAME).iloc[[at]])[0] for at in range(20)]

    assert np.allclose(together, alone, rtol=0, atol=1e-12)


@pytest.mark.parametrize("favourable", [0, 1])
def test_a_lightgbm_model_with_categories_answers_as_lightgbm_does(
    favourable: int, tmp_path: Path
) -> None:
    theirs = booster(FRAME)

    found, ours = brought(tmp_path, text(theirs), "lightgbm", binary(favourable=favourable))

    for frame in (FRAME[INPUTS], odd(FRAME)):
        second = theirs.predict(coded(frame))
        wanted = second if favourable else 1 - second
        assert np.allclose(ours.favourable_probability(frame), wanted, rtol=0, atol=1e-12)
    explained = ours.explain(FRAME.head(9))
    own = theirs.predict(coded(FRAME.head(9)), pred_contrib=True)[:, :-1]
    assert found.exact
    assert np.allclose(explained.values.to_numpy(), own if favourable else -own)


@pytest.mark.parametrize("objective", ["regression", "poisson"])
def test_a_lightgbm_model_of_an_amount_answers_on_the_scale_of_the_amount(
    objective: str, tmp_path: Path
) -> None:
    theirs = booster(FRAME, "amount", objective=objective)

    found, ours = brought(tmp_path, text(theirs), "lightgbm", amount())

    assert np.allclose(ours.predict(FRAME).astype(float), theirs.predict(coded(FRAME)))
    assert found.exact is (objective == "regression")


def test_several_classes_and_amounts_of_pipelines_come_out_the_same(tmp_path: Path) -> None:
    classes = pipeline(LogisticRegression(), FRAME, "level")
    line = pipeline(LinearRegression(), FRAME, "amount")

    _, ours = brought(tmp_path / "classes", dumped(classes), "skops", several())
    _, value = brought(tmp_path / "line", dumped(line), "skops", amount())

    assert np.allclose(ours.predict_proba(FRAME), classes.predict_proba(plain(FRAME)))
    assert ours.explain(FRAME.head(4)).exact
    assert np.allclose(value.predict(FRAME).astype(float), line.predict(plain(FRAME)))


def test_several_classes_of_lightgbm_come_out_the_same(tmp_path: Path) -> None:
    theirs = booster(FRAME, "level", objective="multiclass", num_class=3)

    _, ours = brought(tmp_path, text(theirs), "lightgbm", several())

    assert np.allclose(ours.predict_proba(FRAME), theirs.predict(coded(FRAME)))


def test_an_onnx_graph_answers_as_the_runtime_does(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    frame = FRAME.dropna()

    found, ours = brought(tmp_path, GRAPH, "onnx", binary(), frame)

    home = frame["home"].map({"farm": 0, "flat": 1, "house": 2})
    score = 0.06 * frame["income"] - 0.12 * frame["debt"] + 0.9 * home - 1
    assert np.allclose(ours.favourable_probability(frame), 1 / (1 + np.exp(-score)), atol=1e-5)
    assert not found.exact


@pytest.mark.parametrize(("kind", "library"), [("skops", "skops.io"), ("onnx", "onnxruntime")])
def test_a_library_that_is_not_installed_is_named(
    kind: str, library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)

    with pytest.raises(LibraryAbsent, match=rf"install accredit\[{kind}\]"):
        brought(tmp_path, GRAPH, kind, binary(), FRAME.dropna())


def test_the_bundle_says_where_the_model_comes_from(tmp_path: Path) -> None:
    found, ours = brought(tmp_path, text(booster(FRAME)), "lightgbm", binary())

    config = read_json(tmp_path / "bundle", "config.json")

    assert config["built_elsewhere"] == {"author": "Scores Ltd"}
    assert ours.digest == found.digest
    left_out = {column.name: column.reason for column in ours.contract.left_out}
    assert left_out["sex"] is Reason.SENSITIVE
    assert left_out["amount"] is Reason.EXCLUDED


def test_a_leak_in_the_training_rows_is_found_and_no_rows_mean_no_findings(tmp_path: Path) -> None:
    leaking = FRAME.assign(home=np.where(FRAME["ok"] == 1, "house", "flat"))
    content = text(booster(FRAME))

    def found(name: str, trained: pd.DataFrame | None) -> Any:
        rows = Rows(FRAME, trained, ("sex",))
        return import_model(
            tmp_path / name, content, "lightgbm", stated=binary(), rows=rows, origin={}
        ).findings

    critical = [f.column for f in found("leak", leaking) if f.severity is Severity.CRITICAL]
    assert critical == ["home"]
    assert found("none", None) is None
    assert found("unfit", FRAME.assign(ok=1)) is None


def test_attributions_add_up_for_every_format(tmp_path: Path) -> None:
    contents = {
        "lightgbm": text(booster(FRAME)),
        "skops": dumped(pipeline(HistGradientBoostingClassifier(max_iter=8), FRAME)),
    }
    for kind, content in contents.items():
        _, ours = brought(tmp_path / kind, content, kind, binary())

        explained = ours.explain(FRAME.head(10))

        total = explained.values.sum(axis=1).to_numpy() + explained.base[0]
        assert np.allclose(total, explained.margin)


def test_every_format_is_either_read_or_refused_by_name(tmp_path: Path) -> None:
    assert set(FORMATS) == {"skops", "lightgbm", "onnx"}

    with pytest.raises(EngineError, match="are not read"):
        brought(tmp_path, b"", "pickle", binary())
