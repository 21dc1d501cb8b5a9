"""The lifecycle of a model version: the table, all of it, and nothing beside it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_governance.errors import IllegalTransition
from accredit_governance.lifecycle.versions import (
    TRANSITIONS,
    VersionAction,
    VersionState,
    after,
    allowed_actions,
)

S, A = VersionState, VersionAction

# Written down a second time, on purpose: whoever changes the lifecycle changes it here as well.
STEPS = {
    "draft": {"describe": "candidate"},
    "candidate": {"describe": "candidate", "submit": "gating"},
    "gating": {"pass_gates": "in_review", "fail_gates": "gate_failed"},
    "gate_failed": {
        "waive": "in_review",
        "repeat_gates": "gating",
        "withdraw": "withdrawn",
        "retire": "retired",
    },
    "in_review": {
        "approve": "approved",
        "reject": "rejected",
        "request_changes": "changes_requested",
        "withdraw": "withdrawn",
        "lapse": "lapsed",
        "reopen": "gate_failed",
    },
    "changes_requested": {"retire": "retired"},
    "rejected": {"retire": "retired"},
    "withdrawn": {"retire": "retired"},
    "lapsed": {"retire": "retired"},
    "approved": {"suspend": "suspended", "expire": "expired", "retire": "retired"},
    "suspended": {"reinstate": "approved", "retire": "retired"},
    "expired": {"recertify": "gating", "retire": "retired"},
    "retired": {"purge": "purged"},
    "purged": {},
}


@pytest.mark.parametrize("state", VersionState)
@pytest.mark.parametrize("action", VersionAction)
def test_only_the_table_moves_a_version(state: VersionState, action: VersionAction) -> None:
    expected = STEPS[state].get(action)

    if expected is None:
        with pytest.raises(IllegalTransition) as caught:
            after(state, action)
        assert caught.value.facts["current_state"] == state
        assert caught.value.facts["allowed_actions"] == list(allowed_actions(state))
    else:
        assert after(state, action) == expected


@pytest.mark.parametrize("state", VersionState)
def test_the_allowed_actions_are_those_of_the_table(state: VersionState) -> None:
    assert set(allowed_actions(state)) == set(STEPS[state])


def test_the_refusal_says_what_could_be_done_instead() -> None:
    with pytest.raises(
        IllegalTransition, match=r"cannot approve a model version that is draft; .*: describe$"
    ):
        after(S.DRAFT, A.APPROVE)


def test_a_final_state_allows_nothing() -> None:
    with pytest.raises(IllegalTransition, match="allowed now: nothing"):
        after(S.PURGED, A.APPROVE)


@given(st.lists(st.sampled_from(VersionAction), max_size=30))
def test_no_way_leads_to_approved_except_through_gates_and_review(
    actions: list[VersionAction],
) -> None:
    state, walked = S.DRAFT, [S.DRAFT]
    for action in actions:
        if action in allowed_actions(state):
            state = after(state, action)
            walked.append(state)

    if S.APPROVED in walked:
        until = walked[: walked.index(S.APPROVED)]
        assert until[-1] is S.IN_REVIEW
        assert S.GATING in until


def test_every_state_can_be_reached() -> None:
    reached, seen = {S.DRAFT}, 0
    while len(reached) > seen:
        seen = len(reached)
        reached |= {to for (state, _), to in TRANSITIONS.items() if state in reached}

    assert reached == set(VersionState)


def test_nothing_brings_a_version_back_from_where_it_was_turned_down() -> None:
    down = {S.REJECTED, S.WITHDRAWN, S.LAPSED, S.CHANGES_REQUESTED, S.RETIRED, S.PURGED}

    assert {to for (state, _), to in TRANSITIONS.items() if state in down} == {S.RETIRED, S.PURGED}
