"""What a caller demands of a change: once under a key, and only on what they have read."""

import hashlib
import json
import uuid
from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accredit_governance.access.actors import Actor
from accredit_governance.documents import Document
from accredit_governance.errors import Conflict
from accredit_governance.identifiers import new_id
from accredit_governance.operations import (
    admission,
    datasets,
    one_time_links,
    predictions,
    versions,
)
from accredit_governance.operations.calls import (
    CALL,
    AlreadyDone,
    Call,
    Fingerprint,
    PreconditionFailed,
    Within,
    kept_answer,
)
from accredit_governance.operations.predictions import Answer
from accredit_governance.questions import models
from accredit_governance.registry.tables import AccessUsageRow, DatasetRow, PredictionRow
from tests.governance.audit.test_ledger import together
from tests.governance.office import STATEMENTS, Office

AT_ONCE = 6


def calling(actor: Actor, key: str | None = None) -> Call:
    body = hashlib.sha256(b"{}").hexdigest()
    return Call(actor.id, key, Fingerprint("POST", "/somewhere", body, body, body), status=201)


def under(call: Call, change: Callable[[], object]) -> object:
    """Make a change as part of a request; each thread has a context of its own."""
    token = CALL.set(call)
    try:
        return change()
    finally:
        CALL.reset(token)


def new_dataset(office: Office, name: str) -> Document:
    return datasets.create_dataset(
        office.database, office.people["preparer"], office.project_id, name=name, title="Rows"
    )


def count_of(office: Office, table: type[DatasetRow] | type[PredictionRow]) -> int:
    with office.database.reading() as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()


@pytest.mark.databases("sqlite", "postgresql")
def test_of_many_requests_with_one_key_one_is_carried_out(office: Office) -> None:
    before, size = count_of(office, DatasetRow), office.size()
    actor = office.people["preparer"]

    raised = together(
        [
            # Names differ: nothing but the key keeps them apart.
            partial(under, calling(actor, "one"), partial(new_dataset, office, f"rows-{number}"))
            for number in range(AT_ONCE)
        ]
    )

    assert [type(error) for error in raised] == [AlreadyDone] * (AT_ONCE - 1)
    assert count_of(office, DatasetRow) == before + 1
    assert office.size() == size + 1
    kept = kept_answer(office.database, actor.id, "one")
    assert kept is not None
    assert kept.answer is not None
    assert json.loads(kept.answer)["name"].startswith("rows-")
    assert kept.status == 201


@pytest.mark.databases("sqlite")
def test_what_failed_leaves_no_key(office: Office) -> None:
    actor = office.people["preparer"]
    new_dataset(office, "rows")

    with pytest.raises(Conflict):
        under(calling(actor, "two"), lambda: new_dataset(office, "rows"))

    assert kept_answer(office.database, actor.id, "two") is None


@pytest.mark.databases("sqlite")
def test_the_operations_of_others_are_none_of_a_callers_business(office: Office) -> None:
    someone = office.people["trainer"]

    under(calling(someone, "three"), lambda: new_dataset(office, "rows"))

    assert kept_answer(office.database, someone.id, "three") is None


@pytest.mark.databases("sqlite")
def test_predictions_that_come_again_are_neither_logged_nor_counted_twice(office: Office) -> None:
    deployment, consumer = office.deployed(), office.people["consumer"]
    grant = office.granted()
    admitted = admission.admit_prediction(office.database, consumer, deployment.id)

    def predict() -> None:
        answers = [Answer(id=new_id(), inputs={"obrat": 30}, answer={"score": 0.5})]
        predictions.log_predictions(office.database, consumer, admitted, answers)

    under(calling(consumer, "four"), predict)
    with pytest.raises(AlreadyDone):
        under(calling(consumer, "four"), predict)

    assert count_of(office, PredictionRow) == 1
    with office.database.reading() as session:
        used = select(func.sum(AccessUsageRow.predictions)).where(
            AccessUsageRow.access_grant_id == grant.id
        )
        assert session.execute(used).scalar_one() == 1
    kept = kept_answer(office.database, consumer.id, "four")
    assert kept is not None
    assert kept.answer == '{"predictions": [{"score": 0.5}]}'


def demanding(office: Office, actor: Actor, version_id: uuid.UUID, expected: str) -> Call:
    def demand(session: Session) -> None:
        inside = Within(office.database, session)
        if models.version(inside, actor, version_id).digest() != expected:
            raise PreconditionFailed("it has changed")

    call = calling(actor)
    call.demand = demand
    return call


@pytest.mark.databases("sqlite", "postgresql")
def test_of_many_who_read_the_same_state_one_writes_over_it(office: Office) -> None:
    actor, version = office.people["trainer"], office.candidate()
    read = models.version(office.database, actor, version.id).digest()

    def describe(number: int) -> None:
        said = STATEMENTS.model_copy(update={"limitations": f"Text number {number}."})
        call = demanding(office, actor, version.id, read)
        change = partial(
            versions.describe_version, office.database, actor, version.id, statements=said
        )
        under(call, change)

    raised = together([partial(describe, number) for number in range(AT_ONCE)])

    assert [type(error) for error in raised] == [PreconditionFailed] * (AT_ONCE - 1)
    assert office.actions().count("model_version.described") == 2
    refused = [event for event in office.events() if event["outcome"] == "denied"]
    assert {event["fact"]["code"] for event in refused} == {"precondition_failed"}


@pytest.mark.databases("sqlite")
def test_a_question_within_a_change_cannot_write(office: Office) -> None:
    with (
        office.database.writing() as session,
        pytest.raises(RuntimeError, match="cannot write"),
        Within(office.database, session).writing(),
    ):
        pass


@pytest.mark.databases("sqlite")
def test_a_link_for_a_password_is_not_kept(office: Office) -> None:
    admin, secret = office.people["admin"], "k" * 43

    def invite() -> object:
        return one_time_links.invite(
            office.database, admin, name="vera", title="Vera", email=None, secret=secret
        )

    def link() -> object:
        viewer = office.people["viewer"].id
        return one_time_links.issue_password_link(office.database, admin, viewer, secret="l" * 43)

    for key, change in (("invited", invite), ("linked", link)):
        under(calling(admin, key), change)
        kept = kept_answer(office.database, admin.id, key)
        assert kept is not None
        assert kept.answer is None
    assert not any("code=" in row for row in office.contents()["idempotency_key"])
