"""Waivers: what two people may accept for a while."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from accredit_governance.access.permissions import Role
from accredit_governance.errors import (
    Conflict,
    FourEyes,
    GateBlocked,
    GovernanceError,
    InvalidInput,
    NotAllowed,
)
from accredit_governance.gates.results import GateReport, Verdict
from accredit_governance.operations import identity, reviews, versions
from accredit_governance.questions import models
from accredit_governance.registry.records import WaiverRecord
from accredit_governance.registry.tables import WaiverRow
from tests.governance.office import Office, report

pytestmark = pytest.mark.databases("sqlite")

THIN = Verdict.INSUFFICIENT_EVIDENCE
WAIVABLE, OTHER_WAIVABLE = "bias.adverse_impact_ratio", "performance.holdout_size"


def propose(
    office: Office, version_id: uuid.UUID, *, by: str = "validator", **changes: object
) -> WaiverRecord:
    return office.propose_waiver(by, office.evaluation_of(version_id), **changes)


def confirm(office: Office, waiver: WaiverRecord, *, by: str = "compliance") -> WaiverRecord:
    return office.confirm_waiver(by, waiver)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param("validator", "compliance", id="validator proposes"),
        pytest.param("compliance", "validator", id="compliance proposes"),
    ],
)
def test_two_people_of_the_two_roles_accept_thin_evidence(
    office: Office, first: str, second: str
) -> None:
    version_id = office.judged(report(adverse_impact_ratio=THIN))

    waiver = propose(office, version_id, by=first)
    before = office.state_of(version_id)
    confirmed = confirm(office, waiver, by=second)

    assert before == "gate_failed"
    assert confirmed.confirmed_by == office.people[second].id
    assert office.state_of(version_id) == "in_review"
    (named,) = office.request_of(version_id).subject["waivers"]
    assert named["check"] == WAIVABLE


@pytest.mark.databases("sqlite", "postgresql")
def test_the_card_of_a_waived_version_carries_the_obligation(office: Office) -> None:
    version_id = office.judged(report(adverse_impact_ratio=THIN))

    confirm(office, propose(office, version_id))

    card = models.card(office.database, office.people["viewer"], version_id)
    assert [entry.check for entry in card.monitoring.obligations] == [WAIVABLE]


@pytest.mark.databases("sqlite", "postgresql")
def test_a_waived_version_can_be_approved(office: Office) -> None:
    version_id = office.judged(report(adverse_impact_ratio=THIN))
    confirm(office, propose(office, version_id))
    request = office.request_of(version_id)

    office.sign("second_validator", request)
    office.sign("second_compliance", request)

    assert office.state_of(version_id) == "approved"


def test_a_waiver_that_ran_out_before_the_signature_does_not_count(office: Office) -> None:
    version_id = office.judged(report(adverse_impact_ratio=THIN))
    soon = office.clock.now + timedelta(days=2)
    confirm(office, propose(office, version_id, expires_at=soon))
    office.clock.pass_time(days=3)

    with pytest.raises(GateBlocked, match=WAIVABLE):
        office.sign("second_validator", office.request_of(version_id))


def test_one_waiver_of_two_opens_nothing(office: Office) -> None:
    version_id = office.judged(report(adverse_impact_ratio=THIN, holdout_size=THIN))

    confirm(office, propose(office, version_id))
    between = office.state_of(version_id)
    confirm(office, propose(office, version_id, check_key=OTHER_WAIVABLE))

    assert (between, office.state_of(version_id)) == ("gate_failed", "in_review")


@pytest.mark.parametrize(
    ("verdicts", "key"),
    [
        pytest.param({"adverse_impact_ratio": Verdict.FAIL}, WAIVABLE, id="fail"),
        pytest.param({"adverse_impact_ratio": Verdict.ERROR}, WAIVABLE, id="error"),
        pytest.param(
            {"discrimination": THIN}, "performance.discrimination", id="the policy allows none"
        ),
        pytest.param(
            {"discrimination": Verdict.FAIL}, "performance.holdout_size", id="it passed anyway"
        ),
    ],
)
def test_only_thin_evidence_can_be_waived_and_only_where_the_policy_says_so(
    office: Office, verdicts: dict[str, Verdict], key: str
) -> None:
    version_id = office.judged(report(**verdicts))

    with pytest.raises(GateBlocked):
        propose(office, version_id, check_key=key)

    assert office.state_of(version_id) == "gate_failed"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        pytest.param({"check_key": "no.check"}, InvalidInput, id="no such check"),
        pytest.param({"reason": "  "}, InvalidInput, id="no reason"),
        pytest.param({"obligation": ""}, InvalidInput, id="no obligation"),
        pytest.param({"by": "owner"}, NotAllowed, id="another role"),
        pytest.param({"by": "viewer"}, NotAllowed, id="no permission"),
    ],
)
def test_a_waiver_needs_reason_obligation_and_role(
    office: Office, changes: dict[str, object], error: type[GovernanceError]
) -> None:
    version_id = office.judged(report(adverse_impact_ratio=THIN))

    with pytest.raises(error):
        propose(office, version_id, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("days", "is_allowed"),
    [
        pytest.param(-1, False, id="past"),
        pytest.param(1, True, id="tomorrow"),
        pytest.param(179.9, True, id="just within"),
        pytest.param(180.1, False, id="just beyond"),
    ],
)
def test_a_waiver_ends_within_what_the_policy_says(
    office: Office, days: float, is_allowed: bool
) -> None:
    version_id = office.judged(report(adverse_impact_ratio=THIN))
    expires_at = office.clock.now + timedelta(days=days)

    if is_allowed:
        assert propose(office, version_id, expires_at=expires_at).expires_at == expires_at
    else:
        with pytest.raises(InvalidInput, match="within 180 days"):
            propose(office, version_id, expires_at=expires_at)


def test_the_proposer_does_not_confirm(office: Office) -> None:
    version_id = office.judged(report(adverse_impact_ratio=THIN))
    waiver = propose(office, version_id)

    with pytest.raises(FourEyes, match="another person"):
        confirm(office, waiver, by="validator")


def test_two_people_of_the_same_role_do_not_accept(office: Office) -> None:
    version_id = office.judged(report(adverse_impact_ratio=THIN))
    waiver = propose(office, version_id)

    with pytest.raises(NotAllowed, match="compliance"):
        confirm(office, waiver, by="second_validator")


@pytest.mark.parametrize("maker", ["trainer", "submitter", "preparer"])
def test_makers_neither_propose_nor_confirm(office: Office, maker: str) -> None:
    for role in (Role.VALIDATOR, Role.COMPLIANCE):
        identity.bind_role(
            office.database,
            office.people["admin"],
            office.people[maker].id,
            role=role,
            project_id=office.project_id,
        )
    version_id = office.judged(report(adverse_impact_ratio=THIN))

    with pytest.raises(FourEyes):
        propose(office, version_id, by=maker)
    waiver = propose(office, version_id)
    with pytest.raises(FourEyes):
        confirm(office, waiver, by=maker)


def test_a_check_is_waived_once(office: Office) -> None:
    version_id = office.judged(report(adverse_impact_ratio=THIN, holdout_size=THIN))
    waiver = propose(office, version_id)

    with pytest.raises(Conflict, match="proposed already"):
        propose(office, version_id)
    confirm(office, waiver)
    with pytest.raises(Conflict, match="confirmed already"):
        confirm(office, waiver, by="second_compliance")


def test_a_proposal_that_ran_out_is_not_confirmed(office: Office) -> None:
    version_id = office.judged(report(adverse_impact_ratio=THIN))
    waiver = propose(office, version_id, expires_at=office.clock.now + timedelta(days=1))
    office.clock.pass_time(days=2)

    with pytest.raises(Conflict, match="expired"):
        confirm(office, waiver)


def test_a_version_that_passed_takes_no_waiver(office: Office) -> None:
    version_id = office.judged()

    with pytest.raises(Conflict, match="waivers are for one whose gates failed"):
        propose(office, version_id)


@pytest.mark.databases("sqlite", "postgresql")
@pytest.mark.parametrize("hand", ["proposed_by", "trained_by", "prepared_by", "submitted_by"])
def test_the_database_itself_refuses_a_confirmation_by_a_hand_in_it(
    office: Office, hand: str
) -> None:
    version_id = office.judged(report(adverse_impact_ratio=THIN))
    waiver = propose(office, version_id)

    with (
        pytest.raises(IntegrityError, match=r"(?i)check"),
        office.database.engine.begin() as connection,
    ):
        connection.exec_driver_sql(f"UPDATE waiver SET confirmed_by = {hand}")

    with office.database.reading() as session:
        assert session.get_one(WaiverRow, waiver.id).confirmed_by is None


def test_an_approval_that_rests_on_a_waiver_ends_with_it(office: Office) -> None:
    version_id = office.judged(report(adverse_impact_ratio=THIN))
    waiver = confirm(office, propose(office, version_id))

    request = office.request_of(version_id)
    office.sign("validator", request)
    office.sign("compliance", request)

    version = models.version(office.database, office.people["viewer"], version_id)
    assert version.state == "approved"
    assert version.valid_until == waiver.expires_at


def refused(office: Office, since: int) -> list[tuple[str, str]]:
    """Operation and code of what was refused since."""
    return [
        (event["fact"]["operation"], event["fact"]["code"])
        for event in office.events(since=since)
        if event["action"] == "operation.refused"
    ]


def rows_of(office: Office) -> dict[str, list[str]]:
    return office.contents()


@pytest.mark.parametrize(
    ("verdicts", "changes", "code"),
    [
        pytest.param({"adverse_impact_ratio": Verdict.FAIL}, {}, "gate_blocked", id="failed"),
        pytest.param({"adverse_impact_ratio": Verdict.ERROR}, {}, "gate_blocked", id="broken"),
        pytest.param(
            {"discrimination": THIN},
            {"check_key": "performance.discrimination"},
            "gate_blocked",
            id="not waivable",
        ),
        pytest.param(
            {"adverse_impact_ratio": THIN},
            {"check_key": "bias.x"},
            "invalid_input",
            id="none",
        ),
        pytest.param({"adverse_impact_ratio": THIN}, {"days": 0}, "invalid_input", id="at once"),
        pytest.param({"adverse_impact_ratio": THIN}, {"days": 181}, "invalid_input", id="far"),
        pytest.param({"adverse_impact_ratio": THIN}, {"reason": "ok"}, "invalid_input", id="word"),
        pytest.param({"adverse_impact_ratio": THIN}, {"by": "trainer"}, "not_allowed", id="maker"),
    ],
)
def test_a_refused_proposal_is_recorded_and_leaves_nothing_behind(
    office: Office, verdicts: dict[str, Verdict], changes: dict[str, object], code: str
) -> None:
    version_id = office.judged(report(**verdicts))
    if "days" in changes:
        days = timedelta(days=float(str(changes["days"])))
        changes = {"expires_at": office.clock.now + days}
    size, before = office.size(), rows_of(office)

    with pytest.raises(GovernanceError):
        propose(office, version_id, **changes)  # type: ignore[arg-type]

    assert rows_of(office) == before
    assert refused(office, size) == [("propose_waiver", code)]


def shown_only(told: GateReport, check: str) -> GateReport:
    """The report with one check that blocks nothing."""
    results = [
        result.model_copy(update={"required": False}) if result.check == check else result
        for result in told.results
    ]
    return told.model_copy(update={"results": tuple(results)})


def test_what_blocks_nothing_is_not_waived(office: Office) -> None:
    """A waiver of it would end an approval that does not rest on it."""
    told = report(adverse_impact_ratio=THIN, discrimination=Verdict.FAIL)
    version_id = office.judged(shown_only(told, "adverse_impact_ratio"))

    with pytest.raises(GateBlocked, match="nothing to waive"):
        propose(office, version_id)


def test_a_waiver_is_for_the_newest_evaluation(office: Office) -> None:
    version_id = office.judged(report(adverse_impact_ratio=THIN, discrimination=Verdict.ERROR))
    first = office.evaluation_of(version_id)
    versions.repeat_gates(office.database, office.people["submitter"], version_id)
    job_id, fence = office.take(version_id)
    again = report(adverse_impact_ratio=THIN)
    reviews.record_gates(office.database, office.system, job_id, fence, report=again)

    with pytest.raises(Conflict, match="judged anew"):
        office.propose_waiver("validator", first)


def test_a_waiver_is_no_place_for_a_book(office: Office) -> None:
    version_id = office.judged(report(adverse_impact_ratio=THIN))

    with pytest.raises(InvalidInput, match="10 to 4,000 characters"):
        propose(office, version_id, reason="x" * 4_001)
