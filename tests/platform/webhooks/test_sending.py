"""Sending: signed, to the checked address only, recorded, and not lost when a worker dies."""

import email
import email.policy
import json
import logging
import shutil
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from accredit_governance.access.actors import Actor
from accredit_governance.errors import InvalidInput
from accredit_governance.lifecycle.webhooks import DeliveryState, WebhookKind, WebhookState
from accredit_governance.operations import identity, sessions, webhooks
from accredit_governance.operations.identity import create_first_admin
from accredit_governance.questions import webhooks as questions
from accredit_governance.questions.pages import Page
from accredit_governance.registry.sealing import SealBroken
from accredit_governance.registry.webhook_records import DeliveryLog, IssuedWebhook
from accredit_platform.settings import Settings
from accredit_platform.webhooks import calling, mailing
from accredit_platform.webhooks.admission import admit
from accredit_platform.webhooks.sending import send_again, send_new
from accredit_platform.webhooks.signing import new_secret
from accredit_platform.webhooks.targets import TargetRefused
from accredit_platform.wiring import Services, open_services, prepare
from tests.platform.webhooks.receivers import (
    Mailbox,
    Receiver,
    certificate_for,
    mail_server,
    receiver,
)

HOST = "hooks.accredit.test"
LOCAL = ("127.0.0.0/8",)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("webhooks") / "home"
    settings = Settings(home=home)
    prepare(settings)
    services = open_services(settings)
    create_first_admin(services.database, name="ada", title="Ada", password_hash="x")
    services.close()
    return home


class Place:
    """An installation with its admin, and what the test reads of it."""

    def __init__(self, home: Path, **settings: Any) -> None:
        self.home = home
        given = {"webhook_allow_http": True, "webhook_allowed_networks": LOCAL, **settings}
        self.settings = Settings.model_validate({"home": home, **given})
        self.services: Services = open_services(self.settings)
        found = sessions.password_hash_of(self.services.database, "ada")
        assert found is not None
        admin = identity.actor_of_principal(self.services.database, found[0], request_id=None)
        assert admin is not None
        self.admin: Actor = admin

    def hook(
        self,
        url: str | None,
        *,
        kind: WebhookKind = WebhookKind.WEBHOOK,
        addresses: tuple[str, ...] = (),
        actions: tuple[str, ...] = ("webhook.tested",),
    ) -> IssuedWebhook:
        target = admit(
            self.services, self.admin, kind=kind, url=url, addresses=addresses, project_id=None
        )
        return webhooks.create_webhook(
            self.services.database,
            self.admin,
            project_id=None,
            kind=kind,
            title="Receiver",
            target=target.shown,
            url=target.url,
            secret=new_secret() if kind is WebhookKind.WEBHOOK else None,
            actions=actions,
            outcome=None,
            key=self.services.sealing,
        )

    def tested(self, webhook: IssuedWebhook) -> DeliveryLog:
        """What became of a test of a webhook, in one round."""
        webhooks.send_test(self.services.database, self.admin, webhook.id)
        send_new(self.services)
        return self.log(webhook)

    def log(self, webhook: IssuedWebhook) -> DeliveryLog:
        found = questions.deliveries(self.services.database, self.admin, webhook.id, Page())
        return questions.delivery(self.services.database, self.admin, found.items[0].id)

    def refusals(self) -> list[str]:
        with self.services.database.engine.connect() as connection:
            rows = connection.exec_driver_sql(
                "SELECT body FROM audit_event WHERE action = 'operation.refused' ORDER BY seq"
            ).all()
        return [json.loads(body)["fact"]["code"] for (body,) in rows]


@pytest.fixture
def taker() -> Iterator[Receiver]:
    with receiver() as started:
        yield started


@pytest.fixture
def place(prepared: Path, tmp_path: Path, taker: Receiver) -> Iterator[Place]:
    home = tmp_path / "home"
    shutil.copytree(prepared, home)
    opened = Place(home, webhook_ports=[taker.port], public_url="https://accredit.example.com")
    yield opened
    opened.services.close()


