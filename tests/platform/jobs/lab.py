"""A small installation with real models: handlers are called in this process, one after another."""

import importlib
import json
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from accredit_governance.audit.checkpoint import SigningKey
from accredit_governance.gates import evaluate
from accredit_governance.gates.answer import Finding, answer
from accredit_governance.gates.probing import gather
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.operations import datasets, policies, projects, runs, versions
from accredit_governance.policy.demands import CheckSpec
from accredit_governance.policy.document import Policy
from accredit_governance.policy.loader import load_folder, parse
from accredit_governance.registry.artifacts import Artifacts
from accredit_governance.registry.database import Database
from accredit_governance.registry.migrate import upgrade
from accredit_governance.registry.records import ModelVersionRecord
from accredit_governance.registry.terms import RunSpec, SensitiveFeature, UseCaseTerms
from accredit_platform.jobs.context import JobContext, workspace_of
from accredit_platform.jobs.handlers.ending import HANDLERS
from accredit_platform.resources import folder
from accredit_platform.settings import Settings
from tests.conftest import Clock
from tests.governance.office import GRAVER_ANSWERS, POLICY, STATEMENTS, Office, staff_office
from tests.journeys.company import applications

TERMS = UseCaseTerms(
    title="Consumer credit decisions",
    purpose="Recommend accepting or declining an application, for a loan officer.",
    prohibited_uses=("Pricing",),
    domain="lab_loans",
    jurisdictions=("us",),
    task="binary",
    target="approve",
    favourable=1,
    sensitive_features=(SensitiveFeature(column="race", origin="self_reported"),),
)
SOURCE = "[house] a demand of the laboratory"
SIZE = {"check": "holdout_size", "min_rows": 100, "min_per_class": 20, "source": SOURCE}
RANKING = {"check": "discrimination", "min": 0.6, "source": SOURCE}
CHAMPION = {"check": "champion_gain", "min": -0.1, "required": False, "source": SOURCE}
SEEDS = {"check": "seed_stability", "max": 0.1, "required": False, "source": SOURCE}
AGAIN = {"check": "reproducibility", "max": 0.001, "required": False, "source": SOURCE}


def demands() -> list[dict[str, Any]]:
    """Every check that some shipped pack demands of models that decide, once each."""
    found: dict[str, dict[str, Any]] = {}
    for policy in load_folder(folder("policies")):
        for spec in policy.gates:
            if "binary" in spec.tasks:
                found.setdefault(spec.check, spec.model_dump(mode="json"))
    return list(found.values())


def policy_text(*gates: dict[str, Any], version: int = 1, **more: Any) -> str:
    """A policy for the laboratory's purpose alone, as text."""
    data = POLICY.model_dump(mode="json") | {
        "name": "lab",
        "version": version,
        "gates": list(gates) or [SIZE, RANKING],
        "applies_to": {
            "tiers": [1, 2, 3, 4],
            "jurisdictions": ["us"],
            "tasks": ["binary"],
            "purposes": ["lab_loans"],
        },
        "approval": {
            "stages": [
                {"name": "validation", "role": "validator"},
                {"name": "compliance", "role": "compliance"},
            ],
            "validity_days": 365,
            "gate_age_days": 30,
        },
    }
    return json.dumps(data | more)


