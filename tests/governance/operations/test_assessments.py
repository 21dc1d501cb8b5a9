"""Risk assessments: two people, one tier, and nothing submitted without them."""

import uuid
from collections.abc import Mapping
from dataclasses import replace

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from accredit_governance.access.actors import Actor
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
from accredit_governance.intake.rules import ProhibitedPractice
from accredit_governance.lifecycle.assessments import AssessmentDecision
from accredit_governance.operations import assessments, identity, projects, versions
from accredit_governance.operations.assessments import TierNotAssessed
from accredit_governance.questions import intake, models
from accredit_governance.questions.pages import Page
from accredit_governance.registry.intake_records import RiskAssessmentRecord
from accredit_governance.registry.tables import RiskAssessmentRow, UseCaseRow
from tests.governance.audit.test_ledger import together
from tests.governance.office import ANSWERS, GRAVER_ANSWERS, TERMS, Office, actor_named, hire

pytestmark = pytest.mark.databases("sqlite")

APPROVE, REJECT = AssessmentDecision.APPROVE, AssessmentDecision.REJECT


@pytest.fixture
def fresh(office: Office) -> Office:
    """The office with another use case, and a model of it, that nobody has assessed."""
    use_case = projects.create_use_case(
        office.database,
        office.people["owner"],
        office.project_id,
        name="car-loans",
        owner_id=office.people["owner"].id,
        terms=TERMS,
    )
    model = versions.create_model(
        office.database, office.people["owner"], use_case.id, name="car-approval"
    )
    return replace(office, use_case_id=use_case.id, model_id=model.id)


def fill_in(
    office: Office, answers: Mapping[str, str] = ANSWERS, *, by: str = "submitter"
) -> RiskAssessmentRecord:
    return assessments.fill_in_assessment(
        office.database, office.people[by], office.use_case_id, answers=answers
    )


def decide(
    office: Office,
    assessment_id: uuid.UUID,
    decision: AssessmentDecision = APPROVE,
    *,
    by: str = "compliance",
    comment: str = "Compared with the portfolio.",
) -> RiskAssessmentRecord:
    return assessments.decide_assessment(
        office.database, office.people[by], assessment_id, decision=decision, comment=comment
    )


def two_roles(office: Office, name: str, *roles: Role) -> Actor:
    """Somebody of the office who was given further roles."""
    for role in roles:
        identity.bind_role(
            office.database,
            office.people["admin"],
            office.people[name].id,
            role=role,
            project_id=office.project_id,
        )
    return actor_named(office.database, office.people[name].name)


def refusal_of(office: Office, size: int) -> dict[str, object]:
    """What the trail says of the one refusal since then; nothing else was written."""
    (event,) = office.events(since=size)
    assert (event["action"], event["outcome"]) == ("operation.refused", "denied")
    fact: dict[str, object] = event["fact"]
    return fact


@pytest.mark.parametrize("decider", ["compliance", "validator"])
def test_one_fills_in_and_another_approves(fresh: Office, decider: str) -> None:
    size = fresh.size()

    filled = fill_in(fresh)
    between = intake.effective(fresh.database, fresh.people["viewer"], fresh.use_case_id)
    approved = decide(fresh, filled.id, by=decider)

    assert (filled.state, filled.number, filled.tier) == ("submitted", 1, 2)
    assert between is None
    assert (approved.state, approved.is_effective) == ("approved", True)
    assert (approved.decided_by, approved.decided_role) == (fresh.people[decider].id, decider)
    filled_in, decided = fresh.events(since=size)
    assert filled_in["fact"]["rule"] == decided["fact"]["rule"] == "materiality-1"
    assert filled_in["fact"]["answers_digest"] == approved.answers_digest
    assert decided["fact"]["tier_before"] is None


def test_without_an_approved_assessment_nothing_is_submitted(fresh: Office) -> None:
    version = fresh.candidate()
    rejected = fill_in(fresh)
    decide(fresh, rejected.id, REJECT)
    fill_in(fresh)
    size = fresh.size()

    with pytest.raises(TierNotAssessed, match="no approved risk assessment") as caught:
        versions.submit_version(fresh.database, fresh.people["submitter"], version.id)

    assert caught.value.code == "tier_not_assessed"
    assert fresh.state_of(version.id) == "candidate"
    assert refusal_of(fresh, size)["code"] == "tier_not_assessed"


