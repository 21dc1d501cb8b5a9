"""Everything that ends a request at the same moment: one of them does, and the records agree."""

import random
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest

from accredit_governance.lifecycle.approvals import Decision
from accredit_governance.operations import approvals, waiting
from tests.governance.audit.test_ledger import together
from tests.governance.office import Office
from tests.governance.operations.test_races import (
    ROUNDS,
    decided,
    only_refusals,
    rounds,
    signatures,
)

pytestmark = pytest.mark.timeout(300 + 3 * ROUNDS)
ENDINGS = {
    "approved": ("sign_off.recorded", 2),
    "rejected": ("sign_off.recorded", 2),
    "changes_requested": ("sign_off.recorded", 2),
    "withdrawn": ("approval_request.withdrawn", 1),
    "lapsed": ("approval_request.lapsed", 1),
}
"""Event that says how a request ended, and how many signatures it then has."""


def test_of_all_that_ends_a_request_at_once_one_thing_happens(office: Office) -> None:
    """Approval, rejection, changes, withdrawal and lapse, some twice, in any order of arrival.

    The worker that lets a request lapse lives a moment later than the people who sign, as clocks
    on several machines do.
    """
    reviewed = office.in_review()
    office.sign("validator", reviewed)
    late, now = threading.local(), office.clock()
    office.database.clock = lambda: now + timedelta(days=30 if hasattr(late, "is") else 0)
    order = random.Random(5)
    seen: set[str] = set()

    def play(version_id: uuid.UUID) -> None:
        request = office.request_of(version_id)
        tickets = [office.ticket(p, request) for p in ("compliance", "second_compliance")]
        size = office.size()

        def sign(who: int, decision: Decision) -> Callable[[], object]:
            person = ("compliance", "second_compliance")[who]
            return lambda: office.sign(person, request, decision, ticket=tickets[who])

        def lapse() -> None:
            setattr(late, "is", True)
            waiting.lapse_request(office.database, office.system, request.id)

        acts = [
            sign(0, Decision.APPROVE),
            sign(1, order.choice([Decision.APPROVE, Decision.REJECT, Decision.REQUEST_CHANGES])),
            lambda: approvals.withdraw_request(
                office.database, office.people["submitter"], request.id
            ),
            lapse,
        ]
        order.shuffle(acts)

        raised = together(acts)

        assert len(only_refusals(raised)) == len(acts) - 1
        state = decided(office, request, size)
        action, signed = ENDINGS[state]
        actions = office.actions(since=size)
        assert sorted(actions) == sorted(
            [action, "model_version.moved", *["operation.refused"] * (len(acts) - 1)]
        )
        assert signatures(office, request) == signed
        seen.add(state)

    rounds(office, reviewed.model_version_id, play)
    assert len(seen) > 1, "nothing raced"
