"""Rebuilding: the recorded model comes out the same, and its variations are what they say."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from accredit_engine import AutoML, FittedModel, Limits, Mitigation, errors
from accredit_engine.bundle.bundle import load_bundle, model_files
from accredit_engine.evaluation.custom_score import CustomScore
from accredit_engine.rebuilding import Rebuilder
from accredit_engine.replay import replay
from tests.engine.search.support import small_frame


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return small_frame(240)


def weighed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(w=1.0 + frame.index % 3)


def several(frame: pd.DataFrame) -> pd.DataFrame:
    names = np.array(["north", "south", "west"])
    return frame.assign(good=names[np.digitize(frame["first"] + frame["second"], [-0.8, 0.8])])


Built = Callable[..., tuple[Path, AutoML]]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A saved bundle of a small run."""

    def build(frame: pd.DataFrame, task: str, target: str = "good", **settings: Any) -> Any:
        variant = settings.pop("variant", "ensemble")
        columns = {name: settings.pop(name) for name in ("weight",) if name in settings}
        folder = tmp_path_factory.mktemp("built") / "bundle"
        model = AutoML(task, **{"max_trials": 3, "workers": "inline", "seed": 4} | settings)
        model.fit(frame, target, **columns).save(folder, variant=variant)
        return folder, model

    return build


def same(one: FittedModel, other: FittedModel) -> bool:
    return model_files(one) == model_files(other)


@pytest.fixture(scope="module")
def opened(built: Built, frame: pd.DataFrame) -> tuple[Path, Rebuilder]:
    """A binary run with several members."""
    folder, _ = built(frame, "binary", families=["linear", "boosting", "forest"])
    return folder, Rebuilder.open(folder, frame, n_jobs=1)


CASES = [
    pytest.param(
        {"task": "binary", "families": ["linear", "boosting", "neural"], "conformal": 0.8,
         "class_weight": "balanced", "threshold": "metric:f1", "favourable": 0, "weight": "w"},
        id="weights, classes and a threshold",
    ),
    pytest.param({"task": "multiclass", "families": ["linear", "boosting"]}, id="multiclass"),
    pytest.param(
        {"task": "regression", "target": "first", "families": ["linear", "boosting"],
         "conformal": 0.8},
        id="regression",
    ),
    pytest.param(
        {"task": "binary", "families": ["linear"], "max_trials": 4,
         "mitigation": Mitigation("kind", min_ratio=0.7)},
        id="mitigated",
    ),
    pytest.param(
        {"task": "binary", "families": ["linear", "boosting"], "monotone": {"first": 1}},
        id="monotone",
    ),
    pytest.param(
        {"task": "binary", "families": ["linear", "boosting"], "variant": "deploy",
         "conformal": 0.8},
        id="leaner variant",
    ),
    pytest.param(
        {"task": "multiclass", "families": ["linear", "forest"], "variant": "deploy"},
        id="leaner variant of several classes",
    ),
]  # fmt: skip


@pytest.mark.parametrize("settings", CASES)
def test_the_model_comes_out_of_its_record_byte_for_byte(
    settings: dict[str, Any], built: Built, frame: pd.DataFrame
) -> None:
    rows = several(frame) if settings["task"] == "multiclass" else weighed(frame)
    folder, _ = built(rows, **settings)

    rebuilder = Rebuilder.open(folder, rows, n_jobs=2)
    again = rebuilder.model()

    assert rebuilder.differing(again) == ()
    assert rebuilder.versions == {}
    assert same(again, load_bundle(folder))


def test_derived_features_come_out_the_same(built: Built) -> None:
    random = np.random.default_rng(5)
    limit, used = random.lognormal(9, 1, 500), random.lognormal(8, 1, 500)
    owed = 10 * np.clip(used / limit, 0, 3) + random.normal(0, 0.5, 500)
    rows = pd.DataFrame({"limit": limit, "used": used, "owed": owed})
    folder, model = built(rows, "regression", "owed", families=["linear"], max_trials=10)

    rebuilder = Rebuilder.open(folder, rows, n_jobs=1)

    assert model.record_.derivation["kept"]
    assert any(part.encoding.derived for part in load_bundle(folder).parts)
    assert rebuilder.differing(rebuilder.model()) == ()


