from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import r2_score, roc_auc_score

from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.probes import Answers
from accredit_governance.gates.scores import (
    every_row,
    out_of_fold,
    own_answers,
    score_gap,
    score_of,
    share_removed,
)
from accredit_governance.gates.vectors import EvidenceMissing, EvidenceUnusable


@pytest.fixture(scope="module")
def regression(fair: Evidence) -> Evidence:
    rng = np.random.default_rng(1)
    noise = pd.Series(rng.normal(size=len(fair.score)), index=fair.score.index)
    return replace(
        fair,
        task="regression",
        outcome=fair.margin + noise,
        score=fair.margin,
        selected=None,
        train_outcome=4 * fair.train_score,
        train_score=4 * fair.train_score + 0.1,
        train_selected=None,
    )


@pytest.fixture(scope="module")
def multiclass(fair: Evidence) -> Evidence:
    rng = np.random.default_rng(1)
    index = fair.score.index
    table = pd.DataFrame(rng.dirichlet([0.6] * 3, len(index)), index=index, columns=list("xyz"))
    picked = (rng.random((len(index), 1)) < table.cumsum(axis=1)).to_numpy().argmax(axis=1)
    outcome = pd.Series(np.array(list("xyz"))[picked], index=index)
    return replace(
        fair,
        task="multiclass",
        outcome=outcome,
        score=table.max(axis=1),
        probabilities=table,
        selected=None,
        train_outcome=outcome,
        train_score=table.max(axis=1),
        train_selected=None,
    )


@pytest.fixture(params=["fair", "multiclass", "regression"])
def anything(request: pytest.FixtureRequest) -> Evidence:
    """Evidence of each task in turn."""
    evidence: Evidence = request.getfixturevalue(request.param)
    return evidence


def _noisy(answers: Answers, seed: int, strength: float = 0.5) -> Answers:
    rng = np.random.default_rng(seed)
    if answers.probabilities is None:
        return Answers(answers.score + strength * rng.normal(size=len(answers.score)))
    table = answers.probabilities + strength * rng.random(answers.probabilities.shape)
    table /= table.sum(axis=1, keepdims=True)
    return Answers(table.max(axis=1), probabilities=table)


def test_the_score_is_that_of_scikit_learn(
    fair: Evidence, multiclass: Evidence, regression: Evidence
) -> None:
    rows = np.arange(0, 3_000, 7)

    def score(evidence: Evidence) -> float:
        return score_of(evidence, rows, own_answers(evidence, rows)).value

    part = fair.outcome.iloc[rows]
    assert score(fair) == pytest.approx(roc_auc_score(part, fair.score.iloc[rows]))
    assert multiclass.probabilities is not None
    assert score(multiclass) == pytest.approx(
        roc_auc_score(
            multiclass.outcome.iloc[rows], multiclass.probabilities.iloc[rows], multi_class="ovr"
        )
    )
    # R² against the mean of these rows, when that is what training had too.
    centred = replace(regression, train_outcome=regression.outcome.iloc[rows])
    assert score(centred) == pytest.approx(
        r2_score(regression.outcome.iloc[rows], regression.score.iloc[rows])
    )


def test_a_model_does_not_differ_from_itself(anything: Evidence) -> None:
    rows = every_row(anything)
    answers = own_answers(anything, rows)

    gap = score_gap(anything, rows, answers, answers)

    assert (gap.value, gap.error, gap.bounds(2.0)) == (0.0, 0.0, (0.0, 0.0))


def test_the_gap_is_the_difference_of_the_scores_and_turns_its_sign(anything: Evidence) -> None:
    rows = np.arange(500, dtype=np.int64)
    ours = own_answers(anything, rows)
    theirs = _noisy(ours, 3)

    there, back = (
        score_gap(anything, rows, ours, theirs),
        score_gap(anything, rows, theirs, ours),
    )

    assert there.value == pytest.approx(
        score_of(anything, rows, ours).value - score_of(anything, rows, theirs).value
    )
    assert (there.value, there.error) == pytest.approx((-back.value, back.error))
    assert there.value > 0


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_the_area_sees_only_the_order(fair: Evidence, data: st.DataObject) -> None:
    rows = np.arange(data.draw(st.integers(30, 200)), dtype=np.int64)
    score = np.array(
        data.draw(st.lists(st.integers(-5, 5), min_size=len(rows), max_size=len(rows))), dtype=float
    )
    bent = Answers(np.exp(score) + 3)

    plain = score_of(fair, rows, Answers(score))
    other = score_of(fair, rows, bent)

    assert (plain.value, plain.error) == (other.value, other.error)
    gap = score_gap(fair, rows, Answers(score), bent)
    assert (gap.value, gap.error) == (0.0, 0.0)


def test_the_errors_are_those_of_a_bootstrap(anything: Evidence) -> None:
    rng = np.random.default_rng(0)
    rows = np.sort(rng.choice(3_000, 400, replace=False)).astype(np.int64)
    ours = own_answers(anything, rows)
    theirs = _noisy(ours, 2)

    def part(answers: Answers, at: np.ndarray) -> Answers:
        table = answers.probabilities
        return Answers(answers.score[at], probabilities=None if table is None else table[at])

    scores, gaps = [], []
    for _ in range(300):
        at = rng.integers(0, 400, 400)
        scores.append(score_of(anything, rows[at], part(ours, at)).value)
        gaps.append(score_gap(anything, rows[at], part(ours, at), part(theirs, at)).value)

    assert np.std(scores) == pytest.approx(score_of(anything, rows, ours).error, rel=0.15)
    assert np.std(gaps) == pytest.approx(score_gap(anything, rows, ours, theirs).error, rel=0.15)


