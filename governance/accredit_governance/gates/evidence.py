"""Evidence: everything the checks may look at, gathered once from untouched rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_governance.gates.probes import Probes


@dataclass(frozen=True, slots=True)
class Evidence:
    """One model version on its untouched test rows.

    All frames and series share one index (one entry per test row) unless said otherwise.

    Attributes:
        task: `binary`, `multiclass` or `regression`.
        inputs: the model's raw input columns.
        sensitive: one column per sensitive feature; missing values allowed. Never model inputs.
        outcome: what really happened. Binary: True is the favourable outcome; else label or number.
        score: binary: probability of the favourable outcome in [0, 1]; regression: the prediction;
            multiclass: the largest class probability.
        selected: binary only: the decision at the frozen threshold, True is favourable.
        probabilities: classification: rows × classes, columns named by class label as text.
        attributions: rows × raw input columns, on the margin scale (log-odds for binary); for
            multiclass those of the predicted class.
        base: margin that the attributions start from (scalar or one per row).
        margin: the model's margin per row, same scale as the attributions.
        exact: whether the attributions are worked out; False when they are estimates, which add up
            all the same.
        owners: engineered column → raw input column(s) it was made from.
        train_outcome: outcomes of the training rows, same coding as `outcome`, own index.
        train_score: out-of-fold scores of the training rows, index of `train_outcome`.
        train_selected: binary: out-of-fold decisions of the training rows.
        train_sensitive: sensitive features of the training rows.
        train_inputs: raw inputs of the training rows.
        train_probabilities: multiclass: out-of-fold probabilities of the training rows, as
            `probabilities`; without them overfitting is insufficient evidence.
        findings: data-quality and leakage findings of the run as plain JSON objects with at least
            `code`, `severity` (`info`, `warning`, `critical`), `column`, `message`.
        excluded: raw column → reason why it is not an input (`sensitive`, `leakage`, …).
        origins: sensitive feature → `self_reported`, `third_party` or `inferred`; one that is not
            named counts as inferred.
        references: sensitive feature → group that the use case declares as the reference.
        favourable: multiclass: names of the classes that are good for the person.
        time: when each test row was known, as time or number; None when the run named no column.
        probes: what the model was asked beyond its answers on the test rows.
        absent: part of the evidence, probe, or check that cannot be made at all → why nobody can
            have it; see `gates.absences` and `gates.reported`.
    """

    task: str
    inputs: pd.DataFrame
    sensitive: pd.DataFrame
    outcome: "pd.Series[bool] | pd.Series[str] | pd.Series[float]"
    score: "pd.Series[float]"
    selected: "pd.Series[bool] | None"
    probabilities: pd.DataFrame | None
    attributions: pd.DataFrame
    base: NDArray[np.float64]
    margin: "pd.Series[float]"
    owners: Mapping[str, Sequence[str]]
    train_outcome: "pd.Series[bool] | pd.Series[str] | pd.Series[float]"
    train_score: "pd.Series[float]"
    train_selected: "pd.Series[bool] | None"
    train_sensitive: pd.DataFrame
    train_inputs: pd.DataFrame
    findings: Sequence[Mapping[str, object]] = ()
    excluded: Mapping[str, str] = field(default_factory=dict)
    train_probabilities: pd.DataFrame | None = None
    origins: Mapping[str, str] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)
    favourable: Sequence[str] = ()
    exact: bool = False
    time: pd.Series | None = None
    probes: Probes = field(default_factory=Probes)
    absent: Mapping[str, str] = field(default_factory=dict)
