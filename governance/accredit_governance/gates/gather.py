"""Gathering the evidence: the model asked about rows that it never saw."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from accredit_engine import FittedModel
from accredit_engine.bundle.contract import Task, category_text
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.owners import owners_of
from accredit_governance.registry.terms import UseCaseTerms


def gather_evidence(
    model: FittedModel,
    *,
    terms: UseCaseTerms,
    train: pd.DataFrame,
    holdout: pd.DataFrame,
    oof: pd.DataFrame,
    findings: Sequence[Mapping[str, object]],
) -> Evidence:
    """Everything that the checks may look at.

    Args:
        model: the loaded bundle.
        terms: of the use case; they name the target and the sensitive features.
        train: rows that the model was made from, with target and sensitive features.
        holdout: untouched rows, same columns.
        oof: out-of-fold predictions of the training rows: one column per class, named by its
            label as text, or `prediction`.
        findings: of the run, as plain JSON objects.
    """
    contract = model.contract
    inputs = [column.name for column in contract.columns]
    sensitive = [feature.column for feature in terms.sensitive_features]
    # Rows without an outcome were not trained on, and say nothing in a test.
    train = train.loc[oof.index]
    holdout = holdout[holdout[terms.target].notna()]
    attributions = model.explain(holdout[inputs])
    scores = _Scores(model, terms.target)
    margin, base = attributions.margin, attributions.base
    values = attributions.values
    if contract.task is Task.MULTICLASS:
        chosen = margin.argmax(axis=1)
        rows = np.arange(len(holdout))
        cube = np.stack([attributions.of_class(c).to_numpy() for c in contract.classes], axis=1)
        values = pd.DataFrame(cube[rows, chosen], index=holdout.index, columns=inputs)
        margin, base = margin[rows, chosen], base[chosen]
    return Evidence(
        task=contract.task.value,
        inputs=holdout[inputs],
        sensitive=_groups(holdout, sensitive),
        outcome=scores.outcome(holdout),
        score=scores.score(holdout[inputs]),
        selected=scores.selected(holdout[inputs]),
        probabilities=scores.probabilities(holdout[inputs]),
        attributions=values,
        base=np.asarray(base, dtype=np.float64),
        margin=pd.Series(margin, index=holdout.index, dtype="float64"),
        owners=owners_of(model),
        exact=attributions.exact,
        train_outcome=scores.outcome(train),
        train_score=scores.oof_score(oof),
        train_selected=scores.oof_selected(oof),
        train_sensitive=_groups(train, sensitive),
        train_inputs=train[inputs],
        origins={feature.column: feature.origin for feature in terms.sensitive_features},
        favourable=_favourable(terms),
        train_probabilities=oof if contract.task is Task.MULTICLASS else None,
        findings=findings,
        excluded={left.name: left.reason.value for left in contract.left_out},
    )


def _favourable(terms: UseCaseTerms) -> tuple[str, ...]:
    """Classes that are good for the person, where there are several."""
    if terms.task != "multiclass" or terms.favourable is None:
        return ()
    return (category_text(terms.favourable),)


def _groups(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Sensitive features as text; missing values stay missing, the checks make them a group."""
    return pd.DataFrame(
        {c: [None if pd.isna(v) else category_text(v) for v in frame[c].tolist()] for c in columns},
        index=frame.index,
        dtype="object",
    )


class _Scores:
    """A model's answers in the coding that the checks expect."""

    def __init__(self, model: FittedModel, target: str) -> None:
        self.model = model
        self.target = target
        self.contract = model.contract

    def outcome(self, frame: pd.DataFrame) -> "pd.Series[bool] | pd.Series[str] | pd.Series[float]":
        values = frame[self.target]
        if self.contract.task is Task.BINARY:
            return values.map(lambda v: v == self.contract.favourable).astype(bool)
        if self.contract.task is Task.MULTICLASS:
            return values.map(category_text)
        return values.astype("float64")

    def score(self, inputs: pd.DataFrame) -> "pd.Series[float]":
        if self.contract.task is Task.BINARY:
            found = self.model.favourable_probability(inputs)
        elif self.contract.task is Task.MULTICLASS:
            found = self.model.predict_proba(inputs).max(axis=1)
        else:
            found = np.asarray(self.model.predict(inputs), dtype=np.float64)
        return pd.Series(found, index=inputs.index, dtype="float64")

    def selected(self, inputs: pd.DataFrame) -> "pd.Series[bool] | None":
        if self.contract.task is not Task.BINARY:
            return None
        return pd.Series(self.model.decide(inputs), index=inputs.index, dtype=bool)

    def probabilities(self, inputs: pd.DataFrame) -> pd.DataFrame | None:
        if self.contract.task is Task.REGRESSION:
            return None
        names = [category_text(label) for label in self.contract.classes]
        return pd.DataFrame(self.model.predict_proba(inputs), index=inputs.index, columns=names)

    def oof_score(self, oof: pd.DataFrame) -> "pd.Series[float]":
        if self.contract.task is Task.REGRESSION:
            return oof["prediction"].astype("float64")
        if self.contract.task is Task.MULTICLASS:
            return oof.max(axis=1)
        if self.contract.favourable is None:
            raise ValueError("a binary contract without a favourable class")
        return oof[category_text(self.contract.favourable)].astype("float64")

    def oof_selected(self, oof: pd.DataFrame) -> "pd.Series[bool] | None":
        if self.contract.task is not Task.BINARY or self.model.threshold is None:
            return None
        return self.oof_score(oof) >= self.model.threshold
