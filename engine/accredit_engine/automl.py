"""AutoML: a DataFrame in, a fitted model and the record of how it came about out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_engine.bundle.bundle import load_bundle, read_json, write_bundle
from accredit_engine.bundle.contract import Label
from accredit_engine.data.finding import Finding
from accredit_engine.data.preparation import Roles
from accredit_engine.errors import NotFitted
from accredit_engine.leaderboard import leaderboard_frame, untimed
from accredit_engine.model import FittedModel, Labels
from accredit_engine.record import Progress, RunRecord
from accredit_engine.run import Outcome, run
from accredit_engine.search.mitigation import Mitigation
from accredit_engine.settings import Settings


class AutoML:
    """Searches for a model within a time budget.

    Equal data, settings, seed and versions with `max_trials` give the same model, bit for bit.

    Args:
        task: binary, multiclass or regression.
        metric: scikit-learn scorer name; by default roc_auc, neg_log_loss or
            neg_root_mean_squared_error.
        time_budget_s: Seconds for everything up to the refit.
        seed: Root of all random choices.
        n_jobs: Threads.
        max_trials: Trials instead of a time; then no decision looks at the clock.
        families: Some of boosting, linear, forest; all by default.
        column_kinds: Kinds of columns where the reading from the data is wrong.
        leakage: "quarantine" drops leaking columns and reports them, "refuse" raises.
        mitigation: Demands on the selection rates of groups; binary only.
        favourable: The class that is good for the person; the last class by default.

    Raises:
        UnfitSettings: a setting is outside what is accepted.
    """

    def __init__(
        self,
        task: str,
        metric: str | None = None,
        time_budget_s: float = 60,
        seed: int = 0,
        n_jobs: int = 2,
        *,
        max_trials: int | None = None,
        families: Sequence[str] | None = None,
        column_kinds: Mapping[str, str] | None = None,
        leakage: str = "quarantine",
        mitigation: Mitigation | None = None,
        favourable: Label | None = None,
    ) -> None:
        """Check the settings."""
        self._settings = Settings.checked(
            task=task,
            metric=metric,
            time_budget_s=time_budget_s,
            seed=seed,
            n_jobs=n_jobs,
            max_trials=max_trials,
            families=families,
            column_kinds=column_kinds,
            leakage=leakage,
            mitigation=mitigation,
            favourable=favourable,
        )
        self._outcome: Outcome | None = None
        self._model: FittedModel | None = None
        self._leaderboard: list[dict[str, object]] | None = None

    def fit(
        self,
        frame: pd.DataFrame,
        target: str,
        *,
        sensitive_features: Sequence[str] = (),
        exclude: Sequence[str] = (),
        checkpoint: Path | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> Self:
        """Search, blend and refit.

        Args:
            frame: Training rows with the target; it is not changed.
            target: Column to predict.
            sensitive_features: Columns that are never inputs.
            exclude: Columns that are ignored.
            checkpoint: Folder that keeps finished trials; a run on the same data with the same
                settings goes on from it.
            on_progress: Called after every step.

        Raises:
            UnfitData, UnknownColumn: the frame cannot be learned from; subclasses say why.
            CheckpointMismatch: the checkpoint belongs to another run.
            NothingTrained: no trial finished.
        """
        settings = self._settings
        roles = Roles(
            target=target,
            sensitive=_with_mitigated(tuple(sensitive_features), settings.mitigation),
            exclude=tuple(exclude),
            kinds=settings.column_kinds,
            favourable=settings.favourable,
            leakage=settings.leakage.value,
        )
        outcome = run(frame, roles, settings, checkpoint=checkpoint, on_progress=on_progress)
        self._outcome, self._model = outcome, outcome.model
        self._leaderboard = outcome.leaderboard
        return self

    def predict(self, frame: pd.DataFrame) -> Labels:
        """Classes or values (n,); see `FittedModel.predict`."""
        return self.model_.predict(frame)

    def predict_proba(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Probabilities (n, k) in the order of `classes_`."""
        return self.model_.predict_proba(frame)

    @property
    def classes_(self) -> Labels:
        """Classes in ascending order; empty for regression."""
        return self.model_.classes

    @property
    def model_(self) -> FittedModel:
        """The fitted model.

        Raises:
            NotFitted: neither `fit` nor `load` came before.
        """
        if self._model is None:
            message = "fit or load comes first"
            raise NotFitted(message)
        return self._model

    @property
    def leaderboard_(self) -> pd.DataFrame:
        """Every trial, best first; seconds are missing after `load`."""
        if self._leaderboard is None:
            message = "fit or load comes first"
            raise NotFitted(message)
        return leaderboard_frame(self._leaderboard)

    @property
    def record_(self) -> RunRecord:
        """The record of the run; `config.json` of the bundle keeps it for a loaded model.

        Raises:
            NotFitted: there was no `fit`.
        """
        return self._fitted().record

    @property
    def findings_(self) -> tuple[Finding, ...]:
        """Findings about the training data, critical first; raises like `record_`."""
        return self._fitted().record.findings

    @property
    def oof_(self) -> pd.DataFrame:
        """Predictions of the blend out of fold, indexed like the rows that were trained on.

        One column per class, or `prediction` for regression; raises like `record_`.
        """
        return self._fitted().oof.copy()

    def save(self, folder: Path, *, reference: pd.DataFrame | None = None) -> str:
        """Write the bundle and return its digest.

        Args:
            folder: Must not exist.
            reference: Rows that drift is measured against, for example the hold-out; by default
                training rows. Only the inputs are kept.

        Raises:
            BundleExists: the folder exists.
            MissingColumn: the reference lacks an input.
            NotFitted: there was no `fit`; a loaded bundle is copied as a folder instead.
        """
        outcome = self._fitted()
        digest = write_bundle(
            Path(folder),
            self.model_,
            config=outcome.record.to_config(),
            leaderboard=untimed(outcome.leaderboard),
            reference=outcome.reference if reference is None else reference,
        )
        self._model = replace(self.model_, digest=digest)
        return digest

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a bundle: an object that predicts.

        Raises:
            DamagedBundle: the bundle is not what its manifest says.
        """
        model = load_bundle(Path(folder))
        loaded = cls(model.contract.task.value)
        loaded._restore(model, read_json(Path(folder), "leaderboard.json"))
        return loaded

    def _restore(self, model: FittedModel, leaderboard: list[dict[str, object]]) -> None:
        self._model, self._leaderboard, self._outcome = model, leaderboard, None

    def _fitted(self) -> Outcome:
        if self._outcome is None:
            message = "fit comes first; a loaded bundle keeps its record in config.json"
            raise NotFitted(message)
        return self._outcome


def _with_mitigated(sensitive: tuple[str, ...], mitigation: Mitigation | None) -> tuple[str, ...]:
    """What is mitigated is sensitive, whether named so or not."""
    if mitigation is None or mitigation.sensitive_feature in sensitive:
        return sensitive
    return (*sensitive, mitigation.sensitive_feature)
