"""People and groups as a directory wants them: what it may not do, and what it leaves behind."""

import json
import uuid
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission, Role
from accredit_governance.errors import Conflict, GovernanceError, NotAllowed
from accredit_governance.operations import (
    accounts,
    api_tokens,
    denials,
    external_identities,
    groups,
    identity,
    provider_sign_ins,
    provisioning,
)
from accredit_governance.operations import provisioning_groups as kept
from accredit_governance.operations.provisioning import person_of_directory
from accredit_governance.questions import directory
from accredit_governance.questions.directory import Search
from accredit_governance.registry.directory_records import (
    DirectoryGroup,
    DirectoryUser,
    GroupTerms,
    UserTerms,
)
from accredit_governance.registry.provider_records import Vouched
from accredit_governance.registry.tables import ExternalIdentityRow, PrincipalRow
from tests.governance.audit.test_ledger import together
from tests.governance.office import Office, actor_named, hire, new_token

pytestmark = pytest.mark.databases("sqlite")


def provisioner(office: Office) -> Actor:
    return hire(
        office.database, office.people["admin"], "directory", [Role.PROVISIONER], project_id=None
    )


def person(office: Office, robot: Actor, name: str, **more: Any) -> DirectoryUser:
    terms = UserTerms(user_name=f"{name}@bank.example", **more)
    return provisioning.provision_user(office.database, robot, terms=terms)


def team(office: Office, robot: Actor, *members: uuid.UUID, name: str = "Team") -> DirectoryGroup:
    terms = GroupTerms(name=name, members=frozenset(members))
    return kept.provision_group(office.database, robot, terms=terms)


def say(office: Office, robot: Actor, user: DirectoryUser, **more: Any) -> DirectoryUser:
    def change(before: DirectoryUser) -> UserTerms:
        told = UserTerms(user_name=before.user_name, active=before.active)
        return told.model_copy(update=more)

    return provisioning.change_user(office.database, robot, user.id, change)


def with_members(
    office: Office, robot: Actor, group: DirectoryGroup, *members: uuid.UUID
) -> DirectoryGroup:
    terms = GroupTerms(name=group.name, members=frozenset(members))
    return kept.change_group(office.database, robot, group.id, lambda _before: terms)


def test_somebody_is_left_to_administer(office: Office) -> None:
    robot = provisioner(office)
    user = person(office, robot, "boss")
    group = team(office, robot, user.id)
    first = office.people["admin"]
    groups.bind_role_to_group(office.database, first, group.id, role=Role.ADMIN, project_id=None)
    boss = actor_named(office.database, "boss")
    identity.deactivate_principal(office.database, boss, first.id)

    for attempt in (
        lambda: say(office, robot, user, active=False),
        lambda: provisioning.remove_user(office.database, robot, user.id),
        lambda: with_members(office, robot, group),
        lambda: kept.remove_group(office.database, robot, group.id),
    ):
        with pytest.raises(NotAllowed, match="nobody would be left"):
            attempt()

    assert actor_named(office.database, "boss").id == user.id
    accounts.reactivate_principal(office.database, boss, first.id)
    with_members(office, robot, group)


def test_who_holds_the_token_of_the_directory_is_made_no_judge_by_it(office: Office) -> None:
    robot, admin = provisioner(office), office.people["admin"]
    user = person(office, robot, "boss")
    identity.bind_role(office.database, admin, user.id, role=Role.ADMIN, project_id=None)
    boss = actor_named(office.database, "boss")
    api_tokens.issue_service_token(
        office.database, boss, robot.id, name="t", secret=new_token(), days=1
    )
    readers, judges = team(office, robot, name="Readers"), team(office, robot, name="Judges")
    for group, role in ((readers, Role.VIEWER), (judges, Role.VALIDATOR)):
        groups.bind_role_to_group(
            office.database, admin, group.id, role=role, project_id=office.project_id
        )

    with pytest.raises(NotAllowed, match="whose token they issued"):
        with_members(office, robot, judges, user.id)

    assert with_members(office, robot, readers, user.id).members[0].id == user.id
    assert with_members(office, robot, judges, person(office, robot, "vi").id).members


