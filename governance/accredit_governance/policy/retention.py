"""Until when records are kept: months by the calendar, counted from a moment."""

import calendar
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from accredit_governance.policy.document import RetentionClass

MONTHS: Final[Mapping[RetentionClass, int]] = MappingProxyType(
    {"6_months": 6, "25_months": 25, "3_years": 36, "7_years": 84, "10_years": 120}
)


def kept_until(since: datetime, retention: RetentionClass) -> datetime:
    """End of the retention of what happened at a moment; the last day of a shorter month."""
    months = since.month - 1 + MONTHS[retention]
    year, month = since.year + months // 12, months % 12 + 1
    day = min(since.day, calendar.monthrange(year, month)[1])
    return since.replace(year=year, month=month, day=day)
