"""Where a webhook may lead: nowhere inside (server-side request forgery, CVE-2026-2393).

1. An address has one reading: HTTPS, a plain host, a permitted port; no user, no odd spelling of
   an IP address, nothing that another parser could read otherwise.
2. Its host is resolved once. If any address of it is not public, it is refused as a whole.
3. Whoever connects uses the addresses that were checked, and never resolves again.
4. Redirects are not followed.

All of it is done when a webhook is made, and again at every attempt: what a name resolves to
changes (DNS rebinding).
"""

import ipaddress
import re
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final
from urllib.parse import urlsplit

from accredit_governance.errors import InvalidInput
from accredit_platform.settings import Settings

MAX_URL: Final = 2_000
_PORTS: Final = {"https": 443, "http": 80}
_PLAIN: Final = re.compile(r"https?://[\x21-\x7e]+")
_LABEL: Final = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
# The last label begins with a letter: what ends in a number, browsers read as an IPv4 address.
HOST_NAME: Final = re.compile(rf"(?=.{{1,253}}$)({_LABEL}\.)*(?=[a-z]){_LABEL}")
_PUBLIC_V6: Final = IPv6Network("2000::/3")
_NEVER: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "169.254.0.0/16",  # link-local; metadata of most clouds at .169.254, of ECS at .170.2
        "100.100.100.200/32",  # metadata of Alibaba
        "168.63.129.16/32",  # host of Azure
        "224.0.0.0/4",
        "255.255.255.255/32",
        "fe80::/10",
        "fd00:ec2::254/128",  # metadata of AWS
        "fd20:ce::254/128",  # metadata of Google
        "ff00::/8",
        "::/96",
        "::ffff:0:0/96",  # IPv4 inside IPv6 in five spellings: the inner address would escape
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2001::/32",
        "2002::/16",
    )
)
"""Never called, whatever is allowed."""
_SPECIAL: Final = tuple(
    ipaddress.ip_network(network)
    for network in ("192.0.0.0/24", "192.88.99.0/24", "240.0.0.0/4", "2001::/23", "3fff::/20")
)
"""Not public, although some versions of the standard library take them to be."""


class TargetRefused(InvalidInput):
    """A webhook may not lead there."""

    code = "webhook_target_refused"

    def __init__(self, message: str) -> None:
        super().__init__(message, [{"pointer": "/url", "detail": message}])


@dataclass(frozen=True, slots=True)
class Rules:
    """What an installation permits."""

    allow_http: bool
    ports: frozenset[int]
    networks: tuple[IPv4Network | IPv6Network, ...]

    @classmethod
    def of(cls, settings: Settings) -> "Rules":
        """As the settings say."""
        return cls(
            allow_http=settings.webhook_allow_http,
            ports=frozenset(settings.webhook_ports),
            networks=settings.webhook_allowed_networks,
        )


@dataclass(frozen=True, slots=True)
class Address:
    """An address with one reading; `url` is it in full."""

    url: str
    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """Host, and port unless it goes without saying: as in the header `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """What people may see: the rest may hold a secret."""
        return f"{self.scheme}://{self.authority}"


def read_address(text: str, rules: Rules) -> Address:
    """The one reading of an address.

    Raises:
        TargetRefused: it is too long, not HTTPS, names a user, a fragment, a port that is not
            permitted or a host in an odd spelling. What was sent is not repeated.
    """
    if len(text) > MAX_URL:
        raise TargetRefused(f"the address is longer than {MAX_URL:,} characters")
    if not _PLAIN.fullmatch(text) or "\\" in text:
        raise TargetRefused(
            "write the address in full, such as https://host.example/hook, in ASCII, without "
            "spaces and backslashes"
        )
    try:
        parts = urlsplit(text)
        port = parts.port if parts.port is not None else _PORTS[parts.scheme]
    except ValueError as error:
        raise TargetRefused("the address cannot be read") from error
    if parts.scheme != "https" and not rules.allow_http:
        raise TargetRefused("webhooks are called over https only")
    if "@" in parts.netloc:
        raise TargetRefused("the address names a user; it is signed requests that are trusted")
    if parts.fragment:
        raise TargetRefused("the address has a fragment, which is never sent")
    if port not in rules.ports:
        permitted = ", ".join(map(str, sorted(rules.ports)))
        raise TargetRefused(f"webhooks are not called at port {port}; permitted: {permitted}")
    return Address(url=text, scheme=parts.scheme, host=_host(parts.hostname or ""), port=port)


def _host(text: str) -> str:
    if HOST_NAME.fullmatch(text):
        return text
    try:
        ip = ipaddress.ip_address(text)
    except ValueError as error:
        raise TargetRefused(
            "the host is neither a plain name nor an IP address in its usual spelling"
        ) from error
    # A scope (`fe80::1%eth0`) is one of this machine's own interfaces.
    if str(ip) != text or "%" in text:
        raise TargetRefused("write the IP address in its usual spelling")
    return text


def resolve(address: Address, rules: Rules) -> tuple[str, ...]:
    """IP addresses of a host, to be connected to as they are.

    Raises:
        TargetRefused: there is none, or one among them is not to be called. The message does not
            tell the two apart: that would map the inner network.
    """
    if HOST_NAME.fullmatch(address.host):
        try:
            found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise TargetRefused(_REFUSED) from error
        ips = tuple(dict.fromkeys(str(item[4][0]) for item in found))
    else:
        ips = (address.host,)
    # An address with a scope (`fe80::1%eth0`) is inside by itself.
    if not ips or not all("%" not in ip and may_call(ip, rules) for ip in ips):
        raise TargetRefused(_REFUSED)
    return ips


_REFUSED: Final = (
    "the host has no address, or one that is not public; ACCREDIT_WEBHOOK_ALLOWED_NETWORKS names "
    "exceptions"
)


def may_call(text: str, rules: Rules) -> bool:
    """Whether an IP address is public, or in a network that was allowed on purpose."""
    ip = ipaddress.ip_address(text)
    if any(ip in network for network in _NEVER):
        return False
    return _is_public(ip) or any(ip in network for network in rules.networks)


def _is_public(ip: IPv4Address | IPv6Address) -> bool:
    if any(ip in network for network in _SPECIAL):
        return False
    if isinstance(ip, IPv6Address) and ip not in _PUBLIC_V6:
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)
