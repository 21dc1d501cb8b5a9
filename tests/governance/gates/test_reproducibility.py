"""Reproducibility: the model made again from its record, and what is said about the difference."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from accredit_governance.gates.evaluate import evaluate
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.probes import Probes, Replay
from accredit_governance.gates.probing import replay
from accredit_governance.gates.probing.gather import gather_probes
from accredit_governance.gates.results import CheckResult, GateReport, Verdict
from accredit_governance.policy.document import Policy
from tests.governance.gates.cases import TRAIN_ROWS, build_case

Demand = Callable[..., Policy]
SAME = Replay(rows=400, margin_gap=0.0, differing=(), versions={})


@pytest.fixture(scope="module")
def policy(demand: Demand) -> Policy:
    return demand("reproducibility", max=1e-6, tasks=("binary", "multiclass", "regression"))


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_a_model_made_again_answers_every_test_row_the_same(
    task: str, policy: Policy, tmp_path: Path
) -> None:
    case = build_case(tmp_path, policy, task)

    found = replay.probe(case)

    assert found == replace(SAME, rows=len(case.inputs))
    assert judged(case.evidence, policy, found).verdict is Verdict.PASS


def test_a_model_that_the_record_does_not_give_is_found_out(policy: Policy, tmp_path: Path) -> None:
    """The answers of another model than the one in the folder."""
    case = build_case(tmp_path / "one", policy, seed=2)
    other = build_case(tmp_path / "two", policy, seed=3)

    found = replay.probe(replace(case, model=other.model))

    assert found.margin_gap == pytest.approx(
        float(np.abs(other.model.margin(case.inputs) - case.model.margin(case.inputs)).max())
    )
    assert judged(case.evidence, policy, found).verdict is Verdict.FAIL


def test_other_training_rows_are_an_error_not_a_pass(policy: Policy, tmp_path: Path) -> None:
    case = build_case(tmp_path, policy)
    other = replace(case, train=case.train.iloc[: TRAIN_ROWS - 1])

    probes = gather_probes(other)
    result = one(evaluate(policy, replace(case.evidence, probes=probes)))

    assert probes.replay is None
    assert result.verdict is Verdict.ERROR
    assert "NotReplayable" in result.message


def judged(evidence: Evidence, policy: Policy, found: Replay) -> CheckResult:
    return one(evaluate(policy, replace(evidence, probes=Probes(replay=found))))


def one(report: GateReport) -> CheckResult:
    return next(r for r in report.results if r.check == "reproducibility")


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        pytest.param(SAME, Verdict.PASS, id="the same"),
        pytest.param(replace(SAME, margin_gap=1e-6), Verdict.PASS, id="on the limit"),
        pytest.param(replace(SAME, margin_gap=1.1e-6), Verdict.FAIL, id="just beyond"),
        pytest.param(
            replace(SAME, differing=("blend.json",)), Verdict.PASS, id="files differ, margins not"
        ),
        pytest.param(
            replace(SAME, margin_gap=0.1, versions={"numpy": "2.4.6, 2.5.0"}),
            Verdict.INSUFFICIENT_EVIDENCE,
            id="beyond under other versions",
        ),
        pytest.param(
            replace(SAME, versions={"numpy": "2.4.6, 2.5.0"}),
            Verdict.PASS,
            id="the same under other versions",
        ),
        pytest.param(replace(SAME, margin_gap=float("nan")), Verdict.ERROR, id="not a number"),
        pytest.param(replace(SAME, rows=0), Verdict.ERROR, id="asked about nothing"),
    ],
)
def test_the_verdict_weighs_margins_and_versions(
    found: Replay, verdict: Verdict, fair: Evidence, policy: Policy
) -> None:
    assert judged(fair, policy, found).verdict is verdict


def test_a_warning_limit_is_pointed_out(fair: Evidence, demand: Demand) -> None:
    policy = demand("reproducibility", max=1e-3, warn=1e-6)

    assert judged(fair, policy, replace(SAME, margin_gap=1e-5)).verdict is Verdict.WARN
    assert judged(fair, policy, replace(SAME, margin_gap=1e-6)).verdict is Verdict.PASS


def test_the_message_says_what_was_repeated_and_which_files_differ(
    fair: Evidence, policy: Policy
) -> None:
    same = judged(fair, policy, SAME)
    names = tuple(f"members/{at:02d}-linear/weights.npy" for at in range(60))
    other = judged(fair, policy, replace(SAME, differing=names))

    assert "every file came out byte for byte the same" in same.message
    assert "the search itself was not repeated" in same.message
    assert "60 of its files did not come out" in other.message
    assert names[0] in other.message
    assert names[5] not in other.message
    assert other.details["differing"] == list(names[:50])
    assert other.details["differing_files"] == 60


def test_the_remedy_names_the_versions_to_use(fair: Evidence, policy: Policy) -> None:
    found = replace(SAME, margin_gap=1.0, versions={"numpy": "2.4.6, 2.5.0", "scipy": "1.0, 2.0"})

    remedy = judged(fair, policy, found).remedy

    assert remedy is not None
    assert "numpy 2.4.6, scipy 1.0" in remedy


def test_without_the_probe_there_is_no_pass(fair: Evidence, policy: Policy) -> None:
    assert one(evaluate(policy, fair)).verdict is Verdict.INSUFFICIENT_EVIDENCE
