"""Who may not do it, does not do it, and learns nothing on the way."""

import sqlite3
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from accredit_platform.auth.secrets import new_token
from accredit_platform.client import Record
from tests.journeys.company import (
    STATEMENTS,
    TERMS,
    Company,
    hire,
    in_days,
    refused,
)
from tests.request_bodies import least_body

pytestmark = pytest.mark.journey


def test_the_walk_was_refused_where_it_had_to_be(walked: Company) -> None:
    told = walked.things["refused"]

    assert (told["unproved"]["status"], told["unproved"]["code"]) == (
        403,
        "reauthentication_required",
    )
    assert (told["stale"]["status"], told["stale"]["code"]) == (409, "stale_digest")
    assert told["stale"]["expected"] == walked.things["request"]["subject_digest"]
    assert (told["twice"]["status"], told["twice"]["code"]) == (403, "four_eyes")
    assert "signed this request already" in told["twice"]["detail"]
    assert (told["own_waiver"]["status"], told["own_waiver"]["code"]) == (403, "four_eyes")
    assert (told["passed"]["status"], told["passed"]["code"]) == (409, "gate_blocked")
    assert "is pass; only insufficient evidence can be waived" in told["passed"]["detail"]
    assert (told["early"]["status"], told["early"]["code"]) == (409, "conflict")
    denied = [e["fact"]["code"] for e in walked.events(outcome="denied")]
    assert denied[: len(told)] == [problem["code"] for problem in told.values()]


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


def ask(company: Company, token: str | None, path: str = "/projects") -> httpx2.Response:
    headers = {} if token is None else {"Authorization": f"Bearer {token}".strip()}
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
        reason: ask(company, token, "/me")
        for reason, token in {
            None: None,
            "malformed": "acc_" + "x" * 43,
            "unknown": new_token(),
            "revoked": revoked["token"],
            "expired": expired["token"],
        }.items()
    }

    assert ask(company, sound["token"]).status_code == 200
    for reason, answer in answers.items():
        assert answer.status_code == 401, reason
        assert answer.json()["code"] == "not_authenticated"
        assert answer.json().get("reason") == reason
        assert answer.headers["www-authenticate"].startswith("Bearer")
    denied = [e["fact"]["code"] for e in company.events(outcome="denied")[-4:]]
    assert denied == ["malformed", "unknown", "revoked", "expired"]


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
    "create_risk_assessment": {"answers": {}},
    "decide_risk_assessment": {"decision": "approve", "comment": "x"},
    "change_owner": {"owner_id": str(uuid.uuid4())},
    "triage_model_request": {"use_case_id": str(uuid.uuid4())},
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
    "confirm_waiver": {"subject_digest": "0" * 64},
    "revoke_waiver": {"reason": "x"},
    "create_approval_comment": {"text": "x"},
    "meet_approval_condition": {"evidence": "x"},
    "return_approval_condition": {"reason": "x"},
    "sign_off": {"decision": "approve", "subject_digest": "0" * 64},
    "decide_access": {"decision": "grant"},
    "revoke_access": {"reason": "x"},
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
    "create_external_version": {
        "dataset_version_id": str(uuid.uuid4()),
        "terms": {
            "kind": "endpoint",
            "address": "https://vendor.example/score",
            "origin": {"author": "x", "tool": "x", "statement": "Bought in spring."},
        },
    },
}
GLOBAL = {
    "get_policy",
    "get_policy_simulation",
    "stop_policy_simulation",
    "publish_policy",
    "bind_role",
    "list_identities",
    "link_identity",
    "unlink_identity",
    "end_provider_sessions",
    "take_role",
    "deactivate_principal",
    "reactivate_principal",
    "get_group",
    "rename_group",
    "dissolve_group",
    "list_group_members",
    "add_group_member",
    "remove_group_member",
    "bind_role_to_group",
    "create_service_token",
    "revoke_token",
    "rotate_token",
    "revoke_my_token",
    "get_service_account",
    "give_service_account",
    "renew_service_account",
    "create_client_secret",
    "end_sessions",
    "create_password_link",
    "explain_permission",
    "get_permission_denial",
    "lift_permission_denial",
}