def test_the_paired_error_is_smaller_than_that_of_two_samples(anything: Evidence) -> None:
    rows = every_row(anything)
    ours = own_answers(anything, rows)
    theirs = _noisy(ours, 1, 0.1)

    apart = np.hypot(score_of(anything, rows, ours).error, score_of(anything, rows, theirs).error)

    assert score_gap(anything, rows, ours, theirs).error < apart / 2


def test_r_squared_by_hand() -> None:
    # Errors 1, 0, 1, 0 against 4, 0, 0, 4: three quarters are removed.
    found = share_removed(np.array([1.0, 0, 1, 0]), np.array([4.0, 0, 0, 4])).estimate

    assert found.value == 0.75
    # Spread (¼·trivial - model) / 2 = 0, 0, -½, ½; its standard error is √(½/(4·3)).
    assert found.error == pytest.approx(np.sqrt(0.5 / 12))


def test_two_perfect_rankings_of_few_rows_cannot_be_told_apart(
    head: Callable[[int], Evidence],
) -> None:
    evidence = head(12)
    rows = every_row(evidence)
    truth = evidence.outcome.to_numpy().astype(float)
    other = Answers(truth + np.linspace(0, 0.5, 12))

    gap = score_gap(evidence, rows, Answers(truth), other)

    low, high = gap.bounds(1.64)
    assert (gap.value, gap.error, high) == (0.0, 0.0, 0.0)
    assert low < -0.3


def test_a_constant_answer_has_half_the_area_and_no_gain(
    fair: Evidence, regression: Evidence
) -> None:
    rows = every_row(fair)
    flat = Answers(np.full(len(rows), 0.3))

    assert score_of(fair, rows, flat).value == 0.5
    mean = Answers(np.full(len(rows), regression.train_outcome.mean()))
    assert score_of(regression, rows, mean).value == pytest.approx(0.0)


def test_the_models_own_answers_come_with_its_decisions(
    fair: Evidence, multiclass: Evidence, regression: Evidence
) -> None:
    rows = np.array([5, 2, 9])

    own = own_answers(fair, rows)

    assert own.selected is not None
    assert fair.selected is not None
    assert own.selected.tolist() == fair.selected.iloc[rows].tolist()
    assert own.score.tolist() == fair.score.iloc[rows].tolist()
    assert own_answers(regression, rows).selected is None
    table = own_answers(multiclass, rows).probabilities
    assert multiclass.probabilities is not None
    assert table is not None
    assert np.array_equal(table, multiclass.probabilities.iloc[rows])


def test_out_of_fold_scores_are_those_of_the_training_rows(
    fair: Evidence, regression: Evidence, multiclass: Evidence
) -> None:
    for evidence in (fair, regression):
        before = out_of_fold(evidence)
        found = own_answers(before, np.arange(5)).score
        assert found.tolist() == evidence.train_score.iloc[:5].tolist()
        assert before.outcome is evidence.train_outcome

    with pytest.raises(EvidenceMissing, match="out-of-fold probabilities"):
        out_of_fold(multiclass)


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param(Answers(np.full(100, np.nan)), id="NaN"),
        pytest.param(Answers(np.zeros(99)), id="other rows"),
    ],
)
def test_answers_that_are_no_numbers_are_refused(fair: Evidence, answers: Answers) -> None:
    with pytest.raises(EvidenceUnusable):
        score_of(fair, np.arange(100), answers)


def test_answers_about_other_classes_are_refused(multiclass: Evidence) -> None:
    rows = np.arange(100)

    for answers in (Answers(np.ones(100)), Answers(np.ones(100), probabilities=np.ones((100, 2)))):
        with pytest.raises(EvidenceUnusable):
            score_of(multiclass, rows, answers)


def test_a_class_with_one_row_is_missing_evidence(anything: Evidence) -> None:
    for rows in (np.arange(1), np.arange(0)):
        with pytest.raises(EvidenceMissing):
            score_of(anything, rows, own_answers(anything, rows))
    if anything.task != "regression":
        first = anything.outcome.iloc[0]
        alone = np.flatnonzero((anything.outcome == first).to_numpy())
        with pytest.raises(EvidenceMissing, match="fewer than two"):
            score_of(anything, alone, own_answers(anything, alone))


def test_an_outcome_that_never_varies_has_no_r_squared(regression: Evidence) -> None:
    rows = np.arange(10)
    flat = replace(
        regression,
        outcome=pd.Series(1.0, index=regression.outcome.index),
        train_outcome=pd.Series(1.0, index=regression.train_outcome.index),
    )

    with pytest.raises(EvidenceUnusable, match="never varies"):
        score_of(flat, rows, own_answers(flat, rows))
    with pytest.raises(EvidenceUnusable, match="no training rows"):
        empty = replace(regression, train_outcome=regression.train_outcome.iloc[:0])
        score_of(empty, rows, own_answers(regression, rows))
