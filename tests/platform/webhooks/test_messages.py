"""Messages: the same in three forms, with a link that leads somewhere."""

import email.policy
import json
import re
from typing import Any

import pytest

from accredit_governance.audit.catalogue import ACTIONS
from accredit_platform.web import pages
from accredit_platform.webhooks import messages

BASE = "https://accredit.example.com"
ID = "0190b39f-0000-7000-8000-000000000001"


def event(**changes: Any) -> dict[str, Any]:
    return {
        "seq": 412,
        "id": "0190b3a2-0000-7000-8000-000000000001",
        "at": "2026-11-02T09:00:00.001000Z",
        "action": "model_version.moved",
        "outcome": "ok",
        "project": "0190b380-0000-7000-8000-000000000001",
        "resource": ID,
        "actor": {"id": "0190b377-0000-7000-8000-000000000001", "kind": "user"},
        "fact": {"before": "in_review", "after": "approved", "report_digest": "ab" * 32},
        **changes,
    }


def test_every_page_that_a_message_links_to_exists() -> None:
    paths = [
        re.sub(r"{\w+}", "[^/]+", route.path)
        for room in pages.ROOMS
        for route in room.router.routes
    ]
    kinds = {action.split(".")[0] for action in ACTIONS}

    for kind in sorted(kinds):
        to = messages.link(event(action=f"{kind}.moved"), BASE).removeprefix(BASE)
        assert any(re.fullmatch(path, to.split("?")[0]) for path in paths), to
    assert set(messages._PAGES) <= kinds


def test_what_has_no_resource_leads_to_the_trail() -> None:
    assert messages.link(event(resource=None), BASE) == f"{BASE}/audit?action=model_version.moved"
    body = json.loads(messages.cloud_event(event(resource=None), BASE))
    assert "subject" not in body


def test_a_mail_reads_and_leaves_digests_out() -> None:
    made = messages.mail(
        event(outcome="denied"),
        BASE,
        message_id="0190",
        sender="accredit@example.com",
        recipients=("ann@example.com", "bob@example.com"),
    )

    assert made["Subject"] == "[Accredit] Model version moved (refused)"
    assert made["To"] == "ann@example.com, bob@example.com"
    text = made.get_content()
    assert "before: in review" in text
    assert "2 November 2026, 09:00 UTC, entry 412" in text
    assert f"{BASE}/model-versions/{ID}" in text
    assert "abab" not in text


@pytest.mark.parametrize("recipient", ["ann@example.com\nBcc: eve@example.com", "a@b.c\r\n\r\nx"])
def test_a_recipient_adds_no_header(recipient: str) -> None:
    with pytest.raises(ValueError, match=r"(?i)linefeed|newline|header"):
        messages.mail(
            event(), BASE, message_id="0", sender="a@example.com", recipients=(recipient,)
        ).as_bytes(policy=email.policy.SMTP)


def test_marks_of_slack_are_text() -> None:
    hostile = event(fact={"name": "<!channel> & <https://evil.example.com|click>"})

    said = messages.slack_message(hostile, BASE).decode()

    assert "<!channel>" not in said
    assert "&lt;!channel&gt; &amp; &lt;https" in said