NOT_IN_THE_WALK = {
    "acceptance_id",
    "attestation_id",
    "condition_id",
    "delegation_id",
    "external_version_id",
    "plan_id",
    "session_id",
    "webhook_id",
    "delivery_id",
}
"""Of these the walk makes none; their routes are asked for two unknown ones."""


def a_finding(company: Company) -> str:
    version = company.things["version"]
    body = {
        "title": "Income is missing",
        "description": "A branch sends empty fields since May.",
        "severity": "low",
        "owner_id": company.ids["owner"],
        "due_on": in_days(30)[:10],
    }
    return str(company.validator.post(f"/model-versions/{version['id']}/findings", body)["id"])


def a_legal_hold(company: Company) -> str:
    version = company.things["version"]
    body = {"target": "model_version", "target_id": version["id"], "reason": "A complaint."}
    return str(company.compliance.post("/legal-holds", body)["id"])


def broken_glass(company: Company) -> str:
    body = {
        "role": "owner",
        "project_id": company.things["project"]["id"],
        "minutes": 60,
        "reason": "The owner cannot be reached.",
    }
    return str(company.validator.post("/break-glass-requests", body)["id"])


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
        "access_request_id": things["access_request"]["id"],
        "report_id": things["loud"]["id"],
        "alert_id": things["alerts"][0]["id"],
        "job_id": things["gated"]["job_id"],
        "operation_id": things["gated"]["job_id"],
        "assessment_id": things["assessment"]["id"],
        "proceeding_id": things["change"]["id"],
        "finding_id": a_finding(company),
        "hold_id": a_legal_hold(company),
        "break_glass_id": broken_glass(company),
    }
    document = httpx2.get(f"{company.server.url}/api/v1/openapi.json", timeout=60).json()
    walked, absent = 0, set()
    for template, methods in document["paths"].items():
        names = [p[1:-1] for p in template.split("/") if p.startswith("{")]
        for method, operation in methods.items():
            if not names or operation["operationId"] in GLOBAL or names == ["size"]:
                continue
            known = {**ids}
            if "dataset-versions" in template:
                known["version_id"] = things["data"]["id"]
            if "model-requests" in template:
                known["request_id"] = things["model_request"]["id"]
            if names[0] not in known:
                absent.add(names[0])
            body = BODIES.get(operation["operationId"]) or least_body(document, operation)
            answers = []
            for identifier in (known.get(names[0], str(uuid.uuid4())), str(uuid.uuid4())):
                path = template.removeprefix("/api/v1").replace(f"{{{names[0]}}}", identifier)
                path = path.replace("{environment}", "production")
                content = {"content": b"a\n1\n"} if "upload" in operation["operationId"] else {}
                more: Any = content or ({} if method == "get" else {"json": body})
                if "upload_model_file" in operation["operationId"]:
                    more["params"] = {"file_name": "model.txt"}
                if method == "put":
                    more["headers"] = {"If-Match": "*"}
                answer = company.stranger._http.request(method, path, **more)
                assert answer.status_code == 404, f"{method} {path}: {answer.text}"
                answers.append(answer.json()["detail"].replace(identifier, "…"))
            assert answers[0] == answers[1], template
            walked += 1
    assert walked >= 110
    assert absent == NOT_IN_THE_WALK
    for listed in (
        "projects",
        "runs",
        "models",
        "model-requests",
        "deployments",
        "alerts",
        "approval-requests",
        "access-requests",
        "access-grants",
        "waivers",
    ):
        items = company.stranger.get(f"/{listed}")["items"]
        assert [item["id"] for item in items] == ([other] if listed == "projects" else [])
    assert company.stranger.get("/audit-events?page_size=1000")["items"][0]["event"]["project"] == (
        other
    )
