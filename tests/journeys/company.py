"""A real server and the people who work with it, over HTTP."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pandas as pd
import psutil
import pytest

from accredit_platform.client import Record, Refused
from accredit_platform.demo.client import Person
from accredit_platform.demo.stage import found_company, free_port

CAST = ("owner", "developer", "validator", "compliance", "auditor", "policy_author")
COMMAND = (sys.executable, "-P", "-m", "accredit_platform.cli.main")
UPLOAD_LIMIT = 200_000
TERMS: Record = {
    "title": "Consumer credit decisions",
    "purpose": "Recommend accepting or declining an application, for a loan officer.",
    "prohibited_uses": ["Pricing"],
    "domain": "consumer_credit",
    "jurisdictions": ["us"],
    "task": "binary",
    "target": "approve",
    "favourable": 1,
    "sensitive_features": [
        {"column": "race", "origin": "self_reported"},
        {"column": "sex", "origin": "self_reported"},
    ],
}
ANSWERS: Record = {
    "exposure": "large",
    "people": "thousands",
    "effect": "significant",
    "reversibility": "with_effort",
    "autonomy": "recommends",
    "vulnerable": "no",
    "opaque": "no",
    "profiling": "yes",
    "transparency": "no",
    "area": "essential_services",
    "prohibited": "no",
}
SPEC: Record = {
    "metric": "roc_auc",
    "time_budget_s": 60,
    "max_trials": 3,
    "holdout_share": 0.5,
    "families": ["linear", "boosting"],
}
STATEMENTS: Record = {
    "limitations": "Generated applications; nothing about real people.",
    "oversight": "A loan officer decides; applicants may ask for a second person.",
}


def applications(rows: int = 640, *, seed: int = 5) -> pd.DataFrame:
    """Credit applications in which race and sex say nothing about merit, so a fair model exists."""
    random = np.random.default_rng(seed)
    income, debt, share = random.normal(size=(3, rows))
    home = random.choice(["house", "flat", "farm"], rows, p=[0.5, 0.35, 0.15])
    merit = income - debt - share + np.where(home == "farm", -0.8, 0.4)
    frame = pd.DataFrame(
        {
            "race": random.choice(["white", "black"], rows, p=[0.55, 0.45]),
            "sex": random.choice(["male", "female"], rows),
            "appinc": (60 + 15 * income).round(2),
            "obrat": (33 + 8 * debt).round(2),
            "loanprc": (0.75 + 0.12 * share).round(4),
            "prop": home,
            "approve": (merit + random.logistic(scale=0.4, size=rows) > -1).astype(int),
        }
    )
    frame.loc[random.random(rows) < 0.05, "appinc"] = np.nan
    return frame


@dataclass
class Server:
    """`accredit serve` as a process of its own, on one home and one port."""

    home: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=lambda: free_port(0))
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.home.parent / f"server-{self.port}.log"

    def start(self) -> "Server":
        ours = {k: v for k, v in os.environ.items() if not k.startswith("ACCREDIT_")}
        command = [*COMMAND, "serve", "--home", str(self.home), "--port", str(self.port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, env={**ours, **self.environment}
            )
        until(self._answers, within_s=60, what="the server answers")
        return self

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        try:
            return httpx2.get(f"{self.url}/api/v1/health", timeout=5).is_success
        except httpx2.TransportError:
            return False

    def family(self) -> list[psutil.Process]:
        """Worker, fork server, children and model processes."""
        assert self.process is not None
        return psutil.Process(self.process.pid).children(recursive=True)

    def named(self, *words: str) -> list[psutil.Process]:
        """Processes of the family whose command line holds all words."""
        return [p for p in self.family() if all(w in " ".join(p.cmdline()) for w in words)]

    def kill(self) -> None:
        """kill -9 of the server alone; nobody tells its children."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End the server and wait for its family: after that nobody writes into the home."""
        if self.process is not None and self.process.poll() is None:
            family = self.family()
            self.process.terminate()
            self.process.wait(20)
            until(lambda: gone(family), within_s=20, what="nothing of the server is left")


