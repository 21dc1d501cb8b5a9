"""One's own account, the first admin and first passwords, in a browser without scripts."""

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from accredit_governance.operations import one_time_links
from accredit_platform.app import create_app
from accredit_platform.auth.browsers import SESSION_COOKIE, terms_of
from accredit_platform.settings import Settings
from accredit_platform.wiring import open_services, prepare
from tests.platform.web.conftest import Visitor, browser_of, token_in
from tests.platform.web.seed import PASSWORD, Seeded

Enter = Callable[[str], Visitor]
NEW = "seven grey herons"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(scope="module")
def anonymous(
    template_home: tuple[Path, Seeded], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    """A browser before one installation for all; who changes a password is nobody else's person."""
    home = tmp_path_factory.mktemp("account") / "home"
    shutil.copytree(template_home[0], home)
    with browser_of(home) as client:
        yield client


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A browser before an installation that nobody administers."""
    settings = Settings(home=tmp_path_factory.mktemp("new") / "home")
    prepare(settings)
    services = open_services(settings)
    one_time_links.offer_first_admin_link(services.database, secret="first" * 9)
    with TestClient(
        create_app(services), base_url="https://accredit.test", follow_redirects=False
    ) as client:
        yield client


def test_the_cookie_belongs_to_this_host_alone(anonymous: TestClient) -> None:
    answer = anonymous.post("/sign-in", data={"name": "vera", "password": PASSWORD})

    name, *rest = answer.headers["set-cookie"].split("; ")
    assert name.startswith("__Host-accredit_session=")
    assert set(rest) == {"Path=/", "Secure", "HttpOnly", "SameSite=Lax"}


def test_a_cookie_that_was_there_before_is_not_taken_over(anonymous: TestClient) -> None:
    """Session fixation: whoever planted it would be signed in with the victim."""
    planted = "p" * 43
    anonymous.cookies.set(SESSION_COOKIE, planted)
    answer = anonymous.post("/sign-in", data={"name": "vera", "password": PASSWORD})

    anonymous.cookies.clear()
    anonymous.cookies.set(SESSION_COOKIE, planted)

    assert planted not in answer.headers["set-cookie"]
    assert anonymous.get("/").status_code == 303


def test_a_page_lists_ones_sessions_and_ends_them(
    anonymous: TestClient, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(anonymous.headers, "user-agent", FIREFOX)
    first = enter("olga").client.cookies[SESSION_COOKIE]
    visitor = enter("olga")
    text = visitor.open("/account")
    other = text.split("/account/sessions/", 1)[1].split("/", 1)[0]

    answer = visitor.send(f"/account/sessions/{other}/endings")

    assert text.count("Firefox on Linux") == 2
    assert text.count("this one") == 1
    assert answer.headers["location"] == "/account?done=session-ended"
    assert visitor.open("/account").count("Firefox on Linux") == 1
    anonymous.cookies.clear()
    anonymous.cookies.set(SESSION_COOKIE, first)
    assert anonymous.get("/account").status_code == 303


def test_all_other_sessions_end_with_one_form(enter: Enter) -> None:
    first = enter("vera").client.cookies[SESSION_COOKIE]
    visitor = enter("vera")

    answer = visitor.send("/account/session-endings")

    assert answer.headers["location"] == "/account?done=sessions-ended"
    assert "this one" in visitor.open("/account")
    visitor.client.cookies.clear()
    visitor.client.cookies.set(SESSION_COOKIE, first)
    assert visitor.client.get("/account").status_code == 303


def test_another_password_takes_the_old_one_and_is_typed_twice(enter: Enter) -> None:
    visitor = enter("carl")
    good = {"old_password": PASSWORD, "new_password": NEW, "new_password_again": NEW}

    wrong = visitor.send("/account/password-changes", **good | {"old_password": "not mine"})
    differs = visitor.send("/account/password-changes", **good | {"new_password_again": "other"})
    common = {"new_password": "password1234", "new_password_again": "password1234"}
    guessed = visitor.send("/account/password-changes", **good | common)
    changed = visitor.send("/account/password-changes", **good)

    assert (wrong.status_code, differs.status_code, guessed.status_code) == (403, 422, 422)
    assert "tried first" in guessed.text
    assert changed.headers["location"] == "/account?done=password-changed"
    assert "is changed" in visitor.open("/account?done=password-changed")
    for password, status in ((PASSWORD, 403), (NEW, 303)):
        answer = visitor.client.post("/sign-in", data={"name": "carl", "password": password})
        assert answer.status_code == status


def test_who_shows_the_password_again_is_sent_another_secret(enter: Enter) -> None:
    visitor = enter("sam")
    before = visitor.client.cookies[SESSION_COOKIE]

    visitor.send(
        "/account/password-changes",
        old_password=PASSWORD,
        new_password=NEW,
        new_password_again=NEW,
    )

    assert visitor.client.cookies[SESSION_COOKIE] != before
    visitor.open("/account")


def test_programs_are_not_let_in_by_a_cookie(enter: Enter) -> None:
    client = enter("vera").client

    for method, path in (("GET", "/api/v1/me"), ("POST", "/api/v1/me/session-endings")):
        assert client.request(method, path).status_code == 401


def test_an_installation_says_how_long_sessions_last() -> None:
    terms = terms_of(Settings(session_idle_minutes=5, session_hours=1))

    assert (terms.idle, terms.life) == (timedelta(minutes=5), timedelta(hours=1))


def test_signing_out_lets_the_browser_forget(enter: Enter) -> None:
    answer = enter("vera").send("/sign-out")

    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert answer.headers["clear-site-data"] == '"cache", "storage"'


def test_the_first_admin_makes_an_account_invites_and_is_followed(empty: TestClient) -> None:
    code = "first" * 9
    form = {
        "code": code,
        "name": "ada",
        "title": "Ada Adams",
        "new_password": PASSWORD,
        "new_password_again": PASSWORD,
    }
    shown = empty.get(f"/first-run?code={code}")
    own_name = empty.post("/first-run", data=form | {"name": "horse"})
    made = empty.post("/first-run", data=form)

    assert "Become the admin" in shown.text
    assert own_name.status_code == 422
    assert "does not contain the name" in own_name.text
    assert 'value="Ada Adams"' in own_name.text
    assert made.headers["location"] == "/sign-in?done=first-admin"
    for answer in (empty.get(f"/first-run?code={code}"), empty.post("/first-run", data=form)):
        assert answer.status_code == 410
        assert "does not work any more" in answer.text

    body = {"name": "ada", "password": PASSWORD}
    bearer = {"Authorization": f"Bearer {empty.post('/api/v1/tokens', json=body).json()['token']}"}
    person = {"kind": "user", "name": "vera", "title": "Vera", "email": "vera@example.org"}
    added = empty.post("/api/v1/principals", json=person, headers=bearer).json()
    path = added["welcome"]["path"]
    page = empty.get(path)
    form = {"code": path.partition("=")[2], "new_password": NEW, "new_password_again": NEW}
    short = empty.post("/welcome", data=form | {"new_password": "a", "new_password_again": "a"})
    set_by_vera = empty.post("/welcome", data=form)

    assert added["email"] == "vera@example.org"
    assert "vera" in page.text
    assert short.status_code == 422
    assert "at least 12 characters" in short.text
    assert set_by_vera.headers["location"] == "/sign-in?done=password-set"
    assert empty.post("/welcome", data=form).status_code == 410
    signed_in = empty.post("/sign-in", data={"name": "vera", "password": NEW})
    assert signed_in.status_code == 303


@pytest.mark.parametrize("address", ["/first-run", "/first-run?code=guess", "/welcome?code=x"])
def test_a_guessed_link_opens_nothing(empty: TestClient, address: str) -> None:
    answer = empty.get(address)

    assert answer.status_code == 410
    assert "<form" not in answer.text


def test_other_sites_cannot_send_the_forms_of_links(empty: TestClient) -> None:
    for path in ("/first-run", "/welcome"):
        answer = empty.post(
            path, data={"code": "first" * 9}, headers={"sec-fetch-site": "cross-site"}
        )

        assert answer.status_code == 403
        assert "our own pages only" in answer.text


def test_an_admin_invites_hands_out_links_and_ends_sessions(enter: Enter) -> None:
    secret = enter("dana").client.cookies[SESSION_COOKIE]
    admin = enter("admin")

    invited = admin.send("/people", name="nora", title="Nora N", email="nora@example.org")
    again = admin.send("/people", name="nora", title="Nora N")
    nameless = admin.send("/people", name="otto", title="")
    unreachable = admin.send("/people", name="otto", title="Otto", email="otto")
    rows = admin.open("/people").split("<tr>")
    nora, dana = (
        next(row for row in rows if f">{name}<" in row).split("/people/", 1)[1][:36]
        for name in ("nora", "dana")
    )
    link = admin.send(f"/people/{nora}/password-links")
    ended = admin.send(f"/people/{dana}/session-endings")

    paths = [re.search(r"/welcome\?code=[\w-]{43}", page.text) for page in (invited, link)]
    assert (invited.status_code, link.status_code) == (201, 201)
    refused = (again, nameless, unreachable)
    assert [answer.status_code for answer in refused] == [409, 422, 422]
    assert not any(">otto<" in row for row in rows)
    assert all(paths)
    assert [admin.client.get(path[0]).status_code for path in paths if path] == [410, 200]
    for page in ("/people", f"/people/{nora}"):
        assert "/welcome" not in admin.open(page), "shown once"
    assert ended.headers["location"] == f"/people/{dana}?done=their-sessions-ended"
    admin.client.cookies.clear()
    admin.client.cookies.set(SESSION_COOKIE, secret)
    assert admin.client.get("/account").status_code == 303


def test_who_was_robbed_reads_it_after_signing_in(anonymous: TestClient, enter: Enter) -> None:
    visitor = enter("vera")
    services = open_services(Settings(home=home_of(anonymous)))
    with services.database.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE web_session SET secret_hash = 'another', rotated_at = '2020-01-01 00:00:00'"
        )
    services.close()

    refused = visitor.client.get("/")
    signed_in = visitor.client.post(
        "/sign-in", data={"name": "vera", "password": PASSWORD, "next": "/models"}
    )
    page = visitor.open(signed_in.headers["location"])

    assert refused.status_code == 303
    assert signed_in.headers["location"] == "/account?done=session-stolen"
    assert "Somebody else used one of your sessions" in page
    assert "Stolen" in page
    assert token_in(page)


def home_of(client: TestClient) -> Path:
    app = client.app
    while hasattr(app, "app"):
        app = app.app
    home: Path = app.state.services.settings.home  # type: ignore[union-attr]
    return home