@pytest.mark.parametrize(
    ("name", "roles", "words"),
    [
        pytest.param("submitter", (Role.VALIDATOR,), "you filled this assessment in", id="filler"),
        pytest.param("owner", (Role.COMPLIANCE,), "you answer for this use case", id="owner"),
    ],
)
def test_a_second_role_makes_nobody_a_second_person(
    fresh: Office, name: str, roles: tuple[Role, ...], words: str
) -> None:
    filled = fill_in(fresh)
    person = two_roles(fresh, name, *roles)
    size = fresh.size()

    with pytest.raises(FourEyes, match=words):
        assessments.decide_assessment(
            fresh.database, person, filled.id, decision=APPROVE, comment="Mine."
        )

    assert refusal_of(fresh, size)["code"] == "four_eyes"
    assert intake.effective(fresh.database, fresh.people["viewer"], fresh.use_case_id) is None


def test_whoever_owns_the_use_case_by_now_does_not_decide_either(fresh: Office) -> None:
    filled = fill_in(fresh)
    next_owner = two_roles(fresh, "compliance", Role.OWNER)
    projects.change_use_case_owner(
        fresh.database, fresh.people["owner"], fresh.use_case_id, owner_id=next_owner.id
    )

    with pytest.raises(FourEyes, match="you answer for this use case"):
        decide(fresh, filled.id)


@pytest.mark.parametrize("person", ["submitter", "owner"])
def test_the_database_holds_the_four_eyes_too(fresh: Office, person: str) -> None:
    filled = fill_in(fresh)
    past_the_door = fresh.database.engine.execution_options(accredit_writes=True)

    with pytest.raises(IntegrityError, match="four_eyes"), past_the_door.begin() as connection:
        connection.execute(
            update(RiskAssessmentRow.__table__)
            .where(RiskAssessmentRow.__table__.c.id == filled.id)
            .values(
                state="approved",
                decided_by=fresh.people[person].id,
                decided_at=fresh.clock.now,
                comment="Mine.",
            )
        )


@pytest.mark.parametrize("name", ["viewer", "submitter", "owner", "auditor"])
def test_only_compliance_and_validators_decide(fresh: Office, name: str) -> None:
    filled = fill_in(fresh, by="trainer")

    with pytest.raises(NotAllowed, match="risk_assessment:decide"):
        decide(fresh, filled.id, by=name)


@pytest.mark.parametrize("name", ["viewer", "validator", "compliance", "auditor"])
def test_only_builders_and_owners_fill_in(fresh: Office, name: str) -> None:
    with pytest.raises(NotAllowed, match="risk_assessment:create"):
        fill_in(fresh, by=name)


def test_a_program_fills_nothing_in(fresh: Office) -> None:
    robot = identity.create_principal(
        fresh.database, fresh.people["admin"], kind="service", name="robot", title="Robot"
    )
    identity.bind_role(
        fresh.database,
        fresh.people["admin"],
        robot.id,
        role=Role.DEVELOPER,
        project_id=fresh.project_id,
    )

    with pytest.raises(NotAllowed, match="by a person"):
        assessments.fill_in_assessment(
            fresh.database,
            actor_named(fresh.database, "robot"),
            fresh.use_case_id,
            answers=ANSWERS,
        )


@pytest.mark.parametrize(
    ("answers", "error", "code"),
    [
        pytest.param({"effect": "minor"}, InvalidInput, "invalid_input", id="open questions"),
        pytest.param(
            {**ANSWERS, "effect": "huge"}, InvalidInput, "invalid_input", id="no such choice"
        ),
        pytest.param({**ANSWERS, "area": "none"}, InvalidInput, "invalid_input", id="denied area"),
        pytest.param(
            {**ANSWERS, "prohibited": "social_scoring"},
            ProhibitedPractice,
            "prohibited_practice",
            id="prohibited",
        ),
    ],
)
def test_answers_that_cannot_stand_leave_a_refusal_and_nothing_else(
    fresh: Office, answers: dict[str, str], error: type[GovernanceError], code: str
) -> None:
    size = fresh.size()

    with pytest.raises(error):
        fill_in(fresh, answers)

    refused = refusal_of(fresh, size)
    assert (refused["operation"], refused["code"]) == ("fill_in_assessment", code)
    listed = intake.assessments(fresh.database, fresh.people["viewer"], fresh.use_case_id)
    assert listed.items == ()


