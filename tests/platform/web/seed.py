"""A lender's office with work in every room; made by the product's own operations, without ML."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from argon2 import PasswordHasher
from sqlalchemy import select

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Role
from accredit_governance.gates.results import GateReport
from accredit_governance.identifiers import new_id
from accredit_governance.lifecycle.access import AccessDecision
from accredit_governance.lifecycle.approvals import Decision
from accredit_governance.operations import (
    access_decisions,
    access_requests,
    approvals,
    assessments,
    datasets,
    deployments,
    drift,
    identity,
    model_requests,
    policies,
    projects,
    reviews,
    runs,
    simulations,
    tickets,
    trail,
    versions,
    waivers,
)
from accredit_governance.questions import catalogue, findings, models
from accredit_governance.questions.pages import Page
from accredit_governance.registry import queue
from accredit_governance.registry.intake_records import ModelNeed
from accredit_governance.registry.records import TrialRecord
from accredit_governance.registry.tables import JobRow
from accredit_governance.registry.terms import (
    RunSpec,
)
from accredit_platform.auth.secrets import new_ticket
from accredit_platform.settings import Settings
from accredit_platform.wiring import Services, open_services, prepare
from tests.governance.office import GRAVER_ANSWERS, assess
from tests.platform.web.papers import (
    ALERT,
    CLEAR,
    DRAFT_SOURCE,
    DRIFT,
    EVIDENTLY_LIKE,
    FAILED,
    HOSTILE,
    POLICY,
    PROFILE,
    RECORD,
    STATEMENTS,
    TERMS,
    TRIALS,
    UNCLEAR,
    digest_of,
    simulation_of,
)

PASSWORD = "correct horse battery"
# Hashed as weakly as can be: what a sign-in costs is no matter of pages.
PASSWORD_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)

STAFF = {
    "vera": ("Vera Lindqvist", Role.VALIDATOR, "lending"),
    "carl": ("Carl Okafor", Role.COMPLIANCE, "lending"),
    "dana": ("Dana Reyes", Role.DEVELOPER, "lending"),
    "sam": ("Sam Whitfield", Role.DEVELOPER, "lending"),
    "olga": ("Olga Brandt", Role.OWNER, "lending"),
    "violet": (f"Violet {HOSTILE}", Role.VIEWER, "lending"),
    "ada": ("Ada Nwosu", Role.AUDITOR, None),
    "pia": ("Pia Sommer", Role.POLICY_AUTHOR, None),
    "paul": ("Paul Mbeki", Role.COMPLIANCE, None),
    "stan": ("Stan Twin", Role.OWNER, "twin"),
}
"""Login name → display name, role, and the project that it holds in (None: all)."""


@dataclass
class Seeded:
    """Identifiers of what the office holds."""

    ids: dict[str, uuid.UUID] = field(default_factory=dict)

    def __getitem__(self, name: str) -> uuid.UUID:
        return self.ids[name]


class Desk:
    """The one who carries work from room to room."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.database = services.database
        self.system = identity.system_actor(self.database)
        self.worker = new_id()
        self.people: dict[str, Actor] = {}
        self.seeded = Seeded()
        with self.database.writing() as session:
            queue.register_worker(
                session, self.worker, host="desk", pid=1, now=self.database.clock()
            )

    def staff(self) -> None:
        """Hire everybody, and open the projects, the use case, the data and the model."""
        hashed, database = PASSWORD_HASH, self.database
        identity.create_first_admin(
            database, name="admin", title="Alex Admin", password_hash=hashed
        )
        admin = self.person("admin")
        rooms = {
            "lending": projects.create_project(
                database, admin, name="lending", title=f"Home lending {HOSTILE}"
            ).id,
            "twin": projects.create_project(
                database, admin, name="twin", title="Another department"
            ).id,
        }
        for name, (title, role, room) in STAFF.items():
            made = identity.create_principal(
                database, admin, kind="user", name=name, title=title, password_hash=hashed
            )
            where = rooms[room] if room else None
            identity.bind_role(database, admin, made.id, role=role, project_id=where)
            self.people[name] = self.person(name)
        robot = identity.create_principal(
            database, admin, kind="service", name="teller", title="Branch application"
        )
        identity.bind_role(
            database, admin, robot.id, role=Role.CONSUMER, project_id=rooms["lending"]
        )
        use_case = projects.create_use_case(
            database,
            self.people["olga"],
            rooms["lending"],
            name="home-loans",
            owner_id=self.people["olga"].id,
            terms=TERMS,
        )
        assess(database, self.people["sam"], self.people["carl"], use_case.id)
        model = versions.create_model(
            database, self.people["olga"], use_case.id, name="loan-approval"
        )
        self.seeded.ids |= {
            "lending": rooms["lending"],
            "twin": rooms["twin"],
            "teller": robot.id,
            "use_case": use_case.id,
            "model": model.id,
            "data": self._data(rooms["lending"]),
        }

    def _data(self, project_id: uuid.UUID) -> uuid.UUID:
        dana = self.people["dana"]
        dataset = datasets.create_dataset(
            self.database, dana, project_id, name="boston", title="Boston applications"
        )
        upload = datasets.receive_upload(
            self.database,
            dana,
            dataset.id,
            upload_name="boston.csv",
            upload_digest=digest_of("upload"),
            upload_bytes=412_000,
        )
        job_id, fence = self.take(upload.id)
        datasets.accept_upload(
            self.database,
            self.system,
            job_id,
            fence,
            artifact=digest_of("artifact"),
            frame_digest=digest_of("frame"),
            rows=1989,
            profile=PROFILE,
        )
        return upload.id

    def person(self, name: str) -> Actor:
        with self.database.reading() as session:
            found = session.execute(
                select(identity.PrincipalRow.id).where(identity.PrincipalRow.name == name)
            ).scalar_one()
        actor = identity.actor_of_principal(self.database, found, request_id=None)
        assert actor is not None
        return actor

    def take(self, subject_id: uuid.UUID) -> tuple[uuid.UUID, int]:
        """Job on a subject, and the fence under which it is held now."""
        with self.database.writing() as session:
            job_id = session.execute(
                select(JobRow.id).where(JobRow.subject_id == subject_id, JobRow.state == "queued")
            ).scalar_one()
            taken = queue.claim(session, job_id, self.worker, now=self.database.clock())
            assert taken is not None
            return job_id, taken.fence

    def run(self) -> uuid.UUID:
        """A run that somebody asked for and that has not begun."""
        return runs.request_run(
            self.database,
            self.people["dana"],
            use_case_id=self.seeded["use_case"],
            dataset_version_id=self.seeded["data"],
            spec=RunSpec(
                seed=17,
                max_trials=40,
                families=("boosting", "naive_bayes"),
                monotone={"obrat": -1},
                class_weight="balanced",
            ),
        ).id

    def draft(self) -> uuid.UUID:
        run_id = self.run()
        job_id, fence = self.take(run_id)
        runs.finish_run(
            self.database,
            self.system,
            job_id,
            fence,
            record=RECORD,
            bundle_digest=digest_of(f"bundle {run_id}"),
            evidence_digest=digest_of(f"evidence {run_id}"),
            trials=[
                TrialRecord(
                    number=number,
                    family=family,
                    state=state,
                    score=score,
                    document={"settled": settled},
                )
                for number, (family, state, score, settled) in enumerate(TRIALS)
            ],
        )
        return versions.register_version(
            self.database, self.people["dana"], self.seeded["model"], run_id=run_id
        ).id

    def candidate(self) -> uuid.UUID:
        version_id = self.draft()
        versions.describe_version(
            self.database, self.people["dana"], version_id, statements=STATEMENTS
        )
        return version_id

    def judged(self, gate_report: GateReport = CLEAR) -> uuid.UUID:
        version_id = self.candidate()
        versions.submit_version(self.database, self.people["sam"], version_id)
        job_id, fence = self.take(version_id)
        reviews.record_gates(self.database, self.system, job_id, fence, report=gate_report)
        return version_id

    def request_for(self, version_id: uuid.UUID) -> uuid.UUID:
        found = models.approval_requests(
            self.database, self.people["vera"], Page(), model_version_id=version_id
        )
        return found.items[0].id

    def ticket(self, name: str, digest: str) -> str:
        secret = new_ticket()
        tickets.issue_ticket(
            self.database,
            self.people[name],
            secret=secret,
            subject_digest=digest,
            method="password",
        )
        return secret

    def approved(self) -> uuid.UUID:
        version_id = self.judged()
        request_id = self.request_for(version_id)
        record = models.approval_request(self.database, self.people["vera"], request_id)
        for name in ("vera", "carl"):
            approvals.sign_off(
                self.database,
                self.people[name],
                request_id,
                decision=Decision.APPROVE,
                subject_digest=record.subject_digest,
                comment="Read the card and compared the groups.",
                ticket=self.ticket(name, record.subject_digest),
            )
        trail.sign_now(self.database, self.services.key)
        return version_id

    def deployed(self, version_id: uuid.UUID) -> uuid.UUID:
        asked = deployments.request_deployment(
            self.database, self.people["olga"], version_id, environment="production"
        )
        job_id, fence = self.take(asked.id)
        deployments.activate_deployment(self.database, self.system, job_id, fence)
        self.seeded.ids["grant"] = self.granted()
        return asked.id

    def asks(self, intended_use: str) -> uuid.UUID:
        """A request for access that nobody has decided."""
        return access_requests.request_access(
            self.database,
            self.people["dana"],
            self.seeded["model"],
            wish=access_requests.Wish(
                principal_id=self.seeded["teller"],
                environment="production",
                intended_use=intended_use,
                quota_per_day=5000,
                valid_until=self.database.clock() + timedelta(days=90),
            ),
        ).id

    def granted(self) -> uuid.UUID:
        request_id = self.asks("Recommendations at the counter")
        for name in ("olga", "carl"):
            decided = access_decisions.decide_access(
                self.database, self.people[name], request_id, decision=AccessDecision.GRANT
            )
        assert decided.access_grant_id is not None
        return decided.access_grant_id

    def drifted(self, deployment_id: uuid.UUID) -> uuid.UUID:
        """A drift report with a page that carries a script, and an alert."""
        asked = drift.request_drift_report(self.database, self.people["vera"], deployment_id)
        job_id, fence = self.take(asked.id)
        path = self.services.artifacts.incoming(".html")
        path.write_text(EVIDENTLY_LIKE)
        drift.record_drift(
            self.database,
            self.system,
            job_id,
            fence,
            made=drift.MadeReport(
                window_from=None,
                drift=DRIFT,
                performance=None,
                html_artifact=self.services.artifacts.keep_file(path),
                json_artifact=None,
                verdict="alert",
            ),
            alerts=[ALERT],
        )
        return asked.id

    def drafted(self) -> uuid.UUID:
        """A second version of the policy, stricter in one place, that waits for its publisher."""
        return policies.draft_policy(self.database, self.people["pia"], source=DRAFT_SOURCE).id

    def simulated(self, version_ids: Sequence[uuid.UUID]) -> uuid.UUID:
        """The draft tried out: the first version would newly fail."""
        asked = simulations.simulate_policy(self.database, self.people["pia"], source=DRAFT_SOURCE)
        job_id, fence = self.take(asked.id)
        simulations.finish_simulation(
            self.database,
            self.system,
            job_id,
            fence,
            report=simulation_of(asked.policy_digest, version_ids),
        )
        return asked.id


