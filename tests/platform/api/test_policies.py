"""Policies over the API and from the command line, against a service that listens."""

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from click.testing import Result
from starlette.testclient import TestClient
from typer.testing import CliRunner

from accredit_governance.access.permissions import Role
from accredit_platform.app import create_app
from accredit_platform.cli.main import app
from accredit_platform.demo.stage import free_port
from accredit_platform.resources import folder
from accredit_platform.wiring import Services
from tests.governance.office import ANSWERS
from tests.platform.api.conftest import bearer

CREDIT = folder("policies") / "us-credit-federal.yaml"
FACTS = {"tier": 2, "jurisdiction": ["us"], "task": "binary", "purpose": "consumer_credit"}
Run = Callable[..., Result]


def words(result: Result) -> str:
    return " ".join(result.output.split())


def draft(tmp_path: Path, version: int, *, name: str = "us-credit-federal", more: str = "") -> Path:
    text = CREDIT.read_text(encoding="utf-8").replace("version: 1\n", f"version: {version}\n", 1)
    file = tmp_path / f"{name}-{version}.yaml"
    file.write_text(text.replace("name: us-credit-federal", f"name: {name}", 1) + more)
    return file


@pytest.fixture(scope="module")
def address(services: Services, tokens: dict[Role, str]) -> Iterator[str]:
    """The service on a port of its own; its end does not close the services."""
    port = free_port(0)
    config = uvicorn.Config(
        create_app(services), port=port, log_level="error", lifespan="off", ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    until = time.monotonic() + 30
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def run(address: str, tokens: dict[Role, str]) -> Run:
    """`accredit policy …` as somebody in a role."""

    def invoke(role: Role, *arguments: object) -> Result:
        environment = {"ACCREDIT_SERVER": address, "ACCREDIT_TOKEN": tokens[role]}
        return CliRunner().invoke(app, ["policy", *map(str, arguments)], env=environment)

    return invoke


def resolution(client: TestClient, token: str, **query: object) -> Any:
    return client.get("/api/v1/policy-resolutions", params=query, headers=bearer(token))


def test_the_policy_that_applies_is_told_with_the_reasons_against_the_others(
    client: TestClient, tokens: dict[Role, str]
) -> None:
    found = resolution(client, tokens[Role.VIEWER], **FACTS, on="2026-11-22").json()

    assert (found["policy"], found["version"]) == ("us-credit-federal", 1)
    assert (found["effective_from"], found["as_of"]) == ("2026-07-21", "2026-11-22")
    assert found["refusal"] is None
    told = {entry["policy"]: entry for entry in found["considered"]}
    assert len(told) == 5
    assert [name for name, entry in told.items() if entry["chosen"]] == ["us-credit-federal"]
    assert "is narrower" in told["us-credit-states"]["reasons"][0]
    assert "does not cover jurisdiction us" in told["eu-ai-act"]["reasons"][0]


def test_that_no_policy_applies_is_an_answer_with_its_reasons(
    client: TestClient, tokens: dict[Role, str]
) -> None:
    asked = FACTS | {"jurisdiction": ["us", "eu"]}
    found = resolution(client, tokens[Role.VIEWER], **asked).json()

    assert found["policy"] is None
    assert found["refusal"]["code"] == "no_policy_applies"
    assert all(entry["reasons"] for entry in found["considered"])


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        pytest.param({}, 422, "invalid_input", id="nothing"),
        pytest.param({"tier": 2, "task": "binary"}, 422, "invalid_input", id="half the facts"),
        pytest.param(FACTS | {"tier": 5}, 422, "invalid_input", id="no tier"),
        pytest.param(FACTS | {"jurisdiction": ["U S"]}, 422, "invalid_input", id="no place"),
        pytest.param(FACTS | {"on": "soon"}, 422, "invalid_input", id="no day"),
        pytest.param({"use_case_id": str(uuid.uuid4())}, 404, "not_found", id="no use case"),
        pytest.param(
            {"use_case_id": str(uuid.uuid4()), "tier": 2}, 422, "invalid_input", id="both"
        ),
    ],
)
def test_what_cannot_be_asked_is_refused(
    client: TestClient, tokens: dict[Role, str], query: dict[str, Any], status: int, code: str
) -> None:
    answer = resolution(client, tokens[Role.VIEWER], **query)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_use_case_is_asked_by_its_number(
    client: TestClient, tokens: dict[Role, str], services: Services, run: Run
) -> None:
    admin, owner = bearer(tokens[Role.ADMIN]), bearer(tokens[Role.OWNER])
    project = client.post("/api/v1/projects", json={"name": "p", "title": "P"}, headers=admin)
    owner_id = client.get("/api/v1/me", headers=owner).json()["id"]
    terms = {
        "title": "Scores",
        "purpose": "Score applications.",
        "prohibited_uses": ["Pricing"],
        "domain": "consumer_credit",
        "jurisdictions": ["us", "us-ma"],
        "task": "binary",
        "target": "y",
        "favourable": 1,
    }
    made = client.post(
        f"/api/v1/projects/{project.json()['id']}/use-cases",
        json={"name": "scores", "owner_id": owner_id, "terms": terms},
        headers=owner,
    ).json()

    unknown = resolution(client, tokens[Role.VIEWER], use_case_id=made["id"])
    filled = client.post(
        f"/api/v1/use-cases/{made['id']}/risk-assessments",
        json={"answers": dict(ANSWERS)},
        headers=owner,
    )
    decided = client.post(
        f"/api/v1/risk-assessments/{filled.json()['id']}/decisions",
        json={"decision": "approve", "comment": "Agreed."},
        headers=bearer(tokens[Role.COMPLIANCE]),
    )
    found = resolution(client, tokens[Role.VIEWER], use_case_id=made["id"]).json()
    told = run(Role.VIEWER, "explain", "--use-case", made["id"])

    assert (unknown.status_code, unknown.json()["code"]) == (409, "tier_not_assessed")
    assert decided.json()["is_effective"]
    assert found["policy"] == "us-credit-states"
    assert told.exit_code == 0, told.output
    assert "Applies: us-credit-states version 1, in force since 2026-07-21" in words(told)


