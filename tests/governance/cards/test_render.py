"""Renderings: the page shows the document, all of it, and nothing from outside gets through."""

import base64
import hashlib
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest

from accredit_governance.cards import wording
from accredit_governance.cards.afterwards import CardCondition
from accredit_governance.cards.build import build_card
from accredit_governance.cards.card import ModelCard
from accredit_governance.cards.inputs import CardInputs
from accredit_governance.cards.render import render_html, render_markdown, style_source
from accredit_governance.cards.sections import Purpose, Statements
from accredit_governance.gates.results import GateReport, Verdict

from .conftest import check, digest, made_inputs

HOSTILE = (
    "<script>alert('x')</script><img src=http://evil.example/a.png onerror=x>"
    " | `[x](y)` ${7*7} {{7*7}}"
)


class Page(HTMLParser):
    """Tags, attributes and text of a page; complains about tags that are not closed in order."""

    VOID = frozenset({"meta", "br", "link", "img", "input", "hr"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture
def page(card: ModelCard) -> Page:
    return Page(render_html(card))


def hostile_inputs() -> CardInputs:
    inputs = made_inputs()
    result = check(
        "bias.ratio:" + HOSTILE,
        Verdict.FAIL,
        0.5,
        message=HOSTILE,
        remedy=HOSTILE,
        source=HOSTILE,
        details={"groups": [{"group": HOSTILE, "rate": 0.4, "low": 0.3, "high": 0.5, "n": 9}]},
    )
    return replace(
        inputs,
        identity=inputs.identity.model_copy(update={"model": HOSTILE, "title": HOSTILE}),
        purpose=Purpose(
            use_case=HOSTILE,
            purpose=HOSTILE,
            prohibited_uses=(HOSTILE,),
            owner=HOSTILE,
            risk_tier=HOSTILE,
            jurisdictions=(HOSTILE,),
        ),
        statements=Statements(limitations=HOSTILE, oversight=HOSTILE, author=HOSTILE),
        dataset_name=HOSTILE,
        gates=GateReport(
            policy=HOSTILE, policy_version=1, policy_digest=digest("a"), results=(result,)
        ),
        run={"settings": {HOSTILE: HOSTILE}, "versions": {HOSTILE: HOSTILE}, "mitigation": HOSTILE},
        contract={"target": HOSTILE, "columns": [{"name": HOSTILE, "kind": HOSTILE}]},
        attribution={HOSTILE: 1.0},
        explanation_background=HOSTILE,
    )


def test_every_check_is_on_the_page(card: ModelCard, page: Page) -> None:
    assert len(card.gates) == 6
    for result in card.gates:
        assert result.key in page.text
        assert result.message in page.text
        assert wording.VERDICT_WORDS[result.verdict] in page.text


def figures_of(card: ModelCard) -> list[str]:
    values: list[float | None] = [card.method.threshold]
    for result in card.gates:
        values += [result.value, result.threshold, result.n]
        if result.interval:
            values += [result.interval.low, result.interval.high]
    for table in card.groups:
        for row in table.rows:
            values += [row.n, row.value, row.low, row.high, row.compared]
    values += [a.mean_abs for a in card.explanation.ranking]
    values += [c.score for c in card.method.leaderboard]
    values += [m.weight for m in card.method.members]
    shares = [wording.share(a.share) for a in card.explanation.ranking]
    return [wording.figure(v) for v in values if v is not None] + shares


def test_the_figures_of_the_document_are_those_of_both_renderings(
    card: ModelCard, page: Page
) -> None:
    markdown = render_markdown(card)
    figures = figures_of(card)

    assert len(figures) > 50
    assert [f for f in figures if f not in page.text] == []
    assert [f for f in figures if f not in markdown] == []
    assert card.digest() in page.text
    assert card.digest() in markdown


def test_conditions_follow_after_a_card_that_does_not_know_them(card: ModelCard) -> None:
    condition = CardCondition(text=HOSTILE, due_on=date(2027, 5, 1), state="breached")

    page, markdown = Page(render_html(card, [condition])), render_markdown(card, [condition])

    for text in (page.text, markdown):
        assert "not part of it; its digest does not cover them" in text
        assert "2027-05-01" in text
        assert card.digest() in text
    assert "script" not in page.tags
    assert r"\<script\>" in markdown
    assert "Conditions of the approval" not in render_html(card) + render_markdown(card)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.77839, "0.7784"),
        (1, "1"),
        (1989, "1,989"),
        (1e-6, "1e-06"),
        (0.0, "0"),
        (None, "not known"),
    ],
)
def test_figures_are_written_one_way(value: float | None, written: str) -> None:
    assert wording.figure(value) == written


