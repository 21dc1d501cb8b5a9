"""Fitting of text blocks: vocabulary, scores out of fold, topics."""

import warnings
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from itertools import count
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.utils.extmath import randomized_svd

from accredit_engine.features.text import (
    TOPIC_TERMS,
    TextBlock,
    rounded,
    text_counts,
    weighted,
    words,
)

_MAX_TERMS: Final = 20_000
_MAX_TOPICS: Final = 24
_LEAST_ROWS: Final = 2
_STRENGTHS: Final = (0.3, 1.0, 3.0)
_MIDDLE: Final = 1.0
_FEW_SIGNALS: Final = 3
_MOST_ROWS: Final = 10_000
"""Scores are learned from at most so many rows, evenly spread."""

_SVD_ROUNDS: Final = 4
_CACHED: Final = 12


def text_block(
    column: str,
    texts: NDArray[np.object_],
    signals: NDArray[np.float64],
    folds: NDArray[np.int64],
    *,
    seed: int,
) -> tuple[TextBlock, NDArray[np.float64]]:
    """Fit on training rows; returns the block and the entries (n, width) to train on.

    The last few results are remembered, because all encodings of a fold need the same one.

    Args:
        column: Name of the column.
        texts: (n,) texts; "" is missing.
        signals: float64 (n, s): the target, or one 0/1 column per class.
        folds: (n,) inner fold of each row, from 0.
        seed: Draws the start of the decomposition.
    """
    block, training = _fit(
        column,
        tuple(texts),
        np.ascontiguousarray(signals).tobytes(),
        signals.shape[1],
        folds.tobytes(),
        seed,
    )
    return block, training.copy()


@lru_cache(maxsize=_CACHED)
def _fit(
    column: str,
    texts: tuple[str, ...],
    signal_bytes: bytes,
    width: int,
    fold_bytes: bytes,
    seed: int,
) -> tuple[TextBlock, NDArray[np.float64]]:
    signals = np.frombuffer(signal_bytes).reshape(len(texts), width)
    folds = np.frombuffer(fold_bytes, dtype=np.int64)
    terms, idf, matrix = _vocabulary(texts)
    weights, intercept, scores = _scores(matrix, signals, folds)
    topics = _topics(matrix[:, :TOPIC_TERMS], seed)
    block = TextBlock(column, terms, idf, weights, intercept, topics)
    training = np.hstack([scores, matrix[:, :TOPIC_TERMS] @ topics, text_counts(texts)])
    return block, training


def _vocabulary(
    texts: Sequence[str],
) -> tuple[tuple[str, ...], NDArray[np.float64], csr_array]:
    """Terms, the most frequent first (ties by term), their idf and the weighted texts (n, t)."""
    numbers: defaultdict[str, int] = defaultdict(count().__next__)
    found: list[int] = []
    ends = [0]
    for text in texts:
        found += [numbers[word] for word in words(text)]
        ends.append(len(found))
    word, limits = np.array(found, dtype=np.int64), np.array(ends)
    row = np.repeat(np.arange(len(texts)), np.diff(limits))
    # Term of a pair: after all words, in the order of (first word, second word).
    same = row[1:] == row[:-1] if len(row) else np.zeros(0, dtype=bool)
    pairs, pair = np.unique(
        word[:-1][same] * max(1, len(numbers)) + word[1:][same], return_inverse=True
    )
    occurrences = np.concatenate([word, pair.reshape(-1) + len(numbers)])
    rows = np.concatenate([row, row[1:][same]])
    total = len(numbers) + len(pairs)
    seen = np.unique(rows * max(1, total) + occurrences)
    frequency = np.bincount(seen % max(1, total), minlength=total)
    spelled = list(numbers)

    def spelling(term: int) -> str:
        if term < len(spelled):
            return spelled[term]
        first, second = divmod(int(pairs[term - len(spelled)]), len(spelled))
        return f"{spelled[first]} {spelled[second]}"

    # Terms that cannot come in are not spelled: rare pairs are most of the terms.
    limit = max(_LEAST_ROWS, int(np.sort(frequency)[-_MAX_TERMS:][0]) if total else 0)
    frequent = [int(term) for term in np.flatnonzero(frequency >= limit)]
    named = sorted((-int(frequency[term]), spelling(term), term) for term in frequent)[:_MAX_TERMS]
    kept = np.array([term for _, _, term in named], dtype=np.int64)
    idf = rounded(np.log((1 + len(texts)) / (1 + frequency[kept])) + 1)
    slot = np.full(total, -1, dtype=np.int64)
    slot[kept] = np.arange(len(kept))
    mapped = slot[occurrences]
    rows, mapped = rows[mapped >= 0], mapped[mapped >= 0]
    order = np.argsort(rows, kind="stable")
    counts = np.bincount(rows, minlength=len(texts))
    matrix = weighted(mapped[order], np.concatenate([[0], np.cumsum(counts)]), idf)
    return tuple(name for _, name, _ in named), idf, matrix


