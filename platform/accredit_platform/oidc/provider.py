"""One identity provider over HTTP: what it says of itself, its keys, and codes for tokens.

What was fetched is used for an hour. A key that is not known has the keys fetched again at once,
but not twice within a minute: whoever makes key names up would otherwise have us ask all day.
"""

import threading
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeVar

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from joserfc.jwk import Key

from accredit_platform.oidc.configured import IdentityProvider
from accredit_platform.oidc.signed import Opened, TokenUnfit, fitting, usable_keys
from accredit_platform.oidc.wire import (
    TIMEOUT_S,
    BoundedTransport,
    ProviderUnavailable,
    json_object,
    require_host,
)

T = TypeVar("T")
FRESH_S: Final = 3600.0
ASK_AGAIN_S: Final = 60.0
RETRY_S: Final = 5.0
_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint")


class Provider:
    """A provider as the settings name it.

    Args:
        configured: what the settings say.
        monotonic: seconds for the age of what was fetched; tests put their own here.
    """

    def __init__(
        self, configured: IdentityProvider, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.configured = configured
        self._monotonic = monotonic
        host = httpx2.URL(configured.issuer).host
        self._hosts = configured.hosts | {host}
        self._transport = BoundedTransport(self._hosts)
        self._lock = threading.Lock()
        self._metadata: Mapping[str, Any] = MappingProxyType({})
        self._metadata_at: float | None = None
        self._keys: tuple[Key, ...] = ()
        self._keys_at: float | None = None
        self._failed_at: float | None = None

    def metadata(self) -> Mapping[str, Any]:
        """What the provider says of itself (OpenID Connect Discovery 1.0).

        Raises:
            ProviderUnavailable: it does not answer, names another issuer, or endpoints elsewhere.
        """
        with self._lock:
            if self._metadata_at is None or self._is_old(self._metadata_at):
                self._metadata = self._fetched(self._discover, self._metadata)
                self._metadata_at = self._monotonic()
            return self._metadata

    def open(self, token: str) -> Opened:
        """A token whose signature is by this provider; its claims are to be checked still.

        Raises:
            TokenUnfit: it is no token, by no key of the provider, or by a refused algorithm.
            ProviderUnavailable: its keys cannot be had.
        """
        opened = Opened(token)
        opened.verify(self._key(opened))
        return opened

    def authorization_url(
        self,
        *,
        redirect_uri: str,
        state: str,
        nonce: str,
        verifier: str,
        anew: bool,
    ) -> str:
        """Where somebody goes to say who they are: code flow with PKCE S256.

        Args:
            redirect_uri: where the answer goes.
            state: comes back with the answer.
            nonce: comes back inside the ID token.
            verifier: of PKCE; only its digest goes along.
            anew: the person has to authenticate, whatever session they have there.

        Raises:
            ProviderUnavailable: as for `metadata`.
        """
        more = {"max_age": "0", "prompt": "login"} if anew else {}
        if self.configured.acr_values:
            more["acr_values"] = " ".join(self.configured.acr_values)
        with self._client(redirect_uri) as client:
            url, _ = client.create_authorization_url(
                self._endpoint("authorization_endpoint"),
                state=state,
                code_verifier=verifier,
                nonce=nonce,
                **more,
            )
        return str(url)

    def exchange(self, *, code: str, verifier: str, redirect_uri: str) -> Mapping[str, Any]:
        """The tokens that a code stands for.

        Raises:
            TokenUnfit: the provider refuses the code: it was used, is too old, or not ours.
            ProviderUnavailable: it does not answer, or with nothing usable.
        """
        endpoint = self._endpoint("token_endpoint")
        with self._client(redirect_uri) as client:
            try:
                found = client.fetch_token(
                    endpoint,
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=verifier,
                    redirect_uri=redirect_uri,
                )
            except OAuthError as error:
                raise TokenUnfit(
                    "code_refused", "the identity provider refuses the code that it gave out"
                ) from error
            except (httpx2.HTTPStatusError, ValueError, RecursionError) as error:
                raise ProviderUnavailable(
                    "the identity provider did not exchange the code"
                ) from error
        return MappingProxyType(dict(found))

    def end_session_url(self, *, id_token: str | None, back: str) -> str | None:
        """Where somebody goes to sign out there too (OpenID Connect RP-Initiated Logout 1.0).

        Args:
            id_token: shows whose session is meant.
            back: where the provider sends them afterwards.

        Returns:
            None when the provider has no such place or does not answer.
        """
        try:
            endpoint = self.metadata().get("end_session_endpoint")
        except ProviderUnavailable:
            return None
        if endpoint is None:
            return None
        parameters = {
            "client_id": self.configured.client_id,
            "post_logout_redirect_uri": back,
            **({"id_token_hint": id_token} if id_token else {}),
        }
        return str(httpx2.URL(endpoint).copy_merge_params(parameters))

    def close(self) -> None:
        """Give the connections back."""
        self._transport.close()

    def _client(self, redirect_uri: str) -> OAuth2Client:
        # Authlib closes the transport with each client, so each gets one of its own.
        return OAuth2Client(
            client_id=self.configured.client_id,
            client_secret=self.configured.secret,
            scope=" ".join(self.configured.scopes),
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            transport=BoundedTransport(self._hosts),
            timeout=TIMEOUT_S,
            follow_redirects=False,
        )

    def _endpoint(self, name: str) -> str:
        found = self.metadata().get(name)
        if not isinstance(found, str):
            raise ProviderUnavailable(f"the identity provider has no {name}")
        return found

    def _key(self, opened: Opened) -> Key:
        algorithm = opened.algorithm
        jwks_uri = self._endpoint("jwks_uri")
        with self._lock:
            if self._keys_at is None or self._is_old(self._keys_at):
                self._refetch_keys(jwks_uri)
            key = fitting(self._keys, opened.header, algorithm)
            if key is None and self._may_ask_again():
                self._refetch_keys(jwks_uri)
                key = fitting(self._keys, opened.header, algorithm)
        if key is None:
            raise TokenUnfit("unknown_key", "the token is signed by no key of the provider")
        return key

    def _may_ask_again(self) -> bool:
        return self._keys_at is None or self._monotonic() - self._keys_at >= ASK_AGAIN_S

    def _refetch_keys(self, jwks_uri: str) -> None:
        self._keys = self._fetched(lambda: self._fetch_keys(jwks_uri), self._keys)
        self._keys_at = self._monotonic()

    def _fetched(self, fetch: Callable[[], T], kept: T) -> T:
        """What is fetched now; while the provider does not answer, what is kept from before."""
        now = self._monotonic()
        if self._failed_at is not None and now - self._failed_at < RETRY_S:
            if kept:
                return kept
            raise ProviderUnavailable("the identity provider did not answer a moment ago")
        try:
            found = fetch()
        except ProviderUnavailable:
            self._failed_at = now
            if kept:
                return kept
            raise
        self._failed_at = None
        return found

    def _is_old(self, at: float) -> bool:
        return self._monotonic() - at >= FRESH_S

    def _discover(self) -> Mapping[str, Any]:
        issuer = self.configured.issuer
        found = self._get(issuer.rstrip("/") + "/.well-known/openid-configuration")
        if found.get("issuer") != issuer:
            raise ProviderUnavailable("the identity provider is another issuer than was configured")
        for name in _ENDPOINTS:
            if name in found:
                require_host(str(found[name]), self._hosts)
        return MappingProxyType(found)

    def _fetch_keys(self, jwks_uri: str) -> tuple[Key, ...]:
        listed = self._get(jwks_uri).get("keys")
        keys = usable_keys(listed if isinstance(listed, list) else [])
        if not keys:
            raise ProviderUnavailable("the identity provider publishes no key that can be used")
        return keys

    def _get(self, address: str) -> dict[str, Any]:
        timeout = httpx2.Timeout(TIMEOUT_S).as_dict()
        request = httpx2.Request("GET", address, extensions={"timeout": timeout})
        return json_object(self._transport.handle_request(request))
