"""Routes that will go: one table drives the headers of their answers and the document.

`Deprecation` is RFC 9745, `Sunset` RFC 8594; `Link: …; rel="successor-version"` (RFC 5829) names
what stands in its place.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final


@dataclass(frozen=True, slots=True)
class Deprecated:
    """Since when a route is deprecated, when it stops to answer, and what stands in its place.

    Attributes:
        instead: path with the same parameters, without `/api/v1`.
    """

    since: datetime
    sunset: datetime
    instead: str

    def headers(self, prefix: str, parameters: Mapping[str, object]) -> dict[str, str]:
        """What answers of the route carry."""
        successor = prefix + self.instead.format(**parameters)
        return {
            "Deprecation": f"@{int(self.since.timestamp())}",
            "Sunset": format_datetime(self.sunset, usegmt=True),
            "Link": f'<{successor}>; rel="successor-version"',
        }


_JOBS: Final = datetime(2026, 11, 23, tzinfo=UTC)
_JOBS_END: Final = datetime(2027, 11, 30, tzinfo=UTC)

DEPRECATED: Final[Mapping[tuple[str, str], Deprecated]] = {
    ("GET", "/jobs/{job_id}"): Deprecated(_JOBS, _JOBS_END, "/operations/{job_id}"),
    ("POST", "/jobs/{job_id}/cancellations"): Deprecated(
        _JOBS, _JOBS_END, "/operations/{job_id}/cancellations"
    ),
}
"""Method and path, without `/api/v1`, of every route that will go."""
