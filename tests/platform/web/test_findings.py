"""Findings and attestations through plain forms."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from accredit_governance.operations.attestations import look_at_attestations
from accredit_governance.operations.identity import system_actor
from accredit_governance.questions import attestations
from accredit_governance.questions.pages import Page
from accredit_governance.registry.tables import PolicyVersionRow
from accredit_platform.settings import Settings
from accredit_platform.wiring import open_services
from tests.platform.web.conftest import Visitor
from tests.platform.web.seed import PASSWORD, Seeded

Enter = Callable[[str], Visitor]
TODAY = datetime.now(UTC).date().isoformat()
AHEAD = (datetime.now(UTC) + timedelta(days=20)).date().isoformat()
RULE = {
    "name": "use",
    "statement": "The model is used for nothing but its purpose.",
    "role": "owner",
    "every_days": 30,
    "within_days": 14,
}


def test_a_finding_is_put_right_and_closed_by_two_people(enter: Enter, seeded: Seeded) -> None:
    address = f"/findings/{seeded['finding']}"
    owner = enter("olga")
    assert "Put this finding right" in owner.open("/")

    owner.send(f"{address}/plans", plan="Ask the branch for its figures.")
    owner.send(f"{address}/remediations", evidence="The figures came.", reference="notes/7")
    refused = owner.open(address)
    closer = enter("vera")
    waiting = closer.open("/")
    answer = closer.send(f"{address}/closures", reason="The figures are complete.")

    assert "You cannot close: it needs the permission finding:close" in refused
    assert "Close this finding, or send it back" in waiting
    assert answer.headers["location"] == f"{address}?done=finding-closed"
    told = closer.open(f"{address}?done=finding-closed")
    for words in ("The finding is closed.", "notes/7", "Olga Brandt", "Vera Lindqvist"):
        assert words in told


def test_a_judge_hands_a_finding_on_and_sees_no_form_for_it_as_owner(
    enter: Enter, seeded: Seeded
) -> None:
    address = f"/findings/{seeded['finding']}"
    visitor = enter("vera")
    page = visitor.open(address)
    choices = page.split('<select id="owner_id"')[1].split("</select>")[0]
    chosen = choices.split('value="', 1)[1].split('"')[0]

    answer = visitor.send(f"{address}/reassignments", owner_id=chosen, reason="Olga has left us.")

    assert "Vera Lindqvist" not in choices
    assert "Olga Brandt" not in choices
    assert answer.headers["location"] == f"{address}?done=reassigned"
    assert "Olga has left us." in visitor.open(address)
    assert "Give it another owner" not in enter("olga").open(address)


def test_a_person_opens_a_finding_that_blocks_the_signature(enter: Enter, seeded: Seeded) -> None:
    visitor = enter("vera")
    version = f"/model-versions/{seeded['in_review']}"
    page = visitor.open(f"{version}/findings")
    owner = page.split(">Olga Brandt</option>")[0].rsplit('value="', 1)[1].split('"')[0]

    answer = visitor.send(
        f"{version}/findings",
        title="Income is missing",
        description="One branch sent no income at all.",
        severity="high",
        owner_id=owner,
        due_on=AHEAD,
    )

    assert answer.headers["location"].endswith("?done=finding-opened")
    assert "1 finding keeps this version" in visitor.open(version)
    request = visitor.open(f"/approval-requests/{seeded['request']}")
    assert "1 open finding keeps this version from being approved" in request
    signed = visitor.send(
        f"/approval-requests/{seeded['request']}/sign-offs",
        decision="approve",
        comment="Read.",
        password=PASSWORD,
        subject_digest=request.split('name="subject_digest" value="', 1)[1].split('"', 1)[0],
    )
    assert signed.status_code == 409
    assert "findings block" in signed.text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("due_on", "2020-01-01", "before today"),
        ("due_on", "soon", "must be a day"),
        ("severity", "awful", "must be one of"),
        ("owner_id", "me", "must be an identifier"),
        ("title", "", "at least a word"),
    ],
)
def test_an_incomplete_finding_is_explained(
    enter: Enter, seeded: Seeded, field: str, value: str, words: str
) -> None:
    fields = {
        "title": "Income is missing",
        "description": "One branch sent no income at all.",
        "severity": "high",
        "owner_id": str(seeded["teller"]),
        "due_on": AHEAD,
        field: value,
    }

    answer = enter("vera").send(f"/model-versions/{seeded['draft']}/findings", **fields)

    assert answer.status_code == 422
    assert words in answer.text


def test_two_people_accept_a_risk_and_one_takes_it_back(enter: Enter, seeded: Seeded) -> None:
    address = f"/findings/{seeded['finding']}"
    enter("carl").send(
        f"{address}/risk-acceptances", reason="Officers check by hand.", until_on=AHEAD
    )
    owner = enter("olga")
    page = owner.open(address)
    assert "Agree to bear its risk until" in owner.open("/")
    form = page.split(f'action="{address}/risk-acceptances/')[1].split('"')[0]

    owner.send(f"{address}/risk-acceptances/{form}")
    accepted = owner.open(address)
    owner.send(f"{address}/reopenings", reason="Nobody checks any more.", due_on=TODAY)

    assert "Risk accepted" in accepted
    assert "risk accepted → open" in owner.open(address)


def test_a_severity_is_changed_with_a_reason(enter: Enter, seeded: Seeded) -> None:
    address = f"/findings/{seeded['finding']}"
    visitor = enter("vera")

    visitor.send(f"{address}/severity-changes", severity="low", reason="It affects two cases.")

    assert "critical → low: It affects two cases." in visitor.open(address)


def test_an_alert_says_which_finding_it_became(enter: Enter, seeded: Seeded) -> None:
    text_of_alert = enter("vera").open(f"/alerts/{seeded['alert']}")

    assert f"/findings/{seeded['finding']}" in text_of_alert
    assert "Open a finding</button>" not in text_of_alert


def test_an_owner_attests_over_the_card(enter: Enter, seeded: Seeded, home: Path) -> None:
    services = open_services(Settings(home=home))
    database, now = services.database, services.database.clock()
    try:
        with database.engine.execution_options(accredit_writes=True).begin() as connection:
            rows = connection.execute(select(PolicyVersionRow.id, PolicyVersionRow.document)).all()
            for policy_id, document in rows:
                connection.execute(
                    text("UPDATE policy_version SET document = :document WHERE id = :id"),
                    {
                        "document": json.dumps({**document, "attestations": [RULE]}),
                        "id": policy_id.hex,
                    },
                )
        database.clock = lambda: now + timedelta(days=31)
        look_at_attestations(database, system_actor(database))
        listed = attestations.attestations(database, system_actor(database), Page()).items
    finally:
        services.close()
    (due,) = listed
    visitor = enter("olga")
    page = visitor.open(f"/attestations/{due.id}")
    assert f"/attestations/{due.id}" in visitor.open("/")
    assert "You cannot answer" in enter("vera").open(f"/attestations/{due.id}")

    answer = enter("olga").send(
        f"/attestations/{due.id}/sign-offs",
        answer="decline",
        comment="It is used for pricing, too.",
        card_digest=page.split('name="card_digest" value="', 1)[1].split('"', 1)[0],
        password=PASSWORD,
    )

    assert answer.headers["location"] == f"/attestations/{due.id}?done=attested"
    assert "Attestation declined: use" in enter("olga").open("/findings?view=mine")
    nothing = visitor.send(f"/attestations/{due.id}/sign-offs", answer="perhaps")
    assert "Choose whether" in nothing.text
