"""Bounds on bodies, and the headers that every answer carries."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accredit_platform.api.limits import BodyLimit, RequestForm
from accredit_platform.api.problems import LOG
from accredit_platform.app import create_app
from accredit_platform.auth.attempts import Attempts
from accredit_platform.server import bounded
from accredit_platform.settings import Settings
from accredit_platform.wiring import open_services, prepare

LIMIT = 2_000


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    settings = Settings(home=Path(tmp_path_factory.mktemp("limits")) / "home", max_body_bytes=LIMIT)
    prepare(settings)
    with TestClient(
        create_app(open_services(settings)), base_url="https://accredit.test"
    ) as opened:
        yield opened


def body(size: int) -> bytes:
    start, end = b'{"name": "nobody", "password": "x"', b"}"
    return start + b" " * (size - len(start) - len(end)) + end


def pieces(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), 500):
        yield content[start : start + 500]


@pytest.mark.parametrize("streamed", [False, True], ids=["declared", "streamed"])
@pytest.mark.parametrize(
    ("size", "status"),
    [pytest.param(LIMIT, 403, id="on the limit"), pytest.param(LIMIT + 1, 413, id="just above")],
)
def test_a_body_has_a_largest_size(
    size: int, status: int, client: TestClient, *, streamed: bool
) -> None:
    content = pieces(body(size)) if streamed else body(size)

    answer = client.post(
        "/api/v1/tokens", content=content, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    if status == 413:
        assert answer.json()["code"] == "too_large"
        assert "2,000 bytes" in answer.json()["detail"]


def test_a_content_length_that_is_no_number_is_counted_instead(client: TestClient) -> None:
    answer = client.post(
        "/api/v1/tokens",
        content=pieces(body(LIMIT + 1)),
        headers={"Content-Type": "application/json", "Content-Length": "many"},
    )

    assert answer.status_code == 413


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/api/v1/health", id="answer"),
        pytest.param("/api/v1/projects", id="refusal"),
        pytest.param("/sign-in", id="page"),
        pytest.param("/static/accredit.css", id="file"),
        pytest.param("/nowhere", id="nothing"),
    ],
)
def test_every_answer_is_protected(path: str, client: TestClient) -> None:
    headers = client.get(path).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "unsafe" not in headers["content-security-policy"]
    for directive in ("frame-ancestors", "object-src", "base-uri"):
        assert f"{directive} 'none'" in headers["content-security-policy"]
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["content-type"].endswith("; charset=utf-8") or "json" in headers["content-type"]
    assert "camera=()" in headers["permissions-policy"]
    assert headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"
    assert "server" not in headers
    assert not [name for name in headers if name.startswith("access-control-")]
    assert (headers.get("cache-control") == "no-store") != path.startswith("/static/")


def test_without_tls_nobody_is_bound_to_it(client: TestClient) -> None:
    headers = client.get("http://accredit.test/sign-in").headers

    assert "strict-transport-security" not in headers


@pytest.mark.parametrize("path", ["/api/v1/me", "/api/v1/tokens", "/sign-in"])
def test_no_other_origin_may_read_an_answer(path: str, client: TestClient) -> None:
    """No CORS: a preflight is no method of any route, and no answer names an origin."""
    asked = {"Origin": "https://evil.test", "Access-Control-Request-Method": "POST"}

    for answer in (
        client.options(path, headers=asked),
        client.get(path, headers={"Origin": "https://evil.test"}),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert client.options(path, headers=asked).status_code == 405


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
@pytest.mark.parametrize("path", ["/", "/account", "/sign-in", "/api/v1/me", "/static/icon.svg"])
def test_no_method_but_reading_is_open_to_other_sites(
    method: str, path: str, client: TestClient
) -> None:
    for headers in (
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "null"},
    ):
        assert client.request(method, path, headers=headers).status_code in {403, 405}


@pytest.mark.parametrize("path", ["/static", "/static/", "/api/v1", "/.git/HEAD"])
def test_folders_are_not_listed(path: str, client: TestClient) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/", "/sign-in", "/api/v1/me", "/static/icon.svg", "/scim/v2/Users"]
)
def test_nothing_is_echoed_by_trace(path: str, client: TestClient) -> None:
    answer = client.request("TRACE", path, headers={"x-secret": "mine"})

    assert answer.status_code == 405
    assert "mine" not in answer.text


@pytest.mark.parametrize(
    ("path", "headers", "status", "code"),
    [
        pytest.param(f"/api/v1/me?a={'x' * 8190}", {}, 401, "not_authenticated", id="on: query"),
        pytest.param(f"/api/v1/me?a={'x' * 8191}", {}, 414, "address_too_long", id="query"),
        pytest.param(f"/api/v1/{'x' * 8192}", {}, 414, "address_too_long", id="path"),
        pytest.param("/api/v1/me", {"x-a": "x" * 33_000}, 431, "headers_too_large", id="head"),
        pytest.param("/api/v1/me", {"content-encoding": "gzip"}, 415, "compressed_body", id="zip"),
        pytest.param("/api/v1/me", {"content-encoding": "identity"}, 401, None, id="as it is"),
    ],
)
def test_the_head_of_a_request_is_bounded(
    path: str, headers: dict[str, str], status: int, code: str | None, client: TestClient
) -> None:
    answer = client.get(path, headers=headers)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert code in {None, answer.json()["code"]}


def test_what_is_refused_for_its_form_is_in_the_log(
    client: TestClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accredit_platform.api.problems._NOTES", Attempts(limit=4))
    for _ in range(2):
        client.post("/sign-in", headers={"sec-fetch-site": "cross-site"})
        client.post("/api/v1/tokens", json={"name": 7, "password": "hush"})
        client.get("/api/v1/me", headers={"content-encoding": "gzip"})

    told = [record.getMessage() for record in caplog.records if record.name == LOG.name]

    assert [text.split("refused: ")[1] for text in told] == [
        "cross_site (POST /sign-in)",
        "invalid_input (POST /api/v1/tokens)",
        "compressed_body (GET /api/v1/me)",
        "cross_site (POST /sign-in)",
    ], "no more than so many in a minute"
    assert "hush" not in str(told)


def nested(depth: int) -> bytes:
    return b'{"name": ' + b"[" * (depth - 1) + b"]" * (depth - 1) + b', "password": "x"}'


@pytest.mark.parametrize(
    ("depth", "status", "words"),
    [
        pytest.param(64, 422, "valid string", id="on the limit"),
        pytest.param(65, 422, "at most 64 deep", id="just above"),
        pytest.param(950, 422, "at most 64 deep", id="far above"),
    ],
)
def test_a_body_is_not_nested_without_end(
    depth: int, status: int, words: str, client: TestClient
) -> None:
    answer = client.post(
        "/api/v1/tokens", content=nested(depth), headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == status
    assert words in answer.json()["detail"]


def call(app: ASGIApp, receive: Receive, **scope: object) -> int:
    """Status of an application's answer."""
    said: list[Message] = []

    async def send(message: Message) -> None:
        said.append(message)

    whole = {
        "type": "http",
        "method": "POST",
        "scheme": "https",
        "path": "/api/v1/tokens",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
        "server": ("accredit.test", 443),
        "client": ("192.0.2.9", 5),
        **scope,
    }
    asyncio.run(app(whole, receive, send))
    return int(said[0]["status"])