def test_one_assessment_waits_at_a_time(fresh: Office) -> None:
    fill_in(fresh)

    with pytest.raises(Conflict, match="waits for its decision"):
        fill_in(fresh, by="trainer")


@pytest.mark.parametrize("decision", AssessmentDecision)
def test_a_decision_needs_a_comment_and_is_made_once(
    fresh: Office, decision: AssessmentDecision
) -> None:
    filled = fill_in(fresh)

    with pytest.raises(InvalidInput, match="rests on"):
        decide(fresh, filled.id, decision, comment="  ")
    decide(fresh, filled.id, decision)

    for again in AssessmentDecision:
        with pytest.raises(IllegalTransition, match="cannot"):
            decide(fresh, filled.id, again, by="validator")


def test_the_newest_approved_one_counts_and_the_others_stay(fresh: Office) -> None:
    first = fill_in(fresh)
    decide(fresh, first.id)
    second = fill_in(fresh, GRAVER_ANSWERS)
    decide(fresh, second.id)
    third = fill_in(fresh)
    decide(fresh, third.id, REJECT)

    listed = intake.assessments(fresh.database, fresh.people["viewer"], fresh.use_case_id).items

    assert [(a.number, a.state, a.tier, a.is_effective) for a in listed] == [
        (3, "rejected", 2, False),
        (2, "approved", 1, True),
        (1, "approved", 2, False),
    ]


@pytest.mark.databases("sqlite", "postgresql")
def test_a_version_keeps_the_assessment_that_it_was_submitted_under(office: Office) -> None:
    request = office.in_review()

    graver = fill_in(office, GRAVER_ANSWERS)
    decide(office, graver.id)
    office.sign("validator", request)
    office.sign("compliance", request)
    later = office.in_review()

    assert office.state_of(request.model_version_id) == "approved"
    assert [stage["name"] for stage in request.stages] == ["validation", "compliance"]
    assert [stage["name"] for stage in later.stages] == ["validation", "compliance", "business"]
    card = models.card(office.database, office.people["viewer"], later.model_version_id)
    assert (card.purpose.risk_tier, card.purpose.ai_act_class) == ("1", "high_risk")
    assert card.purpose.assessed_by_rule == "materiality-1"
    assert card.purpose.assessment_approved_by == "Compliance Personson"
    (submitted,) = [
        event["fact"]
        for event in office.events()
        if event["action"] == "model_version.submitted"
        and event["resource"] == str(later.model_version_id)
    ]
    assert (submitted["risk_assessment"], submitted["tier"]) == (str(graver.id), 1)
    assert submitted["terms_digest"] == later.subject["use_case"]["terms"] == TERMS.digest()


@pytest.mark.databases("sqlite", "postgresql")
@pytest.mark.parametrize("column", ["document", "answers"])
def test_a_signature_is_void_when_the_assessment_was_edited(office: Office, column: str) -> None:
    request = office.in_review()
    past_the_door = office.database.engine.execution_options(accredit_writes=True)
    with past_the_door.begin() as connection:
        connection.execute(update(RiskAssessmentRow.__table__).values({column: {"tier": 4}}))

    with pytest.raises(Conflict, match="has changed"):
        office.sign("validator", request)


@pytest.mark.databases("sqlite", "postgresql")
def test_a_signature_is_void_when_the_terms_were_edited(office: Office) -> None:
    request = office.in_review()
    terms = TERMS.model_copy(update={"purpose": "Sets the price of a loan."})
    past_the_door = office.database.engine.execution_options(accredit_writes=True)
    with past_the_door.begin() as connection:
        connection.execute(
            update(UseCaseRow.__table__).values(document=terms.model_dump(mode="json"))
        )

    with pytest.raises(Conflict, match="has changed"):
        office.sign("validator", request)


def test_another_project_learns_of_no_assessment(fresh: Office) -> None:
    filled = fill_in(fresh)
    stranger = fresh.people["stranger"]

    with pytest.raises(NotFound):
        fill_in(fresh, by="stranger")
    with pytest.raises(NotFound):
        intake.assessments(fresh.database, stranger, fresh.use_case_id)
    with pytest.raises(NotFound):
        intake.why_not_decide(fresh.database, stranger, filled.id)
    assert intake.all_use_cases(fresh.database, stranger, Page()).items == ()


