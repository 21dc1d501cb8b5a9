"""All tables. Rows never leave governance."""

from accredit_governance.registry.tables.access import (
    AccessDecisionRow,
    AccessGrantRow,
    AccessMeterRow,
    AccessRequestRow,
    AccessUsageRow,
)
from accredit_governance.registry.tables.aftercare import (
    ChangePlanRow,
    ChangePlanUseRow,
    LegalHoldRow,
    ProceedingRow,
    ProceedingSignOffRow,
    RecertificationRow,
    TombstoneRow,
)
from accredit_governance.registry.tables.aliases import AliasAssignmentRow, EnvironmentRow
from accredit_governance.registry.tables.approvals import (
    ApprovalCommentRow,
    ApprovalRequestRow,
    ConditionRow,
    DelegationRow,
    SigningTicketRow,
    SignOffHandRow,
    SignOffRow,
)
from accredit_governance.registry.tables.base import Row
from accredit_governance.registry.tables.catalogue import (
    DatasetRow,
    DatasetVersionRow,
    PolicySimulationRow,
    PolicyVersionRow,
    ProjectRow,
    UseCaseRow,
)
from accredit_governance.registry.tables.external import ExternalVersionRow, ModelFileRow
from accredit_governance.registry.tables.findings import (
    AttestationRow,
    FindingRow,
    FindingStepRow,
    RiskAcceptanceRow,
)
from accredit_governance.registry.tables.groups import (
    DirectoryUserRow,
    GroupMemberRow,
    PrincipalGroupRow,
)
from accredit_governance.registry.tables.history import DeploymentStateRow, VersionStateRow
from accredit_governance.registry.tables.identity import (
    PrincipalRow,
    RoleBindingRow,
)
from accredit_governance.registry.tables.intake import (
    ModelRequestLinkRow,
    ModelRequestRow,
    RiskAssessmentRow,
    SubmissionRow,
)
from accredit_governance.registry.tables.ledger import (
    AuditCheckpointRow,
    AuditEventRow,
    AuditHeadRow,
)
from accredit_governance.registry.tables.models import (
    CardVersionRow,
    CheckResultRow,
    GateEvaluationRow,
    ModelRow,
    ModelVersionRow,
    RunRow,
    TrialRow,
    WaiverRow,
)
from accredit_governance.registry.tables.permissions import BreakGlassRow, PermissionDenialRow
from accredit_governance.registry.tables.providers import (
    ExternalIdentityRow,
    ProviderRequestRow,
    ProviderSessionRow,
    UsedProofRow,
)
from accredit_governance.registry.tables.serving import (
    AlertRow,
    DeploymentRow,
    DriftReportRow,
    OutcomeRow,
    PredictionRow,
    PredictionSegmentRow,
)
from accredit_governance.registry.tables.sessions import OneTimeLinkRow, WebSessionRow
from accredit_governance.registry.tables.tokens import (
    ApiTokenRow,
    ServiceAccountRow,
    TokenUseRow,
)
from accredit_governance.registry.tables.work import JobRow, WorkerRow

__all__ = [
    "AccessDecisionRow",
    "AccessGrantRow",
    "AccessMeterRow",
    "AccessRequestRow",
    "AccessUsageRow",
    "AlertRow",
    "AliasAssignmentRow",
    "ApiTokenRow",
    "ApprovalCommentRow",
    "ApprovalRequestRow",
    "AttestationRow",
    "AuditCheckpointRow",
    "AuditEventRow",
    "AuditHeadRow",
    "BreakGlassRow",
    "CardVersionRow",
    "ChangePlanRow",
    "ChangePlanUseRow",
    "CheckResultRow",
    "ConditionRow",
    "DatasetRow",
    "DatasetVersionRow",
    "DelegationRow",
    "DeploymentRow",
    "DeploymentStateRow",
    "DirectoryUserRow",
    "DriftReportRow",
    "EnvironmentRow",
    "ExternalIdentityRow",
    "ExternalVersionRow",
    "FindingRow",
    "FindingStepRow",
    "GateEvaluationRow",
    "GroupMemberRow",
    "JobRow",
    "LegalHoldRow",
    "ModelFileRow",
    "ModelRequestLinkRow",
    "ModelRequestRow",
    "ModelRow",
    "ModelVersionRow",
    "OneTimeLinkRow",
    "OutcomeRow",
    "PermissionDenialRow",
    "PolicySimulationRow",
    "PolicyVersionRow",
    "PredictionRow",
    "PredictionSegmentRow",
    "PrincipalGroupRow",
    "PrincipalRow",
    "ProceedingRow",
    "ProceedingSignOffRow",
    "ProjectRow",
    "ProviderRequestRow",
    "ProviderSessionRow",
    "RecertificationRow",
    "RiskAcceptanceRow",
    "RiskAssessmentRow",
    "RoleBindingRow",
    "Row",
    "RunRow",
    "ServiceAccountRow",
    "SignOffHandRow",
    "SignOffRow",
    "SigningTicketRow",
    "SubmissionRow",
    "TokenUseRow",
    "TombstoneRow",
    "TrialRow",
    "UseCaseRow",
    "UsedProofRow",
    "VersionStateRow",
    "WaiverRow",
    "WebSessionRow",
    "WorkerRow",
]