def test_the_page_needs_nothing_from_outside(page: Page) -> None:
    assert "script" not in page.tags
    assert not {"link", "img", "iframe", "object", "embed", "base", "form"} & set(page.tags)
    links = [v or "" for _, name, v in page.attributes if name in {"src", "href", "action"}]
    assert links
    assert all(link.startswith("#") for link in links)
    assert not [n for _, n, _ in page.attributes if n.startswith("on") or n == "style"]


def test_a_strict_policy_allows_the_style_sheet(card: ModelCard) -> None:
    html = render_html(card)
    (style,) = re.findall(r"<style>(.*?)</style>", html, flags=re.DOTALL)

    expected = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

    assert style_source() == f"'sha256-{expected}'"
    assert "url(" not in style
    assert "@import" not in style
    assert len(html.encode()) < 1_000_000


def test_the_page_can_be_read_by_ear_and_by_keyboard(page: Page) -> None:
    assert page.tags.count("h1") == 1
    assert page.tags.count("table") == page.tags.count("caption") > 6
    scoped = sum(1 for tag, name, _ in page.attributes if tag == "th" and name == "scope")
    assert scoped == page.tags.count("th")
    assert page.tags.count("svg") == page.tags.count("desc") == 10
    assert ("html", "lang", "en") in page.attributes
    targets = {v for _, name, v in page.attributes if name == "id"}
    assert {v[1:] for _, name, v in page.attributes if name == "href" and v} <= targets


def test_hostile_names_stay_text() -> None:
    html = render_html(build_card(hostile_inputs()))
    page = Page(html)

    assert "script" not in page.tags
    assert "img" not in page.tags
    assert "onerror" not in {name for _, name, _ in page.attributes}
    assert "{{7*7}}" in page.text
    assert "<script" not in html


def test_hostile_names_stay_text_in_markdown() -> None:
    markdown = render_markdown(build_card(hostile_inputs()))

    outside_code = re.sub(r"(`+) ?.*? ?\1", "", re.sub(r"(?m)^    .*$", "", markdown))
    assert not re.search(r"(?<!\\)<", outside_code)
    assert not re.search(r"(?<!\\)\[x", outside_code)
    tables = [t for t in re.findall(r"(?m)(?:^\|.*\n)+", markdown) if t.count("\n") > 2]
    assert len(tables) > 6
    for table in tables:
        cells = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(cells) == 1


def test_empty_required_fields_are_shown_as_empty(inputs: CardInputs) -> None:
    card = build_card(replace(inputs, statements=Statements()))

    text = Page(render_html(card)).text

    assert "2 required fields are empty; the version cannot be promoted" in text
    assert "/statements/limitations" in text
    assert text.count("✕ Empty.") == 2
    assert "2 required fields are empty" in render_markdown(card)


def test_a_card_with_almost_nothing_still_renders() -> None:
    card = build_card(
        made_inputs(
            run={},
            contract={},
            profile={},
            attribution={},
            gates=GateReport(
                policy="p",
                policy_version=1,
                policy_digest=digest("a"),
                results=(check("g.c", Verdict.ERROR, None),),
            ),
        )
    )

    text = Page(render_html(card)).text

    assert "No check left figures of groups" in text
    assert "No attributions were recorded" in text
    assert "A required check could not be carried out" in text
    assert render_markdown(card)


def test_changes_are_shown(inputs: CardInputs, card: ModelCard) -> None:
    results = tuple(
        r.model_copy(update={"value": 0.7912}) if r.key == "performance.auc" else r
        for r in inputs.gates.results
    )
    gates = inputs.gates.model_copy(update={"results": results})

    later = build_card(replace(inputs, gates=gates, previous=card))

    assert "Change since version 3" in Page(render_html(later)).text
    assert "0.7912" in render_markdown(later)


def test_the_renderings_are_the_same_bytes_again(inputs: CardInputs) -> None:
    assert render_html(build_card(inputs)) == render_html(build_card(inputs))
    assert render_markdown(build_card(inputs)) == render_markdown(build_card(inputs))
