"""The client with models that serve: frames in and out, waiting, and what its page shows."""

import asyncio
import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from accredit_platform.cli.main import app
from accredit_platform.client import (
    AsyncClient,
    Client,
    Invalid,
    NotAllowed,
    Operation,
    OperationFailed,
)
from tests.journeys.company import Company, applications, password_of

pytestmark = pytest.mark.journey
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def developer(company: Company) -> Iterator[Client]:
    with Client(company.server.url, company.tokens["developer"]) as client:
        yield client


@pytest.fixture(scope="module")
def desk(company: Company) -> Iterator[Client]:
    with Client(company.server.url, company.tokens["desk"]) as client:
        yield client


@pytest.fixture(scope="module")
def rows(company: Company) -> pd.DataFrame:
    """Applications under an index of their own, some with missing values."""
    frame = pd.DataFrame(company.things["rows"][:40])
    return frame.set_index(pd.Index([f"case-{n}" for n in range(len(frame))], name="case"))


def test_a_frame_goes_up_and_is_followed_by_its_events(
    company: Company, developer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Operation] = []
    frame = applications(80, seed=9)
    asked: list[str] = []
    monkeypatch.setattr(type(developer.operations), "get", lambda _, found: asked.append(found))

    made = developer.datasets.upload(company.things["dataset"]["id"], frame)
    done = developer.operations.wait(made, progress=told.append, timeout_s=90)
    version = developer.dataset_versions.get(made.id)

    assert (done.state, done.resource_id) == ("succeeded", made.id)
    assert told[-1] == done
    assert not asked, "what happens is told, not asked for"
    assert [now.share for now in told] == sorted(now.share for now in told)
    assert (version.state, version.rows) == ("ready", 80)


def test_what_fails_says_why(company: Company, developer: Client, tmp_path: Path) -> None:
    file = tmp_path / "broken.csv"
    file.write_bytes(b"a,b\n1,2\n\xff\xfe\n")
    made = developer.datasets.upload(company.things["dataset"]["id"], file)

    with pytest.raises(OperationFailed, match=r"ingest failed: .*UTF-8") as caught:
        developer.operations.wait(str(made.job_id), timeout_s=90)

    assert caught.value.operation.error["code"] == "not_utf8"


