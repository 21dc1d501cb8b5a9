"""A lender's office: people with roles, two projects, a dataset; and the way of a model through it.

Everything happens through the operations of the product; only the machine learning is made up.
"""

import hashlib
import json
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import SERVICE_ROLES, Role
from accredit_governance.access.token_forms import TokenKind, spelt
from accredit_governance.audit.ledger import read_head
from accredit_governance.gates.results import CheckResult, GateReport, Verdict
from accredit_governance.identifiers import new_id
from accredit_governance.lifecycle.access import AccessDecision
from accredit_governance.lifecycle.approvals import Decision
from accredit_governance.lifecycle.assessments import AssessmentDecision
from accredit_governance.operations import (
    access_decisions,
    access_requests,
    approvals,
    assessments,
    datasets,
    deployments,
    identity,
    policies,
    projects,
    reviews,
    runs,
    versions,
    waivers,
)
from accredit_governance.policy import loader
from accredit_governance.policy.document import Policy
from accredit_governance.questions import access
from accredit_governance.registry import queue
from accredit_governance.registry.access_records import AccessGrantRecord, AccessRequestRecord
from accredit_governance.registry.approval_records import ApprovalRequestRecord, NewCondition
from accredit_governance.registry.database import Database
from accredit_governance.registry.intake_records import RiskAssessmentRecord
from accredit_governance.registry.records import (
    DeploymentRecord,
    ModelVersionRecord,
    RunRecord,
    TrialRecord,
    WaiverRecord,
)
from accredit_governance.registry.tables import (
    ApprovalRequestRow,
    AuditEventRow,
    GateEvaluationRow,
    JobRow,
    ModelVersionRow,
    Row,
)
from accredit_governance.registry.terms import (
    CardStatements,
    RunSpec,
    SensitiveFeature,
    UseCaseTerms,
)
from accredit_platform.resources import folder
from tests.conftest import Clock
from tests.governance.stages import Stages, kept

POLICY_SOURCE = (folder("policies") / "us-credit-federal.yaml").read_text()
POLICY: Policy = loader.parse(POLICY_SOURCE)

HERE, EVERYWHERE = True, False
STAFF: Mapping[str, tuple[Role, bool]] = {
    "viewer": (Role.VIEWER, HERE),
    "preparer": (Role.DEVELOPER, HERE),
    "trainer": (Role.DEVELOPER, HERE),
    "submitter": (Role.DEVELOPER, HERE),
    "owner": (Role.OWNER, HERE),
    "validator": (Role.VALIDATOR, HERE),
    "second_validator": (Role.VALIDATOR, HERE),
    "compliance": (Role.COMPLIANCE, HERE),
    "second_compliance": (Role.COMPLIANCE, HERE),
    "auditor": (Role.AUDITOR, EVERYWHERE),
    "author": (Role.POLICY_AUTHOR, EVERYWHERE),
    "publisher": (Role.COMPLIANCE, EVERYWHERE),
    "consumer": (Role.CONSUMER, HERE),
}
"""Login name → role, and whether it holds in the lending project only."""

