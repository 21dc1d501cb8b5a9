"""Webhooks: who is told of what, nothing twice, nothing lost."""

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Role
from accredit_governance.errors import (
    Conflict,
    IllegalTransition,
    InvalidInput,
    NotAllowed,
    NotFound,
)
from accredit_governance.lifecycle.webhooks import (
    RETRY_AFTER,
    DeliveryState,
    WebhookKind,
    WebhookState,
    wait_after,
)
from accredit_governance.operations import deliveries, identity, notifications, webhooks
from accredit_governance.operations.deliveries import CLAIM_ENDS_AFTER, Claimed, Outcome
from accredit_governance.questions import webhooks as questions
from accredit_governance.questions.pages import Page
from accredit_governance.registry.sealing import SealBroken, SealingKey
from accredit_governance.registry.tables import WebhookDeliveryRow
from accredit_governance.registry.webhook_records import IssuedWebhook
from tests.governance.audit.test_ledger import together
from tests.governance.office import Office

KEY = SealingKey(b"k" * 32)
SECRET = "whsec_" + "c2VjcmV0" * 5
URL = "https://hooks.example.com/T0/secret-path"
ALL = Page(size=1000)

pytestmark = pytest.mark.databases("sqlite")


def make(office: Office, by: str = "owner", **changes: Any) -> IssuedWebhook:
    given = {
        "project_id": office.project_id,
        "kind": WebhookKind.WEBHOOK,
        "title": "Ticket system",
        "target": "https://hooks.example.com",
        "url": URL,
        "secret": SECRET,
        "actions": ("*",),
        "outcome": None,
        "key": KEY,
        **changes,
    }
    return webhooks.create_webhook(office.database, office.people[by], **given)


def admin_of(office: Office) -> Actor:
    """Somebody who administers the whole organisation."""
    return next(a for a in office.people.values() if any(b.role is Role.ADMIN for b in a.bindings))


def begin(office: Office, *, failing: bool = False) -> list[Claimed]:
    deliveries.post(office.database)
    return deliveries.claim(office.database, failing=failing)


def answer(office: Office, claimed: Claimed, **how: Any) -> str | None:
    return deliveries.settle(office.database, claimed, Outcome(duration_ms=12, **how), chance=0.5)


def happen(office: Office, *, project_id: uuid.UUID | None = None) -> None:
    """Something that the trail tells: a role is given, or refused in the office's project."""
    admin = admin_of(office)
    person = identity.create_principal(
        office.database, admin, kind="user", name=f"p{office.size()}", title="New"
    )
    identity.bind_role(
        office.database,
        admin,
        person.id,
        role=Role.VIEWER,
        project_id=project_id or office.project_id,
    )


def test_a_webhook_of_a_project_is_told_of_nothing_else(office: Office) -> None:
    webhook = make(office)
    start = office.size()
    happen(office, project_id=office.twin_project_id)
    happen(office)

    claimed = begin(office)

    assert {c.event["project"] for c in claimed} == {str(office.project_id)}
    assert [c.event["action"] for c in claimed] == ["webhook.created", "role.bound"]
    told = {event["seq"] for event in office.events(since=start)}
    assert len(told) == 4, "the others happened, and are not told"
    assert webhook.secret == SECRET


def test_the_whole_organisation_is_for_who_manages_all_of_it(office: Office) -> None:
    with pytest.raises(NotAllowed, match="webhook:manage"):
        make(office, project_id=None)
    assert office.events()[-1]["outcome"] == "denied"

    office.people["root"] = admin_of(office)
    everything = make(office, by="root", project_id=None, actions=("role.*",))
    happen(office, project_id=office.twin_project_id)

    assert [c.event["project"] for c in begin(office)] == [str(office.twin_project_id)]
    with pytest.raises(NotFound):
        questions.webhook(office.database, office.people["owner"], everything.id)


@pytest.mark.parametrize("who", ["viewer", "validator", "compliance", "auditor"])
def test_others_neither_make_nor_see_webhooks(office: Office, who: str) -> None:
    webhook = make(office)

    with pytest.raises(NotAllowed):
        make(office, by=who)
    with pytest.raises(NotAllowed):
        questions.deliveries(office.database, office.people[who], webhook.id, ALL)


def test_another_project_learns_nothing_of_a_webhook(office: Office) -> None:
    webhook = make(office)
    (claimed,) = begin(office)
    stranger = office.people["stranger"]

    with pytest.raises(NotFound):
        make(office, by="stranger")
    for ask in (
        lambda: questions.webhook(office.database, stranger, webhook.id),
        lambda: questions.deliveries(office.database, stranger, webhook.id, ALL),
        lambda: questions.delivery(office.database, stranger, claimed.delivery_id),
        lambda: webhooks.replay_delivery(office.database, stranger, claimed.delivery_id),
        lambda: webhooks.revoke_webhook(office.database, stranger, webhook.id),
    ):
        with pytest.raises(NotFound):
            ask()
    assert questions.webhooks(office.database, stranger, ALL).items == ()


