"""What the asynchronous client can do, by noun.

Written by `make client` from the routes; do not change it by hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from accredit_platform.client import table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime
    from os import PathLike
    from uuid import UUID

    from accredit_governance.access.actors import Actor
    from accredit_governance.access.conditions import Condition
    from accredit_governance.access.explanations import Explanation
    from accredit_governance.access.permissions import Permission, Role
    from accredit_governance.cards.card import ModelCard
    from accredit_governance.lifecycle.access import AccessDecision, AccessState
    from accredit_governance.lifecycle.approvals import Decision, RequestState
    from accredit_governance.lifecycle.assessments import AssessmentDecision
    from accredit_governance.lifecycle.attestations import Answer, AttestationState
    from accredit_governance.lifecycle.conditions import ConditionState
    from accredit_governance.lifecycle.findings import FindingSeverity, FindingSource, FindingState
    from accredit_governance.lifecycle.model_requests import ModelRequestState
    from accredit_governance.lifecycle.proceedings import ProceedingKind, ProceedingState
    from accredit_governance.lifecycle.waivers import WaiverState
    from accredit_governance.lifecycle.webhooks import DeliveryState, WebhookKind, WebhookState
    from accredit_governance.operations.predictions import OutcomeReport, OutcomesAccepted
    from accredit_governance.questions.policies import PolicyResolution
    from accredit_governance.questions.serving import LoggedPrediction, Traffic
    from accredit_governance.questions.tasks import Task
    from accredit_governance.questions.trail import CheckpointRecord
    from accredit_governance.registry.access_records import (
        AccessGrantRecord,
        AccessRequestRecord,
        GrantUsage,
    )
    from accredit_governance.registry.aftercare_records import (
        ChangePlanRecord,
        LegalHoldRecord,
        ProceedingRecord,
        RecertificationRecord,
        TombstoneRecord,
    )
    from accredit_governance.registry.aftercare_terms import Envelope
    from accredit_governance.registry.alias_records import (
        AliasAssignmentRecord,
        AliasChangeRecord,
        AliasRecord,
        EnvironmentRecord,
    )
    from accredit_governance.registry.approval_records import (
        ApprovalRequestRecord,
        CommentRecord,
        ConditionRecord,
        DelegationRecord,
        NewCondition,
        SigningTicket,
    )
    from accredit_governance.registry.external_records import (
        ExternalTerms,
        ExternalVersionRecord,
        ModelFileRecord,
    )
    from accredit_governance.registry.findings_records import (
        AttestationRecord,
        FindingRecord,
        FindingStepRecord,
        RiskAcceptanceRecord,
    )
    from accredit_governance.registry.group_records import (
        GroupDetails,
        GroupMemberRecord,
        GroupRecord,
    )
    from accredit_governance.registry.history_records import (
        DeploymentStanding,
        ModelStanding,
        VersionStanding,
    )
    from accredit_governance.registry.intake_records import (
        ModelNeed,
        ModelRequestRecord,
        RiskAssessmentRecord,
    )
    from accredit_governance.registry.permission_records import (
        BreakGlassRecord,
        HeldPermissions,
        PermissionDenialRecord,
    )
    from accredit_governance.registry.provider_records import ExternalIdentityRecord
    from accredit_governance.registry.records import (
        AlertRecord,
        AuditEventRecord,
        DatasetRecord,
        DatasetVersionRecord,
        DeploymentRecord,
        DriftReportRecord,
        GateEvaluationRecord,
        JobRecord,
        ModelRecord,
        ModelVersionRecord,
        PolicyVersionRecord,
        PrincipalRecord,
        ProjectRecord,
        RoleBindingRecord,
        RunRecord,
        TrialRecord,
        UseCaseRecord,
        WaiverRecord,
    )
    from accredit_governance.registry.session_records import (
        AddedPrincipal,
        PasswordLinkRecord,
        SessionRecord,
        SessionsEndedRecord,
    )
    from accredit_governance.registry.simulation_records import (
        PolicySimulationDetails,
        PolicySimulationRecord,
    )
    from accredit_governance.registry.terms import RunSpec, UseCaseTerms
    from accredit_governance.registry.token_records import (
        IssuedToken,
        ServiceAccountRecord,
        TokenRecord,
    )
    from accredit_governance.registry.webhook_records import (
        DeliveryLog,
        DeliveryRecord,
        IssuedWebhook,
        NotificationPreferences,
        ReplayRecord,
        WebhookRecord,
    )
    from accredit_platform.client.calls import AsyncCalls
    from accredit_platform.client.endpoint import Record
    from accredit_platform.client.listing import AsyncListed
    from accredit_platform.client.operations import Operation


class AsyncAccessGrants:
    """Access grants."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def get(self, grant_id: UUID | str) -> AccessGrantRecord:
        """One grant.

        `GET /access-grants/{grant_id}`
        """
        return await self._calls.send(table.GET_ACCESS_GRANT, {"grant_id": grant_id})

    async def get_usage(self, grant_id: UUID | str) -> GrantUsage:
        """What of a grant is used up, per day.

        `GET /access-grants/{grant_id}/usage`
        """
        return await self._calls.send(table.GET_ACCESS_GRANT_USAGE, {"grant_id": grant_id})

    def list(
        self,
        *,
        model_id: UUID | str | None = None,
        environment: str | None = None,
        principal_id: UUID | str | None = None,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[AccessGrantRecord]:
        """One's own grants; all of a project for those who read its audit trail.

        `GET /access-grants`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_ACCESS_GRANTS,
            {
                "model_id": model_id,
                "environment": environment,
                "principal_id": principal_id,
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )

    async def revoke(self, grant_id: UUID | str, *, reason: str) -> AccessGrantRecord:
        """End a grant at once.

        `POST /access-grants/{grant_id}/revocations`
        """
        return await self._calls.send(table.REVOKE_ACCESS, {"grant_id": grant_id, "reason": reason})


class AsyncAccessRequests:
    """Access requests."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def create(
        self,
        *,
        model_id: UUID | str,
        principal_id: UUID | str,
        intended_use: str,
        valid_until: datetime | str,
        environment: str | None = None,
        purpose: str | None = None,
        quota_per_day: int | None = None,
        quota_total: int | None = None,
        renews_grant_id: UUID | str | None = None,
    ) -> AccessRequestRecord:
        """Ask that a principal may predict with the approved versions of a model.

        `POST /access-requests`

        Args:
            principal_id: who will predict; holds the role consumer
            purpose: a code that the use case permits; default: its only one
            intended_use: what for, in words
            quota_per_day: predictions on a day in UTC; one quota is needed
            quota_total: predictions in all
            renews_grant_id: the grant that ends when this one is given
        """
        return await self._calls.send(
            table.REQUEST_ACCESS,
            {
                "model_id": model_id,
                "principal_id": principal_id,
                "environment": environment,
                "purpose": purpose,
                "intended_use": intended_use,
                "quota_per_day": quota_per_day,
                "quota_total": quota_total,
                "valid_until": valid_until,
                "renews_grant_id": renews_grant_id,
            },
        )

    async def decide(
        self,
        access_request_id: UUID | str,
        *,
        decision: AccessDecision | str,
        comment: str | None = None,
    ) -> AccessRequestRecord:
        """Say yes or no; the last yes makes the grant.

        `POST /access-requests/{access_request_id}/decisions`

        Args:
            comment: needed for a no
        """
        return await self._calls.send(
            table.DECIDE_ACCESS,
            {"access_request_id": access_request_id, "decision": decision, "comment": comment},
        )

    async def get(self, access_request_id: UUID | str) -> AccessRequestRecord:
        """One request, with what was said about it.

        `GET /access-requests/{access_request_id}`
        """
        return await self._calls.send(
            table.GET_ACCESS_REQUEST, {"access_request_id": access_request_id}
        )

    def list(
        self,
        *,
        state: AccessState | str | None = None,
        model_id: UUID | str | None = None,
        assignee: Literal["me"] | None = None,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[AccessRequestRecord]:
        """Requests for access; `assignee=me` keeps what the caller could decide now.

        `GET /access-requests`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_ACCESS_REQUESTS,
            {
                "state": state,
                "model_id": model_id,
                "assignee": assignee,
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )

    async def withdraw(self, access_request_id: UUID | str) -> AccessRequestRecord:
        """Take one's own request back.

        `POST /access-requests/{access_request_id}/withdrawals`
        """
        return await self._calls.send(
            table.WITHDRAW_ACCESS_REQUEST, {"access_request_id": access_request_id}
        )


class AsyncAlerts:
    """Alerts."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def acknowledge(self, alert_id: UUID | str, *, comment: str | None = None) -> AlertRecord:
        """Take an alert on.

        `POST /alerts/{alert_id}/acknowledgements`
        """
        return await self._calls.send(
            table.ACKNOWLEDGE_ALERT, {"alert_id": alert_id, "comment": comment}
        )

    async def get(self, alert_id: UUID | str) -> AlertRecord:
        """One alert.

        `GET /alerts/{alert_id}`
        """
        return await self._calls.send(table.GET_ALERT, {"alert_id": alert_id})

    def list(
        self,
        *,
        deployment_id: UUID | str | None = None,
        state: str | None = None,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[AlertRecord]:
        """Alerts, newest first.

        `GET /alerts`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_ALERTS,
            {
                "deployment_id": deployment_id,
                "state": state,
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )


class AsyncAliasChanges:
    """Alias changes."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def create(
        self,
        model_id: UUID | str,
        *,
        environment: str,
        alias: str,
        model_version_id: UUID | str,
        reason: str,
    ) -> AliasChangeRecord:
        """Let an alias name another version; in a protected environment others sign it first.

        `POST /models/{model_id}/alias-changes`
        """
        return await self._calls.send(
            table.CHANGE_ALIAS,
            {
                "model_id": model_id,
                "environment": environment,
                "alias": alias,
                "model_version_id": model_version_id,
                "reason": reason,
            },
        )

    async def sign(
        self,
        proceeding_id: UUID | str,
        *,
        decision: Literal["approve", "reject"],
        subject_digest: str,
        comment: str | None = None,
        ticket: str | None = None,
    ) -> ProceedingRecord:
        """Sign as validator or compliance; the approval moves the alias.

        `POST /alias-changes/{proceeding_id}/sign-offs`

        Args:
            ticket: of `POST /me/signing-tickets`; used up by this
        """
        return await self._calls.send(
            table.SIGN_ALIAS_CHANGE,
            {
                "proceeding_id": proceeding_id,
                "decision": decision,
                "subject_digest": subject_digest,
                "comment": comment,
                "ticket": ticket,
            },
        )


class AsyncApprovalConditions:
    """Approval conditions."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def confirm(self, condition_id: UUID | str) -> ConditionRecord:
        """Agree, as somebody else, that a condition is met.

        `POST /approval-conditions/{condition_id}/confirmations`
        """
        return await self._calls.send(
            table.CONFIRM_APPROVAL_CONDITION, {"condition_id": condition_id}
        )

    async def get(self, condition_id: UUID | str) -> ConditionRecord:
        """One condition.

        `GET /approval-conditions/{condition_id}`
        """
        return await self._calls.send(table.GET_APPROVAL_CONDITION, {"condition_id": condition_id})

    def list(
        self,
        *,
        state: ConditionState | str | None = None,
        owner: str | None = None,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[ConditionRecord]:
        """Conditions, newest first; `owner=me` keeps those that the caller sees to.

        `GET /approval-conditions`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_APPROVAL_CONDITIONS,
            {
                "state": state,
                "owner": owner,
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )

    async def meet(self, condition_id: UUID | str, *, evidence: str) -> ConditionRecord:
        """Say, as its owner, that a condition is met, and what shows it.

        `POST /approval-conditions/{condition_id}/fulfilments`
        """
        return await self._calls.send(
            table.MEET_APPROVAL_CONDITION, {"condition_id": condition_id, "evidence": evidence}
        )

    async def reassign(
        self, condition_id: UUID | str, *, owner_id: UUID | str, reason: str
    ) -> ConditionRecord:
        """Give a condition another owner.

        `POST /approval-conditions/{condition_id}/reassignments`
        """
        return await self._calls.send(
            table.REASSIGN_APPROVAL_CONDITION,
            {"condition_id": condition_id, "owner_id": owner_id, "reason": reason},
        )

    async def return_(self, condition_id: UUID | str, *, reason: str) -> ConditionRecord:
        """Find the evidence too thin; the condition is open again.

        `POST /approval-conditions/{condition_id}/returns`
        """
        return await self._calls.send(
            table.RETURN_APPROVAL_CONDITION, {"condition_id": condition_id, "reason": reason}
        )


class AsyncApprovalEscalations:
    """Approval escalations."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    def list(self, *, page_size: int | None = None) -> AsyncListed[ApprovalRequestRecord]:
        """Requests that wait too long for a role of the caller's, longest first.

        `GET /approval-escalations`

        Args:
            page_size: at most so many
        """
        return self._calls.list(table.LIST_APPROVAL_ESCALATIONS, {"page_size": page_size})


class AsyncApprovalRequests:
    """Approval requests."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def create_comment(self, request_id: UUID | str, *, text: str) -> CommentRecord:
        """Say something about a request; it cannot be changed or removed.

        `POST /approval-requests/{request_id}/comments`
        """
        return await self._calls.send(
            table.CREATE_APPROVAL_COMMENT, {"request_id": request_id, "text": text}
        )

    async def get(self, request_id: UUID | str) -> ApprovalRequestRecord:
        """One approval request with its signatures, conditions, and what a signature would
        mean.

        `GET /approval-requests/{request_id}`
        """
        return await self._calls.send(table.GET_APPROVAL_REQUEST, {"request_id": request_id})

    def list(
        self,
        *,
        state: RequestState | str | None = None,
        model_version_id: UUID | str | None = None,
        assignee: str | None = None,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[ApprovalRequestRecord]:
        """The approval queue; `assignee=me` keeps what the caller could sign now.

        `GET /approval-requests`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_APPROVAL_REQUESTS,
            {
                "state": state,
                "model_version_id": model_version_id,
                "assignee": assignee,
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )

    def list_comments(
        self, request_id: UUID | str, *, page_size: int | None = None
    ) -> AsyncListed[CommentRecord]:
        """What was said about a request, oldest first.

        `GET /approval-requests/{request_id}/comments`

        Args:
            page_size: at most so many
        """
        return self._calls.list(
            table.LIST_APPROVAL_COMMENTS, {"request_id": request_id, "page_size": page_size}
        )

    async def sign_off(
        self,
        request_id: UUID | str,
        *,
        decision: Decision | str,
        subject_digest: str,
        comment: str | None = None,
        ticket: str | None = None,
        conditions: Sequence[NewCondition | Record] | None = None,
    ) -> ApprovalRequestRecord:
        """Sign, one way or the other; a checkpoint of the audit trail is signed at once.

        `POST /approval-requests/{request_id}/sign-offs`

        Args:
            ticket: of `POST /me/signing-tickets`; used up by this
        """
        return await self._calls.send(
            table.SIGN_OFF,
            {
                "request_id": request_id,
                "decision": decision,
                "subject_digest": subject_digest,
                "comment": comment,
                "ticket": ticket,
                "conditions": conditions,
            },
        )

    async def withdraw(self, request_id: UUID | str) -> ApprovalRequestRecord:
        """Take one's own request back.

        `POST /approval-requests/{request_id}/withdrawals`
        """
        return await self._calls.send(table.WITHDRAW_APPROVAL_REQUEST, {"request_id": request_id})


class AsyncAttestations:
    """Attestations."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def answer(
        self,
        attestation_id: UUID | str,
        *,
        answer: Answer | str,
        card_digest: str,
        comment: str | None = None,
        ticket: str | None = None,
    ) -> AttestationRecord:
        """Stand by the statement, or decline; that opens a finding.

        `POST /attestations/{attestation_id}/sign-offs`

        Args:
            ticket: of `POST /me/signing-tickets`; used up by this
        """
        return await self._calls.send(
            table.ANSWER_ATTESTATION,
            {
                "attestation_id": attestation_id,
                "answer": answer,
                "card_digest": card_digest,
                "comment": comment,
                "ticket": ticket,
            },
        )

    async def get(self, attestation_id: UUID | str) -> AttestationRecord:
        """One attestation, with the digest of the card that an answer has to name.

        `GET /attestations/{attestation_id}`
        """
        return await self._calls.send(table.GET_ATTESTATION, {"attestation_id": attestation_id})

    def list(
        self,
        *,
        assignee: Literal["me"] | None = None,
        state: AttestationState | str | None = None,
        overdue: bool | None = None,
        model_version_id: UUID | str | None = None,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[AttestationRecord]:
        """Attestations, newest first; `assignee=me` keeps those in a role of the caller.

        `GET /attestations`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_ATTESTATIONS,
            {
                "assignee": assignee,
                "state": state,
                "overdue": overdue,
                "model_version_id": model_version_id,
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )


class AsyncAuditCheckpoints:
    """Audit checkpoints."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def get(self, size: int) -> CheckpointRecord:
        """The checkpoint over the first `size` events.

        `GET /audit-checkpoints/{size}`
        """
        return await self._calls.send(table.GET_CHECKPOINT, {"size": size})

    async def get_latest(self) -> CheckpointRecord:
        """The newest signed checkpoint.

        `GET /audit-checkpoints/latest`
        """
        return await self._calls.send(table.GET_LATEST_CHECKPOINT, {})


class AsyncAuditEvents:
    """Audit events."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    def list(
        self,
        *,
        actor_id: UUID | str | None = None,
        action: str | None = None,
        resource_id: UUID | str | None = None,
        project_id: UUID | str | None = None,
        outcome: str | None = None,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        page_size: int | None = None,
    ) -> AsyncListed[AuditEventRecord]:
        """Events, newest first.

        `GET /audit-events`

        Args:
            page_size: at most so many
        """
        return self._calls.list(
            table.LIST_AUDIT_EVENTS,
            {
                "actor_id": actor_id,
                "action": action,
                "resource_id": resource_id,
                "project_id": project_id,
                "outcome": outcome,
                "since": since,
                "until": until,
                "page_size": page_size,
            },
        )


class AsyncAuditExports:
    """Audit exports."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def create(self) -> bytes:
        """The whole trail as JSON lines. Its checkpoint is `/audit-checkpoints/{size}`.

        `POST /audit-exports`
        """
        return await self._calls.send(table.EXPORT_AUDIT_TRAIL, {})


class AsyncAuditKey:
    """Audit key."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def get(self) -> bytes:
        """The public key of the checkpoints. Note it down on the first day, and keep it
        elsewhere.

        `GET /audit-key`
        """
        return await self._calls.send(table.GET_AUDIT_KEY, {})


class AsyncBreakGlassRequests:
    """Break glass requests."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def create(
        self,
        *,
        role: Role | str,
        minutes: int,
        reason: str,
        project_id: UUID | str | None = None,
        model_id: UUID | str | None = None,
    ) -> BreakGlassRecord:
        """Ask for a role for oneself, for four hours at most.

        `POST /break-glass-requests`

        Args:
            minutes: 1 to 240
        """
        return await self._calls.send(
            table.CREATE_BREAK_GLASS_REQUEST,
            {
                "role": role,
                "project_id": project_id,
                "model_id": model_id,
                "minutes": minutes,
                "reason": reason,
            },
        )

    async def end(self, break_glass_id: UUID | str) -> BreakGlassRecord:
        """End the role at once; before it is granted, take the request back or refuse it.

        `POST /break-glass-requests/{break_glass_id}/endings`
        """
        return await self._calls.send(
            table.END_BREAK_GLASS_REQUEST, {"break_glass_id": break_glass_id}
        )

    async def get(self, break_glass_id: UUID | str) -> BreakGlassRecord:
        """One request, with the digest that a grant has to name.

        `GET /break-glass-requests/{break_glass_id}`
        """
        return await self._calls.send(
            table.GET_BREAK_GLASS_REQUEST, {"break_glass_id": break_glass_id}
        )

    async def grant(
        self, break_glass_id: UUID | str, *, subject_digest: str, ticket: str | None = None
    ) -> BreakGlassRecord:
        """Lend the role that another person asked for.

        `POST /break-glass-requests/{break_glass_id}/grants`

        Args:
            ticket: of `POST /me/signing-tickets`; used up by this
        """
        return await self._calls.send(
            table.GRANT_BREAK_GLASS_REQUEST,
            {"break_glass_id": break_glass_id, "subject_digest": subject_digest, "ticket": ticket},
        )

    def list(
        self,
        *,
        open: bool | None = None,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[BreakGlassRecord]:
        """Requests that the caller made or may read, newest first.

        `GET /break-glass-requests`

        Args:
            open: `true` leaves out what is over
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_BREAK_GLASS_REQUESTS,
            {
                "open": open,
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )


class AsyncChangePlans:
    """Change plans."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def get(self, plan_id: UUID | str) -> ChangePlanRecord:
        """One signed change plan with its uses.

        `GET /change-plans/{plan_id}`
        """
        return await self._calls.send(table.GET_CHANGE_PLAN, {"plan_id": plan_id})

    def list(
        self,
        *,
        model_version_id: UUID | str | None = None,
        in_force: bool | None = None,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[ChangePlanRecord]:
        """Signed change plans with their uses, newest first.

        `GET /change-plans`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_CHANGE_PLANS,
            {
                "model_version_id": model_version_id,
                "in_force": in_force,
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )

    async def propose(
        self, version_id: UUID | str, *, envelope: Envelope | Record, reason: str
    ) -> ProceedingRecord:
        """Propose what may change about an approved version without a full review.

        `POST /model-versions/{version_id}/change-plans`

        Args:
            envelope: fields of `Envelope`
        """
        return await self._calls.send(
            table.PROPOSE_CHANGE_PLAN,
            {"version_id": version_id, "envelope": envelope, "reason": reason},
        )

    async def sign(
        self,
        proceeding_id: UUID | str,
        *,
        decision: Literal["approve", "reject"],
        subject_digest: str,
        comment: str | None = None,
        ticket: str | None = None,
    ) -> ProceedingRecord:
        """Sign as validator or owner; the second approval puts the plan into force.

        `POST /change-plans/{proceeding_id}/sign-offs`

        Args:
            ticket: of `POST /me/signing-tickets`; used up by this
        """
        return await self._calls.send(
            table.SIGN_CHANGE_PLAN,
            {
                "proceeding_id": proceeding_id,
                "decision": decision,
                "subject_digest": subject_digest,
                "comment": comment,
                "ticket": ticket,
            },
        )


class AsyncDatasetVersions:
    """Dataset versions."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def get(self, version_id: UUID | str) -> DatasetVersionRecord:
        """One dataset version; `state` says whether it was read, `error` why not.

        `GET /dataset-versions/{version_id}`
        """
        return await self._calls.send(table.GET_DATASET_VERSION, {"version_id": version_id})

    def list(
        self,
        dataset_id: UUID | str,
        *,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[DatasetVersionRecord]:
        """Versions of a dataset.

        `GET /datasets/{dataset_id}/versions`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_DATASET_VERSIONS,
            {
                "dataset_id": dataset_id,
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )

    async def upload(
        self,
        dataset_id: UUID | str,
        content: bytes | PathLike[str],
        *,
        file_name: str | None = None,
    ) -> DatasetVersionRecord:
        """Upload CSV (UTF-8) or Parquet bytes as the body; a job reads and profiles them.

        `POST /datasets/{dataset_id}/versions`
        """
        return await self._calls.send(
            table.UPLOAD_DATASET_VERSION,
            {"dataset_id": dataset_id, "file_name": file_name, "content": content},
        )


class AsyncDatasets:
    """Datasets."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def create(self, project_id: UUID | str, *, name: str, title: str) -> DatasetRecord:
        """Name a source of rows.

        `POST /projects/{project_id}/datasets`
        """
        return await self._calls.send(
            table.CREATE_DATASET, {"project_id": project_id, "name": name, "title": title}
        )

    def list(
        self,
        project_id: UUID | str,
        *,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[DatasetRecord]:
        """Datasets of a project.

        `GET /projects/{project_id}/datasets`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_DATASETS,
            {
                "project_id": project_id,
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )


class AsyncDelegations:
    """Delegations."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def create(
        self,
        *,
        delegate_id: UUID | str,
        role: Role | str,
        from_: datetime | str,
        until: datetime | str,
        reason: str,
        project_id: UUID | str | None = None,
    ) -> DelegationRecord:
        """Lend one's signature for a role; the separation of duties holds for both people.

        `POST /delegations`

        Args:
            until: at most 90 days after `from`
        """
        return await self._calls.send(
            table.CREATE_DELEGATION,
            {
                "delegate_id": delegate_id,
                "role": role,
                "project_id": project_id,
                "from": from_,
                "until": until,
                "reason": reason,
            },
        )

    def list(self, *, page_size: int | None = None) -> AsyncListed[DelegationRecord]:
        """Delegations that the caller gave or holds; auditors see all of them.

        `GET /delegations`

        Args:
            page_size: at most so many
        """
        return self._calls.list(table.LIST_DELEGATIONS, {"page_size": page_size})

    async def revoke(self, delegation_id: UUID | str) -> DelegationRecord:
        """End a delegation at once, as either of the two people.

        `POST /delegations/{delegation_id}/revocations`
        """
        return await self._calls.send(table.REVOKE_DELEGATION, {"delegation_id": delegation_id})


class AsyncDeploymentStates:
    """Deployment states."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    def list(
        self,
        *,
        as_of: datetime | str | None = None,
        environment: str | None = None,
        state: str | None = None,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[DeploymentStanding]:
        """Where deployments stood at an instant, newest first.

        `GET /deployment-states`

        Args:
            as_of: the instant that is asked about, with a time zone, such as
                `2026-11-22T10:30:00Z`; not in the future. Left out, it is now
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_DEPLOYMENT_STATES,
            {
                "as_of": as_of,
                "environment": environment,
                "state": state,
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )


class AsyncDeployments:
    """Deployments."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def create(
        self, version_id: UUID | str, *, environment: str | None = None
    ) -> DeploymentRecord:
        """Ask for an approved version to serve; a job verifies its bundle first.

        `POST /model-versions/{version_id}/deployments`
        """
        return await self._calls.send(
            table.DEPLOY, {"version_id": version_id, "environment": environment}
        )

    async def get(self, deployment_id: UUID | str) -> DeploymentRecord:
        """One deployment.

        `GET /deployments/{deployment_id}`
        """
        return await self._calls.send(table.GET_DEPLOYMENT, {"deployment_id": deployment_id})

    async def get_state(
        self, deployment_id: UUID | str, *, as_of: datetime | str | None = None
    ) -> DeploymentStanding:
        """Where a deployment stood at an instant, and whether it served.

        `GET /deployments/{deployment_id}/state`

        Args:
            as_of: the instant that is asked about, with a time zone, such as
                `2026-11-22T10:30:00Z`; not in the future. Left out, it is now
        """
        return await self._calls.send(
            table.GET_DEPLOYMENT_STATE, {"deployment_id": deployment_id, "as_of": as_of}
        )

    async def get_traffic(self, deployment_id: UUID | str) -> Traffic:
        """How many predictions and outcomes there are.

        `GET /deployments/{deployment_id}/traffic`
        """
        return await self._calls.send(table.GET_TRAFFIC, {"deployment_id": deployment_id})

    def list(
        self,
        *,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[DeploymentRecord]:
        """Deployments, newest first.

        `GET /deployments`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_DEPLOYMENTS,
            {
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )

    def list_predictions(
        self,
        deployment_id: UUID | str,
        *,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[LoggedPrediction]:
        """Logged inputs and answers; that you looked is recorded.

        `GET /deployments/{deployment_id}/predictions`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_PREDICTIONS,
            {
                "deployment_id": deployment_id,
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )

    async def predict_rows(
        self,
        deployment_id: UUID | str,
        *,
        rows: Sequence[Mapping[str, Any]],
        purpose: str | None = None,
    ) -> Record:
        """Score, decision, reasons and an id for each row; logged before it is answered.

        `POST /deployments/{deployment_id}/predictions`

        Args:
            purpose: what the predictions are for: the code of your grant. The header
                `Accredit-Purpose` says the same. May be left out where only one is
                permitted
        """
        return await self._calls.send(
            table.PREDICT, {"deployment_id": deployment_id, "purpose": purpose, "rows": rows}
        )

    async def record_outcomes(
        self, deployment_id: UUID | str, *, outcomes: Sequence[OutcomeReport | Record]
    ) -> OutcomesAccepted:
        """Tell what really happened; all of them are taken, or none.

        `POST /deployments/{deployment_id}/outcomes`
        """
        return await self._calls.send(
            table.RECORD_OUTCOMES, {"deployment_id": deployment_id, "outcomes": outcomes}
        )

    async def stop(self, deployment_id: UUID | str, *, reason: str) -> DeploymentRecord:
        """Take a deployment out of service.

        `POST /deployments/{deployment_id}/stops`
        """
        return await self._calls.send(
            table.STOP_DEPLOYMENT, {"deployment_id": deployment_id, "reason": reason}
        )


class AsyncDriftReports:
    """Drift reports."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def get(self, report_id: UUID | str) -> DriftReportRecord:
        """One drift report.

        `GET /drift-reports/{report_id}`
        """
        return await self._calls.send(table.GET_DRIFT_REPORT, {"report_id": report_id})

    async def get_html(self, report_id: UUID | str) -> bytes:
        """Evidently's report. It carries scripts, so it is served into a sandbox without
        origin.

        `GET /drift-reports/{report_id}/report.html`
        """
        return await self._calls.send(table.GET_DRIFT_REPORT_HTML, {"report_id": report_id})

    def list(
        self,
        deployment_id: UUID | str,
        *,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[DriftReportRecord]:
        """Drift reports of a deployment.

        `GET /deployments/{deployment_id}/drift-reports`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_DRIFT_REPORTS,
            {
                "deployment_id": deployment_id,
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )

    async def request(
        self, deployment_id: UUID | str, *, window_from: datetime | str | None = None
    ) -> DriftReportRecord:
        """Compare served traffic with the reference in the bundle.

        `POST /deployments/{deployment_id}/drift-reports`
        """
        return await self._calls.send(
            table.REQUEST_DRIFT_REPORT, {"deployment_id": deployment_id, "window_from": window_from}
        )


class AsyncExternalIdentities:
    """External identities."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def link_identity(
        self, principal_id: UUID | str, *, provider: str, subject: str
    ) -> ExternalIdentityRecord:
        """Say which service account a provider's subject is; people are linked by signing in.

        `POST /principals/{principal_id}/external-identities`
        """
        return await self._calls.send(
            table.LINK_IDENTITY,
            {"principal_id": principal_id, "provider": provider, "subject": subject},
        )

    def list_identities(
        self, principal_id: UUID | str, *, page_size: int | None = None
    ) -> AsyncListed[ExternalIdentityRecord]:
        """Subjects of identity providers that this principal is.

        `GET /principals/{principal_id}/external-identities`

        Args:
            page_size: at most so many
        """
        return self._calls.list(
            table.LIST_IDENTITIES, {"principal_id": principal_id, "page_size": page_size}
        )

    async def unlink_identity(self, identity_id: UUID | str) -> None:
        """Forget whom a provider's subject stands for, at once.

        `POST /external-identities/{identity_id}/removals`
        """
        await self._calls.send(table.UNLINK_IDENTITY, {"identity_id": identity_id})


class AsyncExternalVersions:
    """External versions."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def create(
        self,
        model_id: UUID | str,
        *,
        terms: ExternalTerms | Record,
        dataset_version_id: UUID | str,
        model_file_id: UUID | str | None = None,
        training_version_id: UUID | str | None = None,
    ) -> ExternalVersionRecord:
        """Have an uploaded model read, compared with what is stated, and made a version.

        `POST /models/{model_id}/external-versions`

        Args:
            terms: fields of `ExternalTerms`
        """
        return await self._calls.send(
            table.CREATE_EXTERNAL_VERSION,
            {
                "model_id": model_id,
                "terms": terms,
                "model_file_id": model_file_id,
                "dataset_version_id": dataset_version_id,
                "training_version_id": training_version_id,
            },
        )

    async def get(self, external_version_id: UUID | str) -> ExternalVersionRecord:
        """One model built elsewhere: `state` says whether it could be read, `error` why not.

        `GET /external-versions/{external_version_id}`
        """
        return await self._calls.send(
            table.GET_EXTERNAL_VERSION, {"external_version_id": external_version_id}
        )

    def list(
        self,
        model_id: UUID | str,
        *,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[ExternalVersionRecord]:
        """Models built elsewhere that were brought to a model, newest first.

        `GET /models/{model_id}/external-versions`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_EXTERNAL_VERSIONS,
            {
                "model_id": model_id,
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )


class AsyncFindings:
    """Findings."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def change_severity(
        self, finding_id: UUID | str, *, severity: FindingSeverity | str, reason: str
    ) -> FindingRecord:
        """Say that a finding is graver, or less grave, with the reason.

        `POST /findings/{finding_id}/severity-changes`
        """
        return await self._calls.send(
            table.CHANGE_SEVERITY,
            {"finding_id": finding_id, "severity": severity, "reason": reason},
        )

    async def close(self, finding_id: UUID | str, *, reason: str) -> FindingRecord:
        """Agree, as somebody else, that a finding is put right.

        `POST /findings/{finding_id}/closures`
        """
        return await self._calls.send(
            table.CLOSE_FINDING, {"finding_id": finding_id, "reason": reason}
        )

    async def get(self, finding_id: UUID | str) -> FindingRecord:
        """One finding, with the actions that its state allows.

        `GET /findings/{finding_id}`
        """
        return await self._calls.send(table.GET_FINDING, {"finding_id": finding_id})

    def list(
        self,
        *,
        state: FindingState | str | None = None,
        severity: FindingSeverity | str | None = None,
        owner: Literal["me"] | None = None,
        overdue: bool | None = None,
        model_version_id: UUID | str | None = None,
        use_case_id: UUID | str | None = None,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[FindingRecord]:
        """Findings, newest first; `owner=me` keeps the caller's own.

        `GET /findings`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_FINDINGS,
            {
                "state": state,
                "severity": severity,
                "owner": owner,
                "overdue": overdue,
                "model_version_id": model_version_id,
                "use_case_id": use_case_id,
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )

    def list_steps(
        self, finding_id: UUID | str, *, page_size: int | None = None
    ) -> AsyncListed[FindingStepRecord]:
        """What happened to a finding, oldest first, with what was said and shown.

        `GET /findings/{finding_id}/steps`

        Args:
            page_size: at most so many
        """
        return self._calls.list(
            table.LIST_FINDING_STEPS, {"finding_id": finding_id, "page_size": page_size}
        )

    async def open(
        self,
        version_id: UUID | str,
        *,
        title: str,
        description: str,
        severity: FindingSeverity | str,
        owner_id: UUID | str,
        due_on: date | str,
        source: FindingSource | str | None = None,
    ) -> FindingRecord:
        """Say what is wrong with a model version.

        `POST /model-versions/{version_id}/findings`
        """
        return await self._calls.send(
            table.OPEN_FINDING,
            {
                "version_id": version_id,
                "title": title,
                "description": description,
                "severity": severity,
                "owner_id": owner_id,
                "due_on": due_on,
                "source": source,
            },
        )

    async def open_alert(
        self,
        alert_id: UUID | str,
        *,
        description: str | None = None,
        severity: FindingSeverity | str | None = None,
        owner_id: UUID | str | None = None,
        due_on: date | str | None = None,
    ) -> FindingRecord:
        """Make an alert a finding, once.

        `POST /alerts/{alert_id}/findings`
        """
        return await self._calls.send(
            table.OPEN_ALERT_FINDING,
            {
                "alert_id": alert_id,
                "description": description,
                "severity": severity,
                "owner_id": owner_id,
                "due_on": due_on,
            },
        )

    async def open_use_case(
        self,
        use_case_id: UUID | str,
        *,
        title: str,
        description: str,
        severity: FindingSeverity | str,
        owner_id: UUID | str,
        due_on: date | str,
        source: FindingSource | str | None = None,
    ) -> FindingRecord:
        """Say what is wrong with a use case, and so with all of its versions.

        `POST /use-cases/{use_case_id}/findings`
        """
        return await self._calls.send(
            table.OPEN_USE_CASE_FINDING,
            {
                "use_case_id": use_case_id,
                "title": title,
                "description": description,
                "severity": severity,
                "owner_id": owner_id,
                "due_on": due_on,
                "source": source,
            },
        )

    async def plan_remediation(self, finding_id: UUID | str, *, plan: str) -> FindingRecord:
        """Say, as its owner, how a finding is put right.

        `POST /findings/{finding_id}/plans`
        """
        return await self._calls.send(
            table.PLAN_REMEDIATION, {"finding_id": finding_id, "plan": plan}
        )

    async def reassign(
        self, finding_id: UUID | str, *, owner_id: UUID | str, reason: str
    ) -> FindingRecord:
        """Give a finding another owner.

        `POST /findings/{finding_id}/reassignments`
        """
        return await self._calls.send(
            table.REASSIGN_FINDING,
            {"finding_id": finding_id, "owner_id": owner_id, "reason": reason},
        )

    async def remediate(
        self,
        finding_id: UUID | str,
        *,
        evidence: str,
        reference: str | None = None,
        evidence_digest: str | None = None,
    ) -> FindingRecord:
        """Show, as its owner, that a finding is put right.

        `POST /findings/{finding_id}/remediations`
        """
        return await self._calls.send(
            table.REMEDIATE_FINDING,
            {
                "finding_id": finding_id,
                "evidence": evidence,
                "reference": reference,
                "evidence_digest": evidence_digest,
            },
        )

    async def reopen(
        self, finding_id: UUID | str, *, reason: str, due_on: date | str
    ) -> FindingRecord:
        """Take a finding up again: closed, remediated, or with an accepted risk.

        `POST /findings/{finding_id}/reopenings`
        """
        return await self._calls.send(
            table.REOPEN_FINDING, {"finding_id": finding_id, "reason": reason, "due_on": due_on}
        )


class AsyncGroups:
    """Groups."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def add_member(
        self, group_id: UUID | str, *, principal_id: UUID | str
    ) -> GroupMemberRecord:
        """Bring a person into a group.

        `POST /groups/{group_id}/members`
        """
        return await self._calls.send(
            table.ADD_GROUP_MEMBER, {"group_id": group_id, "principal_id": principal_id}
        )

    async def create(self, *, name: str) -> GroupRecord:
        """Make a group.

        `POST /groups`
        """
        return await self._calls.send(table.CREATE_GROUP, {"name": name})

    async def dissolve(self, group_id: UUID | str) -> GroupRecord:
        """End a group; its members lose at once what it gave them.

        `POST /groups/{group_id}/dissolutions`
        """
        return await self._calls.send(table.DISSOLVE_GROUP, {"group_id": group_id})

    async def get(self, group_id: UUID | str) -> GroupDetails:
        """One group with what it gives.

        `GET /groups/{group_id}`
        """
        return await self._calls.send(table.GET_GROUP, {"group_id": group_id})

    def list(
        self,
        *,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[GroupRecord]:
        """Groups, of our own, of the directory and of identity providers.

        `GET /groups`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_GROUPS,
            {
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )

    def list_members(
        self,
        group_id: UUID | str,
        *,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[PrincipalRecord]:
        """People in a group.

        `GET /groups/{group_id}/members`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_GROUP_MEMBERS,
            {
                "group_id": group_id,
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )

    async def remove_member(self, group_id: UUID | str, principal_id: UUID | str) -> None:
        """Take a person out of a group, at once.

        `POST /groups/{group_id}/members/{principal_id}/removals`
        """
        await self._calls.send(
            table.REMOVE_GROUP_MEMBER, {"group_id": group_id, "principal_id": principal_id}
        )

    async def rename(self, group_id: UUID | str, *, name: str) -> GroupRecord:
        """Give a group another name.

        `POST /groups/{group_id}/renamings`
        """
        return await self._calls.send(table.RENAME_GROUP, {"group_id": group_id, "name": name})


class AsyncHealth:
    """Health."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def get(self) -> Record:
        """Reach the database and say so.

        `GET /health`
        """
        return await self._calls.send(table.GET_HEALTH, {})


class AsyncIdentityProviders:
    """Identity providers."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def end_provider_sessions(self, name: str, content: bytes | PathLike[str]) -> None:
        """For the provider itself: somebody has signed out there (Back-Channel Logout 1.0).
        The logout token is signed by the provider and counts once.

        `POST /identity-providers/{name}/logouts`
        """
        await self._calls.send(table.END_PROVIDER_SESSIONS, {"name": name, "content": content})

    def list(self, *, page_size: int | None = None) -> AsyncListed[Record]:
        """Identity providers of this installation; the sign-in page shows them to anybody.

        `GET /identity-providers`

        Args:
            page_size: at most so many
        """
        return self._calls.list(table.LIST_IDENTITY_PROVIDERS, {"page_size": page_size})


class AsyncJobs:
    """Jobs."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def cancel(self, job_id: UUID | str) -> JobRecord:
        """Ask for a run, an upload or an import to stop: use `/operations/{operation_id}`.
        Deprecated.

        `POST /jobs/{job_id}/cancellations`
        """
        return await self._calls.send(table.CANCEL_JOB, {"job_id": job_id})

    async def get(self, job_id: UUID | str) -> JobRecord:
        """How far a piece of long work is: read `/operations/{operation_id}`. Deprecated.

        `GET /jobs/{job_id}`
        """
        return await self._calls.send(table.GET_JOB, {"job_id": job_id})


class AsyncLegalHolds:
    """Legal holds."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def get(self, hold_id: UUID | str) -> LegalHoldRecord:
        """One legal hold.

        `GET /legal-holds/{hold_id}`
        """
        return await self._calls.send(table.GET_LEGAL_HOLD, {"hold_id": hold_id})

    async def lift(self, hold_id: UUID | str, *, reason: str) -> LegalHoldRecord:
        """End a hold, as someone other than who placed it.

        `POST /legal-holds/{hold_id}/liftings`
        """
        return await self._calls.send(table.LIFT_LEGAL_HOLD, {"hold_id": hold_id, "reason": reason})

    def list(
        self,
        *,
        in_force: bool | None = None,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[LegalHoldRecord]:
        """Legal holds, newest first, those that were lifted included.

        `GET /legal-holds`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_LEGAL_HOLDS,
            {
                "in_force": in_force,
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )

    async def place(
        self,
        *,
        target: Literal["project", "model", "model_version"],
        target_id: UUID | str,
        reason: str,
    ) -> LegalHoldRecord:
        """Keep everything of a project, a model or a version from being deleted.

        `POST /legal-holds`
        """
        return await self._calls.send(
            table.PLACE_LEGAL_HOLD, {"target": target, "target_id": target_id, "reason": reason}
        )


class AsyncMe:
    """Me."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def change_password(self, *, old_password: str, new_password: str) -> None:
        """Choose another password; browser sessions end, tokens stay.

        `POST /me/password-changes`
        """
        await self._calls.send(
            table.CHANGE_MY_PASSWORD, {"old_password": old_password, "new_password": new_password}
        )

    async def create_signing_ticket(
        self, *, subject_digest: str, password: str | None = None
    ) -> SigningTicket:
        """Authenticate anew to sign over one digest; good for one signature within five
        minutes.

        `POST /me/signing-tickets`
        """
        return await self._calls.send(
            table.CREATE_SIGNING_TICKET, {"subject_digest": subject_digest, "password": password}
        )

    async def end_session(self, session_id: UUID | str) -> None:
        """End a browser session of one's own at once.

        `POST /me/sessions/{session_id}/endings`
        """
        await self._calls.send(table.END_MY_SESSION, {"session_id": session_id})

    async def end_sessions(self) -> SessionsEndedRecord:
        """End all browser sessions of one's own at once.

        `POST /me/session-endings`
        """
        return await self._calls.send(table.END_MY_SESSIONS, {})

    async def explain_permission(
        self,
        *,
        permission: Permission | str,
        project_id: UUID | str | None = None,
        model_id: UUID | str | None = None,
        model_version_id: UUID | str | None = None,
        protected: bool | None = None,
    ) -> Explanation:
        """Why the caller may, or may not.

        `GET /me/permission-explanations`
        """
        return await self._calls.send(
            table.EXPLAIN_MY_PERMISSION,
            {
                "permission": permission,
                "project_id": project_id,
                "model_id": model_id,
                "model_version_id": model_version_id,
                "protected": protected,
            },
        )

    async def get(self) -> Actor:
        """Who the caller is, with which roles.

        `GET /me`
        """
        return await self._calls.send(table.GET_ME, {})

    async def get_notification_preferences(self) -> NotificationPreferences:
        """Whether the caller is told by mail of what waits for them.

        `GET /me/notification-preferences`
        """
        return await self._calls.send(table.GET_NOTIFICATION_PREFERENCES, {})

    def list_permissions(
        self,
        *,
        project_id: UUID | str | None = None,
        model_id: UUID | str | None = None,
        page_size: int | None = None,
    ) -> AsyncListed[HeldPermissions]:
        """All that the caller may: in each place that their roles name, or in the one asked
        for.

        `GET /me/permissions`

        Args:
            page_size: at most so many
        """
        return self._calls.list(
            table.LIST_MY_PERMISSIONS,
            {"project_id": project_id, "model_id": model_id, "page_size": page_size},
        )

    def list_sessions(self, *, page_size: int | None = None) -> AsyncListed[SessionRecord]:
        """One's own open browser sessions, and those that were stolen in the last 30 days.

        `GET /me/sessions`

        Args:
            page_size: at most so many
        """
        return self._calls.list(table.LIST_MY_SESSIONS, {"page_size": page_size})

    def list_tokens(self, *, page_size: int | None = None) -> AsyncListed[TokenRecord]:
        """The caller's own tokens without their secrets; a narrowed token sees only itself.

        `GET /me/tokens`

        Args:
            page_size: at most so many
        """
        return self._calls.list(table.LIST_MY_TOKENS, {"page_size": page_size})

    async def revoke_token(self, token_id: UUID | str) -> None:
        """End a token of one's own at once.

        `POST /me/tokens/{token_id}/revocations`
        """
        await self._calls.send(table.REVOKE_MY_TOKEN, {"token_id": token_id})

    async def set_notification_preferences(self, *, tasks_by_mail: bool) -> NotificationPreferences:
        """Ask for a mail when something new waits, or for none.

        `PUT /me/notification-preferences`
        """
        return await self._calls.send(
            table.SET_NOTIFICATION_PREFERENCES, {"tasks_by_mail": tasks_by_mail}
        )

    def tasks(self, *, page_size: int | None = None) -> AsyncListed[Task]:
        """All that waits for the caller: what is late first, then what is due.

        `GET /me/tasks`

        Args:
            page_size: at most so many
        """
        return self._calls.list(table.LIST_MY_TASKS, {"page_size": page_size})


class AsyncModelRequests:
    """Model requests."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def accept(
        self, request_id: UUID | str, *, answer: str | None = None
    ) -> ModelRequestRecord:
        """Promise a model.

        `POST /model-requests/{request_id}/acceptances`
        """
        return await self._calls.send(
            table.ACCEPT_MODEL_REQUEST, {"request_id": request_id, "answer": answer}
        )

    async def create(
        self, *, project_id: UUID | str, need: ModelNeed | Record
    ) -> ModelRequestRecord:
        """Ask for a model for a purpose.

        `POST /model-requests`

        Args:
            need: fields of `ModelNeed`
        """
        return await self._calls.send(
            table.CREATE_MODEL_REQUEST, {"project_id": project_id, "need": need}
        )

    async def decline(
        self, request_id: UUID | str, *, answer: str | None = None
    ) -> ModelRequestRecord:
        """Say that there will be no model, and why.

        `POST /model-requests/{request_id}/declines`
        """
        return await self._calls.send(
            table.DECLINE_MODEL_REQUEST, {"request_id": request_id, "answer": answer}
        )

    async def deliver(
        self, request_id: UUID | str, *, answer: str | None = None
    ) -> ModelRequestRecord:
        """Answer with a model; an approved version is linked.

        `POST /model-requests/{request_id}/deliveries`
        """
        return await self._calls.send(
            table.DELIVER_MODEL_REQUEST, {"request_id": request_id, "answer": answer}
        )

    async def get(self, request_id: UUID | str) -> ModelRequestRecord:
        """One model request, with what answers it.

        `GET /model-requests/{request_id}`
        """
        return await self._calls.send(table.GET_MODEL_REQUEST, {"request_id": request_id})

    async def link(
        self,
        request_id: UUID | str,
        *,
        run_id: UUID | str | None = None,
        model_version_id: UUID | str | None = None,
    ) -> ModelRequestRecord:
        """Name a run or a model version that answers it.

        `POST /model-requests/{request_id}/links`
        """
        return await self._calls.send(
            table.LINK_MODEL_REQUEST,
            {"request_id": request_id, "run_id": run_id, "model_version_id": model_version_id},
        )

    def list(
        self,
        *,
        state: ModelRequestState | str | None = None,
        project_id: UUID | str | None = None,
        use_case_id: UUID | str | None = None,
        requested_by: Literal["me"] | None = None,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[ModelRequestRecord]:
        """Model requests, newest first; `requested_by=me` keeps one's own.

        `GET /model-requests`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_MODEL_REQUESTS,
            {
                "state": state,
                "project_id": project_id,
                "use_case_id": use_case_id,
                "requested_by": requested_by,
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )

    async def triage(
        self, request_id: UUID | str, *, use_case_id: UUID | str, answer: str | None = None
    ) -> ModelRequestRecord:
        """Say which use case it belongs to.

        `POST /model-requests/{request_id}/triages`
        """
        return await self._calls.send(
            table.TRIAGE_MODEL_REQUEST,
            {"request_id": request_id, "use_case_id": use_case_id, "answer": answer},
        )

    async def withdraw(self, request_id: UUID | str) -> ModelRequestRecord:
        """Take one's own request back.

        `POST /model-requests/{request_id}/withdrawals`
        """
        return await self._calls.send(table.WITHDRAW_MODEL_REQUEST, {"request_id": request_id})


class AsyncModelVersions:
    """Model versions."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def describe(
        self,
        version_id: UUID | str,
        *,
        limitations: str,
        oversight: str,
        choice_rationale: str | None = None,
        fairness_rationale: str | None = None,
        ethical_considerations: str | None = None,
    ) -> ModelVersionRecord:
        """Write the part of the card that only people can write.

        `PUT /model-versions/{version_id}/statements`

        Args:
            oversight: who may overrule the model, and how a person concerned can object
        """
        return await self._calls.send(
            table.DESCRIBE_MODEL_VERSION,
            {
                "version_id": version_id,
                "limitations": limitations,
                "oversight": oversight,
                "choice_rationale": choice_rationale,
                "fairness_rationale": fairness_rationale,
                "ethical_considerations": ethical_considerations,
            },
        )

    async def get(self, version_id: UUID | str) -> ModelVersionRecord:
        """One model version, with the actions that its state allows.

        `GET /model-versions/{version_id}`
        """
        return await self._calls.send(table.GET_MODEL_VERSION, {"version_id": version_id})

    async def get_card(self, version_id: UUID | str) -> ModelCard:
        """The model card as the document that its digest is of.

        `GET /model-versions/{version_id}/card`
        """
        return await self._calls.send(table.GET_MODEL_CARD, {"version_id": version_id})

    async def get_card_html(self, version_id: UUID | str) -> bytes:
        """The model card as a page that stands alone, then the conditions of its approval.

        `GET /model-versions/{version_id}/card.html`
        """
        return await self._calls.send(table.GET_MODEL_CARD_HTML, {"version_id": version_id})

    async def get_card_markdown(self, version_id: UUID | str) -> bytes:
        """The model card as Markdown, then the conditions of its approval.

        `GET /model-versions/{version_id}/card.md`
        """
        return await self._calls.send(table.GET_MODEL_CARD_MARKDOWN, {"version_id": version_id})

    async def get_gate_evaluation(self, version_id: UUID | str) -> GateEvaluationRecord:
        """The newest judgement of a version, check by check.

        `GET /model-versions/{version_id}/gate-evaluation`
        """
        return await self._calls.send(table.GET_GATE_EVALUATION, {"version_id": version_id})

    async def get_state(
        self, version_id: UUID | str, *, as_of: datetime | str | None = None
    ) -> VersionStanding:
        """Where a model version stood at an instant.

        `GET /model-versions/{version_id}/state`

        Args:
            as_of: the instant that is asked about, with a time zone, such as
                `2026-11-22T10:30:00Z`; not in the future. Left out, it is now
        """
        return await self._calls.send(
            table.GET_MODEL_VERSION_STATE, {"version_id": version_id, "as_of": as_of}
        )

    async def get_tombstone(self, version_id: UUID | str) -> TombstoneRecord:
        """What was taken away with a purged version.

        `GET /model-versions/{version_id}/tombstone`
        """
        return await self._calls.send(table.GET_TOMBSTONE, {"version_id": version_id})

    def list(
        self,
        model_id: UUID | str,
        *,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[ModelVersionRecord]:
        """Versions of a model, newest first.

        `GET /models/{model_id}/versions`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_MODEL_VERSIONS,
            {
                "model_id": model_id,
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )

    def list_blocking_findings(
        self, version_id: UUID | str, *, page_size: int | None = None
    ) -> AsyncListed[FindingRecord]:
        """Findings that stand in the way of signatures and deployments now.

        `GET /model-versions/{version_id}/blocking-findings`

        Args:
            page_size: at most so many
        """
        return self._calls.list(
            table.LIST_BLOCKING_FINDINGS, {"version_id": version_id, "page_size": page_size}
        )

    def list_conditions(
        self, version_id: UUID | str, *, page_size: int | None = None
    ) -> AsyncListed[ConditionRecord]:
        """Conditions under which a version was approved, oldest first.

        `GET /model-versions/{version_id}/conditions`

        Args:
            page_size: at most so many
        """
        return self._calls.list(
            table.LIST_VERSION_CONDITIONS, {"version_id": version_id, "page_size": page_size}
        )

    async def recertify(
        self, version_id: UUID | str, *, dataset_version_id: UUID | str | None = None
    ) -> RecertificationRecord:
        """Hand an expired version to the gates of the policy of today.

        `POST /model-versions/{version_id}/recertifications`
        """
        return await self._calls.send(
            table.RECERTIFY_MODEL_VERSION,
            {"version_id": version_id, "dataset_version_id": dataset_version_id},
        )

    async def register(self, model_id: UUID | str, *, run_id: UUID | str) -> ModelVersionRecord:
        """Make a finished run's bundle a version.

        `POST /models/{model_id}/versions`
        """
        return await self._calls.send(
            table.REGISTER_MODEL_VERSION, {"model_id": model_id, "run_id": run_id}
        )

    async def repeat_gates(self, version_id: UUID | str) -> ModelVersionRecord:
        """Evaluate the gates once more after an error; verdicts that stand are not rolled
        again.

        `POST /model-versions/{version_id}/gate-evaluations`
        """
        return await self._calls.send(table.REPEAT_GATES, {"version_id": version_id})

    async def submit(self, version_id: UUID | str) -> ModelVersionRecord:
        """Freeze a candidate and hand it to the gates.

        `POST /model-versions/{version_id}/submissions`
        """
        return await self._calls.send(table.SUBMIT_MODEL_VERSION, {"version_id": version_id})

    async def submit_under_change_plan(
        self, version_id: UUID | str, *, change_plan_id: UUID | str
    ) -> ModelVersionRecord:
        """Freeze a candidate and hand it to the gates under a change plan.

        `POST /model-versions/{version_id}/planned-submissions`
        """
        return await self._calls.send(
            table.SUBMIT_UNDER_CHANGE_PLAN,
            {"version_id": version_id, "change_plan_id": change_plan_id},
        )

    async def suspend(self, version_id: UUID | str, *, reason: str) -> ModelVersionRecord:
        """Take an approved version out of service at once.

        `POST /model-versions/{version_id}/suspensions`
        """
        return await self._calls.send(
            table.SUSPEND_MODEL_VERSION, {"version_id": version_id, "reason": reason}
        )


class AsyncModels:
    """Models."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def create(self, *, use_case_id: UUID | str, name: str) -> ModelRecord:
        """Name a model.

        `POST /models`
        """
        return await self._calls.send(
            table.CREATE_MODEL, {"use_case_id": use_case_id, "name": name}
        )

    async def get(self, model_id: UUID | str) -> ModelRecord:
        """One model.

        `GET /models/{model_id}`
        """
        return await self._calls.send(table.GET_MODEL, {"model_id": model_id})

    async def get_status(
        self, model_id: UUID | str, *, as_of: datetime | str | None = None
    ) -> ModelStanding:
        """Which versions were champion, approved and deployed at an instant.

        `GET /models/{model_id}/status`

        Args:
            as_of: the instant that is asked about, with a time zone, such as
                `2026-11-22T10:30:00Z`; not in the future. Left out, it is now
        """
        return await self._calls.send(
            table.GET_MODEL_STATUS, {"model_id": model_id, "as_of": as_of}
        )

    def list(
        self,
        *,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[ModelRecord]:
        """Models, newest first.

        `GET /models`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_MODELS,
            {
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )

    def list_alias_assignments(
        self,
        model_id: UUID | str,
        *,
        environment: str | None = None,
        alias: str | None = None,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[AliasAssignmentRecord]:
        """What aliases stood for and when, newest first.

        `GET /models/{model_id}/alias-assignments`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_ALIAS_ASSIGNMENTS,
            {
                "model_id": model_id,
                "environment": environment,
                "alias": alias,
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )

    def list_aliases(
        self, model_id: UUID | str, *, page_size: int | None = None
    ) -> AsyncListed[AliasRecord]:
        """What every alias of a model stands for now, or why it leads to nothing.

        `GET /models/{model_id}/aliases`

        Args:
            page_size: at most so many
        """
        return self._calls.list(table.LIST_ALIASES, {"model_id": model_id, "page_size": page_size})

    def list_files(
        self,
        model_id: UUID | str,
        *,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[ModelFileRecord]:
        """Files that were uploaded for a model, newest first.

        `GET /models/{model_id}/files`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_MODEL_FILES,
            {
                "model_id": model_id,
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )

    async def predict_rows(
        self,
        model_id: UUID | str,
        environment: str,
        *,
        rows: Sequence[Mapping[str, Any]],
        purpose: str | None = None,
    ) -> Record:
        """As for a deployment; whatever is champion in the environment answers.

        `POST /models/{model_id}/environments/{environment}/predictions`

        Args:
            purpose: what the predictions are for: the code of your grant. The header
                `Accredit-Purpose` says the same. May be left out where only one is
                permitted
        """
        return await self._calls.send(
            table.PREDICT_BY_CHAMPION,
            {"model_id": model_id, "environment": environment, "purpose": purpose, "rows": rows},
        )

    async def resolve_alias(
        self, model_id: UUID | str, environment: str, alias: str
    ) -> AliasRecord:
        """What one alias stands for now, or why it leads to nothing.

        `GET /models/{model_id}/environments/{environment}/aliases/{alias}`
        """
        return await self._calls.send(
            table.RESOLVE_ALIAS, {"model_id": model_id, "environment": environment, "alias": alias}
        )

    async def roll_back_alias(
        self, model_id: UUID | str, *, environment: str, alias: str, reason: str
    ) -> AliasAssignmentRecord:
        """Go back at once to the last earlier version that is still approved.

        `POST /models/{model_id}/alias-rollbacks`
        """
        return await self._calls.send(
            table.ROLL_BACK_ALIAS,
            {"model_id": model_id, "environment": environment, "alias": alias, "reason": reason},
        )

    async def upload_file(
        self, model_id: UUID | str, content: bytes | PathLike[str], *, file_name: str
    ) -> ModelFileRecord:
        """Upload a model (`.skops`, `.txt`, `.onnx`) or a document about one; nothing reads it
        yet.

        `POST /models/{model_id}/files`
        """
        return await self._calls.send(
            table.UPLOAD_MODEL_FILE,
            {"model_id": model_id, "file_name": file_name, "content": content},
        )


class AsyncOpenapi:
    """Openapi."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def get(self) -> bytes:
        """This document: every operation, what it takes and what it answers.

        `GET /openapi.json`
        """
        return await self._calls.send(table.GET_OPENAPI, {})


class AsyncOperations:
    """Operations."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def cancel(self, operation_id: UUID | str) -> Operation:
        """Ask a run, an upload or an import to stop.

        `POST /operations/{operation_id}/cancellations`
        """
        return await self._calls.send(table.CANCEL_OPERATION, {"operation_id": operation_id})

    async def get(self, operation_id: UUID | str) -> Operation:
        """How far a piece of long work is, and what it is about.

        `GET /operations/{operation_id}`
        """
        return await self._calls.send(table.GET_OPERATION, {"operation_id": operation_id})

    def list(
        self,
        *,
        state: Literal["queued", "running", "succeeded", "failed", "cancelled"] | None = None,
        kind: str | None = None,
        resource_id: UUID | str | None = None,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[Operation]:
        """Long work, newest first.

        `GET /operations`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_OPERATIONS,
            {
                "state": state,
                "kind": kind,
                "resource_id": resource_id,
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )


class AsyncPermissionDenials:
    """Permission denials."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def create(
        self,
        *,
        reason: str,
        principal_id: UUID | str | None = None,
        group_id: UUID | str | None = None,
        permission: Permission | str | None = None,
        role: Role | str | None = None,
        project_id: UUID | str | None = None,
        model_id: UUID | str | None = None,
        until: datetime | str | None = None,
    ) -> PermissionDenialRecord:
        """Deny something to somebody, whatever their roles say.

        `POST /permission-denials`
        """
        return await self._calls.send(
            table.CREATE_PERMISSION_DENIAL,
            {
                "principal_id": principal_id,
                "group_id": group_id,
                "permission": permission,
                "role": role,
                "project_id": project_id,
                "model_id": model_id,
                "until": until,
                "reason": reason,
            },
        )

    async def get(self, denial_id: UUID | str) -> PermissionDenialRecord:
        """One denial.

        `GET /permission-denials/{denial_id}`
        """
        return await self._calls.send(table.GET_PERMISSION_DENIAL, {"denial_id": denial_id})

    async def lift(self, denial_id: UUID | str) -> PermissionDenialRecord:
        """End a denial at once.

        `POST /permission-denials/{denial_id}/endings`
        """
        return await self._calls.send(table.LIFT_PERMISSION_DENIAL, {"denial_id": denial_id})

    def list(
        self,
        *,
        principal_id: UUID | str | None = None,
        group_id: UUID | str | None = None,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[PermissionDenialRecord]:
        """Denials, newest first, those that have ended included.

        `GET /permission-denials`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_PERMISSION_DENIALS,
            {
                "principal_id": principal_id,
                "group_id": group_id,
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )


class AsyncPolicies:
    """Policies."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def draft(self, *, source: str) -> PolicyVersionRecord:
        """Store a policy that is not in force yet.

        `POST /policies`
        """
        return await self._calls.send(table.DRAFT_POLICY, {"source": source})

    async def get(self, policy_version_id: UUID | str) -> PolicyVersionRecord:
        """One policy version.

        `GET /policies/{policy_version_id}`
        """
        return await self._calls.send(table.GET_POLICY, {"policy_version_id": policy_version_id})

    def list(
        self, *, state: Literal["published", "draft"] | None = None, page_size: int | None = None
    ) -> AsyncListed[PolicyVersionRecord]:
        """Published policies, or with `state=draft` those that wait for it.

        `GET /policies`

        Args:
            page_size: at most so many
        """
        return self._calls.list(table.LIST_POLICIES, {"state": state, "page_size": page_size})

    async def publish(self, policy_version_id: UUID | str) -> PolicyVersionRecord:
        """Put a draft into force, as someone other than its author.

        `POST /policies/{policy_version_id}/publications`
        """
        return await self._calls.send(
            table.PUBLISH_POLICY, {"policy_version_id": policy_version_id}
        )

    async def resolve(
        self,
        *,
        use_case_id: UUID | str | None = None,
        tier: int | None = None,
        jurisdiction: Sequence[str] | None = None,
        task: Literal["binary", "multiclass", "regression"] | None = None,
        purpose: str | None = None,
        on: date | str | None = None,
    ) -> PolicyResolution:
        """Which policy applies to a use case or to given facts, and why no other one does.

        `GET /policy-resolutions`
        """
        return await self._calls.send(
            table.RESOLVE_POLICY,
            {
                "use_case_id": use_case_id,
                "tier": tier,
                "jurisdiction": jurisdiction,
                "task": task,
                "purpose": purpose,
                "on": on,
            },
        )


class AsyncPolicySimulations:
    """Policy simulations."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def create(self, *, source: str) -> PolicySimulationRecord:
        """Queue the trial of a policy text on every version that the caller may read.

        `POST /policy-simulations`
        """
        return await self._calls.send(table.SIMULATE_POLICY, {"source": source})

    async def get(self, simulation_id: UUID | str) -> PolicySimulationDetails:
        """One simulation; `document` says who would newly fail or pass once `state` is
        `finished`.

        `GET /policy-simulations/{simulation_id}`
        """
        return await self._calls.send(table.GET_POLICY_SIMULATION, {"simulation_id": simulation_id})

    def list(
        self,
        *,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[PolicySimulationRecord]:
        """Simulations, newest first.

        `GET /policy-simulations`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_POLICY_SIMULATIONS,
            {
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )

    async def stop(self, simulation_id: UUID | str) -> PolicySimulationRecord:
        """Ask for a simulation to stop.

        `POST /policy-simulations/{simulation_id}/cancellations`
        """
        return await self._calls.send(
            table.STOP_POLICY_SIMULATION, {"simulation_id": simulation_id}
        )


class AsyncPrincipals:
    """Principals."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def create(
        self,
        *,
        kind: Literal["user", "service"],
        name: str,
        title: str,
        email: str | None = None,
        password: str | None = None,
    ) -> AddedPrincipal:
        """Add a service account, or a person, who sets a password by the link in `welcome`.

        `POST /principals`
        """
        return await self._calls.send(
            table.CREATE_PRINCIPAL,
            {"kind": kind, "name": name, "title": title, "email": email, "password": password},
        )

    async def create_password_link(self, principal_id: UUID | str) -> PasswordLinkRecord:
        """A link by which a person sets a new password: good for a day, works once.

        `POST /principals/{principal_id}/password-links`
        """
        return await self._calls.send(table.CREATE_PASSWORD_LINK, {"principal_id": principal_id})

    async def deactivate(self, principal_id: UUID | str) -> PrincipalRecord:
        """Close an account; its tokens and sessions die with it.

        `POST /principals/{principal_id}/deactivations`
        """
        return await self._calls.send(table.DEACTIVATE_PRINCIPAL, {"principal_id": principal_id})

    async def end_sessions(self, principal_id: UUID | str) -> SessionsEndedRecord:
        """End all browser sessions of a person at once; their tokens stay.

        `POST /principals/{principal_id}/session-endings`
        """
        return await self._calls.send(table.END_SESSIONS, {"principal_id": principal_id})

    async def explain_permission(
        self,
        principal_id: UUID | str,
        *,
        permission: Permission | str,
        project_id: UUID | str | None = None,
        model_id: UUID | str | None = None,
        model_version_id: UUID | str | None = None,
        protected: bool | None = None,
    ) -> Explanation:
        """Why somebody may, or may not.

        `GET /principals/{principal_id}/permission-explanations`
        """
        return await self._calls.send(
            table.EXPLAIN_PERMISSION,
            {
                "principal_id": principal_id,
                "permission": permission,
                "project_id": project_id,
                "model_id": model_id,
                "model_version_id": model_version_id,
                "protected": protected,
            },
        )

    def list(
        self,
        *,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[PrincipalRecord]:
        """People and service accounts.

        `GET /principals`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_PRINCIPALS,
            {
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )

    async def reactivate(self, principal_id: UUID | str) -> PrincipalRecord:
        """Open a closed account again; its old tokens and sessions stay dead.

        `POST /principals/{principal_id}/reactivations`
        """
        return await self._calls.send(table.REACTIVATE_PRINCIPAL, {"principal_id": principal_id})


class AsyncProceedings:
    """Proceedings."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def get(self, proceeding_id: UUID | str) -> ProceedingRecord:
        """One proceeding with its signatures.

        `GET /proceedings/{proceeding_id}`
        """
        return await self._calls.send(table.GET_PROCEEDING, {"proceeding_id": proceeding_id})

    def list(
        self,
        *,
        state: ProceedingState | str | None = None,
        kind: ProceedingKind | str | None = None,
        model_version_id: UUID | str | None = None,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[ProceedingRecord]:
        """What was asked to be done with versions, newest first.

        `GET /proceedings`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_PROCEEDINGS,
            {
                "state": state,
                "kind": kind,
                "model_version_id": model_version_id,
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )

    async def withdraw(self, proceeding_id: UUID | str) -> ProceedingRecord:
        """Take back what one asked for.

        `POST /proceedings/{proceeding_id}/withdrawals`
        """
        return await self._calls.send(table.WITHDRAW_PROCEEDING, {"proceeding_id": proceeding_id})


class AsyncProjects:
    """Projects."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def create(self, *, name: str, title: str) -> ProjectRecord:
        """Open a project.

        `POST /projects`
        """
        return await self._calls.send(table.CREATE_PROJECT, {"name": name, "title": title})

    async def create_environment(
        self, project_id: UUID | str, *, name: str, protected: bool | None = None
    ) -> EnvironmentRecord:
        """Add an environment; whether it is protected never changes.

        `POST /projects/{project_id}/environments`
        """
        return await self._calls.send(
            table.CREATE_ENVIRONMENT,
            {"project_id": project_id, "name": name, "protected": protected},
        )

    async def get(self, project_id: UUID | str) -> ProjectRecord:
        """One project.

        `GET /projects/{project_id}`
        """
        return await self._calls.send(table.GET_PROJECT, {"project_id": project_id})

    def list(
        self,
        *,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[ProjectRecord]:
        """Projects that the caller may see.

        `GET /projects`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_PROJECTS,
            {
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )

    def list_environments(
        self, project_id: UUID | str, *, page_size: int | None = None
    ) -> AsyncListed[EnvironmentRecord]:
        """Environments of a project.

        `GET /projects/{project_id}/environments`

        Args:
            page_size: at most so many
        """
        return self._calls.list(
            table.LIST_ENVIRONMENTS, {"project_id": project_id, "page_size": page_size}
        )


class AsyncPurges:
    """Purges."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def ask(self, version_id: UUID | str, *, reason: str) -> ProceedingRecord:
        """Ask for the files of a retired version to be deleted; its records stay.

        `POST /model-versions/{version_id}/purges`
        """
        return await self._calls.send(table.ASK_PURGE, {"version_id": version_id, "reason": reason})

    def list(
        self,
        *,
        state: ProceedingState | str | None = None,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[ProceedingRecord]:
        """Purges, newest first.

        `GET /purges`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_PURGES,
            {
                "state": state,
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )

    async def sign(
        self,
        proceeding_id: UUID | str,
        *,
        decision: Literal["approve", "reject"],
        subject_digest: str,
        comment: str | None = None,
        ticket: str | None = None,
    ) -> ProceedingRecord:
        """Agree to a purge as the second person, or refuse it.

        `POST /purges/{proceeding_id}/sign-offs`

        Args:
            ticket: of `POST /me/signing-tickets`; used up by this
        """
        return await self._calls.send(
            table.SIGN_PURGE,
            {
                "proceeding_id": proceeding_id,
                "decision": decision,
                "subject_digest": subject_digest,
                "comment": comment,
                "ticket": ticket,
            },
        )


class AsyncQuestionnaire:
    """Questionnaire."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def get(self) -> Record:
        """The materiality questionnaire of today.

        `GET /questionnaire`
        """
        return await self._calls.send(table.GET_QUESTIONNAIRE, {})


class AsyncReinstatements:
    """Reinstatements."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def ask(self, version_id: UUID | str, *, cause: str, remedy: str) -> ProceedingRecord:
        """Ask for a suspended version to serve again, as its owner.

        `POST /model-versions/{version_id}/reinstatements`
        """
        return await self._calls.send(
            table.ASK_REINSTATEMENT, {"version_id": version_id, "cause": cause, "remedy": remedy}
        )

    async def sign(
        self,
        proceeding_id: UUID | str,
        *,
        decision: Literal["approve", "reject"],
        subject_digest: str,
        comment: str | None = None,
        ticket: str | None = None,
    ) -> ProceedingRecord:
        """Sign as validator or compliance; the second approval brings the version back.

        `POST /reinstatements/{proceeding_id}/sign-offs`

        Args:
            ticket: of `POST /me/signing-tickets`; used up by this
        """
        return await self._calls.send(
            table.SIGN_REINSTATEMENT,
            {
                "proceeding_id": proceeding_id,
                "decision": decision,
                "subject_digest": subject_digest,
                "comment": comment,
                "ticket": ticket,
            },
        )


class AsyncRetirements:
    """Retirements."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def ask(self, version_id: UUID | str, *, reason: str) -> ProceedingRecord:
        """Ask for a version to be retired for good; one of the other role has to agree.

        `POST /model-versions/{version_id}/retirements`
        """
        return await self._calls.send(
            table.ASK_RETIREMENT, {"version_id": version_id, "reason": reason}
        )

    async def sign(
        self,
        proceeding_id: UUID | str,
        *,
        decision: Literal["approve", "reject"],
        subject_digest: str,
        comment: str | None = None,
        ticket: str | None = None,
    ) -> ProceedingRecord:
        """Agree to a retirement as the second person, or refuse it.

        `POST /retirements/{proceeding_id}/sign-offs`

        Args:
            ticket: of `POST /me/signing-tickets`; used up by this
        """
        return await self._calls.send(
            table.SIGN_RETIREMENT,
            {
                "proceeding_id": proceeding_id,
                "decision": decision,
                "subject_digest": subject_digest,
                "comment": comment,
                "ticket": ticket,
            },
        )


class AsyncRiskAcceptances:
    """Risk acceptances."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def confirm(self, acceptance_id: UUID | str) -> RiskAcceptanceRecord:
        """Agree, as the second person, in the other role.

        `POST /risk-acceptances/{acceptance_id}/confirmations`
        """
        return await self._calls.send(
            table.CONFIRM_RISK_ACCEPTANCE, {"acceptance_id": acceptance_id}
        )

    def list(
        self, finding_id: UUID | str, *, page_size: int | None = None
    ) -> AsyncListed[RiskAcceptanceRecord]:
        """What people agreed, or proposed, about bearing the risk, newest first.

        `GET /findings/{finding_id}/risk-acceptances`

        Args:
            page_size: at most so many
        """
        return self._calls.list(
            table.LIST_RISK_ACCEPTANCES, {"finding_id": finding_id, "page_size": page_size}
        )

    async def propose(
        self, finding_id: UUID | str, *, reason: str, until_on: date | str
    ) -> RiskAcceptanceRecord:
        """Offer, as the first of two people, to bear the risk until a day.

        `POST /findings/{finding_id}/risk-acceptances`
        """
        return await self._calls.send(
            table.PROPOSE_RISK_ACCEPTANCE,
            {"finding_id": finding_id, "reason": reason, "until_on": until_on},
        )


class AsyncRiskAssessments:
    """Risk assessments."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def create(
        self, use_case_id: UUID | str, *, answers: Mapping[str, Any]
    ) -> RiskAssessmentRecord:
        """Fill the questionnaire in; the rule makes a tier and a class of it.

        `POST /use-cases/{use_case_id}/risk-assessments`
        """
        return await self._calls.send(
            table.CREATE_RISK_ASSESSMENT, {"use_case_id": use_case_id, "answers": answers}
        )

    async def decide(
        self, assessment_id: UUID | str, *, decision: AssessmentDecision | str, comment: str
    ) -> RiskAssessmentRecord:
        """Approve or reject, as somebody who neither filled it in nor owns the use case.

        `POST /risk-assessments/{assessment_id}/decisions`
        """
        return await self._calls.send(
            table.DECIDE_RISK_ASSESSMENT,
            {"assessment_id": assessment_id, "decision": decision, "comment": comment},
        )

    def list(
        self, use_case_id: UUID | str, *, page_size: int | None = None
    ) -> AsyncListed[RiskAssessmentRecord]:
        """Every assessment of a use case, newest first; the effective one says so.

        `GET /use-cases/{use_case_id}/risk-assessments`

        Args:
            page_size: at most so many
        """
        return self._calls.list(
            table.LIST_RISK_ASSESSMENTS, {"use_case_id": use_case_id, "page_size": page_size}
        )


class AsyncRoleBindings:
    """Role bindings."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def bind_role_to_group(
        self,
        group_id: UUID | str,
        *,
        role: Role | str,
        project_id: UUID | str | None = None,
        model_id: UUID | str | None = None,
        condition: Condition | str | None = None,
    ) -> RoleBindingRecord:
        """Give everybody in a group a role, also those who come later.

        `POST /groups/{group_id}/role-bindings`
        """
        return await self._calls.send(
            table.BIND_ROLE_TO_GROUP,
            {
                "group_id": group_id,
                "role": role,
                "project_id": project_id,
                "model_id": model_id,
                "condition": condition,
            },
        )

    async def create(
        self,
        principal_id: UUID | str,
        *,
        role: Role | str,
        project_id: UUID | str | None = None,
        model_id: UUID | str | None = None,
        condition: Condition | str | None = None,
    ) -> RoleBindingRecord:
        """Give a principal a role.

        `POST /principals/{principal_id}/role-bindings`
        """
        return await self._calls.send(
            table.BIND_ROLE,
            {
                "principal_id": principal_id,
                "role": role,
                "project_id": project_id,
                "model_id": model_id,
                "condition": condition,
            },
        )

    async def revoke(self, binding_id: UUID | str) -> None:
        """Take a role back at once.

        `POST /role-bindings/{binding_id}/revocations`
        """
        await self._calls.send(table.TAKE_ROLE, {"binding_id": binding_id})


class AsyncRuns:
    """Runs."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def create(
        self,
        *,
        use_case_id: UUID | str,
        dataset_version_id: UUID | str,
        spec: RunSpec | Record | None = None,
    ) -> RunRecord:
        """Queue an AutoML run.

        `POST /runs`

        Args:
            spec: fields of `RunSpec`
        """
        return await self._calls.send(
            table.CREATE_RUN,
            {"use_case_id": use_case_id, "dataset_version_id": dataset_version_id, "spec": spec},
        )

    async def get(self, run_id: UUID | str) -> RunRecord:
        """One run.

        `GET /runs/{run_id}`
        """
        return await self._calls.send(table.GET_RUN, {"run_id": run_id})

    async def get_record(self, run_id: UUID | str) -> Record:
        """Everything that was recorded about a run.

        `GET /runs/{run_id}/record`
        """
        return await self._calls.send(table.GET_RUN_RECORD, {"run_id": run_id})

    def list(
        self,
        *,
        use_case_id: UUID | str | None = None,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[RunRecord]:
        """Runs, newest first.

        `GET /runs`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_RUNS,
            {
                "use_case_id": use_case_id,
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )

    def list_trials(
        self, run_id: UUID | str, *, page_size: int | None = None
    ) -> AsyncListed[TrialRecord]:
        """Every trial of a run.

        `GET /runs/{run_id}/trials`

        Args:
            page_size: at most so many
        """
        return self._calls.list(table.LIST_TRIALS, {"run_id": run_id, "page_size": page_size})


class AsyncServiceAccounts:
    """Service accounts."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def create(
        self,
        *,
        name: str,
        title: str,
        owner_id: UUID | str,
        purpose: str,
        expires_at: datetime | str | None = None,
    ) -> ServiceAccountRecord:
        """Add the account of a program; roles are bound to its `id` as to any principal's.

        `POST /service-accounts`
        """
        return await self._calls.send(
            table.CREATE_SERVICE_ACCOUNT,
            {
                "name": name,
                "title": title,
                "owner_id": owner_id,
                "purpose": purpose,
                "expires_at": expires_at,
            },
        )

    async def create_client_secret(
        self,
        account_id: UUID | str,
        *,
        token_name: str | None = None,
        days: int | None = None,
        scopes: Sequence[Permission | str] | None = None,
        project_id: UUID | str | None = None,
    ) -> IssuedToken:
        """A secret that gets access tokens from `POST /oauth/token`; it does not call the API.

        `POST /service-accounts/{account_id}/client-secrets`

        Args:
            scopes: permissions that the token is good for; left out: all that its holder
                may. A scope only takes away
            project_id: the one project that the token is good for
        """
        return await self._calls.send(
            table.CREATE_CLIENT_SECRET,
            {
                "account_id": account_id,
                "token_name": token_name,
                "days": days,
                "scopes": scopes,
                "project_id": project_id,
            },
        )

    async def get(self, account_id: UUID | str) -> ServiceAccountRecord:
        """One program.

        `GET /service-accounts/{account_id}`
        """
        return await self._calls.send(table.GET_SERVICE_ACCOUNT, {"account_id": account_id})

    async def give(self, account_id: UUID | str, *, owner_id: UUID | str) -> ServiceAccountRecord:
        """Let another person answer for a program.

        `POST /service-accounts/{account_id}/owners`
        """
        return await self._calls.send(
            table.GIVE_SERVICE_ACCOUNT, {"account_id": account_id, "owner_id": owner_id}
        )

    def list(
        self,
        *,
        ownerless: bool | None = None,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[ServiceAccountRecord]:
        """Programs; `ownerless=true` keeps those that nobody active answers for.

        `GET /service-accounts`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_SERVICE_ACCOUNTS,
            {
                "ownerless": ownerless,
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )

    async def renew(
        self, account_id: UUID | str, *, expires_at: datetime | str | None = None
    ) -> ServiceAccountRecord:
        """Set another end for a program.

        `POST /service-accounts/{account_id}/renewals`
        """
        return await self._calls.send(
            table.RENEW_SERVICE_ACCOUNT, {"account_id": account_id, "expires_at": expires_at}
        )


class AsyncTokens:
    """Tokens."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def create(
        self,
        *,
        name: str,
        password: str,
        token_name: str | None = None,
        days: int | None = None,
        scopes: Sequence[Permission | str] | None = None,
        project_id: UUID | str | None = None,
    ) -> IssuedToken:
        """A token for oneself, in exchange for name and password; shown this once.

        `POST /tokens`

        Args:
            scopes: permissions that the token is good for; left out: all that its holder
                may. A scope only takes away
            project_id: the one project that the token is good for
        """
        return await self._calls.send(
            table.CREATE_TOKEN,
            {
                "name": name,
                "password": password,
                "token_name": token_name,
                "days": days,
                "scopes": scopes,
                "project_id": project_id,
            },
        )

    async def create_service(
        self,
        principal_id: UUID | str,
        *,
        token_name: str | None = None,
        days: int | None = None,
        scopes: Sequence[Permission | str] | None = None,
        project_id: UUID | str | None = None,
    ) -> IssuedToken:
        """A token for a service account; its secret is shown this once.

        `POST /principals/{principal_id}/tokens`

        Args:
            scopes: permissions that the token is good for; left out: all that its holder
                may. A scope only takes away
            project_id: the one project that the token is good for
        """
        return await self._calls.send(
            table.CREATE_SERVICE_TOKEN,
            {
                "principal_id": principal_id,
                "token_name": token_name,
                "days": days,
                "scopes": scopes,
                "project_id": project_id,
            },
        )

    def list(
        self,
        *,
        principal_id: UUID | str | None = None,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[TokenRecord]:
        """Everybody's tokens without their secrets; `principal_id` keeps those of one account.

        `GET /tokens`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_TOKENS,
            {
                "principal_id": principal_id,
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )

    async def revoke(self, token_id: UUID | str) -> None:
        """End a token at once, and the access tokens that were got with it.

        `POST /tokens/{token_id}/revocations`
        """
        await self._calls.send(table.REVOKE_TOKEN, {"token_id": token_id})

    async def rotate(
        self, token_id: UUID | str, *, overlap_hours: int | None = None
    ) -> IssuedToken:
        """A successor as wide, for as long; a token rotates itself, an admin those of
        services.

        `POST /tokens/{token_id}/rotations`
        """
        return await self._calls.send(
            table.ROTATE_TOKEN, {"token_id": token_id, "overlap_hours": overlap_hours}
        )


class AsyncUseCases:
    """Use cases."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def change_owner(self, use_case_id: UUID | str, *, owner_id: UUID | str) -> UseCaseRecord:
        """Let somebody else answer for a use case, as its present owner or as compliance.

        `POST /use-cases/{use_case_id}/owners`
        """
        return await self._calls.send(
            table.CHANGE_OWNER, {"use_case_id": use_case_id, "owner_id": owner_id}
        )

    async def create(
        self,
        project_id: UUID | str,
        *,
        name: str,
        owner_id: UUID | str,
        terms: UseCaseTerms | Record,
    ) -> UseCaseRecord:
        """Declare a purpose with the person who answers for it.

        `POST /projects/{project_id}/use-cases`

        Args:
            terms: fields of `UseCaseTerms`
        """
        return await self._calls.send(
            table.CREATE_USE_CASE,
            {"project_id": project_id, "name": name, "owner_id": owner_id, "terms": terms},
        )

    async def get(self, use_case_id: UUID | str) -> UseCaseRecord:
        """One use case.

        `GET /use-cases/{use_case_id}`
        """
        return await self._calls.send(table.GET_USE_CASE, {"use_case_id": use_case_id})

    def list(
        self,
        project_id: UUID | str,
        *,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[UseCaseRecord]:
        """Use cases of a project.

        `GET /projects/{project_id}/use-cases`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_USE_CASES,
            {
                "project_id": project_id,
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )


class AsyncWaivers:
    """Waivers."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def confirm(
        self, waiver_id: UUID | str, *, subject_digest: str, ticket: str | None = None
    ) -> WaiverRecord:
        """Agree, as the second person.

        `POST /waivers/{waiver_id}/confirmations`

        Args:
            ticket: of `POST /me/signing-tickets`; used up by this
        """
        return await self._calls.send(
            table.CONFIRM_WAIVER,
            {"waiver_id": waiver_id, "subject_digest": subject_digest, "ticket": ticket},
        )

    async def get(self, waiver_id: UUID | str) -> WaiverRecord:
        """One waiver.

        `GET /waivers/{waiver_id}`
        """
        return await self._calls.send(table.GET_WAIVER, {"waiver_id": waiver_id})

    def list(
        self, version_id: UUID | str, *, page_size: int | None = None
    ) -> AsyncListed[WaiverRecord]:
        """Waivers of the newest judgement, those that have ended included.

        `GET /model-versions/{version_id}/waivers`

        Args:
            page_size: at most so many
        """
        return self._calls.list(
            table.LIST_WAIVERS, {"version_id": version_id, "page_size": page_size}
        )

    def list_register(
        self,
        *,
        state: WaiverState | str | None = None,
        model_version_id: UUID | str | None = None,
        expires_before: datetime | str | None = None,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[WaiverRecord]:
        """The register: every waiver, newest first, those that have ended included.

        `GET /waivers`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_WAIVER_REGISTER,
            {
                "state": state,
                "model_version_id": model_version_id,
                "expires_before": expires_before,
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )

    async def propose(
        self,
        evaluation_id: UUID | str,
        *,
        check_key: str,
        reason: str,
        obligation: str,
        expires_at: datetime | str,
        ticket: str | None = None,
    ) -> WaiverRecord:
        """Propose, as the first of two people.

        `POST /gate-evaluations/{evaluation_id}/waivers`

        Args:
            obligation: the compensating control: what limits the harm meanwhile, and by
                whom
            ticket: of `POST /me/signing-tickets`; used up by this
        """
        return await self._calls.send(
            table.PROPOSE_WAIVER,
            {
                "evaluation_id": evaluation_id,
                "check_key": check_key,
                "reason": reason,
                "obligation": obligation,
                "expires_at": expires_at,
                "ticket": ticket,
            },
        )

    async def revoke(self, waiver_id: UUID | str, *, reason: str) -> WaiverRecord:
        """Take a waiver back; what rested on it is open again.

        `POST /waivers/{waiver_id}/revocations`
        """
        return await self._calls.send(
            table.REVOKE_WAIVER, {"waiver_id": waiver_id, "reason": reason}
        )


class AsyncWebhookDeliveries:
    """Webhook deliveries."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def get(self, delivery_id: UUID | str) -> DeliveryLog:
        """One delivery with every attempt at it.

        `GET /webhook-deliveries/{delivery_id}`
        """
        return await self._calls.send(table.GET_WEBHOOK_DELIVERY, {"delivery_id": delivery_id})

    def list(
        self,
        webhook_id: UUID | str,
        *,
        state: DeliveryState | str | None = None,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[DeliveryRecord]:
        """What was sent to a webhook or is on its way, with the latest attempt.

        `GET /webhooks/{webhook_id}/deliveries`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_WEBHOOK_DELIVERIES,
            {
                "webhook_id": webhook_id,
                "state": state,
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )

    async def replay(self, delivery_id: UUID | str) -> ReplayRecord:
        """Send one event once more, under the same identifier.

        `POST /webhook-deliveries/{delivery_id}/replays`
        """
        return await self._calls.send(table.REPLAY_WEBHOOK_DELIVERY, {"delivery_id": delivery_id})


class AsyncWebhooks:
    """Webhooks."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    async def create(
        self,
        *,
        kind: WebhookKind | str,
        title: str,
        actions: Sequence[str],
        project_id: UUID | str | None = None,
        url: str | None = None,
        addresses: Sequence[str] | None = None,
        outcome: Literal["ok", "denied"] | None = None,
    ) -> IssuedWebhook:
        """Let somebody be told of events from now on; the secret that signs is shown this
        once.

        `POST /webhooks`

        Args:
            project_id: whose events; left out: all, which takes an admin of all projects
            url: of `webhook` and `slack`
            addresses: of `email`
            actions: `model_version.moved`, `finding.*` or `*`
        """
        return await self._calls.send(
            table.CREATE_WEBHOOK,
            {
                "kind": kind,
                "title": title,
                "project_id": project_id,
                "url": url,
                "addresses": addresses,
                "actions": actions,
                "outcome": outcome,
            },
        )

    async def get(self, webhook_id: UUID | str) -> WebhookRecord:
        """One webhook.

        `GET /webhooks/{webhook_id}`
        """
        return await self._calls.send(table.GET_WEBHOOK, {"webhook_id": webhook_id})

    def list(
        self,
        *,
        state: WebhookState | str | None = None,
        page_size: int | None = None,
        order_by: str | None = None,
        created_after: datetime | str | None = None,
        created_before: datetime | str | None = None,
        name: str | None = None,
    ) -> AsyncListed[WebhookRecord]:
        """Webhooks that the caller manages.

        `GET /webhooks`

        Args:
            page_size: at most so many
            order_by: `created_at`, `name` or `number`, as far as the resource has it; `-`
                in front turns it around. Left out, the newest come first
            created_after: only what came later, such as `2026-11-22T10:30:00Z`
            created_before: only what came earlier
            name: only what is called so, where things have names
        """
        return self._calls.list(
            table.LIST_WEBHOOKS,
            {
                "state": state,
                "page_size": page_size,
                "order_by": order_by,
                "created_after": created_after,
                "created_before": created_before,
                "name": name,
            },
        )

    async def pause(self, webhook_id: UUID | str) -> WebhookRecord:
        """Send nothing until it is resumed; nothing is missed.

        `POST /webhooks/{webhook_id}/pauses`
        """
        return await self._calls.send(table.PAUSE_WEBHOOK, {"webhook_id": webhook_id})

    async def replay(self, webhook_id: UUID | str, *, since: datetime | str) -> ReplayRecord:
        """Send everything since a time once more, under the same identifiers.

        `POST /webhooks/{webhook_id}/replays`
        """
        return await self._calls.send(
            table.REPLAY_WEBHOOK, {"webhook_id": webhook_id, "since": since}
        )

    async def resume(self, webhook_id: UUID | str) -> WebhookRecord:
        """Send again what was paused or disabled, what has happened in the meantime first.

        `POST /webhooks/{webhook_id}/resumptions`
        """
        return await self._calls.send(table.RESUME_WEBHOOK, {"webhook_id": webhook_id})

    async def revoke(self, webhook_id: UUID | str) -> WebhookRecord:
        """End a webhook for good; its log stays.

        `POST /webhooks/{webhook_id}/revocations`
        """
        return await self._calls.send(table.REVOKE_WEBHOOK, {"webhook_id": webhook_id})

    async def rotate_secret(self, webhook_id: UUID | str) -> IssuedWebhook:
        """Sign with a new secret, shown this once; the one before signs as well for 24 hours.

        `POST /webhooks/{webhook_id}/secrets`
        """
        return await self._calls.send(table.ROTATE_SECRET, {"webhook_id": webhook_id})

    async def send_test(self, webhook_id: UUID | str) -> WebhookRecord:
        """Send the event `webhook.tested`, to this webhook alone.

        `POST /webhooks/{webhook_id}/tests`
        """
        return await self._calls.send(table.SEND_WEBHOOK_TEST, {"webhook_id": webhook_id})


class AsyncResources:
    """Everything that can be called, by noun."""

    def __init__(self, calls: AsyncCalls) -> None:
        self.access_grants = AsyncAccessGrants(calls)
        self.access_requests = AsyncAccessRequests(calls)
        self.alerts = AsyncAlerts(calls)
        self.alias_changes = AsyncAliasChanges(calls)
        self.approval_conditions = AsyncApprovalConditions(calls)
        self.approval_escalations = AsyncApprovalEscalations(calls)
        self.approval_requests = AsyncApprovalRequests(calls)
        self.attestations = AsyncAttestations(calls)
        self.audit_checkpoints = AsyncAuditCheckpoints(calls)
        self.audit_events = AsyncAuditEvents(calls)
        self.audit_exports = AsyncAuditExports(calls)
        self.audit_key = AsyncAuditKey(calls)
        self.break_glass_requests = AsyncBreakGlassRequests(calls)
        self.change_plans = AsyncChangePlans(calls)
        self.dataset_versions = AsyncDatasetVersions(calls)
        self.datasets = AsyncDatasets(calls)
        self.delegations = AsyncDelegations(calls)
        self.deployment_states = AsyncDeploymentStates(calls)
        self.deployments = AsyncDeployments(calls)
        self.drift_reports = AsyncDriftReports(calls)
        self.external_identities = AsyncExternalIdentities(calls)
        self.external_versions = AsyncExternalVersions(calls)
        self.findings = AsyncFindings(calls)
        self.groups = AsyncGroups(calls)
        self.health = AsyncHealth(calls)
        self.identity_providers = AsyncIdentityProviders(calls)
        self.jobs = AsyncJobs(calls)
        self.legal_holds = AsyncLegalHolds(calls)
        self.me = AsyncMe(calls)
        self.model_requests = AsyncModelRequests(calls)
        self.model_versions = AsyncModelVersions(calls)
        self.models = AsyncModels(calls)
        self.openapi = AsyncOpenapi(calls)
        self.operations = AsyncOperations(calls)
        self.permission_denials = AsyncPermissionDenials(calls)
        self.policies = AsyncPolicies(calls)
        self.policy_simulations = AsyncPolicySimulations(calls)
        self.principals = AsyncPrincipals(calls)
        self.proceedings = AsyncProceedings(calls)
        self.projects = AsyncProjects(calls)
        self.purges = AsyncPurges(calls)
        self.questionnaire = AsyncQuestionnaire(calls)
        self.reinstatements = AsyncReinstatements(calls)
        self.retirements = AsyncRetirements(calls)
        self.risk_acceptances = AsyncRiskAcceptances(calls)
        self.risk_assessments = AsyncRiskAssessments(calls)
        self.role_bindings = AsyncRoleBindings(calls)
        self.runs = AsyncRuns(calls)
        self.service_accounts = AsyncServiceAccounts(calls)
        self.tokens = AsyncTokens(calls)
        self.use_cases = AsyncUseCases(calls)
        self.waivers = AsyncWaivers(calls)
        self.webhook_deliveries = AsyncWebhookDeliveries(calls)
        self.webhooks = AsyncWebhooks(calls)
