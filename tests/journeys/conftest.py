"""One walk from data to drift per test run; what it left behind is copied for other tests."""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from accredit_platform.client import Record
from accredit_platform.demo.data import as_rows
from tests.journeys.company import (
    ANSWERS,
    STATEMENTS,
    TERMS,
    UPLOAD_LIMIT,
    Company,
    Server,
    applications,
    found,
    in_days,
    password_of,
    refused,
    sign,
)


def found_use_case(company: Company, project: str = "credit") -> None:
    """A project with a use case and a dataset that are still empty."""
    things = company.things
    body = {"name": project, "title": "Consumer credit"}
    things["project"] = company.admin.post("/projects", body)
    path = f"/projects/{things['project']['id']}"
    body = {"name": "decisions", "owner_id": company.ids["owner"], "terms": TERMS}
    things["use_case"] = company.owner.post(f"{path}/use-cases", body)
    path_of_answers = f"/use-cases/{things['use_case']['id']}/risk-assessments"
    assessment = company.owner.post(path_of_answers, {"answers": ANSWERS})
    decision = {"decision": "approve", "comment": "Agreed."}
    path_of_decision = f"/risk-assessments/{assessment['id']}/decisions"
    things["assessment"] = company.compliance.post(path_of_decision, decision)
    need = {
        "title": "Consumer credit",
        "purpose": "Decide faster.",
        "domain": "consumer_credit",
        "data": "Applications.",
    }
    body = {"project_id": things["project"]["id"], "need": need}
    things["model_request"] = company.developer.post("/model-requests", body)
    body = {"name": "applications", "title": "Generated applications"}
    things["dataset"] = company.developer.post(f"{path}/datasets", body)


def train(company: Company, **spec: Any) -> None:
    """A finished run and its model version, submitted to the gates."""
    things = company.things
    things["data"] = company.data(applications())
    run = company.run(**spec)
    company.done(run["job_id"])
    things["run"] = company.developer.get(f"/runs/{run['id']}")
    things["record"] = company.developer.get(f"/runs/{run['id']}/record")
    body = {"use_case_id": things["use_case"]["id"], "name": "credit-approval"}
    things["model"] = company.developer.post("/models", body)
    path = f"/models/{things['model']['id']}/versions"
    version = company.developer.post(path, {"run_id": run["id"]})
    company.developer.put(f"/model-versions/{version['id']}/statements", STATEMENTS)
    version = company.developer.post(f"/model-versions/{version['id']}/submissions")
    company.done(version["job_id"])
    things["gated"] = company.developer.get(f"/model-versions/{version['id']}")
    path = f"/model-versions/{version['id']}/gate-evaluation"
    things["gates"] = company.developer.get(path)


def approve(company: Company) -> None:
    """Waivers for what has too little evidence, then two signatures over one digest."""
    things, version = company.things, company.things["gated"]
    waiver = {
        "reason": "The groups are too small for a firm verdict.",
        "obligation": "Recompute weekly on served applications.",
        "expires_at": in_days(60),
    }
    things["waived"], things["refused"] = [], {}
    passed = next(r["key"] for r in things["gates"]["results"] if r["verdict"] == "pass")
    proposals = f"/gate-evaluations/{things['gates']['id']}/waivers"
    body = {**waiver, "check_key": passed}
    refuse(company, "passed", partial(company.validator.post, proposals, body))
    for key in things["gates"]["blocking"]:
        proposed = company.validator.propose_waiver(
            things["gates"], password_of("validator"), **waiver, check_key=key
        )
        if not things["waived"]:
            confirm = partial(company.validator.confirm_waiver, proposed)
            refuse(company, "own_waiver", partial(confirm, password_of("validator")))
        confirmed = company.compliance.confirm_waiver(proposed, password_of("compliance"))
        things["waived"].append(confirmed)
    waiting = f"/approval-requests?state=open&model_version_id={version['id']}"
    (request,) = company.validator.get(waiting)["items"]
    path = f"/approval-requests/{request['id']}/sign-offs"
    signature = {"decision": "approve", "subject_digest": request["subject_digest"]}
    stale = {**signature, "subject_digest": "0" * 64}
    refuse(company, "unproved", partial(company.validator.post, path, signature))
    refuse(company, "stale", partial(company.validator.post, path, stale))
    sign(company, "validator", request, comment="Read and agreed.")
    refuse(company, "twice", partial(sign, company, "validator", request))
    early = f"/model-versions/{version['id']}/deployments"
    refuse(company, "early", partial(company.owner.post, early, {"environment": "production"}))
    things["request"] = sign(company, "compliance", request, comment="Agreed.")
    things["version"] = company.developer.get(f"/model-versions/{version['id']}")