def test_what_an_admin_closed_the_directory_does_not_open(office: Office) -> None:
    robot, admin = provisioner(office), office.people["admin"]
    user = person(office, robot, "ann")
    identity.deactivate_principal(office.database, admin, user.id)

    assert not say(office, robot, user, active=True).active
    assert accounts.reactivate_principal(office.database, admin, user.id).active
    with pytest.raises(Conflict, match="is open"):
        accounts.reactivate_principal(office.database, admin, user.id)

    identity.deactivate_principal(office.database, admin, user.id)
    gone = person(office, robot, "bob", external_id="b")
    identity.deactivate_principal(office.database, admin, gone.id)
    provisioning.remove_user(office.database, robot, gone.id)
    with pytest.raises(Conflict, match="directory closed"):
        accounts.reactivate_principal(office.database, admin, gone.id)
    back = person(office, robot, "bob", external_id="b")
    assert (back.id, back.active) == (gone.id, False)
    assert accounts.reactivate_principal(office.database, admin, gone.id).active
    accounts.reactivate_principal(office.database, admin, user.id)

    assert not say(office, robot, user, active=False).active
    with pytest.raises(Conflict, match="directory closed"):
        accounts.reactivate_principal(office.database, admin, user.id)
    assert say(office, robot, user, active=True).active


def test_the_directory_keeps_its_own_groups_and_no_others(office: Office) -> None:
    robot, admin = provisioner(office), office.people["admin"]
    own = groups.create_group(office.database, admin, name="Ours")
    its = team(office, robot)

    with pytest.raises(GovernanceError, match="there is no group"):
        kept.remove_group(office.database, robot, own.id)
    with pytest.raises(Conflict, match="kept by scim"):
        groups.add_member(office.database, admin, its.id, principal_id=office.people["viewer"].id)
    with pytest.raises(Conflict, match="kept by scim"):
        groups.rename_group(office.database, admin, its.id, name="New")
    with pytest.raises(Conflict, match="name"):
        team(office, robot, name="Ours")
    with pytest.raises(GovernanceError, match="cannot be a member"):
        with_members(office, robot, its, office.people["viewer"].id)


def test_the_trail_says_what_happened_and_names_nobody(office: Office) -> None:
    robot = provisioner(office)
    since = len(office.events())

    user = person(office, robot, "ann", display_name="Ann Lee", email="ann@bank.example")
    group = team(office, robot, user.id)
    say(office, robot, user, given_name="Anna", email="anna@bank.example", active=False)
    with_members(office, robot, group, user.id)
    provisioning.remove_user(office.database, robot, user.id)

    assert office.actions(since=since) == [
        "principal.created",
        "directory_user.provisioned",
        "group.created",
        "group.member_added",
        "principal.deactivated",
        "directory_user.changed",
        "directory_group.changed",
        "group.member_removed",
        "directory_user.removed",
    ]
    told = json.dumps(office.events(since=since))
    assert "given_name" in told
    assert not any(word in told for word in ("Ann", "ann@", "Lee", "Team"))


def test_a_directory_and_a_provider_may_mean_the_same_person(office: Office) -> None:
    robot = provisioner(office)
    one = person(office, robot, "Ann", external_id="x-1")
    person(office, robot, "Bob")
    with office.database.reading() as session:
        assert person_of_directory(session, user_name="ANN@bank.example") == one.id
        assert person_of_directory(session, external_id="x-1", user_name="bob@x") == one.id
        assert person_of_directory(session, external_id="x-2") is None
        assert person_of_directory(session) is None


@pytest.mark.databases("sqlite", "postgresql")
def test_filters_mean_the_same_in_both_databases(office: Office) -> None:
    robot = provisioner(office)
    one = person(office, robot, "Ann", external_id="x-1", display_name="Ann %_\\ Lee")
    two = person(office, robot, "Bob", given_name="Robert", email="bob@bank.example")
    team(office, robot, one.id)

    def found(text: str, **more: Any) -> list[str]:
        search = Search(filter=text, sort_by="externalId", **more)
        users = directory.directory_users(office.database, robot, search).items
        return ["one" if user.id == one.id else "two" for user in users]

    assert found("id pr") == ["one", "two"]
    assert found("id pr", descending=True) == ["one", "two"]
    assert found(f'id eq "{two.id}"') == ["two"]
    assert found(r'displayName co "%_\\" and displayName sw "aNN" and displayName ew "E"') == [
        "one"
    ]
    assert found('displayName ew "longer than it is, bob@bank.example"') == []
    assert found('not (externalId eq "X-1") and active eq true') == ["one", "two"]
    assert found('externalId ne "x-1" or name.givenName eq "x"') == ["two"]
    assert found('emails[value co "BANK" and primary eq true and type eq "work"]') == ["two"]
    assert found('groups.display eq "team" and meta.created gt "2020-01-01T00:00:00Z"') == ["one"]
    assert found('meta.resourceType eq "User" and not (emails pr)') == ["one"]
    search = Search(filter=f'members[value eq "{one.id}" and display co "lee"]')
    inside = directory.directory_groups(office.database, robot, search, with_members=False)
    assert inside.total == 1
    assert inside.items[0].members == ()


