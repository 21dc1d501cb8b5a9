"""Every route asked by every role, in its own project and from another one.

Run `python -m tests.platform.api.matrix` to write `tests/golden/access.txt` anew, then read what
changed: each line is a promise about who may do what.
"""

import asyncio
import re
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx2
from sqlalchemy import event
from sqlalchemy.orm import Session

from accredit_governance.access.permissions import (
    ROLE_PERMISSIONS,
    SERVICE_ROLES,
    Permission,
    Role,
)
from accredit_governance.lifecycle.aliases import CHAMPION, PRODUCTION
from accredit_governance.lifecycle.webhooks import WebhookKind
from accredit_governance.operations import (
    aliases,
    api_tokens,
    break_glass,
    denials,
    groups,
    identity,
    legal_holds,
    risk_acceptances,
    webhooks,
)
from accredit_governance.operations.deliveries import post
from accredit_governance.operations.retirement import ask_retirement
from accredit_governance.questions import catalogue, models
from accredit_governance.questions.pages import Page
from accredit_governance.questions.webhooks import deliveries
from accredit_governance.registry.aftercare_terms import Ending
from accredit_governance.registry.database import Database
from accredit_governance.registry.tables import AuditEventRow
from accredit_platform.app import create_app
from accredit_platform.auth.guard import PUBLIC, SIGNED_IN, Entry, Guard
from accredit_platform.auth.secrets import new_token
from accredit_platform.settings import Settings
from accredit_platform.wiring import Services, open_services
from tests.platform.web.papers import TERMS
from tests.platform.web.seed import STAFF, Desk, Seeded, fill
from tests.request_bodies import Json, least_body

GOLDEN: Final = Path(__file__).parents[2] / "golden" / "access.txt"
ROLES: Final = tuple(role for role in Role if role is not Role.SYSTEM)
OWN, ELSEWHERE, EVERYWHERE = "own", "elsewhere", "everywhere"
PAST, LACKS, HIDDEN = "past", "refused", "hidden"
ANYBODY: Final = frozenset({PUBLIC, SIGNED_IN})

BY_NOUN: Final = {
    "projects": "lending",
    "use-cases": "use_case",
    "dataset-versions": "data",
    "models": "model",
    "model-versions": "in_review",
    "runs": "finished_run",
    "risk-assessments": "assessment",
    "model-requests": "model_request",
    "policies": "policy_draft",
    "policy-simulations": "simulation",
    "approval-requests": "request",
    "waivers": "waiver",
    "gate-evaluations": "evaluation",
    "access-requests": "access_request",
    "access-grants": "grant",
    "findings": "finding",
    "alerts": "alert",
    "deployments": "deployment",
    "drift-reports": "drift",
    "principals": "teller",
    "service-accounts": "teller",
    "datasets": "dataset",
    "jobs": "job",
    "operations": "job",
    "legal-holds": "hold",
    "proceedings": "retirement",
    "retirements": "retirement",
    "alias-changes": "alias_change",
    "risk-acceptances": "acceptance",
    "webhooks": "webhook",
    "webhook-deliveries": "delivery",
    "groups": "group",
    "members": "member",
    "break-glass-requests": "glass",
    "permission-denials": "denial",
}
"""What of the seeded office stands for a noun of an address."""

BY_PARAMETER: Final = {
    "project_id": "lending",
    "use_case_id": "use_case",
    "dataset_id": "dataset",
    "run_id": "finished_run",
    "model_id": "model",
    "version_id": "in_review",
    "evaluation_id": "evaluation",
    "request_id": "request",
    "deployment_id": "deployment",
    "finding_id": "finding",
    "waiver_id": "waiver",
    "job_id": "job",
    "operation_id": "job",
    "webhook_id": "webhook",
    "delivery_id": "delivery",
}
"""The same for names of parameters, as far as they are clear."""

BY_FIELD: Final = {
    "project_id": "lending",
    "use_case_id": "use_case",
    "dataset_version_id": "data",
    "model_id": "model",
    "run_id": "finished_run",
    "target_id": "in_review",
    "model_version_id": "in_review",
    "version_id": "in_review",
    "finding_id": "finding",
    "principal_id": "teller",
}

STATED: Final[Mapping[str, Json]] = {
    "create_use_case": {"terms": TERMS.model_dump(mode="json")},
    "create_external_version": {
        "terms": {
            "kind": "endpoint",
            "address": "https://vendor.example/score",
            "origin": {"author": "x", "tool": "x", "statement": "Bought in spring."},
        },
    },
    "place_legal_hold": {"target": "model_version"},
    "create_webhook": {"url": "https://8.8.8.8/hook", "actions": ["finding.*"]},
}
"""What cannot be guessed from the schema, by operation."""


QUERIES: Final = {"explain_permission": {"permission": "project:read"}}
"""What a question must say, by operation."""


