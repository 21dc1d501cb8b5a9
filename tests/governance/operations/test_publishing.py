"""What may be published: nothing that could decide about no model. Refusals are recorded."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import yaml

from accredit_governance.access.permissions import Role
from accredit_governance.errors import Conflict, FourEyes, GovernanceError, PolicyInvalid
from accredit_governance.operations import api_tokens, identity, policies
from accredit_governance.operations.policies import PolicyExpired, PolicyLocksOut
from accredit_governance.questions import catalogue
from accredit_governance.registry.records import PolicyVersionRecord
from tests.governance.office import POLICY, Office, hire, new_token

pytestmark = pytest.mark.databases("sqlite")

Edit = Callable[[dict[str, Any]], object]


def drafted(office: Office, edit: Edit = lambda data: None, *, version: int = 2) -> Any:
    data = POLICY.model_dump(mode="json") | {"version": version}
    edit(data)
    return policies.draft_policy(
        office.database, office.people["author"], source=yaml.safe_dump(data)
    ).id


def publish(office: Office, draft_id: Any) -> PolicyVersionRecord:
    return policies.publish_policy(office.database, office.people["publisher"], draft_id)


def refused(office: Office, draft_id: Any, kind: type[GovernanceError]) -> GovernanceError:
    """The refusal; it is in the trail, and the draft is a draft still."""
    size = office.size()

    with pytest.raises(kind) as caught:
        publish(office, draft_id)

    (event,) = office.events(since=size)
    assert event["outcome"] == "denied"
    assert event["fact"]["operation"] == "publish_policy"
    assert event["fact"]["code"] == caught.value.code
    assert event["fact"]["references"] == [str(draft_id)]
    drafts = catalogue.policies(office.database, office.people["viewer"], state="draft").items
    assert draft_id in {draft.id for draft in drafts}
    return caught.value


def stage(**changes: object) -> Edit:
    return lambda data: data["approval"]["stages"][0].update(changes)


@pytest.mark.databases("sqlite", "postgresql")
def test_a_policy_on_its_last_day_is_published_and_one_that_is_over_is_not(office: Office) -> None:
    today = office.clock().date()
    yesterday = today - timedelta(days=1)
    over = drafted(office, lambda data: data.update(effective_to=yesterday.isoformat()))
    last = drafted(office, lambda data: data.update(effective_to=today.isoformat()), version=3)

    error = refused(office, over, PolicyExpired)

    assert f"ended on {yesterday.isoformat()}" in error.message
    assert publish(office, last).state == "published"


@pytest.mark.databases("sqlite", "postgresql")
def test_a_number_below_the_published_one_is_refused(office: Office) -> None:
    low, high = drafted(office, version=2), drafted(office, version=3)
    publish(office, high)

    error = refused(office, low, Conflict)

    assert "version 3 of policy us-credit-federal is published already" in error.message


@pytest.mark.databases("sqlite", "postgresql")
def test_a_contradiction_is_refused_with_its_place(office: Office) -> None:
    draft = drafted(office, lambda data: data["monitoring"]["drift"].update(tolerance=0.1))

    error = refused(office, draft, PolicyInvalid)

    assert isinstance(error, PolicyInvalid)
    assert [problem["pointer"] for problem in error.problems] == ["/monitoring/drift/tolerance"]


def test_a_quorum_that_nobody_can_fill_is_refused(office: Office) -> None:
    """There are two validators."""
    draft = drafted(office, stage(quorum=3))
    enough = drafted(office, stage(quorum=2), version=3)

    error = refused(office, draft, PolicyLocksOut)

    assert error.facts["shortages"] == [
        {
            "what": "stage validation",
            "role": "validator",
            "tiers": (1, 2, 3, 4),
            "wanted": 3,
            "there": 2,
        }
    ]
    assert "3 different people needed as validator, 2 there" in error.message
    assert publish(office, enough).state == "published"


def test_people_who_left_and_services_fill_no_seat(office: Office) -> None:
    admin = office.people["admin"]
    for name in ("validator", "second_validator"):
        identity.deactivate_principal(office.database, admin, office.people[name].id)
    draft = drafted(office)

    error = refused(office, draft, PolicyLocksOut)

    assert "stage validation of tier 1, 2, 3, 4" in error.message
    assert (
        "waivers: 2 different people needed as validator and compliance, 1 there" in error.message
    )


def test_one_person_with_two_roles_is_one_person(office: Office) -> None:
    """The publisher becomes the only validator and the only compliance officer."""
    admin = office.people["admin"]
    publisher = office.people["publisher"]
    identity.bind_role(office.database, admin, publisher.id, role=Role.VALIDATOR, project_id=None)
    for name in ("validator", "second_validator", "compliance", "second_compliance"):
        identity.deactivate_principal(office.database, admin, office.people[name].id)

    error = refused(office, drafted(office), PolicyLocksOut)

    assert "all stages of tier 2, 3, 4: 2 different people needed" in error.message


def test_a_policy_for_one_tier_asks_for_the_people_of_that_tier_only(office: Office) -> None:
    def tier_two(data: dict[str, Any]) -> None:
        data["applies_to"]["tiers"] = [2]
        data["approval"]["stages"].pop()

    identity.deactivate_principal(
        office.database, office.people["admin"], office.people["owner"].id
    )
    identity.deactivate_principal(
        office.database, office.people["admin"], office.people["stranger"].id
    )

    assert "stage business of tier 1" in refused(office, drafted(office), PolicyLocksOut).message
    assert publish(office, drafted(office, tier_two, version=3)).state == "published"


def test_a_policy_of_the_release_is_installed_before_there_are_people(office: Office) -> None:
    data = POLICY.model_dump(mode="json") | {"name": "other"}
    data["approval"]["stages"][0]["quorum"] = 5

    made = policies.install_policy(office.database, office.system, source=yaml.safe_dump(data))

    assert (made.state, made.shipped) == ("published", True)


def test_whoever_issued_the_token_of_the_robot_that_wrote_it_does_not_publish(
    office: Office,
) -> None:
    admin = office.people["admin"]
    robot = hire(
        office.database, admin, "pen", [Role.CONSUMER, Role.POLICY_AUTHOR], project_id=None
    )
    both = hire(office.database, admin, "both", [Role.ADMIN, Role.COMPLIANCE], project_id=None)
    api_tokens.issue_service_token(
        office.database, both, robot.id, name="x", secret=new_token(), days=1
    )
    data = POLICY.model_dump(mode="json") | {"version": 2}
    draft = policies.draft_policy(office.database, robot, source=yaml.safe_dump(data))

    with pytest.raises(FourEyes, match="whose token you issued"):
        policies.publish_policy(office.database, both, draft.id)

    assert policies.publish_policy(office.database, office.people["publisher"], draft.id)
