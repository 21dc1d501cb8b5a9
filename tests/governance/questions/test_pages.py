"""Orders, filters and tokens of lists: nothing is skipped, nothing comes twice, ties included."""

import base64
import uuid
from collections.abc import Callable

import pytest

from accredit_governance.errors import InvalidInput
from accredit_governance.operations import datasets, deployments
from accredit_governance.questions import catalogue, history, serving
from accredit_governance.questions.pages import Listing, Page, part_of, token_of
from accredit_governance.registry.records import DatasetRecord
from tests.governance.office import Office

KEYS: dict[str, Callable[[DatasetRecord], object]] = {
    "created_at": lambda item: (item.created_at, item.id.int),
    "name": lambda item: (item.name, item.id.int),
}
NAMES = ("delta", "alpha", "echo", "bravo", "charlie")


def listed(office: Office, **page: object) -> Listing[DatasetRecord]:
    wanted = Page.model_validate(page)
    return catalogue.datasets(office.database, office.people["viewer"], office.project_id, wanted)


def named(office: Office, names: tuple[str, ...] = NAMES) -> None:
    for name in names:
        datasets.create_dataset(
            office.database, office.people["preparer"], office.project_id, name=name, title="Rows"
        )


@pytest.fixture
def twins(office: Office) -> Office:
    """Datasets that came at the very same time."""
    at = office.clock()
    office.database.clock = lambda: at
    named(office)
    return office


@pytest.mark.parametrize("falls", [False, True], ids=["rising", "falling"])
@pytest.mark.parametrize("order", KEYS)
def test_the_pages_of_an_order_hold_everything_once(
    twins: Office, order: str, *, falls: bool
) -> None:
    everything = listed(twins).items
    order_by = f"-{order}" if falls else order
    for size in (1, 2, 4):
        found: list[DatasetRecord] = []
        token: str | None = None
        while True:
            listing = listed(twins, size=size, token=token, order_by=order_by)
            found += listing.items
            token = listing.next_page_token
            if token is None:
                break

        assert found == sorted(everything, key=KEYS[order], reverse=falls)  # type: ignore[arg-type] # tuples
        assert len({item.created_at for item in everything if item.name in NAMES}) == 1


@pytest.mark.databases("sqlite")
def test_what_came_between_two_times_is_found(office: Office) -> None:
    named(office)
    times = [item.created_at for item in listed(office).items]

    found = listed(office, created_after=times[4], created_before=times[0]).items

    assert [item.created_at for item in found] == times[1:4]


@pytest.mark.databases("sqlite")
def test_what_is_called_so_is_found(office: Office) -> None:
    named(office)

    assert [item.name for item in listed(office, name="echo").items] == ["echo"]
    assert listed(office, name="foxtrot").items == ()
    with pytest.raises(InvalidInput, match="has no name"):
        serving.deployments(office.database, office.people["viewer"], Page(name="echo"))


@pytest.mark.databases("sqlite")
def test_an_order_that_a_list_does_not_have_is_refused_with_those_it_has(office: Office) -> None:
    with pytest.raises(InvalidInput, match="created_at, -created_at") as refused:
        serving.deployments(office.database, office.people["viewer"], Page(order_by="name"))

    assert refused.value.problems[0]["pointer"] == "/order_by"


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"order_by": "-name"}, id="order"),
        pytest.param({"query": "other filters"}, id="filters"),
    ],
)
def test_a_token_of_another_list_is_refused(office: Office, changes: dict[str, str]) -> None:
    named(office)
    token = listed(office, size=2, order_by="name", query="filters").next_page_token
    asked = {"size": 2, "order_by": "name", "query": "filters", "token": token}

    assert listed(office, **asked).items
    with pytest.raises(InvalidInput, match="another list"):
        listed(office, **asked | changes)


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("order_by", "value"),
    [
        pytest.param(None, None, id="no identifier"),
        pytest.param("created_at", "yesterday", id="no time"),
        pytest.param("created_at", None, id="nothing"),
        pytest.param("created_at", "2020-01-01T00:00:00", id="no time zone"),
        pytest.param("created_at", "0001-01-01T00:00:00+12:00", id="before all years"),
        pytest.param("created_at", "9999-12-31T23:59:59-12:00", id="after all years"),
        pytest.param("name", "\ud800", id="half a character"),
        pytest.param("name", "a\0b", id="a NUL"),
        pytest.param("name", 7, id="no name"),
    ],
)
def test_a_token_that_was_made_up_is_refused(
    office: Office, order_by: str | None, value: str | None
) -> None:
    page = Page(order_by=order_by)
    token = token_of(page, value, "x" if order_by is None else uuid.uuid4())

    with pytest.raises(InvalidInput, match="page_token"):
        listed(office, order_by=order_by, token=token)


def test_a_token_of_endless_lists_is_refused() -> None:
    token = base64.urlsafe_b64encode(b"[" * 1400).decode()

    with pytest.raises(InvalidInput, match="page_token"):
        part_of(Listing(items=()), Page(token=token))


def record(number: int) -> Page:
    """Any document without an identifier."""
    return Page(size=number + 1)


def test_a_short_list_is_paged_in_its_own_order() -> None:
    whole = Listing(items=tuple(record(number) for number in range(5)))
    first = part_of(whole, Page(size=2))
    second = part_of(whole, Page(size=2, token=first.next_page_token))
    third = part_of(whole, Page(size=2, token=second.next_page_token))

    assert (*first.items, *second.items, *third.items) == whole.items
    assert third.next_page_token is None


def test_a_short_list_goes_on_where_it_was_when_something_came_in_front() -> None:
    whole = Listing(items=tuple(record(number) for number in range(3)))
    token = part_of(whole, Page(size=1)).next_page_token
    grown = Listing(items=(record(9), *whole.items))
    shrunk = Listing(items=whole.items[1:])

    assert part_of(grown, Page(size=1, token=token)).items == whole.items[1:2]
    assert part_of(shrunk, Page(size=1, token=token)).items == whole.items[2:3]


def test_the_states_of_deployments_are_those_of_the_instant(office: Office) -> None:
    deployed = office.deployed()
    viewer = office.people["viewer"]
    active = office.clock()
    deployments.stop_deployment(
        office.database, office.people["owner"], deployed.id, reason="Replaced by a newer one."
    )

    def states(**asked: object) -> list[str]:
        found = history.deployment_standings(office.database, viewer, Page(), **asked)  # type: ignore[arg-type]
        return [standing.state for standing in found.items]

    assert states(as_of=active) == ["active"]
    assert states() == ["stopped"]
    assert states(as_of=active, state="stopped") == []
    assert states(as_of=active, environment="elsewhere") == []
    assert states(as_of=deployed.created_at.replace(year=2020)) == []
    with pytest.raises(InvalidInput, match="yet to come"):
        states(as_of=active.replace(year=2999))
    stranger = office.people["stranger"]
    assert history.deployment_standings(office.database, stranger, Page()).items == ()
