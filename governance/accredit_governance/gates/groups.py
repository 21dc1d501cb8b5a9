"""Groups of people and their confusion counts.

Rules:
1. Rows whose group is missing, or is called as in `UNKNOWN_NAMES`, form the group `unknown`. It is
   never dropped, never the reference, and does not count as known. A use case may declare further
   such values, codes above all; they are missing in the evidence.
2. A group counts with the larger of its shares among test rows and training rows, so that leaving
   a group out of the test rows does not make it disappear. Groups below the minimum share are
   shown and may fail, but do not block a pass.
3. A feature with more than `MAX_GROUPS` values is no grouping; it needs declared bins.
4. A ratio or gap needs two known groups: of a single one it would be 1 or 0 whatever was decided.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import combinations
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_governance.gates.statistics import Counts, Floats
from accredit_governance.gates.vectors import EvidenceUnusable

UNKNOWN: Final = "unknown"
UNKNOWN_NAMES: Final = frozenset(
    {
        "",
        "-",
        "?",
        UNKNOWN,
        "declined",
        "declined to answer",
        "declined to state",
        "missing",
        "n/a",
        "na",
        "nan",
        "none given",
        "not applicable",
        "not available",
        "not given",
        "not known",
        "not provided",
        "not specified",
        "not stated",
        "null",
        "prefer not to answer",
        "prefer not to say",
        "undisclosed",
        "unspecified",
    }
)
"""Names of a group of nobody in particular, in small letters. `none` is not among them: it is an
answer where a religion is asked for."""

_UNKNOWN_STARTS: Final = ("information not provided", "not provided by")
_UNKNOWN_ENDS: Final = (" not available", " not provided", " not applicable", " unknown")
"""As in public files under the Home Mortgage Disclosure Act: `Race Not Available`, and `Information
not provided by applicant in mail, internet, or telephone application`."""

MAX_GROUPS: Final = 60
CROSS: Final = " \u00d7 "  # multiplication sign


class Rate(Enum):
    """A rate as sums of the confusion counts (tn, fp, fn, tp): hits over trials."""

    SELECTION = ("selection rate", (0, 1, 0, 1), (1, 1, 1, 1))
    TRUE_POSITIVE = ("true positive rate", (0, 0, 0, 1), (0, 0, 1, 1))
    FALSE_POSITIVE = ("false positive rate", (0, 1, 0, 0), (1, 1, 0, 0))
    PREDICTIVE_VALUE = ("positive predictive value", (0, 0, 0, 1), (0, 1, 0, 1))
    SCORING = ("scoring rate", (0, 1, 0, 1), (1, 1, 1, 1))

    def __init__(self, title: str, hits: tuple[int, ...], trials: tuple[int, ...]) -> None:
        self.title = title
        self._hits = np.array(hits)
        self._trials = np.array(trials)

    def of(self, cells: Counts) -> tuple[Counts, Counts]:
        """Hits and trials from counts whose last axis is (tn, fp, fn, tp)."""
        return cells @ self._hits, cells @ self._trials


@dataclass(frozen=True, slots=True)
class GroupCounts:
    """Confusion counts per group of one sensitive feature or of a pair of them.

    Attributes:
        subject: `race`, or `race` by `sex`.
        names: One per group, sorted; the unknown last.
        cells: Groups by (true negatives, false positives, false negatives, true positives).
        share: Share of the rows by rule 2, per group.
        known: Whether a group is known in every feature of the subject.
    """

    subject: str
    names: tuple[str, ...]
    cells: Counts
    share: Floats
    known: NDArray[np.bool_]

    def only(self, kept: NDArray[np.bool_]) -> "GroupCounts":
        """Some of the groups; their shares stay those of all rows."""
        names = tuple(name for name, keep in zip(self.names, kept, strict=True) if keep)
        return GroupCounts(
            self.subject, names, self.cells[kept], self.share[kept], self.known[kept]
        )

    @property
    def rows(self) -> Counts:
        """Test rows per group."""
        rows: Counts = self.cells.sum(axis=1)
        return rows

    @property
    def coverage(self) -> float:
        """Share of the test rows whose group is known."""
        return float(self.rows[self.known].sum() / self.rows.sum())


def need_two(subject: str, rows: Counts, known: NDArray[np.bool_]) -> None:
    """Nothing, when there are two known groups with test rows.

    Raises:
        EvidenceUnusable: there is only one.
    """
    if int((known & (rows > 0)).sum()) < 2:
        raise EvidenceUnusable(
            f"{subject} has only one known group in the test rows, so there is nothing to compare "
            "and a ratio of 1 would mean nothing"
        )


def subjects(features: Sequence[str], *, intersections: bool) -> list[tuple[str, ...]]:
    """Features one by one, then each pair."""
    single: list[tuple[str, ...]] = [(feature,) for feature in features]
    return single + list(combinations(features, 2)) if intersections else single


def label(subject: Sequence[str]) -> str:
    """How a subject is called in keys and pages."""
    return CROSS.join(subject)


@dataclass(frozen=True, slots=True)
class Grouping:
    """Which group each test row belongs to; see `GroupCounts` for the attributes."""

    subject: str
    names: tuple[str, ...]
    codes: NDArray[np.int64]
    share: Floats
    known: NDArray[np.bool_]

    @property
    def rows(self) -> Counts:
        """Test rows per group."""
        return np.bincount(self.codes, minlength=len(self.names)).astype(np.int64)

    def count(self, outcome: NDArray[np.bool_], selected: NDArray[np.bool_]) -> GroupCounts:
        """Confusion counts for one decision per row.

        Args:
            outcome: What really happened; True is favourable.
            selected: The decision; True is favourable.

        Raises:
            EvidenceUnusable: the lengths differ.
        """
        if not len(self.codes) == len(outcome) == len(selected):
            raise EvidenceUnusable("the sensitive features do not belong to the same rows")
        cells = np.bincount(self.codes * 4 + outcome * 2 + selected, minlength=4 * len(self.names))
        table = cells.reshape(len(self.names), 4).astype(np.int64)
        return GroupCounts(self.subject, self.names, table, self.share, self.known)


def grouping(
    subject: Sequence[str], sensitive: pd.DataFrame, train_sensitive: pd.DataFrame
) -> Grouping:
    """Groups of a subject.

    Args:
        subject: Names of one or two columns of `sensitive`.
        sensitive: Sensitive features of the test rows; at least one row.
        train_sensitive: Those of the training rows; columns may be absent.

    Raises:
        EvidenceUnusable: a feature has too many values.
    """
    now = _labels(sensitive, subject)
    before = _labels(train_sensitive, subject) if set(subject) <= set(train_sensitive) else now[:0]
    names = sorted(set(now.cat.categories) | set(before.cat.categories), key=_unknown_last)
    codes = pd.Categorical(now, categories=names).codes.astype(np.int64)
    earlier = pd.Categorical(before, categories=names).codes
    share = np.maximum(
        np.bincount(codes, minlength=len(names)) / len(now),
        np.bincount(earlier, minlength=len(names)) / max(len(before), 1),
    )
    known = np.array([UNKNOWN not in name.split(CROSS) for name in names])
    return Grouping(label(subject), tuple(names), codes, share, known)


def _unknown_last(name: str) -> tuple[bool, str]:
    return UNKNOWN in name.split(CROSS), name


def group_of(values: "pd.Series[str]") -> "pd.Series[str]":
    """Group of each row as text category; missing values are `unknown`.

    Raises:
        EvidenceUnusable: there are more than `MAX_GROUPS` different values.
    """
    codes, levels = pd.factorize(values, use_na_sentinel=True)
    if len(levels) > MAX_GROUPS:
        raise EvidenceUnusable(
            f"sensitive feature '{values.name}' has {len(levels)} different values, more than "
            f"{MAX_GROUPS} groups: declare bins if it is a number such as an age"
        )
    texts = [_text(level) for level in levels] + [UNKNOWN]
    names = sorted(set(texts))
    place = np.array([names.index(text) for text in texts])
    grouped = pd.Categorical.from_codes(place[codes].tolist(), pd.Index(names))
    return pd.Series(grouped.remove_unused_categories(), index=values.index)


def _text(level: object) -> str:
    """Name of a group; whole numbers lose the `.0` that a missing value elsewhere gave them."""
    if isinstance(level, float | np.floating) and float(level).is_integer():
        return str(int(level))
    text = str(level).strip()
    return UNKNOWN if is_unknown(text) else text


def is_unknown(name: str) -> bool:
    """Whether a value says that the group is not known; case and spaces make no difference."""
    plain = " ".join(name.casefold().split())
    return (
        plain in UNKNOWN_NAMES or plain.startswith(_UNKNOWN_STARTS) or plain.endswith(_UNKNOWN_ENDS)
    )


def _labels(frame: pd.DataFrame, subject: Sequence[str]) -> "pd.Series[str]":
    """Group of each row of a subject; a pair is joined by `CROSS`."""
    columns = [group_of(frame[feature]) for feature in subject]
    if len(columns) == 1:
        return columns[0]
    first, second = columns
    width = len(second.cat.categories)
    codes = first.cat.codes.to_numpy(dtype=np.int64) * width + second.cat.codes.to_numpy()
    names = [a + CROSS + b for a in first.cat.categories for b in second.cat.categories]
    if len(set(names)) < len(names):
        raise EvidenceUnusable(f"group names of {label(subject)} cannot be told apart")
    crossed = pd.Categorical.from_codes(codes.tolist(), pd.Index(names))
    return pd.Series(crossed.remove_unused_categories(), index=frame.index)