def deploy(company: Company) -> None:
    """The approved version at work, and an application that may ask it."""
    things = company.things
    path = f"/model-versions/{things['version']['id']}/deployments"
    things["deployment"] = company.owner.post(path, {"environment": "production"})
    company.done(things["deployment"]["job_id"])
    lead(company)
    body = {"kind": "service", "name": "desk", "title": "Loan desk"}
    company.ids["desk"] = company.admin.post("/principals", body)["id"]
    path = f"/principals/{company.ids['desk']}"
    company.admin.post(f"{path}/role-bindings", {"role": "consumer"})
    company.tokens["desk"] = company.admin.post(f"{path}/tokens")["token"]
    things["access_request"] = company.ask_for_access()
    things["grant"] = company.decide_access(things["access_request"]["id"])


def lead(company: Company) -> None:
    """The version becomes champion of production: the owner asks, the validator signs."""
    things = company.things
    path = f"/models/{things['model']['id']}"
    body = {
        "environment": "production",
        "alias": "champion",
        "model_version_id": things["version"]["id"],
        "reason": "The first one in use.",
    }
    things["change"] = company.owner.post(f"{path}/alias-changes", body)["proceeding"]
    refuse(company, "pending", partial(company.owner.post, f"{path}/alias-changes", body))
    digest = things["change"]["subject_digest"]
    signature = {
        "decision": "approve",
        "subject_digest": digest,
        "ticket": company.validator.ticket(digest, password_of("validator")),
    }
    path = f"/alias-changes/{things['change']['id']}/sign-offs"
    refuse(company, "own_change", partial(company.owner.post, path, signature))
    things["changed"] = company.validator.post(path, signature)


def serve(company: Company) -> None:
    """A quiet month with labels, then a recession; drift reports on both."""
    things = company.things
    path = f"/deployments/{things['deployment']['id']}"
    columns = [column["name"] for column in things["record"]["contract"]["columns"]]
    fresh = applications(260, seed=6)
    things["rows"] = as_rows(fresh, columns)
    things["told"] = company.desk.post(f"{path}/predictions", {"rows": things["rows"]})[
        "predictions"
    ]
    things["outcomes"] = [
        {"prediction_id": told["id"], "label": int(label), "occurred_at": in_days(0)}
        for told, label in zip(things["told"], fresh["approve"], strict=True)
    ]
    things["taken"] = company.desk.post(f"{path}/outcomes", {"outcomes": things["outcomes"]})
    things["quiet"] = report(company, None)
    since = datetime.now(UTC).isoformat()
    poorer = as_rows(
        fresh.assign(appinc=fresh["appinc"] * 0.5, obrat=fresh["obrat"] * 1.5), columns
    )
    champion = f"/models/{things['model']['id']}/environments/production/predictions"
    things["told_later"] = company.desk.post(champion, {"rows": poorer})["predictions"]
    things["loud"] = report(company, since)
    listed = f"/alerts?deployment_id={things['deployment']['id']}"
    things["alerts"] = company.compliance.get(listed)["items"]
    path = f"/alerts/{things['alerts'][0]['id']}/acknowledgements"
    things["taken_on"] = company.compliance.post(path, {"comment": "Looking into it."})


def report(company: Company, since: str | None) -> Record:
    """A finished drift report."""
    path = f"/deployments/{company.things['deployment']['id']}/drift-reports"
    asked = company.compliance.post(path, {"window_from": since})
    company.done(asked["job_id"])
    return company.compliance.get(f"/drift-reports/{asked['id']}")


def refuse(company: Company, name: str, act: Callable[[], object]) -> None:
    """Try what has to be refused, and keep the answer."""
    company.things["refused"][name] = refused(act)


def walk(home: Path) -> Company:
    """A company that went the whole way, at rest: one model approved, deployed, watched."""
    company = found(home)
    try:
        for step in (found_use_case, train, approve, deploy, serve):
            step(company)
    finally:
        company.close()
    return company


@pytest.fixture(scope="session")
def left_behind(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The company as the walk left it; the workers of a test run share one walk."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    home, kept = folder / "walk" / "home", folder / "walk" / "company.json"
    home.parent.mkdir(exist_ok=True)
    with (home.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            shutil.rmtree(home, ignore_errors=True)
            company = walk(home)
            known = {"ids": company.ids, "tokens": company.tokens, "things": company.things}
            kept.write_text(json.dumps(known), encoding="utf-8")
    return Company(Server(home), **json.loads(kept.read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def reopen(
    left_behind: Company, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Company]]:
    """Opens a copy of the company that went the whole way, with a server of its own."""
    opened: list[Company] = []

    def at_work(**environment: str) -> Company:
        home = tmp_path_factory.mktemp("copy") / "home"
        shutil.copytree(left_behind.server.home, home)
        company = Company(
            Server(home, environment).start(),
            dict(left_behind.ids),
            dict(left_behind.tokens),
            dict(left_behind.things),
        )
        opened.append(company)
        return company

    yield at_work
    for company in opened:
        company.close()


@pytest.fixture(scope="session")
def walked(reopen: Callable[..., Company]) -> Company:
    """A copy of the company where nobody changes what the walk left."""
    return reopen()


@pytest.fixture(scope="session")
def company(reopen: Callable[..., Company]) -> Company:
    """A copy of the company where everything may be tried."""
    return reopen(ACCREDIT_MAX_UPLOAD_BYTES=str(UPLOAD_LIMIT))
