"""Figures of a check: what it left in its details, as plots and tables, told by shape not by name.

Shapes, in this order:
1. Entries with `predicted` and `observed` are bins of calibration, of each `group` by itself.
2. A list called `points` or `curve` whose entries have a `value` over another figure is a curve.
3. Entries with a name and a known figure, with or without an interval, are marks below each other.
4. Every other list of entries is a table; plotted ones are tables as well, for readers who do not
   see plots. Entries within entries are left out of tables.
5. What is no list of entries is a fact. Tables of groups are drawn by `groups`, not here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from accredit_governance.cards.check_plots import Bin, Mark, curve, marks, reliability, value_strip
from accredit_governance.cards.groups import group_tables, is_of_groups
from accredit_governance.cards.reading import Record, count, number, record, records, text
from accredit_governance.cards.wording import figure, title
from accredit_governance.gates.results import CheckResult

MAX_ROWS: Final = 50
MAX_COLUMNS: Final = 12
MAX_FACTS: Final = 40
MAX_PLOTS: Final = 12
_MAX_WORDS: Final = 300
_CURVES: Final = frozenset({"points", "curve", "front"})
_NAMES: Final = (
    "name",
    "slice",
    "column",
    "kind",
    "model",
    "family",
    "group",
    "class",
    "label",
    "columns",
    "entry",
    "level",
    "package",
    "file",
    "refit",
    "seed",
)
_FIGURES: Final = (
    "value",
    "score",
    "loss",
    "gap",
    "overlap",
    "auc",
    "share",
    "rate",
    "estimate",
    "mean_abs",
    "error",
    "violations",
)
_TOLD_WITH_GROUPS: Final = frozenset({"rate", "reference", "comparison"})
_BOUNDS: Final = (("low", "high"), ("lower", "upper"), ("value_low", "value_high"))
_ORDER: Final = (
    *_NAMES,
    "rows",
    "n",
    "predicted",
    "observed",
    *_FIGURES,
    *(bound for pair in _BOUNDS for bound in pair),
)


@dataclass(frozen=True, slots=True)
class Table:
    """Entries as cells of words; `omitted` entries did not fit."""

    name: str
    columns: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    omitted: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that can be shown of one check."""

    strip: Markup
    plots: tuple[Markup, ...]
    tables: tuple[Table, ...]
    facts: tuple[tuple[str, str], ...]

    def __bool__(self) -> bool:
        """Whether there is more to show than the check's own line says."""
        return bool(self.strip or self.plots or self.tables or self.facts)


def figures_of(result: CheckResult) -> Figures:
    """Plots, tables and facts of a check; unknown shapes are left out, never an error."""
    plots: list[Markup] = []
    tables: list[Table] = []
    facts: list[tuple[str, str]] = []
    tables_of_groups = group_tables([result])
    for name, value in result.details.items():
        entries = records(value)
        if tables_of_groups and (is_of_groups(name, entries) or name in _TOLD_WITH_GROUPS):
            continue
        if entries:
            plots += _plots(result, name, entries)
            tables.append(_table(name, entries))
        elif isinstance(value, Mapping):
            facts += [(f"{title(name)}, {key}", words) for key, words in _facts(record(value))]
        elif (words := _words(value)) is not None:
            facts.append((title(name), words))
    return Figures(
        strip=value_strip(result),
        plots=tuple(plot for plot in plots if plot)[:MAX_PLOTS],
        tables=tuple(table for table in tables if table.columns),
        facts=tuple(facts[:MAX_FACTS]),
    )


def _plots(result: CheckResult, name: str, entries: Sequence[Record]) -> list[Markup]:
    bins = [_bin(entry) for entry in entries]
    if None in bins:
        one = _curve(result, name, entries) if name in _CURVES else _marks(result, name, entries)
        return [one]
    by_group: dict[str | None, list[Bin]] = {}
    for entry, found in zip(entries, bins, strict=True):
        if found is not None:
            by_group.setdefault(text(entry.get("group")), []).append(found)
    words = "Observed against predicted share"
    return [
        reliability(f"{words} of {group}" if group else words, found)
        for group, found in by_group.items()
    ]


def _bin(entry: Record) -> Bin | None:
    predicted, observed = number(entry.get("predicted")), number(entry.get("observed"))
    if predicted is None or observed is None:
        return None
    rows = count(entry.get("rows")) or count(entry.get("n")) or 0
    return Bin(predicted, observed, rows, *_bounds(entry, "observed"))


