import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_governance.gates.gaps import judge_gap, rows_to_decide, turned
from accredit_governance.gates.probes import Answers
from accredit_governance.gates.results import Verdict
from accredit_governance.gates.roc import Estimate

VALUES = st.floats(-1, 1)


@pytest.mark.parametrize(
    ("value", "error", "least", "verdict"),
    [
        pytest.param(0.05, 0.01, 0.0, Verdict.PASS, id="better beyond chance"),
        pytest.param(0.01, 0.01, 0.0, Verdict.INSUFFICIENT_EVIDENCE, id="better, perhaps"),
        pytest.param(-0.01, 0.01, 0.0, Verdict.INSUFFICIENT_EVIDENCE, id="worse, perhaps"),
        pytest.param(-0.05, 0.01, 0.0, Verdict.FAIL, id="worse beyond chance"),
        pytest.param(-0.01, 0.001, -0.02, Verdict.PASS, id="worse, but tolerably"),
        pytest.param(-0.019, 0.005, -0.02, Verdict.INSUFFICIENT_EVIDENCE, id="near the limit"),
        pytest.param(-0.03, 0.025, -0.02, Verdict.INSUFFICIENT_EVIDENCE, id="beyond, perhaps"),
        pytest.param(-0.03, 0.01, -0.02, Verdict.FAIL, id="beyond, and surely worse"),
        pytest.param(0.01, 0.001, 0.02, Verdict.FAIL, id="surely less than the demanded gain"),
        pytest.param(0.01, 0.02, 0.02, Verdict.INSUFFICIENT_EVIDENCE, id="gain not excluded"),
        pytest.param(0.02, 0.0, 0.02, Verdict.PASS, id="on the limit"),
    ],
)
def test_the_verdict_is_practical_and_statistical(
    value: float, error: float, least: float, verdict: Verdict
) -> None:
    assert judge_gap(Estimate(value, error), least=least, z=1.645) is verdict


@given(value=VALUES, error=st.floats(0, 0.5), least=st.floats(-0.2, 0.2))
def test_nothing_fails_that_reaches_the_limit_and_nothing_passes_below_it(
    value: float, error: float, least: float
) -> None:
    verdict = judge_gap(Estimate(value, error), least=least, z=1.645)

    assert verdict is not Verdict.FAIL or value < least
    assert verdict is not Verdict.PASS or value >= least


@given(value=VALUES, error=st.floats(0.001, 0.5), rows=st.integers(2, 10_000))
def test_the_rows_to_decide_bring_the_bound_to_the_limit(
    value: float, error: float, rows: int
) -> None:
    more = rows_to_decide(Estimate(value, error), least=0.0, z=1.645, rows=rows)

    if value <= 0:
        assert more is None
    elif more is not None and value > 1e-3:
        then = error * math.sqrt(rows / (rows + more))
        assert value - 1.645 * then >= -1e-9


def test_an_exact_difference_needs_no_rows() -> None:
    assert rows_to_decide(Estimate(0.1, 0.0), least=0.0, z=1.6, rows=10) is None


def test_turned_decisions_are_counted_by_direction() -> None:
    def decided(*selected: int) -> Answers:
        return Answers(np.zeros(5), selected=np.array(selected, dtype=bool))

    before, after = decided(0, 0, 1, 1, 1), decided(1, 1, 0, 1, 1)
    outcome = np.array([True, False, True, True, False])

    assert turned(before, after) == {"up": 2, "down": 1}
    assert turned(before, after, outcome) == {
        "up": 2,
        "down": 1,
        "up_favourable": 1,
        "down_favourable": 1,
    }
    assert turned(Answers(np.zeros(5)), after) is None
