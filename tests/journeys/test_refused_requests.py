"""Rows, labels and requests that mean nothing stop nothing but themselves."""

import json
import uuid
from typing import Any

import pytest

from accredit_platform.client import Record, Refused
from tests.journeys.company import Company, chunks, pointers, refused

pytestmark = pytest.mark.journey


def predict(company: Company, *rows: Record) -> Record:
    path = f"/deployments/{company.things['deployment']['id']}/predictions"
    content = json.dumps({"rows": rows}).encode()
    answer = company.desk._http.post(
        path, content=content, headers={"Content-Type": "application/json"}
    )
    if answer.is_error:
        raise Refused(answer.json())
    told: Record = answer.json()
    return told


@pytest.mark.parametrize(
    ("change", "pointer", "words"),
    [
        pytest.param({"obrat": ...}, "/rows/1/obrat", "'obrat' is missing", id="missing column"),
        pytest.param({"obrat": "high"}, "/rows/1/obrat", "a number, not text", id="text"),
        pytest.param({"obrat": True}, "/rows/1/obrat", "a number, not a boolean", id="boolean"),
        pytest.param({"obrat": [1]}, "/rows/1/obrat", "a number, not a list", id="list"),
        pytest.param({"obrat": 2**60}, "/rows/1/obrat", "beyond 2^53", id="huge integer"),
        pytest.param({"prop": {"a": 1}}, "/rows/1/prop", "a category, not an object", id="object"),
        pytest.param({"prop": "\ud800"}, "/", "surrogate", id="half a surrogate"),
        pytest.param({"prop": "a\0b"}, "/", "NUL, at /rows/1/prop", id="NUL"),
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


def test_predictions_that_are_sent_again_are_answered_from_the_log(company: Company) -> None:
    path = f"/deployments/{company.things['deployment']['id']}"
    body, key = {"rows": company.things["rows"][:2]}, uuid.uuid4().hex
    before = company.developer.get(f"{path}/traffic")["predictions"]

    first, again = (
        company.desk._http.post(f"{path}/predictions", json=body, headers={"Idempotency-Key": key})
        for _ in range(2)
    )

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert company.developer.get(f"{path}/traffic")["predictions"] == before + 2


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
    worded = refused(lambda: tell({**first, "label": str(first["label"])}))
    zoneless = refused(lambda: tell({**first, "occurred_at": "2026-01-01T00:00:00"}))

    assert (unknown["status"], pointers(unknown)) == (422, ["/outcomes/1/prediction_id"])
    assert (twice["status"], twice["code"]) == (422, "invalid_input")
    assert (changed["status"], changed["code"]) == (409, "conflict")
    assert changed["prediction"] == first["prediction_id"]
    assert (worded["status"], pointers(worded)) == (422, ["/outcomes/0/label"])
    assert "one of [0, 1]" in worded["detail"]
    assert (zoneless["status"], pointers(zoneless)) == (422, ["/outcomes/0/occurred_at"])
    assert tell(first) == {"recorded": 0, "known": 1}
    codes = [e["fact"]["code"] for e in company.events(outcome="denied")[-4:]]
    assert codes == ["invalid_input", "invalid_input", "conflict", "invalid_input"]


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
