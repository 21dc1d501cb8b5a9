"""Pages: who sees them, how refusals read, and that nothing written by people runs."""

import io
import json
import re
import zipfile
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from accredit_governance.audit.checkpoint import VerifierKey
from accredit_governance.audit.verify import verify_export
from tests.platform.web.conftest import Visitor
from tests.platform.web.papers import HOSTILE
from tests.platform.web.seed import Seeded

Look = Callable[[str], Visitor]

ROOMS = {
    "/": "violet",
    "/approval-requests": "violet",
    "/approval-requests?view=all": "ada",
    "/approval-requests?view=decided": "vera",
    "/approval-requests/{request}": "violet",
    "/approval-requests/{decided}": "ada",
    "/use-cases": "violet",
    "/use-cases/{use_case}": "carl",
    "/model-requests": "violet",
    "/model-requests?view=mine": "olga",
    "/model-requests/{model_request}": "olga",
    "/models": "violet",
    "/models/{model}": "violet",
    "/models/{model}/status": "violet",
    "/models/{model}/external-versions": "dana",
    "/model-versions/{approved}": "olga",
    "/model-versions/{failed}": "violet",
    "/model-versions/{unclear}": "carl",
    "/model-versions/{candidate}": "dana",
    "/model-versions/{draft}": "dana",
    "/model-versions/{in_review}": "sam",
    "/model-versions/{in_review}/card.html": "violet",
    "/model-versions/{in_review}/card.md": "violet",
    "/model-versions/{in_review}/card.json": "violet",
    "/reference": "violet",
    "/runs": "violet",
    "/runs/{run}": "dana",
    "/runs/{finished_run}": "violet",
    "/runs/{run}/progress": "violet",
    "/access-requests": "olga",
    "/access-requests?view=all": "ada",
    "/access-requests/{access_request}": "carl",
    "/access-grants": "ada",
    "/access-grants/{grant}": "dana",
    "/deployments": "violet",
    "/deployments/{deployment}": "olga",
    "/drift-reports/{drift}": "violet",
    "/drift-reports/{drift}/report.html": "violet",
    "/alerts": "violet",
    "/alerts?view=all": "carl",
    "/alerts/{alert}": "vera",
    "/findings": "violet",
    "/findings?view=mine": "olga",
    "/findings?view=overdue": "ada",
    "/findings/{finding}": "vera",
    "/model-versions/{approved}/findings": "vera",
    "/attestations": "violet",
    "/attestations?view=mine": "olga",
    "/policies": "violet",
    "/account/tokens": "violet",
    "/waivers": "violet",
    "/webhooks": "olga",
    "/waivers?view=proposed": "ada",
    "/break-glass-requests": "violet",
    "/account": "violet",
    "/audit": "ada",
    "/people": "admin",
    "/people?find=v%25": "admin",
    "/audit?outcome=ok&action=run.requested&since=2020-01-01&until=2099-12-31": "vera",
}
"""Address → somebody who may see it."""


@pytest.mark.parametrize(("address", "name"), ROOMS.items())
def test_whoever_may_see_a_page_sees_it(
    look: Look, seeded: Seeded, address: str, name: str
) -> None:
    visitor = look(name)

    text = visitor.open(address.format(**seeded.ids))

    assert text
    assert 'action="/sign-out"' in text or address.endswith((".html", ".md", "/progress", ".json"))
    if '<nav aria-label="Main">' in text and address not in ONES_OWN:
        groups, pages = navigation_of(text)
        assert sum(bool(current) for _, current in groups.values()) == 1
        assert sum(bool(current) for _, current in pages.values()) == (address != "/")


ONES_OWN = {"/account", "/account/tokens", "/reference"}
"""Pages that belong to no group."""


def navigation_of(page: str) -> tuple[dict[str, tuple[str, str]], dict[str, tuple[str, str]]]:
    """Words → address and what is current, of both rows."""
    link = re.compile(r'<li><a href="([^"]+)"(?: aria-current="(page|true)")?>([^<]+)</a></li>')
    head = page.split("</header>")[0]
    groups, _, pages = head.partition('<nav class="within"')
    found = [{w: (a, c) for a, c, w in link.findall(row)} for row in (groups, pages)]
    return found[0], found[1]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param(
            "olga",
            {
                "Overview": [],
                "Models": ["Models", "Use cases", "Model requests", "Runs"],
                "Review": ["Approvals", "Findings", "Waivers", "Proceedings"],
                "Serving": ["Deployments", "Alerts", "Access"],
                "Administration": ["Policies", "Broken glass", "Audit trail", "Webhooks"],
            },
            id="owner",
        ),
        pytest.param(
            "admin",
            {
                "Overview": [],
                "Review": ["Purges"],
                "Administration": ["People", "Policies", "Broken glass", "Webhooks"],
            },
            id="admin",
        ),
    ],
)
def test_two_clicks_lead_to_every_page_that_somebody_may_see(
    look: Look, name: str, shown: dict[str, list[str]]
) -> None:
    visitor = look(name)
    groups, _ = navigation_of(visitor.open("/"))
    rows = {words: navigation_of(visitor.open(to))[1] for words, (to, _) in groups.items()}

    assert {words: list(row) for words, row in rows.items()} == shown
    for row in rows.values():
        for address, _ in row.values():
            _, there = navigation_of(visitor.open(address))
            assert [to for to, current in there.values() if current == "page"] == [address]


