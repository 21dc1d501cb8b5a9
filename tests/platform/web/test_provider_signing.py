"""Somebody of an identity provider signs a version off: they go there once more for it."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import uvicorn
from pydantic import SecretStr
from starlette.testclient import TestClient

from accredit_governance.access.permissions import Role
from accredit_platform.app import create_app
from accredit_platform.oidc.configured import GroupRole, IdentityProvider
from accredit_platform.settings import Settings
from accredit_platform.wiring import open_services
from tests.platform.oidc.conftest import URL, Browser, onward
from tests.platform.web.seed import Seeded
from tests.platform.web.test_browser import chromium_path
from tests.provider.realm import Realm, provider
from tests.provider.server import SECRET


@pytest.fixture(scope="module")
def realm() -> Iterator[Realm]:
    with provider() as (one, _two, _three):
        yield one


def settings(home: Path, realm: Realm, public_url: str) -> Settings:
    configured = IdentityProvider(
        name="one",
        title="Bank one",
        issuer=realm.issuer,
        client_id="accredit",
        client_secret=SecretStr(SECRET),
        group_roles=(GroupRole(group="risk", role=Role.VALIDATOR),),
    )
    return Settings(home=home, public_url=public_url, identity_providers=(configured,))


def test_a_signature_takes_a_new_authentication_for_its_digest(
    home: Path, realm: Realm, seeded: Seeded
) -> None:
    realm.set(reset=True, user={"sub": "1", "preferred_username": "val", "groups": ["risk"]})
    address = f"/approval-requests/{seeded['request']}"
    app = create_app(open_services(settings(home, realm, URL)))
    with TestClient(app, base_url=URL, follow_redirects=False) as client:
        browser = Browser(client)
        assert browser.sign_in(back=address).headers["location"] == address
        page = client.get(address).text
        digest = page.split('name="proved_digest" value="', 1)[1].split('"', 1)[0]
        decision = {"decision": "approve", "comment": "Read.", "subject_digest": digest}
        early = browser.send(f"{address}/sign-offs", **decision)

        left = browser.send("/sign-in/providers/one/proofs", proved_digest=digest, back=address)
        back = client.get(browser.visit(onward(left)))
        ready = client.get(address).text
        signed = browser.send(f"{address}/sign-offs", **decision)
        again = browser.send(f"{address}/sign-offs", **decision)

        assert 'type="password"' not in page, "this person has no password here"
        assert f'name="back" value="{quote(address)}"' in page
        assert (early.status_code, back.headers["location"]) == (403, address)
        assert "You have proved to Bank one who you are" in ready
        assert signed.headers["location"] == f"{address}?done=signed"
        assert again.status_code in {403, 409}, "a ticket is good for one signature"
        assert "oidc" in client.get(address).text


@pytest.mark.browser
def test_a_real_browser_goes_there_and_back_and_signs(
    home: Path, realm: Realm, seeded: Seeded
) -> None:
    """Cookies, the content security policy and the way on are the browser's own business."""
    realm.set(reset=True, user={"sub": "2", "preferred_username": "cleo", "groups": ["risk"]})
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    path, said = chromium_path(), []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        site = f"http://127.0.0.1:{listener.getsockname()[1]}"
        app = create_app(open_services(settings(home, realm, site)))
        config = uvicorn.Config(app, log_config=None, ws="none", timeout_graceful_shutdown=5)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        with api.sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            page = chromium.new_page()
            page.set_default_timeout(15_000)
            page.on("console", lambda message: said.append(message.text))
            page.goto(f"{site}/approval-requests/{seeded['request']}")
            page.get_by_role("button", name="Sign in with Bank one").click()
            page.get_by_role("heading", name="Your decision").wait_for()
            page.get_by_role("button", name="Prove to Bank one who you are").click()
            page.get_by_text("You have proved to Bank one").wait_for()
            page.get_by_role("radio", name="Approve").check()
            page.get_by_role("button", name="Sign", exact=True).click()
            page.get_by_role("status").get_by_text("Your decision is recorded.").wait_for()
            page.get_by_role("button", name="Sign out").click()
            page.get_by_text("You are signed out").wait_for()
            chromium.close()
        server.should_exit = True
        thread.join(timeout=30)

    assert [text for text in said if not text.startswith("Clear-Site-Data header")] == []
    assert realm.set()["ends"], "the session there is over as well"