@dataclass
class Lab:
    """The installation, and what was said of the work."""

    settings: Settings
    office: Office
    version_ids: tuple[uuid.UUID, ...] = ()
    told: list[tuple[float, str]] = field(default_factory=list)

    @property
    def artifacts(self) -> Artifacts:
        return Artifacts(self.settings.artifacts_folder)

    def context(self, kind: str, subject_id: uuid.UUID) -> JobContext:
        """The job on a subject, taken by a worker."""
        job_id, fence = self.office.take(subject_id)
        workspace = workspace_of(self.settings, job_id)
        workspace.mkdir(parents=True, exist_ok=True)
        return JobContext(
            settings=self.settings,
            job_id=job_id,
            kind=kind,
            subject_id=subject_id,
            fence=fence,
            workspace=workspace,
            progress=lambda share, message: self.told.append((share, message)),
        )

    def work(self, kind: str, subject_id: uuid.UUID) -> JobContext:
        """Take the job on a subject and do it."""
        job = self.context(kind, subject_id)
        handler_of(kind)(job)
        return job

    def submit(self, version_id: uuid.UUID) -> None:
        person = self.office.people["submitter"]
        versions.describe_version(
            self.office.database, self.office.people["trainer"], version_id, statements=STATEMENTS
        )
        versions.submit_version(self.office.database, person, version_id)

    def judge(self, version_id: uuid.UUID) -> None:
        """Submit a version and carry its gates out."""
        self.submit(version_id)
        self.work("gates", version_id)

    def publish(self, *gates: dict[str, Any], **more: Any) -> Policy:
        """Put a policy of the laboratory into force."""
        source = policy_text(*gates, **more)
        policies.install_policy(self.office.database, self.office.system, source=source)
        return parse(source)

    def copied(self, home: Path) -> "Lab":
        """The same laboratory somewhere else."""
        shutil.copytree(self.settings.home, home)
        settings = Settings(home=home)
        database = Database(settings.resolved_database_url)
        office = self.office.in_database(database, self.office.clock)
        return Lab(settings, office, self.version_ids)


def handler_of(kind: str) -> Callable[[JobContext], None]:
    module, _, name = HANDLERS[kind].partition(":")
    handler: Callable[[JobContext], None] = getattr(importlib.import_module(module), name)
    return handler


def founded(home: Path, *, models: int = 2) -> Lab:
    """A laboratory with a dataset and registered versions of one model, nothing submitted."""
    settings = Settings(home=home)
    database = Database(settings.resolved_database_url)
    upgrade(database, folder("migrations"))
    SigningKey.create(settings.resolved_audit_key_file)
    lab = Lab(settings, staff_office(database, Clock(datetime.now(UTC))))
    people, office = lab.office.people, lab.office
    use_case = projects.create_use_case(
        database,
        people["owner"],
        office.project_id,
        name="lab-loans",
        owner_id=people["owner"].id,
        terms=TERMS,
    )
    office.assess(use_case.id, GRAVER_ANSWERS)
    data = _uploaded(lab)
    model = versions.create_model(database, people["owner"], use_case.id, name="lab-model")
    made: list[ModelVersionRecord] = []
    for seed in range(models):
        spec = RunSpec(
            metric="roc_auc", max_trials=1, families=("linear",), holdout_share=0.5, seed=seed
        )
        run = runs.request_run(
            database,
            people["trainer"],
            use_case_id=use_case.id,
            dataset_version_id=data,
            spec=spec,
        )
        lab.work("train", run.id)
        made.append(versions.register_version(database, people["trainer"], model.id, run_id=run.id))
    lab.version_ids = tuple(version.id for version in made)
    return lab


def _uploaded(lab: Lab) -> uuid.UUID:
    database, people = lab.office.database, lab.office.people
    content = applications().to_csv(index=False).encode()
    digest = lab.artifacts.keep_bytes([content])
    dataset = datasets.create_dataset(
        database, people["preparer"], lab.office.project_id, name="lab", title="Applications"
    )
    upload = datasets.receive_upload(
        database,
        people["preparer"],
        dataset.id,
        upload_name="lab.csv",
        upload_digest=digest,
        upload_bytes=len(content),
    )
    lab.work("ingest", upload.id)
    return upload.id


class Asked:
    """Probes that are quick, and that count how often they were asked."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.names: list[str] = []

    def put_into(self, monkeypatch: pytest.MonkeyPatch) -> "Asked":
        """Ask these instead of the model."""
        monkeypatch.setattr(gather, "PROBES", {n: self._probe(n) for n in self.answers})
        return self

    def _probe(self, name: str) -> Callable[[object], object]:
        def probe(_: object) -> object:
            self.names.append(name)
            answer = self.answers[name]
            if isinstance(answer, BaseException):
                raise answer
            return answer

        return probe


def measure_otherwise(monkeypatch: pytest.MonkeyPatch, *checks: str) -> None:
    """Let checks pass whatever was asked: a test is about the asking."""

    def passes(spec: CheckSpec, *_: object) -> Iterator[CheckResult]:
        yield answer(spec, Finding(Verdict.PASS, "It is fine.", value=1.0))

    table = {**evaluate.MEASURES, **dict.fromkeys(checks, passes)}
    monkeypatch.setattr(evaluate, "MEASURES", table)
