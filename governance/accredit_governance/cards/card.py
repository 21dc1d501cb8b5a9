"""The model card: one typed document per model version. HTML and Markdown are renderings of it."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from accredit_governance.cards.sections import (
    Change,
    Explanation,
    GroupTable,
    Identity,
    Limit,
    LineageStep,
    Method,
    MonitoringPlan,
    Obligation,
    Performance,
    Purpose,
    Reproduction,
    Statements,
    TrainingData,
)
from accredit_governance.documents import Digest, Document
from accredit_governance.gates.results import CheckResult, Verdict


class ModelCard(Document):
    """Everything a validator needs to judge one model version, with the evidence of each figure.

    The card is made before anybody signs, and sign-offs bind its digest: so it says nothing about
    approvals.
    """

    format: Literal["accredit/model-card/v1"] = "accredit/model-card/v1"
    identity: Identity
    purpose: Purpose
    statements: Statements
    data: TrainingData
    method: Method
    performance: Performance
    groups: tuple[GroupTable, ...] = ()
    policy: str
    policy_version: int = Field(ge=1)
    policy_digest: Digest
    gates: tuple[CheckResult, ...] = Field(min_length=1)
    explanation: Explanation
    limits: tuple[Limit, ...] = ()
    monitoring: MonitoringPlan
    lineage: tuple[LineageStep, ...]
    change: Change | None = None
    reproduction: Reproduction

    @property
    def waived(self) -> tuple[tuple[CheckResult, Obligation], ...]:
        """Required checks with too little evidence that two people accept for a while."""
        obligations = {obligation.check: obligation for obligation in self.monitoring.obligations}
        return tuple(
            (r, obligations[r.key])
            for r in self.gates
            if r.required and r.verdict is Verdict.INSUFFICIENT_EVIDENCE and r.key in obligations
        )

    @property
    def blocking(self) -> tuple[CheckResult, ...]:
        """Required checks that do not let the version through and are not waived, in order."""
        waived = {result.key for result, _ in self.waived}
        return tuple(
            r
            for r in self.gates
            if r.required and not r.verdict.lets_through and r.key not in waived
        )

    @property
    def standing(self) -> Verdict:
        """Verdict over all required checks.

        `fail` or `error` if any required check says so, else `insufficient_evidence` if any blocks,
        else `warn` if any warns or is waived, else `pass`. Without a required check:
        `insufficient_evidence`.
        """
        waived = {result.key for result, _ in self.waived}
        found = {Verdict.WARN if r.key in waived else r.verdict for r in self.gates if r.required}
        for verdict in (
            Verdict.ERROR,
            Verdict.FAIL,
            Verdict.INSUFFICIENT_EVIDENCE,
            Verdict.WARN,
            Verdict.PASS,
        ):
            if verdict in found:
                return verdict
        return Verdict.INSUFFICIENT_EVIDENCE

    def missing_fields(self) -> tuple[str, ...]:
        """Required fields that people have not written yet, as JSON pointers; they block."""
        return tuple(
            f"/{section}/{name}"
            for section, name, value, required in self.written_by_people()
            if required and not _is_filled(value)
        )

    def written_by_people(self) -> Iterator[tuple[str, str, object, bool]]:
        """Section, field, value and whether it is required, of every human-written field."""
        for section, document in (("purpose", self.purpose), ("statements", self.statements)):
            for name, info in type(document).model_fields.items():
                extra = info.json_schema_extra
                if isinstance(extra, dict) and extra.get("written_by") == "person":
                    yield section, name, getattr(document, name), bool(extra["demanded"])


def _is_filled(value: object) -> bool:
    if isinstance(value, str):
        return bool(value.strip())
    if isinstance(value, tuple):
        return any(_is_filled(item) for item in value)
    return value is not None
