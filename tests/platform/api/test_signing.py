"""Signing over HTTP: who may, with which proof; what is refused leaves nothing but a record of it.

One office for the module, with a copy of a version in review for each test.
"""

import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from accredit_governance.access.permissions import Role
from accredit_governance.gates.results import Verdict
from accredit_governance.registry.tables import ApprovalRequestRow, PrincipalRow
from accredit_platform.app import create_app
from accredit_platform.auth.secrets import hash_password
from accredit_platform.settings import Settings
from accredit_platform.wiring import open_services, prepare
from tests.conftest import Clock
from tests.governance.afterwards import asked_to_retire
from tests.governance.office import Office, report, staff_office
from tests.governance.operations.test_delegations import also_is, lose_role
from tests.platform.api.conftest import PASSWORD, bearer, issued

NOBODY = "0" * 64


@dataclass
class Desk:
    """The office behind HTTP, where everybody has a token and the same password."""

    office: Office
    client: TestClient
    tokens: dict[str, str]
    reviewed: list[uuid.UUID]

    def post(self, person: str, path: str, **body: object) -> Response:
        return self.client.post(f"/api/v1{path}", json=body, headers=bearer(self.tokens[person]))

    def get(self, person: str, path: str) -> Any:
        answer = self.client.get(f"/api/v1{path}", headers=bearer(self.tokens[person]))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def in_review(self) -> ApprovalRequestRow:
        """A request of its own, open in its first stage."""
        return self.office.request_of(self.reviewed.pop())

    def ticket(self, person: str, digest: str) -> str:
        answer = self.post(person, "/me/signing-tickets", subject_digest=digest, password=PASSWORD)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["ticket"])

    def sign(
        self, person: str, request: ApprovalRequestRow, ticket: str | None = None, **more: object
    ) -> Response:
        digest = request.subject_digest
        body: dict[str, object] = {"decision": "approve", "subject_digest": digest, **more}
        if ticket is None:
            ticket = self.ticket(person, digest)
        return self.post(
            person, f"/approval-requests/{request.id}/sign-offs", **body, ticket=ticket
        )

    def lend(self, giver: str, taker: str, role: str = "validator") -> Response:
        now = self.office.clock()
        return self.post(
            giver,
            "/delegations",
            delegate_id=str(self.office.people[taker].id),
            role=role,
            project_id=str(self.office.project_id),
            reason="On holiday until the end of the month.",
            **{"from": now.isoformat(), "until": (now + timedelta(days=5)).isoformat()},
        )

    def refused(self, act: Callable[[], Response]) -> tuple[int, str]:
        """Status and code of a refusal, after which nothing is different but the trail."""
        before, size = self.office.contents(), self.office.size()
        answer = act()
        problem = answer.json()
        assert self.office.contents() == before
        (event,) = self.office.events(since=size)
        assert (event["action"], event["outcome"]) == ("operation.refused", "denied")
        assert event["fact"]["code"] == problem["code"]
        return answer.status_code, problem["code"]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("signing")
    prepare(Settings(home=folder / "home"))
    # The office brings its own policies and people, so its database is another one.
    shutil.copy(migrated_sqlite, folder / "office.sqlite")
    url = f"sqlite:///{folder / 'office.sqlite'}"
    services = open_services(Settings(home=folder / "home", database_url=url))
    clock = Clock(datetime.now(UTC))
    services.database.clock = clock
    office = staff_office(services.database, clock)
    password = hash_password(PASSWORD)
    with services.database.engine.execution_options(accredit_writes=True).begin() as connection:
        connection.execute(PrincipalRow.__table__.update().values(password_hash=password))
    tokens = {
        name: issued(services, actor)
        for name, actor in office.people.items()
        if actor.kind == "user"
    }
    client = TestClient(
        create_app(services), base_url="http://accredit.test", raise_server_exceptions=False
    )
    yield Desk(office, client, tokens, office.copies(office.in_review().model_version_id, 20))
    client.close()
    services.close()


