"""Plots of one check: its value against its limit, and what it left in its details.

A plot of figures that are missing, or too large to be drawn, is empty.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from markupsafe import Markup

from accredit_governance.cards.drawing import WIDTH, cut, px, svg, text, ticks_of, whisker
from accredit_governance.cards.wording import figure, limit, span
from accredit_governance.gates.results import CheckResult

_LABEL: Final = 190
_EDGE: Final = 40
_RIGHT: Final = 90
_ROW: Final = 26
_TOP: Final = 10
_MAX_ROWS: Final = 25
_DRAWABLE: Final = 1e100


class Mark(NamedTuple):
    """One figure with its interval, under a name."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None


class Bin(NamedTuple):
    """Rows of like score: what was predicted of them, what was observed, and its interval."""

    predicted: float
    observed: float
    n: int
    low: float | None = None
    high: float | None = None


def value_strip(result: CheckResult) -> Markup:
    """The value of a check with its interval, on a line with the limit and its good side.

    Empty where all of them are the same number: such a line would say nothing.
    """
    if result.value is None or (result.threshold is None and result.interval is None):
        return Markup("")
    ends = [result.value]
    ends += [result.threshold] if result.threshold is not None else []
    ends += [result.interval.low, result.interval.high] if result.interval else []
    scale = _Scale.around(ends, left=_EDGE, right=WIDTH - _EDGE)
    if scale is None or min(ends) == max(ends):
        return Markup("")
    y, bottom = 18, 34
    parts = []
    if result.threshold is not None:
        at = scale.x(result.threshold)
        left, right = (at, scale.right) if result.direction == "min" else (scale.left, at)
        parts.append(
            Markup('<rect class="allowed" x="{}" y="4" width="{}" height="28"/>').format(
                px(left), px(right - left)
            )
        )
    parts.append(scale.axis(4, 32))
    if result.threshold is not None:
        parts.append(_line("limit", scale.x(result.threshold), 0, bottom))
    if result.interval is not None:
        parts.append(whisker(scale.x(result.interval.low), scale.x(result.interval.high), y))
    parts.append(_dot(scale.x(result.value), y))
    words = f"Value {figure(result.value)}"
    if result.interval is not None:
        words += f", interval {span(result.interval.low, result.interval.high)}"
    words += f", limit {limit(result)}"
    return svg("Value against the limit", words, 54, parts)


def marks(name: str, rows: Sequence[Mark], *, line: float | None = None) -> Markup:
    """Figures one below the other, with their intervals; `line` is the limit on all of them."""
    shown = rows[:_MAX_ROWS]
    ends = [e for row in shown for e in (row.value, row.low, row.high) if e is not None]
    ends += [line] if line is not None and shown else []
    scale = _Scale.around(ends, left=_LABEL, right=WIDTH - _RIGHT)
    if scale is None:
        return Markup("")
    bottom = _TOP + len(shown) * _ROW
    parts = [scale.axis(_TOP, bottom)]
    if line is not None:
        parts += [
            _line("limit", scale.x(line), _TOP - 6, bottom),
            text(scale.x(line), bottom + 30, "limit", anchor="middle"),
        ]
    for place, row in enumerate(shown):
        y = _TOP + place * _ROW + 13
        parts.append(text(_LABEL - 8, y + 4, cut(row.name), anchor="end"))
        if row.low is not None and row.high is not None:
            parts.append(whisker(scale.x(row.low), scale.x(row.high), y))
        parts.append(_dot(scale.x(row.value), y))
        parts.append(text(WIDTH - _RIGHT + 12, y + 4, figure(row.value), css="quiet"))
    told = [
        f"{row.name} {figure(row.value)}"
        + (f" (interval {span(row.low, row.high)})" if row.low is not None else "")
        for row in shown
    ]
    return svg(name, "; ".join(told), bottom + 34, parts)


def curve(
    name: str, points: Sequence[tuple[float, float]], *, across: str, line: float | None = None
) -> Markup:
    """Values over a figure that grows from left to right; `across` names that figure."""
    placed = sorted(points)
    top, bottom = _TOP, 190
    xs = _Scale.around([x for x, _ in placed], left=70, right=WIDTH - _EDGE)
    heights = [y for _, y in placed] + ([line] if line is not None and placed else [])
    ys = _Scale.around(heights, left=bottom, right=top)
    if xs is None or ys is None or len(placed) < 2:
        return Markup("")
    path = " ".join(f"{px(xs.x(x))},{px(ys.x(y))}" for x, y in placed)
    parts = [xs.axis(top, bottom), ys.rungs(xs.left, xs.right)]
    if line is not None:
        y = ys.x(line)
        parts.append(
            Markup('<line class="limit" x1="{}" y1="{y}" x2="{}" y2="{y}"/>').format(
                px(xs.left), px(xs.right), y=px(y)
            )
        )
    parts.append(Markup('<polyline class="curve" points="{}"/>').format(path))
    parts += [_dot(xs.x(x), ys.x(y), size=3) for x, y in placed]
    parts.append(text((xs.left + xs.right) / 2, bottom + 34, across, anchor="middle", css="quiet"))
    told = "; ".join(f"{across} {figure(x)}: {figure(y)}" for x, y in placed)
    return svg(name, told, bottom + 42, parts)


