"""Who may do what: the whole table, written down a second time."""

import inspect
import uuid

import pytest

import accredit_governance.operations
import accredit_governance.questions
from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import (
    ORGANISATION_WIDE,
    PERSONAL,
    ROLE_PERMISSIONS,
    Permission,
    Role,
)
from accredit_governance.access.rights import Binding, Reach
from accredit_governance.access.separation import Makers, require_independent
from accredit_governance.errors import FourEyes
from tests.governance.operations.test_door import modules_of, own_functions

ROLES = [
    "viewer",
    "developer",
    "owner",
    "validator",
    "compliance",
    "auditor",
    "policy_author",
    "admin",
    "consumer",
    "system",
    "provisioner",
]
# One line per permission, one column per role in the order above; x: holds it.
TABLE = """
access:read         x x x x x x x . x . .
access_grant:give   . . x . x . . . . . .
access_request:create x x x x x . . . . . .
alert:acknowledge   . . x x x . . . . . .
alias:move          . . x . . . . . . . .
approval:discuss    . x x x x . . . . . .
approval:sign       . . x x x . . . . . .
attestation:sign    . . x x x . . . . . .
audit:read          . . x x x x . . . . .
break_glass:grant   . . . . x . . x . . .
break_glass:read    . . . . x x . x . . .
break_glass:request x x x x x . . x . . .
dataset:create      . x x . . . . . . . .
deployment:create   . . x . . . . . . . .
drift:request       . x x x x . . . . x .
environment:create  . . x . x . . . . . .
finding:accept      . . x . x . . . . . .
finding:close       . . . x x . . . . . .
finding:open        . . x x x . . . . . .
finding:remediate   . x x x x . . . . . .
identity:manage     . . . . . . . x . . .
identity:provision  . . . . . . . . . . x
legal_hold:place    . . . . x . . . . . .
model:create        . x x . . . . . . . .
model_request:create x x x x x . . . . . .
model_request:decide . . x . . . . . . . .
outcome:record      . x x . . . . . x . .
policy:draft        . . . . . . x . . . .
policy:publish      . . . . x . . . . . .
policy:simulate     . . . . x . x . . . .
prediction:create   . . . . . . . . x . .
prediction:read     . . . . x x . . . . .
project:create      . . . . . . . x . . .
project:list        x x x x x x x x . x .
project:read        x x x x x x x . . x .
risk_assessment:create . x x . . . . . . . .
risk_assessment:decide . . . x x . . . . . .
run:create          . x x . . . . . . . .
signing_ticket:create . . x x x . . x . . .
system:record       . . . . . . . . . x .
use_case:create     . . x . . . . . . . .
use_case:transfer   . . x . x . . . . . .
version:purge       . . . . x . . x . . .
version:reinstate   . . x . . . . . . . .
version:retire      . . x . x . . . . . .
version:submit      . x x . . . . . . . .
version:suspend     . . x x x . . . . . .
waiver:sign         . . . x x . . . . . .
"""
EXPECTED = {
    (role, line.split()[0]): mark == "x"
    for line in TABLE.strip().splitlines()
    for role, mark in zip(ROLES, line.split()[1:], strict=True)
}
HOME, ELSEWHERE = uuid.UUID(int=1), uuid.UUID(int=2)


def actor(*bindings: tuple[Role, uuid.UUID | None]) -> Actor:
    return Actor(
        id=uuid.UUID(int=9),
        kind="user",
        name="someone",
        bindings=tuple(Binding(role=role, project_id=project) for role, project in bindings),
    )


def test_the_table_knows_every_role_and_every_permission() -> None:
    assert {role for role, _ in EXPECTED} == set(Role) == set(ROLE_PERMISSIONS)
    assert {permission for _, permission in EXPECTED} == set(Permission)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("permission", Permission)
def test_a_role_holds_what_the_table_says_and_nothing_more(
    role: Role, permission: Permission
) -> None:
    expected = EXPECTED[role, permission]
    here, everywhere = actor((role, HOME)), actor((role, None))

    assert (permission in ROLE_PERMISSIONS[role]) == expected
    assert here.may(permission, HOME) == expected
    assert everywhere.may(permission, HOME) == expected
    assert everywhere.may(permission, None) == expected
    assert here.may_anywhere(permission) == expected
    assert not here.may(permission, ELSEWHERE)
    assert not here.may(permission, None)


def test_an_admin_neither_signs_nor_deploys_nor_reads_payloads() -> None:
    forbidden = {
        Permission.APPROVAL_SIGN,
        Permission.WAIVER_SIGN,
        Permission.DEPLOYMENT_CREATE,
        Permission.PREDICTION_READ,
        Permission.PREDICTION_CREATE,
        Permission.RUN_CREATE,
        Permission.VERSION_SUBMIT,
        Permission.POLICY_PUBLISH,
        Permission.PROJECT_READ,
    }

    assert not ROLE_PERMISSIONS[Role.ADMIN] & forbidden


def test_an_auditor_changes_nothing() -> None:
    assert ROLE_PERMISSIONS[Role.AUDITOR] == {
        Permission.PROJECT_LIST,
        Permission.PROJECT_READ,
        Permission.ACCESS_READ,
        Permission.AUDIT_READ,
        Permission.BREAK_GLASS_READ,
        Permission.PREDICTION_READ,
    }


