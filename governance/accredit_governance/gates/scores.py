"""The primary score of any answers about test rows, and the difference of two on the same rows.

Binary: area under the ROC curve. Several classes: mean of the one-versus-rest areas. Regression:
R², the share of the squared error of the mean training outcome that the answers remove.

Every score comes with the influence of each row (DeLong et al. 1988 for areas, the delta method for
R²). The influences of two models on the same rows are subtracted before they are squared, so what
both get wrong in the same rows does not count as error of their difference.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accredit_governance.gates.absences import OUT_OF_FOLD, TRAINING_ROWS
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.probes import Answers, Rows
from accredit_governance.gates.roc import Estimate, area, area_error, perfect_floor
from accredit_governance.gates.statistics import Floats
from accredit_governance.gates.vectors import (
    EvidenceMissing,
    EvidenceUnusable,
    decisions,
    demand,
    numbers,
    probability_table,
    same_rows,
    truths,
)

SCORES: Final = {"binary": "ROC AUC", "multiclass": "macro ROC AUC", "regression": "R²"}
"""Name of the primary score of each task."""

SMALL_CLASS: Final = 20
"""Rows of a class below which the error of an area also has to be that of so few rows."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A score and where it comes from.

    Attributes:
        value: The score.
        influence: float64 (n,): what each row moves the score by; their squares sum to its
            variance.
        floor: Smallest score that a perfect one on so few rows allows.
    """

    value: float
    influence: Floats
    floor: float

    @property
    def estimate(self) -> Estimate:
        """The score with its standard error."""
        return Estimate(self.value, _norm(self.influence), self.floor)


def every_row(evidence: Evidence) -> Rows:
    """Positions of all rows of the evidence."""
    return np.arange(len(evidence.outcome), dtype=np.int64)


def own_scores(evidence: Evidence, rows: Rows) -> Answers:
    """What the model itself answers about some of its test rows, without the decisions.

    Raises:
        EvidenceUnusable: an answer is not a number, or the answers are of other rows.
        EvidenceMissing: a multiclass evidence has no probabilities.
    """
    if evidence.task == "multiclass":
        table, _, _ = probability_table(evidence.probabilities, evidence.outcome, "probabilities")
        return Answers(table[rows].max(axis=1), probabilities=table[rows])
    same_rows(evidence.score, evidence.outcome, "the score")
    return Answers(numbers(evidence.score, "the score")[rows])


def own_answers(evidence: Evidence, rows: Rows) -> Answers:
    """What the model itself answers about some of its test rows, with the decisions if binary.

    Raises:
        EvidenceMissing, EvidenceUnusable: as for `own_scores`; or a decision is missing.
    """
    answers = own_scores(evidence, rows)
    if evidence.task != "binary":
        return answers
    return replace(answers, selected=decisions(evidence)[1][rows])


def out_of_fold(evidence: Evidence) -> Evidence:
    """The evidence with the training rows as its rows: outcomes, out-of-fold answers, inputs.

    Only the parts that scores are made from are exchanged; attributions and margins stay.

    Raises:
        EvidenceMissing: nobody has predictions out of fold, or a multiclass evidence lacks the
            probabilities.
    """
    demand(evidence, OUT_OF_FOLD)
    if evidence.task == "multiclass" and evidence.train_probabilities is None:
        raise EvidenceMissing(
            "the evidence has no out-of-fold probabilities",
            remedy="Record out-of-fold probabilities with the evaluation.",
        )
    return replace(
        evidence,
        inputs=evidence.train_inputs,
        outcome=evidence.train_outcome,
        score=evidence.train_score,
        selected=evidence.train_selected,
        sensitive=evidence.train_sensitive,
        probabilities=evidence.train_probabilities,
    )


def score_of(evidence: Evidence, rows: Rows, answers: Answers) -> Estimate:
    """The primary score of answers about some test rows, with its standard error.

    Args:
        evidence: Knows the task and the outcomes.
        rows: Positions of test rows, each at most once.
        answers: About these rows, in their order.

    Raises:
        EvidenceMissing: a class has fewer than two of the rows, or there are fewer than two.
        EvidenceUnusable: the answers are not finite or not of these rows, or the outcome of a
            regression never varies.
    """
    return measured(evidence, rows, answers).estimate


def score_gap(evidence: Evidence, rows: Rows, ours: Answers, theirs: Answers) -> Estimate:
    """Score of one set of answers minus that of another about the same rows.

    Args:
        evidence: As for `score_of`.
        rows: As for `score_of`.
        ours: About these rows.
        theirs: About the same rows in the same order.

    Returns:
        The difference with its paired standard error; 0 with error 0 for equal answers. Two
        rankings that both separate the classes perfectly have error 0 too, but a lower bound below
        0: few rows cannot tell them apart.

    Raises:
        EvidenceMissing, EvidenceUnusable: as for `score_of`.
    """
    first, second = measured(evidence, rows, ours), measured(evidence, rows, theirs)
    value = first.value - second.value
    floor = None if _same(ours, theirs) else value - (1 - first.floor)
    return Estimate(value, _norm(first.influence - second.influence), floor)


def measured(evidence: Evidence, rows: Rows, answers: Answers) -> Measured:
    """The primary score with the influence of each row.

    Raises:
        EvidenceMissing, EvidenceUnusable: as for `score_of`.
    """
    if len(rows) < 2:
        raise EvidenceMissing("there are fewer than two rows", remedy="Collect more test rows.")
    if evidence.task == "multiclass":
        table = _finite(answers.probabilities, rows)
        _, codes, labels = probability_table(
            evidence.probabilities, evidence.outcome, "probabilities"
        )
        if table.shape[1:] != (len(labels),):
            raise EvidenceUnusable("the answers have other classes than the outcome")
        rarest = demand_classes(np.bincount(codes[rows], minlength=len(labels)))
        areas = [_careful_area(table[:, at], codes[rows] == at) for at in range(len(labels))]
        return Measured(
            float(np.mean([value for value, _ in areas])),
            np.mean([influence for _, influence in areas], axis=0),
            perfect_floor(rarest),
        )
    score = _finite(answers.score, rows)
    if evidence.task == "binary":
        positive = truths(evidence.outcome, "the outcome")[rows]
        rarest = demand_classes(np.bincount(positive, minlength=2))
        return Measured(*_careful_area(score, positive), perfect_floor(rarest))
    actual = numbers(evidence.outcome, "the outcome")[rows]
    return share_removed((actual - score) ** 2, (actual - trained_mean(evidence)) ** 2)


def share_removed(model: Floats, trivial: Floats) -> Measured:
    """`1 - Σ model / Σ trivial` for squared errors per row, as a ratio of means (delta method).

    Answers without any error have no spread. Of n rows, a share of `1 - 2.5 %^(1/n)` may still be
    of a kind that was not met; the floor supposes that they are as wrong as the trivial answer is
    at its worst.

    Raises:
        EvidenceUnusable: the trivial answer is always right.
    """
    rows, base = len(model), float(trivial.mean())
    if not base > 0:
        raise EvidenceUnusable("the outcome never varies, so there is nothing to explain")
    ratio = float(model.mean()) / base
    spread = (ratio * trivial - model) / base
    unmet = (1 - perfect_floor(rows)) * float(trivial.max()) / base
    return Measured(1 - ratio, spread / math.sqrt(rows * max(rows - 1, 1)), 1 - unmet)


def trained_mean(evidence: Evidence) -> float:
    """Mean outcome of the training rows; binary: share of favourable ones.

    Raises:
        EvidenceMissing: nobody knows them.
        EvidenceUnusable: there are none, or one has no outcome.
    """
    demand(evidence, TRAINING_ROWS)
    outcome, name = evidence.train_outcome, "the outcome of the training rows"
    if not len(outcome):
        raise EvidenceUnusable("there are no training rows to take the baseline from")
    if evidence.task == "binary":
        return float(truths(outcome, name).mean())
    return float(numbers(outcome, name).mean())


def demand_classes(counts: NDArray[np.intp]) -> int:
    """Rows of the rarest class, when there are two classes or more and each occurs at least twice.

    Raises:
        EvidenceMissing: otherwise.
    """
    rarest = int(counts.min()) if len(counts) > 1 else 0
    if rarest < 2:
        raise EvidenceMissing(
            "a class has fewer than two rows",
            remedy="Collect rows of every class, or leave the class out of the task.",
        )
    return rarest


def _careful_area(score: Floats, positive: NDArray[np.bool_]) -> tuple[float, Floats]:
    """Area and influences; with few rows of a class their error is at least that of their number.

    DeLong's error is estimated from the rows themselves, and a few of them are often alike by
    accident: 0.875 on two rows of each class would come with a lower bound above 0.5. That of
    Hanley and McNeil knows the number of rows and the area only.
    """
    value, influence = area(score, positive)
    ones, zeros = int(positive.sum()), int((~positive).sum())
    error = _norm(influence)
    if min(ones, zeros) < SMALL_CLASS and error > 0:
        least = float(area_error(np.array(value), np.array(ones), np.array(zeros)))
        influence = influence * max(least / error, 1.0)
    return value, influence


def _finite(values: Floats | None, rows: Rows) -> Floats:
    """Answers as floats.

    Raises:
        EvidenceUnusable: they are absent, not finite, or not as many as there are rows.
    """
    if values is None or len(values) != len(rows):
        raise EvidenceUnusable("the answers do not belong to the same rows as the outcome")
    found = np.asarray(values, dtype=np.float64)
    if not np.isfinite(found).all():
        raise EvidenceUnusable("the answers hold missing or infinite values")
    return found


def _same(ours: Answers, theirs: Answers) -> bool:
    """Whether two answers give the rows the same scores."""
    if ours.probabilities is not None and theirs.probabilities is not None:
        return np.array_equal(ours.probabilities, theirs.probabilities)
    return np.array_equal(ours.score, theirs.score)


def _norm(influence: Floats) -> float:
    return math.sqrt(float((influence**2).sum()))
