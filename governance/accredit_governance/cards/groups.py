"""Group tables: the comparisons of groups that checks left in their details, in one shape.

Checks name their figures differently. A table is any list in the details whose entries name a
`group` (in a list called `groups`, also a `name` or `level`), but no column and no calibration bin;
the figure is the first known name, else the first number that is no count and no bound.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from accredit_governance.cards.reading import Record, count, number, record, records, text
from accredit_governance.cards.sections import CalibrationPoint, GroupRow, GroupTable
from accredit_governance.gates.results import CheckResult

_GROUP_KEYS: Final = ("group", "name", "level")
_COUNT_KEYS: Final = ("trials", "n", "rows", "count", "size", "n_rows")
_COMPARED_KEYS: Final = (
    "ratio",
    "air",
    "impact_ratio",
    "gap",
    "difference",
    "vs_reference",
    "value",
)
_FIGURE_KEYS: Final = (
    "selection_rate",
    "rate",
    "value",
    "estimate",
    "tpr",
    "fpr",
    "ppv",
    "auc",
    "mean",
    "observed",
    "known_share",
    "share",
)
_LOW_KEYS: Final = ("low", "lower", "ci_low", "rate_low")
_HIGH_KEYS: Final = ("high", "upper", "ci_high", "rate_high")
_NOTE_KEYS: Final = ("note", "verdict", "status", "reason")
_MARKS: Final = (
    ("reference", True, "reference group"),
    ("fails", True, "fails"),
    ("gating", False, "too small to gate"),
)
_NO_GROUPS: Final = frozenset({"column", "predicted"})
_NO_FIGURES: Final = frozenset({*_GROUP_KEYS, *_COUNT_KEYS, *_LOW_KEYS, *_HIGH_KEYS, *_NOTE_KEYS})


def group_tables(results: Iterable[CheckResult]) -> tuple[GroupTable, ...]:
    """One table per check that left figures of groups, in report order."""
    return tuple(table for result in results for table in _tables(result))


def is_of_groups(name: str, entries: Iterable[Record]) -> bool:
    """Whether a list of entries in the details is one that makes a group table."""
    return any(_names_group(name, entry) for entry in entries)


def calibration_of(result: CheckResult) -> tuple[CalibrationPoint, ...]:
    """Reliability curve that a check left in its details; empty when there is none."""
    for value in result.details.values():
        points = [_point(entry) for entry in records(value)]
        found = tuple(p for p in points if p is not None)
        if found and len(found) == len(points):
            return found
    return ()


def _tables(result: CheckResult) -> list[GroupTable]:
    for name, value in result.details.items():
        entries = [entry for entry in _entries(value) if _names_group(name, entry)]
        if entries:
            return [_table(result, name, entries)]
    return []


def _names_group(name: str, entry: Record) -> bool:
    keys = _GROUP_KEYS if name == "groups" else _GROUP_KEYS[:1]
    return not _NO_GROUPS & set(entry) and _first_text(entry, keys) is not None


def _entries(value: object) -> Sequence[Record]:
    """Entries of a list, or of a mapping group → figures."""
    listed = records(value)
    if listed:
        return listed
    by_group = record(value)
    return [
        {"group": name, **record(figures)} for name, figures in by_group.items() if record(figures)
    ]


def _table(result: CheckResult, name: str, entries: Sequence[Record]) -> GroupTable:
    figure = _figure_key(entries)
    return GroupTable(
        check=result.check,
        subject=result.subject or "all",
        statistic=_statistic(result, figure or name),
        comparison=text(result.details.get("comparison")),
        reference=_reference(result, entries),
        direction=result.direction,
        threshold=result.threshold,
        verdict=result.verdict,
        rows=tuple(_row(entry, figure) for entry in entries),
        evidence=f"gates/{result.key}#/details/{name}",
    )


def _statistic(result: CheckResult, figure: str) -> str:
    """Name of the figure; a check may say which rate it means."""
    return text(result.details.get(figure)) or figure.replace("_", " ")


def _row(entry: Record, figure: str | None) -> GroupRow:
    interval = entry.get("interval", entry.get("ci"))
    bounds = record(interval)
    if isinstance(interval, list | tuple) and len(interval) == 2:
        bounds = {"low": interval[0], "high": interval[1]}
    value = number(entry.get(figure)) if figure else None
    known = {**bounds, **entry} if value is not None else {}
    return GroupRow(
        group=_first_text(entry, _GROUP_KEYS) or "unknown",
        n=next((c for k in _COUNT_KEYS if (c := count(entry.get(k))) is not None), None),
        value=value,
        low=_first_number(known, _LOW_KEYS),
        high=_first_number(known, _HIGH_KEYS),
        compared=_first_number(entry, tuple(k for k in _COMPARED_KEYS if k != figure)),
        more_rows=count(entry.get("more_rows")),
        note=_note(entry),
    )


def _note(entry: Record) -> str | None:
    marks = [words for key, value, words in _MARKS if entry.get(key) is value]
    missing = count(entry.get("more_rows"))
    if missing:
        marks.append(f"{missing:,} more rows needed")
    return ", ".join(marks) or _first_text(entry, _NOTE_KEYS)


def _figure_key(entries: Sequence[Record]) -> str | None:
    names = list(dict.fromkeys(name for entry in entries for name in entry))
    numeric = [n for n in names if any(number(e.get(n)) is not None for e in entries)]
    known = [n for n in _FIGURE_KEYS if n in numeric]
    other = [n for n in numeric if n not in _NO_FIGURES]
    return next(iter([*known, *other]), None)


def _reference(result: CheckResult, entries: Sequence[Record]) -> str | None:
    named = text(result.details.get("reference")) or text(result.details.get("reference_group"))
    if named:
        return named
    marked = [e for e in entries if e.get("reference") is True or e.get("is_reference") is True]
    return _first_text(marked[0], _GROUP_KEYS) if marked else None


def _first_number(entry: Record, names: Sequence[str]) -> float | None:
    return next((v for n in names if (v := number(entry.get(n))) is not None), None)


def _first_text(entry: Record, names: Sequence[str]) -> str | None:
    return next((v for n in names if (v := text(entry.get(n))) is not None), None)


def _point(entry: Record) -> CalibrationPoint | None:
    predicted = _first_number(entry, ("predicted", "mean_predicted", "expected", "mean_score"))
    observed = _first_number(entry, ("observed", "mean_observed", "rate"))
    rows = next((c for k in _COUNT_KEYS if (c := count(entry.get(k))) is not None), None)
    if predicted is None or observed is None or rows is None or "group" in entry:
        return None
    if not (0 <= predicted <= 1 and 0 <= observed <= 1):
        return None
    return CalibrationPoint(predicted=predicted, observed=observed, n=rows)
