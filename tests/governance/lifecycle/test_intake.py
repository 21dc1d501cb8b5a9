"""The tables of assessments and model requests, walked completely."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_governance.errors import IllegalTransition
from accredit_governance.lifecycle import model_requests
from accredit_governance.lifecycle.assessments import (
    AssessmentDecision,
    AssessmentState,
    decided,
)
from accredit_governance.lifecycle.model_requests import (
    ModelRequestAction,
    ModelRequestState,
    after,
    allowed_actions,
)

OVER = {ModelRequestState.DELIVERED, ModelRequestState.DECLINED, ModelRequestState.WITHDRAWN}


@pytest.mark.parametrize(
    ("state", "decision"), list(itertools.product(AssessmentState, AssessmentDecision))
)
def test_only_a_submitted_assessment_is_decided(
    state: AssessmentState, decision: AssessmentDecision
) -> None:
    if state is AssessmentState.SUBMITTED:
        assert decided(state, decision) is not state
        return
    with pytest.raises(IllegalTransition, match=f"that is {state}"):
        decided(state, decision)


@pytest.mark.parametrize(
    ("state", "action"), list(itertools.product(ModelRequestState, ModelRequestAction))
)
def test_only_the_table_moves_a_model_request(
    state: ModelRequestState, action: ModelRequestAction
) -> None:
    expected = model_requests.TRANSITIONS.get((state, action))

    if expected is not None:
        assert after(state, action) is expected
        assert action in allowed_actions(state)
        return
    with pytest.raises(IllegalTransition):
        after(state, action)
    assert action not in allowed_actions(state)


@pytest.mark.parametrize("state", sorted(OVER))
def test_what_is_answered_stays_answered(state: ModelRequestState) -> None:
    assert allowed_actions(state) == ()


@given(st.lists(st.sampled_from(ModelRequestAction), max_size=12))
def test_a_request_is_delivered_only_after_it_was_triaged_and_accepted(
    actions: list[ModelRequestAction],
) -> None:
    state, done = ModelRequestState.REQUESTED, []
    for action in actions:
        try:
            state = after(state, action)
        except IllegalTransition:
            continue
        done.append(action)

    if state is ModelRequestState.DELIVERED:
        assert done[-2:] == [ModelRequestAction.ACCEPT, ModelRequestAction.DELIVER]
        assert ModelRequestAction.TRIAGE in done
