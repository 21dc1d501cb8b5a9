"""Nobody slips past a guard: every place a version can stand × every act × every person.

Who may do what where is written down a second time. All the rest has to be refused, recorded, and
to leave everything as it was. Random walks then look for a way that no single step shows.
"""

import shutil
import sqlite3
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select
from sqlalchemy.exc import NoResultFound

from accredit_governance.access.actors import Actor
from accredit_governance.errors import GovernanceError
from accredit_governance.gates.results import Verdict
from accredit_governance.lifecycle.approvals import Decision
from accredit_governance.operations import (
    aliases,
    approvals,
    change_plans,
    deployments,
    purging,
    recertification,
    reinstatement,
    retirement,
    reviews,
    versions,
    waiver_ends,
)
from accredit_governance.operations.proceedings import standing_digest
from accredit_governance.operations.tickets import TICKET_LIFE
from accredit_governance.registry.database import Database
from accredit_governance.registry.tables import (
    AliasAssignmentRow,
    ApprovalRequestRow,
    JobRow,
    ModelVersionRow,
    ProceedingRow,
    ProceedingSignOffRow,
    SignOffRow,
)
from tests.governance.afterwards import (
    ENDING,
    REINSTATEMENT,
    SIGNERS,
    asked_back,
    asked_to_lead,
    asked_to_purge,
    asked_to_retire,
    envelope,
    expired,
    out_of_retention,
    proposed,
    purged,
    retired,
    sign,
    suspended,
)
from tests.governance.conftest import opening_time
from tests.governance.office import STATEMENTS, Office, report

BUILDERS = {"preparer", "trainer", "submitter", "owner"}
VALIDATORS = {"validator", "second_validator"}
COMPLIANCE = {"compliance", "second_compliance", "publisher"}

Act = Callable[[Office, Actor, uuid.UUID], object]


class Missing(Exception):
    """There is nothing that the act could be tried on."""


def the_request(office: Office, version_id: uuid.UUID) -> ApprovalRequestRow:
    try:
        return office.request_of(version_id)
    except NoResultFound:
        raise Missing from None


def proceeding_of(office: Office, version_id: uuid.UUID) -> ProceedingRow:
    with office.database.reading() as session:
        row = session.execute(
            select(ProceedingRow)
            .where(ProceedingRow.model_version_id == version_id)
            .order_by(ProceedingRow.id.desc())
            .limit(1)
        ).scalar_one_or_none()
        if row is None:
            raise Missing
        session.expunge(row)
        return row


def decide(decision: Decision) -> Act:
    def act(office: Office, actor: Actor, version_id: uuid.UUID) -> object:
        request = the_request(office, version_id)
        person = next(name for name, other in office.people.items() if other.id == actor.id)
        return office.sign(person, request, decision)

    return act


def sign_proceeding(office: Office, actor: Actor, version_id: uuid.UUID) -> object:
    row = proceeding_of(office, version_id)
    person = next(name for name, other in office.people.items() if other.id == actor.id)
    return SIGNERS[row.kind](
        office.database,
        actor,
        row.id,
        decision="approve",
        subject_digest=row.subject_digest,
        ticket=office.ticket(person, row),
    )


ACTS: Mapping[str, Act] = {
    "describe": lambda o, a, v: versions.describe_version(o.database, a, v, statements=STATEMENTS),
    "submit": lambda o, a, v: versions.submit_version(o.database, a, v),
    "approve": decide(Decision.APPROVE),
    "reject": decide(Decision.REJECT),
    "withdraw": lambda o, a, v: approvals.withdraw_request(o.database, a, the_request(o, v).id),
    "suspend": lambda o, a, v: versions.suspend_version(o.database, a, v, reason="Odd answers."),
    "ask back": lambda o, a, v: reinstatement.ask_reinstatement(
        o.database, a, v, request=REINSTATEMENT
    ),
    "recertify": lambda o, a, v: recertification.recertify(o.database, a, v),
    "ask to retire": lambda o, a, v: retirement.ask_retirement(o.database, a, v, request=ENDING),
    "ask to purge": lambda o, a, v: purging.ask_purge(o.database, a, v, request=ENDING),
    "propose a plan": lambda o, a, v: change_plans.propose_plan(
        o.database, a, v, request=envelope(o)
    ),
    "ask to lead": lambda o, a, v: aliases.change_alias(
        o.database,
        a,
        o.model_id,
        environment="production",
        alias="champion",
        model_version_id=v,
        reason="It ranks better.",
    ),
    "sign": sign_proceeding,
    "deploy": lambda o, a, v: deployments.request_deployment(
        o.database, a, v, environment="production"
    ),
}


