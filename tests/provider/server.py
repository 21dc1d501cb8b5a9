"""An OpenID Connect provider in a process of its own: three realms, and knobs for what goes wrong.

Made of Authlib's framework-free server; `python -m tests.provider.server PORT` runs it on loopback.
Whoever comes to the authorization endpoint is signed in at once as the person set by a knob.
"""

import base64
import hmac
import json
import os
import sys
import time
import uuid
from dataclasses import dataclass, field
from typing import Any, ClassVar

import uvicorn
from authlib.oauth2 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, ClientCredentialsGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from authlib.oidc.core.grants import OpenIDCode
from joserfc import jwt
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

SECRET = "provider-secret-of-the-client"
AUDIENCE = "https://accredit.test/api"
ALL = ["none", "HS256", "RS256", "PS256"]


class Client(ClientMixin):
    """The one client of a realm, and a service that gets tokens of its own."""

    def __init__(self, client_id: str) -> None:
        self.client_id = client_id

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        return ""

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return "/sign-in/providers/" in redirect_uri

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in {"authorization_code", "client_credentials"}


@dataclass
class Code(AuthorizationCodeMixin):
    code: str
    redirect_uri: str
    scope: str
    nonce: str | None
    challenge: str | None
    method: str | None
    auth_time: int | None
    user: dict[str, Any]

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str | None:
        return self.nonce

    def get_auth_time(self) -> int | None:
        return self.auth_time

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None

    @property
    def code_challenge(self) -> str | None:
        return self.challenge

    @property
    def code_challenge_method(self) -> str | None:
        return self.method


def new_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": uuid.uuid4().hex, "use": "sig", "alg": "RS256"})


