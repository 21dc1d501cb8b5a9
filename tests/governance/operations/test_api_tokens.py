"""Tokens: what they are good for, how one follows another, and how they end."""

import uuid
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission, Role
from accredit_governance.access.token_forms import TokenKind
from accredit_governance.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotAuthenticated,
    NotFound,
)
from accredit_governance.operations import (
    api_tokens,
    client_credentials,
    datasets,
    groups,
    identity,
)
from accredit_governance.operations.admission import admit_prediction
from accredit_governance.operations.token_holders import actor_of_token, record_refused_token
from accredit_governance.questions import catalogue, tokens
from accredit_governance.questions.pages import Page
from accredit_governance.registry.tables import ApiTokenRow
from accredit_governance.registry.token_records import IssuedToken, TokenState
from tests.governance.audit.test_ledger import together
from tests.governance.office import Office, new_token

pytestmark = pytest.mark.databases("sqlite")

DAY = timedelta(days=1)
CREATE = frozenset({Permission.DATASET_CREATE})


def issue(office: Office, person: str = "consumer", **terms: Any) -> IssuedToken:
    """A token; an admin issues those of the consumer, which is a service account."""
    given = {"name": "desk", "secret": new_token(), "days": 30, **terms}
    if person != "consumer":
        return api_tokens.issue_own_token(office.database, office.people[person], **given)
    return api_tokens.issue_service_token(
        office.database, office.people["admin"], office.people[person].id, **given
    )


def issued(office: Office, person: str, **terms: Any) -> str:
    return issue(office, person, **terms).token


def shown(office: Office, token: str) -> Actor:
    return actor_of_token(office.database, token, request_id="r-1")


def refusal(office: Office, token: str) -> str:
    """Why a token is worth nothing."""
    with pytest.raises(NotAuthenticated) as caught:
        shown(office, token)
    return caught.value.reason


def rotate(office: Office, actor: Actor, token_id: uuid.UUID, *, hours: int = 24) -> IssuedToken:
    overlap = timedelta(hours=hours)
    return api_tokens.rotate_token(
        office.database, actor, token_id, mint=new_token, overlap=overlap
    )


def test_a_token_stands_for_its_holder(office: Office) -> None:
    token = issue(office)

    actor = shown(office, token.token)

    assert actor.id == office.people["consumer"].id
    assert (actor.token_id, actor.request_id) == (token.id, "r-1")
    assert actor.roles(office.project_id) == {Role.CONSUMER}


def test_the_secret_itself_is_not_kept(office: Office) -> None:
    token = issue(office)

    with office.database.reading() as session:
        row = session.get_one(ApiTokenRow, token.id)
        assert token.token not in {str(value) for value in vars(row).values()}
        assert row.prefix == token.token[:20]
    assert token.token.split("_", 2)[2][:43] not in str(office.contents())


def test_what_is_worth_nothing_says_why_as_far_as_its_holder_may_know(office: Office) -> None:
    own, other = issue(office), issue(office, "validator")
    api_tokens.revoke_token(office.database, office.people["admin"], own.id)

    assert refusal(office, "acc_" + "x" * 43) == "malformed"
    assert refusal(office, new_token()) == "unknown"
    assert refusal(office, own.token) == "revoked"
    with pytest.raises(Conflict, match="revoked already"):
        api_tokens.revoke_token(office.database, office.people["admin"], own.id)
    office.clock.pass_time(days=30)
    with pytest.raises(NotAuthenticated, match=r"expired on 2026-12-\d\d at \d\d:\d\d UTC") as told:
        shown(office, other.token)
    assert (told.value.reason, told.value.token_id) == ("expired", other.id)


@pytest.mark.parametrize("days", [0, 1, 365, 366])
def test_a_token_lasts_a_year_at_most(office: Office, days: int) -> None:
    if 1 <= days <= 365:
        assert issue(office, days=days)
        return
    with pytest.raises(InvalidInput, match="between 1 and 365"):
        issue(office, days=days)


def test_an_admin_issues_no_token_in_the_name_of_a_person(office: Office) -> None:
    with pytest.raises(NotAllowed, match="issue their own"):
        api_tokens.issue_service_token(
            office.database,
            office.people["admin"],
            office.people["validator"].id,
            name="x",
            secret=new_token(),
            days=1,
        )


