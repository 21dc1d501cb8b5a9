"""Figures of a check: what it left in its details is shown by its shape, whatever its name."""

import math
import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from accredit_governance.cards.check_plots import Mark, curve, marks, value_strip
from accredit_governance.cards.drawing import ticks_of
from accredit_governance.cards.figures import MAX_ROWS, Figures, figures_of
from accredit_governance.gates.results import CheckResult, Interval, Verdict


def check(value: float | None = 0.9, **facts: Any) -> CheckResult:
    given: dict[str, Any] = {
        "key": "performance.x",
        "gate": "performance",
        "check": "x",
        "required": True,
        "verdict": Verdict.PASS,
        "n": 597,
        "threshold": 0.8,
        "direction": "min",
        "message": "It is so.",
    }
    return CheckResult(value=value, **{**given, **facts})


def shown(**details: Any) -> Figures:
    return figures_of(check(details=details))


def drawn(svg: Markup) -> ET.Element:
    return ET.fromstring(svg)


def named(drawing: ET.Element, tag: str, css: str) -> list[ET.Element]:
    return [e for e in drawing.iter(tag) if e.attrib.get("class") == css]


def test_the_strip_has_value_interval_and_limit_where_they_belong() -> None:
    interval = Interval(low=0.85, high=0.95, confidence=0.95, method="wilson")

    drawing = drawn(value_strip(check(interval=interval)))

    (dot,) = named(drawing, "circle", "dot")
    (limit,) = named(drawing, "line", "limit")
    (allowed,) = named(drawing, "rect", "allowed")
    (whisker,) = named(drawing, "path", "whisker")
    ends = re.findall(r"[MH]([\d.]+)", whisker.attrib["d"])
    at, line = float(dot.attrib["cx"]), float(limit.attrib["x1"])
    assert line < float(ends[0]) < at < float(ends[1])
    assert (at - line) / (float(ends[1]) - line) == pytest.approx(0.1 / 0.15, abs=0.01)
    assert float(allowed.attrib["x"]) == line
    assert drawing.findtext("desc") == "Value 0.9, interval 0.85 to 0.95, limit at least 0.8"


def test_the_good_side_of_a_greatest_value_is_below_it() -> None:
    drawing = drawn(value_strip(check(0.02, threshold=0.05, direction="max")))

    (limit,) = named(drawing, "line", "limit")
    (allowed,) = named(drawing, "rect", "allowed")
    right = float(allowed.attrib["x"]) + float(allowed.attrib["width"])
    assert right == pytest.approx(float(limit.attrib["x1"]), abs=0.11)


@pytest.mark.parametrize(
    "result",
    [
        pytest.param(check(None), id="no value"),
        pytest.param(check(0.9, threshold=None), id="nothing to compare with"),
        pytest.param(check(1e300), id="beyond drawing"),
        pytest.param(check(0.0, threshold=0.0, direction="max"), id="all the same"),
    ],
)
def test_there_is_no_strip_without_figures(result: CheckResult) -> None:
    assert value_strip(result) == ""


def test_bins_are_a_reliability_diagram_with_intervals() -> None:
    bins = [
        {"predicted": 0.2, "observed": 0.25, "low": 0.2, "high": 0.3, "rows": 100},
        {"predicted": 0.8, "observed": 0.7, "low": 0.6, "high": 0.8, "rows": 100},
    ]

    found = shown(whatever=bins)

    (plot,) = found.plots
    drawing = drawn(plot)
    assert len(named(drawing, "circle", "dot")) == len(named(drawing, "path", "whisker")) == 2
    assert len(named(drawing, "line", "ideal")) == 1
    assert "predicted 0.2, observed 0.25, 100 rows" in (drawing.findtext("desc") or "")
    assert found.tables[0].rows[1][:3] == ("100", "0.8", "0.7")


def test_bins_of_several_groups_are_a_diagram_each() -> None:
    bins = [
        {"group": group, "predicted": 0.5, "observed": 0.4, "rows": 10} for group in ("f", "m", "f")
    ]

    titles = [drawn(plot).findtext("title") for plot in shown(bins=bins).plots]

    assert titles == [f"Observed against predicted share of {group}" for group in ("f", "m")]


def test_points_are_a_curve_over_what_no_two_of_them_share() -> None:
    points = [
        {"reference": 1, "selection_rate": rate, "value": value, "worst": "black"}
        for rate, value in ((0.3, 0.9), (0.1, 0.7), (0.2, 0.8))
    ]

    (plot,) = shown(points=points).plots

    drawing = drawn(plot)
    (line,) = named(drawing, "polyline", "curve")
    xs = [float(pair.split(",")[0]) for pair in line.attrib["points"].split()]
    ys = [float(pair.split(",")[1]) for pair in line.attrib["points"].split()]
    assert xs == sorted(xs)
    assert ys == sorted(ys, reverse=True)
    assert drawing.findtext("title") == "Value over selection rate"
    assert len(named(drawing, "line", "limit")) == 1