def test_drafts_are_listed_apart(
    client: TestClient, tokens: dict[Role, str], run: Run, tmp_path: Path
) -> None:
    assert run(Role.POLICY_AUTHOR, "draft", draft(tmp_path, 1, name="mine")).exit_code == 0

    def names(**query: str) -> set[str]:
        answer = client.get("/api/v1/policies", params=query, headers=bearer(tokens[Role.VIEWER]))
        return {item["name"] for item in answer.json()["items"]}

    assert "mine" in names(state="draft")
    assert "mine" not in names()
    assert "mine@1" in run(Role.VIEWER, "list").output
    listed = json.loads(run(Role.VIEWER, "list", "--json").output)
    assert {"mine", "eu-ai-act"} <= {record["name"] for record in listed}


def test_a_policy_goes_from_a_file_into_force_by_two_people(run: Run, tmp_path: Path) -> None:
    """Everybody holds their role everywhere, so there are people to sign."""
    file = draft(tmp_path, 2)

    drafted = run(Role.POLICY_AUTHOR, "draft", file)
    again = run(Role.POLICY_AUTHOR, "draft", file)
    by_author = run(Role.POLICY_AUTHOR, "publish", "us-credit-federal@2")
    published = run(Role.COMPLIANCE, "publish", "us-credit-federal@2")
    twice = run(Role.COMPLIANCE, "publish", "us-credit-federal@2")

    assert drafted.exit_code == 0, drafted.output
    assert "accredit policy publish us-credit-federal@2" in words(drafted)
    assert again.exit_code == 1
    assert "raise the number" in words(again)
    assert by_author.exit_code == 1
    assert "policy:publish" in words(by_author)
    assert published.exit_code == 0, published.output
    assert twice.exit_code == 1
    assert "published already" in words(twice)


