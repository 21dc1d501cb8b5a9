from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accredit_governance.gates.evaluate import evaluate
from accredit_governance.gates.probes import Probes
from accredit_governance.gates.probing import perturbations
from accredit_governance.gates.probing.case import Case
from accredit_governance.gates.results import Verdict
from accredit_governance.policy.document import Policy

Build = Callable[..., Case]
Demand = Callable[..., Policy]


def _rng() -> np.random.Generator:
    return np.random.default_rng(4)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_every_kind_is_tried_and_answered(build: Build, demand: Demand, task: str) -> None:
    case = replace(build(task), policy=demand("robustness", tasks=(task,), max=0.4))

    probe = perturbations.probe(case)

    assert [one.kind for one in probe.disturbed] == ["noise", "missing", "swapped"]
    # Noise so small is rounded off the numbers of children, so they are not counted.
    assert [one.columns for one in probe.disturbed] == [2, 1, 2]
    for one in probe.disturbed:
        assert len(one.answers.score) == len(probe.rows) == 400
        assert not np.array_equal(one.answers.score, case.evidence.score)
    evidence = replace(case.evidence, probes=Probes(perturbations=probe))
    (result,) = evaluate(case.policy, evidence).results[:1]
    assert result.verdict is Verdict.PASS
    assert [row["kind"] for row in result.details["disturbances"]] == [
        "noise",
        "missing",
        "swapped",
    ]


def test_as_much_is_changed_as_the_policy_says(build: Build, demand: Demand) -> None:
    case = build()
    policy = demand("robustness", max=0.1, noise=0.1, missing=0.5, swapped=0.5)

    probe = perturbations.probe(replace(case, policy=policy))

    shares = {one.kind: one.changed for one in probe.disturbed}
    # A fifth of the debts is missing already; of 400 draws a share of half is within 0.1.
    assert shares["missing"] == pytest.approx(0.4, abs=0.1)
    assert shares["swapped"] == pytest.approx(0.5, abs=0.1)
    # All incomes move, and of the debts those that are known.
    assert shares["noise"] == pytest.approx(0.9, abs=0.05)


def test_equal_cases_are_disturbed_equally(build: Build, demand: Demand) -> None:
    case = replace(build(), policy=demand("robustness", max=0.1))

    one, two = perturbations.probe(case), perturbations.probe(case)

    for left, right in zip(one.disturbed, two.disturbed, strict=True):
        assert left.changed == right.changed
        assert np.array_equal(left.answers.score, right.answers.score)


def test_what_a_model_does_not_have_is_not_disturbed(build: Build, demand: Demand) -> None:
    policy = demand("robustness", max=0.1)
    words = build(without=("income", "children", "debt"))
    figures = replace(build(without=("region", "owner")), policy=policy)

    assert [one.kind for one in perturbations.probe(replace(words, policy=policy)).disturbed] == [
        "swapped"
    ]
    assert [one.kind for one in perturbations.probe(figures).disturbed] == ["noise", "missing"]


def test_noise_that_rounding_takes_back_disturbs_nothing(build: Build, demand: Demand) -> None:
    policy = demand("robustness", max=0.1, noise=0.01, missing=0, swapped=0)
    case = build(without=("income", "debt", "region"))

    assert perturbations.probe(replace(case, policy=policy)).disturbed == ()


def test_a_strength_of_zero_disturbs_nothing(build: Build, demand: Demand) -> None:
    policy = demand("robustness", max=0.1, noise=0, missing=0, swapped=0)
    case = replace(build(), policy=policy)

    probe = perturbations.probe(case)

    assert probe.disturbed == ()
    evidence = replace(case.evidence, probes=Probes(perturbations=probe))
    (result,) = evaluate(policy, evidence).results[:1]
    assert result.verdict is Verdict.NOT_APPLICABLE


@settings(max_examples=50, deadline=None)
@given(
    values=st.lists(st.integers(-1000, 1000) | st.none(), min_size=2, max_size=30),
    train=st.lists(st.integers(-100, 100) | st.none(), min_size=2, max_size=30),
    strength=st.floats(0, 1),
    whole=st.booleans(),
)
def test_noise_keeps_range_wholeness_and_holes(
    values: list[int | None], train: list[int | None], strength: float, *, whole: bool
) -> None:
    scale = 1.0 if whole else 0.37
    before, known = (
        pd.Series([None if v is None else v * scale for v in part], dtype="float64")
        for part in (values, train)
    )

    after = perturbations._noisy(before, known, strength, _rng())

    assert (after.isna() == before.isna()).all()
    low, high = known.min(), known.max()
    if known.notna().any():
        moved = after.dropna()
        assert (moved >= np.fmin(low, before.dropna())).all()
        assert (moved <= np.fmax(high, before.dropna())).all()
        if whole:
            assert (moved == moved.round()).all()