@pytest.mark.parametrize(
    ("actions", "outcome", "told"),
    [
        pytest.param(("role.*",), None, ["role.bound"], id="all about one kind of thing"),
        pytest.param(("role.taken",), None, [], id="another action"),
        pytest.param(("role.bound",), "denied", [], id="refusals only"),
        pytest.param(("operation.refused",), "denied", ["operation.refused"], id="refused"),
        pytest.param(("role.bound", "role.*"), "ok", ["role.bound"], id="named twice"),
    ],
)
def test_a_webhook_is_told_of_what_it_is_subscribed_to(
    office: Office, actions: tuple[str, ...], outcome: str | None, told: list[str]
) -> None:
    make(office, actions=actions, outcome=outcome)
    happen(office)
    with pytest.raises(NotAllowed):
        make(office, by="viewer", project_id=office.project_id)

    found = [c.event["action"] for c in begin(office)]

    assert [a for a in found if a != "operation.refused" or "operation.refused" in actions] == told


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"actions": ()}, id="nothing"),
        pytest.param({"actions": ("finding.exploded",)}, id="no such action"),
        pytest.param({"actions": ("%",)}, id="a pattern of the database"),
        pytest.param({"actions": ("find*",)}, id="half a word"),
        pytest.param({"title": "  "}, id="no title"),
        pytest.param({"title": "x" * 201}, id="too long a title"),
    ],
)
def test_an_unusable_subscription_is_refused_and_recorded(
    office: Office, changes: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput):
        make(office, **changes)

    last = office.events()[-1]
    assert (last["action"], last["fact"]["code"]) == ("operation.refused", "invalid_input")
    assert questions.webhooks(office.database, office.people["owner"], ALL).items == ()


def test_what_people_wrote_is_not_told(office: Office) -> None:
    make(office)
    with pytest.raises(NotAllowed):
        identity.create_principal(
            office.database, office.people["owner"], kind="user", name="x", title="Ann Smith"
        )
    with pytest.raises(NotAllowed):
        webhooks.pause_webhook(
            office.database, office.people["viewer"], make(office, title="Second").id
        )

    refusals = [c.event for c in begin(office) if c.event["action"] == "operation.refused"]

    assert refusals
    for event in refusals:
        assert set(event["fact"]) <= {"operation", "code", "references"}


def test_addresses_and_secrets_are_sealed_and_never_shown_again(office: Office) -> None:
    webhook = make(office)
    (claimed,) = begin(office)

    assert SECRET not in str(office.contents()) + str(office.events())
    assert "secret-path" not in str(office.contents()) + str(office.events())
    shown = questions.webhook(office.database, office.people["owner"], webhook.id)
    assert shown.target == "https://hooks.example.com"
    assert "secret" not in shown.model_dump()
    assert webhooks.open_sealed(KEY, webhook.id, claimed.sealed_url or b"") == URL
    assert "secret-path" not in repr(claimed)
    with pytest.raises(SealBroken):
        webhooks.open_sealed(KEY, uuid.uuid4(), claimed.sealed_url or b"")
    with pytest.raises(SealBroken):
        webhooks.open_sealed(SealingKey(b"x" * 32), webhook.id, claimed.sealed_url or b"")


def test_a_new_secret_signs_beside_the_old_one_for_a_day(office: Office) -> None:
    webhook = make(office)
    newer = "whsec_" + "bmV3ZXI=" * 4
    owner = office.people["owner"]

    webhooks.rotate_secret(office.database, owner, webhook.id, secret=newer, key=KEY)
    claimed = begin(office)[0]
    office.clock.pass_time(hours=25)
    later = deliveries.claim(office.database, failing=False)[0]

    opened = [webhooks.open_sealed(KEY, webhook.id, s) for s in claimed.sealed_secrets]
    assert opened == [newer, SECRET]
    assert len(later.sealed_secrets) == 1
    mail = make(office, kind=WebhookKind.EMAIL, url=None, secret=None, target="ann@example.com")
    with pytest.raises(Conflict):
        webhooks.rotate_secret(office.database, owner, mail.id, secret=newer, key=KEY)