@dataclass(frozen=True)
class Company:
    """An installation with its people, and what happened there so far."""

    server: Server
    ids: dict[str, str]
    tokens: dict[str, str]
    things: dict[str, Any] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Person:
        if name not in self.tokens:
            raise AttributeError(name)
        if name not in self.people:
            self.people[name] = Person(self.server.url, name, name, self.tokens[name])
        return self.people[name]

    def done(self, job_id: str, *, state: str = "succeeded", within_s: float = 90) -> Record:
        """The job, once it has ended as expected."""

        def ended() -> Record | None:
            job = self.developer.get(f"/jobs/{job_id}")
            # What failed has ended once its subject was told, too.
            return job if job["finished_at"] is not None else None

        job = until(ended, within_s=within_s, what=f"job {job_id} ends")
        assert job["state"] == state, job["error"]
        return job

    def ask_for_access(self, **changes: object) -> Record:
        """A request that the desk may use the model, made by the developer."""
        wish = {
            "model_id": self.things["model"]["id"],
            "principal_id": self.ids["desk"],
            "intended_use": "Recommendations to loan officers",
            "quota_per_day": 100_000,
            "valid_until": in_days(30),
        }
        return self.developer.post("/access-requests", {**wish, **changes})

    def decide_access(self, request_id: str) -> Record:
        """The grant, once the owner and compliance have agreed."""
        path = f"/access-requests/{request_id}/decisions"
        self.owner.post(path, {"decision": "grant"})
        decided = self.compliance.post(path, {"decision": "grant"})
        return self.owner.get(f"/access-grants/{decided['access_grant_id']}")

    def upload(self, content: bytes, name: str = "data.csv") -> Record:
        """An upload to the company's dataset."""
        path = f"/datasets/{self.things['dataset']['id']}/versions?file_name={name}"
        return self.developer.upload(path, content)

    def data(self, frame: pd.DataFrame) -> Record:
        """A dataset version that is ready."""
        version = self.upload(frame.to_csv(index=False).encode())
        self.done(version["job_id"])
        return self.developer.get(f"/dataset-versions/{version['id']}")

    def run(
        self, data: Record | None = None, use_case: Record | None = None, **spec: Any
    ) -> Record:
        """A queued run."""
        body = {
            "use_case_id": (use_case or self.things["use_case"])["id"],
            "dataset_version_id": (data or self.things["data"])["id"],
            "spec": {**SPEC, **spec},
        }
        return self.developer.post("/runs", body)

    def events(self, **wanted: str) -> list[Record]:
        """Audit events, oldest first."""
        query = "&".join(["page_size=1000", *(f"{k}={v}" for k, v in wanted.items())])
        items = self.auditor.get(f"/audit-events?{query}")["items"]
        return [item["event"] for item in reversed(items)]

    def close(self) -> None:
        for person in self.people.values():
            person.close()
        self.people.clear()
        self.server.stop()


def until(look: Callable[[], Any], *, within_s: float, what: str) -> Any:
    """What `look` finds, as soon as it finds something."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {within_s:g} s: {what}")


def gone(processes: list[psutil.Process]) -> bool:
    return not [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def in_days(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def found(home: Path, **environment: str) -> Company:
    """A new company with its people, at work."""
    password = found_company(home)
    server = Server(home, environment).start()
    admin = Person.sign_in(server.url, "ada", "Ada", password)
    company = Company(server, {}, {"admin": token_of(admin)}, {"password": password})
    company.people["admin"] = admin
    for role in CAST:
        hire(company, role, role)
    return company


def hire(company: Company, name: str, role: str, project_id: str | None = None) -> None:
    """A person with a role, signed in."""
    body = {"kind": "user", "name": name, "title": name, "password": password_of(name)}
    company.ids[name] = company.admin.post("/principals", body)["id"]
    binding = {"role": role, "project_id": project_id}
    company.admin.post(f"/principals/{company.ids[name]}/role-bindings", binding)
    company.people[name] = Person.sign_in(company.server.url, name, name, body["password"])
    company.tokens[name] = token_of(company.people[name])


def sign(company: Company, name: str, request: Record, **signature: str) -> Record:
    """A signature of somebody who types their password once more."""
    return getattr(company, name).sign(request, password_of(name), **signature)


def password_of(name: str) -> str:
    return f"of {name[::-1]}, and hers alone"


def token_of(person: Person) -> str:
    return person._http.headers["Authorization"].removeprefix("Bearer ")


def bundle_folder(company: Company) -> Path:
    digest = company.things["version"]["bundle_digest"]
    return company.server.home / "artifacts" / "folders" / digest


def verified(file: Path) -> "subprocess.CompletedProcess[str]":
    command = [*COMMAND, "audit", "verify", str(file)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def exported(company: Company, folder: Path) -> Path:
    content, size = company.compliance.export("/audit-exports")
    file = folder / "audit.jsonl"
    file.write_bytes(content)
    note = company.compliance.get(f"/audit-checkpoints/{size}")["note"]
    file.with_suffix(".checkpoint").write_text(note, encoding="utf-8")
    file.with_suffix(".pub").write_bytes(company.compliance.text("/audit-key"))
    return file


def refused(act: Callable[[], object]) -> Record:
    """The problem that stands against an act."""
    with pytest.raises(Refused) as caught:
        act()
    problem: Record = caught.value.problem
    assert problem["type"] == f"urn:accredit:problem:{problem['code']}"
    assert problem["request_id"]
    return problem


def pointers(problem: Record) -> list[str]:
    """Fields that a problem names."""
    return [error["pointer"] for error in problem.get("errors", [])]


def chunks(total: int) -> Iterator[bytes]:
    """So many bytes in pieces, as somebody sends who does not know how many will come."""
    for start in range(0, total, 10_000):
        yield b"1" * min(10_000, total - start)