def test_no_role_writes_a_policy_and_publishes_it() -> None:
    both = {Permission.POLICY_DRAFT, Permission.POLICY_PUBLISH}

    assert not [role for role in Role if both <= ROLE_PERMISSIONS[role]]


def test_no_role_builds_and_validates() -> None:
    judging = {Permission.WAIVER_SIGN}
    building = {Permission.RUN_CREATE, Permission.VERSION_SUBMIT}

    assert not [r for r in Role if ROLE_PERMISSIONS[r] & judging and ROLE_PERMISSIONS[r] & building]


def test_what_belongs_to_no_project_takes_a_role_everywhere() -> None:
    assert {
        Permission.PROJECT_CREATE,
        Permission.IDENTITY_MANAGE,
        Permission.IDENTITY_PROVISION,
        Permission.POLICY_DRAFT,
        Permission.POLICY_PUBLISH,
        Permission.POLICY_SIMULATE,
    } == ORGANISATION_WIDE


def test_who_simulates_a_policy_may_read_every_version_that_it_is_tried_on() -> None:
    holders = [r for r in Role if Permission.POLICY_SIMULATE in ROLE_PERMISSIONS[r]]

    assert holders
    assert all(Permission.PROJECT_READ in ROLE_PERMISSIONS[role] for role in holders)


def test_judging_is_for_people() -> None:
    assert {
        Permission.APPROVAL_SIGN,
        Permission.ATTESTATION_SIGN,
        Permission.FINDING_ACCEPT,
        Permission.FINDING_CLOSE,
        Permission.FINDING_OPEN,
        Permission.WAIVER_SIGN,
        Permission.POLICY_PUBLISH,
        Permission.RISK_ASSESSMENT_DECIDE,
        Permission.ACCESS_GRANT_GIVE,
    } == PERSONAL


def test_without_roles_nothing_is_allowed() -> None:
    nobody = actor()

    assert not [p for p in Permission if nobody.may(p, HOME) or nobody.may(p, None)]
    assert not [p for p in Permission if nobody.may_anywhere(p)]


def test_roles_of_several_places_add_up_where_they_hold() -> None:
    someone = actor((Role.VIEWER, None), (Role.OWNER, HOME))

    assert someone.roles(HOME) == {Role.VIEWER, Role.OWNER}
    assert someone.roles(ELSEWHERE) == {Role.VIEWER}
    assert someone.roles(None) == {Role.VIEWER}


@pytest.mark.parametrize(
    ("bindings", "expected"),
    [
        pytest.param((), set(), id="none"),
        pytest.param(((Role.VIEWER, HOME),), {HOME}, id="one"),
        pytest.param(((Role.VIEWER, HOME), (Role.OWNER, ELSEWHERE)), {HOME, ELSEWHERE}, id="two"),
        pytest.param(((Role.VIEWER, HOME), (Role.AUDITOR, None)), None, id="all"),
        pytest.param(((Role.CONSUMER, None),), set(), id="without the permission"),
    ],
)
def test_a_list_draws_from_the_projects_where_the_permission_is_held(
    bindings: tuple[tuple[Role, uuid.UUID | None], ...], expected: set[uuid.UUID] | None
) -> None:
    reach = actor(*bindings).reach(Permission.PROJECT_READ)

    assert reach.everywhere == (expected is None)
    assert expected is None or reach == Reach(projects=frozenset(expected))


def test_every_permission_guards_some_operation_or_question() -> None:
    guarded = {
        function.permission  # type: ignore[attr-defined]
        for module in [
            *modules_of(accredit_governance.operations),
            *modules_of(accredit_governance.questions),
        ]
        for _, function in own_functions(module)
        if hasattr(function, "permission")
    }

    assert len(guarded) > 10
    assert guarded == set(Permission)


def test_every_operation_takes_its_transaction_first() -> None:
    found = 0
    for module in modules_of(accredit_governance.operations):
        for name, function in own_functions(module):
            if hasattr(function, "permission"):
                found += 1
                first = next(iter(inspect.signature(function).parameters))  # type: ignore[arg-type]
                assert first in {"tx", "view"}, name

    assert found > 20


MAKERS = Makers(
    trained_by=uuid.UUID(int=1), submitted_by=uuid.UUID(int=2), prepared_by=uuid.UUID(int=3)
)


@pytest.mark.parametrize(
    ("person", "deed"),
    [
        pytest.param(1, "trained it", id="trained"),
        pytest.param(2, "submitted it", id="submitted"),
        pytest.param(3, "prepared its data", id="prepared"),
    ],
)
def test_nobody_judges_what_they_had_a_hand_in(person: int, deed: str) -> None:
    with pytest.raises(FourEyes, match=f"may not sign .* because you {deed}") as caught:
        require_independent(uuid.UUID(int=person), MAKERS, act="sign")

    assert caught.value.facts["reasons"] == [deed]


def test_every_hand_is_named() -> None:
    one = uuid.UUID(int=1)
    makers = Makers(trained_by=one, submitted_by=one, prepared_by=one)

    with pytest.raises(FourEyes, match="trained it and submitted it and prepared its data"):
        require_independent(one, makers, act="sign")


def test_somebody_else_judges() -> None:
    require_independent(uuid.UUID(int=4), MAKERS, act="sign")