@pytest.mark.parametrize(
    ("entries", "title"),
    [
        pytest.param(
            [{"slice": "age < 30", "rows": 90, "score": 0.7, "low": 0.6, "high": 0.8}],
            "Score per slice (here)",
            id="slices",
        ),
        pytest.param([{"kind": "noise", "loss": -0.01}], "Loss per kind (here)", id="signed"),
        pytest.param(
            [{"column": "obrat", "mean_abs": 0.4, "share": 0.6}],
            "Share per column (here)",
            id="ranking",
        ),
        pytest.param([{"seed": 3, "auc": 0.8}], "AUC per seed (here)", id="refits"),
    ],
)
def test_named_figures_are_marks_below_each_other(
    entries: list[dict[str, Any]], title: str
) -> None:
    found = shown(here=entries)

    (plot,) = found.plots
    assert drawn(plot).findtext("title") == title
    assert len(named(drawn(plot), "path", "whisker")) == sum("low" in e for e in entries)
    assert len(found.tables[0].rows) == len(entries)


def test_lists_of_records_without_a_figure_are_tables() -> None:
    found = shown(findings=[{"code": "leak", "column": "x", "message": "It knows too much."}])

    (table,) = found.tables
    assert found.plots == ()
    assert table.columns == ("Column", "Code", "Message")
    assert table.rows == (("x", "leak", "It knows too much."),)


def test_groups_are_left_to_the_group_tables() -> None:
    found = shown(groups=[{"group": "f", "rate": 0.4, "rows": 10}])

    assert (found.plots, found.tables, found.facts) == ((), (), ())


def test_single_figures_are_facts() -> None:
    found = shown(metric="roc_auc", slope=0.98765, ok=True, parts={"up": 3, "down": 4}, none=None)

    assert dict(found.facts) == {
        "Metric": "roc_auc",
        "Slope": "0.9877",
        "Ok": "yes",
        "Parts, up": "3",
        "Parts, down": "4",
    }


def test_what_is_shown_is_bounded() -> None:
    rows = [{f"k{column}": row for column in range(40)} for row in range(500)]

    found = shown(rows=rows, words="x" * 5000, many=list(range(5000)))

    (table,) = found.tables
    assert (len(table.rows), table.omitted, len(table.columns)) == (MAX_ROWS, 450, 12)
    assert all(len(words) <= 300 for _, words in found.facts)


def test_hostile_words_stay_words() -> None:
    found = shown(slices=[{"slice": "<script>x</script>", "score": 0.5}])

    assert "<script>" not in found.plots[0]
    assert drawn(found.plots[0]) is not None


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["a", "<b>"])
_KEYS = st.sampled_from(["group", "value", "low", "high", "predicted", "observed", "slice", "x"])
_LEFT = _SCALARS | st.lists(st.dictionaries(_KEYS, _SCALARS, max_size=5), max_size=4)


@given(
    st.dictionaries(st.sampled_from(["points", "bins", "groups", "front", "y"]), _LEFT, max_size=3)
)
def test_whatever_a_check_leaves_is_shown_or_left_out(details: dict[str, Any]) -> None:
    found = figures_of(check(details=details))

    for plot in found.plots:
        assert "nan" not in plot
        assert "inf" not in re.sub(r"<(title|desc)>.*?</\1>", "", plot, flags=re.DOTALL)


_FIGURES = st.floats(min_value=-1e90, max_value=1e90)


@given(_FIGURES, _FIGURES)
def test_ticks_are_few_and_enclose(one: float, other: float) -> None:
    low, high = min(one, other), max(one, other)

    ticks = ticks_of(low, high)

    room = max(high - low, abs(low), abs(high)) * 1e-6 + 1e-80
    assert 2 <= len(ticks) <= 9
    assert ticks == sorted(ticks)
    assert ticks[0] <= low + room
    assert ticks[-1] >= high - room
    assert all(math.isfinite(tick) for tick in ticks)


def test_a_plot_of_nothing_is_empty() -> None:
    assert marks("x", []) == ""
    assert curve("x", [(0.0, 1.0)], across="x") == ""
    assert marks("x", [Mark("a", 1e200)]) == ""


def test_a_mark_says_what_its_entry_is_about() -> None:
    slices = shown(slices=[{"slice": "lowest third", "column": "age", "score": 0.7}])
    proxies = shown(ranking=[{"column": "zip", "group": "black", "auc": 0.8, "share": 0.1}])

    assert "age: lowest third 0.7" in (drawn(slices.plots[0]).findtext("desc") or "")
    assert "zip (black) 0.8" in (drawn(proxies.plots[0]).findtext("desc") or "")


def test_an_estimate_is_shown_with_its_error() -> None:
    found = shown(test=[{"name": "model", "score": {"value": 0.8, "error": 0.02}}])

    assert drawn(found.plots[0]).findtext("desc") == "model 0.8"
    assert found.tables[0].rows == (("model", "0.8 (standard error 0.02)"),)