@pytest.fixture
def desk(opened: Desk) -> Iterator[Desk]:
    yield opened
    for record in opened.get("auditor", "/delegations")["items"]:
        if record["is_standing"]:
            giver = next(
                name
                for name, actor in opened.office.people.items()
                if str(actor.id) == record["delegator_id"]
            )
            opened.post(giver, f"/delegations/{record['id']}/revocations")


def test_two_people_approve_a_version_and_its_condition_follows_the_card(desk: Desk) -> None:
    request = desk.in_review()
    version = f"/model-versions/{request.model_version_id}"
    card = desk.get("viewer", f"{version}/card")
    condition = {
        "text": "Repeat the comparison of groups in May.",
        "due_at": (desk.office.clock() + timedelta(days=60)).isoformat(),
        "owner_id": str(desk.office.people["owner"].id),
    }
    remark = desk.post("trainer", f"/approval-requests/{request.id}/comments", text="Ready.")

    first = desk.sign("validator", request, conditions=[condition])
    second = desk.sign("compliance", request)

    assert (remark.status_code, first.status_code, second.status_code) == (201, 201, 201)
    assert second.json()["state"] == "approved"
    assert [s["method"] for s in second.json()["sign_offs"]] == ["password", "password"]
    (owed,) = desk.get("owner", f"{version}/conditions")["items"]
    path = f"/approval-conditions/{owed['id']}"
    met = desk.post("owner", f"{path}/fulfilments", evidence="Repeated; see the report of May.")
    confirmed = desk.post("validator", f"{path}/confirmations")
    assert (met.json()["state"], confirmed.json()["state"]) == ("met", "confirmed")
    assert desk.get("viewer", f"{version}/card") == card
    for ending in ("html", "md"):
        shown = desk.client.get(
            f"/api/v1{version}/card.{ending}", headers=bearer(desk.tokens["viewer"])
        )
        assert "Conditions of the approval" in shown.text
        assert "in May" in shown.text


@pytest.mark.parametrize(
    ("case", "status", "code"),
    [
        pytest.param("twice", 403, "four_eyes", id="twice"),
        pytest.param("author", 403, "four_eyes", id="by the author under a second role"),
        pytest.param("stale", 409, "stale_digest", id="over a stale digest"),
        pytest.param("roleless", 403, "not_allowed", id="after the role was taken away"),
        pytest.param("no_ticket", 403, "reauthentication_required", id="without a ticket"),
        pytest.param("used", 403, "reauthentication_required", id="with a used ticket"),
        pytest.param("foreign", 403, "reauthentication_required", id="with somebody's ticket"),
        pytest.param("expired", 403, "reauthentication_required", id="with an expired ticket"),
    ],
)
def test_a_signature_is_refused(desk: Desk, case: str, status: int, code: str) -> None:
    request, office = desk.in_review(), desk.office
    person, more = "validator", dict[str, object]()
    if case == "twice":
        desk.sign("validator", request)
    if case == "author":
        also_is(office, "trainer", Role.VALIDATOR)
        person = "trainer"
    ticket = desk.ticket(person, request.subject_digest)
    if case == "stale":
        more["subject_digest"] = NOBODY
    if case == "roleless":
        lose_role(office, "validator", Role.VALIDATOR)
    if case == "no_ticket":
        ticket = ""
    if case == "used":
        desk.sign("validator", desk.in_review(), ticket)
    if case == "foreign":
        ticket = desk.ticket("second_validator", request.subject_digest)
    if case == "expired":
        office.clock.pass_time(minutes=5, seconds=1)

    try:
        assert desk.refused(lambda: desk.sign(person, request, ticket, **more)) == (status, code)
    finally:
        if case == "roleless":
            also_is(office, "validator", Role.VALIDATOR)
        if case == "author":
            lose_role(office, "trainer", Role.VALIDATOR)


