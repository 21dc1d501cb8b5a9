"""Signed tokens (JWT) of an identity provider: the rules that hold for every kind of them.

1. The algorithm is one of a fixed list: no `none`, nothing symmetric (RFC 8725 §3.1).
2. The key is of the provider's set, of the kind that the algorithm takes, and meant to sign. A
   public key never serves as a shared secret (key confusion, CVE-2022-29217 and its kin).
3. Nothing in a token's header names a key or where to find one.
4. Issuer and audience are exactly those expected; expiry and issue time are there and hold, give
   or take 30 seconds.
"""

import base64
import json
import math
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, ClassVar, Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key

from accredit_platform.errors import PlatformError

LEEWAY_S: Final = 30
MAX_TOKEN: Final = 16 * 1024
_KINDS: Final[Mapping[str, tuple[str, str | None]]] = MappingProxyType(
    {
        "RS256": ("RSA", None),
        "RS384": ("RSA", None),
        "RS512": ("RSA", None),
        "PS256": ("RSA", None),
        "PS384": ("RSA", None),
        "PS512": ("RSA", None),
        "ES256": ("EC", "P-256"),
        "ES384": ("EC", "P-384"),
        "ES512": ("EC", "P-521"),
        "Ed25519": ("OKP", "Ed25519"),
    }
)
"""Algorithm → kind and curve of its keys."""
_MIN_RSA_BITS: Final = 2048
_PARTS: Final = 3
_REGISTRY: Final = jws.JWSRegistry(algorithms=list(_KINDS), strict_check_header=False)


class TokenUnfit(PlatformError):
    """A signed token is worth nothing; `reason` is stable, the message is for its holder."""

    code: ClassVar[str] = "token_unfit"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Opened:
    """A token that was read but not believed.

    Args:
        token: compact form, as it was shown.

    Raises:
        TokenUnfit: it is too long, or no signed token at all.
    """

    def __init__(self, token: str) -> None:
        if len(token) > MAX_TOKEN:
            raise TokenUnfit("malformed", f"the token is longer than {MAX_TOKEN:,} characters")
        parts = token.split(".")
        if len(parts) != _PARTS or not token.isascii():
            raise TokenUnfit("malformed", "the token is no signed JWT")
        self.token = token
        self.header = _part(parts[0])
        self.claims = _part(parts[1])
        if "crit" in self.header:
            raise TokenUnfit("malformed", "the token demands extensions that nobody here knows")

    @property
    def algorithm(self) -> str:
        """Algorithm of the signature.

        Raises:
            TokenUnfit: it is none of the list.
        """
        name = self.header.get("alg")
        if not isinstance(name, str) or name not in _KINDS:
            raise TokenUnfit(
                "algorithm_refused", f"tokens signed by {str(name)[:20]!r} are refused"
            )
        return name

    @property
    def issuer(self) -> str:
        """Who says that they signed it.

        Raises:
            TokenUnfit: nobody.
        """
        issuer = self.claims.get("iss")
        if not isinstance(issuer, str):
            raise TokenUnfit("wrong_issuer", "the token names no issuer")
        return issuer

    def verify(self, key: Key) -> None:
        """Hold the signature against a key that fits the algorithm.

        Raises:
            TokenUnfit: it is not by this key.
        """
        try:
            jws.deserialize_compact(self.token, key, registry=_REGISTRY)
        except (JoseError, ValueError) as error:
            raise TokenUnfit("bad_signature", "the signature of the token does not fit") from error

    def check(self, *, issuer: str, audience: str, now: float) -> None:
        """Check issuer, audience and times.

        Args:
            issuer: the one expected.
            audience: the one expected; it may be one of several.
            now: seconds since 1970.

        Raises:
            TokenUnfit: the reason names the first rule that is broken.
        """
        if self.issuer != issuer:
            raise TokenUnfit("wrong_issuer", "the token is by another issuer")
        meant = self.claims.get("aud")
        if audience not in ([meant] if isinstance(meant, str) else _texts(meant)):
            raise TokenUnfit("wrong_audience", "the token is meant for somebody else")
        if self._time("exp") <= now - LEEWAY_S:
            raise TokenUnfit("expired", "the token has expired")
        ahead = max(self._time("nbf") if "nbf" in self.claims else 0, self._time("iat"))
        if ahead > now + LEEWAY_S:
            raise TokenUnfit("not_yet_valid", "the token is not valid yet")

    def require_strength(self, classes: Collection[str], methods: Collection[str]) -> None:
        """Check how somebody authenticated (OpenID Connect Core 1.0 §2: `acr`, `amr`).

        A provider that does not say counts as one that took the weakest way.

        Args:
            classes: those that will do; none: any.
            methods: those of which one will do; none: any.

        Raises:
            TokenUnfit: it was in another way, or the token does not say.
        """
        used = _texts(self.claims.get("amr"))
        if (classes and self.text("acr") not in classes) or (
            methods and not set(methods) & set(used)
        ):
            raise TokenUnfit(
                "weak_authentication", "a stronger way of signing in is demanded at the provider"
            )

    def authentication(self, subject_claim: str) -> str:
        """What tells an authentication from others: whose it is, and when by the provider's clock.

        The time is not corrected by our clock, which would make one authentication look like many.
        """
        return f"{self.issuer} {self.text(subject_claim)} {self.claims.get('auth_time')}"

    def lasts_after(self, moment: datetime) -> bool:
        """Whether it expires later than that."""
        return self._time("exp") > moment.timestamp()

    def text(self, name: str) -> str | None:
        """A claim that is a text; None when it is missing or something else."""
        found = self.claims.get(name)
        return found if isinstance(found, str) and found else None

    def moment(self, name: str, *, now: datetime) -> datetime | None:
        """A time among the claims, at the latest `now`; None when it is missing.

        Raises:
            TokenUnfit: it is no time, or lies further ahead than clocks may differ.
        """
        if name not in self.claims:
            return None
        at = self._time(name)
        if at > now.timestamp() + LEEWAY_S:
            raise TokenUnfit("not_yet_valid", "the clock of the identity provider is ahead")
        return datetime.fromtimestamp(max(min(at, now.timestamp()), 0), UTC)

    def _time(self, name: str) -> float:
        found = self.claims.get(name)
        if isinstance(found, bool) or not isinstance(found, int | float) or not _is_time(found):
            raise TokenUnfit("malformed", f"the token has no usable {name}")
        return float(found)


