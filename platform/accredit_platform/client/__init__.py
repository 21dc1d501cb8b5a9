"""The Python client: `Client` for threads, `AsyncClient` for event loops, and what they raise."""

from accredit_platform.client.clients import DEFAULT_SERVER, AsyncClient, Client
from accredit_platform.client.endpoint import Record, etag
from accredit_platform.client.errors import (
    Changed,
    ClientError,
    Conflict,
    Invalid,
    NoCredentials,
    NotAllowed,
    NotFound,
    NotSignedIn,
    NotUnderstood,
    OperationFailed,
    RateLimited,
    Refused,
    TooLarge,
    Unavailable,
    Unreachable,
)
from accredit_platform.client.listing import AsyncListed, Listed, Page
from accredit_platform.client.operations import Operation
from accredit_platform.client.retrying import Retries

__all__ = [
    "DEFAULT_SERVER",
    "AsyncClient",
    "AsyncListed",
    "Changed",
    "Client",
    "ClientError",
    "Conflict",
    "Invalid",
    "Listed",
    "NoCredentials",
    "NotAllowed",
    "NotFound",
    "NotSignedIn",
    "NotUnderstood",
    "Operation",
    "OperationFailed",
    "Page",
    "RateLimited",
    "Record",
    "Refused",
    "Retries",
    "TooLarge",
    "Unavailable",
    "Unreachable",
    "etag",
]
