"""The plot of what a grant has served."""

from datetime import date

from accredit_governance.registry.access_records import DayOfUse
from accredit_platform.web.usage import usage_bars

LAST = date(2026, 11, 22)


def test_a_day_with_predictions_is_a_bar_and_told_in_words() -> None:
    days = [
        DayOfUse(day=date(2026, 11, 20), predictions=4000),
        DayOfUse(day=LAST, predictions=1),
        DayOfUse(day=date(2026, 1, 1), predictions=9),
    ]

    plot = usage_bars(days, until=LAST)

    assert plot.count('class="bar"') == 2
    assert "<desc>2026-11-20 4000; 2026-11-22 1</desc>" in plot
    assert "most on one day: 4,000" in plot


def test_nothing_served_is_nothing_drawn() -> None:
    assert usage_bars([], until=LAST) == ""
