"""What cannot be used is refused in words that help, and leaves nothing half-done."""

import io
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pandas as pd
import pytest

from accredit_platform.demo.client import Record, Refused
from accredit_platform.resources import folder
from tests.journeys.company import (
    STATEMENTS,
    TERMS,
    Company,
    applications,
    hire,
    in_days,
)

pytestmark = pytest.mark.journey

UPLOAD_LIMIT = 200_000


@pytest.fixture(scope="module")
def company(reopen: Callable[..., Company]) -> Company:
    opened = reopen(ACCREDIT_MAX_UPLOAD_BYTES=str(UPLOAD_LIMIT))
    hire(opened, "author", "validator")
    hire(opened, "second_admin", "admin")
    return opened


def refused(act: Callable[[], object]) -> Record:
    with pytest.raises(Refused) as caught:
        act()
    problem: Record = caught.value.problem
    assert problem["type"] == f"urn:accredit:problem:{problem['code']}"
    assert problem["request_id"]
    return problem


def pointers(problem: Record) -> list[str]:
    return [error["pointer"] for error in problem.get("errors", [])]


# --- uploads -------------------------------------------------------------------------------------


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


def chunks(total: int) -> Iterator[bytes]:
    for start in range(0, total, 10_000):
        yield b"1" * min(10_000, total - start)


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


