"""What a draft policy would change: one version judged before and under the draft, and all of them.

Waivers count on neither side: the question is what the rules say, not what people accepted.
"""

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum

from pydantic import Field

from accredit_governance.documents import Digest, Document
from accredit_governance.gates.results import CheckResult, GateReport, Verdict


class Change(StrEnum):
    """What becomes of a version under the draft."""

    NEWLY_FAILS = "newly_fails"
    NEWLY_PASSES = "newly_passes"
    STILL_FAILS = "still_fails"
    STILL_PASSES = "still_passes"
    FIRST_JUDGED = "first_judged"
    OUT_OF_SCOPE = "out_of_scope"
    NOT_JUDGED = "not_judged"


class CheckChange(Document):
    """A check whose verdict differs.

    `before` is None when it was not asked, `after` when the draft does not ask it; value and
    threshold are those under the draft.
    """

    key: str
    required: bool
    before: Verdict | None
    after: Verdict | None
    value: float | None
    threshold: float | None
    message: str


class JudgedBefore(Document):
    """The latest judgement of a version.

    Attributes:
        policy: name of the policy it was made under.
        blocking: keys of what blocked.
    """

    policy: str
    policy_version: int
    report: GateReport
    blocking: tuple[str, ...]


class VersionOutcome(Document):
    """What the draft would make of one version.

    Attributes:
        policy_before: policy of the latest judgement, `name version 2`; None without one.
        passes_before: whether nothing blocked then.
        passes_after: whether nothing would block under the draft; None when it was not judged.
        blocking_after: keys of what would block.
        checks: verdicts that differ, in the order of the draft. A check that was not asked before
            is listed only where it does not let the version through.
        reasons: why the draft does not cover the version, or why it could not be judged.
    """

    model_version_id: uuid.UUID
    model_name: str
    number: int
    state: str
    change: Change
    policy_before: str | None = None
    passes_before: bool | None = None
    passes_after: bool | None = None
    blocking_before: tuple[str, ...] = ()
    blocking_after: tuple[str, ...] = ()
    checks: tuple[CheckChange, ...] = ()
    reasons: tuple[str, ...] = ()


class SimulationReport(Document):
    """A draft policy against every version that the asker may read."""

    policy: str
    policy_version: int
    policy_digest: Digest
    counts: dict[str, int] = Field(description="versions by change; every change is named")
    versions: tuple[VersionOutcome, ...]


def change_of(passes_before: bool | None, *, passes_after: bool) -> Change:
    """What two judgements of a version amount to; None: there was none before."""
    if passes_before is None:
        return Change.FIRST_JUDGED
    if passes_before:
        return Change.STILL_PASSES if passes_after else Change.NEWLY_FAILS
    return Change.NEWLY_PASSES if passes_after else Change.STILL_FAILS


def changed_checks(before: GateReport | None, after: GateReport) -> tuple[CheckChange, ...]:
    """Checks whose verdict differs; those that the draft drops come last."""
    known = {result.key: result for result in before.results} if before is not None else {}
    asked = {result.key for result in after.results}
    changes = [
        _change(result, before=known[result.key].verdict if result.key in known else None)
        for result in after.results
        if _differs(known.get(result.key), result)
    ]
    dropped = [
        CheckChange(
            key=result.key,
            required=result.required,
            before=result.verdict,
            after=None,
            value=None,
            threshold=None,
            message="The draft does not ask this.",
        )
        for result in known.values()
        if result.key not in asked
    ]
    return (*changes, *dropped)


def simulation_report(
    *, policy: str, policy_version: int, policy_digest: str, outcomes: Iterable[VersionOutcome]
) -> SimulationReport:
    """All outcomes with their counts."""
    versions: Sequence[VersionOutcome] = tuple(outcomes)
    counted = Counter(outcome.change for outcome in versions)
    return SimulationReport(
        policy=policy,
        policy_version=policy_version,
        policy_digest=policy_digest,
        counts={change.value: counted[change] for change in Change},
        versions=tuple(versions),
    )


def _differs(before: CheckResult | None, after: CheckResult) -> bool:
    if before is None:
        return not after.verdict.lets_through
    return before.verdict is not after.verdict or before.required is not after.required


def _change(result: CheckResult, *, before: Verdict | None) -> CheckChange:
    return CheckChange(
        key=result.key,
        required=result.required,
        before=before,
        after=result.verdict,
        value=result.value,
        threshold=result.threshold,
        message=result.message,
    )