@pytest.mark.databases("sqlite", "postgresql")
def test_of_two_users_of_one_name_made_at_once_one_is(office: Office) -> None:
    robot = provisioner(office)

    raised = together([lambda: person(office, robot, "twin") for _ in range(2)])

    assert [type(error) for error in raised] == [Conflict]
    search = Search(filter='userName eq "twin@bank.example"')
    assert directory.directory_users(office.database, robot, search).total == 1


def test_the_directory_opens_only_what_it_closed(office: Office) -> None:
    robot, admin = provisioner(office), office.people["admin"]
    user = person(office, robot, "ann", external_id="a")
    identity.deactivate_principal(office.database, admin, user.id)

    say(office, robot, user, active=False, external_id="a")
    assert not say(office, robot, user, active=True, external_id="a").active
    say(office, robot, user, active=False, external_id="a")
    provisioning.remove_user(office.database, robot, user.id)
    assert not person(office, robot, "ann", external_id="a").active

    assert accounts.reactivate_principal(office.database, admin, user.id).active
    say(office, robot, user, active=False, external_id="a")
    assert say(office, robot, user, active=True, external_id="a").active


def test_nobody_leaves_a_group_that_is_denied_something_by_a_token_of_theirs(
    office: Office,
) -> None:
    robot, admin = provisioner(office), office.people["admin"]
    user = person(office, robot, "boss")
    identity.bind_role(office.database, admin, user.id, role=Role.ADMIN, project_id=None)
    api_tokens.issue_service_token(
        *(office.database, actor_named(office.database, "boss"), robot.id),
        name="t",
        secret=new_token(),
        days=1,
    )
    group = team(office, robot, user.id)
    wish = denials.Denied(group_id=group.id, permission=Permission.VERSION_PURGE)
    denials.deny(office.database, admin, wish, reason="Nothing is purged in this quarter.")

    for act in (
        lambda: with_members(office, robot, group),
        lambda: kept.remove_group(office.database, robot, group.id),
    ):
        with pytest.raises(NotAllowed, match="lift the denial first"):
            act()


def test_an_address_is_one_that_mail_can_be_sent_to() -> None:
    for email in ("a@b\r\nBcc: c@d", "a@b\n", "ann", "a@b@c"):
        with pytest.raises(ValidationError, match="email"):
            UserTerms(user_name="ann", email=email)
    assert UserTerms(user_name="ann", email="ann@bank.example").email


def vouch(office: Office, subject: str, **more: Any) -> uuid.UUID:
    told = Vouched(
        provider="one",
        issuer="https://id.test",
        subject=subject,
        directory_id=subject,
        preferred_name=subject,
        **more,
    )
    return provider_sign_ins.sign_in_vouched(office.database, office.system, told)


def test_nobody_signs_in_past_the_account_that_the_directory_made(office: Office) -> None:
    robot, admin = provisioner(office), office.people["admin"]
    early = vouch(office, "lee", email="a@b\r\nBcc: c@d")
    with office.database.reading() as session:
        assert session.get_one(PrincipalRow, early).email is None
        identity_id = session.execute(select(ExternalIdentityRow.id)).scalar_one()
    made = person(office, robot, "lee", external_id="lee")
    for _ in range(2):
        with pytest.raises(NotAllowed, match="another account"):
            vouch(office, "lee")
        say(office, robot, made, active=False, external_id="lee")

    external_identities.unlink(office.database, admin, identity_id)
    with pytest.raises(NotAllowed, match="not active"):
        vouch(office, "lee")
    say(office, robot, made, active=True, external_id="lee")
    assert vouch(office, "lee") == made.id


def test_who_was_deleted_by_the_directory_gets_no_new_account(office: Office) -> None:
    robot, admin = provisioner(office), office.people["admin"]
    max_, ann = (person(office, robot, name, external_id=name) for name in ("max", "ann"))
    assert vouch(office, "ann") == ann.id
    with office.database.reading() as session:
        identity_id = session.execute(select(ExternalIdentityRow.id)).scalar_one()
    for user in (max_, ann):
        provisioning.remove_user(office.database, robot, user.id)

    with pytest.raises(NotAllowed, match="has deleted this person"):
        vouch(office, "max")
    with pytest.raises(NotAllowed, match="not active"):
        vouch(office, "ann")
    external_identities.unlink(office.database, admin, identity_id)
    with pytest.raises(NotAllowed, match="has deleted this person"):
        vouch(office, "ann")

    person(office, robot, "ann", external_id="ann")
    assert vouch(office, "ann") == ann.id
