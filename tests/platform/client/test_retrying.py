"""When a request is sent again: the rules, without a network."""

from datetime import UTC, datetime

import httpx2
import pytest

from accredit_platform.client.endpoint import Outgoing
from accredit_platform.client.errors import (
    NotUnderstood,
    RateLimited,
    Refused,
    Unavailable,
    Unreachable,
    refusal,
)
from accredit_platform.client.retrying import Retries, retry_after_s
from accredit_platform.client.steps import Pause, Send, exchange, refused

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LOST = httpx2.ReadError("lost")


def answer(status: int, code: str = "x", **headers: str) -> httpx2.Response:
    body = {"status": status, "code": code, "detail": "No."}
    given = {name.replace("_", "-"): text for name, text in headers.items()}
    request = httpx2.Request("GET", "http://accredit.test/api/v1/me")
    return httpx2.Response(status, json=body, headers=given, request=request)


def pause(outcome: httpx2.Response | httpx2.TransportError, **changes: float) -> float | None:
    given = {"attempt": 1, "left_s": 60.0, **changes}
    return Retries().pause(
        int(given["attempt"]), outcome, left_s=given["left_s"], random=lambda: 1.0
    )


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        pytest.param(LOST, 0.25, id="lost"),
        pytest.param(answer(503), 0.25, id="503"),
        pytest.param(answer(429, Retry_After="7"), 7.0, id="asked to wait"),
        pytest.param(answer(409, "in_progress", Retry_After="1"), 1.0, id="still at work"),
        pytest.param(answer(429, Retry_After="60"), None, id="asked for too long"),
        pytest.param(answer(409, "conflict"), None, id="conflict"),
        pytest.param(answer(500), None, id="500"),
        pytest.param(answer(404), None, id="404"),
    ],
)
def test_what_was_put_off_or_lost_is_sent_again(
    outcome: httpx2.Response | httpx2.TransportError, expected: float | None
) -> None:
    assert pause(outcome) == expected


@pytest.mark.parametrize(
    ("attempt", "expected"),
    [
        pytest.param(2, 0.5, id="second"),
        pytest.param(4, 2.0, id="fourth"),
        pytest.param(5, None, id="the last one"),
    ],
)
def test_pauses_double_until_it_gives_up(attempt: int, expected: float | None) -> None:
    assert pause(LOST, attempt=attempt) == expected


def test_no_pause_goes_beyond_the_time_there_is() -> None:
    assert pause(LOST, attempt=4, left_s=2.0) is None
    assert Retries(attempts=99).pause(50, LOST, left_s=60, random=lambda: 0.0) == 4.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("120", 120.0, id="seconds"),
        pytest.param("Mon, 23 Nov 2026 02:00:30 GMT", 30.0, id="moment"),
        pytest.param("Mon, 23 Nov 2026 01:00:00 GMT", 0.0, id="past"),
        pytest.param("soon", None, id="nonsense"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_the_wait_is_read_as_seconds_or_as_a_moment(text: str, expected: float | None) -> None:
    assert retry_after_s({"Retry-After": text}, now=NOW) == expected


def test_one_key_goes_through_all_attempts() -> None:
    steps = exchange(Outgoing("POST", "/projects"), Retries(), lambda: False)
    first = next(steps)
    waited = steps.send(LOST)
    second = steps.send(None)

    assert isinstance(first, Send)
    assert isinstance(second, Send)
    assert isinstance(waited, Pause)
    assert first.request.headers["Idempotency-Key"] == second.request.headers["Idempotency-Key"]


def test_another_token_is_tried_once() -> None:
    steps = exchange(Outgoing("GET", "/me"), Retries(), lambda: True)
    next(steps)

    assert isinstance(steps.send(answer(401)), Send)
    with pytest.raises(Refused, match="401"):
        steps.send(answer(401))


def test_a_refusal_says_when_it_may_be_tried_again() -> None:
    found = refused(answer(429, "rate_limited", Retry_After="12"))

    assert isinstance(found, RateLimited)
    assert (found.retry_after_s, found.code) == (12.0, "rate_limited")
    assert isinstance(refusal({"status": 507, "code": "full", "detail": "."}), Unavailable)


@pytest.mark.parametrize(
    ("status", "error", "told"),
    [
        pytest.param(502, Unreachable, "502 in place of the service", id="gateway"),
        pytest.param(403, NotUnderstood, "403 text/html", id="firewall"),
    ],
)
def test_an_error_page_of_something_else_is_told_apart(
    status: int, error: type[Exception], told: str
) -> None:
    request = httpx2.Request("GET", "http://proxy.test/")
    page = httpx2.Response(status, html="<h1>No</h1>", request=request)

    with pytest.raises(error, match=f"proxy.test answers {told}"):
        refused(page)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_change_that_is_sent_again_is_the_same_change(method: str) -> None:
    named = Outgoing(method, "/x", headers={"If-Match": '"read"'})
    steps = exchange(named, Retries(base_s=0.0), lambda: False)

    first = next(steps)
    assert isinstance(steps.send(LOST), Pause)
    again = steps.send(None)

    assert first == again
    assert isinstance(first, Send)
    assert first.request.headers["If-Match"] == '"read"'
    assert first.request.headers["Idempotency-Key"]
