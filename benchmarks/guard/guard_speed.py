"""What the guard in front of every route costs, in microseconds of CPU time.

.venv/bin/python benchmarks/guard/guard_speed.py
"""

import argparse
import asyncio
import statistics
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any, Final

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission, Role
from accredit_governance.access.rights import Binding
from accredit_governance.operations import api_tokens, identity
from accredit_platform.app import create_app
from accredit_platform.auth.guard import Guard
from accredit_platform.auth.secrets import new_token
from accredit_platform.settings import Settings
from accredit_platform.wiring import Services, open_services, prepare

PROJECTS: Final = 20
PATH: Final = f"/api/v1/model-versions/{uuid.UUID(int=7)}/approval-requests"
DECISION_US: Final = 5.0
GUARD_US: Final = 50.0

Scope = MutableMapping[str, Any]


def main() -> None:
    """Measure, print a table, and fail where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20_000, help="calls in a round")
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home) / "home", requests_per_minute=10**9)
        prepare(settings)
        services = open_services(settings)
        try:
            found = measured(services, calls=asked.calls, rounds=asked.rounds)
        finally:
            services.close()
    print("| Step | Best, µs | Median, µs | Goal, µs |\n|---|---|---|---|")
    for name, (times, goal) in found.items():
        told = "–" if goal is None else f"{goal:.0f}"
        print(f"| {name} | {min(times):.1f} | {statistics.median(times):.1f} | {told} |")
    missed = [n for n, (times, goal) in found.items() if goal is not None and min(times) > goal]
    if missed:
        raise SystemExit(f"slower than the goal: {', '.join(missed)}")


def measured(
    services: Services, *, calls: int, rounds: int
) -> dict[str, tuple[list[float], float | None]]:
    """Microseconds a call in every round, and the goal, by step."""
    person, projects = someone()
    token = token_of_an_admin(services)
    guard = guard_of(services)
    decided = [
        per_call(lambda: person.may(Permission.RUN_CREATE, projects[-1]), calls)
        for _ in range(rounds)
    ]
    refused = [
        per_call(lambda: person.may(Permission.POLICY_PUBLISH, projects[-1]), calls)
        for _ in range(rounds)
    ]
    matched = [per_call(lambda: guard.index.fitting(PATH), calls) for _ in range(rounds)]
    passed = asyncio.run(through(guard, token, calls=calls, rounds=rounds))
    looked_up = [
        per_call(lambda: guard.bearers.actor(token, request_id="x"), max(1, calls // 100))
        for _ in range(rounds)
    ]
    return {
        "permission decision: granted": (decided, DECISION_US),
        "permission decision: refused": (refused, DECISION_US),
        "route of a path": (matched, None),
        "**whole guard, token remembered**": (passed, GUARD_US),
        "token asked of the records": (looked_up, None),
    }


def someone() -> tuple[Actor, list[uuid.UUID]]:
    """A person with a role in each of many projects."""
    projects = [uuid.UUID(int=number) for number in range(1, PROJECTS + 1)]
    bindings = tuple(Binding(role=Role.DEVELOPER, project_id=project) for project in projects)
    return Actor(id=uuid.UUID(int=99), kind="user", name="dana", bindings=bindings), projects


def token_of_an_admin(services: Services) -> str:
    """A token in the records."""
    database = services.database
    identity.create_first_admin(database, name="ada", title="Ada", password_hash="none")
    system = identity.system_actor(database)
    with database.reading() as session:
        admin_id = session.execute(
            identity.select(identity.PrincipalRow.id).where(identity.PrincipalRow.name == "ada")
        ).scalar_one()
    assert admin_id != system.id
    admin = identity.actor_of_principal(database, admin_id, request_id=None)
    assert admin is not None
    return api_tokens.issue_own_token(database, admin, name="x", secret=new_token(), days=1).token


def guard_of(services: Services) -> Guard:
    """The guard of the whole application, in front of nothing."""
    layer: Any = create_app(services)
    while not isinstance(layer, Guard):
        layer = layer.app
    layer.app = nothing
    return layer


async def nothing(
    _scope: Scope, _receive: Callable[[], Awaitable[Any]], _send: Callable[[Any], Awaitable[None]]
) -> None:
    """An application that answers nothing."""


async def through(guard: Guard, token: str, *, calls: int, rounds: int) -> list[float]:
    """Microseconds of a request through the guard whose token it knows."""
    path = "/api/v1/principals"
    guard.bearers.actor(token, request_id="x")
    times = []
    for _ in range(rounds):
        guard.bearers.actor(token, request_id="x")
        started = time.thread_time()
        for _ in range(calls // 4):
            scope = {
                "type": "http",
                "method": "GET",
                "path": path,
                "query_string": b"",
                "headers": [
                    (b"host", b"accredit.test"),
                    (b"accept", b"application/json"),
                    (b"user-agent", b"benchmark"),
                    (b"authorization", f"Bearer {token}".encode()),
                ],
            }
            await guard(scope, unheard, unheard)
            assert "actor" in scope["state"]
        times.append((time.thread_time() - started) / (calls // 4) * 1e6)
    return times


async def unheard(*_: Any) -> Any:
    """Nobody reads or writes a body here."""


def per_call(work: Callable[[], object], calls: int) -> float:
    """Microseconds of one call."""
    started = time.thread_time()
    for _ in range(calls):
        work()
    return (time.thread_time() - started) / calls * 1e6


if __name__ == "__main__":
    main()
