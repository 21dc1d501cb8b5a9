"""Signing in and out, and what protects it."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from accredit_platform.auth.attempts import PER_MINUTE, Attempts
from accredit_platform.auth.browsers import SESSION_COOKIE
from accredit_platform.web.addresses import local_path
from tests.platform.web.conftest import Visitor, token_in
from tests.platform.web.seed import PASSWORD

ELSEWHERE = [
    "//evil.test",
    "///evil.test",
    "/\\evil.test",
    "https://evil.test",
    "javascript:alert(1)",
    "evil.test",
    "/\t/evil.test",
    "/\n/evil.test",
    "/ok\r\nSet-Cookie: a=b",
    "",
]


@pytest.mark.parametrize("address", ELSEWHERE)
def test_nothing_leads_out_of_this_installation(address: str) -> None:
    assert local_path(address) == "/"


@pytest.mark.parametrize("address", ["/", "/models", "/approval-requests?view=all", "/a/b#c"])
def test_own_addresses_stay_as_they_are(address: str) -> None:
    assert local_path(address) == address


@pytest.mark.parametrize("address", ["//evil.test", "https://evil.test", "/\\evil.test"])
def test_signing_in_never_redirects_to_another_host(anonymous: TestClient, address: str) -> None:
    shown = anonymous.get("/sign-in", params={"next": address})
    answer = anonymous.post(
        "/sign-in", data={"name": "vera", "password": PASSWORD, "next": address}
    )

    assert "evil.test" not in shown.text
    assert answer.headers["location"] == "/"


def test_whoever_is_not_signed_in_is_sent_to_sign_in_and_back(anonymous: TestClient) -> None:
    sent = anonymous.get("/approval-requests?view=all")
    page = anonymous.get(sent.headers["location"])
    back = anonymous.post(
        "/sign-in",
        data={"name": "vera", "password": PASSWORD, "next": "/approval-requests?view=all"},
    )

    assert sent.status_code == 303
    assert sent.headers["location"] == "/sign-in?next=/approval-requests%3Fview%3Dall"
    assert 'name="next" value="/approval-requests?view=all"' in page.text
    assert back.headers["location"] == "/approval-requests?view=all"


def test_a_form_sent_after_the_session_ended_leads_back_to_a_page(anonymous: TestClient) -> None:
    answer = anonymous.post("/alerts/1/acknowledgements")

    assert answer.headers["location"] == "/sign-in?next=/"


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(
    anonymous: TestClient,
) -> None:
    answer = anonymous.post("/sign-in", data={"name": "vera", "password": PASSWORD})

    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    assert "Path=/" in cookie


@pytest.mark.parametrize(
    ("name", "password"),
    [
        pytest.param("vera", "wrong password here", id="wrong password"),
        pytest.param("nobody", PASSWORD, id="no such person"),
        pytest.param("teller", PASSWORD, id="a program"),
        pytest.param("vera", "", id="empty"),
    ],
)
def test_a_wrong_name_or_password_opens_nothing_and_says_the_same(
    anonymous: TestClient, name: str, password: str
) -> None:
    answer = anonymous.post("/sign-in", data={"name": name, "password": password})

    assert answer.status_code == 403
    assert "Name and password do not fit" in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"origin": "https://evil.test"}, id="origin"),
        pytest.param({"sec-fetch-site": "cross-site"}, id="fetch metadata"),
    ],
)
def test_other_sites_cannot_sign_anybody_in(anonymous: TestClient, headers: dict[str, str]) -> None:
    answer = anonymous.post(
        "/sign-in", data={"name": "vera", "password": PASSWORD}, headers=headers
    )

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_signing_in_again_changes_the_secret_and_ends_the_older_session(
    anonymous: TestClient,
) -> None:
    form = {"name": "vera", "password": PASSWORD}
    anonymous.post("/sign-in", data=form)
    first = anonymous.cookies[SESSION_COOKIE]
    anonymous.post("/sign-in", data=form)
    second = anonymous.cookies[SESSION_COOKIE]

    anonymous.cookies.clear()
    anonymous.cookies.set(SESSION_COOKIE, first)
    answer = anonymous.get("/")

    assert first != second
    assert answer.status_code == 303


def test_signing_out_ends_the_session_and_not_just_the_cookie(
    enter: Callable[[str], Visitor],
) -> None:
    visitor = enter("vera")
    secret = visitor.client.cookies[SESSION_COOKIE]

    answer = visitor.send("/sign-out")
    visitor.client.cookies.clear()
    visitor.client.cookies.set(SESSION_COOKIE, secret)

    assert answer.headers["location"] == "/sign-in?done=signed-out"
    assert visitor.client.get("/").status_code == 303


def test_guessing_is_slowed_down_per_name(anonymous: TestClient) -> None:
    wrong = {"name": "vera", "password": "not the password"}
    answers = [anonymous.post("/sign-in", data=wrong).status_code for _ in range(PER_MINUTE)]

    refused = anonymous.post("/sign-in", data={"name": "vera", "password": PASSWORD})

    assert set(answers) == {403}
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert "Too many attempts" in refused.text


def test_attempts_count_for_a_minute_and_successes_are_taken_back() -> None:
    now = [0.0]
    attempts = Attempts(limit=2, clock=lambda: now[0])

    for _ in range(5):
        assert attempts.admit("name a", "address b") is None
        attempts.forgive("name a", "address b")
    assert attempts.admit("name a", "address b") is None
    now[0] = 20.0
    assert attempts.admit("name c", "address b") is None

    assert attempts.admit("name d", "address b") == pytest.approx(40.0)
    assert attempts.admit("name d", "address e") is None
    now[0] = 60.0
    assert attempts.admit("name d", "address b") is None


def test_a_token_belongs_to_one_session(enter: Callable[[str], Visitor]) -> None:
    earlier = token_in(enter("vera").open("/"))

    answer = enter("vera").client.post("/sign-out", data={"csrf_token": earlier})

    assert answer.status_code == 403


def test_long_names_cost_no_memory() -> None:
    attempts = Attempts(limit=1)

    for number in range(50):
        attempts.admit(f"name {'x' * 100_000}{number}", "address a")

    assert sum(len(key) for key in attempts._times) <= 32 * 51
