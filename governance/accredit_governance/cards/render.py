"""Renderings of a card: one self-contained HTML page, and the same as Markdown.

The page holds one style sheet and no script, loads nothing, and shows every figure with the words
of `wording`; `style_source` is what a strict Content-Security-Policy has to allow.

Conditions of the approval arise when a card is signed, so its digest cannot cover them: they follow
after the card, as they stand when it is read.
"""

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from accredit_governance.cards import plots, wording
from accredit_governance.cards.afterwards import CardCondition
from accredit_governance.cards.card import ModelCard
from accredit_governance.cards.figures import figures_of
from accredit_governance.documents import Document

_TEMPLATES: Final = Path(__file__).parent / "templates"

_STATEMENT_TITLES: Final = {
    "limitations": "Known limitations",
    "oversight": "Human oversight",
    "choice_rationale": "Why this model",
    "fairness_rationale": "Why these comparisons of groups",
    "ethical_considerations": "Ethical considerations",
    "purpose": "Purpose",
    "prohibited_uses": "Prohibited uses",
    "owner": "Owner",
}

_MARKDOWN_SIGNS: Final = re.compile(r"([\\`*_{}\[\]<>#|~])")


def render_html(card: ModelCard, conditions: Sequence[CardCondition] = ()) -> str:
    """The card as a page of its own, UTF-8; conditions of its approval follow after it."""
    return _HTML.get_template("card.html.j2").render(
        card=card,
        css=Markup(_css()),  # noqa: S704 # our own file, no foreign text
        plots=plots,
        figures_of=figures_of,
        conditions=conditions,
        **_shared(card),
    )


def render_markdown(card: ModelCard, conditions: Sequence[CardCondition] = ()) -> str:
    """The card as Markdown, with the figures of the page; all text from outside is escaped."""
    return _MARKDOWN.get_template("card.md.j2").render(
        card=card, conditions=conditions, **_shared(card)
    )


def style_source() -> str:
    """CSP source of the page's style sheet, for `style-src`: `'sha256-…'`."""
    digest = hashlib.sha256(_css().encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


class _Written(str):
    """Markdown that is ours and needs no escaping."""

    __slots__ = ()


def _shared(card: ModelCard) -> dict[str, Any]:  # whatever the templates show
    return {
        "digest": card.digest(),
        "missing": card.missing_fields(),
        "unwritten": [
            field
            for _, field, value, required in card.written_by_people()
            if not value and not required
        ],
        "statement_titles": _STATEMENT_TITLES,
        "standing_words": wording.STANDING_WORDS,
        "settings": json.dumps(card.reproduction.settings, indent=2, ensure_ascii=False),
        "rules": _rules(card.monitoring.rules),
    }


def _rules(rules: Document) -> list[tuple[str, float, str]]:
    fields = type(rules).model_fields
    return [(n, getattr(rules, n), info.description or "") for n, info in fields.items()]


def _css() -> str:
    return (_TEMPLATES / "card.css").read_text(encoding="utf-8")


def _escaped(value: object) -> object:
    """Text on one line with Markdown's signs taken literally."""
    if isinstance(value, _Written):
        return value
    return _MARKDOWN_SIGNS.sub(r"\\\1", " ".join(str(value).split()))


def _code(text: str) -> _Written:
    """Text as it is, in a code span that its own backticks cannot leave."""
    runs = re.findall(r"`+", text)
    fence = "`" * (max((len(r) for r in runs), default=0) + 1)
    pad = " " if "`" in text else ""
    return _Written(f"{fence}{pad}{' '.join(text.split())}{pad}{fence}".replace("|", "\\|"))


def _block(text: str) -> _Written:
    """Text as an indented code block."""
    return _Written("\n".join(f"    {line}" for line in text.splitlines()))


def _environment(*, html: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=html,  # noqa: S701 # Markdown is escaped by `finalize`
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=None if html else _escaped,
    )
    environment.filters.update(
        figure=wording.figure,
        share=wording.share,
        interval=wording.interval,
        limit=wording.limit,
        name=wording.title,
        verdict=wording.verdict_word,
    )
    environment.globals["span"] = wording.span
    if not html:
        environment.filters.update(code=_code, block=_block)
    return environment


_HTML: Final = _environment(html=True)
_MARKDOWN: Final = _environment(html=False)
