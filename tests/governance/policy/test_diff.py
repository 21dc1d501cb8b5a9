"""What changed between two policies, and which way it goes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_governance.policy import diff as module
from accredit_governance.policy.checks import CHECKS
from accredit_governance.policy.diff import Change, diff
from accredit_governance.policy.document import (
    Approval,
    Decisions,
    DriftLimits,
    Evaluation,
    Monitoring,
    Policy,
    Retention,
    Stage,
    WaiverRules,
)
from accredit_governance.policy.loader import load_folder, read
from tests.governance.policy.test_lint import CREDIT, Edit, _edited, _gate, _section, _set
from tests.governance.policy.test_schema import POLICIES

SHIPPED = load_folder(POLICIES)
OPPOSITE = {"stricter": "laxer", "laxer": "stricter", "other": "other"}


def _told(edit: Edit) -> list[tuple[str, str]]:
    return [(change.place, change.effect) for change in diff(CREDIT, _edited(edit))]


@pytest.mark.parametrize(
    ("edit", "place", "effect"),
    [
        (_set("discrimination", min=0.66), "/gates/discrimination/min", "stricter"),
        (_set("discrimination", min=0.6), "/gates/discrimination/min", "laxer"),
        (_set("calibration", max=0.1), "/gates/calibration/max", "laxer"),
        (_set("calibration", bins=20), "/gates/calibration/bins", "other"),
        (_set("discrimination", warn=0.8), "/gates/discrimination/warn", "stricter"),
        (_set("dominance", warn=0.5), "/gates/dominance/warn", "laxer"),
        (_set("dominance", warn=None), "/gates/dominance/warn", "other"),
        (_set("champion_gain", required=True), "/gates/champion_gain/required", "stricter"),
        (_set("calibration", waivable=False), "/gates/calibration/waivable", "stricter"),
        (_set("calibration", source="[house] other"), "/gates/calibration/source", "other"),
        (_set("slice_performance", min_rows=200), "/gates/slice_performance/min_rows", "laxer"),
        (_set("holdout_size", min_rows=400), "/gates/holdout_size/min_rows", "stricter"),
        (_set("group_calibration", max_gap=0.03), "/gates/group_calibration/max_gap", "laxer"),
        (
            _set("alternative_search", tolerance=0.01),
            "/gates/alternative_search/tolerance",
            "stricter",
        ),
        (
            _set("alternative_search", on_confirmed="block"),
            "/gates/alternative_search/on_confirmed",
            "stricter",
        ),
        (
            _set("adverse_impact_ratio", reference={"race": "white"}),
            "/gates/adverse_impact_ratio/reference/race",
            "other",
        ),
        (
            lambda data: _gate(data, "sensitive_isolation")["aliases"]["sex"].append("title"),
            "/gates/sensitive_isolation/aliases",
            "stricter",
        ),
        (
            lambda data: _gate(data, "sensitive_isolation")["aliases"].pop("sex"),
            "/gates/sensitive_isolation/aliases",
            "laxer",
        ),
        (
            _set("sensitive_isolation", aliases={"sex": ["w"]}),
            "/gates/sensitive_isolation/aliases",
            "other",
        ),
        (_section("evaluation", confidence=0.9), "/evaluation/confidence", "other"),
        (_section("evaluation", min_group_share=0.05), "/evaluation/min_group_share", "laxer"),
        (_section("approval", validity_days=100), "/approval/validity_days", "stricter"),
        (_section("approval", gate_age_days=31), "/approval/gate_age_days", "laxer"),
        (_section("waivers", max_days=10), "/waivers/max_days", "stricter"),
        (_section("waivers", requires_monitor=False), "/waivers/requires_monitor", "laxer"),
        (_section("monitoring", schedule="daily"), "/monitoring/schedule", "stricter"),
        (_section("monitoring", "drift", psi_warn=0.2), "/monitoring/drift/psi_warn", "laxer"),
        (
            _section("monitoring", "rules", suspend_from="critical"),
            "/monitoring/rules/suspend_from",
            "stricter",
        ),
        (_section("retention", records="10_years"), "/retention/records", "stricter"),
        (_section("retention", predictions="6_months"), "/retention/predictions", "laxer"),
        (_section("applies_to", jurisdictions=["us", "eu"]), "/applies_to/jurisdictions", "other"),
        (lambda data: data.update(effective_to="2027-01-01"), "/effective_to", "other"),
        (lambda data: data["decisions"]["reasons"].pop("hexp"), "/decisions/reasons/hexp", "other"),
        (
            lambda data: data["approval"]["stages"][2].update(tiers=[1, 2]),
            "/approval/stages/business/tiers",
            "stricter",
        ),
        (
            lambda data: data["approval"]["stages"][0].update(quorum=2),
            "/approval/stages/validation/quorum",
            "stricter",
        ),
        (
            lambda data: data["approval"]["stages"][0].update(role="owner"),
            "/approval/stages/validation/role",
            "other",
        ),
        (lambda data: data["approval"]["stages"].reverse(), "/approval/stages", "other"),
        (lambda data: data["approval"]["stages"].pop(), "/approval/stages/business", "laxer"),
        (
            lambda data: data["gates"].remove(_gate(data, "dominance")),
            "/gates/dominance",
            "laxer",
        ),
        (
            lambda data: data["gates"].remove(_gate(data, "champion_gain")),
            "/gates/champion_gain",
            "other",
        ),
    ],
)
def test_a_change_is_told_with_its_place_and_direction(edit: Edit, place: str, effect: str) -> None:
    assert _told(edit) == [(place, effect)]


@pytest.mark.parametrize("policy", SHIPPED, ids=lambda policy: policy.name)
def test_a_policy_does_not_differ_from_itself(policy: Policy) -> None:
    assert diff(policy, read(policy.model_dump(mode="json"))) == ()


def test_writing_out_all_tiers_is_no_difference() -> None:
    every = {"tiers": [1, 2, 3, 4]}

    assert _told(lambda data: data["approval"]["stages"][0].update(every)) == []


def test_the_way_out_is_a_change_as_a_whole() -> None:
    def edit(data: dict[str, Any]) -> None:
        data["waivers"] = None
        for gate in data["gates"]:
            gate["waivable"] = False

    found = diff(CREDIT, _edited(edit))

    assert found[-1] == Change(
        place="/waivers",
        before={"roles": ["validator", "compliance"], "max_days": 180, "requires_monitor": True},
        after=None,
        effect="stricter",
    )
    assert {change.effect for change in found} == {"stricter"}


@given(pair=st.permutations(SHIPPED).map(lambda policies: policies[:2]))
def test_the_way_back_is_the_opposite(pair: list[Policy]) -> None:
    there = {change.place: change for change in diff(*pair)}
    back = {change.place: change for change in diff(pair[1], pair[0])}

    assert there.keys() == back.keys()
    for place, change in there.items():
        assert back[place].effect == OPPOSITE[change.effect], place
        assert (back[place].before, back[place].after) == (change.after, change.before)


TOLD_OTHERWISE = {
    # What a change of these does to a verdict cannot be told by itself.
    *("bins", "refits", "confidence", "replicates", "seed", "max_reasons", "warn"),
    # Text, and what has a rule of its own.
    *("check", "source", "reference", "name", "role", "roles", "stages", "drift", "rules"),
    *("reasons", "non_disclosable"),
}


def test_every_parameter_has_a_direction_or_is_known_to_have_none() -> None:
    directed = module._MORE_IS_STRICTER | module._MORE_IS_LAXER | set(module._STRICTER_LAST)
    sections = (
        Approval,
        Decisions,
        DriftLimits,
        Evaluation,
        Monitoring,
        Retention,
        Stage,
        WaiverRules,
    )
    fields = {name for model in (*CHECKS.values(), *sections) for name in model.model_fields}

    assert fields - directed == TOLD_OTHERWISE
    assert not module._MORE_IS_STRICTER & module._MORE_IS_LAXER
