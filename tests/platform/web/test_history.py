"""What stood at a moment: over HTTP and on its page."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from tests.platform.api.conftest import bearer
from tests.platform.web.conftest import Visitor
from tests.platform.web.seed import PASSWORD, Seeded

Look = Callable[[str], Visitor]


def token_of(client: TestClient, name: str) -> dict[str, str]:
    answer = client.post("/api/v1/tokens", json={"name": name, "password": PASSWORD})
    return bearer(answer.json()["token"])


def test_the_api_tells_what_stood_at_an_instant(reading_room: TestClient, seeded: Seeded) -> None:
    head = token_of(reading_room, "violet")
    path = f"/api/v1/models/{seeded['model']}/status"

    now = reading_room.get(path, headers=head).json()
    (deployed,) = now["environments"][0]["deployments"]
    before = (datetime.fromisoformat(deployed["from_at"]) - timedelta(microseconds=1)).isoformat()
    then = reading_room.get(path, params={"as_of": before}, headers=head).json()
    state = reading_room.get(
        f"/api/v1/model-versions/{seeded['approved']}/state",
        params={"as_of": now["approved"][0]["from_at"]},
        headers=head,
    ).json()
    asked = reading_room.get(
        f"/api/v1/deployments/{seeded['deployment']}/state", params={"as_of": before}, headers=head
    ).json()

    assert (deployed["serves"], deployed["deployment_id"]) == (True, str(seeded["deployment"]))
    assert then["environments"] == []
    assert [v["number"] for v in then["approved"]] == [1]
    assert (state["state"], state["is_in_force"]) == ("approved", True)
    assert (asked["state"], asked["serves"]) == ("requested", False)


@pytest.mark.parametrize(
    ("as_of", "status", "said"),
    [
        pytest.param("2026-11-22T10:30:00", 422, "timezone", id="without time zone"),
        pytest.param("yesterday", 422, "/as_of", id="no time"),
        pytest.param("2999-01-01T00:00:00Z", 422, "yet to come", id="future"),
        pytest.param("9999-12-31T23:59:59-12:00", 422, "/as_of", id="end of time"),
        pytest.param("2020-01-01T00:00:00Z", 404, "there was no model", id="before it was there"),
    ],
)
def test_an_instant_that_cannot_be_asked_about_is_refused(
    reading_room: TestClient, seeded: Seeded, as_of: str, status: int, said: str
) -> None:
    head = token_of(reading_room, "violet")
    path = f"/api/v1/models/{seeded['model']}/status"

    answer = reading_room.get(path, params={"as_of": as_of}, headers=head)

    assert answer.status_code == status
    assert said in answer.json()["detail"]
    if status == 422:
        assert answer.json()["errors"][0]["pointer"] == "/as_of"


def test_the_page_tells_a_moment_in_plain_words(look: Look, seeded: Seeded) -> None:
    visitor, address = look("violet"), f"/models/{seeded['model']}/status"
    later = datetime.now(UTC) + timedelta(days=400)

    now = visitor.open(address)
    visitor.open(f"{address}?as_of=2020-01-01T10:00", status=404)
    wrong = visitor.open(f"{address}?as_of=noon", status=422)
    future = visitor.open(f"{address}?as_of={later:%Y-%m-%dT%H:%M:%S}", status=422)

    assert "Deployed: <a" in now
    assert "Approval held until" in now
    assert "must be a date and time" in wrong
    assert "yet to come" in future
