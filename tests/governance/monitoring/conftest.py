"""A population of many shapes, and faults to put into it."""

import numpy as np
import pandas as pd
import pytest

from accredit_governance.monitoring.rules import DriftRules
from accredit_governance.monitoring.windows import Window


def population(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    """Twelve columns: normal, heavy-tailed, zero-inflated, counted, with nulls, categorical."""
    nulls = rng.normal(size=rows)
    nulls[rng.random(rows) < 0.02] = np.nan
    data: dict[str, object] = {
        "income": rng.normal(size=rows),
        "debt": rng.normal(size=rows),
        "wealth": rng.lognormal(0, 1.5, rows),
        "heavy": rng.standard_t(2, rows),
        "arrears": np.where(rng.random(rows) < 0.7, 0.0, rng.exponential(size=rows)),
        "children": rng.poisson(1.5, rows),
        "nulls": nulls,
        "member": rng.random(rows) < 0.3,
        "code": rng.zipf(1.7, rows).clip(max=10**6).astype(str),
    }
    for levels in (3, 12, 40):
        weights = 1 / np.arange(1, levels + 1)
        names = [f"v{i}" for i in range(levels)]
        data[f"kind{levels}"] = rng.choice(names, rows, p=weights / weights.sum())
    return pd.DataFrame(data)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20261122)


@pytest.fixture
def rules() -> DriftRules:
    return DriftRules()


@pytest.fixture(scope="session")
def reference() -> Window:
    return Window(population(np.random.default_rng(1), 10_000), label="reference")
