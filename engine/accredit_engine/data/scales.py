"""Well-known scales of words, and bands of numbers: the orders that texts have of themselves.

A column follows a scale when all its levels are words of it, at least three of them, and no two
share a place. Spelling: case, `_`, `-` and repeated spaces do not count.
"""

import itertools
import re
from collections.abc import Sequence
from typing import Final

_MIN_LEVELS: Final = 3
_MAX_LEVELS: Final = 12

SCALES: Final[tuple[tuple[tuple[str, ...], ...], ...]] = (
    # Amount.
    (
        ("none", "no", "zero", "nil"),
        ("very low", "very little", "minimal"),
        ("low", "little", "slight", "minor", "mild"),
        ("medium", "moderate", "mid", "med"),
        ("high", "major", "severe"),
        ("very high", "critical", "extreme"),
    ),
    (("none", "no"), ("few", "a few"), ("some", "several"), ("many", "a lot"), ("most",), ("all",)),
    # Quality.
    (
        ("very poor", "very bad", "terrible"),
        ("poor", "bad"),
        ("below average",),
        ("fair", "passable"),
        ("average", "typical", "normal", "ok", "acceptable"),
        ("above average",),
        ("good",),
        ("very good",),
        ("excellent", "outstanding"),
        ("very excellent",),
    ),
    # Agreement, satisfaction, likelihood and frequency (Likert).
    (
        ("strongly disagree",),
        ("disagree",),
        ("somewhat disagree",),
        ("neutral", "undecided", "neither agree nor disagree"),
        ("somewhat agree",),
        ("agree",),
        ("strongly agree",),
    ),
    (
        ("very dissatisfied", "very unsatisfied"),
        ("dissatisfied", "unsatisfied"),
        ("neutral",),
        ("satisfied",),
        ("very satisfied",),
    ),
    (
        ("very unlikely",),
        ("unlikely",),
        ("neutral", "possible"),
        ("likely",),
        ("very likely",),
        ("certain",),
    ),
    (
        ("never",),
        ("rarely", "seldom"),
        ("sometimes", "occasionally"),
        ("often", "frequently", "usually"),
        ("always",),
    ),
    # Size.
    (
        ("xxs",),
        ("xs",),
        ("s",),
        ("m",),
        ("l",),
        ("xl",),
        ("xxl", "2xl"),
        ("xxxl", "3xl"),
    ),
    (
        ("tiny", "extra small", "very small"),
        ("small",),
        ("medium", "mid"),
        ("large", "big"),
        ("extra large", "very large", "huge"),
    ),
    # Order and skill.
    (("first",), ("second",), ("third",), ("fourth",), ("fifth",)),
    (
        ("beginner", "novice", "entry"),
        ("junior",),
        ("intermediate", "mid"),
        ("advanced", "senior"),
        ("expert",),
    ),
    (("bronze",), ("silver",), ("gold",), ("platinum",), ("diamond",)),
)
"""Scales, lowest first; each place lists its spellings."""

_NUMBER: Final = r"(\d+(?:[.,]\d+)?)"
_BAND: Final = re.compile(rf"^[\[(]?\s*{_NUMBER}\s*(?:-|–|to|,|\.\.)\s*{_NUMBER}\s*[\])]?$")
_ABOVE: Final = re.compile(rf"^(?:(?:>|>=|over|above)\s*{_NUMBER}|{_NUMBER}\s*\+)$")
_BELOW: Final = re.compile(rf"^(?:<|<=|under|below)\s*{_NUMBER}$")


def scale_order(levels: Sequence[str]) -> tuple[str, ...] | None:
    """The levels in the order of the scale they follow, lowest first; None when there is none."""
    if not _MIN_LEVELS <= len(levels) <= _MAX_LEVELS:
        return band_order(levels)
    plain = {level: _plain(level) for level in levels}
    for scale in SCALES:
        places = {word: place for place, words in enumerate(scale) for word in words}
        found = {places[word] for word in plain.values() if word in places}
        if len(found) == len(levels) and all(word in places for word in plain.values()):
            return tuple(sorted(levels, key=lambda level: places[plain[level]]))
    return band_order(levels)


def band_order(levels: Sequence[str]) -> tuple[str, ...] | None:
    """Bands such as `<18`, `18-25`, `26-35`, `65+` in their order; None for anything else."""
    if len(levels) < _MIN_LEVELS:
        return None
    places = {}
    for level in levels:
        place = _band(_plain(level, joins=" "))
        if place is None:
            return None
        places[level] = place
    if len(set(places.values())) < len(levels):
        return None
    # Dates and codes such as 12-7 look like bands too; bands rise within and do not overlap.
    ordered = tuple(sorted(levels, key=lambda level: places[level]))
    ends = [places[level] for level in ordered]
    if any(low > high for low, high in ends):
        return None
    if any(before[1] > after[0] for before, after in itertools.pairwise(ends)):
        return None
    return ordered


def _band(text: str) -> tuple[float, float] | None:
    if (found := _BAND.match(text)) is not None:
        return _float(found[1]), _float(found[2])
    if (found := _ABOVE.match(text)) is not None:
        return _float(found[1] or found[2]), float("inf")
    if (found := _BELOW.match(text)) is not None:
        return float("-inf"), _float(found[1])
    return None


def _float(text: str) -> float:
    return float(text.replace(",", ""))


def _plain(text: str, *, joins: str = "_-") -> str:
    return " ".join(re.sub(f"[{re.escape(joins)}]", " ", text).lower().split())
