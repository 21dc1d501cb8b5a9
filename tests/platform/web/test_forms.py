"""Forms: only our own pages may send them, and only with the token of the session."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from accredit_governance.access.permissions import ROLE_PERMISSIONS, Permission, Role
from accredit_platform.web.pages import ROOMS
from tests.platform.web.conftest import Visitor, token_in
from tests.platform.web.seed import STAFF, Seeded

OPEN = {"/sign-in", "/sign-in/providers/{name}", "/first-run", "/welcome"}
"""Sent before there is a session: a name and password, a link or a provider stands for it."""

FORMS = sorted(
    (route.path, getattr(route.endpoint, "needs", None))
    for room in ROOMS
    for route in room.router.routes
    if isinstance(route, APIRoute) and "POST" in route.methods and route.path not in OPEN
)
ABLE = {
    permission: next(
        (n for n, (_, role, _) in STAFF.items() if permission in ROLE_PERMISSIONS[role]),
        "admin" if permission in ROLE_PERMISSIONS[Role.ADMIN] else "vera",
    )
    for permission in Permission
}
"""Somebody who may send a form: the admin or vera where no member of staff does."""


def address(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "00000000-0000-7000-8000-000000000000", path)


def test_there_are_forms_to_look_at() -> None:
    assert len(FORMS) >= 19
    assert all(needs is not None for _, needs in FORMS)


@pytest.mark.parametrize(("path", "needs"), FORMS)
def test_every_form_is_refused_without_its_token(
    look: Callable[[str], Visitor], path: str, needs: Permission | str
) -> None:
    visitor = look(ABLE.get(needs, "vera"))
    token = token_in(visitor.open("/"))
    wrong = token[:-1] + ("A" if token[-1] != "A" else "B")

    for fields in ({}, {"csrf_token": ""}, {"csrf_token": wrong}, {"csrf_token": token + "é"}):
        answer = visitor.client.post(address(path), data=fields)

        assert answer.status_code == 403, path
        assert "did not come from a page" in answer.text


@pytest.mark.parametrize(("path", "needs"), FORMS)
def test_every_form_is_refused_when_another_site_sends_it(
    look: Callable[[str], Visitor], path: str, needs: Permission | str
) -> None:
    visitor = look(ABLE.get(needs, "vera"))
    fields = {"csrf_token": token_in(visitor.open("/"))}

    for headers in (
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://evil.test"},
    ):
        answer = visitor.client.post(address(path), data=fields, headers=headers)

        assert answer.status_code == 403, path
        assert "our own pages only" in answer.text


PATHS = sorted(
    {route.path for room in ROOMS for route in room.router.routes if isinstance(route, APIRoute)}
)


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "OPTIONS", "TRACE", "LINK"])
def test_no_other_method_changes_anything(look: Callable[[str], Visitor], method: str) -> None:
    """Ray's guard knew POST and PUT, and forgot DELETE (CVE-2026-27482)."""
    visitor = look("vera")
    fields = {"csrf_token": token_in(visitor.open("/"))}

    assert len(PATHS) > 80
    for path in PATHS:
        own, foreign = (
            visitor.client.request(method, address(path), data=fields, headers=headers)
            for headers in ({"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "cross-site"})
        )
        assert (own.status_code, foreign.status_code) == (405, 405), path


def test_pages_offer_no_form_without_a_token(
    look: Callable[[str], Visitor], seeded: Seeded
) -> None:
    pages = [
        f"/approval-requests/{seeded['request']}",
        f"/model-versions/{seeded['unclear']}",
        f"/model-versions/{seeded['candidate']}",
        f"/model-versions/{seeded['approved']}",
        f"/deployments/{seeded['deployment']}",
        f"/models/{seeded['model']}",
        f"/access-requests/{seeded['access_request']}",
        f"/access-grants/{seeded['grant']}",
        f"/runs/{seeded['run']}",
        "/alerts",
        "/audit",
    ]
    found = 0

    for name in STAFF:
        visitor = look(name)
        for page in pages:
            text = visitor.client.get(page).text
            forms = re.findall(r'<form[^>]*method="post".*?</form>', text, flags=re.DOTALL)
            found += len(forms)
            assert all('name="csrf_token" value="' in form for form in forms)

    assert found > 50


def test_passwords_are_hidden_and_managers_may_help() -> None:
    """No field asks for a hint or a secret question, and nothing keeps anybody from pasting."""
    text = "".join(
        p.read_text() for p in Path("platform/accredit_platform/web/templates").iterdir()
    )
    fields = re.findall(r"<input[^>]* name=\"([^\"]+)\"[^>]*>", text)
    secret = re.findall(r"<input[^>]*name=\"\w*password\w*\"[^>]*>", text)

    assert len(secret) >= 4
    for field in secret:
        assert 'type="password"' in field
        assert re.search(r'autocomplete="(current|new)-password"', field)
    assert not re.search(r"onpaste|onkeydown|maxlength=\"\d+\"[^>]*password", text)
    assert not [name for name in fields if re.search(r"hint|question|birth|mother", name)]


def test_templates_hold_no_style_and_no_script_of_their_own() -> None:
    templates = sorted((Path("platform/accredit_platform/web/templates")).glob("*.html"))
    assert len(templates) > 15

    for template in templates:
        text = template.read_text()
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:|\|\s*safe", text), template
        assert not re.search(r"<script(?![^>]*\ssrc=)", text), template