# --- use cases and runs --------------------------------------------------------------------------


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
        pytest.param({"risk_tier": 5}, "/terms/risk_tier", "less than or equal to 4", id="tier"),
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
    ],
)
def test_a_run_on_columns_that_are_not_there_is_refused_at_once(
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
        pytest.param(None, {}, {"metric": "luck"}, "unknown_metric", "luck", id="metric"),
        pytest.param(None, {}, {"metric": "r2"}, "unfit_metric", "r2", id="metric of another task"),
        pytest.param(None, {}, {"families": ["oracle"]}, "unfit_settings", "oracle", id="family"),
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


# --- policies ------------------------------------------------------------------------------------


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
    text = (folder("policies") / "us-consumer-credit.yaml").read_text(encoding="utf-8")
    source = text.replace(*change, 1).replace("version: 1", "version: 99", 1)

    problem = refused(lambda: company.policy_author.post("/policies", {"source": source}))

    assert (problem["status"], problem["code"]) == (422, "policy_invalid")
    assert any(p.startswith(pointer) for p in pointers(problem))
    assert words in problem["detail"] + str(problem["errors"])
    assert company.events(outcome="denied")[-1]["fact"]["operation"] == "draft_policy"


# --- judges --------------------------------------------------------------------------------------


def test_the_walk_was_refused_where_it_had_to_be(walked: Company) -> None:
    told = walked.things["refused"]

    assert (told["stale"]["status"], told["stale"]["code"]) == (409, "stale_digest")
    assert told["stale"]["expected"] == walked.things["request"]["subject_digest"]
    assert (told["twice"]["status"], told["twice"]["code"]) == (403, "four_eyes")
    assert "signed this request already" in told["twice"]["detail"]
    assert (told["own_waiver"]["status"], told["own_waiver"]["code"]) == (403, "four_eyes")
    assert (told["passed"]["status"], told["passed"]["code"]) == (409, "gate_blocked")
    assert "is pass; only insufficient evidence can be waived" in told["passed"]["detail"]
    assert (told["early"]["status"], told["early"]["code"]) == (409, "conflict")
    denied = [e["fact"]["code"] for e in walked.events(outcome="denied")]
    assert denied == [problem["code"] for problem in told.values()]


def test_a_maker_signs_nothing_of_their_own(company: Company) -> None:
    binding = {"role": "validator"}
    company.admin.post(f"/principals/{company.ids['developer']}/role-bindings", binding)
    request = company.things["request"]
    body = {"decision": "approve", "subject_digest": request["subject_digest"], "comment": "Mine."}

    problem = refused(
        lambda: company.developer.post(f"/approval-requests/{request['id']}/sign-offs", body)
    )

    assert (problem["status"], problem["code"]) == (403, "four_eyes")
    assert "trained it and submitted it and prepared its data" in problem["detail"]
    denied = company.events(outcome="denied")[-1]
    assert (denied["resource"], denied["actor"]["id"]) == (request["id"], company.ids["developer"])
    now = company.validator.get(f"/approval-requests/{request['id']}")
    assert now["sign_offs"] == request["sign_offs"]


def test_a_failed_check_is_not_waived_and_its_version_goes_nowhere(company: Company) -> None:
    run = company.run(
        exclude=["appinc", "obrat", "loanprc"], max_trials=1, families=["linear"], seed=4
    )
    company.done(run["job_id"])
    path = f"/models/{company.things['model']['id']}/versions"
    version = company.developer.post(path, {"run_id": run["id"]})
    company.developer.put(f"/model-versions/{version['id']}/statements", STATEMENTS)
    version = company.developer.post(f"/model-versions/{version['id']}/submissions")
    company.done(version["job_id"])
    version = company.developer.get(f"/model-versions/{version['id']}")
    gates = company.developer.get(f"/model-versions/{version['id']}/gate-evaluation")
    failed = [r["key"] for r in gates["results"] if r["verdict"] == "fail" and r["required"]]
    waiver = {
        "check_key": failed[0],
        "reason": "We would like it all the same.",
        "obligation": "We will look at it again.",
        "expires_at": in_days(10),
    }

    problem = refused(
        lambda: company.validator.post(f"/gate-evaluations/{gates['id']}/waivers", waiver)
    )
    path = f"/model-versions/{version['id']}/deployments"
    undeployed = refused(lambda: company.owner.post(path, {"environment": "production"}))

    assert version["state"] == "gate_failed"
    assert (problem["status"], problem["code"]) == (409, "gate_blocked")
    assert (problem["check"], problem["verdict"]) == (failed[0], "fail")
    assert "only insufficient evidence can be waived" in problem["detail"]
    assert "gate_failed; only an approved one serves" in undeployed["detail"]
    path = f"/model-versions/{version['id']}"
    assert company.developer.get(f"{path}/waivers")["items"] == []
    path = f"/approval-requests?model_version_id={version['id']}"
    assert company.validator.get(path)["items"] == []


# --- callers -------------------------------------------------------------------------------------


def ask(company: Company, token: str | None, path: str = "/projects") -> httpx2.Response:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return httpx2.get(f"{company.server.url}/api/v1{path}", headers=headers)


def test_a_token_counts_until_it_expires_or_is_revoked(company: Company) -> None:
    body = {"kind": "service", "name": "short", "title": "Short-lived"}
    service = company.admin.post("/principals", body)["id"]
    company.admin.post(f"/principals/{service}/role-bindings", {"role": "viewer"})
    revoked, expired, sound = (
        company.admin.post(f"/principals/{service}/tokens", {"days": 1}) for _ in range(3)
    )
    assert ask(company, revoked["token"]).status_code == 200
    company.admin.post(f"/tokens/{revoked['id']}/revocations")
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat(sep=" ")
    database = sqlite3.connect(company.server.home / "accredit.sqlite", timeout=10)
    with database:
        (form,) = database.execute("select expires_at from api_token limit 1").fetchone()
        past = past[: len(form)] if "+" not in form else past
        changed = database.execute(
            "update api_token set expires_at = ? where id = ?",
            (past.split("+")[0], uuid.UUID(expired["id"]).hex),
        ).rowcount
    database.close()
    assert changed == 1

    answers = {
        name: ask(company, token)
        for name, token in {
            "none": None,
            "garbage": "acc_" + "x" * 43,
            "no form of ours": "hello",
            "empty": "",
            "revoked": revoked["token"],
            "expired": expired["token"],
        }.items()
    }

    assert ask(company, sound["token"]).status_code == 200
    for name, answer in answers.items():
        assert answer.status_code == 401, name
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["code"] == "not_authenticated"
    assert len({answer.json()["detail"] for answer in answers.values()}) == 1, "no hint why"


def test_the_door_names_the_permission_that_is_missing(company: Company) -> None:
    path = f"/projects/{company.things['project']['id']}/use-cases"
    body = {"name": "mine", "owner_id": company.ids["owner"], "terms": TERMS}

    problem = refused(lambda: company.admin.post(path, body))

    assert (problem["status"], problem["code"]) == (403, "not_allowed")
    assert problem["permission"] == "use_case:create"
    assert "use_case:create" in problem["detail"]
    denied = company.events(outcome="denied")[-1]
    assert denied["fact"]["operation"] == "create_use_case"
    assert denied["project"] == denied["resource"] == company.things["project"]["id"]


BODIES: dict[str, Record] = {
    "create_use_case": {"name": "x", "owner_id": str(uuid.uuid4()), "terms": TERMS},
    "create_dataset": {"name": "x", "title": "x"},
    "create_model": {"name": "x"},
    "register_model_version": {"run_id": str(uuid.uuid4())},
    "describe_model_version": STATEMENTS,
    "suspend_model_version": {"reason": "x"},
    "propose_waiver": {
        "check_key": "x",
        "reason": "x",
        "obligation": "x",
        "expires_at": "2030-01-01T00:00:00Z",
    },
    "sign_off": {"decision": "approve", "subject_digest": "0" * 64},
    "grant_access": {
        "principal_id": str(uuid.uuid4()),
        "purpose": "x",
        "expires_at": "2030-01-01T00:00:00Z",
    },
    "predict": {"rows": [{}]},
    "record_outcomes": {
        "outcomes": [
            {
                "prediction_id": str(uuid.uuid4()),
                "label": 1,
                "occurred_at": "2026-01-01T00:00:00Z",
            }
        ]
    },
    "stop_deployment": {"reason": "x"},
}
GLOBAL = {"get_policy", "publish_policy", "bind_role", "create_service_token", "revoke_token"}


def test_nobody_learns_that_another_projects_things_exist(company: Company) -> None:
    other = company.admin.post("/projects", {"name": "elsewhere", "title": "Elsewhere"})["id"]
    hire(company, "stranger", "owner", other)
    for role in ("developer", "validator", "compliance", "consumer"):
        binding = {"role": role, "project_id": other}
        company.admin.post(f"/principals/{company.ids['stranger']}/role-bindings", binding)
    things = company.things
    ids = {
        "project_id": things["project"]["id"],
        "use_case_id": things["use_case"]["id"],
        "dataset_id": things["dataset"]["id"],
        "run_id": things["run"]["id"],
        "model_id": things["model"]["id"],
        "version_id": things["version"]["id"],
        "evaluation_id": things["gates"]["id"],
        "waiver_id": things["waived"][0]["id"],
        "request_id": things["request"]["id"],
        "deployment_id": things["deployment"]["id"],
        "grant_id": things["grant"]["id"],
        "report_id": things["loud"]["id"],
        "alert_id": things["alerts"][0]["id"],
        "job_id": things["gated"]["job_id"],
    }
    document = httpx2.get(f"{company.server.url}/api/v1/openapi.json").json()
    walked = 0
    for template, methods in document["paths"].items():
        names = [p[1:-1] for p in template.split("/") if p.startswith("{")]
        for method, operation in methods.items():
            if not names or operation["operationId"] in GLOBAL or names == ["size"]:
                continue
            known = {**ids}
            if "dataset-versions" in template:
                known["version_id"] = things["data"]["id"]
            body = BODIES.get(operation["operationId"])
            answers = []
            for identifier in (known[names[0]], str(uuid.uuid4())):
                path = template.removeprefix("/api/v1").replace(f"{{{names[0]}}}", identifier)
                content = {"content": b"a\n1\n"} if "upload" in operation["operationId"] else {}
                more: Any = content or ({} if method == "get" else {"json": body or {}})
                answer = company.stranger._http.request(method, path, **more)
                assert answer.status_code == 404, f"{method} {path}: {answer.text}"
                answers.append(answer.json()["detail"].replace(identifier, "…"))
            assert answers[0] == answers[1], template
            walked += 1
    assert walked >= 45
    for listed in ("projects", "runs", "models", "deployments", "alerts", "approval-requests"):
        items = company.stranger.get(f"/{listed}")["items"]
        assert [item["id"] for item in items] == ([other] if listed == "projects" else [])
    assert company.stranger.get("/audit-events?page_size=1000")["items"][0]["event"]["project"] == (
        other
    )


# --- predictions and outcomes --------------------------------------------------------------------


def predict(company: Company, *rows: Record) -> Record:
    path = f"/deployments/{company.things['deployment']['id']}/predictions"
    return company.desk.post(path, {"rows": list(rows)})


@pytest.mark.parametrize(
    ("change", "pointer", "words"),
    [
        pytest.param({"obrat": ...}, "/rows/1/obrat", "'obrat' is missing", id="missing column"),
        pytest.param({"obrat": "high"}, "/rows/1/obrat", "a number, not text", id="text"),
        pytest.param({"obrat": True}, "/rows/1/obrat", "a number, not a boolean", id="boolean"),
        pytest.param({"obrat": [1]}, "/rows/1/obrat", "a number, not a list", id="list"),
        pytest.param({"obrat": 2**60}, "/rows/1/obrat", "beyond 2^53", id="huge integer"),
        pytest.param({"prop": {"a": 1}}, "/rows/1/prop", "a category, not an object", id="object"),
        pytest.param({"prop": "\ud800"}, "/rows/1/prop", "surrogate", id="half a surrogate"),
        pytest.param({"prop": "a\0b"}, "/rows/1/prop", "NUL", id="NUL"),
    ],
)
def test_a_row_that_does_not_fit_stops_all_of_them(
    change: Record, pointer: str, words: str, company: Company
) -> None:
    good = company.things["rows"][0]
    bad = {k: v for k, v in {**good, **change}.items() if v is not ...}
    counts = f"/deployments/{company.things['deployment']['id']}/traffic"
    before = company.developer.get(counts)

    problem = refused(lambda: predict(company, good, bad))

    assert (problem["status"], problem["code"]) == (422, "invalid_input")
    assert pointers(problem) == [pointer]
    assert words in problem["detail"]
    assert company.developer.get(counts) == before


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_not_a_number_is_no_input(number: str, company: Company) -> None:
    path = f"/deployments/{company.things['deployment']['id']}/predictions"
    row = f'{{"appinc": 1, "obrat": {number}, "loanprc": 1, "prop": "flat"}}'
    body = f'{{"rows": [{row}]}}'

    answer = company.desk._http.post(
        path, content=body, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"pointer": "/rows/0/obrat", "detail": "'obrat' needs a finite number"}
    ]


