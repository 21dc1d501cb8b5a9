"""Free text as few numbers: a score of its words, latent topics, and plain counts.

Words and pairs of neighbouring words are weighted by TF-IDF (sublinear term counts, l2 norm). A
linear model on these weights gives one *text score* per target signal; a truncated singular value
decomposition (latent semantic analysis, Deerwester et al. 1990) gives the topics.

Like a target mean, the score of a training row comes from a model of the *other* inner folds.
A row alone gives the same bits as within a batch: sums run over the terms of one row, in the order
of the terms.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from accredit_engine.data.schema import Table

TOPIC_TERMS: Final = 3_000
"""Only the most frequent terms have topics; the score knows all terms."""

COUNTS: Final = 6
_WORD: Final = re.compile(r"\b\w\w+\b")
_DIGIT: Final = re.compile(r"\d")
_UPPER: Final = re.compile(r"[^\W\d_a-z]")


@dataclass(frozen=True, slots=True, eq=False)
class TextBlock:
    """A text column: scores, topics, counts, in this order.

    Counts: log characters, log words, share of digits, share of capitals, log exclamation marks,
    log question marks. An empty text has no known terms and counts of 0.

    Attributes:
        column: The text column.
        terms: Words, and pairs of words joined by a blank, the most frequent first.
        idf: float64 (t,): inverse document frequency of each term.
        weights: float64 (t, s): effect of each term on each score.
        intercept: float64 (s,): score of a text without known terms.
        topics: float64 (min(t, 3000), k): place of each term in the topics.
    """

    kind: ClassVar[str] = "text"
    quantity: ClassVar[bool] = True
    column: str
    terms: tuple[str, ...]
    idf: NDArray[np.float64]
    weights: NDArray[np.float64]
    intercept: NDArray[np.float64]
    topics: NDArray[np.float64]
    _position: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Index the terms."""
        object.__setattr__(self, "_position", {term: at for at, term in enumerate(self.terms)})

    @property
    def columns(self) -> tuple[str, ...]:
        """Its column."""
        return (self.column,)

    @property
    def width(self) -> int:
        """One entry per score, topic and count."""
        return len(self.intercept) + int(self.topics.shape[1]) + COUNTS

    def write(self, table: Table, out: NDArray[np.float64]) -> None:
        """Fill `out` (rows, width)."""
        texts = table.texts[self.column]
        scores, topics = len(self.intercept), self.topics.shape[1]
        matrix = self._weighted(texts)
        out[:, :scores] = self.intercept + matrix @ self.weights
        out[:, scores : scores + topics] = matrix[:, : len(self.topics)] @ self.topics
        out[:, scores + topics :] = text_counts(texts)

    def to_dict(self) -> dict[str, object]:
        """JSON form; arrays as base64 of little-endian float32, which they were rounded to."""
        return {
            "kind": self.kind,
            "column": self.column,
            "terms": list(self.terms),
            "idf": _packed(self.idf),
            "weights": _packed(self.weights),
            "intercept": _packed(self.intercept),
            "topics": _packed(self.topics),
        }

    @classmethod
    def from_dict(cls, fields: Any) -> "TextBlock":  # Any: parsed JSON.
        """Inverse of `to_dict`."""
        terms = tuple(fields["terms"])
        intercept = _unpacked(fields["intercept"])
        rows = min(len(terms), TOPIC_TERMS)
        return cls(
            column=fields["column"],
            terms=terms,
            idf=_unpacked(fields["idf"]),
            weights=_unpacked(fields["weights"]).reshape(len(terms), len(intercept)),
            intercept=intercept,
            topics=_unpacked(fields["topics"]).reshape(rows, -1 if rows else 0),
        )

    def _weighted(self, texts: NDArray[np.object_]) -> csr_array:
        position = self._position
        found: list[int] = []
        ends = [0]
        for text in texts:
            known = words(text)
            pairs = [f"{first} {second}" for first, second in pairwise(known)]
            found += [position[term] for term in [*known, *pairs] if term in position]
            ends.append(len(found))
        return weighted(np.array(found, dtype=np.int64), np.array(ends), self.idf)


def words(text: str) -> list[str]:
    """Words of two letters or digits and more, in lower case."""
    return _WORD.findall(text.lower())


def weighted(
    found: NDArray[np.int64], ends: NDArray[np.int64], idf: NDArray[np.float64]
) -> csr_array:
    """TF-IDF (rows, t) with rows of length one, terms ascending within a row.

    Args:
        found: Terms in the order of the rows; a term stands as often as it occurs.
        ends: (rows + 1,): where the terms of each row start and end.
        idf: float64 (t,) weight of each term.
    """
    rows = len(ends) - 1
    row = np.repeat(np.arange(rows), np.diff(ends))
    slots, times = np.unique(row * len(idf) + found, return_counts=True)
    row, term = np.divmod(slots, max(1, len(idf)))
    values = (1.0 + np.log(times)) * idf[term]
    # bincount adds one value after the other: the same bits whatever stands in other rows.
    values /= np.sqrt(np.bincount(row, weights=values**2, minlength=rows))[row]
    pointers = np.searchsorted(row, np.arange(rows + 1))
    return csr_array((values, term, pointers), shape=(rows, len(idf)))


def text_counts(texts: Sequence[str] | NDArray[np.object_]) -> NDArray[np.float64]:
    """Plain counts (n, 6) of texts; see `TextBlock`."""
    counts = np.array([_counts(text) for text in texts], dtype=np.float64).reshape(-1, COUNTS)
    counts[:, [2, 3]] /= np.maximum(1.0, counts[:, [0]])
    counts[:, [0, 1, 4, 5]] = np.log1p(counts[:, [0, 1, 4, 5]])
    return counts


def rounded(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rounded to float32, so that the stored form loses nothing."""
    return np.asarray(values, dtype=np.float32).astype(np.float64)


def _counts(text: str) -> tuple[int, int, int, int, int, int]:
    return (
        len(text),
        text.count(" ") + 1 if text else 0,
        len(_DIGIT.findall(text)),
        len(_UPPER.findall(text)),
        text.count("!"),
        text.count("?"),
    )


def _packed(values: NDArray[np.float64]) -> str:
    return base64.b64encode(values.astype("<f4").tobytes()).decode("ascii")


def _unpacked(content: str) -> NDArray[np.float64]:
    return np.frombuffer(base64.b64decode(content), dtype="<f4").astype(np.float64)