def test_a_token_is_good_for_its_scopes_only(office: Office) -> None:
    actor = shown(office, issued(office, "preparer", scopes=CREATE))

    datasets.create_dataset(office.database, actor, office.project_id, name="b", title="B")
    with pytest.raises(NotAllowed, match="project:read"):
        catalogue.project(office.database, actor, office.project_id)


def test_a_scope_that_its_holder_lacks_gives_nothing(office: Office) -> None:
    actor = shown(office, issued(office, "viewer", scopes=CREATE))

    with pytest.raises(NotAllowed):
        datasets.create_dataset(office.database, actor, office.project_id, name="b", title="B")


def test_a_token_without_any_scope_is_not_issued(office: Office) -> None:
    with pytest.raises(InvalidInput, match="at least one scope"):
        issue(office, scopes=frozenset())


def test_a_narrowed_token_of_an_admin_makes_nobody_more(office: Office) -> None:
    token = issued(office, "admin", scopes=frozenset({Permission.IDENTITY_MANAGE}))
    narrow, database = shown(office, token), office.database
    viewer, admin = office.people["viewer"].id, office.people["admin"]
    group = groups.create_group(database, admin, name="Judges").id

    for attempt in (
        lambda: identity.bind_role(database, narrow, viewer, role=Role.ADMIN, project_id=None),
        lambda: groups.bind_role_to_group(
            database, narrow, group, role=Role.ADMIN, project_id=None
        ),
        lambda: groups.add_member(database, narrow, group, principal_id=viewer),
        lambda: identity.create_principal(
            database, narrow, kind="user", name="eve", title="Eve", password_hash="h"
        ),
    ):
        with pytest.raises(NotAllowed, match="with scopes"):
            attempt()


def test_a_token_that_is_bound_to_a_project_is_good_for_that_one_only(office: Office) -> None:
    token = issued(office, "auditor", project_id=office.project_id)

    actor = shown(office, token)

    assert catalogue.project(office.database, actor, office.project_id)
    with pytest.raises(NotFound):
        catalogue.project(office.database, actor, office.twin_project_id)
    with pytest.raises(NotFound, match="no project"):
        issue(office, "stranger", project_id=office.project_id)


def test_a_narrowed_token_issues_no_wider_one(office: Office) -> None:
    """Else whoever steals it could have one that may everything."""
    manage = frozenset({Permission.IDENTITY_MANAGE})
    admin = shown(office, issued(office, "admin", scopes=manage))
    service = office.people["consumer"].id

    def give(scopes: frozenset[Permission] | None) -> IssuedToken:
        return api_tokens.issue_service_token(
            office.database, admin, service, name="x", secret=new_token(), days=1, scopes=scopes
        )

    for wider in (None, manage | {Permission.PREDICTION_CREATE}):
        with pytest.raises(NotAllowed, match="no wider one than itself"):
            give(wider)
    assert give(manage)
    with pytest.raises(NotAllowed, match="no wider one than itself"):
        rotate(office, admin, issue(office).id)


@pytest.mark.databases("sqlite", "postgresql")
def test_a_successor_is_as_wide_and_the_old_token_counts_a_little_longer(office: Office) -> None:
    old = issue(office, scopes=frozenset({Permission.PREDICTION_CREATE}), days=10)
    size = office.size()

    new = rotate(office, shown(office, old.token), old.id)

    assert (new.scopes, new.principal_id, new.prefix != old.prefix) == (
        old.scopes,
        old.principal_id,
        True,
    )
    assert new.expires_at - office.clock.now == pytest.approx(10 * DAY, abs=DAY / 24)
    assert office.actions(since=size) == ["token.issued", "token.rotated"]
    assert shown(office, old.token).scopes == shown(office, new.token).scopes
    with pytest.raises(Conflict, match="has a successor"):
        rotate(office, shown(office, old.token), old.id)
    with pytest.raises(Conflict, match="before this one still counts"):
        rotate(office, shown(office, new.token), new.id)
    office.clock.pass_time(hours=24)
    assert refusal(office, old.token) == "expired"
    assert rotate(office, shown(office, new.token), new.id, hours=0)
    assert refusal(office, new.token) == "expired"