@pytest.mark.parametrize("address", [a for a in ROOMS if "{" in a])
def test_another_project_learns_nothing_from_an_identifier(
    look: Look, seeded: Seeded, address: str
) -> None:
    text = look("stan").open(address.format(**seeded.ids), status=404)

    assert "There is nothing here" in text
    assert "loan-approval" not in text


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/approval-requests?view=all",
        "/models",
        "/use-cases",
        "/model-requests",
        "/runs",
        "/deployments",
        "/alerts",
        "/audit",
        "/waivers",
    ],
)
def test_lists_show_another_project_nothing(look: Look, address: str) -> None:
    text = look("stan").open(address)

    assert "loan-approval" not in text
    assert "Home loan" not in text


@pytest.mark.parametrize("address", [a for a in ROOMS if a != "/"])
def test_nobody_sees_a_page_without_signing_in(
    reading_room: TestClient, seeded: Seeded, address: str
) -> None:
    reading_room.cookies.clear()

    answer = reading_room.get(address.format(**seeded.ids))

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=/")


def test_the_admin_of_people_sees_no_model(look: Look) -> None:
    visitor = look("admin")

    assert "None of your roles shows models" in visitor.open("/")
    assert "You may not do this" in visitor.open("/models", status=403)


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/nothing", 404, "There is nothing here"),
        ("/static/nothing.css", 404, "There is nothing here"),
        ("/models/not-an-id", 422, "Something is missing"),
        ("/sign-out", 405, "only takes forms"),
        ("/audit?actor_id=me", 422, "must be an identifier"),
        ("/audit?since=yesterday", 422, "must be a day"),
    ],
)
def test_a_refusal_is_a_page_that_reads(look: Look, address: str, status: int, words: str) -> None:
    answer = look("vera").client.get(address)

    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert words in answer.text
    assert "Traceback" not in answer.text


