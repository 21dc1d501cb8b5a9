"""People who borrow, a use case, and models trained on them: real parts, small and quick."""

from typing import Any

import numpy as np
import pandas as pd

from accredit_engine import AutoML
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.gather import gather_evidence
from accredit_governance.registry.terms import UseCaseTerms


def people(rows: int, seed: int = 0) -> pd.DataFrame:
    """Applications with text, numbers and gaps; the age and the sex are no inputs."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "income": rng.lognormal(3, 0.5, rows),
            "debt": rng.normal(size=rows),
            "purpose": rng.choice(["home", "repair", "car", None], rows, p=[0.5, 0.2, 0.2, 0.1]),
            "branch": rng.choice([f"b{i}" for i in range(12)], rows),
            "age": rng.integers(19, 90, rows),
            "sex": rng.choice(["female", "male", None], rows, p=[0.5, 0.45, 0.05]),
        }
    )
    frame.loc[rng.random(rows) < 0.05, "debt"] = np.nan
    margin = np.log(frame["income"]) - 3 - frame["debt"].fillna(0.3) + (frame["purpose"] == "home")
    frame["paid"] = np.where(rng.random(rows) < 1 / (1 + np.exp(-margin)), "yes", "no")
    frame["grade"] = pd.cut(margin + rng.normal(0, 0.5, rows), 3, labels=["low", "mid", "high"])
    frame["grade"] = frame["grade"].astype(str)
    frame["amount"] = 100 + 20 * margin + rng.normal(0, 10, rows)
    return frame


def terms(**changes: Any) -> UseCaseTerms:
    return UseCaseTerms.model_validate(
        {
            "title": "Loans",
            "purpose": "Recommends.",
            "prohibited_uses": ["Pricing."],
            "domain": "consumer_credit",
            "jurisdictions": ["us"],
            "task": "binary",
            "target": "paid",
            "favourable": "yes",
            "sensitive_features": [
                {
                    "column": "age",
                    "origin": "self_reported",
                    "bins": [40, 62],
                    "reference": "40 to 61",
                },
                {"column": "sex", "origin": "inferred"},
            ],
            **changes,
        }
    )


def trained(task: str, target: str, **settings: Any) -> AutoML:
    """A model that learned from 700 people without their age and sex."""
    others = {"paid", "grade", "amount"} - {target}
    return AutoML(task, max_trials=2, seed=1, workers="inline", **settings).fit(
        people(700).drop(columns=[*others]), target, sensitive_features=["age", "sex"]
    )


def gathered(model: AutoML, stated: UseCaseTerms, holdout: pd.DataFrame) -> Evidence:
    """What the checks may look at."""
    return gather_evidence(
        model.model_,
        terms=stated,
        train=people(700),
        holdout=holdout,
        oof=model.oof_.rename(columns=str),
        findings=(),
    )
