"""One realistic card, from plain records shaped like those of the engine and the gates."""

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from accredit_governance.cards.build import build_card
from accredit_governance.cards.card import ModelCard
from accredit_governance.cards.inputs import CardInputs
from accredit_governance.cards.sections import (
    Identity,
    MonitoringPlan,
    Obligation,
    Purpose,
    Statements,
)
from accredit_governance.gates.results import CheckResult, GateReport, Interval, Verdict


def digest(sign: str) -> str:
    return sign * 64


def interval(low: float, high: float) -> Interval:
    return Interval(low=low, high=high, confidence=0.95, method="wilson")


def check(key: str, verdict: Verdict, value: float | None, **facts: Any) -> CheckResult:
    name, _, subject = key.partition(":")
    gate, _, kind = name.partition(".")
    return CheckResult(
        key=key,
        gate=gate,
        check=kind,
        subject=subject or None,
        required=facts.pop("required", True),
        verdict=verdict,
        value=value,
        n=facts.pop("n", 597),
        threshold=facts.pop("threshold", None),
        direction=facts.pop("direction", "min"),
        message=facts.pop("message", f"{kind} is {value}."),
        **facts,
    )


def group(name: str, rows: int, hits: int, *, rate: float, value: float, **marks: Any) -> dict:
    return {
        "group": name,
        "rows": rows,
        "share": rows / 597,
        "hits": hits,
        "trials": rows,
        "rate": rate,
        "rate_low": rate - 0.06,
        "rate_high": min(1.0, rate + 0.06),
        "value": value,
        "gating": True,
        "reference": False,
        "fails": False,
        "more_rows": None,
        **marks,
    }


def results() -> tuple[CheckResult, ...]:
    return (
        check(
            "performance.auc",
            Verdict.PASS,
            0.7659,
            interval=interval(0.7121, 0.8198),
            threshold=0.70,
            message="AUC is 0.766 (95 %: 0.712 to 0.820), at least 0.70 is demanded.",
            source="[house] below this a scorecard is no better than the present rules",
        ),
        check(
            "performance.calibration",
            Verdict.WARN,
            0.0312,
            threshold=0.05,
            direction="max",
            required=False,
            message="Expected calibration error is 0.031; at most 0.050 is demanded.",
            details={
                "bins": [
                    {"predicted": 0.42, "observed": 0.38, "n": 61},
                    {"predicted": 0.66, "observed": 0.69, "n": 120},
                    {"predicted": 0.83, "observed": 0.85, "n": 190},
                    {"predicted": 0.95, "observed": 0.94, "n": 226},
                ]
            },
        ),
        check(
            "bias.adverse_impact_ratio:race",
            Verdict.FAIL,
            0.7784,
            interval=interval(0.6801, 0.8912),
            threshold=0.80,
            message=(
                "The selection rate of nonwhite (0.693) is 0.778 of that of white (0.890); "
                "at least 0.80 is demanded and the difference is no accident (p 0.0004)."
            ),
            remedy="Search for a less discriminatory alternative, or train with mitigation.",
            source="29 CFR 1607.4(D)",
            details={
                "groups": [
                    group("white", 506, 450, rate=0.8893, value=1.0, reference=True),
                    group("nonwhite", 91, 63, rate=0.6923, value=0.7784, fails=True),
                ],
                "reference": "white",
                "rate": "selection rate",
                "comparison": "ratio",
            },
        ),
        check(
            "bias.adverse_impact_ratio:marital",
            Verdict.INSUFFICIENT_EVIDENCE,
            0.931,
            threshold=0.80,
            message="The ratio is 0.931, but its bound of 0.77 leaves a ratio below 0.80 possible.",
            remedy="Collect 44 more rows of unmarried applicants.",
            source="29 CFR 1607.4(D)",
            details={
                "groups": [
                    group("married", 398, 350, rate=0.8794, value=1.0, reference=True),
                    group("unmarried", 188, 154, rate=0.8191, value=0.931, more_rows=44),
                    group("unknown", 11, 0, rate=0.0, value=0.0, gating=False) | {"rate": None},
                ],
                "reference": "married",
            },
        ),
        check(
            "explainability.completeness",
            Verdict.PASS,
            4e-14,
            threshold=1e-6,
            direction="max",
            message="Attributions add up to the margin within 4e-14 on 597 rows.",
        ),
        check(
            "explainability.dominance",
            Verdict.NOT_APPLICABLE,
            None,
            required=False,
            direction="max",
            message="Not applicable: the policy leaves it out for this purpose.",
        ),
    )


def profile() -> dict[str, Any]:
    return {
        "rows": 1989,
        "columns": [
            {"name": "approve", "kind": "boolean", "missing": 0, "unique": 2, "min": 0, "max": 1},
            {"name": "obrat", "kind": "numeric", "missing": 0, "unique": 400, "min": 0, "max": 95},
            {"name": "hexp", "kind": "numeric", "missing": 12, "unique": 300, "min": 0, "max": 72},
            {"name": "cons", "kind": "boolean", "missing": 0, "unique": 2, "min": 0, "max": 1},
            {
                "name": "typur",
                "kind": "categorical",
                "missing": 0,
                "unique": 4,
                "top": [
                    {"value": "single", "count": 1500},
                    {"value": "two family", "count": 400},
                    {"value": "condo", "count": 86},
                    {"value": "12 Elm Street", "count": 3},
                ],
            },
            {"name": "race", "kind": "categorical", "missing": 0, "unique": 2},
            {"name": "action", "kind": "numeric", "missing": 0, "unique": 3},
        ],
    }