def test_an_event_arrives_as_a_signed_cloud_event(place: Place, taker: Receiver) -> None:
    webhook = place.hook(taker.url("/hook?team=1"))
    newer = webhooks.rotate_secret(
        place.services.database,
        place.admin,
        webhook.id,
        secret=new_secret(),
        key=place.services.sealing,
    )

    log = place.tested(webhook)

    got = taker.next()
    assert got.path == "/hook?team=1"
    assert got.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert got.headers["webhook-id"] == str(log.id)
    for secret in (webhook.secret, newer.secret):
        assert secret is not None
        assert Webhook(secret).verify(got.body, got.headers)
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(new_secret()).verify(got.body, got.headers)
    event = json.loads(got.body)
    assert {name: event[name] for name in ("specversion", "source", "type", "subject")} == {
        "specversion": "1.0",
        "source": "https://accredit.example.com",
        "type": "accredit.webhook.tested",
        "subject": str(webhook.id),
    }
    assert event["data"]["link"] == f"https://accredit.example.com/webhooks/{webhook.id}"
    assert event["data"]["actor"] == {"id": str(place.admin.id), "kind": "user"}
    assert (log.state, log.attempts) == (DeliveryState.DELIVERED, 1)
    assert log.last is not None
    assert (log.last.status, log.last.error, log.last.answer) == (200, None, "ok")


@pytest.mark.parametrize(
    ("status", "headers", "says"),
    [
        pytest.param(500, {}, "answered 500", id="broken"),
        pytest.param(401, {}, "answered 401", id="not let in"),
        pytest.param(
            302,
            {"Location": "https://169.254.169.254/latest/meta-data"},
            "leads where no webhook may",
            id="a redirect inside",
        ),
        pytest.param(307, {"Location": "/other"}, "redirects are refused", id="a redirect home"),
        pytest.param(308, {"Location": "https://[::1"}, "redirects are refused", id="nonsense"),
        pytest.param(301, {}, "redirects are refused", id="a redirect nowhere"),
    ],
)
def test_what_is_not_taken_is_recorded_and_comes_again(
    place: Place, taker: Receiver, status: int, headers: dict[str, str], says: str
) -> None:
    taker.status, taker.headers = status, headers

    log = place.tested(place.hook(taker.url()))

    assert log.state is DeliveryState.PENDING
    assert log.last is not None
    assert log.last.status == status
    assert says in (log.last.error or "")
    assert taker.got.qsize() == 1, "nobody followed the redirect"
    taker.status = 200
    clock = place.services.database.clock
    place.services.database.clock = lambda: clock() + timedelta(seconds=10)
    send_again(place.services)
    assert taker.got.qsize() == 2


def test_a_receiver_that_is_gone_is_disabled_and_its_owner_sees_why(
    place: Place, taker: Receiver
) -> None:
    taker.status = 410
    webhook = place.hook(taker.url())

    log = place.tested(webhook)

    assert log.state is DeliveryState.FAILED
    record = questions.webhook(place.services.database, place.admin, webhook.id)
    assert (record.state, record.disabled_cause) == (WebhookState.DISABLED, "gone")


def test_a_receiver_that_is_busy_is_left_alone_as_long_as_it_asks(
    place: Place, taker: Receiver
) -> None:
    taker.status, taker.headers = 429, {"Retry-After": "3600"}

    log = place.tested(place.hook(taker.url()))

    assert log.due_at is not None
    assert log.last is not None
    assert log.last.ended_at is not None
    assert log.due_at - log.last.ended_at >= timedelta(minutes=59)


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param("Mon, 01 Jan 2024 00:00:00 +99999999999999999", id="a zone too far"),
        pytest.param("Fri, 31 Dec 9999 23:59:59 -2359", id="the end of time"),
        pytest.param("later", id="a word"),
    ],
)
def test_no_wait_that_a_receiver_asks_for_makes_a_delivery_immortal(
    place: Place, taker: Receiver, asked: str
) -> None:
    taker.status, taker.headers = 503, {"Retry-After": asked}

    log = place.tested(place.hook(taker.url()))

    assert log.last is not None
    assert (log.last.status, log.last.error) == (503, "answered 503")
    assert log.due_at is not None