def decided(decision: Decision) -> Callable[[Office], uuid.UUID]:
    def reach(office: Office) -> uuid.UUID:
        request = office.in_review()
        office.sign("validator", request, decision)
        return request.model_version_id

    return reach


def withdrawn(office: Office) -> uuid.UUID:
    request = office.in_review()
    approvals.withdraw_request(office.database, office.people["submitter"], request.id)
    return request.model_version_id


def half_signed(office: Office) -> uuid.UUID:
    request = office.in_review()
    office.sign("validator", request)
    return request.model_version_id


def with_asked(
    reach: Callable[[Office], uuid.UUID], ask: Callable[..., Any], *signers: str, **more: Any
) -> Callable[[Office], uuid.UUID]:
    def build(office: Office) -> uuid.UUID:
        version_id = reach(office)
        asked = ask(office, version_id, **more)
        for person in signers:
            sign(office, person, asked)
        return version_id

    return build


def long_retired(office: Office) -> uuid.UUID:
    version_id = retired(office)
    out_of_retention(office)
    return version_id


RETIRE = {"ask to retire": {"owner"} | COMPLIANCE}
SERVES = {
    "suspend": {"owner"} | VALIDATORS | COMPLIANCE,
    "propose a plan": BUILDERS,
    "ask to lead": {"owner"},
    "deploy": {"owner"},
    **RETIRE,
}
CAST = (
    *sorted(BUILDERS | VALIDATORS),
    *("compliance", "publisher", "auditor", "admin", "viewer", "stranger"),
)
"""Every role that could do something, twice where two of a role may not stand in for another."""

PLACES: Mapping[str, tuple[Callable[[Office], uuid.UUID], Mapping[str, set[str]]]] = {
    "draft": (lambda o: o.draft().id, {"describe": BUILDERS}),
    "candidate": (lambda o: o.candidate().id, {"describe": BUILDERS, "submit": BUILDERS}),
    "gating": (lambda o: o.gating().id, {}),
    "gate_failed": (lambda o: o.judged(report(discrimination=Verdict.FAIL)), RETIRE),
    "in_review": (
        lambda o: o.judged(),
        {"approve": VALIDATORS, "reject": VALIDATORS, "withdraw": {"submitter"}},
    ),
    "half signed": (
        half_signed,
        {"approve": COMPLIANCE, "reject": COMPLIANCE, "withdraw": {"submitter"}},
    ),
    "changes_requested": (decided(Decision.REQUEST_CHANGES), RETIRE),
    "rejected": (decided(Decision.REJECT), RETIRE),
    "withdrawn": (withdrawn, RETIRE),
    "approved": (lambda o: o.approved(), SERVES),
    "plan proposed": (
        with_asked(lambda o: o.approved(), proposed),
        {
            **{act: people for act, people in SERVES.items() if act != "propose a plan"},
            "sign": {"owner"} | VALIDATORS | COMPLIANCE,
        },
    ),
    "asked to lead": (
        with_asked(lambda o: o.approved(), asked_to_lead),
        {
            **{act: people for act, people in SERVES.items() if act != "ask to lead"},
            "sign": VALIDATORS | COMPLIANCE,
        },
    ),
    "suspended": (suspended, {"ask back": {"owner"}, **RETIRE}),
    "asked back": (
        with_asked(suspended, asked_back),
        {"sign": VALIDATORS | COMPLIANCE, **RETIRE},
    ),
    "half back": (
        with_asked(suspended, asked_back, "validator"),
        {"sign": COMPLIANCE, **RETIRE},
    ),
    "expired": (expired, {"recertify": BUILDERS, **RETIRE}),
    "retirement asked by the owner": (
        with_asked(expired, asked_to_retire),
        {"recertify": BUILDERS, "sign": COMPLIANCE},
    ),
    "retirement asked by compliance": (
        with_asked(expired, asked_to_retire, by="compliance"),
        {"recertify": BUILDERS, "sign": {"owner"}},
    ),
    "retired": (retired, {}),
    "long retired": (long_retired, {"ask to purge": {"admin"} | COMPLIANCE}),
    "purge asked by compliance": (
        with_asked(long_retired, asked_to_purge),
        {"sign": {"admin"}},
    ),
    "purge asked by an admin": (
        with_asked(long_retired, asked_to_purge, by="admin"),
        {"sign": COMPLIANCE},
    ),
    "purged": (purged, {}),
}


