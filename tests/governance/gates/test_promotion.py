from datetime import UTC, datetime, timedelta

import pytest

from accredit_governance.gates.promotion import Waiver, WaiverSigner, may_be_waived, standing
from accredit_governance.gates.results import CheckResult, GateReport, Verdict
from accredit_governance.policy.document import Policy
from accredit_governance.policy.loader import read

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = "bias.adverse_impact_ratio:race"


def _report(policy: Policy, verdict: Verdict) -> GateReport:
    """Everything passes but one check."""
    results = []
    for spec in policy.gates:
        bad = spec.check == "adverse_impact_ratio"
        results.append(
            CheckResult(
                key=KEY if bad else f"{spec.gate}.{spec.check}",
                gate=spec.gate,
                check=spec.check,
                required=spec.required,
                verdict=verdict if bad else Verdict.PASS,
                value=0.8,
                n=10,
                threshold=spec.limit,
                direction=spec.direction,
                message="Figures.",
            )
        )
    return GateReport(
        policy=policy.name,
        policy_version=policy.version,
        policy_digest=policy.digest(),
        results=tuple(results),
    )


def _waiver(seen: GateReport, **changes: object) -> Waiver:
    settled = {
        "key": KEY,
        "report": seen.digest(),
        "by": (
            WaiverSigner(person="ann", role="validator"),
            WaiverSigner(person="bob", role="compliance"),
        ),
        "reason": "Small book; watched monthly.",
        "confirmed_at": NOW - timedelta(days=1),
        "expires_at": NOW + timedelta(days=90),
        "monitor": "fairness-monthly",
    }
    return Waiver(**(settled | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("verdict", list(Verdict))
def test_only_good_verdicts_let_through(credit: Policy, verdict: Verdict) -> None:
    found = standing(credit, _report(credit, verdict), [], at=NOW)

    assert found.lets_through is verdict.lets_through
    assert {block.key for block in found.blocks} == (set() if verdict.lets_through else {KEY})


def test_two_people_accept_too_little_evidence(credit: Policy) -> None:
    report = _report(credit, Verdict.INSUFFICIENT_EVIDENCE)

    found = standing(credit, report, [_waiver(report)], at=NOW)

    assert found.lets_through
    assert found.waived == (KEY,)


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.ERROR])
def test_a_fail_or_an_error_is_never_accepted(credit: Policy, verdict: Verdict) -> None:
    report = _report(credit, verdict)

    (block,) = standing(credit, report, [_waiver(report)], at=NOW).blocks

    assert not block.waivable
    assert "cannot be waived" in block.reason


ANN, BOB = (
    WaiverSigner(person="ann", role="validator"),
    WaiverSigner(person="bob", role="compliance"),
)


@pytest.mark.parametrize(
    ("changes", "flaw"),
    [
        pytest.param({"report": "0" * 64}, "another report", id="other report"),
        pytest.param({"by": (ANN,)}, "two different people", id="one person"),
        pytest.param({"by": (BOB, BOB)}, "two different people", id="one role"),
        pytest.param(
            {"by": (ANN, WaiverSigner(person="ann", role="compliance"))},
            "two different people",
            id="one person in two roles",
        ),
        pytest.param({"expires_at": NOW}, "held until", id="expired this moment"),
        pytest.param({"confirmed_at": NOW + timedelta(hours=1)}, "held until", id="not yet given"),
        pytest.param({"expires_at": NOW + timedelta(days=180)}, "longer than 180", id="too long"),
        pytest.param({"monitor": None}, "no monitor", id="no monitor"),
    ],
)
def test_a_flawed_waiver_does_not_count(
    credit: Policy, changes: dict[str, object], flaw: str
) -> None:
    report = _report(credit, Verdict.INSUFFICIENT_EVIDENCE)

    (block,) = standing(credit, report, [_waiver(report, **changes)], at=NOW).blocks

    assert block.waivable
    assert flaw in block.reason


def test_an_waiver_of_another_check_does_not_count(credit: Policy) -> None:
    report = _report(credit, Verdict.INSUFFICIENT_EVIDENCE)

    found = standing(credit, report, [_waiver(report, key="bias.other")], at=NOW)

    assert not found.lets_through


def test_one_good_waiver_is_enough(credit: Policy) -> None:
    report = _report(credit, Verdict.INSUFFICIENT_EVIDENCE)
    given = [_waiver(report, monitor=None), _waiver(report)]

    assert standing(credit, report, given, at=NOW).lets_through


def test_a_check_whose_policy_allows_no_waivers_stays_blocked(credit: Policy) -> None:
    data = credit.model_dump(mode="json")
    data["waivers"] = None
    for gate in data["gates"]:
        gate["waivable"] = False
    strict = read(data)
    report = _report(strict, Verdict.INSUFFICIENT_EVIDENCE)

    (block,) = standing(strict, report, [_waiver(report)], at=NOW).blocks

    assert "lets nobody waive" in block.reason
    assert not any(may_be_waived(strict, result) for result in report.results)


def test_a_check_that_was_not_evaluated_blocks(credit: Policy) -> None:
    report = _report(credit, Verdict.PASS)
    answered = tuple(r for r in report.results if r.check != "reason_coverage")
    partial = report.model_copy(update={"results": answered})

    (block,) = standing(credit, partial, [], at=NOW).blocks

    assert (block.key, block.verdict) == ("explainability.reason_coverage", None)


def test_a_report_under_another_policy_is_refused(credit: Policy) -> None:
    report = _report(credit, Verdict.PASS).model_copy(update={"policy_digest": "0" * 64})

    with pytest.raises(ValueError, match="another policy"):
        standing(credit, report, [], at=NOW)
