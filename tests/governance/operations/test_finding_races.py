"""A finding and an act that it blocks at the same moment: one comes first, the other sees it."""

import threading
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

import pytest

from accredit_governance.lifecycle.findings import FindingSeverity
from accredit_governance.operations import aliases, approvals, deployments, findings
from tests.governance.afterwards import change_alias
from tests.governance.office import Office
from tests.governance.operations.test_findings import WORDS, grade, opened, reopen
from tests.governance.operations.test_findings import accepted as borne

pytestmark = pytest.mark.databases("postgresql")

HALF_DONE = 0.4
"""Seconds for which an act that looked at the findings is not done yet."""


def meanwhile(
    office: Office, where: ModuleType, act: Callable[[], object], other: Callable[[], object]
) -> list[str]:
    """Do something else as soon as an act has looked at the findings; what the log then says."""
    size, threads = office.size(), list[threading.Thread]()
    real = where.require_no_blocking_finding

    def look(*args: Any) -> None:
        real(*args)
        threads.append(threading.Thread(target=other))
        threads[-1].start()
        threads[-1].join(HALF_DONE)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(where, "require_no_blocking_finding", look)
        act()
    threads[0].join()
    return office.actions(since=size)


def test_a_finding_that_comes_while_somebody_signs_comes_after_the_signature(
    office: Office,
) -> None:
    request = office.in_review()
    office.sign("validator", request)

    actions = meanwhile(
        office,
        approvals,
        partial(office.sign, "compliance", request, ticket=office.ticket("compliance", request)),
        partial(opened, office, request.model_version_id, severity=FindingSeverity.CRITICAL),
    )

    assert actions == ["sign_off.recorded", "model_version.moved", "finding.opened"]


def test_a_finding_on_the_use_case_waits_for_the_deployment_of_its_version(office: Office) -> None:
    version_id = office.approved()

    actions = meanwhile(
        office,
        deployments,
        partial(
            deployments.request_deployment,
            office.database,
            office.people["owner"],
            version_id,
            environment="production",
        ),
        partial(
            findings.open_use_case_finding,
            office.database,
            office.people["validator"],
            office.use_case_id,
            title="The outcome is measured too early",
            description=WORDS,
            severity=FindingSeverity.HIGH,
            owner_id=office.people["owner"].id,
            due_on=office.clock.now.date(),
        ),
    )

    assert actions == ["deployment.requested", "finding.opened"]


def test_a_finding_that_is_graded_up_or_reopened_waits_for_the_move_of_an_alias(
    office: Office,
) -> None:
    version_id = office.approved()
    mild = opened(office, version_id, severity=FindingSeverity.LOW)
    carried = borne(office, version_id)
    move = partial(change_alias, office, version_id, alias="champion", environment="staging")

    graded = meanwhile(
        office, aliases, move, partial(grade, office, mild.id, FindingSeverity.CRITICAL)
    )
    grade(office, mild.id, FindingSeverity.LOW)
    ask = partial(change_alias, office, version_id, alias="champion", environment="production")
    reopened = meanwhile(office, aliases, ask, partial(reopen, office, carried.id))

    assert (len(graded), graded[-1]) == (3, "finding.severity_changed")
    assert reopened[-2:] == ["finding.moved", "risk_acceptance.ended"]
    assert len(reopened) == 4
