"""Notices: what a page says after a form was accepted. The address carries only the key."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from starlette.responses import RedirectResponse

NOTICES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "signed": "Your decision is recorded. A checkpoint of the audit trail was signed over it.",
        "withdrawn": "The request is withdrawn.",
        "described": "Your statements are saved. The version can be submitted now.",
        "submitted": "The version is submitted; its gates are being checked.",
        "suspended": "The version is suspended. It no longer serves.",
        "proposed": "The waiver is proposed. A second person has to confirm it.",
        "confirmed": "The waiver is confirmed.",
        "waiver-revoked": "The waiver is revoked. What rested on it is open again.",
        "published": "The policy is in force from its first day on. It does not change any more.",
        "simulating": "The simulation is requested; this page shows it when it is ready.",
        "stopping": "The simulation is asked to stop.",
        "deployed": "The deployment is requested; the bundle is being verified first.",
        "stopped": "The deployment is stopped.",
        "revoked": "The access is revoked.",
        "drift": "The report is requested; it appears in the list below when it is ready.",
        "acknowledged": "You have taken this alert on.",
        "cancelling": "The run is asked to stop.",
        "brought": "The model is being read. It becomes a version when it is what you stated.",
        "signed-out": "You are signed out.",
    }
)


def done(address: str, key: str) -> RedirectResponse:
    """Go and look at a page that says what was done.

    Args:
        address: local path.
        key: one of `NOTICES`.
    """
    if key not in NOTICES:
        raise ValueError(f"there is no notice {key!r}")
    return RedirectResponse(f"{address}?done={key}", status_code=303)
