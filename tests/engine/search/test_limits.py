"""Caps on a model: what they refuse, and what they let pass."""

import math

import numpy as np
import pytest

from accredit_engine.errors import UnfitSettings
from accredit_engine.families.family import FamilyName
from accredit_engine.families.roster import load_families
from accredit_engine.search.limits import Limits
from accredit_engine.search.trials import Trial
from tests.engine.search.support import scored_trial, small_evaluator


@pytest.fixture(scope="module")
def pair() -> list[Trial]:
    """Two trials of one megabyte and one millisecond each."""
    families, _ = load_families((FamilyName.LINEAR,))
    evaluator = small_evaluator(families)
    raw = np.linspace(-1, 1, len(evaluator.bench.folds.scored))[:, None]
    return [
        scored_trial(number, raw, evaluator, member_bytes=1_000_000, row_ms=1.0)
        for number in range(2)
    ]


@pytest.mark.parametrize("name", ["model_mb", "row_ms", "memory_mb", "trial_s"])
@pytest.mark.parametrize("value", [0, -1.0, math.nan, math.inf])
def test_a_cap_that_nothing_meets_or_that_caps_nothing_is_refused(name: str, value: float) -> None:
    with pytest.raises(UnfitSettings, match=name):
        Limits(**{name: value})


@pytest.mark.parametrize(
    ("limits", "allowed"),
    [
        pytest.param(Limits(), True, id="no cap"),
        pytest.param(Limits(model_mb=2.0), True, id="size on the limit"),
        pytest.param(Limits(model_mb=1.99), False, id="size above"),
        pytest.param(Limits(row_ms=2.0), True, id="time on the limit"),
        pytest.param(Limits(row_ms=1.99), False, id="time above"),
        pytest.param(Limits(model_mb=5.0, row_ms=1.5), False, id="one of two missed"),
    ],
)
def test_a_blend_is_as_large_and_slow_as_its_members_together(
    limits: Limits, *, allowed: bool, pair: list[Trial]
) -> None:
    assert limits.allow(pair) is allowed
    assert limits.allow([])


def test_caps_come_back_from_their_record() -> None:
    limits = Limits(model_mb=1.5, row_ms=2.0, memory_mb=500.0, trial_s=60.0)

    assert Limits(**limits.to_dict()) == limits  # type: ignore[arg-type] # its own JSON form
