"""What the seeded office has on paper: terms, records, gate reports, a drift report."""

import hashlib
import uuid
from collections.abc import Sequence
from typing import Any

from accredit_governance.gates.results import CheckResult, GateReport, Interval, Verdict
from accredit_governance.gates.simulation import (
    Change,
    CheckChange,
    SimulationReport,
    VersionOutcome,
    simulation_report,
)
from accredit_governance.monitoring.alerts import Alert, Severity
from accredit_governance.policy import loader
from accredit_governance.registry.terms import CardStatements, SensitiveFeature, UseCaseTerms
from accredit_platform.resources import folder

_SOURCE = (folder("policies") / "us-credit-federal.yaml").read_text()
POLICY = loader.parse(_SOURCE)
DRAFT_SOURCE = _SOURCE.replace("version: 1\n", "version: 2\n").replace(
    "validity_days: 365", "validity_days: 180"
)
HOSTILE = '<script>alert("name")</script>'

TERMS = UseCaseTerms(
    title="Home loan approval",
    purpose="Recommends whether a home loan application should be approved, for an officer who "
    "decides.",
    prohibited_uses=("Setting the price of a loan.", "Deciding without an officer."),
    domain="consumer_credit",
    jurisdictions=("us",),
    task="binary",
    target="approve",
    favourable=1,
    sensitive_features=(SensitiveFeature(column="race", origin="self_reported"),),
)
STATEMENTS = CardStatements(
    limitations="Learnt from applications in one city in 1990; rates have changed since.",
    oversight="A loan officer decides on every application; applicants may ask for a second look.",
    choice_rationale=f"A blend was clearly better than one scorecard. {HOSTILE}",
)
PROFILE: dict[str, Any] = {
    "rows": 1989,
    "columns": [
        {"name": "approve", "kind": "boolean", "missing": 0},
        {"name": "race", "kind": "categorical", "missing": 0},
        {"name": "obrat", "kind": "numeric", "missing": 0, "min": 0, "max": 95},
    ],
}
RECORD: dict[str, Any] = {
    "run": {
        "seed": 17,
        "rows_train": 1392,
        "rows_test": 597,
        "settings": {"metric": "roc_auc", "seed": 17},
        "folds": {"count": 5, "kind": "stratified"},
        "elapsed_s": 58.4,
        "findings": [
            {
                "code": "near_duplicate",
                "severity": "info",
                "column": None,
                "message": "3 rows occur twice.",
                "remedy": "Nothing, unless they are one application each.",
            },
            {
                "code": "proxy",
                "severity": "warning",
                "column": "obrat",
                "message": "obrat differs between the groups of race.",
                "remedy": "Look at the proxy check.",
            },
        ],
    },
    "contract": {
        "task": "binary",
        "target": "approve",
        "favourable": {"type": "int", "value": 1},
        "columns": [{"name": "obrat", "kind": "numeric", "minimum": 0.0, "maximum": 95.0}],
        "left_out": [{"name": "race", "reason": "sensitive", "detail": "declared"}],
    },
}
TRIALS = (
    ("linear", "finished", 0.771, {"C": 0.3}),
    ("boosting", "finished", 0.792, {"rounds": 140, "leaves": 15}),
    ("forest", "finished", 0.784, {"trees": 300}),
    ("boosting", "pruned", 0.731, {"rounds": 20, "leaves": 63}),
    ("forest", "failed", None, {"trees": 900}),
)


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def group(name: str, rows: int, rate: float, value: float, **marks: Any) -> dict[str, Any]:
    return {
        "group": name,
        "rows": rows,
        "rate": rate,
        "rate_low": rate - 18 / rows,
        "rate_high": min(1.0, rate + 18 / rows),
        "value": value,
        "reference": False,
        "gating": True,
        "fails": False,
        **marks,
    }


def impact(verdict: Verdict, hispanic_rate: float) -> dict[str, Any]:
    """What the adverse impact check found, in the form that the gate leaves it."""
    ratio = round(hispanic_rate / 0.9, 3)
    return {
        "verdict": verdict,
        "value": ratio,
        "interval": Interval(
            low=ratio - 0.06, high=ratio + 0.05, confidence=0.95, method="count bootstrap"
        ),
        "message": f"The selection rate ratio for race is {ratio} (hispanic {hispanic_rate:.1%} "
        "of 108 against white 90.0% of 421).",
        "remedy": "Collect at least 240 more rows of hispanic; a pass is not certain then.",
        "details": {
            "rate": "selection rate",
            "reference": "white",
            "groups": [
                group("white", 421, 0.9, 1.0, reference=True),
                group("black", 68, 0.868, 0.964),
                group("hispanic", 108, hispanic_rate, ratio),
            ],
        },
    }


