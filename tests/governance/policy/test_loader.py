import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_governance.errors import PolicyInvalid
from accredit_governance.policy import loader
from accredit_governance.policy.checks import CHECKS, Check
from accredit_governance.policy.document import Policy
from accredit_governance.policy.loader import load, load_folder, parse, read
from accredit_governance.policy.problems import pointer

GATES = {"performance", "data_quality", "reproducibility", "bias", "explainability"}
POLICIES = Path(__file__).parents[3] / "policies"
TEXT = (POLICIES / "us-credit-federal.yaml").read_text(encoding="utf-8")


def _problems(old: str, new: str) -> list[tuple[str, str]]:
    assert old in TEXT
    with pytest.raises(PolicyInvalid) as caught:
        parse(TEXT.replace(old, new, 1))
    return [(problem["pointer"], problem["detail"]) for problem in caught.value.problems]


def test_the_shipped_policies_are_valid_and_sourced() -> None:
    policies = load_folder(POLICIES)

    assert [policy.name for policy in policies] == [
        "eu-ai-act",
        "internal-default",
        "us-credit-federal",
        "us-credit-states",
        "us-employment",
    ]
    for policy in policies:
        assert all(gate.source for gate in policy.gates)
    credit = policies[2]
    assert [(stage.name, stage.role) for stage in credit.approval.stages] == [
        ("validation", "validator"),
        ("compliance", "compliance"),
        ("business", "owner"),
    ]
    assert credit.decisions.reasons["obrat"] == "Total obligations too high in relation to income"