def test_odd_inputs_are_answered_with_a_warning(company: Company) -> None:
    row = company.things["rows"][0]

    told = predict(
        company,
        {**row, "prop": "castle"},
        {**row, "obrat": None},
        {**row, "obrat": 1e9},
        {**row, "appinc": None},
        {**row, "shoe": 43},
    )["predictions"]

    assert [t["warnings"] for t in told] == [
        ["'prop' has a category unseen in training"],
        ["'obrat' was never missing in training"],
        ["'obrat' is outside the range of training"],
        [],
        ["'shoe' is no input of the model and is ignored"],
    ]


@pytest.mark.parametrize(
    ("content", "status", "code", "words"),
    [
        pytest.param(b'{"rows": [', 400, "bad_request", "character 10", id="cut off"),
        pytest.param(b"\xff", 400, "bad_request", "body", id="no UTF-8"),
        pytest.param(b"[" * 100_000, 400, "bad_request", "body", id="deep"),
        pytest.param(b"[]", 422, "invalid_input", "object", id="no object"),
        pytest.param(b'{"rows": []}', 422, "invalid_input", "/rows", id="no rows"),
        pytest.param(b'{"rows": [{}], "x": 1}', 422, "invalid_input", "/x", id="unknown field"),
        pytest.param(
            b'{"rows": [' + b",".join([b"{}"] * 1001) + b"]}",
            422,
            "invalid_input",
            "at most 1000",
            id="1001 rows",
        ),
        pytest.param(b" " * 5_000_000, 413, "too_large", "4,194,304", id="5 MB"),
        pytest.param(chunks(5_000_000), 413, "too_large", "4,194,304", id="5 MB streamed"),
    ],
)
def test_a_body_that_is_no_request_is_a_problem(
    content: Any, status: int, code: str, words: str, company: Company
) -> None:
    path = f"/deployments/{company.things['deployment']['id']}/predictions"

    answer = company.desk._http.post(
        path, content=content, headers={"Content-Type": "application/json"}
    )

    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert words in answer.json()["detail"]


