"""Gathering the evidence: the model asked about rows that it never saw."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from accredit_engine import FittedModel
from accredit_engine.bundle.contract import Task, category_text
from accredit_engine.explanation.backgrounds import has_background
from accredit_governance.gates.absences import absences
from accredit_governance.gates.bins import group_names
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.owners import owners_of
from accredit_governance.registry.terms import SensitiveFeature, UseCaseTerms


def gather_evidence(
    model: FittedModel,
    *,
    terms: UseCaseTerms,
    train: pd.DataFrame,
    holdout: pd.DataFrame,
    oof: pd.DataFrame | None,
    findings: Sequence[Mapping[str, object]] | None,
    time: str | None = None,
) -> Evidence:
    """Everything that the checks may look at.

    Args:
        model: the loaded bundle.
        terms: of the use case; they name the target and the sensitive features.
        train: rows that the model was made from, with target and sensitive features.
        holdout: untouched rows, same columns.
        oof: out-of-fold predictions of the training rows: one column per class, named by its
            label as text, or `prediction`; None for a model that was built elsewhere.
        findings: of the run, as plain JSON objects; None when nobody has looked at the data.
        time: column that says when a row was known, as the run was told.
    """
    contract = model.contract
    inputs = [column.name for column in contract.columns]
    # Rows without an outcome were not trained on, and say nothing in a test.
    train = train[train[terms.target].notna()] if oof is None else train.loc[oof.index]
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
        sensitive=sensitive_groups(holdout, terms.sensitive_features),
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
        train_score=pd.Series(dtype="float64") if oof is None else scores.oof_score(oof),
        train_selected=None if oof is None else scores.oof_selected(oof),
        train_sensitive=sensitive_groups(train, terms.sensitive_features),
        train_inputs=train[inputs],
        origins={feature.column: feature.origin for feature in terms.sensitive_features},
        references={
            feature.column: feature.reference
            for feature in terms.sensitive_features
            if feature.reference is not None
        },
        favourable=_favourable(terms),
        train_probabilities=oof if contract.task is Task.MULTICLASS else None,
        findings=findings or (),
        time=None if time is None else _times(holdout[time]),
        absent={}
        if oof is not None
        else absences(
            has_training_rows=not train.empty,
            has_findings=findings is not None,
            has_background=any(has_background(part.member) for part in model.parts),
        ),
        excluded={left.name: left.reason.value for left in contract.left_out},
    )


def _times(column: pd.Series) -> pd.Series:
    """Numbers as they are, all else as times in UTC without their zone."""
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column
    return pd.to_datetime(column, errors="coerce", utc=True, format="ISO8601").dt.tz_localize(None)


def _favourable(terms: UseCaseTerms) -> tuple[str, ...]:
    """Classes that are good for the person, where there are several."""
    if terms.task != "multiclass":
        return ()
    return tuple(category_text(label) for label in terms.favourable_labels)


def sensitive_groups(frame: pd.DataFrame, features: Sequence[SensitiveFeature]) -> pd.DataFrame:
    """Sensitive features as text; missing values stay missing, the checks make them a group."""
    return pd.DataFrame(
        {
            feature.column: group_names(
                frame[feature.column], feature.bins or (), feature.unknown_values
            )
            for feature in features
        },
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
