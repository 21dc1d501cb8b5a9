"""Mails about what waits: wanted, once for each task, not lost while a mail server is away."""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from accredit_governance.operations.identity import actor_of_principal
from accredit_governance.operations.sessions import password_hash_of
from accredit_governance.questions.tasks import tasks
from accredit_platform.app import create_app
from accredit_platform.settings import Settings
from accredit_platform.webhooks.task_mails import tell_of_tasks
from accredit_platform.wiring import Services, open_services
from tests.platform.web.conftest import sign_in
from tests.platform.webhooks.receivers import Mailbox, mail_server


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


@pytest.fixture
def services(home: Path, mailbox: Mailbox) -> Iterator[Services]:
    """The office with a mail server, and with the address of one person."""
    with sqlite3.connect(home / "accredit.sqlite") as connection:
        connection.execute("UPDATE principal SET email = 'vera@example.com' WHERE name = 'vera'")
    connection.close()
    given = {
        "home": home,
        "smtp_host": "127.0.0.1",
        "smtp_port": mailbox.port,
        "smtp_security": "none",
    }
    opened = open_services(Settings.model_validate(given))
    yield opened
    opened.close()


def test_who_asks_for_it_is_told_once_of_each_task(services: Services, mailbox: Mailbox) -> None:
    database = services.database
    tell_of_tasks(services)
    assert mailbox.mails.empty(), "nobody has asked for it"
    with TestClient(
        create_app(services), base_url="https://accredit.test", follow_redirects=False
    ) as client:
        vera = sign_in(client, "vera")
        assert "Tell me by mail when something new waits" in vera.open("/")
        assert vera.send("/me/notification-preferences", tasks_by_mail="yes").status_code == 303
        assert "No more mails" in vera.open("/?done=mails-on")
        known = password_hash_of(database, "vera")
        assert known is not None
        actor = actor_of_principal(database, known[0], request_id=None)
        assert actor is not None
        waiting = len({(task.kind, task.id) for task in tasks(database, actor)})
        assert waiting

        # The server is away; some minutes later it is not.
        clock = database.clock
        mailbox.refuses = frozenset({"vera@example.com"})
        tell_of_tasks(services)
        tell_of_tasks(services)
        mailbox.refuses = frozenset()
        assert mailbox.mails.empty()
        database.clock = lambda: clock() + timedelta(minutes=6)
        tell_of_tasks(services)
        tell_of_tasks(services)

        recipients, text = mailbox.mails.get(timeout=5)
        assert mailbox.mails.empty()
        assert recipients == ["vera@example.com"]
        assert f"Subject: [Accredit] {waiting} new task" in text
        assert "loan-approval" not in text, "what waits is not told"

        assert vera.send("/me/notification-preferences", tasks_by_mail="no").status_code == 303
        olga = sign_in(client, "olga")
        assert "by mail" not in olga.open("/")
        refused = olga.send("/me/notification-preferences", tasks_by_mail="yes")
        assert refused.status_code == 409
        assert "mail address of yours is known" in refused.text


def test_an_odd_address_keeps_nobody_else_from_their_mail(
    services: Services, mailbox: Mailbox
) -> None:
    with services.database.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE principal SET email = 'a@[' WHERE kind = 'user' AND email IS NULL"
        )
        connection.exec_driver_sql(
            "INSERT INTO notification_preference (principal_id, tasks_by_mail, changed_at)"
            " SELECT id, 1, created_at FROM principal WHERE email IS NOT NULL"
        )

    tell_of_tasks(services)

    assert mailbox.mails.get(timeout=5)[0] == ["vera@example.com"]
    assert mailbox.mails.empty()
