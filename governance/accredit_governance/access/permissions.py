"""The one table of who may do what: permission names, and the roles that hold them.

Deny by default: what the table does not say is refused. Admin administers; it cannot train, sign,
deploy or read payloads.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Permission(StrEnum):
    """`resource:action`."""

    ACCESS_GRANT_GIVE = "access_grant:give"
    ACCESS_READ = "access:read"
    ACCESS_REQUEST_CREATE = "access_request:create"
    ALERT_ACKNOWLEDGE = "alert:acknowledge"
    ALIAS_MOVE = "alias:move"
    APPROVAL_DISCUSS = "approval:discuss"
    APPROVAL_SIGN = "approval:sign"
    ATTESTATION_SIGN = "attestation:sign"
    AUDIT_READ = "audit:read"
    BREAK_GLASS_GRANT = "break_glass:grant"
    BREAK_GLASS_READ = "break_glass:read"
    BREAK_GLASS_REQUEST = "break_glass:request"
    DATASET_CREATE = "dataset:create"
    DEPLOYMENT_CREATE = "deployment:create"
    DRIFT_REQUEST = "drift:request"
    ENVIRONMENT_CREATE = "environment:create"
    FINDING_ACCEPT = "finding:accept"
    FINDING_CLOSE = "finding:close"
    FINDING_OPEN = "finding:open"
    FINDING_REMEDIATE = "finding:remediate"
    IDENTITY_MANAGE = "identity:manage"
    IDENTITY_PROVISION = "identity:provision"
    LEGAL_HOLD_PLACE = "legal_hold:place"
    MODEL_CREATE = "model:create"
    MODEL_REQUEST_CREATE = "model_request:create"
    MODEL_REQUEST_DECIDE = "model_request:decide"
    OUTCOME_RECORD = "outcome:record"
    POLICY_DRAFT = "policy:draft"
    POLICY_PUBLISH = "policy:publish"
    POLICY_SIMULATE = "policy:simulate"
    PREDICTION_CREATE = "prediction:create"
    PREDICTION_READ = "prediction:read"
    PROJECT_CREATE = "project:create"
    PROJECT_LIST = "project:list"
    PROJECT_READ = "project:read"
    RISK_ASSESSMENT_CREATE = "risk_assessment:create"
    RISK_ASSESSMENT_DECIDE = "risk_assessment:decide"
    RUN_CREATE = "run:create"
    SIGNING_TICKET_CREATE = "signing_ticket:create"
    SYSTEM_RECORD = "system:record"
    USE_CASE_CREATE = "use_case:create"
    USE_CASE_TRANSFER = "use_case:transfer"
    VERSION_PURGE = "version:purge"
    VERSION_REINSTATE = "version:reinstate"
    VERSION_RETIRE = "version:retire"
    VERSION_SUBMIT = "version:submit"
    VERSION_SUSPEND = "version:suspend"
    WAIVER_SIGN = "waiver:sign"
    WEBHOOK_MANAGE = "webhook:manage"


class Role(StrEnum):
    """A bundle of permissions, bound to a principal in one project or in all of them."""

    VIEWER = "viewer"
    DEVELOPER = "developer"
    OWNER = "owner"
    VALIDATOR = "validator"
    COMPLIANCE = "compliance"
    AUDITOR = "auditor"
    POLICY_AUTHOR = "policy_author"
    ADMIN = "admin"
    CONSUMER = "consumer"
    PROVISIONER = "provisioner"
    SYSTEM = "system"


_P = Permission
_READ: Final = frozenset({_P.PROJECT_LIST, _P.PROJECT_READ, _P.ACCESS_READ})
_ASK: Final = _READ | {
    _P.MODEL_REQUEST_CREATE,
    _P.ACCESS_REQUEST_CREATE,
    _P.BREAK_GLASS_REQUEST,
}
_BUILD: Final = _ASK | {
    _P.APPROVAL_DISCUSS,
    _P.DATASET_CREATE,
    _P.RUN_CREATE,
    _P.MODEL_CREATE,
    _P.RISK_ASSESSMENT_CREATE,
    _P.VERSION_SUBMIT,
}

ROLE_PERMISSIONS: Final[Mapping[Role, frozenset[Permission]]] = MappingProxyType(
    {
        Role.VIEWER: _ASK,
        Role.DEVELOPER: _BUILD | {_P.DRIFT_REQUEST, _P.OUTCOME_RECORD, _P.FINDING_REMEDIATE},
        Role.OWNER: _BUILD
        | {
            _P.USE_CASE_CREATE,
            _P.USE_CASE_TRANSFER,
            _P.MODEL_REQUEST_DECIDE,
            _P.APPROVAL_SIGN,
            _P.SIGNING_TICKET_CREATE,
            _P.DEPLOYMENT_CREATE,
            _P.ENVIRONMENT_CREATE,
            _P.ALIAS_MOVE,
            _P.VERSION_SUSPEND,
            _P.VERSION_REINSTATE,
            _P.VERSION_RETIRE,
            _P.ACCESS_GRANT_GIVE,
            _P.DRIFT_REQUEST,
            _P.OUTCOME_RECORD,
            _P.ALERT_ACKNOWLEDGE,
            _P.ATTESTATION_SIGN,
            _P.FINDING_OPEN,
            _P.FINDING_REMEDIATE,
            _P.FINDING_ACCEPT,
            _P.AUDIT_READ,
            _P.WEBHOOK_MANAGE,
        },
        Role.VALIDATOR: _ASK
        | {
            _P.RISK_ASSESSMENT_DECIDE,
            _P.APPROVAL_DISCUSS,
            _P.APPROVAL_SIGN,
            _P.SIGNING_TICKET_CREATE,
            _P.WAIVER_SIGN,
            _P.VERSION_SUSPEND,
            _P.DRIFT_REQUEST,
            _P.ALERT_ACKNOWLEDGE,
            _P.ATTESTATION_SIGN,
            _P.FINDING_OPEN,
            _P.FINDING_REMEDIATE,
            _P.FINDING_CLOSE,
            _P.AUDIT_READ,
        },
        Role.COMPLIANCE: _ASK
        | {
            _P.RISK_ASSESSMENT_DECIDE,
            _P.USE_CASE_TRANSFER,
            _P.APPROVAL_DISCUSS,
            _P.APPROVAL_SIGN,
            _P.SIGNING_TICKET_CREATE,
            _P.WAIVER_SIGN,
            _P.ENVIRONMENT_CREATE,
            _P.VERSION_SUSPEND,
            _P.VERSION_RETIRE,
            _P.VERSION_PURGE,
            _P.LEGAL_HOLD_PLACE,
            _P.ACCESS_GRANT_GIVE,
            _P.DRIFT_REQUEST,
            _P.ALERT_ACKNOWLEDGE,
            _P.ATTESTATION_SIGN,
            _P.FINDING_OPEN,
            _P.FINDING_REMEDIATE,
            _P.FINDING_ACCEPT,
            _P.FINDING_CLOSE,
            _P.AUDIT_READ,
            _P.BREAK_GLASS_GRANT,
            _P.BREAK_GLASS_READ,
            _P.PREDICTION_READ,
            _P.POLICY_PUBLISH,
            _P.POLICY_SIMULATE,
        },
        Role.AUDITOR: _READ | {_P.AUDIT_READ, _P.BREAK_GLASS_READ, _P.PREDICTION_READ},
        Role.POLICY_AUTHOR: _READ | {_P.POLICY_DRAFT, _P.POLICY_SIMULATE},
        # Of a purge an admin is the second person: what is gone, one role alone cannot decide. The
        # ticket is for that signature; with it alone nothing is signed.
        Role.ADMIN: frozenset(
            {
                _P.PROJECT_LIST,
                _P.PROJECT_CREATE,
                _P.IDENTITY_MANAGE,
                _P.VERSION_PURGE,
                _P.SIGNING_TICKET_CREATE,
                _P.BREAK_GLASS_GRANT,
                _P.BREAK_GLASS_READ,
                _P.BREAK_GLASS_REQUEST,
                _P.WEBHOOK_MANAGE,
            }
        ),
        Role.CONSUMER: frozenset({_P.PREDICTION_CREATE, _P.OUTCOME_RECORD, _P.ACCESS_READ}),
        Role.PROVISIONER: frozenset({_P.IDENTITY_PROVISION}),
        Role.SYSTEM: frozenset(
            {_P.PROJECT_LIST, _P.PROJECT_READ, _P.DRIFT_REQUEST, _P.SYSTEM_RECORD}
        ),
    }
)

ORGANISATION_WIDE: Final = frozenset(
    {
        _P.PROJECT_CREATE,
        _P.IDENTITY_MANAGE,
        _P.IDENTITY_PROVISION,
        _P.POLICY_DRAFT,
        _P.POLICY_PUBLISH,
        _P.POLICY_SIMULATE,
    }
)
"""Permissions over things that belong to no project; they need an organisation-wide binding."""

PERSONAL: Final = frozenset(
    {
        _P.APPROVAL_SIGN,
        _P.ATTESTATION_SIGN,
        _P.FINDING_ACCEPT,
        _P.FINDING_CLOSE,
        _P.FINDING_OPEN,
        _P.POLICY_PUBLISH,
        _P.RISK_ASSESSMENT_DECIDE,
        _P.WAIVER_SIGN,
        _P.ACCESS_GRANT_GIVE,
    }
)
"""Judgements. A role that holds one is given to people only: an admin issues the tokens of
services, and would otherwise sign through one."""

FOR_PEOPLE: Final = PERSONAL | {_P.IDENTITY_MANAGE}
"""A role that holds one of these is given to people only: an admin would otherwise do through a
service account of theirs what nobody does for themselves."""

SERVICE_ROLES: Final = frozenset({Role.PROVISIONER})
"""Roles of service accounts only: who keeps the directory's people does it under no name of one."""

NEVER_LENT: Final = PERSONAL | {
    _P.IDENTITY_MANAGE,
    _P.VERSION_PURGE,
    _P.BREAK_GLASS_GRANT,
    _P.ENVIRONMENT_CREATE,
    _P.USE_CASE_TRANSFER,
    _P.WEBHOOK_MANAGE,
}
"""What broken glass does not lend: judgements, and what would outlast its hours."""

BREAKABLE: Final = frozenset(
    {
        Role.VIEWER,
        Role.DEVELOPER,
        Role.OWNER,
        Role.VALIDATOR,
        Role.COMPLIANCE,
        Role.AUDITOR,
        Role.POLICY_AUTHOR,
    }
)
"""Roles that broken glass lends; without what is never lent nothing would be left of an admin."""

DELEGABLE: Final = frozenset({_P.APPROVAL_SIGN, _P.SIGNING_TICKET_CREATE})
"""All that a delegation lends of a role: its signature, in the stage that the role signs."""
