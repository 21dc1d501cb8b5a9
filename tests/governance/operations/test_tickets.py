"""Signing takes more than a session: a fresh proof, for one person, one digest, one signature."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from accredit_governance.access.permissions import Role
from accredit_governance.errors import (
    GovernanceError,
    InvalidInput,
    NotAllowed,
    ReauthenticationRequired,
    StaleDigest,
)
from accredit_governance.gates.results import Verdict
from accredit_governance.identifiers import new_id
from accredit_governance.lifecycle.approvals import Decision
from accredit_governance.lifecycle.meanings import CONFIRMED_WAIVER, PROPOSED_WAIVER
from accredit_governance.operations import identity, tickets
from accredit_governance.registry.tables import ApprovalRequestRow, RoleBindingRow
from tests.governance.afterwards import (
    asked_to_purge,
    asked_to_retire,
    out_of_retention,
    retired,
    sign,
)
from tests.governance.audit.test_ledger import together
from tests.governance.office import Office, digest_of, report

pytestmark = pytest.mark.databases("sqlite")

SECRET = "sig_" + "s" * 43


def refused(office: Office, person: str, request: ApprovalRequestRow, ticket: str) -> str:
    """Sign in vain; nothing is left but the refusal, not even a used ticket."""
    before, size = office.contents(), office.size()
    with pytest.raises(ReauthenticationRequired) as caught:
        office.sign(person, request, ticket=ticket)
    assert office.contents() == before
    (event,) = office.events(since=size)
    assert (event["action"], event["outcome"]) == ("operation.refused", "denied")
    assert event["fact"]["code"] == "reauthentication_required"
    return caught.value.message


@pytest.mark.databases("sqlite", "postgresql")
def test_a_signature_keeps_what_it_means_and_how_its_signer_was_known(office: Office) -> None:
    request = office.in_review()
    at = office.clock()
    office.clock.pass_time(minutes=2)
    ticket = tickets.issue_ticket(
        office.database,
        office.people["validator"],
        secret=SECRET,
        subject_digest=request.subject_digest,
        method="password",
        authenticated_at=at,
    )
    size = office.size()

    signed = office.sign("validator", request, ticket=ticket.ticket).sign_offs[0]

    assert ticket.expires_at == at + timedelta(minutes=5)
    assert signed.meaning is not None
    assert signed.meaning.startswith("I have validated this model version")
    assert (signed.method, signed.authenticated_at) == ("password", at)
    (event,) = office.events(since=size)
    fact = event["fact"]
    assert (fact["meaning"], fact["method"]) == (signed.meaning, "password")
    assert fact["authenticated_at"] == at.isoformat().replace("+00:00", "Z")
    assert fact["subject_digest"] == request.subject_digest


@pytest.mark.databases("sqlite", "postgresql")
def test_the_request_says_beforehand_what_a_signature_means(office: Office) -> None:
    request = office.in_review()

    first = office.sign("validator", request)
    second = office.sign("compliance", request)

    assert set(first.meanings) == set(Decision)
    assert second.sign_offs[1].meaning == first.meanings[Decision.APPROVE]
    assert "complies" in first.meanings[Decision.APPROVE]
    assert second.meanings == {}


@pytest.mark.databases("sqlite", "postgresql")
def test_without_a_ticket_nobody_signs(office: Office) -> None:
    assert "a session or a token alone does not sign" in refused(
        office, "validator", office.in_review(), ""
    )


def test_a_ticket_that_never_was_does_not_sign(office: Office) -> None:
    refused(office, "validator", office.in_review(), SECRET)


def test_a_ticket_of_somebody_else_does_not_sign(office: Office) -> None:
    request = office.in_review()

    theirs = refused(office, "validator", request, office.ticket("second_validator", request))

    assert theirs == refused(office, "validator", request, SECRET), "no hint that there is one"


def test_a_ticket_over_another_digest_does_not_sign(office: Office) -> None:
    request = office.in_review()
    other = ApprovalRequestRow(subject_digest=digest_of("other"))

    assert "another digest" in refused(
        office, "validator", request, office.ticket("validator", other)
    )


def test_a_ticket_is_good_for_five_minutes_and_not_a_moment_longer(office: Office) -> None:
    request = office.in_review()
    ticket = office.ticket("validator", request)
    office.clock.pass_time(minutes=5, seconds=1)

    assert "has expired" in refused(office, "validator", request, ticket)

    ticket = office.ticket("validator", request)
    office.clock.pass_time(minutes=5, seconds=-1)
    assert office.sign("validator", request, ticket=ticket).open_stage == "compliance"


def test_a_used_ticket_does_not_sign_again(office: Office) -> None:
    """Two versions that are alike down to the digest: one proof is still one signature."""
    first, second = (
        office.request_of(copy) for copy in office.copies(office.in_review().model_version_id, 2)
    )
    ticket = office.ticket("validator", first)
    assert first.subject_digest == second.subject_digest
    office.sign("validator", first, ticket=ticket)

    assert "used already" in refused(office, "validator", second, ticket)


@pytest.mark.databases("sqlite", "postgresql")
def test_of_two_uses_of_a_ticket_at_once_one_counts(office: Office) -> None:
    copies = office.copies(office.in_review().model_version_id, 12)
    requests = [office.request_of(copy) for copy in copies]

    for first, second in zip(requests[::2], requests[1::2], strict=True):
        ticket = office.ticket("validator", first)
        size = office.size()

        raised = together(
            [
                lambda: office.sign("validator", first, ticket=ticket),  # noqa: B023  runs at once
                lambda: office.sign("validator", second, ticket=ticket),  # noqa: B023  runs at once
            ]
        )

        assert [type(error) for error in raised] == [ReauthenticationRequired]
        assert sorted(office.actions(since=size)) == ["operation.refused", "sign_off.recorded"]


def test_a_signature_that_fails_leaves_the_ticket_good(office: Office) -> None:
    request = office.in_review()
    ticket = office.ticket("validator", request)
    with pytest.raises(InvalidInput):
        office.sign("validator", request, Decision.REJECT, comment=" ", ticket=ticket)

    assert office.sign("validator", request, ticket=ticket).open_stage == "compliance"


def test_a_role_that_was_taken_away_after_the_proof_does_not_sign(office: Office) -> None:
    request = office.in_review()
    ticket = office.ticket("validator", request)
    with office.database.reading() as session:
        binding = session.execute(
            select(RoleBindingRow.id).where(
                RoleBindingRow.principal_id == office.people["validator"].id
            )
        ).scalar_one()
    identity.take_role(office.database, office.people["admin"], binding)

    with pytest.raises(NotAllowed):
        office.sign("validator", request, ticket=ticket)


@pytest.mark.parametrize(
    ("minutes", "error"),
    [
        pytest.param(-6, ReauthenticationRequired, id="too long ago"),
        pytest.param(1, InvalidInput, id="in the future"),
    ],
)
def test_a_proof_is_of_now(office: Office, minutes: int, error: type[GovernanceError]) -> None:
    with pytest.raises(error):
        tickets.issue_ticket(
            office.database,
            office.people["validator"],
            secret=SECRET,
            subject_digest=digest_of("x"),
            method="password",
            authenticated_at=office.clock() + timedelta(minutes=minutes),
        )


def test_who_may_not_sign_gets_no_ticket(office: Office) -> None:
    with pytest.raises(NotAllowed):
        tickets.issue_ticket(
            office.database,
            office.people["trainer"],
            secret=SECRET,
            subject_digest=digest_of("x"),
            method="password",
        )


def test_a_ticket_is_for_a_digest(office: Office) -> None:
    with pytest.raises(InvalidInput, match="64 hexadecimal digits"):
        tickets.issue_ticket(
            office.database,
            office.people["validator"],
            secret=SECRET,
            subject_digest="",
            method="password",
        )


def test_an_admin_proves_who_they_are_and_signs_a_purge_with_it_only(office: Office) -> None:
    """The second person of a purge gets tickets; for anything else they are worth nothing."""
    request = office.in_review()
    version_id = retired(office)
    out_of_retention(office)
    asked = asked_to_purge(office, version_id)

    def ticket(digest: str) -> str:
        return tickets.issue_ticket(
            office.database,
            office.people["admin"],
            secret=f"sig_{new_id()}",
            subject_digest=digest,
            method="password",
        ).ticket

    with pytest.raises(NotAllowed, match="approval:sign"):
        office.sign("admin", request, ticket=ticket(request.subject_digest))
    with pytest.raises(ReauthenticationRequired, match="another digest"):
        sign(office, "admin", asked, ticket=ticket(digest_of("other")))
    signed = sign(office, "admin", asked, ticket=ticket(asked.subject_digest)).sign_offs[0]

    assert office.state_of(version_id) == "purged"
    assert signed.meaning == asked.meanings["approve"]
    assert (signed.method, signed.role) == ("password", Role.ADMIN)


def test_every_other_signature_takes_a_ticket_too(office: Office) -> None:
    """Waivers and proceedings; what lacks the proof leaves nothing but a refusal."""
    version_id = office.judged(report(adverse_impact_ratio=Verdict.INSUFFICIENT_EVIDENCE))
    evaluation_id = office.evaluation_of(version_id)
    with pytest.raises(ReauthenticationRequired):
        office.propose_waiver("validator", evaluation_id, ticket="")
    waiver = office.propose_waiver("validator", evaluation_id)
    stale = waiver.model_copy(update={"subject_digest": digest_of("other terms")})
    asked = asked_to_retire(office, office.approved())
    before, size = office.contents(), office.size()

    with pytest.raises(ReauthenticationRequired):
        office.confirm_waiver("compliance", waiver, ticket="")
    with pytest.raises(StaleDigest):
        office.confirm_waiver("compliance", stale)
    with pytest.raises(ReauthenticationRequired):
        sign(office, "compliance", asked, ticket=office.ticket("second_compliance", asked))

    assert office.contents() == before
    assert office.actions(since=size) == ["operation.refused"] * 3
    confirmed = office.confirm_waiver("compliance", waiver)
    assert (confirmed.proposed_method, confirmed.confirmed_method) == ("password", "password")
    facts = [event["fact"] for event in office.events() if event["action"].startswith("waiver.")]
    assert [fact["subject_digest"] for fact in facts] == [waiver.subject_digest] * 2
    assert [fact["meaning"] for fact in facts] == [PROPOSED_WAIVER, CONFIRMED_WAIVER]


def test_an_author_who_also_reviews_gets_a_ticket_and_no_signature(office: Office) -> None:
    request = office.in_review()
    identity.bind_role(
        office.database,
        office.people["admin"],
        office.people["trainer"].id,
        role=Role.VALIDATOR,
        project_id=office.project_id,
    )
    before = office.contents()

    with pytest.raises(NotAllowed, match="you trained it"):
        office.sign("trainer", request)

    assert office.contents() == before
