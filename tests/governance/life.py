"""A model of the office to which all sorts of things happen, in an order that chance decides."""

import contextlib
import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from accredit_governance.errors import GovernanceError
from accredit_governance.operations import aliases, deployments, waiver_ends
from tests.governance.afterwards import (
    asked_back,
    asked_to_lead,
    asked_to_retire,
    champion,
    change_alias,
    expired,
    judge,
    recertify,
    retired,
    sign,
    suspended,
)
from tests.governance.office import Office


@dataclass
class Life:
    """A model to which all sorts of things happen, some of them refused."""

    office: Office
    chance: random.Random
    versions: list[uuid.UUID] = field(default_factory=list)
    asked: list[uuid.UUID] = field(default_factory=list)

    def begin(self) -> None:
        """Everything once, in an order in which nothing is refused."""
        self.approve()
        champion(self.office, self.versions[0])
        self.approve()
        champion(self.office, self.versions[1])
        for act in (self.roll_back, self.deploy, self.stop, self.fail):
            act()
        for version_id in self.versions:
            suspended(self.office, version_id)
            self.bring_back(version_id)
        expired(self.office, self.versions[0])
        self.certify_anew(self.versions[0])
        retired(self.office, self.versions[1])

    def step(self) -> None:
        acts: Sequence[tuple[int, Callable[[], object]]] = (
            (4, self.approve),
            (1, self.draft),
            (2, self.suspend),
            (3, self.reinstate),
            (1, self.run_out),
            (2, self.recertify),
            (1, self.retire),
            (6, self.deploy),
            (2, self.fail),
            (3, self.stop),
            (4, self.name),
            (4, self.promote),
            (2, self.roll_back),
            (1, self.wait),
        )
        weights, names = zip(*acts, strict=True)
        (act,) = self.chance.choices(names, weights)
        # What may not be done now is refused, and that stands in the trail too.
        with contextlib.suppress(GovernanceError):
            act()

    def version(self) -> uuid.UUID:
        # The latest ones are the lively ones.
        return self.chance.choice(self.versions[-3:])

    def approve(self) -> None:
        self.versions.append(self.office.approved())

    def draft(self) -> None:
        self.versions.append(self.office.draft().id)

    def suspend(self) -> None:
        suspended(self.office, self.version())

    def reinstate(self) -> None:
        self.bring_back(self.version())

    def bring_back(self, version_id: uuid.UUID) -> None:
        asked = asked_back(self.office, version_id)
        sign(self.office, "validator", asked)
        sign(self.office, "compliance", asked)

    def run_out(self) -> None:
        """Approvals run out; only sometimes does a worker write it down soon."""
        self.office.clock.pass_time(days=200)
        if self.chance.random() < 0.5:
            waiver_ends.end_what_ran_out(self.office.database, self.office.system)

    def recertify(self) -> None:
        self.certify_anew(self.version())

    def certify_anew(self, version_id: uuid.UUID) -> None:
        recertify(self.office, version_id)
        judge(self.office, version_id)
        request = self.office.request_of(version_id)
        self.office.sign("validator", request)
        self.office.sign("compliance", request)

    def retire(self) -> None:
        sign(self.office, "compliance", asked_to_retire(self.office, self.version()))

    def deploy(self) -> None:
        deployment_id = self.request()
        job_id, fence = self.office.take(deployment_id)
        deployments.activate_deployment(self.office.database, self.office.system, job_id, fence)

    def request(self) -> uuid.UUID:
        environment = self.chance.choice(["production", "staging"])
        asked = deployments.request_deployment(
            self.office.database,
            self.office.people["owner"],
            self.version(),
            environment=environment,
        )
        self.asked.append(asked.id)
        return asked.id

    def fail(self) -> None:
        job_id = self.office.broken(self.request())
        deployments.fail_deployment(
            self.office.database, self.office.system, job_id, error={"code": "damaged_bundle"}
        )

    def stop(self) -> None:
        if self.asked:
            deployments.stop_deployment(
                self.office.database,
                self.office.people["owner"],
                self.chance.choice(self.asked[-4:]),
                reason="Not needed.",
            )

    def name(self) -> None:
        alias = self.chance.choice(["champion", "challenger"])
        change_alias(self.office, self.version(), environment="staging", alias=alias)

    def promote(self) -> None:
        asked = asked_to_lead(self.office, self.version())
        if self.chance.random() < 0.7:
            sign(self.office, "validator", asked)

    def roll_back(self) -> None:
        aliases.roll_back_alias(
            self.office.database,
            self.office.people["owner"],
            self.office.model_id,
            environment="production",
            alias="champion",
            reason="Complaints.",
        )

    def wait(self) -> None:
        self.office.clock.pass_time(hours=self.chance.randrange(1, 100))
