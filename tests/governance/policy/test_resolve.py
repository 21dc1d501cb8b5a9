from datetime import date
from pathlib import Path

import pytest

from accredit_governance.policy.document import Policy
from accredit_governance.policy.loader import load_folder, read
from accredit_governance.policy.resolve import (
    NoPolicyApplies,
    PolicyAmbiguous,
    Resolution,
    resolve,
)

HOUSE, CREDIT = load_folder(Path(__file__).parents[3] / "policies")
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
