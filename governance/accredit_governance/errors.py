"""Errors that the rules and records can answer with: one class per reason a caller acts on.

`code` is stable and part of the API. Messages name the value and the limit, never personal data.
"""

import uuid
from collections.abc import Mapping, Sequence
from typing import ClassVar


class GovernanceError(Exception):
    """Root of everything that governance refuses.

    Attributes:
        code: stable name of the reason, lower snake case.
        facts: the values that the message speaks of, as plain JSON data.
    """

    code: ClassVar[str] = "governance_error"

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(message)
        self.message = message
        self.facts: Mapping[str, object] = facts


class NotFound(GovernanceError):
    """No such thing, or the caller may not know that it exists."""

    code = "not_found"


class NotAuthenticated(GovernanceError):
    """What the caller shows of themselves is worth nothing, or not any more.

    Attributes:
        reason: why, by a stable name: `missing`, `malformed`, `unknown`, `wrong_kind`, `revoked`,
            `expired`, `inactive`, `account_expired` and so on.
        token_id: which token of ours it is, if that is known.
        principal_id: whose it is, if that is known.
        provider: the identity provider that it claims to be from, by its name in the settings.
    """

    code = "not_authenticated"

    def __init__(
        self,
        message: str,
        *,
        reason: str,
        token_id: uuid.UUID | None = None,
        principal_id: uuid.UUID | None = None,
        provider: str | None = None,
    ) -> None:
        super().__init__(message, reason=reason)
        self.reason = reason
        self.token_id = token_id
        self.principal_id = principal_id
        self.provider = provider


class NotAllowed(GovernanceError):
    """The caller may know the thing but lacks the permission."""

    code = "not_allowed"


class FourEyes(NotAllowed):
    """Another person has to do this: the caller built, prepared, submitted or signed it already."""

    code = "four_eyes"


class ReauthenticationRequired(NotAllowed):
    """A signature takes a proof of who signs that is fresh, unused and over the same digest."""

    code = "reauthentication_required"


class PurposeNotGranted(NotAllowed):
    """The caller may use the model, but not for this purpose."""

    code = "purpose_not_granted"


class GrantExpired(NotAllowed):
    """The time of the caller's grant is over."""

    code = "grant_expired"


class GrantRevoked(NotAllowed):
    """The caller's grant was ended before its time."""

    code = "grant_revoked"


class QuotaExhausted(GovernanceError):
    """The caller's grant has no predictions left; `retry_after_s` says when it has again."""

    code = "quota_exhausted"


class IllegalTransition(GovernanceError):
    """The lifecycle table has no such step from the present state."""

    code = "illegal_transition"

    def __init__(self, noun: str, state: str, action: str, allowed: Sequence[str]) -> None:
        super().__init__(
            f"cannot {action.replace('_', ' ')} a {noun} that is {state}; "
            f"allowed now: {', '.join(allowed) or 'nothing'}",
            current_state=state,
            action=action,
            allowed_actions=list(allowed),
        )


class Conflict(GovernanceError):
    """Someone else changed the thing first, or the name is taken."""

    code = "conflict"


class NoChampion(Conflict):
    """A model has no champion that could answer in an environment; the message says why."""

    code = "no_champion"


class StaleDigest(Conflict):
    """The digest that was signed is not the digest of the subject any more."""

    code = "stale_digest"


class GateBlocked(GovernanceError):
    """A required check has not passed, so the version cannot go on."""

    code = "gate_blocked"


class FindingOpen(GateBlocked):
    """A grave finding is neither closed nor accepted, so the version cannot go on."""

    code = "finding_open"


class InvalidInput(GovernanceError):
    """A value is unusable.

    Attributes:
        problems: one entry per field: `pointer` (JSON pointer) and `detail`.
    """

    code = "invalid_input"

    def __init__(
        self, message: str, problems: Sequence[Mapping[str, str]] = (), **facts: object
    ) -> None:
        super().__init__(message, **facts)
        self.problems = tuple(problems)


class PolicyInvalid(InvalidInput):
    """A policy that cannot be read, is not closed, or decides nothing."""

    code = "policy_invalid"


class DamagedArtifact(GovernanceError):
    """Stored bytes are not the bytes whose digest was recorded."""

    code = "damaged_artifact"


class LinkUnusable(GovernanceError):
    """A link that works once was used, is too old or was replaced. Unknown ones get the same."""

    code = "link_unusable"


class UnrecordedChange(GovernanceError):
    """A governed change came without its audit event; the transaction was undone."""

    code = "unrecorded_change"