def test_an_attempt_that_breaks_off_is_settled_as_failed(
    place: Place, taker: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = place.hook(taker.url())

    def broken(answered: object) -> None:
        raise ZeroDivisionError

    taker.status = 503
    monkeypatch.setattr(calling, "_asked_wait", broken)
    with pytest.raises(ZeroDivisionError):
        place.tested(webhook)

    log = place.log(webhook)
    assert log.last is not None
    assert log.last.error == "the attempt broke off; the log of the worker says why"


def test_however_slowly_a_receiver_answers_it_has_so_much_time(
    place: Place, taker: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    taker.answer, taker.drip_s = b"x" * 100, 0.1
    defaults = {**(calling.call.__kwdefaults__ or {}), "timeout_s": 0.5}
    monkeypatch.setattr(calling.call, "__kwdefaults__", defaults)

    log = place.tested(place.hook(taker.url()))

    assert log.last is not None
    assert log.last.error == "no answer within 0.5 s"
    assert (log.last.duration_ms or 0) < 3_000


def test_of_an_answer_a_kilobyte_without_secrets_is_kept(
    place: Place, taker: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    webhook = place.hook(taker.url("/T0/very-secret-path"))
    assert webhook.secret is not None
    taker.answer = f"\0{webhook.secret} /T0/very-secret-path ".encode() + b"z" * 5_000_000

    log = place.tested(webhook)

    assert log.last is not None
    assert log.last.answer is not None
    assert log.last.answer.startswith("… … zzz")
    assert len(log.last.answer) <= 1024
    assert "very-secret-path" not in log.model_dump_json()
    assert caplog.records
    assert not any(
        secret in record.getMessage()
        for record in caplog.records
        for secret in (webhook.secret, "very-secret-path")
    )


def test_a_name_that_leads_inside_later_is_not_called(
    prepared: Path, tmp_path: Path, taker: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: public when the webhook is made, inside when it is called."""
    shutil.copytree(prepared, tmp_path / "home")
    place = Place(tmp_path / "home", webhook_ports=[taker.port], webhook_allowed_networks=())
    answers = iter(["93.184.216.34", "127.0.0.1"])
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, port, **_: [(2, socket.SOCK_STREAM, 6, "", (next(answers), port))],
    )

    log = place.tested(place.hook(taker.url(host="rebound.example.com")))

    assert log.last is not None
    assert "not called: the host has no address, or one that is not public" in (
        log.last.error or ""
    )
    assert taker.got.empty()
    place.services.close()


def test_the_certificate_has_to_be_that_of_the_host(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = certificate_for(HOST, tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    asked: list[str] = []

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        # Nobody listens at the first one; the second one takes the connection.
        return [(2, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ("127.0.0.9", "127.0.0.1")]

    shutil.copytree(prepared, tmp_path / "home")
    with receiver(certificate=certificate) as taker:
        place = Place(tmp_path / "home", webhook_ports=[taker.port], webhook_allow_http=False)
        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        right = place.tested(place.hook(taker.url(host=HOST)))
        wrong = place.tested(place.hook(taker.url(host="other.accredit.test")))
        place.services.close()
        got = taker.next()
        assert taker.got.empty()

    assert right.state is DeliveryState.DELIVERED
    assert got.headers["host"] == f"{HOST}:{taker.port}"
    # Once when it was made, once when it was called; the connection asks nobody.
    assert asked == [HOST] * 2 + ["other.accredit.test"] * 2
    assert wrong.last is not None
    assert "certificate" in (wrong.last.error or "").lower()


def test_a_hostile_address_is_refused_when_it_is_made_and_that_is_recorded(
    prepared: Path, tmp_path: Path
) -> None:
    shutil.copytree(prepared, tmp_path / "home")
    place = Place(tmp_path / "home", webhook_allowed_networks=())

    for url in ("https://169.254.169.254/latest", "https://127.1/", "https://localhost/"):
        with pytest.raises(TargetRefused):
            place.hook(url)

    assert place.refusals() == ["webhook_target_refused"] * 3
    assert questions.webhooks(place.services.database, place.admin, Page()).items == ()
    place.services.close()


def test_slack_gets_words_that_cannot_mark_anything(place: Place, taker: Receiver) -> None:
    log = place.tested(place.hook(taker.url("/services/T/B/x"), kind=WebhookKind.SLACK))

    got = taker.next()
    said = json.loads(got.body)
    assert "webhook-signature" not in got.headers
    assert said["text"].startswith("Webhook tested: https://accredit.example.com/webhooks/")
    assert said["blocks"][0]["type"] == "section"
    assert log.state is DeliveryState.DELIVERED


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


def test_mail_arrives_with_a_link_and_says_who_was_refused(
    prepared: Path, tmp_path: Path, mailbox: Mailbox
) -> None:
    shutil.copytree(prepared, tmp_path / "home")
    place = Place(
        tmp_path / "home",
        smtp_host="127.0.0.1",
        smtp_port=mailbox.port,
        smtp_security="none",
        smtp_sender="accredit@example.com",
    )
    mailbox.refuses = frozenset({"gone@example.com"})
    webhook = place.hook(
        None, kind=WebhookKind.EMAIL, addresses=("ann@example.com", "gone@example.com")
    )

    log = place.tested(webhook)

    recipients, text = mailbox.mails.get(timeout=5)
    assert recipients == ["ann@example.com"]
    assert "Subject: [Accredit] Webhook tested" in text
    assert f"Message-ID: <{log.id}@example.com>" in text
    words = email.message_from_string(text, policy=email.policy.default).get_content()
    assert f"/webhooks/{webhook.id}" in words
    assert (log.state, log.attempts) == (DeliveryState.DELIVERED, 1)
    assert log.last is not None
    assert log.last.answer == "not to all of them: 550 no such user"

    mailbox.refuses = frozenset({"ann@example.com", "gone@example.com"})
    failed = place.tested(webhook)
    assert failed.last is not None
    assert failed.last.error == "the mail server refused all recipients"
    place.services.close()


def test_mail_is_not_sent_in_the_clear_when_it_was_to_be_secret(
    prepared: Path, tmp_path: Path, mailbox: Mailbox
) -> None:
    shutil.copytree(prepared, tmp_path / "home")
    place = Place(tmp_path / "home", smtp_host="127.0.0.1", smtp_port=mailbox.port)

    log = place.tested(place.hook(None, kind=WebhookKind.EMAIL, addresses=("ann@example.com",)))

    assert log.last is not None
    assert log.last.error == "the mail was not taken: SMTPNotSupportedError"
    assert mailbox.mails.empty()
    place.services.close()


def test_however_slowly_a_mail_server_talks_it_has_so_much_time(
    prepared: Path, tmp_path: Path, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailing, "WHOLE_S", 0.5)
    mailbox.slow_s = 0.2
    shutil.copytree(prepared, tmp_path / "home")
    place = Place(
        tmp_path / "home", smtp_host="127.0.0.1", smtp_port=mailbox.port, smtp_security="none"
    )
    addresses = tuple(f"p{n}@example.com" for n in range(20))

    log = place.tested(place.hook(None, kind=WebhookKind.EMAIL, addresses=addresses))

    assert log.last is not None
    assert log.last.error == "the mail was not taken: TimeoutError"
    assert (log.last.duration_ms or 0) < 2_000
    assert mailbox.mails.empty()
    place.services.close()


@pytest.mark.parametrize(
    "addresses",
    [
        pytest.param((), id="nobody"),
        pytest.param(("ann@example.com\r\nBcc: eve@example.com",), id="another header"),
        pytest.param(("ann@example.com, eve@example.com",), id="two in one"),
        pytest.param(("Ann <ann@example.com>",), id="a name"),
        pytest.param(("ann..lee@example.com",), id="two dots"),
        pytest.param(("ann@-",), id="no host"),
        pytest.param(("ann",), id="no mail address"),
        pytest.param(tuple(f"p{n}@example.com" for n in range(21)), id="too many"),
    ],
)
def test_mail_goes_to_plain_addresses_only(
    prepared: Path, tmp_path: Path, addresses: tuple[str, ...]
) -> None:
    shutil.copytree(prepared, tmp_path / "home")
    place = Place(tmp_path / "home", smtp_host="127.0.0.1")

    with pytest.raises(InvalidInput):
        place.hook(None, kind=WebhookKind.EMAIL, addresses=addresses)

    assert place.refusals() == ["invalid_input"]
    place.services.close()


def test_a_worker_that_is_killed_while_it_sends_loses_nothing(
    place: Place, taker: Receiver
) -> None:
    taker.hangs = True
    webhook = place.hook(taker.url())
    webhooks.send_test(place.services.database, place.admin, webhook.id)
    program = (
        "import sys\n"
        "from accredit_platform.settings import Settings\n"
        "from accredit_platform.webhooks.sending import send_new\n"
        "from accredit_platform.wiring import open_services\n"
        "send_new(open_services(Settings.model_validate_json(sys.argv[1])))\n"
    )
    worker = subprocess.Popen(
        [sys.executable, "-c", program, place.settings.model_dump_json(exclude_none=True)]
    )
    first = taker.next()
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    taker.hangs = False
    taker.released.set()

    send_new(place.services)
    assert taker.got.empty(), "its claim still stands"
    clock = place.services.database.clock
    place.services.database.clock = lambda: clock() + timedelta(minutes=2)
    send_new(place.services)

    second = taker.next()
    log = place.log(webhook)
    assert uuid.UUID(second.headers["webhook-id"]) == log.id
    assert second.headers["webhook-id"] == first.headers["webhook-id"]
    assert [(a.number, a.ended_at is None) for a in log.tried] == [(1, True), (2, False)]
    assert log.state is DeliveryState.DELIVERED


def test_without_its_key_a_webhook_is_not_called_and_says_why(
    place: Place, taker: Receiver
) -> None:
    webhook = place.hook(taker.url())
    place.settings.resolved_webhook_key_file.unlink()

    log = place.tested(webhook)

    assert log.last is not None
    assert "not called: the webhook key" in (log.last.error or "")
    assert taker.got.empty()
    with pytest.raises(SealBroken):
        place.hook(taker.url())
