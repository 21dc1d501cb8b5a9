"""All tables. Rows never leave governance."""

from accredit_governance.registry.tables.aftercare import (
    ChangePlanRow,
    ChangePlanUseRow,
    LegalHoldRow,
    ProceedingRow,
    ProceedingSignOffRow,
    RecertificationRow,
    TombstoneRow,
)
from accredit_governance.registry.tables.approvals import ApprovalRequestRow, SignOffRow
from accredit_governance.registry.tables.base import Row
from accredit_governance.registry.tables.catalogue import (
    DatasetRow,
    DatasetVersionRow,
    PolicySimulationRow,
    PolicyVersionRow,
    ProjectRow,
    UseCaseRow,
)
from accredit_governance.registry.tables.identity import (
    ApiTokenRow,
    PrincipalRow,
    RoleBindingRow,
    WebSessionRow,
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
from accredit_governance.registry.tables.serving import (
    AccessGrantRow,
    AlertRow,
    DeploymentRow,
    DriftReportRow,
    OutcomeRow,
    PredictionRow,
    PredictionSegmentRow,
)
from accredit_governance.registry.tables.work import JobRow, WorkerRow

__all__ = [
    "AccessGrantRow",
    "AlertRow",
    "ApiTokenRow",
    "ApprovalRequestRow",
    "AuditCheckpointRow",
    "AuditEventRow",
    "AuditHeadRow",
    "CardVersionRow",
    "ChangePlanRow",
    "ChangePlanUseRow",
    "CheckResultRow",
    "DatasetRow",
    "DatasetVersionRow",
    "DeploymentRow",
    "DriftReportRow",
    "GateEvaluationRow",
    "JobRow",
    "LegalHoldRow",
    "ModelRow",
    "ModelVersionRow",
    "OutcomeRow",
    "PolicySimulationRow",
    "PolicyVersionRow",
    "PredictionRow",
    "PredictionSegmentRow",
    "PrincipalRow",
    "ProceedingRow",
    "ProceedingSignOffRow",
    "ProjectRow",
    "RecertificationRow",
    "RoleBindingRow",
    "Row",
    "RunRow",
    "SignOffRow",
    "TombstoneRow",
    "TrialRow",
    "UseCaseRow",
    "WaiverRow",
    "WebSessionRow",
    "WorkerRow",
]
