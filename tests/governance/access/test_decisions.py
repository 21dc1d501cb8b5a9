"""The one decision, against a second reading of its rules, over random actors."""

import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accredit_governance.access.actors import Actor
from accredit_governance.access.conditions import CONDITIONED, Condition, Facts
from accredit_governance.access.explanations import explain, refusal
from accredit_governance.access.permissions import (
    BREAKABLE,
    DELEGABLE,
    NEVER_LENT,
    PERSONAL,
    ROLE_PERMISSIONS,
    Permission,
    Role,
)
from accredit_governance.access.rights import Binding, Code, Denial, Mandate

P, Q = uuid.UUID(int=1), uuid.UUID(int=2)
M, SIBLING, FAR = uuid.UUID(int=11), uuid.UUID(int=12), uuid.UUID(int=21)
SOMEBODY = uuid.UUID(int=99)
PLACES = [(None, None), (P, None), (P, M), (P, SIBLING), (Q, None), (Q, FAR)]

places = st.sampled_from(PLACES)
roles = st.sampled_from(Role)
permissions = st.sampled_from(Permission)
known = st.sampled_from([None, Facts(protected=True), Facts(protected=False)])
groups = st.sampled_from([None, uuid.UUID(int=50)])


@st.composite
def bindings(draw: st.DrawFn) -> Binding:
    project, model = draw(places)
    is_lent = draw(st.booleans())
    return Binding(
        role=draw(roles),
        project_id=project,
        model_id=model,
        condition=None if is_lent else draw(st.sampled_from([None, *Condition])),
        group_id=draw(groups),
        break_glass_id=uuid.UUID(int=70) if is_lent else None,
    )


@st.composite
def denials(draw: st.DrawFn) -> Denial:
    project, model = draw(places)
    is_role = draw(st.booleans())
    return Denial(
        denial_id=uuid.UUID(int=80),
        permission=None if is_role else draw(permissions),
        role=draw(roles) if is_role else None,
        project_id=project,
        model_id=model,
    )


@st.composite
def mandates(draw: st.DrawFn) -> Mandate:
    project, model = draw(places)
    return Mandate(
        delegation_id=uuid.UUID(int=60),
        delegator_id=uuid.UUID(int=61),
        role=draw(roles),
        project_id=project,
        model_id=model,
        excepted=draw(st.frozensets(st.sampled_from([P, Q, M, SIBLING, FAR]), max_size=2)),
    )


actors = st.builds(
    Actor,
    id=st.just(SOMEBODY),
    kind=st.just("user"),
    name=st.just("somebody"),
    active=st.sampled_from([True, True, True, False]),
    bindings=st.lists(bindings(), max_size=4).map(tuple),
    mandates=st.lists(mandates(), max_size=2).map(tuple),
    denials=st.lists(denials(), max_size=2).map(tuple),
    scopes=st.none() | st.frozensets(permissions, max_size=20),
)


def person(*held: Binding, denied: tuple[Denial, ...] = ()) -> Actor:
    return Actor(id=SOMEBODY, kind="user", name="somebody", bindings=held, denials=denied)


def covers(
    right: Binding | Mandate | Denial, project: uuid.UUID | None, model: uuid.UUID | None
) -> bool:
    if right.model_id is not None:
        return right.model_id == model
    return right.project_id is None or right.project_id == project


def second_reading(
    actor: Actor,
    permission: Permission,
    project: uuid.UUID | None,
    model: uuid.UUID | None,
    facts: Facts | None,
) -> bool:
    """The rules of `access/actors.py` once more, as plainly as they can be written."""
    if not actor.active or (actor.scopes is not None and permission not in actor.scopes):
        return False
    for denial in actor.denials:
        about = {denial.permission} if denial.role is None else ROLE_PERMISSIONS[denial.role]
        if permission in about and covers(denial, project, model):
            return False
    for binding in actor.bindings:
        if not covers(binding, project, model) or permission not in ROLE_PERMISSIONS[binding.role]:
            continue
        if binding.break_glass_id is not None and permission in NEVER_LENT:
            continue
        asks = binding.condition is not None and permission in CONDITIONED[binding.condition]
        if not asks or (facts is not None and not facts.protected):
            return True
    return permission in DELEGABLE and any(
        covers(m, project, model) and not {project, model} & m.excepted for m in actor.mandates
    )


@given(actors, permissions, places, known)
@settings(max_examples=200)
def test_the_decision_is_what_its_rules_say(
    actor: Actor,
    permission: Permission,
    place: tuple[uuid.UUID | None, uuid.UUID | None],
    facts: Facts | None,
) -> None:
    expected = second_reading(actor, permission, *place, facts)

    assert actor.may(permission, *place, facts) == expected
    told = explain(actor, permission, *place, facts=facts)
    assert told.allowed == expected
    assert told.code == actor.decide(permission, *place, facts).code == told.reasons[0].code
    assert all(reason.sentence.endswith(".") for reason in told.reasons)


