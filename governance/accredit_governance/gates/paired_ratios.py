"""Two deciders on the same people: whose lowest adverse impact ratio is higher, and by how much.

The ratios of two models on the same rows go up and down together, so only their difference on
resampled rows says which is higher. Rows matter through their groups and the two decisions alone,
so the counts of these cells are resampled (see `statistics.count_bootstrap`).

1. A ratio is the lowest selection rate of a group divided by that of the reference, the known group
   with the highest rate, chosen anew in each replicate and for each decider.
2. Groups below the minimum share are left out, as they do not gate elsewhere; those whose group is
   unknown count, but are never the reference.
3. A decider's lowest ratio is the smallest over all sensitive features and pairs of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accredit_governance.gates import statistics
from accredit_governance.gates.groups import Grouping
from accredit_governance.gates.statistics import Counts, Floats
from accredit_governance.gates.vectors import EvidenceMissing, EvidenceUnusable

_BLOCK: Final = 4_000_000
"""Counts of replicates that are held in memory at once."""

Decisions = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Ranged:
    """A number with its interval over the replicates."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PairedRatios:
    """Lowest adverse impact ratios of two deciders on the same rows.

    Attributes:
        ours: Of the first.
        theirs: Of the second.
        gain: The second minus the first; its interval is that of the paired difference.
        subjects: Subject → (ratio of the first, ratio of the second), as far as comparable.
    """

    ours: Ranged
    theirs: Ranged
    gain: Ranged
    subjects: dict[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class _Subject:
    """Groups of one subject, by cell of the joint table.

    Attributes:
        name: `race`, or `race` by `sex`.
        member: float64 (cells, groups): 1 where the cell belongs to the group.
        known: bool (groups,): whether the group can be the reference.
    """

    name: str
    member: Floats
    known: NDArray[np.bool_]

    def ratio(self, tables: Floats, selected: Decisions) -> Floats:
        """Ratio of each table (r,) of counts (r, cells); NaN where no reference selects anybody."""
        trials = tables @ self.member
        hits = tables @ (self.member * selected[:, None])
        rates = np.divide(hits, trials, out=np.full(hits.shape, np.nan), where=trials > 0)
        highest = np.where(self.known & (trials > 0), rates, 0.0).max(axis=1)
        lowest = np.where(trials > 0, rates, np.inf).min(axis=1)
        ratio = np.full(len(tables), np.nan)
        np.divide(lowest, highest, out=ratio, where=highest > 0)
        return ratio


def compare(
    groupings: Sequence[Grouping],
    ours: Decisions,
    theirs: Decisions,
    *,
    min_share: float,
    confidence: float,
    replicates: int,
    seed: int,
) -> PairedRatios:
    """Ratios of two deciders.

    Args:
        groupings: Of the same rows, at least one.
        ours: Decisions of the first (n,).
        theirs: Decisions of the second.
        min_share: Groups with a smaller share are left out.
        confidence: Of each two-sided interval.
        replicates: Of the bootstrap.
        seed: Of the bootstrap.

    Raises:
        EvidenceMissing: no subject has two groups of the minimum share, one of them known.
        EvidenceUnusable: one of the deciders selects nobody of the groups that are compared, or
            they decide about other rows.
    """
    if not len(groupings[0].codes) == len(ours) == len(theirs):
        raise EvidenceUnusable("the decisions do not belong to the same rows as the groups")
    place, first, counts = _cells(groupings, ours, theirs)
    subjects = [found for found in (_subject(g, first, min_share) for g in groupings) if found]
    if not subjects:
        raise EvidenceMissing(
            "no sensitive feature has two groups that are large enough to be compared",
            remedy="Collect rows of every group of the sensitive features.",
        )
    both = (place % 4 >= 2, place % 2 == 1)
    seen = counts[None, :].astype(np.float64)
    observed = [[float(s.ratio(seen, chosen)[0]) for s in subjects] for chosen in both]
    if not np.isfinite(observed).all():
        raise EvidenceUnusable("nobody was selected, so there is no ratio of selection rates")
    drawn = _lowest(subjects, both, counts, replicates=replicates, seed=seed)
    if not len(drawn):
        raise EvidenceUnusable("too few people were selected to resample their ratios")
    low, high = min(observed[0]), min(observed[1])
    tails = ((1 - confidence) / 2, (1 + confidence) / 2)
    return PairedRatios(
        ours=_ranged(low, drawn[:, 0], tails),
        theirs=_ranged(high, drawn[:, 1], tails),
        gain=_ranged(high - low, drawn[:, 1] - drawn[:, 0], tails),
        subjects={
            subject.name: (mine, other)
            for subject, mine, other in zip(subjects, *observed, strict=True)
        },
    )


def _cells(
    groupings: Sequence[Grouping], ours: Decisions, theirs: Decisions
) -> tuple[Counts, Counts, Counts]:
    """Decisions, first row and rows of each occupied cell of groups by decisions."""
    cell = np.zeros(len(ours), dtype=np.int64)
    for grouping in groupings:
        crossed = cell * len(grouping.names) + grouping.codes
        cell = np.unique(crossed, return_inverse=True)[1].astype(np.int64)
    found, first, counts = np.unique(
        cell * 4 + ours * 2 + theirs, return_index=True, return_counts=True
    )
    return found, first.astype(np.int64), counts.astype(np.int64)


def _subject(grouping: Grouping, first: Counts, min_share: float) -> _Subject | None:
    """The groups that are compared; None when there is nothing to compare."""
    large = np.flatnonzero(grouping.share >= min_share)
    occupied = large[np.isin(large, grouping.codes)]
    known = grouping.known[occupied]
    if len(occupied) < 2 or not known.any():
        return None
    member = (grouping.codes[first][:, None] == occupied[None, :]).astype(np.float64)
    return _Subject(grouping.subject, member, known)


def _lowest(
    subjects: Sequence[_Subject],
    both: tuple[Decisions, Decisions],
    counts: Counts,
    *,
    replicates: int,
    seed: int,
) -> Floats:
    """Lowest ratios of both deciders in each replicate in which they exist, (r, 2)."""
    block = max(1, _BLOCK // len(counts))
    parts = []
    for at, start in enumerate(range(0, replicates, block)):
        draws = statistics.count_bootstrap(
            counts,
            replicates=min(block, replicates - start),
            seed=int(np.random.SeedSequence([seed, at]).generate_state(1)[0]),
        ).astype(np.float64)
        lowest = [np.min([s.ratio(draws, chosen) for s in subjects], axis=0) for chosen in both]
        parts.append(np.stack(lowest, axis=1))
    found = np.concatenate(parts)
    usable: Floats = found[np.isfinite(found).all(axis=1)]
    return usable


def _ranged(value: float, drawn: Floats, tails: tuple[float, float]) -> Ranged:
    low, high = np.quantile(drawn, tails)
    return Ranged(value, float(low), float(high))
