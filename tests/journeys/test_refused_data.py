"""Data, terms and policies that cannot be used are refused in words that help."""

import io
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from accredit_platform.client import Record
from accredit_platform.resources import folder
from tests.journeys.company import (
    TERMS,
    UPLOAD_LIMIT,
    Company,
    applications,
    chunks,
    pointers,
    refused,
)

pytestmark = pytest.mark.journey


def parquet() -> bytes:
    buffer = io.BytesIO()
    pd.DataFrame({"a": [1, 2]}).to_parquet(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "code", "words"),
    [
        pytest.param(b" \n\n", "a.csv", "empty_file", "white space", id="white space"),
        pytest.param(b"a,b\n", "a.csv", "header_only", "no rows", id="header only"),
        pytest.param(b"a,b\n1,2\n1,2,3\n", "a.csv", "malformed_table", "line 3", id="ragged"),
        pytest.param(b'a,b\n1,"2\n', "a.csv", "malformed_table", "line 2", id="open quote"),
        pytest.param(b"a\n\xff\xfe\n", "a.csv", "not_utf8", "offset 2", id="no UTF-8"),
        pytest.param(b"a,b,a\n1,2,3\n", "a.csv", "duplicate_columns", "'a'", id="duplicates"),
        pytest.param(
            (",".join(f"c{i}" for i in range(10_001)) + "\n1\n").encode(),
            "wide.csv",
            "too_many_columns",
            "10001 columns; at most 10000",
            id="10,001 columns",
        ),
        pytest.param(b"a,b\n1,2\n", "a.parquet", "malformed_table", "Parquet", id="no parquet"),
        pytest.param(parquet()[:-9], "a.parquet", "malformed_table", "Parquet", id="cut off"),
        pytest.param(parquet(), "a.csv", "nul_bytes", "no text", id="parquet as CSV"),
    ],
)
def test_an_upload_that_is_no_table_is_kept_as_refused(
    content: bytes, name: str, code: str, words: str, company: Company
) -> None:
    version = company.upload(content, name)

    job = company.done(version["job_id"], state="failed")
    version = company.developer.get(f"/dataset-versions/{version['id']}")

    assert job["error"]["code"] == version["error"]["code"] == code
    assert words in version["error"]["message"]
    assert version["state"] == "refused"
    assert version["rows"] is version["artifact"] is version["profile"] is None
    events = company.events(resource_id=version["id"])
    assert [e["action"] for e in events] == ["dataset_version.received", "dataset_version.refused"]
    assert events[-1]["fact"]["code"] == code
    problem = refused(lambda: company.run(data=version))
    assert (problem["status"], problem["code"]) == (409, "conflict")
    assert "refused" in problem["detail"]


@pytest.mark.parametrize(
    ("content", "name", "status", "code", "words"),
    [
        pytest.param(b"", "a.csv", 422, "invalid_input", "empty", id="empty"),
        pytest.param(b"a\n1\n", "a.xlsx", 422, "invalid_input", ".csv or .parquet", id="ending"),
        pytest.param(b"a\n1\n", "a", 422, "invalid_input", "'a' must end in", id="no ending"),
        pytest.param(
            b"1" * (UPLOAD_LIMIT + 1), "a.csv", 413, "upload_too_large", "200,000", id="too large"
        ),
        pytest.param(
            chunks(UPLOAD_LIMIT + 1), "a.csv", 413, "upload_too_large", "200,000", id="streamed"
        ),
    ],
)
def test_an_upload_that_cannot_be_read_at_all_leaves_nothing(
    content: Any, name: str, status: int, code: str, words: str, company: Company
) -> None:
    path = f"/datasets/{company.things['dataset']['id']}/versions"
    before = company.developer.get(path)

    answer = company.developer._http.post(f"{path}?file_name={name}", content=content)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert words in answer.json()["detail"]
    assert company.developer.get(path) == before
    assert not list((company.server.home / "artifacts" / "incoming").iterdir())


@pytest.mark.parametrize(
    ("change", "pointer", "words"),
    [
        pytest.param({"favourable": None}, "/terms/favourable", "favourable", id="no favourable"),
        pytest.param(
            {"sensitive_features": [{"column": "approve", "origin": "inferred"}]},
            "/terms/sensitive_features",
            "none of them is the target",
            id="target is sensitive",
        ),
        pytest.param(
            {"risk_tier": 1}, "/terms/risk_tier", "Extra inputs are not permitted", id="tier"
        ),
        pytest.param({"purpose": "  "}, "/terms/purpose", "at least 1", id="blank purpose"),
        pytest.param({"mood": 1}, "/terms/mood", "not permitted", id="unknown field"),
        pytest.param({"task": "ranking"}, "/terms/task", "binary", id="unknown task"),
    ],
)
def test_terms_that_do_not_hold_together_are_refused(
    change: Record, pointer: str, words: str, company: Company
) -> None:
    path = f"/projects/{company.things['project']['id']}/use-cases"
    body = {"name": "other", "owner_id": company.ids["owner"], "terms": {**TERMS, **change}}

    problem = refused(lambda: company.owner.post(path, body))

    assert (problem["status"], problem["code"]) == (422, "invalid_input")
    assert pointers(problem) == [pointer]
    assert words in problem["detail"]
    assert len(company.owner.get(path)["items"]) == 1