@given(actors, permissions, places, known, st.booleans())
def test_a_denial_beats_whatever_else_there_is(
    actor: Actor,
    permission: Permission,
    place: tuple[uuid.UUID | None, uuid.UUID | None],
    facts: Facts | None,
    of_group: bool,
) -> None:
    denial = Denial(
        denial_id=uuid.UUID(int=81),
        permission=permission,
        project_id=place[0],
        model_id=place[1],
        group_id=uuid.UUID(int=50) if of_group else None,
    )

    denied = actor.model_copy(update={"denials": (*actor.denials, denial)})

    assert not denied.may(permission, *place, facts)
    assert not denied.might(permission, *place)


@given(actors, permissions, places, known)
def test_what_takes_away_never_gives(
    actor: Actor,
    permission: Permission,
    place: tuple[uuid.UUID | None, uuid.UUID | None],
    facts: Facts | None,
) -> None:
    """A scope, a denial, a condition: without them there is never less."""
    free = actor.model_copy(
        update={
            "scopes": None,
            "denials": (),
            "bindings": tuple(b.model_copy(update={"condition": None}) for b in actor.bindings),
        }
    )

    assert free.may(permission, *place, facts) or not actor.may(permission, *place, facts)


@given(st.lists(bindings(), max_size=5), permissions, known)
def test_a_role_on_a_model_is_worth_nothing_beside_it(
    held: list[Binding], permission: Permission, facts: Facts | None
) -> None:
    here = [b.model_copy(update={"project_id": P, "model_id": M}) for b in held]
    actor = person(*here)

    for place in PLACES:
        if place != (P, M):
            assert not actor.may(permission, *place, facts)
    reach = actor.reach(permission)
    assert (reach.everywhere, reach.projects) == (False, frozenset())
    assert set(reach.models) <= {M}
    assert actor.roles(P, SIBLING) == actor.roles(P) == frozenset()


@given(actors, permissions)
def test_a_list_draws_from_where_the_permission_is_held(
    actor: Actor, permission: Permission
) -> None:
    actor = actor.model_copy(update={"mandates": ()})
    reach = actor.reach(permission)

    for project, model in PLACES:
        if project is None:
            inside = reach.everywhere
        else:
            inside = reach.everywhere or project in reach.projects or model in reach.models
            inside = inside and project not in reach.not_projects and model not in reach.not_models
        assert inside == actor.might(permission, project, model), (project, model)
    assert actor.may_anywhere(permission) or not any(
        actor.might(permission, *place) for place in PLACES
    )


@given(actors, places)
def test_broken_glass_lends_no_judgement_and_no_seat(
    actor: Actor, place: tuple[uuid.UUID | None, uuid.UUID | None]
) -> None:
    lent = actor.model_copy(
        update={
            "mandates": (),
            "bindings": tuple(
                b.model_copy(update={"break_glass_id": uuid.UUID(int=70), "condition": None})
                for b in actor.bindings
            ),
        }
    )

    assert not [p for p in PERSONAL if lent.might(p, *place)]
    assert lent.roles(*place) == frozenset()
    assert not [p for p in Permission if lent.may_itself(p, *place)]


def test_what_one_holds_anyway_needs_no_broken_glass() -> None:
    owner, lent = Binding(role=Role.OWNER, project_id=P), uuid.UUID(int=70)
    glass = Binding(role=Role.OWNER, break_glass_id=lent)

    both = person(glass, owner).decide(Permission.ALIAS_MOVE, P)
    alone = person(glass, owner).decide(Permission.ALIAS_MOVE, Q)

    assert (both.code, alone.code) == (Code.ROLE, Code.BREAK_GLASS)
    assert person(glass).glass_behind(Permission.ALIAS_MOVE) == lent
    assert person(glass, owner).glass_behind(Permission.ALIAS_MOVE) is None


def test_of_a_role_that_is_lent_something_is_left() -> None:
    assert all(ROLE_PERMISSIONS[role] - NEVER_LENT for role in BREAKABLE)
    assert not BREAKABLE & {Role.ADMIN, Role.SYSTEM, Role.CONSUMER}


def test_a_condition_bears_on_what_it_names_and_on_nothing_else() -> None:
    owner = person(Binding(role=Role.OWNER, project_id=P, condition=Condition.UNPROTECTED_ONLY))
    open_, closed = Facts(protected=False), Facts(protected=True)

    for permission in (Permission.ALIAS_MOVE, Permission.DEPLOYMENT_CREATE):
        assert owner.may(permission, P, facts=open_)
        assert not owner.may(permission, P, facts=closed)
        assert not owner.may(permission, P)
        assert owner.might(permission, P)
        assert owner.may_anywhere(permission)
    assert owner.may(Permission.APPROVAL_SIGN, P, facts=closed)