def test_noise_has_the_size_that_is_demanded() -> None:
    train = pd.Series(_rng().normal(0, 20, 5_000))
    before = pd.Series(np.zeros(5_000))

    after = perturbations._noisy(before, train, 0.1, np.random.default_rng(9))

    assert after.std() == pytest.approx(2, rel=0.05)
    assert after.mean() == pytest.approx(0, abs=0.1)


def test_an_amount_that_is_mostly_nothing_is_disturbed_by_the_spread_of_the_rest() -> None:
    amounts = _rng().normal(500, 20, 200)
    train = pd.Series([0.0] * 9_800 + amounts.tolist())

    after = perturbations._noisy(pd.Series(np.full(5_000, 300.0)), train, 0.1, _rng())

    assert after.std() == pytest.approx(2, rel=0.3)
    same = pd.Series([7.0] * 20)
    assert perturbations._noisy(same, same, 1.0, _rng()).tolist() == same.tolist()


def test_a_column_that_stays_as_it_is_does_not_count(build: Build, demand: Demand) -> None:
    case = replace(build(), policy=demand("robustness", max=0.1, missing=0, swapped=0))
    flat = case.evidence.train_inputs.assign(income=1.0)
    still = replace(case, evidence=replace(case.evidence, train_inputs=flat))

    (every,), (fewer,) = (perturbations.probe(one).disturbed for one in (case, still))

    assert fewer.columns == every.columns - 1
    assert fewer.changed < every.changed
    # Of the debts, a fifth is missing; noise so small is rounded off the numbers of children.
    assert fewer.columns == 1
    assert fewer.changed == pytest.approx(0.8, abs=0.1)


def test_words_among_numbers_stay() -> None:
    before = pd.Series([1.5, "unknown", "2.5", None], dtype="object")

    known = pd.Series([-100, 100.0, "unknown"], dtype="object")

    after = perturbations._noisy(before, known, 1.0, _rng())

    assert after.iloc[1] == "unknown"
    assert after.iloc[3] is None
    assert after.iloc[0] != 1.5
    words = pd.Series(["a", "b"])
    assert perturbations._noisy(words, words, 1.0, _rng()).tolist() == ["a", "b"]


@settings(max_examples=50, deadline=None)
@given(
    values=st.lists(st.sampled_from(["a", "b", "c", "new", None]), min_size=1, max_size=30),
    train=st.lists(st.sampled_from(["a", "b", "c", None]), max_size=30),
)
def test_a_swapped_category_is_another_one_of_the_column(
    values: list[str | None], train: list[str | None]
) -> None:
    before, known = pd.Series(values, dtype="object"), pd.Series(train, dtype="object")
    levels = set(known.dropna())

    after = perturbations._swapped(before, known, 1.0, _rng())

    for old, new in zip(before, after, strict=True):
        if old is None:
            assert new is None
        elif levels - {old}:
            assert new in levels - {old}
        else:
            assert new == old


@pytest.mark.parametrize("dtype", ["bool", "int64", "float64", "str", "category", "boolean"])
def test_a_swapped_column_keeps_its_type(dtype: str) -> None:
    before = pd.Series([0, 1, 1, 0, 1]).astype("object" if dtype == "str" else dtype)
    before = before.map(str).astype(dtype) if dtype == "str" else before

    after = perturbations._swapped(before, before, 1.0, _rng())

    assert (after.astype("object") != before.astype("object")).all()
    if dtype != "category":
        assert after.dtype == before.dtype


def test_categories_are_drawn_by_their_frequency() -> None:
    train = pd.Series(["a"] * 60 + ["b"] * 30 + ["c"] * 10)

    after = perturbations._swapped(pd.Series(["a"] * 9_000), train, 1.0, _rng())

    assert (after == "b").mean() == pytest.approx(0.75, abs=0.02)