def test_outcomes_are_told_once_and_do_not_change(company: Company) -> None:
    path = f"/deployments/{company.things['deployment']['id']}/outcomes"
    first = company.things["outcomes"][0]

    def tell(*outcomes: Record) -> Record:
        return company.desk.post(path, {"outcomes": list(outcomes)})

    unknown = refused(lambda: tell(first, {**first, "prediction_id": str(uuid.uuid4())}))
    twice = refused(lambda: tell(first, first))
    changed = refused(lambda: tell({**first, "label": 1 - first["label"]}))
    zoneless = refused(lambda: tell({**first, "occurred_at": "2026-01-01T00:00:00"}))

    assert (unknown["status"], pointers(unknown)) == (422, ["/outcomes/1/prediction_id"])
    assert (twice["status"], twice["code"]) == (422, "invalid_input")
    assert (changed["status"], changed["code"]) == (409, "conflict")
    assert changed["prediction"] == first["prediction_id"]
    assert (zoneless["status"], pointers(zoneless)) == (422, ["/outcomes/0/occurred_at"])
    assert tell(first) == {"recorded": 0, "known": 1}
    codes = [e["fact"]["code"] for e in company.events(outcome="denied")[-3:]]
    assert codes == ["invalid_input", "invalid_input", "conflict"]


