"""Drawing: the parts that every plot is made of.

Every drawing has a title and a description for readers who do not see it. Colours come from classes
of the page; positions are rounded to a tenth of a pixel so that the same figures give the same
bytes.
"""

import math
from collections.abc import Sequence
from typing import Final

from markupsafe import Markup, escape

WIDTH: Final = 640


def svg(name: str, description: str, height: int, parts: Sequence[Markup]) -> Markup:
    """A whole plot.

    Args:
        name: what it shows, in a few words.
        description: every figure of it in words.
        height: in pixels; the width is `WIDTH`.
        parts: what is drawn, the last one on top.
    """
    return Markup(
        '<svg class="plot" role="img" viewBox="0 0 {w} {h}" width="{w}" height="{h}">'
        "<title>{name}</title><desc>{description}</desc>{body}</svg>"
    ).format(w=WIDTH, h=height, name=name, description=description, body=Markup("").join(parts))


def text(x: float, y: float, text: str, *, anchor: str = "start", css: str = "label") -> Markup:
    """Words at a place; `anchor` is the end of them that stands there."""
    return Markup('<text class="{}" x="{}" y="{}" text-anchor="{}">{}</text>').format(
        css, px(x), px(y), anchor, escape(text)
    )


def px(value: float) -> str:
    """A position, to a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")


def cut(text: str, limit: int = 26) -> str:
    """Words that fit beside a plot."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def whisker(x1: float, x2: float, y: float) -> Markup:
    """An interval at a height, with its ends."""
    return Markup(
        '<path class="whisker" d="M{a} {y}H{b}M{a} {top}V{bottom}M{b} {top}V{bottom}"/>'
    ).format(a=px(x1), b=px(x2), y=px(y), top=px(y - 5), bottom=px(y + 5))


def ticks_of(low: float, high: float) -> list[float]:
    """Four to eight round numbers that enclose an interval; around a single number, of its size."""
    size = max(abs(low), abs(high))
    if high - low <= max(size * 1e-9, 1e-100):
        room = size * 0.1 if size > 1e-90 else 0.5
        low, high = low - room, high + room
    raw = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * 0.8)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [place * step for place in range(first, last + 1)]
