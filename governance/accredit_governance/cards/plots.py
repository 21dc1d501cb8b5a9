"""Plots of a card as static SVG: no script, no external resource, readable without colour.

Every plot has a title and a description for readers who do not see it. Colours come from classes
of the page; positions are rounded to a tenth of a pixel so that the same card gives the same bytes.
"""

import math
from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from accredit_governance.cards.check_plots import Mark, marks
from accredit_governance.cards.drawing import WIDTH, cut, px, svg, text, whisker
from accredit_governance.cards.sections import Attribution, CalibrationPoint, GroupTable
from accredit_governance.cards.wording import figure, share, span, title

_LABEL: Final = 190
_RIGHT: Final = 90
_ROW: Final = 26
_TOP: Final = 10
_MAX_BARS: Final = 20


def attribution_bars(ranking: Sequence[Attribution]) -> Markup:
    """Mean |attribution| of the strongest 20 columns; empty when there is none."""
    shown = list(ranking)[:_MAX_BARS]
    largest = max((a.mean_abs for a in shown), default=0.0)
    if largest <= 0:
        return Markup("")
    scale = (WIDTH - _LABEL - _RIGHT) / largest
    parts = []
    for place, entry in enumerate(shown):
        y = _TOP + place * _ROW
        width = entry.mean_abs * scale
        parts += [
            text(_LABEL - 8, y + 17, cut(entry.column), anchor="end"),
            Markup('<rect class="bar" x="{}" y="{}" width="{}" height="16" rx="2"/>').format(
                _LABEL, y + 4, px(width)
            ),
            text(_LABEL + width + 6, y + 17, share(entry.share), css="quiet"),
        ]
    description = "; ".join(f"{a.column} {figure(a.mean_abs)}" for a in shown)
    return svg(
        "Mean absolute attribution per column",
        description,
        _TOP + len(shown) * _ROW + 8,
        parts,
    )


def group_rates(table: GroupTable) -> Markup:
    """Figure per group with its interval, and where the limit lies; empty without figures."""
    known = [r for r in table.rows if r.value is not None]
    ends = [e for r in known for e in (r.value, r.low, r.high) if e is not None]
    if ends and min(ends) < 0:
        name = f"{title(table.statistic)} per group of {table.subject}"
        return marks(name, [Mark(r.group, r.value or 0.0, r.low, r.high) for r in known])
    if not ends:
        return Markup("")
    line = limit_on_rates(table)
    top = _rounded_up(max([*ends, line or 0.0]))
    scale = (WIDTH - _LABEL - _RIGHT) / top
    parts = [_axis(top, scale, len(known))]
    for place, row in enumerate(known):
        y = _TOP + place * _ROW + 13
        x = _LABEL + (row.value or 0.0) * scale
        parts.append(text(_LABEL - 8, y + 4, cut(row.group), anchor="end"))
        if row.low is not None and row.high is not None:
            parts.append(whisker(_LABEL + row.low * scale, _LABEL + row.high * scale, y))
        parts.append(Markup('<circle class="dot" cx="{}" cy="{}" r="5"/>').format(px(x), y))
        parts.append(text(WIDTH - _RIGHT + 12, y + 4, figure(row.value), css="quiet"))
    if line is not None:
        parts.append(_limit_line(_LABEL + line * scale, len(known)))
    description = "; ".join(
        f"{r.group} {figure(r.value)}"
        + (f" (interval {span(r.low, r.high)})" if r.low is not None else "")
        for r in known
    )
    name = f"{title(table.statistic)} per group of {table.subject}"
    if line is not None:
        name += f", limit at {figure(line)}"
    return svg(name, description, _TOP + len(known) * _ROW + 34, parts)


def limit_on_rates(table: GroupTable) -> float | None:
    """Smallest rate that satisfies a ratio limit, given the rate of the reference group."""
    if table.threshold is None or table.direction != "min" or table.reference is None:
        return None
    if table.comparison == "gap" or not any(r.compared is not None for r in table.rows):
        return None
    rate = next((r.value for r in table.rows if r.group == table.reference), None)
    return None if rate is None else rate * table.threshold


def reliability_curve(points: Sequence[CalibrationPoint]) -> Markup:
    """Observed against predicted share; the dashed diagonal is perfect calibration."""
    if not points:
        return Markup("")
    side, left, top = 260.0, 60.0, 12.0

    def place(p: CalibrationPoint) -> tuple[str, str]:
        return px(left + p.predicted * side), px(top + (1 - p.observed) * side)

    ordered = sorted(points, key=lambda p: p.predicted)
    path = " ".join(f"{x},{y}" for x, y in map(place, ordered))
    ticks = [
        part
        for value in (0.0, 0.5, 1.0)
        for part in (
            text(left + value * side, top + side + 18, f"{value:g}", anchor="middle"),
            text(left - 8, top + (1 - value) * side + 4, f"{value:g}", anchor="end"),
        )
    ]
    parts = [
        Markup('<rect class="frame" x="{}" y="{}" width="{}" height="{}"/>').format(
            left, top, side, side
        ),
        Markup('<line class="ideal" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(
            left, top + side, left + side, top
        ),
        Markup('<polyline class="curve" points="{}"/>').format(path),
        *(Markup('<circle class="dot" cx="{}" cy="{}" r="4"/>').format(*place(p)) for p in ordered),
        *ticks,
        text(left + side / 2, top + side + 38, "predicted share", anchor="middle", css="quiet"),
        text(left + side + 14, top + 14, "dashed: perfect calibration", css="quiet"),
    ]
    description = "; ".join(
        f"predicted {figure(p.predicted)}, observed {figure(p.observed)}, {p.n} rows"
        for p in ordered
    )
    return svg("Observed against predicted share", description, int(top + side + 50), parts)


def _rounded_up(value: float) -> float:
    """The next 1, 2, 4 or 8 times a power of ten: quarters of it are round. At least 0.01."""
    power = 10.0 ** math.floor(math.log10(max(value, 0.01)))
    return next(power * step for step in (1, 2, 4, 8, 10) if power * step >= value - 1e-12)


def _axis(top: float, scale: float, rows: int) -> Markup:
    bottom = _TOP + rows * _ROW
    ticks = [top * step / 4 for step in range(5)]
    return Markup("").join(
        Markup('<line class="grid" x1="{x}" y1="{a}" x2="{x}" y2="{b}"/>{label}').format(
            x=px(_LABEL + t * scale),
            a=_TOP,
            b=bottom,
            label=text(_LABEL + t * scale, bottom + 16, f"{t:.2g}", anchor="middle", css="quiet"),
        )
        for t in ticks
    )


def _limit_line(x: float, rows: int) -> Markup:
    bottom = _TOP + rows * _ROW
    line = Markup('<line class="limit" x1="{x}" y1="{a}" x2="{x}" y2="{b}"/>').format(
        x=px(x), a=_TOP - 6, b=bottom
    )
    return line + text(x, bottom + 30, "limit", anchor="middle")
