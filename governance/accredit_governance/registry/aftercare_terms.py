"""What people state about a version after it was judged: why it should come back, end or change."""

from typing import Annotated

from pydantic import Field

from accredit_governance.documents import Document, Moment
from accredit_governance.registry.choices import Family
from accredit_governance.registry.terms import Text


class Reinstatement(Document):
    """Why a version was suspended, and what was done about it."""

    cause: Text
    remedy: Text


class Ending(Document):
    """Why a version is retired, or purged."""

    reason: Text


class Envelope(Document):
    """What may change under a plan without a full review.

    Use case, target, columns, policy and dataset stay as they are; the rows are a later version of
    the dataset. Every required check passes without a waiver.

    Attributes:
        families: Families that the new model may be made of.
        metric: Key of a check that the higher, the better, such as `performance.discrimination`.
        metric_floor: Least value of the metric on the test rows.
        max_loss: Most that the value may lie below that of the version of the plan.
        max_uses: So many versions may be submitted under the plan.
        ends_at: Last moment at which one may be.
    """

    families: tuple[Family, ...] = Field(min_length=1)
    metric: Annotated[str, Field(max_length=200)]
    metric_floor: float
    max_loss: Annotated[float, Field(ge=0)]
    max_uses: Annotated[int, Field(ge=1, le=100)]
    ends_at: Moment


class PlannedChange(Document):
    """A change plan as it is signed: the envelope, and why it is wanted."""

    envelope: Envelope
    reason: Text
