"""Findings and conditions get another owner: by those who judge, and not to themselves."""

from functools import partial

import pytest

from accredit_governance.access.permissions import Role
from accredit_governance.errors import Conflict, FourEyes, InvalidInput, NotAllowed
from accredit_governance.lifecycle.findings import FindingState
from accredit_governance.operations import identity, reassignments, risk_acceptances
from accredit_governance.questions import findings as questions
from tests.governance.office import Office, hire
from tests.governance.operations.test_conditions import approved, confirm, demand, look, meet
from tests.governance.operations.test_findings import (
    accepted,
    close,
    offer,
    on_the_use_case,
    opened,
    plan,
    remediate,
)

WHY = "They have left the company."


def test_a_finding_whose_owner_left_is_put_right_by_another_one(office: Office) -> None:
    leaver = hire(
        office.database,
        office.people["admin"],
        "leaver",
        [Role.OWNER],
        project_id=office.project_id,
    )
    finding = opened(office, office.judged(), owner_id=leaver.id)
    proposal = offer(office, finding.id)
    identity.deactivate_principal(office.database, office.people["admin"], leaver.id)
    with pytest.raises(NotAllowed, match="another person's"):
        plan(office, finding.id)
    size = office.size()

    handed_on = reassignments.reassign_finding(
        office.database,
        office.people["validator"],
        finding.id,
        owner_id=office.people["owner"].id,
        reason=WHY,
    )

    assert (handed_on.owner_id, handed_on.due_on) == (office.people["owner"].id, finding.due_on)
    event, ended = office.events(since=size)
    assert (event["action"], ended["action"]) == ("finding.reassigned", "risk_acceptance.ended")
    assert event["fact"]["before"] == str(leaver.id)
    assert event["fact"]["after"] == str(office.people["owner"].id)
    (step,) = questions.steps(office.database, office.people["viewer"], finding.id).items
    assert (step.action, step.said) == ("reassign", WHY)
    with pytest.raises(Conflict):
        risk_acceptances.confirm_acceptance(office.database, office.people["owner"], proposal.id)
    plan(office, finding.id)
    remediate(office, finding.id)
    assert close(office, finding.id).state is FindingState.CLOSED


def test_nobody_takes_a_finding_or_hands_on_their_own(office: Office) -> None:
    office.judged()
    finding = on_the_use_case(office)
    reassign = partial(reassignments.reassign_finding, office.database, reason=WHY)
    owner, validator = office.people["owner"], office.people["validator"]
    identity.bind_role(
        office.database,
        office.people["admin"],
        owner.id,
        role=Role.VALIDATOR,
        project_id=office.project_id,
    )

    with pytest.raises(FourEyes, match="make this finding yours"):
        reassign(validator, finding_id=finding.id, owner_id=validator.id)
    with pytest.raises(FourEyes, match="own or remediated"):
        reassign(owner, finding_id=finding.id, owner_id=validator.id)
    with pytest.raises(NotAllowed):
        reassign(office.people["trainer"], finding_id=finding.id, owner_id=validator.id)
    with pytest.raises(InvalidInput, match="no active person"):
        reassign(validator, finding_id=finding.id, owner_id=office.people["viewer"].id)
    with pytest.raises(Conflict, match="theirs already"):
        reassign(validator, finding_id=finding.id, owner_id=owner.id)
    borne = accepted(office, office.judged())
    with pytest.raises(Conflict, match="reopen it first"):
        reassign(validator, finding_id=borne.id, owner_id=office.people["compliance"].id)


def test_a_condition_whose_owner_left_is_met_by_another_one(office: Office) -> None:
    leaver = hire(
        office.database,
        office.people["admin"],
        "leaver",
        [Role.OWNER],
        project_id=office.project_id,
    )
    office.people["leaver"] = leaver
    (condition,) = approved(office, demand(office, "leaver"))
    identity.deactivate_principal(office.database, office.people["admin"], leaver.id)
    reassign = partial(
        reassignments.reassign_condition, office.database, condition_id=condition, reason=WHY
    )
    validator = office.people["validator"]

    with pytest.raises(FourEyes, match="make this condition yours"):
        reassign(validator, owner_id=validator.id)
    with pytest.raises(NotAllowed):
        reassign(office.people["owner"], owner_id=office.people["owner"].id)
    with pytest.raises(InvalidInput, match="builds or reviews"):
        reassign(validator, owner_id=office.people["viewer"].id)
    reassign(validator, owner_id=office.people["owner"].id)

    event = office.events()[-1]
    assert event["action"] == "approval_condition.reassigned"
    assert event["fact"]["before"] == str(leaver.id)
    meet(office, condition)
    with pytest.raises(Conflict, match="met"):
        reassign(validator, owner_id=office.people["compliance"].id)
    assert confirm(office, condition).state == "confirmed"
    assert look(office, condition).owner_id == office.people["owner"].id
