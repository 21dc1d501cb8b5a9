"""Which step of a model version may follow which: one table, and nothing else moves a version."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from accredit_governance.errors import IllegalTransition


class VersionState(StrEnum):
    """Where a model version stands. Aliases and environments are separate axes."""

    DRAFT = "draft"
    CANDIDATE = "candidate"
    GATING = "gating"
    GATE_FAILED = "gate_failed"
    IN_REVIEW = "in_review"
    CHANGES_REQUESTED = "changes_requested"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    APPROVED = "approved"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    RETIRED = "retired"
    PURGED = "purged"


class VersionAction(StrEnum):
    """What can be done to a model version."""

    DESCRIBE = "describe"
    SUBMIT = "submit"
    PASS_GATES = "pass_gates"  # noqa: S105  gates, not a password
    FAIL_GATES = "fail_gates"
    WAIVE = "waive"
    REOPEN = "reopen"
    REPEAT_GATES = "repeat_gates"
    APPROVE = "approve"
    REJECT = "reject"
    REQUEST_CHANGES = "request_changes"
    WITHDRAW = "withdraw"
    LAPSE = "lapse"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    EXPIRE = "expire"
    RECERTIFY = "recertify"
    RETIRE = "retire"
    PURGE = "purge"


_S, _A = VersionState, VersionAction

TRANSITIONS: Final[Mapping[tuple[VersionState, VersionAction], VersionState]] = MappingProxyType(
    {
        (_S.DRAFT, _A.DESCRIBE): _S.CANDIDATE,
        (_S.CANDIDATE, _A.DESCRIBE): _S.CANDIDATE,
        (_S.CANDIDATE, _A.SUBMIT): _S.GATING,
        (_S.GATING, _A.PASS_GATES): _S.IN_REVIEW,
        (_S.GATING, _A.FAIL_GATES): _S.GATE_FAILED,
        (_S.GATE_FAILED, _A.WAIVE): _S.IN_REVIEW,
        (_S.GATE_FAILED, _A.REPEAT_GATES): _S.GATING,
        (_S.GATE_FAILED, _A.WITHDRAW): _S.WITHDRAWN,
        (_S.IN_REVIEW, _A.APPROVE): _S.APPROVED,
        (_S.IN_REVIEW, _A.REJECT): _S.REJECTED,
        (_S.IN_REVIEW, _A.REQUEST_CHANGES): _S.CHANGES_REQUESTED,
        (_S.IN_REVIEW, _A.WITHDRAW): _S.WITHDRAWN,
        (_S.IN_REVIEW, _A.LAPSE): _S.LAPSED,
        # A waiver that the review rests on has ended: its check blocks again.
        (_S.IN_REVIEW, _A.REOPEN): _S.GATE_FAILED,
        (_S.APPROVED, _A.SUSPEND): _S.SUSPENDED,
        (_S.APPROVED, _A.EXPIRE): _S.EXPIRED,
        (_S.SUSPENDED, _A.REINSTATE): _S.APPROVED,
        # An approval that has run out is won again through the gates and every signature.
        (_S.EXPIRED, _A.RECERTIFY): _S.GATING,
        (_S.GATE_FAILED, _A.RETIRE): _S.RETIRED,
        (_S.CHANGES_REQUESTED, _A.RETIRE): _S.RETIRED,
        (_S.REJECTED, _A.RETIRE): _S.RETIRED,
        (_S.WITHDRAWN, _A.RETIRE): _S.RETIRED,
        (_S.LAPSED, _A.RETIRE): _S.RETIRED,
        (_S.APPROVED, _A.RETIRE): _S.RETIRED,
        (_S.SUSPENDED, _A.RETIRE): _S.RETIRED,
        (_S.EXPIRED, _A.RETIRE): _S.RETIRED,
        (_S.RETIRED, _A.PURGE): _S.PURGED,
    }
)


def allowed_actions(state: VersionState) -> tuple[VersionAction, ...]:
    """Actions that the table knows from here, in the order of `VersionAction`."""
    return tuple(action for action in VersionAction if (state, action) in TRANSITIONS)


def after(state: VersionState, action: VersionAction) -> VersionState:
    """State that follows.

    Raises:
        IllegalTransition: the table has no such step.
    """
    following = TRANSITIONS.get((state, action))
    if following is None:
        raise IllegalTransition("model version", state, action, allowed_actions(state))
    return following