def reliability(name: str, bins: Sequence[Bin]) -> Markup:
    """Observed against predicted share with intervals; the dashed diagonal is perfect."""
    placed = sorted(bins)
    if not placed or not all(0 <= b.predicted <= 1 and 0 <= b.observed <= 1 for b in placed):
        return Markup("")
    side, left, top = 260.0, 60.0, 12.0

    def x(share: float) -> float:
        return left + share * side

    def y(share: float) -> float:
        return top + (1 - min(1.0, max(0.0, share))) * side

    path = " ".join(f"{px(x(b.predicted))},{px(y(b.observed))}" for b in placed)
    parts = [
        Markup('<rect class="frame" x="{}" y="{}" width="{}" height="{}"/>').format(
            px(left), px(top), px(side), px(side)
        ),
        Markup('<line class="ideal" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(
            px(x(0)), px(y(0)), px(x(1)), px(y(1))
        ),
        Markup('<polyline class="curve" points="{}"/>').format(path),
    ]
    for b in placed:
        if b.low is not None and b.high is not None:
            parts.append(
                Markup('<path class="whisker" d="M{} {}V{}"/>').format(
                    px(x(b.predicted)), px(y(b.low)), px(y(b.high))
                )
            )
        parts.append(_dot(x(b.predicted), y(b.observed), size=4))
    for share in (0.0, 0.5, 1.0):
        parts.append(text(x(share), top + side + 18, f"{share:g}", anchor="middle"))
        parts.append(text(left - 8, y(share) + 4, f"{share:g}", anchor="end"))
    parts += [
        text(left + side / 2, top + side + 38, "predicted share", anchor="middle", css="quiet"),
        text(left + side + 14, top + 14, "upwards: observed share", css="quiet"),
        text(left + side + 14, top + 34, "dashed: perfect calibration", css="quiet"),
    ]
    told = "; ".join(
        f"predicted {figure(b.predicted)}, observed {figure(b.observed)}, {b.n:,} rows"
        for b in placed
    )
    return svg(name, told, int(top + side + 50), parts)


class _Scale(NamedTuple):
    """Figures to pixels, between two ticks."""

    ticks: Sequence[float]
    left: float
    right: float

    @classmethod
    def around(cls, ends: Sequence[float], *, left: float, right: float) -> "_Scale | None":
        """A scale that holds all figures; None where there is nothing that could be drawn."""
        if not ends or max(abs(end) for end in ends) > _DRAWABLE:
            return None
        return cls(ticks_of(min(ends), max(ends)), left, right)

    def x(self, value: float) -> float:
        low, high = self.ticks[0], self.ticks[-1]
        return self.left + (value - low) / (high - low) * (self.right - self.left)

    def axis(self, top: float, bottom: float) -> Markup:
        """Lines upwards from the ticks of a level scale."""
        return Markup("").join(
            _line("grid", self.x(tick), top, bottom)
            + text(self.x(tick), bottom + 16, f"{tick:.4g}", anchor="middle", css="quiet")
            for tick in self.ticks
        )

    def rungs(self, left: float, right: float) -> Markup:
        """Lines across from the ticks of an upright scale."""
        return Markup("").join(
            Markup('<line class="grid" x1="{}" y1="{y}" x2="{}" y2="{y}"/>').format(
                px(left), px(right), y=px(self.x(tick))
            )
            + text(left - 8, self.x(tick) + 4, f"{tick:.4g}", anchor="end", css="quiet")
            for tick in self.ticks
        )


def _line(css: str, x: float, top: float, bottom: float) -> Markup:
    return Markup('<line class="{}" x1="{x}" y1="{}" x2="{x}" y2="{}"/>').format(
        css, px(top), px(bottom), x=px(x)
    )


def _dot(x: float, y: float, *, size: int = 5) -> Markup:
    return Markup('<circle class="dot" cx="{}" cy="{}" r="{}"/>').format(px(x), px(y), size)