def _scores(
    matrix: csr_array, signals: NDArray[np.float64], folds: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Weights (t, s) and intercepts (s,) of all rows, and scores (n, s) out of fold."""
    weights = np.zeros((matrix.shape[1], signals.shape[1]))
    intercept = signals.mean(axis=0)
    scores = np.tile(intercept, (len(signals), 1))
    if not matrix.nnz:
        return weights, rounded(intercept), scores
    for at in range(signals.shape[1]):
        signal = signals[:, at]
        binary = bool(np.isin(signal, (0.0, 1.0)).all())
        strength = _MIDDLE
        if signals.shape[1] <= _FEW_SIGNALS:
            strength = _strength(matrix, signal, folds == 0, binary=binary)
        for fold in range(int(folds.max()) + 1):
            held = folds == fold
            fitted = _linear(matrix, signal, ~held, binary=binary, strength=strength)
            scores[held, at] = fitted[1] + matrix[held] @ fitted[0]
        every = np.ones(len(signal), dtype=np.bool_)
        weights[:, at], intercept[at] = _linear(
            matrix, signal, every, binary=binary, strength=strength
        )
    return rounded(weights), rounded(intercept), scores


def _strength(
    matrix: csr_array, signal: NDArray[np.float64], held: NDArray[np.bool_], *, binary: bool
) -> float:
    """The inverse penalty that predicts the held rows best."""
    losses = []
    for strength in _STRENGTHS:
        weights, intercept = _linear(matrix, signal, ~held, binary=binary, strength=strength)
        losses.append(_loss(signal[held], intercept + matrix[held] @ weights, binary=binary))
    return _STRENGTHS[int(np.argmin(losses))]


def _linear(
    matrix: csr_array,
    signal: NDArray[np.float64],
    used: NDArray[np.bool_],
    *,
    binary: bool,
    strength: float,
) -> tuple[NDArray[np.float64], float]:
    """Weights (t,) and intercept of the used rows: log-odds for a 0/1 signal, otherwise values."""
    rows = np.flatnonzero(used)
    if len(rows) > _MOST_ROWS:
        rows = rows[np.linspace(0, len(rows) - 1, _MOST_ROWS).astype(np.intp)]
    matrix, signal = matrix[rows], signal[rows]
    if signal.min() == signal.max():
        return np.zeros(matrix.shape[1]), 0.0 if binary else float(signal.mean())
    if not binary:
        model = Ridge(alpha=3.0 / strength, solver="sparse_cg", tol=1e-3)
        model.fit(matrix, signal)
        return np.asarray(model.coef_, dtype=np.float64), float(model.intercept_)
    classifier = LogisticRegression(C=3.0 * strength, max_iter=50, tol=1e-3)
    with warnings.catch_warnings():
        # Stopping short of full convergence costs a little accuracy, which the folds measure.
        warnings.simplefilter("ignore", ConvergenceWarning)
        classifier.fit(matrix, signal)
    return np.asarray(classifier.coef_[0], dtype=np.float64), float(classifier.intercept_[0])


def _loss(signal: NDArray[np.float64], scores: NDArray[np.float64], *, binary: bool) -> float:
    if binary:
        return float(np.logaddexp(0.0, np.where(signal > 0, -scores, scores)).mean())
    return float(((signal - scores) ** 2).mean())


def _topics(matrix: csr_array, seed: int) -> NDArray[np.float64]:
    """Place (t, k) of each term; the largest place of each topic is positive."""
    wanted = min(_MAX_TOPICS, min(matrix.shape) - 1)
    if wanted < 1 or not matrix.nnz:
        return np.zeros((matrix.shape[1], 0))
    _, _, transposed = randomized_svd(
        matrix, wanted, n_iter=_SVD_ROUNDS, random_state=seed, flip_sign=False
    )
    places = np.asarray(transposed, dtype=np.float64).T
    peak = np.abs(places).argmax(axis=0)
    signs = np.sign(places[peak, np.arange(wanted)])
    return rounded(places * signs)
