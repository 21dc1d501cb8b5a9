"""Check whether an input stands for a sensitive feature.

Each input is cut into cells in the ways that `cells` knows. In five folds, the cells are ordered by
the share of a group that the other folds show, and the ROC AUC with which they tell that group from
the rest is measured on the fold: no row judges itself. Of two ways of cutting the better one
counts. An input that tells groups apart matters as far as the model uses it, so the area is read
together with the input's share of the attributions.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_governance.gates import statistics
from accredit_governance.gates.answer import Context, Finding, interval
from accredit_governance.gates.cells import Cells, cell_table
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.explainability import attribution_ranking
from accredit_governance.gates.groups import UNKNOWN, group_of
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.gates.roc import area, area_error, table_area
from accredit_governance.gates.statistics import Floats
from accredit_governance.gates.subjects import Subject, each_subject
from accredit_governance.gates.vectors import EvidenceMissing, EvidenceUnusable
from accredit_governance.policy.bias_checks import ProxyStrength

FOLDS: Final = 5
MIN_ROWS: Final = 20
"""Groups with fewer known rows say nothing about a single input."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """How well one input tells one group from the rest, and how much the model uses it."""

    column: str
    group: str
    auc: float
    low: float
    share: float

    @property
    def exposure(self) -> float:
        """Area times share of the attributions, for ranking."""
        return self.auc * self.share


def proxy_strength(
    spec: ProxyStrength, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """Strongest single-input proxy, per sensitive feature."""
    shares = attribution_ranking(evidence)["share"]
    of = [Subject((feature,)) for feature in context.features]
    return each_subject(
        spec, of, evidence, context, lambda of: _examined(spec, evidence, context, of, shares)
    )


def _examined(
    spec: ProxyStrength,
    evidence: Evidence,
    context: Context,
    subject: Subject,
    shares: "pd.Series[float]",
) -> Finding:
    (feature,) = subject.features
    inputs, group = _known_rows(evidence, feature)
    seed = context.policy.evaluation.seed
    cells = cell_table(inputs)
    proxies = find_proxies(cells, group, shares, context.policy.evaluation.confidence, seed)
    if not proxies:
        raise _too_few(feature)
    real = [proxy for proxy in proxies if proxy.low > 0.5]
    used = [proxy for proxy in real if proxy.share >= spec.min_share]
    worst = max(used or real or proxies, key=lambda proxy: proxy.auc)
    loudest = max(real, key=lambda proxy: proxy.auc, default=worst)
    verdict = Verdict.PASS
    if worst in used and worst.auc > spec.max:
        verdict = Verdict.FAIL
    elif loudest.auc > spec.max or (
        worst in used and spec.warn is not None and worst.auc > spec.warn
    ):
        verdict = Verdict.WARN
    ranking = sorted(proxies, key=lambda proxy: (-proxy.exposure, proxy.column, proxy.group))
    return Finding(
        verdict=verdict,
        message=f"Among {_among(worst, spec, used)}, {worst.column} tells {feature} "
        f"'{worst.group}' from the rest best: AUC {worst.auc:.2f} with {worst.share:.1%} of the "
        f"attributions; more than {spec.max:g} with at least {spec.min_share:.0%} is not allowed.",
        value=worst.auc,
        interval=interval(
            worst.low, 1.0, context.policy.evaluation.confidence, "hanley-mcneil, simultaneous"
        ),
        n=len(group),
        remedy=f"Exclude {worst.column}, or replace it by what it is meant to measure.",
        details={
            "ranking": [asdict(proxy) | {"exposure": proxy.exposure} for proxy in ranking[:50]],
            "joint_auc": joint_area(cells, group, seed),
            "joint_auc_note": "all inputs together (naive Bayes), out of fold; shown only",
        },
    )


def _among(worst: Proxy, spec: ProxyStrength, used: Sequence[Proxy]) -> str:
    """Which inputs the strongest one was picked from."""
    if worst in used:
        return f"inputs with at least {spec.min_share:.0%} of the attributions"
    return "all inputs, however little the model uses them"


def strong_proxies(
    evidence: Evidence, feature: str, context: Context, *, columns: Sequence[str], limit: float
) -> list[Proxy]:
    """Inputs among `columns` that tell a group of a feature apart better than `limit`, for sure.

    Raises:
        EvidenceMissing: the feature is not known, or fewer than two groups have `MIN_ROWS` rows.
        EvidenceUnusable: the parts of the evidence do not belong together.
    """
    named = replace(evidence, inputs=evidence.inputs[list(columns)])
    inputs, group = _known_rows(named, feature)
    shares = attribution_ranking(evidence)["share"]
    evaluation = context.policy.evaluation
    found = find_proxies(cell_table(inputs), group, shares, evaluation.confidence, evaluation.seed)
    if not found:
        raise _too_few(feature)
    return [proxy for proxy in found if proxy.low > 0.5 and proxy.auc > limit]


def _too_few(feature: str) -> EvidenceMissing:
    return EvidenceMissing(
        f"fewer than two groups of {feature} have {MIN_ROWS} rows",
        remedy=f"Collect more rows with a known {feature}.",
    )


def _known_rows(evidence: Evidence, feature: str) -> tuple[pd.DataFrame, "pd.Series[str]"]:
    """Inputs and group of the training and test rows whose group is known."""
    if feature not in evidence.sensitive or evidence.sensitive[feature].isna().all():
        raise EvidenceMissing(
            f"sensitive feature '{feature}' is not known for any test row",
            remedy=f"Supply '{feature}' for the test rows; an absent feature is not skipped.",
        )
    parts = [(evidence.inputs, evidence.sensitive[feature])]
    if feature in evidence.train_sensitive:
        parts.append((evidence.train_inputs, evidence.train_sensitive[feature]))
    columns = list(evidence.inputs.columns)
    inputs = pd.concat([frame[columns] for frame, _ in parts], ignore_index=True)
    group = group_of(pd.concat([values for _, values in parts], ignore_index=True))
    if len(inputs) != len(group):
        raise EvidenceUnusable("the sensitive features do not belong to the same rows as the rest")
    known = (group != UNKNOWN).to_numpy()
    return inputs.loc[known], group_of(group[known])


def find_proxies(
    cells: Mapping[str, Sequence[Cells]],
    group: "pd.Series[str]",
    shares: "pd.Series[float]",
    confidence: float,
    seed: int,
) -> list[Proxy]:
    """Every input against every group that is large enough.

    Args:
        cells: Cell of each value of each input, in one way of cutting or several.
        group: Group of each row as category without missing values.
        shares: Share of the attributions per input; 0 for an input that is not listed.
        confidence: Of all lower bounds together.
        seed: Of the folds.

    Returns:
        Empty when fewer than two groups have `MIN_ROWS` rows.
    """
    codes = np.asarray(group.cat.codes, dtype=np.int64)
    names = [str(name) for name in group.cat.categories]
    counts = np.bincount(codes, minlength=len(names))
    large = np.flatnonzero(counts >= MIN_ROWS)
    if len(large) < 2:
        return []
    fold = _folds(len(codes), seed)
    views = sum(len(ways) for ways in cells.values())
    z = statistics.critical_value(confidence, comparisons=len(large) * views)
    found = []
    for column, ways in cells.items():
        areas = np.fmax.reduce([_areas(way, codes, fold, len(counts)) for way in ways])
        errors = area_error(areas, counts.astype(float), (len(codes) - counts).astype(float))
        found += [
            Proxy(
                column=column,
                group=names[int(i)],
                auc=float(areas[i]),
                low=float(areas[i] - z * errors[i]),
                share=float(shares.get(column, 0.0)),
            )
            for i in large
            if np.isfinite(areas[i])
        ]
    return found


def joint_area(cells: Mapping[str, Sequence[Cells]], group: "pd.Series[str]", seed: int) -> float:
    """Greatest one-versus-rest area of all inputs together, out of fold.

    Naive Bayes over the cells: the log-likelihood ratios of the inputs are added as if they were
    independent, so strength that lies only in combinations of inputs is not seen.

    Args:
        cells: Cell of each value of each input, in one way of cutting or several.
        group: Group of each row as category without missing values; two groups of `MIN_ROWS` rows.
        seed: Of the folds.
    """
    codes = np.asarray(group.cat.codes, dtype=np.int64)
    counts = np.bincount(codes, minlength=len(group.cat.categories))
    large = np.flatnonzero(counts >= MIN_ROWS)
    fold = _folds(len(codes), seed)
    score = np.zeros((len(codes), len(counts)))
    for ways in cells.values():
        # The finest way of cutting holds most; cells that are seldom seen count little.
        table, cell = _tabled(ways[-1], codes, fold, len(counts))
        share, prior = (np.clip(each, 1e-9, 1 - 1e-9) for each in _shares(table))
        score += (np.log(share / (1 - share)) - np.log(prior / (1 - prior)))[fold, cell]
    return max(area(score[:, i], codes == i)[0] for i in large)


def _folds(rows: int, seed: int) -> NDArray[np.int64]:
    """Fold of each row."""
    return np.random.default_rng(seed).permutation(rows) % FOLDS


def _tabled(
    cell: Cells, codes: NDArray[np.int64], fold: NDArray[np.int64], groups: int
) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Rows per fold, cell and group, and the cell of each row numbered from 0 without gaps."""
    used = np.bincount(cell) > 0
    place = (np.cumsum(used) - 1)[cell]
    width = int(used.sum())
    counts = np.bincount((fold * width + place) * groups + codes, minlength=FOLDS * width * groups)
    return counts.reshape(FOLDS, width, groups).astype(np.int64), place


