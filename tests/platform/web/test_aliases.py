"""Champions through plain forms: asked by an owner, signed by another, rolled back, told."""

import re
from collections.abc import Callable

from tests.platform.web.conftest import Visitor
from tests.platform.web.seed import PASSWORD, Seeded
from tests.platform.web.test_acts import digest_in

Enter = Callable[[str], Visitor]


def test_a_champion_takes_two_people_in_production_and_one_in_staging(
    enter: Enter, seeded: Seeded
) -> None:
    page = f"/models/{seeded['model']}"
    wish = {
        "alias": "champion",
        "model_version_id": str(seeded["approved"]),
        "reason": "The first one in use.",
    }
    grave = enter("olga").send(f"{page}/alias-changes", environment="production", **wish)
    enter("vera").send(
        f"/findings/{seeded['finding']}/severity-changes",
        severity="low",
        reason="The drift is that of one branch.",
    )
    olga = enter("olga")

    moved = olga.send(f"{page}/alias-changes", environment="staging", **wish)
    asked = olga.send(f"{page}/alias-changes", environment="production", **wish)
    twice = olga.send(f"{page}/alias-changes", environment="production", **wish)
    waiting = re.sub(r"<[^>]+>", "", olga.open(page))
    vera = enter("vera")
    listed = vera.open("/proceedings")
    address = listed.split('action="/proceedings/alias_change/', 1)[1].split('"', 1)[0]
    signed = vera.send(
        f"/proceedings/alias_change/{address}",
        decision="approve",
        subject_digest=digest_in(listed),
        comment="",
        password=PASSWORD,
    )
    shown = re.sub(r"<[^>]+>", "", vera.open(page))
    olga = enter("olga")
    back = olga.send(f"{page}/alias-rollbacks", place="production/champion", reason="Odd.")

    assert grave.status_code == 409
    assert moved.headers["location"] == f"{page}?done=alias-moved"
    assert asked.headers["location"] == f"{page}?done=asked"
    assert (twice.status_code, "waits for its signatures already" in twice.text) == (409, True)
    assert "waits for validator or compliance" in waiting
    assert signed.headers["location"] == "/proceedings?done=signed"
    assert "Signed by a second person" in shown
    assert "Let a name stand" not in shown
    assert back.status_code == 409
    assert "no other version came before" in back.text


def test_an_owner_adds_an_environment(enter: Enter, seeded: Seeded) -> None:
    page = f"/models/{seeded['model']}"
    olga = enter("olga")
    project = olga.open(page).split('name="project_id" value="', 1)[1].split('"', 1)[0]

    added = olga.send(f"{page}/environments", project_id=project, name="pilot", protected="yes")

    assert added.headers["location"] == f"{page}?done=environment-added"
    assert "pilot (protected)" in olga.open(page)