def test_a_ticket_takes_the_password_of_who_signs(desk: Desk) -> None:
    size = desk.office.size()

    answer = desk.post(
        "validator", "/me/signing-tickets", subject_digest=NOBODY, password="guessed it"
    )

    assert (answer.status_code, answer.json()["code"]) == (403, "reauthentication_required")
    assert {event["outcome"] for event in desk.office.events(since=size)} == {"denied"}


def test_a_delegate_signs_and_the_author_does_not(desk: Desk) -> None:
    request = desk.in_review()
    assert desk.lend("validator", "trainer").status_code == 201
    assert desk.lend("second_validator", "viewer").status_code == 201

    ticket = desk.ticket("trainer", request.subject_digest)
    author = desk.refused(lambda: desk.sign("trainer", request, ticket))
    signed = desk.sign("viewer", request)

    assert author == (403, "four_eyes")
    (signature,) = signed.json()["sign_offs"]
    assert signature["on_behalf_of"] == str(desk.office.people["second_validator"].id)


def test_nobody_lends_to_themselves_or_in_a_circle(desk: Desk) -> None:
    assert desk.refused(lambda: desk.lend("validator", "validator")) == (403, "not_allowed")
    assert desk.lend("validator", "second_validator").status_code == 201

    circle = desk.refused(lambda: desk.lend("second_validator", "validator"))

    assert circle == (409, "conflict")


def test_a_proceeding_takes_a_ticket_and_is_not_delegated(desk: Desk) -> None:
    request = desk.in_review()
    desk.sign("validator", request)
    desk.sign("compliance", request)
    asked = asked_to_retire(desk.office, request.model_version_id)
    path = f"/retirements/{asked.id}/sign-offs"
    signature = {"decision": "approve", "subject_digest": asked.subject_digest}
    desk.lend("compliance", "viewer", "compliance")

    unproved = desk.refused(lambda: desk.post("compliance", path, **signature))
    delegated = desk.refused(lambda: desk.post("viewer", path, **signature))
    ticket = desk.ticket("compliance", asked.subject_digest)
    done = desk.post("compliance", path, **signature, ticket=ticket)

    assert unproved == (403, "reauthentication_required")
    assert delegated == (403, "not_allowed")
    assert done.json()["state"] == "done"
    (signed,) = done.json()["sign_offs"]
    assert signed["meaning"] == asked.meanings["approve"]
    assert signed["method"] == "password"


def test_a_waiver_is_signed_by_two_people_over_what_they_read(desk: Desk) -> None:
    thin = report(adverse_impact_ratio=Verdict.INSUFFICIENT_EVIDENCE)
    version = f"/model-versions/{desk.office.judged(thin)}"
    gates = desk.get("validator", f"{version}/gate-evaluation")
    terms = {
        "check_key": gates["blocking"][0],
        "reason": "The book holds too few applicants of this group.",
        "obligation": "Repeat the comparison when 200 more were decided.",
        "expires_at": (desk.office.clock() + timedelta(days=60)).isoformat(),
    }
    proposals = f"/gate-evaluations/{gates['id']}/waivers"

    unproved = desk.refused(lambda: desk.post("validator", proposals, **terms))
    ticket = desk.ticket("validator", gates["report_digest"])
    waiver = desk.post("validator", proposals, **terms, ticket=ticket).json()
    digest, path = waiver["subject_digest"], f"/waivers/{waiver['id']}/confirmations"
    stale = desk.refused(lambda: desk.post("compliance", path, subject_digest=NOBODY))
    unread = desk.refused(lambda: desk.post("compliance", path, subject_digest=digest))
    ticket = desk.ticket("compliance", digest)
    confirmed = desk.post("compliance", path, subject_digest=digest, ticket=ticket).json()

    assert unproved == unread == (403, "reauthentication_required")
    assert stale == (409, "stale_digest")
    assert (confirmed["state"], confirmed["confirmed_method"]) == ("active", "password")
    assert desk.get("viewer", version)["state"] == "in_review"
