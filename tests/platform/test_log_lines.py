"""The log of a process: nobody writes lines into it by what they send."""

import logging
import re
import sys

import pytest

from accredit_platform.log_lines import LogLines
from accredit_platform.server import bounded
from accredit_platform.settings import Settings

BEGINS = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (WARNING|ERROR) accredit\.api \[\d+\]: "
)


def line(message: str, *values: object, error: bool = False) -> str:
    made = logging.LogRecord(
        "accredit.api",
        logging.ERROR,
        __file__,
        1,
        message,
        values,
        sys.exc_info() if error else None,
    )
    return LogLines().format(made)


def test_a_line_says_when_in_utc_how_grave_and_who() -> None:
    made = logging.makeLogRecord({"created": 0.0, "msecs": 0.0, "name": "accredit.api"})
    made.levelname, made.msg = "WARNING", "late"

    text = LogLines().format(made)

    assert BEGINS.match(text)
    assert text.startswith("1970-01-01T00:00:00.000Z WARNING accredit.api [")
    assert text.endswith("]: late")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\x0b", "\x85", "\u2028", "\x1b[2K", "\x00"])
def test_nobody_adds_a_line_by_what_they_send(end: str) -> None:
    forged = f"x{end}2026-11-23T00:00:00.000Z ERROR accredit.api [1]: forged"

    text = line("request %s failed", forged)

    assert len(text.splitlines()) == 1
    assert text.isprintable()


def test_a_traceback_does_not_look_like_a_line_of_the_log() -> None:
    try:
        raise ValueError("first\n2026-11-23T00:00:00.000Z ERROR accredit.api [1]: forged")
    except ValueError:
        first, *below = line("request %s failed", "7", error=True).splitlines()

    assert BEGINS.match(first)
    assert any("forged" in each for each in below)
    assert all(each.startswith("  ") for each in below)


def test_the_server_writes_its_own_messages_into_the_same_log() -> None:
    served = bounded(lambda *_: None, Settings())  # type: ignore[arg-type, return-value]

    assert served.log_config is None
