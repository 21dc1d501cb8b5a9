"""Before a signature people of a provider authenticate there anew; an old proof does not do."""

import uuid
from typing import Any

import pytest
from httpx2 import Response

from accredit_platform.wiring import Services
from tests.platform.oidc.conftest import Browser, Trail, one_subject, onward
from tests.provider.realm import Realm

DIGEST = "ab" * 32
PROOFS = "/sign-in/providers/one/proofs"
FORM = {"proved_digest": DIGEST, "back": "/approval-requests"}


@pytest.fixture
def validator(browser: Browser, one: Realm) -> str:
    """Somebody who may sign, signed in by the provider; returns the name here."""
    subject = uuid.uuid4().hex
    one.set(
        user={"sub": subject, "preferred_username": f"v-{subject[:12]}", "groups": ["risk"]},
    )
    browser.sign_in()
    return f"v-{subject[:12]}"


def prove(browser: Browser) -> Response:
    return browser.client.get(browser.visit(onward_of(browser)))


def onward_of(browser: Browser) -> str:
    return onward(browser.send(PROOFS, **FORM))


def test_a_new_authentication_gives_a_ticket_for_the_digest(
    browser: Browser, one: Realm, validator: str, trail: Trail
) -> None:
    answer = prove(browser)

    assert (answer.status_code, answer.headers["location"]) == (303, "/approval-requests")
    held = browser.client.cookies["__Host-accredit_ticket"]
    assert held.startswith(f"{DIGEST}.sig_")
    (event,) = trail.of("signing_ticket.issued")
    assert (event["fact"]["method"], event["fact"]["subject_digest"]) == ("oidc", DIGEST)


def test_a_session_there_is_not_enough(
    browser: Browser, one: Realm, validator: str, trail: Trail, unbounded: None
) -> None:
    one.set(ignores_max_age=True, signed_in_at=one.set()["signed_in_at"] - 60)

    answer = prove(browser)

    assert answer.status_code == 403
    assert "auth_time is missing or too old" in answer.text
    assert [e["fact"]["reason"] for e in trail.of("provider_sign_in.refused")] == ["not_fresh"]
    assert trail.of("signing_ticket.issued") == []


def test_a_provider_that_does_not_say_when_proves_nothing(
    browser: Browser, one: Realm, validator: str, unbounded: None
) -> None:
    one.set(id_claims={"auth_time": None})

    assert prove(browser).status_code == 403


def test_signing_in_proves_nothing_of_a_signature_that_follows_at_once(
    browser: Browser, one: Realm, validator: str, trail: Trail, unbounded: None
) -> None:
    one.set(ignores_max_age=True)

    assert prove(browser).status_code == 403
    assert [e["fact"]["reason"] for e in trail.of("provider_sign_in.refused")] == ["replayed"]


def test_what_is_proved_is_a_digest(browser: Browser, one: Realm, validator: str) -> None:
    assert browser.send(PROOFS, proved_digest="x", back="/").status_code == 422


def test_nobody_else_proves_it(
    browser: Browser, one: Realm, validator: str, trail: Trail, unbounded: None
) -> None:
    url = onward_of(browser)
    one.set(user={"sub": "colleague", "preferred_username": "colleague"})

    answer = browser.client.get(browser.visit(url))

    assert answer.status_code == 403
    assert [e["fact"]["reason"] for e in trail.of("provider_sign_in.refused")] == ["another_person"]
    assert browser.me() == validator


def test_a_proof_is_of_the_provider_that_the_session_came_by(
    browser: Browser, one: Realm, two: Realm, validator: str
) -> None:
    answer = browser.send("/sign-in/providers/two/proofs", **FORM)

    assert answer.status_code == 403


def test_a_form_without_its_token_leads_nowhere(
    browser: Browser, one: Realm, validator: str
) -> None:
    assert browser.client.post(PROOFS, data=FORM).status_code == 403


def ask(browser: Browser, token: str) -> Response:
    return browser.client.post(
        "/api/v1/me/signing-tickets",
        json={"subject_digest": DIGEST},
        headers={"Authorization": f"Bearer {token}"},
    )


def test_a_fresh_token_proves_who_signs_over_the_api_once(
    browser: Browser, one: Realm, validator: str, services: Services
) -> None:
    subject, now = one_subject(services, validator), int(services.database.clock().timestamp())
    token = one.mint(subject, claims={"auth_time": now - 10})
    other = one.mint(subject, claims={"auth_time": now - 10})

    first, again, twin = ask(browser, token), ask(browser, token), ask(browser, other)

    assert first.status_code == 201
    assert first.json()["ticket"].startswith("sig_")
    assert (again.status_code, twin.status_code) == (403, 403), "one authentication, one ticket"
    later = one.mint(subject, claims={"auth_time": now - 5})
    assert ask(browser, later).status_code == 201


def test_a_persons_token_of_a_weak_authentication_is_worth_nothing(
    browser: Browser,
    one: Realm,
    validator: str,
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = services.providers.named("one")
    demanded = found.configured.model_copy(update={"acr_values": ("gold",)})
    monkeypatch.setattr(found, "configured", demanded)
    subject, now = one_subject(services, validator), int(services.database.clock().timestamp())
    strong = {"auth_time": now - 20, "acr": "gold"}

    weak = ask(browser, one.mint(subject, claims={"auth_time": now - 20}))
    good = ask(browser, one.mint(subject, claims=strong))

    assert (weak.status_code, weak.json()["code"]) == (401, "not_authenticated")
    assert good.status_code == 201


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({}, id="does not say when"),
        pytest.param({"auth_time": -310}, id="more than five minutes ago"),
    ],
)
def test_an_old_token_is_asked_to_step_up(
    browser: Browser, one: Realm, validator: str, services: Services, claims: dict[str, Any]
) -> None:
    now = int(services.database.clock().timestamp())
    given = {name: now + value for name, value in claims.items()}

    answer = ask(browser, one.mint(one_subject(services, validator), claims=given))

    assert answer.status_code == 403
    assert answer.json()["code"] == "reauthentication_required"
    challenge = answer.headers["WWW-Authenticate"]
    assert 'error="insufficient_user_authentication"' in challenge
    assert "max_age=300" in challenge
