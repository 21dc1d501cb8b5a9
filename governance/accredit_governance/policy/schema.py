"""JSON Schema of a policy, for editors."""

from typing import Any

from accredit_governance.policy.document import Policy


def policy_schema() -> dict[str, Any]:  # JSON Schema is open by nature
    """JSON Schema (2020-12) of a policy file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Accredit policy",
        **{key: part for key, part in Policy.model_json_schema().items() if key != "title"},
    }