FOREIGN = new_key()
"""A key that no realm publishes."""


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Realm:
    """A provider: its keys, who is signed in there, and what is wrong with it."""

    issuer: str
    keys: list[RSAKey] = field(default_factory=lambda: [new_key()])
    user: dict[str, Any] = field(default_factory=lambda: {"sub": "nobody"})
    sid: str = ""
    signed_in_at: int = 0
    shift_s: int = 0
    ignores_max_age: bool = False
    reuses_codes: bool = False
    stated_issuer: str | None = None
    sends_issuer: bool = True
    id_claims: dict[str, Any] = field(default_factory=dict)
    id_token: str | None = None
    reply_bytes: int = 0
    redirects_keys: bool = False
    key_requests: int = 0
    ends: list[dict[str, str]] = field(default_factory=list)
    codes: dict[str, Code] = field(default_factory=dict)
    last_id_token: str | None = None

    def now(self) -> int:
        return int(time.time()) + self.shift_s

    def sign(
        self, claims: dict[str, Any], *, typ: str, alg: str = "RS256", key: str = "own"
    ) -> str:
        header: dict[str, Any] = {"alg": alg, "typ": typ, "kid": self.keys[-1].kid}
        signing: Any = self.keys[-1]
        if key in {"foreign", "unknown", "embedded"}:
            signing = FOREIGN
        if key in {"unknown", "embedded"}:
            header["kid"] = uuid.uuid4().hex
        if key == "embedded":  # the header brings the key along
            header["jwk"] = signing.as_dict(private=False)
        if key == "public":
            return self._confused(header, claims)
        registry = JWSRegistry(algorithms=ALL, strict_check_header=False)
        return jwt.encode(header, claims, signing if alg != "none" else None, registry=registry)

    def _confused(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        """Key confusion: the public key as a shared secret. The library refuses to help."""
        signed = ".".join(_encoded(json.dumps(part).encode()) for part in (header, claims))
        secret = self.keys[-1].as_pem(private=False)
        return f"{signed}.{_encoded(hmac.digest(secret, signed.encode(), 'sha256'))}"

    def access_claims(self, subject: str, **more: Any) -> dict[str, Any]:
        now = self.now()
        claims = {
            "iss": self.issuer,
            "sub": subject,
            "aud": AUDIENCE,
            "exp": now + 600,
            "iat": now,
            "jti": uuid.uuid4().hex,
            "client_id": subject,
        }
        return {k: v for k, v in {**claims, **more}.items() if v is not None}


class AccessTokens(JWTBearerTokenGenerator):
    def __init__(self, realm: Realm) -> None:
        super().__init__(issuer=realm.issuer)
        self.realm = realm

    def access_token_generator(self, client: Any, grant_type: str, user: Any, scope: str) -> str:
        subject = user["sub"] if user else client.get_client_id()
        more = {"auth_time": self.realm.signed_in_at} if user else {}
        claims = self.realm.access_claims(
            subject, client_id=client.get_client_id(), scope=scope, **more
        )
        return self.realm.sign(claims, typ="at+jwt")


class Server(AuthorizationServer):
    """Authlib's server over one realm."""

    def __init__(self, realm: Realm) -> None:
        super().__init__()
        self.realm = realm
        self.register_token_generator("default", AccessTokens(realm))
        self.register_grant(CodeGrant, [IdTokens(realm), CodeChallenge(required=True)])
        self.register_grant(ClientCredentialsGrant)

    def query_client(self, client_id: str) -> Client | None:
        return Client(client_id) if client_id else None

    def save_token(self, token: Any, request: Any) -> None:
        pass

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        pass

    def create_oauth2_request(self, request: Any) -> OAuth2Request:
        if isinstance(request, OAuth2Request):
            return request
        method, uri, data, headers = request
        made = Asked(method, uri, headers=headers)
        made.payload = BasicOAuth2Payload(data)
        return made

    def handle_response(self, status: int, body: Any, headers: Any) -> Response:
        if isinstance(body, dict):
            return JSONResponse(body, status, dict(headers))
        return Response(body, status, dict(headers))


class Asked(OAuth2Request):
    @property
    def form(self) -> dict[str, str]:
        return self.payload.data

    @property
    def args(self) -> dict[str, str]:
        return self.payload.data


class CodeGrant(AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar[list[str]] = ["client_secret_basic"]

    def save_authorization_code(self, code: str, request: Any) -> None:
        realm, data = self.server.realm, request.payload.data
        realm.codes[code] = Code(
            code,
            request.payload.redirect_uri,
            request.scope,
            data.get("nonce"),
            data.get("code_challenge"),
            data.get("code_challenge_method"),
            realm.signed_in_at or None,
            dict(request.user),
        )

    def query_authorization_code(self, code: str, client: Any) -> Code | None:
        return self.server.realm.codes.get(code)

    def delete_authorization_code(self, authorization_code: Code) -> None:
        if not self.server.realm.reuses_codes:
            del self.server.realm.codes[authorization_code.code]

    def authenticate_user(self, authorization_code: Code) -> dict[str, Any]:
        return authorization_code.user


class IdTokens(OpenIDCode):
    def __init__(self, realm: Realm) -> None:
        super().__init__()
        self.realm = realm

    def exists_nonce(self, nonce: str, request: Any) -> bool:
        return False

    def encode_id_token(self, token: Any, request: Any) -> str:
        if self.realm.id_token is not None:
            return self.realm.id_token
        now = self.realm.now()
        claims = {
            "iss": self.realm.issuer,
            "aud": request.client.get_client_id(),
            "iat": now,
            "exp": now + 300,
            "sid": self.realm.sid,
            **self.get_authorization_code_claims(request.authorization_code),
            **request.user,
            **self.realm.id_claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        self.realm.last_id_token = self.realm.sign(claims, typ="JWT")
        return self.realm.last_id_token


def build(base: str) -> Starlette:
    realms = {name: Realm(f"{base}/{name}") for name in ("one", "two", "three")}
    servers = {name: Server(realm) for name, realm in realms.items()}

    async def discovery(request: Request) -> Response:
        realm = realms[request.path_params["realm"]]
        issuer = realm.issuer
        return JSONResponse(
            {
                "issuer": realm.stated_issuer or issuer,
                "authorization_endpoint": f"{issuer}/authorize",
                "token_endpoint": f"{issuer}/token",
                "jwks_uri": f"{issuer}/keys",
                "end_session_endpoint": f"{issuer}/end",
                "authorization_response_iss_parameter_supported": realm.sends_issuer,
                "padding": "x" * realm.reply_bytes,
            }
        )

    async def keys(request: Request) -> Response:
        realm = realms[request.path_params["realm"]]
        realm.key_requests += 1
        if realm.redirects_keys:
            return RedirectResponse("http://127.0.0.1:9/keys")
        return JSONResponse({"keys": [key.as_dict(private=False) for key in realm.keys]})

    async def authorize(request: Request) -> Response:
        name = request.path_params["realm"]
        realm, server = realms[name], servers[name]
        data = dict(request.query_params)
        asked_anew = data.get("prompt") == "login" or data.get("max_age") == "0"
        if not realm.signed_in_at or (asked_anew and not realm.ignores_max_age):
            # Nobody authenticates twice within a second.
            realm.signed_in_at = max(realm.now(), realm.signed_in_at + 1)
        asked = server.create_oauth2_request(("GET", str(request.url), data, {}))
        grant = server.get_consent_grant(asked, end_user=realm.user)
        answer = server.create_authorization_response(asked, grant_user=realm.user, grant=grant)
        if realm.sends_issuer and "location" in answer.headers:
            answer.headers["location"] += f"&iss={realm.issuer}"
        return answer

    async def token(request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        asked = ("POST", str(request.url), form, dict(request.headers))
        headers = {name.title(): value for name, value in request.headers.items()}
        asked = ("POST", str(request.url), form, headers)
        return await run_in_threadpool(
            servers[request.path_params["realm"]].create_token_response, asked
        )

    async def end(request: Request) -> Response:
        realms[request.path_params["realm"]].ends.append(dict(request.query_params))
        return RedirectResponse(request.query_params["post_logout_redirect_uri"])

    async def knobs(request: Request) -> Response:
        """Set fields of the realm; `rotate` adds a key and drops the old ones."""
        realm = realms[request.path_params["realm"]]
        wanted = await request.json()
        if wanted.pop("reset", False):
            realm.__dict__.update(Realm(realm.issuer, keys=realm.keys).__dict__)
        if wanted.pop("rotate", False):
            realm.keys = [new_key()]
        if "user" in wanted:
            realm.sid, realm.signed_in_at = uuid.uuid4().hex, 0
        for name, value in wanted.items():
            setattr(realm, name, value)
        shown = ("sid", "key_requests", "ends", "last_id_token", "signed_in_at")
        return JSONResponse({name: getattr(realm, name) for name in shown})

    async def mint(request: Request) -> Response:
        """A token of the realm's own key, or of another one, with the claims that are given."""
        realm = realms[request.path_params["realm"]]
        wanted = await request.json()
        claims, subject = wanted.pop("claims", {}), wanted.pop("subject")
        if wanted.pop("bare", False):
            now = realm.now()
            claims = {"iss": realm.issuer, "iat": now, "exp": now + 120, **claims}
        else:
            claims = realm.access_claims(subject, **claims)
        return JSONResponse({"token": realm.sign(claims, **{"typ": "at+jwt", **wanted})})

    return Starlette(
        routes=[
            Route("/{realm}/.well-known/openid-configuration", discovery),
            Route("/{realm}/keys", keys),
            Route("/{realm}/authorize", authorize),
            Route("/{realm}/token", token, methods=["POST"]),
            Route("/{realm}/end", end),
            Route("/{realm}/knobs", knobs, methods=["POST"]),
            Route("/{realm}/mint", mint, methods=["POST"]),
        ]
    )


if __name__ == "__main__":
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    port = int(sys.argv[1])
    uvicorn.run(build(f"http://127.0.0.1:{port}"), port=port, log_level="warning")
