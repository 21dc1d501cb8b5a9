"""Lists: bounded, newest first, and never of what the caller may not know."""

import uuid

import pytest

from accredit_governance.errors import InvalidInput, NotAllowed, NotFound
from accredit_governance.operations import datasets
from accredit_governance.operations.trail import sign_now
from accredit_governance.questions import catalogue, models, serving, trail
from accredit_governance.questions.pages import MAX_PAGE, Page
from accredit_governance.questions.trail import TrailFilter
from tests.governance.audit.test_ledger import KEY
from tests.governance.office import Office


def more_datasets(office: Office, count: int) -> list[str]:
    return [
        datasets.create_dataset(
            office.database,
            office.people["preparer"],
            office.project_id,
            name=f"d-{number}",
            title="x",
        ).name
        for number in range(count)
    ]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 100])
def test_the_pages_of_a_list_hold_everything_once(office: Office, size: int) -> None:
    names = ["boston", *more_datasets(office, 3)]
    found: list[str] = []
    page = Page(size=size)

    while True:
        listing = catalogue.datasets(
            office.database, office.people["viewer"], office.project_id, page
        )
        assert len(listing.items) <= size
        found += [item.name for item in listing.items]
        if listing.next_page_token is None:
            break
        page = Page(size=size, token=listing.next_page_token)

    assert found == names[::-1]


@pytest.mark.parametrize("size", [0, -1, MAX_PAGE + 1])
def test_a_page_is_bounded(office: Office, size: int) -> None:
    with pytest.raises(InvalidInput, match="page_size"):
        catalogue.projects(office.database, office.people["viewer"], Page(size=size))
    with pytest.raises(InvalidInput, match="page_size"):
        trail.audit_events(office.database, office.people["auditor"], TrailFilter(size=size))


def test_a_page_token_is_one_that_was_given(office: Office) -> None:
    with pytest.raises(InvalidInput, match="page_token"):
        catalogue.projects(office.database, office.people["viewer"], Page(token="1; DROP"))


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        pytest.param("viewer", {"lending"}, id="one project"),
        pytest.param("stranger", {"twin"}, id="the other one"),
        pytest.param("auditor", {"lending", "twin"}, id="everywhere"),
        pytest.param("admin", {"lending", "twin"}, id="admin"),
    ],
)
def test_one_sees_the_projects_of_ones_roles(
    office: Office, person: str, expected: set[str]
) -> None:
    listing = catalogue.projects(office.database, office.people[person], Page())

    assert {item.name for item in listing.items} == expected


def test_a_consumer_lists_no_projects(office: Office) -> None:
    with pytest.raises(NotAllowed):
        catalogue.projects(office.database, office.people["consumer"], Page())


def test_lists_hold_nothing_of_other_projects(office: Office) -> None:
    office.deployed()
    stranger = office.people["stranger"]

    for question in (
        models.runs,
        models.models,
        models.approval_requests,
        serving.deployments,
        serving.alerts,
    ):
        assert question(office.database, stranger, Page()).items == ()  # type: ignore[operator]
    assert models.runs(office.database, office.people["viewer"], Page()).items


def test_the_trail_shows_the_projects_where_one_may_read_it(office: Office) -> None:
    def projects(person: str) -> set[uuid.UUID | str | None]:
        listing = trail.audit_events(
            office.database, office.people[person], TrailFilter(size=MAX_PAGE)
        )
        return {item.event["project"] for item in listing.items}

    assert projects("owner") == {str(office.project_id)}
    assert projects("stranger") == {str(office.twin_project_id)}
    assert projects("auditor") == {None, str(office.project_id), str(office.twin_project_id)}


def test_a_refused_attempt_of_a_stranger_is_in_the_trail_of_the_project(office: Office) -> None:
    with pytest.raises(NotFound):
        datasets.create_dataset(
            office.database, office.people["stranger"], office.project_id, name="x", title="x"
        )

    (found,) = trail.audit_events(
        office.database, office.people["owner"], TrailFilter(outcome="denied")
    ).items
    assert found.event["actor"]["id"] == str(office.people["stranger"].id)


@pytest.mark.parametrize("field", ["actor_id", "action", "resource_id", "project_id", "since"])
def test_the_trail_can_be_narrowed(office: Office, field: str) -> None:
    auditor = office.people["auditor"]
    office.clock.pass_time(days=1)
    since = office.clock.now
    (name,) = more_datasets(office, 1)
    newest = trail.audit_events(office.database, auditor, TrailFilter(size=1)).items[0].event
    wanted = {
        "actor_id": newest["actor"]["id"],
        "action": "dataset.created",
        "resource_id": newest["resource"],
        "project_id": newest["project"],
        "since": since,
    }[field]

    found = trail.audit_events(
        office.database, auditor, TrailFilter.model_validate({field: wanted, "size": MAX_PAGE})
    ).items

    assert 0 < len(found) < office.size()
    assert found[0].event["fact"]["name"] == name


def test_the_trail_can_be_paged_through(office: Office) -> None:
    seen: list[int] = []
    before: int | None = None

    while True:
        listing = trail.audit_events(
            office.database, office.people["auditor"], TrailFilter(size=7, before_seq=before)
        )
        seen += [item.seq for item in listing.items]
        if listing.next_page_token is None:
            break
        before = int(listing.next_page_token)

    assert seen == list(range(office.size()))[::-1]


def test_the_newest_checkpoint_can_be_asked_for(office: Office) -> None:
    auditor = office.people["auditor"]
    before = trail.checkpoint(office.database, auditor)
    note = sign_now(office.database, KEY)

    after = trail.checkpoint(office.database, auditor)

    assert before is None
    assert after is not None
    assert (after.note, after.size) == (note, office.size())


def test_names_are_given_for_pages(office: Office) -> None:
    owner = office.people["owner"].id

    found = catalogue.names(
        office.database, office.people["viewer"], frozenset({owner, uuid.UUID(int=3)})
    )

    assert found == {owner: "Owner Personson"}


def test_only_an_admin_lists_people(office: Office) -> None:
    listed = catalogue.principals(office.database, office.people["admin"], Page()).items

    assert len(listed) > 10
    with pytest.raises(NotAllowed):
        catalogue.principals(office.database, office.people["owner"], Page())
