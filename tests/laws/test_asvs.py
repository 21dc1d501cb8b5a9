"""The page on ASVS is complete, and what it names as evidence is there."""

import hashlib
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/asvs.md").read_text(encoding="utf-8")
ROWS = [
    tuple(cell.strip() for cell in line.strip("|").split(" | "))
    for line in PAGE.splitlines()
    if re.match(r"\| \d+\.\d+\.\d+ \|", line)
]
TESTS = set(
    re.findall(
        r"def (test_\w+)\(",
        "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py")),
    )
)
LINK = re.compile(r"^\[[^\]]+\]\([a-z-]+\.md(#[a-z-]+)?\)")
ITEMS = "29debb6cfc11acf5deb2b2bb4e01bd836c5648dcc592aae17957e36b808cec05"
"""SHA-256 over the identifiers and levels of the standard, a line each."""
HOWS = {"test", "document", "operator", "not applicable", "open"}


def test_every_item_of_both_levels_is_there_once() -> None:
    items = "\n".join(f"{row[0]} {row[1]}" for row in ROWS)

    assert len({row[0] for row in ROWS}) == len(ROWS) == 253
    assert Counter(row[1] for row in ROWS) == {"1": 70, "2": 183}
    assert hashlib.sha256(items.encode()).hexdigest() == ITEMS


@pytest.mark.parametrize("row", [pytest.param(row, id=row[0]) for row in ROWS])
def test_evidence_is_of_the_kind_that_it_claims(row: tuple[str, ...]) -> None:
    _, _, topic, how, evidence = row

    assert len(topic.split()) <= 10
    assert how in HOWS
    assert evidence
    named = re.findall(r"`(test_\w+)`", evidence)
    assert set(named) <= TESTS
    if how == "test":
        assert named
    if how in {"document", "operator"}:
        assert LINK.match(evidence), "test_docs.py holds that it resolves"


def test_the_head_counts_what_the_table_says() -> None:
    counted = Counter(row[3] for row in ROWS)
    told = dict(re.findall(r"^\| ([a-z ]+) \| (\d+) \|", PAGE, re.MULTILINE))
    head = re.search(r"Of the (\d+) applicable items (\d+) .* other (\d+), (\d+)%", PAGE)

    assert {how: int(count) for how, count in told.items()} == counted
    assert head
    applicable, documents, others, share = map(int, head.groups())
    assert applicable == len(ROWS) - counted["not applicable"]
    assert documents == counted["document"]
    assert others == applicable - documents
    assert share == round(100 * counted["test"] / others)


def test_open_items_come_first_with_what_is_missing() -> None:
    section = PAGE.split("\n## Open\n")[1].split("\n## ")[0]
    listed = re.findall(r"^- \*\*([\d.]+)\*\* ([^:]+): (.+)\.$", section, re.MULTILINE)

    assert [each[0] for each in listed] == [row[0] for row in ROWS if row[3] == "open"]
    assert [each[2] for each in listed] == [row[4] for row in ROWS if row[3] == "open"]