TERMS = UseCaseTerms(
    title="Home loan approval",
    purpose="Recommends whether an application should be approved, for an officer who decides.",
    prohibited_uses=("Setting the price of a loan.",),
    domain="consumer_credit",
    jurisdictions=("us",),
    task="binary",
    target="approve",
    favourable=1,
    sensitive_features=(SensitiveFeature(column="race", origin="self_reported"),),
)
ANSWERS: Mapping[str, str] = {
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
"""Tier 2, high-risk."""
GRAVER_ANSWERS: Mapping[str, str] = {**ANSWERS, "exposure": "critical"}
"""Tier 1, high-risk."""
STATEMENTS = CardStatements(
    limitations="Learnt from applications in one city; rates have changed since.",
    oversight="A loan officer decides; applicants may ask for a second review.",
)
PROFILE: dict[str, Any] = {
    "rows": 1989,
    "columns": [
        {"name": "approve", "kind": "boolean", "missing": 0},
        {"name": "race", "kind": "categorical", "missing": 0},
        {"name": "obrat", "kind": "numeric", "missing": 0, "min": 0, "max": 95},
    ],
}
RECORD: dict[str, Any] = {
    "run": {"seed": 17, "rows_train": 1392, "rows_test": 597, "settings": {"metric": "auc"}},
    "contract": {
        "task": "binary",
        "target": "approve",
        "favourable": {"type": "int", "value": 1},
        "columns": [{"name": "obrat", "kind": "numeric", "minimum": 0.0, "maximum": 95.0}],
        "left_out": [{"name": "race", "reason": "sensitive", "detail": "declared"}],
    },
}


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def report(policy: Policy = POLICY, **verdicts: Verdict) -> GateReport:
    """A report that answers every check of a policy: `pass`, unless said otherwise."""
    return GateReport(
        policy=policy.name,
        policy_version=policy.version,
        policy_digest=policy.digest(),
        results=tuple(
            CheckResult(
                key=f"{gate.gate}.{gate.check}",
                gate=gate.gate,
                check=gate.check,
                required=gate.required,
                verdict=verdicts.get(gate.check, Verdict.PASS),
                value=0.9,
                n=597,
                threshold=0.8,
                direction="min",
                message=f"{gate.check} is 0.9.",
            )
            for gate in policy.gates
        ),
    )


@dataclass(frozen=True)
class Office:
    """The office in one database. Methods named like states bring a model version there."""

    database: Database
    clock: Clock
    people: Mapping[str, Actor]
    system: Actor
    project_id: uuid.UUID
    twin_project_id: uuid.UUID
    use_case_id: uuid.UUID
    dataset_id: uuid.UUID
    dataset_version_id: uuid.UUID
    model_id: uuid.UUID
    policy_version_id: uuid.UUID
    worker_id: uuid.UUID
    stages: Stages | None = None

    def in_database(self, database: Database, clock: Clock) -> "Office":
        """The same office in a copy of the database."""
        return replace(self, database=database, clock=clock, people=dict(self.people))

    # --- looking -------------------------------------------------------------------------------

    def events(self, *, since: int = 0) -> list[dict[str, Any]]:
        with self.database.reading() as session:
            bodies = session.execute(
                select(AuditEventRow.body)
                .where(AuditEventRow.seq >= since)
                .order_by(AuditEventRow.seq)
            ).scalars()
            return [json.loads(body) for body in bodies]

    def size(self) -> int:
        """How many events there are."""
        with self.database.reading() as session:
            return read_head(session).size

    def contents(self) -> dict[str, list[str]]:
        """Every row of every table, except for the audit trail and tickets of signers."""
        with self.database.engine.connect() as connection:
            return {
                table.name: sorted(str(tuple(row)) for row in connection.execute(select(table)))
                for table in Row.metadata.sorted_tables
                if not table.name.startswith("audit_") and table.name != "signing_ticket"
            }

    def actions(self, *, since: int = 0) -> list[str]:
        return [event["action"] for event in self.events(since=since)]

    def state_of(self, version_id: uuid.UUID) -> str:
        with self.database.reading() as session:
            return session.get_one(ModelVersionRow, version_id).state

    def request_of(self, version_id: uuid.UUID) -> ApprovalRequestRow:
        """The newest approval request of a version, detached."""
        with self.database.reading() as session:
            row = session.execute(
                select(ApprovalRequestRow)
                .where(ApprovalRequestRow.model_version_id == version_id)
                .order_by(ApprovalRequestRow.id.desc())
                .limit(1)
            ).scalar_one()
            session.expunge(row)
            return row

    def evaluation_of(self, version_id: uuid.UUID) -> uuid.UUID:
        with self.database.reading() as session:
            return session.execute(
                select(GateEvaluationRow.id).where(GateEvaluationRow.model_version_id == version_id)
            ).scalar_one()

    def report_digest(self, evaluation_id: uuid.UUID) -> str:
        """What is signed over by who proposes a waiver."""
        with self.database.reading() as session:
            return session.get_one(GateEvaluationRow, evaluation_id).digest

    # --- copying -------------------------------------------------------------------------------

    def copies(self, version_id: uuid.UUID, count: int) -> list[uuid.UUID]:
        """Versions that stand where this one stands, copied row by row past the door.

        A race takes many of them, and the way there is not what it is about.
        """
        tables = Row.metadata.tables
        with self.database.engine.execution_options(accredit_writes=True).begin() as connection:

            def rows(table: str, column: str, value: uuid.UUID) -> list[dict[str, Any]]:
                found = connection.execute(
                    select(tables[table]).where(tables[table].c[column] == value)
                )
                return [dict(row) for row in found.mappings()]

            (version,) = rows("model_version", "id", version_id)
            parts = [("run", rows("run", "id", version["run_id"])), ("model_version", [version])]
            for table in (
                "version_state",
                "submission",
                "gate_evaluation",
                "card_version",
                "approval_request",
                "waiver",
            ):
                found = rows(table, "model_version_id", version_id)
                parts.append((table, found))
                below = {
                    "gate_evaluation": [("check_result", "gate_evaluation_id")],
                    "approval_request": [
                        ("sign_off", "approval_request_id"),
                        ("sign_off_hand", "approval_request_id"),
                    ],
                }.get(table, [])
                for name, column in below:
                    parts.extend((name, rows(name, column, row["id"])) for row in found)
            made = []
            for number in range(count):
                fresh = {row["id"]: new_id() for _, found in parts for row in found if "id" in row}
                made.append(fresh[version_id])
                for table, found in parts:
                    values = [
                        {
                            c: fresh.get(v, v) if isinstance(v, uuid.UUID) else v
                            for c, v in row.items()
                        }
                        for row in found
                    ]
                    if table == "model_version":
                        values[0]["number"] = version["number"] + 1 + number
                    if values:
                        connection.execute(tables[table].insert(), values)
        return made

    # --- walking -------------------------------------------------------------------------------

    def assess(
        self,
        use_case_id: uuid.UUID,
        answers: Mapping[str, str] = ANSWERS,
        *,
        by: str = "submitter",
        decided_by: str = "compliance",
    ) -> RiskAssessmentRecord:
        """An approved risk assessment."""
        return assess(self.database, self.people[by], self.people[decided_by], use_case_id, answers)

    def take(self, subject_id: uuid.UUID) -> tuple[uuid.UUID, int]:
        """Job on a subject, and the fence under which a worker now holds it."""
        with self.database.writing() as session:
            job_id = session.execute(
                select(JobRow.id).where(JobRow.subject_id == subject_id, JobRow.state == "queued")
            ).scalar_one()
            taken = queue.claim(session, job_id, self.worker_id, now=self.clock())
            assert taken is not None
            return job_id, taken.fence

    def broken(self, subject_id: uuid.UUID, *, state: str = "failed") -> uuid.UUID:
        """Job on a subject that a worker took and could not do; nobody was told yet."""
        job_id, fence = self.take(subject_id)
        with self.database.writing() as session:
            assert queue.finish(session, job_id, fence, state, now=self.clock())
        return job_id

    def requested_run(self, *, by: str = "trainer") -> RunRecord:
        return runs.request_run(
            self.database,
            self.people[by],
            use_case_id=self.use_case_id,
            dataset_version_id=self.dataset_version_id,
            spec=RunSpec(),
        )

    def finished_run(self, *, by: str = "trainer") -> uuid.UUID:
        run = self.requested_run(by=by)
        job_id, fence = self.take(run.id)
        runs.finish_run(
            self.database,
            self.system,
            job_id,
            fence,
            record=RECORD,
            bundle_digest=digest_of(f"bundle {run.id}"),
            evidence_digest=digest_of(f"evidence {run.id}"),
            trials=[
                TrialRecord(
                    number=1, family="linear", state="complete", score=0.77, document={"C": 1}
                )
            ],
        )
        return run.id

    @kept
    def draft(self, *, trained_by: str = "trainer") -> ModelVersionRecord:
        return versions.register_version(
            self.database,
            self.people[trained_by],
            self.model_id,
            run_id=self.finished_run(by=trained_by),
        )

    def candidate(self, *, trained_by: str = "trainer") -> ModelVersionRecord:
        return versions.describe_version(
            self.database,
            self.people[trained_by],
            self.draft(trained_by=trained_by).id,
            statements=STATEMENTS,
        )

    @kept
    def gating(
        self, *, trained_by: str = "trainer", submitted_by: str = "submitter"
    ) -> ModelVersionRecord:
        return versions.submit_version(
            self.database, self.people[submitted_by], self.candidate(trained_by=trained_by).id
        )

    @kept
    def judged(self, gate_report: GateReport | None = None, **hands: str) -> uuid.UUID:
        """A version that the gates have judged; by default they let it through."""
        version = self.gating(**hands)
        job_id, fence = self.take(version.id)
        reviews.record_gates(
            self.database, self.system, job_id, fence, report=gate_report or report()
        )
        return version.id

    def in_review(self, **hands: str) -> ApprovalRequestRow:
        return self.request_of(self.judged(**hands))

    def sign(
        self,
        person: str,
        request: ApprovalRequestRow,
        decision: Decision = Decision.APPROVE,
        *,
        subject_digest: str | None = None,
        comment: str = "Looked at all of it.",
        ticket: str | None = None,
        conditions: Sequence[NewCondition] = (),
    ) -> ApprovalRequestRecord:
        return approvals.sign_off(
            self.database,
            self.people[person],
            request.id,
            decision=decision,
            subject_digest=subject_digest or request.subject_digest,
            comment=comment,
            ticket=self.ticket(person, request) if ticket is None else ticket,
            conditions=conditions,
        )

    def ticket(self, person: str, signed: Any) -> str:
        """A ticket over the digest of what will be signed, such as a request or a waiver."""
        return self.ticket_over(person, signed.subject_digest)

    def ticket_over(self, person: str, digest: str) -> str:
        """A ticket as somebody has who has just shown their password; made past the door."""
        secret = f"sig_{new_id()}"
        values = {
            "id": new_id(),
            "principal_id": self.people[person].id,
            "secret_hash": identity.secret_hash(secret),
            "subject_digest": digest,
            "method": "password",
            "authenticated_at": self.clock(),
        }
        with self.database.engine.execution_options(accredit_writes=True).begin() as connection:
            connection.execute(Row.metadata.tables["signing_ticket"].insert().values(values))
        return secret

    def propose_waiver(self, person: str, evaluation_id: uuid.UUID, **terms: Any) -> WaiverRecord:
        given: dict[str, Any] = {
            "check_key": "bias.adverse_impact_ratio",
            "reason": "The book holds too few applicants of this group.",
            "obligation": "Repeat the comparison when 200 more were decided.",
            "expires_at": self.clock.now + timedelta(days=90),
            **terms,
        }
        given.setdefault("ticket", self.ticket_over(person, self.report_digest(evaluation_id)))
        return waivers.propose_waiver(self.database, self.people[person], evaluation_id, **given)

    def confirm_waiver(
        self, person: str, waiver: WaiverRecord, *, ticket: str | None = None
    ) -> WaiverRecord:
        return waivers.confirm_waiver(
            self.database,
            self.people[person],
            waiver.id,
            subject_digest=waiver.subject_digest,
            ticket=self.ticket(person, waiver) if ticket is None else ticket,
        )

    @kept
    def approved(self) -> uuid.UUID:
        request = self.in_review()
        self.sign("validator", request)
        self.sign("compliance", request)
        return request.model_version_id

    @kept
    def deployed(self) -> DeploymentRecord:
        """A deployment that serves."""
        asked = deployments.request_deployment(
            self.database, self.people["owner"], self.approved(), environment="production"
        )
        job_id, fence = self.take(asked.id)
        deployments.activate_deployment(self.database, self.system, job_id, fence)
        return asked

    def wish(self, **changes: Any) -> access_requests.Wish:
        """What the team asks for in the consumer's name, unless said otherwise."""
        wanted: dict[str, Any] = {
            "principal_id": self.people["consumer"].id,
            "environment": "production",
            "intended_use": "Loan desk",
            "quota_per_day": 1000,
            "valid_until": self.clock.now + timedelta(days=30),
        }
        return access_requests.Wish(**{**wanted, **changes})

    def asked(self, *, by: str = "trainer", **changes: Any) -> AccessRequestRecord:
        """A request for access that nobody has decided."""
        return access_requests.request_access(
            self.database, self.people[by], self.model_id, wish=self.wish(**changes)
        )

    def decide(
        self,
        person: str,
        request_id: uuid.UUID,
        decision: AccessDecision = AccessDecision.GRANT,
        *,
        comment: str = "",
    ) -> AccessRequestRecord:
        return access_decisions.decide_access(
            self.database, self.people[person], request_id, decision=decision, comment=comment
        )

    def granted(self, *, days: float = 30, **changes: Any) -> AccessGrantRecord:
        """A grant that the owner and compliance have agreed to."""
        until = self.clock.now + timedelta(days=days)
        asked = self.asked(**{"valid_until": until, **changes})
        self.decide("owner", asked.id)
        decided = self.decide("compliance", asked.id)
        assert decided.access_grant_id is not None
        return access.access_grant(self.database, self.people["owner"], decided.access_grant_id)


def staff_office(database: Database, clock: Clock) -> Office:
    """Hire everybody, open the projects, publish the shipped policy and read a dataset."""
    identity.create_first_admin(database, name="admin", title="Ada Admin", password_hash="x")
    system = identity.system_actor(database)
    admin = actor_named(database, "admin")
    home = projects.create_project(database, admin, name="lending", title="Home lending")
    twin = projects.create_project(database, admin, name="twin", title="Another department")
    people = {"admin": admin}
    for name, (role, only_here) in STAFF.items():
        people[name] = hire(
            database, admin, name, [role], project_id=home.id if only_here else None
        )
    people["stranger"] = hire(database, admin, "stranger", [Role.OWNER], project_id=twin.id)
    policy = policies.install_policy(database, system, source=POLICY_SOURCE)
    use_case = projects.create_use_case(
        database,
        people["owner"],
        home.id,
        name="home-loans",
        owner_id=people["owner"].id,
        terms=TERMS,
    )
    assess(database, people["submitter"], people["compliance"], use_case.id)
    dataset = datasets.create_dataset(
        database, people["preparer"], home.id, name="boston", title="Boston applications"
    )
    upload = datasets.receive_upload(
        database,
        people["preparer"],
        dataset.id,
        upload_name="boston.csv",
        upload_digest=digest_of("upload"),
        upload_bytes=100,
    )
    model = versions.create_model(database, people["owner"], use_case.id, name="loan-approval")
    worker_id = new_id()
    with database.writing() as session:
        queue.register_worker(session, worker_id, host="here", pid=1, now=clock())
    office = Office(
        database=database,
        clock=clock,
        people=people,
        system=system,
        project_id=home.id,
        twin_project_id=twin.id,
        use_case_id=use_case.id,
        dataset_id=dataset.id,
        dataset_version_id=upload.id,
        model_id=model.id,
        policy_version_id=policy.id,
        worker_id=worker_id,
    )
    job_id, fence = office.take(upload.id)
    datasets.accept_upload(
        database,
        system,
        job_id,
        fence,
        artifact=digest_of("artifact"),
        frame_digest=digest_of("frame"),
        rows=1989,
        profile=PROFILE,
    )
    return office


def assess(
    database: Database,
    filler: Actor,
    decider: Actor,
    use_case_id: uuid.UUID,
    answers: Mapping[str, str] = ANSWERS,
) -> RiskAssessmentRecord:
    """A risk assessment that one person filled in and another approved."""
    filled = assessments.fill_in_assessment(database, filler, use_case_id, answers=answers)
    return assessments.decide_assessment(
        database,
        decider,
        filled.id,
        decision=AssessmentDecision.APPROVE,
        comment="Compared with the portfolio.",
    )


def hire(
    database: Database,
    admin: Actor,
    name: str,
    roles: Sequence[Role],
    *,
    project_id: uuid.UUID | None,
) -> Actor:
    """A new principal with some roles; consumers and provisioners are service accounts."""
    person = identity.create_principal(
        database,
        admin,
        kind="service" if {Role.CONSUMER, *SERVICE_ROLES} & {*roles} else "user",
        name=name.replace("_", "-"),
        title=f"{name.title()} Personson",
    )
    for role in roles:
        identity.bind_role(database, admin, person.id, role=role, project_id=project_id)
    return actor_named(database, person.name)


def new_token(kind: TokenKind = TokenKind.API) -> str:
    """A whole token, as the platform makes them."""
    return spelt(kind, name=secrets.token_hex(8), secret=secrets.token_urlsafe(32))


def actor_named(database: Database, name: str) -> Actor:
    with database.reading() as session:
        principal_id = session.execute(
            select(identity.PrincipalRow.id).where(identity.PrincipalRow.name == name)
        ).scalar_one()
    actor = identity.actor_of_principal(database, principal_id, request_id=None)
    assert actor is not None
    return actor