def test_a_paused_webhook_misses_nothing(office: Office) -> None:
    webhook, owner = make(office, actions=("role.*",)), office.people["owner"]
    webhooks.pause_webhook(office.database, owner, webhook.id)
    happen(office)
    assert begin(office) == []
    with pytest.raises(Conflict):
        webhooks.send_test(office.database, owner, webhook.id)

    webhooks.resume_webhook(office.database, owner, webhook.id)

    assert [c.event["action"] for c in begin(office)] == ["role.bound"]


def test_a_revoked_webhook_is_forgotten_but_for_its_log(office: Office) -> None:
    webhook, owner = make(office), office.people["owner"]
    (claimed,) = begin(office)
    answer(office, claimed)

    webhooks.revoke_webhook(office.database, owner, webhook.id)
    happen(office)

    assert begin(office) == []
    assert len(questions.deliveries(office.database, owner, webhook.id, ALL).items) == 1
    for act in (webhooks.resume_webhook, webhooks.pause_webhook, webhooks.revoke_webhook):
        with pytest.raises(IllegalTransition):
            act(office.database, owner, webhook.id)
    with pytest.raises(Conflict):
        webhooks.replay_since(office.database, owner, webhook.id, since=webhook.created_at)


def test_a_failed_attempt_comes_again_by_the_schedule_and_is_given_up(office: Office) -> None:
    make(office)
    (claimed,) = begin(office)
    waits = []

    for _ in RETRY_AFTER:
        answer(office, claimed, status=500, error="answered 500")
        log = questions.delivery(office.database, office.people["owner"], claimed.delivery_id)
        assert log.due_at is not None
        waits.append(log.due_at - office.clock.now)
        assert begin(office, failing=True) == [], "not before its time"
        office.clock.now = log.due_at
        (claimed,) = begin(office, failing=True)
    answer(office, claimed, status=500, error="answered 500")

    for wait, planned in zip(waits, RETRY_AFTER, strict=True):
        assert planned <= wait <= planned * 1.1
    log = questions.delivery(office.database, office.people["owner"], claimed.delivery_id)
    assert log.state is DeliveryState.FAILED
    assert [attempt.number for attempt in log.tried] == list(range(1, 11))
    assert log.last is not None
    assert (log.last.status, log.last.error) == (500, "answered 500")


def test_a_receiver_may_ask_for_a_longer_wait_within_a_day() -> None:
    assert wait_after(1, chance=0, asked=timedelta(minutes=3)) == timedelta(minutes=3)
    assert wait_after(1, chance=0, asked=timedelta(seconds=1)) == RETRY_AFTER[0]
    assert wait_after(1, chance=0, asked=timedelta(days=90)) == timedelta(hours=24)
    assert wait_after(10, chance=0, asked=timedelta(days=90)) is None


def test_a_webhook_that_takes_nothing_for_five_days_is_disabled_and_comes_back(
    office: Office,
) -> None:
    webhook, owner = make(office), office.people["owner"]
    (claimed,) = begin(office)
    assert answer(office, claimed, error="answered 500") is None
    office.clock.pass_time(days=5, seconds=1)
    (claimed,) = begin(office, failing=True)

    cause = answer(office, claimed, error="answered 500")
    assert cause == "failing"
    record = webhooks.disable_webhook(office.database, office.system, webhook.id, cause=cause)

    assert (record.state, record.disabled_cause) == (WebhookState.DISABLED, "failing")
    assert office.actions()[-1] == "webhook.disabled"
    office.clock.pass_time(days=1)
    assert begin(office, failing=True) == []
    resumed = webhooks.resume_webhook(office.database, owner, webhook.id)
    assert (resumed.disabled_cause, resumed.failing_since) == (None, None)
    actions = {c.event["action"] for c in begin(office)}
    assert actions == {"webhook.created", "webhook.disabled", "webhook.resumed"}


def test_a_receiver_that_is_gone_is_not_tried_again(office: Office) -> None:
    make(office)
    (claimed,) = begin(office)

    assert answer(office, claimed, status=410, error="gone", is_gone=True) == "gone"

    log = questions.delivery(office.database, office.people["owner"], claimed.delivery_id)
    assert log.state is DeliveryState.FAILED


def test_what_was_delivered_is_sent_again_under_its_identifier(office: Office) -> None:
    webhook, owner = make(office, actions=("webhook.*",)), office.people["owner"]
    (claimed,) = begin(office)
    with pytest.raises(Conflict, match="not ended"):
        webhooks.replay_delivery(office.database, owner, claimed.delivery_id)
    answer(office, claimed, status=200)
    assert begin(office) == []

    one = webhooks.replay_delivery(office.database, owner, claimed.delivery_id)
    again = begin(office)
    for each in again:
        answer(office, each, status=200)
    every = webhooks.replay_since(
        office.database, owner, webhook.id, since=webhook.created_at - timedelta(hours=1)
    )

    assert one.deliveries == 1
    assert (again[0].delivery_id, again[0].number, again[0].tries) == (claimed.delivery_id, 2, 1)
    # The replay was told of as well, and is an event like any other.
    assert every.deliveries == 2
    assert len(begin(office)) == 3
    none = webhooks.replay_since(office.database, owner, webhook.id, since=office.clock())
    assert none.deliveries == 0