# --- HTTP ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        pytest.param("GET", "/nothing", 404, "nothing at this address", id="unknown path"),
        pytest.param("DELETE", "/projects", 405, "GET, POST", id="wrong method"),
        pytest.param("GET", "/projects/7", 422, "/project_id", id="malformed id"),
        pytest.param("GET", "/projects?page_size=0", 422, "/page_size", id="page of none"),
        pytest.param("GET", "/projects?page_size=5000", 422, "/page_size", id="page too large"),
        pytest.param("GET", "/projects?page_token=x", 422, "page_token", id="token not ours"),
        pytest.param("GET", "/audit-events?since=2026-01-01", 422, "/since", id="no time zone"),
        pytest.param("GET", "/approval-requests?state=odd", 422, "/state", id="unknown state"),
    ],
)
def test_an_address_that_means_nothing_is_a_problem(
    method: str, path: str, status: int, words: str, company: Company
) -> None:
    answer = company.auditor._http.request(method, path)

    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.status_code == status
    assert words in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        pytest.param({"name": "Big Name", "title": "x"}, "/name", id="name"),
        pytest.param({"name": "x", "title": ""}, "/title", id="empty title"),
        pytest.param({"name": "x"}, "/title", id="no title"),
        pytest.param({"name": "x", "title": "x", "id": 7}, "/id", id="unknown field"),
        pytest.param({"name": 7, "title": "x"}, "/name", id="number for text"),
    ],
)
def test_a_field_that_cannot_be_used_is_named(body: Record, pointer: str, company: Company) -> None:
    before = company.admin.get("/projects")

    problem = refused(lambda: company.admin.post("/projects", body))

    assert (problem["status"], problem["code"]) == (422, "invalid_input")
    assert pointers(problem) == [pointer]
    assert company.admin.get("/projects") == before


def test_a_name_that_is_taken_is_a_conflict(company: Company) -> None:
    problem = refused(lambda: company.admin.post("/projects", {"name": "credit", "title": "x"}))

    assert (problem["status"], problem["code"], problem["name"]) == (409, "conflict", "credit")
