"""Access to models: who asks, who decides, and what nobody decides for themselves."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from accredit_governance.access.permissions import Role
from accredit_governance.errors import (
    Conflict,
    FourEyes,
    GovernanceError,
    IllegalTransition,
    InvalidInput,
    NotAllowed,
    NotFound,
)
from accredit_governance.lifecycle.access import AccessDecision, AccessState
from accredit_governance.operations import (
    access_decisions,
    access_requests,
    api_tokens,
    identity,
    projects,
    versions,
)
from accredit_governance.questions import access
from accredit_governance.questions.pages import Page
from accredit_governance.registry import migrate
from accredit_governance.registry.tables import (
    AccessGrantRow,
    AccessRequestRow,
    AccessUsageRow,
    RoleBindingRow,
)
from tests.conftest import MIGRATIONS
from tests.governance.audit.test_ledger import together
from tests.governance.office import ANSWERS, TERMS, Office, new_token
from tests.governance.operations.test_serving import answered

pytestmark = pytest.mark.databases("sqlite")

ROUNDS = 12
LESSER_ANSWERS = {
    **ANSWERS,
    "exposure": "moderate",
    "people": "hundreds",
    "effect": "minor",
    "autonomy": "prepares",
    "profiling": "no",
}
"""Tier 3."""


def in_a_lower_tier(office: Office, **terms: Any) -> Office:
    """The same office with a model of tier 3 and an approved version of it."""
    use_case = projects.create_use_case(
        office.database,
        office.people["owner"],
        office.project_id,
        name="brochures",
        owner_id=office.people["owner"].id,
        terms=TERMS.model_copy(update=terms),
    )
    office.assess(use_case.id, LESSER_ANSWERS)
    model = versions.create_model(
        office.database, office.people["owner"], use_case.id, name="brochures"
    )
    lower = replace(office, use_case_id=use_case.id, model_id=model.id)
    lower.approved()
    return lower


def give(office: Office, person: str, role: Role, *, everywhere: bool = False) -> None:
    identity.bind_role(
        office.database,
        office.people["admin"],
        office.people[person].id,
        role=role,
        project_id=None if everywhere else office.project_id,
    )


def last_refusal(office: Office) -> tuple[str, str]:
    event = office.events()[-1]
    assert (event["action"], event["outcome"]) == ("operation.refused", "denied")
    return event["fact"]["operation"], event["fact"]["code"]


def grants(office: Office) -> int:
    return len(access.access_grants(office.database, office.people["owner"], Page()).items)


@pytest.mark.databases("sqlite", "postgresql")
def test_the_owner_and_compliance_let_a_team_in(office: Office) -> None:
    office.approved()
    size = office.size()

    asked = office.asked()
    first = office.decide("owner", asked.id)
    second = office.decide("compliance", asked.id, comment="Within the policy.")

    assert (asked.state, asked.waits_for, asked.needs_compliance) == ("requested", "owner", True)
    assert (first.state, first.waits_for, first.access_grant_id) == (
        "owner_decided",
        "compliance",
        None,
    )
    assert (second.state, second.waits_for) == ("granted", None)
    assert [(d.stage, d.decision) for d in second.decisions] == [
        ("owner", "grant"),
        ("compliance", "grant"),
    ]
    assert office.actions(since=size) == [
        "access_request.opened",
        "access_request.decided",
        "access_grant.given",
        "access_request.decided",
    ]
    assert second.access_grant_id is not None
    given = access.access_grant(office.database, office.people["owner"], second.access_grant_id)
    assert given.access_request_id == asked.id
    assert (given.model_id, given.environment) == (office.model_id, "production")
    assert (given.purpose, given.quota_per_day) == ("consumer_credit", 1000)
    assert given.expires_at == asked.valid_until


@pytest.mark.databases("sqlite", "postgresql")
def test_in_a_lower_tier_the_owner_alone_grants_a_foreseen_use(office: Office) -> None:
    lower = in_a_lower_tier(office, allowed_uses=("Loan desk",))

    foreseen = lower.decide("owner", lower.asked().id)
    unforeseen = lower.decide("owner", lower.asked(intended_use="Loan desk, at night").id)

    assert (foreseen.needs_compliance, foreseen.state) == (False, "granted")
    assert (unforeseen.needs_compliance, unforeseen.state) == (True, "owner_decided")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        pytest.param({"purpose": "marketing"}, "/purpose", id="another purpose"),
        pytest.param({"intended_use": " "}, "/intended_use", id="no words"),
        pytest.param({"quota_per_day": None}, "/quota_per_day", id="no quota"),
        pytest.param({"quota_per_day": 0}, "/quota_per_day", id="a quota of none"),
        pytest.param({"quota_total": 10**13}, "/quota_total", id="a quota without end"),
        pytest.param({"environment": "No Where"}, "/environment", id="odd environment"),
    ],
)
def test_what_is_asked_for_is_said_in_full(
    office: Office, changes: dict[str, Any], pointer: str
) -> None:
    office.approved()

    with pytest.raises(InvalidInput) as caught:
        office.asked(**changes)

    assert [problem["pointer"] for problem in caught.value.problems] == [pointer]
    assert last_refusal(office) == ("request_access", "invalid_input")


def test_access_does_not_end_before_it_begins(office: Office) -> None:
    office.approved()

    with pytest.raises(InvalidInput, match="in the past"):
        office.asked(valid_until=office.clock.now - timedelta(days=1))


def test_only_a_consumer_is_let_in(office: Office) -> None:
    office.approved()

    with pytest.raises(InvalidInput, match="role consumer"):
        office.asked(principal_id=office.people["viewer"].id)
    with pytest.raises(NotFound, match="no principal"):
        office.asked(principal_id=uuid.uuid4())


def test_there_is_no_access_to_a_model_without_an_approved_version(office: Office) -> None:
    office.judged()

    with pytest.raises(Conflict, match="no approved version"):
        office.asked()

    assert last_refusal(office) == ("request_access", "conflict")


def test_a_model_that_lost_its_approval_meanwhile_is_not_granted(office: Office) -> None:
    version_id = office.approved()
    asked = office.asked()
    office.decide("owner", asked.id)
    versions.suspend_version(
        office.database, office.people["validator"], version_id, reason="Complaints."
    )

    with pytest.raises(Conflict, match="no approved version"):
        office.decide("compliance", asked.id)

    assert grants(office) == 0


def test_a_use_case_may_permit_several_purposes_and_then_one_is_named(office: Office) -> None:
    lower = in_a_lower_tier(office, permitted_purposes=("loan_decision", "loan_advice"))

    named = lower.asked(purpose="loan_advice")

    assert named.purpose == "loan_advice"
    with pytest.raises(InvalidInput, match="loan_decision, loan_advice"):
        lower.asked()


def test_whoever_asked_does_not_decide(office: Office) -> None:
    office.approved()
    asked = office.asked(by="compliance")
    office.decide("owner", asked.id)

    with pytest.raises(FourEyes, match="you asked for this access"):
        office.decide("compliance", asked.id)

    assert last_refusal(office) == ("decide_access", "four_eyes")
    assert grants(office) == 0


def test_whoever_is_let_in_does_not_decide(office: Office) -> None:
    office.approved()
    give(office, "compliance", Role.CONSUMER)
    asked = office.asked(principal_id=office.people["compliance"].id)
    office.decide("owner", asked.id)

    with pytest.raises(FourEyes, match="this access is for you"):
        office.decide("compliance", asked.id)


@pytest.mark.databases("sqlite")
def test_a_request_on_which_only_its_author_could_decide_is_refused_at_once(
    office: Office,
) -> None:
    office.approved()
    give(office, "owner", Role.CONSUMER)

    with pytest.raises(FourEyes, match=r"any other viewer, developer, .* of the project"):
        office.asked(by="owner")
    with pytest.raises(FourEyes, match="does not let themselves in"):
        office.asked(principal_id=office.people["owner"].id)

    assert last_refusal(office) == ("request_access", "four_eyes")


@pytest.mark.databases("sqlite")
def test_a_tier_that_rose_since_the_request_brings_compliance_in(office: Office) -> None:
    lower = in_a_lower_tier(office, allowed_uses=("Loan desk",))
    asked, other = lower.asked(), lower.asked()
    office.assess(lower.use_case_id)

    risen = lower.decide("owner", asked.id)
    office.assess(lower.use_case_id, LESSER_ANSWERS)
    sunk = lower.decide("compliance", asked.id)

    assert not asked.needs_compliance
    assert (risen.needs_compliance, risen.state) == (True, "owner_decided")
    assert (sunk.needs_compliance, sunk.state) == (True, "granted")
    assert lower.decide("owner", other.id).state == "granted"


@pytest.mark.databases("sqlite")
def test_access_is_asked_for_a_year_at_most(office: Office) -> None:
    office.approved()
    year = office.clock.now + timedelta(days=365)

    with pytest.raises(InvalidInput, match="at most 365 days") as caught:
        office.asked(valid_until=year + timedelta(minutes=1))

    assert [problem["pointer"] for problem in caught.value.problems] == ["/valid_until"]
    assert office.asked(valid_until=year).valid_until == year


def test_whoever_issued_a_token_of_the_one_who_is_let_in_does_not_decide(office: Office) -> None:
    office.approved()
    asked = office.asked()
    office.decide("owner", asked.id)
    for person in ("owner", "compliance"):
        give(office, person, Role.ADMIN, everywhere=True)

    def issue(person: str) -> None:
        api_tokens.issue_service_token(
            office.database,
            office.people[person],
            office.people["consumer"].id,
            name=person,
            secret=new_token(),
            days=1,
        )

    issue("owner")
    with pytest.raises(FourEyes, match="whoever decided before you"):
        office.decide("compliance", asked.id)

    assert grants(office) == 0
    issue("compliance")
    with pytest.raises(FourEyes, match="issued a token"):
        office.decide("compliance", office.asked().id)


def test_nobody_decides_twice_even_with_both_roles(office: Office) -> None:
    office.approved()
    give(office, "owner", Role.COMPLIANCE)
    asked = office.asked()
    office.decide("owner", asked.id)

    with pytest.raises(FourEyes, match="decided on this request already"):
        office.decide("owner", asked.id)

    assert grants(office) == 0


@pytest.mark.parametrize("person", ["compliance", "second_compliance"])
def test_compliance_waits_for_the_owner(office: Office, person: str) -> None:
    office.approved()

    with pytest.raises(NotAllowed, match="owner of the use case decides first"):
        office.decide(person, office.asked().id)


def test_another_owner_is_not_the_owner_of_the_use_case(office: Office) -> None:
    office.approved()
    give(office, "submitter", Role.OWNER)

    with pytest.raises(NotAllowed, match="that is not you"):
        office.decide("submitter", office.asked().id)


def test_a_role_that_was_taken_back_decides_nothing(office: Office) -> None:
    office.approved()
    asked = office.asked()
    with office.database.reading() as session:
        binding = session.execute(
            select(RoleBindingRow.id).where(
                RoleBindingRow.principal_id == office.people["owner"].id
            )
        ).scalar_one()
    identity.take_role(office.database, office.people["admin"], binding)

    with pytest.raises(NotAllowed):
        office.decide("owner", asked.id)


def test_a_no_needs_a_reason_and_is_final(office: Office) -> None:
    office.approved()
    asked = office.asked()

    with pytest.raises(InvalidInput, match="say why"):
        office.decide("owner", asked.id, AccessDecision.DECLINE, comment=" ")
    declined = office.decide("owner", asked.id, AccessDecision.DECLINE, comment="Not for this.")

    assert declined.state is AccessState.DECLINED
    with pytest.raises(Conflict, match="declined"):
        office.decide("compliance", asked.id)
    with pytest.raises(IllegalTransition):
        withdraw(office, "trainer", asked.id)


def withdraw(office: Office, person: str, request_id: uuid.UUID) -> object:
    return access_requests.withdraw_access_request(
        office.database, office.people[person], request_id
    )


def test_whoever_asked_takes_it_back_and_nobody_else(office: Office) -> None:
    office.approved()
    asked = office.asked()

    with pytest.raises(NotAllowed, match="only whoever asked"):
        withdraw(office, "submitter", asked.id)
    withdraw(office, "trainer", asked.id)

    with pytest.raises(Conflict, match="withdrawn"):
        office.decide("owner", asked.id)


@pytest.mark.databases("sqlite", "postgresql")
def test_silence_ends_a_request_and_never_grants_it(office: Office) -> None:
    office.approved()
    waiting, short = office.asked(), office.asked(valid_until=office.clock.now + timedelta(days=2))
    office.decide("owner", waiting.id)
    office.clock.pass_time(days=3)
    size = office.size()

    def tick() -> None:
        access_requests.lapse_what_is_overdue(office.database, office.system)

    with pytest.raises(Conflict, match="time to decide is over"):
        office.decide("owner", short.id)
    together([tick] * 4)
    half_way = {r.id: r.state for r in seen_by(office, "owner")}
    office.clock.pass_time(days=28)
    tick()

    assert half_way == {waiting.id: "owner_decided", short.id: "lapsed"}
    assert {r.state for r in seen_by(office, "owner")} == {"lapsed"}
    assert office.actions(since=size).count("access_request.lapsed") == 2
    assert grants(office) == 0


def seen_by(office: Office, person: str, **filters: Any) -> tuple[Any, ...]:
    return access.access_requests(office.database, office.people[person], Page(), **filters).items


def test_the_queue_holds_what_one_can_decide_now(office: Office) -> None:
    office.approved()
    fresh, half = office.asked(), office.asked()
    office.decide("owner", half.id)

    assert [r.id for r in seen_by(office, "owner", for_me=True)] == [fresh.id]
    assert [r.id for r in seen_by(office, "compliance", for_me=True)] == [half.id]
    assert [r.id for r in seen_by(office, "validator", for_me=True)] == []
    assert [r.id for r in seen_by(office, "auditor", state=AccessState.REQUESTED)] == [fresh.id]


def test_everybody_sees_their_own_and_those_who_audit_see_all(office: Office) -> None:
    office.approved()
    given = office.granted()
    theirs = {"trainer", "consumer", "owner", "validator", "compliance", "auditor"}

    for person in ("trainer", "consumer", "owner", "auditor", "viewer", "submitter", "stranger"):
        actor = office.people[person]
        expected = 1 if person in theirs else 0
        assert len(access.access_grants(office.database, actor, Page()).items) == expected, person
        assert len(seen_by(office, person)) == expected, person
        if not expected:
            with pytest.raises(NotFound):
                access.access_grant(office.database, actor, given.id)
            with pytest.raises(NotFound):
                access.grant_usage(office.database, actor, given.id)


def test_a_renewal_takes_the_place_of_the_old_grant(office: Office) -> None:
    office.approved()
    old = office.granted()

    new = office.granted(renews_grant_id=old.id, quota_per_day=5)

    before = access.access_grant(office.database, office.people["owner"], old.id)
    assert before.revoked_at is not None
    assert before.revocation == f"renewed by {new.id}"
    with pytest.raises(Conflict, match="was revoked"):
        office.asked(renews_grant_id=old.id)
    with pytest.raises(Conflict, match="same model, environment"):
        office.asked(renews_grant_id=new.id, environment="staging")


def test_a_grant_is_revoked_once_with_a_reason(office: Office) -> None:
    office.approved()
    given = office.granted()

    def revoke(reason: str) -> object:
        return access_decisions.revoke_access(
            office.database, office.people["compliance"], given.id, reason=reason
        )

    with pytest.raises(InvalidInput, match="say why"):
        revoke(" ")
    revoke("The project is over.")
    with pytest.raises(Conflict, match="revoked already"):
        revoke("Again.")


def play(office: Office, acts: list[Callable[[], object]]) -> list[BaseException]:
    raised = together(acts)
    assert [e for e in raised if not isinstance(e, GovernanceError)] == []
    return raised


@pytest.mark.databases("sqlite", "postgresql")
def test_of_a_yes_a_no_and_a_withdrawal_at_once_one_counts(office: Office) -> None:
    office.approved()
    for _ in range(ROUNDS):
        asked = office.asked()
        office.decide("owner", asked.id)
        before, size = grants(office), office.size()

        raised = play(
            office,
            [
                lambda: office.decide("compliance", asked.id),  # noqa: B023  called at once
                lambda: office.decide(
                    "second_compliance",
                    asked.id,  # noqa: B023  called at once
                    AccessDecision.DECLINE,
                    comment="No.",
                ),
                lambda: withdraw(office, "trainer", asked.id),  # noqa: B023  called at once
            ],
        )

        state = access.access_request(office.database, office.people["owner"], asked.id).state
        assert len(raised) == 2
        assert state in {"granted", "declined", "withdrawn"}
        assert grants(office) - before == (state == "granted")
        ends = {"access_request.decided", "access_request.withdrawn"}
        assert sum(action in ends for action in office.actions(since=size)) == 1


@pytest.mark.databases("sqlite", "postgresql")
def test_grants_of_the_first_release_become_grants_for_the_model(office: Office) -> None:
    """Down to the tables of then and up again, with predictions that refer to the grant."""
    deployment = office.deployed()
    given = office.granted()
    answered(office, deployment, 3)

    migrate.downgrade(office.database, MIGRATIONS, revision="0005")
    with office.database.engine.connect() as connection:
        old = connection.exec_driver_sql("SELECT deployment_id, purpose FROM access_grant").one()
    migrate.upgrade(office.database, MIGRATIONS)

    with office.database.reading() as session:
        row = session.get_one(AccessGrantRow, given.id)
        assert uuid.UUID(str(old.deployment_id)) == deployment.id
        assert old.purpose == row.intended_use == "Loan desk"
        assert (row.model_id, row.environment) == (office.model_id, "production")
        assert (row.purpose, row.quota_per_day) == ("consumer_credit", None)
        assert [u.predictions for u in session.query(AccessUsageRow)] == [3]
        assert session.query(AccessRequestRow).count() == 0
    answered(office, deployment, 1)
    usage = access.grant_usage(office.database, office.people["owner"], given.id)
    assert (usage.total, usage.today, usage.left_today) == (4, 4, None)
