"""Tokens say of themselves what they are; scopes and projects only take away."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import ORGANISATION_WIDE, Permission, Role
from accredit_governance.access.rights import Binding
from accredit_governance.access.token_forms import TokenKind, form_of, scopes_of, spelt

NAME = "0123456789abcdef"
SECRET = "aB-_" * 10 + "xyz"
TOKEN = spelt(TokenKind.API, name=NAME, secret=SECRET)
HOME, TWIN = uuid.UUID(int=1), uuid.UUID(int=2)


def test_a_token_names_itself_and_nothing_more() -> None:
    assert TOKEN.startswith(f"acc_{NAME}_{SECRET}_")
    assert form_of(TOKEN) == (TokenKind.API, f"acc_{NAME}")


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("", id="empty"),
        pytest.param(TOKEN[:-1], id="cut short"),
        pytest.param(TOKEN + "\n", id="a line feed more"),
        pytest.param(f"Bearer {TOKEN}", id="with the scheme"),
        pytest.param(TOKEN.replace("acc_", "act_"), id="another kind"),
        pytest.param(TOKEN.upper(), id="upper case"),
        pytest.param(f"acc_{'x' * 43}", id="the form of before"),
        pytest.param(TOKEN[:-8] + "00000000", id="another checksum"),
    ],
)
def test_what_is_no_token_is_known_without_asking_anybody(token: str) -> None:
    assert form_of(token) is None


@given(place=st.integers(0, len(TOKEN) - 1), other=st.characters(codec="ascii"))
def test_every_single_mistyped_character_is_noticed(place: int, other: str) -> None:
    mistyped = TOKEN[:place] + other + TOKEN[place + 1 :]

    assert (form_of(mistyped) is None) == (mistyped != TOKEN)


@pytest.mark.parametrize(("name", "secret"), [("x", SECRET), (NAME, "password")])
def test_a_weak_secret_is_a_programming_error(name: str, secret: str) -> None:
    with pytest.raises(ValueError, match="256 random bits"):
        spelt(TokenKind.API, name=name, secret=secret)


def test_scopes_that_are_no_more_grant_nothing() -> None:
    assert scopes_of(None) is None
    assert scopes_of(["run:create", "spaceship:launch"]) == {Permission.RUN_CREATE}


bindings = st.lists(
    st.builds(Binding, role=st.sampled_from(Role), project_id=st.sampled_from([None, HOME, TWIN])),
    max_size=4,
).map(tuple)
scopes = st.none() | st.frozensets(st.sampled_from(Permission))


@given(bindings=bindings, scopes=scopes, within=st.sampled_from([None, HOME, TWIN]))
def test_a_narrowed_token_reaches_no_further_than_its_holder(
    bindings: tuple[Binding, ...],
    scopes: frozenset[Permission] | None,
    within: uuid.UUID | None,
) -> None:
    holder = Actor(id=uuid.UUID(int=9), kind="user", name="x", bindings=bindings)
    token = holder.model_copy(update={"scopes": scopes, "within": within}).confined()

    for permission in Permission:
        for project in (None, HOME, TWIN):
            if token.may(permission, project):
                assert holder.may(permission, project)
                assert scopes is None or permission in scopes
                assert within in {None, project}


@pytest.mark.parametrize("role", Role)
def test_within_a_project_a_role_is_whole_and_the_organisation_is_out_of_reach(role: Role) -> None:
    holder = Actor(id=uuid.UUID(int=9), kind="user", name="x", bindings=(Binding(role=role),))
    token = holder.model_copy(update={"within": HOME}).confined()

    for permission in Permission:
        assert token.may(permission, HOME) == holder.may(permission, HOME)
        assert not token.may(permission, TWIN)
        assert not (permission in ORGANISATION_WIDE and token.may(permission, None))