def test_a_token_is_rotated_by_itself_or_by_an_admin_of_services(office: Office) -> None:
    own, service = issue(office, "owner"), issue(office)
    person = office.people["owner"]

    for actor, token in (
        (person, own.id),
        (office.people["admin"], own.id),
        (person, service.id),
        (shown(office, own.token), service.id),
    ):
        with pytest.raises(NotFound):
            rotate(office, actor, token)
    for hours in (-1, 169):
        with pytest.raises(InvalidInput, match="168 hours"):
            rotate(office, shown(office, own.token), own.id, hours=hours)

    assert rotate(office, office.people["admin"], service.id, hours=168)
    denied = office.events()[-3]
    assert (denied["action"], denied["fact"]["operation"]) == ("operation.refused", "rotate_token")


@pytest.mark.databases("sqlite", "postgresql")
def test_of_two_rotations_at_once_one_wins(office: Office) -> None:
    for _ in range(5):
        token = issue(office)
        actor = shown(office, token.token)
        turn = partial(rotate, office, actor, token.id)

        raised = together([turn, turn])

        assert [type(error) for error in raised] == [Conflict]


def test_people_end_their_own_tokens_and_nobody_elses(office: Office) -> None:
    mine, narrow, other = (
        issue(office, "owner"),
        issue(office, "owner", scopes=CREATE),
        issue(office, "viewer"),
    )
    narrowed = shown(office, narrow.token)

    with pytest.raises(NotFound):
        api_tokens.revoke_own_token(office.database, office.people["owner"], other.id)
    with pytest.raises(NotAllowed, match="only itself"):
        api_tokens.revoke_own_token(office.database, narrowed, mine.id)
    seen_by_it = tokens.own_tokens(office.database, narrowed).items
    api_tokens.revoke_own_token(office.database, narrowed, narrow.id)
    api_tokens.revoke_own_token(office.database, office.people["owner"], mine.id)

    assert [token.id for token in seen_by_it] == [narrow.id]
    assert {refusal(office, mine.token), refusal(office, narrow.token)} == {"revoked"}
    assert shown(office, other.token)


def test_a_token_that_ends_after_it_was_let_in_is_worth_nothing_at_the_door(
    office: Office,
) -> None:
    """The guard remembers tokens for seconds; the door asks anew in every transaction."""
    deployment = office.deployed().id
    revoked, expired, closed = (issue(office, days=days) for days in (30, 1, 30))
    actors = [shown(office, token.token) for token in (revoked, expired, closed)]
    admin = office.people["admin"]
    api_tokens.revoke_token(office.database, admin, revoked.id)

    def reason(actor: Actor) -> str:
        with pytest.raises(NotAuthenticated) as caught:
            admit_prediction(office.database, actor, deployment, purpose=None, rows=1)
        with pytest.raises(NotAuthenticated):
            datasets.create_dataset(office.database, actor, office.project_id, name="b", title="B")
        with pytest.raises(NotAuthenticated):
            tokens.me(office.database, actor)
        return caught.value.reason

    assert reason(actors[0]) == "revoked"
    office.clock.pass_time(days=1)
    assert reason(actors[1]) == "expired"
    identity.deactivate_principal(office.database, admin, office.people["consumer"].id)
    assert reason(actors[2]) == "inactive"
    assert refusal(office, closed.token) == "inactive"
    denied = [e for e in office.events() if e["action"] == "operation.refused"]
    assert {e["fact"]["code"] for e in denied} == {"not_authenticated"}


def test_a_token_that_there_never_was_opens_no_door(office: Office) -> None:
    forged = office.people["owner"].model_copy(update={"token_id": uuid.UUID(int=5)})

    with pytest.raises(NotAuthenticated, match="no such token"):
        catalogue.project(office.database, forged, office.project_id)


def test_lists_tell_when_a_token_was_used_and_how_it_stands(office: Office) -> None:
    soon, long, ended = (issue(office, days=days) for days in (14, 15, 3))
    api_tokens.revoke_token(office.database, office.people["admin"], ended.id)
    service, admin = office.people["consumer"], office.people["admin"]
    unused = tokens.tokens(office.database, admin, Page(), principal_id=service.id).items
    first = office.clock.now
    shown(office, long.token)
    office.clock.pass_time(seconds=50)
    shown(office, long.token)

    items = tokens.own_tokens(office.database, service).items

    assert {token.last_used_at for token in unused} == {None}
    assert {t.id: t.state for t in items} == {
        soon.id: TokenState.EXPIRING,
        long.id: TokenState.LIVE,
        ended.id: TokenState.REVOKED,
    }
    used = next(token.last_used_at for token in items if token.id == long.id)
    assert used is not None
    assert used - first < timedelta(seconds=1)
    office.clock.pass_time(seconds=11)
    shown(office, long.token)
    later = tokens.own_tokens(office.database, service).items[1].last_used_at
    assert later is not None
    assert later - used > timedelta(minutes=1)


