"""One adapter per framework: fit on a frame, predict a frame, save what prediction needs.

Every framework gets the budget, the cores and the metric, and otherwise its own defaults. An
adapter imports its framework itself: each runs in the environment where that is installed.
"""

import pickle
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Job:
    """What a framework is asked for.

    Attributes:
        framework: Name in `PEERS`.
        task: binary, multiclass or regression.
        target: Column to predict.
        classes: Classes as text, ascending; empty for regression.
        budget_s: Wall seconds of the fit.
        cores: Threads or processes; the process is pinned to as many.
        seed: Where the framework takes one.
        scratch: Folder it may write to.
    """

    framework: str
    task: str
    target: str
    classes: tuple[str, ...]
    budget_s: float
    cores: int
    seed: int
    scratch: Path


def _nothing() -> None:
    """For frameworks that need no step of the kind."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model that answers.

    Attributes:
        predict: Probabilities (n, k) in the order of the job's classes, or values (n,).
        save: Writes the model into the folder; returns what has to be kept to predict later.
        load: Brings the model into memory; counts neither as fit nor as prediction.
        close: Ends what still runs.
    """

    predict: Callable[[pd.DataFrame], NDArray[np.float64]]
    save: Callable[[Path], Path]
    load: Callable[[], object] = _nothing
    close: Callable[[], None] = _nothing


@dataclass(frozen=True, slots=True)
class Peer:
    """A framework.

    Attributes:
        module: What must be importable.
        distribution: Name of the installed package, for its version; None for our own code.
        fit: The adapter; all of it counts against the budget.
        start: Done before, timed apart: a server that has to come up.
    """

    module: str
    distribution: str | None
    fit: Callable[[Job, pd.DataFrame], Fitted]
    start: Callable[[Job], None] | None = None


def accredit(job: Job, train: pd.DataFrame) -> Fitted:
    """The public call of the engine with its defaults."""
    from accredit_engine import AutoML

    automl = AutoML(job.task, time_budget_s=job.budget_s, seed=job.seed, n_jobs=job.cores)
    automl.fit(train, job.target)

    def predict(frame: pd.DataFrame) -> NDArray[np.float64]:
        if job.task == "regression":
            return np.asarray(automl.predict(frame), dtype=np.float64)
        return _aligned(automl.predict_proba(frame), list(automl.classes_), job.classes)

    def save(folder: Path) -> Path:
        automl.save(folder / "bundle")
        return folder / "bundle"

    return Fitted(predict, save)


def trivial(job: Job, train: pd.DataFrame) -> Fitted:
    """Shares of the classes, or the mean: what every model must beat."""
    if job.task == "regression":
        answer = np.array([train[job.target].mean()])
    else:
        answer = np.array([(train[job.target] == label).mean() for label in job.classes])

    def predict(frame: pd.DataFrame) -> NDArray[np.float64]:
        rows = np.repeat(answer[None, :], len(frame), axis=0)
        return rows[:, 0] if job.task == "regression" else rows

    def save(folder: Path) -> Path:
        np.save(folder / "answer.npy", answer)
        return folder / "answer.npy"

    return Fitted(predict, save)


def lightgbm(job: Job, train: pd.DataFrame) -> Fitted:
    """Plain LightGBM stopped early on 15 % of the rows: a baseline without any search."""
    import lightgbm as lgb

    deadline = time.monotonic() + job.budget_s

    def out_of_time(environment: Any) -> None:  # Any: LightGBM ships no types.
        if time.monotonic() > deadline:
            results = environment.evaluation_result_list
            raise lgb.callback.EarlyStopException(environment.iteration, results)

    levels = {
        name: sorted(set(train[name].dropna()))
        for name in train.columns
        if train[name].dtype == object and name != job.target
    }
    y = train[job.target].to_numpy()
    if job.task != "regression":
        y = np.searchsorted(np.array(job.classes, dtype=object), y)
    rows = np.random.default_rng(job.seed).permutation(len(train))
    # Every class in both parts: sorted by class, every seventh row is held.
    if job.task != "regression":
        rows = rows[np.argsort(y[rows], kind="stable")]
    held, learned = rows[::7], np.delete(rows, np.s_[::7])
    matrix = _lightgbm_inputs(train.drop(columns=[job.target]), levels)
    data = lgb.Dataset(matrix.iloc[learned], label=y[learned])
    objective = {"binary": "binary", "multiclass": "multiclass", "regression": "regression"}
    settings = {"objective": objective[job.task], "learning_rate": 0.05, "verbosity": -1}
    settings |= {"num_threads": job.cores, "seed": job.seed}
    if job.task == "multiclass":
        settings["num_class"] = len(job.classes)
    booster = lgb.train(
        settings,
        data,
        num_boost_round=5_000,
        valid_sets=[data.create_valid(matrix.iloc[held], label=y[held])],
        callbacks=[lgb.early_stopping(50, verbose=False), out_of_time],
    )

    def predict(frame: pd.DataFrame) -> NDArray[np.float64]:
        output = np.asarray(booster.predict(_lightgbm_inputs(frame, levels)), dtype=np.float64)
        return np.stack([1 - output, output], axis=1) if job.task == "binary" else output

    def save(folder: Path) -> Path:
        booster.save_model(folder / "model.txt")
        return folder / "model.txt"

    return Fitted(predict, save)


