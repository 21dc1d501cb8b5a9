"""Governed acts through plain forms: the same operations as the API, refusals in words."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.platform.web.conftest import Visitor
from tests.platform.web.seed import PASSWORD, Seeded

Enter = Callable[[str], Visitor]


def digest_in(page: str) -> str:
    return page.split('name="subject_digest" value="', 1)[1].split('"', 1)[0]


def test_two_people_sign_a_version_off(enter: Enter, seeded: Seeded) -> None:
    address = f"/approval-requests/{seeded['request']}"

    for name in ("vera", "carl"):
        visitor = enter(name)
        answer = visitor.send(
            f"{address}/sign-offs",
            decision="approve",
            comment="Read.",
            subject_digest=digest_in(visitor.open(address)),
            password=PASSWORD,
        )
        assert answer.headers["location"] == f"{address}?done=signed"

    text = visitor.open(f"{address}?done=signed")
    assert "A checkpoint of the audit trail was signed" in text
    assert "Vera Lindqvist" in text
    assert "Approved" in text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param("dana", "because you trained it and prepared its data", id="trainer"),
        pytest.param("sam", "because you submitted it", id="submitter"),
        pytest.param("carl", "is signed by a validator; you are none", id="other stage"),
        pytest.param("violet", "is signed by a validator; you are none", id="viewer"),
    ],
)
def test_whoever_cannot_sign_reads_why_and_gets_no_form(
    enter: Enter, seeded: Seeded, name: str, words: str
) -> None:
    text = enter(name).open(f"/approval-requests/{seeded['request']}")

    assert "You cannot sign: " in text
    assert words in text
    assert 'name="decision"' not in text


def test_a_signature_over_another_digest_is_refused(enter: Enter, seeded: Seeded) -> None:
    answer = enter("vera").send(
        f"/approval-requests/{seeded['request']}/sign-offs",
        decision="approve",
        subject_digest="0" * 64,
        password=PASSWORD,
    )

    assert answer.status_code == 409
    assert "read it again" in answer.text


@pytest.mark.parametrize(
    ("decision", "words"),
    [
        pytest.param("reject", "Say why", id="no comment"),
        pytest.param("", "Choose whether", id="nothing chosen"),
        pytest.param("bless", "Choose whether", id="no such decision"),
    ],
)
def test_an_incomplete_decision_is_explained(
    enter: Enter, seeded: Seeded, decision: str, words: str
) -> None:
    visitor = enter("vera")
    address = f"/approval-requests/{seeded['request']}"

    answer = visitor.send(
        f"{address}/sign-offs",
        decision=decision,
        password=PASSWORD,
        subject_digest=digest_in(visitor.open(address)),
    )

    assert answer.status_code == 422
    assert words in answer.text


def test_the_developer_is_refused_even_with_a_form_of_their_own(
    enter: Enter, seeded: Seeded
) -> None:
    answer = enter("dana").send(
        f"/approval-requests/{seeded['request']}/sign-offs", decision="approve"
    )

    assert answer.status_code == 403
    assert "approval:sign" in answer.text


def test_a_waiver_is_proposed_by_one_and_confirmed_by_another(enter: Enter, seeded: Seeded) -> None:
    page = f"/model-versions/{seeded['unclear']}"
    confirm = f"{page}/waivers/{seeded['waiver']}/confirmations"

    mine = enter("vera").open(page)
    carl = enter("carl")
    signature = {"subject_digest": digest_in(carl.open(page)), "password": PASSWORD}
    own = enter("vera").send(confirm, **signature)
    unproved = enter("carl").send(confirm, **{**signature, "password": "guessed"})
    answer = enter("carl").send(confirm, **signature)

    assert "you proposed this waiver; another person has to confirm it" in mine
    assert own.status_code == 403
    assert unproved.status_code == 403
    assert "nothing was signed" in unproved.text
    assert answer.headers["location"] == f"{page}?done=confirmed"
    assert "In review" in enter("vera").open(page)


def test_a_failed_check_offers_no_waiver(enter: Enter, seeded: Seeded) -> None:
    visitor = enter("vera")
    page = f"/model-versions/{seeded['failed']}"
    evaluation = visitor.open(page)

    assert "Propose a waiver" not in evaluation
    assert "Train on more rows or better columns." in evaluation


def test_a_second_waiver_or_one_without_a_day_is_refused(enter: Enter, seeded: Seeded) -> None:
    visitor = enter("vera")
    page = f"/model-versions/{seeded['unclear']}"
    until = (datetime.now(tz=UTC) + timedelta(days=30)).date().isoformat()
    fields = {"reason": "Too few rows.", "obligation": "Collect more of them."}

    twice = visitor.send(
        f"{page}/waivers",
        evaluation_id=str(seeded["evaluation"]),
        check_key="bias.adverse_impact_ratio:race",
        expires_on=until,
        report_digest="0" * 64,
        password=PASSWORD,
        **fields,
    )
    wrong = visitor.send(f"{page}/waivers", evaluation_id="x", expires_on="soon", **fields)

    assert twice.status_code == 409
    assert wrong.status_code == 422


def test_statements_are_written_and_the_version_submitted(enter: Enter, seeded: Seeded) -> None:
    visitor = enter("dana")
    page = f"/model-versions/{seeded['draft']}"

    empty = visitor.send(f"{page}/statements", limitations="", oversight="An officer decides.")
    saved = visitor.send(
        f"{page}/statements", limitations="One city.", oversight="An officer decides."
    )
    submitted = visitor.send(f"{page}/submissions")

    assert empty.status_code == 422
    assert "Limitations: " in empty.text
    assert saved.headers["location"] == f"{page}?done=described"
    assert submitted.headers["location"] == f"{page}?done=submitted"
    assert "Gating" in visitor.open(page)


def test_an_approved_version_is_deployed_elsewhere_and_suspended(
    enter: Enter, seeded: Seeded
) -> None:
    page = f"/model-versions/{seeded['approved']}"
    blocked = enter("olga").send(f"{page}/deployments", environment="staging")
    enter("vera").send(
        f"/findings/{seeded['finding']}/severity-changes",
        severity="low",
        reason="The drift is that of one branch.",
    )
    visitor = enter("olga")

    deployed = visitor.send(f"{page}/deployments", environment="staging")
    twice = visitor.send(f"{page}/deployments", environment="production")
    silent = visitor.send(f"{page}/suspensions", reason=" ")
    suspended = visitor.send(f"{page}/suspensions", reason="The rates changed.")

    assert blocked.status_code == 409
    assert deployed.headers["location"].endswith("?done=deployed")
    assert "Requested" in visitor.open(deployed.headers["location"])
    assert twice.status_code == 409
    assert silent.status_code == 422
    assert suspended.headers["location"] == f"{page}?done=suspended"
    assert "The rates changed." in visitor.open(page)


def test_a_deployment_is_watched_its_access_ended_and_stopped(enter: Enter, seeded: Seeded) -> None:
    visitor = enter("olga")
    page = f"/deployments/{seeded['deployment']}"

    drift = visitor.send(f"{page}/drift-reports")
    revoked = visitor.send(f"/access-grants/{seeded['grant']}/revocations", reason="Over.")
    stopped = visitor.send(f"{page}/stops", reason="Not needed.")

    assert [a.headers["location"].rpartition("=")[2] for a in (drift, revoked, stopped)] == [
        "drift",
        "revoked",
        "stopped",
    ]
    text = visitor.open(page)
    assert "The report is being made." in text
    assert "Revoked" in text
    assert "Stopped" in text


def test_access_is_asked_for_on_the_page_of_the_model_and_decided_by_two(
    enter: Enter, seeded: Seeded
) -> None:
    asking = enter("dana")
    page = f"/models/{seeded['model']}"
    until = (datetime.now(tz=UTC) + timedelta(days=30)).date().isoformat()
    wish = {
        "principal_id": str(seeded["teller"]),
        "environment": "production",
        "purpose": "consumer_credit",
        "intended_use": "Advice by telephone",
        "quota_per_day": "250",
        "valid_until": until,
    }

    assert "Branch application" in asking.open(page)
    odd = asking.send(f"{page}/access-requests", **{**wish, "quota_per_day": "many"})
    none = asking.send(f"{page}/access-requests", **{**wish, "quota_per_day": ""})
    other = asking.send(f"{page}/access-requests", **{**wish, "purpose": "marketing"})
    asked = asking.send(f"{page}/access-requests", **wish)
    address = asked.headers["location"].partition("?")[0]

    assert [a.status_code for a in (odd, none, other)] == [422] * 3
    assert "You cannot decide: " in asking.open(address)
    assert address in enter("olga").open("/access-requests")
    early = enter("carl").send(f"{address}/decisions", decision="grant")
    mute = enter("olga").send(f"{address}/decisions", decision="decline")
    vague = enter("olga").send(f"{address}/decisions", decision="perhaps")
    assert [a.status_code for a in (early, mute, vague)] == [403, 422, 422]
    for name in ("olga", "carl"):
        answer = enter(name).send(f"{address}/decisions", decision="grant", comment="Agreed.")
        assert answer.headers["location"] == f"{address}?done=access-decided"
    text = asking.open(address)
    assert "Granted" in text
    assert "what came of it" in text
    assert "250" in asking.open("/access-grants")


def test_a_grant_is_renewed_and_the_request_for_it_withdrawn(enter: Enter, seeded: Seeded) -> None:
    visitor, page = enter("dana"), f"/access-grants/{seeded['grant']}"
    text = visitor.open(page)
    until = (datetime.now(tz=UTC) + timedelta(days=200)).date().isoformat()

    asked = visitor.send(
        f"/models/{seeded['model']}/access-requests",
        renews_grant_id=str(seeded["grant"]),
        principal_id=str(seeded["teller"]),
        environment="production",
        purpose="consumer_credit",
        intended_use="Recommendations at the counter",
        quota_total="1000",
        valid_until=until,
    )
    address = asked.headers["location"].partition("?")[0]

    assert "Ask for the renewal" in text
    assert "an earlier grant" in visitor.open(address)
    withdrawn = visitor.send(f"{address}/withdrawals")
    assert withdrawn.headers["location"] == f"{address}?done=withdrawn"
    assert "Withdrawn" in visitor.open(address)


def test_a_grant_is_revoked_with_a_reason_and_its_page_says_so(
    enter: Enter, seeded: Seeded
) -> None:
    page = f"/access-grants/{seeded['grant']}"

    wordless = enter("carl").send(f"{page}/revocations", reason=" ")
    roleless = enter("dana").send(f"{page}/revocations", reason="I want to.")
    revoked = enter("carl").send(f"{page}/revocations", reason="The branch was closed.")

    assert (wordless.status_code, roleless.status_code) == (422, 403)
    assert revoked.headers["location"] == f"{page}?done=revoked"
    text = enter("ada").open(page)
    assert "The branch was closed." in text
    assert "Revoke this access" not in text


def test_an_alert_is_taken_on_once(enter: Enter) -> None:
    visitor = enter("carl")
    address = visitor.open("/alerts").split('href="/alerts/', 1)[1].split('"', 1)[0]

    first = visitor.send(f"/alerts/{address}/acknowledgements", comment="Looking into it.")
    second = visitor.send(f"/alerts/{address}/acknowledgements")

    assert first.headers["location"] == f"/alerts/{address}?done=acknowledged"
    assert "Looking into it." in visitor.open(f"/alerts/{address}")
    assert second.status_code == 409


def test_a_run_is_asked_to_stop(enter: Enter, seeded: Seeded) -> None:
    visitor = enter("dana")
    page = f"/runs/{seeded['run']}"
    job = visitor.open(page).split('name="job_id" value="', 1)[1].split('"', 1)[0]

    answer = visitor.send(f"{page}/cancellations", job_id=job)

    assert answer.headers["location"] == f"{page}?done=cancelling"
    assert "It was asked to stop." in visitor.open(page)


def test_a_request_is_withdrawn_by_its_submitter(enter: Enter, seeded: Seeded) -> None:
    page = f"/approval-requests/{seeded['request']}"

    assert "Withdraw the request" not in enter("dana").open(page)
    answer = enter("sam").send(f"{page}/withdrawals")

    assert answer.headers["location"] == f"{page}?done=withdrawn"
    assert "Withdrawn" in enter("vera").open(page)


def test_the_register_follows_a_waiver_through_its_life(enter: Enter, seeded: Seeded) -> None:
    address = f"/model-versions/{seeded['unclear']}/waivers/{seeded['waiver']}"

    proposed = enter("violet").open("/waivers?view=proposed")
    carl = enter("carl")
    digest = digest_in(carl.open(f"/model-versions/{seeded['unclear']}"))
    carl.send(f"{address}/confirmations", subject_digest=digest, password=PASSWORD)
    active = enter("violet").open("/waivers?view=active")
    answer = enter("vera").send(f"{address}/revocations", reason="The branch was closed.")
    ended = enter("violet").open("/waivers")

    for page in (proposed, active, ended):
        assert "loan-approval, version 3" in page
        assert "bias.adverse_impact_ratio:race" in page
    assert '<td class="num">89</td>' in active
    assert answer.headers["location"].endswith("?done=waiver-revoked")
    assert "The branch was closed." in ended
    assert "Revoked by" in ended
    page = enter("vera").open(f"/model-versions/{seeded['unclear']}")
    assert "Gate failed" in page
    assert "Propose a waiver" in page


def test_a_waiver_is_revoked_with_a_reason_or_not_at_all(enter: Enter, seeded: Seeded) -> None:
    address = f"/model-versions/{seeded['unclear']}/waivers/{seeded['waiver']}/revocations"

    wordless = enter("vera").send(address, reason="no")
    roleless = enter("dana").send(address, reason="I do not like it at all.")

    assert (wordless.status_code, roleless.status_code) == (422, 403)
    assert "Revoke this waiver" not in enter("dana").open(f"/model-versions/{seeded['unclear']}")
    assert "Proposed" in enter("dana").open("/waivers?view=proposed")


def test_a_signature_takes_the_password_once_more(enter: Enter, seeded: Seeded) -> None:
    visitor = enter("vera")
    address = f"/approval-requests/{seeded['request']}"
    digest = digest_in(visitor.open(address))

    for password in ("", "a wrong password"):
        answer = visitor.send(
            f"{address}/sign-offs", decision="approve", subject_digest=digest, password=password
        )
        assert answer.status_code == 403
        assert "nothing was signed" in answer.text.lower()

    assert 'name="decision"' in visitor.open(address)
    assert "session.refused" in enter("ada").open("/audit")


def test_reviewers_comment_and_impose_a_condition(enter: Enter, seeded: Seeded) -> None:
    visitor = enter("vera")
    address = f"/approval-requests/{seeded['request']}"
    said = visitor.send(f"{address}/comments", text="Why so few rows?")
    page = visitor.open(address)
    owner = page.split(">Olga Brandt</option>", 1)[0].rsplit('<option value="', 1)[1]
    due = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()

    approval = {
        "decision": "approve",
        "subject_digest": digest_in(page),
        "password": PASSWORD,
        "condition_owner_id": owner.split('"', 1)[0],
        "condition_due_on": due,
    }
    long = visitor.send(f"{address}/sign-offs", **approval, condition="x" * 4001)
    signed = visitor.send(
        f"{address}/sign-offs", **approval, condition="Collect the missing quarter."
    )

    assert long.status_code == 422
    assert "at most 4,000" in long.text
    assert said.headers["location"] == f"{address}?done=commented"
    assert signed.headers["location"] == f"{address}?done=signed"
    text = visitor.open(address)
    assert "Why so few rows?" in text
    assert "Collect the missing quarter." in text
    assert "I have validated this model version" in text
    register = visitor.open("/conditions?view=all")
    condition = register.split('href="/conditions/', 1)[1].split('"', 1)[0]
    proposed = visitor.open(f"/conditions/{condition}")
    assert "Proposed" in proposed
    assert "Give it another owner" not in proposed
    second = enter("carl")
    second.send(
        f"{address}/sign-offs",
        decision="approve",
        subject_digest=digest_in(second.open(address)),
        password=PASSWORD,
    )
    choices = second.open(f"/conditions/{condition}").split('<select id="owner_id"')[1]
    chosen = choices.split('value="', 1)[1].split('"')[0]
    handed_on = second.send(
        f"/conditions/{condition}/reassignments", owner_id=chosen, reason="They are on leave."
    )
    assert handed_on.headers["location"] == f"/conditions/{condition}?done=reassigned"


def test_a_signature_is_delegated_and_taken_back(enter: Enter, seeded: Seeded) -> None:
    visitor = enter("vera")
    page = visitor.open("/delegations")
    carl = page.split(">Carl Okafor</option>", 1)[0].rsplit('<option value="', 1)[1].strip('">')
    today = datetime.now(UTC).date()

    given = visitor.send(
        "/delegations",
        delegate_id=carl,
        role="validator",
        reason="On holiday for a week.",
        until=(today + timedelta(days=7)).isoformat(),
        **{"from": today.isoformat()},
    )

    assert given.headers["location"] == "/delegations?done=delegated"
    assert 'name="decision"' in enter("carl").open(f"/approval-requests/{seeded['request']}")
    visitor = enter("vera")
    address = visitor.open("/delegations").split('action="/delegations/', 1)[1].split('"', 1)[0]
    revoked = visitor.send(f"/delegations/{address}")
    assert revoked.headers["location"] == "/delegations?done=delegation-revoked"
    assert "You cannot sign" in enter("carl").open(f"/approval-requests/{seeded['request']}")