def test_a_search_on_a_sample_is_refitted_on_all_rows(built: Built) -> None:
    noise = np.random.default_rng(2).normal(size=(6_000, 60))
    rows = pd.DataFrame(noise, columns=[f"column {at}" for at in range(60)])
    rows["good"] = (noise[:, 0] + noise[:, 1] > 0).astype(int)
    folder, model = built(
        rows, "binary", families=["linear"], max_trials=2, limits=Limits(memory_mb=320.0)
    )

    rebuilder = Rebuilder.open(folder, rows, n_jobs=1)

    assert model.record_.searched_rows < rebuilder.rows == 6_000
    assert rebuilder.differing(rebuilder.model()) == ()


def test_a_model_from_the_record_is_the_one_of_a_replay(
    opened: tuple[Path, Rebuilder], frame: pd.DataFrame
) -> None:
    folder, rebuilder = opened

    assert replay(folder, frame, n_jobs=1).is_same
    assert same(rebuilder.model(), load_bundle(folder))


def test_a_refit_answers_alike_under_the_same_contract(
    opened: tuple[Path, Rebuilder], frame: pd.DataFrame
) -> None:
    folder, rebuilder = opened
    model = load_bundle(folder)

    refit = rebuilder.refit(seed=99)

    assert refit.contract == model.contract
    assert [part.trial for part in refit.parts] == [part.trial for part in model.parts]
    assert [part.weight for part in refit.parts] == [part.weight for part in model.parts]
    assert not np.array_equal(refit.margin(frame), model.margin(frame))
    assert np.corrcoef(refit.margin(frame), model.margin(frame))[0, 1] > 0.9


def test_a_refit_depends_on_its_seed_and_rows_alone(
    opened: tuple[Path, Rebuilder], frame: pd.DataFrame
) -> None:
    _, rebuilder = opened
    rows = np.random.default_rng(0).integers(0, len(frame), len(frame))

    assert same(rebuilder.refit(seed=5, rows=rows), rebuilder.refit(seed=5, rows=rows[::-1]))
    assert not same(rebuilder.refit(seed=5, rows=rows), rebuilder.refit(seed=6, rows=rows))
    assert not same(rebuilder.refit(seed=5, rows=rows), rebuilder.refit(seed=5))


def test_all_rows_by_name_are_all_rows(opened: tuple[Path, Rebuilder], frame: pd.DataFrame) -> None:
    _, rebuilder = opened

    assert same(rebuilder.refit(seed=5, rows=np.arange(len(frame))), rebuilder.refit(seed=5))


def test_what_the_rows_leave_out_is_not_learned(built: Built, frame: pd.DataFrame) -> None:
    folder, _ = built(frame, "binary", families=["tree"], max_trials=1)
    rebuilder = Rebuilder.open(folder, frame, n_jobs=1)
    inverted = frame.assign(good=1 - frame["good"])
    both = pd.concat([frame, inverted], ignore_index=True)
    mixed, _ = built(both, "binary", families=["tree"], max_trials=1)

    half = Rebuilder.open(mixed, both, n_jobs=1).refit(seed=1, rows=np.arange(len(frame)))

    gap = np.corrcoef(half.margin(frame), rebuilder.refit(seed=1).margin(frame))[0, 1]
    assert gap > 0.8


def test_encoders_are_fitted_on_the_rows_of_a_refit(built: Built, frame: pd.DataFrame) -> None:
    far = frame.assign(first=np.where(frame.index < 120, frame["first"], 1000 + frame["first"]))
    folder, _ = built(far, "binary", families=["linear"], max_trials=1)

    refit = Rebuilder.open(folder, far, n_jobs=1).refit(seed=1, rows=np.arange(120))

    ours, theirs = (
        str([e.to_dict() for e in m.encoders.values()]) for m in (refit, load_bundle(folder))
    )
    assert ours != theirs


