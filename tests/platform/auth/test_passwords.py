"""Passwords: length counts, and what everybody tries does not."""

from pathlib import Path

import pytest

from accredit_governance.errors import InvalidInput
from accredit_platform.auth.passwords import check_password


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "P4$$w0rd!2026",
        "qwertyuiop12",
        "1q2w3e4r5t6y",
        "Summer2026!!!",
        "adminadmin12",
        "xxxxxxxxxxxx",
        "abcabcabcabc",
        "123456789012",
        "Accredit2026!",
        "iloveyou-1234",
    ],
)
def test_what_is_tried_first_is_refused(password: str) -> None:
    with pytest.raises(InvalidInput, match="tried first"):
        check_password(password)


@pytest.mark.parametrize(
    "password",
    ["correct horse", "kX9#vQ2!mZ7p", "583920184756", "grünes Fahrrad", "in Graz 1994"],
)
def test_any_kind_of_character_will_do(password: str) -> None:
    check_password(password, name="vera")


@pytest.mark.parametrize("password", ["my name is vera", "VERA was here today"])
def test_the_name_of_the_account_is_no_part_of_it(password: str) -> None:
    with pytest.raises(InvalidInput, match="name of the account"):
        check_password(password, name="vera")


def test_a_name_of_three_letters_may_occur() -> None:
    check_password("the gondola leaves", name="ola")


def test_a_password_that_others_know_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "known.txt"
    file.write_bytes("short\r\nBlue Bicycles\ngrünes fahrrad\n".encode() + b"\xff\xfe\n")

    for password in ("blue bicycles", "BLUE Bicycles", "grünes Fahrrad"):
        with pytest.raises(InvalidInput, match="others know"):
            check_password(password, known=file)
    check_password("blue bicycles ", known=file)
    check_password("blue bicycles")
