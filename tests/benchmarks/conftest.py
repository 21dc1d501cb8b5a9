"""The scripts of the benchmarks, importable as they import each other."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

SCRIPTS = Path(__file__).parents[2] / "benchmarks" / "automl"
# Last, so that none of them stands in for a package.
sys.path.append(str(SCRIPTS))


@pytest.fixture(scope="session")
def loans_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 rows with a number, a category with gaps, and a yes or no."""
    random = np.random.default_rng(0)
    income = random.normal(size=200)
    frame = pd.DataFrame(
        {
            "income, yearly": income,
            "purpose": random.choice(["home", "car", None], size=200),
            "approved": np.where(income + random.normal(size=200) > 0, "yes", "no"),
        }
    )
    path = tmp_path_factory.mktemp("data") / "loans.csv"
    frame.to_csv(path, index=False)
    return path
