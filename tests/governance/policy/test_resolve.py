import itertools
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_governance.policy.document import Policy
from accredit_governance.policy.loader import load_folder, read
from accredit_governance.policy.resolve import (
    Facts,
    NoPolicyApplies,
    PolicyAmbiguous,
    Resolution,
    reasons_against,
    resolve,
)

SHIPPED = load_folder(Path(__file__).parents[3] / "policies")
HOUSE, CREDIT, STATES = (
    next(policy for policy in SHIPPED if policy.name == name)
    for name in ("internal-default", "us-credit-federal", "us-credit-states")
)
DAY = date(2026, 11, 22)


def _changed(policy: Policy, scope: dict[str, object] | None = None, **changes: object) -> Policy:
    data = policy.model_dump(mode="json")
    return read(data | changes | {"applies_to": data["applies_to"] | (scope or {})})


def _resolve(*policies: Policy, **changes: object) -> Resolution:
    asked = {
        "tier": 2,
        "jurisdictions": ["US"],
        "task": "binary",
        "purpose": "consumer_credit",
        "on": DAY,
    }
    return resolve(policies, **(asked | changes))  # type: ignore[arg-type]


def test_the_policy_that_covers_the_model_applies_and_says_why() -> None:
    found = _resolve(HOUSE, CREDIT)

    assert found.policy == CREDIT
    left, taken = found.considered
    assert (left.chosen, left.reasons) == (False, ("is for tiers 3, 4, not tier 2",))
    assert taken.chosen
    assert "covers tier 2, us, binary and consumer_credit" in taken.reasons[0]
    assert taken.policy_digest == CREDIT.digest()


def test_a_policy_for_the_purpose_goes_before_one_for_any() -> None:
    found = _resolve(HOUSE, CREDIT, tier=3)

    assert found.policy == CREDIT
    assert "also applies, but us-credit-federal names" in found.considered[0].reasons[0]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"tier": 1, "purpose": "fraud"}, "not tier 1", id="tier"),
        pytest.param({"task": "regression"}, "not regression", id="task"),
        pytest.param({"jurisdictions": ["us", "eu"]}, "jurisdiction eu", id="one of two places"),
        pytest.param({"purpose": "fraud"}, "not fraud", id="purpose"),
        pytest.param({"on": date(2026, 7, 20)}, "only on 2026-07-21", id="day before"),
    ],
)
def test_a_model_that_nothing_covers_has_no_policy(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(NoPolicyApplies) as caught:
        _resolve(HOUSE, CREDIT, **changes)

    assert reason in str(caught.value.facts["considered"])
    assert all(not entry["chosen"] for entry in caught.value.facts["considered"])  # type: ignore[attr-defined]


def test_without_policies_there_is_none() -> None:
    with pytest.raises(NoPolicyApplies):
        _resolve()


@pytest.mark.parametrize(
    ("day", "applies"),
    [
        pytest.param(date(2026, 7, 21), True, id="first day"),
        pytest.param(date(2026, 12, 31), True, id="last day"),
        pytest.param(date(2027, 1, 1), False, id="day after"),
    ],
)
def test_a_policy_holds_from_its_first_to_its_last_day(day: date, applies: bool) -> None:
    ending = _changed(CREDIT, effective_to="2026-12-31")

    if applies:
        assert _resolve(ending, on=day).policy == ending
    else:
        with pytest.raises(NoPolicyApplies, match="no policy applies"):
            _resolve(ending, on=day)


def test_the_newest_version_in_force_applies() -> None:
    second = _changed(CREDIT, version=2)
    future = _changed(CREDIT, version=3, effective_from="2027-01-01")

    found = _resolve(CREDIT, second, future)

    assert found.policy.version == 2
    assert found.considered[0].reasons == ("replaced by version 2",)
    assert found.considered[2].reasons == ("takes effect only on 2027-01-01",)


@pytest.mark.parametrize(
    "replacement",
    [
        pytest.param({"effective_to": "2026-10-31"}, id="it has ended"),
        pytest.param({"scope": {"tiers": [1]}}, id="it covers less"),
    ],
)
def test_an_older_version_never_comes_back(replacement: dict[str, Any]) -> None:
    second = _changed(CREDIT, version=2, **replacement)

    with pytest.raises(NoPolicyApplies) as caught:
        _resolve(CREDIT, second)

    first = caught.value.facts["considered"][0]
    assert first["reasons"] == ["replaced by version 2"]


def test_two_equally_specific_policies_are_an_error() -> None:
    rival = _changed(CREDIT, name="rival")

    with pytest.raises(PolicyAmbiguous, match="2 policies apply equally"):
        _resolve(CREDIT, rival)


def test_a_policy_for_the_place_goes_before_one_for_any_place() -> None:
    anywhere = _changed(CREDIT, {"jurisdictions": ["any"]}, name="anywhere")

    assert _resolve(anywhere, CREDIT).policy == CREDIT
    assert _resolve(anywhere, CREDIT, jurisdictions=["fr"]).policy == anywhere


def test_a_model_is_somewhere() -> None:
    with pytest.raises(ValueError, match="at least one jurisdiction"):
        _resolve(CREDIT, jurisdictions=[])


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"jurisdictions": ["us", "ca"]}, id="one more place"),
        pytest.param({"jurisdictions": ["usa"]}, id="another spelling of the place"),
        pytest.param({"task": "multiclass"}, id="another task"),
    ],
)
def test_a_general_policy_never_stands_in_for_the_one_of_the_purpose(
    changes: dict[str, object],
) -> None:
    """Or adding a jurisdiction to a use case would make its rules laxer."""
    assert _resolve(HOUSE, CREDIT, tier=3).policy == CREDIT

    with pytest.raises(NoPolicyApplies, match="does not stand in for it"):
        _resolve(HOUSE, CREDIT, tier=3, **changes)


