"""Models that other people trained, in the formats that they come in."""

import base64
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from accredit_engine.bundle.contract import Kind, Task
from accredit_engine.external.stated import Stated
from accredit_engine.families.foreign import StatedInput

NUMBERS = ["income", "debt"]
INPUTS = [*NUMBERS, "home"]
HOMES = ("farm", "flat", "house")
STATED_INPUTS = (
    *(StatedInput(name, Kind.NUMERIC) for name in NUMBERS),
    StatedInput("home", Kind.CATEGORICAL, HOMES),
)

GRAPH = base64.b64decode(
    "CAk61wEKFQoEcm93cwoBdwoBYhIBeiIER2VtbQoPCgF6EgFwIgdTaWdtb2lkChAKA29uZQoBcBIBcSID"
    "U3ViCioKAXEKAXASDXByb2JhYmlsaXRpZXMiBkNvbmNhdCoLCgRheGlzGAGgAQISAWcqFwgDCAEQAUIB"
    "d0oMj8J1PY/C9b1mZmY/Kg0IARABQgFiSgQAAIC/Kg8IARABQgNvbmVKBAAAgD9aFAoEcm93cxIMCgoI"
    "ARIGCgAKAggDYh0KDXByb2JhYmlsaXRpZXMSDAoKCAESBgoACgIIAkIECgAQEQ=="
)
"""An ONNX graph: P(ok) is the logistic function of 0.06 income - 0.12 debt + 0.9 home - 1."""


def rows(count: int = 240, *, seed: int = 3) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "income": random.normal(60, 15, count).round(2),
            "debt": random.normal(33, 8, count).round(2),
            "home": random.choice(HOMES, count),
            "sex": random.choice(["f", "m"], count),
        }
    )
    merit = (frame["income"] - frame["debt"]) / 15 + (frame["home"] == "house")
    frame["ok"] = (merit + random.logistic(size=count) > 2).astype(int)
    frame["level"] = np.where(merit < 1, "low", np.where(merit < 3, "middle", "top"))
    frame["amount"] = (merit**2 + 1).round(3)
    frame.loc[::13, "income"] = np.nan
    return frame


def odd(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows with a category that nobody stated, and without one."""
    changed = frame[INPUTS].head(20).copy()
    changed["home"] = changed["home"].astype(object)
    changed.loc[changed.index[:5], "home"] = "boat"
    changed.loc[changed.index[5:9], "home"] = None
    return changed


def binary(**changes: Any) -> Stated:
    known = {
        "task": Task.BINARY,
        "target": "ok",
        "classes": (0, 1),
        "favourable": 1,
        "threshold": 0.5,
        "inputs": STATED_INPUTS,
    }
    return Stated(**(known | changes))


def several() -> Stated:
    return Stated(Task.MULTICLASS, "level", ("low", "middle", "top"), None, None, STATED_INPUTS)


def amount() -> Stated:
    return Stated(Task.REGRESSION, "amount", (), None, None, STATED_INPUTS)


def pipeline(estimator: Any, frame: pd.DataFrame, target: str = "ok") -> Pipeline:
    made = Pipeline(
        [
            (
                "columns",
                ColumnTransformer(
                    [
                        (
                            "numbers",
                            Pipeline([("f", SimpleImputer()), ("s", StandardScaler())]),
                            NUMBERS,
                        ),
                        ("homes", OneHotEncoder(handle_unknown="ignore"), ["home"]),
                    ]
                ),
            ),
            ("model", estimator),
        ]
    )
    return made.fit(plain(frame), frame[target])


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Inputs as scikit-learn is given them."""
    return frame[INPUTS].assign(
        home=frame["home"].astype(object).where(frame["home"].notna(), np.nan)
    )


def dumped(estimator: Any) -> bytes:
    io_of = pytest.importorskip("skops.io", reason="skops is not installed")
    content: bytes = io_of.dumps(estimator)
    return content


def booster(frame: pd.DataFrame, target: str = "ok", **options: Any) -> lightgbm.Booster:
    wanted = {"objective": "binary", "verbose": -1, "num_threads": 1, "seed": 1, "max_depth": 3}
    data = lightgbm.Dataset(
        coded(frame),
        pd.Series(pd.factorize(frame[target], sort=True)[0])
        if target == "level"
        else frame[target],
    )
    return lightgbm.train(wanted | options, data, 12)


def coded(frame: pd.DataFrame) -> pd.DataFrame:
    """Inputs as LightGBM is given them."""
    known = frame["home"].where(frame["home"].isin(HOMES), None)
    return frame[INPUTS].assign(home=pd.Categorical(known, categories=list(HOMES)))


def text(model: lightgbm.Booster) -> bytes:
    content: str = model.model_to_string()
    return content.encode()