LEFT: dict[str, dict[str, Any]] = {
    "calibration": {
        "brier": 0.148,
        "slope": 0.97,
        "bins": [
            {
                "rows": 100,
                "predicted": place / 6,
                "observed": place / 6 + drift,
                "low": place / 6 + drift - 0.08,
                "high": place / 6 + drift + 0.08,
            }
            for place, drift in enumerate((0.02, -0.03, 0.01, 0.04, -0.02), start=1)
        ],
    },
    "adverse_impact_sweep": {
        "points": [
            {"selection_rate": rate / 10, "cut_off": 1 - rate / 10, "value": 0.78 + rate / 60}
            for rate in range(1, 10)
        ],
    },
    "dominance": {
        "ranking": [
            {"column": "obrat", "mean_abs": 0.41, "share": 0.37},
            {"column": f"loanamt {HOSTILE}", "mean_abs": 0.2, "share": 0.18},
        ],
    },
    "slice_performance": {
        "metric": "roc_auc",
        "slices": [
            {"slice": "hispanic", "rows": 108, "score": 0.74, "low": 0.66, "high": 0.82},
            {"slice": "obrat: lowest third", "rows": 199, "score": 0.8, "low": 0.73, "high": 0.87},
        ],
    },
}
"""What some checks leave in their details, in the shapes that the gates use."""


def report(**found: dict[str, Any]) -> GateReport:
    """A report that answers every check of the policy: `pass`, unless said otherwise."""
    results = []
    for spec in POLICY.gates:
        facts: dict[str, Any] = {
            "verdict": Verdict.PASS,
            "value": round(spec.limit * (1.08 if spec.direction == "min" else 0.4), 4)
            if spec.limit
            else 0.0,
            "message": "Within the limit on 597 test rows.",
            "details": LEFT.get(spec.check, {}),
            **found.get(spec.check, {}),
        }
        subject = "race" if spec.check.startswith("adverse_impact_ratio") else None
        results.append(
            CheckResult(
                key=f"{spec.gate}.{spec.check}" + (f":{subject}" if subject else ""),
                gate=spec.gate,
                check=spec.check,
                subject=subject,
                required=spec.required,
                n=597,
                threshold=spec.limit,
                direction=spec.direction,
                source=spec.source,
                **facts,
            )
        )
    return GateReport(
        policy=POLICY.name,
        policy_version=POLICY.version,
        policy_digest=POLICY.digest(),
        results=tuple(results),
    )


CLEAR = report(
    adverse_impact_ratio=impact(Verdict.PASS, 0.865),
    overfitting={"verdict": Verdict.WARN, "value": 0.06, "message": "The loss grows by 0.06."},
)
UNCLEAR = report(adverse_impact_ratio=impact(Verdict.INSUFFICIENT_EVIDENCE, 0.76))
FAILED = report(
    discrimination={
        "verdict": Verdict.FAIL,
        "value": 0.61,
        "message": "The area under the curve is 0.610: below the limit 0.65.",
        "remedy": "Train on more rows or better columns.",
    },
)


DRIFT: dict[str, Any] = {
    "verdict": "alert",
    "sentence": "1 of 2 input columns drifted: obrat.",
    "columns": [
        {
            "column": "obrat",
            "verdict": "alert",
            "psi": 0.31,
            "n_reference": 597,
            "n_current": 812,
            "sentence": "obrat: PSI 0.310 is beyond 0.25.",
        },
        {
            "column": "loanamt",
            "verdict": "none",
            "psi": 0.004,
            "n_reference": 597,
            "n_current": 812,
            "sentence": "loanamt: no drift.",
        },
    ],
}
ALERT = Alert(
    key="drift:obrat",
    severity=Severity.CRITICAL,
    subject="obrat",
    symptoms=("distribution",),
    sentence="obrat: PSI 0.310 is beyond 0.25.",
    numbers={"psi": 0.31, "limit": 0.25},
    action="Ask whether applicants changed; suspend the version or start a re-certification.",
)
EVIDENTLY_LIKE = """<!doctype html><html lang="en"><head><title>Drift</title>
<style>body{font-family:sans-serif}</style></head><body><h1>Drift of obrat</h1><p id="w"></p>
<script>
let cookies; try { cookies = document.cookie; } catch { cookies = "out of reach"; }
document.getElementById("w").textContent = "cookies: " + cookies + ", origin: " + self.origin;
</script></body></html>"""


def simulation_of(digest: str, version_ids: Sequence[uuid.UUID]) -> SimulationReport:
    """What the draft would change: the first version newly fails, the others are not covered."""
    first, *others = version_ids
    worse = CheckChange(
        key="performance.discrimination",
        required=True,
        before=Verdict.PASS,
        after=Verdict.FAIL,
        value=0.7,
        threshold=0.75,
        message="The area under the curve is 0.700: below the limit 0.75.",
    )
    failing = VersionOutcome(
        model_version_id=first,
        model_name="loan-approval",
        number=1,
        state="approved",
        change=Change.NEWLY_FAILS,
        policy_before=f"{POLICY.name} version 1",
        passes_before=True,
        passes_after=False,
        blocking_after=(worse.key,),
        checks=(worse,),
    )
    left = [
        VersionOutcome(
            model_version_id=version_id,
            model_name="loan-approval",
            number=number,
            state="draft",
            change=Change.OUT_OF_SCOPE,
            reasons=(f"is for tiers 1, not tier 2 {HOSTILE}",),
        )
        for number, version_id in enumerate(others, start=2)
    ]
    return simulation_report(
        policy=POLICY.name, policy_version=2, policy_digest=digest, outcomes=[failing, *left]
    )
