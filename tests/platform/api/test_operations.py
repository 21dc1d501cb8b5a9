"""Long work as operations: where it is followed, what it says, and the addresses that will go."""

import json
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import anyio
import pytest
from fastapi.responses import StreamingResponse
from sqlalchemy import update
from starlette.testclient import TestClient

from accredit_governance.access.permissions import Role
from accredit_governance.errors import NotAllowed
from accredit_governance.registry.tables import JobRow
from accredit_platform.api.operations import ABOUT, Operation
from accredit_platform.api.streams import PER_PRINCIPAL, Streams, TooManyStreams
from accredit_platform.jobs.handlers.ending import HANDLERS
from accredit_platform.wiring import Services
from tests.platform.api.conftest import bearer


@pytest.fixture(scope="module")
def job(client: TestClient, tokens: dict[Role, str]) -> dict[str, Any]:
    """An upload that nobody reads: its job stays queued."""
    admin, developer = bearer(tokens[Role.ADMIN]), bearer(tokens[Role.DEVELOPER])
    body = {"name": f"work-{uuid.uuid4().hex[:8]}", "title": "Work"}
    project = client.post("/api/v1/projects", json=body, headers=admin).json()
    made = client.post(
        f"/api/v1/projects/{project['id']}/datasets", json=body, headers=developer
    ).json()
    answer = client.post(
        f"/api/v1/datasets/{made['id']}/versions",
        content=b"a,b\n1,2\n",
        headers={**developer, "Content-Type": "text/csv", "Idempotency-Key": body["name"]},
    )
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    return {**found, "headers": answer.headers, "dataset_id": made["id"], "key": body["name"]}


@pytest.fixture(scope="module")
def reader(tokens: dict[Role, str]) -> dict[str, str]:
    return bearer(tokens[Role.DEVELOPER])


def test_every_kind_of_job_says_what_it_is_about() -> None:
    assert set(ABOUT) == set(HANDLERS)


def test_who_is_told_to_wait_is_told_where(
    client: TestClient, job: dict[str, Any], reader: dict[str, str]
) -> None:
    assert job["headers"]["location"] == f"/api/v1/operations/{job['job_id']}"
    assert job["headers"]["retry-after"] == "1"

    operation = client.get(job["headers"]["location"], headers=reader).json()

    assert operation["state"] == "queued"
    assert operation["kind"] == "ingest"
    assert operation["resource"] == f"/api/v1/dataset-versions/{job['id']}"
    assert client.get(operation["resource"], headers=reader).json()["id"] == job["id"]
    assert operation["error"] is None


@pytest.mark.parametrize(
    ("content", "code"),
    [pytest.param(b"a,b\n1,2\n", None, id="same"), pytest.param(b"a,b\n1,3\n", 422, id="other")],
)
def test_an_upload_that_comes_again_is_one_upload(
    content: bytes,
    code: int | None,
    client: TestClient,
    job: dict[str, Any],
    reader: dict[str, str],
) -> None:
    path = f"/api/v1/datasets/{job['dataset_id']}/versions"
    headers = {**reader, "Content-Type": "text/csv", "Idempotency-Key": job["key"]}

    again = client.post(path, content=content, headers=headers)

    if code is None:
        assert again.json()["id"] == job["id"]
        assert again.headers["location"] == job["headers"]["location"]
        assert again.headers["idempotency-replayed"] == "true"
    else:
        assert (again.status_code, again.json()["differs"]) == (code, ["body"])
    assert len(client.get(path, headers=reader).json()["items"]) == 1


def test_operations_are_found_by_what_they_are_about(
    client: TestClient, job: dict[str, Any], reader: dict[str, str]
) -> None:
    query = f"resource_id={job['id']}&state=queued&kind=ingest"

    found = client.get(f"/api/v1/operations?{query}", headers=reader).json()

    assert [operation["id"] for operation in found["items"]] == [job["job_id"]]


def test_an_address_that_will_go_says_so_and_names_the_next(
    client: TestClient, job: dict[str, Any], reader: dict[str, str]
) -> None:
    answer = client.get(f"/api/v1/jobs/{job['job_id']}", headers=reader)
    document = client.get("/api/v1/openapi.json").json()["paths"]

    assert answer.json()["id"] == job["job_id"]
    since = datetime.fromtimestamp(int(answer.headers["deprecation"].removeprefix("@")), UTC)
    assert since < parsedate_to_datetime(answer.headers["sunset"])
    successor = f"/api/v1/operations/{job['job_id']}"
    assert answer.headers["link"] == f'<{successor}>; rel="successor-version"'
    assert document["/api/v1/jobs/{job_id}"]["get"]["deprecated"] is True
    assert "deprecation" not in client.get(successor, headers=reader).headers


