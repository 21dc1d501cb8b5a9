"""The end of waivers and approvals: what rested on them is an open question again."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_governance.errors import (
    Conflict,
    GovernanceError,
    InvalidInput,
    NotAllowed,
)
from accredit_governance.lifecycle.approvals import Decision
from accredit_governance.lifecycle.waivers import WaiverState, waiver_state
from accredit_governance.operations import deployments, waiver_ends
from accredit_governance.questions import models
from accredit_governance.questions import waivers as questions
from accredit_governance.questions.pages import Page
from accredit_governance.registry.records import WaiverRecord
from accredit_governance.registry.tables import ModelVersionRow
from tests.governance.audit.test_ledger import together
from tests.governance.office import Office, report
from tests.governance.operations.test_waivers import OTHER_WAIVABLE, THIN, confirm, propose

pytestmark = pytest.mark.databases("sqlite")


def run_out(office: Office, *, days: float) -> None:
    """Let time pass, and let a worker look."""
    office.clock.pass_time(days=days)
    waiver_ends.end_what_ran_out(office.database, office.system)


def waived(office: Office, *, days: float = 30) -> tuple[uuid.UUID, WaiverRecord]:
    """A version in review that rests on a waiver."""
    version_id = office.judged(report(adverse_impact_ratio=THIN))
    expires_at = office.clock.now + timedelta(days=days)
    waiver = confirm(office, propose(office, version_id, expires_at=expires_at))
    assert office.state_of(version_id) == "in_review"
    return version_id, waiver


def seen(office: Office, waiver_id: uuid.UUID, *, by: str = "viewer") -> WaiverRecord:
    return questions.waiver(office.database, office.people[by], waiver_id)


@pytest.mark.databases("sqlite", "postgresql")
def test_a_waiver_that_ran_out_in_review_opens_the_question_again(office: Office) -> None:
    version_id, waiver = waived(office)
    request = office.request_of(version_id)
    office.sign("second_validator", request)
    size = office.size()

    run_out(office, days=31)

    assert office.state_of(version_id) == "gate_failed"
    assert office.request_of(version_id).state == "lapsed"
    assert seen(office, waiver.id).state is WaiverState.EXPIRED
    assert office.actions(since=size) == [
        "waiver.expired",
        "approval_request.lapsed",
        "model_version.moved",
    ]
    with pytest.raises(Conflict, match="lapsed"):
        office.sign("second_compliance", request)


@pytest.mark.databases("sqlite", "postgresql")
def test_a_waiver_holds_until_its_last_moment(office: Office) -> None:
    version_id, waiver = waived(office, days=30)
    size = office.size()

    run_out(office, days=29.999)

    assert (office.state_of(version_id), office.actions(since=size)) == ("in_review", [])
    assert seen(office, waiver.id).state is WaiverState.ACTIVE


@pytest.mark.databases("sqlite", "postgresql")
def test_an_approved_version_expires_with_its_waiver_and_serves_no_more(office: Office) -> None:
    version_id, waiver = waived(office)
    request = office.request_of(version_id)
    office.sign("second_validator", request)
    office.sign("second_compliance", request)
    size = office.size()

    run_out(office, days=30)

    assert office.state_of(version_id) == "expired"
    assert office.actions(since=size) == ["waiver.expired", "model_version.moved"]
    assert seen(office, waiver.id).state is WaiverState.EXPIRED
    with pytest.raises(Conflict, match="expired"):
        deployments.request_deployment(
            office.database, office.people["owner"], version_id, environment="production"
        )


def test_an_approval_past_its_validity_is_expired(office: Office) -> None:
    version_id = office.approved()
    with office.database.reading() as session:
        valid_until = session.get_one(ModelVersionRow, version_id).valid_until
    assert valid_until is not None
    days = (valid_until - office.clock.now).days

    run_out(office, days=days - 1)
    before = office.state_of(version_id)
    run_out(office, days=2)

    assert (before, office.state_of(version_id)) == ("approved", "expired")


def test_no_time_that_passes_approves_anything(office: Office) -> None:
    version_id, _ = waived(office)
    plain = office.judged()

    for _ in range(4):
        run_out(office, days=200)

    assert {office.state_of(version_id), office.state_of(plain)} == {"gate_failed", "in_review"}


def test_a_check_whose_waiver_ran_out_can_be_waived_again_by_two_people(office: Office) -> None:
    version_id, first = waived(office)
    run_out(office, days=31)

    second = propose(office, version_id, by="compliance")
    between = office.state_of(version_id)
    confirm(office, second, by="validator")

    assert (between, office.state_of(version_id)) == ("gate_failed", "in_review")
    request = office.request_of(version_id)
    assert request.state == "open"
    (named,) = request.subject["waivers"]
    assert named["expires_at"] == second.expires_at.isoformat()
    shown = questions.waivers_of_version(office.database, office.people["viewer"], version_id)
    assert {w.id: w.state.value for w in shown.items} == {first.id: "expired", second.id: "active"}
    card = models.card(office.database, office.people["viewer"], version_id)
    assert [entry.until for entry in card.monitoring.obligations] == [second.expires_at.date()]


def test_another_waiver_of_the_version_still_holds_when_one_ran_out(office: Office) -> None:
    version_id = office.judged(report(adverse_impact_ratio=THIN, holdout_size=THIN))
    soon, later = (office.clock.now + timedelta(days=days) for days in (10, 60))
    confirm(office, propose(office, version_id, expires_at=soon))
    confirm(office, propose(office, version_id, check_key=OTHER_WAIVABLE, expires_at=later))

    run_out(office, days=11)
    between = office.state_of(version_id)
    confirm(office, propose(office, version_id))

    assert (between, office.state_of(version_id)) == ("gate_failed", "in_review")


def test_an_expired_proposal_makes_room_and_moves_nothing(office: Office) -> None:
    version_id = office.judged(report(adverse_impact_ratio=THIN))
    waiver = propose(office, version_id, expires_at=office.clock.now + timedelta(days=1))
    size = office.size()

    office.clock.pass_time(days=2)
    with pytest.raises(Conflict, match="try again in a minute"):
        propose(office, version_id)
    waiver_ends.end_what_ran_out(office.database, office.system)

    assert office.actions(since=size) == ["operation.refused", "waiver.expired"]
    assert (office.state_of(version_id), seen(office, waiver.id).state) == (
        "gate_failed",
        WaiverState.EXPIRED,
    )
    propose(office, version_id)


def test_a_waiver_of_a_rejected_version_expires_without_moving_it(office: Office) -> None:
    version_id, waiver = waived(office)
    request = office.request_of(version_id)
    office.sign("second_validator", request, Decision.REJECT)
    spent = seen(office, waiver.id).state

    run_out(office, days=31)

    assert spent is WaiverState.SPENT
    assert office.state_of(version_id) == "rejected"
    assert seen(office, waiver.id).state is WaiverState.EXPIRED


def test_an_end_is_recorded_once_however_often_one_looks(office: Office) -> None:
    waived(office)
    run_out(office, days=31)
    size = office.size()

    run_out(office, days=1)

    assert office.actions(since=size) == []


def test_only_the_system_expires_and_only_what_is_over(office: Office) -> None:
    version_id, waiver = waived(office)

    with pytest.raises(NotAllowed, match="system:record"):
        waiver_ends.expire_waiver(office.database, office.people["owner"], waiver.id)
    with pytest.raises(Conflict, match="holds until"):
        waiver_ends.expire_waiver(office.database, office.system, waiver.id)
    with pytest.raises(Conflict, match="in_review"):
        waiver_ends.expire_approval(office.database, office.system, version_id)

    assert office.state_of(version_id) == "in_review"


@pytest.mark.databases("sqlite", "postgresql")
def test_of_two_workers_that_look_at_once_one_records_the_end(office: Office) -> None:
    version_id, _ = waived(office)
    copies = office.copies(version_id, 20)
    office.clock.pass_time(days=31)
    size = office.size()

    raised = together([lambda: waiver_ends.end_what_ran_out(office.database, office.system)] * 3)

    assert raised == []
    actions = office.actions(since=size)
    assert actions.count("waiver.expired") == len(copies) + 1
    assert actions.count("approval_request.lapsed") == len(copies) + 1
    assert {office.state_of(copy) for copy in (version_id, *copies)} == {"gate_failed"}


@pytest.mark.databases("sqlite", "postgresql")
def test_a_signature_and_the_end_of_a_waiver_at_once_leave_one_story(office: Office) -> None:
    version_id, _ = waived(office)
    office.sign("second_validator", office.request_of(version_id))
    early = office.clock.now
    for copy in office.copies(version_id, 20):
        request = office.request_of(copy)
        office.clock.now = early + timedelta(days=31)

        raised = together(
            [
                lambda request=request: office.sign("second_compliance", request),
                lambda: waiver_ends.end_what_ran_out(office.database, office.system),
            ]
        )
        office.clock.now = early

        assert [type(error) for error in raised if not isinstance(error, GovernanceError)] == []
        assert office.state_of(copy) == "gate_failed"
        assert office.request_of(copy).state == "lapsed"


# --- taking a waiver back ----------------------------------------------------------------------


def revoke(
    office: Office, waiver_id: uuid.UUID, *, by: str, reason: str = "The branch has changed."
) -> WaiverRecord:
    return waiver_ends.revoke_waiver(office.database, office.people[by], waiver_id, reason=reason)


def test_one_person_takes_a_waiver_back_and_the_question_is_open(office: Office) -> None:
    version_id, waiver = waived(office)
    size = office.size()

    ended = revoke(office, waiver.id, by="second_compliance")

    assert (ended.state, ended.revoked_by) == (
        WaiverState.REVOKED,
        office.people["second_compliance"].id,
    )
    assert office.state_of(version_id) == "gate_failed"
    assert office.actions(since=size)[0] == "waiver.revoked"
    confirm(office, propose(office, version_id))
    assert office.state_of(version_id) == "in_review"


def test_a_revoked_proposal_cannot_be_confirmed(office: Office) -> None:
    version_id = office.judged(report(adverse_impact_ratio=THIN))
    waiver = propose(office, version_id)
    revoke(office, waiver.id, by="validator")

    with pytest.raises(Conflict, match="revoked"):
        confirm(office, waiver)

    assert office.state_of(version_id) == "gate_failed"


@pytest.mark.parametrize(
    ("by", "reason", "error"),
    [
        pytest.param("owner", "It is not needed any more.", NotAllowed, id="another role"),
        pytest.param("validator", "no", InvalidInput, id="no reason"),
    ],
)
def test_a_waiver_is_revoked_by_its_roles_and_with_a_reason(
    office: Office, by: str, reason: str, error: type[GovernanceError]
) -> None:
    version_id, waiver = waived(office)

    with pytest.raises(error):
        revoke(office, waiver.id, by=by, reason=reason)

    assert office.state_of(version_id) == "in_review"


def test_what_has_ended_is_not_revoked(office: Office) -> None:
    _, waiver = waived(office)
    office.clock.pass_time(days=31)
    with pytest.raises(Conflict, match="expired already"):
        revoke(office, waiver.id, by="validator")
    _, other = waived(office)
    revoke(office, other.id, by="validator")

    with pytest.raises(Conflict, match="ended already"):
        revoke(office, other.id, by="compliance")


# --- the register ------------------------------------------------------------------------------


def test_the_register_keeps_every_waiver_and_finds_it_by_its_state(office: Office) -> None:
    _, expired = waived(office, days=5)
    run_out(office, days=6)
    rejected, spent = waived(office, days=50)
    office.sign("second_validator", office.request_of(rejected), Decision.REJECT)
    _, active = waived(office, days=60)
    _, revoked = waived(office)
    revoke(office, revoked.id, by="validator")
    thin = office.judged(report(adverse_impact_ratio=THIN))
    proposed = propose(office, thin)
    viewer = office.people["viewer"]

    everything = questions.register(office.database, viewer, Page()).items
    found = {
        state: [
            w.id for w in questions.register(office.database, viewer, Page(), state=state).items
        ]
        for state in WaiverState
    }

    assert found == {
        WaiverState.PROPOSED: [proposed.id],
        WaiverState.ACTIVE: [active.id],
        WaiverState.EXPIRED: [expired.id],
        WaiverState.REVOKED: [revoked.id],
        WaiverState.SPENT: [spent.id],
    }
    assert len(everything) == 5
    assert all(w.id in found[w.state] for w in everything)


def test_the_register_is_narrowed_by_version_and_expiry_and_read_in_pages(office: Office) -> None:
    version_id, soon = waived(office, days=5)
    _, late = waived(office, days=100)
    viewer, now = office.people["viewer"], office.clock.now

    ending = questions.register(
        office.database, viewer, Page(), expires_before=now + timedelta(days=30)
    )
    mine = questions.register(office.database, viewer, Page(), model_version_id=version_id)
    first = questions.register(office.database, viewer, Page(size=1))
    second = questions.register(office.database, viewer, Page(size=1, token=first.next_page_token))

    assert [w.id for w in ending.items] == [soon.id] == [w.id for w in mine.items]
    assert [w.id for w in (*first.items, *second.items)] == [late.id, soon.id]


def test_the_register_shows_nobody_the_waivers_of_another_project(office: Office) -> None:
    _, waiver = waived(office)

    listed = questions.register(office.database, office.people["stranger"], Page()).items
    with pytest.raises(GovernanceError, match="there is no waiver"):
        seen(office, waiver.id, by="stranger")

    assert listed == ()


def test_by_the_clock_a_waiver_is_expired_before_that_is_written_down(office: Office) -> None:
    _, waiver = waived(office)

    office.clock.pass_time(days=31)

    assert seen(office, waiver.id).state is WaiverState.EXPIRED
    assert seen(office, waiver.id).ended_at is None


_TIMES = st.datetimes(timezones=st.just(UTC))


@given(st.booleans(), st.booleans(), st.booleans(), st.none() | _TIMES, _TIMES, _TIMES)
def test_a_waiver_is_active_only_when_two_people_gave_it_and_nothing_ended_it(
    is_confirmed: bool,
    is_revoked: bool,
    is_spent: bool,
    ended_at: datetime | None,
    expires_at: datetime,
    at: datetime,
) -> None:
    state = waiver_state(
        is_confirmed=is_confirmed,
        is_revoked=is_revoked,
        is_spent=is_spent,
        ended_at=ended_at,
        expires_at=expires_at,
        at=at,
    )

    holds = (
        is_confirmed and not is_revoked and not is_spent and ended_at is None and at < expires_at
    )
    assert (state is WaiverState.ACTIVE) is holds