def test_a_copy_with_other_roles_decides_by_those() -> None:
    viewer = person(Binding(role=Role.VIEWER))
    assert not viewer.may(Permission.RUN_CREATE, P)
    assert not viewer.knows_models

    promoted = viewer.model_copy(
        update={"bindings": (Binding(role=Role.DEVELOPER, project_id=P, model_id=M),)}
    )

    assert promoted.may(Permission.RUN_CREATE, P, M)
    assert promoted.knows_models


@pytest.mark.parametrize(
    ("actor", "sentence"),
    [
        pytest.param(person(), "No role that counts here grants it", id="no role"),
        pytest.param(
            person(Binding(role=Role.OWNER, group_id=P)),
            "The role owner in the organisation, through a group, grants it",
            id="through a group",
        ),
        pytest.param(
            person(Binding(role=Role.OWNER, project_id=P, condition=Condition.UNPROTECTED_ONLY)),
            "The role owner in the project grants it, but only where the environment is not",
            id="condition",
        ),
        pytest.param(
            person(
                Binding(role=Role.OWNER),
                denied=(Denial(denial_id=P, role=Role.OWNER, project_id=P, model_id=M),),
            ),
            "All that the role owner holds is denied on the model, and a denial beats every role",
            id="denied",
        ),
        pytest.param(
            person().model_copy(update={"active": False}), "The account is closed", id="closed"
        ),
        pytest.param(
            person(Binding(role=Role.OWNER)).model_copy(update={"scopes": frozenset()}),
            "The scopes of the token that was shown leave it out",
            id="scope",
        ),
        pytest.param(
            person(Binding(role=Role.OWNER, break_glass_id=Q, project_id=P, model_id=M)),
            "Broken glass lends the role owner on the model, which grants it",
            id="glass",
        ),
    ],
)
def test_the_reason_is_told_in_plain_english(actor: Actor, sentence: str) -> None:
    told = explain(actor, Permission.ALIAS_MOVE, P, M)

    assert told.reasons[0].sentence.startswith(sentence)
    if not told.allowed:
        error = refusal(actor.decide(Permission.ALIAS_MOVE, P, M), Permission.ALIAS_MOVE)
        assert error.facts["reason"] == told.code


def test_a_lent_signature_is_told_with_its_delegation() -> None:
    mandate = Mandate(delegation_id=Q, delegator_id=Q, role=Role.VALIDATOR, project_id=P)
    actor = person().model_copy(update={"mandates": (mandate,)})

    told = explain(actor, Permission.APPROVAL_SIGN, P)

    assert (told.allowed, told.code, told.reasons[0].delegation_id) == (True, Code.LENT, Q)


def test_who_had_a_hand_in_it_is_told_so_whatever_their_role() -> None:
    actor = person(Binding(role=Role.VALIDATOR))

    told = explain(actor, Permission.APPROVAL_SIGN, P, M, hand="you trained it")

    assert (told.allowed, told.code) == (False, Code.FOUR_EYES)
    assert told.reasons[0].sentence == "Separation of duties: you trained it."
    assert told.reasons[1].role is Role.VALIDATOR


@pytest.mark.parametrize(
    ("project", "model", "left"),
    [
        pytest.param(None, None, {(P, None), (Q, FAR)}, id="everywhere"),
        pytest.param(P, None, {(P, None)}, id="a project that is read"),
        pytest.param(Q, None, {(Q, FAR)}, id="a project of which one model is read"),
        pytest.param(Q, FAR, {(Q, FAR)}, id="the model that is read"),
        pytest.param(Q, uuid.UUID(int=22), set(), id="another model"),
    ],
)
def test_what_is_lent_holds_where_its_taker_reads(
    project: uuid.UUID | None,
    model: uuid.UUID | None,
    left: set[tuple[uuid.UUID | None, uuid.UUID | None]],
) -> None:
    taker = person(
        Binding(role=Role.VIEWER, project_id=P),
        Binding(role=Role.VIEWER, project_id=Q, model_id=FAR),
        denied=(Denial(denial_id=P, permission=Permission.PROJECT_READ, project_id=P, model_id=M),),
    )
    mandate = Mandate(
        delegation_id=Q,
        delegator_id=Q,
        role=Role.VALIDATOR,
        project_id=project,
        model_id=model,
    )

    found = mandate.within(taker.reach(Permission.PROJECT_READ))

    assert {(m.project_id, m.model_id) for m in found} == left
    assert all(not m.covers(P, M) for m in found)
