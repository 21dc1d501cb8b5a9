"""Realised performance: what predictions were worth, once their outcomes are in.

Outcomes come late and not for everybody. So every figure belongs to a cohort of predictions, says
what share of it has matured, and carries an interval. Where a refused person never shows an outcome
(nobody learns whether a refused loan would have been repaid) figures describe the selected only.
"""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from accredit_governance.gates.results import Interval
from accredit_governance.monitoring.cohorts import (
    CohortPerformance,
    Maturity,
    PerformanceReport,
    RealisedFigure,
)
from accredit_governance.monitoring.rules import DriftRules

CONFIDENCE: Final = 0.95


def measure_performance(predictions: pd.DataFrame, rules: DriftRules) -> PerformanceReport:
    """Realised performance of a binary model.

    Args:
        predictions: one row per prediction with the columns `cohort` (text), `score` (probability
            of the favourable outcome), `selected` (decision) and `outcome` (True is favourable;
            missing while unknown).
        rules: `min_outcomes` says from when a cohort is judged.

    Raises:
        ValueError: a column is missing, or a score, decision or cohort is.
    """
    wanted = ["cohort", "score", "selected", "outcome"]
    absent = [c for c in wanted if c not in predictions.columns]
    if absent:
        raise ValueError(f"predictions lack the columns {', '.join(absent)}")
    if predictions[wanted[:3]].isna().any().any():
        raise ValueError("a prediction lacks its cohort, its score or its decision")
    names = sorted({str(c) for c in predictions["cohort"]})
    labels = predictions["cohort"].astype(str)
    return PerformanceReport(
        cohorts=tuple(_cohort(name, predictions[labels == name], rules) for name in names)
    )


def _cohort(name: str, rows: pd.DataFrame, rules: DriftRules) -> CohortPerformance:
    mature = rows[rows["outcome"].notna()]
    outcome = mature["outcome"].astype(bool).to_numpy()
    selected = mature["selected"].astype(bool).to_numpy()
    score = mature["score"].to_numpy(dtype="float64")
    everyone = rows["selected"].astype(bool).to_numpy()
    share = len(mature) / len(rows)
    enough = len(mature) >= rules.min_outcomes
    return CohortPerformance(
        cohort=name,
        predictions=len(rows),
        outcomes=len(mature),
        matured_share=share,
        maturity=Maturity.JUDGED if enough else Maturity.INSUFFICIENT_EVIDENCE,
        figures=(
            _rate("selection_rate", everyone),
            _rate("accuracy", selected == outcome),
            _rate("favourable_outcomes_among_selected", outcome[selected]),
            _auc(score, outcome),
        ),
        warnings=tuple(_warnings(rows, mature)),
        sentence=_sentence(name, share, len(mature), rules, enough=enough),
    )


def _sentence(name: str, share: float, outcomes: int, rules: DriftRules, *, enough: bool) -> str:
    known = f"{100 * share:.0f} % of the outcomes of {name} are in ({outcomes:,} rows)"
    if enough:
        return f"{known}."
    return f"{known}; {rules.min_outcomes:,} are needed, so nothing can be said yet."


def _warnings(rows: pd.DataFrame, mature: pd.DataFrame) -> list[str]:
    if mature.empty:
        return []
    found = []
    refused = ~rows["selected"].astype(bool)
    known = rows["outcome"].notna()
    share_selected = float(known[~refused].mean()) if (~refused).any() else 0.0
    share_refused = float(known[refused].mean()) if refused.any() else share_selected
    if share_refused < 0.5 * share_selected:
        found.append(
            f"Outcomes are known for {100 * share_selected:.0f} % of the selected but for "
            f"{100 * share_refused:.0f} % of the refused: the figures describe the selected only, "
            "and say nothing of refusals that were wrong."
        )
    if len(mature) < len(rows):
        found.append("Early outcomes may differ from late ones; the figures can still move.")
    return found


def _rate(name: str, hits: NDArray[np.bool_]) -> RealisedFigure:
    """Share of true values with Wilson's interval."""
    n = int(hits.size)
    if n == 0:
        return RealisedFigure(name=name, value=None, n=0)
    p, z = float(hits.mean()), float(stats.norm.ppf(0.5 + CONFIDENCE / 2))
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * float(np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n)
    interval = Interval(
        low=max(0.0, middle - half),
        high=min(1.0, middle + half),
        confidence=CONFIDENCE,
        method="wilson",
    )
    return RealisedFigure(name=name, value=p, interval=interval, n=n)


def _auc(score: NDArray[np.float64], outcome: NDArray[np.bool_]) -> RealisedFigure:
    """Area under the ROC curve from ranks, with Hanley and McNeil's interval (Radiology 1982).

    No value unless both outcomes occurred.
    """
    good, bad = int(outcome.sum()), int((~outcome).sum())
    if good == 0 or bad == 0:
        return RealisedFigure(name="auc", value=None, n=good + bad)
    ranks = stats.rankdata(score)
    area = (float(ranks[outcome].sum()) - good * (good + 1) / 2) / (good * bad)
    q1, q2 = area / (2 - area), 2 * area * area / (1 + area)
    variance = (area * (1 - area) + (good - 1) * (q1 - area**2) + (bad - 1) * (q2 - area**2)) / (
        good * bad
    )
    half = float(stats.norm.ppf(0.5 + CONFIDENCE / 2)) * float(np.sqrt(max(0.0, variance)))
    interval = Interval(
        low=max(0.0, area - half),
        high=min(1.0, area + half),
        confidence=CONFIDENCE,
        method="hanley-mcneil",
    )
    return RealisedFigure(name="auc", value=area, interval=interval, n=good + bad)
