"""All tables. Rows never leave governance."""

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
from accredit_governance.registry.tables.external import ExternalVersionRow, ModelFileRow
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
    "CheckResultRow",
    "DatasetRow",
    "DatasetVersionRow",
    "DeploymentRow",
    "DriftReportRow",
    "ExternalVersionRow",
    "GateEvaluationRow",
    "JobRow",
    "ModelFileRow",
    "ModelRow",
    "ModelVersionRow",
    "OutcomeRow",
    "PolicySimulationRow",
    "PolicyVersionRow",
    "PredictionRow",
    "PredictionSegmentRow",
    "PrincipalRow",
    "ProjectRow",
    "RoleBindingRow",
    "Row",
    "RunRow",
    "SignOffRow",
    "TrialRow",
    "UseCaseRow",
    "WaiverRow",
    "WebSessionRow",
    "WorkerRow",
]