class Undone(Database):
    """Carries every change out and takes it back, so that each request meets the same world."""

    denied = 0

    @contextmanager
    def writing(self) -> Iterator[Session]:
        engine = self.engine.execution_options(accredit_writes=True)
        with self._turn, Session(engine) as session:
            event.listen(session, "before_flush", self._count)
            try:
                yield session
                session.flush()
            finally:
                session.rollback()

    def _count(self, session: Session, *_: object) -> None:
        self.denied += sum(
            isinstance(row, AuditEventRow) and row.outcome == "denied" for row in session.new
        )


@dataclass(frozen=True)
class Cell:
    """How one route answers one role."""

    answer: str
    permission: str | None
    denied_events: int
    detail: str


@dataclass(frozen=True)
class Line:
    """What one route promises."""

    entry: Entry
    method: str
    cells: dict[tuple[Role, str], Cell]
    anonymous: int

    @property
    def name(self) -> str:
        return f"{self.method} {self.entry.template.removeprefix('/api/v1')}"

    def who(self, where: str, answer: str) -> list[str]:
        return [r.value for r in ROLES if self.cells[r, where].answer == answer]

    def text(self) -> str:
        needs = str(self.entry.needs)
        if self.entry.needs in ANYBODY:
            return f"{self.name} | {needs}"
        own, everywhere = (" ".join(self.who(place, PAST)) for place in (OWN, EVERYWHERE))
        held = [r for r in ROLES if self.entry.needs in ROLE_PERMISSIONS[r]]
        elsewhere = sorted({self.cells[r, ELSEWHERE].answer for r in held})
        wide = "" if own == everywhere else f" | in all projects: {everywhere}"
        return f"{self.name} | {needs} | {own or '-'}{wide} | elsewhere {' '.join(elsewhere)}"


@dataclass(frozen=True)
class World:
    """An office with one of each thing, and somebody in each role: there, elsewhere, everywhere."""

    services: Services
    seeded: Seeded
    tokens: dict[tuple[Role, str], str]

    @property
    def database(self) -> Undone:
        assert isinstance(self.services.database, Undone)
        return self.services.database


def open_world(home: Path, seeded: Seeded) -> World:
    """Staff a seeded home; from then on nothing that happens in it stays."""
    settings = Settings(home=home)
    services = open_services(settings)
    desk = Desk(services)
    desk.seeded = seeded
    _go_on(desk, seeded)
    admin = desk.person("admin")
    tokens = {}
    places = {OWN: seeded["lending"], ELSEWHERE: seeded["twin"], EVERYWHERE: None}
    for role in ROLES:
        for place, project in places.items():
            who = identity.create_principal(
                services.database,
                admin,
                kind=kind_for(role),
                name=f"{role.value}-{place}",
                title=role.value,
            )
            identity.bind_role(services.database, admin, who.id, role=role, project_id=project)
            actor = identity.actor_of_principal(services.database, who.id, request_id=None)
            assert actor is not None
            issued = api_tokens.issue_own_token(
                services.database, actor, name="matrix", secret=new_token(), days=1
            )
            tokens[role, place] = issued.token
    services.database.close()
    return World(replace(services, database=Undone(settings.resolved_database_url)), seeded, tokens)


def _go_on(desk: Desk, seeded: Seeded) -> None:
    """What the pages' office lacks."""
    database, people = desk.database, desk.people
    for name in STAFF:
        people[name] = desk.person(name)
    carl, olga, vera = people["carl"], people["olga"], people["vera"]
    hold = legal_holds.place_hold(
        database, carl, seeded["in_review"], target="model_version", reason="A complaint came in."
    )
    retirement = ask_retirement(
        database, olga, desk.approved(), request=Ending(reason="Another one takes over.")
    )
    change = aliases.change_alias(
        database,
        olga,
        seeded["model"],
        environment=PRODUCTION,
        alias=CHAMPION,
        model_version_id=desk.approved(),
        reason="It is the first one.",
    )
    acceptance = risk_acceptances.propose_acceptance(
        database,
        carl,
        seeded["finding"],
        reason="Small, and known to the desk.",
        until_on=(database.clock() + timedelta(days=30)).date(),
    )
    glass = break_glass.ask_to_break_glass(
        database,
        people["violet"],
        role=Role.DEVELOPER,
        project_id=seeded["lending"],
        minutes=60,
        reason="Customers wait for a corrected table.",
    )
    denial = denials.deny(
        database,
        desk.person("admin"),
        denials.Denied(principal_id=seeded["teller"], permission=Permission.RUN_CREATE),
        reason="A program trains nothing.",
    )
    group = groups.create_group(database, desk.person("admin"), name="Second validators")
    groups.add_member(database, desk.person("admin"), group.id, principal_id=vera.id)
    assert change.proceeding is not None
    (dataset,) = catalogue.datasets(database, vera, seeded["lending"], Page()).items
    # Of work that has ended, so that who follows it comes back at once.
    run = models.run(database, vera, seeded["finished_run"])
    webhook = webhooks.create_webhook(
        database,
        olga,
        project_id=seeded["lending"],
        kind=WebhookKind.SLACK,
        title="Risk desk",
        target="https://8.8.8.8",
        url="https://8.8.8.8/hook",
        secret=None,
        actions=("webhook.*",),
        outcome=None,
        key=desk.services.sealing,
    )
    post(database)
    (delivery,) = deliveries(database, olga, webhook.id, Page()).items
    seeded.ids |= {
        "group": group.id,
        "member": vera.id,
        "hold": hold.id,
        "retirement": retirement.id,
        "alias_change": change.proceeding.id,
        "acceptance": acceptance.id,
        "glass": glass.id,
        "denial": denial.id,
        "dataset": dataset.id,
        "job": run.job_id,
        "webhook": webhook.id,
        "delivery": delivery.id,
    }