def test_a_test_goes_to_its_webhook_alone(office: Office) -> None:
    tested, other = make(office, actions=("run.failed",)), make(office)
    webhooks.send_test(office.database, office.people["owner"], tested.id)

    told = {(c.webhook_id, c.event["action"]) for c in begin(office)}

    assert (tested.id, "webhook.tested") in told
    assert (other.id, "webhook.tested") not in told


def test_a_worker_that_died_in_an_attempt_loses_nothing(office: Office) -> None:
    make(office)
    (lost,) = begin(office)
    assert begin(office) == []

    office.clock.now += CLAIM_ENDS_AFTER
    (found,) = begin(office)
    answer(office, found, status=200)
    # It was only slow, and comes too late to say anything.
    answer(office, lost, error="answered 500")

    log = questions.delivery(office.database, office.people["owner"], found.delivery_id)
    assert (found.delivery_id, found.number) == (lost.delivery_id, 2)
    assert log.state is DeliveryState.DELIVERED
    assert questions.webhook(office.database, office.people["owner"], log.webhook_id).state == (
        WebhookState.ACTIVE
    )


@pytest.mark.databases("sqlite", "postgresql")
def test_two_workers_at_once_make_one_delivery_and_one_attempt_of_each_event(
    office: Office,
) -> None:
    made = [make(office, title=f"Receiver {n}") for n in range(3)]
    for _ in range(4):
        happen(office)

    posted: list[int] = []
    begun: list[Claimed] = []

    def work() -> None:
        for _ in range(6):
            posted.append(deliveries.post(office.database))
            begun.extend(deliveries.claim(office.database, failing=False))

    raised = together([work] * 4)

    assert raised == []
    with office.database.reading() as session:
        rows = session.execute(select(func.count()).select_from(WebhookDeliveryRow)).scalar_one()
    # Each sees the four roles given, itself made, and those made after it.
    assert rows == sum(posted) == 3 * 4 + 3 + 2 + 1
    assert len(begun) == len({c.delivery_id for c in begun}) == rows
    assert {c.webhook_id for c in begun} == {webhook.id for webhook in made}


def test_a_receiver_that_does_not_answer_makes_only_its_like_wait(office: Office) -> None:
    slow, quick = make(office), make(office)
    first = begin(office)
    for claimed in first:
        how = {"error": "no answer"} if claimed.webhook_id == slow.id else {"status": 200}
        answer(office, claimed, **how)
    for _ in range(25):
        happen(office)

    healthy, failing = begin(office), deliveries.claim(office.database, failing=True)

    assert {c.webhook_id for c in healthy} == {quick.id}
    assert {c.webhook_id for c in failing} == {slow.id}
    assert len(healthy) == len(failing) == deliveries.EACH


def test_a_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "webhook.key"

    made, again = SealingKey.create(path), SealingKey.create(path)

    assert again.open(made.seal("text", context="c"), context="c") == "text"
    assert path.stat().st_mode & 0o077 == 0
    path.write_text("short")
    with pytest.raises(SealBroken):
        SealingKey.load(path)
    with pytest.raises(SealBroken):
        SealingKey.load(tmp_path / "none")


@pytest.mark.databases("sqlite", "postgresql")
def test_two_workers_tell_a_person_of_a_task_once_and_again_when_it_comes_back(
    office: Office,
) -> None:
    owner = office.people["owner"]
    with pytest.raises(Conflict, match="no mail address"):
        notifications.prefer(office.database, owner, tasks_by_mail=True)
    notifications.prefer(office.database, owner, tasks_by_mail=False)
    things = [("finding", uuid.uuid4()), ("waiver", uuid.uuid4())]
    claimed: list[notifications.Thing] = []

    def tell() -> None:
        claimed.extend(notifications.claim_notices(office.database, owner.id, things))

    assert together([tell] * 4) == []
    assert sorted(claimed) == sorted(things)
    notifications.settle_notices(office.database, owner.id, things)
    assert notifications.claim_notices(office.database, owner.id, things) == []
    assert notifications.claim_notices(office.database, owner.id, things[:1]) == []
    assert notifications.claim_notices(office.database, owner.id, things) == things[1:]
    assert notifications.readers(office.database) == []
