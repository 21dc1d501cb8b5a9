import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from accredit_governance.gates.evaluate import evaluate
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.probes import Probes, Replacements
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.policy.document import Policy

Demand = Callable[..., Policy]


def _one(policy: Policy, evidence: Evidence) -> CheckResult:
    return evaluate(policy, evidence).results[0]


def _turned(rows: int, count: int) -> np.ndarray:
    return np.arange(rows) < count


def _with(
    evidence: Evidence, *, top: int, everywhere: int, random: int, rows: int = 200
) -> Evidence:
    """So many of the refusals turn; those that turn by chance turn by their reasons as well."""
    found = Replacements(
        rows=np.arange(rows),
        most=1,
        top=_turned(rows, top),
        everywhere=_turned(rows, everywhere),
        random=_turned(rows, random),
    )
    return replace(evidence, probes=Probes(replacements=found))


def test_reasons_that_decide_pass_with_the_pilot_s_figures(fair: Evidence, demand: Demand) -> None:
    result = _one(
        demand("reason_faithfulness", min=0.3), _with(fair, top=192, everywhere=170, random=66)
    )

    assert result.verdict is Verdict.PASS
    assert result.value == pytest.approx(0.63)
    assert result.n == 200
    # Bonett and Price: (127/202, 1/202) in the discordant cells.
    plus, minus = 127 / 202, 1 / 202
    error = math.sqrt((plus + minus - (plus - minus) ** 2) / 202)
    assert result.interval is not None
    assert result.interval.low == pytest.approx(plus - minus - 1.95996 * error, abs=1e-5)
    assert [entry["share"] for entry in result.details["turned"]] == [0.96, 0.85, 0.33]


@pytest.mark.parametrize(
    ("top", "random", "verdict"),
    [
        pytest.param(100, 60, Verdict.FAIL, id="below for sure"),
        pytest.param(100, 46, Verdict.INSUFFICIENT_EVIDENCE, id="below by chance"),
        pytest.param(100, 38, Verdict.INSUFFICIENT_EVIDENCE, id="above by chance"),
        pytest.param(100, 10, Verdict.PASS, id="above for sure"),
        pytest.param(0, 0, Verdict.FAIL, id="nothing turns"),
    ],
)
def test_reasons_must_beat_random_columns_beyond_chance(
    fair: Evidence, demand: Demand, top: int, random: int, verdict: Verdict
) -> None:
    evidence = _with(fair, top=top, everywhere=0, random=random)

    assert _one(demand("reason_faithfulness", min=0.3), evidence).verdict is verdict


@pytest.mark.parametrize(
    ("everywhere", "verdict"),
    [
        pytest.param(150, Verdict.PASS, id="as good"),
        pytest.param(153, Verdict.WARN, id="better by chance"),
        pytest.param(170, Verdict.FAIL, id="better for sure"),
    ],
)
def test_own_reasons_must_not_be_worse_than_everybody_s(
    fair: Evidence, demand: Demand, everywhere: int, verdict: Verdict
) -> None:
    evidence = _with(fair, top=150, everywhere=everywhere, random=20)

    assert _one(demand("reason_faithfulness", min=0.3), evidence).verdict is verdict


def test_a_small_gain_is_pointed_out(fair: Evidence, demand: Demand) -> None:
    evidence = _with(fair, top=150, everywhere=0, random=20)

    assert _one(demand("reason_faithfulness", min=0.3, warn=0.7), evidence).verdict is Verdict.WARN


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        pytest.param(0, Verdict.INSUFFICIENT_EVIDENCE, id="none"),
        pytest.param(29, Verdict.INSUFFICIENT_EVIDENCE, id="just too few"),
        pytest.param(30, Verdict.PASS, id="just enough"),
    ],
)
def test_thirty_refusals_are_needed(
    fair: Evidence, demand: Demand, rows: int, verdict: Verdict
) -> None:
    result = _one(
        demand("reason_faithfulness", min=0.3),
        _with(fair, top=rows, everywhere=0, random=0, rows=rows),
    )

    assert result.verdict is verdict
    if verdict is not Verdict.PASS:
        assert result.remedy is not None
        assert "30" in result.remedy


def test_one_input_has_nothing_to_be_compared_with(fair: Evidence, demand: Demand) -> None:
    evidence = _with(fair, top=9, everywhere=9, random=9)
    single = replace(evidence, inputs=evidence.inputs[["income"]])

    result = _one(demand("reason_faithfulness", min=0.3), single)

    assert result.verdict is Verdict.NOT_APPLICABLE


def test_answers_of_other_rows_are_an_error(fair: Evidence, demand: Demand) -> None:
    found = Replacements(np.arange(50), 1, np.ones(50, bool), np.ones(50, bool), np.ones(9, bool))
    evidence = replace(fair, probes=Probes(replacements=found))

    assert _one(demand("reason_faithfulness", min=0.3), evidence).verdict is Verdict.ERROR


def test_without_the_probe_there_is_no_verdict(fair: Evidence, demand: Demand) -> None:
    result = _one(demand("reason_faithfulness", min=0.3), fair)

    assert result.verdict is Verdict.INSUFFICIENT_EVIDENCE
