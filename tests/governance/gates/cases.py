"""A small model before its judges: what probes ask."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from accredit_engine import AutoML, load_bundle
from accredit_engine.bundle.contract import category_text
from accredit_governance.gates.gather import gather_evidence
from accredit_governance.gates.probing.case import Case
from accredit_governance.policy.document import Policy
from accredit_governance.registry.terms import SensitiveFeature, UseCaseTerms

TRAIN_ROWS = 500


def applicants(rows: int = 900, seed: int = 3) -> pd.DataFrame:
    """Numbers, a category, a truth value, a time and missing values; `good` depends on most."""
    random = np.random.default_rng(seed)
    income, debt, years = random.normal(size=(3, rows))
    region = random.choice(["north", "south", "west"], rows)
    margin = 1.5 * income - debt + 0.7 * (region == "north") + random.normal(scale=0.6, size=rows)
    frame = pd.DataFrame(
        {
            "income": income,
            "debt": np.where(random.random(rows) < 0.1, np.nan, debt),
            "years": np.round(5 + 2 * years).astype(int),
            "region": region,
            "owner": random.random(rows) < 0.5,
            "filed": pd.Timestamp("2020-01-01")
            + pd.to_timedelta(random.integers(0, 300, rows), unit="D"),
            "customer": np.arange(rows) // 2,
            "sex": random.choice(["female", "male"], rows),
        }
    )
    return frame.assign(
        good=(margin > 0.4).astype(int),
        level=np.array(["high", "low", "middle"])[np.digitize(margin, [-0.5, 1.0])],
        amount=margin,
    )


TARGETS = {"binary": "good", "multiclass": "level", "regression": "amount"}


def build_case(
    folder: Path, policy: Policy, task: str = "binary", *, rationale: str = "", **settings: Any
) -> Case:
    """A trained, saved and loaded model with its evidence on untouched rows."""
    target = TARGETS[task]
    others = [name for name in TARGETS.values() if name != target]
    frame = applicants().drop(columns=others)
    roles = {"groups": settings.pop("groups", None)}
    if roles["groups"] is None:
        frame = frame.drop(columns="customer")
    train, holdout = frame.iloc[:TRAIN_ROWS], frame.iloc[TRAIN_ROWS:]
    run: dict[str, Any] = {
        "max_trials": 3,
        "seed": 2,
        "workers": "inline",
        "families": ["boosting", "linear"],
        "derive": False,
    }
    monotone = settings.get("monotone") or {}
    model = AutoML(task, **run | settings).fit(
        train, target, sensitive_features=["sex"], **{k: v for k, v in roles.items() if v}
    )
    model.save(folder / "bundle")
    terms = UseCaseTerms(
        title="Loans",
        purpose="Decide on loans",
        prohibited_uses=("none other",),
        domain="consumer_credit",
        jurisdictions=("us",),
        task=task,
        target=target,
        favourable=1 if task == "binary" else None,
        sensitive_features=(SensitiveFeature(column="sex", origin="self_reported"),),
    )
    bundle = load_bundle(folder / "bundle")
    evidence = gather_evidence(
        bundle,
        terms=terms,
        train=train,
        holdout=holdout,
        oof=model.oof_.rename(columns=category_text),
        findings=(),
    )
    return Case(
        model=bundle,
        folder=folder / "bundle",
        terms=terms,
        policy=policy,
        train=train,
        holdout=holdout.loc[evidence.inputs.index],
        evidence=evidence,
        record=model.record_.to_dict(),
        monotone=monotone,
        rationale=rationale,
        incumbent=None,
        cores=1,
        progress=lambda _share, _message: None,
    )
