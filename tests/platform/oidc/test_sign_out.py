"""Signing out here ends the session there, and signing out there ends the session here."""

import uuid
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from httpx2 import Response

from tests.platform.oidc.conftest import Browser, Trail, onward
from tests.provider.realm import Realm

EVENTS = {"http://schemas.openid.net/event/backchannel-logout": {}}
LOGOUTS = "/api/v1/identity-providers/one/logouts"


@pytest.fixture
def signed_in(browser: Browser, one: Realm) -> dict[str, Any]:
    """Claims of a logout token for the person who is signed in now."""
    subject = uuid.uuid4().hex
    one.set(user={"sub": subject, "preferred_username": f"out-{subject[:12]}"})
    browser.sign_in()
    assert browser.me() is not None
    return {
        "sub": subject,
        "sid": one.set()["sid"],
        "aud": "accredit",
        "jti": uuid.uuid4().hex,
        "events": EVENTS,
    }


def tell(browser: Browser, realm: Realm, claims: dict[str, Any], **more: Any) -> Response:
    token = realm.mint(bare=True, claims=claims, **{"typ": "logout+jwt", **more})
    return browser.client.post(LOGOUTS, data={"logout_token": token})


def test_whoever_signs_out_here_goes_on_to_sign_out_there(
    browser: Browser, one: Realm, signed_in: dict[str, Any]
) -> None:
    url = onward(browser.send("/sign-out"))
    back = httpx2.get(url).headers["location"]

    (asked,) = one.set()["ends"]
    assert asked["id_token_hint"] == one.set()["last_id_token"]
    assert asked["client_id"] == "accredit"
    assert back == "https://accredit.test/sign-in?done=signed-out"
    assert browser.me() is None
    assert "signed out" in browser.client.get(back).text


def test_signing_out_works_while_the_provider_names_no_place_for_it(
    browser: Browser, one: Realm, signed_in: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "accredit_platform.oidc.provider.Provider.end_session_url", lambda *a, **k: None
    )

    answer = browser.send("/sign-out")

    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?done=signed-out")
    assert browser.me() is None


def test_signing_out_works_when_the_provider_is_not_configured_any_more(
    browser: Browser, one: Realm, signed_in: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accredit_platform.oidc.providers.Providers.find", lambda *_: None)

    assert browser.send("/sign-out").status_code == 303
    assert browser.me() is None


@pytest.mark.parametrize("kept", ["sid", "sub", "both"])
def test_a_provider_ends_the_session_here(
    browser: Browser, one: Realm, signed_in: dict[str, Any], trail: Trail, kept: str
) -> None:
    for name in {"sid": ["sub"], "sub": ["sid"], "both": []}[kept]:
        del signed_in[name]

    answer = tell(browser, one, signed_in)

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert browser.me() is None
    (event,) = trail.of("session.ended_by_provider")
    assert event["fact"]["sessions"] == 1
    assert event["resource"] is not None


def test_another_session_of_the_person_goes_on(
    browser: Browser, one: Realm, signed_in: dict[str, Any]
) -> None:
    tell(browser, one, {**signed_in, "sid": "another"})

    assert browser.me() is not None


def test_a_logout_token_counts_once(
    browser: Browser, one: Realm, signed_in: dict[str, Any], trail: Trail, unbounded: None
) -> None:
    token = one.mint(bare=True, claims=signed_in, typ="logout+jwt")
    first = browser.client.post(LOGOUTS, data={"logout_token": token})
    browser.sign_in()

    again = browser.client.post(LOGOUTS, data={"logout_token": token})

    assert (first.status_code, again.status_code) == (200, 422)
    assert browser.me() is not None
    assert [e["fact"]["reason"] for e in trail.of("provider_sign_in.refused")] == ["replayed"]


@pytest.mark.parametrize(
    ("claims", "more"),
    [
        pytest.param({"events": {}}, {}, id="no logout event"),
        pytest.param({"nonce": "n"}, {}, id="an ID token"),
        pytest.param({"sub": None, "sid": None}, {}, id="nobody's"),
        pytest.param({"jti": None}, {}, id="without a name of its own"),
        pytest.param({"exp": 1}, {}, id="expired"),
        pytest.param({"exp": 9_999_999_999}, {}, id="good for ever"),
        pytest.param({"aud": "another"}, {}, id="for somebody else"),
        pytest.param({"iss": "https://evil.test"}, {}, id="by somebody else"),
        pytest.param({}, {"typ": "at+jwt"}, id="an access token"),
        pytest.param({}, {"key": "foreign"}, id="a foreign key"),
        pytest.param({}, {"alg": "none"}, id="unsigned"),
    ],
)
def test_a_bad_logout_token_ends_nothing(
    browser: Browser,
    one: Realm,
    signed_in: dict[str, Any],
    claims: dict[str, Any],
    more: dict[str, Any],
    unbounded: None,
) -> None:
    given = {name: v for name, v in {**signed_in, **claims}.items() if v is not None}

    assert tell(browser, one, given, **more).status_code == 422
    assert browser.me() is not None


def test_sign_out_addresses_hold_nothing_but_what_the_provider_needs(
    browser: Browser, one: Realm, signed_in: dict[str, Any]
) -> None:
    url = onward(browser.send("/sign-out"))

    assert set(parse_qs(urlsplit(url).query)) == {
        "client_id",
        "id_token_hint",
        "post_logout_redirect_uri",
    }