def test_whoever_could_decide_is_shown_what_waits(fresh: Office) -> None:
    filled = fill_in(fresh)

    def waiting(name: str) -> list[uuid.UUID]:
        found = intake.assessments_to_decide(fresh.database, fresh.people[name], Page())
        return [item.id for item in found.items]

    assert waiting("compliance") == waiting("validator") == [filled.id]
    assert waiting("owner") == waiting("submitter") == waiting("auditor") == []
    decide(fresh, filled.id)
    assert waiting("validator") == []
    assert (
        intake.why_not_decide(fresh.database, fresh.people["validator"], filled.id)
        == "it is approved"
    )


def test_of_two_who_decide_at_once_one_does(fresh: Office) -> None:
    for _ in range(15):
        filled = fill_in(fresh)
        size = fresh.size()

        raised = together(
            [
                lambda i=filled.id: decide(fresh, i, APPROVE, by="compliance"),  # type: ignore[misc]
                lambda i=filled.id: decide(fresh, i, REJECT, by="validator"),  # type: ignore[misc]
            ]
        )

        assert [type(error) for error in raised] == [IllegalTransition]
        decided = [e for e in fresh.events(since=size) if e["outcome"] == "ok"]
        newest = intake.assessments(
            fresh.database, fresh.people["viewer"], fresh.use_case_id
        ).items[0]
        assert len(decided) == 1
        assert (
            newest.state
            == {"approve": "approved", "reject": "rejected"}[decided[0]["fact"]["decision"]]
        )


def test_of_two_who_fill_in_at_once_one_does(fresh: Office) -> None:
    for _ in range(10):
        raised = together(
            [lambda: fill_in(fresh, by="submitter"), lambda: fill_in(fresh, by="trainer")]
        )

        assert [type(error) for error in raised] == [Conflict]
        newest = intake.assessments(
            fresh.database, fresh.people["viewer"], fresh.use_case_id
        ).items[0]
        decide(fresh, newest.id)


# --- who answers for a use case -----------------------------------------------------------------


def second_owner(office: Office, name: str = "second-owner") -> Actor:
    return hire(
        office.database,
        office.people["admin"],
        name,
        [Role.OWNER],
        project_id=office.project_id,
    )


@pytest.mark.parametrize("by", ["owner", "compliance"])
def test_the_present_owner_or_compliance_hands_a_use_case_over(fresh: Office, by: str) -> None:
    follower = second_owner(fresh)
    size = fresh.size()

    record = projects.change_use_case_owner(
        fresh.database, fresh.people[by], fresh.use_case_id, owner_id=follower.id
    )

    assert record.owner_id == follower.id
    (event,) = fresh.events(since=size)
    assert event["action"] == "use_case.owner_changed"
    assert event["fact"] == {"before": str(fresh.people["owner"].id), "after": str(follower.id)}


def test_another_owner_takes_nothing_over(fresh: Office) -> None:
    follower = second_owner(fresh)
    size = fresh.size()

    with pytest.raises(NotAllowed, match="by its present owner or by compliance"):
        projects.change_use_case_owner(
            fresh.database, follower, fresh.use_case_id, owner_id=follower.id
        )

    assert refusal_of(fresh, size)["code"] == "not_allowed"


@pytest.mark.parametrize("name", ["viewer", "validator", "stranger"])
def test_a_use_case_is_handed_to_an_owner_of_the_project_only(fresh: Office, name: str) -> None:
    with pytest.raises(InvalidInput, match="does not hold the role owner"):
        projects.change_use_case_owner(
            fresh.database,
            fresh.people["owner"],
            fresh.use_case_id,
            owner_id=fresh.people[name].id,
        )


def test_a_use_case_is_never_without_an_active_owner(fresh: Office) -> None:
    gone = second_owner(fresh)
    identity.deactivate_principal(fresh.database, fresh.people["admin"], gone.id)

    for nobody in (gone.id, uuid.uuid4()):
        with pytest.raises(InvalidInput, match="does not hold the role owner"):
            projects.change_use_case_owner(
                fresh.database, fresh.people["owner"], fresh.use_case_id, owner_id=nobody
            )
    with pytest.raises(Conflict, match="already"):
        projects.change_use_case_owner(
            fresh.database,
            fresh.people["owner"],
            fresh.use_case_id,
            owner_id=fresh.people["owner"].id,
        )
