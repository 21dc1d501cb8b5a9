"""Who may have a prediction, for what, and how many: checked before the answer and at its logging.

1. The caller holds the role, and a grant for the model and the environment of the deployment.
2. The purpose that the caller states is the grant's. It may be left out where the use case
   permits one purpose only.
3. The grant is neither revoked nor over, and has as many predictions left as are asked for.
4. The deployment serves, and its version is approved still.

Who asks a model in an environment, not a deployment, is answered by its champion there.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission
from accredit_governance.documents import Document
from accredit_governance.errors import (
    Conflict,
    GrantExpired,
    GrantRevoked,
    NoChampion,
    NotAllowed,
    PurposeNotGranted,
    QuotaExhausted,
)
from accredit_governance.lifecycle.aliases import CHAMPION
from accredit_governance.operations.alias_resolution import resolve
from accredit_governance.operations.deployments import require_servable
from accredit_governance.operations.door import View, current, question
from accredit_governance.operations.identity import check_name
from accredit_governance.operations.policies import policy_of
from accredit_governance.operations.quota import require_quota, spend
from accredit_governance.policy.document import Decisions
from accredit_governance.registry.tables import (
    AccessGrantRow,
    AliasAssignmentRow,
    DeploymentRow,
    ModelRow,
    ModelVersionRow,
    PolicyVersionRow,
    Row,
    RunRow,
    UseCaseRow,
)
from accredit_governance.registry.terms import UseCaseTerms

T = TypeVar("T", bound=Row)


class Admission(Document):
    """Leave to predict now, and what the answer has to follow.

    Attributes:
        alias_assignment_id: what made the version champion, where the model was asked.
    """

    project_id: uuid.UUID
    deployment_id: uuid.UUID
    model_version_id: uuid.UUID
    version_number: int
    model_name: str
    access_grant_id: uuid.UUID
    purpose: str
    alias_assignment_id: uuid.UUID | None = None
    bundle_digest: str
    contract: Any
    task: str
    sensitive_features: tuple[str, ...]
    decisions: Decisions


@question(Permission.PREDICTION_CREATE, records_refusal=True)
def admit_prediction(
    view: View, deployment_id: uuid.UUID, *, purpose: str | None = None, rows: int = 1
) -> Admission:
    """Check grant, purpose, quota, deployment, lifecycle and validity at every prediction.

    Raises:
        NotFound: no such deployment for this caller.
        NotAllowed: there is no grant.
        PurposeNotGranted: no grant is for the purpose, or none is stated and several are possible.
        GrantExpired, GrantRevoked: the grant for it has ended.
        QuotaExhausted: it has fewer than `rows` predictions left.
        Conflict: the deployment does not serve, or its version is not approved any more.
    """
    deployment = view.load(DeploymentRow, deployment_id, noun="deployment")
    version = view.session.get_one(ModelVersionRow, deployment.model_version_id)
    model = view.session.get_one(ModelRow, version.model_id)
    grant = _usable_grant(view, model, deployment.environment, purpose, rows)
    return _admitted(view, deployment, grant)


@question(Permission.PREDICTION_CREATE, records_refusal=True)
def admit_to_champion(
    view: View, model_id: uuid.UUID, *, environment: str, purpose: str | None = None, rows: int = 1
) -> Admission:
    """Check the same for whatever serves as champion of a model in an environment.

    Raises:
        NotFound: no such model for this caller.
        InvalidInput: the environment has no usable name.
        NoChampion: there is none, it is not approved any more, or no deployment of it serves there.
        NotAllowed, PurposeNotGranted, GrantExpired, GrantRevoked, QuotaExhausted: as for
            `admit_prediction`.
    """
    model = view.load(ModelRow, model_id, noun="model")
    check_name(environment, field="environment")
    grant = _usable_grant(view, model, environment, purpose, rows)
    champion = resolve(view.session, model.id, environment, CHAMPION, now=view.now)
    if champion.model_version_id is None or champion.assignment is None:
        raise NoChampion(champion.why_not or "")
    deployment = view.session.execute(
        select(DeploymentRow)
        .where(
            DeploymentRow.model_version_id == champion.model_version_id,
            DeploymentRow.environment == environment,
            DeploymentRow.state == "active",
        )
        .order_by(DeploymentRow.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    if deployment is None:
        raise NoChampion(
            f"the champion in {environment} has no active deployment there; its owner deploys it"
        )
    admission = _admitted(view, deployment, grant)
    return admission.model_copy(update={"alias_assignment_id": champion.assignment.id})


def _usable_grant(
    view: View, model: ModelRow, environment: str, purpose: str | None, rows: int
) -> AccessGrantRow:
    """The caller's grant for a model in an environment that admits these predictions.

    Raises:
        NotAllowed, PurposeNotGranted, GrantExpired, GrantRevoked, QuotaExhausted: there is none.
    """
    grants = _grants(view, model.id, environment)
    stated = _purpose(purpose, _terms(view, model))
    return _in_force(view, [g for g in grants if g.purpose == stated], stated, rows)


def _terms(view: View, model: ModelRow) -> UseCaseTerms:
    use_case = view.session.get_one(UseCaseRow, model.use_case_id)
    return UseCaseTerms.model_validate(use_case.document)


def _admitted(view: View, deployment: DeploymentRow, grant: AccessGrantRow) -> Admission:
    """What the answer has to follow.

    Raises:
        Conflict: the deployment does not serve, or its version is not approved any more.
    """
    version = view.session.get_one(ModelVersionRow, deployment.model_version_id)
    model = view.session.get_one(ModelRow, version.model_id)
    terms = _terms(view, model)
    if deployment.state != "active":
        raise Conflict(
            f"the deployment is {deployment.state}; it answers only while active",
            current_state=deployment.state,
        )
    require_servable(version, view.now)
    run = view.session.get_one(RunRow, version.run_id)
    policy = view.session.get_one(PolicyVersionRow, version.policy_version_id)
    return Admission(
        project_id=deployment.project_id,
        deployment_id=deployment.id,
        model_version_id=version.id,
        version_number=version.number,
        model_name=model.name,
        access_grant_id=grant.id,
        purpose=grant.purpose,
        bundle_digest=version.bundle_digest,
        contract=run.record["contract"],
        task=terms.task,
        sensitive_features=tuple(f.column for f in terms.sensitive_features),
        decisions=policy_of(policy).decisions,
    )


def admit_again(
    session: Session, actor: Actor, admission: Admission, rows: int, now: datetime
) -> None:
    """Demand that what admitted a prediction still holds, and count it.

    The rows stay as they are until the commit.

    Raises:
        NotAllowed, Conflict: something ended meanwhile.
        QuotaExhausted: fewer than `rows` predictions are left.
    """

    def held(table: type[T], row_id: uuid.UUID) -> T:
        return session.get_one(table, row_id, with_for_update={"read": True})

    model_id = session.get_one(ModelVersionRow, admission.model_version_id).model_id
    there = current(session, actor, now)
    if not there.may(Permission.PREDICTION_CREATE, admission.project_id, model_id):
        raise NotAllowed("the role that let you predict was taken back")
    deployment = held(DeploymentRow, admission.deployment_id)
    if deployment.state != "active":
        raise Conflict(f"the deployment is {deployment.state}")
    require_servable(held(ModelVersionRow, admission.model_version_id), now)
    if admission.alias_assignment_id is not None:
        named = held(AliasAssignmentRow, admission.alias_assignment_id)
        if named.to_at is not None:
            raise NoChampion("another version has become champion meanwhile; ask again")
    grant = held(AccessGrantRow, admission.access_grant_id)
    _require_in_force(grant, now)
    spend(session, grant, rows, now)


def _grants(view: View, model_id: uuid.UUID, environment: str) -> Sequence[AccessGrantRow]:
    """The caller's grants for a model in an environment, the one that ends last first.

    Raises:
        NotAllowed: there never was one.
    """
    grants = (
        view.session.execute(
            select(AccessGrantRow)
            .where(
                AccessGrantRow.principal_id == view.actor.id,
                AccessGrantRow.model_id == model_id,
                AccessGrantRow.environment == environment,
            )
            .order_by(AccessGrantRow.expires_at.desc(), AccessGrantRow.id.desc())
        )
        .scalars()
        .all()
    )
    if not grants:
        raise NotAllowed(f"you have no grant for this model in {environment}; ask for access to it")
    return grants


def _purpose(stated: str | None, terms: UseCaseTerms) -> str:
    """The purpose of a call.

    Raises:
        PurposeNotGranted: the use case does not permit it, or permits several and none is stated.
    """
    permitted = ", ".join(terms.purposes)
    if stated is None and len(terms.purposes) > 1:
        raise PurposeNotGranted(f"state the purpose of the prediction, one of {permitted}")
    if stated is not None and stated not in terms.purposes:
        raise PurposeNotGranted(f"the use case permits these purposes only: {permitted}")
    return stated or terms.purposes[0]


def _in_force(
    view: View, grants: Sequence[AccessGrantRow], purpose: str, rows: int
) -> AccessGrantRow:
    """A grant for a purpose that is in force and not used up.

    Raises:
        PurposeNotGranted, GrantExpired, GrantRevoked, QuotaExhausted: there is none; of several
            reasons that of the grant that was given last.
    """
    if not grants:
        raise PurposeNotGranted(f"none of your grants for this model is for {purpose}")
    reasons = []
    for grant in sorted(grants, key=lambda g: g.id, reverse=True):
        try:
            _require_in_force(grant, view.now)
            require_quota(view.session, grant, rows, view.now)
        except (GrantExpired, GrantRevoked, QuotaExhausted) as reason:
            reasons.append(reason)
        else:
            return grant
    raise next((r for r in reasons if isinstance(r, QuotaExhausted)), reasons[0])


def _require_in_force(grant: AccessGrantRow, now: datetime) -> None:
    """Refuse a grant that has ended.

    Raises:
        GrantRevoked, GrantExpired: it has.
    """
    if grant.revoked_at is not None:
        raise GrantRevoked("your grant was revoked; its owner can say why")
    if grant.expires_at <= now:
        raise GrantExpired(
            f"your grant ended on {grant.expires_at:%Y-%m-%d}; ask for a renewal",
            expired_at=grant.expires_at.isoformat(),
        )
