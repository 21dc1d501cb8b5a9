import json
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from accredit_engine.bundle.contract import Task
from accredit_engine.data.preparation import Prepared, Roles, prepare
from accredit_engine.families.family import FamilyName
from accredit_engine.features.spec import DerivedKind, DerivedSpec
from accredit_engine.search import derivation
from accredit_engine.search.candidates import traces, tree_proposals, unlike
from accredit_engine.search.derivation import Derivation, derive
from accredit_engine.search.probe import Fold, row_losses
from accredit_engine.search.tester import Verdict, required_errors

ROWS = 900


def prepared(frame: pd.DataFrame, task: Task) -> Prepared:
    roles = Roles("target", (), (), {}, None, "quarantine")
    return prepare(frame, roles, task=task, seed=1)


def folds(rows: int, count: int = 3) -> list[Fold]:
    number = np.random.default_rng(2).permutation(rows) % count
    return [
        (np.flatnonzero(number != fold), np.flatnonzero(number == fold)) for fold in range(count)
    ]


def found(data: Prepared, **settings: object) -> Derivation:
    options: dict[str, object] = {"seed": 3, "expired": lambda: False, "seconds": None, **settings}
    return derive(data, folds(data.table.rows), **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def utilisation() -> Prepared:
    """What counts is the share of the limit that is used, which trees cut badly."""
    random = np.random.default_rng(5)
    limit, used = random.lognormal(9, 1, ROWS), random.lognormal(8, 1, ROWS)
    rate = np.clip(used / limit, 0, 3)
    return prepared(
        pd.DataFrame(
            {
                "limit": limit,
                "used": used,
                "age": random.normal(40, 9, ROWS),
                "region": random.choice(["north", "south", "west"], ROWS),
                "target": 10 * rate + random.normal(0, 0.5, ROWS),
            }
        ),
        Task.REGRESSION,
    )


@pytest.fixture(scope="module")
def outcome(utilisation: Prepared) -> Derivation:
    return found(utilisation)


def verdicts(outcome: Derivation) -> Mapping[DerivedSpec, Verdict]:
    return {entry.spec: entry.verdict for entry in outcome.tested}


def test_a_feature_that_helps_is_kept(outcome: Derivation) -> None:
    kept = [set(spec.columns) for spec in outcome.kept if spec.kind is DerivedKind.RATIO]

    assert {"limit", "used"} in kept


def test_every_proposal_has_one_verdict_and_the_kept_ones_are_listed(outcome: Derivation) -> None:
    specs = [entry.spec for entry in outcome.tested]

    assert len(specs) == len(set(specs)) > 5
    kept = [entry.spec for entry in outcome.tested if entry.verdict is Verdict.KEPT]
    assert set(kept) == set(outcome.kept)
    for entry in outcome.tested:
        assert (entry.gain is None) == (entry.verdict is Verdict.UNTESTED)
        assert entry.reason


def test_kept_gains_are_beyond_their_noise(outcome: Derivation) -> None:
    gains = [entry for entry in outcome.tested if entry.verdict is Verdict.KEPT]

    assert gains
    assert all(
        entry.gain is not None and entry.noise is not None and entry.gain > entry.noise
        for entry in gains
    )


def test_without_a_clock_the_outcome_repeats_bit_for_bit(
    utilisation: Prepared, outcome: Derivation
) -> None:
    again = found(utilisation)

    assert json.dumps(again.to_dict(), allow_nan=False) == json.dumps(outcome.to_dict())


def test_the_outcome_is_plain_json(outcome: Derivation) -> None:
    document = json.loads(json.dumps(outcome.to_dict(), allow_nan=False))

    assert tuple(DerivedSpec.from_dict(entry) for entry in document["kept"]) == outcome.kept
    assert document["reason"] == ""
    assert document["tested"][0].keys() == {"spec", "verdict", "gain", "noise", "reason"}


def test_noise_is_hardly_ever_kept() -> None:
    runs = []
    for seed in range(5):
        random = np.random.default_rng(seed)
        columns = {f"n{at}": random.normal(size=300) for at in range(4)}
        frame = pd.DataFrame({**columns, "c": random.choice(list("abc"), 300)})
        frame["target"] = frame["n0"] + random.normal(size=300) > 0
        runs.append(found(prepared(frame, Task.BINARY)).kept)

    assert sum(bool(kept) for kept in runs) <= 1


def test_several_classes_can_be_derived_for() -> None:
    random = np.random.default_rng(9)
    first, second = random.choice(list("abcd"), (2, 600))
    frame = pd.DataFrame({"first": first, "second": second, "noise": random.normal(size=600)})
    frame["target"] = np.where(first == second, "same", np.where(first > second, "more", "less"))

    outcome = found(prepared(frame, Task.MULTICLASS))

    assert outcome.baseline is not None
    assert outcome.tested


def test_no_time_means_no_tests_and_says_so(utilisation: Prepared) -> None:
    outcome = found(utilisation, expired=lambda: True)

    assert outcome.kept == ()
    assert "out of time" in outcome.reason


def test_what_time_does_not_allow_stays_untested(utilisation: Prepared) -> None:
    asked = iter(range(10**9))

    outcome = found(utilisation, expired=lambda: next(asked) > 80)

    assert outcome.reason == ""
    assert set(verdicts(outcome).values()) == {Verdict.UNTESTED}
    assert "out of time" in {entry.reason for entry in outcome.tested}


def test_one_fold_is_not_enough(utilisation: Prepared) -> None:
    outcome = derive(utilisation, folds(ROWS)[:1], seed=1, expired=lambda: False, seconds=None)

    assert outcome == Derivation(reason="one fold cannot tell a gain from noise")


def test_without_boosting_nothing_is_derived(
    utilisation: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = {FamilyName.BOOSTING: "OSError: libgomp.so.1"}
    monkeypatch.setattr(derivation, "load_families", lambda names: ({}, absent))

    outcome = found(utilisation)

    assert outcome.kept == ()
    assert "libgomp" in outcome.reason


def test_strong_columns_are_joined_first(utilisation: Prepared) -> None:
    proposals = tree_proposals(utilisation, {"age": 3.0, "used": 2.0, "limit": 1.0})

    arithmetic = [spec for spec in proposals if spec.kind is DerivedKind.RATIO]
    assert [spec.columns for spec in arithmetic] == [
        ("age", "used"),
        ("age", "limit"),
        ("used", "limit"),
    ]


def test_a_trace_is_seen_in_residuals_and_not_in_noise() -> None:
    random = np.random.default_rng(1)
    value, noise = random.normal(size=(2, 2_000))

    assert traces(value[:, None], (np.sin(3 * value) + noise)[:, None]) > 10
    assert traces(value[:, None], noise[:, None]) < 3
    assert traces(value[:, None], np.zeros((2_000, 1))) == 0


def test_of_features_of_the_same_columns_the_best_is_tested() -> None:
    ratio = DerivedSpec(DerivedKind.RATIO, ("a", "b"))
    product = DerivedSpec(DerivedKind.PRODUCT, ("b", "a"))
    cycle = DerivedSpec(DerivedKind.CYCLE, ("a",))

    assert unlike([ratio, product, cycle]) == (ratio, cycle)


def test_more_tests_ask_for_more() -> None:
    assert required_errors(1) == pytest.approx(0.994, abs=0.001)
    assert required_errors(12) == pytest.approx(2.216, abs=0.001)


@pytest.mark.parametrize(
    ("task", "y", "raw", "loss"),
    [
        pytest.param(Task.REGRESSION, 3.0, [1.0], 4.0, id="squared error"),
        pytest.param(Task.BINARY, 1.0, [0.0], np.log(2), id="log-loss"),
        pytest.param(Task.BINARY, 0.0, [1000.0], 1000.0, id="far off"),
        pytest.param(Task.MULTICLASS, 2.0, [0.0, 0.0, 0.0], np.log(3), id="three classes"),
    ],
)
def test_losses_of_rows(task: Task, y: float, raw: list[float], loss: float) -> None:
    assert row_losses(np.array([y]), np.array([raw]), task) == pytest.approx(loss)