def test_a_draft_that_locks_everybody_out_is_refused_in_words(run: Run, tmp_path: Path) -> None:
    file = draft(tmp_path, 3)
    file.write_text(file.read_text().replace("quorum: 1}", "quorum: 5}", 1))

    assert run(Role.POLICY_AUTHOR, "draft", file).exit_code == 0
    refused = run(Role.COMPLIANCE, "publish", "us-credit-federal@3")

    assert refused.exit_code == 1
    assert "Policy locks out" in words(refused)
    assert "5 different people needed as validator, 1 there" in words(refused)


def test_a_file_is_compared_with_what_is_in_force(run: Run, tmp_path: Path) -> None:
    file = draft(tmp_path, 9)
    file.write_text(file.read_text().replace("min: 0.65", "min: 0.60", 1))

    told = run(Role.VIEWER, "diff", "us-credit-federal@1", file)
    listed = run(Role.VIEWER, "diff", "--json", "us-credit-federal@1", file)
    same = run(Role.VIEWER, "diff", "us-credit-federal@1", CREDIT)
    gone = run(Role.VIEWER, "diff", "us-credit-federal@77", file)

    assert (told.exit_code, listed.exit_code, same.exit_code, gone.exit_code) == (1, 1, 0, 2)
    assert "/gates/discrimination/min" in told.output
    assert [change["effect"] for change in json.loads(listed.output)] == ["other", "laxer"]
    assert "The same." in same.output
    assert "no policy us-credit-federal@77" in words(gone)


def test_a_bad_draft_is_refused_with_every_place(run: Run, tmp_path: Path) -> None:
    file = draft(tmp_path, 4, more="mood: good\n")

    refused = run(Role.POLICY_AUTHOR, "draft", file)

    assert refused.exit_code == 1
    assert "/mood: unknown field 'mood'" in words(refused)


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        pytest.param({"ACCREDIT_TOKEN": ""}, "A token is needed", id="no token"),
        pytest.param({"ACCREDIT_TOKEN": "ü"}, "A token is needed", id="no token of ours"),
        pytest.param(
            {"ACCREDIT_TOKEN": "acc_x", "ACCREDIT_SERVER": "http://127.0.0.1:9"},
            "Cannot reach http://127.0.0.1:9",
            id="nobody there",
        ),
        pytest.param(
            {"ACCREDIT_TOKEN": "acc_x", "ACCREDIT_SERVER": "nowhere"},
            "Cannot reach nowhere",
            id="no address",
        ),
    ],
)
def test_a_service_that_cannot_be_asked_is_said_without_a_traceback(
    environment: dict[str, str], reason: str
) -> None:
    result = CliRunner().invoke(app, ["policy", "list"], env=environment)

    assert result.exit_code == 2
    assert reason in words(result)
    assert "Traceback" not in result.output


def test_a_wrong_token_is_refused(address: str, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("acc_wrong\n")
    command = ["policy", "list", "--server", address, "--token-file", str(token)]

    result = CliRunner().invoke(app, command)
    missing = CliRunner().invoke(app, [*command[:-1], str(tmp_path / "none")])

    assert result.exit_code == 1
    assert "Not authenticated" in words(result)
    assert missing.exit_code == 2


def test_a_simulation_of_a_bad_text_is_refused(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("gates: []\n")

    result = run(Role.POLICY_AUTHOR, "simulate", file)

    assert result.exit_code == 1
    assert "Policy invalid" in words(result)


def test_another_service_on_the_port_is_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    def another(_: httpx2.Client, request: httpx2.Request, **__: object) -> httpx2.Response:
        return httpx2.Response(200, text="<html></html>", request=request)

    monkeypatch.setattr(httpx2.Client, "send", another)

    result = CliRunner().invoke(app, ["policy", "list"], env={"ACCREDIT_TOKEN": "acc_x"})

    assert result.exit_code == 2
    assert "No answer of this service" in words(result)