def _curve(result: CheckResult, name: str, entries: Sequence[Record]) -> Markup:
    """`value` over the first other figure that all entries have and no two share."""
    known = [entry for entry in entries if number(entry.get("value")) is not None]
    for across in dict.fromkeys(key for entry in known for key in entry if key != "value"):
        places = [number(entry.get(across)) for entry in known]
        if None not in places and len(set(places)) == len(places):
            points = [
                (x, y)
                for x, entry in zip(places, known, strict=True)
                if x is not None and (y := number(entry.get("value"))) is not None
            ]
            words = f"Value over {title(across).lower()}"
            return curve(words, points, across=title(across).lower(), line=result.threshold)
    return _marks(result, name, entries)


def _marks(result: CheckResult, name: str, entries: Sequence[Record]) -> Markup:
    key = next((k for k in _NAMES if all(text(e.get(k)) is not None for e in entries)), None)
    shown = next((k for k in _FIGURES if any(_value(e, k) is not None for e in entries)), None)
    if key is None or shown is None or key == shown:
        return Markup("")
    is_bare_number = all(number(entry.get(key)) is not None for entry in entries)
    rows = [
        Mark(
            f"{key} {text(entry.get(key))}" if is_bare_number else _label(entry, key),
            value,
            *_bounds(entry, shown),
        )
        for entry in entries
        if (value := _value(entry, shown)) is not None
    ]
    # The limit is on the check's own value; a figure of another name has none.
    line = result.threshold if shown == "value" else None
    return marks(
        f"{title(shown)} per {title(key).lower()} ({title(name).lower()})", rows, line=line
    )


def _value(entry: Record, key: str) -> float | None:
    """A figure, or the value of an estimate that was left with its error."""
    plain = number(entry.get(key))
    return plain if plain is not None else number(record(entry.get(key)).get("value"))


def _label(entry: Record, key: str) -> str:
    """Name of an entry: a slice with its column, a column with the group it tells apart."""
    name = text(entry.get(key)) or ""
    if key == "slice" and (column := text(entry.get("column"))) is not None:
        return f"{column}: {name}"
    if key == "column" and (group := text(entry.get("group"))) is not None:
        return f"{name} ({group})"
    return name


def _bounds(entry: Record, shown: str) -> tuple[float | None, float | None]:
    interval = entry.get("interval")
    nested = record(interval) or record(entry.get(shown))
    if isinstance(interval, list | tuple) and len(interval) == 2:
        nested = {"low": interval[0], "high": interval[1]}
    for source in (entry, nested):
        for low, high in ((f"{shown}_low", f"{shown}_high"), *_BOUNDS):
            ends = number(source.get(low)), number(source.get(high))
            if None not in ends:
                return ends
    return None, None


def _table(name: str, entries: Sequence[Record]) -> Table:
    shown = entries[:MAX_ROWS]
    written = dict.fromkeys(key for entry in shown for key in entry)
    keys = [
        key
        for key in sorted(written, key=_place)
        if any(_words(entry.get(key)) is not None for entry in shown)
    ][:MAX_COLUMNS]
    return Table(
        name=title(name),
        columns=tuple(title(key) for key in keys),
        numeric=tuple(
            all(entry.get(key) is None or number(entry.get(key)) is not None for entry in shown)
            for key in keys
        ),
        rows=tuple(tuple(_words(entry.get(key)) or "–" for key in keys) for entry in shown),
        omitted=len(entries) - len(shown),
    )


def _place(key: str) -> int:
    """Names first, then counts, figures and bounds; others as they were written."""
    return _ORDER.index(key) if key in _ORDER else len(_ORDER)


def _facts(found: Record) -> list[tuple[str, str]]:
    return [(key, words) for key, value in found.items() if (words := _words(value)) is not None]


def _words(value: object) -> str | None:
    """A value that fits a cell; None for what does not: nothing, and records."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return figure(value) if number(value) is not None else None
    if isinstance(value, str):
        return _short(value) if value.strip() else None
    if (estimate := number(record(value).get("value"))) is not None:
        error = number(record(value).get("error"))
        return figure(estimate) + (f" (standard error {figure(error)})" if error else "")
    if isinstance(value, list | tuple) and value:
        parts = [_words(item) for item in value[:MAX_ROWS]]
        if any(part is None for part in parts):
            return None
        more = f" and {len(value) - MAX_ROWS} more" if len(value) > MAX_ROWS else ""
        return _short(", ".join(part for part in parts if part is not None) + more)
    return None


def _short(words: str) -> str:
    return words if len(words) <= _MAX_WORDS else words[: _MAX_WORDS - 1] + "…"