def contract() -> dict[str, Any]:
    return {
        "task": "binary",
        "target": "approve",
        "classes": [],
        "favourable": {"type": "int", "value": 1},
        "threshold": 0.8125,
        "columns": [
            {"name": "obrat", "kind": "numeric", "minimum": 0.0, "maximum": 95.0},
            {"name": "hexp", "kind": "numeric", "minimum": 0.0, "maximum": 72.0},
            {"name": "cons", "kind": "boolean", "minimum": 0.0, "maximum": 1.0},
            {
                "name": "typur",
                "kind": "categorical",
                "categories": [
                    ["single", 1500],
                    ["two family", 400],
                    ["condo", 86],
                    ["12 Elm Street", 3],
                ],
            },
        ],
        "left_out": [
            {"name": "race", "reason": "sensitive", "detail": "declared for the use case"},
            {"name": "action", "reason": "leakage", "detail": "predicts the target alone"},
        ],
    }


def run() -> dict[str, Any]:
    return {
        "settings": {"metric": "auc", "time_budget_s": 60, "seed": 17, "families": ["lightgbm"]},
        "seed": 17,
        "metric": "auc",
        "rows": 1392,
        "folds": {"count": 5, "kind": "stratified", "rows": [279, 279, 278, 278, 278]},
        "versions": {"lightgbm": "4.7.0", "scikit-learn": "1.9.1"},
        "findings": [
            {
                "code": "leakage_single_column",
                "severity": "critical",
                "column": "action",
                "message": "action alone predicts the target (AUC 0.999).",
                "evidence": {"auc": 0.999, "limit": 0.98, "noise": float("nan")},
                "remedy": "It was left out.",
            }
        ],
        "trials": [
            {
                "number": 1,
                "family": "lightgbm",
                "state": "finished",
                "score": 0.781,
                "fold_scores": [0.77, 0.792],
                "params": {"leaves": 15},
                "settled": {"leaves": 15, "trees": 212},
            },
            {
                "number": 2,
                "family": "logistic",
                "state": "finished",
                "score": 0.774,
                "fold_scores": [0.774],
                "params": {"C": 0.1},
            },
            {"number": 3, "family": "lightgbm", "state": "failed", "reason": "no memory"},
            {"number": 4, "family": "lightgbm", "state": "pruned", "score": 0.9},
        ],
        "blend": {
            "score": 0.7835,
            "members": [
                {"trial": 1, "family": "lightgbm", "weight": 0.7},
                {"trial": 2, "family": "logistic", "weight": 0.3},
            ],
        },
        "mitigation": {
            "sensitive_feature": "race",
            "constraint": "demographic_parity",
            "min_ratio": 0.9,
            "ratio": 0.914,
        },
        "threshold": {"value": 0.8125, "rule": "greatest balanced accuracy, out of fold"},
    }


def made_inputs(**changes: Any) -> CardInputs:
    inputs = CardInputs(
        identity=Identity(
            model="loan-approval",
            title="Home loan approval",
            version=3,
            model_id=uuid.UUID(int=1),
            version_id=uuid.UUID(int=2),
            run_id=uuid.UUID(int=3),
            bundle_digest=digest("b"),
            dataset_digest=digest("d"),
            run_digest=digest("e"),
            made_at=datetime(2026, 11, 22, 9, 30, tzinfo=UTC),
        ),
        purpose=Purpose(
            use_case="home-loans",
            purpose=(
                "Recommends whether a home-loan application should be approved, "
                "for a loan officer who decides."
            ),
            prohibited_uses=("Setting the price of a loan.", "Deciding without a loan officer."),
            owner="Head of Retail Credit",
            risk_tier="1",
            domain="consumer_credit",
            jurisdictions=("us", "us-ma"),
        ),
        statements=Statements(
            limitations="Learnt from applications in Boston around 1990. Rates have changed since.",
            oversight="A loan officer decides; applicants may ask for a second review.",
            choice_rationale="The additive challenger was 0.021 AUC worse.",
            author="Model development",
            written_at=datetime(2026, 11, 21, tzinfo=UTC),
        ),
        dataset_name="boston-loans",
        dataset_version=2,
        profile=profile(),
        run=run(),
        contract=contract(),
        gates=GateReport(
            policy="us-ecoa-reg-b", policy_version=4, policy_digest=digest("f"), results=results()
        ),
        monitoring=MonitoringPlan(
            schedule="daily",
            outcome_delay_days=90,
            obligations=(
                Obligation(
                    check="bias.adverse_impact_ratio:marital",
                    text="Repeat the comparison when 200 unmarried applicants were decided.",
                    until=date(2027, 5, 1),
                ),
            ),
        ),
        attribution={"obrat": 0.412, "cons": 0.731, "hexp": 0.1503, "typur": 0.0},
        explanation_background="2,000 training rows",
        rows_test=597,
    )
    return replace(inputs, **changes)


@pytest.fixture
def inputs() -> CardInputs:
    return made_inputs()


@pytest.fixture
def card(inputs: CardInputs) -> ModelCard:
    return build_card(inputs)
