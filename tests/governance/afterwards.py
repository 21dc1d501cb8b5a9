"""What happens in the office of `tests/governance/office.py` after an approval, step by step."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from accredit_governance.lifecycle.aliases import CHAMPION, PRODUCTION
from accredit_governance.operations import (
    aliases,
    change_plans,
    datasets,
    purging,
    recertification,
    reinstatement,
    retirement,
    reviews,
    versions,
    waiver_ends,
)
from accredit_governance.registry.aftercare_records import ProceedingRecord
from accredit_governance.registry.aftercare_terms import (
    Ending,
    Envelope,
    PlannedChange,
    Reinstatement,
)
from accredit_governance.registry.alias_records import AliasChangeRecord
from tests.governance.office import PROFILE, Office, digest_of, report

METRIC = "performance.discrimination"
REINSTATEMENT = Reinstatement(cause="Wrong units upstream.", remedy="The feed is repaired.")
ENDING = Ending(reason="Another model has taken over.")

SIGNERS: dict[str, Callable[..., ProceedingRecord]] = {
    "reinstatement": reinstatement.sign_reinstatement,
    "retirement": retirement.sign_retirement,
    "purge": purging.sign_purge,
    "change_plan": change_plans.sign_plan,
    "alias_change": aliases.sign_alias_change,
}


def sign(office: Office, person: str, asked: ProceedingRecord, **more: Any) -> ProceedingRecord:
    """Somebody signs; they approve over the right digest unless said otherwise."""
    given = {"decision": "approve", "subject_digest": asked.subject_digest, **more}
    given.setdefault("ticket", office.ticket(person, asked))
    return SIGNERS[asked.kind](office.database, office.people[person], asked.id, **given)


def suspended(office: Office, version_id: uuid.UUID | None = None) -> uuid.UUID:
    version_id = version_id or office.approved()
    versions.suspend_version(
        office.database, office.people["compliance"], version_id, reason="Odd answers."
    )
    return version_id


def asked_back(office: Office, version_id: uuid.UUID, *, by: str = "owner") -> ProceedingRecord:
    return reinstatement.ask_reinstatement(
        office.database, office.people[by], version_id, request=REINSTATEMENT
    )


def expired(office: Office, version_id: uuid.UUID | None = None) -> uuid.UUID:
    version_id = version_id or office.approved()
    office.clock.pass_time(days=366)
    waiver_ends.end_what_ran_out(office.database, office.system)
    assert office.state_of(version_id) == "expired"
    return version_id


def recertify(office: Office, version_id: uuid.UUID, *, by: str = "submitter", **more: Any) -> None:
    recertification.recertify(office.database, office.people[by], version_id, **more)


def judge(office: Office, version_id: uuid.UUID, **verdicts: Any) -> None:
    job_id, fence = office.take(version_id)
    reviews.record_gates(office.database, office.system, job_id, fence, report=report(**verdicts))


def asked_to_retire(
    office: Office, version_id: uuid.UUID, *, by: str = "owner"
) -> ProceedingRecord:
    return retirement.ask_retirement(office.database, office.people[by], version_id, request=ENDING)


def retired(office: Office, version_id: uuid.UUID | None = None) -> uuid.UUID:
    version_id = version_id or office.approved()
    sign(office, "compliance", asked_to_retire(office, version_id))
    assert office.state_of(version_id) == "retired"
    return version_id


def asked_to_purge(
    office: Office, version_id: uuid.UUID, *, by: str = "compliance"
) -> ProceedingRecord:
    return purging.ask_purge(office.database, office.people[by], version_id, request=ENDING)


def out_of_retention(office: Office) -> None:
    office.clock.pass_time(days=365 * 11)


def purged(office: Office) -> uuid.UUID:
    version_id = retired(office)
    out_of_retention(office)
    sign(office, "admin", asked_to_purge(office, version_id))
    assert office.state_of(version_id) == "purged"
    return version_id


def change_alias(
    office: Office,
    version_id: uuid.UUID,
    *,
    by: str = "owner",
    environment: str = PRODUCTION,
    alias: str = CHAMPION,
    model_id: uuid.UUID | None = None,
    reason: str = "It ranks better.",
) -> AliasChangeRecord:
    return aliases.change_alias(
        office.database,
        office.people[by],
        model_id or office.model_id,
        environment=environment,
        alias=alias,
        model_version_id=version_id,
        reason=reason,
    )


def asked_to_lead(office: Office, version_id: uuid.UUID, **more: Any) -> ProceedingRecord:
    """The owner asks for a version to be champion of production."""
    asked = change_alias(office, version_id, **more).proceeding
    assert asked is not None
    return asked


def champion(office: Office, version_id: uuid.UUID | None = None) -> uuid.UUID:
    """A version that is champion of production, by two people."""
    version_id = version_id or office.approved()
    sign(office, "validator", asked_to_lead(office, version_id))
    return version_id


def envelope(office: Office, **more: Any) -> PlannedChange:
    given = {
        "families": ("linear",),
        "metric": METRIC,
        "metric_floor": 0.85,
        "max_loss": 0.02,
        "max_uses": 2,
        "ends_at": office.clock() + timedelta(days=90),
        **more,
    }
    return PlannedChange(
        envelope=Envelope.model_validate(given), reason="Retrained each month on new rows."
    )


def proposed(office: Office, version_id: uuid.UUID, **more: Any) -> ProceedingRecord:
    return change_plans.propose_plan(
        office.database,
        office.people["submitter"],
        version_id,
        request=envelope(office, **more),
    )


def planned(office: Office, version_id: uuid.UUID, **more: Any) -> ProceedingRecord:
    plan = proposed(office, version_id, **more)
    sign(office, "validator", plan)
    sign(office, "owner", plan)
    return sign(office, "compliance", plan)


def newer_rows(office: Office, *, by: str = "preparer") -> uuid.UUID:
    """A later version of the dataset, read and profiled."""
    received = datasets.receive_upload(
        office.database,
        office.people[by],
        office.dataset_id,
        upload_name="loans.csv",
        upload_digest=digest_of("newer upload"),
        upload_bytes=100,
    )
    job_id, fence = office.take(received.id)
    datasets.accept_upload(
        office.database,
        office.system,
        job_id,
        fence,
        artifact=digest_of("newer artifact"),
        frame_digest=digest_of("newer frame"),
        rows=2100,
        profile=PROFILE,
    )
    return received.id


def candidate_on(office: Office, dataset_version_id: uuid.UUID) -> uuid.UUID:
    """A candidate that was trained on some rows."""
    return replace(office, dataset_version_id=dataset_version_id).candidate().id


def submitted_under(office: Office, plan: ProceedingRecord, version_id: uuid.UUID) -> uuid.UUID:
    change_plans.submit_under_plan(
        office.database, office.people["submitter"], version_id, change_plan_id=plan.id
    )
    return version_id
