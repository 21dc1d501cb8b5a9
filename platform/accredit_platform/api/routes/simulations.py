"""Simulations: what a policy text would make of the versions that there are."""

import uuid
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from accredit_governance.access.permissions import Permission
from accredit_governance.operations import simulations as acts
from accredit_governance.questions import simulations
from accredit_governance.questions.pages import Listing
from accredit_governance.registry.simulation_records import (
    PolicySimulationDetails,
    PolicySimulationRecord,
)
from accredit_platform.api.bodies import Body
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.auth.guard import needs

router = APIRouter(tags=["policies"])


class NewSimulation(Body):
    """A policy as YAML text; it is tried out, not stored as a policy."""

    source: Annotated[str, Field(min_length=1, max_length=1_000_000)]


@router.post("/policy-simulations", status_code=202, operation_id="simulate_policy")
@needs(Permission.POLICY_SIMULATE)
def simulate_policy(
    body: NewSimulation, actor: CurrentActor, services: WithServices
) -> PolicySimulationRecord:
    """Queue the trial of a policy text on every version that the caller may read."""
    return acts.simulate_policy(services.database, actor, source=body.source)


@router.get("/policy-simulations", operation_id="list_policy_simulations")
@needs(Permission.POLICY_SIMULATE)
def list_policy_simulations(
    page: WantedPage, actor: CurrentActor, services: WithServices
) -> Listing[PolicySimulationRecord]:
    """Simulations, newest first."""
    return simulations.simulations(services.database, actor, page)


@router.get("/policy-simulations/{simulation_id}", operation_id="get_policy_simulation")
@needs(Permission.POLICY_SIMULATE)
def get_policy_simulation(
    simulation_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> PolicySimulationDetails:
    """One simulation; `document` says who would newly fail or pass once `state` is `finished`."""
    return simulations.simulation(services.database, actor, simulation_id)


@router.post(
    "/policy-simulations/{simulation_id}/cancellations",
    status_code=202,
    operation_id="stop_policy_simulation",
)
@needs(Permission.POLICY_SIMULATE)
def stop_policy_simulation(
    simulation_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> PolicySimulationRecord:
    """Ask for a simulation to stop."""
    return acts.stop_simulation(services.database, actor, simulation_id)
