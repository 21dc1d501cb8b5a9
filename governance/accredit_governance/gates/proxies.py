"""Check whether an input stands for a sensitive feature.

Each input is cut into cells (tenths, or its categories; missing values are a cell). In five folds,
the cells are ordered by the share of a group that the other folds show, and the ROC AUC with which
they tell that group from the rest is measured on the fold: no row judges itself. An input that
tells groups apart matters as far as the model uses it, so the area is read together with the
input's share of the attributions.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_governance.gates import statistics
from accredit_governance.gates.answer import Context, Finding, interval
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.explainability import attribution_ranking
from accredit_governance.gates.groups import UNKNOWN, group_of
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.gates.roc import area, area_error, table_area
from accredit_governance.gates.statistics import Floats
from accredit_governance.gates.subjects import Subject, each_subject
from accredit_governance.gates.vectors import EvidenceMissing, EvidenceUnusable
from accredit_governance.policy.bias_checks import ProxyStrength

CELLS: Final = 10
MAX_CATEGORIES: Final = 50
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
        message=f"Among inputs that the model uses, {worst.column} tells {feature} '{worst.group}' "
        f"from the rest best: AUC {worst.auc:.2f} with {worst.share:.1%} of the attributions; "
        f"more than {spec.max:g} with at least {spec.min_share:.0%} is not allowed.",
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


def cell_table(inputs: pd.DataFrame) -> pd.DataFrame:
    """Cell of each value of each input, from 1; 0 is missing."""
    return pd.DataFrame({name: _cells(inputs[name]) for name in inputs.columns}, dtype=np.int16)


def find_proxies(
    cells: pd.DataFrame,
    group: "pd.Series[str]",
    shares: "pd.Series[float]",
    confidence: float,
    seed: int,
) -> list[Proxy]:
    """Every input against every group that is large enough.

    Args:
        cells: Cell of each value of each input.
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
    z = statistics.critical_value(confidence, comparisons=len(large) * cells.shape[1])
    found = []
    for column in cells.columns:
        areas = _areas(cells[column].to_numpy(), codes, fold, len(counts))
        errors = area_error(areas, counts.astype(float), (len(codes) - counts).astype(float))
        found += [
            Proxy(
                column=str(column),
                group=names[int(i)],
                auc=float(areas[i]),
                low=float(areas[i] - z * errors[i]),
                share=float(shares.get(column, 0.0)),
            )
            for i in large
            if np.isfinite(areas[i])
        ]
    return found


def joint_area(cells: pd.DataFrame, group: "pd.Series[str]", seed: int) -> float:
    """Greatest one-versus-rest area of all inputs together, out of fold.

    Naive Bayes over the cells: the log-likelihood ratios of the inputs are added as if they were
    independent, so strength that lies only in combinations of inputs is not seen.

    Args:
        cells: Cell of each value of each input.
        group: Group of each row as category without missing values; two groups of `MIN_ROWS` rows.
        seed: Of the folds.
    """
    codes = np.asarray(group.cat.codes, dtype=np.int64)
    counts = np.bincount(codes, minlength=len(group.cat.categories))
    large = np.flatnonzero(counts >= MIN_ROWS)
    fold = _folds(len(codes), seed)
    score = np.zeros((len(codes), len(counts)))
    for column in cells.columns:
        table, cell = _tabled(cells[column].to_numpy(), codes, fold, len(counts))
        rest = table.sum(axis=0) - table
        other = rest.sum(axis=2, keepdims=True) - rest
        width = rest.shape[1]
        ratio = ((rest + 0.5) / (rest.sum(axis=1, keepdims=True) + 0.5 * width)) / (
            (other + 0.5) / (other.sum(axis=1, keepdims=True) + 0.5 * width)
        )
        score += np.log(ratio)[fold, cell]
    return max(area(score[:, i], codes == i)[0] for i in large)


def _folds(rows: int, seed: int) -> NDArray[np.int64]:
    """Fold of each row."""
    return np.random.default_rng(seed).permutation(rows) % FOLDS


def _cells(column: "pd.Series[float] | pd.Series[str]") -> NDArray[np.int64]:
    """Cell of each value of one input."""
    if pd.api.types.is_numeric_dtype(column.dtype) and _has_many_values(column):
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        present = values[np.isfinite(values)]
        cuts = np.unique(np.quantile(present, np.arange(1, CELLS) / CELLS))
        place = np.searchsorted(cuts, values, side="right") + 1
        return np.where(np.isnan(values), 0, place).astype(np.int64)
    levels = pd.Series(pd.factorize(column, sort=False)[0] + 1)
    common = levels[levels > 0].value_counts(sort=True).index[:MAX_CATEGORIES]
    return levels.where(levels.isin(common) | (levels == 0), int(levels.max()) + 1).to_numpy(
        dtype=np.int64
    )


def _has_many_values(column: "pd.Series[float] | pd.Series[str]") -> bool:
    """Whether a column has more different values than cells; a look at its head mostly tells."""
    return column.head(1_000).nunique() > CELLS or column.nunique() > CELLS


def _tabled(
    cell: NDArray[np.int16], codes: NDArray[np.int64], fold: NDArray[np.int64], groups: int
) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Rows per fold, cell and group, and the cell of each row numbered from 0 without gaps."""
    used = np.bincount(cell) > 0
    place = (np.cumsum(used) - 1)[cell]
    width = int(used.sum())
    counts = np.bincount((fold * width + place) * groups + codes, minlength=FOLDS * width * groups)
    return counts.reshape(FOLDS, width, groups).astype(np.int64), place


def _areas(
    cell: NDArray[np.int16], codes: NDArray[np.int64], fold: NDArray[np.int64], groups: int
) -> Floats:
    """Out-of-fold area per group: mean over the folds, weighted by their pairs."""
    table, _ = _tabled(cell, codes, fold, groups)
    rest = table.sum(axis=0) - table
    prior = rest.sum(axis=1, keepdims=True) / np.maximum(rest.sum(axis=(1, 2)), 1)[:, None, None]
    share = (rest + 2 * prior) / (rest.sum(axis=2, keepdims=True) + 2)
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