def _areas(cell: Cells, codes: NDArray[np.int64], fold: NDArray[np.int64], groups: int) -> Floats:
    """Out-of-fold area per group: mean over the folds, weighted by their pairs."""
    table, _ = _tabled(cell, codes, fold, groups)
    share, _ = _shares(table)
    order = np.argsort(share, axis=1, kind="stable")
    ones = np.take_along_axis(table.astype(float), order, axis=1)
    all_rows = np.broadcast_to(table.sum(axis=2, keepdims=True).astype(float), table.shape)
    zeros = np.take_along_axis(all_rows, order, axis=1) - ones
    total, pairs = np.zeros(groups), np.zeros(groups)
    for part in range(FOLDS):
        weight = ones[part].sum(axis=0) * zeros[part].sum(axis=0)
        total += np.nan_to_num(table_area(ones[part], zeros[part])) * weight
        pairs += weight
    areas: Floats = np.divide(total, pairs, out=np.full(groups, np.nan), where=pairs > 0)
    return areas


def _shares(table: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Share of each group in each cell by the other folds, and in all their cells together.

    Two rows of the whole are added to each cell, so that few rows decide little.
    """
    rest = table.sum(axis=0) - table
    prior = rest.sum(axis=1, keepdims=True) / np.maximum(rest.sum(axis=(1, 2)), 1)[:, None, None]
    share = (rest + 2 * prior) / (rest.sum(axis=2, keepdims=True) + 2)
    return share, prior