class Bench:
    """The office in a file that can be put back."""

    def __init__(self, template: Path, office: Office, folder: Path) -> None:
        self.path, self.kept = folder / "now.sqlite", folder / "kept.sqlite"
        shutil.copy(template, self.path)
        self.clock = opening_time()
        self.clock.pass_time(days=1)
        self.office = office
        self.open()

    def open(self) -> None:
        database = Database(f"sqlite:///{self.path}", clock=self.clock)
        # Thousands of refusals are written here, and no power cut is waited for.
        event.listen(database.engine, "connect", _in_haste)
        self.office = self.office.in_database(database, self.clock)

    def keep(self) -> None:
        with self.office.database.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        self.close()
        shutil.copy(self.path, self.kept)
        self.open()

    def put_back(self) -> None:
        self.close()
        for rest in self.path.parent.glob("now.sqlite*"):
            rest.unlink()
        shutil.copy(self.kept, self.path)
        self.open()

    def close(self) -> None:
        self.office.database.close()


def _in_haste(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA synchronous = OFF")


def unguarded(office: Office, version_id: uuid.UUID) -> list[str]:
    """What is wrong with an approval, a deployment or an ending, as the records tell it."""
    wrong = []
    with office.database.reading() as session:
        version = session.get_one(ModelVersionRow, version_id)
        requests = session.execute(
            select(ApprovalRequestRow)
            .where(
                ApprovalRequestRow.model_version_id == version_id,
                ApprovalRequestRow.state == "approved",
            )
            .order_by(ApprovalRequestRow.id)
        ).scalars()
        approved = list(requests)
        if version.state == "approved":
            if not approved:
                return ["approved without an approved request"]
            last = approved[-1]
            signed = session.execute(
                select(SignOffRow).where(SignOffRow.approval_request_id == last.id)
            ).scalars()
            signers = [s for s in signed if s.decision == "approve"]
            people = {s.signer_id for s in signers}
            if len(people) < sum(stage["quorum"] for stage in last.stages):
                wrong.append("too few different signers")
            if {s.stage for s in signers} != {stage["name"] for stage in last.stages}:
                wrong.append("a stage is not signed")
            if people & {last.trained_by, last.submitted_by, last.prepared_by}:
                wrong.append("a maker signed")
            if {s.subject_digest for s in signers} != {last.subject_digest}:
                wrong.append("another digest was signed")
            if any(
                s.authenticated_at is None or s.signed_at - s.authenticated_at > TICKET_LIFE
                for s in signers
            ):
                wrong.append("a signer was not there")
            if standing_digest(session, version) != last.subject_digest:
                wrong.append("the subject changed")
        for row in session.execute(
            select(ProceedingRow).where(
                ProceedingRow.model_version_id == version_id, ProceedingRow.state == "done"
            )
        ).scalars():
            signatures = (
                session.execute(
                    select(ProceedingSignOffRow).where(ProceedingSignOffRow.proceeding_id == row.id)
                )
                .scalars()
                .all()
            )
            if any(
                s.authenticated_at is None or s.signed_at - s.authenticated_at > TICKET_LIFE
                for s in signatures
            ):
                wrong.append(f"a signer of a {row.kind} was not there")
            hands = [s.signer_id for s in signatures]
            needed = 1 if row.kind == "alias_change" else len(row.roles)
            if len(set(hands)) < needed or row.asked_by in hands:
                wrong.append(f"a {row.kind} without its people")
        kinds = select(ProceedingRow.kind).where(
            ProceedingRow.model_version_id == version_id, ProceedingRow.state == "done"
        )
        ended = set(session.execute(kinds).scalars())
        named = select(AliasAssignmentRow.id).where(
            AliasAssignmentRow.model_version_id == version_id
        )
        if session.execute(named).first() and not (approved and "alias_change" in ended):
            wrong.append("champion by nobody")
        if version.state in {"retired", "purged"} and "retirement" not in ended:
            wrong.append("retired by nobody")
        if version.state == "purged" and "purge" not in ended:
            wrong.append("purged by nobody")
    return wrong


@pytest.mark.parametrize("place", PLACES)
def test_only_whom_the_table_names_gets_anything_done(
    place: str, staffed_sqlite: tuple[Path, Office], tmp_path: Path
) -> None:
    bench = Bench(*staffed_sqlite, tmp_path)
    reach, allowed = PLACES[place]
    version_id = reach(bench.office)
    bench.keep()
    contents = bench.office.contents()
    done: dict[str, set[str]] = {}

    for act, attempt in ACTS.items():
        for person in CAST:
            actor = bench.office.people[person]
            try:
                attempt(bench.office, actor, version_id)
            except (GovernanceError, Missing):
                continue
            done.setdefault(act, set()).add(person)
            assert unguarded(bench.office, version_id) == [], (act, person)
            bench.put_back()

    assert done == {act: people & {*CAST} for act, people in allowed.items()}
    assert bench.office.contents() == contents
    bench.close()


PEOPLE = sorted(BUILDERS | VALIDATORS | COMPLIANCE | {"admin", "auditor", "viewer"})
STEPS = st.one_of(
    st.tuples(st.sampled_from(sorted(ACTS)), st.sampled_from(PEOPLE)),
    st.tuples(st.sampled_from(["judge", "fail", "wait", "wait long"]), st.just("system")),
)
STARTS = (
    "candidate",
    "in_review",
    "approved",
    "asked back",
    "asked to lead",
    "expired",
    "plan proposed",
)


def walk(office: Office, version_id: uuid.UUID, act: str, person: str) -> None:
    if act in ACTS:
        ACTS[act](office, office.people[person], version_id)
    elif act.startswith("wait"):
        office.clock.pass_time(days=200 if act == "wait" else 4000)
        waiver_ends.end_what_ran_out(office.database, office.system)
    else:
        with office.database.reading() as session:
            waiting = session.execute(
                select(JobRow.id).where(JobRow.subject_id == version_id, JobRow.state == "queued")
            ).first()
        if waiting is None:
            raise Missing
        job_id, fence = office.take(version_id)
        verdict = Verdict.PASS if act == "judge" else Verdict.FAIL
        reviews.record_gates(
            office.database,
            office.system,
            job_id,
            fence,
            report=report(discrimination=verdict),
        )


@given(
    start=st.sampled_from(STARTS),
    steps=st.lists(STEPS, min_size=5, max_size=25),
)
@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_walk_leads_past_a_guard(
    start: str,
    steps: list[tuple[str, str]],
    staffed_sqlite: tuple[Path, Office],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    bench = Bench(*staffed_sqlite, tmp_path_factory.mktemp("walk"))
    version_id = PLACES[start][0](bench.office)

    for act, person in steps:
        try:
            walk(bench.office, version_id, act, person)
        except (GovernanceError, Missing):
            continue
        assert unguarded(bench.office, version_id) == [], (act, person)
        assert servable_only_while_approved(bench.office, version_id), (act, person)
    bench.close()


def servable_only_while_approved(office: Office, version_id: uuid.UUID) -> bool:
    """Whether the door to serving agrees with the records."""
    now = office.clock()
    with office.database.reading() as session:
        version = session.get_one(ModelVersionRow, version_id)
        expected = (
            version.state == "approved"
            and version.valid_until is not None
            and version.valid_until > now
        )
        try:
            deployments.require_servable(version, now)
        except GovernanceError:
            return not expected
        return expected
