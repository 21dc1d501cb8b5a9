"""Which policy a use case comes under, and why no other one does."""

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any

from accredit_governance.access.permissions import Permission
from accredit_governance.documents import Document
from accredit_governance.errors import InvalidInput, NotFound
from accredit_governance.operations.assessments import require_assessment
from accredit_governance.operations.door import View, question
from accredit_governance.operations.policies import policy_of, published
from accredit_governance.policy.document import Policy
from accredit_governance.policy.resolve import (
    Considered,
    NoPolicyApplies,
    PolicyAmbiguous,
    resolve,
)
from accredit_governance.registry.tables import PolicyVersionRow, UseCaseRow
from accredit_governance.registry.terms import UseCaseTerms


class AskedFacts(Document):
    """What policies are asked about; either a use case or all four of its facts.

    Attributes:
        use_case_id: Use case whose facts are meant.
        tier: Risk tier, 1 to 4.
        jurisdictions: All of them.
        task: `binary`, `multiclass` or `regression`.
        purpose: Domain of the use case.
        on: Day of the evaluation; default: today.
    """

    use_case_id: uuid.UUID | None = None
    tier: int | None = None
    jurisdictions: tuple[str, ...] = ()
    task: str | None = None
    purpose: str | None = None
    on: date | None = None


class PolicyResolution(Document):
    """The policy that applies, and what became of every policy looked at.

    Attributes:
        policy: Name of the policy that applies, None when none does.
        version: Its version that applies.
        policy_digest: Digest of that version.
        effective_from: First day of that version.
        as_of: The day on which its sources were last read.
        refusal: Code and sentence of why none applies, None when one does.
        considered: Every policy version in force, and why it was taken or left.
    """

    policy: str | None = None
    version: int | None = None
    policy_digest: str | None = None
    effective_from: date | None = None
    as_of: date | None = None
    refusal: dict[str, str] | None = None
    considered: tuple[Considered, ...]


@question(Permission.PROJECT_READ)
def policy_resolution(view: View, asked: AskedFacts) -> PolicyResolution:
    """Which published policy applies, as it would be found at a submission.

    Raises:
        InvalidInput: neither a use case nor all facts are given, or both are.
        NotFound: no such use case, or the caller may not know that it exists.
        TierNotAssessed: the use case has no approved risk assessment.
    """
    policies = [policy_of(row) for row in published(view.session)]
    return explain(policies, _facts(view, asked), today=view.now.date())


def explain(policies: Sequence[Policy], asked: AskedFacts, *, today: date) -> PolicyResolution:
    """The resolution as a document, also where it is a refusal.

    Raises:
        InvalidInput: a fact is missing.
    """
    if asked.tier is None or not asked.jurisdictions or asked.task is None or asked.purpose is None:
        message = "give a use case, or all of tier, jurisdiction, task and purpose"
        raise InvalidInput(message, [{"pointer": "", "detail": message}])
    try:
        found = resolve(
            policies,
            tier=asked.tier,
            jurisdictions=asked.jurisdictions,
            task=asked.task,
            purpose=asked.purpose,
            on=asked.on or today,
        )
    except (NoPolicyApplies, PolicyAmbiguous) as error:
        # Any: facts of an error are plain JSON data.
        considered: Any = error.facts["considered"]
        return PolicyResolution(
            refusal={"code": error.code, "detail": error.message},
            considered=tuple(Considered.model_validate(entry) for entry in considered),
        )
    return PolicyResolution(
        policy=found.policy.name,
        version=found.policy.version,
        policy_digest=found.policy.digest(),
        effective_from=found.policy.effective_from,
        as_of=found.policy.as_of,
        considered=found.considered,
    )


def _facts(view: View, asked: AskedFacts) -> AskedFacts:
    """The facts asked about; those of the use case where one is named."""
    view.visible_projects()
    if asked.use_case_id is None:
        return asked
    if asked.tier is not None or asked.jurisdictions or asked.task or asked.purpose:
        message = "a use case has its own tier, jurisdictions, task and purpose; give one or other"
        raise InvalidInput(message, [{"pointer": "/use_case_id", "detail": message}])
    row = view.load(UseCaseRow, asked.use_case_id, noun="use case")
    terms = UseCaseTerms.model_validate(row.document)
    return AskedFacts(
        tier=require_assessment(view.session, row.id).tier,
        jurisdictions=terms.jurisdictions,
        task=terms.task,
        purpose=terms.domain,
        on=asked.on,
    )


@question(Permission.PROJECT_LIST)
def policy_source(view: View, policy_version_id: uuid.UUID) -> str:
    """The text of a policy version as its author wrote it."""
    view.visible_projects()
    row = view.session.get(PolicyVersionRow, policy_version_id)
    if row is None:
        raise NotFound(f"there is no policy version {policy_version_id}")
    return row.source
