"""Broken glass on a page; and the pages of somebody who knows one model only."""

from collections.abc import Callable
from pathlib import Path

from accredit_governance.access.permissions import Role
from accredit_governance.operations import identity
from accredit_governance.operations.sessions import password_hash_of
from accredit_platform.settings import Settings
from accredit_platform.wiring import open_services
from tests.platform.web.conftest import Visitor
from tests.platform.web.seed import PASSWORD, Seeded

Enter = Callable[[str], Visitor]
ROOM = "/break-glass-requests"


def test_a_role_is_asked_for_granted_and_ended_on_pages(enter: Enter, seeded: Seeded) -> None:
    violet = enter("violet")
    assert "Nobody whom you may see has asked." in violet.open(ROOM)
    asked = violet.send(
        ROOM,
        role="developer",
        project_id=str(seeded["lending"]),
        minutes="60",
        reason="Customers wait for a corrected table.",
    )
    assert asked.headers["location"] == f"{ROOM}?done=glass-asked"
    assert "Take back" in violet.open(ROOM)

    admin = enter("admin")
    assert "Customers wait for a corrected table." in admin.open("/")
    page = admin.open(ROOM)
    form = page.split(f'action="{ROOM}/', 1)[1]
    digest = form.split('name="subject_digest" value="', 1)[1].split('"', 1)[0]
    granted = admin.send(
        f"{ROOM}/{form.split('/', 1)[0]}/grants", subject_digest=digest, password=PASSWORD
    )
    assert granted.headers["location"] == f"{ROOM}?done=glass-broken"
    assert "End now" in admin.open(ROOM)
    act = enter("violet").send(f"/deployments/{seeded['deployment']}/drift-reports")
    assert act.headers["location"].endswith("?done=drift")
    ada = enter("ada")
    assert "Customers wait for a corrected table." in ada.open("/")
    assert ada.open("/audit?action=drift_report.requested").count("broken glass</a>") == 1

    carl = enter("carl")
    ended = carl.send(f"{ROOM}/{form.split('/', 1)[0]}/endings")
    assert ended.headers["location"] == f"{ROOM}?done=glass-ended"
    assert "Customers wait" not in carl.open("/")


def test_what_cannot_be_asked_for_is_said_in_words(enter: Enter) -> None:
    violet = enter("violet")

    odd = violet.send(ROOM, role="king", minutes="60", reason="Customers wait for it.")
    late = violet.send(ROOM, role="owner", minutes="9999", reason="Customers wait for it.")

    assert (odd.status_code, late.status_code) == (422, 403)
    assert "Choose the role that you need" in odd.text


def test_who_knows_one_model_walks_through_its_pages(
    enter: Enter, home: Path, seeded: Seeded
) -> None:
    services = open_services(Settings(home=home))
    database = services.database
    known, vera = password_hash_of(database, "admin"), password_hash_of(database, "vera")
    assert known is not None
    assert vera is not None
    admin = identity.actor_of_principal(database, known[0], request_id=None)
    assert admin is not None
    mona = identity.create_principal(
        database, admin, kind="user", name="mona", title="Mona", password_hash=vera[1]
    )
    identity.bind_role(
        database,
        admin,
        mona.id,
        role=Role.VALIDATOR,
        project_id=None,
        model_id=seeded["model"],
    )
    services.close()

    visitor = enter("mona")

    for address in (
        "/",
        "/models",
        "/models/{model}",
        "/models/{model}/status",
        "/model-versions/{approved}",
        "/model-versions/{in_review}",
        "/model-versions/{failed}",
        "/approval-requests",
        "/approval-requests/{request}",
        "/deployments",
        "/deployments/{deployment}",
        "/alerts/{alert}",
        "/findings",
        "/findings/{finding}",
        "/waivers",
        "/access-grants",
        "/access-requests/{access_request}",
        "/proceedings",
        "/runs",
        "/use-cases",
        "/audit",
        "/policies",
        ROOM,
    ):
        visitor.open(address.format(**seeded.ids))
    visitor.open(f"/use-cases/{seeded['use_case']}", status=404)
