"""Simulations as people see them, and what a worker needs to carry one out."""

import uuid
from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from accredit_governance.access.permissions import Permission
from accredit_governance.documents import Document
from accredit_governance.errors import Conflict
from accredit_governance.gates.simulation import JudgedBefore
from accredit_governance.lifecycle.versions import VersionState
from accredit_governance.operations.assessments import (
    effective_assessment,
    latest_submission,
    pinned_assessment,
)
from accredit_governance.operations.door import View, question
from accredit_governance.operations.places import visible_to
from accredit_governance.operations.policies import policy_of, published
from accredit_governance.operations.simulations import details_of, job_of
from accredit_governance.operations.standing import standing_of
from accredit_governance.operations.subjects import latest_evaluation, report_of, still_blocking
from accredit_governance.policy.document import Policy
from accredit_governance.policy.loader import parse
from accredit_governance.policy.resolve import (
    Considered,
    NoPolicyApplies,
    PolicyAmbiguous,
    resolve,
)
from accredit_governance.questions.pages import Listing, Page, visible_rows
from accredit_governance.questions.work import CaseFacts, case_facts
from accredit_governance.registry.simulation_records import (
    PolicySimulationDetails,
    PolicySimulationRecord,
)
from accredit_governance.registry.tables import (
    ModelRow,
    ModelVersionRow,
    PolicySimulationRow,
    PolicyVersionRow,
    PrincipalRow,
    UseCaseRow,
)
from accredit_governance.registry.terms import UseCaseTerms


class SimulationFacts(Document):
    """A simulation that waits to be carried out, and the versions it is about, oldest first."""

    policy: Policy
    version_ids: tuple[uuid.UUID, ...]


class Scope(Document):
    """Whether a draft would be what a version is judged under.

    Attributes:
        reasons: why it would not; or, where it would, what stands against publishing it.
    """

    covered: bool
    reasons: tuple[str, ...]


class SimulatedVersion(Document):
    """One version as a simulation finds it.

    Attributes:
        before: its latest judgement, None when it was never judged.
    """

    id: uuid.UUID
    model_name: str
    number: int
    state: VersionState
    scope: Scope
    before: JudgedBefore | None


@question(Permission.POLICY_SIMULATE)
def simulations(view: View, page: Page) -> Listing[PolicySimulationRecord]:
    """Simulations, newest first."""
    rows, token = visible_rows(view, PolicySimulationRow, page)
    items = tuple(PolicySimulationRecord.of(row, job_id=job_of(view, row)) for row in rows)
    return Listing(items=items, next_page_token=token)


@question(Permission.POLICY_SIMULATE)
def simulation(view: View, simulation_id: uuid.UUID) -> PolicySimulationDetails:
    """One simulation with its text and, once it is finished, its report."""
    return details_of(view, view.load(PolicySimulationRow, simulation_id, noun="policy simulation"))


@question(Permission.SYSTEM_RECORD)
def simulation_facts(view: View, simulation_id: uuid.UUID) -> SimulationFacts:
    """The draft, and every version of the projects that the asker may read now.

    Retired versions are left out: nothing is demanded of them any more.

    Raises:
        Conflict: the stored text is not the one that was asked about.
    """
    row = view.load(PolicySimulationRow, simulation_id, noun="policy simulation")
    policy = parse(row.source)
    if policy.digest() != row.policy_digest:
        raise Conflict("the stored text is not the policy that was asked about")
    statement = (
        select(ModelVersionRow.id)
        .where(ModelVersionRow.state.not_in((VersionState.RETIRED, VersionState.PURGED)))
        .order_by(ModelVersionRow.id)
    )
    asker = view.session.get_one(PrincipalRow, row.created_by)
    reads = standing_of(view.session, asker, view.now).reach(Permission.PROJECT_READ)
    statement = statement.where(visible_to(reads, ModelVersionRow))
    return SimulationFacts(
        policy=policy, version_ids=tuple(view.session.execute(statement).scalars())
    )


@question(Permission.SYSTEM_RECORD)
def simulated_version(
    view: View, simulation_id: uuid.UUID, version_id: uuid.UUID
) -> SimulatedVersion:
    """A version, whether the draft covers it, and how it was judged before."""
    simulated = view.load(PolicySimulationRow, simulation_id, noun="policy simulation")
    version = view.load(ModelVersionRow, version_id, noun="model version")
    model = view.session.get_one(ModelRow, version.model_id)
    use_case = view.session.get_one(UseCaseRow, model.use_case_id)
    scope = scope_of(
        parse(simulated.source),
        [policy_of(row) for row in published(view.session)],
        UseCaseTerms.model_validate(use_case.document),
        tier=_tier_of(view, version, use_case),
        today=view.now.date(),
    )
    return SimulatedVersion(
        id=version.id,
        model_name=model.name,
        number=version.number,
        state=VersionState(version.state),
        scope=scope,
        before=_judged_before(view, version),
    )


@question(Permission.SYSTEM_RECORD)
def simulated_case(view: View, version_id: uuid.UUID) -> CaseFacts:
    """What the evidence of a version is gathered from, submitted or not."""
    return case_facts(view, view.load(ModelVersionRow, version_id, noun="model version"))


def scope_of(
    draft: Policy,
    published_policies: Sequence[Policy],
    terms: UseCaseTerms,
    *,
    tier: int | None,
    today: date,
) -> Scope:
    """Whether a draft, once published, would be the policy that a use case is judged under.

    The draft stands in for the published versions of the same name, from the day on that it takes
    effect or, where that is past, from today on.
    """
    if tier is None:
        return Scope(covered=False, reasons=("its use case has no approved risk assessment",))
    others = [policy for policy in published_policies if policy.name != draft.name]
    try:
        considered = resolve(
            [*others, draft],
            tier=tier,
            jurisdictions=terms.jurisdictions,
            task=terms.task,
            purpose=terms.domain,
            on=max(today, draft.effective_from),
        ).considered
        trouble = None
    except (NoPolicyApplies, PolicyAmbiguous) as error:
        listed: object = error.facts["considered"]
        considered = tuple(
            Considered.model_validate(entry)
            for entry in (listed if isinstance(listed, list) else ())
        )
        trouble = error
    mine = next(entry for entry in considered if entry.policy_digest == draft.digest())
    if not mine.chosen:
        return Scope(covered=False, reasons=mine.reasons)
    if trouble is None:
        return Scope(covered=True, reasons=())
    return Scope(covered=isinstance(trouble, PolicyAmbiguous), reasons=(trouble.message,))


def _tier_of(view: View, version: ModelVersionRow, use_case: UseCaseRow) -> int | None:
    """Tier that a version was submitted under, else that of its use case now."""
    if latest_submission(view.session, version.id) is not None:
        return pinned_assessment(view.session, version.id).tier
    effective = effective_assessment(view.session, use_case.id)
    return None if effective is None else effective.tier


def _judged_before(view: View, version: ModelVersionRow) -> JudgedBefore | None:
    evaluation = latest_evaluation(view.session, version.id)
    if evaluation is None:
        return None
    policy = policy_of(view.session.get_one(PolicyVersionRow, evaluation.policy_version_id))
    report = report_of(view.session, evaluation, policy)
    return JudgedBefore(
        policy=policy.name,
        policy_version=policy.version,
        report=report,
        blocking=tuple(block.key for block in still_blocking(policy, report, [], view.now)),
    )
