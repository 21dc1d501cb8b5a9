"""People for every signature, counted by hand and against every assignment there is."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from accredit_governance.policy.document import Policy
from accredit_governance.policy.loader import load_folder, read
from accredit_governance.policy.seats import seated, shortages
from tests.governance.policy.test_schema import POLICIES

CREDIT = next(p for p in load_folder(POLICIES) if p.name == "us-credit-federal")


def _with(stages: list[dict[str, object]], roles: list[str] | None = None) -> Policy:
    data = CREDIT.model_dump(mode="json")
    data["approval"]["stages"] = stages
    data["waivers"]["roles"] = roles or data["waivers"]["roles"]
    return read(data)


def _said(policy: Policy, **holders: str) -> list[str]:
    return [
        str(s) for s in shortages(policy, {role: set(names) for role, names in holders.items()})
    ]


def test_three_people_are_enough_for_three_stages() -> None:
    assert _said(CREDIT, validator="v", compliance="c", owner="o") == []


def test_one_person_with_both_roles_cannot_sign_twice() -> None:
    policy = _with(
        [
            {"name": "validation", "role": "validator", "tiers": [1, 2]},
            {"name": "compliance", "role": "compliance", "tiers": [2]},
            {"name": "later", "role": "validator", "tiers": [3, 4]},
        ]
    )

    assert _said(policy, validator="v", compliance="v") == [
        "all stages of tier 2: 2 different people needed as validator and compliance, 1 there",
        "waivers: 2 different people needed as validator and compliance, 1 there",
    ]


def test_a_role_without_people_is_named_with_stage_and_tier() -> None:
    assert _said(CREDIT, validator="v", compliance="c") == [
        "stage business of tier 1: 1 different person needed as owner, 0 there"
    ]


def test_a_quorum_takes_as_many_people() -> None:
    policy = _with([{"name": "validation", "role": "validator", "quorum": 3}])

    said = _said(policy, validator="uv", compliance="c")

    assert said == [
        "stage validation of tier 1, 2, 3, 4: 3 different people needed as validator, 2 there"
    ]


def test_whoever_could_do_both_moves_to_where_nobody_else_can() -> None:
    """`b` is found for the first seat, and has to give it to `a`."""
    assert seated(["validator", "compliance"], {"validator": {"a", "b"}, "compliance": {"b"}}) == 2
    assert seated(["compliance", "validator"], {"validator": {"a", "b"}, "compliance": {"b"}}) == 2


@given(
    seats=st.lists(st.sampled_from("xyz"), max_size=4),
    holders=st.dictionaries(st.sampled_from("xyz"), st.sets(st.integers(0, 3)), max_size=3),
)
def test_as_many_seats_are_filled_as_any_assignment_fills(
    seats: list[str], holders: dict[str, set[int]]
) -> None:
    people = sorted(set().union(*holders.values())) if holders else []
    nobody = [None] * len(seats)
    best = max(
        sum(
            person is not None and person in holders.get(seat, set())
            for seat, person in zip(seats, order, strict=False)
        )
        for order in itertools.permutations([*people, *nobody], len(seats))
    )

    assert seated(seats, holders) == best
