"""Requests that the published schemas allow, and ones that they do not, made by schemathesis.

Set FUZZ to make more of them (40 makes some 20,000 requests).
"""

import asyncio
import os
from collections import Counter
from typing import Any

import httpx2
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from accredit_governance.access.permissions import ROLE_PERMISSIONS, Permission, Role
from accredit_platform.app import create_app
from tests.platform.api.matrix import BY_PARAMETER, OWN, ROLES, World, table_of

CASES = int(os.environ.get("FUZZ", "1"))
UNAVAILABLE = 503
OUTSIDE = {405, 414}
"""What the layers in front of the routes answer: another method, an address too long."""


class Asker:
    """Sends made requests to the application and looks at each answer."""

    def __init__(self, world: World, runner: asyncio.Runner) -> None:
        app = create_app(world.services)
        self.world = world
        self.answers: Counter[int] = Counter()
        self.needs = {(e.template, method): e.needs for e in table_of(app) for method in e.methods}
        self._runner = runner
        self._tried = 0
        transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
        self._client = httpx2.AsyncClient(transport=transport, base_url="http://accredit.test")

    def ask(self, method: str, url: str, **request: Any) -> httpx2.Response:
        return self._runner.run(self._client.request(method, url, **request))

    def try_out(self, operation: Any, mode: GenerationMode) -> None:
        """Requests for one operation, as somebody who may and as one who may not."""
        permission = self.needs[operation.path, operation.method.upper()]
        turn = self._tried
        self._tried += 1
        stated = {int(status) for status in operation.definition.raw["responses"]}

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=CASES,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        def inner(case: Any) -> None:
            for name in set(case.path_parameters) & set(BY_PARAMETER):
                case.path_parameters[name] = str(self.world.seeded[BY_PARAMETER[name]])
            request = case.as_transport_kwargs(base_url="http://accredit.test")
            request.pop("cookies")
            headers = dict(request.pop("headers"))
            if isinstance(request.get("data"), str | bytes):
                request["content"] = request.pop("data")
            for role in askers(permission, turn):
                headers["Authorization"] = f"Bearer {self.world.tokens[role, OWN]}"
                self._look_at(role, self.ask(**request, headers=headers), stated)

        try:
            inner()
        except Unsatisfiable:
            # Of some operations everything that can be said is allowed.
            assert mode is GenerationMode.NEGATIVE, operation.label

    def _look_at(self, role: Role, answer: httpx2.Response, stated: set[int]) -> None:
        status = answer.status_code
        self.answers[status] += 1
        told = f"{role} {answer.request.method} {answer.request.url}: {status} {answer.text[:500]}"
        assert status < 500 or status == UNAVAILABLE, told
        assert status in stated | OUTSIDE, told
        if status >= 400:
            assert answer.headers["content-type"] == "application/problem+json", told


def try_everything(world: World, mode: GenerationMode) -> Counter[int]:
    """Made requests for every operation; how often each status came back."""
    with asyncio.Runner() as runner:
        asker = Asker(world, runner)
        document = asker.ask("GET", "/api/v1/openapi.json").json()
        for found in schemathesis.openapi.from_dict(document).get_all_operations():
            asker.try_out(found.ok(), mode)
    return asker.answers


def askers(permission: Permission | str, turn: int) -> list[Role]:
    """Some who get past the door, and one who does not; over all operations each has a turn."""
    held = [role for role in ROLES if permission in ROLE_PERMISSIONS[role]]
    lacks = [role for role in ROLES if role not in held]
    if CASES > 1:
        return [*held, *lacks[:1]]
    return [roles[turn % len(roles)] for roles in (held, lacks) if roles]
