"""Delegations: another hand signs, and the separation of duties holds for both."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from accredit_governance.access.permissions import (
    DELEGABLE,
    ROLE_PERMISSIONS,
    Permission,
    Role,
)
from accredit_governance.errors import (
    Conflict,
    FourEyes,
    GovernanceError,
    InvalidInput,
    NotAllowed,
    NotFound,
)
from accredit_governance.identifiers import new_id
from accredit_governance.lifecycle.approvals import Decision
from accredit_governance.operations import change_plans, delegations, identity
from accredit_governance.questions import approvals as questions
from accredit_governance.questions import models
from accredit_governance.questions.pages import Page
from accredit_governance.registry.approval_records import DelegationRecord
from accredit_governance.registry.tables import (
    ApprovalRequestRow,
    DelegationRow,
    RoleBindingRow,
    SignOffHandRow,
)
from tests.governance.afterwards import envelope, sign
from tests.governance.audit.test_ledger import together
from tests.governance.office import Office, hire
from tests.governance.operations.test_sign_offs import sign_past_the_door

pytestmark = pytest.mark.databases("sqlite")

HOLIDAY = "On holiday until the end of the month."


def lend(
    office: Office,
    giver: str,
    taker: str,
    role: Role = Role.VALIDATOR,
    *,
    days: float = 14,
    **changes: object,
) -> DelegationRecord:
    now = office.clock()
    given: dict[str, object] = {
        "role": role,
        "project_id": office.project_id,
        "starts_at": now,
        "ends_at": now + timedelta(days=days),
        "reason": HOLIDAY,
        **changes,
    }
    return delegations.give_delegation(
        office.database,
        office.people[giver],
        office.people[taker].id,
        **given,  # type: ignore[arg-type]
    )


def also_is(office: Office, person: str, role: Role) -> None:
    identity.bind_role(
        office.database,
        office.people["admin"],
        office.people[person].id,
        role=role,
        project_id=office.project_id,
    )


def lose_role(office: Office, person: str, role: Role) -> None:
    with office.database.reading() as session:
        binding = session.execute(
            select(RoleBindingRow.id).where(
                RoleBindingRow.principal_id == office.people[person].id,
                RoleBindingRow.role == role,
            )
        ).scalar_one()
    identity.take_role(office.database, office.people["admin"], binding)


def refused(
    office: Office,
    error: type[GovernanceError],
    person: str,
    request: ApprovalRequestRow,
) -> str:
    before, size = office.contents(), office.size()
    with pytest.raises(error) as caught:
        office.sign(person, request)
    assert type(caught.value) is error
    assert office.contents() == before
    assert office.actions(since=size) == ["operation.refused"]
    return caught.value.message


def not_given(
    office: Office, error: type[GovernanceError], giver: str, taker: str, **how: object
) -> GovernanceError:
    before, size = office.contents(), office.size()
    with pytest.raises(error) as caught:
        lend(office, giver, taker, **how)  # type: ignore[arg-type]
    assert office.contents() == before
    assert office.actions(since=size) == ["operation.refused"]
    return caught.value


@pytest.mark.databases("sqlite", "postgresql")
def test_a_delegate_signs_for_somebody_and_both_are_named(office: Office) -> None:
    request = office.in_review()
    given = lend(office, "validator", "viewer")
    size = office.size()

    signed = office.sign("viewer", request)

    (signature,) = signed.sign_offs
    assert signature.signer_id == office.people["viewer"].id
    assert signature.on_behalf_of == office.people["validator"].id
    assert signature.delegation_id == given.id
    assert signed.open_stage == "compliance"
    (event,) = office.events(since=size)
    assert event["actor"]["id"] == str(office.people["viewer"].id)
    assert event["actor"]["on_behalf_of"] == str(office.people["validator"].id)
    assert event["fact"]["delegation"] == str(given.id)
    assert office.sign("compliance", request).state == "approved"


@pytest.mark.databases("sqlite", "postgresql")
def test_whoever_holds_the_role_signs_for_themselves(office: Office) -> None:
    request = office.in_review()
    lend(office, "validator", "second_validator")

    (signature,) = office.sign("second_validator", request).sign_offs

    assert signature.on_behalf_of is None


@pytest.mark.databases("sqlite", "postgresql")
def test_a_delegation_lends_the_signature_and_nothing_else(office: Office) -> None:
    lend(office, "validator", "viewer")

    actor = identity.actor_of_principal(
        office.database, office.people["viewer"].id, request_id=None
    )

    assert actor is not None
    there = {p for p in Permission if actor.may(p, office.project_id)}
    assert {Permission.APPROVAL_SIGN, Permission.SIGNING_TICKET_CREATE} == DELEGABLE
    assert there == ROLE_PERMISSIONS[Role.VIEWER] | DELEGABLE
    assert not actor.may(Permission.APPROVAL_SIGN, office.twin_project_id)
    assert actor.reach(Permission.APPROVAL_SIGN).projects == {office.project_id}


def test_the_queue_shows_what_one_may_sign_for_another(office: Office) -> None:
    request = office.in_review()

    def queue() -> list[uuid.UUID]:
        found = models.approval_requests(
            office.database, office.people["viewer"], Page(), for_me=True
        )
        return [item.id for item in found.items]

    before = queue()
    lend(office, "validator", "viewer")

    assert (before, queue()) == ([], [request.id])


@pytest.mark.parametrize("maker", ["trainer", "submitter", "preparer"])
def test_a_maker_signs_for_nobody(office: Office, maker: str) -> None:
    request = office.in_review()
    lend(office, "validator", maker)

    assert "because you " in refused(office, FourEyes, maker, request)


@pytest.mark.parametrize("maker", ["trainer", "submitter", "preparer"])
def test_nobody_signs_for_a_maker(office: Office, maker: str) -> None:
    request = office.in_review()
    also_is(office, maker, Role.VALIDATOR)
    lend(office, maker, "viewer")

    assert "because the person whom you act for " in refused(office, FourEyes, "viewer", request)


def test_of_two_givers_the_one_without_a_hand_in_it_is_signed_for(office: Office) -> None:
    request = office.in_review()
    also_is(office, "trainer", Role.VALIDATOR)
    lend(office, "trainer", "viewer")
    lend(office, "validator", "viewer")

    (signature,) = office.sign("viewer", request).sign_offs

    assert signature.on_behalf_of == office.people["validator"].id


def test_the_delegate_signs_one_stage_only(office: Office) -> None:
    request = office.in_review()
    lend(office, "validator", "viewer")
    lend(office, "compliance", "viewer", Role.COMPLIANCE)
    office.sign("viewer", request)

    assert "signed this request already" in refused(office, FourEyes, "viewer", request)


def test_who_was_signed_for_signs_no_other_stage(office: Office) -> None:
    request = office.in_review()
    also_is(office, "validator", Role.COMPLIANCE)
    lend(office, "validator", "viewer")
    office.sign("viewer", request)

    assert "signed this request already" in refused(office, FourEyes, "validator", request)


def test_nobody_signs_for_who_has_signed_another_stage(office: Office) -> None:
    request = office.in_review()
    also_is(office, "validator", Role.COMPLIANCE)
    lend(office, "validator", "viewer", Role.COMPLIANCE)
    office.sign("validator", request)

    assert "the person whom you act for has signed" in refused(office, FourEyes, "viewer", request)


def test_the_giver_must_still_hold_the_role(office: Office) -> None:
    request = office.in_review()
    lend(office, "validator", "viewer")
    lose_role(office, "validator", Role.VALIDATOR)

    refused(office, NotAllowed, "viewer", request)


def test_the_giver_must_still_be_there(office: Office) -> None:
    request = office.in_review()
    lend(office, "validator", "viewer")
    identity.deactivate_principal(
        office.database, office.people["admin"], office.people["validator"].id
    )

    refused(office, NotAllowed, "viewer", request)


def test_a_delegation_counts_in_its_window(office: Office) -> None:
    request = office.in_review()
    start = office.clock() + timedelta(days=2)
    lend(office, "validator", "viewer", starts_at=start, ends_at=start + timedelta(days=1))

    refused(office, NotAllowed, "viewer", request)
    office.clock.pass_time(days=3)
    refused(office, NotAllowed, "viewer", request)
    office.clock.pass_time(seconds=-1)
    assert office.sign("viewer", request).open_stage == "compliance"


@pytest.mark.parametrize("who", ["validator", "viewer"])
def test_either_of_the_two_ends_a_delegation(office: Office, who: str) -> None:
    request = office.in_review()
    given = lend(office, "validator", "viewer")

    revoked = delegations.revoke_delegation(office.database, office.people[who], given.id)

    assert (revoked.is_standing, revoked.revoked_by) == (False, office.people[who].id)
    refused(office, NotAllowed, "viewer", request)
    with pytest.raises(Conflict):
        delegations.revoke_delegation(office.database, office.people[who], given.id)


def test_nobody_else_learns_of_a_delegation(office: Office) -> None:
    given = lend(office, "validator", "viewer")

    with pytest.raises(NotFound):
        delegations.revoke_delegation(office.database, office.people["owner"], given.id)

    def seen(person: str) -> list[uuid.UUID]:
        found = questions.delegations(office.database, office.people[person])
        return [item.id for item in found.items]

    assert seen("validator") == seen("viewer") == seen("auditor") == [given.id]
    assert seen("owner") == []


def test_what_was_signed_for_another_stays_signed(office: Office) -> None:
    request = office.in_review()
    given = lend(office, "validator", "viewer")
    office.sign("viewer", request)

    delegations.revoke_delegation(office.database, office.people["validator"], given.id)

    assert office.sign("compliance", request).state == "approved"


def test_without_a_project_it_holds_wherever_the_giver_has_the_role(office: Office) -> None:
    request = office.in_review()
    lend(office, "validator", "viewer", project_id=None)

    assert office.sign("viewer", request).open_stage == "compliance"
    actor = identity.actor_of_principal(
        office.database, office.people["viewer"].id, request_id=None
    )
    assert actor is not None
    assert actor.reach(Permission.APPROVAL_SIGN).projects == {office.project_id}


def test_without_a_project_it_holds_only_where_the_taker_may_read(office: Office) -> None:
    office.people["roamer"] = hire(
        office.database, office.people["admin"], "roamer", [Role.VALIDATOR], project_id=None
    )
    request = office.in_review()
    lend(office, "roamer", "stranger", project_id=None)

    refused(office, NotFound, "stranger", request)
    actor = identity.actor_of_principal(
        office.database, office.people["stranger"].id, request_id=None
    )
    assert actor is not None
    assert actor.reach(Permission.APPROVAL_SIGN).projects == {office.twin_project_id}


def test_what_was_lent_is_void_once_the_taker_may_not_read_there_any_more(office: Office) -> None:
    request = office.in_review()
    lend(office, "validator", "viewer")
    lose_role(office, "viewer", Role.VIEWER)

    refused(office, NotAllowed, "viewer", request)


@pytest.mark.parametrize(
    ("giver", "taker", "how", "words"),
    [
        pytest.param("validator", "validator", {}, "not for yourself", id="oneself"),
        pytest.param("compliance", "viewer", {}, "in your own right", id="not one's role"),
        pytest.param("viewer", "trainer", {}, "approval:sign", id="no reviewer"),
        pytest.param("validator", "stranger", {}, "may not read", id="cannot read there"),
        pytest.param("validator", "consumer", {}, "may not read|service", id="no reader"),
    ],
)
def test_one_lends_what_is_ones_own_to_somebody_else(
    office: Office, giver: str, taker: str, how: dict[str, object], words: str
) -> None:
    error = not_given(office, NotAllowed, giver, taker, **how)

    assert any(word in error.message for word in words.split("|"))


def test_nothing_is_lent_to_a_service_account(office: Office) -> None:
    office.people["robot"] = hire(  # type: ignore[index]  # a dictionary in fact
        office.database,
        office.people["admin"],
        "robot",
        [Role.CONSUMER, Role.VIEWER],
        project_id=office.project_id,
    )

    assert "service account" in not_given(office, NotAllowed, "validator", "robot").message


@pytest.mark.parametrize("narrowed", ["scopes", "within"])
def test_a_narrowed_token_lends_no_signature(office: Office, narrowed: str) -> None:
    given = {"scopes": frozenset({Permission.APPROVAL_SIGN}), "within": office.project_id}
    token = office.people["validator"].model_copy(update={narrowed: given[narrowed]})
    size = office.size()

    with pytest.raises(NotAllowed, match="who signs"):
        delegations.give_delegation(
            office.database,
            token,
            office.people["viewer"].id,
            role=Role.VALIDATOR,
            project_id=None,
            starts_at=office.clock(),
            ends_at=office.clock() + timedelta(days=80),
            reason=HOLIDAY,
        )

    assert office.actions(since=size) == ["operation.refused"]


def test_nothing_is_lent_to_somebody_who_left(office: Office) -> None:
    identity.deactivate_principal(
        office.database, office.people["admin"], office.people["viewer"].id
    )

    assert "active person" in not_given(office, NotAllowed, "validator", "viewer").message


@pytest.mark.parametrize(
    ("how", "pointer"),
    [
        pytest.param({"days": 90.001}, "/until", id="too long"),
        pytest.param({"days": -1}, "/until", id="over"),
        pytest.param({"days": 0}, "/until", id="empty"),
        pytest.param({"role": Role.DEVELOPER}, "/role", id="a role that signs nothing"),
        pytest.param({"reason": " away   "}, "/reason", id="no reason"),
    ],
)
def test_a_delegation_is_bounded_and_explained(
    office: Office, how: dict[str, object], pointer: str
) -> None:
    error = not_given(office, InvalidInput, "validator", "viewer", **how)

    assert isinstance(error, InvalidInput)
    assert [problem["pointer"] for problem in error.problems] == [pointer]


def test_ninety_days_are_not_too_long(office: Office) -> None:
    assert lend(office, "validator", "viewer", days=90).is_standing


def test_what_was_lent_is_not_handed_on(office: Office) -> None:
    lend(office, "validator", "viewer")

    error = not_given(office, NotAllowed, "viewer", "auditor")

    assert "hands on" in error.message


def test_who_stands_in_for_a_role_does_not_lend_the_same(office: Office) -> None:
    lend(office, "validator", "second_validator")

    not_given(office, Conflict, "second_validator", "viewer")


def test_who_lends_a_role_away_does_not_stand_in_for_it(office: Office) -> None:
    lend(office, "second_validator", "viewer")

    not_given(office, Conflict, "validator", "second_validator")


@pytest.mark.parametrize("role", [Role.VALIDATOR, Role.COMPLIANCE])
def test_two_do_not_sign_for_each_other(office: Office, role: Role) -> None:
    also_is(office, "second_validator", Role.COMPLIANCE)
    lend(office, "validator", "second_validator")

    error = not_given(office, Conflict, "second_validator", "validator", role=role)

    assert "each other" in error.message


def test_one_after_the_other_is_no_circle(office: Office) -> None:
    lend(office, "validator", "second_validator", days=5)
    start = office.clock() + timedelta(days=5)

    lend(
        office,
        "second_validator",
        "validator",
        starts_at=start,
        ends_at=start + timedelta(days=5),
    )


@pytest.mark.databases("sqlite", "postgresql")
def test_of_a_circle_that_is_closed_at_once_one_half_is_there(office: Office) -> None:
    for _ in range(8):
        raised = together(
            [
                lambda: lend(office, "validator", "second_validator"),
                lambda: lend(office, "second_validator", "validator"),
            ]
        )

        assert [type(error) for error in raised] == [Conflict]
        with office.database.reading() as session:
            standing = session.execute(
                select(DelegationRow).where(DelegationRow.revoked_at.is_(None))
            ).scalar_one()
            giver = standing.delegator_id
            given_id = standing.id
        people = {actor.id: actor for actor in office.people.values()}
        delegations.revoke_delegation(office.database, people[giver], given_id)


@pytest.mark.databases("sqlite", "postgresql")
def test_a_revocation_and_a_signature_at_once_agree_on_an_order(office: Office) -> None:
    copies = office.copies(office.in_review().model_version_id, 10)
    for copy in copies:
        request = office.request_of(copy)
        given = lend(office, "validator", "viewer")

        raised = together(
            [
                lambda: office.sign("viewer", request),  # noqa: B023  runs at once
                lambda: delegations.revoke_delegation(
                    office.database,
                    office.people["validator"],
                    given.id,  # noqa: B023  runs at once
                ),
            ]
        )

        assert all(type(error) is NotAllowed for error in raised)
        assert len(raised) <= 1
        with pytest.raises(NotAllowed):
            office.sign("viewer", request)


def test_a_delegate_rejects_for_somebody_as_well(office: Office) -> None:
    request = office.in_review()
    lend(office, "validator", "viewer")

    assert office.sign("viewer", request, Decision.REJECT).state == "rejected"


def test_what_was_lent_signs_no_proceeding(office: Office) -> None:
    """Neither for who asked, nor by a maker, nor for anybody else."""
    version_id = office.approved()
    plan = change_plans.propose_plan(
        office.database, office.people["owner"], version_id, request=envelope(office)
    )
    lend(office, "owner", "viewer", Role.OWNER)
    lend(office, "validator", "trainer")
    lend(office, "second_validator", "auditor")
    before, size = office.contents(), office.size()

    for person, error in [
        ("viewer", NotAllowed),
        ("trainer", FourEyes),
        ("auditor", NotAllowed),
    ]:
        with pytest.raises(error) as caught:
            sign(office, person, plan)
        assert error is FourEyes or "for stages of approval requests" in str(caught.value)

    assert office.contents() == before
    assert office.actions(since=size) == ["operation.refused"] * 3
    assert sign(office, "second_validator", plan).waiting_for == (Role.OWNER, Role.COMPLIANCE)


@pytest.mark.databases("sqlite", "postgresql")
def test_the_database_itself_knows_each_hand_once(office: Office) -> None:
    request = office.in_review()
    lend(office, "validator", "viewer")
    signed = office.sign("viewer", request).sign_offs[0]
    writes = office.database.engine.execution_options(accredit_writes=True)
    hand = {"approval_request_id": request.id, "sign_off_id": signed.id}

    with writes.begin() as connection:
        hands = connection.execute(select(SignOffHandRow.principal_id)).scalars().all()
    assert set(hands) == {office.people["viewer"].id, office.people["validator"].id}
    for person in hands:
        with pytest.raises(IntegrityError), writes.begin() as connection:
            connection.execute(
                SignOffHandRow.__table__.insert().values({**hand, "principal_id": person})
            )


@pytest.mark.databases("sqlite", "postgresql")
@pytest.mark.parametrize("maker", ["trainer", "submitter", "preparer"])
def test_the_database_itself_refuses_a_signature_for_a_maker(office: Office, maker: str) -> None:
    request = office.in_review()
    given = lend(office, "validator", "viewer")

    with pytest.raises(IntegrityError, match=r"(?i)check"):
        sign_past_the_door(
            office,
            request,
            signer_id=office.people["viewer"].id,
            delegation_id=given.id,
            on_behalf_of=office.people[maker].id,
        )


def test_an_unknown_delegation_is_not_found(office: Office) -> None:
    with pytest.raises(NotFound):
        delegations.revoke_delegation(office.database, office.people["validator"], new_id())