def usable_keys(found: Iterable[object]) -> tuple[Key, ...]:
    """Keys of a set that may check signatures; what is of another kind or too weak is left out."""
    keys = []
    for data in found:
        if not isinstance(data, dict) or data.get("use", "sig") != "sig":
            continue
        if data.get("kty") not in {kind for kind, _ in _KINDS.values()} or "d" in data:
            continue
        try:
            if data["kty"] == "RSA" and _bits(data) < _MIN_RSA_BITS:
                continue
            key = JWKRegistry.import_key(data)
            key.get_op_key("verify")
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        keys.append(key)
    return tuple(keys)


def fitting(keys: Iterable[Key], header: Mapping[str, Any], algorithm: str) -> Key | None:
    """The key that a header speaks of: by `kid`, or the only one that fits."""
    kind, curve = _KINDS[algorithm]
    fit = [
        key
        for key in keys
        if key.key_type == kind
        and (curve is None or getattr(key, "curve_name", None) == curve)
        and key.get("alg", algorithm) in {algorithm, None}
    ]
    kid = header.get("kid")
    if kid is not None:
        fit = [key for key in fit if key.get("kid") == kid]
    return fit[0] if len(fit) == 1 else None


def _bits(data: Mapping[str, Any]) -> int:
    return 8 * len(_decoded(str(data.get("n", ""))).lstrip(b"\0"))


def _part(text: str) -> dict[str, Any]:
    try:
        found = json.loads(_decoded(text))
    except (ValueError, RecursionError) as error:
        raise TokenUnfit("malformed", "the token is no signed JWT") from error
    if not isinstance(found, dict):
        raise TokenUnfit("malformed", "the token is no signed JWT")
    return found


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _is_time(value: float) -> bool:
    return -(2**53) < value < 2**53 and math.isfinite(value)