def fill(home: Path) -> Seeded:
    """Prepare an installation in `home` and put one of everything into it."""
    settings = Settings(home=home)
    prepare(settings)
    services = open_services(settings)
    try:
        desk = Desk(services)
        desk.staff()
        ids = desk.seeded.ids
        ids["approved"] = desk.approved()
        ids["decided"] = desk.request_for(ids["approved"])
        ids["deployment"] = desk.deployed(ids["approved"])
        ids["access_request"] = desk.asks(f"Advice in the branch {HOSTILE}")
        ids["drift"] = desk.drifted(ids["deployment"])
        (found,) = findings.findings(services.database, desk.people["vera"], Page()).items
        ids["finding"], ids["alert"] = found.id, found.alert_id or found.id
        ids["failed"] = desk.judged(FAILED)
        ids["unclear"] = desk.judged(UNCLEAR)
        evaluation = models.gates(services.database, desk.people["vera"], ids["unclear"])
        ids["evaluation"] = evaluation.id
        ids["waiver"] = waivers.propose_waiver(
            services.database,
            desk.people["vera"],
            evaluation.id,
            check_key="bias.adverse_impact_ratio:race",
            reason="The branch in question has few Hispanic applicants so far.",
            obligation="Compare the selection rates each month until 350 applications are in.",
            expires_at=services.database.clock() + timedelta(days=90),
            ticket=desk.ticket("vera", evaluation.report_digest),
        ).id
        ids["assessment"] = assessments.fill_in_assessment(
            services.database, desk.people["sam"], ids["use_case"], answers=GRAVER_ANSWERS
        ).id
        ids["model_request"] = model_requests.request_model(
            services.database,
            desk.people["violet"],
            ids["lending"],
            need=ModelNeed(
                title=f"Early warning {HOSTILE}",
                purpose=f"Tell the desk whom to call. {HOSTILE}",
                domain="collections",
                data="Payment history of the loan-approval customers.",
            ),
        ).id
        ids["candidate"] = desk.candidate()
        ids["draft"] = desk.draft()
        ids["in_review"] = desk.judged()
        ids["request"] = desk.request_for(ids["in_review"])
        ids["run"] = desk.run()
        ids["policy"] = next(
            record.id
            for record in catalogue.policies(services.database, desk.people["vera"]).items
            if record.name == POLICY.name
        )
        ids["policy_draft"] = desk.drafted()
        ids["simulation"] = desk.simulated([ids["approved"], ids["draft"]])
        ids["waiting_simulation"] = simulations.simulate_policy(
            services.database, desk.people["pia"], source=DRAFT_SOURCE
        ).id
        ids["finished_run"] = models.version(
            services.database, desk.people["vera"], ids["approved"]
        ).run_id
        return desk.seeded
    finally:
        services.close()