@pytest.mark.parametrize("family", ["linear", "boosting", "forest"])
def test_a_class_that_the_rows_lack_keeps_a_margin(
    family: str, built: Built, frame: pd.DataFrame
) -> None:
    rows = several(frame)
    folder, _ = built(rows, "multiclass", families=[family], max_trials=1)
    model = load_bundle(folder)
    present = np.flatnonzero(rows["good"] != "west")

    output = Rebuilder.open(folder, rows, n_jobs=1).refit(seed=1, rows=present).predict_proba(rows)

    assert output.shape == (len(rows), 3)
    assert np.isfinite(output).all()
    west = list(model.classes).index("west")
    assert output[:, west].mean() < model.predict_proba(rows)[:, west].mean() / 2


def test_a_mitigated_refit_weighs_the_groups_of_its_rows(built: Built, frame: pd.DataFrame) -> None:
    folder, _ = built(
        frame,
        "binary",
        families=["linear"],
        max_trials=4,
        mitigation=Mitigation("kind", min_ratio=0.7),
    )
    rebuilder = Rebuilder.open(folder, frame, n_jobs=1)

    refit = rebuilder.refit(seed=1, rows=np.flatnonzero(frame["kind"] != "c"))

    assert np.isfinite(refit.margin(frame)).all()
    assert not same(refit, rebuilder.refit(seed=1))


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(np.array([], dtype=np.intp), id="none"),
        pytest.param(np.array([-1]), id="before the first"),
        pytest.param(np.array([240]), id="behind the last"),
    ],
)
def test_rows_outside_the_table_are_refused(
    rows: np.ndarray[Any, Any], opened: tuple[Path, Rebuilder]
) -> None:
    with pytest.raises(ValueError, match="positions from 0 to 239"):
        opened[1].refit(seed=1, rows=rows)


def test_a_trial_alone_is_one_member_with_its_own_calibration(
    opened: tuple[Path, Rebuilder], frame: pd.DataFrame
) -> None:
    folder, rebuilder = opened

    for number in range(3):
        alone = rebuilder.of_trial(number)

        assert [(part.trial, part.weight) for part in alone.parts] == [(number, 1.0)]
        assert alone.threshold == load_bundle(folder).threshold
        mean = float(alone.favourable_probability(frame).mean())
        assert mean == pytest.approx(float(frame["good"].mean()), abs=0.1)


def test_a_trial_that_never_finished_cannot_be_rebuilt(opened: tuple[Path, Rebuilder]) -> None:
    with pytest.raises(ValueError, match="no finished trial 17"):
        opened[1].of_trial(17)


def test_other_rows_than_those_of_the_run_are_refused(
    opened: tuple[Path, Rebuilder], frame: pd.DataFrame
) -> None:
    folder, _ = opened

    with pytest.raises(errors.NotReplayable, match="replay it on the rows it was trained on"):
        Rebuilder.open(folder, frame.iloc[::-1])


def test_a_damaged_bundle_is_refused(built: Built, frame: pd.DataFrame) -> None:
    folder, _ = built(frame, "binary", families=["linear"], max_trials=1)
    (folder / "blend.json").write_bytes(b"{}")

    with pytest.raises(errors.DamagedBundle):
        Rebuilder.open(folder, frame)


def test_functions_of_the_caller_cannot_be_rebuilt(built: Built, frame: pd.DataFrame) -> None:
    def right(truth: Any, output: Any) -> float:
        return float(((output > 0.5) == truth).mean())

    folder, _ = built(
        frame, "binary", metric=CustomScore("share right", right), families=["linear"]
    )

    with pytest.raises(errors.NotReplayable, match="function of the caller"):
        Rebuilder.open(folder, frame)
