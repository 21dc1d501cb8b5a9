"""The page of webhooks: made, shown once, tested, replayed, ended."""

import re
import uuid
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from accredit_governance.operations.deliveries import Outcome, claim, post, settle
from accredit_governance.operations.identity import system_actor
from accredit_governance.operations.webhooks import disable_webhook
from tests.platform.web.conftest import Visitor


def services_of(client: TestClient):  # type: ignore[no-untyped-def] # layers around the application
    app = client.app
    while not hasattr(app, "services"):
        app = app.app
    return app.services


def test_an_owner_makes_tests_and_ends_a_webhook(enter: Callable[[str], Visitor]) -> None:
    olga = enter("olga")
    project = re.search(r'<option value="([0-9a-f-]{36})">', olga.open("/webhooks"))
    assert project is not None
    fields = {
        "title": "<b>Tickets</b>",
        "kind": "webhook",
        "project_id": project[1],
        "actions": "webhook.*\nfinding.*",
    }
    refused = olga.send("/webhooks", **fields, url="https://127.0.0.1/very-secret")
    assert refused.status_code == 422
    assert "not public" in refused.text

    made = olga.send("/webhooks", **fields, url="https://8.8.8.8/very-secret")

    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    secret = re.search(r"whsec_[A-Za-z0-9+/=]+", made.text)
    place = re.search(r"/webhooks/[0-9a-f-]{36}", made.text)
    assert secret is not None
    assert place is not None
    database = services_of(olga.client).database
    post(database)
    for claimed in claim(database, failing=False):
        settle(database, claimed, Outcome(20, status=200, answer="<script>"), chance=0)
    shown = olga.open(place[0])
    assert "&lt;b&gt;Tickets&lt;/b&gt;" in shown
    assert "https://8.8.8.8" in shown
    assert "very-secret" not in shown
    assert "whsec_" not in shown
    log = re.search(r"/webhook-deliveries/[0-9a-f-]{36}", shown)
    assert log is not None
    assert "&lt;script&gt;" in olga.open(log[0])
    for address, more in (
        (f"{log[0]}/replays", {}),
        (f"{place[0]}/tests", {}),
        (f"{place[0]}/replays", {"since": "2026-01-01T00:00"}),
        (f"{place[0]}/pauses", {}),
        (f"{place[0]}/resumptions", {}),
    ):
        assert olga.send(address, **more).status_code == 303, address
    assert secret[0] not in olga.send(f"{place[0]}/secrets").text
    disable_webhook(
        database, system_actor(database), uuid.UUID(place[0].rpartition("/")[2]), cause="gone"
    )
    assert "its receiver takes nothing any more" in olga.open("/").lower()
    assert "gone for good" in olga.open(place[0])
    assert olga.send(f"{place[0]}/revocations").status_code == 303
    assert "What you can do" not in olga.open(place[0])


@pytest.mark.parametrize("name", ["violet", "vera", "carl"])
def test_others_do_not_see_the_page(look: Callable[[str], Visitor], name: str) -> None:
    visitor = look(name)

    assert "/webhooks" not in visitor.open("/policies")
    visitor.open("/webhooks", status=403)


def test_an_admin_makes_one_for_the_whole_organisation(look: Callable[[str], Visitor]) -> None:
    assert "The whole organisation" in look("admin").open("/webhooks")