def kind_for(role: Role) -> str:
    return "service" if role in SERVICE_ROLES | {Role.CONSUMER} else "user"


def table_of(app: Any) -> list[Entry]:
    while not isinstance(app, Guard):
        app = app.app
    return [entry for entry in app.table if entry.template.startswith("/api/")]


def ask_everything(world: World) -> list[Line]:
    """Every route of the API, asked by everybody."""
    app = create_app(world.services)
    return asyncio.run(_ask_everything(app, world))


async def _ask_everything(app: Any, world: World) -> list[Line]:
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://accredit.test") as client:
        document = (await client.get("/api/v1/openapi.json")).json()
        return [
            await _line(client, document, world, entry, method)
            for entry in table_of(app)
            for method in sorted(entry.methods - {"HEAD"})
        ]


async def _line(
    client: httpx2.AsyncClient, document: Json, world: World, entry: Entry, method: str
) -> Line:
    operation = document["paths"].get(entry.template, {}).get(method.lower(), {})
    known = {field: str(world.seeded[name]) for field, name in BY_FIELD.items()}
    request: Json = {"params": QUERIES.get(entry.operation, {})}
    if method not in {"GET", "DELETE"}:
        stated = STATED.get(entry.operation, {})
        request["json"] = {**least_body(document, operation, known), **stated}
    if (entry.operation or "").startswith("upload"):
        request = {"content": b"a\n1\n", "params": {"file_name": "a.csv"}}
    address = address_of(entry.template, world.seeded)
    anonymous = await client.request(method, address, **request)
    cells = {}
    if entry.needs not in ANYBODY:
        for role in ROLES:
            held = entry.needs in ROLE_PERMISSIONS[role]
            for place in (OWN, ELSEWHERE, EVERYWHERE) if held else (OWN,):
                if place == EVERYWHERE and cells[role, OWN].answer == PAST:
                    cells[role, place] = cells[role, OWN]  # all projects are this one as well
                    continue
                headers = {"Authorization": f"Bearer {world.tokens[role, place]}"}
                if method == "PUT":
                    headers["If-Match"] = "*"
                before = world.database.denied
                answer = await client.request(method, address, headers=headers, **request)
                cells[role, place] = _cell(answer, world.database.denied - before)
            if not held:
                # The door asks for the permission in any project: where makes no difference.
                cells |= {(role, place): cells[role, OWN] for place in (ELSEWHERE, EVERYWHERE)}
    return Line(entry, method, cells, anonymous.status_code)


def _cell(answer: httpx2.Response, denied_events: int) -> Cell:
    assert answer.status_code not in {401, 500}, f"{answer.request.url}: {answer.text}"
    detail, permission = "", None
    if answer.status_code >= 400:
        told = answer.json()
        detail, permission = told["detail"], told.get("permission")
    if answer.status_code == 403 and permission is not None:
        return Cell(LACKS, permission, denied_events, detail)
    return Cell(HIDDEN if answer.status_code == 404 else PAST, None, denied_events, detail)


def address_of(template: str, seeded: Seeded) -> str:
    """An address with the identifiers of what the office holds; unknown ones for the rest."""
    parts = template.split("/")
    for place, part in enumerate(parts):
        if part == "{environment}":
            parts[place] = "production"
        elif part == "{size}":
            parts[place] = "1"
        elif part.startswith("{"):
            name = BY_NOUN.get(parts[place - 1])
            parts[place] = str(seeded[name] if name else uuid.UUID(int=7))
    return "/".join(parts)


def missing_nouns(lines: list[Line]) -> set[str]:
    """Nouns of addresses of which the office holds nothing."""
    nouns = {n for line in lines for n in re.findall(r"/([a-z-]+)/{", line.entry.template)}
    return nouns - set(BY_NOUN)


def described(lines: list[Line]) -> str:
    """The golden file."""
    return "".join(f"{line.text()}\n" for line in sorted(lines, key=lambda line: line.name))


def main() -> None:
    """Write the golden file anew."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        world = open_world(home, fill(home))
        GOLDEN.write_text(described(ask_everything(world)), encoding="utf-8")
        world.services.close()


if __name__ == "__main__":
    main()
