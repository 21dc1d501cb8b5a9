"""What follows an approval through plain forms: asked by one, signed by others, told to all."""

from collections.abc import Callable

from tests.platform.web.conftest import Visitor
from tests.platform.web.seed import PASSWORD, Seeded
from tests.platform.web.test_acts import digest_in

Enter = Callable[[str], Visitor]


def unblock(enter: Enter, seeded: Seeded) -> None:
    """The finding that the drift opened turns out to be less grave."""
    enter("vera").send(
        f"/findings/{seeded['finding']}/severity-changes", severity="low", reason="Two cases only."
    )


def test_a_suspended_version_comes_back_by_three_people(enter: Enter, seeded: Seeded) -> None:
    page = f"/model-versions/{seeded['approved']}"
    enter("carl").send(f"{page}/suspensions", reason="Odd answers since this morning.")
    unblock(enter, seeded)

    olga = enter("olga")
    assert "Ask for reinstatement" in olga.open(page)
    asked = olga.send(f"{page}/reinstatements", cause="Wrong units.", remedy="Feed repaired.")
    assert asked.headers["location"] == f"{page}?done=asked"
    for name in ("vera", "carl"):
        visitor = enter(name)
        listed = visitor.open("/proceedings")
        address = listed.split('action="/proceedings/reinstatement/', 1)[1].split('"', 1)[0]
        answer = visitor.send(
            f"/proceedings/reinstatement/{address}",
            decision="approve",
            subject_digest=digest_in(listed),
            comment="Looked at the feed.",
            password=PASSWORD,
        )
        assert answer.status_code == 303, answer.text

    assert "Feed repaired." in visitor.open(page)
    assert "Where it stands" in visitor.open(page)
    assert 'action="' + page + '/suspensions"' in visitor.open(page)


def test_who_asked_reads_that_others_have_to_sign(enter: Enter, seeded: Seeded) -> None:
    page = f"/model-versions/{seeded['approved']}"
    enter("carl").send(f"{page}/suspensions", reason="Odd answers since this morning.")
    unblock(enter, seeded)
    olga = enter("olga")
    olga.send(f"{page}/reinstatements", cause="Wrong units.", remedy="Feed repaired.")

    listed = olga.open("/proceedings?view=open")

    assert "You cannot sign: you asked for this reinstatement" in listed
    assert "Withdraw" in listed


def test_a_form_without_a_cause_is_refused_in_words(enter: Enter, seeded: Seeded) -> None:
    page = f"/model-versions/{seeded['approved']}"
    enter("carl").send(f"{page}/suspensions", reason="Odd answers since this morning.")

    answer = enter("olga").send(f"{page}/reinstatements", cause="", remedy="")

    assert answer.status_code == 422
    assert "cause" in answer.text


def test_a_legal_hold_is_placed_and_lifted_by_two_people(enter: Enter, seeded: Seeded) -> None:
    page = f"/model-versions/{seeded['approved']}"
    carl = enter("carl")
    placed = carl.send(f"{page}/legal-holds", reason="Case 17 at the court.")
    assert placed.headers["location"] == "/legal-holds?done=held"
    assert "Lift the hold" not in carl.open("/legal-holds")
    assert "Case 17 at the court." in carl.open(page)

    paul = enter("paul")
    listed = paul.open("/legal-holds")
    address = listed.split('action="/legal-holds/', 1)[1].split('"', 1)[0]
    lifted = paul.send(f"/legal-holds/{address}", reason="The case is closed.")

    assert lifted.headers["location"] == "/legal-holds?done=lifted"
    assert "The case is closed." in paul.open("/legal-holds")


def test_an_admin_sees_purges_and_nothing_else_of_models(enter: Enter) -> None:
    admin = enter("admin")

    assert "Purges" in admin.open("/purges")
    admin.open("/proceedings", status=403)


def test_a_plan_is_proposed_by_a_form(enter: Enter, seeded: Seeded) -> None:
    page = f"/model-versions/{seeded['approved']}"

    answer = enter("dana").send(
        f"{page}/change-plans",
        families="linear",
        metric="performance.discrimination",
        metric_floor="0.6",
        max_loss="0.05",
        max_uses="2",
        ends_on="2026-01-01",
        reason="Retrained each month.",
    )

    assert answer.status_code == 422
    assert "lies in the past" in answer.text
