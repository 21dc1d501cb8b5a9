"""Environments and aliases on the page of a model: what goes by which name, since when, and why."""

import uuid
from typing import TypedDict

from fastapi import APIRouter, Request, Response

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission, Role
from accredit_governance.lifecycle.aliases import CHALLENGER, CHAMPION
from accredit_governance.operations import aliases as operations
from accredit_governance.operations import environments, trail
from accredit_governance.questions import aliases as questions
from accredit_governance.questions.pages import Page
from accredit_governance.registry.aftercare_records import ProceedingRecord
from accredit_governance.registry.alias_records import (
    AliasAssignmentRecord,
    AliasRecord,
    EnvironmentRecord,
)
from accredit_governance.registry.records import ModelRecord
from accredit_platform.api.dependencies import CurrentActor, WithServices
from accredit_platform.auth.guard import needs
from accredit_platform.web.aftercare import proceeding_signature
from accredit_platform.web.forms import CheckedForm, an_id
from accredit_platform.web.notices import done
from accredit_platform.wiring import Services

router = APIRouter()
_SHOWN = 50


class AliasFacts(TypedDict):
    """What the page of a model shows of its aliases."""

    environments: tuple[EnvironmentRecord, ...]
    named: dict[tuple[str, str], AliasRecord]
    known: dict[str, tuple[str, ...]]
    timeline: tuple[AliasAssignmentRecord, ...]
    waiting: tuple[ProceedingRecord, ...]
    may_move: bool
    may_add: bool
    may_add_open: bool


def alias_facts(services: Services, actor: Actor, model: ModelRecord) -> AliasFacts:
    """Environments, what each alias stands for in them, the latest moves and what waits.

    `known` has the aliases of an environment; the two known words are always among them.
    """
    database = services.database
    places = questions.environments(database, actor, model.project_id).items
    held = questions.aliases(database, actor, model.id).items
    named = {(found.environment, found.alias): found for found in held}
    known = {
        place.name: tuple(
            dict.fromkeys(
                (CHAMPION, CHALLENGER, *(alias for name, alias in named if name == place.name))
            )
        )
        for place in places
    }
    return AliasFacts(
        environments=places,
        named=named,
        known=known,
        timeline=questions.alias_assignments(database, actor, Page(size=_SHOWN), model.id).items,
        waiting=questions.pending_alias_changes(database, actor, model.id).items,
        may_move=actor.might(Permission.ALIAS_MOVE, model.project_id, model.id),
        may_add=actor.may(Permission.ENVIRONMENT_CREATE, model.project_id),
        may_add_open=Role.COMPLIANCE in actor.roles(model.project_id),
    )


@router.post("/models/{model_id}/alias-changes")
@needs(Permission.ALIAS_MOVE)
def change_alias(
    model_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Let an alias name another version, or ask for it."""
    record = operations.change_alias(
        services.database,
        actor,
        model_id,
        environment=form.text("environment"),
        alias=form.text("alias"),
        model_version_id=an_id(form.text("model_version_id"), "model_version_id"),
        reason=form.text("reason"),
    )
    return done(f"/models/{model_id}", "asked" if record.assignment is None else "alias-moved")


@router.post("/models/{model_id}/alias-rollbacks")
@needs(Permission.ALIAS_MOVE)
def roll_back_alias(
    model_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Go one step back; the field `place` is `environment/alias`."""
    environment, _, alias = form.text("place").partition("/")
    operations.roll_back_alias(
        services.database,
        actor,
        model_id,
        environment=environment,
        alias=alias,
        reason=form.text("reason"),
    )
    return done(f"/models/{model_id}", "alias-moved")


@router.post("/models/{model_id}/environments")
@needs(Permission.ENVIRONMENT_CREATE)
def create_environment(
    model_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Add an environment to the project that the form names."""
    environments.create_environment(
        services.database,
        actor,
        an_id(form.text("project_id"), "project_id"),
        name=form.text("name"),
        protected=form.text("protected") == "yes",
    )
    return done(f"/models/{model_id}", "environment-added")


@router.post("/proceedings/alias_change/{proceeding_id}/sign-offs")
@needs(Permission.APPROVAL_SIGN)
def sign_alias_change(
    request: Request,
    proceeding_id: uuid.UUID,
    form: CheckedForm,
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Sign the change of an alias."""
    signature = proceeding_signature(request, services, actor, form)
    operations.sign_alias_change(services.database, actor, proceeding_id, **signature)
    trail.sign_now(services.database, services.key)
    return done("/proceedings", "signed")
