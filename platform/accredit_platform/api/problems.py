"""Errors as RFC 9457 problems: the one table of HTTP statuses."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from accredit_engine.errors import EngineError
from accredit_governance.errors import GovernanceError, InvalidInput
from accredit_platform.auth.attempts import Attempts
from accredit_platform.errors import PlatformError

STATUS: Final[Mapping[str, int]] = {
    "not_found": 404,
    "not_authenticated": 401,
    "not_allowed": 403,
    "csrf": 403,
    "sign_in_refused": 403,
    "token_unfit": 403,
    "provider_unavailable": 503,
    "purpose_not_granted": 403,
    "grant_expired": 403,
    "grant_revoked": 403,
    "four_eyes": 403,
    "reauthentication_required": 403,
    "illegal_transition": 409,
    "conflict": 409,
    "in_progress": 409,
    "secret_shown_once": 409,
    "precondition_failed": 412,
    "precondition_required": 428,
    "not_acceptable": 406,
    "unsupported_media_type": 415,
    "idempotency_key_reused": 422,
    "no_champion": 409,
    "stale_digest": 409,
    "version_changed": 412,
    "superseded": 409,
    "gate_blocked": 409,
    "finding_open": 409,
    "no_policy_applies": 409,
    "policy_ambiguous": 409,
    "policy_expired": 409,
    "policy_locks_out": 409,
    "prohibited_practice": 409,
    "tier_not_assessed": 409,
    "link_unusable": 410,
    "invalid_input": 422,
    "invalid_filter": 400,
    "policy_invalid": 422,
    "webhook_target_refused": 422,
    "evidence_unusable": 422,
    "evidence_missing": 422,
    "damaged_artifact": 503,
    "seal_broken": 503,
    "unrecorded_change": 500,
    "checkpoint_invalid": 500,
    "governance_error": 500,
    "host_failed": 503,
    "host_refused": 422,
    "host_timeout": 503,
    "host_crashed": 503,
    "host_stopped": 503,
    "platform_error": 500,
    "upload_too_large": 413,
    "oauth_refused": 400,
    "invalid_syntax": 400,
    "invalid_path": 400,
    "no_target": 400,
    "immutable_attribute": 400,
    "not_supported": 501,
    "too_many_attempts": 429,
    "too_many_streams": 429,
    "quota_exhausted": 429,
    # --- engine: what was sent cannot be used
    "unreadable_table": 422,
    "unsupported_format": 422,
    "empty_file": 422,
    "header_only": 422,
    "malformed_table": 422,
    "not_utf8": 422,
    "nul_bytes": 422,
    "file_too_large": 413,
    "table_too_large": 413,
    "unfit_data": 422,
    "duplicate_columns": 422,
    "too_many_columns": 422,
    "nested_columns": 422,
    "empty_frame": 422,
    "missing_target": 422,
    "constant_target": 422,
    "missing_target_values": 422,
    "unfit_target": 422,
    "wrong_class_count": 422,
    "too_few_rows": 422,
    "rare_class": 422,
    "too_few_groups": 422,
    "unfit_time": 422,
    "unfit_weights": 422,
    "unfit_split": 422,
    "no_usable_columns": 422,
    "leakage_found": 422,
    "unknown_column": 422,
    "unknown_sensitive_feature": 422,
    "unfit_settings": 422,
    "unknown_order": 422,
    "unknown_metric": 422,
    "unfit_metric": 422,
    "unfit_mitigation": 422,
    "unknown_favourable_class": 422,
    "not_binary": 422,
    "no_conformal": 422,
    "nothing_trained": 422,
    "missing_column": 422,
    "unparsable_value": 422,
    "unreadable_model": 422,
    "unsafe_model": 422,
    "model_mismatch": 422,
    # --- engine: the model cannot be relied on
    "attributions_incomplete": 503,
    "damaged_bundle": 503,
    "library_absent": 503,
    "no_model_here": 503,
    # --- engine: nobody who sends a request can help these
    "engine_error": 500,
    "not_fitted": 500,
    "not_replayable": 500,
    "trial_failed": 500,
    "workers_lost": 500,
    "checkpoint_mismatch": 500,
    "bundle_exists": 500,
}
"""Status of every error code; a test demands an entry for each."""

_STEP_UP: Final = (
    'Bearer error="insufficient_user_authentication", '
    'error_description="authenticate again to sign", max_age=300'
)
"""RFC 9470: what a client asks its authorization server for."""

LOG: Final = logging.getLogger("accredit.api")


_NOTED: Final = frozenset(
    {
        "address_too_long",
        "bad_request",
        "body_stalled",
        "compressed_body",
        "cross_site",
        "csrf",
        "headers_too_large",
        "invalid_input",
        "method_not_allowed",
        "rate_limited",
        "too_large",
        "too_many_attempts",
        "unknown_host",
        "unsupported_media_type",
        "upload_too_large",
    }
)
"""Refusals of requests for their form or number, which the trail does not hold."""

_NOTES: Final = Attempts(limit=60)
"""So many of them are written down in a minute: whoever sends rubbish does not fill the disk."""


class UploadTooLarge(PlatformError):
    """The file is larger than this installation accepts."""

    code = "upload_too_large"


def problem(
    request: Request,
    status: int,
    code: str,
    detail: str,
    *,
    errors: Sequence[Mapping[str, str]] = (),
    **facts: object,
) -> JSONResponse:
    """An RFC 9457 answer.

    Args:
        request: whose identifier goes along, for support.
        status: HTTP status.
        code: stable name of the reason.
        detail: what is wrong and what to do, in one sentence.
        errors: one entry per field: `pointer` (JSON pointer) and `detail`.
        facts: further members, as plain JSON data.
    """
    if code in _NOTED and _NOTES.admit("refused") is None:
        where = getattr(request.state, "request_id", "?"), request.method, request.scope["path"]
        LOG.warning("request %s refused: %s (%s %s)", where[0], code, *where[1:])
    body = {
        "type": f"urn:accredit:problem:{code}",
        "title": code.replace("_", " "),
        "status": status,
        "detail": detail,
        "code": code,
        "instance": quote(request.scope["path"], safe="/:@!$&'()*+,;=", errors="replace"),
        "request_id": getattr(request.state, "request_id", None),
        **({"errors": [dict(error) for error in errors]} if errors else {}),
        **{name: _plain(value) for name, value in facts.items()},
    }
    return JSONResponse(body, status_code=status, media_type="application/problem+json")


def challenge(why: str | None) -> str:
    """What `WWW-Authenticate` says (RFC 6750 section 3); None: nothing was shown."""
    if why is None:
        return "Bearer"
    plain = why.replace('"', "'").replace("\\", "/").encode("ascii", "replace").decode()
    return f'Bearer error="invalid_token", error_description="{plain}"'


def pointer(*parts: object) -> str:
    """JSON pointer (RFC 6901) to a place in a request."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts) or "/"