async def stalled() -> Message:
    await asyncio.sleep(3600)
    return {}


def test_a_body_that_stops_coming_is_not_waited_for(client: TestClient) -> None:
    async def reads(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await receive()
        except HTTPException as error:
            answer = Response(error.detail, error.status_code)
            await answer(scope, receive, send)

    limited = BodyLimit(reads, Settings(), max_pause_s=0.01)

    assert call(limited, stalled) == 408


def test_a_caller_who_listens_may_take_as_long_as_they_like() -> None:
    waited: list[Message] = []

    async def streams(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        waited.append(await receive())
        await Response("done")(scope, receive, send)

    messages = [
        {"type": "http.request", "body": b"", "more_body": False},
        {"type": "http.disconnect"},
    ]

    async def slowly() -> Message:
        await asyncio.sleep(0.05 if len(messages) == 1 else 0)
        return messages.pop(0)

    assert call(BodyLimit(streams, Settings(), max_pause_s=0.01), slowly) == 200
    assert waited == [{"type": "http.disconnect"}]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        pytest.param("accredit.test", 204, id="its name"),
        pytest.param("Accredit.Test:8443", 204, id="with a port"),
        pytest.param("[::1]:8700", 204, id="an address"),
        pytest.param("evil.test", 421, id="another name"),
        pytest.param("accredit.test.evil.test", 421, id="a longer name"),
        pytest.param("", 421, id="none"),
    ],
)
def test_an_installation_answers_to_its_names_alone(host: str, status: int) -> None:
    """DNS rebinding: a page elsewhere whose name suddenly means this machine."""
    settings = Settings(allowed_hosts="accredit.test, [::1]")
    app = RequestForm(Response(status_code=204), settings)

    assert call(app, stalled, headers=[(b"host", host.encode())]) == status


@pytest.mark.parametrize(
    ("peer", "seen"),
    [
        pytest.param("10.1.2.3", ["198.51.100.7", "https"], id="a proxy that is named"),
        pytest.param("192.0.2.9", ["192.0.2.9", "http"], id="anybody else"),
        pytest.param("127.0.0.1", ["127.0.0.1", "http"], id="this machine, which is not named"),
    ],
)
def test_only_proxies_that_are_named_are_believed(peer: str, seen: list[str]) -> None:
    met: list[str] = []

    async def looks(scope: Scope, receive: Receive, send: Send) -> None:
        met.extend([scope["client"][0], scope["scheme"]])
        await Response()(scope, receive, send)

    served = bounded(looks, Settings(trusted_proxies="10.0.0.0/8"))
    served.load()
    forged = "203.0.113.5, 198.51.100.7"
    headers = [(b"x-forwarded-for", forged.encode()), (b"x-forwarded-proto", b"https")]

    call(served.loaded_app, stalled, client=(peer, 5), scheme="http", headers=headers)

    assert met == seen


def test_without_a_named_proxy_nobody_is_believed() -> None:
    served = bounded(Response(), Settings())

    assert served.proxy_headers is False
    assert served.limit_concurrency
    assert not served.server_header
