"""How signatures add up."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from accredit_governance.access.permissions import Role
from accredit_governance.lifecycle.approvals import (
    Decision,
    RequestState,
    Signature,
    Stage,
    open_stage,
    outcome,
)

FIRST = Stage(name="validation", role=Role.VALIDATOR)
SECOND = Stage(name="compliance", role=Role.COMPLIANCE, quorum=2)
STAGES = (FIRST, SECOND)

YES, NO, CHANGES = Decision.APPROVE, Decision.REJECT, Decision.REQUEST_CHANGES


def signed(stage: Stage, person: int, decision: Decision = YES) -> Signature:
    return Signature(stage=stage.name, signer_id=uuid.UUID(int=person), decision=decision)


@pytest.mark.parametrize(
    ("stages", "signatures", "waiting", "state"),
    [
        pytest.param((), (), None, "open", id="no stages never approve"),
        pytest.param((), (signed(FIRST, 1),), None, "open", id="no stages, but a signature"),
        pytest.param(STAGES, (), FIRST, "open", id="nobody signed"),
        pytest.param(STAGES, (signed(FIRST, 1),), SECOND, "open", id="first stage done"),
        pytest.param(
            STAGES, (signed(FIRST, 1), signed(SECOND, 2)), SECOND, "open", id="one below quorum"
        ),
        pytest.param(
            STAGES,
            (signed(FIRST, 1), signed(SECOND, 2), signed(SECOND, 2)),
            SECOND,
            "open",
            id="the same person twice",
        ),
        pytest.param(
            STAGES,
            (signed(FIRST, 1), signed(SECOND, 2), signed(SECOND, 3)),
            None,
            "approved",
            id="quorum of distinct people",
        ),
        pytest.param(
            STAGES, (signed(SECOND, 2), signed(SECOND, 3)), FIRST, "open", id="second stage only"
        ),
        pytest.param(STAGES, (signed(FIRST, 1, NO),), FIRST, "rejected", id="one refusal decides"),
        pytest.param(
            STAGES,
            (signed(FIRST, 1), signed(SECOND, 2), signed(SECOND, 3), signed(SECOND, 4, NO)),
            None,
            "rejected",
            id="a refusal beside a quorum",
        ),
        pytest.param(
            STAGES, (signed(FIRST, 1, CHANGES),), FIRST, "changes_requested", id="changes wanted"
        ),
        pytest.param(
            STAGES,
            (signed(FIRST, 1, CHANGES), signed(FIRST, 2, NO)),
            FIRST,
            "rejected",
            id="rejection outweighs changes",
        ),
        pytest.param(
            STAGES,
            (Signature(stage="other", signer_id=uuid.UUID(int=1), decision=YES),),
            FIRST,
            "open",
            id="a stage that is none of these",
        ),
    ],
)
def test_signatures_add_up(
    stages: tuple[Stage, ...], signatures: tuple[Signature, ...], waiting: Stage | None, state: str
) -> None:
    assert open_stage(stages, signatures) == waiting
    assert outcome(stages, signatures) == state


people = st.integers(1, 4)
some_signatures = st.lists(
    st.builds(signed, st.sampled_from(STAGES), people, st.sampled_from(Decision)), max_size=8
)


@given(some_signatures)
def test_approval_takes_every_stage_its_quorum_and_no_refusal(signatures: list[Signature]) -> None:
    approvers = {
        stage.name: {s.signer_id for s in signatures if s.stage == stage.name and s.decision == YES}
        for stage in STAGES
    }
    full = all(len(approvers[stage.name]) >= stage.quorum for stage in STAGES)
    refused = any(s.decision != YES for s in signatures)

    assert (outcome(STAGES, signatures) is RequestState.APPROVED) == (full and not refused)


@given(some_signatures, st.randoms(use_true_random=False))
def test_the_order_of_signatures_does_not_matter(signatures: list[Signature], random) -> None:  # type: ignore[no-untyped-def]
    shuffled = random.sample(signatures, len(signatures))

    assert outcome(STAGES, shuffled) == outcome(STAGES, signatures)
    assert open_stage(STAGES, shuffled) == open_stage(STAGES, signatures)


def test_a_stage_takes_at_least_one_signature() -> None:
    with pytest.raises(ValidationError):
        Stage(name="empty", role=Role.VALIDATOR, quorum=0)
