"""Our counts against Fairlearn, and Fairlearn's silent answers against our verdicts."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import (
    MetricFrame,
    count,
    demographic_parity_difference,
    demographic_parity_ratio,
    equalized_odds_difference,
    false_positive_rate,
    mean_prediction,
    selection_rate,
    true_positive_rate,
)
from sklearn.metrics import mean_absolute_error, precision_score, roc_auc_score

from accredit_governance.gates.contrast import ParityRule
from accredit_governance.gates.estimates import Areas, Means
from accredit_governance.gates.evaluate import evaluate
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.groups import GroupCounts, Rate, grouping
from accredit_governance.gates.parity import judge
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.policy.document import Policy

Demand = Callable[..., Policy]
RATES = {
    Rate.SELECTION: selection_rate,
    Rate.TRUE_POSITIVE: true_positive_rate,
    Rate.FALSE_POSITIVE: false_positive_rate,
    Rate.PREDICTIVE_VALUE: partial(precision_score, zero_division=0),
    Rate.SCORING: selection_rate,
}


def _people(seed: int, rows: int = 900) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    sensitive = pd.DataFrame(
        {
            "race": rng.choice(list("abc"), rows, p=[0.6, 0.3, 0.1]),
            "sex": rng.choice(["f", "m"], rows),
        }
    )
    return sensitive, rng.random(rows) < 0.6, rng.random(rows) < 0.5


def _counts(subject: tuple[str, ...], seed: int) -> tuple[GroupCounts, MetricFrame]:
    sensitive, outcome, selected = _people(seed)
    frame = MetricFrame(
        metrics={rate.title: metric for rate, metric in RATES.items()} | {"count": count},
        y_true=outcome.astype(int),
        y_pred=selected.astype(int),
        sensitive_features=sensitive[list(subject)],
    )
    return grouping(subject, sensitive, sensitive).count(outcome, selected), frame


@pytest.mark.parametrize("subject", [("race",), ("sex",), ("race", "sex")], ids=" × ".join)
@pytest.mark.parametrize("seed", range(3))
def test_counts_and_rates_are_those_of_metric_frame(subject: tuple[str, ...], seed: int) -> None:
    counts, frame = _counts(subject, seed)
    names = [
        " × ".join(level) if isinstance(level, tuple) else level for level in frame.by_group.index
    ]

    assert list(counts.names) == names
    assert counts.rows.tolist() == frame.by_group["count"].tolist()
    for rate in RATES:
        hits, trials = rate.of(counts.cells)
        assert (hits / trials).tolist() == pytest.approx(
            frame.by_group[rate.title].tolist(), abs=0, rel=1e-12
        )


@pytest.mark.parametrize("subject", [("race",), ("race", "sex")], ids=" × ".join)
@pytest.mark.parametrize("seed", range(3))
def test_worst_ratios_and_gaps_are_those_of_metric_frame(
    subject: tuple[str, ...], seed: int
) -> None:
    counts, frame = _counts(subject, seed)

    for rate in RATES:
        gap = judge(counts, ParityRule(rate, "gap", 0.1, None, None, 0.95, 0.001))
        assert gap.value == pytest.approx(frame.difference()[rate.title])
    ratio = judge(counts, ParityRule(Rate.SELECTION, "ratio", 0.8, None, None, 0.95, 0.001))
    assert ratio.value == pytest.approx(frame.ratio()["selection rate"])


def _only(policy: Policy, evidence: Evidence, subject: str) -> CheckResult:
    found = {result.subject: result for result in evaluate(policy, evidence).results}
    return found[subject]


def test_text_labels_do_not_pass_as_parity(fair: Evidence, demand: Demand) -> None:
    text = fair.selected.map({True: "yes", False: "no"})  # type: ignore[union-attr]
    assert demographic_parity_difference(text, text, sensitive_features=fair.sensitive.race) == 0

    result = _only(demand("adverse_impact_ratio", min=0.8), replace(fair, selected=text), "race")

    assert result.verdict is Verdict.ERROR
    assert "must be true or false" in result.message


def test_numbers_are_not_taken_for_decisions(fair: Evidence, demand: Demand) -> None:
    result = _only(
        demand("adverse_impact_ratio", min=0.8),
        replace(fair, selected=fair.selected.astype(int)),  # type: ignore[union-attr]
        "race",
    )

    assert result.verdict is Verdict.ERROR


def test_a_group_without_positives_has_no_rate(fair: Evidence, demand: Demand) -> None:
    group = fair.sensitive["race"].where(fair.outcome, "c")
    evidence = replace(
        fair, sensitive=fair.sensitive.assign(race=group), train_sensitive=fair.sensitive[:0]
    )
    wrong = equalized_odds_difference(fair.outcome, fair.selected, sensitive_features=group)
    assert wrong > 0.5

    result = _only(demand("true_positive_rate_gap", max=0.1, intersections=False), evidence, "race")

    assert result.verdict is Verdict.INSUFFICIENT_EVIDENCE
    table = {row["group"]: row for row in result.details["groups"]}
    assert table["c"]["rate"] is None
    assert table["c"]["gating"]
    assert result.value is not None
    assert result.value < 0.1


def test_a_single_group_is_no_parity(fair: Evidence, demand: Demand) -> None:
    alone = fair.sensitive.assign(race="a")
    ratio = demographic_parity_ratio(fair.outcome, fair.selected, sensitive_features=alone["race"])
    assert ratio == 1.0

    result = _only(
        demand("adverse_impact_ratio", min=0.8),
        replace(fair, sensitive=alone, train_sensitive=alone),
        "race",
    )

    assert result.verdict is Verdict.ERROR
    assert "only one known group" in result.message


def test_one_known_group_and_the_unknown_are_no_parity(fair: Evidence, demand: Demand) -> None:
    partly = fair.sensitive.assign(race=fair.sensitive["race"].where(fair.outcome, None))
    partly["race"] = partly["race"].where(partly["race"].isna(), "a")

    result = _only(
        demand("adverse_impact_ratio", min=0.8),
        replace(fair, sensitive=partly, train_sensitive=partly),
        "race",
    )

    assert result.verdict is Verdict.ERROR


def test_nobody_selected_is_an_error(fair: Evidence, demand: Demand) -> None:
    nobody = pd.Series(data=False, index=fair.outcome.index)

    result = _only(demand("adverse_impact_ratio", min=0.8), replace(fair, selected=nobody), "race")

    assert result.verdict is Verdict.ERROR
    assert "nobody was selected" in result.message


def test_an_absent_feature_is_insufficient_evidence(fair: Evidence, demand: Demand) -> None:
    report = evaluate(demand("adverse_impact_ratio", min=0.8), fair, declared=["age_band"])
    found = {result.subject: result for result in report.results}

    assert found["age_band"].verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert found["age_band × race"].verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert found["race"].verdict is Verdict.PASS


def test_unknown_people_are_a_group_of_their_own(fair: Evidence, demand: Demand) -> None:
    race = fair.sensitive["race"].where(np.arange(len(fair.sensitive)) % 5 > 0, None)
    evidence = replace(fair, sensitive=fair.sensitive.assign(race=race))

    result = _only(demand("adverse_impact_ratio", min=0.5), evidence, "race")

    table = {row["group"]: row for row in result.details["groups"]}
    assert table["unknown"]["rows"] == 600
    assert table["unknown"]["gating"]
    assert not table["unknown"]["reference"]
    assert result.details["coverage"] == pytest.approx(0.8)


@pytest.mark.parametrize("subject", [("race",), ("race", "sex")], ids=" × ".join)
def test_means_errors_and_areas_are_those_of_metric_frame(subject: tuple[str, ...]) -> None:
    sensitive, outcome, _ = _people(4)
    rng = np.random.default_rng(4)
    score, value = rng.random(900) + 0.3 * outcome, rng.normal(size=900)
    groups = grouping(subject, sensitive, sensitive)

    def by_group(metric: object, truth: np.ndarray) -> list[float]:
        frame = MetricFrame(
            metrics=metric, y_true=truth, y_pred=score, sensitive_features=sensitive[list(subject)]
        )
        return frame.by_group.tolist()  # type: ignore[no-any-return]

    means = Means.of(score, groups)
    errors = Means.of(np.abs(score - value), groups)
    areas = Areas.of(score, outcome, groups)

    assert means.value.tolist() == pytest.approx(by_group(mean_prediction, value))
    assert errors.value.tolist() == pytest.approx(by_group(mean_absolute_error, value))
    assert areas.value.tolist() == pytest.approx(by_group(roc_auc_score, outcome.astype(int)))


@pytest.mark.parametrize("subject", ["race", "race × sex"])
def test_crossed_verdicts_rest_on_the_rates_of_metric_frame(
    fair: Evidence, demand: Demand, subject: str
) -> None:
    limits = {
        "adverse_impact_ratio": (selection_rate, {"min": 0.8}),
        "true_positive_rate_gap": (true_positive_rate, {"max": 0.2}),
        "false_positive_rate_gap": (false_positive_rate, {"max": 0.2}),
        "predictive_value_gap": (precision_score, {"max": 0.2}),
    }
    for check, (metric, limit) in limits.items():
        frame = MetricFrame(
            metrics=metric,
            y_true=fair.outcome.astype(int),
            y_pred=fair.selected.astype(int),  # type: ignore[union-attr]
            sensitive_features=fair.sensitive[subject.split(" × ")],
        )

        result = _only(demand(check, **limit), fair, subject)

        rates = [row["rate"] for row in result.details["groups"]]
        assert rates == pytest.approx(frame.by_group.tolist())
        worst = frame.ratio() if "ratio" in check else frame.difference()
        assert result.value == pytest.approx(worst)
