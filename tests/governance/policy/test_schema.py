"""The schema that editors read: closed, with ranges, and explaining every field."""

import json
from pathlib import Path

import pytest

from accredit_governance.policy.checks import CHECKS
from accredit_governance.policy.document import Policy
from accredit_governance.policy.schema import (
    SCHEMA_FILE,
    field_descriptions,
    policy_schema,
    schema_text,
)

POLICIES = Path(__file__).parents[3] / "policies"
PACKS = sorted(POLICIES.glob("*.yaml"))


def test_the_schema_is_closed_and_shows_ranges() -> None:
    schema = policy_schema()

    assert schema["additionalProperties"] is False
    area = schema["$defs"]["Discrimination"]["properties"]["min"]
    assert (area["minimum"], area["maximum"]) == (0.5, 1)
    assert json.dumps(schema)


def test_the_shipped_schema_is_the_one_of_the_code() -> None:
    """`accredit policy schema > policies/policy.schema.json` writes it again."""
    assert (POLICIES / SCHEMA_FILE).read_text(encoding="utf-8") == schema_text()


def test_every_shipped_policy_names_its_schema_for_editors() -> None:
    assert len(PACKS) == 5
    for path in PACKS:
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first == f"# yaml-language-server: $schema={SCHEMA_FILE}", path.name


@pytest.mark.parametrize("name", ["Policy", *policy_schema()["$defs"]])
def test_every_field_is_explained(name: str) -> None:
    schema = policy_schema()
    part = schema if name == "Policy" else schema["$defs"][name]

    silent = [field for field, told in part["properties"].items() if "description" not in told]

    assert part["description"]
    assert silent == []


def test_docstrings_describe_fields_that_exist() -> None:
    for model in (Policy, *CHECKS.values()):
        known = set(model.model_fields) | set(model.__class_vars__)
        assert set(field_descriptions(model)) <= known, model.__name__


def test_a_description_is_one_line_of_the_docstring() -> None:
    texts = field_descriptions(CHECKS["robustness"])

    assert texts["noise"] == (
        "Standard deviation of the noise on a number, as a share of that of its column "
        "(judged by the middle nine tenths of the values; where these are one value, by those "
        "of the others)."
    )
    assert texts["max"] == "Greatest value that passes."
    assert texts["source"].startswith("Authority of the threshold")
