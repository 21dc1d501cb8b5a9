"""Every endpoint of the API: where its values go, and what it answers.

Written by `make client` from the routes; do not change it by hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from accredit_platform.client.endpoint import Endpoint, Record, Value

if TYPE_CHECKING:
    from accredit_governance.access.actors import Actor
    from accredit_governance.access.explanations import Explanation
    from accredit_governance.cards.card import ModelCard
    from accredit_governance.operations.predictions import OutcomesAccepted
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
        SigningTicket,
    )
    from accredit_governance.registry.external_records import ExternalVersionRecord, ModelFileRecord
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
    from accredit_governance.registry.intake_records import ModelRequestRecord, RiskAssessmentRecord
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
    from accredit_platform.client.operations import Operation

GET_ACCESS_GRANT: Final[Endpoint[AccessGrantRecord]] = Endpoint(
    "get_access_grant",
    "GET",
    "/access-grants/{grant_id}",
    about="One grant.",
    call="access_grants.get",
    form="document",
    answer="accredit_governance.registry.access_records:AccessGrantRecord",
    values=(Value("grant_id", "path", required=True),),
)
GET_ACCESS_GRANT_USAGE: Final[Endpoint[GrantUsage]] = Endpoint(
    "get_access_grant_usage",
    "GET",
    "/access-grants/{grant_id}/usage",
    about="What of a grant is used up, per day.",
    call="access_grants.get_usage",
    form="document",
    answer="accredit_governance.registry.access_records:GrantUsage",
    values=(Value("grant_id", "path", required=True),),
)
LIST_ACCESS_GRANTS: Final[Endpoint[AccessGrantRecord]] = Endpoint(
    "list_access_grants",
    "GET",
    "/access-grants",
    about="One's own grants; all of a project for those who read its audit trail.",
    call="access_grants.list",
    form="page",
    answer="accredit_governance.registry.access_records:AccessGrantRecord",
    values=(
        Value("model_id", "query"),
        Value("environment", "query"),
        Value("principal_id", "query"),
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
REVOKE_ACCESS: Final[Endpoint[AccessGrantRecord]] = Endpoint(
    "revoke_access",
    "POST",
    "/access-grants/{grant_id}/revocations",
    about="End a grant at once.",
    call="access_grants.revoke",
    form="document",
    answer="accredit_governance.registry.access_records:AccessGrantRecord",
    values=(
        Value("grant_id", "path", required=True),
        Value("reason", "body", required=True),
    ),
)
REQUEST_ACCESS: Final[Endpoint[AccessRequestRecord]] = Endpoint(
    "request_access",
    "POST",
    "/access-requests",
    about="Ask that a principal may predict with the approved versions of a model.",
    call="access_requests.create",
    form="document",
    answer="accredit_governance.registry.access_records:AccessRequestRecord",
    values=(
        Value("model_id", "body", required=True),
        Value(
            "principal_id", "body", required=True, about="who will predict; holds the role consumer"
        ),
        Value("environment", "body"),
        Value("purpose", "body", about="a code that the use case permits; default: its only one"),
        Value("intended_use", "body", required=True, about="what for, in words"),
        Value(
            "quota_per_day",
            "body",
            "integer",
            about="predictions on a day in UTC; one quota is needed",
        ),
        Value("quota_total", "body", "integer", about="predictions in all"),
        Value("valid_until", "body", required=True),
        Value("renews_grant_id", "body", about="the grant that ends when this one is given"),
    ),
)
DECIDE_ACCESS: Final[Endpoint[AccessRequestRecord]] = Endpoint(
    "decide_access",
    "POST",
    "/access-requests/{access_request_id}/decisions",
    about="Say yes or no; the last yes makes the grant.",
    call="access_requests.decide",
    form="document",
    answer="accredit_governance.registry.access_records:AccessRequestRecord",
    values=(
        Value("access_request_id", "path", required=True),
        Value("decision", "body", required=True),
        Value("comment", "body", about="needed for a no"),
    ),
)
GET_ACCESS_REQUEST: Final[Endpoint[AccessRequestRecord]] = Endpoint(
    "get_access_request",
    "GET",
    "/access-requests/{access_request_id}",
    about="One request, with what was said about it.",
    call="access_requests.get",
    form="document",
    answer="accredit_governance.registry.access_records:AccessRequestRecord",
    values=(Value("access_request_id", "path", required=True),),
)
LIST_ACCESS_REQUESTS: Final[Endpoint[AccessRequestRecord]] = Endpoint(
    "list_access_requests",
    "GET",
    "/access-requests",
    about="Requests for access; `assignee=me` keeps what the caller could decide now.",
    call="access_requests.list",
    form="page",
    answer="accredit_governance.registry.access_records:AccessRequestRecord",
    values=(
        Value("state", "query"),
        Value("model_id", "query"),
        Value("assignee", "query"),
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
WITHDRAW_ACCESS_REQUEST: Final[Endpoint[AccessRequestRecord]] = Endpoint(
    "withdraw_access_request",
    "POST",
    "/access-requests/{access_request_id}/withdrawals",
    about="Take one's own request back.",
    call="access_requests.withdraw",
    form="document",
    answer="accredit_governance.registry.access_records:AccessRequestRecord",
    values=(Value("access_request_id", "path", required=True),),
)
ACKNOWLEDGE_ALERT: Final[Endpoint[AlertRecord]] = Endpoint(
    "acknowledge_alert",
    "POST",
    "/alerts/{alert_id}/acknowledgements",
    about="Take an alert on.",
    call="alerts.acknowledge",
    form="document",
    answer="accredit_governance.registry.records:AlertRecord",
    values=(
        Value("alert_id", "path", required=True),
        Value("comment", "body"),
    ),
)
GET_ALERT: Final[Endpoint[AlertRecord]] = Endpoint(
    "get_alert",
    "GET",
    "/alerts/{alert_id}",
    about="One alert.",
    call="alerts.get",
    form="document",
    answer="accredit_governance.registry.records:AlertRecord",
    values=(Value("alert_id", "path", required=True),),
)
LIST_ALERTS: Final[Endpoint[AlertRecord]] = Endpoint(
    "list_alerts",
    "GET",
    "/alerts",
    about="Alerts, newest first.",
    call="alerts.list",
    form="page",
    answer="accredit_governance.registry.records:AlertRecord",
    values=(
        Value("deployment_id", "query"),
        Value("state", "query"),
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
CHANGE_ALIAS: Final[Endpoint[AliasChangeRecord]] = Endpoint(
    "change_alias",
    "POST",
    "/models/{model_id}/alias-changes",
    about="Let an alias name another version; in a protected environment others sign it first.",
    call="alias_changes.create",
    form="document",
    answer="accredit_governance.registry.alias_records:AliasChangeRecord",
    values=(
        Value("model_id", "path", required=True),
        Value("environment", "body", required=True),
        Value("alias", "body", required=True),
        Value("model_version_id", "body", required=True),
        Value("reason", "body", required=True),
    ),
)
SIGN_ALIAS_CHANGE: Final[Endpoint[ProceedingRecord]] = Endpoint(
    "sign_alias_change",
    "POST",
    "/alias-changes/{proceeding_id}/sign-offs",
    about="Sign as validator or compliance; the approval moves the alias.",
    call="alias_changes.sign",
    form="document",
    answer="accredit_governance.registry.aftercare_records:ProceedingRecord",
    values=(
        Value("proceeding_id", "path", required=True),
        Value("decision", "body", required=True),
        Value("subject_digest", "body", required=True),
        Value("comment", "body"),
        Value("ticket", "body", about="of `POST /me/signing-tickets`; used up by this"),
    ),
)
CONFIRM_APPROVAL_CONDITION: Final[Endpoint[ConditionRecord]] = Endpoint(
    "confirm_approval_condition",
    "POST",
    "/approval-conditions/{condition_id}/confirmations",
    about="Agree, as somebody else, that a condition is met.",
    call="approval_conditions.confirm",
    form="document",
    answer="accredit_governance.registry.approval_records:ConditionRecord",
    values=(Value("condition_id", "path", required=True),),
)
GET_APPROVAL_CONDITION: Final[Endpoint[ConditionRecord]] = Endpoint(
    "get_approval_condition",
    "GET",
    "/approval-conditions/{condition_id}",
    about="One condition.",
    call="approval_conditions.get",
    form="document",
    answer="accredit_governance.registry.approval_records:ConditionRecord",
    values=(Value("condition_id", "path", required=True),),
)
LIST_APPROVAL_CONDITIONS: Final[Endpoint[ConditionRecord]] = Endpoint(
    "list_approval_conditions",
    "GET",
    "/approval-conditions",
    about="Conditions, newest first; `owner=me` keeps those that the caller sees to.",
    call="approval_conditions.list",
    form="page",
    answer="accredit_governance.registry.approval_records:ConditionRecord",
    values=(
        Value("state", "query"),
        Value("owner", "query"),
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
MEET_APPROVAL_CONDITION: Final[Endpoint[ConditionRecord]] = Endpoint(
    "meet_approval_condition",
    "POST",
    "/approval-conditions/{condition_id}/fulfilments",
    about="Say, as its owner, that a condition is met, and what shows it.",
    call="approval_conditions.meet",
    form="document",
    answer="accredit_governance.registry.approval_records:ConditionRecord",
    values=(
        Value("condition_id", "path", required=True),
        Value("evidence", "body", required=True),
    ),
)
REASSIGN_APPROVAL_CONDITION: Final[Endpoint[ConditionRecord]] = Endpoint(
    "reassign_approval_condition",
    "POST",
    "/approval-conditions/{condition_id}/reassignments",
    about="Give a condition another owner.",
    call="approval_conditions.reassign",
    form="document",
    answer="accredit_governance.registry.approval_records:ConditionRecord",
    values=(
        Value("condition_id", "path", required=True),
        Value("owner_id", "body", required=True),
        Value("reason", "body", required=True),
    ),
)
RETURN_APPROVAL_CONDITION: Final[Endpoint[ConditionRecord]] = Endpoint(
    "return_approval_condition",
    "POST",
    "/approval-conditions/{condition_id}/returns",
    about="Find the evidence too thin; the condition is open again.",
    call="approval_conditions.return_",
    form="document",
    answer="accredit_governance.registry.approval_records:ConditionRecord",
    values=(
        Value("condition_id", "path", required=True),
        Value("reason", "body", required=True),
    ),
)
LIST_APPROVAL_ESCALATIONS: Final[Endpoint[ApprovalRequestRecord]] = Endpoint(
    "list_approval_escalations",
    "GET",
    "/approval-escalations",
    about="Requests that wait too long for a role of the caller's, longest first.",
    call="approval_escalations.list",
    form="page",
    answer="accredit_governance.registry.approval_records:ApprovalRequestRecord",
    values=(Value("page_size", "query", "integer", about="at most so many"),),
)
CREATE_APPROVAL_COMMENT: Final[Endpoint[CommentRecord]] = Endpoint(
    "create_approval_comment",
    "POST",
    "/approval-requests/{request_id}/comments",
    about="Say something about a request; it cannot be changed or removed.",
    call="approval_requests.create_comment",
    form="document",
    answer="accredit_governance.registry.approval_records:CommentRecord",
    values=(
        Value("request_id", "path", required=True),
        Value("text", "body", required=True),
    ),
)
GET_APPROVAL_REQUEST: Final[Endpoint[ApprovalRequestRecord]] = Endpoint(
    "get_approval_request",
    "GET",
    "/approval-requests/{request_id}",
    about="One approval request with its signatures, conditions, and what a signature would mean.",
    call="approval_requests.get",
    form="document",
    answer="accredit_governance.registry.approval_records:ApprovalRequestRecord",
    values=(Value("request_id", "path", required=True),),
)
LIST_APPROVAL_REQUESTS: Final[Endpoint[ApprovalRequestRecord]] = Endpoint(
    "list_approval_requests",
    "GET",
    "/approval-requests",
    about="The approval queue; `assignee=me` keeps what the caller could sign now.",
    call="approval_requests.list",
    form="page",
    answer="accredit_governance.registry.approval_records:ApprovalRequestRecord",
    values=(
        Value("state", "query"),
        Value("model_version_id", "query"),
        Value("assignee", "query"),
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
LIST_APPROVAL_COMMENTS: Final[Endpoint[CommentRecord]] = Endpoint(
    "list_approval_comments",
    "GET",
    "/approval-requests/{request_id}/comments",
    about="What was said about a request, oldest first.",
    call="approval_requests.list_comments",
    form="page",
    answer="accredit_governance.registry.approval_records:CommentRecord",
    values=(
        Value("request_id", "path", required=True),
        Value("page_size", "query", "integer", about="at most so many"),
    ),
)
SIGN_OFF: Final[Endpoint[ApprovalRequestRecord]] = Endpoint(
    "sign_off",
    "POST",
    "/approval-requests/{request_id}/sign-offs",
    about="Sign, one way or the other; a checkpoint of the audit trail is signed at once.",
    call="approval_requests.sign_off",
    form="document",
    answer="accredit_governance.registry.approval_records:ApprovalRequestRecord",
    values=(
        Value("request_id", "path", required=True),
        Value("decision", "body", required=True),
        Value("subject_digest", "body", required=True),
        Value("comment", "body"),
        Value("ticket", "body", about="of `POST /me/signing-tickets`; used up by this"),
        Value("conditions", "body", "json"),
    ),
)
WITHDRAW_APPROVAL_REQUEST: Final[Endpoint[ApprovalRequestRecord]] = Endpoint(
    "withdraw_approval_request",
    "POST",
    "/approval-requests/{request_id}/withdrawals",
    about="Take one's own request back.",
    call="approval_requests.withdraw",
    form="document",
    answer="accredit_governance.registry.approval_records:ApprovalRequestRecord",
    values=(Value("request_id", "path", required=True),),
)
ANSWER_ATTESTATION: Final[Endpoint[AttestationRecord]] = Endpoint(
    "answer_attestation",
    "POST",
    "/attestations/{attestation_id}/sign-offs",
    about="Stand by the statement, or decline; that opens a finding.",
    call="attestations.answer",
    form="document",
    answer="accredit_governance.registry.findings_records:AttestationRecord",
    values=(
        Value("attestation_id", "path", required=True),
        Value("answer", "body", required=True),
        Value("card_digest", "body", required=True),
        Value("comment", "body"),
        Value("ticket", "body", about="of `POST /me/signing-tickets`; used up by this"),
    ),
)
GET_ATTESTATION: Final[Endpoint[AttestationRecord]] = Endpoint(
    "get_attestation",
    "GET",
    "/attestations/{attestation_id}",
    about="One attestation, with the digest of the card that an answer has to name.",
    call="attestations.get",
    form="document",
    answer="accredit_governance.registry.findings_records:AttestationRecord",
    values=(Value("attestation_id", "path", required=True),),
)
LIST_ATTESTATIONS: Final[Endpoint[AttestationRecord]] = Endpoint(
    "list_attestations",
    "GET",
    "/attestations",
    about="Attestations, newest first; `assignee=me` keeps those in a role of the caller.",
    call="attestations.list",
    form="page",
    answer="accredit_governance.registry.findings_records:AttestationRecord",
    values=(
        Value("assignee", "query"),
        Value("state", "query"),
        Value("overdue", "query", "boolean"),
        Value("model_version_id", "query"),
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
GET_CHECKPOINT: Final[Endpoint[CheckpointRecord]] = Endpoint(
    "get_checkpoint",
    "GET",
    "/audit-checkpoints/{size}",
    about="The checkpoint over the first `size` events.",
    call="audit_checkpoints.get",
    form="document",
    answer="accredit_governance.questions.trail:CheckpointRecord",
    values=(Value("size", "path", "integer", required=True),),
)
GET_LATEST_CHECKPOINT: Final[Endpoint[CheckpointRecord]] = Endpoint(
    "get_latest_checkpoint",
    "GET",
    "/audit-checkpoints/latest",
    about="The newest signed checkpoint.",
    call="audit_checkpoints.get_latest",
    form="document",
    answer="accredit_governance.questions.trail:CheckpointRecord",
)
LIST_AUDIT_EVENTS: Final[Endpoint[AuditEventRecord]] = Endpoint(
    "list_audit_events",
    "GET",
    "/audit-events",
    about="Events, newest first.",
    call="audit_events.list",
    form="page",
    answer="accredit_governance.registry.records:AuditEventRecord",
    values=(
        Value("actor_id", "query"),
        Value("action", "query"),
        Value("resource_id", "query"),
        Value("project_id", "query"),
        Value("outcome", "query"),
        Value("since", "query"),
        Value("until", "query"),
        Value("page_size", "query", "integer", about="at most so many"),
    ),
)
EXPORT_AUDIT_TRAIL: Final[Endpoint[bytes]] = Endpoint(
    "export_audit_trail",
    "POST",
    "/audit-exports",
    about="The whole trail as JSON lines. Its checkpoint is `/audit-checkpoints/{size}`.",
    call="audit_exports.create",
    form="bytes",
)
GET_AUDIT_KEY: Final[Endpoint[bytes]] = Endpoint(
    "get_audit_key",
    "GET",
    "/audit-key",
    about="The public key of the checkpoints. Note it down on the first day, and keep it elsewhere.",
    call="audit_key.get",
    form="bytes",
)
CREATE_BREAK_GLASS_REQUEST: Final[Endpoint[BreakGlassRecord]] = Endpoint(
    "create_break_glass_request",
    "POST",
    "/break-glass-requests",
    about="Ask for a role for oneself, for four hours at most.",
    call="break_glass_requests.create",
    form="document",
    answer="accredit_governance.registry.permission_records:BreakGlassRecord",
    values=(
        Value("role", "body", required=True),
        Value("project_id", "body"),
        Value("model_id", "body"),
        Value("minutes", "body", "integer", required=True, about="1 to 240"),
        Value("reason", "body", required=True),
    ),
)
END_BREAK_GLASS_REQUEST: Final[Endpoint[BreakGlassRecord]] = Endpoint(
    "end_break_glass_request",
    "POST",
    "/break-glass-requests/{break_glass_id}/endings",
    about="End the role at once; before it is granted, take the request back or refuse it.",
    call="break_glass_requests.end",
    form="document",
    answer="accredit_governance.registry.permission_records:BreakGlassRecord",
    values=(Value("break_glass_id", "path", required=True),),
)
GET_BREAK_GLASS_REQUEST: Final[Endpoint[BreakGlassRecord]] = Endpoint(
    "get_break_glass_request",
    "GET",
    "/break-glass-requests/{break_glass_id}",
    about="One request, with the digest that a grant has to name.",
    call="break_glass_requests.get",
    form="document",
    answer="accredit_governance.registry.permission_records:BreakGlassRecord",
    values=(Value("break_glass_id", "path", required=True),),
)
GRANT_BREAK_GLASS_REQUEST: Final[Endpoint[BreakGlassRecord]] = Endpoint(
    "grant_break_glass_request",
    "POST",
    "/break-glass-requests/{break_glass_id}/grants",
    about="Lend the role that another person asked for.",
    call="break_glass_requests.grant",
    form="document",
    answer="accredit_governance.registry.permission_records:BreakGlassRecord",
    values=(
        Value("break_glass_id", "path", required=True),
        Value("subject_digest", "body", required=True),
        Value("ticket", "body", about="of `POST /me/signing-tickets`; used up by this"),
    ),
)
LIST_BREAK_GLASS_REQUESTS: Final[Endpoint[BreakGlassRecord]] = Endpoint(
    "list_break_glass_requests",
    "GET",
    "/break-glass-requests",
    about="Requests that the caller made or may read, newest first.",
    call="break_glass_requests.list",
    form="page",
    answer="accredit_governance.registry.permission_records:BreakGlassRecord",
    values=(
        Value("open", "query", "boolean", about="`true` leaves out what is over"),
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
GET_CHANGE_PLAN: Final[Endpoint[ChangePlanRecord]] = Endpoint(
    "get_change_plan",
    "GET",
    "/change-plans/{plan_id}",
    about="One signed change plan with its uses.",
    call="change_plans.get",
    form="document",
    answer="accredit_governance.registry.aftercare_records:ChangePlanRecord",
    values=(Value("plan_id", "path", required=True),),
)
LIST_CHANGE_PLANS: Final[Endpoint[ChangePlanRecord]] = Endpoint(
    "list_change_plans",
    "GET",
    "/change-plans",
    about="Signed change plans with their uses, newest first.",
    call="change_plans.list",
    form="page",
    answer="accredit_governance.registry.aftercare_records:ChangePlanRecord",
    values=(
        Value("model_version_id", "query"),
        Value("in_force", "query", "boolean"),
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
PROPOSE_CHANGE_PLAN: Final[Endpoint[ProceedingRecord]] = Endpoint(
    "propose_change_plan",
    "POST",
    "/model-versions/{version_id}/change-plans",
    about="Propose what may change about an approved version without a full review.",
    call="change_plans.propose",
    form="document",
    answer="accredit_governance.registry.aftercare_records:ProceedingRecord",
    values=(
        Value("version_id", "path", required=True),
        Value("envelope", "body", "json", required=True, about="fields of `Envelope`"),
        Value("reason", "body", required=True),
    ),
)
SIGN_CHANGE_PLAN: Final[Endpoint[ProceedingRecord]] = Endpoint(
    "sign_change_plan",
    "POST",
    "/change-plans/{proceeding_id}/sign-offs",
    about="Sign as validator or owner; the second approval puts the plan into force.",
    call="change_plans.sign",
    form="document",
    answer="accredit_governance.registry.aftercare_records:ProceedingRecord",
    values=(
        Value("proceeding_id", "path", required=True),
        Value("decision", "body", required=True),
        Value("subject_digest", "body", required=True),
        Value("comment", "body"),
        Value("ticket", "body", about="of `POST /me/signing-tickets`; used up by this"),
    ),
)
GET_DATASET_VERSION: Final[Endpoint[DatasetVersionRecord]] = Endpoint(
    "get_dataset_version",
    "GET",
    "/dataset-versions/{version_id}",
    about="One dataset version; `state` says whether it was read, `error` why not.",
    call="dataset_versions.get",
    form="document",
    answer="accredit_governance.registry.records:DatasetVersionRecord",
    values=(Value("version_id", "path", required=True),),
)
LIST_DATASET_VERSIONS: Final[Endpoint[DatasetVersionRecord]] = Endpoint(
    "list_dataset_versions",
    "GET",
    "/datasets/{dataset_id}/versions",
    about="Versions of a dataset.",
    call="dataset_versions.list",
    form="page",
    answer="accredit_governance.registry.records:DatasetVersionRecord",
    values=(
        Value("dataset_id", "path", required=True),
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
UPLOAD_DATASET_VERSION: Final[Endpoint[DatasetVersionRecord]] = Endpoint(
    "upload_dataset_version",
    "POST",
    "/datasets/{dataset_id}/versions",
    about="Upload CSV (UTF-8) or Parquet bytes as the body; a job reads and profiles them.",
    call="dataset_versions.upload",
    form="document",
    answer="accredit_governance.registry.records:DatasetVersionRecord",
    values=(
        Value("dataset_id", "path", required=True),
        Value("file_name", "query"),
        Value("content", "content", required=True, about="the file"),
    ),
    media=("text/csv", "application/vnd.apache.parquet"),
)
CREATE_DATASET: Final[Endpoint[DatasetRecord]] = Endpoint(
    "create_dataset",
    "POST",
    "/projects/{project_id}/datasets",
    about="Name a source of rows.",
    call="datasets.create",
    form="document",
    answer="accredit_governance.registry.records:DatasetRecord",
    values=(
        Value("project_id", "path", required=True),
        Value("name", "body", required=True),
        Value("title", "body", required=True),
    ),
)
LIST_DATASETS: Final[Endpoint[DatasetRecord]] = Endpoint(
    "list_datasets",
    "GET",
    "/projects/{project_id}/datasets",
    about="Datasets of a project.",
    call="datasets.list",
    form="page",
    answer="accredit_governance.registry.records:DatasetRecord",
    values=(
        Value("project_id", "path", required=True),
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
CREATE_DELEGATION: Final[Endpoint[DelegationRecord]] = Endpoint(
    "create_delegation",
    "POST",
    "/delegations",
    about="Lend one's signature for a role; the separation of duties holds for both people.",
    call="delegations.create",
    form="document",
    answer="accredit_governance.registry.approval_records:DelegationRecord",
    values=(
        Value("delegate_id", "body", required=True),
        Value("role", "body", required=True),
        Value("project_id", "body"),
        Value("from", "body", required=True),
        Value("until", "body", required=True, about="at most 90 days after `from`"),
        Value("reason", "body", required=True),
    ),
)
LIST_DELEGATIONS: Final[Endpoint[DelegationRecord]] = Endpoint(
    "list_delegations",
    "GET",
    "/delegations",
    about="Delegations that the caller gave or holds; auditors see all of them.",
    call="delegations.list",
    form="page",
    answer="accredit_governance.registry.approval_records:DelegationRecord",
    values=(Value("page_size", "query", "integer", about="at most so many"),),
)
REVOKE_DELEGATION: Final[Endpoint[DelegationRecord]] = Endpoint(
    "revoke_delegation",
    "POST",
    "/delegations/{delegation_id}/revocations",
    about="End a delegation at once, as either of the two people.",
    call="delegations.revoke",
    form="document",
    answer="accredit_governance.registry.approval_records:DelegationRecord",
    values=(Value("delegation_id", "path", required=True),),
)
LIST_DEPLOYMENT_STATES: Final[Endpoint[DeploymentStanding]] = Endpoint(
    "list_deployment_states",
    "GET",
    "/deployment-states",
    about="Where deployments stood at an instant, newest first.",
    call="deployment_states.list",
    form="page",
    answer="accredit_governance.registry.history_records:DeploymentStanding",
    values=(
        Value(
            "as_of",
            "query",
            about="the instant that is asked about, with a time zone, such as `2026-11-22T10:30:00Z`; not in the future. Left out, it is now",
        ),
        Value("environment", "query"),
        Value("state", "query"),
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
DEPLOY: Final[Endpoint[DeploymentRecord]] = Endpoint(
    "deploy",
    "POST",
    "/model-versions/{version_id}/deployments",
    about="Ask for an approved version to serve; a job verifies its bundle first.",
    call="deployments.create",
    form="document",
    answer="accredit_governance.registry.records:DeploymentRecord",
    values=(
        Value("version_id", "path", required=True),
        Value("environment", "body"),
    ),
)
GET_DEPLOYMENT: Final[Endpoint[DeploymentRecord]] = Endpoint(
    "get_deployment",
    "GET",
    "/deployments/{deployment_id}",
    about="One deployment.",
    call="deployments.get",
    form="document",
    answer="accredit_governance.registry.records:DeploymentRecord",
    values=(Value("deployment_id", "path", required=True),),
)
GET_DEPLOYMENT_STATE: Final[Endpoint[DeploymentStanding]] = Endpoint(
    "get_deployment_state",
    "GET",
    "/deployments/{deployment_id}/state",
    about="Where a deployment stood at an instant, and whether it served.",
    call="deployments.get_state",
    form="document",
    answer="accredit_governance.registry.history_records:DeploymentStanding",
    values=(
        Value("deployment_id", "path", required=True),
        Value(
            "as_of",
            "query",
            about="the instant that is asked about, with a time zone, such as `2026-11-22T10:30:00Z`; not in the future. Left out, it is now",
        ),
    ),
)
GET_TRAFFIC: Final[Endpoint[Traffic]] = Endpoint(
    "get_traffic",
    "GET",
    "/deployments/{deployment_id}/traffic",
    about="How many predictions and outcomes there are.",
    call="deployments.get_traffic",
    form="document",
    answer="accredit_governance.questions.serving:Traffic",
    values=(Value("deployment_id", "path", required=True),),
)
LIST_DEPLOYMENTS: Final[Endpoint[DeploymentRecord]] = Endpoint(
    "list_deployments",
    "GET",
    "/deployments",
    about="Deployments, newest first.",
    call="deployments.list",
    form="page",
    answer="accredit_governance.registry.records:DeploymentRecord",
    values=(
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
LIST_PREDICTIONS: Final[Endpoint[LoggedPrediction]] = Endpoint(
    "list_predictions",
    "GET",
    "/deployments/{deployment_id}/predictions",
    about="Logged inputs and answers; that you looked is recorded.",
    call="deployments.list_predictions",
    form="page",
    answer="accredit_governance.questions.serving:LoggedPrediction",
    values=(
        Value("deployment_id", "path", required=True),
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
PREDICT: Final[Endpoint[Record]] = Endpoint(
    "predict",
    "POST",
    "/deployments/{deployment_id}/predictions",
    about="Score, decision, reasons and an id for each row; logged before it is answered.",
    call="deployments.predict_rows",
    form="json",
    values=(
        Value("deployment_id", "path", required=True),
        Value(
            "purpose",
            "body",
            about="what the predictions are for: the code of your grant. The header `Accredit-Purpose` says the same. May be left out where only one is permitted",
        ),
        Value("rows", "body", "json", required=True),
    ),
)
RECORD_OUTCOMES: Final[Endpoint[OutcomesAccepted]] = Endpoint(
    "record_outcomes",
    "POST",
    "/deployments/{deployment_id}/outcomes",
    about="Tell what really happened; all of them are taken, or none.",
    call="deployments.record_outcomes",
    form="document",
    answer="accredit_governance.operations.predictions:OutcomesAccepted",
    values=(
        Value("deployment_id", "path", required=True),
        Value("outcomes", "body", "json", required=True),
    ),
)
STOP_DEPLOYMENT: Final[Endpoint[DeploymentRecord]] = Endpoint(
    "stop_deployment",
    "POST",
    "/deployments/{deployment_id}/stops",
    about="Take a deployment out of service.",
    call="deployments.stop",
    form="document",
    answer="accredit_governance.registry.records:DeploymentRecord",
    values=(
        Value("deployment_id", "path", required=True),
        Value("reason", "body", required=True),
    ),
)
GET_DRIFT_REPORT: Final[Endpoint[DriftReportRecord]] = Endpoint(
    "get_drift_report",
    "GET",
    "/drift-reports/{report_id}",
    about="One drift report.",
    call="drift_reports.get",
    form="document",
    answer="accredit_governance.registry.records:DriftReportRecord",
    values=(Value("report_id", "path", required=True),),
)
GET_DRIFT_REPORT_HTML: Final[Endpoint[bytes]] = Endpoint(
    "get_drift_report_html",
    "GET",
    "/drift-reports/{report_id}/report.html",
    about="Evidently's report. It carries scripts, so it is served into a sandbox without origin.",
    call="drift_reports.get_html",
    form="bytes",
    values=(Value("report_id", "path", required=True),),
)
LIST_DRIFT_REPORTS: Final[Endpoint[DriftReportRecord]] = Endpoint(
    "list_drift_reports",
    "GET",
    "/deployments/{deployment_id}/drift-reports",
    about="Drift reports of a deployment.",
    call="drift_reports.list",
    form="page",
    answer="accredit_governance.registry.records:DriftReportRecord",
    values=(
        Value("deployment_id", "path", required=True),
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
REQUEST_DRIFT_REPORT: Final[Endpoint[DriftReportRecord]] = Endpoint(
    "request_drift_report",
    "POST",
    "/deployments/{deployment_id}/drift-reports",
    about="Compare served traffic with the reference in the bundle.",
    call="drift_reports.request",
    form="document",
    answer="accredit_governance.registry.records:DriftReportRecord",
    values=(
        Value("deployment_id", "path", required=True),
        Value("window_from", "body"),
    ),
)
LINK_IDENTITY: Final[Endpoint[ExternalIdentityRecord]] = Endpoint(
    "link_identity",
    "POST",
    "/principals/{principal_id}/external-identities",
    about="Say which service account a provider's subject is; people are linked by signing in.",
    call="external_identities.link_identity",
    form="document",
    answer="accredit_governance.registry.provider_records:ExternalIdentityRecord",
    values=(
        Value("principal_id", "path", required=True),
        Value("provider", "body", required=True),
        Value("subject", "body", required=True),
    ),
)
LIST_IDENTITIES: Final[Endpoint[ExternalIdentityRecord]] = Endpoint(
    "list_identities",
    "GET",
    "/principals/{principal_id}/external-identities",
    about="Subjects of identity providers that this principal is.",
    call="external_identities.list_identities",
    form="page",
    answer="accredit_governance.registry.provider_records:ExternalIdentityRecord",
    values=(
        Value("principal_id", "path", required=True),
        Value("page_size", "query", "integer", about="at most so many"),
    ),
)
UNLINK_IDENTITY: Final[Endpoint[None]] = Endpoint(
    "unlink_identity",
    "POST",
    "/external-identities/{identity_id}/removals",
    about="Forget whom a provider's subject stands for, at once.",
    call="external_identities.unlink_identity",
    form="nothing",
    values=(Value("identity_id", "path", required=True),),
)
CREATE_EXTERNAL_VERSION: Final[Endpoint[ExternalVersionRecord]] = Endpoint(
    "create_external_version",
    "POST",
    "/models/{model_id}/external-versions",
    about="Have an uploaded model read, compared with what is stated, and made a version.",
    call="external_versions.create",
    form="document",
    answer="accredit_governance.registry.external_records:ExternalVersionRecord",
    values=(
        Value("model_id", "path", required=True),
        Value("terms", "body", "json", required=True, about="fields of `ExternalTerms`"),
        Value("model_file_id", "body"),
        Value("dataset_version_id", "body", required=True),
        Value("training_version_id", "body"),
    ),
)
GET_EXTERNAL_VERSION: Final[Endpoint[ExternalVersionRecord]] = Endpoint(
    "get_external_version",
    "GET",
    "/external-versions/{external_version_id}",
    about="One model built elsewhere: `state` says whether it could be read, `error` why not.",
    call="external_versions.get",
    form="document",
    answer="accredit_governance.registry.external_records:ExternalVersionRecord",
    values=(Value("external_version_id", "path", required=True),),
)
LIST_EXTERNAL_VERSIONS: Final[Endpoint[ExternalVersionRecord]] = Endpoint(
    "list_external_versions",
    "GET",
    "/models/{model_id}/external-versions",
    about="Models built elsewhere that were brought to a model, newest first.",
    call="external_versions.list",
    form="page",
    answer="accredit_governance.registry.external_records:ExternalVersionRecord",
    values=(
        Value("model_id", "path", required=True),
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
CHANGE_SEVERITY: Final[Endpoint[FindingRecord]] = Endpoint(
    "change_severity",
    "POST",
    "/findings/{finding_id}/severity-changes",
    about="Say that a finding is graver, or less grave, with the reason.",
    call="findings.change_severity",
    form="document",
    answer="accredit_governance.registry.findings_records:FindingRecord",
    values=(
        Value("finding_id", "path", required=True),
        Value("severity", "body", required=True),
        Value("reason", "body", required=True),
    ),
)
CLOSE_FINDING: Final[Endpoint[FindingRecord]] = Endpoint(
    "close_finding",
    "POST",
    "/findings/{finding_id}/closures",
    about="Agree, as somebody else, that a finding is put right.",
    call="findings.close",
    form="document",
    answer="accredit_governance.registry.findings_records:FindingRecord",
    values=(
        Value("finding_id", "path", required=True),
        Value("reason", "body", required=True),
    ),
)
GET_FINDING: Final[Endpoint[FindingRecord]] = Endpoint(
    "get_finding",
    "GET",
    "/findings/{finding_id}",
    about="One finding, with the actions that its state allows.",
    call="findings.get",
    form="document",
    answer="accredit_governance.registry.findings_records:FindingRecord",
    values=(Value("finding_id", "path", required=True),),
)
LIST_FINDINGS: Final[Endpoint[FindingRecord]] = Endpoint(
    "list_findings",
    "GET",
    "/findings",
    about="Findings, newest first; `owner=me` keeps the caller's own.",
    call="findings.list",
    form="page",
    answer="accredit_governance.registry.findings_records:FindingRecord",
    values=(
        Value("state", "query"),
        Value("severity", "query"),
        Value("owner", "query"),
        Value("overdue", "query", "boolean"),
        Value("model_version_id", "query"),
        Value("use_case_id", "query"),
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
LIST_FINDING_STEPS: Final[Endpoint[FindingStepRecord]] = Endpoint(
    "list_finding_steps",
    "GET",
    "/findings/{finding_id}/steps",
    about="What happened to a finding, oldest first, with what was said and shown.",
    call="findings.list_steps",
    form="page",
    answer="accredit_governance.registry.findings_records:FindingStepRecord",
    values=(
        Value("finding_id", "path", required=True),
        Value("page_size", "query", "integer", about="at most so many"),
    ),
)
OPEN_FINDING: Final[Endpoint[FindingRecord]] = Endpoint(
    "open_finding",
    "POST",
    "/model-versions/{version_id}/findings",
    about="Say what is wrong with a model version.",
    call="findings.open",
    form="document",
    answer="accredit_governance.registry.findings_records:FindingRecord",
    values=(
        Value("version_id", "path", required=True),
        Value("title", "body", required=True),
        Value("description", "body", required=True),
        Value("severity", "body", required=True),
        Value("owner_id", "body", required=True),
        Value("due_on", "body", required=True),
        Value("source", "body"),
    ),
)
OPEN_ALERT_FINDING: Final[Endpoint[FindingRecord]] = Endpoint(
    "open_alert_finding",
    "POST",
    "/alerts/{alert_id}/findings",
    about="Make an alert a finding, once.",
    call="findings.open_alert",
    form="document",
    answer="accredit_governance.registry.findings_records:FindingRecord",
    values=(
        Value("alert_id", "path", required=True),
        Value("description", "body"),
        Value("severity", "body"),
        Value("owner_id", "body"),
        Value("due_on", "body"),
    ),
)
OPEN_USE_CASE_FINDING: Final[Endpoint[FindingRecord]] = Endpoint(
    "open_use_case_finding",
    "POST",
    "/use-cases/{use_case_id}/findings",
    about="Say what is wrong with a use case, and so with all of its versions.",
    call="findings.open_use_case",
    form="document",
    answer="accredit_governance.registry.findings_records:FindingRecord",
    values=(
        Value("use_case_id", "path", required=True),
        Value("title", "body", required=True),
        Value("description", "body", required=True),
        Value("severity", "body", required=True),
        Value("owner_id", "body", required=True),
        Value("due_on", "body", required=True),
        Value("source", "body"),
    ),
)
PLAN_REMEDIATION: Final[Endpoint[FindingRecord]] = Endpoint(
    "plan_remediation",
    "POST",
    "/findings/{finding_id}/plans",
    about="Say, as its owner, how a finding is put right.",
    call="findings.plan_remediation",
    form="document",
    answer="accredit_governance.registry.findings_records:FindingRecord",
    values=(
        Value("finding_id", "path", required=True),
        Value("plan", "body", required=True),
    ),
)
REASSIGN_FINDING: Final[Endpoint[FindingRecord]] = Endpoint(
    "reassign_finding",
    "POST",
    "/findings/{finding_id}/reassignments",
    about="Give a finding another owner.",
    call="findings.reassign",
    form="document",
    answer="accredit_governance.registry.findings_records:FindingRecord",
    values=(
        Value("finding_id", "path", required=True),
        Value("owner_id", "body", required=True),
        Value("reason", "body", required=True),
    ),
)
REMEDIATE_FINDING: Final[Endpoint[FindingRecord]] = Endpoint(
    "remediate_finding",
    "POST",
    "/findings/{finding_id}/remediations",
    about="Show, as its owner, that a finding is put right.",
    call="findings.remediate",
    form="document",
    answer="accredit_governance.registry.findings_records:FindingRecord",
    values=(
        Value("finding_id", "path", required=True),
        Value("evidence", "body", required=True),
        Value("reference", "body"),
        Value("evidence_digest", "body"),
    ),
)
REOPEN_FINDING: Final[Endpoint[FindingRecord]] = Endpoint(
    "reopen_finding",
    "POST",
    "/findings/{finding_id}/reopenings",
    about="Take a finding up again: closed, remediated, or with an accepted risk.",
    call="findings.reopen",
    form="document",
    answer="accredit_governance.registry.findings_records:FindingRecord",
    values=(
        Value("finding_id", "path", required=True),
        Value("reason", "body", required=True),
        Value("due_on", "body", required=True),
    ),
)
ADD_GROUP_MEMBER: Final[Endpoint[GroupMemberRecord]] = Endpoint(
    "add_group_member",
    "POST",
    "/groups/{group_id}/members",
    about="Bring a person into a group.",
    call="groups.add_member",
    form="document",
    answer="accredit_governance.registry.group_records:GroupMemberRecord",
    values=(
        Value("group_id", "path", required=True),
        Value("principal_id", "body", required=True),
    ),
)
CREATE_GROUP: Final[Endpoint[GroupRecord]] = Endpoint(
    "create_group",
    "POST",
    "/groups",
    about="Make a group.",
    call="groups.create",
    form="document",
    answer="accredit_governance.registry.group_records:GroupRecord",
    values=(Value("name", "body", required=True),),
)
DISSOLVE_GROUP: Final[Endpoint[GroupRecord]] = Endpoint(
    "dissolve_group",
    "POST",
    "/groups/{group_id}/dissolutions",
    about="End a group; its members lose at once what it gave them.",
    call="groups.dissolve",
    form="document",
    answer="accredit_governance.registry.group_records:GroupRecord",
    values=(Value("group_id", "path", required=True),),
)
GET_GROUP: Final[Endpoint[GroupDetails]] = Endpoint(
    "get_group",
    "GET",
    "/groups/{group_id}",
    about="One group with what it gives.",
    call="groups.get",
    form="document",
    answer="accredit_governance.registry.group_records:GroupDetails",
    values=(Value("group_id", "path", required=True),),
)
LIST_GROUPS: Final[Endpoint[GroupRecord]] = Endpoint(
    "list_groups",
    "GET",
    "/groups",
    about="Groups, of our own, of the directory and of identity providers.",
    call="groups.list",
    form="page",
    answer="accredit_governance.registry.group_records:GroupRecord",
    values=(
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
LIST_GROUP_MEMBERS: Final[Endpoint[PrincipalRecord]] = Endpoint(
    "list_group_members",
    "GET",
    "/groups/{group_id}/members",
    about="People in a group.",
    call="groups.list_members",
    form="page",
    answer="accredit_governance.registry.records:PrincipalRecord",
    values=(
        Value("group_id", "path", required=True),
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
REMOVE_GROUP_MEMBER: Final[Endpoint[None]] = Endpoint(
    "remove_group_member",
    "POST",
    "/groups/{group_id}/members/{principal_id}/removals",
    about="Take a person out of a group, at once.",
    call="groups.remove_member",
    form="nothing",
    values=(
        Value("group_id", "path", required=True),
        Value("principal_id", "path", required=True),
    ),
)
RENAME_GROUP: Final[Endpoint[GroupRecord]] = Endpoint(
    "rename_group",
    "POST",
    "/groups/{group_id}/renamings",
    about="Give a group another name.",
    call="groups.rename",
    form="document",
    answer="accredit_governance.registry.group_records:GroupRecord",
    values=(
        Value("group_id", "path", required=True),
        Value("name", "body", required=True),
    ),
)
GET_HEALTH: Final[Endpoint[Record]] = Endpoint(
    "get_health",
    "GET",
    "/health",
    about="Reach the database and say so.",
    call="health.get",
    form="json",
)
END_PROVIDER_SESSIONS: Final[Endpoint[None]] = Endpoint(
    "end_provider_sessions",
    "POST",
    "/identity-providers/{name}/logouts",
    about="For the provider itself: somebody has signed out there (Back-Channel Logout 1.0). The logout token is signed by the provider and counts once.",
    call="identity_providers.end_provider_sessions",
    form="nothing",
    values=(
        Value("name", "path", required=True),
        Value("content", "content", required=True, about="the file"),
    ),
    media=("application/x-www-form-urlencoded",),
)
LIST_IDENTITY_PROVIDERS: Final[Endpoint[Record]] = Endpoint(
    "list_identity_providers",
    "GET",
    "/identity-providers",
    about="Identity providers of this installation; the sign-in page shows them to anybody.",
    call="identity_providers.list",
    form="page",
    values=(Value("page_size", "query", "integer", about="at most so many"),),
)
CANCEL_JOB: Final[Endpoint[JobRecord]] = Endpoint(
    "cancel_job",
    "POST",
    "/jobs/{job_id}/cancellations",
    about="Ask for a run, an upload or an import to stop: use `/operations/{operation_id}`.",
    call="jobs.cancel",
    form="document",
    answer="accredit_governance.registry.records:JobRecord",
    values=(Value("job_id", "path", required=True),),
    deprecated=True,
)
GET_JOB: Final[Endpoint[JobRecord]] = Endpoint(
    "get_job",
    "GET",
    "/jobs/{job_id}",
    about="How far a piece of long work is: read `/operations/{operation_id}`.",
    call="jobs.get",
    form="document",
    answer="accredit_governance.registry.records:JobRecord",
    values=(Value("job_id", "path", required=True),),
    deprecated=True,
)
GET_LEGAL_HOLD: Final[Endpoint[LegalHoldRecord]] = Endpoint(
    "get_legal_hold",
    "GET",
    "/legal-holds/{hold_id}",
    about="One legal hold.",
    call="legal_holds.get",
    form="document",
    answer="accredit_governance.registry.aftercare_records:LegalHoldRecord",
    values=(Value("hold_id", "path", required=True),),
)
LIFT_LEGAL_HOLD: Final[Endpoint[LegalHoldRecord]] = Endpoint(
    "lift_legal_hold",
    "POST",
    "/legal-holds/{hold_id}/liftings",
    about="End a hold, as someone other than who placed it.",
    call="legal_holds.lift",
    form="document",
    answer="accredit_governance.registry.aftercare_records:LegalHoldRecord",
    values=(
        Value("hold_id", "path", required=True),
        Value("reason", "body", required=True),
    ),
)
LIST_LEGAL_HOLDS: Final[Endpoint[LegalHoldRecord]] = Endpoint(
    "list_legal_holds",
    "GET",
    "/legal-holds",
    about="Legal holds, newest first, those that were lifted included.",
    call="legal_holds.list",
    form="page",
    answer="accredit_governance.registry.aftercare_records:LegalHoldRecord",
    values=(
        Value("in_force", "query", "boolean"),
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
PLACE_LEGAL_HOLD: Final[Endpoint[LegalHoldRecord]] = Endpoint(
    "place_legal_hold",
    "POST",
    "/legal-holds",
    about="Keep everything of a project, a model or a version from being deleted.",
    call="legal_holds.place",
    form="document",
    answer="accredit_governance.registry.aftercare_records:LegalHoldRecord",
    values=(
        Value("target", "body", required=True),
        Value("target_id", "body", required=True),
        Value("reason", "body", required=True),
    ),
)
CHANGE_MY_PASSWORD: Final[Endpoint[None]] = Endpoint(
    "change_my_password",
    "POST",
    "/me/password-changes",
    about="Choose another password; browser sessions end, tokens stay.",
    call="me.change_password",
    form="nothing",
    values=(
        Value("old_password", "body", required=True),
        Value("new_password", "body", required=True),
    ),
)
CREATE_SIGNING_TICKET: Final[Endpoint[SigningTicket]] = Endpoint(
    "create_signing_ticket",
    "POST",
    "/me/signing-tickets",
    about="Authenticate anew to sign over one digest; good for one signature within five minutes.",
    call="me.create_signing_ticket",
    form="document",
    answer="accredit_governance.registry.approval_records:SigningTicket",
    values=(
        Value("subject_digest", "body", required=True),
        Value("password", "body"),
    ),
)
END_MY_SESSION: Final[Endpoint[None]] = Endpoint(
    "end_my_session",
    "POST",
    "/me/sessions/{session_id}/endings",
    about="End a browser session of one's own at once.",
    call="me.end_session",
    form="nothing",
    values=(Value("session_id", "path", required=True),),
)
END_MY_SESSIONS: Final[Endpoint[SessionsEndedRecord]] = Endpoint(
    "end_my_sessions",
    "POST",
    "/me/session-endings",
    about="End all browser sessions of one's own at once.",
    call="me.end_sessions",
    form="document",
    answer="accredit_governance.registry.session_records:SessionsEndedRecord",
)
EXPLAIN_MY_PERMISSION: Final[Endpoint[Explanation]] = Endpoint(
    "explain_my_permission",
    "GET",
    "/me/permission-explanations",
    about="Why the caller may, or may not.",
    call="me.explain_permission",
    form="document",
    answer="accredit_governance.access.explanations:Explanation",
    values=(
        Value("permission", "query", required=True),
        Value("project_id", "query"),
        Value("model_id", "query"),
        Value("model_version_id", "query"),
        Value("protected", "query", "boolean"),
    ),
)
GET_ME: Final[Endpoint[Actor]] = Endpoint(
    "get_me",
    "GET",
    "/me",
    about="Who the caller is, with which roles.",
    call="me.get",
    form="document",
    answer="accredit_governance.access.actors:Actor",
)
GET_NOTIFICATION_PREFERENCES: Final[Endpoint[NotificationPreferences]] = Endpoint(
    "get_notification_preferences",
    "GET",
    "/me/notification-preferences",
    about="Whether the caller is told by mail of what waits for them.",
    call="me.get_notification_preferences",
    form="document",
    answer="accredit_governance.registry.webhook_records:NotificationPreferences",
)
LIST_MY_PERMISSIONS: Final[Endpoint[HeldPermissions]] = Endpoint(
    "list_my_permissions",
    "GET",
    "/me/permissions",
    about="All that the caller may: in each place that their roles name, or in the one asked for.",
    call="me.list_permissions",
    form="page",
    answer="accredit_governance.registry.permission_records:HeldPermissions",
    values=(
        Value("project_id", "query"),
        Value("model_id", "query"),
        Value("page_size", "query", "integer", about="at most so many"),
    ),
)
LIST_MY_SESSIONS: Final[Endpoint[SessionRecord]] = Endpoint(
    "list_my_sessions",
    "GET",
    "/me/sessions",
    about="One's own open browser sessions, and those that were stolen in the last 30 days.",
    call="me.list_sessions",
    form="page",
    answer="accredit_governance.registry.session_records:SessionRecord",
    values=(Value("page_size", "query", "integer", about="at most so many"),),
)
LIST_MY_TOKENS: Final[Endpoint[TokenRecord]] = Endpoint(
    "list_my_tokens",
    "GET",
    "/me/tokens",
    about="The caller's own tokens without their secrets; a narrowed token sees only itself.",
    call="me.list_tokens",
    form="page",
    answer="accredit_governance.registry.token_records:TokenRecord",
    values=(Value("page_size", "query", "integer", about="at most so many"),),
)
REVOKE_MY_TOKEN: Final[Endpoint[None]] = Endpoint(
    "revoke_my_token",
    "POST",
    "/me/tokens/{token_id}/revocations",
    about="End a token of one's own at once.",
    call="me.revoke_token",
    form="nothing",
    values=(Value("token_id", "path", required=True),),
)
SET_NOTIFICATION_PREFERENCES: Final[Endpoint[NotificationPreferences]] = Endpoint(
    "set_notification_preferences",
    "PUT",
    "/me/notification-preferences",
    about="Ask for a mail when something new waits, or for none.",
    call="me.set_notification_preferences",
    form="document",
    answer="accredit_governance.registry.webhook_records:NotificationPreferences",
    values=(Value("tasks_by_mail", "body", "boolean", required=True),),
)
LIST_MY_TASKS: Final[Endpoint[Task]] = Endpoint(
    "list_my_tasks",
    "GET",
    "/me/tasks",
    about="All that waits for the caller: what is late first, then what is due.",
    call="me.tasks",
    form="page",
    answer="accredit_governance.questions.tasks:Task",
    values=(Value("page_size", "query", "integer", about="at most so many"),),
)
ACCEPT_MODEL_REQUEST: Final[Endpoint[ModelRequestRecord]] = Endpoint(
    "accept_model_request",
    "POST",
    "/model-requests/{request_id}/acceptances",
    about="Promise a model.",
    call="model_requests.accept",
    form="document",
    answer="accredit_governance.registry.intake_records:ModelRequestRecord",
    values=(
        Value("request_id", "path", required=True),
        Value("answer", "body"),
    ),
)
CREATE_MODEL_REQUEST: Final[Endpoint[ModelRequestRecord]] = Endpoint(
    "create_model_request",
    "POST",
    "/model-requests",
    about="Ask for a model for a purpose.",
    call="model_requests.create",
    form="document",
    answer="accredit_governance.registry.intake_records:ModelRequestRecord",
    values=(
        Value("project_id", "body", required=True),
        Value("need", "body", "json", required=True, about="fields of `ModelNeed`"),
    ),
)
DECLINE_MODEL_REQUEST: Final[Endpoint[ModelRequestRecord]] = Endpoint(
    "decline_model_request",
    "POST",
    "/model-requests/{request_id}/declines",
    about="Say that there will be no model, and why.",
    call="model_requests.decline",
    form="document",
    answer="accredit_governance.registry.intake_records:ModelRequestRecord",
    values=(
        Value("request_id", "path", required=True),
        Value("answer", "body"),
    ),
)
DELIVER_MODEL_REQUEST: Final[Endpoint[ModelRequestRecord]] = Endpoint(
    "deliver_model_request",
    "POST",
    "/model-requests/{request_id}/deliveries",
    about="Answer with a model; an approved version is linked.",
    call="model_requests.deliver",
    form="document",
    answer="accredit_governance.registry.intake_records:ModelRequestRecord",
    values=(
        Value("request_id", "path", required=True),
        Value("answer", "body"),
    ),
)
GET_MODEL_REQUEST: Final[Endpoint[ModelRequestRecord]] = Endpoint(
    "get_model_request",
    "GET",
    "/model-requests/{request_id}",
    about="One model request, with what answers it.",
    call="model_requests.get",
    form="document",
    answer="accredit_governance.registry.intake_records:ModelRequestRecord",
    values=(Value("request_id", "path", required=True),),
)
LINK_MODEL_REQUEST: Final[Endpoint[ModelRequestRecord]] = Endpoint(
    "link_model_request",
    "POST",
    "/model-requests/{request_id}/links",
    about="Name a run or a model version that answers it.",
    call="model_requests.link",
    form="document",
    answer="accredit_governance.registry.intake_records:ModelRequestRecord",
    values=(
        Value("request_id", "path", required=True),
        Value("run_id", "body"),
        Value("model_version_id", "body"),
    ),
)
LIST_MODEL_REQUESTS: Final[Endpoint[ModelRequestRecord]] = Endpoint(
    "list_model_requests",
    "GET",
    "/model-requests",
    about="Model requests, newest first; `requested_by=me` keeps one's own.",
    call="model_requests.list",
    form="page",
    answer="accredit_governance.registry.intake_records:ModelRequestRecord",
    values=(
        Value("state", "query"),
        Value("project_id", "query"),
        Value("use_case_id", "query"),
        Value("requested_by", "query"),
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
TRIAGE_MODEL_REQUEST: Final[Endpoint[ModelRequestRecord]] = Endpoint(
    "triage_model_request",
    "POST",
    "/model-requests/{request_id}/triages",
    about="Say which use case it belongs to.",
    call="model_requests.triage",
    form="document",
    answer="accredit_governance.registry.intake_records:ModelRequestRecord",
    values=(
        Value("request_id", "path", required=True),
        Value("use_case_id", "body", required=True),
        Value("answer", "body"),
    ),
)
WITHDRAW_MODEL_REQUEST: Final[Endpoint[ModelRequestRecord]] = Endpoint(
    "withdraw_model_request",
    "POST",
    "/model-requests/{request_id}/withdrawals",
    about="Take one's own request back.",
    call="model_requests.withdraw",
    form="document",
    answer="accredit_governance.registry.intake_records:ModelRequestRecord",
    values=(Value("request_id", "path", required=True),),
)
DESCRIBE_MODEL_VERSION: Final[Endpoint[ModelVersionRecord]] = Endpoint(
    "describe_model_version",
    "PUT",
    "/model-versions/{version_id}/statements",
    about="Write the part of the card that only people can write.",
    call="model_versions.describe",
    form="document",
    answer="accredit_governance.registry.records:ModelVersionRecord",
    values=(
        Value("version_id", "path", required=True),
        Value("limitations", "body", required=True),
        Value(
            "oversight",
            "body",
            required=True,
            about="who may overrule the model, and how a person concerned can object",
        ),
        Value("choice_rationale", "body"),
        Value("fairness_rationale", "body"),
        Value("ethical_considerations", "body"),
    ),
)
GET_MODEL_VERSION: Final[Endpoint[ModelVersionRecord]] = Endpoint(
    "get_model_version",
    "GET",
    "/model-versions/{version_id}",
    about="One model version, with the actions that its state allows.",
    call="model_versions.get",
    form="document",
    answer="accredit_governance.registry.records:ModelVersionRecord",
    values=(Value("version_id", "path", required=True),),
)
GET_MODEL_CARD: Final[Endpoint[ModelCard]] = Endpoint(
    "get_model_card",
    "GET",
    "/model-versions/{version_id}/card",
    about="The model card as the document that its digest is of.",
    call="model_versions.get_card",
    form="document",
    answer="accredit_governance.cards.card:ModelCard",
    values=(Value("version_id", "path", required=True),),
)
GET_MODEL_CARD_HTML: Final[Endpoint[bytes]] = Endpoint(
    "get_model_card_html",
    "GET",
    "/model-versions/{version_id}/card.html",
    about="The model card as a page that stands alone, then the conditions of its approval.",
    call="model_versions.get_card_html",
    form="bytes",
    values=(Value("version_id", "path", required=True),),
)
GET_MODEL_CARD_MARKDOWN: Final[Endpoint[bytes]] = Endpoint(
    "get_model_card_markdown",
    "GET",
    "/model-versions/{version_id}/card.md",
    about="The model card as Markdown, then the conditions of its approval.",
    call="model_versions.get_card_markdown",
    form="bytes",
    values=(Value("version_id", "path", required=True),),
)
GET_GATE_EVALUATION: Final[Endpoint[GateEvaluationRecord]] = Endpoint(
    "get_gate_evaluation",
    "GET",
    "/model-versions/{version_id}/gate-evaluation",
    about="The newest judgement of a version, check by check.",
    call="model_versions.get_gate_evaluation",
    form="document",
    answer="accredit_governance.registry.records:GateEvaluationRecord",
    values=(Value("version_id", "path", required=True),),
)
GET_MODEL_VERSION_STATE: Final[Endpoint[VersionStanding]] = Endpoint(
    "get_model_version_state",
    "GET",
    "/model-versions/{version_id}/state",
    about="Where a model version stood at an instant.",
    call="model_versions.get_state",
    form="document",
    answer="accredit_governance.registry.history_records:VersionStanding",
    values=(
        Value("version_id", "path", required=True),
        Value(
            "as_of",
            "query",
            about="the instant that is asked about, with a time zone, such as `2026-11-22T10:30:00Z`; not in the future. Left out, it is now",
        ),
    ),
)
GET_TOMBSTONE: Final[Endpoint[TombstoneRecord]] = Endpoint(
    "get_tombstone",
    "GET",
    "/model-versions/{version_id}/tombstone",
    about="What was taken away with a purged version.",
    call="model_versions.get_tombstone",
    form="document",
    answer="accredit_governance.registry.aftercare_records:TombstoneRecord",
    values=(Value("version_id", "path", required=True),),
)
LIST_MODEL_VERSIONS: Final[Endpoint[ModelVersionRecord]] = Endpoint(
    "list_model_versions",
    "GET",
    "/models/{model_id}/versions",
    about="Versions of a model, newest first.",
    call="model_versions.list",
    form="page",
    answer="accredit_governance.registry.records:ModelVersionRecord",
    values=(
        Value("model_id", "path", required=True),
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
LIST_BLOCKING_FINDINGS: Final[Endpoint[FindingRecord]] = Endpoint(
    "list_blocking_findings",
    "GET",
    "/model-versions/{version_id}/blocking-findings",
    about="Findings that stand in the way of signatures and deployments now.",
    call="model_versions.list_blocking_findings",
    form="page",
    answer="accredit_governance.registry.findings_records:FindingRecord",
    values=(
        Value("version_id", "path", required=True),
        Value("page_size", "query", "integer", about="at most so many"),
    ),
)
LIST_VERSION_CONDITIONS: Final[Endpoint[ConditionRecord]] = Endpoint(
    "list_version_conditions",
    "GET",
    "/model-versions/{version_id}/conditions",
    about="Conditions under which a version was approved, oldest first.",
    call="model_versions.list_conditions",
    form="page",
    answer="accredit_governance.registry.approval_records:ConditionRecord",
    values=(
        Value("version_id", "path", required=True),
        Value("page_size", "query", "integer", about="at most so many"),
    ),
)
RECERTIFY_MODEL_VERSION: Final[Endpoint[RecertificationRecord]] = Endpoint(
    "recertify_model_version",
    "POST",
    "/model-versions/{version_id}/recertifications",
    about="Hand an expired version to the gates of the policy of today.",
    call="model_versions.recertify",
    form="document",
    answer="accredit_governance.registry.aftercare_records:RecertificationRecord",
    values=(
        Value("version_id", "path", required=True),
        Value("dataset_version_id", "body"),
    ),
)
REGISTER_MODEL_VERSION: Final[Endpoint[ModelVersionRecord]] = Endpoint(
    "register_model_version",
    "POST",
    "/models/{model_id}/versions",
    about="Make a finished run's bundle a version.",
    call="model_versions.register",
    form="document",
    answer="accredit_governance.registry.records:ModelVersionRecord",
    values=(
        Value("model_id", "path", required=True),
        Value("run_id", "body", required=True),
    ),
)
REPEAT_GATES: Final[Endpoint[ModelVersionRecord]] = Endpoint(
    "repeat_gates",
    "POST",
    "/model-versions/{version_id}/gate-evaluations",
    about="Evaluate the gates once more after an error; verdicts that stand are not rolled again.",
    call="model_versions.repeat_gates",
    form="document",
    answer="accredit_governance.registry.records:ModelVersionRecord",
    values=(Value("version_id", "path", required=True),),
)
SUBMIT_MODEL_VERSION: Final[Endpoint[ModelVersionRecord]] = Endpoint(
    "submit_model_version",
    "POST",
    "/model-versions/{version_id}/submissions",
    about="Freeze a candidate and hand it to the gates.",
    call="model_versions.submit",
    form="document",
    answer="accredit_governance.registry.records:ModelVersionRecord",
    values=(Value("version_id", "path", required=True),),
)
SUBMIT_UNDER_CHANGE_PLAN: Final[Endpoint[ModelVersionRecord]] = Endpoint(
    "submit_under_change_plan",
    "POST",
    "/model-versions/{version_id}/planned-submissions",
    about="Freeze a candidate and hand it to the gates under a change plan.",
    call="model_versions.submit_under_change_plan",
    form="document",
    answer="accredit_governance.registry.records:ModelVersionRecord",
    values=(
        Value("version_id", "path", required=True),
        Value("change_plan_id", "body", required=True),
    ),
)
SUSPEND_MODEL_VERSION: Final[Endpoint[ModelVersionRecord]] = Endpoint(
    "suspend_model_version",
    "POST",
    "/model-versions/{version_id}/suspensions",
    about="Take an approved version out of service at once.",
    call="model_versions.suspend",
    form="document",
    answer="accredit_governance.registry.records:ModelVersionRecord",
    values=(
        Value("version_id", "path", required=True),
        Value("reason", "body", required=True),
    ),
)
CREATE_MODEL: Final[Endpoint[ModelRecord]] = Endpoint(
    "create_model",
    "POST",
    "/models",
    about="Name a model.",
    call="models.create",
    form="document",
    answer="accredit_governance.registry.records:ModelRecord",
    values=(
        Value("use_case_id", "body", required=True),
        Value("name", "body", required=True),
    ),
)
GET_MODEL: Final[Endpoint[ModelRecord]] = Endpoint(
    "get_model",
    "GET",
    "/models/{model_id}",
    about="One model.",
    call="models.get",
    form="document",
    answer="accredit_governance.registry.records:ModelRecord",
    values=(Value("model_id", "path", required=True),),
)
GET_MODEL_STATUS: Final[Endpoint[ModelStanding]] = Endpoint(
    "get_model_status",
    "GET",
    "/models/{model_id}/status",
    about="Which versions were champion, approved and deployed at an instant.",
    call="models.get_status",
    form="document",
    answer="accredit_governance.registry.history_records:ModelStanding",
    values=(
        Value("model_id", "path", required=True),
        Value(
            "as_of",
            "query",
            about="the instant that is asked about, with a time zone, such as `2026-11-22T10:30:00Z`; not in the future. Left out, it is now",
        ),
    ),
)
LIST_MODELS: Final[Endpoint[ModelRecord]] = Endpoint(
    "list_models",
    "GET",
    "/models",
    about="Models, newest first.",
    call="models.list",
    form="page",
    answer="accredit_governance.registry.records:ModelRecord",
    values=(
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
LIST_ALIAS_ASSIGNMENTS: Final[Endpoint[AliasAssignmentRecord]] = Endpoint(
    "list_alias_assignments",
    "GET",
    "/models/{model_id}/alias-assignments",
    about="What aliases stood for and when, newest first.",
    call="models.list_alias_assignments",
    form="page",
    answer="accredit_governance.registry.alias_records:AliasAssignmentRecord",
    values=(
        Value("model_id", "path", required=True),
        Value("environment", "query"),
        Value("alias", "query"),
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
LIST_ALIASES: Final[Endpoint[AliasRecord]] = Endpoint(
    "list_aliases",
    "GET",
    "/models/{model_id}/aliases",
    about="What every alias of a model stands for now, or why it leads to nothing.",
    call="models.list_aliases",
    form="page",
    answer="accredit_governance.registry.alias_records:AliasRecord",
    values=(
        Value("model_id", "path", required=True),
        Value("page_size", "query", "integer", about="at most so many"),
    ),
)
LIST_MODEL_FILES: Final[Endpoint[ModelFileRecord]] = Endpoint(
    "list_model_files",
    "GET",
    "/models/{model_id}/files",
    about="Files that were uploaded for a model, newest first.",
    call="models.list_files",
    form="page",
    answer="accredit_governance.registry.external_records:ModelFileRecord",
    values=(
        Value("model_id", "path", required=True),
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
PREDICT_BY_CHAMPION: Final[Endpoint[Record]] = Endpoint(
    "predict_by_champion",
    "POST",
    "/models/{model_id}/environments/{environment}/predictions",
    about="As for a deployment; whatever is champion in the environment answers.",
    call="models.predict_rows",
    form="json",
    values=(
        Value("model_id", "path", required=True),
        Value("environment", "path", required=True),
        Value(
            "purpose",
            "body",
            about="what the predictions are for: the code of your grant. The header `Accredit-Purpose` says the same. May be left out where only one is permitted",
        ),
        Value("rows", "body", "json", required=True),
    ),
)
RESOLVE_ALIAS: Final[Endpoint[AliasRecord]] = Endpoint(
    "resolve_alias",
    "GET",
    "/models/{model_id}/environments/{environment}/aliases/{alias}",
    about="What one alias stands for now, or why it leads to nothing.",
    call="models.resolve_alias",
    form="document",
    answer="accredit_governance.registry.alias_records:AliasRecord",
    values=(
        Value("model_id", "path", required=True),
        Value("environment", "path", required=True),
        Value("alias", "path", required=True),
    ),
)
ROLL_BACK_ALIAS: Final[Endpoint[AliasAssignmentRecord]] = Endpoint(
    "roll_back_alias",
    "POST",
    "/models/{model_id}/alias-rollbacks",
    about="Go back at once to the last earlier version that is still approved.",
    call="models.roll_back_alias",
    form="document",
    answer="accredit_governance.registry.alias_records:AliasAssignmentRecord",
    values=(
        Value("model_id", "path", required=True),
        Value("environment", "body", required=True),
        Value("alias", "body", required=True),
        Value("reason", "body", required=True),
    ),
)
UPLOAD_MODEL_FILE: Final[Endpoint[ModelFileRecord]] = Endpoint(
    "upload_model_file",
    "POST",
    "/models/{model_id}/files",
    about="Upload a model (`.skops`, `.txt`, `.onnx`) or a document about one; nothing reads it yet.",
    call="models.upload_file",
    form="document",
    answer="accredit_governance.registry.external_records:ModelFileRecord",
    values=(
        Value("model_id", "path", required=True),
        Value("file_name", "query", required=True),
        Value("content", "content", required=True, about="the file"),
    ),
    media=("application/octet-stream",),
)
GET_OPENAPI: Final[Endpoint[bytes]] = Endpoint(
    "get_openapi",
    "GET",
    "/openapi.json",
    about="This document: every operation, what it takes and what it answers.",
    call="openapi.get",
    form="bytes",
)
CANCEL_OPERATION: Final[Endpoint[Operation]] = Endpoint(
    "cancel_operation",
    "POST",
    "/operations/{operation_id}/cancellations",
    about="Ask a run, an upload or an import to stop.",
    call="operations.cancel",
    form="document",
    answer="accredit_platform.client.operations:Operation",
    values=(Value("operation_id", "path", required=True),),
)
GET_OPERATION: Final[Endpoint[Operation]] = Endpoint(
    "get_operation",
    "GET",
    "/operations/{operation_id}",
    about="How far a piece of long work is, and what it is about.",
    call="operations.get",
    form="document",
    answer="accredit_platform.client.operations:Operation",
    values=(Value("operation_id", "path", required=True),),
)
LIST_OPERATIONS: Final[Endpoint[Operation]] = Endpoint(
    "list_operations",
    "GET",
    "/operations",
    about="Long work, newest first.",
    call="operations.list",
    form="page",
    answer="accredit_platform.client.operations:Operation",
    values=(
        Value("state", "query"),
        Value("kind", "query"),
        Value("resource_id", "query"),
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
CREATE_PERMISSION_DENIAL: Final[Endpoint[PermissionDenialRecord]] = Endpoint(
    "create_permission_denial",
    "POST",
    "/permission-denials",
    about="Deny something to somebody, whatever their roles say.",
    call="permission_denials.create",
    form="document",
    answer="accredit_governance.registry.permission_records:PermissionDenialRecord",
    values=(
        Value("principal_id", "body"),
        Value("group_id", "body"),
        Value("permission", "body"),
        Value("role", "body"),
        Value("project_id", "body"),
        Value("model_id", "body"),
        Value("until", "body"),
        Value("reason", "body", required=True),
    ),
)
GET_PERMISSION_DENIAL: Final[Endpoint[PermissionDenialRecord]] = Endpoint(
    "get_permission_denial",
    "GET",
    "/permission-denials/{denial_id}",
    about="One denial.",
    call="permission_denials.get",
    form="document",
    answer="accredit_governance.registry.permission_records:PermissionDenialRecord",
    values=(Value("denial_id", "path", required=True),),
)
LIFT_PERMISSION_DENIAL: Final[Endpoint[PermissionDenialRecord]] = Endpoint(
    "lift_permission_denial",
    "POST",
    "/permission-denials/{denial_id}/endings",
    about="End a denial at once.",
    call="permission_denials.lift",
    form="document",
    answer="accredit_governance.registry.permission_records:PermissionDenialRecord",
    values=(Value("denial_id", "path", required=True),),
)
LIST_PERMISSION_DENIALS: Final[Endpoint[PermissionDenialRecord]] = Endpoint(
    "list_permission_denials",
    "GET",
    "/permission-denials",
    about="Denials, newest first, those that have ended included.",
    call="permission_denials.list",
    form="page",
    answer="accredit_governance.registry.permission_records:PermissionDenialRecord",
    values=(
        Value("principal_id", "query"),
        Value("group_id", "query"),
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
DRAFT_POLICY: Final[Endpoint[PolicyVersionRecord]] = Endpoint(
    "draft_policy",
    "POST",
    "/policies",
    about="Store a policy that is not in force yet.",
    call="policies.draft",
    form="document",
    answer="accredit_governance.registry.records:PolicyVersionRecord",
    values=(Value("source", "body", required=True),),
)
GET_POLICY: Final[Endpoint[PolicyVersionRecord]] = Endpoint(
    "get_policy",
    "GET",
    "/policies/{policy_version_id}",
    about="One policy version.",
    call="policies.get",
    form="document",
    answer="accredit_governance.registry.records:PolicyVersionRecord",
    values=(Value("policy_version_id", "path", required=True),),
)
LIST_POLICIES: Final[Endpoint[PolicyVersionRecord]] = Endpoint(
    "list_policies",
    "GET",
    "/policies",
    about="Published policies, or with `state=draft` those that wait for it.",
    call="policies.list",
    form="page",
    answer="accredit_governance.registry.records:PolicyVersionRecord",
    values=(
        Value("state", "query"),
        Value("page_size", "query", "integer", about="at most so many"),
    ),
)
PUBLISH_POLICY: Final[Endpoint[PolicyVersionRecord]] = Endpoint(
    "publish_policy",
    "POST",
    "/policies/{policy_version_id}/publications",
    about="Put a draft into force, as someone other than its author.",
    call="policies.publish",
    form="document",
    answer="accredit_governance.registry.records:PolicyVersionRecord",
    values=(Value("policy_version_id", "path", required=True),),
)
RESOLVE_POLICY: Final[Endpoint[PolicyResolution]] = Endpoint(
    "resolve_policy",
    "GET",
    "/policy-resolutions",
    about="Which policy applies to a use case or to given facts, and why no other one does.",
    call="policies.resolve",
    form="document",
    answer="accredit_governance.questions.policies:PolicyResolution",
    values=(
        Value("use_case_id", "query"),
        Value("tier", "query", "integer"),
        Value("jurisdiction", "query", "list"),
        Value("task", "query"),
        Value("purpose", "query"),
        Value("on", "query"),
    ),
)
SIMULATE_POLICY: Final[Endpoint[PolicySimulationRecord]] = Endpoint(
    "simulate_policy",
    "POST",
    "/policy-simulations",
    about="Queue the trial of a policy text on every version that the caller may read.",
    call="policy_simulations.create",
    form="document",
    answer="accredit_governance.registry.simulation_records:PolicySimulationRecord",
    values=(Value("source", "body", required=True),),
)
GET_POLICY_SIMULATION: Final[Endpoint[PolicySimulationDetails]] = Endpoint(
    "get_policy_simulation",
    "GET",
    "/policy-simulations/{simulation_id}",
    about="One simulation; `document` says who would newly fail or pass once `state` is `finished`.",
    call="policy_simulations.get",
    form="document",
    answer="accredit_governance.registry.simulation_records:PolicySimulationDetails",
    values=(Value("simulation_id", "path", required=True),),
)
LIST_POLICY_SIMULATIONS: Final[Endpoint[PolicySimulationRecord]] = Endpoint(
    "list_policy_simulations",
    "GET",
    "/policy-simulations",
    about="Simulations, newest first.",
    call="policy_simulations.list",
    form="page",
    answer="accredit_governance.registry.simulation_records:PolicySimulationRecord",
    values=(
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
STOP_POLICY_SIMULATION: Final[Endpoint[PolicySimulationRecord]] = Endpoint(
    "stop_policy_simulation",
    "POST",
    "/policy-simulations/{simulation_id}/cancellations",
    about="Ask for a simulation to stop.",
    call="policy_simulations.stop",
    form="document",
    answer="accredit_governance.registry.simulation_records:PolicySimulationRecord",
    values=(Value("simulation_id", "path", required=True),),
)
CREATE_PRINCIPAL: Final[Endpoint[AddedPrincipal]] = Endpoint(
    "create_principal",
    "POST",
    "/principals",
    about="Add a service account, or a person, who sets a password by the link in `welcome`.",
    call="principals.create",
    form="document",
    answer="accredit_governance.registry.session_records:AddedPrincipal",
    values=(
        Value("kind", "body", required=True),
        Value("name", "body", required=True),
        Value("title", "body", required=True),
        Value("email", "body"),
        Value("password", "body"),
    ),
)
CREATE_PASSWORD_LINK: Final[Endpoint[PasswordLinkRecord]] = Endpoint(
    "create_password_link",
    "POST",
    "/principals/{principal_id}/password-links",
    about="A link by which a person sets a new password: good for a day, works once.",
    call="principals.create_password_link",
    form="document",
    answer="accredit_governance.registry.session_records:PasswordLinkRecord",
    values=(Value("principal_id", "path", required=True),),
)
DEACTIVATE_PRINCIPAL: Final[Endpoint[PrincipalRecord]] = Endpoint(
    "deactivate_principal",
    "POST",
    "/principals/{principal_id}/deactivations",
    about="Close an account; its tokens and sessions die with it.",
    call="principals.deactivate",
    form="document",
    answer="accredit_governance.registry.records:PrincipalRecord",
    values=(Value("principal_id", "path", required=True),),
)
END_SESSIONS: Final[Endpoint[SessionsEndedRecord]] = Endpoint(
    "end_sessions",
    "POST",
    "/principals/{principal_id}/session-endings",
    about="End all browser sessions of a person at once; their tokens stay.",
    call="principals.end_sessions",
    form="document",
    answer="accredit_governance.registry.session_records:SessionsEndedRecord",
    values=(Value("principal_id", "path", required=True),),
)
EXPLAIN_PERMISSION: Final[Endpoint[Explanation]] = Endpoint(
    "explain_permission",
    "GET",
    "/principals/{principal_id}/permission-explanations",
    about="Why somebody may, or may not.",
    call="principals.explain_permission",
    form="document",
    answer="accredit_governance.access.explanations:Explanation",
    values=(
        Value("principal_id", "path", required=True),
        Value("permission", "query", required=True),
        Value("project_id", "query"),
        Value("model_id", "query"),
        Value("model_version_id", "query"),
        Value("protected", "query", "boolean"),
    ),
)
LIST_PRINCIPALS: Final[Endpoint[PrincipalRecord]] = Endpoint(
    "list_principals",
    "GET",
    "/principals",
    about="People and service accounts.",
    call="principals.list",
    form="page",
    answer="accredit_governance.registry.records:PrincipalRecord",
    values=(
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
REACTIVATE_PRINCIPAL: Final[Endpoint[PrincipalRecord]] = Endpoint(
    "reactivate_principal",
    "POST",
    "/principals/{principal_id}/reactivations",
    about="Open a closed account again; its old tokens and sessions stay dead.",
    call="principals.reactivate",
    form="document",
    answer="accredit_governance.registry.records:PrincipalRecord",
    values=(Value("principal_id", "path", required=True),),
)
GET_PROCEEDING: Final[Endpoint[ProceedingRecord]] = Endpoint(
    "get_proceeding",
    "GET",
    "/proceedings/{proceeding_id}",
    about="One proceeding with its signatures.",
    call="proceedings.get",
    form="document",
    answer="accredit_governance.registry.aftercare_records:ProceedingRecord",
    values=(Value("proceeding_id", "path", required=True),),
)
LIST_PROCEEDINGS: Final[Endpoint[ProceedingRecord]] = Endpoint(
    "list_proceedings",
    "GET",
    "/proceedings",
    about="What was asked to be done with versions, newest first.",
    call="proceedings.list",
    form="page",
    answer="accredit_governance.registry.aftercare_records:ProceedingRecord",
    values=(
        Value("state", "query"),
        Value("kind", "query"),
        Value("model_version_id", "query"),
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
WITHDRAW_PROCEEDING: Final[Endpoint[ProceedingRecord]] = Endpoint(
    "withdraw_proceeding",
    "POST",
    "/proceedings/{proceeding_id}/withdrawals",
    about="Take back what one asked for.",
    call="proceedings.withdraw",
    form="document",
    answer="accredit_governance.registry.aftercare_records:ProceedingRecord",
    values=(Value("proceeding_id", "path", required=True),),
)
CREATE_PROJECT: Final[Endpoint[ProjectRecord]] = Endpoint(
    "create_project",
    "POST",
    "/projects",
    about="Open a project.",
    call="projects.create",
    form="document",
    answer="accredit_governance.registry.records:ProjectRecord",
    values=(
        Value("name", "body", required=True),
        Value("title", "body", required=True),
    ),
)
CREATE_ENVIRONMENT: Final[Endpoint[EnvironmentRecord]] = Endpoint(
    "create_environment",
    "POST",
    "/projects/{project_id}/environments",
    about="Add an environment; whether it is protected never changes.",
    call="projects.create_environment",
    form="document",
    answer="accredit_governance.registry.alias_records:EnvironmentRecord",
    values=(
        Value("project_id", "path", required=True),
        Value("name", "body", required=True),
        Value("protected", "body", "boolean"),
    ),
)
GET_PROJECT: Final[Endpoint[ProjectRecord]] = Endpoint(
    "get_project",
    "GET",
    "/projects/{project_id}",
    about="One project.",
    call="projects.get",
    form="document",
    answer="accredit_governance.registry.records:ProjectRecord",
    values=(Value("project_id", "path", required=True),),
)
LIST_PROJECTS: Final[Endpoint[ProjectRecord]] = Endpoint(
    "list_projects",
    "GET",
    "/projects",
    about="Projects that the caller may see.",
    call="projects.list",
    form="page",
    answer="accredit_governance.registry.records:ProjectRecord",
    values=(
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
LIST_ENVIRONMENTS: Final[Endpoint[EnvironmentRecord]] = Endpoint(
    "list_environments",
    "GET",
    "/projects/{project_id}/environments",
    about="Environments of a project.",
    call="projects.list_environments",
    form="page",
    answer="accredit_governance.registry.alias_records:EnvironmentRecord",
    values=(
        Value("project_id", "path", required=True),
        Value("page_size", "query", "integer", about="at most so many"),
    ),
)
ASK_PURGE: Final[Endpoint[ProceedingRecord]] = Endpoint(
    "ask_purge",
    "POST",
    "/model-versions/{version_id}/purges",
    about="Ask for the files of a retired version to be deleted; its records stay.",
    call="purges.ask",
    form="document",
    answer="accredit_governance.registry.aftercare_records:ProceedingRecord",
    values=(
        Value("version_id", "path", required=True),
        Value("reason", "body", required=True),
    ),
)
LIST_PURGES: Final[Endpoint[ProceedingRecord]] = Endpoint(
    "list_purges",
    "GET",
    "/purges",
    about="Purges, newest first.",
    call="purges.list",
    form="page",
    answer="accredit_governance.registry.aftercare_records:ProceedingRecord",
    values=(
        Value("state", "query"),
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
SIGN_PURGE: Final[Endpoint[ProceedingRecord]] = Endpoint(
    "sign_purge",
    "POST",
    "/purges/{proceeding_id}/sign-offs",
    about="Agree to a purge as the second person, or refuse it.",
    call="purges.sign",
    form="document",
    answer="accredit_governance.registry.aftercare_records:ProceedingRecord",
    values=(
        Value("proceeding_id", "path", required=True),
        Value("decision", "body", required=True),
        Value("subject_digest", "body", required=True),
        Value("comment", "body"),
        Value("ticket", "body", about="of `POST /me/signing-tickets`; used up by this"),
    ),
)
GET_QUESTIONNAIRE: Final[Endpoint[Record]] = Endpoint(
    "get_questionnaire",
    "GET",
    "/questionnaire",
    about="The materiality questionnaire of today.",
    call="questionnaire.get",
    form="json",
)
ASK_REINSTATEMENT: Final[Endpoint[ProceedingRecord]] = Endpoint(
    "ask_reinstatement",
    "POST",
    "/model-versions/{version_id}/reinstatements",
    about="Ask for a suspended version to serve again, as its owner.",
    call="reinstatements.ask",
    form="document",
    answer="accredit_governance.registry.aftercare_records:ProceedingRecord",
    values=(
        Value("version_id", "path", required=True),
        Value("cause", "body", required=True),
        Value("remedy", "body", required=True),
    ),
)
SIGN_REINSTATEMENT: Final[Endpoint[ProceedingRecord]] = Endpoint(
    "sign_reinstatement",
    "POST",
    "/reinstatements/{proceeding_id}/sign-offs",
    about="Sign as validator or compliance; the second approval brings the version back.",
    call="reinstatements.sign",
    form="document",
    answer="accredit_governance.registry.aftercare_records:ProceedingRecord",
    values=(
        Value("proceeding_id", "path", required=True),
        Value("decision", "body", required=True),
        Value("subject_digest", "body", required=True),
        Value("comment", "body"),
        Value("ticket", "body", about="of `POST /me/signing-tickets`; used up by this"),
    ),
)
ASK_RETIREMENT: Final[Endpoint[ProceedingRecord]] = Endpoint(
    "ask_retirement",
    "POST",
    "/model-versions/{version_id}/retirements",
    about="Ask for a version to be retired for good; one of the other role has to agree.",
    call="retirements.ask",
    form="document",
    answer="accredit_governance.registry.aftercare_records:ProceedingRecord",
    values=(
        Value("version_id", "path", required=True),
        Value("reason", "body", required=True),
    ),
)
SIGN_RETIREMENT: Final[Endpoint[ProceedingRecord]] = Endpoint(
    "sign_retirement",
    "POST",
    "/retirements/{proceeding_id}/sign-offs",
    about="Agree to a retirement as the second person, or refuse it.",
    call="retirements.sign",
    form="document",
    answer="accredit_governance.registry.aftercare_records:ProceedingRecord",
    values=(
        Value("proceeding_id", "path", required=True),
        Value("decision", "body", required=True),
        Value("subject_digest", "body", required=True),
        Value("comment", "body"),
        Value("ticket", "body", about="of `POST /me/signing-tickets`; used up by this"),
    ),
)
CONFIRM_RISK_ACCEPTANCE: Final[Endpoint[RiskAcceptanceRecord]] = Endpoint(
    "confirm_risk_acceptance",
    "POST",
    "/risk-acceptances/{acceptance_id}/confirmations",
    about="Agree, as the second person, in the other role.",
    call="risk_acceptances.confirm",
    form="document",
    answer="accredit_governance.registry.findings_records:RiskAcceptanceRecord",
    values=(Value("acceptance_id", "path", required=True),),
)
LIST_RISK_ACCEPTANCES: Final[Endpoint[RiskAcceptanceRecord]] = Endpoint(
    "list_risk_acceptances",
    "GET",
    "/findings/{finding_id}/risk-acceptances",
    about="What people agreed, or proposed, about bearing the risk, newest first.",
    call="risk_acceptances.list",
    form="page",
    answer="accredit_governance.registry.findings_records:RiskAcceptanceRecord",
    values=(
        Value("finding_id", "path", required=True),
        Value("page_size", "query", "integer", about="at most so many"),
    ),
)
PROPOSE_RISK_ACCEPTANCE: Final[Endpoint[RiskAcceptanceRecord]] = Endpoint(
    "propose_risk_acceptance",
    "POST",
    "/findings/{finding_id}/risk-acceptances",
    about="Offer, as the first of two people, to bear the risk until a day.",
    call="risk_acceptances.propose",
    form="document",
    answer="accredit_governance.registry.findings_records:RiskAcceptanceRecord",
    values=(
        Value("finding_id", "path", required=True),
        Value("reason", "body", required=True),
        Value("until_on", "body", required=True),
    ),
)
CREATE_RISK_ASSESSMENT: Final[Endpoint[RiskAssessmentRecord]] = Endpoint(
    "create_risk_assessment",
    "POST",
    "/use-cases/{use_case_id}/risk-assessments",
    about="Fill the questionnaire in; the rule makes a tier and a class of it.",
    call="risk_assessments.create",
    form="document",
    answer="accredit_governance.registry.intake_records:RiskAssessmentRecord",
    values=(
        Value("use_case_id", "path", required=True),
        Value("answers", "body", "json", required=True),
    ),
)
DECIDE_RISK_ASSESSMENT: Final[Endpoint[RiskAssessmentRecord]] = Endpoint(
    "decide_risk_assessment",
    "POST",
    "/risk-assessments/{assessment_id}/decisions",
    about="Approve or reject, as somebody who neither filled it in nor owns the use case.",
    call="risk_assessments.decide",
    form="document",
    answer="accredit_governance.registry.intake_records:RiskAssessmentRecord",
    values=(
        Value("assessment_id", "path", required=True),
        Value("decision", "body", required=True),
        Value("comment", "body", required=True),
    ),
)
LIST_RISK_ASSESSMENTS: Final[Endpoint[RiskAssessmentRecord]] = Endpoint(
    "list_risk_assessments",
    "GET",
    "/use-cases/{use_case_id}/risk-assessments",
    about="Every assessment of a use case, newest first; the effective one says so.",
    call="risk_assessments.list",
    form="page",
    answer="accredit_governance.registry.intake_records:RiskAssessmentRecord",
    values=(
        Value("use_case_id", "path", required=True),
        Value("page_size", "query", "integer", about="at most so many"),
    ),
)
BIND_ROLE_TO_GROUP: Final[Endpoint[RoleBindingRecord]] = Endpoint(
    "bind_role_to_group",
    "POST",
    "/groups/{group_id}/role-bindings",
    about="Give everybody in a group a role, also those who come later.",
    call="role_bindings.bind_role_to_group",
    form="document",
    answer="accredit_governance.registry.records:RoleBindingRecord",
    values=(
        Value("group_id", "path", required=True),
        Value("role", "body", required=True),
        Value("project_id", "body"),
        Value("model_id", "body"),
        Value("condition", "body"),
    ),
)
BIND_ROLE: Final[Endpoint[RoleBindingRecord]] = Endpoint(
    "bind_role",
    "POST",
    "/principals/{principal_id}/role-bindings",
    about="Give a principal a role.",
    call="role_bindings.create",
    form="document",
    answer="accredit_governance.registry.records:RoleBindingRecord",
    values=(
        Value("principal_id", "path", required=True),
        Value("role", "body", required=True),
        Value("project_id", "body"),
        Value("model_id", "body"),
        Value("condition", "body"),
    ),
)
TAKE_ROLE: Final[Endpoint[None]] = Endpoint(
    "take_role",
    "POST",
    "/role-bindings/{binding_id}/revocations",
    about="Take a role back at once.",
    call="role_bindings.revoke",
    form="nothing",
    values=(Value("binding_id", "path", required=True),),
)
CREATE_RUN: Final[Endpoint[RunRecord]] = Endpoint(
    "create_run",
    "POST",
    "/runs",
    about="Queue an AutoML run.",
    call="runs.create",
    form="document",
    answer="accredit_governance.registry.records:RunRecord",
    values=(
        Value("use_case_id", "body", required=True),
        Value("dataset_version_id", "body", required=True),
        Value("spec", "body", "json", about="fields of `RunSpec`"),
    ),
)
GET_RUN: Final[Endpoint[RunRecord]] = Endpoint(
    "get_run",
    "GET",
    "/runs/{run_id}",
    about="One run.",
    call="runs.get",
    form="document",
    answer="accredit_governance.registry.records:RunRecord",
    values=(Value("run_id", "path", required=True),),
)
GET_RUN_RECORD: Final[Endpoint[Record]] = Endpoint(
    "get_run_record",
    "GET",
    "/runs/{run_id}/record",
    about="Everything that was recorded about a run.",
    call="runs.get_record",
    form="json",
    values=(Value("run_id", "path", required=True),),
)
LIST_RUNS: Final[Endpoint[RunRecord]] = Endpoint(
    "list_runs",
    "GET",
    "/runs",
    about="Runs, newest first.",
    call="runs.list",
    form="page",
    answer="accredit_governance.registry.records:RunRecord",
    values=(
        Value("use_case_id", "query"),
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
LIST_TRIALS: Final[Endpoint[TrialRecord]] = Endpoint(
    "list_trials",
    "GET",
    "/runs/{run_id}/trials",
    about="Every trial of a run.",
    call="runs.list_trials",
    form="page",
    answer="accredit_governance.registry.records:TrialRecord",
    values=(
        Value("run_id", "path", required=True),
        Value("page_size", "query", "integer", about="at most so many"),
    ),
)
CREATE_SERVICE_ACCOUNT: Final[Endpoint[ServiceAccountRecord]] = Endpoint(
    "create_service_account",
    "POST",
    "/service-accounts",
    about="Add the account of a program; roles are bound to its `id` as to any principal's.",
    call="service_accounts.create",
    form="document",
    answer="accredit_governance.registry.token_records:ServiceAccountRecord",
    values=(
        Value("name", "body", required=True),
        Value("title", "body", required=True),
        Value("owner_id", "body", required=True),
        Value("purpose", "body", required=True),
        Value("expires_at", "body"),
    ),
)
CREATE_CLIENT_SECRET: Final[Endpoint[IssuedToken]] = Endpoint(
    "create_client_secret",
    "POST",
    "/service-accounts/{account_id}/client-secrets",
    about="A secret that gets access tokens from `POST /oauth/token`; it does not call the API.",
    call="service_accounts.create_client_secret",
    form="document",
    answer="accredit_governance.registry.token_records:IssuedToken",
    values=(
        Value("account_id", "path", required=True),
        Value("token_name", "body"),
        Value("days", "body", "integer"),
        Value(
            "scopes",
            "body",
            "list",
            about="permissions that the token is good for; left out: all that its holder may. A scope only takes away",
        ),
        Value("project_id", "body", about="the one project that the token is good for"),
    ),
)
GET_SERVICE_ACCOUNT: Final[Endpoint[ServiceAccountRecord]] = Endpoint(
    "get_service_account",
    "GET",
    "/service-accounts/{account_id}",
    about="One program.",
    call="service_accounts.get",
    form="document",
    answer="accredit_governance.registry.token_records:ServiceAccountRecord",
    values=(Value("account_id", "path", required=True),),
)
GIVE_SERVICE_ACCOUNT: Final[Endpoint[ServiceAccountRecord]] = Endpoint(
    "give_service_account",
    "POST",
    "/service-accounts/{account_id}/owners",
    about="Let another person answer for a program.",
    call="service_accounts.give",
    form="document",
    answer="accredit_governance.registry.token_records:ServiceAccountRecord",
    values=(
        Value("account_id", "path", required=True),
        Value("owner_id", "body", required=True),
    ),
)
LIST_SERVICE_ACCOUNTS: Final[Endpoint[ServiceAccountRecord]] = Endpoint(
    "list_service_accounts",
    "GET",
    "/service-accounts",
    about="Programs; `ownerless=true` keeps those that nobody active answers for.",
    call="service_accounts.list",
    form="page",
    answer="accredit_governance.registry.token_records:ServiceAccountRecord",
    values=(
        Value("ownerless", "query", "boolean"),
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
RENEW_SERVICE_ACCOUNT: Final[Endpoint[ServiceAccountRecord]] = Endpoint(
    "renew_service_account",
    "POST",
    "/service-accounts/{account_id}/renewals",
    about="Set another end for a program.",
    call="service_accounts.renew",
    form="document",
    answer="accredit_governance.registry.token_records:ServiceAccountRecord",
    values=(
        Value("account_id", "path", required=True),
        Value("expires_at", "body"),
    ),
)
CREATE_TOKEN: Final[Endpoint[IssuedToken]] = Endpoint(
    "create_token",
    "POST",
    "/tokens",
    about="A token for oneself, in exchange for name and password; shown this once.",
    call="tokens.create",
    form="document",
    answer="accredit_governance.registry.token_records:IssuedToken",
    values=(
        Value("name", "body", required=True),
        Value("password", "body", required=True),
        Value("token_name", "body"),
        Value("days", "body", "integer"),
        Value(
            "scopes",
            "body",
            "list",
            about="permissions that the token is good for; left out: all that its holder may. A scope only takes away",
        ),
        Value("project_id", "body", about="the one project that the token is good for"),
    ),
)
CREATE_SERVICE_TOKEN: Final[Endpoint[IssuedToken]] = Endpoint(
    "create_service_token",
    "POST",
    "/principals/{principal_id}/tokens",
    about="A token for a service account; its secret is shown this once.",
    call="tokens.create_service",
    form="document",
    answer="accredit_governance.registry.token_records:IssuedToken",
    values=(
        Value("principal_id", "path", required=True),
        Value("token_name", "body"),
        Value("days", "body", "integer"),
        Value(
            "scopes",
            "body",
            "list",
            about="permissions that the token is good for; left out: all that its holder may. A scope only takes away",
        ),
        Value("project_id", "body", about="the one project that the token is good for"),
    ),
)
LIST_TOKENS: Final[Endpoint[TokenRecord]] = Endpoint(
    "list_tokens",
    "GET",
    "/tokens",
    about="Everybody's tokens without their secrets; `principal_id` keeps those of one account.",
    call="tokens.list",
    form="page",
    answer="accredit_governance.registry.token_records:TokenRecord",
    values=(
        Value("principal_id", "query"),
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
REVOKE_TOKEN: Final[Endpoint[None]] = Endpoint(
    "revoke_token",
    "POST",
    "/tokens/{token_id}/revocations",
    about="End a token at once, and the access tokens that were got with it.",
    call="tokens.revoke",
    form="nothing",
    values=(Value("token_id", "path", required=True),),
)
ROTATE_TOKEN: Final[Endpoint[IssuedToken]] = Endpoint(
    "rotate_token",
    "POST",
    "/tokens/{token_id}/rotations",
    about="A successor as wide, for as long; a token rotates itself, an admin those of services.",
    call="tokens.rotate",
    form="document",
    answer="accredit_governance.registry.token_records:IssuedToken",
    values=(
        Value("token_id", "path", required=True),
        Value("overlap_hours", "body", "integer"),
    ),
)
CHANGE_OWNER: Final[Endpoint[UseCaseRecord]] = Endpoint(
    "change_owner",
    "POST",
    "/use-cases/{use_case_id}/owners",
    about="Let somebody else answer for a use case, as its present owner or as compliance.",
    call="use_cases.change_owner",
    form="document",
    answer="accredit_governance.registry.records:UseCaseRecord",
    values=(
        Value("use_case_id", "path", required=True),
        Value("owner_id", "body", required=True),
    ),
)
CREATE_USE_CASE: Final[Endpoint[UseCaseRecord]] = Endpoint(
    "create_use_case",
    "POST",
    "/projects/{project_id}/use-cases",
    about="Declare a purpose with the person who answers for it.",
    call="use_cases.create",
    form="document",
    answer="accredit_governance.registry.records:UseCaseRecord",
    values=(
        Value("project_id", "path", required=True),
        Value("name", "body", required=True),
        Value("owner_id", "body", required=True),
        Value("terms", "body", "json", required=True, about="fields of `UseCaseTerms`"),
    ),
)
GET_USE_CASE: Final[Endpoint[UseCaseRecord]] = Endpoint(
    "get_use_case",
    "GET",
    "/use-cases/{use_case_id}",
    about="One use case.",
    call="use_cases.get",
    form="document",
    answer="accredit_governance.registry.records:UseCaseRecord",
    values=(Value("use_case_id", "path", required=True),),
)
LIST_USE_CASES: Final[Endpoint[UseCaseRecord]] = Endpoint(
    "list_use_cases",
    "GET",
    "/projects/{project_id}/use-cases",
    about="Use cases of a project.",
    call="use_cases.list",
    form="page",
    answer="accredit_governance.registry.records:UseCaseRecord",
    values=(
        Value("project_id", "path", required=True),
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
CONFIRM_WAIVER: Final[Endpoint[WaiverRecord]] = Endpoint(
    "confirm_waiver",
    "POST",
    "/waivers/{waiver_id}/confirmations",
    about="Agree, as the second person.",
    call="waivers.confirm",
    form="document",
    answer="accredit_governance.registry.records:WaiverRecord",
    values=(
        Value("waiver_id", "path", required=True),
        Value("subject_digest", "body", required=True),
        Value("ticket", "body", about="of `POST /me/signing-tickets`; used up by this"),
    ),
)
GET_WAIVER: Final[Endpoint[WaiverRecord]] = Endpoint(
    "get_waiver",
    "GET",
    "/waivers/{waiver_id}",
    about="One waiver.",
    call="waivers.get",
    form="document",
    answer="accredit_governance.registry.records:WaiverRecord",
    values=(Value("waiver_id", "path", required=True),),
)
LIST_WAIVERS: Final[Endpoint[WaiverRecord]] = Endpoint(
    "list_waivers",
    "GET",
    "/model-versions/{version_id}/waivers",
    about="Waivers of the newest judgement, those that have ended included.",
    call="waivers.list",
    form="page",
    answer="accredit_governance.registry.records:WaiverRecord",
    values=(
        Value("version_id", "path", required=True),
        Value("page_size", "query", "integer", about="at most so many"),
    ),
)
LIST_WAIVER_REGISTER: Final[Endpoint[WaiverRecord]] = Endpoint(
    "list_waiver_register",
    "GET",
    "/waivers",
    about="The register: every waiver, newest first, those that have ended included.",
    call="waivers.list_register",
    form="page",
    answer="accredit_governance.registry.records:WaiverRecord",
    values=(
        Value("state", "query"),
        Value("model_version_id", "query"),
        Value("expires_before", "query"),
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
PROPOSE_WAIVER: Final[Endpoint[WaiverRecord]] = Endpoint(
    "propose_waiver",
    "POST",
    "/gate-evaluations/{evaluation_id}/waivers",
    about="Propose, as the first of two people.",
    call="waivers.propose",
    form="document",
    answer="accredit_governance.registry.records:WaiverRecord",
    values=(
        Value("evaluation_id", "path", required=True),
        Value("check_key", "body", required=True),
        Value("reason", "body", required=True),
        Value(
            "obligation",
            "body",
            required=True,
            about="the compensating control: what limits the harm meanwhile, and by whom",
        ),
        Value("expires_at", "body", required=True),
        Value("ticket", "body", about="of `POST /me/signing-tickets`; used up by this"),
    ),
)
REVOKE_WAIVER: Final[Endpoint[WaiverRecord]] = Endpoint(
    "revoke_waiver",
    "POST",
    "/waivers/{waiver_id}/revocations",
    about="Take a waiver back; what rested on it is open again.",
    call="waivers.revoke",
    form="document",
    answer="accredit_governance.registry.records:WaiverRecord",
    values=(
        Value("waiver_id", "path", required=True),
        Value("reason", "body", required=True),
    ),
)
GET_WEBHOOK_DELIVERY: Final[Endpoint[DeliveryLog]] = Endpoint(
    "get_webhook_delivery",
    "GET",
    "/webhook-deliveries/{delivery_id}",
    about="One delivery with every attempt at it.",
    call="webhook_deliveries.get",
    form="document",
    answer="accredit_governance.registry.webhook_records:DeliveryLog",
    values=(Value("delivery_id", "path", required=True),),
)
LIST_WEBHOOK_DELIVERIES: Final[Endpoint[DeliveryRecord]] = Endpoint(
    "list_webhook_deliveries",
    "GET",
    "/webhooks/{webhook_id}/deliveries",
    about="What was sent to a webhook or is on its way, with the latest attempt.",
    call="webhook_deliveries.list",
    form="page",
    answer="accredit_governance.registry.webhook_records:DeliveryRecord",
    values=(
        Value("webhook_id", "path", required=True),
        Value("state", "query"),
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
REPLAY_WEBHOOK_DELIVERY: Final[Endpoint[ReplayRecord]] = Endpoint(
    "replay_webhook_delivery",
    "POST",
    "/webhook-deliveries/{delivery_id}/replays",
    about="Send one event once more, under the same identifier.",
    call="webhook_deliveries.replay",
    form="document",
    answer="accredit_governance.registry.webhook_records:ReplayRecord",
    values=(Value("delivery_id", "path", required=True),),
)
CREATE_WEBHOOK: Final[Endpoint[IssuedWebhook]] = Endpoint(
    "create_webhook",
    "POST",
    "/webhooks",
    about="Let somebody be told of events from now on; the secret that signs is shown this once.",
    call="webhooks.create",
    form="document",
    answer="accredit_governance.registry.webhook_records:IssuedWebhook",
    values=(
        Value("kind", "body", required=True),
        Value("title", "body", required=True),
        Value(
            "project_id",
            "body",
            about="whose events; left out: all, which takes an admin of all projects",
        ),
        Value("url", "body", about="of `webhook` and `slack`"),
        Value("addresses", "body", "list", about="of `email`"),
        Value(
            "actions",
            "body",
            "list",
            required=True,
            about="`model_version.moved`, `finding.*` or `*`",
        ),
        Value("outcome", "body"),
    ),
)
GET_WEBHOOK: Final[Endpoint[WebhookRecord]] = Endpoint(
    "get_webhook",
    "GET",
    "/webhooks/{webhook_id}",
    about="One webhook.",
    call="webhooks.get",
    form="document",
    answer="accredit_governance.registry.webhook_records:WebhookRecord",
    values=(Value("webhook_id", "path", required=True),),
)
LIST_WEBHOOKS: Final[Endpoint[WebhookRecord]] = Endpoint(
    "list_webhooks",
    "GET",
    "/webhooks",
    about="Webhooks that the caller manages.",
    call="webhooks.list",
    form="page",
    answer="accredit_governance.registry.webhook_records:WebhookRecord",
    values=(
        Value("state", "query"),
        Value("page_size", "query", "integer", about="at most so many"),
        Value(
            "order_by",
            "query",
            about="`created_at`, `name` or `number`, as far as the resource has it; `-` in front turns it around. Left out, the newest come first",
        ),
        Value(
            "created_after", "query", about="only what came later, such as `2026-11-22T10:30:00Z`"
        ),
        Value("created_before", "query", about="only what came earlier"),
        Value("name", "query", about="only what is called so, where things have names"),
    ),
)
PAUSE_WEBHOOK: Final[Endpoint[WebhookRecord]] = Endpoint(
    "pause_webhook",
    "POST",
    "/webhooks/{webhook_id}/pauses",
    about="Send nothing until it is resumed; nothing is missed.",
    call="webhooks.pause",
    form="document",
    answer="accredit_governance.registry.webhook_records:WebhookRecord",
    values=(Value("webhook_id", "path", required=True),),
)
REPLAY_WEBHOOK: Final[Endpoint[ReplayRecord]] = Endpoint(
    "replay_webhook",
    "POST",
    "/webhooks/{webhook_id}/replays",
    about="Send everything since a time once more, under the same identifiers.",
    call="webhooks.replay",
    form="document",
    answer="accredit_governance.registry.webhook_records:ReplayRecord",
    values=(
        Value("webhook_id", "path", required=True),
        Value("since", "body", required=True),
    ),
)
RESUME_WEBHOOK: Final[Endpoint[WebhookRecord]] = Endpoint(
    "resume_webhook",
    "POST",
    "/webhooks/{webhook_id}/resumptions",
    about="Send again what was paused or disabled, what has happened in the meantime first.",
    call="webhooks.resume",
    form="document",
    answer="accredit_governance.registry.webhook_records:WebhookRecord",
    values=(Value("webhook_id", "path", required=True),),
)
REVOKE_WEBHOOK: Final[Endpoint[WebhookRecord]] = Endpoint(
    "revoke_webhook",
    "POST",
    "/webhooks/{webhook_id}/revocations",
    about="End a webhook for good; its log stays.",
    call="webhooks.revoke",
    form="document",
    answer="accredit_governance.registry.webhook_records:WebhookRecord",
    values=(Value("webhook_id", "path", required=True),),
)
ROTATE_SECRET: Final[Endpoint[IssuedWebhook]] = Endpoint(
    "rotate_secret",
    "POST",
    "/webhooks/{webhook_id}/secrets",
    about="Sign with a new secret, shown this once; the one before signs as well for 24 hours.",
    call="webhooks.rotate_secret",
    form="document",
    answer="accredit_governance.registry.webhook_records:IssuedWebhook",
    values=(Value("webhook_id", "path", required=True),),
)
SEND_WEBHOOK_TEST: Final[Endpoint[WebhookRecord]] = Endpoint(
    "send_webhook_test",
    "POST",
    "/webhooks/{webhook_id}/tests",
    about="Send the event `webhook.tested`, to this webhook alone.",
    call="webhooks.send_test",
    form="document",
    answer="accredit_governance.registry.webhook_records:WebhookRecord",
    values=(Value("webhook_id", "path", required=True),),
)
ENDPOINTS: Final[dict[str, Endpoint[Any]]] = {
    endpoint.id: endpoint
    for endpoint in (
        GET_ACCESS_GRANT,
        GET_ACCESS_GRANT_USAGE,
        LIST_ACCESS_GRANTS,
        REVOKE_ACCESS,
        REQUEST_ACCESS,
        DECIDE_ACCESS,
        GET_ACCESS_REQUEST,
        LIST_ACCESS_REQUESTS,
        WITHDRAW_ACCESS_REQUEST,
        ACKNOWLEDGE_ALERT,
        GET_ALERT,
        LIST_ALERTS,
        CHANGE_ALIAS,
        SIGN_ALIAS_CHANGE,
        CONFIRM_APPROVAL_CONDITION,
        GET_APPROVAL_CONDITION,
        LIST_APPROVAL_CONDITIONS,
        MEET_APPROVAL_CONDITION,
        REASSIGN_APPROVAL_CONDITION,
        RETURN_APPROVAL_CONDITION,
        LIST_APPROVAL_ESCALATIONS,
        CREATE_APPROVAL_COMMENT,
        GET_APPROVAL_REQUEST,
        LIST_APPROVAL_REQUESTS,
        LIST_APPROVAL_COMMENTS,
        SIGN_OFF,
        WITHDRAW_APPROVAL_REQUEST,
        ANSWER_ATTESTATION,
        GET_ATTESTATION,
        LIST_ATTESTATIONS,
        GET_CHECKPOINT,
        GET_LATEST_CHECKPOINT,
        LIST_AUDIT_EVENTS,
        EXPORT_AUDIT_TRAIL,
        GET_AUDIT_KEY,
        CREATE_BREAK_GLASS_REQUEST,
        END_BREAK_GLASS_REQUEST,
        GET_BREAK_GLASS_REQUEST,
        GRANT_BREAK_GLASS_REQUEST,
        LIST_BREAK_GLASS_REQUESTS,
        GET_CHANGE_PLAN,
        LIST_CHANGE_PLANS,
        PROPOSE_CHANGE_PLAN,
        SIGN_CHANGE_PLAN,
        GET_DATASET_VERSION,
        LIST_DATASET_VERSIONS,
        UPLOAD_DATASET_VERSION,
        CREATE_DATASET,
        LIST_DATASETS,
        CREATE_DELEGATION,
        LIST_DELEGATIONS,
        REVOKE_DELEGATION,
        LIST_DEPLOYMENT_STATES,
        DEPLOY,
        GET_DEPLOYMENT,
        GET_DEPLOYMENT_STATE,
        GET_TRAFFIC,
        LIST_DEPLOYMENTS,
        LIST_PREDICTIONS,
        PREDICT,
        RECORD_OUTCOMES,
        STOP_DEPLOYMENT,
        GET_DRIFT_REPORT,
        GET_DRIFT_REPORT_HTML,
        LIST_DRIFT_REPORTS,
        REQUEST_DRIFT_REPORT,
        LINK_IDENTITY,
        LIST_IDENTITIES,
        UNLINK_IDENTITY,
        CREATE_EXTERNAL_VERSION,
        GET_EXTERNAL_VERSION,
        LIST_EXTERNAL_VERSIONS,
        CHANGE_SEVERITY,
        CLOSE_FINDING,
        GET_FINDING,
        LIST_FINDINGS,
        LIST_FINDING_STEPS,
        OPEN_FINDING,
        OPEN_ALERT_FINDING,
        OPEN_USE_CASE_FINDING,
        PLAN_REMEDIATION,
        REASSIGN_FINDING,
        REMEDIATE_FINDING,
        REOPEN_FINDING,
        ADD_GROUP_MEMBER,
        CREATE_GROUP,
        DISSOLVE_GROUP,
        GET_GROUP,
        LIST_GROUPS,
        LIST_GROUP_MEMBERS,
        REMOVE_GROUP_MEMBER,
        RENAME_GROUP,
        GET_HEALTH,
        END_PROVIDER_SESSIONS,
        LIST_IDENTITY_PROVIDERS,
        CANCEL_JOB,
        GET_JOB,
        GET_LEGAL_HOLD,
        LIFT_LEGAL_HOLD,
        LIST_LEGAL_HOLDS,
        PLACE_LEGAL_HOLD,
        CHANGE_MY_PASSWORD,
        CREATE_SIGNING_TICKET,
        END_MY_SESSION,
        END_MY_SESSIONS,
        EXPLAIN_MY_PERMISSION,
        GET_ME,
        GET_NOTIFICATION_PREFERENCES,
        LIST_MY_PERMISSIONS,
        LIST_MY_SESSIONS,
        LIST_MY_TOKENS,
        REVOKE_MY_TOKEN,
        SET_NOTIFICATION_PREFERENCES,
        LIST_MY_TASKS,
        ACCEPT_MODEL_REQUEST,
        CREATE_MODEL_REQUEST,
        DECLINE_MODEL_REQUEST,
        DELIVER_MODEL_REQUEST,
        GET_MODEL_REQUEST,
        LINK_MODEL_REQUEST,
        LIST_MODEL_REQUESTS,
        TRIAGE_MODEL_REQUEST,
        WITHDRAW_MODEL_REQUEST,
        DESCRIBE_MODEL_VERSION,
        GET_MODEL_VERSION,
        GET_MODEL_CARD,
        GET_MODEL_CARD_HTML,
        GET_MODEL_CARD_MARKDOWN,
        GET_GATE_EVALUATION,
        GET_MODEL_VERSION_STATE,
        GET_TOMBSTONE,
        LIST_MODEL_VERSIONS,
        LIST_BLOCKING_FINDINGS,
        LIST_VERSION_CONDITIONS,
        RECERTIFY_MODEL_VERSION,
        REGISTER_MODEL_VERSION,
        REPEAT_GATES,
        SUBMIT_MODEL_VERSION,
        SUBMIT_UNDER_CHANGE_PLAN,
        SUSPEND_MODEL_VERSION,
        CREATE_MODEL,
        GET_MODEL,
        GET_MODEL_STATUS,
        LIST_MODELS,
        LIST_ALIAS_ASSIGNMENTS,
        LIST_ALIASES,
        LIST_MODEL_FILES,
        PREDICT_BY_CHAMPION,
        RESOLVE_ALIAS,
        ROLL_BACK_ALIAS,
        UPLOAD_MODEL_FILE,
        GET_OPENAPI,
        CANCEL_OPERATION,
        GET_OPERATION,
        LIST_OPERATIONS,
        CREATE_PERMISSION_DENIAL,
        GET_PERMISSION_DENIAL,
        LIFT_PERMISSION_DENIAL,
        LIST_PERMISSION_DENIALS,
        DRAFT_POLICY,
        GET_POLICY,
        LIST_POLICIES,
        PUBLISH_POLICY,
        RESOLVE_POLICY,
        SIMULATE_POLICY,
        GET_POLICY_SIMULATION,
        LIST_POLICY_SIMULATIONS,
        STOP_POLICY_SIMULATION,
        CREATE_PRINCIPAL,
        CREATE_PASSWORD_LINK,
        DEACTIVATE_PRINCIPAL,
        END_SESSIONS,
        EXPLAIN_PERMISSION,
        LIST_PRINCIPALS,
        REACTIVATE_PRINCIPAL,
        GET_PROCEEDING,
        LIST_PROCEEDINGS,
        WITHDRAW_PROCEEDING,
        CREATE_PROJECT,
        CREATE_ENVIRONMENT,
        GET_PROJECT,
        LIST_PROJECTS,
        LIST_ENVIRONMENTS,
        ASK_PURGE,
        LIST_PURGES,
        SIGN_PURGE,
        GET_QUESTIONNAIRE,
        ASK_REINSTATEMENT,
        SIGN_REINSTATEMENT,
        ASK_RETIREMENT,
        SIGN_RETIREMENT,
        CONFIRM_RISK_ACCEPTANCE,
        LIST_RISK_ACCEPTANCES,
        PROPOSE_RISK_ACCEPTANCE,
        CREATE_RISK_ASSESSMENT,
        DECIDE_RISK_ASSESSMENT,
        LIST_RISK_ASSESSMENTS,
        BIND_ROLE_TO_GROUP,
        BIND_ROLE,
        TAKE_ROLE,
        CREATE_RUN,
        GET_RUN,
        GET_RUN_RECORD,
        LIST_RUNS,
        LIST_TRIALS,
        CREATE_SERVICE_ACCOUNT,
        CREATE_CLIENT_SECRET,
        GET_SERVICE_ACCOUNT,
        GIVE_SERVICE_ACCOUNT,
        LIST_SERVICE_ACCOUNTS,
        RENEW_SERVICE_ACCOUNT,
        CREATE_TOKEN,
        CREATE_SERVICE_TOKEN,
        LIST_TOKENS,
        REVOKE_TOKEN,
        ROTATE_TOKEN,
        CHANGE_OWNER,
        CREATE_USE_CASE,
        GET_USE_CASE,
        LIST_USE_CASES,
        CONFIRM_WAIVER,
        GET_WAIVER,
        LIST_WAIVERS,
        LIST_WAIVER_REGISTER,
        PROPOSE_WAIVER,
        REVOKE_WAIVER,
        GET_WEBHOOK_DELIVERY,
        LIST_WEBHOOK_DELIVERIES,
        REPLAY_WEBHOOK_DELIVERY,
        CREATE_WEBHOOK,
        GET_WEBHOOK,
        LIST_WEBHOOKS,
        PAUSE_WEBHOOK,
        REPLAY_WEBHOOK,
        RESUME_WEBHOOK,
        REVOKE_WEBHOOK,
        ROTATE_SECRET,
        SEND_WEBHOOK_TEST,
    )
}