@pytest.mark.parametrize(
    ("old", "new", "where", "detail"),
    [
        pytest.param(
            "check: adverse_impact_ratio",
            "check: adverse_impact_ration",
            "/gates/16",
            "unknown check 'adverse_impact_ration'; did you mean 'adverse_impact_ratio'?",
            id="misspelt check",
        ),
        pytest.param(
            "min: 0.65",
            "min: 1.2",
            "/gates/1/min",
            "min is 1.2; it must be a number from 0.5 to 1",
            id="threshold out of range",
        ),
        pytest.param(
            "min: 0.65",
            "min: a lot",
            "/gates/1/min",
            "min is 'a lot'; it must be a number from 0.5 to 1",
            id="text threshold",
        ),
        pytest.param(
            "min: 0.65",
            "min: true",
            "/gates/1/min",
            "min is True; it must be a number from 0.5 to 1",
            id="boolean threshold",
        ),
        pytest.param(
            "min: 0.65",
            "minimum: 0.65",
            "/gates/1/minimum",
            "unknown field 'minimum'; did you mean 'min'?",
            id="misspelt parameter",
        ),
        pytest.param(
            "\nmonitoring:",
            "\nmonitorring:",
            "/monitorring",
            "unknown field 'monitorring'; did you mean 'monitoring'?",
            id="misspelt field",
        ),
        pytest.param(
            "psi_warn: 0.10",
            "psy_warn: 0.10",
            "/monitoring/drift/psy_warn",
            "unknown field 'psy_warn'; did you mean 'psi_warn'?",
            id="misspelt nested field",
        ),
        pytest.param(
            "required: false",
            "required: no",
            "/gates/5/required",
            "required is 'no'; it must be true or false",
            id="no is text",
        ),
        pytest.param(
            "    warn: 0.70\n    source",
            "    warn: 0.60\n    source",
            "/gates/1",
            "warn is 0.6 but must be greater than min (0.65): good values lie above",
            id="warn beyond min",
        ),
        pytest.param(
            "warn: 0.01\n    max: 0.10",
            "warn: 0.10\n    max: 0.10",
            "/gates/10",
            "warn is 0.1 but must be less than max (0.1): good values lie below",
            id="warn on max",
        ),
        pytest.param(
            "psi_warn: 0.10",
            "psi_warn: 0.30",
            "/monitoring/drift",
            "psi_warn is 0.3 but must be less than psi_alert (0.25)",
            id="drift limits",
        ),
        pytest.param(
            "  - check: critical_findings",
            "  - check: explanation_ownership",
            "/gates",
            "check 'explanation_ownership' is listed more than once (entries 10, 28)",
            id="check twice",
        ),
        pytest.param(
            "name: compliance, role",
            "name: validation, role",
            "/approval/stages",
            "stage 'validation' is listed more than once (entries 1, 2)",
            id="stage twice",
        ),
        pytest.param(
            "role: validator, quorum",
            "role: boss, quorum",
            "/approval/stages/0/role",
            "role is 'boss'; allowed: 'validator', 'compliance' or 'owner'",
            id="unknown role",
        ),
        pytest.param(
            "max_reasons: 4",
            "max_reasons: 5",
            "/decisions/max_reasons",
            "max_reasons is 5; it must be a number from 1 to 4",
            id="too many reasons",
        ),
        pytest.param(
            "non_disclosable: [msa,",
            "non_disclosable: [obrat,",
            "/decisions",
            "columns obrat have a reason text and are non_disclosable",
            id="two minds",
        ),
        pytest.param(
            "effective_from: 2026-07-21",
            "effective_from: 2026-07-21\neffective_to: 2026-07-20",
            "",
            "effective_to (2026-07-20) is before effective_from (2026-07-21)",
            id="ends before it begins",
        ),
        pytest.param(
            "tasks: [binary]",
            "tasks: [binary, ranking]",
            "/applies_to/tasks/1",
            "tasks is 'ranking'; allowed: 'binary', 'multiclass' or 'regression'",
            id="unknown task",
        ),
        pytest.param(
            "tiers: [1, 2, 3, 4]",
            "tiers: []",
            "/applies_to/tiers",
            "tiers must have at least 1 entry",
            id="no tiers",
        ),
        pytest.param(
            "  - check: critical_findings\n",
            "  - chek: critical_findings\n",
            "/gates/9",
            "a gate needs a field 'check' that names what is checked",
            id="gate without check",
        ),
        pytest.param(
            "title: Consumer",
            "subtitle: Consumer",
            "/title",
            "field 'title' is missing",
            id="missing field",
        ),
        pytest.param(
            "as_of: 2026-11-22\n",
            "",
            "/as_of",
            "field 'as_of' is missing",
            id="sources read at no time",
        ),
        pytest.param(
            "records: 7_years",
            "records: forever",
            "/retention/records",
            "records is 'forever'; allowed: '6_months', '25_months', '3_years', '7_years' or "
            "'10_years'",
            id="unknown retention",
        ),
        pytest.param(
            "quorum: 1, tiers: [1]",
            "quorum: 1, tiers: [5]",
            "/approval/stages/2/tiers/0",
            "tiers is 5; it must be a number from 1 to 4",
            id="stage of no tier",
        ),
        pytest.param(
            "gate_age_days: 30",
            "gate_age_days: 0",
            "/approval/gate_age_days",
            "gate_age_days is 0; it must be a number from 1 to 3650",
            id="evidence of no age",
        ),
        pytest.param(
            "roles: [validator, compliance]",
            "roles: [validator, validator]",
            "/waivers/roles",
            "role 'validator' is listed more than once (entries 1, 2)",
            id="one role for both signatures",
        ),
        pytest.param(
            "jurisdictions: [us]",
            "jurisdictions: [any, us]",
            "/applies_to/jurisdictions",
            "'any' stands for every value, so it stands alone; also listed: us",
            id="any and more",
        ),
        pytest.param(
            "tiers: [1, 2, 3, 4]",
            "tiers: [1, 2, 2, 3, 4]",
            "/applies_to/tiers",
            "entry '2' is listed more than once (entries 2, 3)",
            id="tier twice",
        ),
        pytest.param(
            "tiers: [1, 2, 3, 4]",
            "tiers: [2, 3, 4]",
            "",
            "stage 'business' is for tier 1, which the policy does not apply to",
            id="stage for a tier that is not covered",
        ),
        pytest.param(
            "effective_from: 2026-07-21",
            "effective_from: yesterday",
            "/effective_from",
            "effective_from is 'yesterday': input should be a valid date or datetime, input is too "
            "short",
            id="no date",
        ),
    ],
)
def test_a_problem_names_place_value_and_what_is_allowed(
    old: str, new: str, where: str, detail: str
) -> None:
    assert (where, detail) in _problems(old, new)


def _data() -> dict[str, object]:
    return parse(TEXT).model_dump(mode="json")


@pytest.mark.parametrize(
    ("change", "where", "detail"),
    [
        pytest.param(
            {"gates": []},
            "/gates",
            "a policy needs at least one gate: without gates it would demand nothing",
            id="no gates",
        ),
        pytest.param(
            {"gates": [{"check": "critical_findings", "source": "[house]", "required": False}]},
            "",
            "no required check applies to binary models, although the policy does",
            id="nothing required",
        ),
        pytest.param(
            {"waivers": None},
            "",
            "a gate has waivable: true, but there is no waivers section that says "
            "who may sign them",
            id="nobody signs waivers",
        ),
        pytest.param(
            {"decisions": {"adverse_action_reasons": True}},
            "/decisions",
            "adverse_action_reasons is true but no reason text is given",
            id="no reasons",
        ),
        pytest.param(
            {"applies_to": 7},
            "/applies_to",
            "applies_to is 7: input should be a valid dictionary or instance of Applicability",
            id="number for a section",
        ),
    ],
)
def test_a_policy_that_decides_nothing_is_invalid(
    change: dict[str, object], where: str, detail: str
) -> None:
    with pytest.raises(PolicyInvalid) as caught:
        read(_data() | change)

    assert {"pointer": where, "detail": detail} in [dict(p) for p in caught.value.problems]


