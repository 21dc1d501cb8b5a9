"""Drafting and publishing policies; installing the shipped ones; finding the one that applies.

What is published decides about models, so it has to be able to: somebody else than the author
publishes it, its number is the highest of its name, it has not ended, it does not contradict
itself, and there are people for every signature that it asks for.
"""

import uuid
from collections.abc import Sequence
from dataclasses import asdict
from typing import ClassVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accredit_governance.access.permissions import Permission
from accredit_governance.audit.events import PolicyDrafted, PolicyPublished
from accredit_governance.errors import (
    Conflict,
    FourEyes,
    GovernanceError,
    NotFound,
    PolicyInvalid,
)
from accredit_governance.operations.door import Transaction, operation
from accredit_governance.operations.tokens import issued_token_of
from accredit_governance.policy.document import Policy
from accredit_governance.policy.lint import errors_of
from accredit_governance.policy.loader import parse
from accredit_governance.policy.resolve import resolve
from accredit_governance.policy.seats import shortages
from accredit_governance.registry.database import Database
from accredit_governance.registry.held_roles import held_roles
from accredit_governance.registry.records import PolicyVersionRecord
from accredit_governance.registry.tables import (
    PolicyVersionRow,
    PrincipalRow,
    UseCaseRow,
)
from accredit_governance.registry.terms import UseCaseTerms


@operation(Permission.POLICY_DRAFT, records=PolicyDrafted)
def draft_policy(tx: Transaction, *, source: str) -> PolicyVersionRecord:
    """Store a policy text that is not in force yet.

    Raises:
        PolicyInvalid: the text is no valid policy; every problem is named.
        Conflict: this name and version exist already.
    """
    policy = parse(source)
    row = _insert(tx, policy, source)
    return policy_record(row)


def _insert(tx: Transaction, policy: Policy, source: str) -> PolicyVersionRow:
    present = select(PolicyVersionRow.id).where(
        PolicyVersionRow.name == policy.name, PolicyVersionRow.version == policy.version
    )
    if tx.session.execute(present).first():
        raise Conflict(
            f"policy {policy.name} has a version {policy.version} already; raise the number",
            name=policy.name,
            version=policy.version,
        )
    row = tx.add(
        PolicyVersionRow(
            name=policy.name,
            version=policy.version,
            state="draft",
            shipped=False,
            digest=policy.digest(),
            source=source,
            document=policy.model_dump(mode="json"),
            authored_by=tx.actor.id,
            created_at=tx.now,
        )
    )
    tx.record(
        PolicyDrafted(name=row.name, version=row.version, policy_digest=row.digest),
        resource=row.id,
        project=None,
    )
    return row


class PolicyExpired(GovernanceError):
    """No model would be judged under the policy: its last day is over."""

    code: ClassVar[str] = "policy_expired"


class PolicyLocksOut(GovernanceError):
    """Nobody could ever be approved under the policy: there are not the people to sign."""

    code: ClassVar[str] = "policy_locks_out"


@operation(Permission.POLICY_PUBLISH, records=PolicyPublished)
def publish_policy(tx: Transaction, policy_version_id: uuid.UUID) -> PolicyVersionRecord:
    """Put a draft into force. It does not change any more.

    Raises:
        FourEyes: the author publishes their own policy, in person or through a service account
            whose token they issued.
        Conflict: it is published already, or a version with a higher number is.
        PolicyExpired: its last day is over.
        PolicyInvalid: it contradicts itself; every contradiction is named.
        PolicyLocksOut: there are too few people for its stages or waivers.
    """
    row = tx.session.get(PolicyVersionRow, policy_version_id)
    if row is None:
        raise NotFound(f"there is no policy version {policy_version_id}")
    tx.session.refresh(row, with_for_update=True)
    if row.authored_by == tx.actor.id:
        raise FourEyes("you wrote this policy; another person publishes it")
    if issued_token_of(tx, row.authored_by):
        raise FourEyes(
            "a service account whose token you issued wrote this policy; another person has to "
            "publish it"
        )
    if row.state == "draft":
        _require_usable(tx, row)
    _publish(tx, row)
    return policy_record(row)


