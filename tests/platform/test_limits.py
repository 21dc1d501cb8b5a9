"""Bounds on bodies, and the headers that every answer carries."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from accredit_platform.app import create_app
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
    assert headers["x-frame-options"] == "SAMEORIGIN"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert (headers.get("cache-control") == "no-store") != path.startswith("/static/")
