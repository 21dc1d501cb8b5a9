"""Requests for access: the table, all of it, and what no walk through it can reach."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_governance.access.permissions import Role
from accredit_governance.errors import IllegalTransition
from accredit_governance.lifecycle.access import (
    ACCESS_TRANSITIONS,
    DECIDERS,
    OPEN_STATES,
    AccessAction,
    AccessDecision,
    AccessState,
    action_of,
    after_access,
    compliance_decides,
)

# Written down a second time, on purpose.
STEPS = {
    "requested": {
        "agree": "owner_decided",
        "grant": "granted",
        "decline": "declined",
        "withdraw": "withdrawn",
        "lapse": "lapsed",
    },
    "owner_decided": {
        "grant": "granted",
        "decline": "declined",
        "withdraw": "withdrawn",
        "lapse": "lapsed",
    },
    "granted": {},
    "declined": {},
    "withdrawn": {},
    "lapsed": {},
}


@pytest.mark.parametrize("state", AccessState)
@pytest.mark.parametrize("action", AccessAction)
def test_only_the_table_moves_a_request(state: AccessState, action: AccessAction) -> None:
    expected = STEPS[state].get(action)

    if expected is None:
        with pytest.raises(IllegalTransition) as caught:
            after_access(state, action)
        assert caught.value.facts["allowed_actions"] == list(STEPS[state])
    else:
        assert after_access(state, action) == expected


def test_whatever_is_open_waits_for_somebody() -> None:
    assert set(DECIDERS) == OPEN_STATES == {state for state, _ in ACCESS_TRANSITIONS}
    assert DECIDERS[AccessState.REQUESTED] is Role.OWNER
    assert DECIDERS[AccessState.OWNER_DECIDED] is Role.COMPLIANCE


@given(
    needs_compliance=st.booleans(),
    acts=st.lists(
        st.sampled_from(
            [*AccessDecision, AccessAction.WITHDRAW, AccessAction.LAPSE],
        ),
        max_size=6,
    ),
)
def test_no_walk_is_granted_without_everybody_who_decides(
    needs_compliance: bool, acts: list[AccessDecision | AccessAction]
) -> None:
    state, agreed = AccessState.REQUESTED, []
    for act in acts:
        if state not in OPEN_STATES:
            break
        action = act
        if isinstance(act, AccessDecision):
            action = action_of(state, act, needs_compliance=needs_compliance)
            if act is AccessDecision.GRANT:
                agreed.append(DECIDERS[state])
        assert isinstance(action, AccessAction)
        state = after_access(state, action)

    wanted = [Role.OWNER, Role.COMPLIANCE] if needs_compliance else [Role.OWNER]
    assert (state is AccessState.GRANTED) == (agreed == wanted)


@pytest.mark.parametrize(
    ("tier", "use", "expected"),
    [
        pytest.param(1, "Loan desk", True, id="tier 1"),
        pytest.param(2, "Loan desk", True, id="tier 2"),
        pytest.param(3, "Loan desk", False, id="tier 3, foreseen"),
        pytest.param(4, "loan desk", True, id="tier 4, one letter off"),
    ],
)
def test_compliance_decides_in_material_tiers_and_on_unforeseen_uses(
    tier: int, use: str, expected: bool
) -> None:
    assert compliance_decides(tier, use, frozenset({"Loan desk"})) is expected
