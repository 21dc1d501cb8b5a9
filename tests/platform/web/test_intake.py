"""Use cases and model requests through plain forms."""

import uuid
from collections.abc import Callable

import pytest

from tests.governance.office import ANSWERS
from tests.platform.web.conftest import Visitor
from tests.platform.web.seed import Seeded

Enter = Callable[[str], Visitor]
NEED = {
    "title": "Early warning for car loans",
    "purpose": "Tell the desk whom to call.",
    "domain": "collections",
    "data": "Payment history.",
}


def test_one_fills_in_and_another_decides(enter: Enter, seeded: Seeded) -> None:
    page = f"/use-cases/{seeded['use_case']}"
    decide = f"{page}/risk-assessments/{seeded['assessment']}/decisions"

    own = enter("sam").open(page)
    waits = enter("carl").open("/use-cases")
    answer = enter("carl").send(decide, decision="approve", comment="Compared.")
    again = enter("dana").send(f"{page}/risk-assessments", **ANSWERS)

    assert "You cannot decide on assessment 2: you filled this assessment in" in own
    assert "waits for your decision: tier 1" in waits
    assert answer.headers["location"] == f"{page}?done=assessment-decided"
    assert again.headers["location"] == f"{page}?done=assessed"
    text = enter("vera").open(page)
    assert "counts now" in text
    assert "Your decision on assessment 3" in text
    assert "Tier 2 counts from now on" in text


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        pytest.param("sam", 403, "risk_assessment:decide", id="who filled it in"),
        pytest.param("olga", 403, "risk_assessment:decide", id="the owner"),
        pytest.param("violet", 403, "risk_assessment:decide", id="a viewer"),
        pytest.param("carl", 422, "choose whether", id="nothing chosen"),
    ],
)
def test_a_decision_that_does_not_count_is_explained(
    enter: Enter, seeded: Seeded, name: str, status: int, words: str
) -> None:
    answer = enter(name).send(
        f"/use-cases/{seeded['use_case']}/risk-assessments/{seeded['assessment']}/decisions",
        comment="Compared.",
    )

    assert answer.status_code == status
    assert words in answer.text.lower()


def test_an_open_question_is_named(enter: Enter, seeded: Seeded) -> None:
    answers = {**ANSWERS, "effect": ""}

    answer = enter("dana").send(f"/use-cases/{seeded['use_case']}/risk-assessments", **answers)

    assert answer.status_code == 422
    assert "effect is not answered" in answer.text


def test_the_owner_of_a_use_case_is_changed_by_whoever_may(enter: Enter, seeded: Seeded) -> None:
    page = f"/use-cases/{seeded['use_case']}"

    nobody = enter("olga").send(f"{page}/owners", owner_id=str(uuid.uuid4()))
    no_id = enter("carl").send(f"{page}/owners", owner_id="Olga")

    assert "Change who answers for it" in enter("olga").open(page)
    assert "Change who answers for it" not in enter("dana").open(page)
    assert (nobody.status_code, no_id.status_code) == (422, 422)
    assert "does not hold the role owner" in nobody.text


def test_a_model_without_a_tier_and_one_with_it_say_so(enter: Enter, seeded: Seeded) -> None:
    text = enter("violet").open(f"/models/{seeded['model']}")

    assert "(1 is the gravest of 4)" in text
    assert "high risk under the AI Act" in text


def test_a_team_asks_and_an_owner_answers(enter: Enter, seeded: Seeded) -> None:
    asked = enter("violet").send("/model-requests", project_id=str(seeded["lending"]), **NEED)
    page = asked.headers["location"].removesuffix("?done=need-stated")

    triaged = enter("olga").send(f"{page}/triages", use_case_id=str(seeded["use_case"]))
    linked = enter("olga").send(f"{page}/links", kind="version", thing_id=str(seeded["approved"]))
    run = enter("olga").send(f"{page}/links", kind="run", thing_id=str(seeded["run"]))
    accepted = enter("olga").send(f"{page}/answers", action="accept", answer="In spring.")
    delivered = enter("olga").send(f"{page}/answers", action="deliver", answer="Here it is.")

    for answer in (triaged, linked, run, accepted, delivered):
        assert answer.status_code == 303, answer.text
    text = enter("violet").open(page)
    assert "Here it is." in text
    assert "Delivered" in text
    assert "loan-approval, version 1" in text
    assert '<form class="box"' not in text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        pytest.param({"title": ""}, "title: ", id="no title"),
        pytest.param({"domain": "Credit!"}, "domain: ", id="no domain"),
        pytest.param({"deadline": "2020-01-01"}, "is past", id="deadline in the past"),
        pytest.param({"deadline": "soon"}, "must be a day", id="no day"),
        pytest.param({"project_id": "x"}, "must be an identifier", id="no project"),
    ],
)
def test_an_unusable_request_is_explained(
    enter: Enter, seeded: Seeded, fields: dict[str, str], words: str
) -> None:
    body = {"project_id": str(seeded["lending"]), **NEED, **fields}

    answer = enter("violet").send("/model-requests", **body)

    assert answer.status_code == 422
    assert words in answer.text.lower()


def test_a_request_is_withdrawn_by_whoever_asked(enter: Enter, seeded: Seeded) -> None:
    page = f"/model-requests/{seeded['model_request']}"

    foreign = enter("olga").send(f"{page}/withdrawals")
    unclear = enter("olga").send(f"{page}/answers", action="ponder")
    own = enter("violet").send(f"{page}/withdrawals")

    assert foreign.status_code == 403
    assert unclear.status_code == 422
    assert own.headers["location"] == f"{page}?done=request-withdrawn"
    assert "Withdrawn" in enter("violet").open(page)


def test_whoever_only_looks_gets_no_form(enter: Enter) -> None:
    assert "Ask for a model" not in enter("ada").open("/model-requests")
