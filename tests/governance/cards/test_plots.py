"""Plots: what they draw is what the tables say."""

import re
from xml.etree import ElementTree as ET

import pytest
from markupsafe import Markup

from accredit_governance.cards import plots
from accredit_governance.cards.card import ModelCard
from accredit_governance.cards.sections import Attribution, CalibrationPoint


def parsed(svg: Markup) -> ET.Element:
    return ET.fromstring(svg)


def test_bars_are_as_long_as_their_attribution(card: ModelCard) -> None:
    drawing = parsed(plots.attribution_bars(card.explanation.ranking))

    widths = [float(r.attrib["width"]) for r in drawing.iter("rect")]
    values = [a.mean_abs for a in card.explanation.ranking]
    assert [w / widths[0] for w in widths] == pytest.approx(
        [v / values[0] for v in values], abs=1e-3
    )


def test_only_the_strongest_twenty_are_drawn() -> None:
    ranking = [Attribution(column=f"c{i}", mean_abs=50 - i, share=0.02) for i in range(50)]

    assert len(list(parsed(plots.attribution_bars(ranking)).iter("rect"))) == 20


def test_the_limit_is_drawn_where_the_ratio_puts_it(card: ModelCard) -> None:
    race = card.groups[0]

    line = plots.limit_on_rates(race)
    drawing = parsed(plots.group_rates(race))

    assert line == pytest.approx(0.8 * 0.8893)
    (limit,) = [e for e in drawing.iter("line") if e.attrib["class"] == "limit"]
    dots = [float(c.attrib["cx"]) for c in drawing.iter("circle")]
    assert dots[1] < float(limit.attrib["x1"]) < dots[0]
    title = drawing.findtext("title")
    assert title is not None
    assert "limit at 0.7114" in title


def test_groups_without_a_figure_are_not_drawn(card: ModelCard) -> None:
    drawing = parsed(plots.group_rates(card.groups[1]))

    assert len(list(drawing.iter("circle"))) == 2


def test_a_gap_has_no_line_on_rates(card: ModelCard) -> None:
    gap = card.groups[0].model_copy(update={"direction": "max", "threshold": 0.1})

    assert plots.limit_on_rates(gap) is None
    assert "limit" not in plots.group_rates(gap)


def test_nothing_to_draw_is_no_drawing(card: ModelCard) -> None:
    silent = card.groups[1].model_copy(update={"rows": card.groups[1].rows[2:]})

    assert plots.attribution_bars([]) == ""
    assert plots.reliability_curve([]) == ""
    assert plots.group_rates(silent) == ""


def test_the_curve_rises_with_the_shares() -> None:
    points = [
        CalibrationPoint(predicted=0.9, observed=0.8, n=5),
        CalibrationPoint(predicted=0.1, observed=0.2, n=5),
    ]

    drawing = parsed(plots.reliability_curve(points))

    (curve,) = drawing.iter("polyline")
    (x1, y1), (x2, y2) = (map(float, p.split(",")) for p in curve.attrib["points"].split())
    assert x1 < x2
    assert y1 > y2


def test_drawings_carry_their_numbers_in_words(card: ModelCard) -> None:
    drawing = plots.attribution_bars(card.explanation.ranking)

    assert "cons 0.731" in drawing
    assert re.search(r'role="img"', drawing)
