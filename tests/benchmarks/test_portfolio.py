import json
from pathlib import Path

import numpy as np
import pytest
from engine_trials import Table, Trial, TrialFolder
from ordering import Evidence, blend_loss, order, within
from pool import Configuration, configurations
from portfolio import main

from accredit_engine.bundle.contract import Task
from accredit_engine.families.family import FamilyName
from accredit_engine.families.roster import load_families

POOL = [Configuration("linear", {"strength": at}, ("regression",)) for at in range(4)]
GOOD, TWIN, OTHER, POOR = range(4)


def evidence(*, seconds: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0)) -> Evidence:
    """GOOD and TWIN make the same errors, OTHER makes independent ones, POOR knows nothing."""
    random = np.random.default_rng(0)
    y = random.normal(size=400)
    shared, own = random.normal(size=400), random.normal(size=400)
    margins = [y + shared, y + 1.01 * shared, y + 1.1 * own, 5 * random.normal(size=400)]
    trials = {
        entry.key: Trial("finished", "", spent, margin[:, None])
        for entry, margin, spent in zip(POOL, margins, seconds, strict=True)
    }
    return Evidence.of(Table("made up", Task.REGRESSION, y, trials), POOL, rows=400, seed=0)


def ordered(*entries: Evidence, time_weight: float = 0.0, length: int = 4) -> list[int]:
    return order(entries, POOL, length=length, time_weight=time_weight, smallest_gain=0.01)


def test_what_helps_the_blend_comes_before_a_twin_of_the_best() -> None:
    assert ordered(evidence())[:2] == [GOOD, OTHER]


def test_what_brings_nothing_is_left_out() -> None:
    assert POOR not in ordered(evidence())


def test_a_list_is_no_longer_than_asked() -> None:
    assert ordered(evidence(), length=1) == [GOOD]


def test_a_quick_twin_goes_before_a_slow_best_when_time_counts() -> None:
    slow = evidence(seconds=(9.0, 1.0, 1.0, 1.0))

    assert ordered(slow)[0] == GOOD
    assert ordered(slow, time_weight=1.0)[0] == TWIN


def test_a_blend_of_independent_errors_beats_the_best_single() -> None:
    entry = evidence()

    assert blend_loss(entry, [GOOD, OTHER]) < blend_loss(entry, [GOOD])
    assert blend_loss(entry, []) == 1.0


def test_a_configuration_that_did_not_finish_gains_nothing() -> None:
    entry = evidence()
    trials = {POOL[OTHER].key: Trial("finished", "", 1.0, entry.y[:, None])}
    trials |= {POOL[GOOD].key: Trial("stopped", "out of time", 99.0, None)}
    table = Table("made up", Task.REGRESSION, entry.y, trials)

    assert ordered(Evidence.of(table, POOL, rows=400, seed=0)) == [OTHER]


def test_a_time_takes_the_first_that_fit_in_and_at_least_one() -> None:
    entry = evidence(seconds=(2.0, 1.0, 1.0, 1.0))

    assert within(entry, POOL, [GOOD, TWIN, OTHER], 3.0) == [GOOD, TWIN]
    assert within(entry, POOL, [GOOD, TWIN, OTHER], 0.5) == [GOOD]


def test_a_larger_pool_starts_like_the_smaller_one() -> None:
    families, _ = load_families(tuple(FamilyName))

    small = configurations(families, per_family=2, rows=5_000, seed=0)
    large = configurations(families, per_family=4, rows=5_000, seed=0)

    assert {entry.key for entry in small} <= {entry.key for entry in large}
    defaults = [entry.family for entry in small if entry.is_default]
    assert defaults == [name.value for name in families]


@pytest.fixture
def wine(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    from sklearn.datasets import load_wine

    load_wine(as_frame=True).frame.to_csv(tmp_path / "wine.csv", index=False)
    manifest = [{"name": "wine", "target": "target", "task": "multiclass"}]
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return tmp_path


def test_a_portfolio_is_learned_and_a_second_run_repeats_no_trial(
    wine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--data", str(wine), "--trials", str(wine / "trials"), "--families", "linear"]
    asked += ["--per-family", "2", "--out", str(wine / "portfolio.json")]

    assert main(asked) == 0
    first = (wine / "portfolio.json").read_bytes()
    assert "wine linear" in capsys.readouterr().out
    assert main(asked) == 0

    assert "wine linear" not in capsys.readouterr().out
    assert (wine / "portfolio.json").read_bytes() == first
    document = json.loads(first)
    assert [entry["name"] for entry in document["data"]] == ["wine"]
    assert document["entries"][0]["family"] == "linear"


def test_trials_of_other_settings_are_refused(tmp_path: Path) -> None:
    TrialFolder(tmp_path / "trials", 100, 0, 1.0, 1).open()

    with pytest.raises(ValueError, match="other settings"):
        TrialFolder(tmp_path / "trials", 200, 0, 1.0, 1).open()