def test_every_tier_takes_some_stage_and_only_its_own() -> None:
    policy = parse(TEXT)

    assert [stage.name for stage in policy.stages_of(1)] == ["validation", "compliance", "business"]
    for tier in (2, 3, 4):
        assert [stage.name for stage in policy.stages_of(tier)] == ["validation", "compliance"]


def test_a_tier_that_nobody_signs_is_invalid() -> None:
    stages = [{"name": "validation", "role": "validator", "tiers": [1, 2]}]

    with pytest.raises(PolicyInvalid) as caught:
        read(_data() | {"approval": {"stages": stages, "validity_days": 1, "gate_age_days": 1}})

    assert [dict(problem) for problem in caught.value.problems] == [
        {
            "pointer": "",
            "detail": "no stage of approval is for tier 3, 4, although the policy is",
        }
    ]


def test_without_the_field_gates_there_is_no_policy() -> None:
    data = _data()
    del data["gates"]

    with pytest.raises(PolicyInvalid, match="without gates a policy would demand nothing"):
        read(data)


def test_all_problems_are_told_at_once() -> None:
    problems = _problems("name: us-credit-federal\nversion: 1", "name: Us Credit\nversion: 0")

    assert [where for where, _ in problems] == ["/name", "/version"]


def test_fields_inside_plain_values_have_no_suggestion() -> None:
    data = _data()
    data["evaluation"] = {"seed": {"deep": 1}}

    with pytest.raises(PolicyInvalid):
        read(data)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "a policy is a mapping", id="empty"),
        pytest.param("- a\n- b\n", "a policy is a mapping", id="list"),
        pytest.param("a: 1\na: 2\n", "key 'a' occurs twice", id="duplicate key"),
        pytest.param("a: {b: 1, b: 2}\n", "key 'b' occurs twice", id="nested duplicate key"),
        pytest.param("a: &x 1\nb: *x\n", "anchors and aliases", id="anchor"),
        pytest.param("b: *x\n", "alias", id="alias"),
        pytest.param("a: !!python/object:os.system x\n", "tag", id="python tag"),
        pytest.param("a: !mine x\n", "tag", id="own tag"),
        pytest.param("? [a]\n: 1\n", "a key must be text", id="list as key"),
        pytest.param("[" * 5_000, "nested deeper", id="deep nesting"),
        pytest.param("a: b: c\n", "line 1, column", id="no YAML"),
        pytest.param("a: 1\n---\nb: 2\n", "line 2, column 1", id="two documents"),
        pytest.param("a: \x01\n", "not readable YAML", id="control character"),
        pytest.param(b"a: \xff\n", "not readable YAML", id="no UTF-8"),
        pytest.param("a: " + "x" * loader.MAX_BYTES, "bytes long", id="too long"),
        pytest.param("<<: {a: 1}\n", "unknown field '<<'", id="merge key"),
    ],
)
def test_yaml_that_could_surprise_is_refused(text: str | bytes, reason: str) -> None:
    with pytest.raises(PolicyInvalid, match=r"policy is invalid") as caught:
        parse(text)

    assert any(reason in problem["detail"] for problem in caught.value.problems)


@pytest.mark.parametrize(
    "word", ["no", "NO", "off", "on", "yes", "y", "n", "1_000", "1:30", "0x1f"]
)
def test_words_of_yaml_1_1_stay_text(word: str) -> None:
    policy = parse(TEXT.replace("obrat: Total", f"{word}: Norway or not\n    obrat: Total", 1))
    titled = parse(
        TEXT.replace("title: Consumer", f'title: "a" # was {word}\n# ', 1).replace(
            'title: "a"', f"title: {word} {word} {word}"
        )
    )

    assert policy.decisions.reasons[word] == "Norway or not"
    assert titled.title == f"{word} {word} {word}"


def test_numbers_are_decimal_and_null_is_null() -> None:
    policy = parse(TEXT.replace("version: 1", "version: 010", 1))

    assert policy.version == 10
    assert policy.monitoring.rules.suspend_from is None


