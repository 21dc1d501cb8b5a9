"""The plot of what a grant has served, day by day."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from markupsafe import Markup

from accredit_governance.cards.drawing import WIDTH, px, svg, text
from accredit_governance.registry.access_records import DayOfUse

DAYS: Final = 30
_HEIGHT: Final = 120
_BASE: Final = 96


def usage_bars(days: Sequence[DayOfUse], *, until: date) -> Markup:
    """Predictions on each of the last 30 days; empty when there were none.

    Args:
        days: days with predictions.
        until: the last day that is drawn.
    """
    served = {d.day: d.predictions for d in days}
    shown = [until - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    most = max((served.get(day, 0) for day in shown), default=0)
    if most == 0:
        return Markup("")
    step = WIDTH / DAYS
    parts = [
        Markup('<rect class="bar" x="{}" y="{}" width="{}" height="{}" rx="2"/>').format(
            px(place * step + 2),
            px(_BASE - _tall(served[day], most)),
            px(step - 4),
            px(_tall(served[day], most)),
        )
        for place, day in enumerate(shown)
        if served.get(day)
    ]
    parts += [
        text(0, 12, f"most on one day: {most:,}", css="quiet"),
        text(0, _HEIGHT - 6, shown[0].isoformat(), css="quiet"),
        text(WIDTH, _HEIGHT - 6, shown[-1].isoformat(), anchor="end", css="quiet"),
    ]
    told = "; ".join(f"{day.isoformat()} {served[day]}" for day in shown if served.get(day))
    return svg(f"Predictions per day, the last {DAYS} days", told, _HEIGHT, parts)


def _tall(count: int, most: int) -> float:
    return max(count / most * (_BASE - 24), 2)