def test_the_end_closes_the_stream_and_a_failure_is_a_problem(
    client: TestClient, services: Services, job: dict[str, Any], reader: dict[str, str]
) -> None:
    error = {"code": "not_utf8", "message": "The file is not UTF-8.", "problems": []}
    with services.database.writing() as session:
        session.execute(
            update(JobRow)
            .where(JobRow.id == uuid.UUID(job["job_id"]))
            .values(state="failed", error=error, finished_at=services.database.clock())
        )
    path = f"/api/v1/operations/{job['job_id']}/events"

    told = client.get(path, headers=reader)
    (event,) = events(told.text)
    again = client.get(path, headers={**reader, "Last-Event-ID": event["id"]})

    assert told.headers["content-type"].startswith("text/event-stream")
    operation = json.loads(event["data"])
    assert (event["event"], operation["state"]) == ("operation", "failed")
    assert operation["error"]["code"] == "not_utf8"
    assert operation["error"]["status"] == 422
    assert events(again.text) == []


def test_nobody_listens_to_what_is_not_theirs(
    client: TestClient, job: dict[str, Any], tokens: dict[Role, str]
) -> None:
    path = f"/api/v1/operations/{uuid.UUID(int=7)}/events"

    assert client.get(path, headers=bearer(tokens[Role.DEVELOPER])).status_code == 404
    assert client.get(path, headers=bearer(tokens[Role.CONSUMER])).status_code == 403
    assert client.get(path).status_code == 401


def events(text: str) -> list[dict[str, str]]:
    parts = [part for part in text.split("\n\n") if "event: " in part]
    return [dict(line.split(": ", 1) for line in part.splitlines()) for part in parts]


@pytest.fixture
def operation(client: TestClient, job: dict[str, Any], reader: dict[str, str]) -> Operation:
    answer = client.get(f"/api/v1/operations/{job['job_id']}", headers=reader)
    running = {"state": "running", "finished_at": None, "error": None}
    return Operation.model_validate({**answer.json(), **running})


async def heard(answer: StreamingResponse) -> list[str]:
    return [str(part) async for part in answer.body_iterator]


def test_progress_is_told_once_each_and_silence_shows_that_the_stream_lives(
    operation: Operation,
) -> None:
    def states() -> Iterator[Operation]:
        yield operation
        yield operation
        yield operation
        yield operation.model_copy(update={"share": 0.5})
        yield operation.model_copy(update={"share": 1.0, "finished_at": operation.created_at})

    coming = states()
    answer = Streams(threading.Event()).stream(
        uuid.UUID(int=1),
        lambda: next(coming),
        last_event_id=None,
        look_every_s=0.01,
        heartbeat_s=0.015,
    )

    told = anyio.run(heard, answer)

    shares = [json.loads(e["data"])["share"] for e in events("".join(told))]
    assert shares == [operation.share, 0.5, 1.0]
    assert ": still here\n\n" in told


def test_who_loses_the_right_is_cut_off(operation: Operation) -> None:
    looks = iter([operation])

    def look() -> Operation:
        for found in looks:
            return found
        raise NotAllowed("this account is not active")

    answer = Streams(threading.Event()).stream(
        uuid.UUID(int=1), look, last_event_id=None, look_every_s=0.01
    )

    told = anyio.run(heard, answer)

    assert told[-1] == "event: refused\ndata: not_allowed\n\n"
    assert len(events("".join(told))) == 2


def test_one_caller_listens_to_a_few_streams_only_even_if_all_come_at_once(
    operation: Operation,
) -> None:
    stopping, caller = threading.Event(), uuid.UUID(int=1)
    streams = Streams(stopping)

    def one(who: uuid.UUID = caller) -> StreamingResponse:
        return streams.stream(who, lambda: operation, last_event_id=None, look_every_s=0.01)

    async def receive() -> dict[str, str]:
        await anyio.sleep_forever()
        return {}

    async def send(_message: object) -> None:
        stopping.set()

    async def listen() -> None:
        opened = [one() for _ in range(PER_PRINCIPAL)]
        with pytest.raises(TooManyStreams):
            one()
        one(uuid.UUID(int=2))
        with anyio.fail_after(5):
            await opened[0]({"type": "http"}, receive, send)
        one()

    anyio.run(listen)
