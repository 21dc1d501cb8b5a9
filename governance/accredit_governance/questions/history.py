"""Where a model, its versions and its deployments stood at an instant.

1. What holds from an event on holds at the event's own time, and not at that of the next one. So
   what lasted no time is never the answer.
2. Without an instant it is now: after everything that is on record. No later one can be asked for.
3. Before a thing was there, it is not found.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from accredit_governance.access.permissions import Permission
from accredit_governance.audit.alias_events import AliasMoved
from accredit_governance.errors import InvalidInput, NotFound
from accredit_governance.lifecycle.versions import VersionState
from accredit_governance.operations.door import View, question
from accredit_governance.questions.pages import Listing, Page, visible_rows
from accredit_governance.registry.history_records import (
    AliasStanding,
    DeploymentStanding,
    EnvironmentStanding,
    ModelStanding,
    VersionStanding,
)
from accredit_governance.registry.tables import (
    AuditEventRow,
    AuditHeadRow,
    DeploymentRow,
    DeploymentStateRow,
    ModelRow,
    ModelVersionRow,
    VersionStateRow,
)


@question(Permission.PROJECT_READ)
def model_standing(
    view: View, model_id: uuid.UUID, *, as_of: datetime | None = None
) -> ModelStanding:
    """What was champion, approved and deployed at an instant.

    Raises:
        NotFound: the model was not there then.
        InvalidInput: the instant lies in the future.
    """
    model = view.load(ModelRow, model_id, noun="model")
    at = _instant(view, as_of)
    if at < model.created_at:
        raise _not_yet("model", model_id, at, model.created_at)
    versions = {v.model_version_id: v for v in _versions(view, at, ModelRow.id == model_id)}
    approved = [v for v in versions.values() if v.state is VersionState.APPROVED]
    return ModelStanding(
        model_id=model_id,
        model_name=model.name,
        as_of=at,
        environments=_environments(
            _aliases(view, model_id, at, versions),
            _deployments(view, at, versions, ModelVersionRow.model_id == model_id),
        ),
        approved=tuple(v for v in approved if v.is_in_force),
        run_out=tuple(v for v in approved if not v.is_in_force),
    )


@question(Permission.PROJECT_READ)
def version_standing(
    view: View, version_id: uuid.UUID, *, as_of: datetime | None = None
) -> VersionStanding:
    """Where a model version stood at an instant.

    Raises:
        NotFound: it was not registered then.
        InvalidInput: the instant lies in the future.
    """
    row = view.load(ModelVersionRow, version_id, noun="model version")
    at = _instant(view, as_of)
    found = _versions(view, at, ModelVersionRow.id == version_id)
    if not found:
        raise _not_yet("model version", version_id, at, row.created_at)
    return found[0]


@question(Permission.PROJECT_READ)
def deployment_standing(
    view: View, deployment_id: uuid.UUID, *, as_of: datetime | None = None
) -> DeploymentStanding:
    """Where a deployment stood at an instant, and whether it served.

    Raises:
        NotFound: nobody had asked for it then.
        InvalidInput: the instant lies in the future.
    """
    row = view.load(DeploymentRow, deployment_id, noun="deployment")
    at = _instant(view, as_of)
    versions = _versions(view, at, ModelVersionRow.id == row.model_version_id)
    known = {version.model_version_id: version for version in versions}
    found = _deployments(view, at, known, DeploymentRow.id == deployment_id, only_active=False)
    if not found:
        raise _not_yet("deployment", deployment_id, at, row.created_at)
    return found[0]


@question(Permission.PROJECT_READ)
def deployment_standings(
    view: View,
    page: Page,
    *,
    as_of: datetime | None = None,
    environment: str | None = None,
    state: str | None = None,
) -> Listing[DeploymentStanding]:
    """Where deployments stood at an instant, newest first; those that came later are left out.

    Raises:
        InvalidInput: the instant lies in the future.
    """
    at = _instant(view, as_of)
    stays = select(DeploymentStateRow.deployment_id).where(
        _lasting(DeploymentStateRow.from_at, DeploymentStateRow.to_at, at)
    )
    if state is not None:
        stays = stays.where(DeploymentStateRow.state == state)
    where: list[ColumnElement[bool]] = [DeploymentRow.id.in_(stays)]
    if environment is not None:
        where.append(DeploymentRow.environment == environment)
    rows, token = visible_rows(view, DeploymentRow, page, *where)
    versions = _versions(view, at, ModelVersionRow.id.in_({row.model_version_id for row in rows}))
    found = _deployments(
        view,
        at,
        {version.model_version_id: version for version in versions},
        DeploymentRow.id.in_([row.id for row in rows]),
        only_active=False,
    )
    standing = {one.deployment_id: one for one in found}
    return Listing(items=tuple(standing[row.id] for row in rows), next_page_token=token)


def _instant(view: View, as_of: datetime | None) -> datetime:
    """The instant that is asked about; now is never before what is on record."""
    last = view.session.execute(select(AuditHeadRow.last_at)).scalar_one()
    now = view.now if last is None else max(view.now, last)
    if as_of is None:
        return now
    if as_of > now:
        message = f"as_of is {as_of.isoformat()}, which is yet to come; it is {now.isoformat()}"
        raise InvalidInput(message, [{"pointer": "/as_of", "detail": message}])
    return as_of


def _not_yet(noun: str, row_id: uuid.UUID, at: datetime, created_at: datetime) -> NotFound:
    return NotFound(
        f"there was no {noun} {row_id} at {at.isoformat()}; it came at {created_at.isoformat()}",
        noun=noun,
        id=str(row_id),
    )


def _lasting(
    from_at: InstrumentedAttribute[datetime],
    to_at: InstrumentedAttribute[datetime | None],
    at: datetime,
) -> ColumnElement[bool]:
    return and_(from_at <= at, or_(to_at.is_(None), to_at > at))


def _versions(view: View, at: datetime, where: ColumnElement[bool]) -> list[VersionStanding]:
    rows = view.session.execute(
        select(VersionStateRow, ModelVersionRow.number)
        .join(ModelVersionRow, ModelVersionRow.id == VersionStateRow.model_version_id)
        .join(ModelRow, ModelRow.id == ModelVersionRow.model_id)
        .where(_lasting(VersionStateRow.from_at, VersionStateRow.to_at, at), where)
        .order_by(ModelVersionRow.number)
    )
    return [_standing_of(stay, number, at) for stay, number in rows]


def _standing_of(stay: VersionStateRow, number: int, at: datetime) -> VersionStanding:
    is_approved = stay.state == VersionState.APPROVED
    return VersionStanding(
        as_of=at,
        model_version_id=stay.model_version_id,
        number=number,
        state=VersionState(stay.state),
        is_in_force=is_approved and stay.valid_until is not None and stay.valid_until > at,
        from_at=stay.from_at,
        to_at=stay.to_at,
        valid_until=stay.valid_until,
        event_seq=stay.event_seq,
    )


def _deployments(
    view: View,
    at: datetime,
    versions: Mapping[uuid.UUID, VersionStanding],
    where: ColumnElement[bool],
    *,
    only_active: bool = True,
) -> list[DeploymentStanding]:
    wanted = [DeploymentStateRow.state == "active"] if only_active else []
    rows = view.session.execute(
        select(DeploymentStateRow, DeploymentRow)
        .join(DeploymentRow, DeploymentRow.id == DeploymentStateRow.deployment_id)
        .join(ModelVersionRow, ModelVersionRow.id == DeploymentRow.model_version_id)
        .where(_lasting(DeploymentStateRow.from_at, DeploymentStateRow.to_at, at), where, *wanted)
        .order_by(DeploymentRow.environment, ModelVersionRow.number, DeploymentRow.id)
    )
    return [
        DeploymentStanding(
            as_of=at,
            deployment_id=deployment.id,
            environment=deployment.environment,
            model_version_id=deployment.model_version_id,
            number=versions[deployment.model_version_id].number,
            state=stay.state,
            serves=stay.state == "active" and versions[deployment.model_version_id].is_in_force,
            from_at=stay.from_at,
            to_at=stay.to_at,
            event_seq=stay.event_seq,
        )
        for stay, deployment in rows
    ]


def _aliases(
    view: View,
    model_id: uuid.UUID,
    at: datetime,
    versions: Mapping[uuid.UUID, VersionStanding],
) -> list[tuple[str, AliasStanding]]:
    """Environment and alias, in this order.

    Read from the events: an assignment is dated by the clock of its operation, and where several
    write at once its event can be later.
    """
    told = view.session.execute(
        select(AuditEventRow.seq, AuditEventRow.occurred_at, AuditEventRow.body)
        .where(
            AuditEventRow.resource_id == model_id,
            AuditEventRow.action == AliasMoved.action,
            AuditEventRow.outcome == "ok",
        )
        .order_by(AuditEventRow.seq)
    )
    found: dict[tuple[str, str], AliasStanding] = {}
    for seq, moved_at, body in told:
        fact = AliasMoved.model_validate(json.loads(body)["fact"])
        key = (fact.environment, fact.alias)
        if moved_at <= at:
            found[key] = AliasStanding(
                alias=fact.alias,
                model_version_id=fact.after,
                number=versions[fact.after].number,
                is_in_force=versions[fact.after].is_in_force,
                from_at=moved_at,
                to_at=None,
                event_seq=seq,
            )
        elif key in found and found[key].to_at is None:
            found[key] = found[key].model_copy(update={"to_at": moved_at})
    return [(environment, found[environment, alias]) for environment, alias in sorted(found)]


def _environments(
    aliases: Sequence[tuple[str, AliasStanding]], deployments: Sequence[DeploymentStanding]
) -> tuple[EnvironmentStanding, ...]:
    names = {name for name, _ in aliases} | {d.environment for d in deployments}
    return tuple(
        EnvironmentStanding(
            environment=name,
            aliases=tuple(alias for where, alias in aliases if where == name),
            deployments=tuple(d for d in deployments if d.environment == name),
        )
        for name in sorted(names)
    )