def flaml(job: Job, train: pd.DataFrame) -> Fitted:
    """FLAML with its defaults, and plain column names: it fails on commas and brackets in them."""
    from flaml import AutoML

    metric = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "rmse"}[job.task]
    automl = AutoML()
    automl.fit(
        _renamed(train.drop(columns=[job.target])),
        train[job.target],
        task="regression" if job.task == "regression" else "classification",
        metric=metric,
        time_budget=job.budget_s,
        n_jobs=job.cores,
        seed=job.seed,
        verbose=0,
    )

    def predict(frame: pd.DataFrame) -> NDArray[np.float64]:
        if job.task == "regression":
            return np.asarray(automl.predict(_renamed(frame)), dtype=np.float64)
        probability = automl.predict_proba(_renamed(frame))
        return _aligned(probability, list(automl.classes_), job.classes)

    def save(folder: Path) -> Path:
        (folder / "model.pickle").write_bytes(pickle.dumps(automl))
        return folder / "model.pickle"

    return Fitted(predict, save)


def autogluon(job: Job, train: pd.DataFrame, *, presets: str = "medium_quality") -> Fitted:
    """AutoGluon with a preset; its models are kept in memory to predict."""
    from autogluon.tabular import TabularPredictor

    metric = {"binary": "roc_auc", "multiclass": "log_loss"}
    predictor = TabularPredictor(
        label=job.target,
        problem_type=job.task,
        eval_metric=metric.get(job.task, "root_mean_squared_error"),
        path=str(job.scratch / "autogluon"),
        verbosity=0,
    )
    predictor.fit(train, time_limit=job.budget_s, presets=presets, num_cpus=job.cores)

    def predict(frame: pd.DataFrame) -> NDArray[np.float64]:
        if job.task == "regression":
            return np.asarray(predictor.predict(frame), dtype=np.float64)
        table = predictor.predict_proba(frame)
        return _aligned(table.to_numpy(), list(table.columns), job.classes)

    def save(folder: Path) -> Path:
        del folder  # It has been writing into its own all along.
        return Path(predictor.path)

    return Fitted(predict, save, load=predictor.persist)


def autogluon_best(job: Job, train: pd.DataFrame) -> Fitted:
    """AutoGluon's preset for accuracy: bagging and stacking."""
    return autogluon(job, train, presets="best_quality")


def start_h2o(job: Job) -> None:
    """Start the Java server."""
    import h2o

    h2o.init(nthreads=job.cores, ice_root=str(job.scratch), verbose=False)
    h2o.no_progress()


def h2o(job: Job, train: pd.DataFrame) -> Fitted:
    """H2O AutoML with its defaults; text is read as categories."""
    import h2o as server
    from h2o.automl import H2OAutoML

    kinds = {name: _h2o_type(train[name]) for name in train.columns}
    metric = {"binary": "AUC", "multiclass": "logloss", "regression": "RMSE"}[job.task]
    frame = server.H2OFrame(train, column_types=kinds)
    automl = H2OAutoML(
        max_runtime_secs=max(1, int(job.budget_s)), seed=job.seed, sort_metric=metric
    )
    automl.train(y=job.target, training_frame=frame)
    if automl.leader is None:
        message = "H2O trained no model within the budget"
        raise RuntimeError(message)
    levels = [] if job.task == "regression" else frame[job.target].levels()[0]

    def predict(rows: pd.DataFrame) -> NDArray[np.float64]:
        types = {name: kinds[name] for name in rows.columns}
        table = automl.leader.predict(server.H2OFrame(rows, column_types=types)).as_data_frame()
        if job.task == "regression":
            return np.asarray(table["predict"], dtype=np.float64)
        return _aligned(table.iloc[:, 1:].to_numpy(dtype=np.float64), levels, job.classes)

    def save(folder: Path) -> Path:
        return Path(server.save_model(automl.leader, path=str(folder), force=True))

    return Fitted(predict, save, close=lambda: server.cluster().shutdown())


PEERS: Final = {
    "accredit": Peer("accredit_engine", "accredit", accredit),
    "trivial": Peer("numpy", None, trivial),
    "lightgbm": Peer("lightgbm", "lightgbm", lightgbm),
    "flaml": Peer("flaml", "flaml", flaml),
    "h2o": Peer("h2o", "h2o", h2o, start_h2o),
    "autogluon": Peer("autogluon.tabular", "autogluon.tabular", autogluon),
    "autogluon_best": Peer("autogluon.tabular", "autogluon.tabular", autogluon_best),
}


def _aligned(
    probability: NDArray[np.float64], own: Sequence[object], classes: tuple[str, ...]
) -> NDArray[np.float64]:
    """Columns in our order; a class that the framework never saw has probability 0."""
    at = {str(label): position for position, label in enumerate(own)}
    columns = [
        probability[:, at[label]] if label in at else np.zeros(len(probability))
        for label in classes
    ]
    return np.stack(columns, axis=1).astype(np.float64)


def _lightgbm_inputs(frame: pd.DataFrame, levels: dict[str, list[Any]]) -> pd.DataFrame:
    columns = {}
    for name in frame.columns:
        column = frame[name]
        if name in levels:
            columns[name] = pd.Series(pd.Categorical(column, categories=levels[name]))
        elif pd.api.types.is_datetime64_any_dtype(column):
            columns[name] = (column - pd.Timestamp(0)) / pd.Timedelta(days=1)
        else:
            columns[name] = column.astype(np.float64)
    made = {name: column.reset_index(drop=True) for name, column in columns.items()}
    return _renamed(pd.DataFrame(made))


def _renamed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.set_axis([f"c{at}" for at in range(frame.shape[1])], axis=1)


def _h2o_type(column: "pd.Series[Any]") -> str:  # Any: one of the plain types.
    if pd.api.types.is_datetime64_any_dtype(column):
        return "time"
    return "enum" if column.dtype == object or column.dtype == bool else "numeric"
