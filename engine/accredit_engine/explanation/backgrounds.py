"""Other backgrounds for members whose contributions are measured against some rows."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accredit_engine.families.bag import BagMember
from accredit_engine.families.family import Member, Sampled, spread_rows


def has_background(member: Member) -> bool:
    """Whether the contributions of a member depend on background rows, worked out or sampled."""
    if isinstance(member, BagMember):
        return any(has_background(one) for one in member.members)
    return isinstance(member, Sampled)


def against(member: Member, matrix: NDArray[np.float64]) -> Member:
    """The member with background rows chosen from other rows, as a fit chooses them.

    Raw scores stay the same; the base of the contributions is the mean score of the new rows. A
    member without a background is returned as it is.

    Args:
        member: Of any family.
        matrix: Rows (n, m) in the member's encoding, at least one.
    """
    if isinstance(member, BagMember):
        return replace(member, members=tuple(against(one, matrix) for one in member.members))
    if not isinstance(member, Sampled):
        return member
    dressed: Any = member  # every such member is a dataclass with a field `background`
    rows = spread_rows(matrix, member.raw(matrix), min(len(member.background), len(matrix)))
    again: Member = replace(dressed, background=rows)
    return again
