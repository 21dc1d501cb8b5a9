"""The main path of a model, step by step, with everybody where they belong."""

from accredit_governance.lifecycle.versions import VersionState

from tests.governance.office import Office


def test_two_signatures_of_the_two_stages_approve_a_version(office: Office) -> None:
    request = office.in_review()

    first = office.sign("validator", request)
    second = office.sign("compliance", request)

    assert first.state == "open"
    assert first.open_stage == "compliance"
    assert second.state == "approved"
    assert office.state_of(request.model_version_id) == VersionState.APPROVED