def test_a_refusal_is_written_down_without_the_secret(office: Office) -> None:
    size = office.size()

    record_refused_token(office.database, reason="unknown", request_id="r-9")

    (event,) = office.events(since=size)
    assert (event["action"], event["outcome"], event["request"]) == (
        "token.refused",
        "denied",
        "r-9",
    )
    assert event["fact"] == {"code": "unknown", "token": None, "principal": None, "provider": None}


# --- client credentials ------------------------------------------------------------------------


def client(office: Office, **terms: Any) -> IssuedToken:
    return issue(office, secret=new_token(TokenKind.CLIENT_SECRET), **terms)


def exchanged(office: Office, secret: str, scopes: Any = None) -> IssuedToken:
    found = client_credentials.client_of(office.database, "consumer", secret, request_id="r-2")
    return client_credentials.issue_access_token(
        office.database, found, secret=new_token(TokenKind.ACCESS), scopes=scopes
    )


def test_a_client_secret_gets_access_tokens_and_does_nothing_else(office: Office) -> None:
    secret = client(office)

    access = exchanged(office, secret.token)

    assert refusal(office, secret.token) == "wrong_kind"
    actor = shown(office, access.token)
    assert (actor.id, actor.token_id) == (office.people["consumer"].id, access.id)
    assert timedelta(minutes=59) < access.expires_at - office.clock.now <= timedelta(hours=1)
    with pytest.raises(Conflict, match="ends by itself"):
        rotate(office, actor, access.id)
    office.clock.pass_time(hours=1)
    assert refusal(office, access.token) == "expired"


def test_an_access_token_is_no_wider_than_its_client_secret(office: Office) -> None:
    predict = frozenset({Permission.PREDICTION_CREATE})
    secret = client(office, scopes=predict | {Permission.OUTCOME_RECORD})

    assert exchanged(office, secret.token, predict).scopes == ("prediction:create",)
    assert exchanged(office, secret.token).scopes == secret.scopes
    with pytest.raises(NotAllowed, match="access:read"):
        exchanged(office, secret.token, frozenset({Permission.ACCESS_READ}))


def test_an_access_token_ends_with_its_client_secret(office: Office) -> None:
    secret = client(office)
    access, given_back = exchanged(office, secret.token), exchanged(office, secret.token)
    found = client_credentials.client_of(office.database, "consumer", secret.token, request_id=None)
    own = issue(office, "owner")

    client_credentials.give_back(office.database, found, given_back.token)
    client_credentials.give_back(office.database, found, given_back.token)
    client_credentials.give_back(office.database, found, own.token)
    before = shown(office, access.token)
    api_tokens.revoke_token(office.database, office.people["admin"], secret.id)

    assert refusal(office, given_back.token) == "revoked"
    assert shown(office, own.token), "another's token is left alone"
    assert before.token_id == access.id
    assert refusal(office, access.token) == "revoked"
    with pytest.raises(NotAuthenticated):
        client_credentials.issue_access_token(
            office.database, found, secret=new_token(TokenKind.ACCESS), scopes=None
        )


def test_an_access_token_ends_when_a_rotation_ends_its_client_secret(office: Office) -> None:
    secret = client(office)
    access = exchanged(office, secret.token)
    before = shown(office, access.token)

    rotate(office, office.people["admin"], secret.id, hours=0)

    assert refusal(office, access.token) == "expired"
    with pytest.raises(NotAuthenticated):
        tokens.me(office.database, before)


def test_a_client_shows_its_own_secret(office: Office) -> None:
    secret, token = client(office), issue(office)

    for name, shown_secret, reason in (
        ("owner", secret.token, "wrong_client"),
        ("consumer", token.token, "wrong_kind"),
        ("consumer", new_token(TokenKind.CLIENT_SECRET), "unknown"),
    ):
        with pytest.raises(NotAuthenticated) as caught:
            client_credentials.client_of(office.database, name, shown_secret, request_id=None)
        assert caught.value.reason == reason
