"""What no verdict on groups may depend on."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from accredit_governance.gates.contrast import ParityRule
from accredit_governance.gates.evaluate import evaluate
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.groups import GroupCounts, Rate
from accredit_governance.gates.parity import Parity, judge
from accredit_governance.gates.results import Verdict
from accredit_governance.gates.vectors import EvidenceUnusable
from accredit_governance.policy.document import Policy

group = st.integers(1, 600).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
tables = st.lists(group, min_size=2, max_size=6)
kinds = st.sampled_from(["ratio", "gap"])
references = st.booleans()
RULES = {
    "ratio": ParityRule(Rate.SELECTION, "ratio", 0.8, 0.9, None, 0.95, 0.02),
    "gap": ParityRule(Rate.TRUE_POSITIVE, "gap", 0.1, 0.05, None, 0.95, 0.02),
}


def counts(table: Sequence[tuple[int, int]], names: Sequence[str], times: int = 1) -> GroupCounts:
    """Groups as (selected, rows), all with a good outcome; sorted by name as `grouping` does."""
    order = np.argsort(names, kind="stable")
    cells = np.array([[0, 0, rows - hits, hits] for hits, rows in table])[order] * times
    rows = cells.sum(axis=1)
    return GroupCounts(
        "race",
        tuple(names[i] for i in order),
        cells,
        rows / rows.sum(),
        np.ones(len(table), dtype=bool),
    )


def judged(table: GroupCounts, rule: ParityRule) -> Parity:
    try:
        return judge(table, rule)
    except EvidenceUnusable:
        assume(condition=False)
        raise


@settings(max_examples=60, deadline=None)
@given(tables, kinds, references, st.randoms(use_true_random=False))
def test_names_of_groups_change_nothing(
    table: list[tuple[int, int]], kind: str, declared: bool, random: object
) -> None:
    names = [f"group {i}" for i in range(len(table))]
    others = [f"other {i}" for i in range(len(table))]
    random.shuffle(others)  # type: ignore[attr-defined]
    first, second = (
        judged(
            counts(table, labels), replace(RULES[kind], reference=labels[0] if declared else None)
        )
        for labels in (names, others)
    )

    assert second.verdict is first.verdict
    assert second.value == pytest.approx(first.value)
    if not declared and len({h / n for h, n in table}) == len(table):
        renamed = dict(zip(names, others, strict=True))
        assert second.reference.group == renamed[first.reference.group]


@settings(max_examples=60, deadline=None)
@given(tables, kinds, references, st.integers(2, 20))
def test_more_rows_of_the_same_rates_never_take_a_pass_away(
    table: list[tuple[int, int]], kind: str, declared: bool, times: int
) -> None:
    names = [f"group {i}" for i in range(len(table))]
    rule = replace(RULES[kind], reference=names[0] if declared else None)

    few = judged(counts(table, names), rule)
    many = judged(counts(table, names, times), rule)

    # A group too small to gate may turn out to fail; that is no lack of evidence.
    if few.verdict in {Verdict.PASS, Verdict.WARN}:
        assert many.verdict is not Verdict.INSUFFICIENT_EVIDENCE
        assert many.verdict is few.verdict or not many.worst.gating
    if few.verdict is Verdict.FAIL:
        assert many.verdict is Verdict.FAIL


@settings(max_examples=60, deadline=None)
@given(tables, kinds, references)
def test_a_fail_is_beyond_the_limit_and_beyond_chance(
    table: list[tuple[int, int]], kind: str, declared: bool
) -> None:
    names = [f"group {i}" for i in range(len(table))]
    rule = replace(RULES[kind], reference=names[0] if declared else None)

    parity = judged(counts(table, names), rule)

    failing = [row for row in parity.groups if row.fails]
    assert bool(failing) is (parity.verdict is Verdict.FAIL)
    for row in failing:
        assert row.value is not None
        assert rule.is_beyond(row.value, rule.limit)
        assert row.p_holm is not None
        assert row.p_holm <= 0.05
    if parity.verdict in {Verdict.PASS, Verdict.WARN}:
        assert not rule.is_beyond(parity.value, rule.limit)


@pytest.mark.parametrize(
    ("check", "parameters"),
    [
        pytest.param("adverse_impact_ratio", {"min": 0.8}, id="rates"),
        pytest.param("adverse_impact_sweep", {"min": 0.8}, id="sweep"),
        pytest.param("scoring_rate_ratio", {"min": 0.8}, id="scoring rates"),
        pytest.param("group_calibration", {"min_ratio": 0.8}, id="calibration"),
        pytest.param("group_auc_gap", {"max": 0.05}, id="areas"),
        pytest.param("group_mean_difference", {"max": 0.3}, id="means"),
    ],
)
def test_another_feature_changes_nothing_about_the_first(
    fair: Evidence, demand: Callable[..., Policy], check: str, parameters: dict[str, float]
) -> None:
    policy = demand(check, intersections=False, **parameters)
    rng = np.random.default_rng(1)
    more = replace(
        fair,
        sensitive=fair.sensitive.assign(region=rng.choice(list("xyz"), len(fair.sensitive))),
        origins={**fair.origins, "region": "self_reported"},
    )

    before = {r.subject: r for r in evaluate(policy, fair).results}
    after = {r.subject: r for r in evaluate(policy, more).results}

    assert set(after) - set(before) == {"region"}
    assert {name: after[name] for name in before} == before