def _require_usable(tx: Transaction, row: PolicyVersionRow) -> None:
    """Refuse to put into force what could not decide about any model, or what is outdated."""
    policy, today = policy_of(row), tx.now.date()
    newest = tx.session.execute(
        select(func.max(PolicyVersionRow.version)).where(
            PolicyVersionRow.name == row.name, PolicyVersionRow.state == "published"
        )
    ).scalar_one()
    if newest is not None and newest > row.version:
        raise Conflict(
            f"version {newest} of policy {row.name} is published already; draft this one again "
            "under a higher number",
            name=row.name,
            version=row.version,
            published=newest,
        )
    if policy.effective_to is not None and policy.effective_to < today:
        raise PolicyExpired(
            f"policy {row.name} version {row.version} ended on {policy.effective_to.isoformat()}; "
            "no model would be judged under it",
            effective_to=policy.effective_to.isoformat(),
        )
    contradictions = errors_of(policy, today=today)
    if contradictions:
        raise PolicyInvalid(
            f"policy cannot work as it is: {contradictions[0].detail}",
            [{"pointer": r.pointer, "detail": r.detail} for r in contradictions],
        )
    short = shortages(policy, _holders(tx.session))
    if short:
        raise PolicyLocksOut(
            f"under policy {row.name} version {row.version} nobody could sign: "
            f"{'; '.join(map(str, short))}",
            shortages=[asdict(shortage) for shortage in short],
        )


def _holders(session: Session) -> dict[str, set[uuid.UUID]]:
    """Role → active people who hold it in some project or everywhere."""
    found: dict[str, set[uuid.UUID]] = {}
    held = held_roles()
    rows = session.execute(
        select(held.c.role, held.c.principal_id)
        .join(PrincipalRow, PrincipalRow.id == held.c.principal_id)
        .where(PrincipalRow.active, PrincipalRow.kind == "user")
    )
    for role, principal in rows:
        found.setdefault(role, set()).add(principal)
    return found


@operation(Permission.SYSTEM_RECORD, records=PolicyPublished)
def install_policy(tx: Transaction, *, source: str) -> PolicyVersionRecord:
    """Put a policy into force that came with this release.

    Whether there are people to sign is not asked: a new installation has none.
    """
    tx.require(None, noun="installation")
    row = _insert(tx, parse(source), source)
    row.shipped = True
    _publish(tx, row)
    return policy_record(row)


def _publish(tx: Transaction, row: PolicyVersionRow) -> None:
    if row.state != "draft":
        raise Conflict(f"policy {row.name} version {row.version} is published already")
    row.state, row.published_by, row.published_at = "published", tx.actor.id, tx.now
    tx.record(
        PolicyPublished(
            name=row.name, version=row.version, policy_digest=row.digest, shipped=row.shipped
        ),
        resource=row.id,
        project=None,
    )


def policy_record(row: PolicyVersionRow) -> PolicyVersionRecord:
    """Document of a policy row."""
    return PolicyVersionRecord.of(row, policy_digest=row.digest)


def policy_of(row: PolicyVersionRow) -> Policy:
    """The policy as it was written."""
    return Policy.model_validate(row.document)


def published(session: Session) -> Sequence[PolicyVersionRow]:
    """All published policies, by name and version."""
    return with_state(session, "published")


def with_state(session: Session, state: str) -> Sequence[PolicyVersionRow]:
    """All policies in a state, by name and version."""
    return (
        session.execute(
            select(PolicyVersionRow)
            .where(PolicyVersionRow.state == state)
            .order_by(PolicyVersionRow.name, PolicyVersionRow.version)
        )
        .scalars()
        .all()
    )


def resolve_policy(
    tx: Transaction, use_case: UseCaseRow, *, tier: int
) -> tuple[PolicyVersionRow, Policy]:
    """The policy that applies to a use case of this tier today.

    Raises:
        NoPolicyApplies: none does; the message says why each one does not.
        PolicyAmbiguous: two apply and neither is more specific.
    """
    terms = UseCaseTerms.model_validate(use_case.document)
    rows = {(row.name, row.version): row for row in published(tx.session)}
    found = resolve(
        [policy_of(row) for row in rows.values()],
        tier=tier,
        jurisdictions=terms.jurisdictions,
        task=terms.task,
        purpose=terms.domain,
        on=tx.now.date(),
    )
    return rows[found.policy.name, found.policy.version], found.policy


def known_policies(database: Database) -> frozenset[tuple[str, int]]:
    """Name and version of every policy, in force or not."""
    with database.reading() as session:
        rows = session.execute(select(PolicyVersionRow.name, PolicyVersionRow.version))
        return frozenset((row.name, row.version) for row in rows)
