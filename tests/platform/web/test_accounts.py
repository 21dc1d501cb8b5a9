"""People and groups on pages: what an admin sees and does there."""

import re
from collections.abc import Callable

from httpx2 import Response

from tests.platform.web.conftest import Visitor

Enter = Callable[[str], Visitor]


def led(answer: Response) -> str:
    """Where a form led to."""
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def links(page: str, start: str) -> dict[str, str]:
    """Words of links under an address → where they lead."""
    return {
        words: at for at, words in re.findall(rf'<a href="({start}/[0-9a-f-]+)">([^<]+)</a>', page)
    }


def test_an_admin_gives_roles_through_a_group_and_takes_them_back(enter: Enter) -> None:
    admin = enter("admin")
    made = led(admin.send("/groups", name="Risk <b>team</b>"))
    at = made.partition("?")[0]
    person = links(admin.open("/people?find=violet"), "/people")
    assert len(person) == 1
    violet = next(iter(person.values())).rpartition("/")[2]

    assert led(admin.send(f"{at}/role-bindings", role="auditor", project_id="")) == (
        f"{at}?done=role-bound"
    )
    assert led(admin.send(f"{at}/members", principal_id=violet)) == f"{at}?done=member-added"
    inside = admin.open(f"/people/{violet}")
    shown = admin.open(at)

    assert "Risk &lt;b&gt;team&lt;/b&gt;" in inside
    assert "auditor" in admin.open("/people?find=violet")
    assert f"/people/{violet}" in shown
    assert "1 in all" in shown
    binding = re.search(r"role-bindings/([0-9a-f-]+)/revocations", shown)
    assert binding is not None
    admin.send(f"{at}/renamings", name="Risk")
    admin.send(f"{at}/members/{violet}/removals")
    assert led(admin.send(f"{at}/role-bindings/{binding[1]}/revocations")) == (
        f"{at}?done=role-taken"
    )
    assert "No role is bound here." in admin.open(at)
    assert "Nobody is in this group." in admin.open(at)
    assert led(admin.send(f"{at}/dissolutions")) == "/people?done=group-dissolved"
    assert "was dissolved" in admin.open(at)


def test_an_admin_closes_an_account_and_opens_it_again(enter: Enter) -> None:
    admin = enter("admin")
    at = next(iter(links(admin.open("/people?find=violet"), "/people").values()))

    assert led(admin.send(f"{at}/role-bindings", role="viewer", project_id="")).endswith("bound")
    assert led(admin.send(f"{at}/deactivations")) == f"{at}?done=account-closed"
    closed = admin.open(at)
    again = admin.send(f"{at}/deactivations")
    assert led(admin.send(f"{at}/reactivations")) == f"{at}?done=account-opened"

    assert "Open the account again" in closed
    assert again.status_code == 409
    assert "Close the account" in admin.open(at)
    wrong = admin.send(f"{at}/role-bindings", role="emperor")
    assert wrong.status_code == 422
    assert "Choose one of the roles" in wrong.text


def test_nobody_else_sees_the_people_page(enter: Enter) -> None:
    violet = enter("violet")

    assert "/people" not in violet.open("/policies")
    violet.open("/people", status=403)
    assert violet.send("/groups", name="Mine").status_code == 403
