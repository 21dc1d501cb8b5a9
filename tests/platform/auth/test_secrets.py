"""Secrets: slow hashes for passwords, random tokens that are recognised by their form."""

import pytest

from accredit_governance.access.token_forms import TokenKind, form_of
from accredit_governance.errors import InvalidInput
from accredit_platform.auth.secrets import (
    hash_password,
    new_secret,
    new_token,
    password_fits,
)


def test_a_password_fits_its_own_hash_only() -> None:
    hashed = hash_password("correct horse")

    assert hashed.startswith("$argon2id$")
    assert password_fits("correct horse", hashed)
    assert not password_fits("Correct horse", hashed)
    assert hash_password("correct horse") != hashed, "salted"


def test_a_password_counts_to_its_last_character() -> None:
    long = "correct horse " * 10 + "end "
    hashed = hash_password(long)

    assert len(long) > 64
    assert password_fits(long, hashed)
    assert not password_fits(long.strip(), hashed)
    assert not password_fits(long[:72], hashed)


@pytest.mark.parametrize("known", [None, "", "no hash"])
def test_without_a_sound_hash_nothing_fits(known: str | None) -> None:
    assert not password_fits("correct horse", known)


@pytest.mark.parametrize(
    ("length", "fits"), [pytest.param(11, False, id="just below"), pytest.param(12, True, id="on")]
)
def test_a_password_has_twelve_characters(length: int, *, fits: bool) -> None:
    if fits:
        assert hash_password("correct horse"[:length])
        return
    with pytest.raises(InvalidInput) as caught:
        hash_password("correct horse"[:length])
    assert caught.value.problems[0]["pointer"] == "/password"


@pytest.mark.parametrize("kind", TokenKind)
def test_tokens_have_the_form_that_is_looked_for(kind: TokenKind) -> None:
    tokens = {new_token(kind) for _ in range(50)}

    assert len(tokens) == 50
    assert all(form_of(token) == (kind, token[:20]) for token in tokens)
    assert not form_of(new_secret())
