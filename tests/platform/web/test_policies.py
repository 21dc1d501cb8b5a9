"""Policy pages: what a draft changes, whom a policy covers, and who may put one into force."""

from collections.abc import Callable

import pytest

from tests.platform.web.conftest import Visitor
from tests.platform.web.papers import DRAFT_SOURCE, POLICY
from tests.platform.web.seed import Seeded

Look = Callable[[str], Visitor]
Enter = Callable[[str], Visitor]


def test_the_list_has_what_is_in_force_and_the_drafts(look: Look, seeded: Seeded) -> None:
    text = look("violet").open("/policies")

    in_force, drafts = text.split('id="drafts"')
    assert f"/policies/{seeded['policy']}" in in_force
    assert f"/policies/{seeded['policy_draft']}" in drafts
    assert "Pia Sommer" in drafts


def test_a_draft_shows_what_it_changes_and_which_way(look: Look, seeded: Seeded) -> None:
    text = look("violet").open(f"/policies/{seeded['policy_draft']}")

    changes = text.split('id="changes"')[1].split("</section>")[0]
    assert "Changes since version 1" in text
    assert "approval › validity days" in changes
    assert "<td>365</td><td>180</td>" in changes.replace("\n", "")
    assert "Stricter" in changes


def test_a_policy_shows_every_check_with_its_parameters_and_stages(
    look: Look, seeded: Seeded
) -> None:
    text = look("violet").open(f"/policies/{seeded['policy']}")

    for gate in POLICY.gates:
        assert gate.check.replace("_", " ").split()[0] in text.lower()
    assert "min per class: 30" in text
    assert "Sources last read" in text
    assert "Records kept" in text
    assert "Changes since" not in text


def test_only_those_who_may_are_offered_to_publish_or_simulate(look: Look, seeded: Seeded) -> None:
    address = f"/policies/{seeded['policy_draft']}"
    drawn = {
        name: [
            act
            for act in ("Publish</button>", "Simulate this draft")
            if act in look(name).open(address)
        ]
        for name in ("violet", "vera", "ada", "carl", "pia", "paul")
    }

    assert drawn == {
        "violet": [],
        "vera": [],
        "ada": [],
        "carl": [],
        "pia": ["Simulate this draft"],
        "paul": ["Publish</button>", "Simulate this draft"],
    }


def test_a_draft_is_published_by_another_person_and_stays_as_it_is(
    enter: Enter, seeded: Seeded
) -> None:
    address = f"/policies/{seeded['policy_draft']}"

    by_author = enter("pia").send(f"{address}/publications")
    by_other = enter("paul").send(f"{address}/publications")
    again = enter("paul").send(f"{address}/publications")

    assert (by_author.status_code, by_other.status_code, again.status_code) == (403, 303, 409)
    text = enter("violet").open(address)
    assert "Published" in text
    assert "Publish</button>" not in enter("paul").open(address)
    assert f"/policies/{seeded['policy_draft']}" in enter("violet").open("/policies")


def test_a_page_tells_which_policy_applies_and_why_no_other_one_does(
    look: Look, seeded: Seeded
) -> None:
    by_case = look("vera").open(f"/policies/applying?use_case_id={seeded['use_case']}")
    by_facts = look("vera").open(
        "/policies/applying?tier=2&jurisdictions=us&task=binary&purpose=consumer_credit"
    )
    later = look("vera").open(f"/policies/applying?use_case_id={seeded['use_case']}&on=2020-01-01")

    for text in (by_case, by_facts):
        assert "<strong>us-credit-federal, version 1</strong> applies" in text
        assert f'href="/policies/{seeded["policy"]}"' in text
        assert "is for tiers 3, 4, not tier 2" in text
    assert "No policy applies" in later
    assert "takes effect only on" in later


@pytest.mark.parametrize(
    ("query", "words"),
    [
        pytest.param("tier=2", "ive a use case, or all of", id="too few facts"),
        pytest.param(
            "tier=two&jurisdictions=us&task=binary&purpose=x", "from 1 to 4", id="no number"
        ),
        pytest.param("use_case_id=mine", "must be an identifier", id="no identifier"),
        pytest.param("tier=2&on=soon", "must be a day", id="no day"),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(look: Look, query: str, words: str) -> None:
    assert words in look("vera").open(f"/policies/applying?{query}", status=422)


def test_the_use_cases_of_another_project_are_not_offered(look: Look, seeded: Seeded) -> None:
    text = look("stan").open("/policies/applying")
    asked = f"/policies/applying?use_case_id={seeded['use_case']}"

    assert "Home loan" not in text
    assert "There is nothing here" in look("stan").open(asked, status=404)


def test_a_finished_simulation_says_who_would_newly_fail(look: Look, seeded: Seeded) -> None:
    text = look("paul").open(f"/policy-simulations/{seeded['simulation']}")

    assert 'id="newly_fails"' in text
    assert "performance.discrimination" in text
    assert "✓ Pass" in text
    assert "✕ Fail" in text
    assert "is for tiers 1, not tier 2 &lt;script&gt;" in text
    assert "progress.js" not in text


def test_a_waiting_simulation_keeps_its_page_up_to_date(look: Look, seeded: Seeded) -> None:
    address = f"/policy-simulations/{seeded['waiting_simulation']}"
    visitor = look("pia")

    text = visitor.open(address)
    now = visitor.client.get(f"{address}/progress").json()

    assert f'data-progress="{address}/progress"' in text
    assert now == {"state": "queued", "share": 0.0, "message": ""}


def test_simulations_are_for_those_who_write_and_publish_policies(
    look: Look, seeded: Seeded
) -> None:
    address = f"/policy-simulations/{seeded['simulation']}"

    for name in ("violet", "vera", "carl", "stan"):
        assert look(name).client.get(address).status_code in {403, 404}
        assert look(name).client.get("/policy-simulations").status_code == 403
        assert "/policy-simulations" not in look(name).open("/policies")
    assert "us-credit-federal, version 2" in look("pia").open("/policy-simulations")


def test_a_draft_or_a_text_is_tried_out_and_can_be_stopped(enter: Enter, seeded: Seeded) -> None:
    visitor = enter("paul")

    of_draft = visitor.send("/policy-simulations", policy_version_id=str(seeded["policy_draft"]))
    of_text = visitor.send("/policy-simulations", source=DRAFT_SOURCE)
    wrong = visitor.send("/policy-simulations", source="name: x")
    address = of_text.headers["location"].partition("?")[0]
    stopped = visitor.send(f"{address}/cancellations")

    assert (of_draft.status_code, of_text.status_code, stopped.status_code) == (303, 303, 303)
    assert wrong.status_code == 422
    assert "validity_days: 180" in visitor.open(address)
    assert "It was asked to stop" in visitor.open(address)
