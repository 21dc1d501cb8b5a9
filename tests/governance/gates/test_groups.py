"""Which rows belong to nobody in particular."""

import pandas as pd
import pytest

from accredit_governance.gates.groups import UNKNOWN, grouping


@pytest.mark.parametrize(
    "name",
    [
        "unknown",
        "",
        " N/A ",
        "Not available",
        "not applicable",
        "Not Provided",
        "declined",
        "Prefer not  to say",
        "missing",
        "none given",
        "Race Not Available",
        "Sex not available",
        "Information not provided by applicant in mail, internet, or telephone application",
        None,
    ],
)
def test_words_for_not_known_make_the_unknown_group(name: str | None) -> None:
    people = pd.DataFrame({"race": ["White", name, "Asian", name]})

    found = grouping(("race",), people, people[:0])

    assert found.names == ("Asian", "White", UNKNOWN)
    assert found.known.tolist() == [True, True, False]
    assert found.rows.tolist() == [1, 1, 2]


@pytest.mark.parametrize("name", ["none", "other", "declining", "Unknown Pleasures", "available"])
def test_other_words_are_groups_of_their_own(name: str) -> None:
    people = pd.DataFrame({"religion": [name, "x"]})

    assert grouping(("religion",), people, people).known.all()