def test_a_general_policy_serves_a_purpose_that_no_policy_names() -> None:
    assert _resolve(HOUSE, CREDIT, tier=3, purpose="fraud").policy == HOUSE


def test_the_narrowest_of_those_that_name_the_place_applies() -> None:
    federal = _resolve(HOUSE, CREDIT, STATES, jurisdictions=["us"])
    state = _resolve(HOUSE, CREDIT, STATES, jurisdictions=["us", "us-ma"])

    assert federal.policy == CREDIT
    assert "us-credit-federal is narrower" in federal.considered[2].reasons[0]
    assert state.policy == STATES
    assert state.considered[1].reasons == ("does not cover jurisdiction us-ma",)


def test_a_state_without_the_country_comes_under_the_policy_of_the_states() -> None:
    assert _resolve(CREDIT, STATES, jurisdictions=["us-ny"]).policy == STATES


def test_two_policies_of_equal_width_are_an_error() -> None:
    left = _changed(CREDIT, {"jurisdictions": ["us", "us-tx"]}, name="left")
    right = _changed(CREDIT, {"jurisdictions": ["us", "us-fl"]}, name="right")

    with pytest.raises(PolicyAmbiguous, match="left version 1, right version 1"):
        _resolve(left, right)
    assert _resolve(left, right, jurisdictions=["us", "us-tx"]).policy == left


def test_a_policy_that_is_refused_as_a_stand_in_was_not_chosen() -> None:
    with pytest.raises(NoPolicyApplies) as caught:
        _resolve(HOUSE, CREDIT, tier=3, jurisdictions=["fr"])

    first, second = caught.value.facts["considered"]  # type: ignore[misc] # plain data
    assert not first["chosen"]
    assert not second["chosen"]
    assert "does not stand in for us-credit-federal" in first["reasons"][0]


def test_reasons_against_one_policy_are_told_without_the_others() -> None:
    facts = Facts(1, ("US", "us-ma"), "binary", "Consumer_Credit", DAY)

    assert reasons_against(STATES, facts) == ()
    assert reasons_against(CREDIT, facts) == ("does not cover jurisdiction us-ma",)
    assert str(facts) == "tier 1, us, us-ma, binary, consumer_credit on 2026-11-22"


def _named(entries: list[tuple[str, ...]]) -> list[str]:
    return sorted({name for names in entries for name in names})


def _sets() -> list[tuple[str, ...]]:
    """Every place, every pair that some policy covers together, a pair that none does, and all."""
    names = [p for p in _named([s.applies_to.jurisdictions for s in SHIPPED]) if p != "any"]
    pairs = {
        pair
        for policy in SHIPPED
        for pair in itertools.combinations(sorted(policy.applies_to.jurisdictions), 2)
    }
    return [*((name,) for name in names), *sorted(pairs), ("eu", "us"), tuple(names)]


@pytest.mark.parametrize("places", _sets(), ids=lambda places: "+".join(places))
def test_no_two_shipped_policies_claim_the_same_model(places: tuple[str, ...]) -> None:
    """Every combination that they name has one policy, or none and a reason."""
    found, refused = 0, 0
    for task in ("binary", "multiclass", "regression"):
        for purpose in _named([policy.applies_to.purposes for policy in SHIPPED]):
            for tier in (1, 2, 3, 4):
                try:
                    resolution = _resolve(
                        *SHIPPED, tier=tier, task=task, purpose=purpose, jurisdictions=places
                    )
                except NoPolicyApplies as error:
                    refused += len(error.facts["considered"]) == len(SHIPPED)  # type: ignore[arg-type] # plain data
                else:
                    found += 1
                    assert sum(entry.chosen for entry in resolution.considered) == 1
    assert found + refused == 12 * len(_named([policy.applies_to.purposes for policy in SHIPPED]))


PLACES = ("us", "us-ma", "us-ny", "eu", "any")
SCOPES = st.fixed_dictionaries(
    {
        "jurisdictions": st.one_of(
            st.just(["any"]), st.lists(st.sampled_from(PLACES[:-1]), min_size=1, unique=True)
        ),
        "purposes": st.one_of(
            st.just(["any"]),
            st.lists(st.sampled_from(["consumer_credit", "hiring"]), min_size=1, unique=True),
        ),
    }
)


@given(
    scopes=st.lists(st.tuples(SCOPES, st.integers(1, 2), st.sampled_from("ab")), max_size=4),
    places=st.lists(st.sampled_from(PLACES[:-1]), min_size=1, unique=True),
    data=st.data(),
)
def test_the_order_of_the_policies_plays_no_part(
    scopes: list[tuple[dict[str, object], int, str]], places: list[str], data: st.DataObject
) -> None:
    made = {
        (name, version): _changed(CREDIT, scope, name=name, version=version)
        for scope, version, name in scopes
    }
    policies = list(made.values())
    turned = data.draw(st.permutations(policies))

    def outcome(order: list[Policy]) -> tuple[str, object]:
        try:
            return "applies", _resolve(*order, jurisdictions=places).policy.digest()
        except (NoPolicyApplies, PolicyAmbiguous) as error:
            considered = error.facts["considered"]
            assert len(considered) == len(order)  # type: ignore[arg-type] # plain data
            assert all(entry["reasons"] for entry in considered)  # type: ignore[attr-defined] # plain data
            return error.code, error.message

    assert outcome(policies) == outcome(turned)
