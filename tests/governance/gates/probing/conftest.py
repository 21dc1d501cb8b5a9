"""Small real models before their judges."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from accredit_engine import AutoML, load_bundle
from accredit_engine.bundle.contract import category_text
from accredit_governance.gates.gather import gather_evidence
from accredit_governance.gates.probing.case import Case
from accredit_governance.policy.document import Policy
from accredit_governance.registry.terms import UseCaseTerms

Build = Callable[..., Case]
TARGETS = {"binary": "paid", "multiclass": "band", "regression": "amount"}


def loans(rows: int, seed: int) -> pd.DataFrame:
    """Numbers, whole numbers, a category, a truth value, holes, and an outcome of each task."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "income": rng.normal(40, 10, rows),
            "children": rng.integers(0, 5, rows),
            "region": rng.choice(["north", "south", "east"], rows, p=[0.6, 0.3, 0.1]),
            "owner": rng.random(rows) < 0.5,
            "debt": np.where(rng.random(rows) < 0.2, np.nan, rng.gamma(2, 5, rows)),
        }
    )
    margin = (frame["income"] - 40) / 8 - frame["children"] / 4 + (frame["region"] == "north")
    margin += rng.logistic(size=rows)
    return frame.assign(
        paid=np.where(margin > 0, "yes", "no"),
        band=np.array(["low", "mid", "high"])[np.digitize(margin, [-1, 1])],
        amount=10 * margin,
    )


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory, credit: Policy) -> Build:
    """Train, save and load a linear model, and gather its evidence; equal demands share it."""
    made: dict[tuple[str, tuple[str, ...]], Case] = {}

    def case(task: str = "binary", *, without: tuple[str, ...] = ()) -> Case:
        if (task, without) not in made:
            folder = tmp_path_factory.mktemp("case") / "bundle"
            made[task, without] = _case(folder, task, without, credit)
        return made[task, without]

    return case


def _case(folder: Path, task: str, without: tuple[str, ...], policy: Policy) -> Case:
    target = TARGETS[task]
    drop = [*without, *(name for name in TARGETS.values() if name != target)]
    train, holdout = loans(300, 1).drop(columns=drop), loans(400, 2).drop(columns=drop)
    binary: dict[str, Any] = {"favourable": "yes"} if task == "binary" else {}
    automl = AutoML(
        task, max_trials=1, seed=3, workers="inline", families=["linear"], derive=False, **binary
    )
    automl.fit(train, target)
    automl.save(folder)
    model = load_bundle(folder)
    terms = UseCaseTerms(
        title="Loans",
        purpose="Decide on loans.",
        prohibited_uses=("none",),
        domain="consumer_credit",
        jurisdictions=("us",),
        task=task,
        target=target,
        **binary,
    )
    evidence = gather_evidence(
        model,
        terms=terms,
        train=train,
        holdout=holdout,
        oof=automl.oof_.rename(columns=category_text),
        findings=(),
    )
    return Case(
        model=model,
        folder=folder,
        terms=terms,
        policy=policy,
        train=train,
        holdout=holdout,
        evidence=evidence,
        record={},
        monotone={},
        rationale="",
        incumbent=None,
        cores=1,
        progress=lambda share, message: None,
    )
