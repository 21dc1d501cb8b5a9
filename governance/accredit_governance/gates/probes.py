"""Probes: what a model was asked beyond its answers on the test rows, and what came of it.

A probe is gathered by a worker (see `gates.probing`) and judged by a check. Whatever a model says
is kept as arrays, so that the check stays a pure function and its verdict can be worked out again.
`rows` are positions of test rows, counted from 0 in the order of the evidence.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
TOP_REASONS = 4
"""Reasons that are compared. Regulation B's commentary suggests no more than four."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a model answers about some rows.

    Attributes:
        score: float64 (n,): as `Evidence.score`.
        selected: bool (n,): the decision; None unless binary.
        probabilities: float64 (n, k) in the order of `Evidence.probabilities`; None unless
            multiclass.
    """

    score: Floats
    selected: NDArray[np.bool_] | None = None
    probabilities: Floats | None = None


@dataclass(frozen=True, slots=True)
class Perturbation:
    """Rows whose inputs were disturbed.

    Attributes:
        kind: `noise`, `missing` or `swapped`.
        strength: As demanded by the policy.
        columns: Inputs of which a value differs.
        changed: Share of the values of these columns that differ.
        answers: About the disturbed rows.
    """

    kind: str
    strength: float
    columns: int
    changed: float
    answers: Answers


@dataclass(frozen=True, slots=True)
class Perturbations:
    """Rows as they are and disturbed; `answers` of each perturbation are about `rows`."""

    rows: Rows
    disturbed: tuple[Perturbation, ...]


@dataclass(frozen=True, slots=True)
class Refit:
    """The model made once more, with another seed or from resampled rows.

    Attributes:
        seed: Of the refit.
        train_rows: Rows that it was made from.
        answers: About `Refits.rows`.
        importance: float64 (c,): mean |attribution| per column; empty where none was worked out.
        reasons: int64 (n, TOP_REASONS): columns that speak most against the favourable outcome,
            strongest first, -1 where there are fewer; shape (0, TOP_REASONS) likewise.
    """

    seed: int
    train_rows: int
    answers: Answers
    importance: Floats
    reasons: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Refits:
    """The model and its refits on the same rows.

    Attributes:
        rows: Test rows that were asked about.
        columns: Raw inputs, in the order of `importance`.
        importance: Of the model itself.
        reasons: Of the model itself.
        refits: The others.
    """

    rows: Rows
    columns: tuple[str, ...]
    importance: Floats
    reasons: NDArray[np.int64]
    refits: tuple[Refit, ...]


@dataclass(frozen=True, slots=True)
class Backgrounds:
    """Strongest reasons of the same rows against two disjoint backgrounds.

    Attributes:
        rows: Test rows that were asked about.
        depends: Whether the attributions of this model depend on a background at all.
        sizes: Rows of the two backgrounds.
        first: int64 (n, TOP_REASONS): columns, as in `Refit.reasons`.
        second: Likewise.
    """

    rows: Rows
    depends: bool
    sizes: tuple[int, int]
    first: NDArray[np.int64]
    second: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Replacements:
    """Refused rows whose reasons were set to what approved rows have.

    Attributes:
        rows: Refused test rows.
        most: Columns that were set at most.
        top: bool (n,): whether the decision turned with the row's own strongest reasons replaced.
        everywhere: Likewise with the columns that are strongest over all rows.
        random: bool (n,): likewise with as many columns drawn by chance.
    """

    rows: Rows
    most: int
    top: NDArray[np.bool_]
    everywhere: NDArray[np.bool_]
    random: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Direction:
    """One column moved over its values, with everything else as it is.

    Attributes:
        column: Raw input.
        direction: 1 or -1, as declared.
        steps: Pairs of neighbouring values that were compared, over all rows.
        violations: Pairs in which the margin moved the wrong way by more than rounding.
        worst: Greatest move the wrong way, on the margin; 0 without violations.
    """

    column: str
    direction: int
    steps: int
    violations: int
    worst: float


@dataclass(frozen=True, slots=True)
class MonotoneGrid:
    """Every declared direction, tried out.

    Attributes:
        directions: What was tried.
        undeclared: Numeric inputs with a reason text but no direction.
        conflicts: Inputs that the policy and the run give opposite directions; not tried.
        unordered: Inputs with a direction whose values have no order; not tried.
        absent: Columns with a direction that are no inputs.
    """

    directions: tuple[Direction, ...]
    undeclared: tuple[str, ...]
    conflicts: tuple[str, ...] = ()
    unordered: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Challenger:
    """The best model of the run that a person can read as a whole.

    Attributes:
        name: `trial 7 (linear)`; empty when the run tried no such model.
        is_the_model: The model under judgement is itself one.
        answers: Of the challenger about all test rows; None without one.
        rationale: Why the more complex model is used, as people wrote it; may be empty.
    """

    name: str
    is_the_model: bool
    answers: Answers | None
    rationale: str


@dataclass(frozen=True, slots=True)
class Champion:
    """The newest approved version of the same model.

    Attributes:
        name: `credit version 3`; empty when there is none.
        rows: Test rows that it was not made from.
        left_out: Test rows that it was made from.
        answers: About `rows`; None without a champion, or when it cannot answer.
        unfit: Why it cannot answer about these rows; empty when it can.
    """

    name: str
    rows: Rows
    left_out: int
    answers: Answers | None
    unfit: str = ""


@dataclass(frozen=True, slots=True)
class Tradeoff:
    """A model of the search with its score and lowest selection rate ratio, both out of fold."""

    name: str
    score: float
    ratio: float


@dataclass(frozen=True, slots=True)
class Alternative:
    """The most promising less discriminatory alternative, asked about rows nobody selected on.

    Attributes:
        considered: Models that the search compared; 0 when it made no record.
        tolerance: Loss of the score that the search allowed; 0 where it counted otherwise.
        metric: Score that the search compared.
        subjects: Sensitive features, and pairs of them, whose groups the search compared.
        found: Models within the tolerance of the policy, other than the model itself, that select
            more alike out of fold than the model itself.
        name: The one of them with the highest ratio, such as `trial 12`; empty without one that
            can be trained by itself.
        score_gap: Its loss out of fold to the best of the search; NaN without one.
        answers: About all test rows, selecting as many as the model does; None without one.
        curve: Models that no other beats in both score and ratio, best score first.
    """

    considered: int
    tolerance: float
    metric: str
    subjects: tuple[str, ...]
    found: int
    name: str
    score_gap: float
    answers: Answers | None
    curve: tuple[Tradeoff, ...]


@dataclass(frozen=True, slots=True)
class Replay:
    """The members of the model, made once more from the record.

    Attributes:
        rows: Test rows that were asked about.
        margin_gap: Greatest difference of a margin on these rows.
        differing: Files of the model that are not the same, byte for byte.
        versions: Package → `recorded, installed`, where they differ.
    """

    rows: int
    margin_gap: float
    differing: tuple[str, ...]
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Probes:
    """All probes that a policy needs; None where it was not needed or could not be gathered.

    Attributes:
        failed: Name of a probe → why it could not be gathered.
    """

    alternative: Alternative | None = None
    backgrounds: Backgrounds | None = None
    bootstrap_refits: Refits | None = None
    challenger: Challenger | None = None
    champion: Champion | None = None
    monotone_grid: MonotoneGrid | None = None
    perturbations: Perturbations | None = None
    replacements: Replacements | None = None
    replay: Replay | None = None
    seed_refits: Refits | None = None
    failed: Mapping[str, str] = field(default_factory=dict)
