"""Principal reasons."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_governance.gates.reasons import principal_reasons

COLUMNS = "abcdefgh"
attributions = st.dictionaries(
    st.sampled_from(COLUMNS),
    st.floats() | st.sampled_from([-1.0, -0.5, 0.0, -0.0, 1.0]),
)
texts = st.dictionaries(st.sampled_from(COLUMNS), st.text())
columns = st.sets(st.sampled_from(COLUMNS))


@given(attributions, texts, columns, st.integers(1, 6))
def test_reasons_are_adverse_disclosable_few_and_the_strongest(
    attributions: dict[str, float], texts: dict[str, str], withheld: set[str], limit: int
) -> None:
    reasons = principal_reasons(attributions, texts, limit=limit, withheld=withheld)

    named = [reason.column for reason in reasons]
    assert len(reasons) <= limit
    assert len(set(named)) == len(named)
    assert not withheld & set(named)
    assert all(reason.contribution < 0 for reason in reasons)
    assert all(reason.contribution == attributions[reason.column] for reason in reasons)
    assert all(reason.text == texts[reason.column] for reason in reasons)
    left_out = {
        column: value
        for column, value in attributions.items()
        if column in texts and column not in withheld and column not in named and value < 0
    }
    if len(reasons) < limit:
        assert not any(math.isfinite(value) for value in left_out.values())
    else:
        weakest = reasons[-1].contribution
        assert all(value >= weakest for value in left_out.values() if math.isfinite(value))


@given(attributions, texts, st.randoms(use_true_random=False))
def test_the_order_of_the_attributions_does_not_matter(
    attributions: dict[str, float], texts: dict[str, str], random: object
) -> None:
    items = list(attributions.items())
    random.shuffle(items)  # type: ignore[attr-defined]

    assert principal_reasons(dict(items), texts, limit=4) == principal_reasons(
        attributions, texts, limit=4
    )


def test_equal_contributions_come_in_the_order_of_their_names() -> None:
    reasons = principal_reasons(
        {"b": -1.0, "a": -1.0, "c": -2.0}, {"a": "A", "b": "B", "c": "C"}, limit=2
    )

    assert [reason.model_dump() for reason in reasons] == [
        {"column": "c", "text": "C", "contribution": -2.0},
        {"column": "a", "text": "A", "contribution": -1.0},
    ]


def test_no_reason_at_all_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        principal_reasons({}, {}, limit=0)
