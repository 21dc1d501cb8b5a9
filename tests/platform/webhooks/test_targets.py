"""Where webhooks may lead: a corpus of addresses that reach inside by some reading."""

import ipaddress
import socket
from typing import Any

import pytest

from accredit_platform.settings import Settings
from accredit_platform.webhooks.targets import (
    Rules,
    TargetRefused,
    may_call,
    read_address,
    resolve,
)

RULES = Rules(allow_http=False, ports=frozenset({443, 8443}), networks=())
OPEN = Rules(
    allow_http=True,
    ports=frozenset({80, 443}),
    networks=(ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")),
)

HOSTILE_ADDRESSES = [
    "",
    "example.com",
    "//example.com/x",
    "http://example.com/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:25/x",
    "https:/example.com",
    "https:///example.com",
    "https://",
    "https://:443/",
    "https://example.com:22/",
    "https://example.com:0/",
    "https://example.com:99999/",
    "https://example.com:port/",
    "https://user@example.com/",
    "https://user:pass@example.com/",
    "https://example.com@169.254.169.254/",
    "https://169.254.169.254@example.com/",
    "https://example.com#@169.254.169.254/",
    "https://example.com\\@169.254.169.254/",
    "https://example.com\\.inside/",
    "https://example.com /",
    " https://example.com/",
    "https://example.com/\r\nHost: inside",
    "https://example.com/\x00",
    "https://exam\tple.com/",
    "https://example.com/ä",
    "https://exämple.com/",
    "https://ⓔxample.com/",
    "https://１２７.0.0.1/",
    "https://127。0。0。1/",
    "https://%31%32%37.0.0.1/",
    "https://example.com%2f@inside/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://127.1/",
    "https://127.0.1/",
    "https://127.0.0.1./",
    "https://0/",
    "https://00/",
    "https://127.0.0.01/",
    "https://1.2.3.4.5/",
    "https://example.com./",
    "https://.example.com/",
    "https://example..com/",
    "https://-example.com/",
    "https://exam_ple.com/",
    "https://example.123/",
    "https://example.0x7f/",
    "https://[::1/",
    "https://::1/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fe80::1%eth0]/",
    "https://[v1.fe80::]/",
    "https://[example.com]/",
    "https://" + "a" * 64 + ".com/",
    "https://" + "a." * 130 + "com/",
    "https://example.com/" + "x" * 2_000,
    "https://*/",
    "https://$(id)/",
    "https://{host}/",
]

INSIDE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "3fff::1",
    "4000::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]

NEVER = [
    "0.0.0.0",
    "169.254.169.254",
    "169.254.170.2",
    "100.100.100.200",
    "168.63.129.16",
    "224.0.0.1",
    "::1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "2002:a00:1::",
    "fd00:ec2::254",
    "fe80::1",
    "ff02::1",
]


def answering(monkeypatch: pytest.MonkeyPatch, *ips: str) -> list[str]:
    """Another company's name service, which answers what it wants; the hosts that it was asked."""
    asked: list[str] = []

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        if not ips:
            raise socket.gaierror("no such host")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ips]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


@pytest.mark.parametrize("text", HOSTILE_ADDRESSES)
def test_an_address_with_an_odd_reading_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(TargetRefused) as refusal:
        read_address(text, RULES)

    assert refusal.value.problems[0]["pointer"] == "/url"
    assert len(text) < 12 or text not in refusal.value.message


@pytest.mark.parametrize("ip", INSIDE)
def test_an_address_inside_is_not_called(ip: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, ip)

    assert not may_call(ip, RULES)
    with pytest.raises(TargetRefused, match="not public"):
        resolve(read_address("https://looks-harmless.example.com/", RULES), RULES)


@pytest.mark.parametrize("ip", NEVER)
def test_metadata_and_the_like_are_never_called_whatever_is_allowed(ip: str) -> None:
    assert not may_call(ip, OPEN)


@pytest.mark.parametrize("ip", ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700:4700::1111"])
def test_public_addresses_are_called(ip: str) -> None:
    assert may_call(ip, RULES)


@pytest.mark.parametrize(
    ("text", "host", "port", "origin"),
    [
        ("https://example.com/a?b=c", "example.com", 443, "https://example.com"),
        ("https://EXAMPLE.com:8443", "example.com", 8443, "https://example.com:8443"),
        ("https://xn--exmple-cua.com/", "xn--exmple-cua.com", 443, "https://xn--exmple-cua.com"),
        ("https://8.8.8.8/", "8.8.8.8", 443, "https://8.8.8.8"),
        ("https://[2606:4700::1111]/", "2606:4700::1111", 443, "https://[2606:4700::1111]"),
        ("https://a-1.b2.co:443/", "a-1.b2.co", 443, "https://a-1.b2.co"),
    ],
)
def test_a_plain_address_has_one_reading(text: str, host: str, port: int, origin: str) -> None:
    address = read_address(text, RULES)

    assert (address.host, address.port, address.origin, address.url) == (host, port, origin, text)


def test_one_inner_address_among_public_ones_refuses_the_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answering(monkeypatch, "93.184.216.34", "10.0.0.1")

    with pytest.raises(TargetRefused):
        resolve(read_address("https://example.com/", RULES), RULES)


def test_no_address_and_an_inner_one_read_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    said = set()
    for ips in ((), ("10.0.0.1",), ("fe80::1%eth0",)):
        answering(monkeypatch, *ips)
        with pytest.raises(TargetRefused) as refusal:
            resolve(read_address("https://intranet.example.com/", RULES), RULES)
        said.add(refusal.value.message)

    assert len(said) == 1


def test_a_network_that_was_allowed_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings.model_validate({"webhook_allowed_networks": ["10.1.0.0/16"]})
    rules = Rules.of(settings)
    asked = answering(monkeypatch, "10.1.2.3")

    assert resolve(read_address("https://tickets.example.com/", rules), rules) == ("10.1.2.3",)
    assert asked == ["tickets.example.com"]
    assert not may_call("10.2.0.1", rules)
