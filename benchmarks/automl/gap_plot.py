"""A plot of gaps as plain SVG: a row per data set, a mark per framework."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from statistics import mean
from typing import Final

_LEFT: Final = 190
_WIDTH: Final = 560
_ROW: Final = 30
_TOP: Final = 84
_MARGIN: Final = 60
_CAP: Final = 0.10
_TICKS: Final = (0.0, 0.01, 0.02, 0.05, 0.10)
# Told apart without colour vision: hues of Okabe and Ito, and a shape each.
_LOOKS: Final = (
    ("#0072B2", "M-6,-6h12v12h-12z"),
    ("#D55E00", "M0,-7L7,6L-7,6z"),
    ("#009E73", "M0,-8L8,0L0,8L-8,0z"),
    ("#CC79A7", "M0,7L7,-6L-7,-6z"),
    ("#E69F00", "M-6,0a6,6 0 1,0 12,0a6,6 0 1,0 -12,0z"),
    ("#56B4E9", "M-2,-7h4v5h5v4h-5v5h-4v-5h-5v-4h5z"),
    ("#555555", "M-7,-2h14v4h-14z"),
)


def gap_plot(cases: Sequence[tuple[str, Mapping[str, float | None]]], title: str) -> str:
    """SVG text.

    Args:
        cases: Name of the data set and gap per framework, a share; None for a failed run. Splits
            of one data set are averaged. Gaps above 10 % stand at the edge; failed runs are counted
            beside the name.
        title: Heading.
    """
    names = sorted({name for _, gaps in cases for name in gaps})
    datas = list(dict.fromkeys(data for data, _ in cases))
    height = _TOP + _ROW * len(datas) + _MARGIN
    width = _LEFT + _WIDTH + _MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"',
        f'font-family="sans-serif" font-size="13" aria-label="{escape(title)}">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="16" y="26" font-size="16">{escape(title)}</text>',
    ]
    parts += _legend(names)
    parts += _axis(_TOP + _ROW * len(datas))
    for at, data in enumerate(datas):
        y = _TOP + _ROW * at + _ROW / 2
        failed = sum(gap is None for other, gaps in cases if other == data for gap in gaps.values())
        label = f"{data}, {failed} failed" if failed else data
        parts.append(
            f'<text x="{_LEFT - 12}" y="{y + 4}" text-anchor="end">{escape(label)}</text>'
            f'<path d="M{_LEFT},{y}H{_LEFT + _WIDTH}" stroke="#ddd"/>'
        )
        for position, name in enumerate(names):
            own = [gaps.get(name) for other, gaps in cases if other == data]
            parts.append(_mark(data, name, position, [gap for gap in own if gap is not None], y))
    return "\n".join([*parts, "</svg>", ""])


def _x(gap: float) -> float:
    """Square root, so that small gaps can be told apart."""
    return _LEFT + _WIDTH * math.sqrt(min(gap, _CAP) / _CAP)


def _mark(data: str, name: str, position: int, gaps: Sequence[float], y: float) -> str:
    if not gaps:
        return ""
    gap, (colour, shape) = mean(gaps), _LOOKS[position % len(_LOOKS)]
    label = f"<title>{escape(f'{name} on {data}: {gap:.2%}')}</title>"
    mark = (
        f'<path transform="translate({_x(gap):.1f},{y})" d="{shape}" fill="{colour}" '
        f'fill-opacity="0.8">{label}</path>'
    )
    if gap <= _CAP:
        return mark
    # Several may stand at the edge; the number is in the mark's title.
    return mark.replace(f"translate({_x(gap):.1f}", f"translate({_x(gap) + 8 * position:.1f}")


def _legend(names: Sequence[str]) -> list[str]:
    parts, x = [], 22.0
    for position, name in enumerate(names):
        colour, shape = _LOOKS[position % len(_LOOKS)]
        parts.append(
            f'<path transform="translate({x},46)" d="{shape}" fill="{colour}"/>'
            f'<text x="{x + 13}" y="51">{escape(name)}</text>'
        )
        x += 34 + 7.4 * len(name)
    return parts


def _axis(bottom: float) -> list[str]:
    parts = []
    for tick in _TICKS:
        x, more = _x(tick), " or more" if tick == _CAP else ""
        parts.append(
            f'<path d="M{x:.1f},{_TOP - 10}V{bottom}" stroke="#ccc"/>'
            f'<text x="{x:.1f}" y="{bottom + 20}" text-anchor="middle">{tick:.0%}{more}</text>'
        )
    return parts
