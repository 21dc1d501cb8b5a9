"""As whom a client calls: with a token that it was given, or with one that it fetches itself."""

import time
from collections.abc import Generator
from typing import Any, Final
from urllib.parse import quote_plus

import httpx2

from accredit_platform.client.errors import NotSignedIn, NotUnderstood

TOKEN_PATH: Final = "/api/v1/oauth/token"  # noqa: S105  a path
EARLY_S: Final = 30.0
"""A token is replaced so long before its end: requests under way must not outlive it."""


class Nobody(httpx2.Auth):
    """For what anybody may ask, such as for a token."""

    def renew(self) -> bool:
        """There is none."""
        return False


class GivenToken(httpx2.Auth):
    """A token that somebody else renews."""

    def __init__(self, token: str) -> None:
        self.token = token

    def auth_flow(
        self, request: httpx2.Request
    ) -> Generator[httpx2.Request, httpx2.Response, None]:
        """Show the token."""
        request.headers["Authorization"] = f"Bearer {self.token}"
        yield request

    def renew(self) -> bool:
        """There is no other."""
        return False


class ClientCredentials(httpx2.Auth):
    """Client id and secret in exchange for short-lived tokens (RFC 6749 §4.4).

    Threads that share one may fetch a token each; the last one stays.
    """

    requires_response_body = True

    def __init__(self, base_url: str, client_id: str, client_secret: str) -> None:
        self._address = f"{base_url}{TOKEN_PATH}"
        # RFC 6749 §2.3.1: both are form-encoded before they become HTTP Basic.
        self._basic = httpx2.BasicAuth(quote_plus(client_id), quote_plus(client_secret))
        self._token = ""
        self._until = 0.0

    def auth_flow(
        self, request: httpx2.Request
    ) -> Generator[httpx2.Request, httpx2.Response, None]:
        """Show the token that is held, or a new one shortly before its end.

        Raises:
            NotSignedIn: the service does not accept id and secret.
        """
        if not self._token or time.monotonic() >= self._until:
            asked_at = time.monotonic()
            asking = httpx2.Request(
                "POST", self._address, data={"grant_type": "client_credentials"}
            )
            answer = yield next(self._basic.auth_flow(asking))
            self._take(answer, asked_at)
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request

    def renew(self) -> bool:
        """Fetch another one for the next request: the service did not take this one."""
        self._token = ""
        return True

    def _take(self, answer: httpx2.Response, asked_at: float) -> None:
        try:
            body: dict[str, Any] = answer.json()  # Any: JSON
            if answer.is_error:
                raise _refused(answer.status_code, body)
            lives_s = float(body.get("expires_in", 2 * EARLY_S))
            self._token = str(body["access_token"])
            self._until = asked_at + max(lives_s - EARLY_S, lives_s / 2)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            host = answer.request.url.host
            raise NotUnderstood(f"{host} answers no token, but {answer.status_code}") from error


def _refused(status: int, body: dict[str, Any]) -> NotSignedIn:
    """The refusal in an error of RFC 6749 §5.2, or in a problem."""
    code = str(body.get("error") or body["code"])
    detail = str(body.get("error_description") or body.get("detail") or "no token was issued")
    return NotSignedIn({**body, "status": status, "code": code, "detail": detail})


Credentials = Nobody | GivenToken | ClientCredentials
