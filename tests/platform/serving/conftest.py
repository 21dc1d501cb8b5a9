"""Small real bundles, trained once per session."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris

from accredit_engine import AutoML, load_bundle


@dataclass(frozen=True)
class Trained:
    """A bundle on disk and what it was trained from."""

    folder: Path
    digest: str
    frame: pd.DataFrame
    model: Any


def _loans() -> pd.DataFrame:
    """Numbers, a category with missing values, a boolean and a date."""
    rows = load_breast_cancer(as_frame=True)
    names = ["mean radius", "mean texture", "mean area", "worst concavity"]
    frame = rows.data[names].copy()
    rng = np.random.default_rng(7)
    frame["region"] = rng.choice(["north", "south", "east", None], len(frame))
    frame["member"] = frame["mean radius"].rank() % 2 == 0
    frame["since"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, 569), "D")
    frame["visits"] = rng.integers(0, 9, len(frame))
    frame.loc[::7, "mean texture"] = np.nan
    frame["paid"] = np.where(rows.target == 1, "yes", "no")
    return frame


def _train(folder: Path, frame: pd.DataFrame, target: str, **options: Any) -> Trained:
    automl = AutoML(time_budget_s=60, seed=3, n_jobs=1, max_trials=3, workers="inline", **options)
    automl.fit(frame, target)
    digest = automl.save(folder, reference=frame)
    return Trained(folder, digest, frame.drop(columns=target), load_bundle(folder))


@pytest.fixture(scope="session")
def loans(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Binary; the favourable class is `yes`."""
    folder = tmp_path_factory.mktemp("bundles") / "loans"
    return _train(folder, _loans(), "paid", task="binary", favourable="yes")


@pytest.fixture(scope="session")
def flowers(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Three classes."""
    frame = load_iris(as_frame=True).frame
    folder = tmp_path_factory.mktemp("bundles") / "flowers"
    return _train(folder, frame, "target", task="multiclass")


@pytest.fixture(scope="session")
def sugar(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Regression."""
    frame = load_diabetes(as_frame=True).frame
    folder = tmp_path_factory.mktemp("bundles") / "sugar"
    return _train(folder, frame, "target", task="regression")


def json_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as a client sends them."""
    return [
        {str(name): _plain(value) for name, value in row.items()}
        for row in frame.to_dict(orient="records")
    ]


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return value.item() if isinstance(value, np.generic) else value