def use_case(company: Company, name: str, **change: Any) -> Record:
    path = f"/projects/{company.things['project']['id']}/use-cases"
    body = {"name": name, "owner_id": company.ids["owner"], "terms": {**TERMS, **change}}
    return company.owner.post(path, body)


@pytest.mark.parametrize(
    ("terms", "spec", "words"),
    [
        pytest.param({"target": "paid"}, {}, "the target 'paid'", id="target"),
        pytest.param(
            {"sensitive_features": [{"column": "creed", "origin": "inferred"}]},
            {},
            "sensitive feature 'creed'",
            id="sensitive feature",
        ),
        pytest.param({}, {"exclude": ["nothing"]}, "excluded column 'nothing'", id="excluded"),
        pytest.param(
            {}, {"mitigation": {"sensitive_feature": "prop"}}, "'prop' is no sens", id="mitigation"
        ),
        pytest.param({}, {"time": "decade"}, "time column 'decade'", id="time"),
        pytest.param({}, {"metric": "luck"}, "'luck' is unknown", id="metric"),
        pytest.param({}, {"metric": "r2"}, "does not suit binary", id="metric of another task"),
    ],
)
def test_a_run_that_names_what_is_not_there_is_refused_at_once(
    terms: Record, spec: Record, words: str, company: Company, request: pytest.FixtureRequest
) -> None:
    name = request.node.callspec.id.replace(" ", "-")
    asked = use_case(company, name, **terms) if terms else company.things["use_case"]

    problem = refused(lambda: company.run(use_case=asked, **spec))

    assert (problem["status"], problem["code"]) == (422, "invalid_input")
    assert words in problem["detail"]
    assert pointers(problem)
    assert all(pointer.startswith("/spec") for pointer in pointers(problem))
    denied = company.events(outcome="denied")[-1]
    assert (denied["fact"]["operation"], denied["fact"]["code"]) == (
        "request_run",
        "invalid_input",
    )
    assert denied["actor"]["id"] == company.ids["developer"]
    listed = company.developer.get(f"/runs?use_case_id={asked['id']}")["items"]
    assert all(run["state"] == "finished" for run in listed)


@pytest.mark.parametrize(
    ("frame", "terms", "spec", "code", "words"),
    [
        pytest.param(
            lambda f: f.assign(approve=1), {}, {}, "constant_target", "approve", id="constant"
        ),
        pytest.param(
            lambda f: f.assign(granted=f["approve"].map({0: "no", 1: "yes"})),
            {},
            {},
            "leakage_found",
            "granted",
            id="the target in disguise",
        ),
        pytest.param(
            None, {"favourable": "yes"}, {}, "unknown_favourable_class", "yes", id="favourable"
        ),
    ],
)
def test_a_run_that_cannot_be_made_fails_in_words_that_help(
    frame: Callable[[pd.DataFrame], pd.DataFrame] | None,
    terms: Record,
    spec: Record,
    code: str,
    words: str,
    company: Company,
    request: pytest.FixtureRequest,
) -> None:
    data = company.data(frame(applications())) if frame else company.things["data"]
    name = request.node.callspec.id.replace(" ", "-")
    asked = use_case(company, f"run-{name}", **terms) if terms else company.things["use_case"]

    run = company.run(data=data, use_case=asked, **spec)
    company.done(run["job_id"], state="failed")
    run = company.developer.get(f"/runs/{run['id']}")

    assert run["state"] == "failed"
    assert run["error"]["code"] == code
    assert words in run["error"]["message"]
    assert run["bundle_digest"] is None
    events = company.events(resource_id=run["id"])
    assert [e["action"] for e in events] == ["run.requested", "run.failed"]
    assert events[-1]["fact"] == {"code": code}
    body = {"run_id": run["id"]}
    path = f"/models/{company.things['model']['id']}/versions"
    assert refused(lambda: company.developer.post(path, body))["code"] == "conflict"


@pytest.mark.parametrize(
    ("change", "pointer", "words"),
    [
        pytest.param(("check: holdout_size", "check: luck"), "/gates/0", "luck", id="gate"),
        pytest.param(("min: 0.65", "min: 1.65"), "/gates/1", "", id="threshold"),
        pytest.param(("name: us", "name: [us"), "", "line", id="no YAML"),
    ],
)
def test_a_policy_that_decides_nothing_is_not_stored(
    change: tuple[str, str], pointer: str, words: str, company: Company
) -> None:
    text = (folder("policies") / "us-credit-federal.yaml").read_text(encoding="utf-8")
    source = text.replace(*change, 1).replace("version: 1", "version: 99", 1)

    problem = refused(lambda: company.policy_author.post("/policies", {"source": source}))

    assert (problem["status"], problem["code"]) == (422, "policy_invalid")
    assert any(p.startswith(pointer) for p in pointers(problem))
    assert words in problem["detail"] + str(problem["errors"])
    assert company.events(outcome="denied")[-1]["fact"]["operation"] == "draft_policy"
