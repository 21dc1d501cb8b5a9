"""What is sent: an event as CloudEvents 1.0, as a message in Slack, as a mail.

All three say the same: what happened to what, when, and where to look. Whoever wants to know more
follows the link and is asked who they are.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from types import MappingProxyType
from typing import Any, Final

TYPE_PREFIX: Final = "accredit."
SHOWN_FACTS: Final = 12
_PAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "access_grant": "/access-grants/{id}",
        "access_request": "/access-requests/{id}",
        "alert": "/alerts/{id}",
        "approval_condition": "/conditions/{id}",
        "approval_request": "/approval-requests/{id}",
        "attestation": "/attestations/{id}",
        "deployment": "/deployments/{id}",
        "drift_report": "/drift-reports/{id}",
        "finding": "/findings/{id}",
        "model_request": "/model-requests/{id}",
        "model_version": "/model-versions/{id}",
        "run": "/runs/{id}",
        "use_case": "/use-cases/{id}",
        "webhook": "/webhooks/{id}",
    }
)
"""Kind of thing → its page."""

Event = Mapping[str, Any]
"""An audit event as plain JSON, with that of its fact which others are told."""


def link(event: Event, base: str) -> str:
    """Page about what an event happened to; where there is none, the trail of it."""
    resource = event["resource"]
    if resource is None:
        return f"{base}/audit?action={event['action']}"
    page = _PAGES.get(event["action"].split(".")[0], "/audit?resource_id={id}")
    return base + page.format(id=resource)


def cloud_event(event: Event, base: str) -> bytes:
    """An event in the structured JSON form of CloudEvents 1.0."""
    body = {
        "specversion": "1.0",
        "id": event["id"],
        "source": base,
        "type": TYPE_PREFIX + event["action"],
        **({"subject": event["resource"]} if event["resource"] else {}),
        "time": event["at"],
        "datacontenttype": "application/json",
        "data": {
            "seq": event["seq"],
            "action": event["action"],
            "outcome": event["outcome"],
            "project": event["project"],
            "resource": event["resource"],
            "actor": {"id": event["actor"]["id"], "kind": event["actor"]["kind"]},
            "fact": event["fact"],
            "link": link(event, base),
        },
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def slack_message(event: Event, base: str) -> bytes:
    """A message for an incoming webhook of Slack, Mattermost or whoever takes the same."""
    headline, address = _headline(event), link(event, base)
    about = "\n".join(f"• {_escaped(name)}: {_escaped(value)}" for name, value in _facts(event))
    blocks = [
        {
            "type": "section",
            "text": {"type": "mrkdwn", "text": f"*<{address}|{_escaped(headline)}>*\n{about}"},
        },
        {"type": "context", "elements": [{"type": "mrkdwn", "text": _escaped(_when(event))}]},
    ]
    text = f"{_escaped(headline)}: {address}"
    return json.dumps({"text": text, "blocks": blocks}, ensure_ascii=False).encode()


def mail(
    event: Event, base: str, *, message_id: str, sender: str, recipients: tuple[str, ...]
) -> EmailMessage:
    """A mail in plain text. Its `Message-ID` is the same at every attempt.

    Raises:
        ValueError: an address would add a header of its own.
    """
    message = EmailMessage()
    message["Subject"] = f"[Accredit] {_headline(event)}"
    message["From"] = sender
    message["To"] = ", ".join(recipients)
    message["Date"] = datetime.fromisoformat(event["at"])
    message["Message-ID"] = f"<{message_id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    about = "".join(f"{name}: {value}\n" for name, value in _facts(event))
    message.set_content(
        f"{_headline(event)}\n\n{about}\n{_when(event)}\n\nLook at it: {link(event, base)}\n\n"
        "You get this because a webhook of Accredit names your address; whoever manages webhooks "
        "can end it.\n"
    )
    return message


def _headline(event: Event) -> str:
    """`model_version.moved` → `Model version moved`; a refusal says so."""
    kind, _, verb = event["action"].partition(".")
    words = f"{kind} {verb}".replace("_", " ").capitalize()
    return f"{words} (refused)" if event["outcome"] == "denied" else words


def _when(event: Event) -> str:
    at = datetime.fromisoformat(event["at"])
    return f"{at.day} {at:%B %Y, %H:%M} UTC, entry {event['seq']} of the audit trail"


def _facts(event: Event) -> list[tuple[str, str]]:
    plain = [
        (name.replace("_", " "), str(value).replace("_", " "))
        for name, value in event["fact"].items()
        if isinstance(value, str | int | float) and not name.endswith("digest")
    ]
    return plain[:SHOWN_FACTS]


def _escaped(text: str) -> str:
    """What Slack shows as text: three characters are marks (docs.slack.dev, formatting)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
