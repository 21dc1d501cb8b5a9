"""Evidence of a small binary model whose numbers are easy to change."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from accredit_governance.gates.evidence import Evidence
from accredit_governance.policy.document import Policy
from accredit_governance.policy.loader import load, read

POLICIES = Path(__file__).parents[3] / "policies"


def _half(rng: np.random.Generator, rows: int, start: int) -> dict[str, Any]:
    index = pd.RangeIndex(start, start + rows)
    inputs = pd.DataFrame(
        {
            "income": rng.normal(size=rows),
            "debt": rng.normal(size=rows),
            "region": rng.choice(["north", "south"], rows),
        },
        index=index,
    )
    phi = pd.DataFrame(
        {
            "income": 1.2 * inputs["income"],
            "debt": -0.8 * inputs["debt"],
            "region": np.where(inputs["region"] == "north", 0.3, -0.3),
        },
        index=index,
    )
    margin = phi.sum(axis=1) + 0.2
    score = 1 / (1 + np.exp(-margin))
    return {
        "inputs": inputs,
        "attributions": phi,
        "margin": margin,
        "score": score,
        "outcome": pd.Series(rng.random(rows) < score, index=index),
        "selected": score >= 0.5,
        "sensitive": pd.DataFrame(
            {
                "race": rng.choice(["a", "b"], rows),
                "sex": rng.choice(["female", "male"], rows),
            },
            index=index,
        ),
    }


@pytest.fixture(scope="session")
def fair() -> Evidence:
    """3,000 test rows of a calibrated model that knows nothing of the groups."""
    rng = np.random.default_rng(5)
    test, train = _half(rng, 3_000, 10_000), _half(rng, 3_000, 0)
    return Evidence(
        task="binary",
        inputs=test["inputs"],
        sensitive=test["sensitive"],
        outcome=test["outcome"],
        score=test["score"],
        selected=test["selected"],
        probabilities=None,
        attributions=test["attributions"],
        base=np.array(0.2),
        margin=test["margin"],
        exact=True,
        owners={"income_scaled": ["income"], "debt": ["debt"], "region_north": ["region"]},
        train_outcome=train["outcome"],
        train_score=train["score"],
        train_selected=train["selected"],
        train_sensitive=train["sensitive"],
        train_inputs=train["inputs"],
        origins={"race": "self_reported", "sex": "self_reported"},
    )


@pytest.fixture(scope="session")
def head(fair: Evidence) -> Callable[[int], Evidence]:
    """The same model on its first test rows only."""

    def cut(rows: int) -> Evidence:
        parts = ("inputs", "sensitive", "outcome", "score", "selected", "attributions", "margin")
        return replace(fair, **{part: getattr(fair, part).iloc[:rows] for part in parts})

    return cut


@pytest.fixture(scope="session")
def credit() -> Policy:
    return load(POLICIES / "us-credit-federal.yaml")


@pytest.fixture(scope="session")
def demand(credit: Policy) -> Callable[..., Policy]:
    """A policy with one check."""

    def build(check: str, *, tasks: tuple[str, ...] = (), **parameters: object) -> Policy:
        data = credit.model_dump(mode="json")
        data["gates"] = [{"check": check, "source": "[house] test", **parameters}]
        if tasks:
            data["applies_to"]["tasks"] = list(tasks)
        return read(data)

    return build
