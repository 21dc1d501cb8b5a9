import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accredit_engine.data.scales import SCALES, scale_order


@pytest.mark.parametrize(
    ("levels", "order"),
    [
        pytest.param(["high", "low", "medium"], ("low", "medium", "high"), id="amount"),
        pytest.param(["Very_Good", "poor", "Good"], ("poor", "Good", "Very_Good"), id="spelling"),
        pytest.param(
            ["agree", "strongly disagree", "neutral"],
            ("strongly disagree", "neutral", "agree"),
            id="agreement",
        ),
        pytest.param(["XL", "S", "M", "XXL"], ("S", "M", "XL", "XXL"), id="size"),
        pytest.param(["some", "none", "all"], ("none", "some", "all"), id="quantity"),
        pytest.param(["65+", "18-25", "26-35"], ("18-25", "26-35", "65+"), id="bands"),
        pytest.param(["<10", "10 to 20", ">20"], ("<10", "10 to 20", ">20"), id="open bands"),
        pytest.param(["[10,20)", "[0,10)", "[20,30)"], ("[0,10)", "[10,20)", "[20,30)"), id="cut"),
    ],
)
def test_known_scales_have_an_order(levels: list[str], order: tuple[str, ...]) -> None:
    assert scale_order(levels) == order


@pytest.mark.parametrize(
    "levels",
    [
        pytest.param([], id="nothing"),
        pytest.param(["low", "high"], id="two levels"),
        pytest.param(["low", "medium", "red"], id="a stranger"),
        pytest.param(["medium", "moderate", "high"], id="two words for one place"),
        pytest.param(["north", "south", "east"], id="no scale"),
        pytest.param(["10-30", "20-40", "50-60"], id="bands overlap"),
        pytest.param(["12-7", "3-9", "20-30"], id="falling band"),
        pytest.param(["1", "2", "3"], id="numbers"),
    ],
)
def test_other_levels_have_none(levels: list[str]) -> None:
    assert scale_order(levels) is None


@settings(deadline=None)
@given(st.sampled_from(SCALES), st.data())
def test_the_order_of_a_scale_does_not_depend_on_how_levels_come(
    scale: tuple[tuple[str, ...], ...], data: st.DataObject
) -> None:
    places = data.draw(
        st.lists(st.sampled_from(range(len(scale))), min_size=3, max_size=12, unique=True)
    )
    levels = [data.draw(st.sampled_from(scale[place])) for place in sorted(places)]
    shuffled = data.draw(st.permutations(levels))

    assert set(scale_order(shuffled) or ()) == set(levels)
    assert scale_order(shuffled) == scale_order(levels)


@settings(deadline=None)
@given(st.lists(st.text(max_size=8), max_size=14, unique=True))
def test_any_text_is_either_ordered_whole_or_not_at_all(levels: list[str]) -> None:
    order = scale_order(levels)

    assert order is None or sorted(order) == sorted(levels)
