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
from accredit_engine.evaluation.costs import CostMatrix
from accredit_engine.evaluation.custom_score import CustomScore
from accredit_engine.evaluation.intervals import Interval
from accredit_engine.families.family import Objective
from accredit_engine.leaderboard import leaderboard_frame, untimed
from accredit_engine.model import FittedModel, Labels
from accredit_engine.record import Progress, RunRecord
from accredit_engine.run import Occasion, Outcome, run
from accredit_engine.search.limits import Limits
from accredit_engine.search.mitigation import Mitigation
from accredit_engine.search.pool import PROCESSES
from accredit_engine.settings import ClassWeight, checked
from accredit_engine.untouched import score_on


class AutoML:
    """Searches for a model within a time budget.

    Equal data, settings, seed and versions with `max_trials` give the same model, bit for bit, on
    any number of workers.

    Args:
        task: binary, multiclass or regression.
        metric: scikit-learn scorer name, or a score of your own; by default roc_auc, neg_log_loss
            or neg_root_mean_squared_error.
        time_budget_s: Seconds for everything up to the refit.
        seed: Root of all random choices.
        n_jobs: Cores to use.
        max_trials: Trials instead of a time; then no decision looks at the clock.
        families: Names of families to try; by default all that fit the data and are installed.
        interpretable: Only models that a person can read as a whole.
        attributions: "exact" leaves out families whose attributions have to be sampled.
        column_kinds: Kinds of columns where the reading from the data is wrong.
        leakage: "quarantine" drops leaking columns and reports them, "refuse" raises.
        derive: Whether features made of several columns are tested.
        sampler: tpe, random, grid, gp, cmaes or nsga2: how configurations are drawn.
        monotone: 1 or -1 by column: the favourable margin may only rise or fall with it.
        interactions: Groups of columns that may interact.
        class_weight: "balanced" or a weight by class; probabilities stay those of the population.
        objective: Objective of gradient boosting: a LightGBM name such as poisson, or a function.
        threshold: Rule for the decision threshold: rate, fixed:0.5, metric:f1, cost,
            precision>=0.9 or recall>=0.9.
        costs: Costs of decisions, for the rule "cost" and for decisions between several classes.
        conformal: Coverage of prediction intervals or sets, in (0.5, 1); None makes none.
        mitigation: Demands on the selection rates of groups; binary only.
        favourable: The class that is good for the person; the last class by default.
        limits: Caps on size, latency and memory.
        history: Folder of earlier run records; what won on similar data is tried first.
        workers: "processes", "inline", or the address of a Dask scheduler.

    Raises:
        UnfitSettings: a setting is outside what is accepted.
    """

    def __init__(
        self,
        task: str,
        metric: str | CustomScore | None = None,
        time_budget_s: float = 60,
        seed: int = 0,
        n_jobs: int = 2,
        *,
        max_trials: int | None = None,
        families: Sequence[str] | None = None,
        interpretable: bool = False,
        attributions: str = "any",
        column_kinds: Mapping[str, str] | None = None,
        leakage: str = "quarantine",
        derive: bool = True,
        sampler: str = "tpe",
        monotone: Mapping[str, int] | None = None,
        interactions: Sequence[Sequence[str]] | None = None,
        class_weight: ClassWeight | None = None,
        objective: Objective | None = None,
        threshold: str = "rate",
        costs: CostMatrix | None = None,
        conformal: float | None = None,
        mitigation: Mitigation | None = None,
        favourable: Label | None = None,
        limits: Limits | None = None,
        history: Path | str | None = None,
        workers: str = PROCESSES,
    ) -> None:
        """Check the settings."""
        self._settings = checked(
            task=task,
            metric=metric,
            time_budget_s=float(time_budget_s),
            seed=seed,
            n_jobs=n_jobs,
            max_trials=max_trials,
            families=families,
            interpretable=interpretable,
            attributions=attributions,
            column_kinds=column_kinds,
            leakage=leakage,
            derive=derive,
            sampler=sampler,
            monotone=monotone,
            interactions=interactions,
            class_weight=class_weight,
            objective=objective,
            threshold=threshold,
            costs=costs,
            conformal=conformal,
            mitigation=mitigation,
            favourable=favourable,
            limits=limits,
            history=history,
            workers=workers,
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
        groups: str | None = None,
        time: str | None = None,
        weight: str | None = None,
        checkpoint: Path | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> Self:
        """Search, blend and refit.

        Args:
            frame: Training rows with the target; it is not changed.
            target: Column to predict.
            sensitive_features: Columns that are never inputs.
            exclude: Columns that are ignored.
            groups: Column whose equal values belong together, e.g. one customer: never learned
                from and scored on at once.
            time: Column that says when a row was known: models are scored on later rows than they
                learned from.
            weight: Column with the weight of each row; no input.
            checkpoint: Folder that keeps finished trials; a run on the same data with the same
                settings goes on from it.
            on_progress: Called after every step.
            stop: Asked between trials; True ends the search and keeps the best so far.

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
            groups=groups,
            time=time,
            weight=weight,
        )
        occasion = Occasion(checkpoint, on_progress, stop)
        outcome = run(frame, roles, settings, occasion)
        self._outcome, self._model = outcome, outcome.model
        self._leaderboard = outcome.leaderboard
        return self

    def predict(self, frame: pd.DataFrame) -> Labels:
        """Classes or values (n,); see `FittedModel.predict`."""
        return self.model_.predict(frame)

    def predict_proba(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Probabilities (n, k) in the order of `classes_`."""
        return self.model_.predict_proba(frame)

    def estimate(self, frame: pd.DataFrame, *, level: float = 0.95) -> Interval:
        """Score with its interval on rows that took no part in anything, target included.

        Raises:
            MissingTarget, UnfitData: the frame lacks the target, or it holds other classes.
            NotFitted: there was no `fit`.
        """
        outcome = self._fitted()
        return score_on(outcome.model, frame, self._settings, level=level)

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
    def deploy_(self) -> FittedModel:
        """The best single member as a leaner model; `record_.deploy` tells what it loses.

        Raises:
            NotFitted: there was no `fit`.
        """
        return self._fitted().deploy

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
        """Predictions of the blend out of fold, indexed like the rows that were scored.

        One column per class, or `prediction` for regression; raises like `record_`.
        """
        return self._fitted().oof.copy()

    @property
    def suspects_(self) -> pd.Index:
        """Labels of rows whose target looks wrong, the most suspect first; raises like `record_`.

        They never enter the record: they name rows.
        """
        return self._fitted().suspects

    def save(
        self, folder: Path, *, reference: pd.DataFrame | None = None, variant: str = "ensemble"
    ) -> str:
        """Write the bundle and return its digest.

        Args:
            folder: Must not exist.
            reference: Rows that drift is measured against, for example the hold-out; by default
                training rows. Only the inputs are kept.
            variant: "ensemble", or "deploy" for the leaner model.

        Raises:
            BundleExists: the folder exists.
            MissingColumn: the reference lacks an input.
            NotFitted: there was no `fit`; a loaded bundle is copied as a folder instead.
            ValueError: an unknown variant.
        """
        outcome = self._fitted()
        if variant not in ("ensemble", "deploy"):
            message = f"variant is {variant!r}; use 'ensemble' or 'deploy'"
            raise ValueError(message)
        digest = write_bundle(
            Path(folder),
            outcome.deploy if variant == "deploy" else self.model_,
            config={**outcome.record.to_config(), "variant": variant},
            leaderboard=untimed(outcome.leaderboard),
            reference=outcome.reference if reference is None else reference,
        )
        if variant == "ensemble":
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
    mitigated = () if mitigation is None else mitigation.features
    return tuple(dict.fromkeys((*sensitive, *mitigated)))