def test_an_alone_standing_no_is_text() -> None:
    with pytest.raises(PolicyInvalid) as caught:
        parse(
            TEXT.replace("jurisdictions: [us]", "jurisdictions: [no]", 1).replace(
                "schedule: weekly", "schedule: off", 1
            )
        )

    assert [dict(problem) for problem in caught.value.problems] == [
        {
            "pointer": "/monitoring/schedule",
            "detail": "schedule is 'off'; allowed: 'hourly', 'daily', 'weekly' or 'monthly'",
        }
    ]


def test_the_digest_ignores_comments_layout_and_the_order_of_keys() -> None:
    policy = parse(TEXT)
    bare = "\n".join(line for line in TEXT.splitlines() if not line.lstrip().startswith("#"))
    turned = json.dumps(dict(reversed(list(policy.model_dump(mode="json").items()))))

    assert parse(bare).digest() == policy.digest()
    assert parse(turned).digest() == policy.digest()
    assert parse(TEXT.replace("min: 0.65", "min: 0.66", 1)).digest() != policy.digest()


def test_a_policy_survives_the_way_through_json() -> None:
    policy = parse(TEXT)

    assert Policy.model_validate_json(policy.canonical()) == policy


def test_a_file_is_named_in_its_error(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("a: 1\n")

    with pytest.raises(PolicyInvalid, match=r"bad\.yaml"):
        load(tmp_path / "bad.yaml")


def test_a_long_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "long.yaml").write_bytes(b" " * (loader.MAX_BYTES + 1))

    with pytest.raises(PolicyInvalid, match="longer than"):
        load(tmp_path / "long.yaml")


def test_a_folder_holds_each_version_once(tmp_path: Path) -> None:
    with pytest.raises(PolicyInvalid, match="no policy"):
        load_folder(tmp_path)
    (tmp_path / "one.yaml").write_text(TEXT)
    (tmp_path / "two.yaml").write_text(TEXT.replace("version: 1", "version: 2", 1))
    assert [policy.version for policy in load_folder(tmp_path)] == [1, 2]
    (tmp_path / "three.yaml").write_text(TEXT)

    with pytest.raises(PolicyInvalid, match="version 1 is there twice"):
        load_folder(tmp_path)


@given(st.text(max_size=60))
def test_any_text_is_a_policy_or_a_policy_error(text: str) -> None:
    with pytest.raises(PolicyInvalid):
        parse(text)


def test_the_table_of_checks_is_the_union() -> None:
    union = Check.__origin__.__args__  # type: ignore[attr-defined]

    assert list(CHECKS.values()) == list(union)
    for name, spec in CHECKS.items():
        assert spec.model_fields["check"].annotation.__args__ == (name,)  # type: ignore[union-attr]
        assert spec.gate in GATES


def test_every_check_of_the_language_has_a_limit_or_counts_to_zero() -> None:
    shipped = {gate.check: gate for policy in load_folder(POLICIES) for gate in policy.gates}

    assert set(shipped) == set(CHECKS)
    for gate in shipped.values():
        assert gate.limit is not None


def test_pointers_leave_out_the_name_of_the_check() -> None:
    assert pointer(("gates", 3, "dominance", "max")) == "/gates/3/max"
    assert pointer(("decisions", "reasons", "a/b~c")) == "/decisions/reasons/a~1b~0c"


def test_policies_load_without_numerical_libraries() -> None:
    code = (
        "import sys\n"
        "import accredit_governance.policy.loader, accredit_governance.policy.resolve\n"
        "import accredit_governance.policy.schema, accredit_governance.gates.promotion\n"
        "import accredit_governance.policy.diff, accredit_governance.policy.lint\n"
        "import accredit_governance.policy.seats\n"
        "print([m for m in ('numpy', 'pandas', 'sklearn', 'scipy') if m in sys.modules])"
    )

    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert out.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("hidden", "where"),
    [
        pytest.param('source: "[house] fine\\e[1A\\e[2K"', "/gates/0/source", id="escape"),
        pytest.param('source: "[house] fine \\u202E"', "/gates/0/source", id="direction"),
        pytest.param('source: "[house] fine \\0"', "/gates/0/source", id="nul"),
    ],
)
def test_text_that_is_not_shown_as_it_is_is_refused(hidden: str, where: str) -> None:
    line = next(line for line in TEXT.splitlines() if line.startswith("    source:"))

    with pytest.raises(PolicyInvalid, match="characters that are not shown") as caught:
        parse(TEXT.replace(line, f"    {hidden}", 1))

    assert [problem["pointer"] for problem in caught.value.problems] == [where]


def test_no_more_problems_are_told_than_can_be_read() -> None:
    data = _data() | {f"field_{at}": at for at in range(500)}

    with pytest.raises(PolicyInvalid) as caught:
        read(data)

    assert len(caught.value.problems) == 100
