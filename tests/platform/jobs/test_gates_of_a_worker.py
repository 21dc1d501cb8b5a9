"""Gates and simulations in the hands of a real worker, asked for through the API."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from accredit_governance.operations import api_tokens
from accredit_governance.registry import queue
from accredit_platform.app import create_app
from accredit_platform.auth.secrets import new_token
from accredit_platform.wiring import open_services
from tests.governance.office import STATEMENTS
from tests.platform.jobs.conftest import until
from tests.platform.jobs.lab import RANKING, SIZE, Lab, policy_text

Record = dict[str, Any]
STRICTER: Record = {
    "approval": {
        "stages": [{"name": "board", "role": "owner", "quorum": 1}],
        "validity_days": 7,
        "gate_age_days": 7,
    }
}


class Api:
    """The API of a laboratory, spoken to by its people."""

    def __init__(self, lab: Lab, client: TestClient) -> None:
        self._lab = lab
        self._client = client
        self._tokens: dict[str, str] = {}

    def ask(self, person: str, method: str, path: str, body: object = None) -> tuple[int, Record]:
        """Status and body of an answer."""
        answer = self._client.request(
            method,
            f"/api/v1{path}",
            headers={
                "Authorization": f"Bearer {self._token(person)}",
                **({"If-Match": "*"} if method == "PUT" else {}),
            },
            json=body,
        )
        found: Record = answer.json()
        return answer.status_code, found

    def post(self, person: str, path: str, body: object = None) -> Record:
        status, found = self.ask(person, "POST", path, body)
        assert status in {200, 201, 202}, found
        return found

    def get(self, person: str, path: str) -> Record:
        status, found = self.ask(person, "GET", path)
        assert status == 200, found
        return found

    def _token(self, person: str) -> str:
        if person not in self._tokens:
            self._tokens[person] = api_tokens.issue_own_token(
                self._lab.office.database,
                self._lab.office.people[person],
                name="test",
                secret=new_token(),
                days=1,
            ).token
        return self._tokens[person]

    def submitted(self, version_id: uuid.UUID) -> Record:
        path = f"/model-versions/{version_id}"
        status, found = self.ask(
            "trainer", "PUT", f"{path}/statements", STATEMENTS.model_dump(mode="json")
        )
        assert status == 200, found
        return self.post("submitter", f"{path}/submissions")

    def published(self, source: str) -> Record:
        drafted = self.post("author", "/policies", {"source": source})
        return self.post("publisher", f"/policies/{drafted['id']}/publications")

    def ended(self, person: str, job_id: str) -> Record:
        def look() -> Record | None:
            job = self.get(person, f"/operations/{job_id}")
            return job if job["finished_at"] is not None else None

        return until(look, within_s=150)


@pytest.fixture
def api(lab: Lab) -> Iterator[Api]:
    services = open_services(lab.settings)
    # Not as a context manager: the end of the application would close the services.
    client = TestClient(create_app(services), base_url="http://accredit.test")
    yield Api(lab, client)
    client.close()
    services.close()


@pytest.fixture
def hired(lab: Lab) -> Iterator[Callable[[], "subprocess.Popen[bytes]"]]:
    """Starts a worker as an installation does."""
    started: list[subprocess.Popen[bytes]] = []

    def hire() -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-P", "-m", "accredit_platform.cli.main", "worker"]
        worker = subprocess.Popen(
            [*command, "--home", str(lab.settings.home)],
            env={**os.environ, "ACCREDIT_WORKER_LOST_AFTER_S": "1.5"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        started.append(worker)
        return worker

    yield hire
    for worker in started:
        worker.terminate()
    for worker in started:
        try:
            worker.wait(15)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()


def test_gates_outlive_kill_9_of_the_worker_and_are_recorded_once(
    lab: Lab, api: Api, hired: Callable[[], "subprocess.Popen[bytes]"]
) -> None:
    lab.publish(SIZE, RANKING)
    version = api.submitted(lab.version_ids[0])
    job_id = uuid.UUID(version["job_id"])
    worker = hired()

    def running() -> bool:
        with lab.office.database.reading() as session:
            job = queue.facts(session, job_id)
        return job is not None and job.state == "running"

    until(lambda: running() or None, within_s=150)
    # While this transaction is open nobody else writes: the job cannot end before its worker does.
    with lab.office.database.writing():
        assert running()
        worker.kill()
        worker.wait()
    events = lab.office.size()
    hired()
    job = api.ended("submitter", version["job_id"])

    assert (job["state"], job["attempts"]) == ("succeeded", 2)
    assert lab.office.state_of(lab.version_ids[0]) == "in_review"
    assert lab.office.actions(since=events).count("gate_evaluation.finished") == 1
    found = api.get("validator", f"/model-versions/{lab.version_ids[0]}/gate-evaluation")
    assert lab.artifacts.file(found["probes_digest"]).is_file()
    until(lambda: not (lab.settings.home / "work" / version["job_id"]).exists() or None)


def test_a_policy_published_in_flight_changes_nothing_in_flight(
    lab: Lab, api: Api, hired: Callable[[], "subprocess.Popen[bytes]"]
) -> None:
    first = lab.publish(SIZE, RANKING)
    waiting = lab.version_ids[0]
    gating = api.submitted(lab.version_ids[0])

    second = api.published(
        policy_text({**SIZE, "min_rows": 100_000}, RANKING, version=2, **STRICTER)
    )
    hired()
    assert api.ended("submitter", gating["job_id"])["state"] == "succeeded"

    version = api.get("submitter", f"/model-versions/{waiting}")
    evaluation = api.get("validator", f"/model-versions/{waiting}/gate-evaluation")
    (request,) = api.get("validator", f"/approval-requests?model_version_id={waiting}")["items"]
    assert version["state"] == "in_review"
    assert version["policy_version_id"] != second["id"]
    assert evaluation["policy_version_id"] == version["policy_version_id"]
    assert evaluation["blocking"] == []
    assert request["policy_version_id"] == version["policy_version_id"]
    assert request["subject"]["policy"] == first.digest()
    assert [stage["name"] for stage in request["stages"]] == ["validation", "compliance"]

    # In review it goes on as it began; what is submitted from now on does not.
    third = api.published(policy_text(SIZE, RANKING, version=3, **STRICTER))
    path = f"/approval-requests/{request['id']}/sign-offs"
    signature = {"decision": "approve", "subject_digest": request["subject_digest"]}
    asked = lab.office.request_of(waiting)
    for person in ("validator", "compliance"):
        proof = {"ticket": lab.office.ticket(person, asked), "comment": "Read."}
        decided = api.post(person, path, {**signature, **proof})
    assert decided["state"] == "approved"
    assert decided["policy_version_id"] == version["policy_version_id"]
    assert api.submitted(lab.version_ids[1])["policy_version_id"] == third["id"]


def test_a_policy_is_simulated_and_a_simulation_stopped_through_the_api(
    lab: Lab, api: Api, hired: Callable[[], "subprocess.Popen[bytes]"]
) -> None:
    lab.publish(SIZE, RANKING)
    gating = api.submitted(lab.version_ids[0])
    status, refused = api.ask("submitter", "POST", f"/operations/{gating['job_id']}/cancellations")
    assert (status, refused["code"]) == (403, "not_allowed")
    source = policy_text({**SIZE, "min_rows": 100_000}, RANKING, version=2)
    status, refused = api.ask("author", "POST", "/policy-simulations", {"source": "gates: []"})
    assert (status, refused["code"]) == (422, "policy_invalid")
    assert len(refused["errors"]) > 3
    stopped = api.post("author", "/policy-simulations", {"source": source})
    path = f"/policy-simulations/{stopped['id']}"
    api.post("publisher", f"{path}/cancellations")
    hired()
    assert api.ended("author", stopped["job_id"])["state"] == "cancelled"
    assert api.ended("submitter", gating["job_id"])["state"] == "succeeded"

    asked = api.post("author", "/policy-simulations", {"source": source})
    assert api.ended("author", asked["job_id"])["state"] == "succeeded"

    found = api.get("publisher", f"/policy-simulations/{asked['id']}")
    listed = api.get("author", "/policy-simulations")["items"]
    assert found["state"] == "finished"
    assert found["counts"]["newly_fails"] == found["counts"]["first_judged"] == 1
    assert [o["change"] for o in found["document"]["versions"]] == ["newly_fails", "first_judged"]
    assert json.loads(found["source"])["version"] == 2
    assert [item["id"] for item in listed] == [asked["id"], stopped["id"]]
    assert until(lambda: api.get("author", path)["state"] == "cancelled" or None)
    assert api.ask("owner", "GET", path)[0] == 403
    names = [policy["version"] for policy in api.get("author", "/policies")["items"]]
    assert 2 not in names