def _plain(value: object) -> object:
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return str(value)


def of_governance(request: Request, error: Exception) -> JSONResponse:
    """A refusal of governance as a problem."""
    if not isinstance(error, GovernanceError):
        raise error
    errors = error.problems if isinstance(error, InvalidInput) else ()
    status = STATUS.get(error.code, 500)
    facts = {k: v for k, v in error.facts.items() if k not in {"status", "code", "errors"}}
    answer = problem(request, status, error.code, error.message, errors=errors, **facts)
    if status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = challenge(error.message)
    if error.code == "reauthentication_required" and request.scope["path"].startswith("/api/"):
        answer.headers["WWW-Authenticate"] = _STEP_UP
    wait_s = facts.get("retry_after_s")
    if wait_s is not None:
        answer.headers["Retry-After"] = str(wait_s)
    return answer


def _of_platform(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, PlatformError):
        raise error
    answer = problem(request, STATUS.get(error.code, 500), error.code, error.message)
    wait_s = getattr(error, "wait_s", None)
    if wait_s is not None:
        answer.headers["Retry-After"] = str(wait_s)
    return answer


def _of_engine(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, EngineError):
        raise error
    return problem(request, STATUS.get(error.code, 500), error.code, str(error))


def _of_validation(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    found = error.errors()
    if found[0]["type"] == "json_invalid":
        message = f"the body is no JSON: it breaks at character {found[0]['loc'][-1]}"
        return problem(request, 400, "bad_request", message)
    errors = [{"pointer": pointer(*item["loc"][1:]), "detail": str(item["msg"])} for item in found]
    fields = "; ".join(f"{e['pointer']}: {e['detail']}" for e in errors[:5])
    return problem(
        request, 422, "invalid_input", f"the request is unusable: {fields}", errors=errors
    )


def _of_http(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    codes = {
        400: "bad_request",
        404: "not_found",
        405: "method_not_allowed",
        408: "body_stalled",
        413: "too_large",
    }
    return problem(
        request, error.status_code, codes.get(error.status_code, "http_error"), str(error.detail)
    )


def _of_database(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, DataError):
        raise error
    LOG.warning("request %s: %s", getattr(request.state, "request_id", "?"), error.orig)
    message = "the database cannot keep a value of this request; texts hold no NUL characters"
    return problem(request, 422, "invalid_input", message)


def internal_error(request: Request, error: Exception) -> JSONResponse:
    """What is answered when nothing else fits; the reason goes to the log alone."""
    LOG.error("request %s failed", getattr(request.state, "request_id", "?"), exc_info=error)
    return problem(
        request, 500, "internal_error", "something went wrong here; quote the request id to support"
    )


def install(app: FastAPI) -> None:
    """Answer every error as a problem."""
    app.add_exception_handler(GovernanceError, of_governance)
    app.add_exception_handler(PlatformError, _of_platform)
    app.add_exception_handler(EngineError, _of_engine)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(DataError, _of_database)
    app.add_exception_handler(Exception, internal_error)