def test_where_events_are_kept_back_it_asks_now_and_then(
    company: Company, developer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accredit_platform.client.operations.is_events", lambda _: False)
    made = developer.datasets.upload(company.things["dataset"]["id"], applications(60, seed=3))

    assert developer.operations.wait(made, timeout_s=90).state == "succeeded"


def test_who_stops_waiting_does_not_stop_the_work(company: Company, developer: Client) -> None:
    made = developer.datasets.upload(company.things["dataset"]["id"], applications(70, seed=4))

    def interrupt(_: Operation) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        developer.operations.wait(made, progress=interrupt)

    assert "goes on" in caught.value.__notes__[0]
    assert developer.operations.wait(made, timeout_s=90).state == "succeeded"


def test_predictions_come_back_under_the_index_that_was_sent(
    company: Company, desk: Client, rows: pd.DataFrame
) -> None:
    deployment = company.things["deployment"]["id"]

    told = desk.deployments.predict(deployment, rows, batch_rows=15)

    assert list(told.index) == list(rows.index)
    assert told.index.name == "case"
    known = company.things["told"][: len(rows)]
    assert list(told["score"]) == pytest.approx([answer["score"] for answer in known])
    assert list(told["decision"]) == [answer["decision"] for answer in known]
    assert told["id"].is_unique
    adverse = told[told["decision"] == "adverse"]
    assert all(len(reasons) > 0 for reasons in adverse["reasons"])


def test_an_event_loop_predicts_and_waits_as_well(
    company: Company, desk: Client, rows: pd.DataFrame
) -> None:
    deployment, dataset = company.things["deployment"]["id"], company.things["dataset"]["id"]

    async def walk() -> tuple[pd.DataFrame, str]:
        url, tokens = company.server.url, company.tokens
        async with AsyncClient(url, tokens["desk"]) as desk:
            told = await desk.deployments.predict(deployment, rows, batch_rows=30)
        async with AsyncClient(url, tokens["developer"]) as developer:
            made = await developer.datasets.upload(dataset, applications(65, seed=8))
            done = await developer.operations.wait(made, timeout_s=90)
        return told, done.state

    told, state = asyncio.run(walk())

    assert state == "succeeded"
    expected = desk.deployments.predict(deployment, rows)
    assert list(told["score"]) == list(expected["score"])


def test_rows_that_do_not_fit_are_refused_with_what_was_answered_before(
    company: Company, desk: Client, rows: pd.DataFrame
) -> None:
    odd = rows.copy()
    odd["appinc"] = odd["appinc"].astype(object)
    odd.iloc[-1, odd.columns.get_loc("appinc")] = "much"

    with pytest.raises(Invalid, match="appinc") as caught:
        desk.deployments.predict(company.things["deployment"]["id"], odd, batch_rows=20)

    assert caught.value.__notes__ == ["20 rows of earlier requests were answered and logged."]


def test_rows_in_a_file_are_judged_by_a_command(
    company: Company, rows: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCREDIT_SERVER", company.server.url)
    monkeypatch.setenv("ACCREDIT_TOKEN", company.tokens["desk"])
    source, answers = tmp_path / "rows.csv", tmp_path / "answers.csv"
    rows.to_csv(source, index=False)
    words = ["predict", str(source), "--deployment", company.things["deployment"]["id"]]

    shown = CliRunner().invoke(app, [*words, "--json"])
    written = CliRunner().invoke(app, [*words, "--output", str(answers)])

    assert shown.exit_code == written.exit_code == 0, shown.output + written.output
    kept = pd.read_csv(answers, float_precision="round_trip")
    assert list(kept["score"]) == [answer["score"] for answer in json.loads(shown.stdout)]


def test_commands_show_what_was_built(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCREDIT_SERVER", company.server.url)
    monkeypatch.setenv("ACCREDIT_TOKEN", company.tokens["developer"])
    things = company.things

    def call(*words: str, status: int = 0) -> Any:
        done = CliRunner().invoke(app, list(words))
        assert done.exit_code == status, f"{words} {done.output} {done.stderr}"
        return done.stdout

    board = json.loads(call("run", "leaderboard", things["run"]["id"], "--json"))
    assert [row["rank"] for row in board] == list(range(1, len(board) + 1))
    assert board[0]["score"] == max(row["score"] for row in board)
    assert "credit-approval" in call("model", "list")
    assert "champion" in call("model", "show", "credit-approval")
    assert "approved" in call("version", "list", "credit-approval")
    assert "credit-approval" in call("version", "card", things["version"]["id"])
    call("version", "gates", things["version"]["id"], status=1 if things["waived"] else 0)
    assert "approved" in call("approval", "list")
    assert things["request"]["subject_digest"] in call("approval", "show", things["request"]["id"])
    call("run", "wait", things["run"]["id"])


def test_commands_of_people_who_decide_say_what_stands_against_it(
    company: Company, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ACCREDIT_SERVER", company.server.url)
    things, file = company.things, tmp_path / "statements.yaml"
    file.write_text("limitations: Generated rows.\noversight: A loan officer decides.\n")
    request = things["request"]
    signing = ["approval", "sign", request["id"]]

    def call(name: str, *words: str, typed: str | None = None) -> str:
        monkeypatch.setenv("ACCREDIT_TOKEN", company.tokens[name])
        done = CliRunner().invoke(app, list(words), input=typed)
        assert done.exit_code == 1, f"{words} {done.output} {done.stderr}"
        return done.output

    assert "Sign this?" in call("validator", *signing, typed="n\n")
    password = password_of("validator")
    known = ("--digest", request["subject_digest"])
    told = call("validator", *signing, *known, typed=f"{password}\n")
    assert "signed this request already" in told
    assert "password" in call("validator", *signing, *known, "--password", "a wrong one at length")
    assert "approved" in call(
        "developer", "version", "describe", things["version"]["id"], str(file)
    )
    assert "Not found" in call(
        "developer",
        "run",
        "create",
        "--use-case",
        str(uuid.uuid4()),
        "--data",
        things["data"]["id"],
    )
    assert "Not allowed" in call("developer", "deploy", things["version"]["id"])


def test_the_page_about_it_tells_the_truth(
    company: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ACCREDIT_SERVER", company.server.url)
    monkeypatch.setenv("ACCREDIT_TOKEN", company.tokens["developer"])
    things = company.things
    names = {
        "project_id": things["project"]["id"],
        "use_case_id": things["use_case"]["id"],
        "run_id": things["run"]["id"],
        "version_id": things["version"]["id"],
        "deployment_id": things["deployment"]["id"],
        "desk_token": company.tokens["desk"],
        "frame": applications(60, seed=2),
        "applications": pd.DataFrame(things["rows"][:5]),
    }
    page = (ROOT / "docs" / "client.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    assert len(blocks) > 7

    for block in blocks:
        exec(compile(block, "client.md", "exec"), names)
    names["client"].close()

    printed = capsys.readouterr().out
    assert "succeeded 60" in printed
    assert "not_found" in printed
    assert "credit-approval" in printed


def test_a_token_that_may_not_is_told_so(company: Company, desk: Client) -> None:
    with pytest.raises(NotAllowed):
        desk.model_versions.submit(uuid.uuid4())
