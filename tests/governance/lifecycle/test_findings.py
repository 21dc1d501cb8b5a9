"""The tables of findings and attestations: what they do not say is refused."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_governance.errors import IllegalTransition
from accredit_governance.lifecycle import attestations, findings
from accredit_governance.lifecycle.attestations import AttestationAction, AttestationState
from accredit_governance.lifecycle.findings import (
    OWED,
    TRANSITIONS,
    FindingAction,
    FindingSeverity,
    FindingState,
)

# Written down a second time: state, action, what follows.
STEPS = """
open            plan        in_remediation
in_remediation  plan        in_remediation
in_remediation  remediate   remediated
remediated      close       closed
open            accept      risk_accepted
in_remediation  accept      risk_accepted
remediated      accept      risk_accepted
risk_accepted   expire      open
remediated      reopen      open
closed          reopen      open
risk_accepted   reopen      open
"""
EXPECTED = {
    (FindingState(state), FindingAction(action)): FindingState(following)
    for state, action, following in (line.split() for line in STEPS.strip().splitlines())
}
TODAY = date(2026, 11, 1)


@pytest.mark.parametrize("action", FindingAction)
@pytest.mark.parametrize("state", FindingState)
def test_only_the_table_moves_a_finding(state: FindingState, action: FindingAction) -> None:
    following = EXPECTED.get((state, action))

    if following is not None:
        assert findings.after(state, action) is following
        assert action in findings.allowed_actions(state)
        return
    with pytest.raises(IllegalTransition) as caught:
        findings.after(state, action)
    assert action not in findings.allowed_actions(state)
    assert caught.value.facts["current_state"] == state


def test_the_table_is_complete() -> None:
    assert dict(TRANSITIONS) == EXPECTED


@given(st.lists(st.sampled_from(FindingAction), max_size=30))
def test_no_way_leads_to_closed_but_through_evidence_of_this_round(
    actions: list[FindingAction],
) -> None:
    state, taken = FindingState.OPEN, []
    for action in actions:
        if action in findings.allowed_actions(state):
            state = findings.after(state, action)
            taken.append(action)

    if state is FindingState.CLOSED:
        assert taken[-2:] == [FindingAction.REMEDIATE, FindingAction.CLOSE]
        assert FindingAction.PLAN in taken
    if state is FindingState.RISK_ACCEPTED:
        assert taken[-1] is FindingAction.ACCEPT


def test_its_owner_owes_something_until_there_is_evidence() -> None:
    assert {FindingState.OPEN, FindingState.IN_REMEDIATION} == OWED


@pytest.mark.parametrize(
    ("state", "due_on", "late"),
    [
        pytest.param("open", TODAY - timedelta(days=1), True, id="past"),
        pytest.param("open", TODAY, False, id="on the day"),
        pytest.param("in_remediation", TODAY - timedelta(days=1), True, id="planned"),
        pytest.param("remediated", TODAY - timedelta(days=1), False, id="remediated"),
        pytest.param("closed", TODAY - timedelta(days=1), False, id="closed"),
        pytest.param("risk_accepted", TODAY - timedelta(days=1), False, id="accepted"),
    ],
)
def test_an_owner_is_late_after_the_day_while_something_is_owed(
    state: str, due_on: date, late: bool
) -> None:
    assert findings.is_overdue(FindingState(state), due_on, TODAY) is late


def test_severities_have_an_order() -> None:
    order = list(FindingSeverity)

    assert order == ["low", "medium", "high", "critical"]
    assert all(a.reaches(b) == (order.index(a) >= order.index(b)) for a in order for b in order)


@pytest.mark.parametrize("action", AttestationAction)
@pytest.mark.parametrize("state", AttestationState)
def test_an_attestation_is_answered_once(
    state: AttestationState, action: AttestationAction
) -> None:
    if state is AttestationState.DUE:
        assert attestations.after(state, action) is not state
        return
    with pytest.raises(IllegalTransition, match="attestation"):
        attestations.after(state, action)


@given(
    approved=st.integers(0, 3000),
    last=st.none() | st.integers(0, 3000),
    every=st.integers(1, 3650),
)
def test_the_next_attestation_is_a_whole_period_after_what_came_before(
    approved: int, last: int | None, every: int
) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    approved_at = start + timedelta(days=approved)
    last_from = None if last is None else start + timedelta(days=last)

    following = attestations.next_from(approved_at, last_from, every_days=every)

    assert following - approved_at >= timedelta(days=every)
    assert last_from is None or following - last_from >= timedelta(days=every)
