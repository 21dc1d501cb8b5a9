"""Probe: the model made once more, with other seeds or from resampled rows.

Explaining is the dear part, so only refits from resampled rows are explained, on fewer test rows.
"""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_engine.seeds import child
from accredit_governance.gates.probes import TOP_REASONS, Refit, Refits
from accredit_governance.gates.probing.asking import answers_of
from accredit_governance.gates.probing.case import Case
from accredit_governance.gates.probing.explaining import (
    contributions_of,
    explained_class,
    fewer,
    known_contributions,
    strongest,
)
from accredit_governance.policy.explanation_checks import ExplanationStability
from accredit_governance.policy.model_checks import SeedStability

EXPLAINED_ROWS: Final = 500
"""Test rows that are explained by every refit; the error of a mean overlap is then about 0.01."""
TRAINING_ROWS: Final = 20_000
"""Rows of a bootstrap sample at most. Fewer than there are (m out of n, Bickel, Götze and van Zwet
1997) make the refits differ more than they should, so the check is the stricter for it."""


def seeds(case: Case) -> Refits:
    """Same rows, other seeds; nothing is explained."""
    count = max(spec.refits for spec in case.policy.gates if isinstance(spec, SeedStability))
    rows = case.sample()
    empty = np.empty((0, TOP_REASONS), dtype=np.int64)
    inputs = case.inputs.iloc[rows]
    refits = tuple(
        Refit(
            seed=seed,
            train_rows=len(case.train),
            answers=answers_of(case.rebuilder.refit(seed=seed), inputs),
            importance=np.empty(0),
            reasons=empty,
        )
        for seed in _seeds(case, count)
    )
    return Refits(rows, _columns(case), np.empty(0), empty, refits)


def bootstrap(case: Case) -> Refits:
    """Rows drawn with replacement; see `resampled`."""
    count = max(spec.refits for spec in case.policy.gates if isinstance(spec, ExplanationStability))
    rows = fewer(case, EXPLAINED_ROWS)
    inputs = case.inputs.iloc[rows]
    explained = explained_class(case.model, inputs)
    own = known_contributions(case.evidence, rows)
    refits = []
    for seed in _seeds(case, count):
        drawn = resampled(case, seed)
        model = case.rebuilder.refit(seed=seed, rows=drawn)
        values = contributions_of(model, inputs, explained)
        refits.append(
            Refit(
                seed=seed,
                train_rows=len(drawn),
                answers=answers_of(model, inputs),
                importance=np.abs(values).mean(axis=0),
                reasons=strongest(values, task=case.evidence.task),
            )
        )
    return Refits(
        rows=rows,
        columns=_columns(case),
        importance=np.abs(own).mean(axis=0),
        reasons=strongest(own, task=case.evidence.task),
        refits=tuple(refits),
    )


def resampled(case: Case, seed: int) -> NDArray[np.intp]:
    """Positions among the training rows with a known outcome, drawn with replacement.

    As many as there are, at most `TRAINING_ROWS`. Where the run kept rows together (of one
    customer, say), whole groups are drawn, and the last one is cut.
    """
    random = np.random.default_rng(seed)
    rows = case.rebuilder.rows
    count = min(rows, TRAINING_ROWS)
    groups = case.record["settings"]["groups"]
    if groups is None:
        return random.integers(0, rows, count)
    known = case.train.loc[case.train[case.terms.target].notna(), groups]
    codes = pd.factorize(known, use_na_sentinel=False)[0]
    members = np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1])
    order = random.integers(0, len(members), count)
    needed = int(np.searchsorted(np.cumsum([len(members[at]) for at in order]), count)) + 1
    return np.concatenate([members[at] for at in order[:needed]])[:count]


def _seeds(case: Case, count: int) -> list[int]:
    return [child(case.seed, "refit", number) for number in range(count)]


def _columns(case: Case) -> tuple[str, ...]:
    return tuple(str(column) for column in case.inputs.columns)