def test_the_api_keeps_answering_programs_in_json(reading_room: TestClient) -> None:
    answer = reading_room.get("/api/v1/models")

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_page_that_breaks_says_so_without_details(
    look: Look, seeded: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = look("vera")
    monkeypatch.setattr(
        "accredit_governance.questions.models.model", lambda *_: {}["secret detail"]
    )

    text = visitor.open(f"/models/{seeded['model']}", status=500)

    assert "An error on our side" in text
    assert "secret detail" not in text


@pytest.mark.parametrize(
    ("address", "name"), [(a, n) for a, n in ROOMS.items() if not a.endswith((".md", ".json"))]
)
def test_what_people_write_never_runs(look: Look, seeded: Seeded, address: str, name: str) -> None:
    assert HOSTILE not in look(name).open(address.format(**seeded.ids))


def test_hostile_names_are_shown_as_they_were_written(look: Look, seeded: Seeded) -> None:
    text = look("violet").open(f"/model-versions/{seeded['approved']}")

    assert "&lt;script&gt;alert(&#34;name&#34;)&lt;/script&gt;" in text


def test_every_page_is_sent_with_the_strict_policy_and_never_cached(look: Look) -> None:
    headers = look("vera").client.get("/").headers

    assert "script-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"


def test_foreign_pages_are_sent_into_a_sandbox(look: Look, seeded: Seeded) -> None:
    client = look("vera").client

    card = client.get(f"/model-versions/{seeded['in_review']}/card.html")
    drift = client.get(f"/drift-reports/{seeded['drift']}/report.html")

    for framed in (card, drift):
        assert "frame-ancestors 'self'" in framed.headers["content-security-policy"]
        assert framed.headers["x-frame-options"] == "SAMEORIGIN"
    assert card.headers["content-security-policy"].endswith("sandbox")
    assert drift.headers["content-security-policy"].startswith("sandbox allow-scripts;")
    assert "allow-same-origin" not in drift.headers["content-security-policy"]


def test_the_first_page_says_what_waits_for_whom(look: Look, seeded: Seeded) -> None:
    link = f"/approval-requests/{seeded['request']}"

    assert link in look("vera").open("/")
    assert link not in look("dana").open("/")
    carl = look("carl").open("/")
    assert "Confirm a waiver" in carl
    assert link not in carl
    assert "Confirm a waiver" not in look("vera").open("/")


def test_the_request_page_shows_evidence_and_who_made_it(look: Look, seeded: Seeded) -> None:
    text = look("vera").open(f"/approval-requests/{seeded['request']}")

    for words in ("Dana Reyes", "Sam Whitfield", "29 CFR 1607.4(D)", "hispanic", "at least 0.8"):
        assert words in text
    assert text.index("Overfitting") < text.index("Adverse impact ratio")
    assert '<svg class="plot"' in text
    assert "<style" not in text
    assert " style=" not in text


def test_only_forms_that_lead_somewhere_are_drawn(look: Look, seeded: Seeded) -> None:
    drawn = {
        (name, version): set(
            re.findall(
                r'action="/model-versions/[^/]+/([a-z-]+)',
                look(name).open(f"/model-versions/{seeded[version]}"),
            )
        )
        for name in ("violet", "dana", "olga", "carl", "vera", "ada")
        for version in ("draft", "candidate", "unclear", "failed", "in_review", "approved")
    }

    assert drawn.pop(("dana", "draft")) == {"statements"}
    assert drawn.pop(("olga", "draft")) == {"statements"}
    assert drawn.pop(("dana", "candidate")) == {"statements", "submissions"}
    assert drawn.pop(("olga", "candidate")) == {"statements", "submissions"}
    assert drawn.pop(("carl", "unclear")) == {"waivers", "retirements", "legal-holds"}
    assert drawn.pop(("carl", "failed")) == {"retirements", "legal-holds"}
    assert drawn.pop(("olga", "unclear")) == drawn.pop(("olga", "failed")) == {"retirements"}
    assert drawn.pop(("vera", "unclear")) == {"waivers"}  # she may revoke what she proposed
    assert drawn.pop(("dana", "approved")) == {"change-plans"}
    assert drawn.pop(("olga", "approved")) == {
        *("deployments", "suspensions", "retirements", "change-plans")
    }
    assert drawn.pop(("carl", "approved")) == {"suspensions", "retirements", "legal-holds"}
    assert drawn.pop(("vera", "approved")) == {"suspensions"}
    for version in ("draft", "candidate", "in_review"):
        assert drawn.pop(("carl", version)) == {"legal-holds"}
    assert set(map(frozenset, drawn.values())) == {frozenset()}


def test_the_progress_of_a_run_is_told_to_its_page_only(look: Look, seeded: Seeded) -> None:
    visitor = look("vera")

    told = json.loads(visitor.open(f"/runs/{seeded['run']}/progress"))
    page = visitor.client.get(f"/runs/{seeded['run']}")

    assert told == {"state": "queued", "job_state": "queued", "share": 0.0, "message": ""}
    assert "connect-src 'self'" in page.headers["content-security-policy"]
    assert "/static/progress.js" in page.text
    assert '<noscript><meta http-equiv="refresh"' in page.text


def test_the_page_of_a_run_tells_what_was_asked_for(look: Look, seeded: Seeded) -> None:
    page = " ".join(look("vera").open(f"/runs/{seeded['run']}").split())

    assert "<dt>Families</dt><dd>Boosting, Naive bayes</dd>" in page
    assert "<code>obrat</code> lowers the score" in page
    assert "<dt>Classes weighed</dt><dd>balanced</dd>" in page
    assert "Only models that a person can read" not in page


def test_the_trail_can_be_taken_away_and_verified(look: Look) -> None:
    answer = look("ada").send("/audit/exports")

    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    key = VerifierKey.parse(files["audit.pub"].decode())
    found = verify_export(
        files["audit.jsonl"].splitlines(keepends=True), files["audit.checkpoint"].decode(), key
    )
    assert found.holds
    assert found.events > 90
    named = answer.headers["content-disposition"]
    assert re.fullmatch(r'attachment; filename="audit-\d+\.zip"', named)


def test_the_whole_trail_is_not_for_those_who_read_one_project(look: Look) -> None:
    visitor = look("vera")

    answer = visitor.send("/audit/exports")

    assert "Download the trail</button>" not in visitor.open("/audit")
    assert answer.status_code == 403
    assert "in every project" in answer.text


def test_the_search_narrows_and_keeps_what_was_asked(look: Look, seeded: Seeded) -> None:
    visitor = look("ada")

    text = visitor.open(f"/audit?resource_id={seeded['approved']}&action=model_version.moved")

    rows = re.findall(r'<th scope="row" class="tight">([^<]+)</th>', text)
    assert rows
    assert set(rows) == {"model_version.moved"}
    assert f'value="{seeded["approved"]}"' in text
