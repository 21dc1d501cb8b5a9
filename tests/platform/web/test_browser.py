"""The sign-off in a real Chromium: what people see, press and are told."""

import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn

from accredit_platform.app import create_app
from accredit_platform.settings import Settings
from accredit_platform.wiring import open_services
from tests.platform.web.seed import PASSWORD, Seeded

pytestmark = pytest.mark.browser

playwright_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
Browser, Page = playwright_api.Browser, playwright_api.Page

NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium_path() -> str:
    """Where Chromium is; skips the test without one, or fails where one is demanded."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        message = "no Chromium on this machine; install the package `chromium`"
        if os.environ.get("ACCREDIT_REQUIRE_BROWSER") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return found


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = chromium_path()
    with playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def site(home: Path) -> Iterator[str]:
    """Address of a real server on a real installation."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        app = create_app(open_services(Settings(home=home)))
        server = uvicorn.Server(
            uvicorn.Config(app, log_config=None, ws="none", timeout_graceful_shutdown=5)
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        deadline = time.monotonic() + 30
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        assert server.started
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=30)
        assert not thread.is_alive()


@pytest.fixture
def visit(chromium: Browser, site: str) -> Iterator[Callable[[str], Page]]:
    """Signs a person in, in a browser of their own; no console may say anything in the end."""
    said: list[str] = []
    contexts = []

    def enter(name: str, *, scripts: bool = True) -> Page:
        context = chromium.new_context(base_url=site, java_script_enabled=scripts)
        contexts.append(context)
        context.set_default_timeout(15_000)
        page = context.new_page()
        page.on("console", lambda message: said.append(f"{name}: {message.text}"))
        page.on("pageerror", lambda error: said.append(f"{name}: {error}"))
        page.goto("/approval-requests")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="Approvals").wait_for()
        return page

    yield enter
    for context in contexts:
        context.close()
    assert said == []


def sign(page: Page, comment: str) -> None:
    """Open the first request of one's queue, read it, approve it."""
    page.get_by_role("row").get_by_role("link", name="loan-approval, version 6").click()
    page.get_by_role("heading", name="Your decision").wait_for()
    page.get_by_text("Figures of Adverse impact ratio of race").click()
    assert page.get_by_role("img", name="Selection rate per group of race").count() == 1
    card = page.frame_locator("iframe.card")
    page.locator("iframe.card").scroll_into_view_if_needed()
    card.get_by_role("heading", name="Home loan approval").wait_for()
    page.get_by_role("radio", name="Approve").check()
    page.get_by_label("Comment", exact=True).fill(comment)
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Sign", exact=True).click()
    page.get_by_role("status").get_by_text("Your decision is recorded.").wait_for()


def test_a_version_is_approved_by_two_people_and_not_by_its_developer(
    visit: Callable[..., Page], seeded: Seeded
) -> None:
    validator = visit("vera")
    sign(validator, "Compared the groups; the interval is above the limit.")
    assert validator.locator(".stages .done").inner_text().startswith("✓")

    developer = visit("dana")
    developer.goto(f"/approval-requests/{seeded['request']}")
    refusal = developer.locator(".refusal")
    assert "because you trained it and prepared its data" in refusal.inner_text()
    assert developer.get_by_role("button", name="Sign", exact=True).count() == 0

    sign(visit("carl"), "Complete and in order.")

    validator.goto(f"/model-versions/{seeded['in_review']}")
    title = validator.locator(".title")
    assert "Approved" in title.inner_text()
    assert "in review → approved" in validator.locator(".history").inner_text()


def test_the_sign_off_works_without_scripts(visit: Callable[..., Page]) -> None:
    sign(visit("vera", scripts=False), "Read on paper.")


def test_a_waiting_run_keeps_its_page_up_to_date(
    visit: Callable[..., Page], seeded: Seeded
) -> None:
    page = visit("dana")
    with page.expect_response("**/progress") as told:
        page.goto(f"/runs/{seeded['run']}")

    assert told.value.json()["state"] == "queued"
    page.get_by_role("button", name="Stop this run").click()
    page.get_by_text("It was asked to stop.").wait_for()


def test_evidently_runs_behind_glass(visit: Callable[..., Page], seeded: Seeded) -> None:
    page = visit("olga")
    page.goto(f"/drift-reports/{seeded['drift']}")
    frame = page.frame_locator("iframe.card")
    page.locator("iframe.card").scroll_into_view_if_needed()

    words = frame.locator("#w").inner_text()

    assert words == "cookies: out of reach, origin: null"
