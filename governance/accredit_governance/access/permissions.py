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
    ALERT_ACKNOWLEDGE = "alert:acknowledge"
    APPROVAL_SIGN = "approval:sign"
    AUDIT_READ = "audit:read"
    DATASET_CREATE = "dataset:create"
    DEPLOYMENT_CREATE = "deployment:create"
    DRIFT_REQUEST = "drift:request"
    IDENTITY_MANAGE = "identity:manage"
    LEGAL_HOLD_PLACE = "legal_hold:place"
    MODEL_CREATE = "model:create"
    OUTCOME_RECORD = "outcome:record"
    POLICY_DRAFT = "policy:draft"
    POLICY_PUBLISH = "policy:publish"
    POLICY_SIMULATE = "policy:simulate"
    PREDICTION_CREATE = "prediction:create"
    PREDICTION_READ = "prediction:read"
    PROJECT_CREATE = "project:create"
    PROJECT_LIST = "project:list"
    PROJECT_READ = "project:read"
    RUN_CREATE = "run:create"
    SYSTEM_RECORD = "system:record"
    USE_CASE_CREATE = "use_case:create"
    VERSION_PURGE = "version:purge"
    VERSION_REINSTATE = "version:reinstate"
    VERSION_RETIRE = "version:retire"
    VERSION_SUBMIT = "version:submit"
    VERSION_SUSPEND = "version:suspend"
    WAIVER_SIGN = "waiver:sign"


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
    SYSTEM = "system"


_P = Permission
_READ: Final = frozenset({_P.PROJECT_LIST, _P.PROJECT_READ})
_BUILD: Final = _READ | {_P.DATASET_CREATE, _P.RUN_CREATE, _P.MODEL_CREATE, _P.VERSION_SUBMIT}

ROLE_PERMISSIONS: Final[Mapping[Role, frozenset[Permission]]] = MappingProxyType(
    {
        Role.VIEWER: _READ,
        Role.DEVELOPER: _BUILD | {_P.DRIFT_REQUEST, _P.OUTCOME_RECORD},
        Role.OWNER: _BUILD
        | {
            _P.USE_CASE_CREATE,
            _P.APPROVAL_SIGN,
            _P.DEPLOYMENT_CREATE,
            _P.VERSION_SUSPEND,
            _P.VERSION_REINSTATE,
            _P.VERSION_RETIRE,
            _P.ACCESS_GRANT_GIVE,
            _P.DRIFT_REQUEST,
            _P.OUTCOME_RECORD,
            _P.ALERT_ACKNOWLEDGE,
            _P.AUDIT_READ,
        },
        Role.VALIDATOR: _READ
        | {
            _P.APPROVAL_SIGN,
            _P.WAIVER_SIGN,
            _P.VERSION_SUSPEND,
            _P.DRIFT_REQUEST,
            _P.ALERT_ACKNOWLEDGE,
            _P.AUDIT_READ,
        },
        Role.COMPLIANCE: _READ
        | {
            _P.APPROVAL_SIGN,
            _P.WAIVER_SIGN,
            _P.VERSION_SUSPEND,
            _P.VERSION_RETIRE,
            _P.VERSION_PURGE,
            _P.LEGAL_HOLD_PLACE,
            _P.ACCESS_GRANT_GIVE,
            _P.DRIFT_REQUEST,
            _P.ALERT_ACKNOWLEDGE,
            _P.AUDIT_READ,
            _P.PREDICTION_READ,
            _P.POLICY_PUBLISH,
            _P.POLICY_SIMULATE,
        },
        Role.AUDITOR: _READ | {_P.AUDIT_READ, _P.PREDICTION_READ},
        Role.POLICY_AUTHOR: _READ | {_P.POLICY_DRAFT, _P.POLICY_SIMULATE},
        # Of a purge an admin is the second person: what is gone, one role alone cannot decide.
        Role.ADMIN: frozenset(
            {_P.PROJECT_LIST, _P.PROJECT_CREATE, _P.IDENTITY_MANAGE, _P.VERSION_PURGE}
        ),
        Role.CONSUMER: frozenset({_P.PREDICTION_CREATE, _P.OUTCOME_RECORD}),
        Role.SYSTEM: frozenset(
            {_P.PROJECT_LIST, _P.PROJECT_READ, _P.DRIFT_REQUEST, _P.SYSTEM_RECORD}
        ),
    }
)

ORGANISATION_WIDE: Final = frozenset(
    {
        _P.PROJECT_CREATE,
        _P.IDENTITY_MANAGE,
        _P.POLICY_DRAFT,
        _P.POLICY_PUBLISH,
        _P.POLICY_SIMULATE,
    }
)
"""Permissions over things that belong to no project; they need an organisation-wide binding."""

PERSONAL: Final = frozenset({_P.APPROVAL_SIGN, _P.WAIVER_SIGN, _P.POLICY_PUBLISH})
"""Judgements. A role that holds one is given to people only: an admin issues the tokens of
services, and would otherwise sign through one."""
