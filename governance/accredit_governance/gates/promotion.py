"""Whether a gate report lets a model version go on to review.

Rules:
1. A required check lets through with `pass`, `warn` or `not_applicable`.
2. `insufficient_evidence` lets through while a waiver of exactly this result holds: the
   policy allows it for this check, two different people of the policy's roles gave it, it has not
   expired nor lasts longer than the policy allows, and it names a monitor if one is demanded.
3. `fail` and `error` never let through, whatever was waived.
4. A check of the policy that has no result in the report blocks.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from pydantic import AwareDatetime, Field

from accredit_governance.documents import Digest, Document
from accredit_governance.gates.results import CheckResult, GateReport, Verdict
from accredit_governance.policy.document import Policy, ReviewRole


class WaiverSigner(Document):
    """Who signs, and in which role."""

    person: str = Field(min_length=1)
    role: ReviewRole


class Waiver(Document):
    """Two people accept that one check has too little evidence, for a limited time.

    Attributes:
        key: Key of the check result.
        report: Digest of the report that they saw.
        by: The people, with the role that each acts in.
        monitor: The monitor that watches what the evidence could not show.
    """

    key: str
    report: Digest
    by: tuple[WaiverSigner, ...]
    reason: str = Field(min_length=10)
    confirmed_at: AwareDatetime
    expires_at: AwareDatetime
    monitor: str | None = None


class Block(Document):
    """A check that stands in the way.

    Attributes:
        key: Key of the check result, or `gate.check` of one without a result.
        verdict: None when there is no result.
        reason: One sentence.
        waivable: Whether a waiver can remove it.
    """

    key: str
    verdict: Verdict | None
    reason: str
    waivable: bool


class Standing(Document):
    """What a report amounts to on a day."""

    blocks: tuple[Block, ...]
    waived: tuple[str, ...]

    @property
    def lets_through(self) -> bool:
        """Whether nothing blocks."""
        return not self.blocks


def standing(
    policy: Policy, report: GateReport, waivers: Sequence[Waiver], *, at: datetime
) -> Standing:
    """What still blocks a model version, and what was waived.

    Args:
        policy: The policy that the report was made under.
        report: The gate report.
        waivers: Everything that was waived for this model version, valid or not.
        at: Now, with a time zone.

    Raises:
        ValueError: the report was made under another policy.
    """
    if report.policy_digest != policy.digest():
        raise ValueError("the report was made under another policy")
    blocks, waived = [], []
    digest = report.digest()
    for result in report.blocking:
        mine = [entry for entry in waivers if entry.key == result.key]
        flaws = [_flaw(policy, result, entry, digest, at) for entry in mine]
        if result.verdict is Verdict.INSUFFICIENT_EVIDENCE and None in flaws:
            waived.append(result.key)
        else:
            blocks.append(_block(policy, result, [flaw for flaw in flaws if flaw]))
    blocks.extend(_unanswered(policy, report))
    return Standing(blocks=tuple(blocks), waived=tuple(waived))


def may_be_waived(policy: Policy, result: CheckResult) -> bool:
    """Whether the policy lets two people waive a result."""
    return (
        result.verdict is Verdict.INSUFFICIENT_EVIDENCE
        and policy.waivers is not None
        and any(spec.check == result.check and spec.waivable for spec in policy.gates)
    )


def _flaw(
    policy: Policy, result: CheckResult, entry: Waiver, report: str, at: datetime
) -> str | None:
    """Why a waiver does not count; None when it does."""
    rules = policy.waivers
    if rules is None or not may_be_waived(policy, result):
        return "the policy does not allow it"
    if entry.report != report:
        return "it was given for another report"
    if not _two_people(entry.by, rules.roles):
        return f"two different people as {rules.roles[0]} and {rules.roles[1]} must give it"
    if not entry.confirmed_at <= at < entry.expires_at:
        return f"it held until {entry.expires_at.date().isoformat()}"
    if entry.expires_at - entry.confirmed_at > timedelta(days=rules.max_days):
        return f"it lasts longer than {rules.max_days} days"
    if rules.requires_monitor and not entry.monitor:
        return "it names no monitor"
    return None


def _two_people(signers: Iterable[WaiverSigner], roles: Sequence[str]) -> bool:
    """Whether two different people fill the two roles."""
    given = list(signers)
    return any(
        first.role == roles[0] and second.role == roles[1] and first.person != second.person
        for first in given
        for second in given
    )


def _block(policy: Policy, result: CheckResult, flaws: Sequence[str]) -> Block:
    """A result that blocks, with what became of its waivers."""
    open_to = may_be_waived(policy, result)
    if result.verdict is Verdict.INSUFFICIENT_EVIDENCE:
        way = (
            "Two people may waive this for a limited time."
            if open_to
            else "The policy lets nobody waive this."
        )
    else:
        way = f"A check with verdict {result.verdict.value} cannot be waived."
    ignored = f" A waiver was ignored: {flaws[0]}." if flaws else ""
    return Block(
        key=result.key,
        verdict=result.verdict,
        reason=f"{result.message} {way}{ignored}",
        waivable=open_to,
    )


def _unanswered(policy: Policy, report: GateReport) -> list[Block]:
    """Required checks of the policy without any result."""
    answered = {(result.gate, result.check) for result in report.results}
    return [
        Block(
            key=f"{spec.gate}.{spec.check}",
            verdict=None,
            reason="This required check was not evaluated.",
            waivable=False,
        )
        for spec in policy.gates
        if spec.required and (spec.gate, spec.check) not in answered
    ]
