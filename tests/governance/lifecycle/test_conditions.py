"""Conditions: the whole table, and no way to `confirmed` but by evidence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_governance.errors import IllegalTransition
from accredit_governance.lifecycle.conditions import (
    TRANSITIONS,
    ConditionAction,
    ConditionState,
    after,
    allowed_actions,
)

TABLE = """
proposed  impose   open
proposed  drop     void
open      meet     met
open      breach   breached
met       confirm  confirmed
met       return   open
met       breach   breached
open      drop     void
met       drop     void
breached  meet     met
"""
EXPECTED = {
    (ConditionState(a), ConditionAction(b)): ConditionState(c)
    for a, b, c in (line.split() for line in TABLE.strip().splitlines())
}


@pytest.mark.parametrize("action", ConditionAction)
@pytest.mark.parametrize("state", ConditionState)
def test_what_the_table_does_not_say_is_illegal(
    state: ConditionState, action: ConditionAction
) -> None:
    if (state, action) in EXPECTED:
        assert after(state, action) is EXPECTED[state, action]
        assert action in allowed_actions(state)
        return
    with pytest.raises(IllegalTransition):
        after(state, action)
    assert action not in allowed_actions(state)


@given(st.lists(st.sampled_from(ConditionAction), max_size=12))
def test_nothing_is_confirmed_that_was_not_approved_and_met(walk: list[ConditionAction]) -> None:
    state, taken = ConditionState.PROPOSED, []
    for action in walk:
        if (state, action) in TRANSITIONS:
            state = after(state, action)
            taken.append(action)

    if state is ConditionState.CONFIRMED:
        assert taken[0] is ConditionAction.IMPOSE
        assert taken[-2:] == [ConditionAction.MEET, ConditionAction.CONFIRM]
