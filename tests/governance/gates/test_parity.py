"""The three-way verdict on, just below and just above the limit, and how often it is wrong."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from accredit_governance.gates.contrast import ParityRule, worst_values
from accredit_governance.gates.groups import GroupCounts, Rate
from accredit_governance.gates.parity import Parity, judge
from accredit_governance.gates.results import Verdict
from accredit_governance.gates.sentences import parity_message, parity_remedy
from accredit_governance.gates.statistics import count_bootstrap
from accredit_governance.gates.vectors import EvidenceMissing, EvidenceUnusable


def _counts(*groups: tuple[int, int], names: str = "abcdefgh", share: float = 0.0) -> GroupCounts:
    """Groups as (selected, rows), all with a good outcome."""
    cells = np.array([[0, 0, rows - hits, hits] for hits, rows in groups])
    rows = cells.sum(axis=1)
    known = np.array([name != "u" for name in names[: len(groups)]])
    return GroupCounts(
        "race", tuple(names[: len(groups)]), cells, np.maximum(rows / rows.sum(), share), known
    )


def _ratio(**changes: object) -> ParityRule:
    settled = {"limit": 0.8, "warn": None, "reference": None, "confidence": 0.95, "min_share": 0.02}
    return ParityRule(rate=Rate.SELECTION, kind="ratio", **(settled | changes))  # type: ignore[arg-type]


def _gap(**changes: object) -> ParityRule:
    settled = {"limit": 0.1, "warn": None, "reference": None, "confidence": 0.95, "min_share": 0.02}
    return ParityRule(rate=Rate.TRUE_POSITIVE, kind="gap", **(settled | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("low", "verdict"),
    [
        pytest.param(39_900, Verdict.FAIL, id="just below"),
        pytest.param(40_000, Verdict.INSUFFICIENT_EVIDENCE, id="on the limit"),
        pytest.param(40_100, Verdict.INSUFFICIENT_EVIDENCE, id="just above"),
        pytest.param(41_500, Verdict.PASS, id="bound above"),
    ],
)
def test_a_ratio_fails_only_below_the_limit_and_passes_only_clear_of_it(
    low: int, verdict: Verdict
) -> None:
    parity = judge(_counts((50_000, 100_000), (low, 100_000)), _ratio())

    assert parity.verdict is verdict
    assert parity.reference.group == "a"


@pytest.mark.parametrize(
    ("low", "verdict"),
    [
        pytest.param(39_900, Verdict.FAIL, id="just beyond"),
        pytest.param(40_000, Verdict.INSUFFICIENT_EVIDENCE, id="on the limit"),
        pytest.param(40_100, Verdict.INSUFFICIENT_EVIDENCE, id="just within"),
        pytest.param(41_500, Verdict.PASS, id="bound within"),
    ],
)
def test_a_gap_fails_only_beyond_the_limit_and_passes_only_clear_of_it(
    low: int, verdict: Verdict
) -> None:
    assert judge(_counts((50_000, 100_000), (low, 100_000)), _gap()).verdict is verdict


def test_rounding_does_not_put_a_value_on_the_limit_beyond_it() -> None:
    parity = judge(_counts((10_000, 100_000), (8_000, 100_000)), _ratio())

    assert 0.08 / 0.1 < 0.8
    assert parity.verdict is Verdict.INSUFFICIENT_EVIDENCE


def test_a_ratio_beyond_the_limit_by_chance_is_no_fail() -> None:
    parity = judge(_counts((30, 60), (10, 30)), _ratio())

    assert parity.value < 0.8
    assert parity.verdict is Verdict.INSUFFICIENT_EVIDENCE


def test_a_significant_but_small_difference_is_no_fail() -> None:
    parity = judge(_counts((50_000, 100_000), (47_000, 100_000)), _ratio())

    assert parity.groups[1].p_holm is not None
    assert parity.groups[1].p_holm < 0.001
    assert parity.verdict is Verdict.PASS


def test_a_pass_near_the_limit_is_a_warning() -> None:
    counts = _counts((50_000, 100_000), (44_000, 100_000))

    assert judge(counts, _ratio(warn=0.9)).verdict is Verdict.WARN
    assert judge(counts, _ratio(warn=0.85)).verdict is Verdict.PASS


def test_a_tiny_group_may_fail_but_does_not_block() -> None:
    fine = judge(_counts((5_000, 10_000), (5_000, 10_000), (4, 10)), _ratio())
    bad = judge(_counts((5_000, 10_000), (5_000, 10_000), (30, 300)), _ratio())

    assert fine.verdict is Verdict.PASS
    assert not fine.groups[2].gating
    assert bad.verdict is Verdict.FAIL
    assert bad.worst.group == "c"


def test_a_group_that_only_training_knows_blocks() -> None:
    parity = judge(_counts((5_000, 10_000), (5_000, 10_000), (0, 0), share=0.03), _ratio())

    assert parity.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert parity.groups[2].rate is None
    assert parity.groups[2].more_rows is not None


@pytest.mark.parametrize(
    "rule", [_ratio(), _gap(), _ratio(confidence=0.995)], ids=["ratio", "gap", "strict"]
)
def test_a_small_favoured_group_is_not_diluted_among_many(rule: ParityRule) -> None:
    """Everybody else of each of the five is nearly like itself; against the sixth it is not."""
    parity = judge(_counts((540, 600), *[(2_400, 4_000)] * 5), rule)

    assert parity.verdict is Verdict.FAIL
    assert parity.reference.group == "a"
    assert all(row.fails for row in parity.groups[1:])


def test_a_chosen_reference_is_tested_over_all_that_could_have_been_chosen() -> None:
    # a against b: z = (0.6 - 0.5)/√(0.55·0.45·(1/1000 + 1/1000)), beyond everybody else's.
    counts = _counts((600, 1_000), (500, 1_000), (560, 1_000), (560, 1_000))
    z = 0.1 / np.sqrt(0.55 * 0.45 * 2 / 1_000)
    ratio, gap = judge(counts, _ratio()).groups[1], judge(counts, _gap()).groups[1]

    tail = float(norm.sf(z))
    assert ratio.p == pytest.approx(tail)
    assert ratio.p_holm == pytest.approx(tail * 2 * 12)
    assert gap.p_holm == pytest.approx(2 * tail * 2 * 6)


def test_the_unknown_are_compared_but_never_the_reference() -> None:
    parity = judge(_counts((500, 1_000), (450, 1_000), (990, 1_000), names="abu"), _gap())

    assert parity.reference.group == "a"
    assert parity.worst.group == "u"
    assert parity.verdict is Verdict.FAIL


def test_a_declared_reference_is_used_and_tested_against() -> None:
    counts = _counts((500, 1_000), (300, 1_000))

    parity = judge(counts, _ratio(reference="b"))

    assert parity.reference.group == "b"
    assert parity.value == pytest.approx(5 / 3)
    assert parity.verdict is Verdict.PASS
    assert judge(counts, _gap(reference="b")).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("counts", "rule", "error"),
    [
        pytest.param(_counts((5, 10)), _ratio(), EvidenceUnusable, id="one group"),
        pytest.param(_counts((0, 10), (0, 10)), _ratio(), EvidenceUnusable, id="nobody selected"),
        pytest.param(
            _counts((0, 10), (5, 10)), _ratio(reference="a"), EvidenceUnusable, id="empty reference"
        ),
        pytest.param(
            _counts((5, 10), (5, 10)), _ratio(reference="z"), EvidenceMissing, id="no reference"
        ),
        pytest.param(
            _counts((5, 10), (5, 10)), _ratio(min_share=0.9), EvidenceMissing, id="all small"
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(
    counts: GroupCounts, rule: ParityRule, error: type[Exception]
) -> None:
    with pytest.raises(error):
        judge(counts, rule)


def test_a_second_group_without_trials_is_missing_evidence() -> None:
    cells = np.array([[0, 0, 5, 5], [5, 5, 0, 0]])
    counts = GroupCounts("race", ("a", "b"), cells, np.array([0.5, 0.5]), np.array([True, True]))

    with pytest.raises(EvidenceMissing, match="no second group"):
        judge(counts, _gap())


def test_when_only_tiny_groups_are_compared_nothing_passes() -> None:
    parity = judge(_counts((5_000, 10_000), (50, 100)), _ratio())

    assert parity.verdict is Verdict.INSUFFICIENT_EVIDENCE


@pytest.mark.parametrize("rule", [_ratio(), _gap()], ids=["ratio", "gap"])
def test_the_unknown_alone_carry_no_pass(rule: ParityRule) -> None:
    counts = _counts((9_500, 19_000), (100, 200), (400, 800), names="abu")

    parity = judge(counts, rule)

    assert parity.groups[2].gating
    assert not parity.groups[1].gating
    assert parity.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert "no known group beside the reference" in parity_message(parity, rule, "race")
    assert "learn the group" in str(parity_remedy(parity, rule, "race"))


@pytest.mark.parametrize(
    ("small", "end"),
    [
        pytest.param([], "of the rows, beyond chance.", id="none"),
        pytest.param([(2, 10)], "; a smaller group (c) is below the limit.", id="one"),
        pytest.param(
            [(3, 10), (3, 10)], "; 2 smaller groups (c, d) are below the limit.", id="two"
        ),
        pytest.param([(5, 10)], "of the rows, beyond chance.", id="within the limit"),
    ],
)
def test_a_pass_names_the_small_groups_it_does_not_speak_of(
    small: list[tuple[int, int]], end: str
) -> None:
    parity = judge(_counts((5_000, 10_000), (5_000, 10_000), *small), _ratio())

    message = parity_message(parity, _ratio(), "race")

    assert parity.verdict is Verdict.PASS
    assert "for every group of at least 2% of the rows" in message
    assert message.endswith(end)


def test_insufficient_evidence_says_how_many_rows_are_missing() -> None:
    rule = _ratio()
    parity = judge(_counts((300_000, 1_000_000), (9, 30), share=0.03), rule)

    assert parity.groups[1].more_rows == 127 - 30
    assert parity_remedy(parity, rule, "race") == (
        "Collect at least 97 more rows of b; a pass is not certain then."
    )
    assert "too few rows" in parity_message(parity, rule, "race")


def test_the_rows_asked_for_would_do_if_the_rates_stay() -> None:
    counts = _counts((4_000, 8_000), (460, 1_000))
    short = judge(counts, _ratio(limit=0.9))
    more = short.groups[1].more_rows

    assert short.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert more is not None
    factor = (1_000 + more) / 1_000 * 1.02
    grown = _counts(
        *((round(h * factor), round(n * factor)) for h, n in ((4_000, 8_000), (460, 1_000)))
    )
    assert judge(grown, _ratio(limit=0.9)).verdict is Verdict.PASS


def test_every_verdict_has_its_sentence_and_remedy() -> None:
    rule = _ratio(warn=0.9)
    found: dict[Verdict, Parity] = {
        parity.verdict: parity
        for parity in (
            judge(_counts((500, 1_000), (300, 1_000)), rule),
            judge(_counts((50, 100), (45, 100)), rule),
            judge(_counts((50_000, 100_000), (44_000, 100_000)), rule),
            judge(_counts((50_000, 100_000), (50_000, 100_000)), rule),
        )
    }

    assert set(found) == {Verdict.FAIL, Verdict.INSUFFICIENT_EVIDENCE, Verdict.WARN, Verdict.PASS}
    remedies = {v: parity_remedy(p, rule, "race") for v, p in found.items()}
    assert remedies[Verdict.PASS] is None
    assert remedies[Verdict.WARN] is None
    assert "cannot be accepted" in str(remedies[Verdict.FAIL])
    assert "not by chance" in parity_message(found[Verdict.FAIL], rule, "race")
    assert "below 0.9" in parity_message(found[Verdict.WARN], rule, "race")
    assert "beyond chance" in parity_message(found[Verdict.PASS], rule, "race")


def test_a_difference_by_chance_asks_for_its_cause() -> None:
    rule = _ratio()
    parity = judge(_counts((90, 100), (140, 200)), rule)
    assert parity.verdict is Verdict.FAIL
    doubtful = judge(_counts((18, 21), (200, 300)), rule)

    assert doubtful.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert "cause" in str(parity_remedy(doubtful, rule, "race"))


def test_a_value_on_the_limit_asks_for_rows_of_every_group() -> None:
    rule = _ratio()
    parity = judge(_counts((50_000, 100_000), (40_000, 100_000)), rule)

    assert str(parity_remedy(parity, rule, "race")).startswith("Collect more rows of every group")


def test_the_interval_holds_the_choice_of_the_reference() -> None:
    counts = _counts((300, 1_000), (300, 1_000), (300, 1_000))
    tables = count_bootstrap(counts.cells, replicates=2_000, seed=1)

    chosen = worst_values(_ratio(), counts, tables)
    declared = worst_values(_ratio(reference="a"), counts, tables)

    assert len(chosen) == len(declared) == 2_000
    assert chosen.max() <= 1
    assert declared.max() > 1
    assert np.median(chosen) < np.median(declared)


def test_replicates_without_an_answer_are_not_a_number() -> None:
    counts = _counts((1, 2), (1, 2))
    tables = count_bootstrap(counts.cells, replicates=500, seed=1)

    ratios = worst_values(_ratio(), counts, tables)
    gaps = worst_values(_gap(), counts, tables)

    assert len(ratios) == len(gaps) == 500
    assert 0 < np.isnan(ratios).sum() < 500
    assert not np.isinf([ratios, gaps]).any()


group = st.integers(0, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@settings(max_examples=150)
@given(st.lists(group, min_size=2, max_size=6), st.booleans())
def test_verdicts_follow_their_definition(groups: list[tuple[int, int]], ratio: bool) -> None:
    rule = _ratio() if ratio else _gap()
    if not sum(rows for _, rows in groups):
        return
    try:
        parity = judge(_counts(*groups), rule)
    except (EvidenceMissing, EvidenceUnusable):
        return

    others = [row for row in parity.groups if not row.reference]
    fails = any(
        row.value is not None
        and row.p_holm is not None
        and rule.is_beyond(row.value, rule.limit)
        and row.p_holm <= 0.05
        for row in others
    )
    clear = all(
        row.bound is not None and not rule.is_beyond(row.bound, rule.limit)
        for row in others
        if row.gating
    ) and any(row.gating for row in others)
    expected = Verdict.FAIL if fails else Verdict.PASS if clear else Verdict.INSUFFICIENT_EVIDENCE
    assert parity.verdict is expected
    if parity.verdict is Verdict.PASS:
        gating = [row for row in others if row.gating]
        assert all(row.value is not None for row in gating)
        assert not rule.is_beyond(parity.value, rule.limit)


SIX = np.array([0.6, 0.15, 0.1, 0.06, 0.06, 0.03])


def _shares(
    rows: int, shares: np.ndarray, rates: np.ndarray, rule: ParityRule, runs: int
) -> dict[Verdict, float]:
    rng = np.random.default_rng(11)
    verdicts = []
    for _ in range(runs):
        sizes = rng.multinomial(rows, shares)
        hits = rng.binomial(sizes, rates)
        names = "".join(chr(97 + i) for i in range(len(shares)))
        verdicts.append(judge(_counts(*zip(hits, sizes, strict=True), names=names), rule).verdict)
    return {verdict: verdicts.count(verdict) / runs for verdict in Verdict}


@pytest.mark.parametrize(
    ("rows", "rate", "shares"),
    [
        pytest.param(2_000, 0.3, SIX, id="six groups, 2,000 rows, 30 %"),
        pytest.param(500, 0.7, SIX, id="six groups, 500 rows, 70 %"),
        pytest.param(500, 0.1, np.array([0.5, 0.5]), id="two groups, 500 rows, 10 %"),
        pytest.param(2_000, 0.7, np.full(20, 0.05), id="twenty cells, 2,000 rows, 70 %"),
    ],
)
@pytest.mark.parametrize("rule", [_ratio(), _gap()], ids=["ratio", "gap"])
def test_fair_models_seldom_fail(
    rows: int, rate: float, shares: np.ndarray, rule: ParityRule
) -> None:
    found = _shares(rows, shares, np.full(len(shares), rate), rule, 200)

    # Nominal 5 %; 200 runs leave it under 9.5 % with probability above 99.5 %.
    assert found[Verdict.FAIL] <= 0.095


@pytest.mark.parametrize(
    ("rows", "least"),
    [pytest.param(2_000, 0.25, id="2,000"), pytest.param(10_000, 0.95, id="10,000")],
)
def test_unfair_models_are_found(rows: int, least: float) -> None:
    rates = np.array([0.3, 0.3, 0.3, 0.21, 0.3, 0.3])

    assert _shares(rows, SIX, rates, _ratio(), 150)[Verdict.FAIL] >= least


def test_models_on_the_wrong_side_of_the_limit_seldom_pass() -> None:
    rates = np.array([0.5, 0.395])

    assert _shares(3_000, np.array([0.5, 0.5]), rates, _ratio(), 200)[Verdict.PASS] <= 0.06
