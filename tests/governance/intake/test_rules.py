"""The rule: which answers make which tier and class, and that graver answers never help."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_governance.errors import InvalidInput
from accredit_governance.intake.questionnaire import BY_KEY, QUESTIONS
from accredit_governance.intake.rules import (
    AREAS,
    TIERS,
    AiActClass,
    Materiality,
    ProhibitedPractice,
    assess,
)
from accredit_governance.policy.loader import load_folder
from accredit_platform.resources import folder
from tests.governance.office import ANSWERS, GRAVER_ANSWERS

HARMLESS: Mapping[str, str] = {q.key: q.choices[0].key for q in QUESTIONS}
GRADED = ("exposure", "people", "effect", "reversibility", "autonomy", "vulnerable", "opaque")

allowed_answers = st.fixed_dictionaries(
    {q.key: st.sampled_from([c.key for c in q.choices]) for q in QUESTIONS if q.key != "prohibited"}
).map(lambda answers: {**answers, "prohibited": "no"})


def found(domain: str = "plant_upkeep", **changes: str) -> Materiality:
    return assess({**HARMLESS, **changes}, domain=domain)


def test_what_harms_nobody_is_tier_four_and_minimal_risk() -> None:
    answer = found()

    assert (answer.rule, answer.tier, answer.ai_act_class) == (
        "materiality-1",
        4,
        AiActClass.MINIMAL_RISK,
    )
    assert answer.tier_reasons == ("Exposure 1 of 4 and purpose 1 of 4 make tier 4.",)


def test_credit_is_tier_two_or_one_and_high_risk() -> None:
    usual = assess(ANSWERS, domain="consumer_credit")
    graver = assess(GRAVER_ANSWERS, domain="consumer_credit")

    assert (usual.tier, graver.tier) == (2, 1)
    assert usual.ai_act_class is graver.ai_act_class is AiActClass.HIGH_RISK


@pytest.mark.parametrize("purpose", range(4))
@pytest.mark.parametrize("exposure", range(4))
def test_the_tier_is_read_from_exposure_and_purpose(purpose: int, exposure: int) -> None:
    at_stake = BY_KEY["exposure"].choices[exposure].key
    people = BY_KEY["people"].choices[exposure].key
    effect = BY_KEY["effect"].choices[purpose].key

    expected = TIERS[purpose][exposure]

    assert found(exposure=at_stake, effect=effect).tier == expected
    assert found(people=people, effect=effect).tier == expected


@pytest.mark.parametrize(
    ("changes", "tier"),
    [
        pytest.param({"opaque": "yes"}, 4, id="one aggravation"),
        pytest.param({"opaque": "yes", "vulnerable": "yes"}, 3, id="two"),
        pytest.param({"reversibility": "hardly", "autonomy": "decides"}, 3, id="two others"),
        pytest.param({"reversibility": "with_effort", "autonomy": "recommends"}, 4, id="neither"),
        pytest.param(
            {
                "reversibility": "hardly",
                "autonomy": "decides",
                "opaque": "yes",
                "vulnerable": "yes",
            },
            3,
            id="four are one step, too",
        ),
    ],
)
def test_two_aggravations_are_one_step_graver(changes: dict[str, str], tier: int) -> None:
    assert found(**changes).tier == tier


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"area": "justice", "autonomy": "recommends"}, "high_risk", id="decides on"),
        pytest.param({"area": "justice", "profiling": "yes"}, "high_risk", id="profiles"),
        pytest.param({"area": "justice"}, "minimal_risk", id="narrow and no profiling"),
        pytest.param({"area": "justice", "transparency": "yes"}, "limited_risk", id="narrow talk"),
        pytest.param({"transparency": "yes"}, "limited_risk", id="talks"),
        pytest.param({"profiling": "yes", "autonomy": "decides"}, "minimal_risk", id="no area"),
    ],
)
def test_the_class_follows_the_articles(changes: dict[str, str], expected: str) -> None:
    answer = found(**changes)

    assert answer.ai_act_class == expected
    assert all("Article" in reason or "Annex" in reason for reason in answer.class_reasons)


@pytest.mark.parametrize("area", [c.key for c in BY_KEY["area"].choices if c.key != "none"])
def test_high_risk_is_tier_two_at_least(area: str) -> None:
    assert found(area=area, profiling="yes").tier == 2


@pytest.mark.parametrize("practice", [c.key for c in BY_KEY["prohibited"].choices if c.key != "no"])
def test_a_prohibited_practice_gets_no_tier(practice: str) -> None:
    with pytest.raises(ProhibitedPractice, match="Article 5") as caught:
        found(prohibited=practice)

    assert caught.value.facts["practice"] == practice


@pytest.mark.parametrize(("domain", "area"), AREAS.items())
def test_nobody_argues_a_purpose_out_of_its_area(domain: str, area: str) -> None:
    with pytest.raises(InvalidInput, match=f"lies in the area {area}"):
        found(domain)

    assert found(domain, area=area, profiling="yes").ai_act_class is AiActClass.HIGH_RISK


def test_the_area_of_every_purpose_of_the_shipped_policies_is_known() -> None:
    named = {p for policy in load_folder(folder("policies")) for p in policy.applies_to.purposes}

    assert named - {"any"} <= set(AREAS)


@given(allowed_answers, st.sampled_from(GRADED), st.data())
def test_a_graver_answer_never_makes_a_milder_tier(
    answers: dict[str, str], key: str, data: st.DataObject
) -> None:
    choices = [choice.key for choice in BY_KEY[key].choices]
    graver = data.draw(st.sampled_from(choices[choices.index(answers[key]) :]))

    before = assess(answers, domain="plant_upkeep")
    after = assess({**answers, key: graver}, domain="plant_upkeep")

    assert after.tier <= before.tier


@given(allowed_answers)
def test_every_outcome_has_its_reasons_and_stays_within_the_scale(answers: dict[str, str]) -> None:
    answer = assess(answers, domain="plant_upkeep")

    assert 1 <= answer.tier <= 4
    assert answer.tier_reasons
    assert answer.class_reasons
    assert Materiality.model_validate_json(answer.canonical()) == answer
